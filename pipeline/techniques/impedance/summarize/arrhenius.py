"""Conductivity points of one sample -> Arrhenius lines, per quantity, method and basis.

    sigma_T:  ln(sigma T) = ln A - Ea/(kB T)      (the paper's form)
    sigma:    ln sigma    = ln A - Ea/(kB T)      (Ea smaller by about kB T; both are given, both are named)

The line is written around T_ref, the (weighted) harmonic mean of the temperatures, where its value and Ea are uncorrelated.
Points weigh by their own sigma and a common excess scatter; intervals are Student's (``lines.py``).  The geometry's
uncertainty widens sigma(25 °C), never Ea; a thermometer that is off moves both and stands apart.  One segment is compared
with two by BIC (Schwarz, Ann. Stat. 6 (1978) 461).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Finding, Verdict
from pipeline.science.line_estimates import (
    KB_EV_PER_K,
    S_PER_CM,
    conductivity_25c,
    correlation_at,
    kink_estimate,
    ln_sigma,
    t_estimate,
)
from pipeline.science.lines import (
    BrokenLine,
    Line,
    chi2_without_worst,
    delta_bic,
    fit_broken_line,
    fit_line,
    student_t,
)
from pipeline.science.tied_lines import fit_free_line, fit_tied_line
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint
from pipeline.techniques.impedance.summarize.line_verdict import doubt_line, judge_line, left_out_reasons

T_25C_K = 298.15
MIN_SIDE = 3
"""Temperatures on each side of a kink: two make a line, the third tests it."""
BASES: tuple[Literal["sigma_T", "sigma"], ...] = ("sigma_T", "sigma")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrheniusSettings:
    """Table ``[settings.summarize.arrhenius]``."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    min_points: Annotated[int, Ge(3)] = 3
    """Fewer temperatures leave nothing to test the line with."""
    temperature_sigma_k: Annotated[float, Ge(0)] = 0.5
    """Common error of the thermometer: usual for a chamber whose sensor is not in the pellet. Reported apart."""
    kink_delta_bic: Annotated[float, Gt(0)] = 14.0
    """Two segments must be better by this much: below 1 % of straight lines reach it by chance from seven temperatures on."""
    kink_min_ev: Annotated[float, Ge(0)] = 0.02
    """Smaller changes of Ea are no kink: a sum of regions with unlike Ea bends by as much without any transition."""
    outlier_p: Annotated[float, Gt(0), Lt(0.5)] = 0.01
    """A point this unlikely (all points of the line considered) is named; it stays in the fit."""
    resolved_sigma: Annotated[float, Gt(0), Lt(1)] = 0.05
    """Largest half-width over 1.96 of Ea, relative, of a resolved line: the bar of every other verdict."""
    weak_sigma: Annotated[float, Gt(0), Lt(1)] = 0.20
    """The same for a line that is given at all."""
    repeat_within_k: Annotated[float, Ge(0)] = 0.5
    """Temperatures this near are the same one, measured again: up and down scans are compared there."""
    interpolation_margin_k: Annotated[float, Ge(0)] = 1.0
    """25 °C may lie this far outside the measured temperatures and still count as interpolated."""


def fit_arrhenius(points: Sequence[ConductivityPoint], settings: ArrheniusSettings) -> tuple[ArrheniusFit, ...]:
    """Lines of one sample.

    Parameters
    ----------
    points:
        All points of one sample; those whose verdict is not printable are counted and their reasons listed.

    Returns
    -------
    In the order of the points: quantity, method, then basis ``sigma_T`` and ``sigma``.
    """
    groups: dict[tuple[str, str], list[ConductivityPoint]] = defaultdict(list)
    for p in points:
        groups[p.quantity, p.method].append(p)
    lines = [(group, basis) for group in groups.values() for basis in BASES]
    return tuple(
        _fit_bare(group, basis, settings) if any(p.conductance_s for p in group) else _fit(group, basis, settings)
        for group, basis in lines
    )


