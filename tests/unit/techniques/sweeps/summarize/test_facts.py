"""What sweeps publish: each number once, with what tells it apart, and the way back to its files."""

from __future__ import annotations

from pipeline.techniques.sweeps.model import HEADLINE
from pipeline.techniques.sweeps.summarize.facts import list_facts
from tests.synthetic_sweeps import sweep_summary

FACTS = list(list_facts(sweep_summary()))


def test_no_two_facts_have_one_name() -> None:
    names = [(f.sample, f.quantity, tuple(sorted(f.conditions.items()))) for f in FACTS]
    assert len(set(names)) == len(names) == 2 * 3 + 1 + 4 * 3


def test_a_limit_tells_its_criterion_its_file_and_what_was_computed() -> None:
    (fact,) = (f for f in FACTS if (f.sample, f.quantity) == ("HSE-Sm", "oxidation_limit"))
    assert fact.conditions == {"criterion": HEADLINE.name}
    assert fact.details == {
        "headline": True,
        "threshold_ua_per_cm2": 1.0,
        "computed_reduction_V_vs_Na": 2.15,
        "computed_oxidation_V_vs_Na": 3.91,
    }
    assert fact.source == ("lsv/HSE-Sm_oxidation.mpt",)
    assert fact.value is not None
    assert (fact.value.value, fact.value.sigma, fact.value.unit) == (4.26, 0.01, "V")


def test_a_difference_rests_on_the_files_of_both_samples() -> None:
    (fact,) = (f for f in FACTS if f.quantity == "limit_difference")
    assert fact.sample == "HSE-Sm − HSE-La"
    assert fact.conditions == {"direction": "oxidation", "criterion": HEADLINE.name}
    assert fact.source == ("lsv/HSE-Sm_oxidation.mpt", "lsv/HSE-La_oxidation.mpt")


def test_what_a_sweep_passed_has_its_sigma() -> None:
    mine = {f.quantity: f for f in FACTS if f.source == ("lsv/HSE-La_reduction.mpt",) and "loop" in f.conditions}
    assert {q: (f.value.value, f.value.sigma, f.value.unit) for q, f in mine.items() if f.value} == {
        "peak_current": (-2.3e-5, 2e-9, "A"),
        "charge": (0.3, 1e-4, "mAh"),
        "capacitance": (2e-4, 4e-6, "F"),
    }
    assert mine["charge"].conditions == {
        "direction": "reduction", "file": "lsv/HSE-La_reduction.mpt", "loop": 1, "part": 1
    }  # fmt: skip
