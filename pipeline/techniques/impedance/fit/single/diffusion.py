"""Diffusion at the electrodes in place of a blocking CPE, where the search with a CPE alone leaves room for it.

Arcs alone make an arc of R_w/3 out of the foot of a blocked diffusion, and one of R_w out of a diffusion that is let through: both
belong to an electrode.  Each number of arcs is fitted again with either diffusion, from the arcs that were found, one of them left
out where it may be the diffusion itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.impedance.fit.single.circuit import Tail
from pipeline.techniques.impedance.fit.single.model_selection import OrderFit, Search, refine_order, to_order_fit
from pipeline.techniques.impedance.fit.single.variable_projection import diffusion_bounds, fit_rows

ELECTRODE_RATIO = 3e3
"""Capacitance over the smallest of an arc from which on a process is an electrode's: the smallest electrode (1e-7 F/cm) over the
largest bulk (1e-11 F/cm) of Irvine, Sinclair and West, Adv. Mater. 2 (1990) 132, less a factor 3."""
PLACES = (0.1, 1.0, 10.0)
"""Starts of tau_w, times the lowest frequency in rad/s."""
MISFIT = 1.2
"""Over the noise, which is itself known to a tenth."""
FLAT_TAIL = 0.7
"""Exponent of a CPE: half way from diffusion (1/2) to a smooth electrode's 0.9."""
SURE_RATIO = 1e5
"""The same over a bulk of eps_r 10 (1e-12 F/cm): beyond it even an arc that closes in the window is an electrode's."""
PLAIN_BIC = 6.0
"""Strong evidence, Kass and Raftery, J. Am. Stat. Assoc. 90 (1995) 773: with less the usual circuit is kept."""
RIVAL_BIC = 20.0
"""Worse than this a circuit has no say."""


def asks_for_diffusion(chosen: OrderFit, search: Search) -> bool:
    """Whether the best fit with a CPE leaves room for one.

    Its misfit is beyond the noise, its tail as flat as a diffusion, or its slowest arc has an electrode's capacitance.
    """
    m = chosen.circuit.n_arcs
    if chosen.chi2 > (MISFIT * search.noise) ** 2 * chosen.n_residuals:
        return True
    if chosen.circuit.blocking and chosen.x[-1] < FLAT_TAIL:
        return True
    ln_c = chosen.x[:m] - chosen.theta[:m]
    closed = m > 0 and chosen.x[m - 1] < -float(search.problem.ln_omega.min())
    return m > 0 and bool(ln_c[-1] - ln_c.min() > np.log(SURE_RATIO if closed else ELECTRODE_RATIO))


def add_diffusion(orders: Sequence[OrderFit], most: int, search: Search) -> list[OrderFit]:
    """The best circuit of each number of arcs up to ``most``, a diffusion being allowed; the others within reach are its rivals."""
    out = []
    for order in orders:
        m = order.circuit.n_arcs
        found = [fit_diffusion(kind, m, orders, search) for kind in ("open", "short")] if m <= most else []
        fits = [order, *(f for f in found if f is not None)]
        best = min(fits, key=lambda f: f.bic)
        out.append(join_rivals(fits, order if order.bic - best.bic < PLAIN_BIC else best))
    return out


def join_rivals(fits: Sequence[OrderFit], best: OrderFit) -> OrderFit:
    """The ``best`` of ``fits``, all others within reach and theirs as its rivals."""
    others = [r for f in fits for r in (replace(f, rivals=()), *f.rivals) if f is not best or r.circuit != best.circuit]
    near = sorted((r for r in others if r.bic < best.bic + RIVAL_BIC), key=lambda r: r.bic)
    return replace(best, rivals=tuple(near))


def fit_diffusion(tail: Tail, n_arcs: int, orders: Sequence[OrderFit], search: Search) -> OrderFit | None:
    """``n_arcs`` arcs and a diffusion, or None where it is no better than a CPE with m = 1/2, or no electrode's."""
    z = search.z
    search = replace(search, problem=replace(search.problem, tail=tail))
    low, high = diffusion_bounds(search.problem)
    ln_slowest = -float(search.problem.ln_omega.min())
    x = [np.concatenate([arcs, [ln_slowest + np.log(place)]]) for arcs in _starts(n_arcs, orders) for place in PLACES]
    if not x or 3 * n_arcs + 7 > 2 * z.size:
        return None
    allowed = np.ones((len(x), n_arcs + 3), dtype=bool)
    rows = fit_rows(search.problem, np.array(x), allowed, iterations=40, tolerance=3e-4, prune={6: 4, 12: 3})
    best = int(np.argmin(rows.chi2))
    hits = int(np.sum(rows.chi2 <= 1.01 * rows.chi2[best]))
    terms = np.concatenate([rows.c[best, n_arcs : n_arcs + 2] > 0, [True]])
    if rows.c[best, -1] <= 0:
        return None
    found = refine_order(to_order_fit(rows, best, terms, search, (hits, len(x))), search)
    ln_tau, ln_c = float(found.x[-1]), float(found.x[-1]) - float(np.log(found.linear[-1]))
    smallest = np.min(found.x[:n_arcs] - found.theta[:n_arcs], initial=np.inf)
    inside = low + 0.01 < ln_tau < high - 0.01
    return found if inside and (n_arcs == 0 or ln_c - smallest > np.log(ELECTRODE_RATIO)) else None


def _starts(n_arcs: int, orders: Sequence[OrderFit]) -> list[FloatArray]:
    """Time constants, then exponents: of the fit with as many arcs, and of that with one more without each of its two slowest."""
    out = []
    for order in orders:
        m, x = order.circuit.n_arcs, order.x
        if m == n_arcs:
            out.append(x[: 2 * m])
        if m == n_arcs + 1:
            out += [np.delete(x[: 2 * m], [k, m + k]) for k in range(max(0, m - 2), m)]
    return out
