"""Linear Kramers-Kronig test: can a sum of relaxations with real coefficients describe the spectrum?

    Z(w) = R0 + j w L + 1/(j w C) + sum_k R_k / (1 + j w tau_k)

Boukamp, J. Electrochem. Soc. 142 (1995) 1885; mu: Schoenleber, Klotz and Ivers-Tiffee, Electrochim. Acta 131
(2014) 20.  The series capacitance is needed for blocking electrodes.  One linear least-squares solve for each number of elements.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.model.measurement import ComplexArray, FloatArray


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
    weight = 1 / np.abs(z)
    target = np.concatenate([z.real * weight, z.imag * weight])
    decades = float(np.log10(w.max() / w.min())) + 2
    n_max = max(3, min(int(6 * decades), int(0.6 * z.size)))
    best, lowest, n = None, float("inf"), target.size
    for m in range(3, n_max + 1):
        design = _design(w, m)
        scaled = np.concatenate([design.real * weight[:, None], design.imag * weight[:, None]])
        norm = np.linalg.norm(scaled, axis=0)
        coefficients = np.linalg.lstsq(scaled / norm, target, rcond=1e-12)[0] / norm
        cost = float(np.sum((scaled @ coefficients - target) ** 2))
        bic = n * np.log(max(cost, 1e-300) / n) + (m + 3) * np.log(n)
        r = coefficients[:m]
        positive = float(np.sum(np.abs(r[r >= 0])))
        mu = 1 - float(np.sum(np.abs(r[r < 0]))) / positive if positive > 0 else 0.0
        if bic < lowest:
            best, lowest = LinearKk(n_elements=m, mu=mu, fitted_ohm=design @ coefficients), bic
    assert best is not None
    return best


def _design(w: FloatArray, m: int) -> ComplexArray:
    """(n, m + 3): relaxations, log-spaced from a decade faster to a decade slower than measured; R0, j w L, 1/(j w C)."""
    tau = np.geomspace(0.1 / w.max(), 10 / w.min(), m)
    relaxations = 1 / (1 + 1j * w[:, None] * tau)
    return np.column_stack([relaxations, np.ones_like(w), 1j * w, 1 / (1j * w)])


def estimate_noise(frequency_hz: FloatArray, impedance_ohm: ComplexArray) -> float:
    """1 sigma of Re and of Im relative to |Z|, from the scatter about a local cubic in ln f (window 7), outliers ignored.

    The residual of the window's middle is divided by sqrt(1 - leverage), its share of the scatter.  The largest tenth (outliers)
    is left out; what is left has 0.623 of a normal distribution's variance.
    """
    n = frequency_hz.size
    if n < 9:
        return float("nan")
    x, z = np.log(frequency_hz), impedance_ohm
    half, out = 3, []
    for i in range(half, n - half):
        part = slice(i - half, i + half + 1)
        a = np.vander((x[part] - x[i]) / max(float(np.ptp(x[part])), 1e-12), 4)
        q, _ = np.linalg.qr(a)
        leverage = float(q[half] @ q[half])
        residual = z[i] - q[half] @ (q.T @ z[part])
        out.append(np.array([residual.real, residual.imag]) / (np.abs(z[i]) * np.sqrt(1 - leverage)))
    square = np.sort(np.concatenate(out) ** 2)
    return float(np.sqrt(np.mean(square[: int(0.9 * square.size)]) / 0.623))
