"""The best fit of a circuit that a person wrote: random starts, screened by a linear solve, refined all at once.

Every part that stands in series from end to end is first drawn at a random time constant with its impedance near |Z|; how much of
each the data want is one non-negative linear problem, so that hundreds of draws cost no more than a step of the fit.  The best
that differ are refined (levenberg_marquardt.py) until the lowest cost was met by independent starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.impedance.circuits import CircuitTree, Leaf
from pipeline.techniques.impedance.fit.circuits.model import (
    Data,
    impedance_and_jacobian,
    leaves_of,
    parameters_of,
    part_impedance,
    theta_of,
)
from pipeline.techniques.impedance.fit.levenberg_marquardt import Bounds, Index, Rows, minimize
from pipeline.techniques.impedance.fit.single.variable_projection import solve_linear

DRAWS = 40
"""Random sets screened for each start taken."""
ROUNDS = 6
"""Of starts, at most."""
HITS = 3
"""Starts that must meet in the lowest cost, in two rounds or more."""
SAME = 1e-4
"""Costs this near, relative, are one minimum."""
MARGIN_DECADES = 6.0
"""How far beyond what the data can show a parameter may go."""
LOWEST_EXPONENT = 1e-3
PRUNE = {8: 0.6, 20: 0.35}
"""Iteration -> share of the starts that are carried on."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A circuit, the data, which parameters are held, and how far the others may go."""

    tree: CircuitTree
    data: Data
    held: FloatArray
    """(p,) theta of the parameters that are held, NaN for the free ones."""
    low: FloatArray
    """(p,) of theta."""
    high: FloatArray

    @property
    def free(self) -> Index:
        """(k,) positions of the free parameters."""
        return np.flatnonzero(np.isnan(self.held))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Found:
    """The best fit."""

    theta: FloatArray
    chi2: float
    """Sum over Re and Im of ((Z_fit - Z)/|Z|)^2."""
    hits: int
    starts: int


def pose(tree: CircuitTree, data: Data, fixed: dict[str, float]) -> Problem:
    """Bounds from the data: impedances and time constants ``MARGIN_DECADES`` beyond those measured, exponents from 0 to 1."""
    held = np.array([fixed.get(name, np.nan) for name in tree.names])
    ln_z = np.log(np.abs(data.z))
    ln_w = np.log(data.omega)
    wide = MARGIN_DECADES * np.log(10)
    z, tau = (ln_z.min() - wide, ln_z.max() + wide), (-ln_w.max() - wide, -ln_w.min() + wide)
    low, high = np.empty(len(tree.names)), np.empty(len(tree.names))
    for i, (unit, exponent) in enumerate(zip(tree.units, tree.exponents, strict=True)):
        if exponent:
            low[i], high[i] = LOWEST_EXPONENT, 1.0
        elif unit.startswith(("Ohm^-1", "F")):
            low[i], high[i] = min(0.0, tau[0]) - z[1], max(0.0, tau[1]) - z[0]
        elif unit.startswith("H") or unit == "Ohm sec^-1/2":
            low[i], high[i] = z[0] + min(0.0, tau[0]), z[1] + max(0.0, tau[1], -tau[0])
        elif unit.startswith("Ohm"):
            low[i], high[i] = z
        elif unit == "sec":
            low[i], high[i] = tau
        else:
            low[i], high[i] = np.log(1e-6), np.log(1e6)
    theta = np.where(np.isnan(held), np.nan, theta_of(tree, np.where(np.isnan(held), 0.5, held)))
    return Problem(tree, data, theta, low, high)


