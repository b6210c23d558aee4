"""Checked spectrum -> arcs: how many the data ask for, what each is worth, and a verdict for each.

No first guess: every number of arcs is fitted from many random starts, the best cost must be met at least twice, and the number
of arcs is chosen by BIC with physical conditions.  A split that the data do not determine is withheld; the total is given.
Model and sources: circuit.py, order.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.core.values import Finding, Verdict
from pipeline.techniques.impedance.circuit_terms import ModelScore
from pipeline.techniques.impedance.fit.single.arc_result import (
    describe_arcs,
    described_circuit,
    described_diffusion,
    ln_parameters,
    total_resistance,
)
from pipeline.techniques.impedance.fit.single.circuit import impedance
from pipeline.techniques.impedance.fit.single.covariance import covariance
from pipeline.techniques.impedance.fit.single.diffusion import PLAIN_BIC, add_diffusion, asks_for_diffusion
from pipeline.techniques.impedance.fit.single.drift import find_drift, tell_drift
from pipeline.techniques.impedance.fit.single.model_averaging import (
    Limits,
    find_alternatives,
    nested_samples,
    sample_arcs,
)
from pipeline.techniques.impedance.fit.single.model_selection import (
    OrderFit,
    Search,
    finish,
    fit_order,
    refine_order,
    search_again,
)
from pipeline.techniques.impedance.fit.single.shapes import add_shapes
from pipeline.techniques.impedance.fit.single.starts import lay_grid
from pipeline.techniques.impedance.fit.single.variable_projection import Problem, prepare
from pipeline.techniques.impedance.fit.single.wild_point import MIN_SIGMAS, distance, find_wild_point, leave_out, tell
from pipeline.techniques.impedance.fit.single.wild_point import MOST as MOST_WILD
from pipeline.techniques.impedance.model import CheckedSpectrum, SpectrumFit
from pipeline.techniques.impedance.settings import ArcSettings

HOPELESS = 30.0
"""A number of arcs whose chi2 is this many times the best one's is not refined: no single term makes that up."""

MOST_PROCESSES = 5
"""Of sample and electrodes together: more are never told apart."""
WHOLE = 1.2
"""Misfit over the noise, known to a tenth, up to which a circuit is the whole truth."""
MISFIT = 1.0
"""Over the noise: beyond it one arc more than the sample has is tried, for what it would do to the others."""


def fit_arcs(checked: CheckedSpectrum, settings: ArcSettings, n_arcs: int | None = None) -> SpectrumFit:
    """Fit L + R_s + sum R||CPE + the electrodes' tail (a blocking CPE or a diffusion), each term only if the data ask for it.

    Parameters
    ----------
    checked:
        Spectrum with the points to use.
    n_arcs:
        A person's decision on the number of arcs; None lets the data decide.

    Raises
    ------
    FitError
        Too few points for one arc, or no model within ``max_misfit``.
    """
    search, outcome = _search(checked, settings, n_arcs)
    whole = len(checked.masks)
    for _ in range(MOST_WILD):
        without = _without_wild(checked, search, outcome)
        if without is None:
            break
        again, found = _search(without, settings, n_arcs)
        if distance(found.chosen, _omega(without), again.z, without) < MIN_SIGMAS:
            break
        checked, search, outcome = without, again, found
    misfit = float(np.sqrt(outcome.chosen.chi2 / search.z.size))
    if misfit > settings.max_misfit:
        raise FitError(
            source=checked.spectrum.source.file,
            field="impedance_ohm",
            problem=f"rms misfit {misfit:.1%} of |Z| with the best of {len(outcome.orders)} models",
            hint="more than three processes, or points that should be masked: look at the spectrum",
        )
    fit = _result(checked, _omega(checked), search, outcome, settings)
    if checked.spectrum.time_s is not None:
        time_s = checked.spectrum.time_s[np.array(checked.keep)]
        drift = find_drift(outcome.chosen, _omega(checked), search.z, time_s, search.noise)
        fit = fit if drift is None else tell_drift(fit, drift, settings.resolved_sigma)
    masks = checked.masks[whole:]
    return replace(fit, masks=masks, findings=(*fit.findings, tell(masks, checked))) if masks else fit


