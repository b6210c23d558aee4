"""Variable projection for many starts at once: only time constants and exponents are searched for.

    Z(w) = sum_i R_i / (1 + (j w tau_i)^n_i) + R_s + L j w + (1/Q) (j w)^-m

is linear in c = (R_1..R_M, R_s, L, 1/Q) >= 0 once x = (ln tau_i, n_i, m) is given (Golub and Pereyra, SIAM J. Numer. Anal. 10
(1973) 413; Jacobian: Kaufman, BIT 15 (1975) 49).  Levenberg-Marquardt in x with scaled damping (Marquardt, J. SIAM 11 (1963)
431), one row per start; bounds by clipping, a parameter at a bound that wants out is held for the step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.techniques.impedance.fit.single.circuit import BLOCKING_BOUNDS, N_BOUNDS

Flags = NDArray[np.bool_]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One spectrum, prepared: everything that does not depend on x. Weights are 1/|Z|."""

    ln_omega: FloatArray
    weight: FloatArray
    target: FloatArray
    """(2n,) Re Z/|Z|, then Im Z/|Z|."""
    series: FloatArray
    """(2n,) column of R_s."""
    inductance: FloatArray
    """(2n,) column of L."""


def prepare(omega: FloatArray, z: ComplexArray) -> Problem:
    """Omega (n,) in rad/s, z (n,) in ohm."""
    w = 1 / np.abs(z)
    zero = np.zeros_like(w)
    return Problem(
        ln_omega=np.log(omega),
        weight=w,
        target=np.concatenate([z.real * w, z.imag * w]),
        series=np.concatenate([w, zero]),
        inductance=np.concatenate([zero, omega * w]),
    )


@dataclass(slots=True, eq=False)
class Rows:
    """State of every start: nonlinear x (s, 2M + 1), linear c (s, M + 3), cost, and the normal equations in x."""

    x: FloatArray
    c: FloatArray
    chi2: FloatArray
    normal: FloatArray
    gradient: FloatArray

    def take(self, index: Index) -> Rows:
        """These rows."""
        return Rows(self.x[index], self.c[index], self.chi2[index], self.normal[index], self.gradient[index])

    def put(self, index: Index, other: Rows) -> None:
        """Replace these rows."""
        for name in ("x", "c", "chi2", "normal", "gradient"):
            getattr(self, name)[index] = getattr(other, name)


def bounds(problem: Problem, n_arcs: int) -> tuple[FloatArray, FloatArray]:
    """Limits of x: time constants three decades beyond the window, exponents physical."""
    slow, fast = -problem.ln_omega.min() + np.log(1e3), -problem.ln_omega.max() - np.log(1e3)
    low = [fast] * n_arcs + [N_BOUNDS[0]] * n_arcs + [BLOCKING_BOUNDS[0]]
    high = [slow] * n_arcs + [N_BOUNDS[1]] * n_arcs + [BLOCKING_BOUNDS[1]]
    return np.array(low), np.array(high)


def columns(p: Problem, x: FloatArray) -> FloatArray:
    """(s, M + 3 + 2M + 1 + 1, 2n): weighted columns of c, their derivatives by ln tau_i, n_i and m for c = 1, the target."""
    s, m, n = x.shape[0], x.shape[1] // 2, p.weight.size
    out = np.empty((s, 3 * m + 5, 2 * n))
    out[:, -1] = p.target
    if m:
        e = x[:, m : 2 * m, None]
        y = p.ln_omega + x[:, :m, None]
        v = np.exp(e * y)
        a, b = 1 + v * np.cos(np.pi / 2 * e), v * np.sin(np.pi / 2 * e)
        d = a * a + b * b
        re, im = a / d, b / -d
        out[:, :m, :n], out[:, :m, n:] = re * p.weight, im * p.weight
        s_re, s_im = (re - re * re + im * im) * -p.weight, (im - 2 * re * im) * -p.weight
        at = m + 3
        out[:, at : at + m, :n], out[:, at : at + m, n:] = e * s_re, e * s_im
        out[:, at + m : at + 2 * m, :n] = s_re * y - np.pi / 2 * s_im
        out[:, at + m : at + 2 * m, n:] = s_im * y + np.pi / 2 * s_re
    out[:, m], out[:, m + 1] = p.series, p.inductance
    e = x[:, -1:]
    v = np.exp(-e * p.ln_omega) * p.weight
    t_re, t_im = v * np.cos(np.pi / 2 * e), v * -np.sin(np.pi / 2 * e)
    out[:, m + 2, :n], out[:, m + 2, n:] = t_re, t_im
    out[:, -2, :n], out[:, -2, n:] = np.pi / 2 * t_im - t_re * p.ln_omega, -t_im * p.ln_omega - np.pi / 2 * t_re
    return out


