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
from typing import Literal

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Z95, Estimate, Finding, Verdict
from pipeline.science.constants import KB_EV_PER_K, S_PER_CM, T_25C_K
from pipeline.science.line_estimates import (
    conductivity_25c,
    correlation_at,
    kink_estimate,
)
from pipeline.science.lines import (
    BrokenLine,
    Line,
    chi2_without_worst,
    delta_bic,
    fit_broken_line,
    fit_line,
)
from pipeline.science.statistics import ln_sigma, student_t, t_estimate
from pipeline.science.tied_lines import fit_free_line, fit_tied_line
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.line_verdict import doubt_line, judge_line, left_out_reasons

MIN_SIDE = 3
"""Temperatures on each side of a kink: two make a line, the third tests it."""
BASES: tuple[Literal["sigma_T", "sigma"], ...] = ("sigma_T", "sigma")


def fit_arrhenius(points: Sequence[ConductivityPoint], settings: ArrheniusSettings) -> tuple[ArrheniusFit, ...]:
    """Lines of one sample.

    Parameters
    ----------
    points:
        All points of one sample; those whose verdict is not printable are counted and their reasons listed. A quantity that was
        measured at no known temperature has no line.

    Returns
    -------
    In the order of the points: quantity, method, then basis ``sigma_T`` and ``sigma``.
    """
    groups: dict[tuple[str, str], list[ConductivityPoint]] = defaultdict(list)
    for p in points:
        groups[p.quantity, p.method].append(p if p.temperature_k is not None else _placeless(p))
    groups = {name: group for name, group in groups.items() if any(p.temperature_k is not None for p in group)}
    lines = [(group, basis) for group in groups.values() for basis in BASES]
    return tuple(
        _fit_bare(group, basis, settings)
        if any(p.conductance_s for p in group)
        else _fit(group, basis, "ln(sigma T)" if basis == "sigma_T" else "ln sigma", settings)
        for group, basis in lines
    )


def _placeless(p: ConductivityPoint) -> ConductivityPoint:
    """A point without a temperature: it stands on no line."""
    why = Verdict(level="unresolved", reason="its temperature is not known", code="temperature_not_known")
    return replace(p, verdict=why, conductance_s=None, conductance_verdict=None)


def temperatures_of(points: Sequence[ConductivityPoint]) -> list[float]:
    """Those that are known, in K."""
    return [p.temperature_k for p in points if p.temperature_k is not None]


def _fit_bare(
    points: Sequence[ConductivityPoint], basis: Literal["sigma_T", "sigma"], settings: ArrheniusSettings
) -> ArrheniusFit:
    """The line of 1/R, for a pellet without geometry: l/A is a factor common to all points, Ea is the conductivity's."""
    stand_in = [
        replace(p, conductivity_s_per_m=p.conductance_s, verdict=p.conductance_verdict) if p.conductance_verdict else p
        for p in points
    ]
    line = _fit(stand_in, basis, "ln(T/R)" if basis == "sigma_T" else "ln(1/R)", settings)
    if not line.verdict.printable:
        return line
    why = f"{line.verdict.reason}; no pellet geometry: Ea from R(T), sigma(25 °C) and the prefactor withheld"
    return replace(
        line,
        verdict=replace(line.verdict, reason=why, code=f"{line.verdict.code} no_geometry"),
        ln_value_at_t_ref=None,
        ln_prefactor=None,
        conductivity_25c_s_per_m=None,
        extrapolated=False,
    )


def _fit(
    points: Sequence[ConductivityPoint], basis: Literal["sigma_T", "sigma"], name: str, settings: ArrheniusSettings
) -> ArrheniusFit:
    """The line of one quantity; ``name`` is what is plotted."""
    used = [p for p in points if p.verdict.printable and p.conductivity_s_per_m is not None]
    left_out = [p for p in points if p not in used]
    t = np.array(temperatures_of(used))
    if np.unique(t).size < settings.min_points:
        return _withheld(points, used, left_out, basis, settings)
    value = np.array([p.conductivity_s_per_m.value for p in used if p.conductivity_s_per_m])
    sigma = np.array([ln_sigma(p.conductivity_s_per_m) for p in used if p.conductivity_s_per_m])
    y = np.log(value * S_PER_CM) + (np.log(t) if basis == "sigma_T" else 0.0)
    x = -1 / (KB_EV_PER_K * t)  # eV^-1: the slope is Ea
    if points[0].method == "series":
        tied = fit_tied_line(x, y, sigma, _kink_x(used))
        broken = tied if isinstance(tied, BrokenLine) else None
        found = Drawn(line=tied if isinstance(tied, Line) else fit_line(x, y, sigma), broken=broken)
    else:
        line = fit_free_line(x, y, sigma)
        broken, bic, needed = _kink(line, x, y, settings)
        found = Drawn(line=line, broken=broken, bic=bic, bic_needed=needed)
    return _describe(used, left_out, (basis, name), found, (x, y, sigma), settings)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The line through the points, and the broken one where they ask for it."""

    line: Line
    broken: BrokenLine | None = None
    bic: float | None = None
    """Of one segment minus two; None where two could not be tested."""
    bic_needed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Numbers of a line: (value, sigma) of ln at 25 °C, at the reference and of the prefactor; ``q`` sigma are 95 %."""

    q: float
    ea: Estimate
    second: Estimate | None
    kink: Estimate | None
    ln_25c: tuple[float, float]
    ln_ref: tuple[float, float]
    ln_a: tuple[float, float]


