"""Where a noisy current reaches a level, and the tangent of its steepest stretch; both with bootstrap replicates.

Residual bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, Chapman & Hall (1993), chapter 9): residuals of a local
fit are drawn anew, and with them the baseline from its own covariance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray

BAND = (0.5, 2.0)
"""The local fit takes the points between these multiples of the level: a cubic follows any power law there to 1e-3."""
MAX_POINTS = 200
N_TANGENT = 800
"""Blocks that a sweep is cut into for the tangent."""
RESOLUTION = 0.01
"""The ends of the stretch fall between points: 1 sigma in steps of the sweep."""
STEEP = 0.95
"""The tangent is laid through the stretch around the steepest place where the slope keeps this share of it."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Draws:
    """What the bootstrap draws for a whole sweep: the baseline's part, the same for all criteria."""

    generator: np.random.Generator
    line: FloatArray
    """(B, 2) deviations of intercept and slope, A and A/V."""
    noise_factor: float

    @property
    def n(self) -> int:
        """Number of replicates."""
        return int(self.line.shape[0])


def smooth(current_a: FloatArray, window: int) -> FloatArray:
    """Running mean over ``window`` (odd) points.

    Shorter and centred at the end; level over the first half window, where a shorter mean would cross levels by noise alone.
    """
    n, half = current_a.size, window // 2
    total = np.concatenate([[0.0], np.cumsum(current_a)])
    i = np.maximum(np.arange(n), min(half, n // 2))
    reach = np.minimum(np.minimum(i, n - 1 - i), half)
    return np.asarray((total[i + reach + 1] - total[i - reach]) / (2 * reach + 1))


def first_departure(smoothed: FloatArray, level_a: float, window: int) -> int | None:
    """``first_crossing`` of a level that is a multiple of the noise of a whole window.

    At the end the running mean is over fewer points and its noise is larger: there the level is, too.
    """
    count = np.minimum(2 * np.arange(smoothed.size)[::-1] + 1, window)
    return first_crossing(smoothed * np.sqrt(count / window), level_a)


def first_crossing(smoothed: FloatArray, level_a: float) -> int | None:
    """Index after which the curve stays above the level until it first reaches three times it (or its top)."""
    high = np.flatnonzero(smoothed >= 3 * level_a)
    peak = int(high[0]) if high.size else int(np.argmax(smoothed))
    if smoothed[peak] < level_a:
        return None
    below = np.flatnonzero(smoothed[:peak] < level_a)
    return int(below[-1]) + 1 if below.size else None


def cross_level(
    x_v: FloatArray, faradaic_a: FloatArray, smoothed: FloatArray, level_a: float, begin_v: float, draws: Draws
) -> tuple[float, FloatArray] | None:
    """Potential where the current reaches the level, and its (B,) replicates.

    Parameters
    ----------
    x_v, faradaic_a, smoothed:
        (n,) V rising, A above the baseline, its running mean.
    begin_v:
        Where the faradaic current begins: the local fit stays behind it.
    """
    at = first_crossing(smoothed, level_a)
    if at is None:
        return None
    below = np.flatnonzero(smoothed[:at] < BAND[0] * level_a)
    above = np.flatnonzero(smoothed[at:] > BAND[1] * level_a)
    low = int(below[-1]) + 1 if below.size else 0
    high = at + int(above[0]) if above.size else at + 1 + int(np.argmax(smoothed[at:]))
    low = max(min(low, at - 6), int(np.searchsorted(x_v, begin_v)), 0)
    high = min(max(high, at + 6, low + 8), x_v.size)
    x, y = _thinned(x_v[low:high], faradaic_a[low:high])
    degree = 3 if x.size >= 16 else 2 if x.size >= 8 else 1
    middle, half = (x[0] + x[-1]) / 2, max((x[-1] - x[0]) / 2, 1e-12)
    u = (x - middle) / half
    design = np.vander(u, degree + 1, increasing=True)
    if x.size <= degree + 1:
        return None
    solve = np.linalg.pinv(design)
    c = solve @ y
    where = _root(c, (float(x_v[at]) - middle) / half, level_a)
    slope = float(np.polynomial.polynomial.polyval(where, np.polynomial.polynomial.polyder(c)))
    if not -1.2 <= where <= 1.2 or slope <= 0:
        return None
    leverage = np.sum(design * solve.T, axis=1)
    residual = (y - design @ c) / np.sqrt(np.maximum(1 - leverage, 0.05))
    residual = residual - residual.mean()
    kernel = np.vander([where], degree + 1, increasing=True)[0] @ solve
    drawn = draws.generator.choice(residual, size=(draws.n, x.size)) @ kernel * draws.noise_factor
    found = middle + half * where
    moved = drawn - draws.line[:, 0] - draws.line[:, 1] * found
    return float(found), np.asarray(found - half * moved / slope)


def _thinned(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    size = -(-x.size // MAX_POINTS)
    whole = x.size // size * size
    return x[:whole].reshape(-1, size).mean(axis=1), y[:whole].reshape(-1, size).mean(axis=1)


def _root(c: FloatArray, start: float, level_a: float) -> float:
    """Newton's iteration for p(u) = level from ``start``; the polynomial rises over its whole range."""
    poly = np.polynomial.polynomial
    derivative, u = poly.polyder(c), start
    for _ in range(20):
        slope = float(poly.polyval(u, derivative))
        if slope <= 0:
            break
        step = (level_a - float(poly.polyval(u, c))) / slope
        u += float(np.clip(step, -0.5, 0.5))
        if abs(step) < 1e-10:
            break
    return u


def cross_running_mean(
    x_v: FloatArray, smoothed: FloatArray, level_a: float, spread_a: float, draws: Draws
) -> tuple[float, FloatArray] | None:
    """Crossing of the running mean itself, for a foot that no power law describes.

    Its noise is that of the mean, its resolution half a window: ``spread_a`` is 1 sigma of the running mean.
    """
    at = first_crossing(smoothed, level_a)
    if at is None or at == 0:
        return None
    y0, y1 = float(smoothed[at - 1]), float(smoothed[at])
    share = (level_a - y0) / (y1 - y0) if y1 > y0 else 0.5
    found = float(x_v[at - 1] + share * (x_v[at] - x_v[at - 1]))
    low, high = max(0, at - 10), min(x_v.size - 1, at + 10)
    slope = max(float((smoothed[high] - smoothed[low]) / (x_v[high] - x_v[low])), 1e-30)
    moved = draws.generator.normal(0.0, spread_a * draws.noise_factor, draws.n)
    moved = moved - draws.line[:, 0] - draws.line[:, 1] * found
    return found, np.asarray(found - moved / slope)


def lay_tangent(
    x_v: FloatArray, faradaic_a: FloatArray, noise_a: float, draws: Draws
) -> tuple[float, FloatArray] | None:
    """Where the line through the steepest stretch meets the baseline, and its (B,) replicates.

    The stretch holds all windows of 4 % of the sweep around the steepest one that rise at 95 % of it or more.
    """
    m = min(N_TANGENT, x_v.size // 75 * 25)
    if m < 50:
        return None
    x_v, faradaic_a = (
        (x_v[1:] + x_v[:-1]) / 2,
        (faradaic_a[1:] + faradaic_a[:-1]) / 2,
    )  # the sweep ends at its last point
    edges = np.linspace(0, x_v.size, m + 1).astype(int)[:-1]
    u = x_v - x_v.mean()
    known = np.array([np.add.reduceat(v, edges) for v in (np.ones_like(u), u, u * u, faradaic_a, faradaic_a * u)])
    count, su, suu = known[:3]
    spread = noise_a * draws.noise_factor * np.sqrt(count)
    noise = spread * draws.generator.standard_normal((draws.n, m))
    a, b = draws.line[:, :1] + draws.line[:, 1:] * x_v.mean(), draws.line[:, 1:]
    sy = np.concatenate([known[3:4], known[3] + noise - a * count - b * su])
    suy = np.concatenate([known[4:5], known[4] + noise * su / count - a * su - b * suu])
    found = x_v.mean() + _steepest(count, su, suu, sy, suy, m // 25)
    if not np.isfinite(found[0]):
        return None
    found[1:] += RESOLUTION * float(x_v[-1] - x_v[0]) / x_v.size * draws.generator.standard_normal(draws.n)
    # a replicate of noisy data carries the noise twice; its spread about their own median is that of one noise
    return float(found[0]), np.asarray(found[0] + found[1:] - np.nanmedian(found[1:]))


def _steepest(
    count: FloatArray, su: FloatArray, suu: FloatArray, sy: FloatArray, suy: FloatArray, width: int
) -> FloatArray:
    """(K,) zero of the line through the steepest stretch, from sums over m blocks; sy and suy are (K, m)."""
    single = [np.concatenate([[0.0], np.cumsum(v)])[None, :] for v in (count, su, suu)]
    many = [np.cumsum(np.pad(v, ((0, 0), (1, 0))), axis=1) for v in (sy, suy)]
    slopes, _ = _line_of(*(v[:, width:] - v[:, :-width] for v in (*single, *many)))
    top = np.argmax(slopes, axis=1)
    rows = np.arange(sy.shape[0])
    limit = STEEP * slopes[rows, top]
    gentle = slopes < limit[:, None]
    index = np.arange(slopes.shape[1])
    low = np.max(np.where(gentle & (index < top[:, None]), index, -1), axis=1)
    high = np.min(np.where(gentle & (index > top[:, None]), index, slopes.shape[1]), axis=1)
    first = np.where(low < 0, 0.0, low + _share(slopes, rows, low, 1, limit))
    last = np.where(high == slopes.shape[1], high - 1.0, high - _share(slopes, rows, high, -1, limit)) + width
    sums = [_at(v, rows * 0, last) - _at(v, rows * 0, first) for v in single]
    sums += [_at(v, rows, last) - _at(v, rows, first) for v in many]
    slope, zero = _line_of(*sums)
    return np.where(slope > 0, zero, np.nan)


def _line_of(
    n: FloatArray, su: FloatArray, suu: FloatArray, sy: FloatArray, suy: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Slope and zero of least-squares lines from their sums."""
    slope = (suy - su * sy / n) / (suu - su * su / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(slope), np.asarray(su / n - sy / n / slope)


def _share(slopes: FloatArray, rows: np.ndarray, outside: np.ndarray, step: int, limit: FloatArray) -> FloatArray:
    """How far from the last gentle window to the first steep one the slope reaches ``limit``, 0 ... 1."""
    a = np.clip(outside, 0, slopes.shape[1] - 1)
    b = np.clip(outside + step, 0, slopes.shape[1] - 1)
    rise = slopes[rows, b] - slopes[rows, a]
    return np.asarray(np.clip((limit - slopes[rows, a]) / np.where(rise == 0, 1.0, rise), 0.0, 1.0))


def _at(sums: FloatArray, rows: np.ndarray, position: FloatArray) -> FloatArray:
    """(K,) running sums at fractional positions."""
    below = np.minimum(position.astype(int), sums.shape[1] - 2)
    share = position - below
    return np.asarray(sums[rows, below] * (1 - share) + sums[rows, below + 1] * share)
