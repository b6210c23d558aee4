"""A Ta L3 spectrum whose truth is written out here: edge, step, shift, signal and noise come back."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.techniques.absorption.check.scan import check_scan
from pipeline.techniques.absorption.fit.reduce.reduction import reduce_scans
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.settings import ReduceSettings, XasCheckSettings

E0, STEP, R, NOISE = 9881.0, 1.1, 2.38, 1e-3
K2 = 0.26246829


def ta_l3(seed: int, *, shift: float = 0.0, noise: float = NOISE, foil: bool = True) -> AbsorptionScan:
    """Matrix, arctangent edge, white line, six chlorines without phase shifts, a foil in the reference channel."""
    rng = np.random.default_rng(seed)
    shown = np.concatenate([np.arange(E0 - 200, E0 - 30, 6), np.arange(E0 - 30, E0 + 40, 0.5)])
    shown = np.concatenate([shown, E0 + np.arange(3.25, 16.6, 0.05) ** 2 / K2])
    e = shown - shift
    k = np.sqrt(K2 * np.clip(e - E0, 0, None))
    chi = 6 * 0.35 * np.exp(-2 * 0.0035 * k**2 - 2 * R / 9) * np.sin(2 * R * k + 0.5) / (np.clip(k, 1.5, None) * R**2)
    edge = 0.5 + np.arctan((e - E0) / 2.2) / np.pi
    white = 1.3 * np.exp(-0.5 * ((e - E0 - 2) / 2.3) ** 2)
    onset = 1 / (1 + np.exp(-(k - 1.6) / 0.15))
    mu = 1.4 * (e / E0) ** -2.8 + STEP * (edge + white + onset * chi)
    foil_edge = 0.5 + np.arctan((e - E0 + 3) / 2.2) / np.pi + 0.6 * np.exp(-0.5 * ((e - E0 - 1) / 2.5) ** 2)
    return AbsorptionScan(
        source=Source(file=f"Ta_{seed}.dat", format="made up"),
        energy_ev=shown,
        mu=mu + STEP * noise * rng.standard_normal(e.size),
        mode="transmission",
        element="Ta",
        edge="L3",
        reference_mu=0.3 + foil_edge + 1e-3 * rng.standard_normal(e.size) if foil else None,
    )


def reduced(shifts=(0.0, 0.4, -0.3), settings=None, **kw):
    scans = [ta_l3(i + 10, shift=s, **kw) for i, s in enumerate(shifts)]
    checked = [check_scan(s, "Ta", "L3", "transmission", XasCheckSettings()) for s in scans]
    return reduce_scans("LCF-Ta", checked, settings or ReduceSettings())


def test_edge_step_and_shifts():
    r = reduced()
    assert r.edge_step.value == pytest.approx(STEP, rel=0.06)
    assert r.e0_ev == pytest.approx(E0, abs=1.0)
    for use, shift in zip(r.scans, (0.0, 0.4, -0.3), strict=True):
        assert use.shift_ev == pytest.approx(-shift, abs=max(0.01, 4 * use.shift_sigma_ev))
        assert use.used


def test_the_peak_lies_at_the_distance_that_was_put_in():
    r = reduced()
    magnitude = np.hypot(r.chi_r_re, r.chi_r_im)
    assert r.r_angstrom[np.argmax(magnitude)] == pytest.approx(
        R, abs=0.035
    )  # no phase shift was put in: a constant only
    w = r.wavelet
    row = np.unravel_index(np.argmax(w.magnitude), w.magnitude.shape)[0]
    assert w.r_angstrom[row] == pytest.approx(R, abs=0.05)


def test_noise_of_chi_is_what_many_merges_show():
    settings = ReduceSettings(e0_ev=E0, k_max=14.0, align="none")
    many = []
    for seed in range(40):
        scans = [ta_l3(100 + 3 * seed + j) for j in range(3)]
        checked = [check_scan(s, "Ta", "L3", "transmission", XasCheckSettings()) for s in scans]
        many.append(reduce_scans("x", checked, settings))
    k = many[0].k_per_angstrom
    inside = (k > 4) & (k < 13)
    scatter = np.sqrt(np.mean(np.var([m.chi[inside] for m in many], axis=0, ddof=1)))
    said = np.sqrt(np.mean([m.chi_sigma[inside] ** 2 for m in many]))
    assert said == pytest.approx(scatter, rel=0.15)
    chi_r = np.array([m.chi_r_re + 1j * m.chi_r_im for m in many])
    r = many[0].r_angstrom
    window = (r > 3) & (r < 6)  # beside the peak, whose height varies with the edge step
    seen = np.sqrt(np.mean(np.var(chi_r[:, window].real, axis=0, ddof=1)))
    assert np.mean([m.chi_r_noise for m in many]) == pytest.approx(seen, rel=0.15)
