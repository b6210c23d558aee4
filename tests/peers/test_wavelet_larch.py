"""The Cauchy transform against larch's, where larch's order (its number of R rows) is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.reduce.fourier import k_grid
from pipeline.techniques.absorption.fit.reduce.wavelet import transform_wavelet
from pipeline.techniques.absorption.settings import WaveletSettings

pytest.importorskip("larch")


@pytest.mark.parametrize("r_max", [6.0, 10.0])
def test_the_shape_is_larchs_at_larchs_order(r_max):
    from larch import Group
    from larch.xafs import cauchy_wavelet

    k = k_grid(14.0)
    chi = np.sin(4.2 * k + 0.3) * np.exp(-0.01 * k * k) + 0.3 * np.sin(8.4 * k)
    g = Group(k=k, chi=chi)
    cauchy_wavelet(g, kweight=2, rmax_out=r_max)
    n = g.wcauchy_r.size
    rows = g.wcauchy_r > 1.0
    ours, _ = transform_wavelet(k**2 * chi, g.wcauchy_r[rows], WaveletSettings(cauchy_order=n))
    # larch's filter has the top 2 pi n^n exp(-n) / n!, ours has 2
    factor = np.exp(np.log(np.pi) + n * np.log(n) - n - np.sum(np.log(np.arange(1, n + 1))))
    np.testing.assert_allclose(factor * np.abs(ours), g.wcauchy_mag[rows], atol=1e-6 * g.wcauchy_mag.max())
