"""The chosen fit in numbers that may be printed: estimates with intervals, verdicts per arc, the circuit as text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Z95, Estimate, Verdict
from pipeline.core.words import percent_text
from pipeline.science.statistics import log_estimate, sigmas_of
from pipeline.techniques.impedance.circuit_terms import Diffusion, SampleTotal
from pipeline.techniques.impedance.fit.levenberg_marquardt import Flags
from pipeline.techniques.impedance.fit.single.circuit import Circuit, ln_apex_tau
from pipeline.techniques.impedance.fit.single.covariance import profile_intervals
from pipeline.techniques.impedance.fit.single.model_averaging import SHAPE_NAMES, Spread
from pipeline.techniques.impedance.fit.single.model_selection import OrderFit
from pipeline.techniques.impedance.fit.single.variable_projection import Problem
from pipeline.techniques.impedance.model import Arc
from pipeline.techniques.impedance.settings import ArcSettings

PROFILE_FROM = 0.05
"""Relative sigma above which the interval comes from a profile: below it the logarithm is normal enough."""


def describe_arcs(
    chosen: OrderFit,
    cov: FloatArray,
    omega: FloatArray,
    problem: Problem,
    settings: ArcSettings,
    ambiguous: str,
    spreads: tuple[Spread, ...],
    misfit: float,
) -> tuple[Arc, ...]:
    """One Arc per term, from the fastest; resistances are withheld where the verdict is not printable.

    ``misfit`` is the rms residual over the noise of the data.
    """
    m = chosen.circuit.n_arcs
    window = float(omega.min() / (2 * np.pi)), float(omega.max() / (2 * np.pi))
    sigma = sigmas_of(cov)
    wide = [i for i in range(m) if PROFILE_FROM < sigma[i] <= 1.5 * settings.weak_sigma]
    profiles = profile_intervals(chosen, wide, cov, problem)
    intervals = []
    for i in range(m):
        value, wald = float(np.exp(chosen.theta[i])), float(Z95 * sigma[i])
        low, high = spreads[i].low, spreads[i].high
        if i in profiles:  # what the profile adds to the straight picture, other circuits on top
            low += min(float(np.log(profiles[i][0] / value)) + wald, 0.0)
            high += max(float(np.log(profiles[i][1] / value)) - wald, 0.0)
        intervals.append((value * float(np.exp(low)), value * float(np.exp(min(high, 300.0)))))
    doubts = Doubts(window_hz=window, ambiguous=ambiguous, misfit=misfit)
    verdicts = [_judge(i, chosen, float(sigma[i]), intervals[i], spreads[i], doubts, settings) for i in range(m)]
    blurred = [i + 1 for i, v in enumerate(verdicts) if v.level == "unresolved"]
    if blurred:
        why = f"split withheld: arc(s) {', '.join(map(str, blurred))} not determined"
        verdicts = [
            Verdict(
                level="unresolved", reason=f"{why}; this one sigma {percent_text(spreads[i].sigma)}", code="split_open"
            )
            if v.printable
            else v
            for i, v in enumerate(verdicts)
        ]
    return tuple(_arc(i, v, chosen, cov, spreads[i].sigma, intervals[i], window[1]) for i, v in enumerate(verdicts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What every arc of a spectrum is judged by."""

    window_hz: tuple[float, float]
    ambiguous: str
    """Why the number of arcs is not certain, or ''."""
    misfit: float
    """Of the whole fit, in units of the noise."""


