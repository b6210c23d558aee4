"""AUTOBK against larch's: the same chi(k) where the problem is linear, no worse a minimum where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.reduce.background import BackgroundChoice, remove_background

pytest.importorskip("larch")
K2 = 0.26246829


def made_up(seed: int = 1) -> tuple[np.ndarray, np.ndarray, float]:
    """Arctangent, white line, two damped sines, noise."""
    e0 = 9881.3
    e = np.concatenate([np.arange(e0 - 200, e0 - 20, 6), np.arange(e0 - 20, e0 + 40, 0.5)])
    e = np.concatenate([e, e0 + np.arange(3.3, 16.5, 0.05) ** 2 / K2])
    k = np.sqrt(K2 * np.clip(e - e0, 0, None))
    chi = 1.2 * np.sin(2 * 2.0 * k) * np.exp(-0.007 * k**2) / (1 + k) + 0.3 * np.sin(8.2 * k) * np.exp(-0.01 * k**2)
    mu = (
        0.5
        + np.arctan((e - e0) / 2) / np.pi
        + 1.1 * np.exp(-(((e - e0 - 2) / 3) ** 2))
        + np.where(k > 1.5, chi, 0) / (1 + k)
    )
    noise = 1e-4 * np.random.default_rng(seed).standard_normal(e.size)
    return e, 0.9 - 2e-4 * (e - e0) + 1.4 * mu + noise, e0


CASES = [
    {"rbkg_angstrom": 1.0, "k_weight": 2},
    {"rbkg_angstrom": 1.3, "k_weight": 1, "k_max": 13.0},
    {"rbkg_angstrom": 0.85, "k_weight": 3, "k_min": 0.5, "k_max": 14.2, "dk": 1.0, "window": "kaiser-bessel"},
]


def by_larch(e, mu, e0, step, case, **clamps):
    from larch import Group
    from larch.xafs import autobk

    g = Group(energy=e.copy(), mu=mu.copy())
    autobk(
        g,
        ek0=e0,
        edge_step=step,
        rbkg=case["rbkg_angstrom"],
        kweight=case["k_weight"],
        kmin=case.get("k_min", 0),
        kmax=case.get("k_max"),
        dk=case.get("dk", 0.1),
        win=case.get("window", "hanning"),
        **{"nclamp": 0, "clamp_lo": 0, "clamp_hi": 0, **clamps},
    )
    return g


@pytest.mark.parametrize("case", CASES)
def test_without_clamps_chi_equals_larch_to_1e_10(case):
    e, mu, e0 = made_up()
    ours = remove_background(e, mu, BackgroundChoice(e0_ev=e0, edge_step=1.37, **case))
    g = by_larch(e, mu, e0, 1.37, case)
    np.testing.assert_allclose(ours.k, g.k, atol=1e-12)
    np.testing.assert_allclose(ours.chi, g.chi, atol=1e-10)
    np.testing.assert_allclose(ours.mu0, g.bkg, atol=1e-10)


@pytest.mark.parametrize("clamps", [(0.0, 1.0, 3), (0.0, 24.0, 5), (24.0, 96.0, 5), (3.0, 6.0, 2)])
def test_with_clamps_the_minimum_is_no_worse_than_larch(clamps):
    e, mu, e0 = made_up()
    low, high, n = clamps
    case = {"rbkg_angstrom": 1.1, "k_weight": 2}
    choice = BackgroundChoice(e0_ev=e0, edge_step=1.37, clamp_low=low, clamp_high=high, n_clamp=n, **case)
    ours = remove_background(e, mu, choice)
    g = by_larch(e, mu, e0, 1.37, case, nclamp=n, clamp_lo=low, clamp_hi=high)

    def cost(chi: np.ndarray) -> float:
        """larch's objective, written out: misfit below Rbkg and the clamps times a scale that grows with it."""
        from larch.xafs.xafsft import ftwindow

        d = g.autobk_details
        weighted = g.k**2 * ftwindow(g.k, xmin=0, xmax=d.kraw.max(), dx=0.1, dx2=0.1, window="hanning") * chi * 1.37
        r = np.pi / (0.05 * 2048) * np.arange(d.irbkg)
        f = 0.05 / np.sqrt(np.pi) * np.exp(-2j * np.outer(r, g.k)) @ weighted
        out = np.concatenate([f.real, f.imag])
        scale = 0.1 + 10 * np.mean(out**2)
        ends = scale * 1.37 * np.concatenate([low * chi[:n], high * chi[-n:]])
        return float(out @ out + ends @ ends)

    assert cost(ours.chi) <= cost(g.chi) * (1 + 1e-9)
    if low == 0:  # a low clamp has two minima, and larch stops in either
        np.testing.assert_allclose(ours.chi, g.chi, atol=1e-4 * np.abs(g.chi).max())
