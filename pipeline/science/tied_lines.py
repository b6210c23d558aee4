"""The line of a joint fit, read back from its points.

Points of a joint fit lie on one curve and share its errors: fitting them as if they were independent would invent
precision.  Along a straight line var ln sigma(x) = V00 + 2 V01 (x - x0) + V11 (x - x0)^2, so three or more of the given
variances give the covariance of value and slope back, exactly.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.science.lines import BrokenLine, Line, fit_line
from pipeline.science.statistics import student_t

BEND = 0.75
"""1 sigma of a line over its largest distance from the curve: 95 % then reach half as far again."""


def fit_tied_line(x: FloatArray, y: FloatArray, sigma: FloatArray, x_kink: float | None) -> Line | BrokenLine:
    """Line (or, with ``x_kink``, two lines that meet) through points whose errors come from one joint fit.

    Parameters
    ----------
    x, y, sigma:
        (n,), n >= 3: abscissa, ordinate, and 1 sigma of the joint fit at each point.
    """
    below = None if x_kink is None else x < x_kink
    if below is None or x_kink is None or min(_distinct(x[below]), _distinct(x[~below])) < 3:
        line = _segment(x, y, sigma)
        return line if line.chi2 <= line.dof else widen_bent(fit_line(x, y, sigma), x)
    low, high = _segment(x[below], y[below], sigma[below]), _segment(x[~below], y[~below], sigma[~below])
    value, s_kink = low.at(x_kink)
    covariance = np.diag([s_kink**2, low.covariance[1, 1], high.covariance[1, 1], 0.0])
    return BrokenLine(
        x_kink=x_kink,
        value_at_kink=value,
        slopes=(low.slope, high.slope),
        covariance=covariance,
        dof=0,
        chi2=low.chi2 + high.chi2,
        interval=(x_kink, x_kink),
    )


def fit_free_line(x: FloatArray, y: FloatArray, sigma: FloatArray) -> Line:
    """Line through points that were fitted one by one, widened where they lie on a curve."""
    line = fit_line(x, y, sigma)
    return widen_bent(line, x) if is_bent(line, x) else line


def widen_bent(line: Line, x: FloatArray) -> Line:
    """As wide as it stands off its points, for a line through a curve (the sum of arcs of unlike activation energies)."""
    worst = int(np.argmax(np.abs(line.residual)))
    wide = max(1.0, BEND * abs(float(line.residual[worst])) / line.at(float(x[worst]))[1])
    return replace(line, covariance=line.covariance * wide**2)


def is_bent(line: Line, x: FloatArray) -> bool:
    """Whether a parabola describes the points better than the line does, at the 0.1 % level (t-test of its third term)."""
    free = x.size - 3
    if free < 2:
        return False
    root = np.sqrt(line.weights)
    u = (x - x.mean()) / np.ptp(x)
    design = root[:, None] * np.column_stack([np.ones_like(u), u, u * u])
    theta = np.linalg.lstsq(design, root * line.residual, rcond=None)[0]
    rest = float(np.sum((root * line.residual - design @ theta) ** 2))
    return line.chi2 - rest > student_t(free, 0.9995) ** 2 * rest / free


def _distinct(x: FloatArray) -> int:
    return int(np.unique(x).size)


def _segment(x: FloatArray, y: FloatArray, sigma: FloatArray) -> Line:
    middle = float(np.mean(x))
    d = x - middle
    slope, value = (float(v) for v in np.polyfit(d, y, 1))
    spread = float(np.ptp(d))
    u = d / spread
    c = np.linalg.lstsq(np.column_stack([np.ones_like(u), 2 * u, u * u]), sigma**2, rcond=None)[0]
    if min(c[0], c[2]) <= 0:  # the variances are no line's (a sum of arcs): as if the points were independent
        c = np.array([np.mean(sigma**2) / x.size, 0.0, np.mean(sigma**2) / np.sum(u * u)])
    v00, v01, v11 = max(float(c[0]), 1e-18), float(c[1]) / spread, max(float(c[2]), 1e-18) / spread**2
    shift = -v01 / v11  # where value and slope are uncorrelated
    shift = float(np.clip(shift, d.min() - spread, d.max() + spread))
    at = v00 + 2 * v01 * shift + v11 * shift**2
    residual = y - value - slope * d
    return Line(
        x0=middle + shift,
        value=value + slope * shift,
        slope=slope,
        covariance=np.diag([max(at, 1e-18), v11]),
        dof=x.size - 2,
        weights=1 / sigma**2,
        tau=0.0,
        chi2=float(np.sum((residual / sigma) ** 2)),
        residual=residual,
    )
