"""sigma(25 °C), by hand: y = ln(sigma T) where it was measured, between neighbours, as a sum of regions, or on the line."""

from __future__ import annotations

from dataclasses import replace
from math import exp, hypot, log, pi, sqrt
from typing import Any

import numpy as np
import pytest

from pipeline.core.sample import Pellet, Sample
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint, SeriesArc, SeriesFit
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.room_temperature import place_room_values
from tests.conduction_points import GOOD, KB, bare_line, point

T25 = 298.15
X25 = -1 / (KB * T25)
SAMPLE = Sample(id="A", pellet=Pellet(thickness_m=5e-4, diameter_m=0.01))
L_OVER_A_CM = 0.05 / (pi * 0.25)
WEAK = Verdict(level="weak", reason="noisy", code="total_wide")
POOR = Verdict(level="unresolved", reason="poor", code="poor")


def x_of(kelvin: float) -> float:
    return -1 / (KB * kelvin)


def at(kelvin: float, y: float, relative: float = 0.01, **more: Any) -> ConductivityPoint:
    """ln(sigma T / (S K/cm)) = y."""
    return point(kelvin, exp(y) / kelvin * 100, relative, **more)


def place(
    *points: ConductivityPoint,
    line: ArrheniusFit | None = None,
    series: SeriesFit | None = None,
    sample: Sample = SAMPLE,
    **settings: float,
) -> ArrheniusFit:
    (found,) = place_room_values(sample, points, [line or bare_line()], series, ArrheniusSettings(**settings))
    return found


def numbers(line: ArrheniusFit) -> tuple[float, float]:
    """y at 25 °C and its sigma."""
    e = line.conductivity_25c_s_per_m
    assert e is not None
    assert e.unit == "S/m"
    assert e.high / e.value == pytest.approx(exp(1.959964 * e.sigma / e.value))
    assert e.value / e.low == pytest.approx(exp(1.959964 * e.sigma / e.value))
    return log(e.value / 100 * T25), e.sigma / e.value


def test_measured_at_25_degrees_nothing_is_added() -> None:
    found = place(at(T25, -2.0), at(280.0, -3.0), at(320.0, -1.0), line=bare_line(0.9))
    assert numbers(found) == pytest.approx((-2.0, 0.01))
    assert found.conductivity_25c_origin == "measured"
    text = "measured at 298.15 K, 1.0% without geometry"
    assert found.conductivity_25c_verdict == Verdict(level="resolved", reason=text, code="room_measured")


def test_the_geometry_widens_it() -> None:
    assert numbers(place(at(T25, -2.0, 0.03), line=bare_line(geometry_relative_sigma=0.04))) == pytest.approx(
        (-2.0, 0.05)
    )


def slope(a: tuple[float, float], b: tuple[float, float]) -> float:
    return (b[1] - a[1]) / (x_of(b[0]) - x_of(a[0]))


@pytest.mark.parametrize(
    ("others", "ends"),
    [
        (((288.0, -2.5), (310.0, -1.4)), ((288.0, -2.5), (310.0, -1.4))),
        (((270.0, -9.0), (288.0, -2.5), (310.0, -1.4), (330.0, 5.0)), ((288.0, -2.5), (310.0, -1.4))),
        (((270.0, -9.0), (288.0, -2.5)), ((288.0, -2.5), (297.15, -2.0))),
        (((310.0, -1.4), (330.0, 9.0)), ((297.15, -2.0), (310.0, -1.4))),
        (((288.0, -2.5), (296.66, -2.03), (310.0, -1.4)), ((288.0, -2.5), (310.0, -1.4))),
    ],
    ids=["both sides", "the nearest", "only below", "only above", "a repeat is no neighbour"],
)
def test_a_kelvin_off_it_is_carried_by_the_slope_between_its_neighbours(others: Any, ends: Any) -> None:
    """Error: a tenth of the energy, and what the two are known to, 3 and 4 % (at: 1 %), over their distance."""
    sigma = {288.0: 0.03, 310.0: 0.04, 297.15: 0.01}
    points = [at(297.15, -2.0), *(at(k, y, sigma.get(k, 1e3)) for k, y in others)]
    energy, dx = slope(*ends), X25 - x_of(297.15)
    own = hypot(sigma[ends[0][0]], sigma[ends[1][0]]) / (x_of(ends[1][0]) - x_of(ends[0][0]))
    found = place(*points, weak_sigma=0.9)
    assert numbers(found) == pytest.approx((-2.0 + energy * dx, hypot(0.01, hypot(0.1 * energy, own) * dx)))
    times = ", 2 times" if 296.66 in dict(others) else ""
    text = f"measured at 297.15 K{times}, carried to 25 °C by {energy:.2f} eV of its neighbours, "
    assert found.room_verdict.reason.startswith(text)


