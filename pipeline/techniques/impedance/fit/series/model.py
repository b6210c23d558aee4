"""The joint model of one pellet over temperature, its analytic Jacobian, and its least-squares fit.

    Z(f, T) = R_s + 2j pi f L_T + sum_i R_i(T) / (1 + (2j pi f R_i(T) C_i(T))^n_i) + 1 / (Q_T (2j pi f)^m_T)
    ln R_i(T) = b ln(T/T_ref) + B(T) . theta_i,     ln C_i(T) = D(T) . gamma_i

B is (1, (1/T - 1/T_ref)/kB) for Arrhenius, (1, ..) with a kink, or one column per temperature (free R_i).  With C_i the
Hsu-Mansfeld capacitance, tau_i = R_i C_i: resistance and capacitance are the physical parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.constants import KB_EV_PER_K

N_BOUNDS = (0.5, 1.0)
BLOCKING_BOUNDS = (0.3, 1.0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SeriesData:
    """Kept points of all temperatures, coldest first."""

    temperature_k: FloatArray
    """(M,)"""
    omega: FloatArray
    """(N,) of all temperatures one after the other, rad/s."""
    impedance_ohm: ComplexArray
    weight: FloatArray
    """1/(noise |Z|), 1/ohm."""
    index: NDArray[np.intp]
    """(N,) which temperature a point belongs to."""
    blocking: tuple[bool, ...]
    inductance: tuple[bool, ...]

    @property
    def n_residuals(self) -> int:
        """Real residuals: Re and Im of every point."""
        return 2 * self.omega.size

    def local(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where the inductance and the blocking Q of each temperature stand among the local parameters; -1 where absent."""
        at, l_at, q_at = 0, [], []
        for blocking, inductance in zip(self.blocking, self.inductance, strict=True):
            l_at.append(at if inductance else -1)
            q_at.append(at + inductance if blocking else -1)
            at += inductance + 2 * blocking
        return np.array(l_at), np.array(q_at)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SeriesModel:
    """How many arcs, and the design matrices that tie them over temperature."""

    n_arcs: int
    resistance_design: FloatArray
    """B, (M, q)"""
    capacitance_design: FloatArray
    """D, (M, r)"""
    offset: FloatArray
    """b ln(T/T_ref), (M,)"""
    with_rs: bool
    free_exponents: bool = False
    """One exponent per temperature and arc: only for the test of the assumption."""

    def sizes(self, data: SeriesData) -> tuple[int, int, int, int, int]:
        """Numbers of parameters: R block, C block, exponents, R_s, and all."""
        m, M = self.n_arcs, data.temperature_k.size
        q, r = self.resistance_design.shape[1], self.capacitance_design.shape[1]
        n_exp = m * (M if self.free_exponents else 1)
        local = sum(2 * b + l for b, l in zip(data.blocking, data.inductance, strict=True))
        return m * q, m * r, n_exp, int(self.with_rs), m * q + m * r + n_exp + int(self.with_rs) + local


def unpack(
    theta: FloatArray, model: SeriesModel, data: SeriesData
) -> tuple[FloatArray, FloatArray, FloatArray, float, FloatArray]:
    """Ln R (M, m), ln C (M, m), n (M, m), R_s in ohm, and the local parameters."""
    nr, nc, ne, ns, _ = model.sizes(data)
    m, M = model.n_arcs, data.temperature_k.size
    ln_r = model.offset[:, None] + model.resistance_design @ theta[:nr].reshape(m, -1).T
    ln_c = model.capacitance_design @ theta[nr : nr + nc].reshape(m, -1).T
    exponents = theta[nr + nc : nr + nc + ne].reshape(m, -1).T
    n = np.broadcast_to(exponents, (M, m))
    rs = float(np.exp(theta[nr + nc + ne])) if ns else 0.0
    return ln_r, ln_c, n, rs, theta[nr + nc + ne + ns :]


