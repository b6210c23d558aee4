"""Maps of wavelets that are shown side by side."""

from __future__ import annotations

import numpy as np

from pipeline.techniques.absorption.model import WaveletMap
from pipeline.techniques.absorption.report.wavelet_figure import onto


def test_maps_on_other_grids_are_interpolated_and_not_extended():
    k, r = np.linspace(3, 12, 40), np.linspace(1, 5, 30)
    w = WaveletMap(
        kind="cauchy", k_per_angstrom=k, r_angstrom=r, magnitude=2 * k[None] + 3 * r[:, None], noise_floor=0 * r
    )
    got = onto(w, np.array([2.0, 4.4, 9.1]), np.array([1.5, 4.9]))
    np.testing.assert_allclose(got[:, 1:], 2 * np.array([4.4, 9.1]) + 3 * np.array([[1.5], [4.9]]))
    assert np.isnan(got[:, 0]).all()
