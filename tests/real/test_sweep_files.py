"""Real LSV and CV files: onsets and limits where the file supports them, else what is missing in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.sweeps.check.sweep import check_sweep
from pipeline.techniques.sweeps.fit.onset import find_onsets
from pipeline.techniques.sweeps.model import SweepConditions, SweepFit
from pipeline.techniques.sweeps.read import read_sweeps
from pipeline.techniques.sweeps.settings import LsvCheckSettings, OnsetSettings, WindowSettings
from pipeline.techniques.sweeps.summarize.windows import summarize_windows

THESIS = "eis/thesis_VMP3_LATP/ASS__LTO_LLTO_Li__02__150807_LTO_LLTO_Li_05_CV_C03.mpr"


def fits(folder: Path, name: str, conditions: SweepConditions) -> list[SweepFit]:
    path = folder / name
    if not path.is_file():
        pytest.skip(f"no {name} among the real exports")
    raw = RawFile(name=name, data=path.read_bytes(), size=path.stat().st_size)
    return [
        find_onsets(checked, OnsetSettings())
        for sweep in read_sweeps(raw, DelimitedSettings())
        for checked in check_sweep(sweep, conditions, LsvCheckSettings())
    ]


def test_an_lsv_in_water_gives_its_departure_and_says_what_is_missing(real_data: Path) -> None:
    (fit,) = fits(real_data, "eis/cheminfo/lsv.mpt", SweepConditions())
    assert fit.checked.direction == "reduction"
    assert fit.checked.scan_rate_v_per_s == pytest.approx(0.02, rel=0.01)
    text = " ".join(f.problem for f in fit.checked.findings)
    assert "no reference given" in text
    assert "no electrode area" in text
    levels = {o.criterion.name: o.verdict.level for o in fit.onsets}
    assert levels["j_1_uA_per_cm2"] == "refused"
    assert levels["departure_5sigma"] == "weak"
    ((window, *_), _) = summarize_windows([("A", fit)], {}, WindowSettings())
    assert window.verdict.level == "refused"
    assert "no oxidation sweep" in window.verdict.reason


@pytest.mark.parametrize("name", ["eis/cheminfo/lsv.mpr", "eis/yadg/lsv.mpr"])
def test_binary_and_text_say_the_same(real_data: Path, name: str) -> None:
    (text,) = fits(real_data, "eis/cheminfo/lsv.mpt", SweepConditions(volts_vs_na=0.0))
    (binary,) = fits(real_data, name, SweepConditions(volts_vs_na=0.0))
    a, b = (f.onsets[2].onset_v_vs_na for f in (text, binary))
    assert a is not None
    assert b is not None
    assert a.value == pytest.approx(b.value, abs=2e-3)


def test_a_cell_between_blocking_electrodes_has_its_limits_beyond(real_data: Path) -> None:
    """Some nA up to 4 V: the thresholds are not reached, and nothing is invented."""
    conditions = SweepConditions(volts_vs_na=0.0, area_m2=1e-4)
    found = fits(real_data, THESIS, conditions)
    assert [f.checked.direction for f in found] == ["oxidation", "reduction"] * 2
    assert all(f.checked.scan_rate_v_per_s == pytest.approx(0.02, rel=0.01) for f in found)
    for fit in found:
        headline = fit.onsets[0]
        assert headline.onset_v_vs_na is None
        assert "the limit lies beyond" in headline.verdict.reason
    ((window, *_), _) = summarize_windows([("A", f) for f in found], {}, WindowSettings())
    assert window.verdict.level == "unresolved"


def test_a_cycle_is_cut_and_its_bent_baseline_makes_it_weak(real_data: Path) -> None:
    found = fits(real_data, "eis/yadg/cv.mpt", SweepConditions(volts_vs_na=0.0, area_m2=1e-4))
    assert [f.checked.direction for f in found[:3]] == ["reduction", "oxidation", "reduction"]
    assert [f.checked.after_turn for f in found[:3]] == [False, True, True]
    assert all(o.verdict.level != "resolved" for f in found[:2] for o in f.onsets)
    assert any(m.code == "instrument_error" for m in found[1].checked.masks)


def test_a_run_stopped_at_its_start_is_refused(real_data: Path) -> None:
    name = "eis/thesis_VMP3_LATP/ASS_Batterie_01__LiNiMnO-LATP-LTO_04_CV_C01.mpr"
    with pytest.raises(ReadError, match="no data points"):
        fits(real_data, name, SweepConditions())
