"""Checked spectrum -> arcs: how many the data ask for, what each is worth, and a verdict for each.

No first guess: every number of arcs is fitted from many random starts, the best cost must be met at least twice, and the number
of arcs is chosen by BIC with physical conditions.  A split that the data do not determine is withheld; the total is given.
Model and sources: circuit.py, order.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.errors import FitError
from pipeline.core.values import Finding, Verdict
from pipeline.techniques.impedance.fit.single.arc_result import (
    describe_arcs,
    described_circuit,
    ln_parameters,
    total_resistance,
)
from pipeline.techniques.impedance.fit.single.circuit import impedance
from pipeline.techniques.impedance.fit.single.covariance import covariance
from pipeline.techniques.impedance.fit.single.model_averaging import find_alternatives, sample_parts
from pipeline.techniques.impedance.fit.single.model_selection import (
    OrderFit,
    finish,
    fit_order,
    refine_order,
    search_again,
)
from pipeline.techniques.impedance.fit.single.starts import Grid, lay_grid
from pipeline.techniques.impedance.fit.single.variable_projection import Problem, prepare
from pipeline.techniques.impedance.model import CheckedSpectrum, ModelScore, SpectrumFit

HOPELESS = 30.0
"""A number of arcs whose chi2 is this many times the best one's is not refined: no single term makes that up."""

MISFIT = 1.0
"""Over the noise: beyond it one arc more than the sample has is tried, for what it would do to the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcSettings:
    """Table ``[settings.eis.arcs]``."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    max_arcs: Annotated[int, Ge(1), Le(3)] = 3
    """Bulk, amorphous region and interface: the sample has no fourth."""
    starts: Annotated[int, Ge(4), Le(500)] = 10
    """Starts for each number of arcs, the best of 60 times as many random ones; more are drawn until the best cost is met twice."""
    seed: Annotated[int, Ge(0)] = 1
    """Of the random starts: the same data give the same numbers."""
    resolved_sigma: Annotated[float, Gt(0), Lt(1)] = 0.05
    """Relative sigma up to which a resistance is resolved."""
    weak_sigma: Annotated[float, Gt(0), Lt(1)] = 0.20
    """Relative sigma up to which a resistance is given at all; beyond it the split is withheld."""
    max_apex_over_f_max: Annotated[float, Gt(0)] = 3.0
    """An arc whose apex lies further beyond the highest frequency shows only its tail: refused."""
    min_exponent: Annotated[float, Ge(0.5), Lt(1)] = 0.70
    """A more depressed arc is a distribution, not one process."""
    min_bic_gain: Annotated[float, Ge(0)] = 10.0
    """BIC by which one arc more must be better to be taken: very strong evidence, Kass and Raftery (1995)."""
    min_ratio: Annotated[float, Gt(1)] = 7.0
    """Three arcs with neighbours nearer than this in time constant have a second solution as good: the split is withheld."""
    close_ratio: Annotated[float, Gt(1)] = 12.0
    """Neighbours nearer than this in time constant may hide another arc between them."""
    close_bic: Annotated[float, Ge(0)] = 12.0
    """... unless one arc more is worse by this much in BIC."""
    max_misfit_over_noise: Annotated[float, Gt(1)] = 3.0
    """Misfit beyond this many times the noise: residuals are not random, so that no arc is more than weak."""
    max_misfit: Annotated[float, Gt(0)] = 0.10
    """Largest rms of |Z_fit - Z|/|Z|: beyond it no circuit of this kind describes the data."""


