"""The mean of scans with different edge steps and noise, by weights worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.techniques.absorption.fit.reduce.merge import Prepared, merge
from pipeline.techniques.absorption.fit.reduce.normalization import Normalized, NormRanges
from pipeline.techniques.absorption.model import AbsorptionScan, CheckedScan

E0 = 9881.0
ENERGY = E0 + np.arange(-100.0, 400.0, 5.0)
SHAPE = np.where(ENERGY > E0, 1.0, 0.0)


def prepared(step: float, before: float, sigma: float) -> Prepared:
    """A scan ``before + step * SHAPE`` with the same sigma at every point."""
    mu = before + step * SHAPE
    scan = AbsorptionScan(source=Source(file="a.dat", format="made up"), energy_ev=ENERGY, mu=mu)
    line = np.full(ENERGY.size, before)
    norm = Normalized(
        e0_ev=E0,
        edge_step=step,
        edge_step_sigma=0.0,
        pre_edge=line,
        post_edge=line + step,
        normalized=SHAPE,
        flattened=SHAPE,
        ranges=NormRanges(pre1_ev=-100, pre2_ev=-30, norm1_ev=100, norm2_ev=390, n_norm=1),
    )
    return Prepared(
        checked=CheckedScan(scan=scan, element="Ta", edge="L3", keep=(True,) * ENERGY.size, masks=()),
        energy_ev=ENERGY,
        mu=mu,
        sigma=np.full(ENERGY.size, sigma),
        gap_before=np.zeros(ENERGY.size, dtype=bool),
        e0_ev=E0,
        norm=norm,
    )


def test_the_edge_step_and_the_line_of_a_merge_are_means_weighted_by_noise():
    """Noise of norm 0.01 and 0.04/2 = 0.02, so weights 4 : 1; step (4 x 1 + 1 x 2)/5, line (4 x 0.5 + 1 x 0.1)/5."""
    scans = [prepared(1.0, 0.5, 0.01), prepared(2.0, 0.2, 0.04)]
    energy, mu, sigma, scatter = merge(scans, ENERGY)
    np.testing.assert_array_equal(energy, ENERGY)
    np.testing.assert_allclose(mu, 1.2 * (SHAPE + 0.42))
    np.testing.assert_allclose(sigma, 1.2 / np.sqrt(1 / 0.01**2 + 1 / 0.02**2))
    np.testing.assert_allclose(scatter, 0.0, atol=1e-12)


def test_the_noise_of_a_scan_is_that_behind_the_edge_over_its_step():
    quiet = prepared(2.0, 0.2, 0.04)
    assert quiet.noise == pytest.approx(0.02)


def test_two_scans_that_differ_scatter_as_chi_squared_says():
    """1.00 ± 0.01 and 1.05 ± 0.02: the mean is 1.01, chi2 = 1^2 + 2^2 for one degree of freedom."""
    other = prepared(1.0, 0.5, 0.02)
    scans = [prepared(1.0, 0.5, 0.01), replace(other, mu=other.mu + 0.05 * SHAPE)]
    _, found, _, scatter = merge(scans, ENERGY)
    np.testing.assert_allclose(found[SHAPE > 0], 1.51)
    np.testing.assert_allclose(scatter[SHAPE > 0], 5.0)
