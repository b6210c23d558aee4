"""Least squares from many starts at once, one row for each: Levenberg-Marquardt with scaled damping.

    (J^T J + damping diag(J^T J)) step = -J^T r

Marquardt, J. SIAM 11 (1963) 431.  Bounds by clipping; a parameter at a bound that wants out is held for the step, so that the
others do not move as if it went.  Used by the fit of one spectrum and by the joint fit of a pellet: lmfit and scipy take one start
at a time, and several times as long (docs/decisions/0011).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray

Flags = NDArray[np.bool_]
Index = NDArray[np.intp]


@dataclass(slots=True, eq=False)
class Rows:
    """Every start where it stands: x (s, p), the linear part c (s, k) solved for at x, cost, and the normal equations in x."""

    x: FloatArray
    c: FloatArray
    chi2: FloatArray
    normal: FloatArray
    """(s, p, p) J^T J."""
    gradient: FloatArray
    """(s, p) -J^T r: the way downhill."""

    def take(self, index: Index) -> Rows:
        """These rows."""
        return Rows(self.x[index], self.c[index], self.chi2[index], self.normal[index], self.gradient[index])

    def put(self, index: Index, other: Rows) -> None:
        """Replace these rows."""
        for name in ("x", "c", "chi2", "normal", "gradient"):
            getattr(self, name)[index] = getattr(other, name)


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """How far x may go: (p,) lowest and highest, and in one step."""

    low: FloatArray
    high: FloatArray
    largest_step: float = 1.5
    least_curvature: float = 1e-10
    """Share of the largest diagonal element of J^T J below which damping takes an element for this share."""


def minimize(
    evaluate: Callable[[FloatArray, Index], Rows],
    x: FloatArray,
    bounds: Bounds,
    *,
    iterations: int,
    tolerance: float,
    held: Flags | None = None,
    prune: Mapping[int, int] | None = None,
) -> Rows:
    """Minimise from every row of x.

    Parameters
    ----------
    evaluate:
        Of x (a, p) and which rows of the whole they are (a,): chi2, normal equations and linear part there.
    x:
        (s, p) starts; clipped to the bounds.
    tolerance:
        A row is done when a step lowers its chi2 by less than this share.
    held:
        (s, p) which of x keep their start.
    prune:
        Iteration -> number of best rows that are carried on from there.
    """
    low, high = bounds.low, bounds.high
    active = np.arange(x.shape[0])
    rows = evaluate(np.clip(x, low, high), active)
    damping = np.full(x.shape[0], 1e-2)
    diagonal = np.arange(x.shape[1])
    for i in range(iterations):
        here, slope, normal = rows.x[active], rows.gradient[active], rows.normal[active]
        free = ~(((here <= low) & (slope < 0)) | ((here >= high) & (slope > 0)))
        if held is not None:
            free &= ~held[active]
        size = normal[:, diagonal, diagonal]
        scale = free / np.sqrt(np.maximum(size, bounds.least_curvature * size.max(axis=1, keepdims=True) + 1e-300))
        matrix = normal * scale[:, :, None] * scale[:, None, :]
        matrix[:, diagonal, diagonal] = 1 + damping[active, None]
        step = np.linalg.solve(matrix, (slope * scale)[:, :, None])[:, :, 0] * scale
        step = np.clip(step, -bounds.largest_step, bounds.largest_step)
        trial = evaluate(np.clip(here + step, low, high), active)
        before = rows.chi2[active]
        better = trial.chi2 < before
        gain = np.where(better, 1 - trial.chi2 / before, 1.0)
        rows.put(active[better], trial.take(np.flatnonzero(better)))
        damping[active] *= np.where(better, 1 / 8, 5.0)
        active = active[(gain > tolerance) & (damping[active] < 1e6)]
        if prune is not None and i + 1 in prune:
            active = active[np.argsort(rows.chi2[active])[: prune[i + 1]]]
        if active.size == 0:
            break
    return rows
