"""Density of a pellet in kg/m3, said in g/cm3, against that of its crystals."""

from __future__ import annotations

from dataclasses import replace

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


def judged(pellet_: Pellet, expected: float | None = None, **settings: float):
    (found,) = compare_densities(
        [Sample(id="A", pellet=pellet_, density_kg_per_m3=expected)], ConductivitySettings(**settings)
    )
    return found


def of_density(rho: float, **more: float) -> Pellet:
    """1 cm2 by 1 mm of it, without an error."""
    return Pellet(thickness_m=1e-3, diameter_m=2e-2 / np.sqrt(np.pi), mass_kg=rho * 1e-7, **more)


Z95 = 1.959964
SURE = {"geometry_allowance": 0.0}


@pytest.mark.parametrize(
    ("found", "level", "code", "end"),
    [
        (judged(of_density(501.0)), "resolved", "density_plausible", "0.501 g/cm3; no crystallographic density in the study"),
        (judged(of_density(499.0)), "weak", "density_low", "in the study: lighter than a pressed pellet is"),
        (judged(of_density(11990.0)), "resolved", "density_plausible", "12 g/cm3; no crystallographic density in the study"),
        (judged(of_density(12010.0)), "refused", "density_above_crystal", "in the study: denser than a pellet can be"),
        (judged(of_density(2000.0), 3990.0), "resolved", "density_plausible", "(given for this sample)"),
        (judged(of_density(2000.0), 4010.0), "weak", "density_low", "(given for this sample): lighter than a pressed pellet is"),
        (judged(of_density(2000.0), 3300.0, min_relative_density=0.61), "weak", "density_low", "pressed pellet is"),
        (judged(of_density(2001.0), 2000.0, **SURE), "refused", "density_above_crystal", "denser than a pellet can be"),
        (judged(of_density(1999.0), 2000.0, **SURE), "resolved", "density_plausible", "(given for this sample)"),
        (judged(of_density(2000 * (1 + 1.95 * 0.02)), 2000.0), "resolved", "density_plausible", "(given for this sample)"),
        (judged(of_density(2000 * (1 + 1.97 * 0.02)), 2000.0), "refused", "density_above_crystal", "than a pellet can be"),
        (judged(of_density(2000 * (1 + 1.97 * 0.02), thickness_sigma_m=1e-8), 2000.0), "refused", "density_above_crystal",
         "denser than a pellet can be"),
        (judged(of_density(2000 * (1 + 1.95 * 0.1), thickness_sigma_m=5e-4), 2000.0), "resolved", "density_plausible", "sample)"),
        (judged(of_density(2000 * (1 + 1.97 * 0.1), thickness_sigma_m=5e-4), 2000.0), "refused", "density_above_crystal", "be"),
    ],
)  # fmt: skip
def test_every_rule_of_a_density(found, level: str, code: str, end: str) -> None:
    """An error of the length excuses 1.96 times itself, an unsaid one 2 %, no one more than 10 %."""
    assert (found.verdict.level, found.verdict.code) == (level, code)
    assert found.verdict.reason.endswith(end)
    expected = [] if level == "resolved" else [("warning", "pellet", f"pellet density {found.verdict.reason}")]
    assert [(f.severity, f.field, f.problem) for f in found.findings] == expected


CM, MM, CARBON, CHECK = (
    "was a length given in cm? thickness_mm and diameter_mm are wanted",
    "was the thickness given in {}? thickness_mm is wanted",
    "does the thickness include carbon or foil? check diameter_mm and mass_mg as well",
    "check thickness_mm, diameter_mm, mass_mg (without carbon or foil) and the densities",
)


@pytest.mark.parametrize(
    ("ratio", "hint"),
    [
        (201.0, MM.format("m")),
        (2990.0, MM.format("m")),
        (199.0, CM),
        (3010.0, CHECK),
        (21.0, CM),
        (19.0, CHECK),
        (0.201e-3, MM.format("µm")),
        (2.99e-3, MM.format("µm")),
        (0.199e-3, CARBON),
        (3.01e-3, CM),
        (0.0299, CM),
        (0.0301, CARBON),
        (1.6, CHECK),
    ],
)
def test_the_unit_that_would_make_it_right(ratio: float, hint: str) -> None:
    for found in (
        judged(of_density(2000.0 * ratio), 2000.0),
        judged(of_density(3000.0 * ratio)) if ratio != 1.6 else None,
    ):
        assert found is None or [f.hint for f in found.findings] == [hint]


def test_the_density_of_a_mixture_and_what_stands_in_for_it() -> None:
    heavy = Sample(id="h", density_kg_per_m3=4000.0, molar_mass_kg_per_mol=0.6)
    light = Sample(id="l", density_kg_per_m3=2000.0, molar_mass_kg_per_mol=0.2)
    both = Sample(id="A", x_lcf=0.25, crystalline_phase="h", amorphous_phase="l", pellet=of_density(1800.0))

    def share(*phases: Sample, of: Sample = both):
        (found,) = compare_densities([of, *phases], ConductivitySettings())
        return found

    mixture = 0.5 / (0.45 / 4000 + 0.05 / 2000)  # 0.75 mol of 0.6 kg with 0.25 of 0.2
    assert share(heavy, light).relative_density.value == pytest.approx(1800 / mixture)
    text = f"1.8 g/cm3, {1800 / mixture:.3g} of 3.64 g/cm3 (mixture of its phases at x = 0.25)"
    assert share(heavy, light).verdict.reason.startswith(text)
    for phases, of in (
        ((heavy, light), replace(both, x_lcf=None)),
        ((replace(heavy, molar_mass_kg_per_mol=None), light), both),
    ):
        found = share(*phases, of=of)
        e = found.relative_density
        assert (e.value, e.sigma) == pytest.approx((0.6, 0.6 * (1 / 3) / 3**0.5))
        assert found.verdict.reason.endswith("of 3 g/cm3 (between those of its phases (no x_lcf or no molar masses))")
        low, high = 0.6 - Z95 * e.sigma, 0.6 + Z95 * e.sigma
        ends = found.conductivity_ratio
        assert (ends.value, ends.low, ends.high) == pytest.approx((0.6**1.5, low**1.5, high**1.5))
    for phases in ((heavy,), (replace(heavy, density_kg_per_m3=None), light), ()):
        assert share(*phases).relative_density is None
        assert share(*phases).conductivity_ratio is None
    assert share(heavy, light, of=replace(both, density_kg_per_m3=2000.0)).relative_density.value == pytest.approx(0.9)


def test_a_density_known_badly_leaves_no_negative_conductivity() -> None:
    found = judged(of_density(1000.0, thickness_sigma_m=6e-4), 2000.0)
    assert found.conductivity_ratio.low == 0.0


def test_only_pellets_with_a_mass_have_a_density() -> None:
    samples = (
        Sample(id="a"),
        Sample(id="b", pellet=Pellet(thickness_m=1e-3, diameter_m=1e-2)),
        Sample(id="c", pellet=PELLET),
    )
    assert [d.sample for d in compare_densities(samples, ConductivitySettings())] == ["c"]
