"""Windows and differences: what is shared cancels, what is missing is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.sample import Sample, Source
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.sweeps.model import (
    HEADLINE,
    CheckedSweep,
    LinearSweep,
    Onset,
    StabilityWindow,
    SweepConditions,
    SweepFit,
)
from pipeline.techniques.sweeps.settings import WindowSettings
from pipeline.techniques.sweeps.summarize.windows import complete_windows, summarize_windows

GOOD = Verdict(level="resolved", reason="", code="found")


def sweep(value: float | None, direction: str, *, own: float = 0.001, reference: float | None = 0.01,
          file: str = "a.mpt", number: int = 1) -> SweepFit:  # fmt: skip
    conditions = SweepConditions(
        reference_electrode="Na15Sn4",
        volts_vs_na=None if reference is None else 0.08,
        volts_vs_na_sigma=reference or 0.0,
    )
    raw = LinearSweep(
        source=Source(file=file, format=""), time_s=None, potential_v=np.zeros(2), current_a=np.zeros(2), loop=number
    )
    checked = CheckedSweep(
        sweep=raw,
        direction=direction,  # type: ignore[arg-type]
        keep=(True, True),
        potential_v_vs_na=np.zeros(2),
        potential_is_vs_na=reference is not None,
        scan_rate_v_per_s=None,
        ocv_v=None,
        conditions=conditions,
    )
    estimate = None if value is None else Estimate(value=value, sigma=float(np.hypot(own, reference or 0)), unit="V")
    verdict = (
        GOOD if value is not None else Verdict(level="unresolved", reason="the limit lies beyond", code="beyond_sweep")
    )
    return SweepFit(
        checked=checked,
        onsets=(Onset(criterion=HEADLINE, onset_v_vs_na=estimate, verdict=verdict),),
        baseline_a=np.zeros(2),
        noise_a=1e-9,
        baseline_end_v=None,
        capacitance=None,
        charge_mah=None,
        onset_v=np.zeros((0, 0)),
    )


def window(*fits: SweepFit, computed: tuple[float, float] | None = None) -> StabilityWindow:
    known = {} if computed is None else {"A": computed}
    ((found,), _) = summarize_windows([("A", f) for f in fits], known, WindowSettings())
    return found


def test_the_error_of_the_reference_cancels_in_width_and_difference() -> None:
    fits = [("A", sweep(4.1, "oxidation")), ("A", sweep(1.9, "reduction")), ("B", sweep(3.95, "oxidation"))]
    windows, (difference,) = summarize_windows(fits, {}, WindowSettings())
    a = windows[0]
    assert a.oxidation_limit_v_vs_na is not None
    assert a.width_v is not None
    assert a.oxidation_limit_v_vs_na.sigma == pytest.approx(np.hypot(0.001, 0.01))
    assert a.width_v.sigma == pytest.approx(0.001 * np.sqrt(2))
    assert (difference.sample_a, difference.sample_b) == ("A", "B")
    assert difference.difference_v.value == pytest.approx(0.15)
    assert difference.difference_v.sigma == pytest.approx(0.001 * np.sqrt(2))
    assert "significant" in difference.verdict.reason
    assert difference.verdict.code == "significant same_reference"


def test_different_references_do_not_cancel() -> None:
    other = sweep(3.95, "oxidation")
    conditions = replace(other.checked.conditions, reference_electrode="Na", volts_vs_na=0.0)
    other = replace(other, checked=replace(other.checked, conditions=conditions))
    _, (d,) = summarize_windows([("A", sweep(4.1, "oxidation")), ("B", other)], {}, WindowSettings())
    assert d.difference_v.sigma == pytest.approx(np.sqrt(2 * (0.001**2 + 0.01**2)))
    assert d.verdict.code == "significant different_references"


def test_without_a_reference_the_width_is_still_said() -> None:
    w = window(sweep(4.0, "oxidation", reference=None), sweep(1.8, "reduction", reference=None))
    assert w.oxidation_limit_v_vs_na is None
    assert w.width_v is not None
    assert w.width_v.value == pytest.approx(2.2)
    assert w.verdict.level == "weak"
    assert "no reference" in w.verdict.reason


def test_one_limit_is_given_the_other_has_its_reason() -> None:
    w = window(sweep(4.0, "oxidation"), sweep(None, "reduction"))
    assert w.oxidation_limit_v_vs_na is not None
    assert w.reduction_limit_v_vs_na is None
    assert w.width_v is None
    assert w.verdict.level == "weak"
    assert "reduction: the limit lies beyond" in w.verdict.reason
    assert w.verdict.code == "reduction_beyond_sweep"
    alone = window(sweep(4.0, "oxidation")).verdict
    assert "no reduction sweep" in alone.reason
    assert alone.code == "no_reduction_sweep"


def test_the_first_sweep_counts_and_cells_are_averaged() -> None:
    w = window(sweep(4.0, "oxidation"), sweep(3.5, "oxidation", number=2))
    assert w.oxidation_limit_v_vs_na is not None
    assert w.oxidation_limit_v_vs_na.value == pytest.approx(4.0)
    w = window(sweep(4.0, "oxidation"), sweep(4.1, "oxidation", file="b.mpt"))
    assert w.oxidation_limit_v_vs_na is not None
    assert w.oxidation_limit_v_vs_na.value == pytest.approx(4.05)
    assert "mean of 2 cells" in w.verdict.reason


def test_the_computed_window_stands_beside() -> None:
    w = window(sweep(4.1, "oxidation"), sweep(2.16, "reduction"), computed=(2.15, 3.91))
    assert w.computed_v_vs_na == (2.15, 3.91)
    assert "oxidation outlasts the computed 3.91 V by 0.19 V" in w.verdict.reason
    assert "reduction as computed" in w.verdict.reason
    assert w.verdict.code.split() == ["same_reference", "reduction_as_computed", "oxidation_outlasts_computed"]


def test_a_composite_without_a_window_gets_what_its_phases_share() -> None:
    both = Sample(id="both", crystalline_phase="a", amorphous_phase="b")
    given = Sample(id="given", crystalline_phase="a", amorphous_phase="b")
    apart = Sample(id="apart", crystalline_phase="a", amorphous_phase="far")
    half = Sample(id="half", crystalline_phase="a", amorphous_phase="unknown")
    known = {"a": (1.0, 4.0), "b": (2.0, 5.0), "given": (0.5, 0.6), "far": (4.5, 5.0)}
    found = complete_windows((both, given, apart, half), known)
    assert found == known | {"both": (2.0, 4.0)}
