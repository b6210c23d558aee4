"""What impedance publishes: every fact with its value, verdict, conditions, parts of its sigma and files, by hand."""

from __future__ import annotations

from dataclasses import replace
from math import hypot
from typing import Any

import pytest

from pipeline.core.sample import Sample
from pipeline.core.values import Estimate, Fact, Verdict
from pipeline.techniques.impedance.comparisons import (
    CompositionOptimum,
    CompositionPoint,
    MeyerNeldel,
    PelletDensity,
    SeriesComparison,
)
from pipeline.techniques.impedance.error_budget import ErrorBudget
from pipeline.techniques.impedance.model import ConductivityPoint, ImpedanceSummary, SpectrumFit
from pipeline.techniques.impedance.summarize.facts import list_facts
from tests.conduction_points import bare_line, point
from tests.rows_by_hand import GOOD, POOR, WEAK, even
from tests.synthetic_run import spectrum_fit

ROOM = Verdict(level="weak", reason="there", code="room_measured")
WHOLE = even(0.4, 0.005, "eV")
SIGMA, WHOLE_SIGMA = even(0.27, 0.008, "S/m"), even(0.27, 0.01, "S/m")
FIRST = even(0.4, 0.004, "eV")


def line(**more: Any):
    known = {
        "activation_energy_ev": FIRST,
        "activation_energy_systematic_ev": 0.003,
        "activation_energy_whole_ev": WHOLE,
        "conductivity_25c_s_per_m": SIGMA,
        "conductivity_25c_statistical_s_per_m": 0.006,
        "conductivity_25c_systematic_s_per_m": 0.008,
        "conductivity_25c_whole_s_per_m": WHOLE_SIGMA,
        "conductivity_25c_verdict": ROOM,
        "verdict": GOOD,
    }
    return bare_line(**(known | more))


def facts(undoubted: Any = (), **summary: Any) -> list[Fact]:
    return list(list_facts(ImpedanceSummary(**({"samples": (Sample(id="A"),)} | summary)), undoubted))


POINTS = (
    point(250.0, 1.0, file="a"),
    point(260.0, 1.0, file="b", verdict=POOR),
    point(270.0, 1.0, file="c"),
    point(280.0, 1.0, file="a"),
    point(290.0, 1.0, file="d", verdict=POOR, conductance_verdict=GOOD),
    point(250.0, 1.0, file="e", method="series"),
    point(250.0, 1.0, file="f", quantity="bulk"),
    point(250.0, 1.0, file="g", sample="B"),
)


def test_facts_of_the_headline_line() -> None:
    kelvin, second = even(263.0, 3.0, "K"), even(0.3, 0.004, "eV")
    kinked = line(kink_temperature_k=kelvin, second_activation_energy_ev=second, conductivity_25c_origin="measured")
    ways = {"method": "single", "basis": "sigma_T", "extrapolated": False, "origin": "measured"}
    own = {"sample": "A", "source": ("a", "c", "d")}
    parts = {"sigma_statistical": 0.006, "sigma_systematic": 0.008}
    above = facts(arrhenius=(kinked,), conductivity=POINTS)
    assert above[:2] == [
        Fact(quantity="conductivity_25C", value=WHOLE_SIGMA, verdict=ROOM, details=ways | parts, **own),
        Fact(
            quantity="activation_energy",
            value=WHOLE,
            verdict=GOOD,
            details=ways | {"sigma_statistical": 0.004, "sigma_systematic": 0.003},
            **own,
        ),
    ]
    third = above[2]
    assert (third.quantity, third.verdict, third.details) == ("second_activation_energy", GOOD, ways)
    assert third.value is not None
    assert (third.value.value, third.value.sigma) == (0.3, pytest.approx(hypot(0.004, 0.003 * 0.3 / 0.4)))
    assert above[3] == Fact(quantity="kink_temperature", value=kelvin, verdict=GOOD, details=ways, **own)
    assert len(above) == 4


@pytest.mark.parametrize("first", [None, even(0.0, 0.01, "eV")])
def test_without_a_first_energy_the_second_keeps_its_own_sigma(first: Estimate | None) -> None:
    second = even(0.3, 0.004, "eV")
    found = facts(arrhenius=(line(activation_energy_ev=first, second_activation_energy_ev=second),))
    assert [f.value for f in found if f.quantity.startswith("second")] == [second]


