"""The transform against sums written out, its unit, its noise, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.reduce.fourier import (
    K_STEP,
    N_FFT,
    R_STEP,
    WINDOWS,
    ft_window,
    k_grid,
    k_to_r,
    r_to_q,
    transform_noise,
    window_on_grid,
)


def test_the_transform_is_the_sum_of_its_docstring():
    k = k_grid(12.0)
    chi = np.cos(5.3 * k) * np.exp(-0.02 * k**2)
    w = ft_window(k, 3, 11, 1, "hanning")
    r, chi_r = k_to_r(k, chi, k_min=3, k_max=11, dk=1, k_weight=2, window="hanning")
    for m in (0, 57, 86, 200):
        by_hand = K_STEP / np.sqrt(np.pi) * np.sum(k**2 * chi * w * np.exp(-2j * k * r[m]))
        assert chi_r[m] == pytest.approx(by_hand, abs=1e-12)
    assert r[1] == pytest.approx(np.pi / (K_STEP * N_FFT))
    assert r[np.argmax(np.abs(chi_r))] == pytest.approx(5.3 / 2, abs=R_STEP)


def test_forward_and_back_give_the_windowed_signal():
    k = k_grid(14.0)
    chi = np.sin(2 * 2.0 * k)
    r, chi_r = k_to_r(k, chi, k_min=2, k_max=13, dk=2, k_weight=1, window="hanning", r_max_angstrom=40)
    q, chi_q = r_to_q(r, chi_r, r_min=0, r_max=30, dr=0, window="hanning", q_max=14)
    inside = (q > 4) & (q < 11)
    np.testing.assert_allclose(chi_q.real[inside], (k * chi)[: q.size][inside], atol=0.02)


def test_many_signals_at_once_equal_one_by_one():
    k = k_grid(12.0)
    chi = np.sin(np.outer([3.0, 4.0, 5.0], k))
    settings = {"k_min": 3, "k_max": 11, "dk": 1, "k_weight": 3, "window": "kaiser-bessel"}
    _, together = k_to_r(k, chi, **settings)
    for row, one in zip(together, chi, strict=True):
        np.testing.assert_allclose(row, k_to_r(k, one, **settings)[1], atol=1e-14)


def test_noise_of_the_transform_is_what_trials_show():
    k = k_grid(12.0)
    rng = np.random.default_rng(5)
    sigma = 1e-3 * (1 + 0.1 * k)
    _, chi_r = k_to_r(
        k, sigma * rng.standard_normal((600, k.size)), k_min=3, k_max=11, dk=1, k_weight=2, window="hanning"
    )
    said = transform_noise(k**2 * sigma * window_on_grid(k.size, 3, 11, 1, "hanning"))
    assert np.std(chi_r[:, 30:].real) == pytest.approx(said, rel=0.05)
    assert np.std(chi_r[:, 30:].imag) == pytest.approx(said, rel=0.05)


@pytest.mark.parametrize("window", WINDOWS)
def test_windows_lie_between_0_and_1_and_are_finite(window):
    x = k_grid(16.0)
    for low, high, dx in ((3, 12, 1), (3, 12, 0), (3, 12, 400.0), (15.9, 18, 1), (3, 3.01, 1)):
        w = ft_window(x, low, high, dx, window)
        assert np.all(np.isfinite(w))
        assert w.min() >= -1e-12
        assert w.max() <= 1 + 1e-12


def test_an_unknown_window_is_refused():
    with pytest.raises(ValueError, match="unknown window 'blackman'"):
        ft_window(k_grid(12.0), 3, 11, 1, "blackman")
    with pytest.raises(ValueError, match="two points"):
        ft_window(np.zeros(1), 3, 11, 1, "hanning")
    for low, high in ((3, 3), (12, 3), (17, 19)):
        with pytest.raises(ValueError, match="no window"):
            ft_window(k_grid(16.0), low, high, 1, "hanning")