def _judge(
    i: int,
    chosen: OrderFit,
    sigma: float,
    interval: tuple[float, float],
    spread: Spread,
    doubts: Doubts,
    settings: ArcSettings,
) -> Verdict:
    m, theta, (f_min, f_max) = chosen.circuit.n_arcs, chosen.theta, doubts.window_hz
    apex_hz = float(np.exp(-ln_apex_tau(theta, chosen.circuit)[i]) / (2 * np.pi))
    exponent = float(theta[2 * m + i])
    text = (
        f"sigma {percent_text(spread.sigma)}, apex {apex_hz:.3g} Hz = {apex_hz / f_max:.2g} f_max, n = {exponent:.2f}"
    )
    if apex_hz > settings.max_apex_over_f_max * f_max:
        return Verdict(
            level="refused",
            reason=f"{text}: apex beyond {settings.max_apex_over_f_max:g} f_max",
            code="apex_beyond_window",
        )
    if apex_hz < f_min:
        return Verdict(
            level="refused",
            reason=f"{text}: apex below the lowest frequency, the arc is not closed",
            code="arc_not_closed",
        )
    if doubts.ambiguous:
        return Verdict(level="unresolved", reason=f"{doubts.ambiguous} ({text})", code="number_of_arcs_open")
    if sigma == 0:
        return Verdict(level="unresolved", reason=f"{text}: stopped at a limit", code="at_limit")
    sides = np.abs(np.log(np.array(interval)) - theta[i]) / Z95
    width = float(max(spread.sigma, sides.max() if sigma > settings.resolved_sigma else 0.0))
    if spread.reason:
        text = f"{text}; {spread.reason}"
    elif width > 1.2 * sigma:
        text = f"{text}; 95 % interval {interval[0]:.4g} to {interval[1]:.4g} ohm"
    if width > settings.weak_sigma:
        return Verdict(level="unresolved", reason=f"{text}: worse than {settings.weak_sigma:.0%}", code="too_wide")
    if exponent < settings.min_exponent:
        why = f"n below {settings.min_exponent:g}: a distribution of processes, not one"
        return Verdict(level="weak", reason=f"{text}: {why}", code="exponent_low")
    if width > settings.resolved_sigma:
        return Verdict(level="weak", reason=f"{text}: worse than {settings.resolved_sigma:.0%}", code="wide")
    if doubts.misfit > settings.max_misfit_over_noise:
        why = f"{text}: misfit {doubts.misfit:.1f} times the noise, sigma is indicative only"
        return Verdict(level="weak", reason=why, code="misfit")
    return Verdict(level="resolved", reason=text, code="determined")


def _arc(
    i: int,
    verdict: Verdict,
    chosen: OrderFit,
    cov: FloatArray,
    sigma_ln: float,
    interval: tuple[float, float],
    f_max: float,
) -> Arc:
    m, theta = chosen.circuit.n_arcs, chosen.theta
    ln_r, ln_tau, n = float(theta[i]), float(ln_apex_tau(theta, chosen.circuit)[i]), float(theta[2 * m + i])
    apex = float(np.exp(-ln_tau) / (2 * np.pi))
    shape = chosen.circuit.shapes[i] if chosen.circuit.shapes else "cc"
    resistance = q = exponent = capacitance = skew = None
    if verdict.printable:
        value = float(np.exp(ln_r))
        resistance = Estimate(value=value, sigma=value * sigma_ln, unit="ohm", low95=interval[0], high95=interval[1])
        d_c = np.zeros(theta.size)
        d_c[m + i], d_c[i] = 1.0, -1.0
        for k in range(2, chosen.circuit.blocks):
            up = theta.copy()
            up[k * m + i] -= 1e-6
            d_c[k * m + i] = (ln_tau - float(ln_apex_tau(up, chosen.circuit)[i])) / 1e-6
        capacitance = log_estimate(ln_tau - ln_r, float(np.sqrt(d_c @ cov @ d_c)), "F")
        d_q = np.zeros(theta.size)
        d_q[m + i], d_q[2 * m + i], d_q[i] = n, ln_tau, -1.0
        if shape == "cc":
            q = log_estimate(n * ln_tau - ln_r, float(np.sqrt(d_q @ cov @ d_q)), "F s^(n-1)")
        else:
            at = 3 * m + i
            skew = Estimate(value=float(theta[at]), sigma=float(np.sqrt(cov[at, at])), unit="1")
        exponent = Estimate(value=n, sigma=float(np.sqrt(cov[2 * m + i, 2 * m + i])), unit="1")
    return Arc(
        number=i + 1,
        resistance=resistance,
        cpe_q=q,
        cpe_exponent=exponent,
        capacitance=capacitance,
        apex_hz=apex,
        apex_over_f_max=apex / f_max,
        verdict=verdict,
        shape=SHAPE_NAMES[shape],
        skew_exponent=skew,
    )