def _without_wild(checked: CheckedSpectrum, search: Search, outcome: Outcome) -> CheckedSpectrum | None:
    """The spectrum without the point that the fits show to be wild, if there is one."""
    if not checked.doubts:
        return None
    doubts = np.array(checked.doubts)[np.array(checked.keep)]
    wild = find_wild_point(outcome.orders, outcome.chosen, _omega(checked), search.z, search.noise, doubts)
    return None if wild is None else leave_out(checked, wild)


def _omega(checked: CheckedSpectrum) -> FloatArray:
    """Of the kept points, rad/s."""
    return np.asarray(2 * np.pi * checked.spectrum.frequency_hz[np.array(checked.keep)])


def _search(checked: CheckedSpectrum, settings: ArcSettings, n_arcs: int | None) -> tuple[Search, Outcome]:
    """The best fit of every number of arcs, and the chosen one."""
    spectrum = checked.spectrum
    omega, z = _omega(checked), spectrum.impedance_ohm[np.array(checked.keep)]
    problem = prepare(omega, z)
    search = Search(
        problem=problem, grid=lay_grid(problem), z=z, noise=checked.noise, starts=settings.starts, seed=settings.seed
    )
    orders = _find_orders(search, settings, n_arcs)
    if not orders:
        raise FitError(
            source=spectrum.source.file, field="frequency_hz", problem=f"{omega.size} points are too few to fit"
        )
    orders, chosen = _widen_terms(orders, search, settings, n_arcs)
    problem = replace(problem, tail=chosen.circuit.tail, skewed=bool(chosen.circuit.shapes))
    search = replace(search, problem=problem, grid=lay_grid(replace(problem, skewed=False)))
    polished = search_again(chosen, replace(search, starts=2 * settings.starts, seed=settings.seed + 1))
    polished = finish(polished, search)
    orders = [polished if o is chosen else o for o in orders]
    chosen = polished
    more = _one_more(chosen, search, settings) if n_arcs is None else None
    while more is not None and _is_whole(more, search, settings):
        problem = replace(problem, tail=more.circuit.tail if more.circuit.blocking else "cpe", skewed=False)
        search = replace(search, problem=problem)
        chosen = finish(refine_order(more, search), search)
        orders = [*orders, chosen]
        more = _one_more(chosen, search, settings)
    return search, Outcome(orders=tuple(orders), chosen=chosen, more=more, decided=n_arcs)


def _find_orders(search: Search, settings: ArcSettings, n_arcs: int | None) -> list[OrderFit]:
    """The best circuit of each number of arcs, R||CPE all of them, with a CPE as tail."""
    orders: list[OrderFit] = []
    previous: OrderFit | None = None
    most = n_arcs if n_arcs is not None else settings.max_arcs
    for m in range(most + 1):
        previous = fit_order(m, search, smaller=previous, last=m == most)
        if previous is not None:
            orders.append(previous)
    hopeless = HOPELESS * min((o.chi2 for o in orders), default=0.0)
    return [o if o.chi2 > hopeless else refine_order(o, search) for o in orders]


def _widen_terms(
    orders: list[OrderFit], search: Search, settings: ArcSettings, n_arcs: int | None
) -> tuple[list[OrderFit], OrderFit]:
    """Diffusion and skewed arcs in ``orders`` where the data leave room for them, and the one of these that is chosen."""
    chosen = orders[-1] if n_arcs is not None else _choose(orders, settings.min_bic_gain)
    if asks_for_diffusion(chosen, search):
        orders = add_diffusion(orders, chosen.circuit.n_arcs, search)
        chosen = orders[-1] if n_arcs is not None else _choose(orders, settings.min_bic_gain)
    plain, m = chosen, chosen.circuit.n_arcs
    orders = add_shapes(orders, plain, search, 1 if n_arcs is None else n_arcs)
    same = next(o for o in orders if o.circuit.n_arcs == m)
    skewed = [o for o in orders if o.circuit.n_arcs < m and o.circuit.shapes]
    return orders, min([same, *skewed], key=lambda o: o.bic)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Outcome:
    """What the search came to."""

    orders: tuple[OrderFit, ...]
    chosen: OrderFit
    more: OrderFit | None
    """A fit with one arc more than the sample has, where the misfit asks for it."""
    decided: int | None
    """Number of arcs that a person decided."""


