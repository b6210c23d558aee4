"""Intervals by hand: textbook quantiles, lognormal numbers, errors in quadrature, and sigma = (l/A)/R."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.sample import Pellet
from pipeline.core.values import Z95, Estimate
from pipeline.science import statistics as s
from pipeline.science.conduction import bare_conductivity, conductivity_of, invert, pellet_density, with_geometry

PELLET = Pellet(thickness_m=1e-3, diameter_m=1e-2, thickness_sigma_m=3e-5, diameter_sigma_m=2e-4)


def test_quantiles_are_those_of_the_tables():
    assert [s.student_t(n) for n in (1, 5, 30)] == pytest.approx([12.7062, 2.57058, 2.04227], rel=1e-5)
    assert s.student_t(10**7) == pytest.approx(Z95, abs=1e-6)


def test_a_lognormal_number_has_an_interval_exact_in_the_logarithm():
    e = s.log_estimate(math.log(3.0), 0.4, "ohm")
    assert (e.value, e.sigma) == pytest.approx((3.0, 1.2))
    assert np.log([e.high / 3.0, 3.0 / e.low]) == pytest.approx([0.4 * Z95] * 2)
    assert s.ln_sigma(e) == pytest.approx(0.4)
    assert s.log_estimate(0.0, 0.1, "1", half=0.5).high == pytest.approx(math.exp(0.5))
    assert math.isfinite(s.log_estimate(0.0, 1e9, "1").high)


def test_an_independent_error_adds_in_quadrature_and_keeps_the_skew():
    e = s.widen(Estimate(value=10.0, sigma=3.0, unit="V", low95=7.0, high95=16.0), 4.0)
    assert e.sigma == pytest.approx(5.0)
    assert (e.low, e.high) == pytest.approx((10 - math.hypot(3, 4 * Z95), 10 + math.hypot(6, 4 * Z95)))
    assert s.half_width_in_sigma(s.t_estimate(1.0, 0.1, 2.5, "1")) == pytest.approx(2.5)
    assert s.interval_sigma(-Z95, Z95) == pytest.approx(1.0)


def test_the_criterion_of_schwarz():
    assert float(s.bic_of(50.0, 100, 3)) == pytest.approx(100 * math.log(0.5) + 3 * math.log(100))
    assert s.sigmas_of(np.diag([4.0, -1e-20])).tolist() == [2.0, 0.0]


def test_a_pellet_of_one_millimetre_and_one_centimetre():
    r = Estimate(value=100.0, sigma=1.0, unit="ohm", low95=90.0, high95=120.0)
    k = 1e-3 / (math.pi * 2.5e-5)
    bare, full = bare_conductivity(r, PELLET), conductivity_of(r, PELLET)
    assert (bare.value, bare.sigma, bare.low, bare.high) == pytest.approx((k / 100, k / 1e4, k / 120, k / 90))
    assert full.sigma / full.value == pytest.approx(math.hypot(0.01, 0.03, 0.04))
    assert full.high == pytest.approx(k / 100 * (1 + math.hypot(1 / 9, 0.05 * Z95)))
    assert with_geometry(bare, 0.0) is bare
    assert with_geometry(bare, 10.0).low == 0.0
    assert invert(r).unit == "S"
    rho = pellet_density(replace(PELLET, mass_sigma_kg=2e-6), 1e-4)
    assert (rho.value, rho.unit) == (pytest.approx(1e-4 / (math.pi * 2.5e-5 * 1e-3)), "kg/m3")
    assert rho.sigma / rho.value == pytest.approx(math.hypot(0.03, 0.04, 0.02))