def _fit_bare(
    points: Sequence[ConductivityPoint], basis: Literal["sigma_T", "sigma"], settings: ArrheniusSettings
) -> ArrheniusFit:
    """The line of 1/R, for a pellet without geometry: l/A is a factor common to all points, Ea is the conductivity's."""
    stand_in = [
        replace(p, conductivity_s_per_m=p.conductance_s, verdict=p.conductance_verdict) if p.conductance_verdict else p
        for p in points
    ]
    line = _fit(stand_in, basis, settings)
    if not line.verdict.printable:
        return line
    name = "ln(T/R)" if basis == "sigma_T" else "ln(1/R)"
    text = line.verdict.reason.replace("ln(sigma T)", name, 1).replace("ln sigma", name, 1)
    why = f"{text}; no pellet geometry: Ea from R(T), sigma(25 °C) and the prefactor withheld"
    verdict = Verdict(level=line.verdict.level, reason=why)
    return replace(
        line,
        verdict=verdict,
        ln_value_at_t_ref=None,
        ln_prefactor=None,
        conductivity_25c_s_per_m=None,
        extrapolated=False,
    )


def _fit(
    points: Sequence[ConductivityPoint], basis: Literal["sigma_T", "sigma"], settings: ArrheniusSettings
) -> ArrheniusFit:
    used = [p for p in points if p.verdict.printable and p.conductivity_s_per_m is not None]
    left_out = [p for p in points if p not in used]
    t = np.array([p.temperature_k for p in used])
    if np.unique(t).size < settings.min_points:
        return _withheld(points, used, left_out, basis, settings)
    value = np.array([p.conductivity_s_per_m.value for p in used if p.conductivity_s_per_m])
    sigma = np.array([ln_sigma(p.conductivity_s_per_m) for p in used if p.conductivity_s_per_m])
    y = np.log(value * S_PER_CM) + (np.log(t) if basis == "sigma_T" else 0.0)
    x = -1 / (KB_EV_PER_K * t)  # eV^-1: the slope is Ea
    broken: BrokenLine | None = None
    bic: float | None = None
    needed: float | None = None
    if points[0].method == "series":
        tied = fit_tied_line(x, y, sigma, _kink_x(used))
        broken = tied if isinstance(tied, BrokenLine) else None
        line = tied if isinstance(tied, Line) else fit_line(x, y, sigma)
    else:
        line = fit_free_line(x, y, sigma)
        broken, bic, needed = _kink(line, x, y, settings)
    return _describe(points[0], used, left_out, basis, line, broken, bic, needed, (x, y, sigma), settings)


def _kink_x(points: Sequence[ConductivityPoint]) -> float | None:
    kink = points[0].series_kink_k
    return None if kink is None else -1 / (KB_EV_PER_K * kink)


def _kink(
    line: Line, x: FloatArray, y: FloatArray, settings: ArrheniusSettings
) -> tuple[BrokenLine | None, float | None, float | None]:
    broken = fit_broken_line(x, y, line.weights, MIN_SIDE)
    if broken is None:
        return None, None, None
    bic = delta_bic(line, broken, x.size)
    needed = settings.kink_delta_bic + 4.0 * max(0, 7 - x.size)  # six points: two degrees of freedom, longer tails
    one_point = chi2_without_worst(line, x) <= broken.chi2  # leaving one out mends the line as well: no kink
    real = not one_point and bic > needed and abs(broken.slopes[1] - broken.slopes[0]) >= settings.kink_min_ev
    return (broken if real else None), bic, needed


