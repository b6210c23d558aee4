"""Glitches: up to four neighbouring points that do not belong to a smooth curve, masked and never replaced.

Residuals are those of a Savitzky-Golay smoother (local polynomials; A. Savitzky, M.J.E. Golay, Anal. Chem. 36
(1964) 1627) on uneven steps, studentised; outliers are found one by one by the generalised extreme studentised deviate
test (B. Rosner, Technometrics 25 (1983) 165), as S.M. Wallace, M.A. Alsina, J.-F. Gaillard, J. Synchrotron Rad. 28 (2021)
1642 do for glitches.  The scatter of the rest is the noise of mu.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray
from pipeline.science.statistics import student_t

HALF = 9
"""Points on either side: 19 in all, so that four bad ones do not carry the polynomial along."""
DEGREE = 5
"""Over 19 points of 0.05 1/angstrom a polynomial of degree 5 follows every shell that matters."""
LONGEST = 4
"""Points of a glitch that are looked for together."""
NOISE_HALF = 4
"""Points on either side for the noise: over 9 points even the oscillations of far shells are a cubic."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Smoothness:
    """What the local polynomials say of each point."""

    residual: FloatArray
    """(n,) point minus the polynomial through its neighbours (the point left out), in units of its own error factor."""
    sigma: FloatArray
    """(n,) 1 sigma of one point: running scatter about cubics through 9 points."""
    outliers: tuple[int, ...]
    """Indices, in ascending order."""


def _windows(n: int, half: int) -> NDArray[np.intp]:
    """(n, 2 half + 1) indices of the neighbours of each point, shifted inwards at the ends."""
    start = np.clip(np.arange(n) - half, 0, max(0, n - 2 * half - 1))
    return np.asarray(start[:, None] + np.arange(min(n, 2 * half + 1)))


def _deleted_residuals(
    x: FloatArray, y: FloatArray, keep: NDArray[np.bool_], at: NDArray[np.intp], half: int = HALF
) -> FloatArray:
    """Of the points ``at``: residual divided by sqrt(1 - leverage), which has the variance of one point."""
    index = _windows(x.size, half)[at]
    width = np.ptp(x[index], axis=1)[:, None]
    u = (x[index] - x[at][:, None]) / np.where(width > 0, width, 1.0)
    w = keep[index].astype(float)
    own = index == at[:, None]
    w[own] = 0.0  # the point itself is left out: what the others predict
    basis = u[:, :, None] ** np.arange(DEGREE + 1)
    weighted = basis * w[:, :, None]
    normal = np.matmul(weighted.transpose(0, 2, 1), basis) + 1e-12 * np.eye(DEGREE + 1)
    first = np.linalg.solve(normal, np.broadcast_to(np.eye(DEGREE + 1)[:, :1], (at.size, DEGREE + 1, 1)))[:, :, 0]
    weights = np.matmul(weighted, first[:, :, None])[:, :, 0]  # prediction at u = 0
    error = np.sqrt(1 + np.sum(weights**2, axis=1))
    return np.asarray((y[at] - np.sum(weights * y[index], axis=1)) / error)


def running_scatter(residual: FloatArray, keep: NDArray[np.bool_], half: int = 20) -> FloatArray:
    """(n,) 1 sigma from the median of |residual| of about 40 neighbours, not less than 0.8 of the overall one."""
    size = np.abs(residual[keep])
    if size.size == 0:
        return np.full(residual.size, 1e-300)
    whole = 1.4826 * float(np.median(size))
    views = np.lib.stride_tricks.sliding_window_view(
        np.pad(size, half, mode="reflect" if size.size > half else "edge"), 2 * half + 1
    )
    local = 1.4826 * np.median(views, axis=1)
    if size.size < residual.size:
        local = np.interp(np.arange(residual.size), np.flatnonzero(keep), local)
    return np.asarray(np.maximum(local, 0.8 * whole + 1e-300))


