"""Retention of capacity, and polarisation against the current.

    retention = Q(to) / Q(from)     at one current; the mass cancels, and so does the tester's calibration

The noise of one cycle comes from second differences of the capacities at that current, which a smooth fade leaves out:
var(q[i-1] - 2 q[i] + q[i+1]) = 6 sigma^2.  The first cycle (formation) is no reference unless the study says so.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Estimate, Verdict
from pipeline.science.statistics import student_t
from pipeline.techniques.cycling.model import CellInfo, Cycle, RateBlock, Retention
from pipeline.techniques.cycling.settings import RateSettings

FEW = 5
"""Fewer cycles at one current say little of their noise."""


def find_retentions(
    cycles: Sequence[Cycle], blocks: Sequence[RateBlock], cell: CellInfo, settings: RateSettings
) -> tuple[Retention, ...]:
    """After each number of cycles that was asked for, and at the last cycle; none for fewer than two cycles at one current."""
    good = {c.number: c for c in cycles if c.discharge is not None and c.discharge.verdict.printable and c.number > 0}
    start = cell.retention_from if cell.retention_from is not None else _reference(blocks, good)
    if start is None or start not in good:
        return ()
    level = _current(good[start])
    same = [n for n in sorted(good) if n >= start and abs(_current(good[n]) / level - 1) <= settings.same_current]
    capacities = np.array([_capacity(good[n]) for n in same])
    noise = scatter_of(capacities)
    wanted = [start + n for n in settings.retention_after if start + n in same]
    ends = dict.fromkeys([*wanted, *(n for n in same[-1:] if n > start)])
    return tuple(_retention(good[start], good[end], noise, len(same)) for end in ends)


def _reference(blocks: Sequence[RateBlock], good: dict[int, Cycle]) -> int | None:
    """First cycle of the longest run at one current, the formation cycle aside."""
    runs = [[n for n in b.cycles if n > 1 and n in good] for b in blocks]
    longest = max(runs, key=len, default=[])
    return longest[0] if len(longest) >= 2 else None


def _capacity(cycle: Cycle) -> float:
    assert cycle.discharge is not None
    return cycle.discharge.capacity_mah.value


def _current(cycle: Cycle) -> float:
    assert cycle.discharge is not None
    return cycle.discharge.current_a or 1.0


def scatter_of(capacities: FloatArray) -> float | None:
    """1 sigma of one cycle's capacity; None for fewer than five."""
    if capacities.size < FEW:
        return None
    return float(np.sqrt(np.mean(np.diff(capacities, 2) ** 2) / 6))


def _retention(a: Cycle, b: Cycle, noise: float | None, n: int) -> Retention:
    assert a.discharge is not None
    assert b.discharge is not None
    qa, qb = _capacity(a), _capacity(b)
    ratio = qb / qa * 100
    sigmas = [max(h.capacity_mah.sigma, noise or 0.0) for h in (a.discharge, b.discharge)]
    sigma = float(ratio * np.hypot(sigmas[0] / qa, sigmas[1] / qb))
    half = float(student_t(max(n - 2, 1)) * sigma) if noise is not None else 1.959964 * sigma
    weak = noise is None or "weak" in (a.discharge.verdict.level, b.discharge.verdict.level)
    at = "" if b.discharge.rate_c is None else f" at {b.discharge.rate_c:g} C"
    words = f"cycle {b.number} over cycle {a.number}{at}"
    if noise is None:
        words += f"; {n} cycles at this current say little of their noise"
    verdict = Verdict(level="weak" if weak else "resolved", reason=words, code="few" if noise is None else "measured")
    estimate = Estimate(value=ratio, sigma=sigma, unit="%", low95=ratio - half, high95=ratio + half)
    return Retention(
        from_cycle=a.number, to_cycle=b.number, rate_c=b.discharge.rate_c, retention_percent=estimate, verdict=verdict
    )


def fit_polarisation(blocks: Sequence[RateBlock]) -> Estimate | None:
    """Slope of half the hysteresis over the current, ohm; None for fewer than three currents, or within a factor of two."""
    points = sorted((b.current_a, b.hysteresis_v / 2) for b in blocks if b.hysteresis_v is not None and b.current_a > 0)
    if len({round(np.log(i), 1) for i, _ in points}) < 3 or points[-1][0] < 2 * points[0][0]:
        return None
    current, eta = np.array(points).T
    slope, offset = np.polyfit(current, eta, 1)
    rest = eta - slope * current - offset
    free = max(current.size - 2, 1)
    sigma = float(np.sqrt(np.sum(rest**2) / free / np.sum((current - current.mean()) ** 2)))
    half = float(student_t(free)) * sigma
    return Estimate(value=float(slope), sigma=sigma, unit="ohm", low95=float(slope) - half, high95=float(slope) + half)
