"""What all numbers of a pellet have in common, by hand from the equations of the module: geometry, thermometer, contact."""

from __future__ import annotations

from dataclasses import replace
from math import exp, hypot, log, sqrt
from typing import Any

import numpy as np
import pytest

from pipeline.core.sample import Pellet, Sample
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.techniques.impedance.error_budget import ErrorBudget
from pipeline.techniques.impedance.model import SpectrumFit
from pipeline.techniques.impedance.settings import ArrheniusSettings, ConductivitySettings
from pipeline.techniques.impedance.summarize.error_budget import (
    add_systematic,
    complete_line,
    holds_contact,
    make_budget,
    tell_budget,
    whole_resistance,
)
from tests.conduction_points import GOOD, KB, bare_line, point
from tests.synthetic_run import spectrum_fit

T25, Z95 = 298.15, 1.959964
POOR = Verdict(level="unresolved", reason="poor", code="poor")


def budget(**more: Any) -> ErrorBudget:
    known = {
        "sample": "A",
        "geometry_relative": 0.03,
        "geometry_given": True,
        "contact_ohm": 0.5,
        "contact_given": False,
        "thermometer_k": 0.5,
    }
    return ErrorBudget(**(known | more))


def spectrum(in_series: float | None, z: tuple[complex, ...] = (), *, known: bool = False) -> SpectrumFit:
    fit = spectrum_fit("A", 203.15)
    series = None if in_series is None else Estimate(value=in_series, sigma=0.0, unit="ohm")
    n = len(z)
    measured = replace(fit.checked.spectrum, impedance_ohm=np.array(z), frequency_hz=np.arange(1.0, n + 1))
    checked = replace(fit.checked, spectrum=measured, keep=(*(True,) * (n - 1), False) if n else ())
    return replace(fit, checked=checked, series_resistance=series, contact_known=known)


def made(pellet: Pellet | None, *fits: SpectrumFit) -> ErrorBudget:
    return make_budget(
        Sample(id="A", pellet=pellet), fits, ConductivitySettings(), ArrheniusSettings(temperature_sigma_k=0.7)
    )


@pytest.mark.parametrize(
    ("pellet", "relative", "given"),
    [
        (None, 0.0, True),
        (Pellet(thickness_m=5e-4, diameter_m=0.01, thickness_sigma_m=1.5e-5, diameter_sigma_m=2e-4), 0.05, True),
        (Pellet(thickness_m=5e-4, diameter_m=0.01, diameter_sigma_m=1e-4), 0.02 * sqrt(2), False),
        (Pellet(thickness_m=5e-4, diameter_m=0.01), 0.02, False),
    ],
)
def test_a_geometry_that_the_study_does_not_tell_is_allowed_for(
    pellet: Pellet | None, relative: float, given: bool
) -> None:
    found = made(pellet)
    assert (found.geometry_relative, found.geometry_given) == (pytest.approx(relative), given)
    assert (found.sample, found.thermometer_k, found.contact_ohm, found.contact_given) == ("A", 0.7, 0.0, True)


@pytest.mark.parametrize(
    ("fits", "ohm", "given"),
    [
        ((spectrum(0.6), spectrum(0.3)), 0.3 / sqrt(3), False),
        ((spectrum(60.0),), 0.5, False),
        ((spectrum(0.6), spectrum(0.3, known=True)), 0.6 / sqrt(3), False),
        ((spectrum(0.3, known=True),), 0.0, True),
        ((spectrum(None, (0.6 - 1j, 0.45 - 2j, 0.1 - 3j)),), 0.45 / sqrt(3), False),
        ((spectrum(None, (-0.6 - 1j, 0.45 - 2j, 0.1 - 3j)),), 0.0, False),
        ((spectrum(None),), 0.0, False),
    ],
    ids=["smallest", "at most half an ohm", "known ones aside", "known", "real part", "negative", "no point"],
)
def test_a_contact_lies_between_nothing_and_the_smallest_resistance_in_series(
    fits: tuple[SpectrumFit, ...], ohm: float, given: bool
) -> None:
    found = made(None, *fits)
    assert (found.contact_ohm, found.contact_given) == (pytest.approx(ohm), given)


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({}, ["3.0% of the geometry", "0.5 ohm for the contacts, as the study gives no contact_resistance_ohm"]),
        (
            {"geometry_given": False, "contact_given": True},
            ["3.0% for the geometry, as the study gives no thickness_sigma_mm"],
        ),
        ({"geometry_relative": 0.0, "contact_given": True}, []),
    ],
)
def test_a_budget_in_words(changes: dict[str, Any], parts: list[str]) -> None:
    text = "; ".join(["0.5 K of the thermometer (temperature_sigma_k)", *parts])
    assert tell_budget(budget(**changes)) == Finding(
        severity="info",
        field="uncertainty",
        problem=f"in sigma and interval of the key numbers beside the statistical part: {text}",
        code="error_budget",
    )


