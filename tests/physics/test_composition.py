"""Composition series whose optimum is known: a parabola in ln sigma with 5 % of noise."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.comparisons import CompositionOptimum, CompositionPoint
from pipeline.techniques.impedance.settings import CompositionSettings
from pipeline.techniques.impedance.summarize.composition import find_optimum

X = np.array([0.10, 0.20, 0.30, 0.38, 0.48, 0.60, 0.72])
SETTINGS = CompositionSettings()


def series(sigma: np.ndarray, x: np.ndarray = X, relative: float = 0.05) -> list[CompositionPoint]:
    return [
        CompositionPoint(
            sample=f"{k:.2f}",
            series="A",
            x_lcf=float(k),
            conductivity_25c_s_per_m=Estimate(value=float(s), sigma=relative * float(s), unit="S/m"),
            verdict=Verdict(level="resolved", reason=""),
        )
        for k, s in zip(x, sigma, strict=True)
    ]


def noisy(seed: int, noise: float = 0.05, x: np.ndarray = X, top: float = 0.38, width: float = 0.30) -> np.ndarray:
    return 0.27 * np.exp(-(((x - top) / width) ** 2) + noise * np.random.default_rng(seed).standard_normal(x.size))


def found(sigma: np.ndarray, x: np.ndarray = X) -> CompositionOptimum:
    return find_optimum("A", series(sigma, x), SETTINGS)


def test_the_interval_holds_the_optimum() -> None:
    optima = [found(noisy(s)) for s in range(500)]
    given = [o.x_optimum for o in optima if o.x_optimum is not None]
    assert len(given) >= 0.98 * len(optima)
    assert 0.90 <= np.mean([e.low <= 0.38 <= e.high for e in given]) <= 0.98
    heights = [o.conductivity_s_per_m for o in optima if o.conductivity_s_per_m is not None]
    assert 0.90 <= np.mean([e.low <= 0.27 <= e.high for e in heights]) <= 0.99


def test_pellets_that_scatter_more_than_they_say() -> None:
    optima = [find_optimum("A", series(noisy(s), relative=0.002), SETTINGS) for s in range(300)]
    given = [o.x_optimum for o in optima if o.x_optimum is not None]
    assert 0.90 <= np.mean([e.low <= 0.38 <= e.high for e in given]) <= 0.98


@pytest.mark.parametrize("top", [-0.2, 1.0])
def test_a_series_that_still_rises_at_its_edge_has_none(top: float) -> None:
    optima = [found(noisy(s, 0.05, top=top, width=0.8)) for s in range(60)]
    assert np.mean([o.verdict.level == "unresolved" for o in optima]) >= 0.95
    assert all("undetermined" in o.verdict.reason for o in optima if o.x_optimum is None)


def test_a_flat_series_has_none() -> None:
    optima = [found(0.27 * np.exp(0.05 * np.random.default_rng(s).standard_normal(7))) for s in range(100)]
    assert np.mean([o.x_optimum is None for o in optima]) >= 0.93


def test_three_compositions_make_no_optimum() -> None:
    o = found(noisy(1, x=X[2:5]), X[2:5])
    assert o.x_optimum is None
    assert "3 composition(s), 4 needed" in o.verdict.reason
