"""Linear Kramers-Kronig test: can a sum of relaxations with real coefficients describe the spectrum?

    Z(w) = R0 + j w L + 1/(j w C) + sum_k R_k / (1 + j w tau_k)

Boukamp, J. Electrochem. Soc. 142 (1995) 1885; number of elements by mu, Schoenleber, Klotz and Ivers-Tiffee, Electrochim. Acta 131
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


def fit_linear_kk(
    frequency_hz: FloatArray, impedance_ohm: ComplexArray, *, mu_limit: float = 0.85, max_elements: int = 60
) -> LinearKk:
    """Raise the number of elements until mu falls to ``mu_limit`` (over-fitting), as Schoenleber et al. do.

    Parameters
    ----------
    frequency_hz, impedance_ohm:
        Shape (n,), Hz and ohm.
    """
    w, z = 2 * np.pi * frequency_hz, impedance_ohm
    weight = 1 / np.abs(z)
    target = np.concatenate([z.real * weight, z.imag * weight])
    n_max = max(3, min(max_elements, z.size - 4))
    best = None
    for m in range(3, n_max + 1):
        design = _design(w, m)
        scaled = np.concatenate([design.real * weight[:, None], design.imag * weight[:, None]])
        norm = np.linalg.norm(scaled, axis=0)
        coefficients = np.linalg.lstsq(scaled / norm, target, rcond=1e-12)[0] / norm
        r = coefficients[:m]
        positive = float(np.sum(np.abs(r[r >= 0])))
        mu = 1 - float(np.sum(np.abs(r[r < 0]))) / positive if positive > 0 else 0.0
        best = LinearKk(n_elements=m, mu=mu, fitted_ohm=design @ coefficients)
        if mu <= mu_limit:
            break
    assert best is not None
    return best


def _design(w: FloatArray, m: int) -> ComplexArray:
    """(n, m + 3): relaxations with log-spaced tau over the measured range, R0, j w L, 1/(j w C)."""
    tau = np.geomspace(1 / w.max(), 1 / w.min(), m)
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
