"""One limit: its reference's error taken off, cells averaged, limits subtracted; every end of every interval by hand."""

from __future__ import annotations

from dataclasses import replace
from math import hypot, sqrt

import pytest

from pipeline.core.values import Estimate, Level, Verdict
from pipeline.techniques.sweeps.model import HEADLINE, Onset, SweepFit
from pipeline.techniques.sweeps.summarize.limits import Found, Limit, combine_cells, find_limit, on_the_scale, subtract
from tests.synthetic_sweeps import NONE, sweep_fit

REFERENCE = ("Na15Sn4", 0.08, 0.03)
Z95 = 1.959964
T2 = 4.302653
"""Student's t of 2 degrees of freedom at 97.5 %."""


def verdict(level: Level = "resolved", code: str = "found") -> Verdict:
    return Verdict(level=level, reason=f"because {code}", code=code)


FOUND = verdict()


def limit(value: float = 4.1, own: float = 0.02, down: float = 0.03, up: float = 0.05,
          reference: tuple[str, float, float] | None = REFERENCE, of: Verdict = FOUND) -> Limit:  # fmt: skip
    return Limit(value_v=value, own_v=own, down_v=down, up_v=up, reference=reference, verdict=of, n_cells=1)


def fit_of(estimate: Estimate | None, reference: float = 0.03, of: Verdict = FOUND) -> tuple[SweepFit, Onset]:
    fit = sweep_fit("A", "oxidation", 4.0)
    checked = replace(fit.checked, conditions=replace(fit.checked.conditions, volts_vs_na_sigma=reference))
    return replace(fit, checked=checked), Onset(criterion=HEADLINE, onset_v_vs_na=estimate, verdict=of)


@pytest.mark.parametrize(
    ("sigma", "reference", "share"),
    [(0.05, 0.03, 0.8), (0.05, 0.0, 1.0), (0.0, 0.0, 1.0), (0.03, 0.05, 0.0)],
    ids=["3-4-5", "exact reference", "no error at all", "less than the reference's alone"],
)
def test_the_reference_is_taken_off_the_sigma_and_off_both_ends(sigma: float, reference: float, share: float) -> None:
    onset = Estimate(value=4.1, sigma=sigma, unit="V", low95=4.0, high95=4.3)
    found = find_limit(*fit_of(onset, reference)).limit
    assert isinstance(found, Limit)
    assert (found.own_v, found.down_v, found.up_v) == pytest.approx((share * sigma, share * 0.1, share * 0.2))
    assert (found.value_v, found.n_cells, found.verdict) == (4.1, 1, FOUND)
    assert found.reference == ("Na15Sn4", 0.08, reference)


def test_a_limit_without_scale_has_no_reference_and_one_that_is_withheld_has_its_verdict() -> None:
    fit, onset = fit_of(Estimate(value=4.1, sigma=0.05, unit="V"))
    off = replace(fit, checked=replace(fit.checked, potential_is_vs_na=False))
    unknown = replace(fit, checked=replace(fit.checked, conditions=replace(fit.checked.conditions, volts_vs_na=None)))
    for other in (off, unknown):
        found = find_limit(other, onset).limit
        assert isinstance(found, Limit)
        assert found.reference is None
    assert find_limit(fit, replace(onset, verdict=NONE)).limit == NONE
    assert find_limit(fit, replace(onset, onset_v_vs_na=None)).limit == FOUND


def test_where_a_sweep_stands_in_its_file() -> None:
    fit, onset = fit_of(None)
    later = replace(fit.checked, sweep=replace(fit.checked.sweep, loop=4), number=2, after_turn=True)
    found = find_limit(replace(fit, checked=later), onset)
    assert (found.file, found.place) == ("lsv/A_oxidation.mpt", (True, 4, 2))


def cell(what: Limit | Verdict, file: str = "a", place: tuple[bool, int, int] = (False, 1, 1)) -> Found:
    return Found(file=file, place=place, limit=what)


