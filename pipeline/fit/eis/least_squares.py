"""Levenberg-Marquardt for many starts at once: the same normal equations, stacked.

Scaled damping: Marquardt, J. SIAM 11 (1963) 431.  Bounds by clipping; a parameter at a bound that wants out is held for the step.
"""

from __future__ import annotations

import numpy as np

from pipeline.fit.eis.circuit import BLOCKING_BOUNDS, N_BOUNDS, Circuit, impedance, impedance_and_jacobian
from pipeline.model.measurement import ComplexArray, FloatArray


def bounds(circuit: Circuit, omega: FloatArray, z: ComplexArray) -> tuple[FloatArray, FloatArray]:
    """Lower and upper limit of theta: wide, there to keep exponentials finite."""
    m = circuit.n_arcs
    small, large = np.log(1e-5 * np.abs(z).min()), np.log(1e3 * np.abs(z).max())
    low = [small] * m + [np.log(1e-3 / omega.max())] * m + [N_BOUNDS[0]] * m
    high = [large] * m + [np.log(1e3 / omega.min())] * m + [N_BOUNDS[1]] * m
    if circuit.series:
        low.append(small)
        high.append(large)
    if circuit.inductance:
        low.append(np.log(1e-13))
        high.append(np.log(1e-2))
    if circuit.blocking:
        low += [np.log(1e-14), BLOCKING_BOUNDS[0]]
        high += [np.log(10.0), BLOCKING_BOUNDS[1]]
    return np.array(low), np.array(high)


def fit_many(
    theta: FloatArray,
    circuit: Circuit,
    omega: FloatArray,
    z: ComplexArray,
    *,
    iterations: int,
    tolerance: float = 1e-8,
    fixed: int | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Fit from every row of theta with weights 1/|Z|.

    Parameters
    ----------
    theta:
        (s, p) starts.
    omega, z:
        (n,) rad/s and ohm.
    fixed:
        Index of a parameter that keeps its start (profile likelihood).

    Returns
    -------
    theta, chi2:
        (s, p) and (s,): sum over Re and Im of ((Z_fit - Z)/|Z|)^2.
    """
    low, high = bounds(circuit, omega, z)
    weight = 1 / np.abs(z)
    theta = np.clip(theta, low, high)
    s, p = theta.shape
    chi2 = _cost(theta, circuit, omega, z, weight)
    damping = np.full(s, 1e-2)
    active = np.arange(s)
    for _ in range(iterations):
        fit, jac = impedance_and_jacobian(theta[active], circuit, omega)
        residual = (fit - z) * weight
        jac = jac * weight[None, :, None]
        real = np.concatenate([jac.real, jac.imag], axis=1)
        flat = np.concatenate([residual.real, residual.imag], axis=1)
        transposed = real.transpose(0, 2, 1)
        normal = transposed @ real
        gradient = (transposed @ flat[:, :, None])[:, :, 0]
        here = theta[active]
        held = ((here <= low) & (gradient > 0)) | ((here >= high) & (gradient < 0))
        if fixed is not None:
            held[:, fixed] = True
        gradient = np.where(held, 0.0, gradient)
        free = ~held
        normal = normal * (free[:, :, None] & free[:, None, :])
        diagonal = np.einsum("sii->si", normal).copy()
        scale = np.maximum(diagonal, 1e-10 * diagonal.max(axis=1, keepdims=True) + 1e-300)
        eye = np.eye(p)
        step = -np.linalg.solve(normal + (damping[active, None] * scale)[:, :, None] * eye, gradient[:, :, None])[
            :, :, 0
        ]
        trial = np.clip(here + np.clip(step, -1.5, 1.5), low, high)
        cost = _cost(trial, circuit, omega, z, weight)
        better = cost < chi2[active]
        gain = np.where(better, (chi2[active] - cost) / chi2[active], 1.0)
        rows = active[better]
        theta[rows], chi2[rows] = trial[better], cost[better]
        damping[active] = np.where(better, np.maximum(damping[active] / 6, 1e-10), damping[active] * 4)
        active = active[(gain > tolerance) & (damping[active] < 1e7)]
        if active.size == 0:
            break
    return theta, chi2


def _cost(theta: FloatArray, circuit: Circuit, omega: FloatArray, z: ComplexArray, weight: FloatArray) -> FloatArray:
    residual = (impedance(theta, circuit, omega) - z) * weight
    cost = np.sum(residual.real**2 + residual.imag**2, axis=1)
    return np.where(np.isfinite(cost), cost, np.inf)


def covariance(theta: FloatArray, circuit: Circuit, omega: FloatArray, z: ComplexArray) -> FloatArray:
    """(p, p) inverse of J^T J for weights 1/|Z| and unit noise; a parameter at a bound is held (zero rows)."""
    low, high = bounds(circuit, omega, z)
    _, jac = impedance_and_jacobian(theta[None, :], circuit, omega)
    weighted = jac[0] / np.abs(z)[:, None]
    real = np.concatenate([weighted.real, weighted.imag])
    free = np.flatnonzero((theta > low + 1e-9) & (theta < high - 1e-9))
    norm = np.maximum(np.linalg.norm(real[:, free], axis=0), 1e-300)
    scaled = real[:, free] / norm
    inner = np.linalg.pinv(scaled.T @ scaled, rcond=1e-15, hermitian=True)
    out = np.zeros((theta.size, theta.size))
    out[np.ix_(free, free)] = inner / np.outer(norm, norm)
    return out
