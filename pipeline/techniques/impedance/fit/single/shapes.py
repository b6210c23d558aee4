"""Skewed arcs (Davidson-Cole, Havriliak-Negami) in place of R||CPE, where the data ask for them.

A skewed arc looks like two R||CPE arcs, or like one that misses the data by a little: each number of arcs that comes near the data
is fitted again with both exponents of every arc free, and then with every exponent fixed at 1 that may be.  The resistance counts
over all shapes that fit (model_averaging.py): all of them have R at direct current.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.impedance.fit.levenberg_marquardt import Flags, Rows
from pipeline.techniques.impedance.fit.single.circuit import Shape
from pipeline.techniques.impedance.fit.single.diffusion import PLAIN_BIC, RIVAL_BIC, join_rivals
from pipeline.techniques.impedance.fit.single.model_selection import (
    OrderFit,
    Search,
    bic_of_rows,
    refine_order,
    to_order_fit,
)
from pipeline.techniques.impedance.fit.single.variable_projection import fit_rows

NEAR = 0.015
"""Rms misfit of |Z| up to which R||CPE arcs may be skewed ones: the shape of one arc makes no more than this."""
WANTED = 4.0
"""Gain in chi2, in noise variances, that a first step towards skewed arcs must promise: two sigma."""
START_SKEW = (0.9, 0.6)
START_SKEW_MERGED = 0.75


def add_shapes(orders: Sequence[OrderFit], chosen: OrderFit, search: Search, fewest: int) -> list[OrderFit]:
    """The best circuit of each number of arcs from ``fewest`` to that of ``chosen``, skewed arcs being allowed, with its rivals."""
    out = []
    for order in orders:
        m = order.circuit.n_arcs
        asked = fewest <= m <= chosen.circuit.n_arcs and order.chi2 < NEAR**2 * order.n_residuals
        wanted = asked and m > 0 and (order is not chosen or promised_gain(order, search) > WANTED)
        out.append(_join(order, fit_shapes(order, orders, search)) if wanted else order)
    return out


def _join(order: OrderFit, skewed: Sequence[OrderFit]) -> OrderFit:
    """``order``, or the best of ``skewed`` where BIC plainly wants them: by AICc, as one skewed arc is seldom alone."""
    if min((f.bic for f in skewed), default=np.inf) > order.bic - PLAIN_BIC:
        return join_rivals([order, *skewed], order)
    return join_rivals([order, *skewed], min(skewed, key=lambda f: f.aicc))


def promised_gain(order: OrderFit, search: Search) -> float:
    """What a first step towards skewed arcs would lower chi2 by, in noise variances (score test; Rao, Proc. Camb. Phil. Soc. 44
    (1948) 50).
    """
    m = order.circuit.n_arcs
    problem = replace(search.problem, tail=order.circuit.tail, skewed=True)
    x = np.concatenate([order.x[: 2 * m], np.ones(m), order.x[-1:]])[None, :]
    allowed = (order.linear > 0)[None, :]
    here = fit_rows(problem, x, allowed, iterations=0)
    slope, normal = here.gradient[0], here.normal[0]
    free = np.diag(normal) > 0
    free[m : 2 * m] &= (order.x[m : 2 * m] < 1 - 1e-9) & (order.x[m : 2 * m] > 0.5 + 1e-9)
    free[2 * m : 3 * m] &= slope[2 * m : 3 * m] < 0
    if not free[2 * m : 3 * m].any():
        return 0.0
    size = np.sqrt(np.diag(normal)[free])
    inner = normal[np.ix_(free, free)] / np.outer(size, size) + 1e-9 * np.eye(size.size)
    down = slope[free] / size
    noise2 = order.chi2 / max(order.n_residuals - order.circuit.n_free, 1)
    return float(down @ np.linalg.solve(inner, down)) / noise2


def fit_shapes(order: OrderFit, orders: Sequence[OrderFit], search: Search) -> list[OrderFit]:
    """As many arcs as ``order`` has, skewed: the best shapes by AICc first, others within reach after them."""
    m = order.circuit.n_arcs
    search = replace(search, problem=replace(search.problem, tail=order.circuit.tail, skewed=True))
    x = _starts(order, orders)
    allowed = np.ones((len(x), m + 3), dtype=bool)
    allowed[:, -1] = order.circuit.blocking
    if 4 * m + 6 > order.n_residuals:
        return []
    rows = fit_rows(search.problem, x, allowed, iterations=60, tolerance=3e-4, prune={8: 4, 20: 3})
    best = int(np.argmin(rows.chi2))
    proof = int(np.sum(rows.chi2 <= 1.01 * rows.chi2[best])), len(x)
    fits = sorted(_simplify(rows.x[best], rows.c[best] > 0, search, proof), key=lambda f: f.aicc)
    if not fits:
        return []
    refined = refine_order(fits[0], search)
    return [refined, *(f for f in fits[1:] if f.bic < refined.bic + RIVAL_BIC)]


def _starts(order: OrderFit, orders: Sequence[OrderFit]) -> FloatArray:
    """X of the arcs that were found, all of them or one skewed, and of those of the fit with one arc more, without one of them."""
    m, x = order.circuit.n_arcs, order.x
    skews = [np.full(m, b) for b in START_SKEW]
    skews += [np.where(np.arange(m) == i, START_SKEW[1], 1.0) for i in range(m if m > 1 else 0)]
    out = [np.concatenate([x[: 2 * m], b, x[-1:]]) for b in skews]
    for more in orders:
        k = more.circuit.n_arcs
        if k == m + 1 and more.circuit.tail == order.circuit.tail:
            for gone in range(k):
                arcs = np.delete(more.x[: 2 * k], [gone, k + gone])
                out.append(np.concatenate([arcs, np.full(m, START_SKEW_MERGED), more.x[-1:]]))
    return np.array(out)


def _simplify(x: FloatArray, present: Flags, search: Search, proof: tuple[int, int]) -> list[OrderFit]:
    """Fits of all combinations of shapes from ``x``, the lowest BIC first; not that of R||CPE alone."""
    m = (x.size - 1) // 3
    ways = [list(_options(n, b)) for n, b in zip(x[m : 2 * m], x[2 * m : 3 * m], strict=True)]
    shapes: list[tuple[Shape, ...]] = [s for s in product(*ways) if any(k != "cc" for k in s)]
    if not shapes:
        return []
    starts, held = np.tile(x, (len(shapes), 1)), np.zeros((len(shapes), x.size), dtype=bool)
    for row, kinds in enumerate(shapes):
        held[row, m:-1] = [*(k == "dc" for k in kinds), *(k == "cc" for k in kinds)]
    starts[held] = 1.0
    allowed = np.tile(present, (len(shapes), 1))
    terms, size = allowed[:, m:], np.array([3 * m + kinds.count("hn") for kinds in shapes])
    size = size + terms @ np.array([1, 1, 2])

    def worth(rows: Rows) -> FloatArray:
        return bic_of_rows(rows, terms & (rows.c[:, m:] > 0), size, 2 * search.z.size)

    rows = fit_rows(search.problem, starts, allowed, iterations=25, tolerance=1e-4, held=held)
    bic = worth(rows)
    near = [int(i) for i in np.argsort(bic) if bic[i] < bic.min() + RIVAL_BIC]
    return [to_order_fit(rows, i, terms[i] & (rows.c[i, m:] > 0), search, proof, shapes[i]) for i in near]


def _options(n: float, b: float) -> tuple[Shape, ...]:
    """Shapes that an arc with these exponents may have; R||CPE beside a skewed arc only where the data plainly say so."""
    out: list[Shape] = ["hn"]
    if n > 0.9:
        out.append("dc")
    if b > 0.97:
        out.append("cc")
    return tuple(out)
