"""N and S02 from two amplitudes: their errors, what they share, and the edge steps, by the law of error propagation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.feff.structures import choose_structure
from pipeline.techniques.absorption.fit.shells.distances import Scale
from pipeline.techniques.absorption.fit.shells.feff_model import run_structure
from pipeline.techniques.absorption.fit.shells.joint_fit import JointFit
from pipeline.techniques.absorption.fit.shells.result import make_result, split_amplitude
from pipeline.techniques.absorption.fit.shells.sample_fit import fit_sample
from pipeline.techniques.absorption.model import ShellSpec
from pipeline.techniques.absorption.settings import ShellSettings
from tests.feff_truth import reduced, thermal_chi

SETTINGS = ShellSettings()


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A reference of six neighbours and another sample, edge steps known to 4 % and 3 %, biased by 3 % and 2 %."""
    cache = tmp_path_factory.mktemp("cache")
    bond = run_structure(choose_structure("Ta", "Cl", None, None, 6), "L3", cache).paths[0]
    made = []
    for name, n_s02, coordination, step, bias in (("ref", 5.4, 6, 0.04, 0.03), ("x", 4.5, None, 0.03, 0.02)):
        case = replace(
            reduced(name, thermal_chi(bond, n_s02, 0.0, 0.0034), 5e-4, 1, step_sigma=step), edge_step_bias=bias
        )
        made.append(fit_sample(case, ShellSpec(coordination=coordination), cache, SETTINGS))
    return made


def joint(samples, correlation: float) -> JointFit:
    """Amplitudes of 5.4 and 4.5 known to 8 % and 10 %, correlated as told; the rest known well."""
    theta = np.concatenate([s.alone.theta for s in samples])
    theta[[0, 4]] = 5.4, 4.5
    sigma = np.full(theta.size, 1e-4)
    sigma[[0, 4]] = 0.08 * 5.4, 0.10 * 4.5
    covariance = np.diag(sigma**2)
    covariance[0, 4] = covariance[4, 0] = correlation * sigma[0] * sigma[4]
    index = (tuple(range(4)), tuple(range(4, 8)))
    return JointFit(theta=theta, covariance=covariance, index=index, shared=(True, True), notes=("", ""), variants={})


@pytest.mark.parametrize("correlation", [0.5, 0.0, -0.5])
def test_what_two_amplitudes_share_cancels_from_n(samples, correlation):
    """N = 6 a/b: (0.10)^2 + (0.08)^2 - 2 r 0.10 0.08, and of the steps 0.03^2 + 0.04^2 - 2 0.02 0.03."""
    fit = joint(samples, correlation)
    amplitude = split_amplitude(samples, fit, "ref", SETTINGS)
    n = make_result(1, samples, fit, amplitude, Scale(), SETTINGS).coordination
    relative = np.sqrt(0.01 + 0.0064 - 0.016 * correlation + 0.0009 + 0.0016 - 0.0012)
    assert n.value == pytest.approx(5.0)
    assert n.sigma == pytest.approx(5.0 * relative)
    assert n.high - n.value == pytest.approx(1.959964 * 5.0 * relative)


def test_s02_has_the_errors_of_the_reference_alone(samples):
    """5.4 / 6 = 0.9, known to 8 % and 4 % together: 8.94 %."""
    amplitude = split_amplitude(samples, joint(samples, 0.5), "ref", SETTINGS)
    assert amplitude.s02 == pytest.approx(0.9)
    assert amplitude.sigma == pytest.approx(0.9 * np.hypot(0.08, 0.04))


def test_an_assumed_s02_adds_its_own_error(samples):
    """4.5 / 0.9 = 5: 10 % of the amplitude, 3 % of the step and 1/9 of S02."""
    alone = [samples[1]]
    theta, covariance = joint(samples, 0.0).theta[4:], joint(samples, 0.0).covariance[4:, 4:]
    fit = JointFit(
        theta=theta, covariance=covariance, index=(tuple(range(4)),), shared=(False,), notes=("",), variants={}
    )
    n = make_result(0, alone, fit, split_amplitude(alone, fit, None, SETTINGS), Scale(), SETTINGS).coordination
    assert n.value == pytest.approx(5.0)
    assert n.sigma == pytest.approx(5.0 * np.sqrt(0.10**2 + 0.03**2 + (0.1 / 0.9) ** 2))


Z95 = 1.959964


