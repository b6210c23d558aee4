"""Cells of one sample are repeats; samples stand against each other; facts carry their conditions."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Sample
from pipeline.core.technique import Results, Summed
from pipeline.core.values import Verdict
from pipeline.techniques.cycling.model import CellDifference, CellInfo, CellTest, CyclingSummary
from pipeline.techniques.cycling.settings import CompareSettings
from pipeline.techniques.cycling.summarize import summarize_cells
from tests import cells_by_hand as hand
from tests.rows_by_hand import GOOD, POOR, WEAK, even
from tests.synthetic_cycling import MASS_MG, Piece, charge, csv_seconds, discharge, record, reduce_cell, rest

CELL = CellInfo(active_mass_mg=MASS_MG, active_mass_sigma_mg=0.05, nominal_mah_per_g=120.0)


def cell(mah: float, name: str, info: CellInfo = CELL) -> CellTest:
    pieces: list[Piece] = [rest(), charge(mah / 0.96, 36_000), discharge(mah, 35_000)]
    for k in range(7):
        seconds = round(16_000 * 0.99**k)
        pieces += [charge(mah * 0.9, 16_000), discharge(mah * 0.9 * seconds / 16_000, seconds)]
    return reduce_cell(csv_seconds(record(pieces, every=500)), name, info)


def summed(*cells: tuple[str, CellTest]) -> Summed[CyclingSummary]:
    samples = tuple(Sample(id=s) for s in dict.fromkeys(s for s, _ in cells))
    return summarize_cells(Results(samples=samples, fitted=cells, joined=()), CompareSettings())


def test_repeats_have_a_mean_a_spread_and_their_number() -> None:
    found = summed(*(("A", cell(q, f"{i}.csv")) for i, q in enumerate((0.48, 0.49, 0.47))))
    first = next(r for r in found.summary.repeats if r.quantity == "first_discharge_capacity")
    values = np.array([0.48, 0.49, 0.47]) / MASS_MG * 1e3
    assert first.mean.value == pytest.approx(values.mean())
    assert first.spread == pytest.approx(values.std(ddof=1))
    assert first.n_cells == 3
    assert first.mean.sigma >= values.std(ddof=1) / np.sqrt(3) - 1e-12
    assert first.mean.high - first.mean.value == pytest.approx(4.303 * first.mean.sigma, rel=1e-3)


def test_one_cell_each_makes_a_weak_difference() -> None:
    found = summed(("A", cell(0.48, "a.csv")), ("B", cell(0.40, "b.csv")))
    one = next(d for d in found.summary.differences if d.quantity == "first_discharge_capacity")
    assert one.difference.value == pytest.approx(0.08 / MASS_MG * 1e3)
    assert one.verdict.level == "weak"
    assert one.verdict.code == "significant one_cell"


def test_facts_name_rate_and_cycles() -> None:
    facts = summed(("A", cell(0.48, "a.csv"))).facts
    by = {(f.quantity, tuple(f.conditions.items())): f for f in facts}
    assert by["first_efficiency", ()].value is not None
    assert by["first_efficiency", ()].value.value == pytest.approx(96.0)
    assert by["discharge_capacity", (("rate_C", 0.2),)].verdict.level == "resolved"
    assert ("retention", (("rate_C", 0.2), ("after_cycles", 6))) in by
    keys = [(f.sample, f.quantity, tuple(sorted(f.conditions.items()))) for f in facts]
    assert len(keys) == len(set(keys))


def test_without_a_mass_only_ratios_are_published() -> None:
    facts = summed(("A", cell(0.48, "a.csv", CellInfo()))).facts
    assert {f.quantity for f in facts} == {"first_efficiency", "retention"}


def by_hand(*cells: tuple[str, CellTest], sigmas: float = 1.96) -> Summed[CyclingSummary]:
    return summarize_cells(Results(samples=(), fitted=cells, joined=()), CompareSettings(significant_sigmas=sigmas))


def fact_values(found: Summed[CyclingSummary]) -> dict[str, tuple[object, ...]]:
    return {
        f.quantity: (f.sample, f.value, f.verdict, dict(f.conditions), dict(f.details), f.source) for f in found.facts
    }


def test_what_a_cell_publishes() -> None:
    found = fact_values(by_hand(("A", hand.cell())))
    mean = Verdict(level="resolved", reason="mean of 3 cycle(s)", code="mean")
    files = ("a.csv",)
    assert found == {
        "first_charge_capacity": ("A", even(120.0, 3.0, "mAh/g"), GOOD, {}, {"n_cells": 1, "rate_C": 0.1}, files),
        "first_discharge_capacity": (
            "A", even(108.0, 3.0, "mAh/g"), GOOD, {}, {"n_cells": 1, "rate_C": pytest.approx(0.09)}, files
        ),
        "first_efficiency": ("A", even(90.0, 0.4, "%"), GOOD, {}, {"n_cells": 1}, files),
        "discharge_capacity": ("A", even(115.0, 2.5, "mAh/g"), mean, {"rate_C": 0.2}, {"n_cells": 1}, files),
        "retention": (
            "A", hand.retention().retention_percent, GOOD, {"rate_C": 0.5, "after_cycles": 100}, {"n_cells": 1}, files
        ),
    }  # fmt: skip
    (repeat,) = (r for r in by_hand(("A", hand.cell())).summary.repeats if r.quantity.startswith("retention"))
    assert (repeat.quantity, repeat.rate_c, repeat.spread, repeat.n_cells) == ("retention_after_100", 0.5, None, 1)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"cycles": ()}, {"first_charge_capacity", "first_discharge_capacity", "first_efficiency"}),
        ({"cycles": (hand.cycle(2),)}, {"first_charge_capacity", "first_discharge_capacity", "first_efficiency"}),
        ({"cycles": (hand.cycle(charge=None),)}, {"first_charge_capacity"}),
        ({"cycles": (hand.cycle(discharge=hand.half("discharge", mah_per_g=None)),)}, {"first_discharge_capacity"}),
        ({"cycles": (hand.cycle(discharge=hand.half("discharge", verdict=POOR)),)}, {"first_discharge_capacity"}),
        ({"cycles": (hand.cycle(efficiency_percent=None),)}, {"first_efficiency"}),
        ({"cycles": (hand.cycle(verdict=POOR),)}, {"first_efficiency"}),
        ({"blocks": (hand.block(rate_c=None),)}, {"discharge_capacity"}),
        ({"blocks": (hand.block(discharge_mah_per_g=None),)}, {"discharge_capacity"}),
        ({"retentions": ()}, {"retention"}),
    ],
)
def test_what_is_missing_or_withheld_is_not_published(changes: dict[str, object], missing: set[str]) -> None:
    every = set(fact_values(by_hand(("A", hand.cell()))))
    assert every - set(fact_values(by_hand(("A", hand.cell(**changes))))) == missing


def test_the_first_run_at_a_rate_counts() -> None:
    none = hand.block(rate_c=0.5, discharge_mah_per_g=None)
    again, other = hand.block(discharge_mah_per_g=even(50.0, 1.0)), hand.block(rate_c=0.5)
    facts = by_hand(("A", hand.cell(blocks=(none, hand.block(), again, other)))).facts
    found = [(f.conditions["rate_C"], f.value.value) for f in facts if f.quantity == "discharge_capacity" and f.value]
    assert found == [(0.2, 115.0), (0.5, 115.0)]


def cells(*values: tuple[float, float, Verdict], rate: float = 0.2) -> list[CellTest]:
    """First charges of mAh/g with sigma."""
    return [
        hand.cell(
            files=(f"{i}.csv",),
            cycles=(hand.cycle(charge=hand.half("charge", mah_per_g=even(v, s, "mAh/g"), verdict=of, rate_c=rate)),),
        )
        for i, (v, s, of) in enumerate(values)
    ]


def test_repeats_by_hand() -> None:
    """100, 103, 106: a spread of 3, 3/sqrt(3) of the mean; of errors of 6 each 6/sqrt(3). t of two degrees is 4.302653."""
    for sigma, counted in ((1.0, 3.0), (6.0, 6.0)):
        given = cells((100.0, sigma, GOOD), (106.0, sigma, WEAK), (103.0, sigma, GOOD))
        found = by_hand(*(("A", c) for c in given))
        (repeat,) = (r for r in found.summary.repeats if r.quantity == "first_charge_capacity")
        e, of_mean = repeat.mean, counted / 3**0.5
        assert (e.value, e.sigma, e.unit) == (pytest.approx(103.0), pytest.approx(of_mean), "mAh/g")
        assert (e.low, e.high) == pytest.approx((103 - 4.302653 * of_mean, 103 + 4.302653 * of_mean), rel=1e-6)
        assert (repeat.spread, repeat.n_cells, repeat.rate_c) == (pytest.approx(3.0), 3, 0.2)
        text = "mean of 3 cells, standard deviation 3.00 mAh/g"
        assert repeat.verdict == Verdict(level="weak", reason=text, code="cells")
        (fact,) = (f for f in found.facts if f.quantity == "first_charge_capacity")
        assert fact.details == {"n_cells": 3, "rate_C": 0.2, "spread": pytest.approx(3.0)}
        assert fact.source == ("0.csv", "1.csv", "2.csv")
    mixed = by_hand(*(("A", c) for c in (*cells((100.0, 1.0, GOOD)), *cells((103.0, 1.0, GOOD), rate=0.5))))
    (repeat,) = (r for r in mixed.summary.repeats if r.quantity == "first_charge_capacity")
    assert (repeat.n_cells, repeat.rate_c) == (2, None)


def difference(a: list[CellTest], b: list[CellTest], sigmas: float = 2.0) -> CellDifference:
    pairs = [*(("A", c) for c in a), *(("B", c) for c in b)]
    (found,) = (d for d in by_hand(*pairs, sigmas=sigmas).summary.differences if d.quantity == "first_charge_capacity")
    return found


ONE = "; a sample of one cell: how its cells differ is not in it"


@pytest.mark.parametrize(
    ("value", "sigmas", "code", "words"),
    [
        (110.0, 2.0, "not_significant one_cell", "not significant: +2.0 sigma"),
        (90.0, 2.0, "not_significant one_cell", "not significant: -2.0 sigma"),
        (110.1, 2.0, "significant one_cell", "significant: +2.0 sigma"),
        (89.9, 2.0, "significant one_cell", "significant: -2.0 sigma"),
        (100.0, 2.0, "not_significant one_cell", "not significant: +0.0 sigma"),
    ],
)
def test_a_difference_just_on_both_sides_of_its_limit(value: float, sigmas: float, code: str, words: str) -> None:
    """3 and 4 mAh/g of error are 5: twice that is 10."""
    found = difference(cells((value, 3.0, GOOD)), cells((100.0, 4.0, GOOD), rate=0.2), sigmas)
    assert (found.difference.value, found.difference.sigma) == (pytest.approx(value - 100), 5.0)
    assert found.difference.unit == "mAh/g"
    assert found.verdict == Verdict(level="weak", reason=words + ONE, code=code)
    assert (found.sample_a, found.sample_b, found.rate_c) == ("A", "B", 0.2)


def test_levels_of_a_difference() -> None:
    two = cells((100.0, 3.0, GOOD), (100.0, 3.0, GOOD))
    weak = cells((100.0, 3.0, GOOD), (100.0, 3.0, WEAK))
    assert (difference(two, two).verdict.level, difference(two, two).verdict.code) == ("resolved", "not_significant")
    assert difference(two, two).verdict.reason == "not significant: +0.0 sigma"
    assert difference(two, weak).verdict.level == difference(weak, two).verdict.level == "weak"
    assert difference(two, two[:1]).verdict.code == difference(two[:1], two).verdict.code == "not_significant one_cell"
    assert difference(two, cells((100.0, 3.0, GOOD), (100.0, 3.0, GOOD), rate=0.5)).rate_c is None
    sure = cells((100.0, 0.0, GOOD))
    assert difference(sure, sure).verdict.reason == "no sigma" + ONE
    assert difference(sure, cells((99.0, 0.0, GOOD))).verdict.code == "significant one_cell"


def test_only_what_both_samples_have_is_compared() -> None:
    found = by_hand(("A", hand.cell()), ("B", hand.cell(cycles=(), retentions=(hand.retention(to_cycle=54),)))).summary
    assert [(d.quantity, d.rate_c) for d in found.differences] == [("discharge_capacity", 0.2)]
    three = by_hand(*((s, hand.cell(cycles=(), retentions=())) for s in "ABC")).summary
    assert [(d.sample_a, d.sample_b) for d in three.differences] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert three.cells[1][0] == "B"
