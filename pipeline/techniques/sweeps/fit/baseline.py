"""Capacitive baseline of a sweep and its noise.

    I(E) = I_c + G (E - E_0):  charging current C dE/dt plus a leak

Its two ends are chosen by the data: the longest stretch whose straight line leaves no more than noise, in its chi2 and in the
means of its first and last points, tried on block means so that a slow bend is seen.  It begins behind the double layer's
transient.  The noise level comes from second differences, which a line does not enter (von Neumann et al., Ann. Math. Stat. 12
(1941) 153); where block means scatter by more than independent noise would, all errors are widened by that factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.science.noise import noise_level

N_BLOCKS = 200
START_FRACTIONS = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08)
"""Of the sweep: where the baseline may begin."""
MAX_END_SIGMAS = 3.0
"""Largest mean residual of the first and of the last block, three blocks and tenth, in its own sigma."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Baseline:
    """Line through the start of a sweep. Currents count positive in the direction of the sweep's faradaic current."""

    intercept_a: float
    """At the first potential."""
    slope_a_per_v: float
    covariance: FloatArray
    """(2, 2) of intercept and slope."""
    noise_a: float
    """1 sigma of a single point."""
    noise_factor: float
    """Errors of means are this much larger than independent noise would make them."""
    start: int
    end: int
    """The line was fitted to the points ``start`` to ``end`` - 1."""
    block: int
    """Points in one block mean."""
    straight: bool
    """False where no stretch is a line within the noise: the level of the shortest was taken."""
    spread_a: float = 0.0
    """How far the current strays from that level, 1 sigma; 0 for a straight one."""

    def mean_noise(self, n: int) -> float:
        """1 sigma of a mean of ``n`` points about the baseline, A."""
        return float(np.hypot(self.noise_a * self.noise_factor / np.sqrt(n), self.spread_a))

    def at(self, x_v: FloatArray) -> FloatArray:
        """Baseline at ``x_v``, A."""
        return np.asarray(self.intercept_a + self.slope_a_per_v * x_v)


def noise_about_line(x_v: FloatArray, current_a: FloatArray) -> float:
    """1 sigma of the current about the line through both neighbours: a jitter of the potential counts by the slope."""
    share = (x_v[1:-1] - x_v[:-2]) / np.maximum(x_v[2:] - x_v[:-2], 1e-15)
    away = current_a[1:-1] - current_a[:-2] * (1 - share) - current_a[2:] * share
    return max(1.4826 * float(np.median(np.abs(away))) / float(np.sqrt(1.5)), 1e-15)


def noise_factor(residual_a: FloatArray, size: int, noise_a: float) -> float:
    """How much more means of ``size`` points scatter than independent noise would; 1 where that is not significant."""
    whole = residual_a.size // size * size
    if size < 2 or whole < 8 * size:
        return 1.0
    blocks = residual_a[:whole].reshape(-1, size).mean(axis=1)
    ratio = float(np.mean(blocks**2)) * size / noise_a**2
    return float(np.sqrt(ratio)) if ratio > 1 + 3 * np.sqrt(2 / blocks.size) else 1.0