def fit_arcs(checked: CheckedSpectrum, settings: ArcSettings, n_arcs: int | None = None) -> SpectrumFit:
    """Fit L + R_s + sum R||CPE + blocking CPE, each term only if the data ask for it.

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
    keep = np.array(checked.keep)
    spectrum = checked.spectrum
    omega, z = 2 * np.pi * spectrum.frequency_hz[keep], spectrum.impedance_ohm[keep]
    problem = prepare(omega, z)
    grid, noise = lay_grid(problem), checked.noise
    orders: list[OrderFit] = []
    previous: OrderFit | None = None
    most = n_arcs if n_arcs is not None else settings.max_arcs
    for m in range(most + 1):
        previous = fit_order(
            m,
            problem,
            grid,
            z,
            noise=noise,
            starts=settings.starts,
            seed=settings.seed,
            smaller=previous,
            last=m == most,
        )
        if previous is not None:
            orders.append(previous)
    if not orders:
        raise FitError(
            source=spectrum.source.file, field="frequency_hz", problem=f"{omega.size} points are too few to fit"
        )
    hopeless = HOPELESS * min(o.chi2 for o in orders)
    orders = [o if o.chi2 > hopeless else refine_order(o, problem, z) for o in orders]
    chosen = orders[-1] if n_arcs is not None else _choose(orders, settings.min_bic_gain)
    polished = search_again(chosen, problem, grid, z, noise=noise, starts=2 * settings.starts, seed=settings.seed + 1)
    polished = finish(polished, problem, z)
    orders = [polished if o is chosen else o for o in orders]
    chosen = polished
    more = _one_more(chosen, problem, grid, z, noise, settings) if n_arcs is None else None
    misfit = float(np.sqrt(chosen.chi2 / omega.size))
    if misfit > settings.max_misfit:
        raise FitError(
            source=spectrum.source.file,
            field="impedance_ohm",
            problem=f"rms misfit {misfit:.1%} of |Z| with the best of {len(orders)} models",
            hint="more than three processes, or points that should be masked: look at the spectrum",
        )
    return _result(checked, omega, z, problem, orders, chosen, settings, n_arcs, more)


def _one_more(
    chosen: OrderFit, problem: Problem, grid: Grid, z: ComplexArray, noise: float, settings: ArcSettings
) -> OrderFit | None:
    """A fit with one arc more than the sample has, where the misfit is beyond the noise and BIC wants it."""
    if chosen.circuit.n_arcs < settings.max_arcs or chosen.chi2 < (MISFIT * noise) ** 2 * chosen.n_residuals:
        return None
    found = fit_order(
        settings.max_arcs + 1, problem, grid, z, noise=noise, starts=settings.starts, seed=settings.seed, smaller=chosen
    )
    return found if found is not None and chosen.bic - found.bic > settings.min_bic_gain else None


def _choose(orders: list[OrderFit], min_gain: float) -> OrderFit:
    """The smallest number of arcs that no larger one beats by ``min_gain`` in BIC."""
    return next(o for i, o in enumerate(orders) if all(o.bic - more.bic <= min_gain for more in orders[i + 1 :]))


def _result(
    checked: CheckedSpectrum,
    omega: FloatArray,
    z: ComplexArray,
    problem: Problem,
    orders: list[OrderFit],
    chosen: OrderFit,
    settings: ArcSettings,
    decided: int | None,
    more: OrderFit | None,
) -> SpectrumFit:
    circuit = chosen.circuit
    noise2 = chosen.chi2 / max(chosen.n_residuals - circuit.n_parameters, 1)
    cov = covariance(chosen.theta, circuit, omega, z) * noise2
    ambiguous = _ambiguity(orders, chosen, problem, settings) if decided is None else ""
    misfit = float(np.sqrt(noise2)) / checked.noise
    spreads, of_total = find_alternatives(
        chosen, cov, problem, omega, z, settings.max_arcs, settings.max_apex_over_f_max, more
    )
    arcs = describe_arcs(chosen, cov, omega, problem, settings, ambiguous, spreads, misfit)
    total, total_note = total_resistance(chosen, problem, settings.weak_sigma, of_total)
    text, names, values, ln_cov = described_circuit(chosen, cov)
    frequency = 2 * np.pi * checked.spectrum.frequency_hz
    fitted = impedance(chosen.theta[None, :], circuit, frequency)[0]
    extra = ln_parameters(chosen, cov)
    findings = [Finding(severity="info", field="total_resistance", problem=total_note)]
    if ambiguous:
        findings.append(
            Finding(severity="warning", field="n_arcs", problem=ambiguous, hint="the series fit may decide")
        )
    if misfit > settings.max_misfit_over_noise:
        findings.append(
            Finding(
                severity="warning",
                field="impedance_ohm",
                problem=f"misfit {float(np.sqrt(noise2)):.2%} of |Z| is {misfit:.1f} times the noise",
                hint="the circuit is not the whole truth: more processes, diffusion, or points to be masked",
            )
        )
    sample = sample_parts(chosen, problem)
    worst = min(
        (a.verdict for a, mine in zip(arcs, sample[:-1], strict=True) if mine),
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
        total_resistance=total,
        series_resistance=extra.get("series"),
        inductance=extra.get("inductance"),
        blocking_q=extra.get("q"),
        blocking_exponent=extra.get("m"),
        chi2_reduced=noise2 / checked.noise**2,
        noise=float(np.sqrt(noise2)),
        scores=tuple(_score(o, o is chosen, decided is not None) for o in orders),
        fitted_ohm=fitted,
        verdict=_verdict(chosen, worst, total is not None, decided),
        findings=tuple(findings),
    )


def _ambiguity(orders: list[OrderFit], chosen: OrderFit, problem: Problem, settings: ArcSettings) -> str:
    """Why the number of arcs is not certain, or ''."""
    if chosen.hits < 2:
        return f"the best cost was met by {chosen.hits} of {chosen.starts} starts only: global minimum not proven"
    m = chosen.circuit.n_arcs
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
        n_parameters=c.n_parameters,
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
        return Verdict(level="unresolved", reason=f"{text}; not even the total is determined")
    if worst is None:
        return Verdict(level="resolved", reason=f"{text}; only the total is measurable in this frequency range")
    return Verdict(level=worst.level, reason=f"{text}; weakest arc: {worst.reason}")
