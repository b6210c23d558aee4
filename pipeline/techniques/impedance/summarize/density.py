"""Pellet density against the crystals it is pressed from: catches a thickness given in another unit, and a porous pellet.

rho = m / (A l),      1/rho_mixture = sum_i w_i / rho_i,   w_i = x_i M_i / sum x_j M_j
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.core.sample import Sample
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.science.conduction import pellet_density
from pipeline.techniques.impedance.model import PelletDensity
from pipeline.techniques.impedance.settings import ConductivitySettings

ANY_SOLID_KG_PER_M3 = (500.0, 12000.0)
"""What a pressed pellet can weigh at all, where the study gives no density."""


def compare_densities(samples: Sequence[Sample], settings: ConductivitySettings) -> tuple[PelletDensity, ...]:
    """Density of every pellet with a mass, relative to its crystals where the study gives their densities."""
    by_id = {s.id: s for s in samples}
    return tuple(_compare(s, by_id, settings) for s in samples if s.pellet is not None and s.pellet.mass_kg is not None)


def expected_density(sample: Sample, by_id: Mapping[str, Sample]) -> tuple[float, float, str] | None:
    """Lowest and highest density of the pore-free pellet in kg/m3, and in words how it was found."""
    if sample.density_kg_per_m3 is not None:
        return sample.density_kg_per_m3, sample.density_kg_per_m3, "given for this sample"
    ids = (sample.crystalline_phase, sample.amorphous_phase)
    phases = [by_id[i] for i in ids if i is not None and i in by_id]
    densities = [p.density_kg_per_m3 for p in phases if p.density_kg_per_m3 is not None]
    if len(densities) < 2:
        return None
    molar = [p.molar_mass_kg_per_mol for p in phases if p.molar_mass_kg_per_mol is not None]
    if sample.x_lcf is None or len(molar) < 2:
        return min(densities), max(densities), "between those of its phases (no x_lcf or no molar masses)"
    weight = np.array([1 - sample.x_lcf, sample.x_lcf]) * np.array(molar)
    rho = float(weight.sum() / np.sum(weight / np.array(densities)))
    return rho, rho, f"mixture of its phases at x = {sample.x_lcf:g}"


def _compare(sample: Sample, by_id: Mapping[str, Sample], settings: ConductivitySettings) -> PelletDensity:
    p = sample.pellet
    assert p is not None
    assert p.mass_kg is not None
    rho = pellet_density(p, p.mass_kg)
    density = Estimate(value=rho, sigma=rho * p.relative_sigma, unit="kg/m3")
    expected = expected_density(sample, by_id)
    text = f"{rho / 1000:.3g} g/cm3"
    relative = None
    if expected is None:
        low, high = ANY_SOLID_KG_PER_M3
        good, reason = low <= rho <= high, f"{text}; no crystallographic density in the study"
    else:
        low, high, how = expected
        ratio = rho / ((low + high) / 2)
        half = (high - low) / (high + low)
        sigma = ratio * float(np.hypot(p.relative_sigma, half / np.sqrt(3)))
        relative = Estimate(value=ratio, sigma=sigma, unit="1")
        good = rho / high <= settings.max_relative_density and rho / low >= settings.min_relative_density
        reason = f"{text}, {ratio:.3g} of {(low + high) / 2000:.3g} g/cm3 ({how})"
    findings: tuple[Finding, ...] = ()
    if not good:
        problem = f"pellet density {reason}: outside what a pellet can have"
        hint = _hint(rho / ((expected[0] + expected[1]) / 2) if expected else rho / 3000.0)
        findings = (Finding(severity="warning", field="pellet", problem=problem, hint=hint),)
    return PelletDensity(
        sample=sample.id,
        density_kg_per_m3=density,
        relative_density=relative,
        verdict=Verdict(level="resolved" if good else "weak", reason=reason + ("" if good else ": implausible")),
        findings=findings,
    )


def _hint(ratio: float) -> str:
    """The unit that would make it right."""
    if 0.2 < ratio * 1e-3 < 3:
        return "was the thickness given in m? thickness_mm is wanted"
    if 0.2 < ratio * 1e3 < 3:
        return "was the thickness given in µm? thickness_mm is wanted"
    if 0.2 < ratio * 1e2 < 3 or 0.2 < ratio * 1e-2 < 3:
        return "was a length given in cm? thickness_mm and diameter_mm are wanted"
    return "check thickness_mm, diameter_mm, mass_mg and the densities"