def _read(found: Drawn, x_25c: float, *, single: bool) -> Reading:
    """Of a broken line the first energy is the one below the kink, the prefactor that of the segment above."""
    line, broken = found.line, found.broken
    if broken is None:
        q = student_t(line.dof) if single or line.tau > 0 else Z95
        return Reading(
            q=q,
            ea=t_estimate(line.slope, float(np.sqrt(line.covariance[1, 1])), q, "eV"),
            second=None,
            kink=None,
            ln_25c=line.at(x_25c),
            ln_ref=(line.value, float(np.sqrt(line.covariance[0, 0]))),
            ln_a=line.at(0.0),
        )
    q = student_t(broken.dof) if broken.dof > 0 and single else Z95
    root = np.sqrt(np.diag(broken.covariance))
    d = -broken.x_kink
    g = np.array([1.0, 0.0, d, -broken.slopes[1]])
    return Reading(
        q=q,
        ea=t_estimate(broken.slopes[0], float(root[1]), q, "eV"),
        second=t_estimate(broken.slopes[1], float(root[2]), q, "eV"),
        kink=kink_estimate(broken),
        ln_25c=broken.at(x_25c),
        ln_ref=broken.at(line.x0),
        ln_a=(broken.value_at_kink + broken.slopes[1] * d, float(np.sqrt(max(g @ broken.covariance @ g, 0.0)))),
    )


def _describe(
    used: Sequence[ConductivityPoint],
    left_out: Sequence[ConductivityPoint],
    named: tuple[Literal["sigma_T", "sigma"], str],
    found: Drawn,
    data: tuple[FloatArray, FloatArray, FloatArray],
    settings: ArrheniusSettings,
) -> ArrheniusFit:
    first, line, broken = used[0], found.line, found.broken
    basis, name = named
    t = np.array(temperatures_of(used))
    x25 = -1 / (KB_EV_PER_K * T_25C_K)
    r = _read(found, x25, single=first.method == "single")
    t_ref = -1 / (KB_EV_PER_K * line.x0)
    at_25 = r.ea if r.second is None or r.kink is None or r.kink.value > T_25C_K else r.second
    offset, unit = (float(np.log(T_25C_K)), "ln(S K/cm)") if basis == "sigma_T" else (0.0, "ln(S/cm)")
    margin = settings.interpolation_margin_k
    extrapolated = not t.min() - margin <= T_25C_K <= t.max() + margin
    findings: tuple[Finding, ...] = ()
    doubts: tuple[str, ...] = ()
    if first.method == "single":
        findings, doubts = doubt_line(used, line, broken, data, (r.ea, r.q * r.ln_25c[1]), x25, settings)
    kink_test = (broken is not None, found.bic, found.bic_needed)
    return ArrheniusFit(
        sample=first.sample,
        quantity=first.quantity,
        method=first.method,
        basis=basis,
        activation_energy_ev=r.ea,
        t_ref_k=t_ref,
        ln_value_at_t_ref=t_estimate(*r.ln_ref, r.q, unit),
        ln_prefactor=t_estimate(*r.ln_a, r.q, unit),
        conductivity_25c_s_per_m=conductivity_25c(
            r.ln_25c[0] - offset, r.ln_25c[1], r.q, first.geometry_relative_sigma
        ),
        extrapolated=extrapolated,
        n_points=len(used),
        n_left_out=len(left_out),
        t_min_k=float(t.min()),
        t_max_k=float(t.max()),
        kink_temperature_k=r.kink,
        second_activation_energy_ev=r.second,
        correlation=0.0 if broken is None else correlation_at(broken, line.x0),
        verdict=judge_line(r.ea, used, line, extrapolated, name, kink_test, doubts, settings),
        findings=findings,
        left_out=left_out_reasons(left_out),
        geometry_relative_sigma=first.geometry_relative_sigma,
        temperature_sigma_ea_ev=2 * abs(r.ea.value) * settings.temperature_sigma_k / t_ref,
        temperature_relative_sigma_25c=abs(at_25.value) / (KB_EV_PER_K * T_25C_K**2) * settings.temperature_sigma_k,
        excess_scatter=line.tau,
        delta_bic_kink=found.bic,
        delta_bic_needed=found.bic_needed,
    )


def _withheld(
    points: Sequence[ConductivityPoint],
    used: Sequence[ConductivityPoint],
    left_out: Sequence[ConductivityPoint],
    basis: Literal["sigma_T", "sigma"],
    settings: ArrheniusSettings,
) -> ArrheniusFit:
    t = temperatures_of(used or points)
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
        verdict=Verdict(level="refused" if refused else "unresolved", reason=why, code="line_points_few"),
        left_out=reasons,
        geometry_relative_sigma=points[0].geometry_relative_sigma,
    )
