"""Columns with their kinds, and the small moves that every row needs: units, intervals, what is withheld."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.core.sample import Pellet
from pipeline.core.values import Estimate, Verdict

Kind = Literal["text", "number", "count", "flag"]
Row = dict[str, Any]

S_PER_CM = 0.01
"""S/m -> S/cm, and F/m -> F/cm."""
Z95 = 1.959964


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


def with_geometry(estimate: Estimate, relative_sigma: float) -> Estimate:
    """Add the uncertainty of l/A, in quadrature of relative errors; the interval stays as skew as it was."""
    v = estimate.value
    if relative_sigma <= 0 or v <= 0:
        return estimate
    down, up = (v - estimate.low) / v, (estimate.high - v) / v
    low = v * (1 - math.hypot(down, Z95 * relative_sigma))
    high = v * (1 + math.hypot(up, Z95 * relative_sigma))
    return Estimate(
        value=v,
        sigma=v * math.hypot(estimate.sigma / v, relative_sigma),
        unit=estimate.unit,
        low95=max(low, 0.0),
        high95=high,
    )


def conductivity_of(resistance: Estimate, pellet: Pellet) -> Estimate:
    """Sigma = (l/A)/R in S/m, the geometry's uncertainty included; the ends of the interval change places."""
    k, r = pellet.cell_constant_per_m, resistance.value
    low, high = max(resistance.low, 1e-12 * r), max(resistance.high, r)
    bare = Estimate(value=k / r, sigma=k / r * resistance.sigma / r, unit="S/m", low95=k / high, high95=k / low)
    return with_geometry(bare, pellet.relative_sigma)