@pytest.mark.parametrize(
    ("line", "energy", "error", "how"),
    [
        (bare_line(0.42, 0.03), 0.42, 0.03, "0.42 eV of the line"),
        (bare_line(0.42, verdict=WEAK), 0.42, 0.01, "0.42 eV of the line"),
        (bare_line(0.42, verdict=POOR), 0.35, 0.15, "0.35 eV (typical: no other temperature was measured)"),
        (bare_line(activation_energy_ev=None), 0.35, 0.15, "0.35 eV (typical: no other temperature was measured)"),
    ],
)
def test_without_neighbours_or_where_they_fall_the_line_or_a_typical_energy_carries_it(
    line: ArrheniusFit, energy: float, error: float, how: str
) -> None:
    dx = X25 - x_of(299.15)
    for others in ((), (at(310.0, -2.5),), (at(310.0, -2.0),)):
        found = place(at(299.15, -2.0), *others, line=line)
        assert numbers(found) == pytest.approx((-2.0 + energy * dx, hypot(0.01, error * dx)))
        text = f"measured at 299.15 K, carried to 25 °C by {how}, "
        assert found.room_verdict.reason.startswith(text)


def test_several_at_one_temperature_are_averaged_by_weight_and_scatter() -> None:
    """3 and 4 %: weights 16/25 and 9/25, sigma 2.4 %; the scatter of two is half their difference."""
    agree = place(at(T25, -2.0, 0.03, file="a"), at(T25, -2.01, 0.04, file="b"))
    assert numbers(agree) == pytest.approx((-2.0 - 0.01 * 9 / 25, 0.024))
    assert agree.room_verdict.reason == "measured at 298.15 K, 2 times, 2.4% without geometry"
    differ = place(at(T25, -2.0, 0.03, file="a"), at(T25, -2.08, 0.04, file="b"))
    assert numbers(differ) == pytest.approx((-2.0 - 0.08 * 9 / 25, 0.04))
    near, far = at(298.6, -2.0, 0.03, file="b"), at(298.7, -2.0, 0.03, file="b")
    assert ", 2 times" in place(at(T25, -2.0, 0.03), near).room_verdict.reason
    assert ", 2 times" not in place(at(T25, -2.0, 0.03), far).room_verdict.reason


def test_of_two_near_the_nearer_counts() -> None:
    found = place(at(297.0, -2.0), at(299.0, -1.9))
    assert found.room_verdict.reason.startswith("measured at 299.00 K")


def test_a_few_millikelvin_are_no_way_to_carry_it() -> None:
    for kelvin in (298.146, 298.154):
        assert place(at(kelvin, -2.0)).room_verdict.reason.startswith(f"measured at {kelvin:.2f} K, 1.0% without")
    for kelvin in (298.144, 298.156):
        assert ", carried to 25 °C by " in place(at(kelvin, -2.0)).room_verdict.reason


@pytest.mark.parametrize(("kelvin", "origin"), [(296.16, "measured"), (296.14, ""), (300.14, "measured"), (300.16, "")])
def test_two_kelvin_are_as_good_as_there(kelvin: float, origin: str) -> None:
    assert place(at(kelvin, -2.0)).conductivity_25c_origin == origin


