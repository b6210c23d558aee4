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
         "r_factor": 0.01, "n_independent": 10.0, "movable": False, "expected": 0.0, "excess": 1.0, "coordination": 6,
         "s02": (0.65, 1.10), "settings": SETTINGS} | changes  # fmt: skip
    fit = JointFit(
        theta=np.array([v["amplitude"], v["e0"], v["r"] - REFF, v["sigma2"]]),
        covariance=np.diag([v["amplitude_sigma"], 0.5, v["r_sigma"], 0.0005]) ** 2,
        index=((0, 1, 2, 3),),
        shared=(False,),
        notes=("",),
        variants={},
    )
    sample: Any = SimpleNamespace(
        alone=SimpleNamespace(
            r_factor=v["r_factor"], expected_r_factor=v["expected"], excess=v["excess"], chi2_reduced=4 * v["excess"]
        ),
        model=SimpleNamespace(bank=SimpleNamespace(reff=np.array([REFF, 2.5]))),
        shell=SimpleNamespace(
            fit_range=SimpleNamespace(n_independent=v["n_independent"]),
            distance_angstrom=MODEL,
            structure=SimpleNamespace(movable=v["movable"]),
            coordination=v["coordination"],
        ),
    )
    return judge_shell(sample, fit, 0, v["settings"], relative_sigma=n_sigma, s02=v["s02"])


@pytest.mark.parametrize(
    ("inside", "outside", "level", "code", "words"),
    [
        ({"n_sigma": 0.25}, {"n_sigma": 0.26}, "weak", "loose_coordination", "N known to 26% only"),
        ({"r": MODEL + 0.149}, {"r": MODEL + 0.151}, "weak", "far_from_model",
         "distance 2.601 Å is far from the model's 2.450 Å"),
        ({"r": MODEL - 0.149}, {"r": MODEL - 0.151}, "weak", "far_from_model",
         "distance 2.299 Å is far from the model's 2.450 Å"),
        ({"r_factor": 0.02}, {"r_factor": 0.021}, "weak", "r_factor", "R-factor 0.021 (at most 0.02)"),
        ({"movable": False}, {"movable": True}, "weak", "guessed_structure", "no structure is given, the model is a guess"),
        ({"amplitude_sigma": 1.79}, {"amplitude_sigma": 1.81}, "unresolved", "in_noise",
         "amplitude 5.40 ± 1.81 is not above noise"),
        ({"r_sigma": 0.05}, {"r_sigma": 0.051}, "unresolved", "loose_distance", "distance known to 0.051 Å only"),
        ({"e0": -9.9}, {"e0": -10.0}, "unresolved", "e0_too_far", "E0 = -10.0 eV (at most 10 either way)"),
        ({"e0": 9.9}, {"e0": 10.0}, "unresolved", "e0_too_far", "E0 = 10.0 eV (at most 10 either way)"),
        ({"sigma2": 1e-4}, {"sigma2": 0.0}, "unresolved", "sigma2_not_positive", "sigma2 = 0.0000 Å² is not positive"),
        ({"n_independent": 6.01}, {"n_independent": 5.99}, "unresolved", "too_many_variables",
         "4 variables for 6.0 independent points (at most 67%)"),
        ({"amplitude": 15.79}, {"amplitude": 15.81}, "unresolved", "too_many_neighbours",
         "N S02 = 15.8 means 14 or more neighbours at any S02 from 0.65 to 1.1, a shell holds 14 at most"),
        ({"amplitude": 18.39, "coordination": 16.3636363}, {"amplitude": 18.41, "coordination": 16.3636363}, "unresolved",
         "too_many_neighbours", "N S02 = 18.4 means 17 or more neighbours at any S02 from 0.65 to 1.1, "
         "a shell holds 16.3636 at most"),
        ({"amplitude": 13.79, "s02": (0.957142857,) * 2}, {"amplitude": 13.81, "s02": (0.957142857,) * 2}, "unresolved",
         "too_many_neighbours", "N S02 = 13.8 means 14 or more neighbours at S02 = 0.96, a shell holds 14 at most"),
        ({"amplitude": 0.451, "amplitude_sigma": 0.1}, {"amplitude": 0.449, "amplitude_sigma": 0.1}, "weak",
         "too_few_neighbours",
         "N S02 = 0.45 means 0.7 or fewer neighbours at any S02 from 0.65 to 1.1: not one for every absorber"),
    ],
    ids=["N", "far above", "far below", "R-factor", "guess", "amplitude", "distance", "E0", "E0 above", "sigma2", "variables",
         "many", "more than the study's", "many at a known S02", "few"],
)  # fmt: skip
def test_a_rule_holds_on_one_side_of_its_limit_and_not_on_the_other(inside, outside, level, code, words):
    assert (judge(**inside).level, judge(**inside).code) == ("resolved", "all_rules_kept")
    assert judge(**outside) == Verdict(level=level, reason=words, code=code)


def test_noise_in_the_r_factor_is_told_from_a_quarter_of_it_on():
    assert judge(r_factor=0.04, expected=0.0101).reason == "R-factor 0.040 (at most 0.02, 0.010 of it noise)"
    assert judge(r_factor=0.04, expected=0.01).reason == "R-factor 0.040 (at most 0.02)"
    strict = ShellSettings(max_r_factor=0.03, withheld_r_factor=0.02)
    assert judge(r_factor=0.021, settings=strict).level == "unresolved"
    assert judge(r_factor=0.019, settings=strict).level == "resolved"


def test_a_good_shell_in_words():
    text = "R-factor 0.0100, 4 variables for 10.0 independent points, E0 = +2.0 eV, sigma2 = 0.0040 Å²"
    assert judge().reason == text
    assert judge(excess=6.25).reason == f"{text}, residual 25.0 times noise (errors widened by 2.5)"


def test_an_r_factor_past_the_second_limit_withholds_all():
    assert judge(r_factor=0.049).level == "weak"
    assert judge(r_factor=0.051).level == "unresolved"


def test_doubts_stand_beside_what_is_broken():
    found = judge(n_sigma=0.3, r=MODEL + 0.2, e0=12.0)
    assert found.level == "unresolved"
    assert found.code == "e0_too_far loose_coordination far_from_model"
    assert all(word in found.reason for word in ("E0 = 12.0 eV", "N known to 30% only", "far from the model's"))
