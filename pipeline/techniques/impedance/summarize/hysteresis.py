"""Whether the first and the second scan over temperature give one line, or two.

    y = a + b d + c d^2 + s (u + v d) + e,   d = x - x0,   s = -1/2 first, +1/2 second, 0 measured once

u and v are what the second scan adds in ln sigma and in Ea.  They are tested together by F against y without them; c, common
to both scans, keeps a curve from being taken for scatter.  A scan's own line stands half of u and v off the common one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.words import number_text

F_LEVEL = 0.999
"""One clean line in a thousand, measured with up and down scans, is taken for two (benchmarks/arrhenius.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanShift:
    """What the second scan differs by, with 1 sigma."""

    energy_ev: tuple[float, float] | None
    """None where too few temperatures were repeated to tell a slope."""
    ln_25c: tuple[float, float]

    def __str__(self) -> str:
        value, sigma = (100 * v for v in self.ln_25c)
        text = f"the second scan differs by {number_text(value, sigma)} % at 25 °C"
        if self.energy_ev is not None:
            text += f" and by {number_text(1e3 * self.energy_ev[0], 1e3 * self.energy_ev[1])} meV in Ea"
        return text


def find_shift(x: FloatArray, y: FloatArray, sigma: FloatArray, side: FloatArray, x_25c: float) -> ScanShift | None:
    """The shift between two scans, None where one line does for both.

    Parameters
    ----------
    x, y, sigma:
        (n,) abscissa, ordinate, its 1 sigma.
    side:
        (n,) -0.5 where a repeated temperature was measured first, 0.5 where again, 0 where it was measured once.
    """
    n, pairs = x.size, int(np.count_nonzero(side > 0))
    if pairs < 2:
        return None
    from scipy.special import fdtri

    w = 1 / sigma
    d = (x - np.average(x, weights=w**2)) / np.ptp(x)
    at = (x_25c - np.average(x, weights=w**2)) / np.ptp(x)
    common = [np.ones_like(d), d] + ([d * d] if n >= 8 else [])
    extra = [side] + ([side * d] if pairs >= 3 else [])
    dof = n - len(common) - len(extra)
    if dof < 1:
        return None
    one, two = (w[:, None] * np.column_stack(columns) for columns in (common, common + extra))
    chi2 = [float(np.sum((w * y - a @ np.linalg.lstsq(a, w * y, rcond=None)[0]) ** 2)) for a in (one, two)]
    scale = max(chi2[1] / dof, 1.0)  # never surer than the points' own errors allow
    if chi2[0] - chi2[1] <= len(extra) * scale * float(fdtri(len(extra), dof, F_LEVEL)):
        return None
    theta = np.linalg.lstsq(two, w * y, rcond=None)[0][len(common) :]
    c = scale * np.linalg.inv(two.T @ two)[len(common) :, len(common) :]
    g = np.array([1.0, at][: len(extra)])
    slope = None
    if len(extra) == 2:
        slope = float(theta[1] / np.ptp(x)), float(np.sqrt(c[1, 1])) / float(np.ptp(x))
    return ScanShift(energy_ev=slope, ln_25c=(float(g @ theta), float(np.sqrt(g @ c @ g))))
