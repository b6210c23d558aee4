"""Edge steps of L3 edges with white lines: arctangent, Lorentzian lines, a matrix, chlorines and noise, all written out here."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.reduce.edge_shape import doubt_step
from pipeline.techniques.absorption.fit.reduce.normalization import choose_ranges, find_e0, normalize

K2 = 0.26246829
CASES = {  # element: E0, width of the core hole, white lines (height, full width, offset), end of the data, distance
    "Ta": (9881.0, 4.88, ((1.6, 7.0, 2.0),), 1220.0, 2.36),
    "Sm": (6716.0, 3.86, ((3.5, 7.0, 2.0), (0.15, 20.0, 15.0)), 560.0, 2.85),
    "U": (17166.0, 7.43, ((1.5, 9.0, 2.0),), 700.0, 2.4),
}


def spectrum(element: str, seed: int, line: float = 1.0, noise: float = 1e-3) -> tuple[np.ndarray, np.ndarray]:
    e0, width, lines, last, r = CASES[element]
    far = np.arange(np.sqrt(K2 * 60), np.sqrt(K2 * last), 0.05) ** 2 / K2
    x = np.concatenate([np.arange(-200, -30, 5.0), np.arange(-30, 60, 0.5), far])
    edge = np.arctan2(width / 2, -x) / np.pi  # 0 far below, 1/2 at E0, 1 far above
    white = sum(line * h * (w / 2) ** 2 / ((x - c) ** 2 + (w / 2) ** 2) for h, w, c in lines)
    k = np.sqrt(K2 * np.clip(x, 1e-9, None))
    chi = 6 * 0.35 * np.exp(-0.008 * k**2 - 2 * r / 9) * np.sin(2 * r * k + 0.5) / (np.clip(k, 1.5, None) * r**2)
    mu = (edge * (1 + x / e0) ** -2.7 + white + chi / (1 + np.exp(-(k - 1.6) / 0.15))) + (1 + x / e0) ** -2.8
    return e0 + x, mu + noise * np.random.default_rng(seed).standard_normal(x.size)


def both(element: str, seed: int, **kw):
    e, mu = spectrum(element, seed, **kw)
    e0 = find_e0(e, mu, CASES[element][0], 15.0)
    norm = normalize(e, mu, e0, choose_ranges(e, e0))
    return norm, *doubt_step(e, mu, norm, element, "L3")


@pytest.mark.parametrize("element", ["Ta", "Sm"])
def test_the_true_step_lies_within_two_sigma(element):
    for seed in range(20):
        plain, doubted, _ = both(element, seed)
        assert abs(doubted.edge_step - 1) < 2 * doubted.edge_step_sigma
        assert doubted.edge_step_sigma < 0.07
        assert doubted.edge_step == plain.edge_step  # the lines and the step stay Athena's
        assert np.array_equal(doubted.flattened, plain.flattened)


@pytest.mark.parametrize("element", ["Ta", "Sm"])
def test_the_shift_of_the_polynomial_alone_is_not_in_its_ranges(element):
    plain, _, _ = both(element, 1, noise=0.0)
    assert 1 - plain.edge_step > 2 * plain.edge_step_sigma


def test_a_scale_of_mu_changes_nothing():
    e, mu = spectrum("Ta", 3)
    one = both("Ta", 3)[1]
    tenfold, _ = doubt_step(e, 10 * mu, normalize(e, 10 * mu, one.e0_ev, one.ranges), "Ta", "L3")
    assert tenfold.edge_step_sigma == pytest.approx(10 * one.edge_step_sigma)


def test_a_large_difference_is_told_with_both_numbers():
    norm, doubted, told = both("U", 0)  # its core hole is twice as wide
    assert told is not None
    assert told.severity == "info"
    assert f"{norm.edge_step:.4g}" in told.problem
    assert "arctangent edge" in told.problem
    assert 0.03 * norm.edge_step < doubted.edge_step_sigma < 0.07


def test_what_cannot_be_checked_says_why():
    e, mu = spectrum("Ta", 0)
    short = e < 9881 + 220
    for element, use, why in (("Ta", short, "behind the edge"), ("C", e > 0, "core hole"), ("Ta", e > 9861, "before")):
        ranges = choose_ranges(e[use], 9881.0)
        norm = normalize(e[use], mu[use], 9881.0, ranges)
        same, told = doubt_step(e[use], mu[use], norm, element, "L3")
        assert same is norm
        assert told is not None
        assert why in told.problem


def test_a_flattened_spectrum_does_not_explode():
    norm, _, _ = both("Ta", 5)
    e, _ = spectrum("Ta", 5)
    again = normalize(e, norm.flattened, norm.e0_ev, choose_ranges(e, norm.e0_ev))
    doubted, _ = doubt_step(e, norm.flattened, again, "Ta", "L3")
    assert doubted.edge_step == pytest.approx(1.0, abs=0.01)
    assert doubted.edge_step_sigma < 0.05