def solve_linear(gram: FloatArray, right: FloatArray, allowed: Flags, passes: int = 9) -> tuple[FloatArray, Flags]:
    """Non-negative solution of the normal equations of every row by an active set.

    Parameters
    ----------
    gram, right:
        (s, k, k) and (s, k, r); the first column of ``right`` decides what is negative.
    allowed:
        (s, k) which unknowns may differ from zero.

    Returns
    -------
    solution, free:
        (s, k, r), zero where not free, and (s, k) which unknowns are above zero.
    """
    k = gram.shape[1]
    diagonal = np.arange(k)
    scale = 1 / np.sqrt(np.maximum(gram[:, diagonal, diagonal], 1e-300))
    gram = gram * scale[:, :, None] * scale[:, None, :]
    gram[:, diagonal, diagonal] = 1 + 1e-13
    right = right * scale[:, :, None]
    free = allowed.copy()
    for _ in range(min(k, passes)):
        if free.all():
            found = np.linalg.solve(gram, right)
        else:
            masked = gram * (free[:, :, None] & free[:, None, :])
            masked[:, diagonal, diagonal] = 1 + 1e-13
            found = np.linalg.solve(masked, right * free[:, :, None])
        bad = free & (found[:, :, 0] <= 0)
        if not bad.any():
            break
        free &= ~bad
    return found * (scale * free)[:, :, None], free


def _evaluate(p: Problem, x: FloatArray, allowed: Flags, fixed: FloatArray | None) -> Rows:
    m = x.shape[1] // 2
    k = m + 3
    every = columns(p, x)
    product = every @ every.transpose(0, 2, 1)
    gram, right, power = product[:, :k, :k], product[:, :k, -1], product[:, -1, -1]
    wanted = product[:, :k, k - 1 :].copy()
    wanted[:, :, 0] = right if fixed is None else right - (gram @ fixed[:, :, None])[:, :, 0]
    found, _ = solve_linear(gram, wanted[:, :, :-1], allowed)
    c = found[:, :, 0] if fixed is None else np.where(allowed, found[:, :, 0], fixed)
    of = np.concatenate([c[:, :m], c[:, :m], c[:, -1:]], axis=1)
    cross = product[:, k:-1, :k]
    slope = (product[:, k:-1, -1] - (cross @ c[:, :, None])[:, :, 0]) * of
    normal = (product[:, k:-1, k:-1] - cross @ found[:, :, 1:]) * of[:, :, None] * of[:, None, :]
    chi2 = power + ((gram @ c[:, :, None])[:, :, 0] * c - 2 * c * right).sum(axis=1)
    floor = 1e-13 * power
    return Rows(x, c, np.where(np.isfinite(chi2), np.maximum(chi2, floor), np.inf), normal, slope)


def fit_rows(
    p: Problem,
    x: FloatArray,
    allowed: Flags,
    *,
    iterations: int,
    tolerance: float = 1e-7,
    fixed: FloatArray | None = None,
    held: Flags | None = None,
    prune: Mapping[int, int] | None = None,
) -> Rows:
    """Fit from every row of x.

    Parameters
    ----------
    x:
        (s, 2M + 1) starts: ln tau_i, n_i, m.
    allowed:
        (s, M + 3) which linear terms may be above zero.
    fixed:
        (s, M + 3) values of the terms that are not allowed to move; zero where they are absent or allowed.
    held:
        (s, 2M + 1) which of x keep their start.
    prune:
        Iteration -> number of best rows that are carried on from there.
    """
    low, high = bounds(p, x.shape[1] // 2)
    rows = _evaluate(p, np.clip(x, low, high), allowed, fixed)
    damping, active = np.full(x.shape[0], 1e-2), np.arange(x.shape[0])
    diagonal = np.arange(x.shape[1])
    for i in range(iterations):
        here, slope, normal = rows.x[active], rows.gradient[active], rows.normal[active]
        free = ~(((here <= low) & (slope < 0)) | ((here >= high) & (slope > 0)))
        if held is not None:
            free &= ~held[active]
        size = normal[:, diagonal, diagonal]
        scale = free / np.sqrt(np.maximum(size, 1e-10 * size.max(axis=1, keepdims=True) + 1e-300))
        matrix = normal * scale[:, :, None] * scale[:, None, :]
        matrix[:, diagonal, diagonal] = 1 + damping[active, None]
        step = np.linalg.solve(matrix, (slope * scale)[:, :, None])[:, :, 0] * scale
        trial = _evaluate(
            p,
            np.clip(here + np.clip(step, -1.5, 1.5), low, high),
            allowed[active],
            None if fixed is None else fixed[active],
        )
        before = rows.chi2[active]
        better = trial.chi2 < before
        gain = np.where(better, 1 - trial.chi2 / before, 1.0)
        rows.put(active[better], trial.take(np.flatnonzero(better)))
        damping[active] *= np.where(better, 1 / 8, 5.0)
        active = active[(gain > tolerance) & (damping[active] < 1e6)]
        if prune is not None and i + 1 in prune:
            active = active[np.argsort(rows.chi2[active])[: prune[i + 1]]]
        if active.size == 0:
            break
    return rows
