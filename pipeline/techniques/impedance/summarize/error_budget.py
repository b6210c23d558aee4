"""What no number of a pellet can be better than: geometry, thermometer and contact resistance, beside the scatter of its points.

    sigma = l/(A R):   s_sys^2 = s(l/A)^2 + (Ea dT/(kB T^2))^2 + (dR/R)^2                     (relative)
    Ea:                s_sys^2 = (2 Ea dT/T_ref)^2 + (dR sum (x - <x>)/R / sum (x - <x>)^2)^2,    x = -1/(kB T)

A thermometer that is off by dT at all temperatures, and a contact dR that lies in series at all of them, move every point
together: no scatter shows them.  What the study does not give is allowed for, and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.sample import Sample
from pipeline.core.values import Z95, Estimate, Finding
from pipeline.science.constants import KB_EV_PER_K, T_25C_K
from pipeline.science.statistics import lognormal_estimate, widen
from pipeline.techniques.impedance.error_budget import ErrorBudget
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint, SpectrumFit
from pipeline.techniques.impedance.settings import ArrheniusSettings, ConductivitySettings

TYPICAL_EV = 0.35
"""Activation energy by which the thermometer moves sigma where none was found."""


def make_budget(
    sample: Sample, fits: Sequence[SpectrumFit], settings: ConductivitySettings, thermometer: ArrheniusSettings
) -> ErrorBudget:
    """Of one sample: what its study gives, else what is allowed for.

    A contact that nobody measured is one of the resistances in series: it lies between nothing and the smallest that any spectrum
    shows, evenly, and below ``contact_allowance_ohm``.
    """
    unknown = [f for f in fits if not f.contact_known]
    most = min((_in_series(f) for f in unknown), default=0.0)
    given = sample.pellet is not None and sample.pellet.thickness_sigma_m > 0
    known = 0.0 if sample.pellet is None else sample.pellet.relative_sigma
    return ErrorBudget(
        sample=sample.id,
        geometry_relative=known
        if given or sample.pellet is None
        else float(np.hypot(known, settings.geometry_allowance)),
        geometry_given=given or sample.pellet is None,
        contact_ohm=min(settings.contact_allowance_ohm, most / float(np.sqrt(3))),
        contact_given=not unknown,
        thermometer_k=thermometer.temperature_sigma_k,
    )


def _in_series(fit: SpectrumFit) -> float:
    """Resistance in series with the arcs in ohm, or the smallest real part where the fit has none."""
    if fit.series_resistance is not None:
        return fit.series_resistance.value
    z = fit.checked.spectrum.impedance_ohm[np.array(fit.checked.keep, bool)]
    return max(float(z.real.min()), 0.0) if z.size else 0.0


def tell_budget(budget: ErrorBudget) -> Finding:
    """What stands in the sigma of every headline number of a sample, and what of it nobody gave."""
    parts = [f"{budget.thermometer_k:g} K of the thermometer (temperature_sigma_k)"]
    if budget.geometry_relative > 0:
        how = (
            "of the geometry" if budget.geometry_given else "for the geometry, as the study gives no thickness_sigma_mm"
        )
        parts.append(f"{budget.geometry_relative:.1%} {how}")
    if not budget.contact_given:
        parts.append(f"{budget.contact_ohm:.2g} ohm for the contacts, as the study gives no contact_resistance_ohm")
    return Finding(
        severity="info",
        field="uncertainty",
        problem=f"in sigma and interval of the key numbers beside the statistical part: {'; '.join(parts)}",
        code="error_budget",
    )


def add_systematic(
    points: Sequence[ConductivityPoint], energy_ev: float | None, budget: ErrorBudget
) -> tuple[ConductivityPoint, ...]:
    """The points of one sample with the relative sigma of sigma that they have in common."""
    ea = TYPICAL_EV if energy_ev is None else energy_ev
    return tuple(replace(p, systematic_relative_sigma=_common(p, ea, budget)) for p in points)


def _common(p: ConductivityPoint, ea: float, budget: ErrorBudget) -> float:
    thermometer = 0.0
    if p.temperature_k is not None:
        thermometer = ea * budget.thermometer_k / (KB_EV_PER_K * p.temperature_k**2)
    contact = budget.contact_ohm / p.resistance_ohm if p.resistance_ohm and holds_contact(p.quantity, p.method) else 0.0
    return float(np.sqrt(budget.geometry_relative**2 + thermometer**2 + contact**2))


def holds_contact(quantity: str, method: str) -> bool:
    """The total of a single fit holds what lies in series with the arcs; an arc, and a sum of arcs, does not."""
    return quantity == "total" and method == "single"


def complete_line(line: ArrheniusFit, points: Sequence[ConductivityPoint], budget: ErrorBudget) -> ArrheniusFit:
    """The line with the systematic parts of its energy and of sigma(25 °C), and both with their whole uncertainty.

    Parameters
    ----------
    points:
        Those of the line's sample, quantity and method.
    """
    ea = line.activation_energy_ev
    if ea is not None:
        systematic = float(
            np.hypot(
                2 * abs(ea.value) * budget.thermometer_k / line.t_ref_k, _contact_slope(points, budget.contact_ohm)
            )
        )
        line = replace(
            line, activation_energy_systematic_ev=systematic, activation_energy_whole_ev=widen(ea, systematic)
        )
    room = line.conductivity_25c_s_per_m
    if room is None or room.value <= 0:
        return line
    energy = line.second_activation_energy_ev or ea
    relative = (TYPICAL_EV if energy is None else abs(energy.value)) * budget.thermometer_k / (KB_EV_PER_K * T_25C_K**2)
    contact = 0.0
    if points and holds_contact(line.quantity, line.method):
        contact = budget.contact_ohm * _resistance_at(room.value, points)
    systematic = float(np.sqrt(budget.geometry_relative**2 + relative**2 + contact**2))
    statistical = float(np.sqrt(max((room.sigma / room.value) ** 2 - line.geometry_relative_sigma**2, 0.0)))
    half = float(np.log(room.high / room.value)) ** 2 - (Z95 * line.geometry_relative_sigma) ** 2
    whole = lognormal_estimate(
        room.value,
        float(np.hypot(statistical, systematic)),
        room.unit,
        float(np.sqrt(max(half, (Z95 * statistical) ** 2) + (Z95 * systematic) ** 2)),
    )
    return replace(
        line,
        conductivity_25c_statistical_s_per_m=statistical * room.value,
        conductivity_25c_systematic_s_per_m=systematic * room.value,
        conductivity_25c_whole_s_per_m=whole,
    )


def _resistance_at(conductivity: float, points: Sequence[ConductivityPoint]) -> float:
    """1/R in S of this pellet at a conductivity in S/m."""
    known = next((p for p in points if p.resistance_ohm and p.conductivity_s_per_m is not None), None)
    if known is None or known.conductivity_s_per_m is None or known.resistance_ohm is None:
        return 0.0
    return conductivity / (known.conductivity_s_per_m.value * known.resistance_ohm)


def _contact_slope(points: Sequence[ConductivityPoint], contact_ohm: float) -> float:
    """By how much a contact in series at all temperatures moves the activation energy, eV."""
    held = [p for p in points if holds_contact(p.quantity, p.method) and p.resistance_ohm]
    pairs = [(p.temperature_k, p.resistance_ohm) for p in held if (p.conductance_verdict or p.verdict).printable]
    known = [(t, r) for t, r in pairs if t is not None and r is not None]
    if contact_ohm == 0 or len({t for t, _ in known}) < 2:
        return 0.0
    x = np.array([-1 / (KB_EV_PER_K * t) for t, _ in known])
    x -= x.mean()
    return float(contact_ohm * abs(np.sum(x / np.array([r for _, r in known]))) / np.sum(x * x))


def whole_resistance(total: Estimate | None, budget: ErrorBudget | None) -> Estimate | None:
    """A total resistance with the allowance for its contacts."""
    return total if total is None or budget is None or budget.contact_ohm == 0 else widen(total, budget.contact_ohm)
