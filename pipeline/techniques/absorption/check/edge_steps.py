"""Where an absorption scan rises, and which edge that is.

The rise at E is the mean of mu over 40 eV behind E less the mean over 40 eV before it, 3 eV around E left out: a glitch
or a white line cannot imitate it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.science.edges import edges_near

REACH_EV, GAP_EV = 40.0, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """One edge in the data."""

    energy_ev: float
    """Of the steepest point, eV, to about the step of the scan."""
    height: float
    """Of the step, scale of mu."""


def rise_profile(energy_ev: FloatArray, mu: FloatArray, grid_ev: FloatArray) -> FloatArray:
    """Rise at every energy of ``grid_ev``; NaN where there are fewer than 8 eV of data on one side.

    Parameters
    ----------
    energy_ev, mu:
        (n,) ascending, finite.
    """
    total = np.concatenate([[0.0], np.cumsum(0.5 * (mu[1:] + mu[:-1]) * np.diff(energy_ev))])
    low, high = float(energy_ev[0]), float(energy_ev[-1])

    def mean(start: FloatArray, end: FloatArray) -> FloatArray:
        start, end = np.clip(start, low, high), np.clip(end, low, high)
        width = end - start
        area = np.interp(end, energy_ev, total) - np.interp(start, energy_ev, total)
        return np.asarray(np.where(width >= 8, area / np.maximum(width, 1e-9), np.nan))

    after = mean(grid_ev + GAP_EV, grid_ev + REACH_EV)
    return np.asarray(after - mean(grid_ev - REACH_EV, grid_ev - GAP_EV))


def largest_rise(energy_ev: FloatArray, mu: FloatArray, low_ev: float = 0.0, high_ev: float = np.inf) -> Rise | None:
    """The largest rise between two energies, None where nothing rises.

    Parameters
    ----------
    energy_ev, mu:
        (n,) ascending, finite.
    """
    grid = np.arange(max(low_ev, float(energy_ev[0])), min(high_ev, float(energy_ev[-1])), 1.0)
    if grid.size < 3 or energy_ev.size < 10:
        return None
    profile = rise_profile(energy_ev, mu, grid)
    if not np.any(np.isfinite(profile)) or not np.nanmax(profile) > 0:
        return None
    i = int(np.nanargmax(profile))
    near = np.flatnonzero(np.abs(energy_ev - grid[i]) <= 20.0)
    if near.size < 4:
        return Rise(energy_ev=float(grid[i]), height=float(profile[i]))
    e, m = energy_ev[near], mu[near]
    fine = np.arange(e[0], e[-1], 0.25)
    kernel = np.exp(-0.5 * (np.arange(-16, 17) * 0.25 / 1.2) ** 2)
    padded = np.pad(np.interp(fine, e, m), 16, mode="edge")
    slope = np.gradient(np.convolve(padded, kernel / kernel.sum(), mode="valid"))
    return Rise(energy_ev=float(fine[int(np.argmax(slope))]), height=float(profile[i]))


def name_edge(energy_ev: float, tolerance_ev: float, prefer: str | None = None) -> tuple[str, str, float] | None:
    """(element, edge, distance in eV) of the edge nearest to a rise, an element that is expected first; None without."""
    near = edges_near(energy_ev, tolerance_ev)
    mine = [c for c in near if c[0] == prefer] or near
    return mine[0] if mine else None