@pytest.mark.parametrize(("energy", "ea"), [(0.4, 0.4), (None, 0.35)])
def test_what_the_points_have_in_common(energy: float | None, ea: float) -> None:
    thermometer = ea * 0.5 / (KB * 250.0**2)
    rows = (
        point(250.0, 1.0, resistance_ohm=10.0),
        point(250.0, 1.0, resistance_ohm=10.0, method="series"),
        point(250.0, 1.0, resistance_ohm=10.0, quantity="bulk"),
        point(None, 1.0, resistance_ohm=10.0),
        point(250.0, 1.0),
    )
    found = [p.systematic_relative_sigma for p in add_systematic(rows, energy, budget())]
    alone = hypot(0.03, thermometer)
    assert found == pytest.approx([hypot(alone, 0.05), alone, alone, hypot(0.03, 0.05), alone])


def test_only_the_total_of_a_single_fit_holds_the_contact() -> None:
    pairs = [(q, m) for q in ("total", "bulk") for m in ("single", "series") if holds_contact(q, m)]
    assert pairs == [("total", "single")]


KELVIN = (220.0, 250.0, 290.0)
OHM = (900.0, 200.0, 40.0)
X = [-1 / (KB * t) for t in KELVIN]
POINTS = [point(t, 10.0 / r, resistance_ohm=r) for t, r in zip(KELVIN, OHM, strict=True)]
SLOPE = abs(sum((x - sum(X) / 3) / r for x, r in zip(X, OHM, strict=True))) / sum((x - sum(X) / 3) ** 2 for x in X)
"""By how much one ohm in series at all temperatures moves Ea, eV."""


def test_the_energy_with_thermometer_and_contact() -> None:
    """2 Ea dT/T_ref is 0.0014 eV at 250 K; the interval keeps its own skew."""
    ea = Estimate(value=0.35, sigma=0.003, unit="eV", low95=0.346, high95=0.359)
    found = complete_line(bare_line(activation_energy_ev=ea), POINTS, budget())
    common = hypot(2 * 0.35 * 0.5 / 250.0, 0.5 * SLOPE)
    assert found.activation_energy_systematic_ev == pytest.approx(common)
    e = found.printed_energy
    assert (e.value, e.sigma) == pytest.approx((0.35, hypot(0.003, common)))
    assert (e.low, e.high) == pytest.approx((0.35 - hypot(0.004, Z95 * common), 0.35 + hypot(0.009, Z95 * common)))
    negative = complete_line(bare_line(-0.35), [], budget())
    assert negative.activation_energy_systematic_ev == pytest.approx(0.0014)


@pytest.mark.parametrize(
    ("rows", "changes", "share"),
    [
        (POINTS, {}, 1.0),
        ([*POINTS, point(270.0, 1.0), point(270.0, 1.0, resistance_ohm=1.0, method="series")], {}, 1.0),
        ([*POINTS, point(270.0, 1.0, resistance_ohm=1.0, verdict=POOR), point(None, 1.0, resistance_ohm=1.0)], {}, 1.0),
        ([replace(p, verdict=POOR, conductance_verdict=GOOD) for p in POINTS], {}, 1.0),
        ([replace(p, conductance_verdict=POOR) for p in POINTS], {}, 0.0),
        (POINTS, {"contact_ohm": 0.0}, 0.0),
        ([POINTS[0], POINTS[0]], {}, 0.0),
    ],
    ids=[
        "three",
        "no resistance, joint",
        "poor, no temperature",
        "no geometry",
        "poor",
        "no contact",
        "one temperature",
    ],
)
def test_which_points_a_contact_moves(rows: Any, changes: dict[str, float], share: float) -> None:
    found = complete_line(bare_line(), rows, budget(thermometer_k=0.0, **changes))
    assert found.activation_energy_systematic_ev == pytest.approx(share * 0.5 * SLOPE)