def test_a_line_without_parts_or_numbers() -> None:
    bare = {
        "activation_energy_whole_ev": None,
        "conductivity_25c_whole_s_per_m": None,
        "conductivity_25c_verdict": None,
    }
    ways = {"method": "single", "basis": "sigma_T", "extrapolated": False}
    found = facts(arrhenius=(line(**bare),))
    assert [(f.quantity, f.value, f.details) for f in found] == [
        ("conductivity_25C", SIGMA, ways), ("activation_energy", FIRST, ways)
    ]  # fmt: skip
    assert {f.verdict for f in found} == {GOOD}
    none = facts(arrhenius=(line(**bare, activation_energy_ev=None, conductivity_25c_s_per_m=None),))
    assert [(f.quantity, f.value) for f in none] == [("conductivity_25C", None), ("activation_energy", None)]


@pytest.mark.parametrize(
    ("origin", "extrapolated", "said"),
    [
        ("line", True, True),
        ("regions", True, True),
        ("measured", True, False),
        ("interpolated", True, False),
        ("line", False, False),
    ],
)
def test_what_was_measured_there_is_not_extrapolated(origin: Any, extrapolated: bool, said: bool) -> None:
    one = line(conductivity_25c_origin=origin, extrapolated=extrapolated)
    assert {f.details["extrapolated"] for f in facts(arrhenius=(one, replace(one, quantity="bulk")))} == {said}


def test_facts_of_a_region() -> None:
    found = facts(arrhenius=(line(quantity="bulk", method="series"), line(sample="B")), conductivity=POINTS)
    known = {"sample": "A", "conditions": {"region": "bulk", "method": "series", "basis": "sigma_T"}, "source": ()}
    parts = {"extrapolated": False, "sigma_statistical": 0.006, "sigma_systematic": 0.008}
    energy = {"extrapolated": False, "sigma_statistical": 0.004, "sigma_systematic": 0.003}
    assert found == [
        Fact(quantity="region_conductivity_25C", value=WHOLE_SIGMA, verdict=ROOM, details=parts, **known),
        Fact(quantity="region_activation_energy", value=WHOLE, verdict=GOOD, details=energy, **known),
    ]


OHM = even(50.0, 0.3, "ohm")


def spectrum(kelvin: float | None, file: str = "a", loop: int = 1, ohm: Estimate | None = OHM) -> SpectrumFit:
    fit = spectrum_fit("A", 250.0, file=file, loop=loop)
    measured = replace(fit.checked.spectrum, temperature_k=kelvin)
    return replace(fit, checked=replace(fit.checked, spectrum=measured), total_resistance=ohm)


def total(file: str = "a", loop: int = 1, **more: Any) -> ConductivityPoint:
    known = {"loop": loop, "file": file, "geometry_relative_sigma": 0.04, "systematic_relative_sigma": 0.0}
    return point(250.0, 0.2, 0.03, **(known | more))


BUDGET = ErrorBudget(
    sample="A", geometry_relative=0.02, geometry_given=True, contact_ohm=0.4, contact_given=False, thermometer_k=0.5
)


@pytest.mark.parametrize(("systematic", "relative"), [(0.0, 0.04), (0.072, 0.072)])
def test_facts_of_a_spectrum(systematic: float, relative: float) -> None:
    """0.3 ohm with 0.4 of the contact are 0.5; 3 % with 4 % of the geometry 5 %, or with all that is common."""
    doubted = total(systematic_relative_sigma=systematic, verdict=WEAK)
    budgets = (replace(BUDGET, sample="B", contact_ohm=9.0), BUDGET)
    found = facts(
        (total(),), spectra=(("A", spectrum(250.004)), ("B", spectrum(250.0))), conductivity=(doubted,), budgets=budgets
    )
    ohm, sigma = found
    for fact, quantity, verdict, unit in (
        (ohm, "total_resistance", total().verdict, "ohm"),
        (sigma, "conductivity", WEAK, "S/m"),
    ):
        assert (fact.sample, fact.quantity, fact.verdict, fact.source) == ("A", quantity, verdict, ("a",))
        assert fact.conditions == {"temperature_K": 250.0}
        assert fact.value is not None
        assert fact.value.unit == unit
        assert {"method": "single", "loop": 1}.items() <= fact.details.items()
    assert (ohm.value.value, ohm.value.sigma) == (50.0, pytest.approx(0.5))
    assert (ohm.details["sigma_statistical"], ohm.details["sigma_systematic"]) == (0.3, 0.4)
    assert (sigma.value.value, sigma.value.sigma) == (0.2, pytest.approx(0.2 * hypot(0.03, relative)))
    parts = sigma.details["sigma_statistical"], sigma.details["sigma_systematic"]
    assert parts == pytest.approx((0.006, 0.2 * relative))


