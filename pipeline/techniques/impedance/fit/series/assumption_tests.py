"""Whether the data bear the Arrhenius tie: F-tests against freer models, the residual of each temperature, what the window shows.

    F = ((chi2_tied - chi2_free) / (p_free - p_tied)) / (chi2_free / (N - p_free))

Nested models: Bevington and Robinson, Data Reduction and Error Analysis, 3rd ed., McGraw-Hill (2003), chapter 11.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.impedance.fit.series.model import SeriesData, SeriesModel, circuits, fit_model, residuals

FREE_STEPS = 120
"""Of the free fits, which start next to their minimum."""


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
        return self.chi2 + self.model.n_parameters * float(np.log(data.n_residuals))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TieTests:
    """What the data say to one joint fit."""

    rms: FloatArray
    """(M,) rms residual per temperature in units of the noise."""
    free_resistances: tuple[float, float]
    """F and p against R_i free at each temperature."""
    all_free: tuple[float, float]
    """F and p against R_i, C_i and n_i free at each temperature."""

    def hold(self, min_p_value: float, max_rms: float) -> bool:
        """Nothing speaks against the tie."""
        return min(self.free_resistances[1], self.all_free[1]) >= min_p_value and float(self.rms.max()) <= max_rms


def examine_tie(c: Candidate, data: SeriesData) -> TieTests:
    """Residuals per temperature, and F-tests against the two freer models."""
    power = np.sum(residuals(c.theta, c.model, data) ** 2, axis=1)
    free_r, free_all = (f_test(c, *cost, data) for cost in free_costs(c, data))
    return TieTests(rms=np.asarray(np.sqrt(power / (2 * data.n_points))), free_resistances=free_r, all_free=free_all)


def f_test(c: Candidate, chi2_free: float, p_free: int, data: SeriesData) -> tuple[float, float]:
    """F statistic and p-value of the tied model against a freer one."""
    from scipy.special import fdtrc

    p_tied, n = c.model.n_parameters, data.n_residuals
    if p_free <= p_tied:
        return 0.0, 1.0
    statistic = max(0.0, (c.chi2 - chi2_free) / (p_free - p_tied)) / (chi2_free / (n - p_free))
    return float(statistic), float(fdtrc(p_free - p_tied, n - p_free, statistic))


def free_costs(c: Candidate, data: SeriesData) -> tuple[tuple[float, int], tuple[float, int]]:
    """(chi2, parameters) with R_i free at each temperature, and with R_i, C_i and n_i free at each temperature."""
    m, M, at = c.model.n_arcs, data.temperature_k.size, c.model.blocks
    ln_r = (c.model.resistance_design @ c.theta[at.resistance].reshape(m, -1).T).T.ravel()
    eye = np.eye(M)
    free_r = replace(c.model, resistance_design=eye)
    theta, chi2 = fit_model(np.concatenate([ln_r, c.theta[at.resistance.stop :]]), free_r, data, iterations=FREE_STEPS)
    at = free_r.blocks
    ln_c = (c.model.capacitance_design @ theta[at.capacitance].reshape(m, -1).T).T.ravel()
    exponents = np.repeat(theta[at.exponent], M)
    free_all = replace(free_r, capacitance_design=eye, free_exponents=True)
    start = np.concatenate([theta[at.resistance], ln_c, exponents, theta[at.exponent.stop :]])
    _, chi2_all = fit_model(start, free_all, data, iterations=FREE_STEPS)
    return (chi2, free_r.n_parameters), (chi2_all, free_all.n_parameters)


def slowest_apex(c: Candidate, data: SeriesData) -> float:
    """Apex of the fastest arc over the highest frequency, at the temperature where it is slowest."""
    m = c.model.n_arcs
    apex = np.exp(-circuits(c.theta, c.model)[:, m : 2 * m]).max(axis=1)
    return float((apex / (data.omega * (data.weight > 0)).max(axis=1)).min())
