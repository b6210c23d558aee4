"""Columns with their kinds, and the small moves that every row needs: units, intervals, what is withheld."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.core.values import Estimate, Verdict

Kind = Literal["text", "number", "count", "flag"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table before it is a file: what one row is, the columns in order with their kinds, the rows in order."""

    row: str
    columns: Mapping[str, Kind]
    rows: tuple[Row, ...]


def columns(text: str) -> dict[str, Kind]:
    """Columns from ``"sample file loop:count f_min_Hz:number E_eV:estimate verdict"``; text where no kind is given.

    ``x:estimate`` is x, x_sigma, x_low95, x_high95; ``x:sigma`` is x, x_sigma; all numbers.
    """
    kinds: dict[str, Kind] = {}
    for word in text.split():
        name, _, kind = word.partition(":")
        match kind:
            case "estimate":
                kinds |= dict.fromkeys((name, f"{name}_sigma", f"{name}_low95", f"{name}_high95"), "number")
            case "sigma":
                kinds |= dict.fromkeys((name, f"{name}_sigma"), "number")
            case "number" | "count" | "flag" | "text":
                kinds[name] = kind
            case "":
                kinds[name] = "text"
            case _:
                raise ValueError(f"unknown kind of column: {word}")
    return kinds


def number(value: float | None, factor: float = 1.0) -> float | None:
    """The number in the table's unit; None for what is missing or not finite."""
    return None if value is None or not math.isfinite(value) else float(value) * factor


def spread(name: str, estimate: Estimate | None, factor: float = 1.0, *, interval: bool = True) -> Row:
    """An estimate over its columns, times ``factor`` (unit of the model -> unit of the column)."""
    if estimate is None:
        return {}
    row = {name: number(estimate.value, factor), f"{name}_sigma": number(estimate.sigma, factor)}
    if interval:
        row |= {f"{name}_low95": number(estimate.low, factor), f"{name}_high95": number(estimate.high, factor)}
    return row


def given(estimate: Estimate | None, verdict: Verdict) -> Estimate | None:
    """The estimate where its verdict lets it be printed."""
    return estimate if verdict.printable else None


def judged(verdict: Verdict, name: str = "verdict") -> Row:
    """A verdict over its two columns."""
    return {name: verdict.level, f"{name}_reason": verdict.reason}
