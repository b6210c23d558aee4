"""One row of every table of sweeps: each column against a number worked out by hand.

A 95 % interval without ends of its own is value -/+ 1.959964 sigma; ends that the model gives stand as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.core.values import Estimate, Mask, Verdict
from pipeline.techniques.sweeps.model import (
    HEADLINE,
    TANGENT,
    CheckedSweep,
    LimitDifference,
    LinearSweep,
    Onset,
    StabilityWindow,
    SweepConditions,
    SweepFit,
    SweepSummary,
)
from pipeline.techniques.sweeps.report.rows import sweep_tables

GOOD = Verdict(level="resolved", reason="clear")
POOR = Verdict(level="unresolved", reason="noise")
SKEW = Estimate(value=4.1, sigma=0.02, unit="V", low95=4.05, high95=4.16)


def four(name: str, value: float, sigma: float, low: float, high: float) -> dict[str, float]:
    """The columns of an estimate."""
    return {name: value, f"{name}_sigma": sigma, f"{name}_low95": low, f"{name}_high95": high}


def even(value: float, sigma: float, unit: str = "1") -> Estimate:
    return Estimate(value=value, sigma=sigma, unit=unit)


def assert_row(name: str, expected: Mapping[str, Any], **summary: Any) -> None:
    table = sweep_tables(SweepSummary(**summary))[name]
    (row,) = table.rows
    assert set(row) <= set(table.columns)
    assert list(expected) == list(table.columns), "every column of the table, in its order, and no other"
    for column, value in expected.items():
        found = row.get(column)
        if isinstance(value, float):
            assert found == pytest.approx(value, rel=1e-9), column
        else:
            assert found == value, column
            assert isinstance(found, bool) is isinstance(value, bool), column


def sweep(**conditions: Any) -> SweepFit:
    """2 mg of carbon, 8 mg of salt, 0.5 cm² (the file says 0.25 cm²), 6 points, 2 of them left out."""
    given = {
        "reference_electrode": "Na15Sn4",
        "volts_vs_na": 0.08,
        "volts_vs_na_sigma": 0.01,
        "area_m2": 0.5e-4,
        "electrolyte_kg": 8e-6,
        "carbon_kg": 2e-6,
    }
    e = np.array([2.5, 2.0, 1.5, 1.0, 0.5, 0.0])
    raw = LinearSweep(
        source=Source(file="lsv/a.mpt", format="EC-Lab mpt"),
        time_s=np.arange(6.0),
        potential_v=e - 0.08,
        current_a=-np.arange(6) * 1e-6,
        loop=3,
        area_m2=0.25e-4,
    )
    checked = CheckedSweep(
        sweep=raw,
        direction="reduction",
        keep=(True, True, False, True, False, True),
        masks=(Mask(indices=(2,), reason="spike"), Mask(indices=(4,), reason="overload")),
        potential_v_vs_na=e,
        potential_is_vs_na=True,
        scan_rate_v_per_s=2.5e-4,
        ocv_v=2.51,
        conditions=SweepConditions(**(given | conditions)),
        number=2,
        after_turn=True,
    )
    return SweepFit(
        checked=checked,
        onsets=(Onset(criterion=TANGENT, onset_v_vs_na=SKEW, verdict=GOOD),),
        baseline_a=np.zeros(6),
        noise_a=3e-8,
        baseline_end_v=1.75,
        capacitance=even(2e-4, 1e-5, "F"),
        charge_mah=-0.3,
        onset_v=np.zeros((0, 0)),
        peak_current_a=-2.3e-5,
        peak_v=0.1,
    )


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
    assert_row("lsv", LSV, sweeps=(("A", sweep()),))


def test_the_area_of_the_file_serves_where_the_study_gives_none_and_no_mass_gives_nothing_per_gram():
    bare = sweep(area_m2=None, electrolyte_kg=None, carbon_kg=None)
    expected = {c: None if "per_g_" in c or c == "area_cm2" else v for c, v in LSV.items()}
    assert_row("lsv", expected | {"peak_uA_per_cm2": -92.0}, sweeps=(("A", bare),))


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
    assert_row("windows", expected, windows=(window,))
    withheld = {c: None if "_V" in c and not c.startswith("computed") else v for c, v in expected.items()}
    poor = withheld | {"verdict": "unresolved", "verdict_reason": "noise"}
    assert_row("windows", poor, windows=(replace(window, verdict=POOR),))


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
    assert_row("differences", expected, differences=(difference,))


def test_an_onset_that_is_not_against_na_has_a_column_of_its_own():
    """Moved from the reference scale to no scale, nothing may stand under a name that says Na/Na+."""
    fit = sweep(volts_vs_na=None)
    fit = replace(fit, checked=replace(fit.checked, potential_is_vs_na=False))
    off = dict.fromkeys(c for c in LSV if c.startswith(("onset_V_vs_Na", "baseline_end", "peak_V_vs", "reference_V")))
    assert_row("lsv", LSV | off | {"onset_V_as_measured": 4.1, "potential_scale": "as measured"}, sweeps=(("A", fit),))
