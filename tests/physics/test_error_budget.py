"""Headline numbers hold what moves all points of a pellet together: 95 % intervals that hold 95 % of the truth, errors included.

Every study draws a thermometer that is off by 0.5 K, a contact in series, a thickness and a diameter, beside 0.3 % of scatter.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.core.sample import Pellet, Sample
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.error_budget import ErrorBudget
from pipeline.techniques.impedance.model import ArrheniusFit
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius
from pipeline.techniques.impedance.summarize.conductivity import make_point
from pipeline.techniques.impedance.summarize.error_budget import complete_line
from pipeline.techniques.impedance.summarize.room_temperature import place_room_values

KB, T25 = 8.617333262e-5, 298.15
EA, R25 = 0.36, 60.0
THICKNESS, DIAMETER = 5.5e-4, 0.01
S_THICKNESS, S_DIAMETER, S_KELVIN, S_CONTACT, SCATTER = 1.5e-5, 5e-5, 0.5, 0.5, 0.003
TRUE = THICKNESS / (math.pi * DIAMETER**2 / 4) / R25
GOOD = Verdict(level="resolved", reason="")


def study(seed: int, celsius: np.ndarray) -> ArrheniusFit:
    rng = np.random.default_rng(seed)
    off, contact = rng.normal(0, S_KELVIN), rng.normal(0, S_CONTACT)
    pellet = Pellet(
        thickness_m=THICKNESS + rng.normal(0, S_THICKNESS),
        diameter_m=DIAMETER + rng.normal(0, S_DIAMETER),
        thickness_sigma_m=S_THICKNESS,
        diameter_sigma_m=S_DIAMETER,
    )
    sample, points = Sample(id="A", pellet=pellet), []
    for c in celsius:
        kelvin = c + 273.15 + off  # what it is; the chamber says c
        r = R25 * kelvin / T25 * math.exp(EA / KB * (1 / kelvin - 1 / T25)) + contact
        r *= math.exp(SCATTER * rng.standard_normal())
        estimate = Estimate(value=r, sigma=SCATTER * r, unit="ohm")
        points.append(make_point(sample, (f"{c}", 1, c + 273.15), "total", "single", estimate, GOOD))
    lines = fit_arrhenius(points, ArrheniusSettings())
    line = place_room_values(sample, points, lines, None, ArrheniusSettings())[0]
    budget = ErrorBudget(
        sample="A",
        geometry_relative=pellet.relative_sigma,
        geometry_given=True,
        contact_ohm=S_CONTACT,
        contact_given=False,
        thermometer_k=S_KELVIN,
    )
    return complete_line(line, points, budget)


@pytest.mark.parametrize("celsius", [np.arange(-60.0, 61.0, 17.0), np.array([-40.0, -20, 0, 25, 40, 60])])
def test_intervals_hold_the_truth_with_all_that_is_common_to_the_points(celsius: np.ndarray) -> None:
    lines = [study(seed, celsius) for seed in range(300)]
    sigma = [line.printed_conductivity for line in lines]
    energy = [line.printed_energy for line in lines]
    assert 0.92 <= np.mean([e is not None and e.low <= TRUE <= e.high for e in sigma]) <= 0.985
    assert 0.92 <= np.mean([e is not None and e.low <= EA <= e.high for e in energy]) <= 0.985


def test_no_sigma_is_below_what_the_thermometer_alone_allows() -> None:
    for seed in range(20):
        line = study(seed, np.arange(-60.0, 61.0, 10.0))
        assert line.printed_energy is not None
        assert line.printed_conductivity is not None
        assert line.printed_energy.sigma > 2 * EA * S_KELVIN / 310
        assert line.printed_conductivity.sigma / line.printed_conductivity.value > EA * S_KELVIN / (KB * T25**2)
        parts = line.conductivity_25c_statistical_s_per_m, line.conductivity_25c_systematic_s_per_m
        assert line.printed_conductivity.sigma == pytest.approx(math.hypot(*parts))