def evaluate(problem: Problem, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Residuals (s, 2n) (Z_fit - Z)/|Z| of theta (s, p), real parts first, and their derivatives (s, p, 2n)."""
    z, jacobian = impedance_and_jacobian(problem.tree, theta, problem.data.omega)
    w = problem.data.weight
    residual = (z - problem.data.z) * w
    jacobian = jacobian * w
    return np.concatenate([residual.real, residual.imag], axis=1), np.concatenate(
        [jacobian.real, jacobian.imag], axis=2
    )


def refine(
    problem: Problem, theta: FloatArray, *, iterations: int, tolerance: float, prune: dict[int, int] | None = None
) -> Rows:
    """From every row of theta (s, p) downhill; in the rows, x is theta.

    Q of a constant phase element is moved together with its exponent about the frequency where the row began: Q alone is the
    admittance at 1 rad/s, far outside most spectra, and hardly moves without it.
    """
    free, tree = problem.free, problem.tree
    pivot = _pivots(tree, theta, problem.data.omega)
    q, n = _constant_phases(tree)
    low, high = problem.low.copy(), problem.high.copy()
    if q.size:
        ln_z, wide = np.log(np.abs(problem.data.z)), MARGIN_DECADES * np.log(10)
        low[q], high[q] = -ln_z.max() - wide, -ln_z.min() + wide
    whole = theta.copy()

    def inner(x: FloatArray, at: Index) -> FloatArray:
        full = whole[at].copy()
        full[:, free] = x
        full[:, q] -= np.where(np.isin(q, free), full[:, n] * pivot[at], 0.0)
        return full

    def rows(x: FloatArray, at: Index) -> Rows:
        residual, jacobian = evaluate(problem, inner(x, at))
        jacobian[:, n] -= np.where(np.isin(q, free), pivot[at], 0.0)[:, :, None] * jacobian[:, q]
        j = np.nan_to_num(jacobian[:, free])
        chi2 = (residual**2).sum(axis=1)
        residual = np.nan_to_num(residual)
        chi2 = np.where(np.isfinite(chi2), chi2, np.inf)
        return Rows(x, np.empty((x.shape[0], 0)), chi2, j @ j.transpose(0, 2, 1), -(j @ residual[:, :, None])[:, :, 0])

    start = theta.copy()
    start[:, q] += np.where(np.isin(q, free), start[:, n] * pivot, 0.0)
    bounds = Bounds(low[free], high[free])
    found = minimize(rows, start[:, free], bounds, iterations=iterations, tolerance=tolerance, prune=prune)
    found.x = inner(found.x, np.arange(theta.shape[0]))
    return found


def _constant_phases(tree: CircuitTree) -> tuple[Index, Index]:
    """Positions of Q and of the exponent of every constant phase element."""
    at = np.array([leaf.at for leaf in tree.leaves if leaf.kind == "CPE"], dtype=int)
    return at, at + 1


def _pivots(tree: CircuitTree, theta: FloatArray, omega: FloatArray) -> FloatArray:
    """(s, number of constant phase elements) ln w at which the element's |Z| is that of the first resistance beside it, else the
    lowest ten-fold of the window; never outside the window.
    """
    ln_w = np.log(omega)
    out = np.empty((theta.shape[0], sum(leaf.kind == "CPE" for leaf in tree.leaves)))
    beside: dict[str, int] = {}
    for part in tree.parts:
        resistors = [leaf.at for leaf in leaves_of(part) if leaf.kind == "R"]
        beside |= {leaf.name: resistors[0] for leaf in leaves_of(part) if resistors and not isinstance(part, Leaf)}
    for k, leaf in enumerate(leaf for leaf in tree.leaves if leaf.kind == "CPE"):
        ln_q, n = theta[:, leaf.at], np.maximum(theta[:, leaf.at + 1], 0.05)
        r = beside.get(leaf.name)
        out[:, k] = ln_w.min() + 1.0 if r is None else -(ln_q + theta[:, r]) / n
    return np.clip(out, ln_w.min(), ln_w.max())


def draw(problem: Problem, n: int, rng: np.random.Generator) -> FloatArray:
    """(n, p) theta: time constants anywhere in the window, impedances near |Z|."""
    tree, ln_w = problem.tree, np.log(problem.data.omega)
    ln_z = float(np.log(np.median(np.abs(problem.data.z))))
    out = np.empty((n, len(tree.names)))
    for part in tree.parts:
        for leaf in leaves_of(part):
            ln_tau = rng.uniform(np.log(0.2) - ln_w.max(), np.log(5.0) - ln_w.min(), n)
            ln_r = ln_z + (np.zeros(n) if isinstance(part, Leaf) else rng.uniform(-1.0, 1.0, n))
            exponent = rng.uniform(0.55, 1.0, n)
            for i, unit in enumerate(tree.elements[leaf.kind].units):
                out[:, leaf.at + i] = _draw_one(unit, tree.exponents[leaf.at + i], ln_r, ln_tau, exponent, rng)
    return np.where(np.isnan(problem.held), np.clip(out, problem.low, problem.high), problem.held)


def _draw_one(
    unit: str, is_exponent: bool, ln_r: FloatArray, ln_tau: FloatArray, exponent: FloatArray, rng: np.random.Generator
) -> FloatArray:
    if is_exponent:
        return exponent
    if unit == "sec":
        return ln_tau
    if unit.startswith(("Ohm^-1", "F sec")):
        return exponent * ln_tau - ln_r
    if unit.startswith("F"):
        return ln_tau - ln_r
    if unit.startswith("H"):
        return ln_r + ln_tau
    if unit == "Ohm sec^-1/2":
        return ln_r - ln_tau / 2
    if unit.startswith("Ohm"):
        return ln_r
    return rng.uniform(np.log(0.1), np.log(10.0), ln_tau.size)


def screen(problem: Problem, theta: FloatArray, keep: int) -> FloatArray:
    """The (keep, p) draws that fit best, with as much of every part as the data want."""
    tree, data = problem.tree, problem.data
    p, w, size = parameters_of(tree, theta), data.weight, len(tree.parts)
    shapes = np.empty((theta.shape[0], size, 2 * w.size))
    with np.errstate(all="ignore"):
        for k, part in enumerate(tree.parts):
            z = part_impedance(tree, part, p, data.omega) * w
            shapes[:, k] = np.nan_to_num(np.concatenate([z.real, z.imag], axis=1))
    target = np.concatenate([(data.z * w).real, (data.z * w).imag])
    scales = [_scaling(problem, leaves_of(part)) for part in tree.parts]
    movable = np.array([s is not None for s in scales])
    rest = target - shapes[:, ~movable].sum(axis=1)
    gram = shapes @ shapes.transpose(0, 2, 1)
    right = (shapes @ rest[:, :, None])[:, :, 0]
    allowed = np.broadcast_to(movable, (theta.shape[0], size)).copy()
    c = solve_linear(gram, right[:, :, None], allowed, passes=4)[0][:, :, 0]
    cost = (rest**2).sum(axis=1) - 2 * (c * right).sum(axis=1) + ((gram @ c[:, :, None])[:, :, 0] * c).sum(axis=1)
    out = theta.copy()
    for k, scale in enumerate(scales):
        if scale is not None:
            out += np.log(np.maximum(c[:, k, None], 1e-3)) * scale
    out = np.where(np.isnan(problem.held), np.clip(out, problem.low, problem.high), problem.held)
    order = np.argsort(np.where(np.isfinite(cost), cost, np.inf))
    taken = list[int]()
    for i in order:
        if all(np.abs(theta[i] - theta[j]).max() > 0.5 for j in taken):
            taken.append(int(i))
        if len(taken) == keep:
            break
    return out[taken]


def _scaling(problem: Problem, leaves: list[Leaf]) -> FloatArray | None:
    """(p,) what is added to theta when a part's impedance grows by the factor e; None where a held parameter forbids it."""
    out = np.zeros(problem.held.size)
    for leaf in leaves:
        for i, unit in enumerate(problem.tree.elements[leaf.kind].units):
            down = unit.startswith(("Ohm^-1", "F"))
            out[leaf.at + i] = -1.0 if down else 1.0 if unit.startswith(("Ohm", "H")) else 0.0
    return None if np.any((out != 0) & ~np.isnan(problem.held)) else out


def search(problem: Problem, starts: int, seed: int) -> Found:
    """The lowest minimum of many starts, refined to the last digits that chi2 can tell apart."""
    rng = np.random.default_rng([seed, len(problem.tree.names)])
    size = max(6, starts * (len(problem.tree.parts) + 2) // 4)
    best, chi2, hits, used = np.empty(0), np.inf, 0, 0
    for turn in range(ROUNDS):
        theta = screen(problem, draw(problem, DRAWS * size, rng), size)
        used += theta.shape[0]
        prune = {at: max(3, int(share * size)) for at, share in PRUNE.items()}
        rows = refine(problem, theta, iterations=60, tolerance=1e-5, prune=prune)
        near = np.argsort(rows.chi2)[:4]
        rows = refine(problem, rows.x[near], iterations=60, tolerance=1e-9)
        at = int(np.argmin(rows.chi2))
        if rows.chi2[at] < chi2:
            hits = hits if rows.chi2[at] > (1 - SAME) * chi2 else 0
            best, chi2 = rows.x[at], float(rows.chi2[at])
        hits += int(np.sum(rows.chi2 <= (1 + SAME) * chi2))
        if hits >= HITS and turn > 0:
            break
    done = refine(problem, best[None, :], iterations=100, tolerance=1e-13)
    return Found(theta=done.x[0], chi2=float(done.chi2[0]), hits=hits, starts=used)
