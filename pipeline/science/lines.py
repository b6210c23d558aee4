"""Weighted straight lines, with or without one kink, with an excess scatter found from the data and Student-t intervals.

    y_i = a + b (x_i - x0) + e_i,   var e_i = s_i^2 + tau^2,   x0 = weighted mean of x, so a and b are uncorrelated

tau maximises the restricted likelihood (Harville, J. Am. Stat. Assoc. 72 (1977) 320): 0 where the points scatter as their own
sigma say.  The covariance is always scaled by chi2/(n - p), and intervals are Student's with n - p degrees of
freedom (Knapp and Hartung, Stat. Med. 22 (2003) 2693), but never narrower than the points' own sigma make them: three points
that lie on a line by luck do not tell it to 1e-6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.science.statistics import student_t


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Line:
    """A fitted line; ``x0`` is where value and slope are uncorrelated."""

    x0: float
    value: float
    slope: float
    covariance: FloatArray
    """(2, 2) of value and slope."""
    dof: int
    weights: FloatArray
    """(n,) 1/(s^2 + tau^2)."""
    tau: float
    chi2: float
    residual: FloatArray
    """(n,)"""

    def at(self, x: float) -> tuple[float, float]:
        """Value and standard error at ``x``."""
        g = np.array([1.0, x - self.x0])
        return float(g @ [self.value, self.slope]), float(np.sqrt(g @ self.covariance @ g))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BrokenLine:
    """Two straight segments that meet at ``x_kink``; slopes in the order of rising x."""

    x_kink: float
    value_at_kink: float
    slopes: tuple[float, float]
    covariance: FloatArray
    """(4, 4) of value at the kink, slope below, slope above, x_kink."""
    dof: int
    chi2: float
    interval: tuple[float, float]
    """95 % of x_kink, by profile."""

    def at(self, x: float) -> tuple[float, float]:
        """Value and standard error at ``x``."""
        d = x - self.x_kink
        below = d < 0
        g = np.array([1.0, d if below else 0.0, 0.0 if below else d, -self.slopes[0 if below else 1]])
        value = self.value_at_kink + self.slopes[0 if below else 1] * d
        return float(value), float(np.sqrt(max(g @ self.covariance @ g, 0.0)))


def fit_line(x: FloatArray, y: FloatArray, sigma: FloatArray) -> Line:
    """Line through at least three points.

    Parameters
    ----------
    x, y, sigma:
        (n,), n >= 3, x not all equal; sigma is 1 sigma of y, positive.
    """
    tau2 = _excess_variance(x, y, sigma)
    w = 1 / (sigma**2 + tau2)
    x0 = float(np.sum(w * x) / np.sum(w))
    d = x - x0
    value, slope = float(np.sum(w * y) / np.sum(w)), float(np.sum(w * d * y) / np.sum(w * d * d))
    residual = y - value - slope * d
    chi2, dof = float(np.sum(w * residual**2)), x.size - 2
    scale = max(chi2 / dof, (student_t(10**6) / student_t(dof)) ** 2)  # a Student interval as wide as the normal one
    covariance = np.diag([scale / float(np.sum(w)), scale / float(np.sum(w * d * d))])
    return Line(
        x0=x0,
        value=value,
        slope=slope,
        covariance=covariance,
        dof=dof,
        weights=w,
        tau=float(np.sqrt(tau2)),
        chi2=chi2,
        residual=residual,
    )


def _excess_variance(x: FloatArray, y: FloatArray, sigma: FloatArray) -> float:
    """tau^2 >= 0 of the largest restricted likelihood: a grid, then a finer one around its best."""
    top = float(np.var(y - np.polyval(np.polyfit(x - x.mean(), y, 1), x - x.mean()))) * 4 + 1e-300
    grid = np.concatenate([[0.0], top * np.logspace(-8, 0, 81)])
    score = _restricted(x, y, sigma, grid)
    best = int(np.argmax(score))
    if best == 0:
        return 0.0
    low, high = grid[max(best - 1, 1)], grid[min(best + 1, grid.size - 1)]
    fine = np.geomspace(low, high, 41)
    return float(fine[int(np.argmax(_restricted(x, y, sigma, fine)))])


def _restricted(x: FloatArray, y: FloatArray, sigma: FloatArray, tau2: FloatArray) -> FloatArray:
    """(g,) restricted log-likelihood of tau^2."""
    w = 1 / (sigma**2 + tau2[:, None])
    total = w.sum(axis=1)
    d = x - ((w @ x) / total)[:, None]
    spread = np.sum(w * d * d, axis=1)
    r = y - ((w @ y) / total)[:, None]
    slope = np.sum(w * d * r, axis=1) / spread
    r = r - slope[:, None] * d
    return np.asarray(0.5 * (np.log(w).sum(axis=1) - np.log(total) - np.log(spread) - np.sum(w * r * r, axis=1)))


def _leverage(line: Line, x: FloatArray) -> FloatArray:
    d = x - line.x0
    return np.asarray(line.weights / line.weights.sum() + line.weights * d * d / float(np.sum(line.weights * d * d)))


def chi2_without_worst(line: Line, x: FloatArray) -> float:
    """Weighted squares of the line through all points but the one that spoils it most."""
    return line.chi2 - float(np.max(line.weights * line.residual**2 / (1 - _leverage(line, x))))


def outliers(line: Line, x: FloatArray, p: float) -> tuple[tuple[int, float, float], ...]:
    """Points that stand off, at level ``p`` after Bonferroni: index, externally studentised residual, residual against the others.

    Cook and Weisberg, Residuals and Influence in Regression, Chapman & Hall (1982), chapter 2.
    """
    n = x.size
    if n < 5:
        return ()
    leverage = _leverage(line, x)
    pearson = np.sqrt(line.weights) * line.residual
    free = np.maximum(line.chi2 - pearson**2 / (1 - leverage), 1e-300) / (n - 3)
    t = pearson / np.sqrt(free * (1 - leverage))
    limit = student_t(n - 3, 1 - p / (2 * n))
    off = line.residual / (1 - leverage)
    return tuple((int(i), float(t[i]), float(off[i])) for i in np.flatnonzero(np.abs(t) > limit))


KINK_SPREAD = 1.15
"""By how much the profile of a kink is widened: it is no smooth parameter, and plain profiles held 94 to 95 % (benchmarks)."""


def _profile(kinks: FloatArray, x: FloatArray, y: FloatArray, root: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted squares (k,) of the best broken line at each kink, and its value at the kink and two slopes (k, 3)."""
    d = x[None, :] - kinks[:, None]
    design = np.stack([np.ones_like(d), np.minimum(d, 0), np.maximum(d, 0)], axis=2) * root[None, :, None]
    q, r = np.linalg.qr(design)
    projected = np.einsum("knp,n->kp", q, root * y)
    residual = root * y - np.einsum("knp,kp->kn", q, projected)
    return np.sum(residual**2, axis=1), np.linalg.solve(r, projected[..., None])[..., 0]