def total_resistance(
    chosen: OrderFit, sample: Flags, problem: Problem, settings: ArcSettings, spread: Spread | None, misfit: float
) -> SampleTotal:
    """R_s and the arcs of ``sample`` (M,) with their spread over all circuits that count, and how far these agree on it.

    Its reason says what it holds.  The arcs have verdicts of their own: a split that is not determined leaves the sum untouched.
    """
    c, theta = chosen.circuit, chosen.theta
    index = [*np.flatnonzero(sample), *([c.position("series")] if c.series else [])]
    arcs = tuple(int(i) + 1 for i in np.flatnonzero(sample))
    if spread is None:
        nothing = Verdict(level="refused", reason="no resistance in the model", code="total_none")
        return SampleTotal(arcs=arcs, resistance=None, verdict=nothing)
    open_ = [i + 1 for i in range(c.n_arcs) if sample[i] and chosen.x[i] > -float(problem.ln_omega.min())]
    if open_:
        why = f"total withheld: arc {open_[-1]} does not close above the lowest frequency"
        return SampleTotal(
            arcs=arcs, resistance=None, verdict=Verdict(level="refused", reason=why, code="total_open_arc")
        )
    parts = np.exp(theta[index])
    total = float(parts.sum())
    what = f"{len(arcs)} arc(s)" + (" and the series resistance (leads and contacts included)" if c.series else "")
    left = np.flatnonzero(~sample)
    if left.size and np.all(chosen.x[left] > -float(problem.ln_omega.min())):
        what += ", without the arc that does not close and has an electrode's capacitance"
    elif left.size:
        what += f", without arc {', '.join(str(i + 1) for i in left)}, which has an electrode's capacitance"
    if spread.sigma > settings.weak_sigma:
        why = f"total of {what} withheld: sigma {percent_text(spread.sigma)}, the circuits that fit do not agree on it"
        return SampleTotal(
            arcs=arcs, resistance=None, verdict=Verdict(level="unresolved", reason=why, code="total_wide")
        )
    low, high = total * float(np.exp(spread.low)), total * float(np.exp(spread.high))
    estimate = Estimate(value=total, sigma=total * spread.sigma, unit="ohm", low95=low, high95=high)
    verdict = _judge_total(f"total resistance is the sum of {what}", spread, settings, misfit)
    return SampleTotal(arcs=arcs, resistance=estimate, verdict=verdict)


def _judge_total(text: str, spread: Spread, settings: ArcSettings, misfit: float) -> Verdict:
    width = max(spread.sigma, -spread.low / Z95, spread.high / Z95)
    text = f"{text}; all circuits that fit agree on it within {percent_text(width)}"
    if width > settings.resolved_sigma:
        return Verdict(level="weak", reason=f"{text}; {spread.reason}".rstrip("; "), code="total_wide")
    if misfit > settings.max_misfit_over_noise:
        why = f"{text}; misfit {misfit:.1f} times the noise, sigma is indicative only"
        return Verdict(level="weak", reason=why, code="total_misfit")
    return Verdict(level="resolved", reason=text, code="total_agreed")


