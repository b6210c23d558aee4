"""sigma = (l/A)/R: value, sigma and both ends of the interval, by hand; what stands in for it without a geometry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.core.sample import Pellet, Sample
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.model import Arc
from pipeline.techniques.impedance.settings import ConductivitySettings
from pipeline.techniques.impedance.summarize.conductivity import doubt_electrode, summarize_conductivity
from tests.conduction_points import GOOD
from tests.synthetic_run import spectrum_fit

PELLET = Pellet(thickness_m=0.5e-3, diameter_m=8e-3, thickness_sigma_m=1e-5, diameter_sigma_m=4e-5)
L_OVER_A = 0.5e-3 / (3.14159265358979 * 16e-6)
"""9.947 per m"""
SKEW = Estimate(value=100.0, sigma=4.0, unit="ohm", low95=90.0, high95=125.0)


def total(resistance: Estimate, pellet: Pellet | None = PELLET):
    fit = replace(spectrum_fit("A", 203.15), total_resistance=resistance)
    (point,) = summarize_conductivity(Sample(id="A", pellet=pellet), [fit], None, ConductivitySettings())
    return point


def numbers(e: Estimate):
    return e.value, e.sigma, e.low, e.high


def test_the_largest_resistance_is_the_least_conductivity():
    e = total(SKEW).conductivity_s_per_m
    assert numbers(e) == pytest.approx([L_OVER_A * s for s in (1 / 100, 4 / 100**2, 1 / 125, 1 / 90)])


def test_the_interval_without_ends_of_its_own_is_that_of_the_sigma():
    e = total(Estimate(value=100.0, sigma=4.0, unit="ohm")).conductivity_s_per_m
    ends = (1 / (100 + 4 * 1.959964), 1 / (100 - 4 * 1.959964))
    assert (e.low, e.high) == pytest.approx([L_OVER_A * s for s in ends])


def test_the_geometry_is_carried_apart():
    """1 % of the length and twice 0.5 % of the diameter; in no interval of a single temperature."""
    assert total(SKEW).geometry_relative_sigma == pytest.approx((0.02**2 + 0.01**2) ** 0.5)


def test_without_a_geometry_one_over_r_stands_in():
    point = total(SKEW, None)
    assert point.conductivity_s_per_m is None
    assert point.verdict.level == "refused"
    assert numbers(point.conductance_s) == pytest.approx((0.01, 4e-4, 0.008, 1 / 90))


@pytest.mark.parametrize(("capacitance_f", "level"), [(1e-10, "resolved"), (2e-6, "weak")])
def test_a_total_that_holds_a_closed_electrode_arc_is_weak(capacitance_f, level):
    """2e-6 F of a disc of 0.55 mm by 10 mm are 1.4e-7 F/cm: an electrode that closes, not the pellet."""
    arc = Arc(
        number=2,
        resistance=Estimate(value=50.0, sigma=0.5, unit="ohm"),
        cpe_q=None,
        cpe_exponent=None,
        capacitance=Estimate(value=capacitance_f, sigma=0.0, unit="F"),
        apex_hz=100.0,
        apex_over_f_max=1e-5,
        verdict=GOOD,
    )
    pellet = Pellet(thickness_m=0.55e-3, diameter_m=10e-3)
    found = doubt_electrode(Verdict(level="resolved", reason="sigma 0.1%"), [arc], Sample(id="A", pellet=pellet))
    assert found.level == level
    assert ("arc 2" in found.reason) is (level == "weak")
