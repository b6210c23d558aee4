"""Windows and differences: what is shared cancels, what is missing is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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


BEYOND = Verdict(level="unresolved", reason="the limit lies beyond", code="beyond_sweep")


def sweep(value: float | None, direction: str, *, own: float = 0.001, reference: float | None = 0.01,
          file: str = "a.mpt", number: int = 1, verdict: Verdict | None = None) -> SweepFit:  # fmt: skip
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
    verdict = verdict or (GOOD if value is not None else BEYOND)
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
    touching = Sample(id="touching", crystalline_phase="a", amorphous_phase="next")
    known = {"a": (1.0, 4.0), "b": (2.0, 5.0), "given": (0.5, 0.6), "far": (4.5, 5.0), "next": (4.0, 5.0)}
    found = complete_windows((both, given, apart, half, touching), known)
    assert found == known | {"both": (2.0, 4.0)}


WEAK = Verdict(level="weak", reason="wide", code="wide")
NO_AREA = Verdict(level="refused", reason="no electrode area", code="no_area")
OX, RED = "oxidation", "reduction"


@pytest.mark.parametrize(
    ("fits", "level", "code"),
    [
        ((sweep(4.0, OX), sweep(1.8, RED)), "resolved", "same_reference"),
        ((sweep(4.0, OX, verdict=WEAK), sweep(1.8, RED)), "weak", "same_reference oxidation_wide"),
        ((sweep(4.0, OX), sweep(1.8, RED, verdict=WEAK)), "weak", "same_reference reduction_wide"),
        ((sweep(4.0, OX), sweep(1.8, RED, reference=None)), "weak", "no_reference reduction_no_reference"),
        ((sweep(4.0, OX, reference=None), sweep(1.8, RED)), "weak", "no_reference oxidation_no_reference"),
        ((sweep(4.0, OX),), "weak", "no_reduction_sweep"),
        ((sweep(1.8, RED),), "weak", "no_oxidation_sweep"),
        ((sweep(4.0, OX), sweep(None, RED, verdict=NO_AREA)), "weak", "reduction_no_area"),
        ((sweep(None, OX), sweep(None, RED)), "unresolved", "reduction_beyond_sweep oxidation_beyond_sweep"),
        (
            (sweep(None, OX, verdict=NO_AREA), sweep(None, RED)),
            "unresolved",
            "reduction_beyond_sweep oxidation_no_area",
        ),
        (
            (sweep(None, OX), sweep(None, RED, verdict=NO_AREA)),
            "unresolved",
            "reduction_no_area oxidation_beyond_sweep",
        ),
        (
            (sweep(None, OX, verdict=NO_AREA), sweep(None, RED, verdict=NO_AREA)),
            "refused",
            "reduction_no_area oxidation_no_area",
        ),
        ((sweep(None, OX, verdict=NO_AREA),), "refused", "no_reduction_sweep oxidation_no_area"),
        ((sweep(None, OX),), "unresolved", "no_reduction_sweep oxidation_beyond_sweep"),
        (
            (sweep(4.0, OX), sweep(4.1, OX, file="b.mpt"), sweep(1.8, RED)),
            "resolved",
            "same_reference oxidation_of_cells",
        ),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_level_and_codes_of_a_window(fits: tuple[SweepFit, ...], level: str, code: str) -> None:
    found = window(*fits).verdict
    assert (found.level, found.code) == (level, code)


def test_a_window_in_words() -> None:
    both = window(sweep(4.0, OX), sweep(1.75, RED, reference=None)).verdict.reason
    width = "width 2.2500 ± 0.0014 V, reference not given: true only if both cells have the same"
    assert both == f"{width}; reduction at 1.750 V as measured: no reference, not on the Na/Na+ scale"
    assert window(sweep(4.0, OX), sweep(1.8, RED)).verdict.reason.endswith("same reference: its error cancels")
    assert window(sweep(4.0, OX)).verdict.reason == "no reduction sweep"
    assert window(sweep(None, OX), sweep(1.8, RED)).verdict.reason == "oxidation: the limit lies beyond"


@pytest.mark.parametrize(
    ("value", "direction", "code", "words"),
    [
        (4.5, OX, "as", "oxidation as computed (4.00 V)"),
        (3.5, OX, "as", "oxidation as computed (4.00 V)"),
        (4.51, OX, "outlasts", "oxidation outlasts the computed 4.00 V by 0.51 V"),
        (3.49, OX, "before", "oxidation gives way before the computed 4.00 V by 0.51 V"),
        (1.5, RED, "as", "reduction as computed (1.00 V)"),
        (1.51, RED, "before", "reduction gives way before the computed 1.00 V by 0.51 V"),
        (0.49, RED, "outlasts", "reduction outlasts the computed 1.00 V by 0.51 V"),
    ],
)
def test_a_limit_beside_the_computed_one_just_on_both_sides_of_two_sigma(
    value: float, direction: str, code: str, words: str
) -> None:
    fits = [("A", sweep(value, direction, own=0.25, reference=0.0))]
    ((found,), _) = summarize_windows(fits, {"A": (1.0, 4.0)}, WindowSettings(significant_sigmas=2.0))
    assert found.verdict.reason.split("; ")[-1] == words or found.verdict.reason.split("; ")[0] == words
    assert f"{direction}_{code}" in " ".join(found.verdict.code.split())


EXACT = WindowSettings(significant_sigmas=2.0, resolved_sigma_v=0.5)


@pytest.mark.parametrize(
    ("a", "changes", "settings", "level", "code"),
    [
        (4.5, {}, EXACT, "resolved", "not_significant same_reference"),
        (2.5, {}, EXACT, "resolved", "not_significant same_reference"),
        (3.75, {}, EXACT, "resolved", "not_significant same_reference"),
        (3.5, {}, EXACT, "resolved", "not_significant same_reference"),
        (4.51, {}, EXACT, "resolved", "significant same_reference"),
        (2.49, {}, EXACT, "resolved", "significant same_reference"),
        (4.5, {"verdict": WEAK}, EXACT, "weak", "not_significant same_reference"),
        (4.5, {"reference": None}, EXACT, "weak", "not_significant no_reference"),
        (4.5, {}, replace(EXACT, resolved_sigma_v=0.499), "weak", "not_significant same_reference wide"),
    ],
)
def test_a_difference_just_on_both_sides_of_each_limit(
    a: float, changes: dict[str, Any], settings: WindowSettings, level: str, code: str
) -> None:
    """sigma is 0.5 V, of 0.3 and 0.4; two of it are 1 V."""
    fits = [
        ("A", sweep(a, OX, own=0.3, **({"reference": 0.0} | changes))),
        ("B", sweep(3.5, OX, own=0.4, reference=0.0)),
    ]
    _, (found,) = summarize_windows(fits, {}, settings)
    assert (found.verdict.level, found.verdict.code) == (level, code)
    assert (found.sample_a, found.sample_b, found.direction, found.criterion) == ("A", "B", OX, HEADLINE)
    number = "0.00" if a == 3.5 else f"{a - 3.5:+.2f}"
    words = "not significant" if code.startswith("not") else "significant"
    assert found.verdict.reason.startswith(f"{words}: {number} ± 0.50 V; ")


def test_windows_and_differences_of_three_samples_stand_in_the_order_of_the_study() -> None:
    fits = [
        ("B", sweep(4.0, OX)),
        ("A", sweep(4.1, OX)),
        ("C", sweep(None, OX)),
        ("A", sweep(1.0, RED)),
        ("B", sweep(1.2, RED)),
    ]
    windows, differences = summarize_windows(fits, {}, WindowSettings())
    assert [w.sample for w in windows] == ["B", "A", "C"]
    pairs = [(d.direction, d.sample_a, d.sample_b, round(d.difference_v.value, 6)) for d in differences]
    assert pairs == [(RED, "B", "A", 0.2), (OX, "B", "A", -0.1)]
    assert windows[1].computed_v_vs_na is None