def test_between_two_neighbours_it_lies_on_their_line() -> None:
    low, high = (280.0, -3.0), (320.0, -1.0)
    f = (X25 - x_of(280.0)) / (x_of(320.0) - x_of(280.0))
    found = place(at(*low, 0.03), at(*high, 0.02))
    assert numbers(found) == pytest.approx((-3.0 + 2 * f, hypot((1 - f) * 0.03, f * 0.02)))
    assert found.conductivity_25c_origin == "interpolated"
    text = f"between 280.00 and 320.00 K, {100 * hypot((1 - f) * 0.03, f * 0.02):.1f}% without geometry"
    assert found.conductivity_25c_verdict == Verdict(level="resolved", reason=text, code="room_interpolated")


@pytest.mark.parametrize("third", [(270.0, -3.9), (335.0, -0.6), (270.0, -3.44)])
def test_a_third_neighbour_bends_it_as_far_as_the_bend_exceeds_its_error(third: tuple[float, float]) -> None:
    """By Lagrange's weights of the parabola through the three, less those of the line through two."""
    nodes = [(280.0, -3.0, 0.01), (320.0, -1.0, 0.012), (*third, 0.02)]
    x = np.array([x_of(k) for k, _, _ in nodes])
    y, s = np.array([v for _, v, _ in nodes]), np.array([v for _, _, v in nodes])
    parabola = np.array([np.prod([(X25 - x[j]) / (x[i] - x[j]) for j in range(3) if j != i]) for i in range(3)])
    line = np.array([(X25 - x[1]) / (x[0] - x[1]), (X25 - x[0]) / (x[1] - x[0]), 0.0])
    bend, error = float((parabola - line) @ y), sqrt(float(((parabola - line) ** 2) @ s**2))
    share = bend**2 / (bend**2 + error**2)
    variance = float(line**2 @ s**2) + (share * error) ** 2 + ((1 - share) * bend) ** 2 + (bend / 2) ** 2
    points = [at(*node) for node in nodes]
    far = [at(200.0, -9.0), at(400.0, 5.0)]
    for more in ([], far, [at(280.0, -3.0, 0.01, file="again")] if third[0] == 335.0 else []):
        found = place(*points, *more, weak_sigma=0.9)
        if not (more and more is not far):
            assert numbers(found) == pytest.approx((float(line @ y) + share * bend, sqrt(variance)))
        assert found.conductivity_25c_origin == "interpolated"


@pytest.mark.parametrize(
    ("relative", "of", "level", "end"),
    [
        (0.0499, GOOD, "resolved", "5.0% without geometry"),
        (0.0501, GOOD, "weak", "without geometry: worse than 5%"),
        (0.1999, GOOD, "weak", "without geometry: worse than 5%"),
        (0.2001, GOOD, "unresolved", "without geometry: worse than 20%"),
        (0.2001, WEAK, "unresolved", "without geometry: worse than 20%"),
        (0.0499, WEAK, "weak", "without geometry; noisy"),
        (0.0501, WEAK, "weak", "without geometry; noisy"),
    ],
)
def test_as_well_supported_as_its_sigma_and_its_measurement(relative: float, of: Verdict, level: str, end: str) -> None:
    found = place(at(T25, -2.0, relative, verdict=of)).room_verdict
    assert (found.level, found.code) == (level, "room_measured")
    assert found.reason.endswith(end)


def test_between_a_good_and_a_weak_point_it_is_weak() -> None:
    for a, b in ((GOOD, WEAK), (WEAK, GOOD)):
        assert place(at(280.0, -3.0, verdict=a), at(320.0, -1.0, verdict=b)).room_verdict.level == "weak"


def ohm(value: float, relative: float) -> Estimate:
    return Estimate(value=value, sigma=relative * value, unit="ohm")


