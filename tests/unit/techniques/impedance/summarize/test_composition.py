"""A pellet without a line stands in its series with what was measured near 25 °C, geometry included."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Sample
from pipeline.core.values import Estimate
from pipeline.techniques.impedance.comparisons import CompositionOptimum
from pipeline.techniques.impedance.model import ConductivityPoint
from pipeline.techniques.impedance.settings import CompositionSettings
from pipeline.techniques.impedance.summarize.composition import compare_series, summarize_composition
from tests.conduction_points import GOOD


def test_a_total_measured_at_25_degrees_carries_its_geometry_with_95_percent():
    """3 % of the resistance and 4 % of the geometry are 5 %; the ends lie 1.96 times that away in the logarithm."""
    point = ConductivityPoint(
        sample="A",
        file="a.mpt",
        loop=1,
        temperature_k=298.15,
        quantity="total",
        method="single",
        conductivity_s_per_m=Estimate(value=0.2, sigma=0.006, unit="S/m"),
        geometry_relative_sigma=0.04,
        verdict=GOOD,
    )
    sample = Sample(id="A", series="Ta", x_lcf=0.4)
    ((found,), _) = summarize_composition([sample], [], [point], CompositionSettings())
    e = found.conductivity_25c_s_per_m
    expected = (0.2, 0.01, 0.2 * np.exp(-0.0979982), 0.2 * np.exp(0.0979982))
    assert (e.value, e.sigma, e.low, e.high) == pytest.approx(expected, rel=1e-6)


def test_a_ratio_of_two_series_carries_both_errors_with_95_percent():
    """3 % and 4 % are 5 % of a ratio of 3."""

    def optimum(series, value, relative):
        return CompositionOptimum(
            series=series,
            x_optimum=Estimate(value=0.4, sigma=0.01, unit="1"),
            conductivity_s_per_m=Estimate(value=value, sigma=relative * value, unit="S/m"),
            n_points=5,
            verdict=GOOD,
        )

    (found,) = compare_series((), (optimum("Ta", 0.27, 0.03), optimum("Zr", 0.09, 0.04)))
    e = found.conductivity_ratio
    expected = (3.0, 0.15, 3 * np.exp(-0.0979982), 3 * np.exp(0.0979982))
    assert (e.value, e.sigma, e.low, e.high) == pytest.approx(expected, rel=1e-6)


def test_series_are_compared_at_their_best() -> None:
    def optimum(series: str, x: float, sigma: float) -> CompositionOptimum:
        return CompositionOptimum(
            series=series,
            x_optimum=Estimate(value=x, sigma=0.01, unit="1"),
            conductivity_s_per_m=Estimate(value=sigma, sigma=0.02 * sigma, unit="S/m"),
            n_points=6,
            verdict=GOOD,
        )

    (c,) = compare_series((), (optimum("Ta", 0.38, 0.27), optimum("Zr", 0.45, 0.09)))
    assert c.conductivity_ratio.value == pytest.approx(3.0)
    assert c.conductivity_ratio.sigma == pytest.approx(3.0 * 0.02 * np.sqrt(2))
    assert c.x_difference is not None
    assert c.x_difference.value == pytest.approx(-0.07)
    assert c.verdict.reason.startswith("significant")
