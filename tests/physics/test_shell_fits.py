"""Shells whose truth is an average over distances (tests/feff_truth.py): numbers, intervals, S02, thresholds, verdicts."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.techniques.absorption.check.scan import check_scan
from pipeline.techniques.absorption.fit.feff.structures import choose_structure
from pipeline.techniques.absorption.fit.reduce.reduction import reduce_scans
from pipeline.techniques.absorption.fit.shells.edge import fit_edge
from pipeline.techniques.absorption.fit.shells.feff_model import find_shell, one_distance, run_structure
from pipeline.techniques.absorption.fit.shells.least_squares import fit_alone
from pipeline.techniques.absorption.fit.shells.spectrum import weigh_spectrum
from pipeline.techniques.absorption.model import AbsorptionScan, ShellSpec
from pipeline.techniques.absorption.settings import ReduceSettings, ShellSettings, XasCheckSettings
from tests.feff_truth import K2_PER_EV, K, molecule_chi, octahedron_chi, reduced, thermal_chi

SETTINGS = ShellSettings()
SIX, NONE = ShellSpec(coordination=6), ShellSpec()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def bond(cache):
    """The single-scattering path of TaCl6 at 2.36 angstrom."""
    return run_structure(choose_structure("Ta", "Cl", None, None, 6), "L3", cache).paths[0]


def edge(cache, rows, reference="ref", settings=SETTINGS):
    """rows: (reduction, spec) -> fits by sample, failures."""
    fits, failed = fit_edge([r for r, _ in rows], reference, {r.sample: s for r, s in rows}, cache, settings)
    return {f.sample: f for f in fits}, failed


def test_the_centre_of_a_thermal_distribution_comes_back(cache):
    """The truth is averaged over distances by quadrature: R is its centre, sigma2 its variance, for little and much disorder."""
    for sigma2 in (0.003, 0.010):
        chi = octahedron_chi(cache, r=2.38, sigma2=sigma2, s02=0.9, e0_ev=1.5)
        fit = edge(cache, [(reduced("ref", chi, 2e-4), SIX)])[0]["ref"]
        assert fit.distance_angstrom.value == pytest.approx(2.38, abs=0.0015)
        assert fit.sigma2_angstrom2.value == pytest.approx(sigma2, abs=1.5e-4)
        assert fit.e0_shift_ev.value == pytest.approx(1.5, abs=0.15)
        assert fit.s02.value == pytest.approx(0.9, abs=0.01)
        assert fit.verdict.level == "resolved"


def test_intervals_hold_the_truth_as_often_as_they_say(cache):
    """Noise 0.002, 40 seeds (200 in benchmarks/shells.py): the scatter is what sigma says it is."""
    structure = choose_structure("Ta", "Cl", None, None, 6)
    run = run_structure(structure, "L3", cache)
    chi = molecule_chi(run.paths, 0.9, 0.012, 0.0036, 2.0)
    shell = find_shell(run, structure, "Cl", reduced("x", chi, 0.002), (1, 2, 3))
    model, truth = one_distance(shell), np.array([5.4, 2.0, 0.012, 0.0036])
    pulls = []
    for seed in range(40):
        noisy = chi + 0.002 * np.random.default_rng(seed).standard_normal(K.size)
        spectrum = weigh_spectrum(K, noisy, np.full(K.size, 0.002), shell.fit_range)
        fit = fit_alone(spectrum, model, np.array([1.0, 0, 0, 0.005]), np.array([1, 1, 0.01, 0.001]), 0.1)
        pulls.append((fit.theta - truth) / [fit.sigma(i) for i in range(4)])
    pulls = np.array(pulls)
    assert np.all(np.abs(pulls.mean(axis=0)) < 0.5)
    assert np.all((pulls.std(axis=0) > 0.7) & (pulls.std(axis=0) < 1.3))
    assert np.all(np.mean(np.abs(pulls) < 1.96, axis=0) > 0.85)


@pytest.mark.parametrize(("gap", "excess"), [(0.068, 0.00103), (0.080, 0.00142)])
def test_one_shell_on_six_and_three_says_what_is_static(cache, gap, excess):
    """Sm 6 + 3 at distances a gap apart: N = 9, and sigma2 holds p (1 - p) gap^2 = 2/9 gap^2 of static disorder."""
    run = run_structure(choose_structure("Sm", "Cl", None, None, 9), "L3", cache)
    near, far = run.paths[:2]
    k = np.arange(0, 12.501, 0.05)
    move = near.reff_angstrom + gap - far.reff_angstrom
    chi = thermal_chi(near, 6 * 0.92, 0.0, 0.0078, k=k) + thermal_chi(far, 3 * 0.92, move, 0.0078, k=k)
    ref = reduced("ref", thermal_chi(near, 9 * 0.92, 0.0, 0.0078, k=k), 5e-4, 1, element="Sm", k=k, k_max=11.5)
    both = reduced("split", chi, 5e-4, 2, element="Sm", k=k, k_max=11.5)
    fits, _ = edge(cache, [(ref, ShellSpec(coordination=9)), (both, NONE)])
    fit = fits["split"]
    assert fit.coordination.value == pytest.approx(9, abs=0.3)
    assert fit.sigma2_angstrom2.value - fits["ref"].sigma2_angstrom2.value == pytest.approx(excess, abs=0.0003)
    assert fit.distance_angstrom.value == pytest.approx(near.reff_angstrom + gap / 3, abs=0.006)
    said = [f.problem for f in fit.findings if f.field == "sigma2"]
    assert "6 x 2.852 + 3 x 2.920 Å" in said[0]
    told = float(said[0].split(": ")[1].split(" ± ")[0])
    assert told == pytest.approx(2 / 9 * 0.068**2, abs=0.0002)


def test_an_error_of_s02_arrives_in_n(cache, bond):
    ref = reduced("ref", thermal_chi(bond, 5.4, 0.0, 0.0034), 5e-4, 1, step_sigma=0.05)
    off = reduced("ref", 1.05 * thermal_chi(bond, 5.4, 0.0, 0.0034), 5e-4, 1, step_sigma=0.05)
    other = reduced("x", thermal_chi(bond, 4.5, 0.0, 0.0042), 5e-4, 2)
    right, _ = edge(cache, [(ref, SIX), (other, NONE)])
    wrong, _ = edge(cache, [(off, SIX), (other, NONE)])
    n, m = right["x"].coordination, wrong["x"].coordination
    assert n.value == pytest.approx(5.0, abs=0.1)
    assert n.sigma / n.value > 0.05
    assert right["ref"].s02.sigma / right["ref"].s02.value > 0.05
    assert m.value == pytest.approx(n.value / 1.05, rel=2e-3)
    assert m.low < 5.0 < m.high
    assert right["x"].s02_origin == "calibrated on ref (N = 6)"
    assert right["ref"].coordination.sigma == 0


def test_a_bias_that_both_steps_have_cancels_from_n_and_stays_in_s02(cache, bond):
    """3 % in both steps, which is all their sigma: N has the noise only; 3 % and 1 %: the 2 % between them."""
    ref = reduced("ref", thermal_chi(bond, 5.4, 0.0, 0.0034), 5e-4, 1, step_sigma=0.03)
    other = reduced("x", thermal_chi(bond, 4.5, 0.0, 0.0042), 5e-4, 2, step_sigma=0.03)
    ref = dataclasses.replace(ref, edge_step_bias=0.03)
    alike, _ = edge(cache, [(ref, SIX), (dataclasses.replace(other, edge_step_bias=0.03), NONE)])
    less = dataclasses.replace(other, edge_step=dataclasses.replace(other.edge_step, sigma=0.01), edge_step_bias=0.01)
    apart, _ = edge(cache, [(ref, SIX), (less, NONE)])
    noise = alike["x"].coordination.sigma / alike["x"].coordination.value
    assert noise < 0.02
    assert (apart["x"].coordination.sigma / apart["x"].coordination.value) ** 2 == pytest.approx(
        noise**2 + 0.02**2, rel=0.02
    )
    assert alike["ref"].s02.sigma / alike["ref"].s02.value > 0.03


def test_without_a_known_coordination_s02_is_assumed_and_loosens_n(cache, bond):
    fits, _ = edge(cache, [(reduced("x", thermal_chi(bond, 5.4, 0, 0.0034), 5e-4, 1), NONE)], reference=None)
    fit = fits["x"]
    assert fit.s02_origin == "assumed, 0.9 ± 0.1"
    assert fit.coordination.sigma / fit.coordination.value == pytest.approx(0.11, abs=0.02)
    fits, _ = edge(cache, [(reduced("x", thermal_chi(bond, 5.4, 0, 0.0034), 5e-4, 1), NONE)], reference="x")
    assert any("not calibrated on x" in f.problem for f in fits["x"].findings)


def test_a_shared_threshold_sharpens_the_distance_of_the_noisier_sample(cache, bond):
    def rows(e0_of_noisy):
        good = reduced("ref", thermal_chi(bond, 5.4, 0.0, 0.0034, 1.0), 5e-4, 1)
        poor = reduced("x", thermal_chi(bond, 5.4, 0.02, 0.0042, e0_of_noisy), 8e-3, 2)
        return [(good, SIX), (poor, NONE)]

    shared = edge(cache, rows(1.0))[0]["x"]
    alone = edge(cache, rows(1.0)[1:], reference=None)[0]["x"]
    assert shared.distance_sigma_statistical_angstrom < 0.65 * alone.distance_sigma_statistical_angstrom
    assert abs(shared.distance_angstrom.value - 2.38) < 3 * shared.distance_sigma_statistical_angstrom
    assert any("threshold shared by ref, x" in f.problem for f in shared.findings)
    apart = edge(cache, rows(7.0))[0]
    assert apart["x"].e0_shift_ev.value == pytest.approx(7.0, abs=2.5)
    assert any("threshold not shared" in f.problem for f in apart["ref"].findings)


def test_a_bad_sample_takes_none_of_the_others_down(cache, bond):
    good = [(reduced("ref", thermal_chi(bond, 5.4, 0.0, 0.0034), 1e-3, 1), SIX)]
    good.append((reduced("x", thermal_chi(bond, 5.0, 0.01, 0.004), 1e-3, 2), NONE))
    bad = [
        (reduced("noise", 0 * K, 5e-3, 3), NONE),
        (reduced("no structure", thermal_chi(bond, 5.0, 0, 0.004), 1e-3, 4), ShellSpec(structure="lost.cif")),
        (reduced("no element", thermal_chi(bond, 5.0, 0, 0.004), 1e-3, 4), ShellSpec(scatterer="Zz")),
        (
            replace(reduced("hole", thermal_chi(bond, 5.0, 0, 0.004), 1e-3, 4), chi=np.where(K == 5.0, np.nan, 1e-3)),
            NONE,
        ),
        (replace(reduced("wide", thermal_chi(bond, 5.0, 0, 0.004), 1e-3, 4), rbkg_angstrom=2.4), NONE),
        (reduced("short", thermal_chi(bond, 5.0, 0, 0.004), 1e-3, 4, k_max=6.0), NONE),
    ]
    alone, _ = edge(cache, good)
    mixed, failed = edge(cache, [bad[0], *good, *bad[1:]])
    for name in ("ref", "x"):
        assert mixed[name].distance_angstrom == alone[name].distance_angstrom
        assert mixed[name].coordination == alone[name].coordination
    assert mixed["noise"].verdict.level == "unresolved" if "noise" in mixed else True
    told = {str(e).split(":")[0]: str(e) for e in failed}
    assert "could not be read" in told["no structure Ta L3"]
    assert "no element" in told["no element Ta L3"]
    assert "is not a number somewhere" in told["hole Ta L3"]
    assert "holds no shell" in told["wide Ta L3"]
    assert "too short a range" in told["short Ta L3"]
    assert edge(cache, [])[0] == {}


def test_the_verdict_names_the_rule_that_failed(cache, bond):
    chi = thermal_chi(bond, 5.4, 0.0, 0.0034)
    cases = {
        "E0 = 1": reduced("ref", thermal_chi(bond, 5.4, 0.0, 0.0034, 12.5), 5e-4, 1),
        "R-factor": reduced("ref", chi + thermal_chi(bond, 1.6, 0.35, 0.004), 5e-4, 1),
        "is not positive": reduced("ref", chi * np.exp(2 * 0.006 * K**2), 5e-4, 1),
        "variables for": replace(reduced("ref", chi, 5e-4, 1), k_max=8.2),
        "noise": reduced("ref", chi, 0.1, 5),
    }
    for words, case in cases.items():
        fits, failed = edge(cache, [(case, SIX)])
        reasons = [f.verdict.reason for f in fits.values()]
        levels = [f.verdict.level for f in fits.values()]
        assert failed or (words in reasons[0] and levels[0] != "resolved"), (words, reasons)


@pytest.mark.parametrize(
    ("neighbours", "level", "words"),
    [
        (25, "unresolved", "a shell holds 14 at most"),
        (0.3, "weak", "not one for every absorber"),
        (12, "resolved", ""),
        (1.5, "resolved", ""),
    ],
)
def test_a_number_of_neighbours_that_no_shell_has_is_named(cache, bond, neighbours, level, words):
    """S02 = 0.9 of the truth, assumed by the fit: 25 and 0.3 neighbours are said to be none, 12 and 1.5 stand."""
    chi = thermal_chi(bond, 0.9 * neighbours, 0.0, 0.0034)
    fit = edge(cache, [(reduced("x", chi, 2e-4, 1), NONE)], reference=None)[0]["x"]
    assert fit.verdict.level == level
    assert words in fit.verdict.reason


def test_a_calibrated_number_of_neighbours_is_bounded_too(cache, bond):
    ref = (reduced("ref", thermal_chi(bond, 5.4, 0.0, 0.0034), 5e-4, 1), SIX)
    many = (reduced("x", thermal_chi(bond, 0.9 * 15, 0.0, 0.0034), 5e-4, 2), NONE)
    fit = edge(cache, [ref, many])[0]["x"]
    assert fit.verdict.level == "unresolved"
    assert "15 or more neighbours at S02 = 0." in fit.verdict.reason


def test_a_guessed_polyhedron_moves_to_where_the_shell_is(cache):
    """Eu-O without a structure: radii say 2.31, the data 2.47 angstrom."""
    truth = choose_structure("Eu", "O", None, None, 6)
    far = run_structure(replace(truth, cluster=_scaled(truth.cluster, 2.47)), "L3", cache).paths[0]
    k = np.arange(0, 13.001, 0.05)
    case = reduced("x", thermal_chi(far, 6 * 0.9, 0.0, 0.008, 1.0, k=k), 5e-4, 1, element="Eu", k=k, k_max=12)
    fit = edge(cache, [(case, ShellSpec(scatterer="O", coordination=6))], reference=None)[0]["x"]
    assert fit.distance_angstrom.value == pytest.approx(2.47, abs=0.01)
    assert any("no structure is given" in f.problem for f in fit.findings)


def _scaled(cluster, r):
    return replace(cluster, positions_angstrom=cluster.positions_angstrom * (r / cluster.distances_angstrom[0]))


def test_a_ta_l3_spectrum_from_mu_to_the_shell(cache):
    """mu(E) with white line and noise 1e-3: R 0.01, N 10 %, sigma2 0.0008, E0 3 eV, step 6 %, R-factor 0.01."""
    e0, step, r, sigma2 = 9884.0, 1.1, 2.381, 0.0036
    chi = octahedron_chi(cache, r=r, sigma2=sigma2, s02=0.92)
    shown = np.concatenate([np.arange(9690, 9850, 6), np.arange(9850, 9925, 0.5)])
    shown = np.concatenate([shown, 9881 + np.arange(3.45, 16.0, 0.05) ** 2 / K2_PER_EV])
    k = np.sqrt(K2_PER_EV * np.clip(shown - e0, 0, None))
    onset = 1 / (1 + np.exp(-(k - 1.6) / 0.15))
    white = 1.3 * np.exp(-0.5 * ((shown - e0 - 1) / 2.3) ** 2)
    mu = 0.9 * (shown / e0) ** -2.8 + step * (
        0.5 + np.arctan((shown - e0) / 2.2) / np.pi + white + onset * np.interp(k, K, chi)
    )
    scans = []
    for seed in range(3):
        scan = AbsorptionScan(
            source=Source(file=f"Ta_{seed}.dat", format="made up"),
            energy_ev=shown,
            mu=mu + step * 1e-3 * np.random.default_rng(seed).standard_normal(mu.size),
            mode="transmission",
            element="Ta",
            edge="L3",
        )
        scans.append(check_scan(scan, "Ta", "L3", None, XasCheckSettings()))
    case = reduce_scans("ref", scans, ReduceSettings())
    fit = edge(cache, [(case, SIX)])[0]["ref"]
    assert fit.distance_angstrom.value == pytest.approx(r, abs=0.01)
    assert fit.distance_angstrom.low < r < fit.distance_angstrom.high
    assert fit.s02.value * 6 == pytest.approx(0.92 * 6, rel=0.10)
    assert fit.sigma2_angstrom2.value == pytest.approx(sigma2, abs=0.0008)
    assert abs(fit.e0_shift_ev.value + case.e0_ev - e0) < 3
    assert fit.r_factor < 0.01
    assert case.edge_step.value == pytest.approx(step, rel=0.06)
