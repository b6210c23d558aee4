"""How many arcs, and which of series resistance, inductance and blocking: decided by the data.

For each number of arcs the circuit with all single terms is fitted from many starts until the best cost was met twice (fit_order):
an arc would fill the place of a term left out of the search.  From there every combination of the single terms is fitted, and the
Bayesian criterion chooses (refine_order).

    BIC = N ln(chi2/N) + p ln N,     AICc = N ln(chi2/N) + 2 p N/(N - p - 1)

Schwarz, Ann. Stat. 6 (1978) 461; Hurvich and Tsai, Biometrika 76 (1989) 297.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.statistics import bic_of
from pipeline.techniques.impedance.fit.levenberg_marquardt import Flags, Rows
from pipeline.techniques.impedance.fit.single.circuit import Circuit, Shape
from pipeline.techniques.impedance.fit.single.starts import Grid, draw_starts
from pipeline.techniques.impedance.fit.single.variable_projection import Problem, fit_rows

DRAWS = 60
"""Random sets of relaxations screened for each start taken."""
ROUNDS = 4
"""Of starts, at most."""
PRUNE = {6: 6, 12: 4}
"""Iteration -> number of the best starts that are carried on."""
FLAT_EXPONENT = 0.6
"""An arc flatter than this often stands for what another minimum explains better: six hits instead of two are asked for."""
ROUGH = 2.0
"""Misfit over the noise of the data beyond which the circuit is not the whole truth and minima are many.  Of the largest number of
arcs six hits are asked for then, and further rounds take the arcs of the best fit away one by one and put them elsewhere."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OrderFit:
    """Best fit of one number of arcs."""

    circuit: Circuit
    theta: FloatArray
    """As circuit.py has it, arcs from the fastest to the slowest."""
    x: FloatArray
    """The same as projection.py has it: ln tau_i, n_i, m."""
    linear: FloatArray
    """R_i, R_s, L, 1/Q or R_w; zero where a term is absent."""
    chi2: float
    """Sum over Re and Im of ((Z_fit - Z)/|Z|)^2."""
    hits: int
    starts: int
    n_residuals: int
    rivals: tuple[OrderFit, ...] = ()
    """The same number of arcs with other single terms, within 20 in BIC."""

    @property
    def bic(self) -> float:
        """Bayesian information criterion, noise unknown."""
        n = self.n_residuals
        return float(bic_of(self.chi2, n, self.circuit.n_free))

    @property
    def aicc(self) -> float:
        """Akaike information criterion, corrected for small samples."""
        n, p = self.n_residuals, self.circuit.n_free
        return n * float(np.log(self.chi2 / n)) + 2 * p * n / max(n - p - 1, 1)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Search:
    """Where a minimum is looked for, and how hard."""

    problem: Problem
    grid: Grid
    z: ComplexArray
    """(n,) in ohm, frequencies descending."""
    noise: float
    """Relative sigma of ``z``."""
    starts: int
    seed: int


