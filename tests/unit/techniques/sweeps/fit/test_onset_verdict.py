"""What is said of an onset: every rule just on both sides of its limit, with its level, code and words."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest

from pipeline.core.values import Estimate, Finding, Level, Verdict
from pipeline.techniques.sweeps.fit.baseline import Baseline
from pipeline.techniques.sweeps.fit.onset_verdict import (
    Judge,
    compare_tangent,
    doubts,
    no_area,
    no_crossing,
    no_current,
    under_noise,
)
from pipeline.techniques.sweeps.model import HEADLINE, TANGENT, Criterion, Onset
from pipeline.techniques.sweeps.settings import OnsetSettings
from tests.synthetic_sweeps import sweep_fit

CHECKED = sweep_fit("A", "oxidation", 4.0).checked
STEP = np.linspace(4.0, 4.4, 41)
"""Its 2.5 % and 97.5 % quantiles are the second and the last but one, its standard deviation 0.01 sqrt(140)."""


def judge(
    drawn: Any, value: float = 4.0, *, reference: float = 0.0, straight: bool = True, settings: Any = (), **checked: Any
) -> Onset:
    conditions = replace(CHECKED.conditions, volts_vs_na_sigma=reference)
    of = Judge(
        checked=replace(CHECKED, conditions=conditions, **checked),
        straight=straight,
        settings=OnsetSettings(**dict(settings)),
    )
    return of.judge(HEADLINE, value, np.array(drawn, dtype=float))


@pytest.mark.parametrize("reference", [0.0, 0.5])
def test_the_interval_is_that_of_the_replicates_widened_as_the_reference_widens_sigma(reference: float) -> None:
    found = judge(STEP, 4.15, reference=reference, settings={"weak_sigma_v": 0.12}).onset_v_vs_na
    spread = 0.01 * sqrt(140)
    sigma = sqrt(spread**2 + reference**2)
    assert found is not None
    assert (found.value, found.sigma, found.unit) == (4.15, pytest.approx(sigma), "V")
    assert found.low95 == pytest.approx(4.15 - 0.14 * sigma / spread)
    assert found.high95 == pytest.approx(4.15 + 0.24 * sigma / spread)


def test_replicates_that_agree_leave_the_reference_alone() -> None:
    onset = judge([4.0] * 10, reference=0.01)
    assert onset.onset_v_vs_na == Estimate(value=4.0, sigma=0.01, unit="V", low95=4.0, high95=4.0)
    assert onset.verdict == Verdict(level="resolved", reason="sigma 0.0 mV, reference 10.0 mV, vs Na/Na+", code="found")


QUARTER = [3.75, 4.25] * 10  # its sigma is 0.25 V, exactly
GIVEN = {"weak_sigma_v": 0.25, "resolved_sigma_v": 0.25}


@pytest.mark.parametrize(
    ("given", "level", "code", "end_of_text"),
    [
        ({}, "resolved", "found", "vs Na/Na+"),
        ({"settings": GIVEN | {"resolved_sigma_v": 0.249}}, "weak", "wide", "vs Na/Na+"),
        ({"reference": 0.01}, "weak", "wide", "vs Na/Na+"),
        ({"straight": False}, "weak", "crooked_baseline", "vs Na/Na+, no straight baseline"),
        ({"potential_is_vs_na": False}, "weak", "no_reference", "as measured, reference not given"),
        ({"after_turn": True}, "weak", "after_turn", "vs Na/Na+, after a turn without rest"),
        (
            {"straight": False, "after_turn": True},
            "weak",
            "crooked_baseline after_turn",
            "vs Na/Na+, no straight baseline, after a turn without rest",
        ),
        ({"settings": GIVEN | {"weak_sigma_v": 0.249}}, "unresolved", "vague", "vs Na/Na+"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_every_rule_of_an_onset(given: dict[str, Any], level: Level, code: str, end_of_text: str) -> None:
    onset = judge(QUARTER, **({"settings": GIVEN} | given))
    milli = 1e3 * given.get("reference", 0.0)
    text = f"sigma 250.0 mV, reference {milli:.1f} mV, {end_of_text}"
    assert onset.verdict == Verdict(level=level, reason=text, code=code)
    assert (onset.criterion, onset.onset_v_vs_na is None) == (HEADLINE, level == "unresolved")


def test_nine_of_ten_replicates_must_show_the_onset() -> None:
    nan = float("nan")
    assert judge([4.0] * 9 + [nan]).verdict.code == "found"
    few = judge([4.0] * 8 + [nan] * 2)
    assert few.onset_v_vs_na is None
    text = "only 8 of 10 bootstrap replicates show the onset"
    assert few.verdict == Verdict(level="unresolved", reason=text, code="few_replicates")


def crossing(*high: int, n: int = 400, level: float = 2e-6) -> Verdict:
    current = np.zeros(n)
    current[list(high)] = 2e-6
    return no_crossing(current, level, 2.75, 4.5)


@pytest.mark.parametrize(
    ("found", "code", "text"),
    [
        (crossing(3), "above_from_start", "current is above 2 uA from the start: the limit lies before 2.750 V"),
        (
            crossing(3, level=1.9e-6),
            "above_from_start",
            "current is above 1.9 uA from the start: the limit lies before 2.750 V",
        ),
        (crossing(4), "no_steady_rise", "current does not rise steadily through 2 uA"),
        (crossing(2, n=100), "above_from_start", "current is above 2 uA from the start: the limit lies before 2.750 V"),
        (crossing(3, n=100), "no_steady_rise", "current does not rise steadily through 2 uA"),
        (
            crossing(4, level=2.01e-6),
            "beyond_sweep",
            "current stays below 2.01 uA up to 4.500 V: the limit lies beyond",
        ),
        (no_current(), "no_current", "no faradaic current to lay a tangent on"),
    ],
)
def test_why_a_level_has_no_crossing(found: Verdict, code: str, text: str) -> None:
    assert found == Verdict(level="unresolved", reason=text, code=code)


def test_what_the_data_cannot_give_is_refused() -> None:
    text = "12.5 uA is under 3 sigma of the baseline, 4.2 uA of noise and wander"
    assert under_noise(12.5e-6, 4.2e-6) == Verdict(level="refused", reason=text, code="below_noise")
    assert (no_area().level, no_area().code) == ("refused", "no_area")


def fields_of(straight: bool, factor: float, foot: Any, near: int | None) -> list[tuple[str, str]]:
    base = Baseline(
        intercept_a=0.0,
        slope_a_per_v=0.0,
        covariance=np.eye(2),
        noise_a=1.0,
        noise_factor=factor,
        start=0,
        end=9,
        block=1,
        straight=straight,
    )
    return [(f.severity, f.field) for f in doubts(base, foot, near)]


def test_what_a_person_should_know_of_a_sweep() -> None:
    foot, departure = object(), ("info", "departure")
    assert fields_of(True, 1.0, foot, 5) == []
    assert fields_of(True, 1.01, foot, 5) == [("info", "noise")]
    assert fields_of(True, 1.0, None, 5) == [departure]
    assert fields_of(True, 1.0, None, 0) == [departure]
    assert fields_of(True, 1.0, None, None) == []
    assert fields_of(False, 1.0, None, 5) == [("warning", "baseline")]


def pair(headline: float | None, tangent: float | None, code: str = "found") -> list[Onset]:
    """Headline and tangent, with another criterion between them."""
    good = Verdict(level="resolved", reason="clear", code=code)
    return [
        Onset(
            criterion=criterion,
            onset_v_vs_na=None if v is None else Estimate(value=v, sigma=0.01, unit="V"),
            verdict=of,
        )
        for criterion, v, of in (
            (HEADLINE, headline, good),
            (Criterion(departure_sigmas=5.0), 9.0, Verdict(level="weak", reason="between", code="vague")),
            (TANGENT, tangent, good),
        )
    ]


def test_a_tangent_is_as_good_as_the_headline_that_it_agrees_with() -> None:
    for onsets in (pair(4.0, 4.25), pair(4.25, 4.0), pair(4.0, None)):
        assert compare_tangent(onsets, 0.25, 1.0) == (onsets, [])


@pytest.mark.parametrize(("tangent", "sign", "said"), [(4.5, 1.0, "+0.50"), (3.5, 1.0, "-0.50"), (3.5, -1.0, "+0.50")])
def test_a_tangent_far_off_is_weak_and_flagged(tangent: float, sign: float, said: str) -> None:
    onsets = pair(4.0, tangent, "found wide")
    (first, _, last), flags = compare_tangent(onsets, 0.49, sign)
    problem = f"the tangent lies {said} V from the headline onset: for comparison with literature only"
    assert (first, last.criterion, last.onset_v_vs_na) == (onsets[0], TANGENT, onsets[-1].onset_v_vs_na)
    assert last.verdict == Verdict(level="weak", reason=f"clear; {problem}", code="wide far_from_headline")
    assert flags == [Finding(severity="warning", field="tangent", problem=problem, code="far_from_headline")]


def test_a_tangent_without_a_headline_is_weak_and_not_flagged() -> None:
    (_, _, last), flags = compare_tangent(pair(None, 4.0), 0.2, 1.0)
    assert (last.verdict.level, last.verdict.code, flags) == ("weak", "no_headline", [])
