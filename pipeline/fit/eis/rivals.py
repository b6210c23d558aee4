"""What the resistances would be if the circuit were another one that the data cannot tell from the chosen one.

Two questions are asked.  Other single terms: R_s, L and blocking may stand in for each other where each shows in a few points only;
a rival counts within 2 in BIC, or within 6 if it needs no more parameters (Kass and Raftery, J. Am. Stat. Assoc. 90 (1995) 773).
Hidden arcs: a resistance in series that belongs to the sample is an arc beyond the highest frequency, whose flank still lies under
its neighbour; the spectrum is fitted again with that arc at several places from ``max_apex_over_f_max`` on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.fit.eis.order import OrderFit
from pipeline.fit.eis.projection import Flags, Problem, bounds, fit_rows
from pipeline.model.measurement import FloatArray

RIVAL_BIC, RIVAL_BIC_SAME_SIZE = 2.0, 6.0
HIDDEN_SHARE = 0.02
"""R_s below this share of the total is leads and contacts."""
ELECTRODE_RATIO = 3e3
"""Capacitance over that of the fastest arc from which on an arc is an electrode's: the smallest electrode (1e-7 F/cm) over the
largest bulk (1e-11 F/cm) of Irvine, Sinclair and West, Adv. Mater. 2 (1990) 132, less a factor 3."""
HIDDEN_PLACES = (1.0, 3.0, 10.0)
HIDDEN_EXPONENTS = (0.85, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class Alternatives:
    """How far ln R of each arc (m,) and ln of the total move, downwards (<= 0) and upwards (>= 0), and because of what."""

    low: FloatArray
    high: FloatArray
    reasons: tuple[str, ...]
    total: tuple[float, float]

    def spread(self, i: int) -> float:
        """Largest shift of ln R of one arc."""
        return float(max(-self.low[i], self.high[i]))


def find_alternatives(
    chosen: OrderFit, problem: Problem, max_arcs: int, apex_limit: float, noise2: float
) -> Alternatives:
    """Refit where needed and gather the shifts.

    Parameters
    ----------
    apex_limit:
        Apex over f_max from which on an arc is refused.
    noise2:
        Variance of the relative residuals: an alternative may be worse by 4 of it.
    """
    m = chosen.circuit.n_arcs
    best = np.log(np.maximum(chosen.linear[:m], 1e-300))
    whole = sample_parts(chosen, problem)
    total = float(np.log(chosen.linear[: m + 1][whole].sum()))
    found: list[tuple[str, FloatArray, float]] = []
    for rival in chosen.rivals:
        more = rival.circuit.n_parameters > chosen.circuit.n_parameters
        if rival.bic - chosen.bic <= (RIVAL_BIC if more else RIVAL_BIC_SAME_SIZE):
            found.append(
                (
                    f"with {_terms(rival)} the spectrum is fitted as well",
                    rival.theta[:m],
                    float(np.log(rival.linear[: m + 1][whole].sum())),
                )
            )
    found += _hidden(chosen, problem, max_arcs, apex_limit, noise2)
    low, high, reasons = np.zeros(m), np.zeros(m), [""] * m
    for why, ln_r, _ in found:
        for i, shift in enumerate(ln_r - best):
            if abs(shift) > max(-low[i], high[i]):
                reasons[i] = why
            low[i], high[i] = min(low[i], shift), max(high[i], shift)
    shifts = [0.0, *(t - total for _, _, t in found)]
    return Alternatives(low, high, tuple(reasons), (min(shifts), max(shifts)))


def _terms(order: OrderFit) -> str:
    c = order.circuit
    names = [n for n, present in (("R_s", c.series), ("L", c.inductance), ("a blocking tail", c.blocking)) if present]
    return " and ".join(names) if names else "arcs only"


def sample_parts(chosen: OrderFit, problem: Problem) -> Flags:
    """(M + 1,) which of R_1..R_M, R_s belong to the sample: not an arc that never closes in the window and whose capacitance

    is an electrode's, or that is the only one beside R_s.
    """
    m = chosen.circuit.n_arcs
    parts = np.ones(m + 1, dtype=bool)
    ln_c = chosen.x[:m] - chosen.theta[:m]
    for i in range(m):
        open_ = chosen.x[i] > -float(problem.ln_omega.min())
        electrode = ln_c[i] - ln_c[0] > np.log(ELECTRODE_RATIO) if i else m == 1 and chosen.circuit.series
        parts[i] = not (open_ and electrode)
    return parts


def _hidden(
    chosen: OrderFit, problem: Problem, max_arcs: int, apex_limit: float, noise2: float
) -> list[tuple[str, FloatArray, float]]:
    """The same arcs with something hidden at fixed places beyond the window, where there is a reason to think so."""
    c, m = chosen.circuit, chosen.circuit.n_arcs
    if m == 0:
        return []
    ln_w_max = float(problem.ln_omega.max())
    series_share = chosen.linear[m] / chosen.linear[: m + 1].sum() if c.series else 0.0
    beyond = bool(chosen.x[0] < -ln_w_max)
    refused = bool(chosen.x[0] < -ln_w_max - np.log(apex_limit))
    added = series_share > HIDDEN_SHARE or (beyond and m < max_arcs)
    out = _at_places(chosen, problem, 0, apex_limit, noise2) if added else []
    return out + (_at_places(chosen, problem, 1, apex_limit, noise2) if refused else [])


def _at_places(
    chosen: OrderFit, problem: Problem, first: int, apex_limit: float, noise2: float
) -> list[tuple[str, FloatArray, float]]:
    """Refits with a hidden arc: one more instead of R_s (``first`` 0), or the refused one (``first`` 1)."""
    c, m = chosen.circuit, chosen.circuit.n_arcs
    ln_w_max = float(problem.ln_omega.max())
    tau, n = chosen.x[first:m], chosen.x[m + first : 2 * m]
    places = [(apex_limit * p, e) for p in HIDDEN_PLACES for e in HIDDEN_EXPONENTS]
    x = np.array([[-np.log(apex) - ln_w_max, *tau, e, *n, chosen.x[-1]] for apex, e in places])
    k = tau.size + 1
    held = np.zeros(x.shape, dtype=bool)
    held[:, [0, k]] = True
    allowed = np.ones((len(places), k + 3), dtype=bool)
    allowed[:, k:] = [first == 1 and c.series, c.inductance, c.blocking]
    low, high = bounds(problem, k)
    rows = fit_rows(problem, np.clip(x, low, high), allowed, iterations=25, tolerance=1e-4, held=held)
    out = []
    for (apex, _), r, chi2 in zip(places, rows.c, rows.chi2, strict=True):
        if chi2 <= chosen.chi2 + 4 * noise2 and np.all(r[1:k] > 0):
            ln_r = np.concatenate([np.log(chosen.linear[:first]), np.log(r[1:k])])
            sample = np.concatenate([[True], sample_parts(chosen, problem)[first:]])
            total = float(np.log(r[: k + 1][sample].sum()))
            out.append((f"an arc hidden at {apex:g} f_max would fit as well", ln_r, total))
    return out
