"""Starting points without a guess: random sets of relaxation times, screened by one small linear solve each.

A grid of relaxations (time constant and exponent) is laid over the window once; the normal equations of any set of arcs are then a
part of one matrix, so that hundreds of sets cost no more than one step of the fit.  The best that differ are taken as starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.impedance.fit.levenberg_marquardt import Flags
from pipeline.techniques.impedance.fit.single.variable_projection import (
    Problem,
    columns,
    diffusion_bounds,
    solve_linear,
)

PER_DECADE = 4
EXPONENTS = (0.82, 0.96)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Relaxations on a grid, and the normal equations of all of them with R_s, L and the blocking tail."""

    ln_tau: FloatArray
    n: FloatArray
    m: float
    """Exponent of the tail, from the slope of the lowest frequencies; of a diffusion ln tau_w."""
    spread: tuple[float, float]
    """Within which every second start draws it: the slope of the last points may be an arc's, not the electrode's."""
    gram: FloatArray
    right: FloatArray
    power: float


def lay_grid(p: Problem) -> Grid:
    """Time constants from beyond the highest to beyond the lowest frequency."""
    fast, slow = np.log(0.2) - p.ln_omega.max(), np.log(3.0) - p.ln_omega.min()
    ln_tau = np.linspace(fast, slow, int(PER_DECADE * (slow - fast) / np.log(10)) + 1)
    m, spread = _tail_exponent(p), (0.75, 1.0)
    if p.tail != "cpe":
        end = diffusion_bounds(p)[1]
        m, spread = end - 3.5, (end - 8.0, end)
    tau = np.tile(ln_tau, len(EXPONENTS))
    n = np.repeat(EXPONENTS, ln_tau.size)
    x = np.concatenate([tau, n, [m]])[None, :]
    linear = columns(p, x)[0, : tau.size + 3]
    return Grid(
        ln_tau=tau,
        n=n,
        m=m,
        spread=spread,
        gram=linear @ linear.T,
        right=linear @ p.target,
        power=float(p.target @ p.target),
    )


def draw_starts(
    grid: Grid, n_arcs: int, terms: Flags, draws: int, keep: int, rng: np.random.Generator, smaller: FloatArray | None
) -> FloatArray:
    """(keep, 2M + 1) starts of x; two fifths of them add an arc to ``smaller``, the x of the best
    fit with one arc less, at times spread over the window.
    """
    g, size = n_arcs, grid.ln_tau.size
    chosen = np.sort(rng.integers(0, size // 2, (draws, g)), axis=1) + rng.integers(0, 2, (draws, g)) * (size // 2)
    index = np.concatenate([chosen, np.broadcast_to(size + np.arange(3), (draws, 3))], axis=1)
    gram = grid.gram[index[:, :, None], index[:, None, :]]
    right = grid.right[index]
    allowed = np.concatenate([np.ones((draws, g), dtype=bool), np.broadcast_to(terms, (draws, 3))], axis=1)
    c = solve_linear(gram, right[:, :, None], allowed, passes=2)[0][:, :, 0]
    cost = grid.power - 2 * np.einsum("sk,sk->s", c, right) + np.einsum("sk,skl,sl->s", c, gram, c)
    order = np.argsort(cost + 1e9 * np.any(c[:, :g] <= 0, axis=1))
    tau, n = grid.ln_tau[chosen][order], grid.n[chosen][order]
    taken: list[int] = []
    for i in range(draws):
        if all(np.abs(tau[i] - tau[j]).max() > 0.5 for j in taken):
            taken.append(i)
        if len(taken) == keep:
            break
    taken += list(range(len(taken), keep))
    x = np.concatenate([tau[taken], n[taken], np.full((keep, 1), grid.m)], axis=1)
    x[:, :g] += rng.normal(0, 0.1, (keep, g))
    x[::2, -1] = rng.uniform(*grid.spread, x[::2, -1].size)
    if smaller is not None and g > 1:
        k, share = g - 1, keep * 2 // 5
        rows = np.arange(keep - share, keep)
        x[rows, :k] = smaller[:k] + rng.normal(0, 0.3, (share, k))
        place = (np.arange(share) + rng.uniform(0, 1, share)) / share
        x[rows, k] = np.quantile(
            grid.ln_tau, 0.5 - 0.5 * np.cos(np.pi * place)
        )  # denser towards the ends of the window
        x[rows, g : g + k] = np.clip(smaller[k : 2 * k] + 0.05, 0.6, 0.98)
        x[rows, 2 * g - 1] = 0.9
        x[rows[::2], -1] = smaller[-1]
    return x


def _tail_exponent(p: Problem) -> float:
    """Slope of ln(-Im Z) against -ln w over the lowest tenth of the points, within the range of a blocking CPE."""
    n = p.weight.size
    k = np.argsort(p.ln_omega)[: max(3, n // 10)]
    im = np.maximum(np.abs(p.target[n:][k] / p.weight[k]), 1e-12)
    return float(np.clip(-np.polyfit(p.ln_omega[k], np.log(im), 1)[0], 0.4, 1.0))
