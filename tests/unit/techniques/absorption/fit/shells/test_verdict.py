"""Each rule of a shell fit on both sides of its limit, all other numbers good."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline.core.values import Verdict
from pipeline.techniques.absorption.fit.shells.joint_fit import JointFit
from pipeline.techniques.absorption.fit.shells.verdict import judge_shell
from pipeline.techniques.absorption.settings import ShellSettings

SETTINGS = ShellSettings()
REFF, MODEL = 2.40, 2.45
"""Length of the first path, and the mean of the model's shell."""


def judge(*, n_sigma: float = 0.1, **changes: Any) -> Verdict:
    """Amplitude 5.4 ± 0.2, E0 2 eV, R 2.45 ± 0.01, sigma2 0.004, R-factor 0.01, 4 variables for 10 points."""
    v = {"amplitude": 5.4, "e0": 2.0, "r": MODEL, "sigma2": 0.004, "amplitude_sigma": 0.2, "r_sigma": 0.01,
         "r_factor": 0.01, "n_independent": 10.0, "movable": False} | changes  # fmt: skip
    fit = JointFit(
        theta=np.array([v["amplitude"], v["e0"], v["r"] - REFF, v["sigma2"]]),
        covariance=np.diag([v["amplitude_sigma"], 0.5, v["r_sigma"], 0.0005]) ** 2,
        index=((0, 1, 2, 3),),
        shared=(False,),
        notes=("",),
        variants={},
    )
    sample: Any = SimpleNamespace(
        alone=SimpleNamespace(r_factor=v["r_factor"], expected_r_factor=0.0, excess=1.0, chi2_reduced=1.0),
        model=SimpleNamespace(bank=SimpleNamespace(reff=np.array([REFF, 2.5]))),
        shell=SimpleNamespace(
            fit_range=SimpleNamespace(n_independent=v["n_independent"]),
            distance_angstrom=MODEL,
            structure=SimpleNamespace(movable=v["movable"]),
            coordination=6,
        ),
    )
    return judge_shell(sample, fit, 0, SETTINGS, relative_sigma=n_sigma, s02=(0.65, 1.10))


@pytest.mark.parametrize(
    ("inside", "outside", "level", "words"),
    [
        ({"n_sigma": 0.25}, {"n_sigma": 0.26}, "weak", "N known to 26% only"),
        ({"r": MODEL + 0.149}, {"r": MODEL + 0.151}, "weak", "distance 2.601 Å is far from the model's 2.450 Å"),
        ({"r": MODEL - 0.149}, {"r": MODEL - 0.151}, "weak", "distance 2.299 Å is far from the model's 2.450 Å"),
        ({"r_factor": 0.02}, {"r_factor": 0.021}, "weak", "R-factor 0.021 (at most 0.02)"),
        ({"movable": False}, {"movable": True}, "weak", "no structure is given"),
        ({"amplitude_sigma": 1.79}, {"amplitude_sigma": 1.81}, "unresolved", "amplitude 5.40 ± 1.81"),
        ({"r_sigma": 0.0499}, {"r_sigma": 0.051}, "unresolved", "distance known to 0.051 Å only"),
        ({"e0": -9.9}, {"e0": -10.1}, "unresolved", "E0 = -10.1 eV"),
        ({"sigma2": 1e-4}, {"sigma2": 0.0}, "unresolved", "is not positive"),
        ({"n_independent": 6.1}, {"n_independent": 5.9}, "unresolved", "4 variables for 5.9 independent points"),
    ],
    ids=["N", "far above", "far below", "R-factor", "guess", "amplitude", "distance", "E0", "sigma2", "variables"],
)
def test_a_rule_holds_on_one_side_of_its_limit_and_not_on_the_other(inside, outside, level, words):
    assert judge(**inside).level == "resolved"
    found = judge(**outside)
    assert found.level == level
    assert words in found.reason


def test_an_r_factor_past_the_second_limit_withholds_all():
    assert judge(r_factor=0.049).level == "weak"
    assert judge(r_factor=0.051).level == "unresolved"


def test_doubts_stand_beside_what_is_broken():
    found = judge(n_sigma=0.3, r=MODEL + 0.2, e0=12.0)
    assert found.level == "unresolved"
    assert all(word in found.reason for word in ("E0 = 12.0 eV", "N known to 30% only", "far from the model's"))