def smooth_scatter(residual: FloatArray, half: int = 50) -> FloatArray:
    """(n,) root mean square of the residuals of about 100 neighbours, those beyond 4 sigma cut to that.

    Smooth on purpose: it becomes a weight, and a weight that fluctuates with the noise biases a mean.
    """
    whole = 1.4826 * float(np.median(np.abs(residual)))
    square = np.minimum(residual**2, (4 * whole) ** 2) if whole > 0 else residual**2
    total = np.concatenate([[0.0], np.cumsum(square)])
    at = np.arange(residual.size)
    low, high = np.clip(at - half, 0, None), np.clip(at + half + 1, None, residual.size)
    return np.asarray(np.sqrt((total[high] - total[low]) / (high - low)) + 1e-300)


def find_outliers(x: FloatArray, y: FloatArray, *, alpha: float, most: int) -> Smoothness:
    """Extreme deviate test on the studentised residuals of local polynomials, runs of up to four at once.

    Parameters
    ----------
    x, y:
        (n,) strictly ascending abscissa in which the signal is smooth (k above an edge), and values; n >= 20.
    alpha:
        Chance of a false alarm per curve.
    most:
        Largest number of outliers looked for.
    """
    n = x.size
    keep = np.ones(n, dtype=bool)
    residual = _deleted_residuals(x, y, keep, np.arange(n))
    sigma = running_scatter(residual, keep)
    n_out = 0
    while n_out < most:
        score = np.where(keep, np.abs(residual) / sigma, 0.0)
        worst = int(np.argmax(score))
        if score[worst] <= _critical(n, n_out + 1, alpha):
            break
        block = _guilty(x, y, keep, worst)
        n_out += block.size
        keep[block] = False
        near = np.flatnonzero(np.abs(np.arange(n) - worst) <= 2 * HALF + LONGEST)
        residual[near] = _deleted_residuals(x, y, keep, near)
        sigma = running_scatter(residual, keep)
    for _ in range(
        2 if n_out else 0
    ):  # neighbours of an outlier look bad as long as it is in their polynomial: take them back
        residual = _deleted_residuals(x, y, keep, np.arange(n))
        sigma = running_scatter(residual, keep)
        keep |= np.abs(residual) < _critical(n, 1, alpha) * sigma
    kept = np.flatnonzero(keep)
    close = _deleted_residuals(x[kept], y[kept], keep[kept], np.arange(kept.size), NOISE_HALF)
    return Smoothness(
        residual=residual,
        sigma=np.interp(x, x[kept], smooth_scatter(close)),
        outliers=tuple(int(i) for i in np.flatnonzero(~keep)),
    )


def _guilty(x: FloatArray, y: FloatArray, keep: NDArray[np.bool_], worst: int) -> NDArray[np.intp]:
    """The run of at most four points around the worst one without which the others are smoothest.

    A bad point spoils the polynomials of its neighbours, so the worst residual is not always its own.
    """
    window = np.arange(max(0, worst - HALF - LONGEST), min(x.size, worst + HALF + LONGEST + 1))
    u = (x[window] - x[worst]) / max(float(np.ptp(x[window])), 1e-300)
    basis = u[:, None] ** np.arange(DEGREE + 1)
    best, guilty = np.inf, np.array([worst])
    for length in range(1, LONGEST + 1):
        for start in range(worst - 2 * LONGEST, worst + LONGEST + 2):
            out = (window >= start) & (window < start + length)
            use = keep[window] & ~out
            if out.sum() < length or use.sum() < DEGREE + 4:
                continue
            rest = y[window][use]
            coefficients = np.linalg.lstsq(basis[use], rest, rcond=None)[0]
            left = float(np.sum((rest - basis[use] @ coefficients) ** 2)) / (use.sum() - DEGREE - 1)
            if left < best / (1.15 if length > guilty.size else 1.0):  # a longer run must be worth it
                best, guilty = left, window[out]
    return guilty


def _critical(n: int, i: int, alpha: float) -> float:
    """Rosner's lambda_i."""
    free = n - i - 1
    t = student_t(free, 1 - alpha / (2 * (n - i + 1)))
    return float((n - i) * t / np.sqrt((free + t * t) * (n - i + 1)))


def group_runs(indices: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Neighbouring indices together; a gap of one point does not part them."""
    runs: list[list[int]] = []
    for i in indices:
        if runs and i - runs[-1][-1] <= 2:
            runs[-1].append(i)
        else:
            runs.append([i])
    return [tuple(r) for r in runs]
