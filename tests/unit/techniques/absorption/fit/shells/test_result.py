"""N and S02 from two amplitudes: their errors, what they share, and the edge steps, by the law of error propagation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.techniques.absorption.fit.feff.structures import choose_structure
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
    n = make_result(1, samples, fit, amplitude, SETTINGS).coordination
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
    n = make_result(0, alone, fit, split_amplitude(alone, fit, None, SETTINGS), SETTINGS).coordination
    assert n.value == pytest.approx(5.0)
    assert n.sigma == pytest.approx(5.0 * np.sqrt(0.10**2 + 0.03**2 + (0.1 / 0.9) ** 2))
