"""Uncertainty of the logarithms of all parameters: covariance at the minimum, and profiles where it is too rough a picture.

Profile likelihood: Venzon and Moolgavkar, Appl. Stat. 37 (1988) 87.
"""

from __future__ import annotations

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.values import Z95
from pipeline.techniques.impedance.fit.single.circuit import (
    BLOCKING_BOUNDS,
    N_BOUNDS,
    SKEW_BOUNDS,
    Circuit,
    weighted_rows,
)
from pipeline.techniques.impedance.fit.single.model_selection import OrderFit
from pipeline.techniques.impedance.fit.single.variable_projection import Problem, bounds, fit_rows

STEPS = np.array([-5.0, -3.4, -2.6, -2.1, -1.7, -1.0, 1.0, 1.7, 2.1, 2.6, 3.4, 5.0])
"""Of the profile, in sigma."""


def covariance(theta: FloatArray, circuit: Circuit, omega: FloatArray, z: ComplexArray) -> FloatArray:
    """(p, p) inverse of J^T J for weights 1/|Z| and unit noise; a parameter at a limit is held (zero rows)."""
    m = circuit.n_arcs
    free = np.ones(theta.size, dtype=bool)
    tau, n = theta[m : 2 * m], theta[2 * m : 3 * m]
    free[m : 2 * m] = np.abs(tau + np.log(np.sqrt(omega.max() * omega.min()))) < np.log(
        0.99e3 * np.sqrt(omega.max() / omega.min())
    )
    free[2 * m : 3 * m] = (n > N_BOUNDS[0] + 1e-9) & (n < N_BOUNDS[1] - 1e-9)
    if circuit.shapes:  # a Havriliak-Negami exponent that came out as 1 is no better known than one of 0.99
        both = np.array([s == "hn" for s in circuit.shapes])
        free[2 * m : 3 * m] |= both & (n > N_BOUNDS[0] + 1e-9)
        b = theta[3 * m : 4 * m]
        free[3 * m : 4 * m] = (b > SKEW_BOUNDS[0] + 1e-9) & (both | (b < SKEW_BOUNDS[1] - 1e-9))
    gone = np.flatnonzero(theta[:m] < np.log(1e-6 * np.abs(z).min()))
    for block in range(circuit.blocks):
        free[block * m + gone] = False
    if circuit.blocking and circuit.tail == "cpe":
        free[-1] = BLOCKING_BOUNDS[0] + 1e-9 < theta[-1] < BLOCKING_BOUNDS[1] - 1e-9
    real = weighted_rows(theta[None, :], circuit, omega, 1 / np.abs(z))[0, :-1][free].T
    norm = np.maximum(np.linalg.norm(real, axis=0), 1e-300)
    scaled = real / norm
    out = np.zeros((theta.size, theta.size))
    index = np.flatnonzero(free)
    out[np.ix_(index, index)] = np.linalg.pinv(scaled.T @ scaled, rcond=1e-15, hermitian=True) / np.outer(norm, norm)
    return out


def profile_intervals(
    chosen: OrderFit, arcs: list[int], cov: FloatArray, problem: Problem
) -> dict[int, tuple[float, float]]:
    """95 % interval in ohm of the resistance of each of ``arcs``: chi2, all else free, rises by 1.96^2 noise variances.

    ``cov`` is the covariance of theta; it gives the steps, and where all else will move to.
    """
    if not arcs:
        return {}
    c, m, s = chosen.circuit, chosen.circuit.n_arcs, STEPS.size
    noise2 = chosen.chi2 / max(chosen.n_residuals - c.n_free, 1)
    terms = np.array([c.series, c.inductance, c.blocking])
    allowed = np.tile(np.concatenate([np.ones(m, dtype=bool), terms]), (s * len(arcs), 1))
    fixed = np.zeros(allowed.shape)
    x = np.tile(chosen.x, (s * len(arcs), 1))
    low, high = bounds(problem, m)
    for k, i in enumerate(arcs):
        rows, step = slice(k * s, (k + 1) * s), STEPS * np.sqrt(cov[i, i])
        allowed[rows, i] = False
        fixed[rows, i] = np.exp(chosen.theta[i] + step)
        slope = cov[m : c.blocks * m, i] / cov[i, i]
        x[rows, :-1] += np.clip(step[:, None] * slope, -1.0, 1.0)
        if c.blocking:
            x[rows, -1] += step * cov[-1, i] / cov[i, i]
    held = np.tile(c.held(), (x.shape[0], 1))
    rows_ = fit_rows(problem, np.clip(x, low, high), allowed, iterations=15, tolerance=1e-4, fixed=fixed, held=held)
    cost = rows_.chi2
    out = {}
    for k, i in enumerate(arcs):
        root = np.sqrt(np.maximum(cost[k * s : (k + 1) * s] - chosen.chi2, 0.0) / noise2)
        size = np.abs(STEPS) * np.sqrt(cov[i, i])
        ends = [_cross(size[side], root[side]) for side in (STEPS < 0, STEPS > 0)]
        value = float(chosen.theta[i])
        out[i] = float(np.exp(value - ends[0])), float(np.exp(value + min(ends[1], 50.0)))
    return out


def _cross(x: FloatArray, root: FloatArray) -> float:
    """Where the root of the rise reaches 1.96; beyond the last step by a straight line."""
    order = np.argsort(x)
    x, y = np.concatenate([[0.0], x[order]]), np.maximum.accumulate(np.concatenate([[0.0], root[order]]))
    return float(np.interp(Z95, y, x)) if y[-1] > Z95 else float(x[-1] * Z95 / max(y[-1], 1e-3))
