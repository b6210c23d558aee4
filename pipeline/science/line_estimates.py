"""Numbers of an Arrhenius line as estimates: the kink in kelvin, the value at 25 °C, the band."""

from __future__ import annotations

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Z95, Estimate
from pipeline.science.constants import KB_EV_PER_K, S_PER_CM
from pipeline.science.lines import BrokenLine
from pipeline.science.statistics import half_width_in_sigma, interval_sigma, lognormal_estimate


def kink_estimate(broken: BrokenLine) -> Estimate:
    """Temperature of the kink in K, with its profile interval."""
    low, mid, high = (-1 / (KB_EV_PER_K * v) for v in (broken.interval[0], broken.x_kink, broken.interval[1]))
    return Estimate(value=mid, sigma=interval_sigma(low, high), unit="K", low95=low, high95=high)


def conductivity_25c(ln_s_per_cm: float, sigma: float, q: float, geometry: float) -> Estimate:
    """Value of the line at 25 °C in S/m; the interval is the line's and the geometry's together."""
    half = float(np.hypot(q * sigma, Z95 * geometry))
    return lognormal_estimate(float(np.exp(ln_s_per_cm)) / S_PER_CM, float(np.hypot(sigma, geometry)), "S/m", half)


def correlation_at(broken: BrokenLine, x0: float) -> float:
    """Of the value at x0 and the slope below the kink."""
    d = x0 - broken.x_kink
    g = np.array([1.0, min(d, 0.0), max(d, 0.0), -broken.slopes[0 if d < 0 else 1]])
    c = broken.covariance
    spread = np.sqrt(max(g @ c @ g, 0.0) * c[1, 1])
    return float((g @ c[:, 1]) / spread) if spread > 0 else 0.0


def line_at(
    t_k: FloatArray,
    t_ref_k: float,
    ln_at_ref: Estimate,
    energy_ev: Estimate,
    correlation: float,
    kink: tuple[float, float] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Logarithm of a line and half the width of its 95 % band at temperatures ``t_k`` (n,).

    ln y = a - Ea u with u = (1/T - 1/T_ref)/kB, var = s_a^2 + (s_E u)^2 - 2 rho s_a s_E u, times the Student factor that the
    interval of Ea carries.  ``kink`` is its temperature in K and the energy above it in eV.
    """
    a, e = ln_at_ref, energy_ev
    u = (1 / t_k - 1 / t_ref_k) / KB_EV_PER_K
    ln = a.value - e.value * u
    if kink is not None:
        kink_k, second_ev = kink
        bend = (1 / kink_k - 1 / t_ref_k) / KB_EV_PER_K  # u at the kink; above it (in T) u is smaller
        if t_ref_k <= kink_k:
            ln = np.where(t_k > kink_k, a.value - e.value * bend - second_ev * (u - bend), ln)
        else:
            ln = np.where(t_k > kink_k, a.value - second_ev * u, a.value - second_ev * bend - e.value * (u - bend))
    variance = a.sigma**2 + (e.sigma * u) ** 2 - 2 * correlation * a.sigma * e.sigma * u
    return ln, half_width_in_sigma(e) * np.sqrt(np.clip(variance, 0, None))
