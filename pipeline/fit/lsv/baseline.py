"""Capacitive baseline of a sweep and its noise.

    I(E) = I_c + G (E - E_0):  charging current C dE/dt plus a leak

The end of the baseline is chosen by the data: the longest stretch from the start whose straight line leaves residuals no larger than the
noise allows.  Noise from successive differences, which a slope does not enter (von Neumann et al., Ann. Math. Stat. 12 (1941) 153).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.model.measurement import FloatArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Baseline:
    """Line through the start of a sweep. Currents count positive in the direction of the sweep's faradaic current."""

    intercept_a: float
    """At the first potential."""
    slope_a_per_v: float
    covariance: FloatArray
    """(2, 2) of intercept and slope."""
    noise_a: float
    n_points: int
    """The line was fitted to the first so many points."""


def fit_baseline(x_v: FloatArray, current_a: FloatArray, *, min_fraction: float, skip: int) -> Baseline:
    """Baseline of a sweep that starts at ``x_v[0]`` = 0.

    Parameters
    ----------
    x_v:
        (n,) distance swept, V, rising.
    current_a:
        (n,) A.
    min_fraction:
        Shortest baseline tried, as a fraction of the sweep.
    skip:
        First points left out: the double layer's transient.
    """
    n = current_a.size
    first = max(12, int(min_fraction * n))
    noise = _noise(current_a[: max(first, n // 3)])
    best = first
    ends = np.unique(np.linspace(first, n, 60).astype(int))
    lines = {}
    for k in ends:
        part = slice(min(skip, k // 4), k)
        x, y = x_v[part], current_a[part]
        design = np.column_stack([np.ones_like(x), x])
        coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
        residual = y - design @ coefficients
        lines[int(k)] = (coefficients, design)
        m = max(6, x.size // 8)
        tail = abs(float(residual[-m:].mean())) / (noise / np.sqrt(m))
        chi2 = float(np.mean((residual / noise) ** 2))
        if chi2 <= 1 + 4 * np.sqrt(2 / x.size) and tail < 4:
            best = int(k)
        elif k > 2 * best:
            break
    coefficients, design = lines[best]
    cov = np.linalg.inv(design.T @ design) * noise**2
    return Baseline(
        intercept_a=float(coefficients[0]),
        slope_a_per_v=float(coefficients[1]),
        covariance=cov,
        noise_a=noise,
        n_points=best,
    )


def _noise(current_a: FloatArray) -> float:
    """1 sigma from second differences, robust; never zero (the last digit of an export)."""
    d = np.diff(current_a, 2)
    sigma = 1.4826 * float(np.median(np.abs(d - np.median(d)))) / np.sqrt(6)
    steps = np.abs(np.diff(current_a))
    digit = float(steps[steps > 0].min()) if np.any(steps > 0) else 1e-15
    return max(sigma, digit / np.sqrt(12))
