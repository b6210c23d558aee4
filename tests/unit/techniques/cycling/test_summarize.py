"""Cells of one sample are repeats; samples stand against each other; facts carry their conditions."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Sample
from pipeline.core.technique import Results, Summed
from pipeline.techniques.cycling.model import CellInfo, CellTest, CyclingSummary
from pipeline.techniques.cycling.settings import CompareSettings
from pipeline.techniques.cycling.summarize import summarize_cells
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
