"""Peaks of a distribution of relaxation times are the arcs that were put in: place, resistance, and no negative part."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.science.relaxation_times import distribute

F = np.geomspace(7e6, 0.1, 79)
S = 2j * np.pi * F


def noisy(z, seed=1, noise=0.003):
    rng = np.random.default_rng(seed)
    return z * (1 + noise * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size)))


@pytest.mark.parametrize("seed", range(5))
def test_two_ideal_arcs_are_two_peaks_with_their_resistance(seed):
    z = 20 + 1e-6 * S + 3000 / (1 + S * 1e-6) + 1000 / (1 + S * 1e-3)
    found = distribute(F, noisy(z, seed))
    assert found.gamma_ohm.min() >= 0
    large = [p for p in found.peaks if p[1] > 100]
    assert [p[0] for p in large] == [pytest.approx(1e-6, rel=0.25), pytest.approx(1e-3, rel=0.25)]
    assert [p[1] for p in large] == [pytest.approx(3000, rel=0.05), pytest.approx(1000, rel=0.05)]


def test_a_blocking_electrode_is_no_arc():
    found = distribute(F, noisy(20 + 3000 / (1 + S * 1e-6) + 1 / (S * 1e-4)))
    assert sum(r for _, r in found.peaks) == pytest.approx(3000, rel=0.03)


def test_three_depressed_arcs_and_a_tail_are_seldom_more_peaks():
    """Bar: at most five in nine of ten spectra; the three arcs' resistance within 5 %, the tail's peak left aside."""
    f, s = F[:69], S[:69]
    counts, sums = [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        z = sum(3000 / (1 + (s * t) ** n) for t, n in ((60e-9, 0.95), (1.8e-6, 0.9), (54e-6, 0.85))) + 1 / (
            2e-6 * s**0.85
        )
        found = distribute(f, z * (1 + 0.003 * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size))))
        counts.append(len(found.peaks))
        sums.append(sum(r for tau, r in found.peaks if tau < 3e-4))
    assert sum(c <= 5 for c in counts) >= 9
    np.testing.assert_allclose(np.median(sums), 9000, rtol=0.05)


def test_order_of_the_points_does_not_matter():
    z = noisy(20 + 3000 / (1 + (S * 1e-6) ** 0.9))
    one, two = distribute(F, z), distribute(F[::-1], z[::-1])
    np.testing.assert_allclose(one.gamma_ohm, two.gamma_ohm, rtol=1e-6, atol=1e-6 * one.gamma_ohm.max())


def test_more_noise_is_smoothed_more():
    z = 20 + 3000 / (1 + (S * 1e-6) ** 0.9) + 1000 / (1 + S * 1e-3)
    strengths = [np.median([np.log(distribute(F, noisy(z, s, n)).strength) for s in range(5)]) for n in (1e-4, 0.02)]
    assert strengths[0] < strengths[1]
