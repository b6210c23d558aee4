"""A row of a table against numbers worked out by hand: every column in its order, and no number without a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.core.tables import Table
from pipeline.core.values import Estimate, Verdict

GOOD = Verdict(level="resolved", reason="clear", code="found")
WEAK = Verdict(level="weak", reason="wide", code="wide")
POOR = Verdict(level="unresolved", reason="noise", code="noise")
SKEW = Estimate(value=4.1, sigma=0.02, unit="V", low95=4.05, high95=4.16)


def even(value: float, sigma: float, unit: str = "1") -> Estimate:
    """Its ends lie 1.96 sigma away."""
    return Estimate(value=value, sigma=sigma, unit=unit)


def two(name: str, value: float, sigma: float) -> dict[str, float]:
    """The columns of a number with its sigma."""
    return {name: value, f"{name}_sigma": sigma}


def four(name: str, value: float, sigma: float, low: float, high: float) -> dict[str, float]:
    """The columns of an estimate."""
    return {**two(name, value, sigma), f"{name}_low95": low, f"{name}_high95": high}


def assert_row(table: Table, expected: Mapping[str, Any], at: int = 0) -> None:
    """Row ``at`` of the table holds what is expected; None for what is missing."""
    row = table.rows[at]
    assert list(expected) == list(table.columns), "every column of the table, in its order, and no other"
    assert set(row) <= set(table.columns)
    for column, value in expected.items():
        found = row.get(column)
        if isinstance(value, float):
            assert found == pytest.approx(value, rel=1e-9), column
        else:
            assert found == value, column
            assert isinstance(found, bool) is isinstance(value, bool), column
