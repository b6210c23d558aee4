"""Two scans over temperature: what the second adds is the line through the differences of the pairs, by hand.

Both scans at the same x: the differences y2 - y1 have sigma sqrt(2) s, and their line is the shift in value and slope.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from pipeline.techniques.impedance.summarize.hysteresis import ScanShift, find_shift

SIGMA = 0.001
X = np.array([-50.0, -46.0, -42.0])
F_2_2 = 999.0
"""Quantile of F with 2 and 2 degrees of freedom at 0.999: p / (1 - p)."""


def scans(x=X, *, shift=0.0, slope=0.0, curve=0.0, both=0.0, sigma=SIGMA, x_25c=-40.0) -> ScanShift | None:
    """Both scans at each x on 2 + 0.3 (x - <x>) + curve, the second off by shift + slope (x - <x>)."""
    d = np.asarray(x) - np.mean(x)
    common = 2 + 0.3 * d + curve * d**2 + both
    y = np.concatenate([common - (shift + slope * d) / 2, common + (shift + slope * d) / 2])
    side = np.repeat([-0.5, 0.5], d.size)
    return find_shift(np.tile(x, 2), y, np.full(y.size, sigma), side, x_25c)


def test_three_pairs_tell_the_shift_at_25_degrees_and_in_the_energy() -> None:
    found = scans(shift=0.1, slope=0.02)
    assert found is not None
    s, xx = sqrt(2) * SIGMA, 32.0  # squares of -4, 0, 4
    assert found.energy_ev == pytest.approx((0.02, s / sqrt(xx)))
    assert found.ln_25c == pytest.approx((0.1 + 6 * 0.02, s * sqrt(1 / 3 + 36 / xx)))


def test_two_pairs_tell_a_shift_and_no_energy() -> None:
    found = scans(X[:2], shift=1.0, x_25c=-10.0)
    assert found is not None
    assert found.energy_ev is None
    assert found.ln_25c == pytest.approx((1.0, SIGMA))


def test_a_scatter_beyond_the_points_own_sigma_widens_what_is_said() -> None:
    """1, -2, 1 times e in both scans are on no line: chi2 is 12 e^2/s^2, of two degrees of freedom."""
    e = 2 * SIGMA
    found, plain = scans(shift=0.5, both=e * np.array([1, -2, 1])), scans(shift=0.5)
    assert found is not None
    assert plain is not None
    assert found.ln_25c == pytest.approx((0.5, plain.ln_25c[1] * sqrt(24)))
    assert found.energy_ev == pytest.approx((0.0, plain.energy_ev[1] * sqrt(24)), abs=1e-12)


@pytest.mark.parametrize(("factor", "given"), [(0.99, False), (1.01, True)])
def test_the_shift_must_pass_f_of_one_in_a_thousand(factor: float, given: bool) -> None:
    """Three differences u of sigma sqrt(2) s: 3 u^2/(2 s^2) of two parameters against F."""
    u = SIGMA * sqrt(2 * 2 * F_2_2 / 3)
    assert (scans(shift=factor * u) is not None) is given
    e = SIGMA / sqrt(6) * 3  # chi2 / dof is 9: three times as much is needed
    assert (scans(shift=3 * factor * u, both=e * np.array([1, -2, 1])) is not None) is given


def test_a_curve_common_to_both_scans_is_no_scatter_from_eight_points_on() -> None:
    four = np.array([-50.0, -47.0, -44.0, -41.0])
    found = scans(four, shift=0.1, curve=0.01)
    assert found is not None
    mean_square = 45.0  # squares of -4.5, -1.5, 1.5, 4.5
    assert found.ln_25c == pytest.approx((0.1, sqrt(2) * SIGMA * sqrt(1 / 4 + 5.5**2 / mean_square)))
    curved = scans(shift=0.1, curve=0.01)  # six points: the curve is scatter
    assert curved is None or curved.ln_25c[1] > 10 * SIGMA


def test_points_of_unlike_sigma_weigh_by_it() -> None:
    """Differences 0.1 and 0.3, the second known half as well: 4 and 1 fifths."""
    x = np.array([-50.0, -40.0, -50.0, -40.0])
    y = np.array([0.0, 0.0, 1.0, 3.0])
    found = find_shift(x, y, np.array([1, 2, 1, 2]) * 1e-6, np.array([-0.5, -0.5, 0.5, 0.5]), -45.0)
    assert found is None, "1 and 3 differ by far more than they are known: no common shift"
    y[3] = 1.0 + 3e-6
    found = find_shift(x, y, np.array([1, 2, 1, 2]) * 1e-6, np.array([-0.5, -0.5, 0.5, 0.5]), -45.0)
    assert found is not None
    assert found.ln_25c == pytest.approx((1.0 + 0.6e-6, sqrt(2 / 1.25) * 1e-6), rel=1e-9)


def test_unlike_sigmas_move_no_shift_that_is_exact() -> None:
    side = np.repeat([-0.5, 0.5], 3)
    y = np.tile(0.3 * X, 2) + side * (0.1 + 0.02 * np.tile(X + 46, 2))
    found = find_shift(np.tile(X, 2), y, np.tile([1e-4, 2e-4, 4e-4], 2), side, -40.0)
    assert found is not None
    assert (found.ln_25c[0], found.energy_ev[0]) == pytest.approx((0.1 + 6 * 0.02, 0.02))


def test_too_few_pairs_or_points_tell_nothing() -> None:
    assert scans(X[:1], shift=1.0) is None
    side = np.array([-0.5, 0.5, 0.5])
    assert find_shift(X, np.array([1.0, 2.0, 4.0]), np.full(3, SIGMA), side, -40.0) is None


def test_a_shift_in_words() -> None:
    assert str(ScanShift(energy_ev=None, ln_25c=(0.1, 0.02))) == "the second scan differs by 10.0 ± 2.0 % at 25 °C"
    both = ScanShift(energy_ev=(0.015, 0.002), ln_25c=(0.1, 0.02))
    assert str(both) == "the second scan differs by 10.0 ± 2.0 % at 25 °C and by 15.0 ± 2.0 meV in Ea"
