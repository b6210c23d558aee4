"""How far one scan is shifted in energy against another: least squares on the shape of an edge, not on one point.

mu_b(E) = a + b E + c mu_a(E + s)     minimised over a, b, c and s within a window around the edge
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import make_interp_spline

from pipeline.core.arrays import FloatArray


def edge_shift(
    energy_ev: FloatArray,
    mu: FloatArray,
    reference_energy_ev: FloatArray,
    reference_mu: FloatArray,
    edge_ev: float,
    *,
    start_ev: float = 0.0,
    below_ev: float = 25.0,
    above_ev: float = 45.0,
) -> tuple[float, float]:
    """Shift to add to ``energy_ev`` so that the scan falls on the reference, and its 1 sigma, eV.

    Parameters
    ----------
    energy_ev, mu:
        (n,) the scan; finite, ascending.
    reference_energy_ev, reference_mu:
        (m,) what it is aligned to.
    edge_ev:
        Where the edge of the reference lies; the window goes from ``below_ev`` under it to ``above_ev`` over it.
    start_ev:
        First guess.

    Raises
    ------
    ValueError
        Fewer than 8 points in the window.
    """
    spline = make_interp_spline(reference_energy_ev, reference_mu, k=3)
    slope = spline.derivative()
    shift, step = start_ev, np.inf
    low, high = float(reference_energy_ev[0]), float(reference_energy_ev[-1])
    residual, pull, q, information = np.zeros(0), np.zeros(0), np.zeros((0, 3)), 0.0
    for _ in range(30):
        e = energy_ev + shift
        inside = (e >= max(low, edge_ev - below_ev)) & (e <= min(high, edge_ev + above_ev))
        n = int(inside.sum())
        if n < 8:
            raise ValueError(f"{n} points within {below_ev:g} eV below and {above_ev:g} eV above {edge_ev:.1f} eV")
        at, y = e[inside], mu[inside]
        linear = np.column_stack([np.ones(n), (at - edge_ev) / 50, spline(at)])
        q, _ = np.linalg.qr(linear)
        coefficients = np.linalg.lstsq(linear, y, rcond=None)[0]
        residual = y - linear @ coefficients
        pull = coefficients[2] * slope(at)
        pull = pull - q @ (q.T @ pull)
        information = float(pull @ pull)
        if information <= 0:
            break
        step = float(np.clip(pull @ residual / information, -2.0, 2.0))
        shift += step
        if abs(step) < 1e-6:
            break
    sigma = _robust_sigma(pull, residual, q, information) if information > 0 else float("inf")
    return shift, float(np.hypot(sigma, abs(step) if np.isfinite(step) and abs(step) > 1e-4 else 0.0))


def _robust_sigma(pull: FloatArray, residual: FloatArray, q: FloatArray, information: float) -> float:
    """1 sigma of the shift, each residual as if its point had been left out: jitter of the energy counts where mu is steep, and a
    few points decide (J.G. MacKinnon, H. White, J. Econometrics 29 (1985) 305).
    """
    leverage = np.clip(pull**2 / information + np.sum(q**2, axis=1), 0, 0.9)
    return float(np.sqrt(np.sum((pull * residual / (1 - leverage)) ** 2))) / information