def room(value: float = 0.2, sigma: float = 0.01, half: float = 0.12) -> Estimate:
    """Half the interval of the logarithm is ``half``."""
    return Estimate(value=value, sigma=sigma, unit="S/m", low95=value / exp(half), high95=value * exp(half))


def completed(rows: Any = (), of: Estimate | None = None, changes: Any = (), **more: Any):
    line = bare_line(conductivity_25c_s_per_m=of or room(), geometry_relative_sigma=0.03, **more)
    return complete_line(line, rows, budget(**dict(changes)))


def thermometer(ea: float) -> float:
    return ea * 0.5 / (KB * T25**2)


@pytest.mark.parametrize(
    ("rows", "more", "ea", "contact"),
    [
        (POINTS, {}, 0.35, 0.5 * 0.2 / 10.0),
        (POINTS, {"quantity": "bulk"}, 0.35, 0.0),
        (POINTS, {"method": "series"}, 0.35, 0.0),
        ((), {}, 0.35, 0.0),
        (
            [point(250.0, 1.0), point(250.0, 1.0, conductivity_s_per_m=None, resistance_ohm=1.0), *POINTS],
            {},
            0.35,
            0.01,
        ),
        ([point(250.0, 1.0)], {}, 0.35, 0.0),
        ((), {"activation_energy_ev": None}, 0.35, 0.0),
        ((), {"activation_energy_ev": Estimate(value=0.42, sigma=0.01, unit="eV")}, 0.42, 0.0),
        ((), {"activation_energy_ev": Estimate(value=-0.42, sigma=0.01, unit="eV")}, 0.42, 0.0),
        ((), {"second_activation_energy_ev": Estimate(value=0.28, sigma=0.01, unit="eV")}, 0.28, 0.0),
    ],
)
def test_sigma_at_25_degrees_with_all_three(rows: Any, more: dict[str, Any], ea: float, contact: float) -> None:
    """5 % with 3 % of the geometry are 4 % of statistics; 10 S ohm/m is l/A: at 0.2 S/m the pellet has 50 ohm."""
    found = completed(rows, **more)
    common = sqrt(0.03**2 + thermometer(ea) ** 2 + contact**2)
    assert found.conductivity_25c_statistical_s_per_m == pytest.approx(0.2 * 0.04)
    assert found.conductivity_25c_systematic_s_per_m == pytest.approx(0.2 * common)
    e = found.printed_conductivity
    assert (e.value, e.sigma, e.unit) == (0.2, pytest.approx(0.2 * hypot(0.04, common)), "S/m")
    half = sqrt(0.12**2 - (Z95 * 0.03) ** 2 + (Z95 * common) ** 2)
    assert (log(e.high / 0.2), log(0.2 / e.low)) == pytest.approx((half, half))


def test_an_interval_is_never_narrower_than_its_statistics_and_no_part_is_negative() -> None:
    found = completed(of=room(half=0.06)).printed_conductivity
    common = hypot(0.03, thermometer(0.35))
    assert log(found.high / 0.2) == pytest.approx(Z95 * hypot(0.04, common))
    found = completed(of=room(sigma=0.004, half=0.04))
    assert found.conductivity_25c_statistical_s_per_m == 0.0
    assert log(found.printed_conductivity.high / 0.2) == pytest.approx(Z95 * common)


def test_without_numbers_nothing_is_completed() -> None:
    bare = bare_line(activation_energy_ev=None)
    assert complete_line(bare, POINTS, budget()) is bare
    assert completed(of=Estimate(value=0.0, sigma=0.1, unit="S/m")).conductivity_25c_whole_s_per_m is None


def test_a_total_with_its_contacts() -> None:
    total = Estimate(value=100.0, sigma=0.3, unit="ohm")
    found = whole_resistance(total, budget(contact_ohm=0.4))
    assert (found.sigma, found.low, found.high) == pytest.approx((0.5, 100 - Z95 * 0.5, 100 + Z95 * 0.5))
    assert whole_resistance(total, budget(contact_ohm=0.0)) is total
    assert whole_resistance(total, None) is total
    assert whole_resistance(None, budget()) is None