def changed(fit: JointFit, **variants: dict[int, float]) -> JointFit:
    """The same with the parameters that each variant makes."""
    thetas = {}
    for what, new in variants.items():
        theta = fit.theta.copy()
        theta[list(new)] = list(new.values())
        thetas[what] = theta
    return replace(fit, variants=thetas)


def test_what_the_variants_change_is_in_the_interval(samples):
    """R by 0.003 and -0.004 Å: 0.0035 Å beside 1e-4 Å and the theory's; likewise E0, sigma2; NaN where no fit was made."""
    fit = joint(samples, 0.0)
    _, e0, dr, s2 = fit.theta[4:]
    fit = changed(fit, a={5: e0 + 3, 6: dr + 0.003, 7: s2 + 3e-4}, b={5: e0 - 4, 6: dr - 0.004, 7: s2 - 4e-4},
                  c={4: np.nan, 5: np.nan, 6: np.nan, 7: np.nan})  # fmt: skip
    amplitude = split_amplitude(samples, fit, "ref", SETTINGS)
    found = make_result(1, samples, fit, amplitude, Scale(), SETTINGS)
    rms = np.sqrt(12.5)
    assert found.systematic_angstrom == pytest.approx(1e-3 * rms)
    reff = samples[1].model.bank.reff[0]
    for e, value, systematic, unit in (
        (found.e0_shift_ev, e0, rms, "eV"),
        (found.sigma2_angstrom2, s2, 1e-4 * rms, "angstrom^2"),
    ):
        assert (e.value, e.sigma, e.unit) == (pytest.approx(value), pytest.approx(1e-4), unit)
        half = Z95 * np.hypot(1e-4, systematic)
        assert (e.high - e.value, e.value - e.low) == pytest.approx((half, half))
    e, theory = found.distance_angstrom, SETTINGS.theory_sigma_angstrom
    sigma = np.sqrt(1e-4**2 + (1e-3 * rms) ** 2 + theory**2)
    assert (e.value, e.sigma, e.unit) == (pytest.approx(reff + dr), pytest.approx(sigma), "angstrom")
    assert found.distance_sigma_statistical_angstrom == pytest.approx(1e-4)
    assert (found.distance_sigma_theory_angstrom, found.distance_origin) == (theory, "FEFF")
    assert (found.distance_difference_angstrom, found.distance_reference) == (None, "")
    assert found.findings[-1].problem == "moves by (Å) a: +0.0030, b: -0.0040"


def test_what_the_variants_change_in_n_is_in_its_interval(samples):
    """4.5 and 5.4 become 4.8 and 5.4, then 4.2 and 5.6: N of 5.333 and 4.5 for 5; S02 of 0.9 and 0.9333."""
    fit = changed(joint(samples, 0.0), a={4: 4.8}, b={4: 4.2, 0: 5.6})
    amplitude = split_amplitude(samples, fit, "ref", SETTINGS)
    n = make_result(1, samples, fit, amplitude, Scale(), SETTINGS).coordination
    systematic = np.sqrt(((6 * 4.8 / 5.4 - 5) ** 2 + (6 * 4.2 / 5.6 - 5) ** 2) / 2)
    assert n.high - n.value == pytest.approx(Z95 * np.hypot(n.sigma, systematic))
    assert amplitude.sigma == pytest.approx(np.hypot(0.9 * np.hypot(0.08, 0.04), np.sqrt((0.1 / 3) ** 2 / 2)))
    assumed = split_amplitude(samples[1:], one(fit), None, SETTINGS)
    n = make_result(0, samples[1:], one(fit), assumed, Scale(), SETTINGS).coordination
    assert n.high - n.value == pytest.approx(Z95 * np.hypot(n.sigma, 0.3 / 0.9))


def one(fit: JointFit) -> JointFit:
    """The second sample alone."""
    return JointFit(
        theta=fit.theta[4:],
        covariance=fit.covariance[4:, 4:],
        index=(tuple(range(4)),),
        shared=(False,),
        notes=("its own E0",),
        variants={w: t[4:] for w, t in fit.variants.items()},
    )


