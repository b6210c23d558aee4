"""Temperatures of a study: from the numbers in its patterns, and those that contradict the others."""

from __future__ import annotations

import pytest

from pipeline.techniques.impedance.temperatures import ToldTemperature, compare_recorded, find_odd, to_kelvin


def test_the_numbers_of_a_pattern_in_kelvin():
    assert to_kelvin({"temperature_c": -70.0}) == 203.15
    assert to_kelvin({"temperature_k": 203.0}) == 203.0
    assert to_kelvin({"loop": 2.0}) is None


def odd(celsius=(), kelvin=()) -> list[str]:
    told = [ToldTemperature(file=f"{c:g}C", kelvin=c + 273.15) for c in celsius]
    told += [ToldTemperature(file=f"{k:g}K", kelvin=float(k), in_kelvin=True) for k in kelvin]
    return list(find_odd(told))


@pytest.mark.parametrize(
    ("celsius", "kelvin", "found"),
    [
        ((25, 298), (), ["298C"]),
        ((-70, -30, 25, 60, 203, 298, 333), (), ["203C", "298C", "333C"]),
        ((25, 203, 233, 298, 333), (), ["203C", "233C", "298C", "333C"]),
        ((298,), (298,), ["298C"]),
        ((140, 150, 160, 180, 200), (), []),
        ((180,), (), []),
        ((298,), (), []),
        ((25, 60, 100, 140, 180, 220, 260, 300), (), []),
        ((400, 500, 600, 800, 1000), (), []),
        ((25, 600), (), []),
        ((-150, -100, 25), (), []),
        ((), (203, 298, 333), []),
        ((25,), (571.15,), []),
        ((), (25, 298), ["25K"]),
    ],
)
def test_a_temperature_in_the_wrong_unit_is_told_from_the_others(celsius, kelvin, found):
    assert odd(celsius, kelvin) == found


def test_the_finding_says_which_line_to_change_and_how_to_keep_it():
    told = [ToldTemperature(file="a", kelvin=298.15), ToldTemperature(file="b", kelvin=571.15)]
    found = find_odd(told)["b"]
    assert (found.severity, found.code) == ("warning", "kelvin_as_celsius")
    assert found.problem == "298 °C beside 25 °C of other files: kelvin given as °C?"
    assert "temperature_k = 298 in its" in found.hint
    assert "temperature_k = 571.15 says so" in found.hint


def test_a_study_that_contradicts_the_instrument():
    assert compare_recorded(None, 571.15) is None
    assert compare_recorded(300.0, 298.15) is None
    kelvin = compare_recorded(299.0, 571.15)
    assert kelvin is not None
    assert kelvin.problem.endswith("the study says 298 °C: kelvin given as °C?")
    other = compare_recorded(299.0, 333.15)
    assert other is not None
    assert "kelvin" not in other.problem
