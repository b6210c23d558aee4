"""The archive: what is written can be read back, nothing is lost, and the same results give the same bytes."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.report import archive
from pipeline.core.report.archive import crate_metadata, file_stem, write_archive
from pipeline.core.sample import RawFile, Sample, Source
from pipeline.core.summary import RunSummary
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.instruments.athena.perl import parse, statements
from pipeline.techniques.absorption.model import ReducedAbsorption, ScanUse, ScatteringPath, ShellFit
from pipeline.techniques.absorption.read.scans import XasReadSettings, read_scans
from pipeline.techniques.absorption.report.athena_project import (
    SQUARED_K_PER_EV,
    group_labels,
    project_args,
    project_text,
    quote,
)
from pipeline.techniques.impedance.model import CheckedSpectrum, ImpedanceSpectrum, KramersKronig, SpectrumFit
from pipeline.techniques.impedance.report.circuits import circuit_json

E0 = 6716.7
K = np.arange(0, 12.01, 0.05)
ENERGY = np.concatenate(
    [np.arange(E0 - 150, E0 - 10, 5), np.arange(E0 - 10, E0 + 15, 0.3), E0 + K[K > 2] ** 2 / SQUARED_K_PER_EV]
)
R = np.arange(0, 6, 0.03)


def estimate(value: float, unit: str = "1") -> Estimate:
    return Estimate(value=value, sigma=0.1 * abs(value), unit=unit)


def reduction(sample: str = "HSE-Sm", element: str = "Sm", **changes) -> ReducedAbsorption:
    mu = 0.2 + 0.7 / (1 + np.exp(-(ENERGY - E0) / 2)) + np.pi * 1e-9
    chi = np.sin(5 * K) * np.exp(-0.1 * K)
    scans = tuple(
        ScanUse(
            file=f"xas/{sample}_{i}.dat",
            loop=1,
            e0_ev=E0,
            edge_step=0.7,
            shift_ev=0.01 * i,
            shift_sigma_ev=0.01,
            used=i != 2,
            reason="" if i != 2 else "noise 4 times the median",
            noise_k=1e-3,
        )
        for i in range(3)
    )
    settings = {
        "norm1": 100.0,
        "norm2": 480.0,
        "pre1": -140.0,
        "pre2": -40.0,
        "clamp_low": 0.0,
        "clamp_high": 24.0,
        "nvict": 0.0,
    }
    base = ReducedAbsorption(
        sample=sample,
        element=element,
        edge="L3",
        scans=scans,
        energy_ev=ENERGY,
        mu=mu,
        mu_sigma=1e-4 + 0 * mu,
        normalized=mu / 0.7,
        flattened=mu / 0.7,
        background=mu,
        pre_edge=0 * mu,
        post_edge=1 + 0 * mu,
        e0_ev=E0,
        edge_step=estimate(0.7),
        k_per_angstrom=K,
        chi=chi,
        chi_sigma=1e-3 + 0 * K,
        r_angstrom=R,
        chi_r_re=np.cos(R),
        chi_r_im=np.sin(R),
        chi_r_noise=0.01,
        k_min=3.0,
        k_max=10.5,
        dk=1.0,
        k_weight=2,
        window="hanning",
        rbkg_angstrom=1.1,
        wavelet=None,
        settings=settings,
        findings=(Finding(severity="info", field="deglitch", problem="2 points masked at 6900 eV"),),
    )
    return replace(base, **changes)


def shell(sample: str = "HSE-Sm", level: str = "resolved") -> ShellFit:
    path = ScatteringPath(
        file="feff0001.dat", reff_angstrom=2.85, degeneracy=9, legs=2, amplitude_percent=100, label="Sm-Cl"
    )
    return ShellFit(
        sample=sample,
        element="Sm",
        edge="L3",
        shell="Cl",
        coordination=estimate(9),
        distance_angstrom=estimate(2.83, "angstrom"),
        sigma2_angstrom2=estimate(0.01, "angstrom^2"),
        e0_shift_ev=estimate(3, "eV"),
        s02=estimate(0.9),
        s02_origin="calibrated on HCF-Sm",
        systematic_angstrom=0.004,
        k_min=3,
        k_max=10.5,
        r_min=1.5,
        r_max=3.1,
        k_weights=(1, 2, 3),
        n_independent=8.6,
        n_variables=4,
        r_factor=0.011,
        chi2_reduced=12.0,
        correlations={"N/sigma2": 0.87},
        paths=(path,),
        feff_version="FEFF6L",
        structure="SmCl3, P6_3/m",
        r_angstrom=R,
        model_chi_r_re=np.cos(R),
        model_chi_r_im=np.sin(R),
        verdict=Verdict(level=level, reason="because"),
    )


def spectrum_fit() -> SpectrumFit:
    f = np.geomspace(7e6, 1, 30)
    z = 20 + 1e4 / (1 + 1e4 * 1e-9 * (2j * np.pi * f) ** 0.9)
    kk = KramersKronig(
        level="pass",
        reason="",
        n_elements=9,
        mu=0.8,
        rms_percent=0.1,
        noise_percent=0.1,
        residual_real=0 * f,
        residual_imag=0 * f,
    )
    spectrum = ImpedanceSpectrum(
        source=Source(file="eis/a -70C.mpt", format="EC-Lab mpt"), frequency_hz=f, impedance_ohm=z
    )
    checked = CheckedSpectrum(spectrum=spectrum, keep=(True,) * 30, masks=(), kk=kk, noise=0.003)
    return SpectrumFit(
        checked=checked,
        circuit="R0-p(R1,CPE1)",
        parameter_names=("R0", "R1", "CPE1_0", "CPE1_1"),
        parameter_values=(20.0, 1e4, 1e-9, 0.9),
        ln_covariance=np.diag([1e-4, 4e-4, 9e-4, 1e-6]),
        arcs=(),
        total_resistance=None,
        series_resistance=None,
        inductance=None,
        blocking_q=None,
        blocking_exponent=None,
        chi2_reduced=1.0,
        noise=0.003,
        scores=(),
        fitted_ohm=z,
        verdict=Verdict(level="resolved", reason="ok"),
    )


def summary(**changes) -> RunSummary:
    base = RunSummary(
        study_name="Halide: heterostructures/1",
        simulated=True,
        samples=(Sample(id="HSE-Sm", label="0.62[HCF-Sm]·0.38[LCF-Ta]"),),
        spectra=(("HSE-Sm", spectrum_fit()), ("HSE-Sm", spectrum_fit())),
        absorption=(reduction(), reduction("玻璃"), reduction("結晶")),
        shells=(shell(), shell("玻璃", "unresolved")),
        provenance={"versions": {"hse-pipeline": "0.1.0", "numpy": "2.4.6"}},
    )
    return replace(base, **changes)


def archive_files(results: RunSummary) -> dict[str, bytes]:
    """Path inside the archive -> bytes."""
    return {path.removeprefix("archive/"): data for path, data in archive.archive_files(results).items()}


def back(files: dict[str, bytes], path: str):
    return read_scans(RawFile(name=path, data=files[path], size=len(files[path])), XasReadSettings())


def test_what_lies_in_the_archive():
    names = sorted(archive_files(summary()))
    assert [n for n in names if n.startswith(("athena/", "larch/"))] == [
        f"{d}/Halide_heterostructures_1.prj" for d in ("athena", "larch")
    ]
    assert sum(n.startswith("xdi/") for n in names) == 3
    assert sum(n.startswith("chi/") for n in names) == 6
    assert [n for n in names if n.startswith("circuits/")] == [
        "circuits/HSE-Sm_a_-70C_1.json",
        "circuits/HSE-Sm_a_-70C_1_2.json",
    ]
    assert "exafs.csv" in names


def test_the_same_summary_gives_the_same_bytes():
    assert archive_files(summary()) == archive_files(summary())


def test_an_empty_run_gives_an_archive_with_its_metadata_only(tmp_path):
    written = write_archive(RunSummary(study_name="", simulated=False, samples=()), tmp_path)
    assert written == (tmp_path / "archive" / "ro-crate-metadata.json",)


def test_the_project_reads_back_bit_for_bit():
    files = archive_files(summary())
    for dialect, terms in (("athena", 3.0), ("larch", 2.0)):
        groups = back(files, f"{dialect}/Halide_heterostructures_1.prj")
        assert [g.label for g in groups] == ["HSE-Sm Sm L3", "玻璃 Sm L3", "結晶 Sm L3 2"]
        for group in groups:
            np.testing.assert_array_equal(group.energy_ev, ENERGY)
            np.testing.assert_array_equal(group.mu, reduction().mu)
            p = group.parameters
            assert (p["e0_ev"], p["edge_step"], p["rbkg_angstrom"], p["norm2_ev"], p["clamp_high"]) == (
                E0,
                0.7,
                1.1,
                480.0,
                24.0,
            )
            assert (p["n_norm"], p["edge_step_fixed"], p["k_weight"], p["window"]) == (terms, 1.0, 2.0, "hanning")
        assert (groups[0].parameters["r_min"], groups[0].parameters["r_max"]) == (1.5, 3.1)
        assert not [f for g in groups for f in g.findings]


def test_xdi_and_chi_files_read_back():
    files = archive_files(summary())
    (scan,) = back(files, "xdi/HSE-Sm_Sm_L3.xdi")
    np.testing.assert_array_equal(scan.energy_ev, ENERGY)
    np.testing.assert_allclose(scan.mu, reduction().mu, rtol=1e-11)
    assert (scan.element, scan.edge, scan.source.format) == ("Sm", "L3", "XDI")
    (chi,) = back(files, "chi/HSE-Sm_Sm_L3.chik")
    assert chi.is_chi
    np.testing.assert_allclose(chi.mu, reduction().chi, rtol=1e-11, atol=1e-12)


def test_chi_of_r_says_that_it_is_not_phase_corrected_and_carries_the_model():
    text = archive_files(summary())["chi/HSE-Sm_Sm_L3.chir"].decode()
    assert "r angstrom, not phase-corrected" in text
    assert "chir_mag angstrom^-3" in text
    assert text.splitlines()[-1].count("  ") == 5
    assert archive_files(summary(shells=()))["chi/HSE-Sm_Sm_L3.chir"].decode().splitlines()[-1].count("  ") == 3


def test_the_table_states_what_a_paper_must_and_withholds_what_is_unresolved():
    rows = list(csv.DictReader(io.StringIO(archive_files(summary())["exafs.csv"].decode())))
    first, second = rows
    needed = (
        "e0_eV",
        "edge_step",
        "rbkg_angstrom",
        "window",
        "k_min",
        "k_max",
        "r_min",
        "r_max",
        "k_weights",
        "n_independent",
        "n_variables",
        "r_factor",
        "chi2_reduced",
        "correlations",
        "s02_origin",
        "feff_version",
        "structure",
        "scans_left_out",
    )
    assert all(first[name] for name in needed)
    assert float(first["coordination"]) == 9
    assert first["coordination_sigma"]
    assert second["coordination"] == ""
    assert second["verdict"] == "unresolved"


def test_the_inputs_of_feff_are_kept_once():
    text = "TITLE SmCl3\nEDGE L3\nEND\n"
    fits = [replace(shell(), feff_inputs={"Sm_SmCl3": text}), replace(shell("b"), feff_inputs={"Sm_SmCl3": text})]
    files = archive_files(summary(shells=tuple(fits)))
    assert {n: files[n] for n in files if n.startswith("feff/")} == {"feff/Sm_SmCl3.inp": text.encode()}


def test_a_table_with_a_shell_whose_reduction_is_missing():
    rows = list(csv.DictReader(io.StringIO(archive_files(summary(absorption=()))["exafs.csv"].decode())))
    assert rows[0]["distance_angstrom"] == "2.83"


def test_impedance_py_loads_the_circuit(tmp_path):
    circuits = pytest.importorskip("impedance.models.circuits")
    path = tmp_path / "c.json"
    path.write_text(circuit_json(spectrum_fit(), "a"), encoding="utf-8")
    model = circuits.CustomCircuit()
    model.load(str(path))
    np.testing.assert_allclose(model.parameters_, [20, 1e4, 1e-9, 0.9])
    np.testing.assert_allclose(model.conf_, [0.2, 200, 3e-11, 9e-4])
    fit = spectrum_fit()
    np.testing.assert_allclose(model.predict(fit.checked.spectrum.frequency_hz), fit.fitted_ohm, rtol=1e-12)
    assert "R1" in str(model)


def test_the_crate_names_every_file_with_its_size_and_hash(tmp_path):
    written = write_archive(summary(), tmp_path)
    folder = tmp_path / "archive"
    crate = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    graph = {entry["@id"]: entry for entry in crate["@graph"]}
    assert len(graph) == len(crate["@graph"])
    assert graph["ro-crate-metadata.json"]["conformsTo"]["@id"] == "https://w3id.org/ro/crate/1.1"
    parts = {p["@id"] for p in graph["./"]["hasPart"]}
    assert parts == {p.relative_to(folder).as_posix() for p in written} - {"ro-crate-metadata.json"}
    for part in parts:
        assert int(graph[part]["contentSize"]) == (folder / part).stat().st_size
    assert graph["#raw/eis/a -70C.mpt"]["name"] == "eis/a -70C.mpt"
    assert "simulated" in graph["./"]["description"]
    assert "datePublished" not in graph["./"]
    dated = crate_metadata(summary(provenance={"date": "2026-11-23"}), {})
    assert dated["@graph"][1]["datePublished"] == "2026-11-23"


@pytest.mark.parametrize(
    "text", ["plain", "it's", 'a "b"', "x => undef; (y)", "玻璃 $a @b \\n", "two\nlines", "emoji 😀", "", "undefundef"]
)
def test_quoted_text_is_ascii_on_one_line_and_means_the_same(text):
    quoted = quote(text)
    assert quoted.isascii()
    assert "\n" not in quoted
    assert "undef" not in quoted
    assert parse(quoted)[0] == text.replace("\n", " ")


def test_labels_stay_apart_for_readers_of_ascii_names():
    labels = group_labels([reduction("玻璃"), reduction("結晶"), reduction("a b"), reduction("a_b"), reduction("a b")])
    assert len(set(labels)) == 5
    assert sum(line.startswith("$old_group") for line in project_text([reduction()] * 30).splitlines()) == 30


def test_file_names_are_safe_and_unique():
    taken: set[str] = set()
    stems = [file_stem(t, taken) for t in ("a/b", "a\\b", "A b", "..", "CON: x", "é", "x" * 300)]
    assert len({s.lower() for s in stems}) == len(stems)
    assert all("/" not in s and "\\" not in s and s.strip(".") for s in stems)
    assert max(map(len, stems)) <= 124


def test_athena_itself_writes_every_parameter_that_the_project_holds(real_data):
    packed = (real_data / "xas/larch_examples/AthenaProjectFiles/ESRF_Athena0926.prj").read_bytes()
    text = gzip.decompress(packed).decode().replace("\r\n", "\n")
    words = next(value for name, value, _ in statements(text) if name == "args")
    known_elsewhere = {"is_chi", "fft_kw", "fft_arbkw"}  # of older projects: Athena skips them, larch wants the weight
    assert set(project_args(reduction(), shell(), "a", "athena")) <= set(words[::2]) | known_elsewhere
