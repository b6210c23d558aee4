"""Merge and reduction: what is honoured, what is left out, what is told, and what comes back from a project."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.errors import FitError
from pipeline.core.sample import RawFile, Source
from pipeline.techniques.absorption.check.scan import check_scan
from pipeline.techniques.absorption.fit.reduce.alignment import edge_shift
from pipeline.techniques.absorption.fit.reduce.normalization import choose_ranges, find_e0, normalize
from pipeline.techniques.absorption.fit.reduce.reduction import next_edge_ev, reduce_scans, repeat_background
from pipeline.techniques.absorption.model import AbsorptionScan, CheckedScan, ReducedAbsorption
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.report.athena_project import pack_project, project_text
from pipeline.techniques.absorption.settings import ReduceSettings, XasCheckSettings, XasReadSettings

K2, E0 = 0.26246829, 9881.0


def scan(
    seed: int = 0, *, shift: float = 0.0, noise: float = 5e-4, step: float = 0.05, last: float = 15.5, **changes
) -> AbsorptionScan:
    e = np.concatenate([np.arange(E0 - 200, E0 - 30, 6), np.arange(E0 - 30, E0 + 40, 0.5)])
    e = np.concatenate([e, E0 + np.arange(3.25, last, step) ** 2 / K2])
    d = e - shift - E0
    k = np.sqrt(K2 * np.clip(d, 0, None))
    chi = 0.4 * np.exp(-0.007 * k**2) * np.sin(4.76 * k + 0.5) / (1 + 0.3 * k) * (k > 1.5)
    edge = 0.5 + np.arctan(d / 2.2) / np.pi + 1.2 * np.exp(-0.5 * ((d - 2) / 2.3) ** 2)
    foil = 0.3 + 0.5 + np.arctan((d + 3) / 2.2) / np.pi
    base = AbsorptionScan(
        source=Source(file=f"scan{seed}.dat", format="made up"),
        energy_ev=e,
        mu=0.6 - 4e-4 * d + edge + chi + noise * np.random.default_rng(seed).standard_normal(e.size),
        mode="transmission",
        element="Ta",
        edge="L3",
        reference_mu=foil,
    )
    return replace(base, **changes)


def check(s: AbsorptionScan) -> CheckedScan:
    return check_scan(s, "Ta", "L3", None, XasCheckSettings())


def reduce(*scans: AbsorptionScan, **settings) -> ReducedAbsorption:
    return reduce_scans("LCF-Ta", [check(s) for s in scans], ReduceSettings(**settings))


def told(r: ReducedAbsorption) -> str:
    return " | ".join(str(f) for f in r.findings)


def test_e0_lies_between_the_grid_points():
    for shift in (0.0, 0.13, 0.31):
        s = scan(shift=shift, noise=0.0)
        assert find_e0(s.energy_ev, s.mu, E0, 15.0) - find_e0(*_still()) == pytest.approx(shift, abs=0.03)


def _still():
    s = scan(noise=0.0)
    return s.energy_ev, s.mu, E0, 15.0


def test_a_shift_is_found_with_an_honest_sigma():
    scores = []
    reference = scan(1, noise=1e-3)
    for seed in range(40):
        shift = 0.02 * (seed - 20)
        s = scan(seed + 2, shift=shift, noise=1e-3)
        found, sigma = edge_shift(s.energy_ev, s.mu, reference.energy_ev, reference.mu, E0)
        scores.append((found + shift) / sigma)
    assert np.sqrt(np.mean(np.square(scores))) < 1.8
    assert np.std(scores) > 0.4


def test_norm2_ends_below_the_next_edge():
    assert next_edge_ev("Ta", "L3") == 11136
    assert next_edge_ev("Fe", "K") is None
    e = np.concatenate([scan().energy_ev, np.arange(E0 + 1300, E0 + 1500, 10.0)])
    wide = reduce(scan(energy_ev=e, mu=np.interp(e, scan().energy_ev, scan().mu), reference_mu=None))
    assert wide.settings.norm2_ev <= 11136 - 30 - wide.e0_ev
    assert wide.energy_ev[-1] < 11136


def test_margins_before_the_next_edge():
    """Ta L2 at 11136 eV: no point is used from 12 eV below it on, and the post-edge range ends 30 eV below it."""
    e = np.concatenate([scan().energy_ev, np.arange(E0 + 920, E0 + 1500, 1.0)])
    wide = scan(energy_ev=e, mu=np.interp(e, scan().energy_ev, scan().mu), reference_mu=None)
    assert wide.energy_ev[np.flatnonzero(check(wide).keep)[-1]] == 11136 - 13
    for asked in (None, 2000.0):
        r = reduce(wide, norm2_ev=asked)
        assert r.settings.norm2_ev == pytest.approx(11136 - 30 - r.e0_ev)
    assert reduce(wide, norm2_ev=1000.0).settings.norm2_ev == 1000.0


def test_the_transform_ends_half_an_inverse_angstrom_before_the_next_edge():
    """L2 of Ta stands at k = sqrt(0.26247 (11136 - e0)), about 18.1; the grid has steps of 0.05."""
    r = reduce(scan(last=19.9, noise=1e-6, reference_mu=None), dk=0.2)
    at = np.sqrt(K2 * (11136 - r.e0_ev))
    assert at - 0.5 - 0.05 <= r.k_max <= at - 0.5


def test_edge_step_does_not_fall_between_its_ranges():
    s = scan(noise=0.0)
    norm = normalize(s.energy_ev, s.mu, E0, choose_ranges(s.energy_ev, E0))
    assert norm.edge_step == pytest.approx(1.0, rel=0.03)
    assert abs(norm.edge_step - 1.0) < 5 * max(norm.edge_step_sigma, 0.006)
    with pytest.raises(ValueError, match="falls at the edge"):
        normalize(s.energy_ev, -s.mu, E0, choose_ranges(s.energy_ev, E0))


def test_only_the_common_range_is_merged():
    a, b = scan(1), scan(2)
    cut = b.energy_ev < E0 + 600
    b = replace(b, energy_ev=b.energy_ev[cut], mu=b.mu[cut], reference_mu=b.reference_mu[cut])
    r = reduce(a, b)
    assert r.energy_ev[-1] < E0 + 600
    assert all(u.used for u in r.scans)


def test_scans_on_different_grids_are_merged():
    r = reduce(scan(1), scan(2, step=0.04), scan(3, step=0.06))
    one = reduce(scan(1))
    assert np.sqrt(np.mean((r.chi - one.chi[: r.chi.size])[100:250] ** 2)) < 1.5e-3


def test_quick_scans_are_averaged_behind_the_edge():
    quick = reduce(scan(1, step=0.005, noise=2e-3))
    far = quick.energy_ev > E0 + 100
    assert quick.energy_ev.size < 500
    assert np.median(quick.mu_sigma[far]) == pytest.approx(2e-3 / np.sqrt(10), rel=0.25)


def test_a_point_missing_in_one_scan_leaves_no_step():
    scans = [scan(i) for i in range(3)]
    tilted = scans[1].mu + 2e-4 * (scans[1].energy_ev - E0)  # another background
    mu = tilted.copy()
    mu[300:303] = np.nan
    r = reduce(scans[0], replace(scans[1], mu=mu), scans[2])
    whole = reduce(scans[0], replace(scans[1], mu=tilted), scans[2])
    np.testing.assert_allclose(np.interp(whole.energy_ev, r.energy_ev, r.mu)[295:310], whole.mu[295:310], atol=3e-3)


def test_a_point_missing_in_all_scans_is_no_point_of_the_merge():
    scans = []
    for i in range(3):
        s = scan(i, reference_mu=None)
        mu = s.mu.copy()
        mu[300:302] = np.nan
        scans.append(replace(s, mu=mu))
    r = reduce(*scans, align="none")
    assert r.energy_ev.size == scans[0].energy_ev.size - 2
    assert not np.any(np.isin(scans[0].energy_ev[300:302], r.energy_ev))


def test_noise_falls_as_the_root_of_the_number_of_scans():
    levels = []
    for n in (1, 4, 16):
        r = reduce(*[scan(i, reference_mu=None, noise=2e-3) for i in range(n)], align="none")
        far = r.energy_ev > E0 + 100
        levels.append(float(np.median(r.mu_sigma[far])))
    assert levels[0] / levels[1] == pytest.approx(2, rel=0.1)
    assert levels[0] / levels[2] == pytest.approx(4, rel=0.1)


def test_outlier_scans_are_left_out_with_the_reason():
    good = [scan(i) for i in range(6)]
    e = good[0].energy_ev
    bad = scan(9, mu=scan(9).mu + 0.1 * np.sin((e - E0) / 60) * (e > E0))
    r = reduce(*good, bad)
    assert [u.used for u in r.scans] == [True] * 6 + [False]
    assert "robust standard deviations" in r.scans[-1].reason
    few = reduce(*good[:2], bad)
    assert [u.used for u in few.scans] == [True, True, False]
    assert "noise explains" in few.scans[-1].reason
    assert all(u.used for u in reduce(good[0], bad).scans)  # of two, nobody can say which


def test_good_scans_are_all_used():
    assert all(u.used for u in reduce(*[scan(i) for i in range(25)]).scans)


def test_calibration_by_the_foil_is_a_choice():
    r, c = reduce(scan(1), scan(2)), reduce(scan(1), scan(2), calibrate=True)
    assert "reference is Ta L3" in told(r)
    assert "energies are left as measured" in told(r)
    assert c.e0_ev - r.e0_ev == pytest.approx(3.0, abs=0.3)
    assert c.scans[0].shift_ev == pytest.approx(3.0, abs=0.3)
    without = reduce(scan(1, reference_mu=None), calibrate=True)
    assert "not calibrated" in told(without)


def test_k_max_beyond_the_data_is_told_and_cut():
    r = reduce(scan(), k_max=20.0)
    assert r.k_max == pytest.approx(r.k_per_angstrom[-1])
    assert "lies beyond the data" in told(r)


def test_too_short_a_scan_is_refused_in_one_line():
    s = scan()
    near = s.energy_ev < E0 + 90
    with pytest.raises(FitError, match="LCF-Ta Ta L3") as caught:
        reduce(replace(s, energy_ev=s.energy_ev[near], mu=s.mu[near], reference_mu=None))
    assert "\n" not in str(caught.value)


PROJECT = {
    "e0_ev": E0 + 1.5, "eshift_ev": 0.0, "rbkg_angstrom": 1.25, "bkg_k_weight": 1.0, "bkg_k_min": 0.5, "bkg_k_max": 13.0,
    "bkg_dk": 1.0, "clamp_low": 0.0, "clamp_high": 24.0, "n_clamp": 5.0, "pre1_ev": -150.0, "pre2_ev": -40.0,
    "norm1_ev": 120.0, "norm2_ev": 700.0, "n_norm": 3.0, "k_min": 2.5, "k_max": 11.0, "dk": 2.0, "k_weight": 3.0,
    "window": "kaiser-bessel", "bkg_window": "hanning", "flatten": 1.0, "importance": 2.0,
}  # fmt: skip


def from_athena(seed: int = 0, **parameters) -> AbsorptionScan:
    s = scan(seed)
    source = Source(file="a.prj", format="Athena project, Perl")
    return replace(s, source=source, parameters={**PROJECT, **parameters}, counts_terms=True)


def test_the_parameters_of_a_project_are_honoured_or_named():
    r = reduce(from_athena())
    assert (r.e0_ev, r.rbkg_angstrom, r.k_min, r.k_max, r.dk, r.k_weight) == (E0 + 1.5, 1.25, 2.5, 11.0, 2.0, 3)
    assert r.window == "kaiser-bessel"
    s = r.settings
    assert (s.pre1_ev, s.pre2_ev, s.norm1_ev, s.norm2_ev, s.n_norm) == (-150.0, -40.0, 120.0, 700.0, 2)
    assert (s.bkg_k_weight, s.bkg_k_min, s.bkg_k_max, s.bkg_dk) == (1, 0.5, 13.0, 1.0)
    assert (s.clamp_low, s.clamp_high, s.n_clamp) == (0.0, 24.0, 5)
    assert "importance of the project is not used" in told(r)


def test_the_study_goes_before_the_project():
    r = reduce(from_athena(), rbkg_angstrom=0.9, k_weight=1)
    assert (r.rbkg_angstrom, r.k_weight, r.k_max) == (0.9, 1, 11.0)


def test_parameters_that_differ_or_make_no_sense_are_not_used():
    r = reduce(from_athena(1), from_athena(2, rbkg_angstrom=1.0, e0_ev=1.0))
    assert r.rbkg_angstrom == 1.0
    assert "rbkg_angstrom of the project is not used: 1.25 / 1.0: differs" in told(r)
    assert "e0_ev of the project is not used: 1.0: lies outside" in told(reduce(from_athena(e0_ev=1.0)))


def test_shifts_of_a_project_are_kept():
    r = reduce(from_athena(1, eshift_ev=0.2), from_athena(2, eshift_ev=0.3))
    assert all(u.shift_ev == 0 for u in r.scans)
    assert "own energy shifts are kept" in told(r)


@pytest.mark.parametrize("dialect", ["athena", "larch"])
@pytest.mark.parametrize("settings", [{}, {"clamp_high": 24.0, "rbkg_angstrom": 1.2, "k_weight": 3, "bkg_k_max": 13.0}])
def test_our_own_project_gives_the_same_chi_of_r(dialect, settings):
    r = reduce(scan(1), scan(2), **settings)
    data = pack_project(project_text([r], dialect=dialect))
    (back,) = read_scans(RawFile(name="x.prj", data=data, size=len(data)), XasReadSettings())
    again = reduce(back)
    np.testing.assert_allclose(np.hypot(again.chi_r_re, again.chi_r_im), np.hypot(r.chi_r_re, r.chi_r_im), atol=1e-6)
    assert (again.e0_ev, again.k_min, again.k_max, again.window) == (r.e0_ev, r.k_min, r.k_max, r.window)


def test_the_background_can_be_repeated_with_another_rbkg():
    r = reduce(scan(1), scan(2))
    k, chi = repeat_background(r)
    np.testing.assert_allclose(chi, r.chi, atol=1e-12)
    _, other = repeat_background(r, rbkg_angstrom=1.4)
    assert k.size == other.size
    assert np.abs(other - chi).max() > 1e-3


def test_a_background_that_eats_the_first_shell_is_told():
    assert "background's limit" in told(reduce(scan(), rbkg_angstrom=2.3))
    assert "background's limit" not in told(reduce(scan()))


def test_larch_is_not_imported():
    room = "pipeline.techniques.absorption"
    code = f"import sys, {room}.fit.reduce.reduction, {room}.check.scan; sys.exit('larch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