def joint(usable: Verdict = GOOD, cold: float = 40.0, **more: Any) -> SeriesFit:
    """Two regions, 20 and 10 ohm at 25 °C, ``cold`` and twice that at 270 K."""
    arcs = tuple(
        SeriesArc(
            number=i,
            activation_energy_ev=Estimate(value=0.35, sigma=0.01, unit="eV"),
            resistance_at_t_ref=ohm(1.0, 0.01),
            capacitance=Estimate(value=1e-10, sigma=0.0, unit="F"),
            exponent=Estimate(value=0.9, sigma=0.0, unit="1"),
            resistance_ohm=(ohm(1e4, 0.01), ohm(i * cold, 0.01)),
            apex_hz=(1.0, 1.0),
            verdicts=(GOOD, GOOD),
        )
        for i in (1, 2)
    )
    known = {
        "sample": "A",
        "files": ("a", "b"),
        "loops": (1, 1),
        "temperature_k": (220.0, 270.0),
        "t_ref_k": 245.0,
        "basis": "sigma_T",
        "arcs": arcs,
        "drift": False,
        "kink_temperature_k": None,
        "f_statistic": 1.0,
        "p_value": 0.5,
        "residual_rms_per_temperature": (1.0, 1.0),
        "chi2_reduced": 1.0,
        "ln_covariance": np.eye(1),
        "resistance_25c_ohm": (ohm(20.0, 0.03), ohm(10.0, 0.08)),
        "usable": usable,
    }
    return SeriesFit(**(known | more))


Y_REGIONS = log(L_OVER_A_CM / 30 * T25)
SERIES_LINE = bare_line(method="series", conductivity_25c_s_per_m=Estimate(value=1.0, sigma=0.1, unit="S/m"))


def test_the_joint_fit_says_the_sum_of_its_regions_at_25_degrees() -> None:
    """0.6 and 0.8 ohm are 1 ohm of 30."""
    for usable in (GOOD, WEAK):
        found = place(line=SERIES_LINE, series=joint(usable))
        assert numbers(found) == pytest.approx((Y_REGIONS, 1 / 30))
        text = "sum of 2 region(s) of the joint fit at 25 °C, 3.3%"
        assert found.room_verdict == Verdict(level=usable.level, reason=text, code="room_regions")
        assert found.conductivity_25c_origin == "regions"


@pytest.mark.parametrize("series", [None, joint(POOR), joint(resistance_25c_ohm=())])
def test_where_the_joint_fit_may_not_be_used_its_line_stands(series: SeriesFit | None) -> None:
    found = place(line=SERIES_LINE, series=series)
    assert found.conductivity_25c_s_per_m == SERIES_LINE.conductivity_25c_s_per_m
    assert (found.conductivity_25c_origin, found.room_verdict.code) == ("series", "room_series")
    assert place(line=replace(SERIES_LINE, quantity="bulk"), series=joint()).conductivity_25c_origin == "series"


@pytest.mark.parametrize(
    ("relative", "off", "origin"),
    [
        (0.001, 0.029, "regions"),
        (0.001, -0.029, "regions"),
        (0.001, 0.031, "line"),
        (0.001, -0.031, "line"),
        (0.02, 0.0597, "regions"),
        (0.02, 0.0603, "line"),
    ],
)
def test_beyond_what_was_measured_the_sum_must_meet_the_nearest_total(relative: float, off: float, origin: str) -> None:
    """To 3 %, or three of its sigma; at 270 K, 120 ohm."""
    y = log(L_OVER_A_CM / 120 * 270.0)
    line = replace(SERIES_LINE, method="single")
    points = at(220.0, -9.0), at(270.0, y + off, relative)
    assert place(*points, line=line, series=joint()).conductivity_25c_origin == origin


def test_what_was_measured_elsewhere_or_not_given_tells_nothing() -> None:
    line = replace(SERIES_LINE, method="single")
    y = log(L_OVER_A_CM / 120 * 270.0)
    assert place(at(270.02, y), line=line, series=joint()).conductivity_25c_origin == "line", "no such temperature"
    assert place(at(270.0, y), line=line).conductivity_25c_origin == "line"
    assert place(at(270.0, y, verdict=POOR), line=line, series=joint()).conductivity_25c_origin == "line"
    assert place(at(270.0, y), line=replace(line, quantity="bulk"), series=joint()).conductivity_25c_origin == "line"
    strange = (at(T25, 0.0, quantity="bulk"), at(T25, 0.0, method="series"), at(T25, 0.0, verdict=POOR))
    others = (point(None, 1.0), point(T25, 1.0, conductivity_s_per_m=None))
    assert place(*strange, *others, line=line).room_verdict == replace(GOOD, code="room_line")
    assert place().conductivity_25c_origin == ""
    assert place(at(T25, 0.0), line=line, sample=Sample(id="A")) is line
