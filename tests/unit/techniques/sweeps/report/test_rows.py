"""One row of every table of sweeps: each column against a number worked out by hand.

A 95 % interval without ends of its own is value -/+ 1.959964 sigma; ends that the model gives stand as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.core.values import Estimate
from pipeline.techniques.sweeps.model import HEADLINE, TANGENT, LimitDifference, StabilityWindow, SweepSummary
from pipeline.techniques.sweeps.report.rows import sweep_tables
from tests.rows_by_hand import GOOD, POOR, SKEW, assert_row, even, four
from tests.synthetic_sweeps import sweep_by_hand


def assert_one_row(name: str, expected: Mapping[str, Any], **summary: Any) -> None:
    table = sweep_tables(SweepSummary(**summary))[name]
    assert len(table.rows) == 1
    assert_row(table, expected)


LSV = {
    "sample": "A",
    "file": "lsv/a.mpt",
    "sweep": 3,
    "direction": "reduction",
    "criterion": "tangent",
    **four("onset_V_vs_Na", 4.1, 0.02, 4.05, 4.16),
    "scan_rate_mV_per_s": 0.25,
    "verdict": "resolved",
    "verdict_reason": "clear",
    "potential_scale": "Na/Na+",
    "onset_V_as_measured": None,
    "reference_electrode": "Na15Sn4",
    "reference_V_vs_Na": 0.08,
    "reference_V_vs_Na_sigma": 0.01,
    "area_cm2": 0.5,
    "noise_A": 3e-8,
    "baseline_end_V_vs_Na": 1.75,
    "capacitance_F": 2e-4,
    "capacitance_F_sigma": 1e-5,
    "charge_mAh": -0.3,
    "ocv_V": 2.51,
    "n_points": 6,
    "n_masked": 2,
    "part": 2,
    "after_turn": True,
    "peak_current_A": -2.3e-5,
    "peak_V_vs_Na": 0.1,
    "peak_uA_per_cm2": -46.0,  # -23 uA over 0.5 cm2
    "peak_mA_per_g_electrolyte": -2.875,  # -0.023 mA over 0.008 g
    "peak_mA_per_g_carbon": -11.5,
    "charge_mAh_per_g_electrolyte": -37.5,  # -0.3 mAh over 0.008 g
    "charge_mAh_per_g_carbon": -150.0,
    "capacitance_F_per_g_carbon": 0.1,
}


def test_a_row_of_lsv():
    assert_one_row("lsv", LSV, sweeps=(("A", sweep_by_hand()),))


def test_the_area_of_the_file_serves_where_the_study_gives_none_and_no_mass_gives_nothing_per_gram():
    bare = sweep_by_hand(area_m2=None, electrolyte_kg=None, carbon_kg=None)
    expected = {c: None if "per_g_" in c or c == "area_cm2" else v for c, v in LSV.items()}
    assert_one_row("lsv", expected | {"peak_uA_per_cm2": -92.0}, sweeps=(("A", bare),))


def test_a_row_of_windows():
    window = StabilityWindow(
        sample="A",
        criterion=HEADLINE,
        reduction_limit_v_vs_na=even(1.5, 0.01, "V"),
        oxidation_limit_v_vs_na=SKEW,
        width_v=Estimate(value=2.6, sigma=0.03, unit="V", low95=2.53, high95=2.68),
        computed_v_vs_na=(0.64, 3.91),
        verdict=GOOD,
    )
    expected = {
        "sample": "A",
        **four("reduction_limit_V_vs_Na", 1.5, 0.01, 1.48040036, 1.51959964),
        **four("oxidation_limit_V_vs_Na", 4.1, 0.02, 4.05, 4.16),
        **four("width_V", 2.6, 0.03, 2.53, 2.68),
        "criterion": "j_1_uA_per_cm2",
        "verdict": "resolved",
        "verdict_reason": "clear",
        "computed_reduction_V_vs_Na": 0.64,
        "computed_oxidation_V_vs_Na": 3.91,
        "computed_width_V": 3.27,
    }
    assert_one_row("windows", expected, windows=(window,))
    withheld = {c: None if "_V" in c and not c.startswith("computed") else v for c, v in expected.items()}
    poor = withheld | {"verdict": "unresolved", "verdict_reason": "noise"}
    assert_one_row("windows", poor, windows=(replace(window, verdict=POOR),))


def test_a_row_of_differences():
    difference = LimitDifference(
        sample_a="A", sample_b="B", direction="oxidation", criterion=TANGENT,
        difference_v=even(-0.2, 0.008, "V"), verdict=GOOD,
    )  # fmt: skip
    expected = {
        "sample_a": "A",
        "sample_b": "B",
        "direction": "oxidation",
        "criterion": "tangent",
        **four("difference_V", -0.2, 0.008, -0.215679712, -0.184320288),
        "verdict": "resolved",
        "verdict_reason": "clear",
    }
    assert_one_row("differences", expected, differences=(difference,))


def test_an_onset_that_is_not_against_na_has_a_column_of_its_own():
    """Moved from the reference scale to no scale, nothing may stand under a name that says Na/Na+."""
    fit = sweep_by_hand(volts_vs_na=None)
    fit = replace(fit, checked=replace(fit.checked, potential_is_vs_na=False))
    off = dict.fromkeys(c for c in LSV if c.startswith(("onset_V_vs_Na", "baseline_end", "peak_V_vs", "reference_V")))
    assert_one_row(
        "lsv", LSV | off | {"onset_V_as_measured": 4.1, "potential_scale": "as measured"}, sweeps=(("A", fit),)
    )
