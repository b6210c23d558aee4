"""The headline window in the key table: which it is, what is shown of it, and what is withheld."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.core.values import Fact
from pipeline.techniques.sweeps.model import (
    HEADLINE,
    TANGENT,
    Criterion,
    StabilityWindow,
    SweepSummary,
    headline_window,
)
from pipeline.techniques.sweeps.report.key import KEY
from pipeline.techniques.sweeps.summarize.facts import list_facts
from tests.synthetic_sweeps import GOOD, NONE, window

DEPARTURE = Criterion(departure_sigmas=5.0)


def facts(*windows: StabilityWindow) -> list[Fact]:
    return list(list_facts(SweepSummary(windows=windows)))


def test_the_headline_is_one_microampere_else_the_first_that_can_be_printed() -> None:
    one, ten = window("A", 1.0, 4.0), window("A", 0.9, 4.2, Criterion(threshold_ua_per_cm2=10.0))
    tangent = window("A", 0.8, 4.4, TANGENT)
    for windows, expected in (
        ((tangent, ten, one), HEADLINE),
        ((replace(one, verdict=NONE), ten), HEADLINE),
        ((replace(ten, verdict=NONE), tangent), TANGENT),
        ((replace(tangent, verdict=NONE), replace(ten, verdict=NONE)), TANGENT),
    ):
        found = headline_window(SweepSummary(windows=windows), "A")
        assert found is not None
        assert found.criterion == expected
    assert headline_window(SweepSummary(windows=(one,)), "B") is None


def test_the_row_and_the_cell_are_those_of_the_headline() -> None:
    found = facts(window("A", 0.9, 4.2, DEPARTURE), window("A", 0.84, 4.26))
    assert KEY.row(found) == {
        "reduction_limit_V_vs_Na": 0.84,
        "reduction_limit_V_vs_Na_sigma": 0.01,
        "oxidation_limit_V_vs_Na": 4.26,
        "oxidation_limit_V_vs_Na_sigma": 0.01,
        "width_V": pytest.approx(3.42),
        "width_V_sigma": 0.012,
        "window_criterion": "j_1_uA_per_cm2",
        "window_verdict": "resolved",
    }
    assert set(KEY.row(found)) == set(KEY.columns)
    (column,) = KEY.shown
    (cell,) = column.cells(found)
    assert (cell.text, cell.notes, cell.verdict) == ("0.840 ± 0.010 to 4.260 ± 0.010", ("onset: 1 µA cm⁻²",), GOOD)


def test_a_headline_by_another_criterion_names_it() -> None:
    (cell,) = KEY.shown[0].cells(facts(window("A", 0.9, 4.2, DEPARTURE)))
    assert cell.notes == ("onset: departure 5 σ",)
    (cell,) = KEY.shown[0].cells(facts(window("A", 0.9, 4.2, TANGENT)))
    assert cell.notes == ("onset: tangent",)


def test_one_limit_alone_leaves_a_dash_for_the_other() -> None:
    alone = replace(window("A", 0.84, 4.26), reduction_limit_v_vs_na=None, width_v=None)
    found = facts(alone)
    assert KEY.shown[0].cells(found)[0].text == "— to 4.260 ± 0.010"
    assert "width_V" not in KEY.row(found)
    assert KEY.row(found)["oxidation_limit_V_vs_Na"] == 4.26


def test_what_is_withheld_shows_why() -> None:
    found = facts(window("A", 0.84, 4.26, verdict=NONE))
    assert KEY.row(found) == {"window_criterion": "j_1_uA_per_cm2", "window_verdict": "unresolved"}
    (cell,) = KEY.shown[0].cells(found)
    assert (cell.text, cell.notes) == ("—", ("the limit lies beyond",))


def test_no_facts_no_cells() -> None:
    assert KEY.row([]) == {}
    assert KEY.shown[0].cells([]) == ()
