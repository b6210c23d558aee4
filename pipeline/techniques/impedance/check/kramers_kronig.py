"""Linear Kramers-Kronig test: can a sum of relaxations with real coefficients describe the spectrum?

    Z(w) = R0 + j w L + 1/(j w C) + sum_k R_k / (1 + j w tau_k)

Boukamp, J. Electrochem. Soc. 142 (1995) 1885; mu: Schoenleber, Klotz and Ivers-Tiffee, Electrochim. Acta 131
(2014) 20.  The series capacitance is needed for blocking electrodes.  One linear least-squares solve for each number of elements.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.statistics import bic_of

PATIENCE = 10
"""Elements tried beyond the lowest BIC: a finer ladder may fall between the time constants of a coarser one."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinearKk:
    """Best linear Kramers-Kronig model of one spectrum."""

    n_elements: int
    mu: float
    fitted_ohm: ComplexArray


def fit_linear_kk(frequency_hz: FloatArray, impedance_ohm: ComplexArray) -> LinearKk:
    """The number of elements with the lowest BIC, of at most six a decade.

    mu (Schoenleber et al.) is reported but does not choose: where |Z| spans many decades - a blocking cell, a capacitive
    end at high frequency - it falls before the model is complete, and a faultless spectrum fails.

    Parameters
    ----------
    frequency_hz, impedance_ohm:
        Shape (n,), Hz and ohm.
    """
    w, z = 2 * np.pi * frequency_hz, impedance_ohm
    decades = float(np.log10(w.max() / w.min())) + 2
    n_max = max(3, min(int(6 * decades), int(0.6 * z.size)))
    best, lowest = 3, float("inf")
    for m in range(3, n_max + 1):
        tau = np.geomspace(0.1 / w.max(), 10 / w.min(), m)
        triangle = np.asarray(np.linalg.qr(np.column_stack(weigh_relaxations(w, z, tau)), mode="r"))
        cost = max(float(triangle[-1, -1]) ** 2, 1e-26 * z.size)
        found = float(bic_of(cost, 2 * z.size, m + 3))
        if found < lowest:
            best, lowest = m, found
        elif m > best + PATIENCE:
            break
    return solve_linear_kk(w, z, np.geomspace(0.1 / w.max(), 10 / w.min(), best))


def solve_linear_kk(omega: FloatArray, z: ComplexArray, tau_s: FloatArray) -> LinearKk:
    """Weighted least squares with these time constants (k,) in s; weights 1/|Z|."""
    design, target = weigh_relaxations(omega, z, tau_s)
    norm = np.linalg.norm(design, axis=0)
    coefficients = np.linalg.lstsq(design / norm, target, rcond=1e-12)[0] / norm
    fitted = design @ coefficients
    r, n = coefficients[: tau_s.size], z.size
    positive = float(np.sum(r[r >= 0]))
    mu = 1 + float(np.sum(r[r < 0])) / positive if positive > 0 else 0.0
    return LinearKk(n_elements=tau_s.size, mu=mu, fitted_ohm=(fitted[:n] + 1j * fitted[n:]) * np.abs(z))


def phase_ramp(frequency_hz: FloatArray, impedance_ohm: ComplexArray, n_elements: int) -> tuple[float, float, float]:
    """A phase turned in proportion to ln f above some frequency, against the worst single point, both beside the relaxations.

    Returns
    -------
    corner_hz, by_ramp, by_point:
        The last point that is not turned, and by how much each lowers the sum of squared relative residuals.
    """
    w, z = 2 * np.pi * frequency_hz, impedance_ohm
    n, ln_f = z.size, np.log(frequency_hz)
    design, target = weigh_relaxations(w, z, np.geomspace(0.1 / w.max(), 10 / w.min(), n_elements))
    q = np.linalg.qr(design)[0]
    residual = target - q @ (q.T @ target)
    turn = 1j * z / np.abs(z)
    order = np.argsort(-frequency_hz)
    corners = order[3 : max(4, n // 5)]
    ramps = [turn * np.maximum(ln_f - ln_f[k], 0.0) for k in corners]
    columns = np.array([np.concatenate([c.real, c.imag]) for c in ramps]).T
    columns -= q @ (q.T @ columns)
    by_ramp = (residual @ columns) ** 2 / np.maximum(np.sum(columns**2, axis=0), 1e-300)
    free = 1 - np.sum(q**2, axis=1)
    points = residual**2 / np.maximum(free, 1e-9)
    best = int(np.argmax(by_ramp))
    return float(frequency_hz[corners[best]]), float(by_ramp[best]), float((points[:n] + points[n:]).max())


def weigh_relaxations(w: FloatArray, z: ComplexArray, tau: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(2n, k + 3) columns: relaxations, R0, w L, 1/(w C), real parts above imaginary ones, and the target (2n,)."""
    n, k, weight = w.size, tau.size, 1 / np.abs(z)
    x = w[:, None] * tau
    real = weight[:, None] / (1 + x * x)
    design = np.zeros((2 * n, k + 3))
    design[:n, :k], design[n:, :k] = real, -x * real
    design[:n, k], design[n:, k + 1], design[n:, k + 2] = weight, w * weight, -weight / w
    return design, np.concatenate([z.real * weight, z.imag * weight])


def estimate_noise(frequency_hz: FloatArray, impedance_ohm: ComplexArray) -> float:
    """1 sigma of Re and of Im relative to |Z|, from the scatter about a local cubic in ln f (window 7), outliers ignored.

    The residual of the window's middle is divided by sqrt(1 - leverage), its share of the scatter.  The largest tenth (outliers)
    is left out; what is left has 0.623 of a normal distribution's variance.
    """
    n = frequency_hz.size
    if n < 9:
        return float("nan")
    half = 3
    window = np.lib.stride_tricks.sliding_window_view
    x, z = window(np.log(frequency_hz), 7), window(impedance_ohm, 7)
    t = (x - x[:, half, None]) / np.maximum(np.ptp(x, axis=1), 1e-12)[:, None]
    q = np.linalg.qr(np.stack([t**3, t**2, t, np.ones_like(t)], axis=2))[0]
    middle = q[:, half]
    leverage = np.sum(middle**2, axis=1)
    residual = z[:, half] - np.einsum("wk,wik,wi->w", middle, q, z)
    scaled = residual / (np.abs(z[:, half]) * np.sqrt(1 - leverage))
    square = np.sort(np.concatenate([scaled.real, scaled.imag]) ** 2)
    return float(np.sqrt(np.mean(square[: int(0.9 * square.size)]) / 0.623))
