"""Density of a pellet in kg/m3, said in g/cm3, against that of its crystals."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Pellet, Sample
from pipeline.techniques.impedance.settings import ConductivitySettings
from pipeline.techniques.impedance.summarize.density import compare_densities
from tests.conduction_points import pellet

PELLET = Pellet(thickness_m=0.5e-3, diameter_m=10e-3, thickness_sigma_m=15e-6, diameter_sigma_m=1e-4, mass_kg=120e-6)
RHO = 0.120 / (3.14159265358979 / 4 * 1.0**2 * 0.05) * 1000
"""120 mg on 0.785 cm2 by 0.05 cm: 3.056 g/cm3, 3056 kg/m3."""


def test_density_and_its_share_of_the_crystals():
    """3 % of the length and twice 1 % of the diameter: 3.6 %; the crystals' 3819.7 kg/m3 are 1.25 times as much."""
    (found,) = compare_densities([Sample(id="A", pellet=PELLET, density_kg_per_m3=1.25 * RHO)], ConductivitySettings())
    wide = (0.03**2 + 0.02**2) ** 0.5
    assert (found.density_kg_per_m3.value, found.density_kg_per_m3.unit) == (pytest.approx(3055.8, rel=1e-4), "kg/m3")
    assert found.density_kg_per_m3.sigma == pytest.approx(RHO * wide)
    assert found.relative_density.value == pytest.approx(0.8)
    assert found.relative_density.sigma == pytest.approx(0.8 * wide)
    assert found.verdict.level == "resolved"
    assert found.verdict.reason.startswith("3.06 g/cm3, 0.8 of 3.82 g/cm3")


@pytest.mark.parametrize(
    ("factor", "good", "hint"), [(1.0, True, ""), (1e-3, False, "in m?"), (1e3, False, "in µm?"), (2.5, False, "check")]
)
def test_a_thickness_in_another_unit_is_caught(factor: float, good: bool, hint: str) -> None:
    phases = (
        Sample(id="HCF", density_kg_per_m3=3900.0, molar_mass_kg_per_mol=0.493),
        Sample(id="LCF", density_kg_per_m3=3400.0, molar_mass_kg_per_mol=0.417),
    )
    hse = Sample(
        id="HSE",
        x_lcf=0.38,
        pellet=pellet(thickness_m=0.55e-3 * factor),
        crystalline_phase="HCF",
        amorphous_phase="LCF",
    )
    (d,) = compare_densities((hse, *phases), ConductivitySettings())
    assert d.relative_density is not None
    w = np.array([0.62 * 0.493, 0.38 * 0.417])
    mixture = w.sum() / (w[0] / 3900 + w[1] / 3400)
    known = 120e-6 / (np.pi * 0.005**2 * 0.55e-3 * factor) / mixture
    assert d.relative_density.value == pytest.approx(known)
    assert bool(d.findings) is not good
    assert all(hint in f.hint for f in d.findings)


def test_without_densities_a_factor_of_a_thousand_is_still_caught() -> None:
    (good,) = compare_densities((Sample(id="A", pellet=pellet()),), ConductivitySettings())
    (bad,) = compare_densities((Sample(id="A", pellet=pellet(thickness_m=0.55)),), ConductivitySettings())
    assert not good.findings
    assert bad.findings


def test_a_pellet_denser_than_its_crystals_is_refused_and_one_within_its_error_is_not() -> None:
    """3.6 % of l/A: up to 1.0707 the ratio is within 1.96 sigma of 1."""
    wide = (0.03**2 + 0.02**2) ** 0.5
    for ratio, level in ((1.0 + 1.95 * wide, "resolved"), (1.0 + 1.97 * wide, "refused")):
        crystal = Sample(id="A", pellet=PELLET, density_kg_per_m3=RHO / ratio)
        (found,) = compare_densities([crystal], ConductivitySettings())
        assert found.verdict.level == level
        assert found.verdict.code == ("density_plausible" if level == "resolved" else "density_above_crystal")
        assert bool(found.findings) is (level == "refused")


def test_a_light_pellet_is_asked_whether_carbon_was_measured_with_it() -> None:
    (found,) = compare_densities([Sample(id="A", pellet=PELLET, density_kg_per_m3=RHO / 0.45)], ConductivitySettings())
    assert (found.verdict.level, found.verdict.code) == ("weak", "density_low")
    assert "carbon" in found.findings[0].hint


def test_porosity_and_what_round_pores_leave_by_hand() -> None:
    """0.8 of the crystal: a fifth are pores, 0.8^1.5 = 0.71554; its sigma is 1.5 times that of the density, relative."""
    (found,) = compare_densities([Sample(id="A", pellet=PELLET, density_kg_per_m3=1.25 * RHO)], ConductivitySettings())
    wide = (0.03**2 + 0.02**2) ** 0.5
    assert (found.porosity.value, found.porosity.sigma) == pytest.approx((0.2, 0.8 * wide))
    assert found.porosity.high == pytest.approx(1 - found.relative_density.low)
    assert found.conductivity_ratio.value == pytest.approx(0.71554, abs=1e-5)
    assert found.conductivity_ratio.sigma == pytest.approx(0.71554 * 1.5 * wide, rel=1e-4)


def test_the_pellet_of_the_paper_has_2_78_grams_a_cubic_centimetre() -> None:
    """120 mg, 10 mm, 0.55 mm: 0.120 / (0.785398 x 0.055); 0.01 mm of 0.55 and 1 mg of 120 are 1.82 and 0.83 %."""
    disc = Pellet(thickness_m=0.55e-3, diameter_m=10e-3, thickness_sigma_m=1e-5, mass_kg=120e-6, mass_sigma_kg=1e-6)
    (found,) = compare_densities([Sample(id="A", pellet=disc)], ConductivitySettings())
    assert found.density_kg_per_m3.value == pytest.approx(2778.0, abs=0.2)
    assert found.density_kg_per_m3.sigma == pytest.approx(2778.0 * 0.019995, rel=1e-3)