def _describe(
    first: ConductivityPoint,
    used: Sequence[ConductivityPoint],
    left_out: Sequence[ConductivityPoint],
    basis: Literal["sigma_T", "sigma"],
    line: Line,
    broken: BrokenLine | None,
    bic: float | None,
    needed: float | None,
    data: tuple[FloatArray, FloatArray, FloatArray],
    settings: ArrheniusSettings,
) -> ArrheniusFit:
    t = np.array([p.temperature_k for p in used])
    q = student_t(line.dof) if first.method == "single" or line.tau > 0 else 1.959964
    t_ref = -1 / (KB_EV_PER_K * line.x0)
    x25 = -1 / (KB_EV_PER_K * T_25C_K)
    if broken is None:
        ea = t_estimate(line.slope, float(np.sqrt(line.covariance[1, 1])), q, "eV")
        second = kink = None
        ln25 = line.at(x25)
        ln_ref = (line.value, float(np.sqrt(line.covariance[0, 0])))
        ln_a = line.at(0.0)
    else:
        q = student_t(broken.dof) if broken.dof > 0 and first.method == "single" else 1.959964
        root = np.sqrt(np.diag(broken.covariance))
        ea = t_estimate(broken.slopes[0], float(root[1]), q, "eV")
        second = t_estimate(broken.slopes[1], float(root[2]), q, "eV")
        kink = kink_estimate(broken)
        ln25, ln_ref = broken.at(x25), broken.at(line.x0)
        d = -broken.x_kink
        g = np.array([1.0, 0.0, d, -broken.slopes[1]])  # prefactor of the segment above
        ln_a = (broken.value_at_kink + broken.slopes[1] * d, float(np.sqrt(max(g @ broken.covariance @ g, 0.0))))
    at_25 = ea if second is None or kink is None or kink.value > T_25C_K else second
    offset = np.log(T_25C_K) if basis == "sigma_T" else 0.0
    margin = settings.interpolation_margin_k
    extrapolated = not t.min() - margin <= T_25C_K <= t.max() + margin
    findings: tuple[Finding, ...] = ()
    doubts: tuple[str, ...] = ()
    if first.method == "single":
        findings, doubts = doubt_line(used, line, broken, data, (ea, q * ln25[1]), x25, settings)
    kink_test = (broken is not None, bic, needed)
    return ArrheniusFit(
        sample=first.sample,
        quantity=first.quantity,
        method=first.method,
        basis=basis,
        activation_energy_ev=ea,
        t_ref_k=t_ref,
        ln_value_at_t_ref=t_estimate(*ln_ref, q, "ln(S K/cm)" if basis == "sigma_T" else "ln(S/cm)"),
        ln_prefactor=t_estimate(*ln_a, q, "ln(S K/cm)" if basis == "sigma_T" else "ln(S/cm)"),
        conductivity_25c_s_per_m=conductivity_25c(ln25[0] - float(offset), ln25[1], q, first.geometry_relative_sigma),
        extrapolated=extrapolated,
        n_points=len(used),
        n_left_out=len(left_out),
        t_min_k=float(t.min()),
        t_max_k=float(t.max()),
        kink_temperature_k=kink,
        second_activation_energy_ev=second,
        correlation=0.0 if broken is None else correlation_at(broken, line.x0),
        verdict=judge_line(ea, used, line, extrapolated, basis, kink_test, doubts, settings),
        findings=findings,
        left_out=left_out_reasons(left_out),
        geometry_relative_sigma=first.geometry_relative_sigma,
        temperature_sigma_ea_ev=2 * abs(ea.value) * settings.temperature_sigma_k / t_ref,
        temperature_relative_sigma_25c=abs(at_25.value) / (KB_EV_PER_K * T_25C_K**2) * settings.temperature_sigma_k,
        excess_scatter=line.tau,
        delta_bic_kink=bic,
        delta_bic_needed=needed,
    )


def _withheld(
    points: Sequence[ConductivityPoint],
    used: Sequence[ConductivityPoint],
    left_out: Sequence[ConductivityPoint],
    basis: Literal["sigma_T", "sigma"],
    settings: ArrheniusSettings,
) -> ArrheniusFit:
    t = [p.temperature_k for p in (used or points)]
    n = len({p.temperature_k for p in used})
    reasons = left_out_reasons(left_out)
    why = f"{n} usable temperature(s), {settings.min_points} needed" + (f"; {reasons[0]}" if reasons else "")
    refused = bool(left_out) and not used and all(p.verdict.level == "refused" for p in left_out)
    return ArrheniusFit(
        sample=points[0].sample,
        quantity=points[0].quantity,
        method=points[0].method,
        basis=basis,
        activation_energy_ev=None,
        t_ref_k=len(t) / sum(1 / max(v, 1e-3) for v in t),
        ln_value_at_t_ref=None,
        ln_prefactor=None,
        conductivity_25c_s_per_m=None,
        extrapolated=False,
        n_points=len(used),
        n_left_out=len(left_out),
        t_min_k=min(t),
        t_max_k=max(t),
        kink_temperature_k=None,
        second_activation_energy_ev=None,
        correlation=0.0,
        verdict=Verdict(level="refused" if refused else "unresolved", reason=why),
        left_out=reasons,
        geometry_relative_sigma=points[0].geometry_relative_sigma,
    )
