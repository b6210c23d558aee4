"""What the resistances would be if the circuit were another one that the data cannot tell from the chosen one.

Two questions are asked.  Other single terms: R_s, L and blocking may stand in for each other where each shows in a few points only.
Every such circuit has its say by its Akaike weight, in the sigma (Burnham and Anderson, Sociol. Methods Res. 33 (2004) 261) and in
the ends of the 95 % interval, where the weighted tails of all circuits are 2.5 % (Turek and Fletcher, Comput. Stat. Data Anal. 56
(2012) 2809).  Hidden arcs: a resistance in series that belongs to the sample is an arc beyond the highest frequency, whose flank
still lies under its neighbour; the spectrum is fitted again with that arc at several places from ``max_apex_over_f_max`` on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.values import Z95
from pipeline.core.words import percent_text
from pipeline.techniques.impedance.circuit_terms import ArcShape
from pipeline.techniques.impedance.fit.levenberg_marquardt import Flags
from pipeline.techniques.impedance.fit.single.circuit import Shape, ln_apex_tau
from pipeline.techniques.impedance.fit.single.covariance import covariance
from pipeline.techniques.impedance.fit.single.diffusion import ELECTRODE_RATIO, PLAIN_BIC, SURE_RATIO
from pipeline.techniques.impedance.fit.single.model_selection import OrderFit
from pipeline.techniques.impedance.fit.single.variable_projection import Problem, bounds, fit_rows

MIN_WEIGHT = 0.01
"""Akaike weight below which a circuit has no say: its tails are far below 2.5 %."""
HIDDEN_SHARE = 0.02
"""R_s below this share of the total is leads and contacts."""
TAIL_NAMES = {"cpe": "a blocking tail", "open": "a blocked diffusion", "short": "a diffusion that is let through"}
SHAPE_NAMES: Mapping[Shape, ArcShape] = {"cc": "Cole-Cole", "dc": "Davidson-Cole", "hn": "Havriliak-Negami"}
HIDDEN_PLACES = (1.0, 3.0, 10.0)
HIDDEN_EXPONENTS = (0.85, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Of one logarithm, relative to its value in the chosen circuit: all circuits that count taken together."""

    sigma: float
    low: float
    """Lower end of the 95 % interval (<= 0)."""
    high: float
    reason: str
    """What moves it by more than its own sigma in the chosen circuit, or ''."""


