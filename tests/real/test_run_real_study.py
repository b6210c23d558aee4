"""The main job on a study made of real exports: tables and a report, or a clear refusal of what a file cannot give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.core.batch.run import load_results, run_study
from pipeline.core.summary import RunSummary

LATP = "eis/thesis_VMP3_LATP/S+C_LATP_Au__OCV_PEIS__"
TEXT, BINARY = LATP + "ECLab-Export__Test01_02_PEIS_C03.mpt", LATP + "Test01_02_PEIS_C03.mpr"
NOISE = "eis/InES_VMP3_SSB/20220309_(Form02C)EIS_charging_10bis16V_step_01V+(1C+EIS)50cycle_03_GEIS_C08.mpt"
STUDY = """schema = 1
name = "Real exports"
raw = {raw}

[[sample]]
id = "LPSCl"
pellet = {{ thickness_mm = 0.8, thickness_sigma_mm = 0.02, diameter_mm = 10.0 }}
[[sample.eis]]
files = "eis/hybrid-drt/tutorials_PEIS_LPSCl_IonBlocking_{{temperature_c}}C.mpr"

[[sample]]
id = "VMP3 mpt"
[[sample.eis]]
files = {mpt}
temperature_c = 25.0

[[sample]]
id = "VMP3 mpr"
[[sample.eis]]
files = {mpr}
temperature_c = 25.0

[[sample]]
id = "noise"
[[sample.eis]]
files = {noise}
temperature_c = 25.0

[[sample]]
id = "sweep"
[[sample.lsv]]
files = "eis/cheminfo/lsv.mpt"
[[sample.eis]]
files = "eis/chemotion_VMP300_60C/CHD048_CHD050_60C_C01.mpr"
temperature_c = 60.0

[[sample]]
id = "W metal"
[[sample.xas]]
files = "xas/xasdatalibrary/W_metal_rt_*.xdi"
edge = "W L3"
shell = {{ scatterer = "W", coordination = 8 }}

[[sample]]
id = "Eu2O3"
[[sample.xas]]
files = "xas/xasdatalibrary/Eu2O3_eu_l3_*.xdi"
edge = "Eu L3"
shell = {{ scatterer = "O", coordination = 6 }}

[[sample]]
id = "As on HXMA"
[[sample.xas]]
files = "xas/cls/CLSHXMA.dat"
edge = "As K"
shell = {{ scatterer = "O" }}

[[sample]]
id = "not Ta"
[[sample.xas]]
files = "xas/larch_examples/beamlines/CLSHXMA.dat"
edge = "Ta L3"

[xas_reference]
"W L3" = "W metal"
"""


@pytest.fixture(scope="module")
def folder(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("real")
    names = {"raw": str(real_data.resolve()), "mpt": TEXT, "mpr": BINARY, "noise": NOISE}
    text = STUDY.format(**{k: json.dumps(v) for k, v in names.items()})
    (base / "study.toml").write_text(text, encoding="utf-8")
    return run_study(base / "study.toml").out


@pytest.fixture(scope="module")
def summary(folder: Path) -> RunSummary:
    return load_results(folder)


def spectrum(summary: RunSummary, sample: str) -> Any:
    return next(fit for owner, fit in summary["eis"].spectra if owner == sample)


def test_the_solid_electrolyte_at_minus_25_c_has_a_total_with_its_error(summary):
    fit = spectrum(summary, "LPSCl")
    assert fit.checked.spectrum.temperature_k == pytest.approx(248.15)
    assert fit.checked.spectrum.frequency_hz.max() == pytest.approx(7e6, rel=1e-3)
    assert fit.total_resistance is not None
    assert fit.verdict.reason
    z = fit.checked.spectrum.impedance_ohm
    between = int(np.argmin(-z.imag))  # least -Im Z: the arcs end and the blocking tail begins
    assert 0 < between < z.size - 1
    assert fit.total_resistance.value == pytest.approx(z.real[between], rel=0.15)


def test_text_and_binary_of_one_vmp3_spectrum_give_the_same_numbers(summary):
    text, binary = spectrum(summary, "VMP3 mpt"), spectrum(summary, "VMP3 mpr")
    assert text.checked.spectrum.frequency_hz == pytest.approx(binary.checked.spectrum.frequency_hz, rel=1e-5)
    assert text.checked.spectrum.impedance_ohm == pytest.approx(binary.checked.spectrum.impedance_ohm, rel=1e-4)
    assert text.verdict.level == binary.verdict.level
    assert text.n_arcs == binary.n_arcs


def test_a_sweep_without_reference_or_area_gives_what_can_be_said(summary):
    onsets = [o for owner, fit in summary["lsv"].sweeps if owner == "sweep" for o in fit.onsets]
    assert onsets
    assert all(o.verdict.reason for o in onsets)
    assert not any(o.verdict.level == "resolved" for o in onsets)  # no reference electrode: nothing vs Na/Na+


def test_metal_and_oxide_scans_are_merged_and_fitted(summary):
    shells = {s.sample: s for s in summary["xas"].shells}
    assert {"W metal", "Eu2O3"} <= set(shells)
    used = {a.sample: sum(s.used for s in a.scans) for a in summary["xas"].absorption}
    assert used["W metal"] >= 2
    assert used["Eu2O3"] >= 2
    assert all(s.verdict.reason for s in shells.values())


def test_the_beamline_file_is_reduced_at_its_own_edge_and_refused_at_another(summary):
    arsenic = next(a for a in summary["xas"].absorption if a.sample == "As on HXMA")
    assert arsenic.e0_ev == pytest.approx(11866.0, abs=1.0)
    refused = [r for r in summary.rejected if r.file == "xas/larch_examples/beamlines/CLSHXMA.dat"]
    assert refused
    assert all(r.problem and r.hint for r in refused)


def test_a_spectrum_of_noise_is_refused_with_its_misfit(summary):
    row = next(r for r in summary.rejected if r.file == NOISE)
    assert row.stage in ("check", "fit")
    assert "%" in row.problem


def test_a_settings_only_file_is_refused_in_words(summary):
    row = next(r for r in summary.rejected if r.file.endswith("CHD048_CHD050_60C_C01.mpr"))
    assert row.stage == "read"
    assert row.hint
    assert not any(r.stage == "internal" for r in summary.rejected)


def test_tables_and_page_exist_and_every_number_leads_back_to_its_file(folder, real_data):
    assert (folder / "report.html").stat().st_size > 10_000
    spectra = pd.read_csv(folder / "tables" / "spectra.csv")
    assert len(spectra) == 3
    assert all((real_data / name).is_file() for name in spectra["file"])
    assert "simulated" not in spectra.columns
