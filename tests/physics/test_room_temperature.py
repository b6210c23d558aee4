"""sigma(25 °C) of a pellet whose regions have unlike activation energies: a curve, off which a straight line lies by per cent.

R(T) = sum_i R_i T exp(Ea_i/kB (1/T - 1/T25)) / T25, sigma = l/(A R), each point with 0.2 % of noise.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.core.sample import Pellet, Sample
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.model import ArrheniusFit
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius
from pipeline.techniques.impedance.summarize.conductivity import make_point
from pipeline.techniques.impedance.summarize.room_temperature import place_room_values

KB, T25 = 8.617333262e-5, 298.15
SAMPLE = Sample(id="A", pellet=Pellet(thickness_m=5.5e-4, diameter_m=0.01))
PARTS = ((14.0, 0.30), (8.0, 0.38), (4.0, 0.46))
TRUE = 5.5e-4 / (math.pi * 0.005**2) / sum(r for r, _ in PARTS)
NOISE = 0.002


def resistance(kelvin: float) -> float:
    return sum(r * kelvin / T25 * math.exp(ea / KB * (1 / kelvin - 1 / T25)) for r, ea in PARTS)


def line_of(celsius: tuple[float, ...], seed: int) -> ArrheniusFit:
    rng = np.random.default_rng(seed)
    points = []
    for c in celsius:
        r = resistance(c + 273.15) * math.exp(NOISE * rng.standard_normal())
        estimate = Estimate(value=r, sigma=NOISE * r, unit="ohm")
        good = Verdict(level="resolved", reason="")
        points.append(make_point(SAMPLE, (f"{c}.mpt", 1, c + 273.15), "total", "single", estimate, good))
    lines = fit_arrhenius(points, ArrheniusSettings()) or ()
    return place_room_values(SAMPLE, points, lines, None, ArrheniusSettings())[0]


COLD = (-70.0, -60.0, -50.0, -40.0, -30.0, -20.0, -10.0, 0.0)
CASES = {
    "measured": ((*COLD, 10.0, 25.0, 40.0), "measured", 0.007),
    "measured 1.5 K off": ((*COLD, 10.0, 23.5, 40.0), "measured", 0.012),
    "between 10 and 40 °C": ((*COLD, 10.0, 40.0), "interpolated", 0.012),
    "between -10 and 60 °C": ((-70.0, -50.0, -30.0, -10.0, 60.0), "interpolated", 0.06),
    "one temperature": ((24.0,), "measured", 0.02),
    "twice, far apart": ((-25.0, 25.0), "measured", 0.007),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_what_was_measured_there_or_between_neighbours(case: str) -> None:
    celsius, origin, worst = CASES[case]
    held, off = 0, []
    for seed in range(60):
        line = line_of(celsius, seed)
        assert line.conductivity_25c_origin == origin
        assert line.room_verdict.printable
        found = line.conductivity_25c_s_per_m
        assert found is not None
        held += found.low <= TRUE <= found.high
        off.append(abs(found.value / TRUE - 1))
    assert held >= 54
    assert np.quantile(off, 0.95) < worst


def test_beyond_what_was_measured_the_line_stands_and_says_so() -> None:
    line = line_of(COLD, 0)
    assert (line.conductivity_25c_origin, line.extrapolated) == ("line", True)


def test_a_sigma_measured_at_25_c_is_resolved_where_three_points_hardly_test_a_line() -> None:
    line = line_of((0.0, 25.0, 50.0), 0)
    assert line.verdict.level == "weak"
    assert (line.room_verdict.level, line.room_verdict.code) == ("resolved", "room_measured")
