"""Variable projection for many starts at once: only time constants and exponents are searched for.

    Z(w) = sum_i R_i / (1 + (j w tau_i)^n_i) + R_s + L j w + (1/Q) (j w)^-m

is linear in c = (R_1..R_M, R_s, L, 1/Q) >= 0 once x = (ln tau_i, n_i, m) is given; where the tail is diffusion, R_w stands for 1/Q
and ln tau_w for m (Golub and Pereyra, SIAM J. Numer. Anal. 10
(1973) 413; Jacobian: Kaufman, BIT 15 (1975) 49).  One row for each start (levenberg_marquardt.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.techniques.impedance.fit.levenberg_marquardt import Bounds, Flags, Index, Rows, minimize
from pipeline.techniques.impedance.fit.single.circuit import (
    BLOCKING_BOUNDS,
    N_BOUNDS,
    SKEW_BOUNDS,
    Tail,
    arc_element,
    tail_element,
)


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
    tail: Tail = "cpe"
    skewed: bool = False
    """Arcs have an exponent b_i beside n_i, and x is (ln tau_i, n_i, b_i, m)."""

    def arcs_of(self, x: FloatArray) -> int:
        """Number of arcs of x (s, p)."""
        return int(x.shape[1] - 1) // (3 if self.skewed else 2)


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


def bounds(problem: Problem, n_arcs: int) -> tuple[FloatArray, FloatArray]:
    """Limits of x: time constants three decades beyond the window, exponents physical."""
    slow, fast = -problem.ln_omega.min() + np.log(1e3), -problem.ln_omega.max() - np.log(1e3)
    tail = BLOCKING_BOUNDS if problem.tail == "cpe" else diffusion_bounds(problem)
    skew = n_arcs if problem.skewed else 0
    low = [fast] * n_arcs + [N_BOUNDS[0]] * n_arcs + [SKEW_BOUNDS[0]] * skew + [tail[0]]
    high = [slow] * n_arcs + [N_BOUNDS[1]] * n_arcs + [SKEW_BOUNDS[1]] * skew + [tail[1]]
    return np.array(low), np.array(high)


def diffusion_bounds(problem: Problem) -> tuple[float, float]:
    """Of ln tau_w: slower, its far end would not show at the lowest frequency, and it were a CPE with m = 1/2."""
    return -float(problem.ln_omega.max()), np.log(30.0) - float(problem.ln_omega.min())


def columns(p: Problem, x: FloatArray) -> FloatArray:
    """(s, M + 3 + 2M + 1 + 1, 2n): weighted columns of c, their derivatives by ln tau_i, n_i (b_i) and m for c = 1, the target."""
    s, m, n = x.shape[0], p.arcs_of(x), p.weight.size
    out = np.empty((s, m + 4 + x.shape[1], 2 * n))
    out[:, -1] = p.target
    of = [x[:, k * m : (k + 1) * m, None] for k in range(3 if p.skewed else 2)]
    arcs, *derivatives = arc_element(p.ln_omega, of, p.weight)
    out[:, :m, :n], out[:, :m, n:] = arcs
    for k, by in enumerate(derivatives):
        at = m + 3 + k * m
        out[:, at : at + m, :n], out[:, at : at + m, n:] = by
    out[:, m], out[:, m + 1] = p.series, p.inductance
    tail, by_m = tail_element(p.tail, p.ln_omega, x[:, -1:], p.weight)
    out[:, m + 2, :n], out[:, m + 2, n:] = tail
    out[:, -2, :n], out[:, -2, n:] = by_m
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
    m = p.arcs_of(x)
    k = m + 3
    every = columns(p, x)
    product = every @ every.transpose(0, 2, 1)
    gram, right, power = product[:, :k, :k], product[:, :k, -1], product[:, -1, -1]
    wanted = product[:, :k, k - 1 :].copy()
    wanted[:, :, 0] = right if fixed is None else right - (gram @ fixed[:, :, None])[:, :, 0]
    found, _ = solve_linear(gram, wanted[:, :, :-1], allowed)
    c = found[:, :, 0] if fixed is None else np.where(allowed, found[:, :, 0], fixed)
    of = np.concatenate([*[c[:, :m]] * (3 if p.skewed else 2), c[:, -1:]], axis=1)
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

    def evaluate(x: FloatArray, at: Index) -> Rows:
        return _evaluate(p, x, allowed[at], None if fixed is None else fixed[at])

    low, high = bounds(p, p.arcs_of(x))
    return minimize(evaluate, x, Bounds(low, high), iterations=iterations, tolerance=tolerance, held=held, prune=prune)