def residuals(
    theta: FloatArray, model: SeriesModel, data: SeriesData, *, jacobian: bool
) -> tuple[FloatArray, FloatArray | None]:
    """Weighted residuals (N,) and, where asked, their Jacobian (N, p)."""
    ln_r, ln_c, n, rs, local = unpack(theta, model, data)
    nr, nc, ne, ns, p = model.sizes(data)
    m, at, t = model.n_arcs, nr + nc + ne + ns, data.index
    e, ln_w = n[t], np.log(data.omega)
    y = ln_w[:, None] + (ln_r + ln_c)[t]
    u = np.exp(np.clip(e * y, -300, 300)) * np.exp(0.5j * np.pi * n)[t]
    arc = np.exp(ln_r)[t] / (1 + u)
    fit = rs + arc.sum(axis=1)
    block = np.zeros((t.size, p), dtype=complex) if jacobian else None
    if block is not None:
        share = arc * (u / (1 + u))
        d_ln_c = -e * share
        d_ln_r = arc + d_ln_c
        d_n = -share * (y + 0.5j * np.pi)
        q, k = nr // m, nc // m
        by_r, by_c = model.resistance_design[t], model.capacitance_design[t]
        for i in range(m):
            block[:, i * q : (i + 1) * q] = d_ln_r[:, i : i + 1] * by_r
            block[:, nr + i * k : nr + (i + 1) * k] = d_ln_c[:, i : i + 1] * by_c
            if model.free_exponents:
                block[np.arange(t.size), nr + nc + i * (ne // m) + t] = d_n[:, i]
            else:
                block[:, nr + nc + i] = d_n[:, i]
        if ns:
            block[:, nr + nc + ne] = rs
    l_at, q_at = (where[t] for where in data.local())
    rows = np.flatnonzero(l_at >= 0)
    if rows.size:
        term = 1j * data.omega[rows] * np.exp(local[l_at[rows]])
        fit[rows] += term
        if block is not None:
            block[rows, at + l_at[rows]] = term
    rows = np.flatnonzero(q_at >= 0)
    if rows.size:
        own, slope = q_at[rows], local[q_at[rows] + 1]
        term = np.exp(-local[own] - slope * ln_w[rows]) * np.exp(-0.5j * np.pi * slope)
        fit[rows] += term
        if block is not None:
            block[rows, at + own] = -term
            block[rows, at + own + 1] = -term * (ln_w[rows] + 0.5j * np.pi)
    res = ((fit - data.impedance_ohm) * data.weight).view(float)
    if block is None:
        return res, None
    block *= data.weight[:, None]
    real = np.empty((2 * t.size, p))
    real[0::2], real[1::2] = block.real, block.imag
    return res, real


def clip(theta: FloatArray, model: SeriesModel, data: SeriesData) -> FloatArray:
    """Exponents back inside their bounds."""
    nr, nc, ne, ns, _ = model.sizes(data)
    out = theta.copy()
    out[nr + nc : nr + nc + ne] = np.clip(out[nr + nc : nr + nc + ne], *N_BOUNDS)
    slopes = nr + nc + ne + ns + 1 + data.local()[1]
    slopes = slopes[data.local()[1] >= 0]
    out[slopes] = np.clip(out[slopes], *BLOCKING_BOUNDS)
    return out


def fit_model(
    theta: FloatArray, model: SeriesModel, data: SeriesData, *, max_iterations: int = 60, tolerance: float = 1e-9
) -> tuple[FloatArray, float]:
    """Levenberg-Marquardt with scaled damping (Marquardt, J. SIAM 11 (1963) 431), exponents clipped to their bounds.

    Returns
    -------
    theta, chi2:
        Best parameters and the sum of squared weighted residuals.
    """
    theta = clip(theta, model, data)
    res, jac = residuals(theta, model, data, jacobian=True)
    chi2, damping = float(res @ res), 1e-2
    for _ in range(max_iterations):
        assert jac is not None
        normal, gradient = jac.T @ jac, jac.T @ res
        scale = np.maximum(np.diag(normal), 1e-12 * np.diag(normal).max())
        moved = False
        for _ in range(8):
            try:
                step = np.linalg.solve(normal + damping * np.diag(scale), -gradient)
            except np.linalg.LinAlgError:
                damping *= 10
                continue
            trial = clip(theta + np.clip(step, -2.0, 2.0), model, data)
            new_res, _ = residuals(trial, model, data, jacobian=False)
            new = float(new_res @ new_res)
            if np.isfinite(new) and new < chi2:
                moved = True
                break
            damping *= 6
        if not moved:
            break
        gain = (chi2 - new) / chi2
        theta, chi2, damping = trial, new, max(damping / 8, 1e-9)
        if gain < tolerance:
            break
        res, jac = residuals(theta, model, data, jacobian=True)
    return theta, chi2


def covariance(theta: FloatArray, model: SeriesModel, data: SeriesData) -> FloatArray:
    """(p, p) inverse of J^T J; parameters at a bound are held (their rows are zero)."""
    _, jac = residuals(theta, model, data, jacobian=True)
    assert jac is not None
    nr, nc, ne, _, p = model.sizes(data)
    exponents = np.arange(nr + nc, nr + nc + ne)
    held = [i for i in exponents if theta[i] <= N_BOUNDS[0] + 1e-9 or theta[i] >= N_BOUNDS[1] - 1e-9]
    free = np.setdiff1d(np.arange(p), held)
    scale = np.sqrt(np.maximum(np.sum(jac[:, free] ** 2, axis=0), 1e-300))
    inner = np.linalg.pinv((jac[:, free] / scale).T @ (jac[:, free] / scale), rcond=1e-14, hermitian=True)
    out = np.zeros((p, p))
    out[np.ix_(free, free)] = inner / np.outer(scale, scale)
    return out


def arrhenius_design(temperature_k: Sequence[float] | FloatArray, t_ref_k: float, kink_k: float | None) -> FloatArray:
    """B: (1, x) with x = (1/T - 1/T_ref)/kB in 1/eV; with a kink, x below and x above it, continuous there."""
    t = np.asarray(temperature_k, dtype=float)
    x = (1 / t - 1 / t_ref_k) / KB_EV_PER_K
    if kink_k is None:
        return np.column_stack([np.ones_like(x), x])
    x0 = (1 / kink_k - 1 / t_ref_k) / KB_EV_PER_K
    return np.column_stack([np.ones_like(x), np.maximum(x, x0), np.minimum(x, x0)])
