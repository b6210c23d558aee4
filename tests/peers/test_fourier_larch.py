"""chi(R), chi(q) and the windows against larch: same conventions, same values."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.reduce.fourier import WINDOWS, ft_window, k_grid, k_to_r, r_to_q

pytest.importorskip("larch")


def signal(k: np.ndarray) -> np.ndarray:
    return 0.8 * np.sin(4.1 * k + 0.4) * np.exp(-0.01 * k**2) / (1 + k) + 0.2 * np.sin(7.9 * k)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(
    ("low", "high", "dk", "weight"), [(3.0, 12.0, 1.0, 2), (2.513, 14.4, 4.0, 3), (0, 9.97, 0.3, 1)]
)
def test_chi_of_r_equals_larch(window, low, high, dk, weight):
    from larch import Group
    from larch.xafs import xftf, xftr

    k = k_grid(14.2)
    g = Group(k=k, chi=signal(k))
    xftf(g, kmin=low, kmax=high, dk=dk, kweight=weight, window=window, rmax_out=10)
    r, chi_r = k_to_r(k, signal(k), k_min=low, k_max=high, dk=dk, k_weight=weight, window=window)
    np.testing.assert_allclose(r, g.r, atol=1e-12)
    np.testing.assert_allclose(chi_r, g.chir, rtol=1e-8, atol=1e-8)
    xftr(g, rmin=1.2, rmax=3.1, dr=0.2, window=window)
    q, chi_q = r_to_q(r, chi_r, r_min=1.2, r_max=3.1, dr=0.2, window=window)
    np.testing.assert_allclose(q, g.q[: q.size], atol=1e-9)
    np.testing.assert_allclose(chi_q, g.chiq[: q.size], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("window", WINDOWS)
def test_windows_equal_larch(window):
    from larch.xafs import ftwindow

    x = k_grid(16.0)
    for low, high, dx in ((3, 12, 1), (0, 16, 2), (0.2, 15.98, 0.1), (4, 4.5, 1), (2, 20, 3)):
        np.testing.assert_allclose(
            ft_window(x, low, high, dx, window), ftwindow(x, xmin=low, xmax=high, dx=dx, window=window), atol=1e-12
        )


def test_a_grid_of_its_own_is_interpolated_as_larch_does():
    from larch import Group
    from larch.xafs import xftf

    k = np.arange(0.0, 12.5, 0.05) + 0.0
    k[3] += 0.01
    g = Group(k=k, chi=signal(k))
    xftf(g, kmin=3, kmax=11, dk=1, kweight=2, window="hanning", kstep=0.05)
    _, chi_r = k_to_r(k, signal(k), k_min=3, k_max=11, dk=1, k_weight=2, window="hanning")
    np.testing.assert_allclose(chi_r, g.chir, atol=1e-9)