def fit_broken_line(x: FloatArray, y: FloatArray, w: FloatArray, min_side: int, n_grid: int = 120) -> BrokenLine | None:
    """Continuous line of two segments; the kink is searched where each side keeps ``min_side`` different x.

    Parameters
    ----------
    x, y, w:
        (n,) abscissa, ordinate, weights of a line without kink.

    Returns
    -------
    None where the points are too few.
    """
    distinct = np.unique(x)
    if distinct.size < 2 * min_side or x.size < 5:
        return None
    root = np.sqrt(w)
    kinks = np.linspace(distinct[min_side - 1], distinct[-min_side], n_grid)
    coarse, _ = _profile(kinks, x, y, root)
    near = int(np.argmin(coarse))
    fine = np.linspace(kinks[max(near - 1, 0)], kinks[min(near + 1, n_grid - 1)], n_grid)
    costs, thetas = _profile(fine, x, y, root)
    best = int(np.argmin(costs))
    value, below, above = (float(v) for v in thetas[best])
    at, chi2, dof = float(fine[best]), max(float(costs[best]), 1e-30), x.size - 4
    d = x - at
    columns = (np.ones_like(d), np.minimum(d, 0), np.maximum(d, 0), np.where(d < 0, -below, -above))
    jacobian = root[:, None] * np.column_stack(columns)
    limit = chi2 * (1 + KINK_SPREAD * student_t(max(dof, 1)) ** 2 / max(dof, 1))
    return BrokenLine(
        x_kink=at,
        value_at_kink=value,
        slopes=(below, above),
        covariance=np.linalg.pinv(jacobian.T @ jacobian) * chi2 / max(dof, 1),
        dof=dof,
        chi2=chi2,
        interval=_ends(np.append(kinks, at), np.append(coarse, chi2), limit, (x, y, root)),
    )


def _ends(
    kinks: FloatArray, costs: FloatArray, limit: float, data: tuple[FloatArray, FloatArray, FloatArray]
) -> tuple[float, float]:
    """Outermost kinks whose cost is below ``limit``, found between the points of the grid."""
    order = np.argsort(kinks)
    kinks, costs = kinks[order], costs[order]
    inside = np.flatnonzero(costs <= limit)
    ends = []
    for edge, step in ((int(inside[0]), -1), (int(inside[-1]), 1)):
        good, bad = float(kinks[edge]), float(kinks[min(max(edge + step, 0), kinks.size - 1)])
        for _ in range(3):
            between = np.linspace(good, bad, 12)
            below = _profile(between, *data)[0] <= limit
            last = 11 if below.all() else max(int(np.argmin(below)) - 1, 0)
            good, bad = float(between[last]), float(between[min(last + 1, 11)])
        ends.append(good)
    return ends[0], ends[1]


def delta_bic(line: Line, broken: BrokenLine, n: int) -> float:
    """BIC of the straight line minus BIC of the broken one: n ln(chi2_1/chi2_2) - 2 ln n."""
    return float(n * np.log(max(line.chi2, 1e-30) / broken.chi2) - 2 * np.log(n))
