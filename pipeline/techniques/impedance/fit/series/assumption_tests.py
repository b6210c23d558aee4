"""Whether the data bear the Arrhenius tie: F-tests against freer models, the residual of each temperature, what the window shows.

    F = ((chi2_tied - chi2_free) / (p_free - p_tied)) / (chi2_free / (N - p_free))

Nested models: Bevington and Robinson, Data Reduction and Error Analysis, 3rd ed., McGraw-Hill (2003), chapter 11.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.impedance.fit.series.model import SeriesData, SeriesModel, fit_model, residuals, unpack


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Candidate:
    """One joint fit: model, parameters, cost, and how often independent starts met it."""

    model: SeriesModel
    theta: FloatArray
    chi2: float
    hits: int
    kink_k: float | None = None
    drift: bool = False

    def bic(self, data: SeriesData) -> float:
        """Bayesian information criterion with known noise."""
        return self.chi2 + self.model.sizes(data)[-1] * float(np.log(data.n_residuals))


def residual_rms(c: Candidate, data: SeriesData) -> FloatArray:
    """(M,) rms residual per temperature in units of the noise."""
    res, _ = residuals(c.theta, c.model, data, jacobian=False)
    power = np.bincount(data.index, (res.reshape(-1, 2) ** 2).sum(axis=1))
    return np.asarray(np.sqrt(power / (2 * np.bincount(data.index))))


def f_test(c: Candidate, chi2_free: float, p_free: int, data: SeriesData) -> tuple[float, float]:
    """F statistic and p-value of the tied model against a freer one."""
    from scipy.special import fdtrc

    p_tied, n = c.model.sizes(data)[-1], data.n_residuals
    if p_free <= p_tied:
        return 0.0, 1.0
    statistic = max(0.0, (c.chi2 - chi2_free) / (p_free - p_tied)) / (chi2_free / (n - p_free))
    return float(statistic), float(fdtrc(p_free - p_tied, n - p_free, statistic))


def free_costs(c: Candidate, data: SeriesData) -> tuple[tuple[float, int], tuple[float, int]]:
    """(chi2, parameters) with R_i free at each temperature, and with R_i, C_i and n_i free at each temperature."""
    nr, nc, ne, _, _ = c.model.sizes(data)
    m, M = c.model.n_arcs, data.temperature_k.size
    ln_r = (c.model.resistance_design @ c.theta[:nr].reshape(m, -1).T).T.ravel()
    eye = np.eye(M)
    free_r = replace(c.model, resistance_design=eye)
    theta, chi2 = fit_model(np.concatenate([ln_r, c.theta[nr:]]), free_r, data, max_iterations=25)
    ln_c = (c.model.capacitance_design @ theta[m * M : m * M + nc].reshape(m, -1).T).T.ravel()
    exponents = np.repeat(theta[m * M + nc : m * M + nc + ne], M)
    free_all = replace(free_r, capacitance_design=eye, free_exponents=True)
    rest = theta[m * M + nc + ne :]
    _, chi2_all = fit_model(np.concatenate([theta[: m * M], ln_c, exponents, rest]), free_all, data, max_iterations=25)
    return (chi2, free_r.sizes(data)[-1]), (chi2_all, free_all.sizes(data)[-1])


def slowest_apex(c: Candidate, data: SeriesData) -> float:
    """Apex of the fastest arc over the highest frequency, at the temperature where it is slowest."""
    ln_r, ln_c, _, _, _ = unpack(c.theta, c.model, data)
    apex = np.exp(-(ln_r + ln_c)).max(axis=1)
    highest = np.array([data.omega[data.index == t].max() for t in range(data.temperature_k.size)])
    return float((apex / highest).min())