class Alternative(NamedTuple):
    """What the resistances are if something is there that the chosen circuit has no term for."""

    why: str
    ln_r: FloatArray
    """(M,) ln R of each arc."""
    parts: FloatArray
    """(M,) what each arc gives to a total, ohm."""
    rest: float
    """What stands in series with the arcs, ohm."""


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What the search for hidden arcs goes by."""

    max_arcs: int
    apex: float
    """Apex over f_max from which on an arc is refused."""


def find_alternatives(
    chosen: OrderFit,
    cov: FloatArray,
    problem: Problem,
    omega: FloatArray,
    z: ComplexArray,
    limits: Limits,
    more: Sequence[OrderFit],
) -> tuple[tuple[Spread, ...], tuple[Spread | None, ...]]:
    """Spread of ln R of each arc, and of ln of each total of ``nested_samples`` (None without a resistance).

    ``cov`` is the covariance of ``chosen.theta``; ``more`` are fits with one arc more that the data ask for, or that they bear as
    well.
    """
    m = chosen.circuit.n_arcs
    fits, weights = _weigh(chosen)
    covs = [cov, *(covariance(f.theta, f.circuit, omega, z) * _noise2(f) for f in fits[1:])]
    noise2 = _noise2(chosen)
    hidden = _hidden(chosen, problem, limits, noise2) + [
        _one_more(chosen, one, sample_arcs(chosen, problem)) for one in more
    ]
    spreads = []
    for i in range(m):
        ln_r = np.array([f.theta[i] for f in fits])
        sigma = np.array([np.sqrt(max(c[i, i], 0.0)) for c in covs])
        moved = [(a.why, float(a.ln_r[i] - chosen.theta[i])) for a in hidden]
        spreads.append(_spread(fits, weights, ln_r, sigma, moved))
    return tuple(spreads), tuple(_of_total(fits, covs, weights, hidden, s) for s in nested_samples(chosen))


def _of_total(
    fits: list[OrderFit], covs: list[FloatArray], weights: FloatArray, hidden: list[Alternative], sample: Flags
) -> Spread | None:
    """Spread of ln of R_s and the arcs of ``sample`` (M,)."""
    totals = [_total(f, c, sample) for f, c in zip(fits, covs, strict=True)]
    if totals[0] is None:
        return None
    known = [k for k, t in enumerate(totals) if t is not None]
    pairs = np.array([t for t in totals if t is not None])
    sums = [(a.why, float(a.parts[sample].sum() + a.rest)) for a in hidden]
    moved = [(why, float(np.log(total)) - totals[0][0]) for why, total in sums if total > 0]
    return _spread([fits[k] for k in known], weights[known], pairs[:, 0], pairs[:, 1], moved)


def _one_more(chosen: OrderFit, more: OrderFit, sample: Flags) -> Alternative:
    """One arc more is let in: two neighbours of it together, or one apart, are the arcs of the chosen fit.

    Whichever comes nearest: to its arcs for these, to the sum of those of ``sample`` (M,) for a total.  An arc apart is in series
    before the others, or an electrode's: the slowest, or one that may be by its capacitance.
    """
    m = chosen.circuit.n_arcs
    r, rs = np.maximum(more.linear[: m + 1], 1e-300), float(more.linear[m + 1])
    ways = [(r[1:], rs + float(r[0])), (r[:-1], rs)]
    ways += [(np.concatenate([r[:k], [r[k] + r[k + 1]], r[k + 2 :]]), rs) for k in range(m)]
    of_arcs = min(ways, key=lambda way: float(np.abs(np.log(way[0]) - chosen.theta[:m]).sum()))[0]
    ways += [(np.delete(r, k), rs) for k in np.flatnonzero(ln_capacitances(more) > np.log(ELECTRODE_RATIO))]
    whole = float(chosen.linear[:m][sample].sum() + chosen.linear[m])
    parts, rest = min(ways, key=lambda way: abs(float(way[0][sample].sum()) + way[1] - whole))
    gain = chosen.bic - more.bic
    better = f"fit better by {gain:.0f} in BIC, more than the sample has" if gain > PLAIN_BIC else "fit as well"
    return Alternative(f"{m + 1} arcs {better}", np.log(of_arcs), parts, rest)


def _noise2(fit: OrderFit) -> float:
    return fit.chi2 / max(fit.n_residuals - fit.circuit.n_free, 1)


def _weigh(chosen: OrderFit) -> tuple[list[OrderFit], FloatArray]:
    """The circuits that count, the chosen one first, and their Akaike weights.

    Between usual circuits and those with skewed arcs or diffusion by BIC and with the odds by which the choice was made.
    """
    fits = [chosen, *chosen.rivals]
    usual = np.array([_is_usual(f) for f in fits])
    between = np.array([f.bic for f in fits]) - chosen.bic + PLAIN_BIC * (float(usual[0]) - usual)
    worse = np.where(usual == usual[0], np.array([f.aicc for f in fits]) - chosen.aicc, between)
    weights = np.exp(-0.5 * (worse - worse.min()))
    weights /= weights.sum()
    keep = [0, *(k for k in range(1, len(fits)) if weights[k] > MIN_WEIGHT)]
    return [fits[k] for k in keep], weights[keep] / weights[keep].sum()


def _is_usual(fit: OrderFit) -> bool:
    return not fit.circuit.shapes and fit.circuit.tail == "cpe"


def _total(fit: OrderFit, cov: FloatArray, sample: Flags) -> tuple[float, float] | None:
    """Ln of the sum of the sample's resistances, and its sigma."""
    c = fit.circuit
    index = [*np.flatnonzero(sample), *([c.position("series")] if c.series else [])]
    if not index:
        return None
    parts = np.exp(fit.theta[index])
    variance = float(parts @ cov[np.ix_(index, index)] @ parts)
    return float(np.log(parts.sum())), float(np.sqrt(max(variance, 0.0)) / parts.sum())


def _spread(
    fits: list[OrderFit], weights: FloatArray, ln: FloatArray, sigma: FloatArray, moved: list[tuple[str, float]]
) -> Spread:
    """All circuits together; then the hidden arcs (words, shift), which have no weight, on top."""
    shift, weights = ln - ln[0], weights / weights.sum()  # a circuit without a resistance has no say in the total
    width = float(np.sqrt(weights @ (sigma**2 + shift**2)))
    low, high = -Z95 * float(sigma[0]), Z95 * float(sigma[0])
    if len(fits) > 1:
        low, high = _ends(weights, shift, np.maximum(sigma, 1e-12))
    low, high = min(low, 0.0), max(high, 0.0)
    reason = ""
    if width > 1.2 * sigma[0]:
        far = int(np.argmax(weights * (sigma**2 + shift**2) * (np.arange(ln.size) > 0)))
        by = percent_text(abs(float(shift[far])))
        reason = f"{_terms(fits[far])} instead have {weights[far]:.0%} of the weight and would move it by {by}"
    down, up = min([0.0, *(s for _, s in moved)]), max([0.0, *(s for _, s in moved)])
    farthest = max(moved, key=lambda w: abs(w[1]), default=("", 0.0))
    if abs(farthest[1]) > max(width, float(sigma[0])):
        reason = f"{farthest[0]}, which moves it by {percent_text(abs(farthest[1]))}"
    return Spread(float(np.hypot(width, farthest[1])), low + down, high + up, reason)


