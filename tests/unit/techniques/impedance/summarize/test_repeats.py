"""A scan measured twice: pairs are told, with their direction where they have one."""

from __future__ import annotations

from math import exp, expm1, sqrt

import numpy as np
import pytest

from pipeline.core.values import Finding
from pipeline.techniques.impedance.model import ConductivityPoint
from pipeline.techniques.impedance.summarize.repeats import compare_repeats, pair_repeats
from tests.conduction_points import KB, point


def test_repeats_pair_scan_2_with_scan_10_and_tell_a_scatter_without_direction():
    """Names in the order of the numbers: up scans 0 ... 9, down scans 10 ... 19; sorted as text, half the pairs turn round."""

    def numbered(i: int, t: float, value: float) -> ConductivityPoint:
        return point(t, value, 1e-3, file=f"t{t:.0f}_{i}.mpt")

    temperatures = [200.0 + 10 * i for i in range(10)]
    up = [numbered(i, t, exp(t / 50)) for i, t in enumerate(temperatures)]
    down = [numbered(19 - i, t, 0.9 * exp(t / 50)) for i, t in enumerate(temperatures)]
    found = compare_repeats([*up, *down], 0.5)
    assert found.severity == "warning"
    assert "-10.0 ± 0." in found.problem
    mixed = [numbered(19 - i, t, (0.9 if i % 2 else 1.1) * exp(t / 50)) for i, t in enumerate(temperatures)]
    found = compare_repeats([*up, *mixed], 0.5)
    assert found.severity == "warning"
    assert "no common direction" in found.problem


def test_pairs_are_the_first_two_at_a_temperature_by_name_and_loop() -> None:
    a, b, c = (point(200.0, 1.0, file=name) for name in ("s2.mpt", "s10.mpt", "s11.mpt"))
    again = point(200.0, 1.0, file="s2.mpt", loop=2)
    assert pair_repeats([c, b, a], 0.5) == [(a, b)]
    assert pair_repeats([again, a], 0.5) == [(a, again)]
    assert pair_repeats([a, point(None, 1.0), point(200.0, 1.0, conductivity_s_per_m=None)], 0.5) == []
    near, far = point(200.5, 1.0), point(200.51, 1.0)
    assert pair_repeats([a, near], 0.5) == [(a, near)]
    assert pair_repeats([a, far], 0.5) == []
    rise = [point(k, 1.0) for k in (200.0, 200.4, 200.8, 201.2, 210.0, 220.0, 220.1)]
    assert pair_repeats(rise, 0.5) == [(rise[0], rise[1]), (rise[5], rise[6])]
    assert pair_repeats([point(100.0, 1.0), point(200.0, 1.0)], 0.5) == []
    assert pair_repeats([], 0.5) == []


def twice(*changes: float, relative: tuple[float, float] = (0.03, 0.04)) -> Finding | None:
    """At 200, 210, 220 K …: 1 S/m, then exp(change), each known to ``relative``."""
    kelvin = 200.0 + 10 * np.arange(len(changes))
    first = [point(float(t), 1.0, relative[0], file="1") for t in kelvin]
    second = [point(float(t), exp(c), relative[1], file="2") for t, c in zip(kelvin, changes, strict=True)]
    return compare_repeats([*first, *second], 0.5)


def said(mean: float, error: float, n: int) -> str:
    return (
        f"{n} temperatures measured twice (up and down, or repeats): the second differs by "
        f"{100 * expm1(mean):+.1f} ± {100 * error:.1f} %"
    )


def test_two_pairs_in_words() -> None:
    """Their own errors, 5 % each pair, are more than their scatter of 2.83 %: 5 % / sqrt(2)."""
    found = twice(0.06, 0.10)
    assert found == Finding(
        severity="info", field="temperature", problem=f"{said(0.08, 0.05 / sqrt(2), 2)}: not significant"
    )
    assert twice(0.06) is None


def test_where_pairs_scatter_more_their_scatter_counts() -> None:
    """0.02 and 0.30: a scatter of 19.8 %; Student's t of one degree of freedom is 12.7."""
    found = twice(0.02, 0.30)
    assert found.problem.startswith(said(0.16, 0.28 / 2, 2))


def test_three_pairs_tell_the_energy_as_well() -> None:
    """ln first = 0.3 x, ln second = 0.28 x - 0.4; errors 3 and 4 % each on the same x."""
    kelvin = (200.0, 220.0, 240.0)
    x = np.array([-1 / (KB * t) for t in kelvin])
    first = [point(t, exp(0.30 * v), 0.03, file="1") for t, v in zip(kelvin, x, strict=True)]
    second = [point(t, exp(0.28 * v - 0.4), 0.04, file="2") for t, v in zip(kelvin, x, strict=True)]
    found = compare_repeats([*first, *second], 0.5)
    luck = 1.959964 / 12.7062  # three points on a line know it no better than their own sigma, at 95 %
    energy = luck * 0.05 / sqrt(float(np.sum((x - x.mean()) ** 2)))
    assert f", its Ea by -20.0 ± {1e3 * energy:.1f} meV" in found.problem
    assert "Ea" not in twice(0.06, 0.10).problem


T1 = 12.7062
HINT = "drift, hysteresis or a pellet not yet at temperature: fit one scan, or wait longer"


@pytest.mark.parametrize(
    ("mean", "spread", "severity", "end"),
    [
        (0.0, 0.99 * 0.15, "info", ": not significant"),
        (
            0.0,
            1.01 * 0.15,
            "warning",
            ": no common direction, but the pairs differ by 15.2% where their errors allow 5.0%",
        ),
        (0.99 * T1 * 0.05 / sqrt(2), 0.0, "warning", "but the pairs differ by 44.5% where their errors allow 5.0%"),
        (1.01 * T1 * 0.05 / sqrt(2), 0.0, "warning", " %"),
        (-1.01 * T1 * 0.05 / sqrt(2), 0.0, "warning", " %"),
    ],
)
def test_just_on_both_sides_of_what_the_errors_allow(mean: float, spread: float, severity: str, end: str) -> None:
    """The mean against Student's t of its error, each pair against three times its own."""
    found = twice(mean - spread, mean + spread)
    assert found.severity == severity
    assert found.problem.endswith(end)
    assert found.hint == (HINT if severity == "warning" else "")


def test_three_pairs_have_students_t_of_two_degrees_of_freedom() -> None:
    limit = 4.302653 * 0.05 / sqrt(3)
    assert twice(*(0.999 * limit,) * 3).severity == "info"
    assert twice(*(1.001 * limit,) * 3).severity == "warning"


def test_nobody_wonders_about_one_percent() -> None:
    assert twice(-0.029, 0.029, relative=(1e-4, 1e-4)).severity == "info"
    assert twice(-0.031, 0.031, relative=(1e-4, 1e-4)).severity == "warning"