def test_three_cells_are_their_mean_with_their_scatter_and_students_t() -> None:
    """Scatter² 7/300 V², own² 1/600 V² in the mean: sigma² of the mean is a third of 1/40 V²."""
    cells = (
        limit(4.0, 0.03, of=verdict(code="found wide")),
        limit(4.1, 0.04, of=verdict("weak", "wide after_turn")),
        limit(4.3, 0.05),
    )
    found = combine_cells([cell(x, file) for x, file in zip(cells, "abc", strict=True)])
    assert isinstance(found, Limit)
    sigma = sqrt(0.025 / 3)
    assert (found.value_v, found.own_v) == pytest.approx((12.4 / 3, sigma))
    assert (found.down_v, found.up_v) == pytest.approx((T2 * sigma, T2 * sigma), rel=1e-6)
    assert (found.n_cells, found.reference) == (3, REFERENCE)
    text = "mean of 3 cells, which scatter by 153 mV"
    assert found.verdict == Verdict(level="weak", reason=text, code="found wide after_turn")


def test_cells_against_different_references_have_none_in_common() -> None:
    found = combine_cells([cell(limit(), "a"), cell(limit(reference=("Na", 0.0, 0.0)), "b")])
    assert isinstance(found, Limit)
    assert found.reference is None


def test_of_one_file_the_first_sweep_counts() -> None:
    first, second = limit(4.0), limit(4.2)
    assert combine_cells([cell(second, place=(False, 2, 1)), cell(first)]) is first
    assert combine_cells([cell(first), cell(second, place=(False, 1, 2))]) is first
    assert combine_cells([cell(first), cell(second)]) is first
    assert combine_cells([cell(NONE), cell(second, place=(True, 1, 1))]) == NONE, "no later sweep stands in"
    assert combine_cells([cell(NONE), cell(second, "b")]) is second
    assert combine_cells([cell(NONE), cell(verdict("refused", "no_area"), "b")]) == NONE


def test_on_the_scale_the_reference_widens_each_end() -> None:
    found = on_the_scale(limit(4.1, 0.04, 0.05, 0.11))
    assert (found.value, found.sigma, found.unit) == (4.1, pytest.approx(0.05), "V")
    assert found.low95 == pytest.approx(4.1 - hypot(0.05, Z95 * 0.03))
    assert found.high95 == pytest.approx(4.1 + hypot(0.11, Z95 * 0.03))
    bare = on_the_scale(limit(4.1, 0.04, 0.05, 0.11, None))
    assert (bare.sigma, bare.low95, bare.high95) == pytest.approx((0.04, 4.05, 4.21))


@pytest.mark.parametrize(
    ("references", "sharing", "extra"),
    [
        ((REFERENCE, REFERENCE), "same_reference", 0.0),
        ((REFERENCE, ("Na", 0.0, 0.04)), "different_references", 0.05),
        ((None, REFERENCE), "no_reference", 0.0),
        ((REFERENCE, None), "no_reference", 0.0),
        ((None, None), "no_reference", 0.0),
    ],
)
def test_a_difference_takes_the_lower_end_of_one_with_the_upper_of_the_other(
    references: tuple[tuple[str, float, float] | None, ...], sharing: str, extra: float
) -> None:
    a = limit(4.1, own=0.02, down=0.03, up=0.05, reference=references[0])
    b = limit(1.9, own=0.06, down=0.12, up=0.04, reference=references[1])
    found, said = subtract(a, b)
    assert said == sharing
    assert (found.value, found.sigma, found.unit) == (
        pytest.approx(2.2), pytest.approx(sqrt(0.02**2 + 0.06**2 + extra**2)), "V"
    )  # fmt: skip
    assert found.low95 == pytest.approx(2.2 - hypot(0.05, Z95 * extra))
    assert found.high95 == pytest.approx(2.2 + hypot(0.13, Z95 * extra))
