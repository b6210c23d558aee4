"""The wavelet map: amplitude, resolution, independence of the plotted range, noise, differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.reduce.fourier import K_STEP, k_grid
from pipeline.techniques.absorption.fit.reduce.wavelet import map_wavelet, marginals, subtract_maps, transform_wavelet
from pipeline.techniques.absorption.settings import WaveletSettings

K = k_grid(14.0)
KINDS = [WaveletSettings(), WaveletSettings(kind="morlet")]


def made(chi: np.ndarray, settings: WaveletSettings, sigma: float = 1e-3):
    return map_wavelet(K, chi, sigma + 0 * K, settings, k_min=3, k_max=13, dk=1, window="hanning")


@pytest.mark.parametrize("settings", KINDS)
def test_the_transform_is_the_integral_of_its_docstring(settings):
    """By direct summation over frequencies of the filtered spectrum."""
    signal = np.exp(-(((K - 7) / 3) ** 2)) * np.sin(6.0 * K)
    r, at = 3.1, 150
    w, _ = transform_wavelet(signal, np.array([r]), settings)
    omega = np.arange(1, 6000) * 0.005
    x = omega / (2 * r)
    if settings.kind == "cauchy":
        n = settings.cauchy_order
        h = 2 * (x * np.exp(1 - x)) ** n
    else:
        h = 2 * np.exp(-0.5 * settings.morlet_sigma**2 * (settings.morlet_eta * (x - 1)) ** 2)
    spectrum = K_STEP * np.exp(-1j * np.outer(omega, K)) @ signal
    by_hand = np.sum(spectrum * h * np.exp(1j * omega * K[at])) * 0.005 / (2 * np.pi)
    assert w[0, at] == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize("settings", KINDS)
@pytest.mark.parametrize("distance", [2.0, 3.0, 4.2])
def test_a_wave_of_amplitude_1_has_height_1_at_its_distance(settings, distance):
    m = made(np.cos(2 * distance * K), replace(settings, k_weight=0))
    middle = int(8.0 / K_STEP)
    row = int(np.argmax(m.magnitude[:, middle]))
    assert m.r_angstrom[row] == pytest.approx(distance, abs=0.03)
    # at low R a wavelet is longer than the window, and a part of the wave is cut off
    assert m.magnitude[row, middle] == pytest.approx(1.0, abs=0.03 if distance > 2.5 else 0.06)


@pytest.mark.parametrize("settings", KINDS)
def test_resolution_in_r_is_r_over_q(settings):
    m = map_wavelet(
        K, np.cos(2 * 3.0 * K), 0 * K, replace(settings, k_weight=0, r_step_angstrom=0.01), k_min=0, k_max=14, dk=0.1,
        window="hanning",
    )  # fmt: skip
    column = m.magnitude[:, int(7 / K_STEP)]
    half = m.r_angstrom[column > np.exp(-0.5) * column.max()]
    assert np.ptp(half) / 2 == pytest.approx(3.0 / 10, rel=0.12)  # q = 10 for both kinds


def test_values_do_not_depend_on_the_plotted_range():
    chi = np.sin(4.4 * K) / (1 + K) + 0.2 * np.sin(8.4 * K) / (1 + K)
    wide = made(chi, WaveletSettings(r_min_angstrom=0.5, r_max_angstrom=10.0))
    narrow = made(chi, WaveletSettings(r_min_angstrom=2.5, r_max_angstrom=4.5))
    first = int(np.argmin(np.abs(wide.r_angstrom - narrow.r_angstrom[0])))
    np.testing.assert_allclose(
        wide.magnitude[first : first + narrow.r_angstrom.size], narrow.magnitude, atol=1e-5 * wide.magnitude.max()
    )


def test_the_noise_floor_is_what_noise_alone_makes():
    rng = np.random.default_rng(2)
    maps = [made(1e-3 * rng.standard_normal(K.size), WaveletSettings()) for _ in range(120)]
    inside = (K > 4) & (K < 12)
    seen = np.sqrt(np.mean([m.magnitude[:, inside] ** 2 for m in maps], axis=(0, 2)))
    low = maps[0].r_angstrom > 2  # below, a wavelet is longer than the window
    assert np.mean(seen[low] / maps[0].noise_floor[low]) == pytest.approx(1.0, abs=0.12)


def test_marginals_and_differences():
    a, b = made(np.cos(6 * K), WaveletSettings()), made(0.8 * np.cos(6 * K), WaveletSettings())
    over_r, over_k = marginals(a)
    assert over_r.shape == a.k_per_angstrom.shape
    assert over_k.shape == a.r_angstrom.shape
    assert a.r_angstrom[np.argmax(over_k)] == pytest.approx(3.0, abs=0.1)
    difference = subtract_maps(a, b)
    np.testing.assert_allclose(difference.magnitude, 0.2 * a.magnitude, atol=1e-9)
    np.testing.assert_allclose(difference.noise_floor, np.sqrt(2) * a.noise_floor)


def test_maps_made_differently_are_not_subtracted():
    a = made(np.cos(6 * K), WaveletSettings())
    with pytest.raises(ValueError, match=r"k_weight: 2\.0 / 1\.0"):
        subtract_maps(a, made(np.cos(6 * K), WaveletSettings(k_weight=1)))
    with pytest.raises(ValueError, match="different R grids"):
        subtract_maps(a, made(np.cos(6 * K), WaveletSettings(r_max_angstrom=5.0)))
    with pytest.raises(ValueError, match="uniform k grid"):
        map_wavelet(K + 0.01, 0 * K[:-1], 0 * K, WaveletSettings(), k_min=3, k_max=13, dk=1, window="hanning")