def test_the_row_of_a_reference_and_of_another(samples):
    fit = joint(samples, 0.5)
    fit.covariance[6, 7] = fit.covariance[7, 6] = -0.25e-8
    fit.covariance[5, 5] = 0.0
    fit = replace(fit, notes=("", "E0 of its own"))
    amplitude = split_amplitude(samples, fit, "ref", SETTINGS)
    assert (amplitude.reference, amplitude.coordination, amplitude.origin) == (0, 6, "calibrated on ref (N = 6)")
    first, found = (make_result(i, samples, fit, amplitude, Scale(), SETTINGS) for i in (0, 1))
    assert (first.coordination.value, first.coordination.sigma) == (6, 0.0)
    assert (found.s02.value, found.s02.sigma, found.s02_origin) == (
        pytest.approx(0.9),
        amplitude.sigma,
        amplitude.origin,
    )
    assert (found.sample, found.element, found.edge, found.shell) == ("x", "Ta", "L3", "Cl")
    s, span = samples[1], samples[1].shell.fit_range
    assert (found.k_min, found.k_max, found.r_min, found.r_max) == (span.k_min, span.k_max, span.r_min, span.r_max)
    assert (found.k_weights, found.n_independent, found.n_variables) == ((1, 2, 3), span.n_independent, 4)
    assert (found.r_factor, found.chi2_reduced) == (s.alone.r_factor, s.alone.chi2_reduced)
    names = s.model.names
    assert found.correlations == {
        f"{names[a]}/{names[b]}": (-0.25 if (a, b) == (2, 3) else 0.0) for a in range(4) for b in range(a + 1, 4)
    }
    strengths = [p.amplitude_percent for p in found.paths]
    assert strengths == sorted(strengths, reverse=True)
    assert 0 < len(strengths) == min(12, len(s.shell.run.paths))
    (name,) = found.feff_inputs
    assert name.startswith("Ta_L3_")
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._")
    assert [f.problem for f in found.findings if f.field == "E0"] == ["E0 of its own"]
    assert [f for f in first.findings if f.field == "E0"] == []
    data = s.reduced.chi_r_re + 1j * s.reduced.chi_r_im
    r = found.r_angstrom
    near = (r > 1.3) & (r < 2.8)
    off = np.abs(found.model_chi_r_re + 1j * found.model_chi_r_im - data)[near].max() / np.abs(data)[near].max()
    assert r.size == s.reduced.r_angstrom.size
    assert off < 0.05


@pytest.mark.parametrize(
    ("reference", "amplitude", "chosen", "words"),
    [
        ("ref", 5.4, 0, ""),
        (None, 5.4, 0, ""),
        ("ref", 6 * 1.09, 0, ""),
        ("ref", 6 * 1.11, 0, "S02 = 1.11 of ref lies outside 0.65 to 1.1"),
        ("ref", 6 * 0.66, 0, ""),
        ("ref", 6 * 0.64, 0, "S02 = 0.64 of ref lies outside 0.65 to 1.1"),
        ("ref", 6 * 1.49, 0, "S02 = 1.49 of ref lies outside 0.65 to 1.1"),
        ("ref", 6 * 1.51, None, "not calibrated on ref (S02 = 1.51): R-factor"),
        ("ref", 6 * 0.31, 0, "S02 = 0.31 of ref lies outside 0.65 to 1.1"),
        ("ref", 6 * 0.29, None, "not calibrated on ref (S02 = 0.29): "),
        ("x", 5.4, None, "not calibrated on x: its coordination is not in the study"),
        ("y", 5.4, None, "not calibrated on y: it has no fit at this edge"),
    ],
)
def test_which_sample_tells_s02(samples, reference, amplitude, chosen, words):
    fit = joint(samples, 0.0)
    fit.theta[0] = amplitude
    found = split_amplitude(samples, fit, reference, SETTINGS)
    assert found.reference == chosen
    assert [(f.severity, f.field, f.problem[: len(words)]) for f in found.findings] == (
        [("warning", "s02", words)] if words else []
    )
    if chosen is None:
        assert (found.s02, found.sigma, found.origin, found.coordination) == (0.9, 0.1, "assumed, 0.9 ± 0.1", 0.0)
    else:
        assert found.s02 == pytest.approx(amplitude / 6)


def test_a_weak_shell_calibrates_where_the_study_names_it_and_not_by_itself(samples):
    fit = joint(samples, 0.0)
    fit.covariance[0, 0] = (0.26 * 5.4) ** 2
    assert split_amplitude(samples, fit, "ref", SETTINGS).reference == 0
    found = split_amplitude(samples, fit, None, SETTINGS)
    assert found.reference is None
    assert found.findings[0].problem == "not calibrated on ref (S02 = 0.90): N known to 26% only"
    fit.covariance[2, 2] = 0.06**2
    assert split_amplitude(samples, fit, "ref", SETTINGS).reference is None