def _ends(weights: FloatArray, shift: FloatArray, sigma: FloatArray) -> tuple[float, float]:
    """Where the weighted tails of all circuits are 2.5 %, by bisection."""
    out = []
    for side in (-1.0, 1.0):
        near, far = float((side * shift - 9 * sigma).min()), float((side * shift + 9 * sigma).max())
        for _ in range(40):
            middle = 0.5 * (near + far)
            tail = float(weights @ ndtr((side * shift - middle) / sigma))
            near, far = (middle, far) if tail > 0.025 else (near, middle)
        out.append(side * 0.5 * (near + far))
    return out[0], out[1]


def _terms(order: OrderFit) -> str:
    c = order.circuit
    names = [n for n, present in (("R_s", c.series), ("L", c.inductance), (TAIL_NAMES[c.tail], c.blocking)) if present]
    skewed = [SHAPE_NAMES[s] for s in dict.fromkeys(c.shapes) if s != "cc"]
    names += [f"{name} arcs" for name in skewed]
    return " and ".join(names) if names else "arcs only"


def sample_arcs(chosen: OrderFit, problem: Problem) -> Flags:
    """(M,) which arcs belong to the sample: not one of an electrode's capacitance beside the smallest, nor one that never closes in
    the window and is the only one beside R_s.
    """
    open_ = ln_apex_tau(chosen.theta, chosen.circuit) > -float(problem.ln_omega.min())
    if chosen.circuit.n_arcs == 1 and chosen.circuit.series:
        return ~open_
    return np.asarray(ln_capacitances(chosen) <= np.log(np.where(open_, ELECTRODE_RATIO, SURE_RATIO)))


def ln_capacitances(fit: OrderFit) -> FloatArray:
    """(M,) ln of the capacitance of each arc over the smallest one."""
    ln_c = ln_apex_tau(fit.theta, fit.circuit) - fit.theta[: fit.circuit.n_arcs]
    return np.asarray(ln_c - ln_c.min(initial=np.inf))


def nested_samples(chosen: OrderFit) -> tuple[Flags, ...]:
    """(M,) the arcs of a sample that has none of them, the one of the smallest capacitance, the two of the smallest, … all."""
    rank = np.argsort(np.argsort(ln_capacitances(chosen)))
    return tuple(rank < k for k in range(rank.size + 1))


def _hidden(chosen: OrderFit, problem: Problem, limits: Limits, noise2: float) -> list[Alternative]:
    """The same arcs with something hidden at fixed places beyond the window, where there is a reason to think so."""
    c, m = chosen.circuit, chosen.circuit.n_arcs
    if m == 0:
        return []
    ln_w_max = float(problem.ln_omega.max())
    series_share = chosen.linear[m] / chosen.linear[: m + 1].sum() if c.series else 0.0
    beyond = bool(chosen.x[0] < -ln_w_max)
    refused = bool(chosen.x[0] < -ln_w_max - np.log(limits.apex))
    added = series_share > HIDDEN_SHARE or (beyond and m < limits.max_arcs)
    out = _at_places(chosen, problem, 0, limits.apex, noise2) if added else []
    return out + (_at_places(chosen, problem, 1, limits.apex, noise2) if refused else [])


def _at_places(chosen: OrderFit, problem: Problem, first: int, apex_limit: float, noise2: float) -> list[Alternative]:
    """Refits with a hidden arc: one more instead of R_s (``first`` 0), or the refused one (``first`` 1)."""
    c, m = chosen.circuit, chosen.circuit.n_arcs
    ln_w_max = float(problem.ln_omega.max())
    others = chosen.x[:-1].reshape(-1, m)[:, first:]
    places = [(apex_limit * p, e) for p in HIDDEN_PLACES for e in HIDDEN_EXPONENTS]
    k = others.shape[1] + 1
    x = np.empty((len(places), others.shape[0] * k + 1))
    held = np.zeros(x.shape, dtype=bool)
    for row, (apex, e) in enumerate(places):
        own = np.array([-np.log(apex) - ln_w_max, e, 1.0])[: others.shape[0], None]
        x[row] = np.concatenate([np.concatenate([own, others], axis=1).ravel(), chosen.x[-1:]])
        fixed = c.held()[:-1].reshape(-1, m)[:, first:]
        held[row, :-1] = np.concatenate([np.ones(own.shape, dtype=bool), fixed], axis=1).ravel()
    allowed = np.ones((len(places), k + 3), dtype=bool)
    allowed[:, k:] = [first == 1 and c.series, c.inductance, c.blocking]
    low, high = bounds(problem, k)
    rows = fit_rows(problem, np.clip(x, low, high), allowed, iterations=25, tolerance=1e-4, held=held)
    out = []
    for (apex, _), r, chi2 in zip(places, rows.c, rows.chi2, strict=True):
        if chi2 <= chosen.chi2 + 4 * noise2 and np.all(r[1:k] > 0):
            ln_r = np.concatenate([np.log(chosen.linear[:first]), np.log(r[1:k])])
            parts, rest = (r[:k], float(r[k])) if first else (r[1:k], float(r[0]))
            out.append(Alternative(f"an arc hidden at {apex:g} f_max would fit as well", ln_r, parts, rest))
    return out
