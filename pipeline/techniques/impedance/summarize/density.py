"""Pellet density against the crystals it is pressed from, its porosity: catches a thickness in another unit, or with carbon on it.

rho = m / (A l),      1/rho_mixture = sum_i w_i / rho_i,   w_i = x_i M_i / sum x_j M_j

What round, insulating pores leave of the conductivity: (1 - porosity)^1.5, D. A. G. Bruggeman, Ann. Phys. 416 (1935) 636.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.core.sample import Sample
from pipeline.core.values import Z95, Estimate, Finding, Verdict
from pipeline.science.conduction import pellet_density
from pipeline.techniques.impedance.comparisons import PelletDensity
from pipeline.techniques.impedance.settings import ConductivitySettings

ANY_SOLID_KG_PER_M3 = (500.0, 12000.0)
"""What a pressed pellet can weigh at all, where the study gives no density."""


MAX_SPREAD = 0.1
"""Relative sigma that may excuse a density above that of the crystals: a length with a larger one is no length."""


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
    density = pellet_density(p, p.mass_kg)
    expected = expected_density(sample, by_id)
    text = f"{density.value / 1000:.3g} g/cm3"
    if expected is None:
        low, high = ANY_SOLID_KG_PER_M3
        relative, verdict = (
            None,
            _verdict(f"{text}; no crystallographic density in the study", low, density.value, high),
        )
    else:
        low, high, how = expected
        crystal = (low + high) / 2
        ratio, half = density.value / crystal, (high - low) / (high + low)
        sigma = ratio * float(np.hypot(density.sigma / density.value, half / np.sqrt(3)))
        relative = Estimate(value=ratio, sigma=sigma, unit="1")
        text = f"{text}, {ratio:.3g} of {crystal / 1000:.3g} g/cm3 ({how})"
        unsaid = settings.geometry_allowance if p.thickness_sigma_m == 0 else 0.0
        most = 1 + Z95 * min(float(np.hypot(sigma / ratio, unsaid)), MAX_SPREAD)
        verdict = _verdict(text, settings.min_relative_density, ratio, most)
    findings: tuple[Finding, ...] = ()
    if verdict.level != "resolved":
        hint = _hint(density.value / (crystal if expected else 3000.0))
        findings = (Finding(severity="warning", field="pellet", problem=f"pellet density {verdict.reason}", hint=hint),)
    return PelletDensity(
        sample=sample.id,
        density_kg_per_m3=density,
        relative_density=relative,
        conductivity_ratio=relative and _bruggeman(relative),
        verdict=verdict,
        findings=findings,
    )


def _bruggeman(dense: Estimate) -> Estimate:
    """(1 - porosity)^1.5."""
    low, high = max(dense.low, 0.0) ** 1.5, dense.high**1.5
    sigma = 1.5 * dense.value**0.5 * dense.sigma
    return Estimate(value=dense.value**1.5, sigma=sigma, unit="1", low95=low, high95=high)


def _verdict(text: str, low: float, value: float, high: float) -> Verdict:
    """A pellet beyond its crystals is refused; a very light one is weak: some are that porous."""
    if value > high:
        return Verdict(level="refused", reason=f"{text}: denser than a pellet can be", code="density_above_crystal")
    if value < low:
        return Verdict(level="weak", reason=f"{text}: lighter than a pressed pellet is", code="density_low")
    return Verdict(level="resolved", reason=text, code="density_plausible")


def _hint(ratio: float) -> str:
    """The unit that would make it right."""
    if 0.2 < ratio * 1e-3 < 3:
        return "was the thickness given in m? thickness_mm is wanted"
    if 0.2 < ratio * 1e3 < 3:
        return "was the thickness given in µm? thickness_mm is wanted"
    if 0.2 < ratio * 1e2 < 3 or 0.2 < ratio * 1e-2 < 3:
        return "was a length given in cm? thickness_mm and diameter_mm are wanted"
    if ratio < 1:
        return "does the thickness include carbon or foil? check diameter_mm and mass_mg as well"
    return "check thickness_mm, diameter_mm, mass_mg (without carbon or foil) and the densities"