def test_n_of_a_loose_amplitude_is_weak_and_that_of_a_reference_asks_for_its_own_s02(samples):
    fit = joint(samples, 0.0)
    amplitude = split_amplitude(samples, fit, "ref", SETTINGS)
    fit.covariance[4, 4] = (0.24 * 4.5) ** 2
    assert "loose_coordination" in make_result(1, samples, fit, amplitude, Scale(), SETTINGS).verdict.code
    fit.covariance[4, 4] = (0.22 * 4.5) ** 2
    assert make_result(1, samples, fit, amplitude, Scale(), SETTINGS).verdict.code == "all_rules_kept"
    wide = replace(amplitude, sigma=0.26 * 0.9)
    assert "loose_coordination" in make_result(0, samples, fit, wide, Scale(), SETTINGS).verdict.code
    fit.theta[4] = 0.2  # a fifth: fewer than one at S02 = 0.9, as at any other
    fit.covariance[4, 4] = 0.01**2
    assert make_result(1, samples, fit, amplitude, Scale(), SETTINGS).verdict.reason.startswith(
        "N S02 = 0.20 means 0.2 or fewer neighbours at S02 = 0.90"
    )
    assert (
        "at any S02 from 0.65"
        in make_result(1, samples, fit, replace(amplitude, reference=None), Scale(), SETTINGS).verdict.reason
    )


def test_a_difference_of_distances_keeps_what_both_share_out_of_its_error(samples):
    """3 and 4 mÅ, correlated by a half: sqrt(9 + 16 - 12) mÅ; the variants move the difference by 2 and -2 mÅ."""
    fit = joint(samples, 0.0)
    fit.covariance[2, 2], fit.covariance[6, 6] = 0.003**2, 0.004**2
    fit.covariance[2, 6] = fit.covariance[6, 2] = 0.5 * 0.003 * 0.004
    ref, mine = fit.theta[2], fit.theta[6]
    fit = changed(fit, a={2: ref + 0.01, 6: mine + 0.012}, b={2: ref + 0.01, 6: mine + 0.008})
    amplitude = split_amplitude(samples, fit, "ref", SETTINGS)
    reff = [s.model.bank.reff[0] for s in samples]
    off = reff[1] + mine - reff[0] - ref
    own = np.sqrt(13e-6 + 4e-6)
    plain = make_result(1, samples, fit, amplitude, Scale(base=0), SETTINGS)
    d = plain.distance_difference_angstrom
    assert (d.value, d.sigma) == (pytest.approx(off, abs=1e-12), pytest.approx(own))
    assert (plain.distance_reference, plain.distance_origin) == ("ref", "FEFF")
    known = Scale(base=0, known=2.38, known_sigma=0.002, origin="calibrated on ref (2.38 Å)")
    found = make_result(1, samples, fit, amplitude, known, SETTINGS)
    e = found.distance_angstrom
    assert (e.value, e.sigma) == pytest.approx((2.38 + off, np.hypot(own, 0.002)))
    assert found.distance_sigma_statistical_angstrom == pytest.approx(np.sqrt(13e-6))
    assert (found.distance_sigma_theory_angstrom, found.systematic_angstrom) == (0.002, pytest.approx(0.002))
    assert (found.distance_reference, found.distance_origin) == ("ref", "calibrated on ref (2.38 Å)")
    base = make_result(0, samples, fit, amplitude, known, SETTINGS)
    assert (base.distance_angstrom.value, base.distance_angstrom.sigma, base.distance_difference_angstrom) == (
        2.38,
        0.002,
        None,
    )


def test_what_over_absorption_may_have_taken_is_in_the_interval_of_n_and_makes_it_weak(samples):
    """A fifth of the reference's amplitude missing: S02 and with it N may be that much off to one side."""
    fit = joint(samples, 0.0)
    amplitude = split_amplitude(samples, fit, "ref", SETTINGS)
    plain = make_result(1, samples, fit, amplitude, Scale(), SETTINGS)
    found = make_result(1, samples, fit, replace(amplitude, missing=0.2), Scale(), SETTINGS)
    n = plain.coordination
    assert (found.coordination.low, found.coordination.high) == pytest.approx((0.8 * n.low, n.high))
    assert found.s02.high == pytest.approx(plain.s02.high / 0.8)
    assert (found.verdict.level, found.verdict.code) == ("weak", "over_absorption")
    own = make_result(0, samples, fit, replace(amplitude, missing=0.2), Scale(), SETTINGS)
    assert "over_absorption" not in own.verdict.code