def _one_more(chosen: OrderFit, search: Search, settings: ArcSettings) -> OrderFit | None:
    """A fit with one arc more than the sample has, where the misfit is beyond the noise and BIC wants it."""
    m = chosen.circuit.n_arcs
    enough = chosen.chi2 < (MISFIT * search.noise) ** 2 * chosen.n_residuals
    if enough or not settings.max_arcs <= m < MOST_PROCESSES:
        return None
    plain = replace(search, problem=replace(search.problem, skewed=False))
    found = fit_order(m + 1, plain, smaller=None if chosen.circuit.shapes else chosen)
    return found if found is not None and chosen.bic - found.bic > settings.min_bic_gain else None


def _is_whole(more: OrderFit, search: Search, settings: ArcSettings) -> bool:
    """Whether a fit of more arcs than the sample has leaves nothing but noise, those too many being electrodes'."""
    mine = int(sample_arcs(more, search.problem).sum())
    return mine <= settings.max_arcs and more.hits > 1 and more.chi2 < (WHOLE * search.noise) ** 2 * more.n_residuals


def _choose(orders: list[OrderFit], min_gain: float) -> OrderFit:
    """The smallest number of arcs that no larger one beats by ``min_gain`` in BIC."""
    return next(o for i, o in enumerate(orders) if all(o.bic - more.bic <= min_gain for more in orders[i + 1 :]))


def _result(
    checked: CheckedSpectrum, omega: FloatArray, search: Search, outcome: Outcome, settings: ArcSettings
) -> SpectrumFit:
    problem, chosen, decided = search.problem, outcome.chosen, outcome.decided
    circuit = chosen.circuit
    noise2 = chosen.chi2 / max(chosen.n_residuals - circuit.n_free, 1)
    cov = covariance(chosen.theta, circuit, omega, search.z) * noise2
    ambiguous = _ambiguity(list(outcome.orders), chosen, problem, settings) if decided is None else ""
    misfit = float(np.sqrt(noise2)) / checked.noise
    limits = Limits(settings.max_arcs, settings.max_apex_over_f_max)
    more = (*([outcome.more] if outcome.more else []), *_shaped_rivals(list(outcome.orders), chosen, 1))
    spreads, of_totals = find_alternatives(chosen, cov, problem, omega, search.z, limits, more)
    arcs = describe_arcs(chosen, cov, omega, problem, settings, ambiguous, spreads, misfit)
    totals = tuple(
        total_resistance(chosen, sample, problem, settings, spread, misfit)
        for sample, spread in zip(nested_samples(chosen), of_totals, strict=True)
    )
    sample = sample_arcs(chosen, problem)
    total = totals[int(sample.sum())]
    text, names, values, ln_cov = described_circuit(chosen, cov)
    extra = ln_parameters(chosen, cov)
    worst = min(
        (a.verdict for a, mine in zip(arcs, sample, strict=True) if mine),
        key=lambda v: ["refused", "unresolved", "weak", "resolved"].index(v.level),
        default=None,
    )
    return SpectrumFit(
        checked=checked,
        circuit=text,
        parameter_names=names,
        parameter_values=values,
        ln_covariance=ln_cov,
        arcs=arcs,
        total_resistance=total.resistance,
        total_verdict=total.verdict,
        totals=totals,
        series_resistance=extra.get("series"),
        inductance=extra.get("inductance"),
        blocking_q=extra.get("q"),
        blocking_exponent=extra.get("m"),
        diffusion=described_diffusion(chosen, cov),
        chi2_reduced=noise2 / checked.noise**2,
        noise=float(np.sqrt(noise2)),
        scores=tuple(_score(o, o is chosen, decided is not None) for o in outcome.orders),
        fitted_ohm=impedance(chosen.theta[None, :], circuit, 2 * np.pi * checked.spectrum.frequency_hz)[0],
        verdict=_verdict(chosen, worst, total.resistance is not None, decided),
        findings=tuple(_findings(total.verdict, ambiguous, float(np.sqrt(noise2)), misfit, settings)),
    )