def test_without_a_budget_or_a_number_no_parts_are_told() -> None:
    (ohm, sigma) = facts((total(),), spectra=(("A", spectrum(250.0)),), conductivity=(total(),))
    assert ohm.value == even(50.0, 0.3, "ohm")
    assert (ohm.details["sigma_systematic"], sigma.details["sigma_systematic"]) == (0.0, pytest.approx(0.008))
    none = total(conductivity_s_per_m=None, verdict=POOR, conductance_verdict=WEAK)
    found = facts((none,), spectra=(("A", spectrum(None, ohm=None)),), conductivity=(none,))
    assert [(f.value, f.verdict, dict(f.details)) for f in found] == [
        (None, WEAK, {"method": "single", "loop": 1}), (None, POOR, {"method": "single", "loop": 1})
    ]  # fmt: skip
    assert found[0].conditions == {"temperature_K": "not known"}


def test_repeats_are_counted_and_copies_left_out() -> None:
    places = (
        (250.0, "a", 1),
        (250.001, "a", 2),
        (None, "b", 1),
        (250.0, "copy", 1),
        (260.0, "c", 1),
        (249.999, "d", 1),
    )
    spectra = [("A", spectrum(*place)) for place in places]
    points = [total(f, n) for f, n in (("a", 1), ("a", 2), ("b", 1), ("c", 1), ("d", 1))]
    strange = [total("copy", sample="B"), total("copy", quantity="bulk"), total("copy", method="series")]
    found = facts(points, spectra=tuple(spectra), conductivity=(*points, *strange))
    assert [dict(f.conditions) for f in found if f.quantity == "conductivity"] == [
        {"temperature_K": 250.0},
        {"temperature_K": 250.0, "repeat": 2},
        {"temperature_K": "not known"},
        {"temperature_K": 260.0},
        {"temperature_K": 250.0, "repeat": 3},
    ]
    assert [f.source for f in found[::2]] == [("a",), ("a",), ("b",), ("c",), ("d",)]


def test_facts_of_densities_and_of_series() -> None:
    density = PelletDensity(
        sample="A",
        density_kg_per_m3=even(2778.0, 55.0),
        relative_density=even(0.8, 0.016),
        conductivity_ratio=None,
        verdict=WEAK,
    )
    optimum = CompositionOptimum(
        series="Ta", x_optimum=even(0.4, 0.01), conductivity_s_per_m=SIGMA, n_points=5, verdict=GOOD
    )
    members = tuple(
        CompositionPoint(sample=s, series=of, x_lcf=0.1, conductivity_25c_s_per_m=None, verdict=GOOD)
        for s, of in (("A", "Ta"), ("B", "Zr"), ("C", "Ta"))
    )
    pair = SeriesComparison(
        series_a="Ta", series_b="Zr", conductivity_ratio=even(3.0, 0.1), x_difference=even(-0.1, 0.02), verdict=WEAK
    )
    rule = MeyerNeldel(energy_ev=even(0.04, 0.003), t_ref_k=250.0, n_samples=5, verdict=GOOD)
    found = facts(
        densities=(density, replace(density, sample="B", relative_density=None)),
        optima=(optimum,),
        composition=members,
        comparisons=(pair, replace(pair, x_difference=None)),
        meyer_neldel=rule,
    )
    pairs = {"sample": "Ta / Zr", "verdict": WEAK}
    assert found == [
        Fact(sample="A", quantity="density", value=density.density_kg_per_m3, verdict=WEAK),
        Fact(sample="A", quantity="relative_density", value=density.relative_density, verdict=WEAK),
        Fact(sample="B", quantity="density", value=density.density_kg_per_m3, verdict=WEAK),
        Fact(sample="Ta", quantity="optimum_x_lcf", value=optimum.x_optimum, verdict=GOOD, source=("A", "C")),
        Fact(sample="Ta", quantity="optimum_conductivity_25C", value=SIGMA, verdict=GOOD, source=("A", "C")),
        Fact(quantity="conductivity_ratio", value=pair.conductivity_ratio, **pairs),
        Fact(quantity="x_difference", value=pair.x_difference, **pairs),
        Fact(quantity="conductivity_ratio", value=pair.conductivity_ratio, **pairs),
        Fact(sample="", quantity="meyer_neldel_energy", value=rule.energy_ev, verdict=GOOD),
    ]
