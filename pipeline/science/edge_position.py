"""Which edge is it: the position of the steepest rise of a scan against the table of edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.science.edges import edges_near


@dataclass(frozen=True, slots=True)
class EdgeGuess:
    """The edge that a rise in the data belongs to."""

    element: str | None
    edge: str | None
    rise_ev: float | None
    """Energy of the steepest rise, eV."""
    evidence: str
    confidence: Literal["certain", "likely", "guess"]


def steepest_rise(energy_ev: FloatArray, mu: FloatArray, width_ev: float = 1.5) -> float | None:
    """Energy in eV of the steepest rise of the largest step in mu(E), None where nothing rises.

    The step is the mean of 40 eV behind less the mean of 40 eV before, which a glitch cannot imitate; the slope,
    smoothed by a Gaussian, is then searched within 25 eV of the largest step.

    Parameters
    ----------
    energy_ev, mu:
        (n,), energies ascending; points that are not finite are ignored.
    width_ev:
        1 sigma of the Gaussian, eV.
    """
    good = np.isfinite(energy_ev) & np.isfinite(mu)
    e, first = np.unique(energy_ev[good], return_index=True)
    m = mu[good][first]
    if e.size < 10 or not 1 < np.ptp(e) < 2e5 or not 0 < np.ptp(m) < 1e300:
        return None
    m = np.concatenate([m[:1], np.median([m[:-2], m[1:-1], m[2:]], axis=0), m[-1:]])
    step = max(width_ev / 3, np.ptp(e) / 40000)
    grid = np.arange(e[0], e[-1] + step, step)
    smooth = np.interp(grid, e, m)
    total = np.concatenate([[0.0], np.cumsum(smooth)])
    at = np.arange(grid.size)
    gap, reach = max(1, round(2.5 / step)), max(3, round(min(40.0, np.ptp(e) / 4) / step))
    low, high = np.clip(at - gap - reach, 0, None), np.clip(at + gap + reach, None, grid.size)
    before, after = np.clip(at - gap, 1, None), np.clip(at + gap, None, grid.size - 1)
    rises = (total[high] - total[after]) / np.maximum(high - after, 1)
    rises -= (total[before] - total[low]) / np.maximum(before - low, 1)
    rises[(before - low < reach / 8) | (high - after < reach / 8)] = -np.inf
    coarse = int(np.argmax(rises))
    if not rises[coarse] > 0:
        return None
    x = np.arange(-int(4 * width_ev / step), int(4 * width_ev / step) + 1) * step
    kernel = x * np.exp(-((x / width_ev) ** 2) / 2)
    slope = np.convolve(smooth, -kernel, mode="same") if x.size < grid.size else np.gradient(smooth)
    near = np.flatnonzero((np.abs(grid - grid[coarse]) <= 25) & (at > x.size // 2) & (at < grid.size - x.size // 2))
    return float(grid[near[np.argmax(slope[near])]]) if near.size else float(grid[coarse])


def guess_edge(energy_ev: FloatArray, mu: FloatArray, prefer: str | None = None) -> EdgeGuess:
    """Edge from the steepest rise against the table; ``prefer`` is an element that the file names."""
    rise = steepest_rise(energy_ev, mu)
    if rise is None:
        return EdgeGuess(None, None, None, "nothing rises in the data", "guess")
    near = edges_near(rise)
    mine = [c for c in near if c[0] == prefer] or near
    if not mine:
        return EdgeGuess(None, None, rise, f"steepest rise at {rise:.1f} eV is no edge of the table", "guess")
    element, edge, distance = mine[0]
    others = [f"{s} {e}" for s, e, d in near if (s, e) != (element, edge) and abs(d) <= max(12.0, abs(distance))]
    evidence = f"steepest rise at {rise:.1f} eV, {distance:+.1f} eV from {element} {edge}"
    if others:
        evidence += f"; {', '.join(others[:3])} would fit as well"
    sure: Literal["likely", "guess"] = "likely" if not others and abs(distance) <= 12.0 else "guess"
    return EdgeGuess(element, edge, rise, evidence, sure)
