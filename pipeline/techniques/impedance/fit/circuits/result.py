"""A circuit that a person wrote in numbers that may be printed: parameters, arcs and total with the verdicts of all spectra."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Z95, Estimate, Finding, Verdict
from pipeline.core.words import percent_text
from pipeline.science.statistics import bic_of, log_estimate
from pipeline.techniques.impedance.circuit_parameter import CircuitParameter
from pipeline.techniques.impedance.circuit_terms import ModelScore
from pipeline.techniques.impedance.fit.circuits.arcs import TAILS, ArcPart, find_arcs, series_of, unclear_parts
from pipeline.techniques.impedance.fit.circuits.fit import Solution, solve_circuit
from pipeline.techniques.impedance.fit.circuits.model import impedance, parameters_of
from pipeline.techniques.impedance.fit.single.diffusion import ELECTRODE_RATIO
from pipeline.techniques.impedance.model import Arc, CheckedSpectrum, SpectrumFit
from pipeline.techniques.impedance.settings import ArcSettings

WORST = ("refused", "unresolved", "weak", "resolved")
PROVEN = 2
"""Independent starts that must have met in the minimum."""


def fit_circuit(
    checked: CheckedSpectrum, circuit: str, fixed: Mapping[str, float], settings: ArcSettings
) -> SpectrumFit:
    """Fit the circuit of a study to one spectrum; R of its arcs and R in series make the total where nothing else may hold some.

    Parameters
    ----------
    circuit, fixed:
        As in ``solve_circuit``.

    Raises
    ------
    FitError
        As there.
    """
    s = solve_circuit(checked, circuit, fixed, settings)
    tree, theta = s.tree, s.found.theta
    misfit = float(np.sqrt(s.noise2)) / checked.noise
    parts = find_arcs(tree, theta)
    frequency = checked.spectrum.frequency_hz
    kept = frequency[np.array(checked.keep)]
    window = float(kept.min()), float(kept.max())
    arcs = tuple(_arc(number, a, s, window, misfit, settings) for number, a in enumerate(parts, start=1))
    total, total_verdict = _total(s, parts, window[0], misfit, settings)
    values = parameters_of(tree, theta[None, :])[0]
    values = np.array([fixed.get(name, v) for name, v in zip(tree.names, values, strict=True)])
    to_ln = np.where(tree.exponents, 1 / theta, 1.0)
    parameters = tuple(_parameter(i, s, float(values[i]), misfit, settings) for i in range(theta.size))
    judged = [a.verdict for a in arcs] or [p.verdict for p in parameters]
    worst = min(judged, key=lambda v: WORST.index(v.level))
    proof = f"{tree.text} as the study gives it, best cost met by {s.found.hits} of {s.found.starts} starts"
    return SpectrumFit(
        checked=checked,
        circuit=tree.text,
        parameter_names=tree.names,
        parameter_values=tuple(float(v) for v in values),
        ln_covariance=s.covariance * np.outer(to_ln, to_ln),
        arcs=arcs,
        total_resistance=total,
        total_verdict=total_verdict,
        series_resistance=_sum(s, series_of(tree, "R")),
        inductance=_sum(s, series_of(tree, "L")),
        blocking_q=_tail(s, 0),
        blocking_exponent=_tail(s, 1),
        chi2_reduced=s.noise2 / checked.noise**2,
        noise=float(np.sqrt(s.noise2)),
        scores=(_score(s, len(arcs), int(2 * kept.size)),),
        fitted_ohm=impedance(tree, theta[None, :], 2 * np.pi * frequency)[0],
        verdict=Verdict(level=worst.level, reason=f"{proof}; weakest part: {worst.reason}", code=worst.code),
        parameters=parameters,
        findings=(
            Finding(severity="info", field="circuit", problem=proof, code="circuit_given"),
            Finding(severity="info", field="total_resistance", problem=total_verdict.reason),
        ),
    )


def _sigma(s: Solution, by: FloatArray) -> float:
    return math.sqrt(max(float(by @ s.covariance @ by), 0.0))


def _sum(s: Solution, index: Sequence[int]) -> Estimate | None:
    """Of parameters that are positive, as one; None where there are none."""
    if not index:
        return None
    parts = np.exp(s.found.theta[list(index)])
    variance = float(parts @ s.covariance[np.ix_(index, index)] @ parts)
    unit, total = s.tree.units[index[0]], float(parts.sum())
    return log_estimate(float(np.log(total)), math.sqrt(max(variance, 0.0)) / total, "ohm" if unit == "Ohm" else unit)


def _tail(s: Solution, which: int) -> Estimate | None:
    """Q or exponent of the only CPE in series, as the table of spectra has it."""
    at = series_of(s.tree, "CPE")
    if len(at) != 1:
        return None
    value, sigma = float(s.found.theta[at[0] + which]), float(np.sqrt(s.covariance[at[0] + which, at[0] + which]))
    return Estimate(value=value, sigma=sigma, unit="1") if which else log_estimate(value, sigma, "F s^(n-1)")


def _score(s: Solution, n_arcs: int, n: int) -> ModelScore:
    k, tree = int(s.found.theta.size - sum(s.held)), s.tree
    aicc = n * float(np.log(s.found.chi2 / n)) + 2 * k * n / max(n - k - 1, 1)
    return ModelScore(
        n_arcs=n_arcs,
        blocking=bool(series_of(tree, *TAILS)),
        inductance=bool(series_of(tree, "L", "La")),
        n_parameters=k,
        chi2=s.found.chi2,
        aicc=aicc,
        bic=float(bic_of(s.found.chi2, n, k)),
        hits=s.found.hits,
        starts=s.found.starts,
        accepted=True,
        reason="the circuit of the study",
    )


def _width(text: str, width: float, s: Solution, misfit: float, settings: ArcSettings) -> Verdict:
    """By the relative sigma, the misfit, and whether the minimum is proven: the same bars as for our own circuits."""
    if s.found.hits < PROVEN:
        why = f"the best cost was met by {s.found.hits} of {s.found.starts} starts only: global minimum not proven"
        return Verdict(level="unresolved", reason=f"{text}: {why}", code="minimum_not_proven")
    if width > settings.weak_sigma:
        return Verdict(level="unresolved", reason=f"{text}: worse than {settings.weak_sigma:.0%}", code="too_wide")
    if width > settings.resolved_sigma:
        return Verdict(level="weak", reason=f"{text}: worse than {settings.resolved_sigma:.0%}", code="wide")
    if misfit > settings.max_misfit_over_noise:
        why = f"misfit {misfit:.1f} times the noise, sigma is indicative only"
        return Verdict(level="weak", reason=f"{text}: {why}", code="misfit")
    return Verdict(level="resolved", reason=text, code="determined")


def _ends(s: Solution, i: int, sigma: float) -> tuple[float, float]:
    """95 % interval of theta."""
    value = float(s.found.theta[i])
    return s.profiles.get(i, (value - Z95 * sigma, value + Z95 * sigma))


def _parameter(i: int, s: Solution, value: float, misfit: float, settings: ArcSettings) -> CircuitParameter:
    tree, name, unit = s.tree, s.tree.names[i], s.tree.units[i]
    if s.held[i]:
        verdict = Verdict(level="resolved", reason="held at the value that the study gives", code="held")
        return CircuitParameter(
            name=name, unit=unit, estimate=Estimate(value=value, sigma=0.0, unit=unit), verdict=verdict
        )
    if s.at_limit[i]:
        if tree.exponents[i] and value > 0.5:
            verdict = Verdict(level="weak", reason="at its limit of 1: held there", code="at_limit")
            return CircuitParameter(
                name=name, unit=unit, estimate=Estimate(value=1.0, sigma=0.0, unit=unit), verdict=verdict
            )
        verdict = Verdict(level="unresolved", reason="stopped at a limit: the data do not ask for it", code="at_limit")
        return CircuitParameter(name=name, unit=unit, estimate=None, verdict=verdict)
    sigma = float(np.sqrt(s.covariance[i, i]))
    low, high = _ends(s, i, sigma)
    if tree.exponents[i]:
        relative, ends = sigma / value, (max(low, 0.0), min(high, 1.0))
        width = relative
    else:
        relative, ends = sigma, (float(np.exp(low)), float(np.exp(min(high, 300.0))))
        width = max(sigma, *np.abs(np.array([low, high]) - s.found.theta[i]) / Z95)
    text = f"sigma {percent_text(relative)}"
    verdict = _width(text, float(width), s, misfit, settings)
    estimate = Estimate(value=value, sigma=value * relative, unit=unit, low95=ends[0], high95=ends[1])
    return CircuitParameter(name=name, unit=unit, estimate=estimate if verdict.printable else None, verdict=verdict)


def _arc(
    number: int, a: ArcPart, s: Solution, window: tuple[float, float], misfit: float, settings: ArcSettings
) -> Arc:
    apex, (f_min, f_max) = float(np.exp(-a.ln_tau) / (2 * np.pi)), window
    sigma, at = _sigma(s, a.by_r), int(np.argmax(a.by_r))
    low, high = _ends(s, at, sigma)
    width = max(sigma, (a.ln_r - low) / Z95, (high - a.ln_r) / Z95)
    text = f"sigma {percent_text(sigma)}, apex {apex:.3g} Hz = {apex / f_max:.2g} f_max, n = {a.n:.2f}"
    verdict = _width(text, width, s, misfit, settings)
    if apex > settings.max_apex_over_f_max * f_max:
        why = f"{text}: apex beyond {settings.max_apex_over_f_max:g} f_max"
        verdict = Verdict(level="refused", reason=why, code="apex_beyond_window")
    elif apex < f_min:
        why = f"{text}: apex below the lowest frequency, the arc is not closed"
        verdict = Verdict(level="refused", reason=why, code="arc_not_closed")
    elif s.at_limit[at]:
        verdict = Verdict(level="unresolved", reason=f"{text}: stopped at a limit", code="at_limit")
    elif a.n < settings.min_exponent and verdict.printable:
        why = f"{text}: n below {settings.min_exponent:g}: a distribution of processes, not one"
        verdict = Verdict(level="weak", reason=why, code="exponent_low")
    resistance = q = exponent = capacitance = None
    if verdict.printable:
        r = float(np.exp(a.ln_r))
        ends = float(np.exp(low)), float(np.exp(high))
        resistance = Estimate(value=r, sigma=r * sigma, unit="ohm", low95=ends[0], high95=ends[1])
        capacitance = log_estimate(a.ln_tau - a.ln_r, _sigma(s, a.by_tau - a.by_r), "F")
        by_q = a.n * a.by_tau + a.ln_tau * a.by_n - a.by_r
        q = log_estimate(a.n * a.ln_tau - a.ln_r, _sigma(s, by_q), "F s^(n-1)")
        exponent = Estimate(value=a.n, sigma=_sigma(s, a.by_n), unit="1")
    return Arc(
        number=number,
        resistance=resistance,
        cpe_q=q,
        cpe_exponent=exponent,
        capacitance=capacitance,
        apex_hz=apex,
        apex_over_f_max=apex / f_max,
        verdict=verdict,
        drawn=(float(np.exp(a.ln_r)), a.n),
    )


def _total(
    s: Solution, arcs: Sequence[ArcPart], f_min: float, misfit: float, settings: ArcSettings
) -> tuple[Estimate | None, Verdict]:
    """R in series and R of the arcs, without tails, diffusion, and an arc that is an electrode's."""
    unclear = unclear_parts(s.tree, arcs)
    if unclear:
        why = f"total withheld: what of {', '.join(unclear)} belongs to the sample, the circuit does not say"
        return None, Verdict(level="refused", reason=why, code="total_unclear")
    series, ln_c = series_of(s.tree, "R"), [a.ln_tau - a.ln_r for a in arcs]
    index, left_out = list(series), 0
    for i, a in enumerate(arcs):
        if np.exp(-a.ln_tau) / (2 * np.pi) >= f_min:
            index.append(int(np.argmax(a.by_r)))
        elif ln_c[i] - ln_c[0] > np.log(ELECTRODE_RATIO) if i else len(arcs) == 1 and bool(series):
            left_out += 1
        else:
            why = f"total withheld: arc {i + 1} does not close above the lowest frequency"
            return None, Verdict(level="refused", reason=why, code="total_open_arc")
    estimate = _sum(s, index)
    if estimate is None:
        return None, Verdict(level="refused", reason="no resistance of the sample in the circuit", code="total_none")
    what = f"{len(index) - len(series)} arc(s)"
    what += " and the series resistance (leads and contacts included)" if series else ""
    what += ", without the arc that does not close and has an electrode's capacitance" if left_out else ""
    relative = estimate.sigma / estimate.value
    text = f"total resistance is the sum of {what}; sigma {percent_text(relative)} in this circuit"
    verdict = _width(text, relative, s, misfit, settings)
    return (estimate if verdict.printable else None), verdict
