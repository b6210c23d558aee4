"""Distribution of relaxation times of an impedance spectrum: Tikhonov regularisation, non-negative, its strength by the data.

    Z(w) = R_inf + j w L + S/(j w) + sum_k g_k/(1 + j w tau_k),     g_k >= 0
    min |W (Z_model - Z)|^2 + lambda |D2 g|^2,  W = 1/|Z|;  lambda: least |r|^2/(N - 1.4 tr H)^2 of the fit without signs

M. Saccoccio, T. H. Wan, C. Chen, F. Ciucci, Electrochim. Acta 147 (2014) 470; G. H. Golub, M. Heath, G. Wahba, Technometrics 21
(1979) 215; the factor 1.4 against undersmoothing: Y.-J. Kim, C. Gu, J. R. Stat. Soc. B 66 (2004) 337.  An ideal arc is a peak as
wide as the regularisation makes it, and a depressed one may break up into several: evidence beside a fit, never the judge of how
many arcs there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray

PER_DECADE = 10
BEYOND = 10.0
"""Time constants reach this factor beyond the window, so that what lies there does not bend what lies inside."""
STRENGTHS = 10.0 ** np.arange(-8.0, 2.01, 0.25)
"""lambda tried, relative to the mean square of the columns."""
CAUTION = 1.4
"""Without it one spectrum in five of three depressed arcs broke up into seven peaks or more."""
LEAST_SHARE = 0.01
"""Of all resistance inside the window: a smaller peak is no peak."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Distribution:
    """Resistance over time constants."""

    tau_s: FloatArray
    """(m,) ascending."""
    gamma_ohm: FloatArray
    """(m,) resistance per unit of ln tau."""
    strength: float
    """lambda, relative."""
    peaks: tuple[tuple[float, float], ...]
    """(tau in s, resistance in ohm between the minima about it), inside the window, from the fastest."""


def distribute(frequency_hz: FloatArray, z_ohm: ComplexArray) -> Distribution:
    """Distribution of relaxation times of a spectrum (n,) in Hz and ohm, n >= 5, in any order."""
    from scipy.optimize import nnls

    omega, weight = 2 * np.pi * frequency_hz, 1 / np.abs(z_ohm)
    fast, slow = np.log(1 / omega.max() / BEYOND), np.log(1 / omega.min() * BEYOND)
    ln_tau = np.linspace(fast, slow, int(PER_DECADE * (slow - fast) / np.log(10)) + 1)
    arcs = 1 / (1 + 1j * omega[:, None] * np.exp(ln_tau))
    rest = np.stack([np.ones_like(omega) + 0j, 1j * omega, 1 / (1j * omega)], axis=1)
    columns = np.concatenate([arcs, rest], axis=1) * weight[:, None]
    a = np.concatenate([columns.real, columns.imag])
    b = np.concatenate([(z_ohm * weight).real, (z_ohm * weight).imag])
    size = np.linalg.norm(a, axis=0)
    size[: ln_tau.size] = np.sqrt(np.mean(size[: ln_tau.size] ** 2))
    a = a / size
    rough = np.zeros((ln_tau.size - 2, a.shape[1]))
    rough[:, : ln_tau.size] = np.diff(np.eye(ln_tau.size), 2, axis=0)
    strength = _choose_strength(a, b, rough)
    found, _ = nnls(np.concatenate([a, np.sqrt(strength) * rough]), np.concatenate([b, np.zeros(rough.shape[0])]))
    gamma = (found / size)[: ln_tau.size] / (ln_tau[1] - ln_tau[0])
    window = -np.log(omega.max()), -np.log(omega.min())
    return Distribution(tau_s=np.exp(ln_tau), gamma_ohm=gamma, strength=strength, peaks=_peaks(ln_tau, gamma, window))


def _choose_strength(a: FloatArray, b: FloatArray, rough: FloatArray) -> float:
    """By generalised cross validation."""
    gram, right, smooth = a.T @ a, a.T @ b, rough.T @ rough
    ridge = 1e-12 * np.trace(gram) / gram.shape[0] * np.eye(gram.shape[0])
    scores = []
    for strength in STRENGTHS:
        solved = np.linalg.solve(gram + strength * smooth + ridge, np.column_stack([right, gram]))
        residual = a @ solved[:, 0] - b
        scores.append(float(residual @ residual) / max(b.size - CAUTION * float(np.trace(solved[:, 1:])), 1e-9) ** 2)
    return float(STRENGTHS[int(np.argmin(scores))])


def _peaks(ln_tau: FloatArray, gamma: FloatArray, window: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Maxima inside the window, each with what lies between the minima about it."""
    inside = np.flatnonzero((ln_tau >= window[0]) & (ln_tau <= window[1]))
    step, total = ln_tau[1] - ln_tau[0], gamma[inside].sum()
    tops = [i for i in inside if gamma[i] > gamma[i - 1] and gamma[i] >= gamma[i + 1]]
    ends = [0, *(i + int(np.argmin(gamma[i:j])) for i, j in pairwise(tops)), gamma.size]
    areas = [float(gamma[low:high].sum()) for low, high in pairwise(ends)]
    kept = [(i, area) for i, area in zip(tops, areas, strict=True) if area > LEAST_SHARE * total]
    return tuple((float(np.exp(ln_tau[i])), area * float(step)) for i, area in kept)