def ln_parameters(chosen: OrderFit, cov: FloatArray) -> dict[str, Estimate]:
    """Series resistance, inductance and blocking element, where present."""
    c: Circuit = chosen.circuit
    out: dict[str, Estimate] = {}
    for name, present, unit in (
        ("series", c.series, "ohm"),
        ("inductance", c.inductance, "H"),
        ("q", c.blocking and c.tail == "cpe", "F s^(n-1)"),
    ):
        if present:
            at = c.position(name)
            out[name] = log_estimate(float(chosen.theta[at]), float(np.sqrt(max(cov[at, at], 0.0))), unit)
    if c.blocking and c.tail == "cpe":
        at = c.position("m")
        out["m"] = Estimate(value=float(chosen.theta[at]), sigma=float(np.sqrt(max(cov[at, at], 0.0))), unit="1")
    return out


def described_diffusion(chosen: OrderFit, cov: FloatArray) -> Diffusion | None:
    """Of the tail, where it is one."""
    c = chosen.circuit
    if not c.blocking or c.tail == "cpe":
        return None
    (ln_r, s_r), (ln_tau, s_tau) = (
        (float(chosen.theta[at]), float(np.sqrt(max(cov[at, at], 0.0)))) for at in (c.position("q"), c.position("m"))
    )
    return Diffusion(
        end="blocked" if c.tail == "open" else "let through",
        resistance=log_estimate(ln_r, s_r, "ohm"),
        time_constant=log_estimate(ln_tau, s_tau, "s"),
    )


def described_circuit(chosen: OrderFit, cov: FloatArray) -> tuple[str, tuple[str, ...], tuple[float, ...], FloatArray]:
    """impedance.py's circuit string, parameter names and values, and the covariance of their logarithms."""
    c, theta, m = chosen.circuit, chosen.theta, chosen.circuit.n_arcs
    text, names, values, rows = [], [], [], []

    def add(name: str, value: float, derivative: dict[int, float]) -> None:
        row = np.zeros(theta.size)
        for i, d in derivative.items():
            row[i] = d
        names.append(name)
        values.append(value)
        rows.append(row)

    if c.inductance:
        at = c.position("inductance")
        text.append("L0")
        add("L0", float(np.exp(theta[at])), {at: 1.0})
    if c.series:
        at = c.position("series")
        text.append("R0")
        add("R0", float(np.exp(theta[at])), {at: 1.0})
    for i in range(m):
        r, tau, n = float(theta[i]), float(theta[m + i]), float(theta[2 * m + i])
        if c.shapes and c.shapes[i] != "cc":
            text.append(f"HN{i + 1}")
            add(f"HN{i + 1}_0", float(np.exp(r)), {i: 1.0})
            add(f"HN{i + 1}_1", float(np.exp(tau)), {m + i: 1.0})
            for k in (2, 3):
                e = float(theta[k * m + i])
                add(f"HN{i + 1}_{k}", e, {k * m + i: 1.0 / e})
            continue
        text.append(f"p(R{i + 1},CPE{i + 1})")
        add(f"R{i + 1}", float(np.exp(r)), {i: 1.0})
        add(f"CPE{i + 1}_0", float(np.exp(n * tau - r)), {i: -1.0, m + i: n, 2 * m + i: tau})
        add(f"CPE{i + 1}_1", n, {2 * m + i: 1.0 / n})
    if c.blocking and c.tail != "cpe":
        name = "Wo" if c.tail == "open" else "Ws"
        text.append(f"{name}{m + 1}")
        for k, term in enumerate(("q", "m")):
            add(f"{name}{m + 1}_{k}", float(np.exp(theta[c.position(term)])), {c.position(term): 1.0})
    elif c.blocking:
        q, e = c.position("q"), c.position("m")
        text.append(f"CPE{m + 1}")
        add(f"CPE{m + 1}_0", float(np.exp(theta[q])), {q: 1.0})
        add(f"CPE{m + 1}_1", float(theta[e]), {e: 1.0 / float(theta[e])})
    to = np.array(rows)
    return "-".join(text), tuple(names), tuple(values), np.asarray(to @ cov @ to.T)