def _findings(total: Verdict, ambiguous: str, rms: float, misfit: float, settings: ArcSettings) -> Iterator[Finding]:
    yield Finding(severity="info", field="total_resistance", problem=total.reason)
    if ambiguous:
        yield Finding(severity="warning", field="n_arcs", problem=ambiguous, hint="the series fit may decide")
    if misfit > settings.max_misfit_over_noise:
        yield Finding(
            severity="warning",
            field="impedance_ohm",
            problem=f"misfit {rms:.2%} of |Z| is {misfit:.1f} times the noise",
            hint="the circuit is not the whole truth: more processes, diffusion, or points to be masked",
        )


def _shaped_rivals(orders: list[OrderFit], chosen: OrderFit, step: int) -> list[OrderFit]:
    """Circuits with ``step`` arcs more that fit as well, skewed where the chosen one is not or the other way round."""
    m = chosen.circuit.n_arcs + step
    rivals = [o for o in orders if o.circuit.n_arcs == m and bool(o.circuit.shapes) != bool(chosen.circuit.shapes)]
    return [o for o in rivals if abs(o.bic - chosen.bic) < PLAIN_BIC]


def _ambiguity(orders: list[OrderFit], chosen: OrderFit, problem: Problem, settings: ArcSettings) -> str:
    """Why the number of arcs is not certain, or ''."""
    if chosen.hits < 2:
        return f"the best cost was met by {chosen.hits} of {chosen.starts} starts only: global minimum not proven"
    m = chosen.circuit.n_arcs
    if _shaped_rivals(orders, chosen, -1):
        return f"{m - 1} arcs, some of them skewed, fit as well as {m}"
    if m < 2:
        return ""
    closed = chosen.x[:m][chosen.x[:m] < -float(problem.ln_omega.min())]
    if closed.size < 2:
        return ""
    ratio = float(np.exp(np.min(np.diff(closed))))
    if closed.size > 2 and ratio < settings.min_ratio:
        return f"{m} arcs with time constants {ratio:.1f} apart, under {settings.min_ratio:g}: more than one split fits as well"
    more = next((o for o in orders if o.circuit.n_arcs == m + 1), None)
    if more is None:
        return ""
    delta = more.bic - chosen.bic
    if ratio < settings.close_ratio and delta < settings.close_bic:
        return f"{m} arcs with time constants {ratio:.1f} apart; {m + 1} arcs are only {delta:.1f} worse in BIC"
    return ""


def _score(order: OrderFit, chosen: bool, decided: bool) -> ModelScore:
    c = order.circuit
    why = "a person's decision" if chosen and decided else "fewest arcs that BIC allows" if chosen else "not chosen"
    return ModelScore(
        n_arcs=c.n_arcs,
        blocking=c.blocking,
        inductance=c.inductance,
        n_parameters=c.n_free,
        chi2=order.chi2,
        aicc=order.aicc,
        bic=order.bic,
        hits=order.hits,
        starts=order.starts,
        accepted=chosen,
        reason=why,
    )


def _verdict(chosen: OrderFit, worst: Verdict | None, has_total: bool, decided: int | None) -> Verdict:
    proof = f"best cost met by {chosen.hits} of {chosen.starts} starts"
    by = "by a person's decision" if decided is not None else "by BIC"
    text = f"{chosen.circuit.n_arcs} arc(s) {by}, {proof}"
    if not has_total:
        return Verdict(level="unresolved", reason=f"{text}; not even the total is determined", code="total_none")
    if worst is None:
        why = f"{text}; only the total is measurable in this frequency range"
        return Verdict(level="resolved", reason=why, code="no_arc")
    return Verdict(level=worst.level, reason=f"{text}; weakest arc: {worst.reason}", code=worst.code)
