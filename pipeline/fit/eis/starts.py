"""Starting points: random time constants and exponents with resistances by linear least squares, and splits of a smaller fit.

Z is linear in every R_i once tau_i and n_i are given (variable projection: Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973) 413).
"""

from __future__ import annotations

import numpy as np

from pipeline.fit.eis.circuit import Circuit
from pipeline.model.measurement import ComplexArray, FloatArray


def draw_starts(
    circuit: Circuit, omega: FloatArray, z: ComplexArray, n: int, rng: np.random.Generator, smaller: FloatArray | None
) -> FloatArray:
    """(n, p) starts; half of them split an arc of ``smaller``, the best theta of the circuit with one arc less, if given."""
    m = circuit.n_arcs
    low, high = np.log(0.3 / omega.max()), np.log(0.3 / omega.min())
    tau = np.sort(rng.uniform(low, high, (n, m)), axis=1)
    exponents = rng.uniform(0.75, 1.0, (n, m))
    if smaller is not None and m > 1:
        half = n // 2
        k = m - 1
        tau[:half, :k] = smaller[k : 2 * k] + rng.normal(0, 0.7, (half, k))
        exponents[:half, :k] = np.clip(smaller[2 * k : 3 * k] + 0.1, 0.6, 1.0)
    q, slope = _tail(omega, z)
    theta = np.empty((n, circuit.n_parameters))
    for s in range(n):
        theta[s] = _solve(circuit, omega, z, tau[s], exponents[s], q, slope)
    return theta


def _tail(omega: FloatArray, z: ComplexArray) -> tuple[float, float]:
    """Ln Q and m of the lowest frequencies taken as a CPE."""
    k = max(3, omega.size // 10)
    w, zz = omega[-k:], np.maximum(np.abs(z.imag[-k:]), 1e-12)
    slope = float(np.clip(-np.polyfit(np.log(w), np.log(zz), 1)[0], 0.4, 1.0))
    q = np.sin(np.pi * slope / 2) / (zz[-1] * w[-1] ** slope)
    return float(np.log(q)), slope


def _solve(
    circuit: Circuit, omega: FloatArray, z: ComplexArray, ln_tau: FloatArray, n: FloatArray, ln_q: float, slope: float
) -> FloatArray:
    """Theta with the linear terms by weighted least squares, those below zero set small."""
    m, jw = circuit.n_arcs, 1j * omega
    u = np.exp(n * (np.log(omega)[:, None] + ln_tau)) * np.exp(0.5j * np.pi * n)
    columns = [1 / (1 + u)]
    if circuit.series:
        columns.append(np.ones((omega.size, 1), dtype=complex))
    if circuit.inductance:
        columns.append(jw[:, None])
    if circuit.blocking:
        columns.append((jw**-slope)[:, None])
    design = np.concatenate(columns, axis=1) / np.abs(z)[:, None]
    real = np.concatenate([design.real, design.imag])
    target = np.concatenate([z.real, z.imag]) / np.concatenate([np.abs(z)] * 2)
    norm = np.maximum(np.linalg.norm(real, axis=0), 1e-300)
    x = np.linalg.lstsq(real / norm, target, rcond=1e-8)[0] / norm
    total = float(np.abs(z.real).max())
    x = np.where(x > 0, x, 0)
    theta = [np.log(np.maximum(x[:m], 0.02 * total)), ln_tau, n]
    at = m
    if circuit.series:
        theta.append(np.array([np.log(max(x[at], 0.05 * np.abs(z).min()))]))
        at += 1
    if circuit.inductance:
        theta.append(np.array([np.log(max(x[at], 1e-9))]))
        at += 1
    if circuit.blocking:
        theta.append(np.array([-np.log(x[at]) if x[at] > 0 else ln_q, slope]))
    return np.concatenate(theta)