def fit_order(
    n_arcs: int,
    search: Search,
    *,
    smaller: OrderFit | None,
    terms: Flags | None = None,
    wide: bool = False,
    last: bool = False,
) -> OrderFit | None:
    """Best fit with ``n_arcs`` arcs, or None where there are fewer residuals than parameters.

    ``smaller`` is the best fit with one arc less: some of the starts split its arcs.  Starts are added until the best cost was met
    twice, at most ``ROUNDS`` times.  ``terms`` are R_s, L and blocking; left out, all three.  ``wide``: not screened, all
    exponents.  ``last``: no larger number of arcs follows.
    """
    problem, grid, z, noise = search.problem, search.grid, search.z, search.noise
    if Circuit(n_arcs=n_arcs, series=True, inductance=True, blocking=True).n_parameters + 3 > 2 * z.size:
        return None
    if n_arcs == 0:
        return _without_arcs(search)
    rng = np.random.default_rng([search.seed, n_arcs])
    terms = np.ones(3, dtype=bool) if terms is None else terms
    hint = smaller.x if smaller is not None and smaller.circuit.n_arcs == n_arcs - 1 else None
    n = max(4, search.starts * (n_arcs + 2) // 5)
    best: Rows | None = None
    hits, used, rough = 0, 0, False
    for turn in range(ROUNDS):
        x = draw_starts(grid, n_arcs, terms, DRAWS * n_arcs * n // 3, n, rng, hint)
        if wide:
            _scatter(x, n_arcs, grid, rng)
        allowed = np.concatenate([np.ones((n, n_arcs), dtype=bool), np.tile(terms, (n, 1))], axis=1)
        rows = fit_rows(problem, x, allowed, iterations=40, tolerance=3e-4, prune=None if wide or rough else PRUNE)
        used += n
        lowest = float(rows.chi2.min())
        if best is None or lowest < best.chi2[0]:
            hits = hits if best is not None and lowest > 0.99 * best.chi2[0] else 0
            best = _best_row(rows)
        hits += int(np.sum(rows.chi2 <= best.chi2[0] * 1.01 + 1e-12 * problem.weight.size))
        flat = bool(np.any(best.x[0, n_arcs : 2 * n_arcs] < FLAT_EXPONENT))
        rough = last and n_arcs > 1 and best.chi2[0] > (ROUGH * noise) ** 2 * 2 * z.size
        proven = hits >= (6 if flat or rough else 2) and not (rough and turn < 2)
        unwanted = not rough and smaller is not None and _bic_gain(smaller, float(best.chi2[0])) < -5
        if proven or unwanted or turn == ROUNDS - 1:
            free = _escape(problem, best, terms)
            used += 0 if free is None else free.chi2.size
            if free is None or free.chi2.min() >= 0.99 * best.chi2[0]:
                break
            best, hits = _best_row(free), int(np.sum(free.chi2 <= free.chi2.min() * 1.01))
            if hits >= 2 or not rough:
                break
        if rough:
            hint = np.delete(best.x[0], [turn % n_arcs, n_arcs + turn % n_arcs])
    assert best is not None
    return to_order_fit(best, 0, terms & (best.c[0, n_arcs:] > 0), search, (hits, used))


def _without_arcs(search: Search) -> OrderFit | None:
    """R_s, L and the blocking element alone, whichever the Bayesian criterion wants."""
    terms = _combinations()[4:]
    rows = fit_rows(search.problem, np.full((4, 1), search.grid.m), terms, iterations=6, tolerance=1e-3)
    bic = bic_of_rows(rows, terms, terms @ np.array([1, 1, 2]), 2 * search.z.size)
    at = int(np.argmin(bic))
    return to_order_fit(rows, at, terms[at], search, (2, 2)) if np.isfinite(bic[at]) else None


def _scatter(x: FloatArray, n_arcs: int, grid: Grid, rng: np.random.Generator) -> None:
    """Starts anywhere in the window, with any exponents."""
    n = x.shape[0]
    x[:, :n_arcs] = rng.uniform(grid.ln_tau.min(), grid.ln_tau.max(), (n, n_arcs))
    x[:, n_arcs:-1] = rng.uniform(0.5, 1.0, (n, n_arcs))
    x[:, -1] = rng.uniform(0.3, 1.0, n) if grid.spread[1] <= 1.0 else rng.uniform(*grid.spread, n)


def _best_row(rows: Rows) -> Rows:
    return rows.take(np.array([int(np.argmin(rows.chi2))]))


def _escape(p: Problem, best: Rows, terms: Flags) -> Rows | None:
    """Fits from the best one with its exponents off their limits: a minimum on a limit may hide a better one inside."""
    m = best.x.shape[1] // 2
    at_limit = (best.x[0, m:] > 1 - 1e-6) | (best.x[0, m:] < 0.5 + 1e-6)
    sloped = bool(terms[2]) and p.tail == "cpe"
    if not at_limit[: m + 1 if sloped else m].any():
        return None
    slopes = (best.x[0, -1], 0.97, 0.75) if sloped else (best.x[0, -1],)
    x = np.repeat(best.x, 2 * len(slopes), axis=0)
    for k, (n, slope) in enumerate(product((0.85, 0.70), slopes)):
        x[k, m : 2 * m][at_limit[:m]] = n
        x[k, -1] = slope
    allowed = np.tile(np.concatenate([np.ones(m, dtype=bool), terms]), (x.shape[0], 1))
    return fit_rows(p, x, allowed, iterations=40, tolerance=3e-4, prune={12: 3})


def refine_order(found: OrderFit, search: Search) -> OrderFit:
    """The same number of arcs with the single terms that the Bayesian criterion wants, among those that come out above zero.

    A diffusion stays: without it the circuit is that of another tail.
    """
    m, terms, problem, z = found.circuit.n_arcs, _combinations(), search.problem, search.z
    terms = terms if m else terms[4:]
    terms = terms if problem.tail == "cpe" else terms[terms[:, 2]]
    x = np.repeat(found.x[None, :], len(terms), axis=0)
    x[:, -1] = found.x[-1] if found.circuit.blocking else 0.9
    allowed = np.concatenate([np.ones((len(terms), m), dtype=bool), terms], axis=1)
    held = np.tile(found.circuit.held(), (len(terms), 1))
    rows = fit_rows(problem, x, allowed, iterations=5, tolerance=3e-3, held=held)
    size = found.circuit.n_free - found.circuit.n_terms + terms @ np.array([1, 1, 2])
    bic = bic_of_rows(rows, terms, size, 2 * z.size)
    near = np.flatnonzero(bic < bic.min() + 20)
    if near.size == 0:
        return found
    rows = fit_rows(problem, rows.x[near], allowed[near], iterations=40, tolerance=1e-5, held=held[near])
    terms, size = terms[near], size[near]
    bic = bic_of_rows(rows, terms, size, 2 * z.size)
    order = [int(i) for i in np.argsort(bic) if np.isfinite(bic[i])]
    if not order:
        return found
    proof = found.hits, found.starts
    fits = [to_order_fit(rows, i, terms[i], search, proof, found.circuit.shapes) for i in order]
    return replace(fits[0], rivals=tuple(fits[1:]))


def _bic_gain(smaller: OrderFit, chi2: float) -> float:
    """By how much one arc more lowers BIC."""
    n = smaller.n_residuals
    return n * float(np.log(smaller.chi2 / max(chi2, 1e-300))) - 3 * float(np.log(n))


def _combinations() -> Flags:
    """(8, 3): R_s, L, blocking."""
    return np.array(list(product((False, True), repeat=3)))


def bic_of_rows(rows: Rows, terms: Flags, size: FloatArray, n: int) -> FloatArray:
    """BIC of every row of ``size`` (s,) parameters and ``n`` residuals; infinite where a term of its own is zero."""
    m = rows.c.shape[1] - 3
    empty = np.any(terms & (rows.c[:, m:] <= 0), axis=1) | ((m == 0) & ~terms[:, 0])
    return np.where(empty, np.inf, bic_of(np.maximum(rows.chi2, 1e-300), n, size))


def search_again(found: OrderFit, search: Search) -> OrderFit:
    """Many starts with the terms that were chosen, where the circuit is not the whole truth: minima are many there."""
    c = found.circuit
    if c.n_arcs == 0 or c.shapes or found.chi2 <= (ROUGH * search.noise) ** 2 * found.n_residuals:
        return found
    terms = np.array([c.series, c.inductance, c.blocking])
    again = fit_order(c.n_arcs, search, smaller=None, terms=terms, wide=True)
    if again is None or again.circuit != c or again.chi2 > 0.999 * found.chi2:
        return found
    return replace(again, rivals=found.rivals)


def finish(found: OrderFit, search: Search) -> OrderFit:
    """The same minimum to the last digits that chi2 can tell apart."""
    c = found.circuit
    terms = np.array([c.series, c.inductance, c.blocking])
    allowed = np.concatenate([np.ones(c.n_arcs, dtype=bool), terms])[None, :]
    held = c.held()[None, :]
    rows = fit_rows(search.problem, found.x[None, :], allowed, iterations=30, tolerance=1e-10, held=held)
    if np.any(rows.c[0, c.n_arcs :][terms] <= 0):
        return found
    done = to_order_fit(rows, 0, terms, search, (found.hits, found.starts), c.shapes)
    return replace(done, rivals=found.rivals)


def to_order_fit(
    rows: Rows, at: int, terms: Flags, search: Search, proof: tuple[int, int], shapes: tuple[Shape, ...] = ()
) -> OrderFit:
    """One row of a fit; ``terms`` are R_s, L and the tail, ``proof`` the hits and the starts, ``shapes`` in the order of x."""
    z, tail = search.z, search.problem.tail
    x, c, chi2 = rows.x[at], rows.c[at], float(rows.chi2[at])
    m = c.size - 3
    order = np.argsort(x[:m])
    x = np.concatenate([x[:-1].reshape(-1, m)[:, order].ravel(), x[-1:]]) if m else x
    shapes = tuple(shapes[i] for i in order) if shapes else ()
    c = np.concatenate([c[:m][order], c[m:]])
    circuit = Circuit(
        n_arcs=m, series=bool(terms[0]), inductance=bool(terms[1]), blocking=bool(terms[2]), shapes=shapes
    )
    circuit = replace(circuit, tail=tail) if terms[2] else circuit
    theta = [np.log(np.maximum(c[:m], 1e-9 * np.abs(z).min())), x[:-1]]
    theta += [np.log(c[m : m + 1])] if terms[0] else []
    theta += [np.log(c[m + 1 : m + 2])] if terms[1] else []
    theta += [np.log(c[m + 2 :]) * (-1 if tail == "cpe" else 1), x[-1:]] if terms[2] else []
    return OrderFit(
        circuit=circuit,
        theta=np.concatenate(theta),
        x=x,
        linear=c,
        chi2=chi2,
        hits=proof[0],
        starts=proof[1],
        n_residuals=2 * z.size,
    )
