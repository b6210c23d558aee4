"""Numbers of an Arrhenius line as estimates: intervals in Student's t, the kink in kelvin, the value at 25 °C."""

from __future__ import annotations

import numpy as np

from pipeline.core.values import Estimate
from pipeline.science.lines import BrokenLine

KB_EV_PER_K = 8.617333262e-5
S_PER_CM = 0.01


def t_estimate(value: float, sigma: float, q: float, unit: str) -> Estimate:
    """Value with the interval of ``q`` standard errors."""
    return Estimate(value=value, sigma=sigma, unit=unit, low95=value - q * sigma, high95=value + q * sigma)


def kink_estimate(broken: BrokenLine) -> Estimate:
    """Temperature of the kink in K, with its profile interval."""
    low, mid, high = (-1 / (KB_EV_PER_K * v) for v in (broken.interval[0], broken.x_kink, broken.interval[1]))
    return Estimate(value=mid, sigma=(high - low) / (2 * 1.959964), unit="K", low95=low, high95=high)


def conductivity_25c(ln_s_per_cm: float, sigma: float, q: float, geometry: float) -> Estimate:
    """Value of the line at 25 °C in S/m; the interval is the line's and the geometry's together."""
    value = float(np.exp(ln_s_per_cm)) / S_PER_CM
    half = float(np.hypot(q * sigma, 1.959964 * geometry))
    wide = float(np.exp(min(half, 300.0)))
    return Estimate(
        value=value, sigma=value * float(np.hypot(sigma, geometry)), unit="S/m", low95=value / wide, high95=value * wide
    )


def correlation_at(broken: BrokenLine, x0: float) -> float:
    """Of the value at x0 and the slope below the kink."""
    d = x0 - broken.x_kink
    g = np.array([1.0, min(d, 0.0), max(d, 0.0), -broken.slopes[0 if d < 0 else 1]])
    c = broken.covariance
    spread = np.sqrt(max(g @ c @ g, 0.0) * c[1, 1])
    return float((g @ c[:, 1]) / spread) if spread > 0 else 0.0


def ln_sigma(e: Estimate) -> float:
    """1 sigma of the logarithm, from the interval where it is skew; never zero."""
    if e.low95 is not None and e.high95 is not None and 0 < e.low95 < e.high95:
        return max(float(np.log(e.high95 / e.low95)) / (2 * 1.959964), 1e-9)
    return max(e.sigma / e.value, 1e-9)