def fit_baseline(x_v: FloatArray, current_a: FloatArray, *, min_fraction: float) -> Baseline:
    """Baseline of a sweep that starts at ``x_v[0]`` = 0.

    Parameters
    ----------
    x_v:
        (n,) distance swept, V, rising; n >= 20.
    current_a:
        (n,) A.
    min_fraction:
        Shortest baseline tried, as a fraction of the sweep.
    """
    n = current_a.size
    noise = noise_level(current_a[: max(20, n // 3)])
    size = max(1, n // N_BLOCKS)
    x = x_v[: n // size * size].reshape(-1, size).mean(axis=1)
    y = current_a[: n // size * size].reshape(-1, size).mean(axis=1)
    block_noise = noise / np.sqrt(size)
    scatter = noise_level(y[: max(20, y.size // 3)]) if y.size >= 30 else block_noise
    sigma = scatter if scatter > 1.3 * block_noise else block_noise
    start, end, straight = _stretch(x, y, sigma, max(8, int(min_fraction * y.size)))
    a, b = start * size, min(end * size, n)
    return _line(x_v, current_a, a, b, size, noise, straight)


def _stretch(x: FloatArray, y: FloatArray, sigma: float, shortest: int) -> tuple[int, int, bool]:
    """First and one-past-last block of the longest stretch that is a line within the noise."""
    n = y.size
    scale = max(float(x[-1] - x[0]), 1e-12)
    u, v = (x - x[0]) / scale, (y - np.median(y)) / sigma
    sums = [np.concatenate([[0.0], np.cumsum(f)]) for f in (u, u * u, v, u * v, v * v)]
    found: list[tuple[int, int]] = []
    for fraction in START_FRACTIONS:
        s = round(fraction * n)
        ends = np.arange(s + shortest, n + 1)
        if ends.size == 0 or (found and s == found[-1][0]):
            continue
        m = (ends - s).astype(float)
        su, suu, sv, suv, svv = (f[ends] - f[s] for f in sums)
        spread = np.maximum(suu - su * su / m, 1e-30)
        slope = (suv - su * sv / m) / spread
        middle = (sv - slope * su) / m
        chi2 = svv - sv * sv / m - slope * (suv - su * sv / m)
        good = chi2 / (m - 2) <= 1 + 4 * np.sqrt(2 / (m - 2))
        first = np.full_like(ends, s)
        for width in (np.ones_like(ends), np.full_like(ends, 3), np.maximum(3, (ends - s) // 10)):
            for low, high in ((first, s + width), (ends - width, ends)):
                mean = (sums[2][high] - sums[2][low]) / width - middle - slope * (sums[0][high] - sums[0][low]) / width
                good &= np.abs(mean) * np.sqrt(width) < MAX_END_SIGMAS
        if good.any():
            found.append((s, int(ends[np.flatnonzero(good)[-1]])))
    if not found:
        s = round(0.01 * n)
        return s, min(n, s + shortest), False
    longest = max(k for _, k in found)
    s, k = next((s, k) for s, k in found if k >= 0.97 * longest)
    return s, k, True


def _line(
    x_v: FloatArray, current_a: FloatArray, start: int, end: int, size: int, noise: float, straight: bool
) -> Baseline:
    """Least squares on the single points, those beyond 4 sigma pulled in (Huber, Ann. Math. Stat. 35 (1964) 73)."""
    x, y = x_v[start:end], np.array(current_a[start:end])
    if not straight:
        return _level(y, start, end, size, noise)
    design = np.column_stack([np.ones_like(x), x])
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ (design.T @ y)
    for _ in range(2):
        residual = y - design @ coefficients
        y = design @ coefficients + np.clip(residual, -4 * noise, 4 * noise)
        coefficients = inverse @ (design.T @ y)
    residual = y - design @ coefficients
    noise = max(float(np.sqrt(residual @ residual / max(x.size - 2, 1))), 1e-15)
    factor = noise_factor(residual, size, noise)
    return Baseline(
        intercept_a=float(coefficients[0]),
        slope_a_per_v=float(coefficients[1]),
        covariance=np.asarray(inverse * (noise * factor) ** 2, dtype=float),
        noise_a=noise,
        noise_factor=factor,
        start=start,
        end=end,
        block=size,
        straight=True,
    )


def _level(current_a: FloatArray, start: int, end: int, size: int, noise: float) -> Baseline:
    """No line fits: the level of the first stretch, known no better than the stretch scatters."""
    spread = max(float(np.std(current_a)), noise)
    return Baseline(
        intercept_a=float(np.median(current_a)),
        slope_a_per_v=0.0,
        covariance=np.diag([spread**2, (1e-6 * spread) ** 2]),
        noise_a=noise,
        noise_factor=1.0,
        start=start,
        end=end,
        block=size,
        straight=False,
        spread_a=spread,
    )
