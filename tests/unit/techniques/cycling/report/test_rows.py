"""One row of every table of cycling, and its part of the key table: each column against a number of a cell made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.core.key import KeyCell
from pipeline.core.values import Fact
from pipeline.techniques.cycling.model import CellDifference, CellTest, CyclingSummary, Repeat
from pipeline.techniques.cycling.report.key import KEY
from pipeline.techniques.cycling.report.rows import cycling_tables
from tests.cells_by_hand import block, cell, cycle, half, retention, step
from tests.rows_by_hand import GOOD, POOR, SKEW, WEAK, assert_row, even, four, two

JUDGED = {"verdict": "resolved", "verdict_reason": "clear"}


def assert_only(name: str, expected: dict[str, Any], *cells: CellTest, **summary: Any) -> None:
    table = cycling_tables(CyclingSummary(cells=tuple(("A", c) for c in cells), **summary))[name]
    assert len(table.rows) == 1
    assert_row(table, expected)


STEP = {
    "sample": "A",
    "file": "a.csv",
    "step": 3,
    "cycle": 2,
    "kind": "charge",
    "start_s": 600.0,
    "duration_s": 36000.0,
    "current_A": 5e-5,
    "capacity_mAh": 0.5,
    "integral_mAh": 0.51,
    "start_V": 2.9,
    "end_V": 4.0,
    "label": "CC",
    "tester_cycle": 5,
    "energy_mWh": 1.7,
    "counted": True,
    "n_points": 361,
    "temperature_C": 30.0,
}


def test_a_row_of_steps():
    assert_only("cycling_steps", STEP, cell())
    assert_only("cycling_steps", STEP | {"temperature_C": None}, cell(steps=(step(temperature_k=None),)))


CYCLE = {
    "sample": "A",
    "file": "cell a",
    "cycle": 1,
    "rate_C": 0.09,
    **two("charge_mAh", 0.49, 0.002),
    **two("discharge_mAh", 0.441, 0.002),
    **two("charge_mAh_per_g", 120.0, 3.0),
    **two("discharge_mAh_per_g", 108.0, 3.0),
    **two("coulombic_efficiency_percent", 90.0, 0.4),
    "mean_charge_V": 3.4,
    "mean_discharge_V": 3.06,
    "hysteresis_V": 0.34,
    **JUDGED,
    "efficiency_of": "discharge/charge",
    "charge_rate_C": 0.1,
    "discharge_current_A": 4.5e-5,
    **two("charge_mAh_per_cm2", 0.61, 0.004),
    **two("discharge_mAh_per_cm2", 0.549, 0.004),
    "charge_energy_mWh": 1.6,
    "discharge_energy_mWh": 1.44,
    "charge_end_V": 4.0,
    "discharge_end_V": 3.6,
    "start_s": 1000.0,
    "run": 2,
}


def without(side: str, *stay: str) -> dict[str, None]:
    """Columns of one half, but for those that stay."""
    return {c: None for c in CYCLE if side in c.split("_") and c not in stay}


def test_a_row_of_cycles():
    assert_only("cycles", CYCLE, cell())
    assert_only("cycles", CYCLE | {"efficiency_of": "charge/discharge"}, cell(first="discharge"))
    withheld = {c: None for c in CYCLE if c.startswith("coulombic")} | {
        "verdict": "unresolved",
        "verdict_reason": "noise",
    }
    assert_only("cycles", CYCLE | withheld, cell(cycles=(cycle(verdict=POOR),)))
    none = {c: None for c in CYCLE if c.startswith("coulombic")}
    assert_only("cycles", CYCLE | none, cell(cycles=(cycle(efficiency_percent=None),)))


def test_a_half_that_is_missing_or_withheld():
    alone = without("discharge") | {"rate_C": 0.1, "start_s": 1000.0}
    assert_only("cycles", CYCLE | alone, cell(cycles=(cycle(discharge=None),)))
    alone = without("charge") | {"charge_rate_C": None, "start_s": 38000.0}
    assert_only("cycles", CYCLE | alone, cell(cycles=(cycle(charge=None),)))
    for side in ("charge", "discharge"):
        poor = without(side, f"{side}_end_V", "charge_rate_C", "discharge_current_A")
        halves = {side: half(side, verdict=POOR)}
        assert_only("cycles", CYCLE | poor, cell(cycles=(cycle(**halves),)))
        bare = without(
            side, f"{side}_end_V", "charge_rate_C", "discharge_current_A", f"mean_{side}_V", f"{side}_energy_mWh"
        )
        bare |= two(f"{side}_mAh", CYCLE[f"{side}_mAh"], 0.002)
        halves = {side: half(side, mah_per_g=None, mah_per_cm2=None)}
        assert_only("cycles", CYCLE | bare, cell(cycles=(cycle(**halves),)))


def test_a_row_of_rates():
    expected = {
        "sample": "A",
        "file": "cell a",
        "rate_C": 0.2,
        "n_cycles": 3,
        **two("discharge_mAh_per_g", 115.0, 2.5),
        "run": 2,
        "first_cycle": 4,
        "last_cycle": 7,
        "current_A": 6e-5,
        **two("discharge_mAh", 0.46, 0.003),
        **two("charge_mAh_per_g", 116.0, 2.6),
        **two("coulombic_efficiency_percent", 99.1, 0.3),
        "mean_charge_V": 3.41,
        "mean_discharge_V": 3.12,
        "hysteresis_V": 0.29,
    }
    assert_only("rates", expected, cell())
    none = expected | {"n_cycles": 0, "first_cycle": None, "last_cycle": None}
    assert_only("rates", none, cell(blocks=(block(cycles=()),)))


def test_a_row_of_retention():
    expected = {
        "sample": "A",
        "file": "cell a",
        "from_cycle": 4,
        "to_cycle": 104,
        **four("retention_percent", 91.0, 0.5, 89.5, 92.1),
        **JUDGED,
        "rate_C": 0.5,
    }
    assert_only("retention", expected, cell())
    poor = {c: None for c in expected if c.startswith("retention")} | {
        "verdict": "unresolved",
        "verdict_reason": "noise",
    }
    assert_only("retention", expected | poor, cell(retentions=(retention(verdict=POOR),)))


def test_a_row_of_repeats_and_of_differences():
    repeat = Repeat(sample="A", quantity="q", rate_c=0.3, mean=SKEW, spread=0.07, n_cells=3, verdict=GOOD)
    expected = {"sample": "A", "quantity": "q", "rate_C": 0.3, **four("mean", 4.1, 0.02, 4.05, 4.16), "unit": "V",
                "spread": 0.07, "n_cells": 3, **JUDGED}  # fmt: skip
    assert_only("cycling_repeats", expected, repeats=(repeat,))
    poor = {c: None for c in expected if c.startswith("mean")} | {"verdict": "unresolved", "verdict_reason": "noise"}
    assert_only("cycling_repeats", expected | poor, repeats=(replace(repeat, verdict=POOR),))
    difference = CellDifference(sample_a="A", sample_b="B", quantity="q", rate_c=0.3, difference=SKEW, verdict=GOOD)
    expected = {"sample_a": "A", "sample_b": "B", "quantity": "q", "rate_C": 0.3,
                **four("difference", 4.1, 0.02, 4.05, 4.16), "unit": "V", **JUDGED}  # fmt: skip
    assert_only("cycling_differences", expected, differences=(difference,))


def fact(quantity: str, value: Any, verdict: Any = GOOD, details: Any = (), **conditions: float) -> Fact:
    return Fact(
        sample="A", quantity=quantity, value=value, verdict=verdict, conditions=conditions, details=dict(details)
    )


def kept(after: int, value: float, **conditions: float) -> Fact:
    return fact("retention", even(value, 0.5, "%"), after_cycles=after, **conditions)


CAPACITY = fact("first_discharge_capacity", even(117.9, 1.7, "mAh/g"), WEAK, {"rate_C": 0.1})
EFFICIENCY = fact("first_efficiency", even(96.0, 0.4, "%"))


@pytest.mark.parametrize(
    ("facts", "row", "cells"),
    [
        (
            [CAPACITY, EFFICIENCY, kept(200, 80.0), kept(50, 95.0), kept(100, 91.0, rate_C=0.5)],
            {**two("first_discharge_mAh_per_g", 117.9, 1.7), **two("first_efficiency_percent", 96.0, 0.4),
             **two("retention_percent", 91.0, 0.5), "retention_after_cycles": 100},
            [KeyCell(text="117.9 ± 1.7", verdict=WEAK, notes=("at 0.1 C", "efficiency 96.00 ± 0.40 %")),
             KeyCell(text="91.00 ± 0.50", verdict=GOOD, notes=("after 100 cycles at 0.5 C",))],
        ),
        (
            [kept(50, 95.0), kept(80, 93.0), kept(20, 99.0)],
            {**two("retention_percent", 93.0, 0.5), "retention_after_cycles": 80},
            [KeyCell(text="93.00 ± 0.50", verdict=GOOD, notes=("after 80 cycles",))],
        ),
        (
            [fact("first_discharge_capacity", even(117.9, 1.7), POOR), fact("retention", even(9.0, 1.0), POOR, after_cycles=7)],
            {"retention_after_cycles": 7},
            [KeyCell(text="—", verdict=POOR), KeyCell(text="—", verdict=POOR, notes=("after 7 cycles",))],
        ),
        ([EFFICIENCY], two("first_efficiency_percent", 96.0, 0.4), []),
        ([], {}, []),
    ],
    ids=["all", "less than a hundred", "withheld", "efficiency alone", "nothing"],
)  # fmt: skip
def test_the_key_table(facts: list[Fact], row: dict[str, float], cells: list[KeyCell]) -> None:
    assert KEY.row(facts) == row
    assert [c for column in KEY.shown for c in column.cells(facts)] == cells
    assert set(row) <= set(KEY.columns)
