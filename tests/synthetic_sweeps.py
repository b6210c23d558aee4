"""Sweeps, windows and a summary made by hand, for tests of what is shown and published."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.core.sample import Source
from pipeline.core.values import Estimate, Mask, Verdict
from pipeline.techniques.sweeps.model import (
    HEADLINE,
    TANGENT,
    CheckedSweep,
    Criterion,
    Direction,
    LimitDifference,
    LinearSweep,
    Onset,
    StabilityWindow,
    SweepConditions,
    SweepFit,
    SweepSummary,
)

GOOD = Verdict(level="resolved", reason="sigma 1.2 % of the value", code="found")
WEAK = Verdict(level="weak", reason="sigma 11 % of the value", code="wide")
NONE = Verdict(level="unresolved", reason="the limit lies beyond", code="beyond_sweep")


def sweep_fit(sample: str, direction: Direction, onset: float) -> SweepFit:
    n = 400
    sign = 1.0 if direction == "oxidation" else -1.0
    e = np.linspace(2.2, 6.0, n) if sign > 0 else np.linspace(2.2, 0.0, n)
    past = np.clip(sign * (e - onset), 0, None)
    baseline = sign * 2e-8 * np.ones(n)
    noise = np.random.default_rng(2).normal(scale=2e-8, size=n)
    current = baseline + noise + sign * 3e-5 * past**2
    sweep = LinearSweep(
        source=Source(file=f"lsv/{sample}_{direction}.mpt", format="EC-Lab mpt"),
        time_s=np.arange(n) * 10.0,
        potential_v=e - 0.08,
        current_a=current,
        area_m2=7.854e-5,
    )
    conditions = SweepConditions(
        reference_electrode="Na15Sn4",
        volts_vs_na=0.08,
        volts_vs_na_sigma=0.01,
        area_m2=7.854e-5,
        electrolyte_kg=9e-6,
        carbon_kg=1e-6,
    )
    keep = np.ones(n, bool)
    keep[[10, 11, 200]] = False
    checked = CheckedSweep(
        sweep=sweep,
        direction=direction,
        keep=tuple(keep.tolist()),
        masks=(Mask(indices=(10, 11, 200), reason="spike", code="spike"),),
        potential_v_vs_na=e,
        potential_is_vs_na=True,
        scan_rate_v_per_s=sign * 1e-4,
        ocv_v=2.2,
        conditions=conditions,
    )
    found = {
        HEADLINE: (onset + sign * 0.16, GOOD),
        Criterion(threshold_ua_per_cm2=10.0): (onset + sign * 0.51 if sign > 0 else None, GOOD if sign > 0 else NONE),
        Criterion(departure_sigmas=5.0): (onset + sign * 0.06, GOOD),
        TANGENT: (onset + sign * 0.9, WEAK),
    }
    onsets = tuple(
        Onset(
            criterion=criterion,
            onset_v_vs_na=None if v is None else Estimate(value=v, sigma=0.008, unit="V"),
            verdict=verdict,
        )
        for criterion, (v, verdict) in found.items()
    )
    return SweepFit(
        checked=checked,
        onsets=onsets,
        baseline_a=baseline,
        noise_a=2e-8,
        baseline_end_v=onset - sign * 0.3,
        capacitance=Estimate(value=2e-4, sigma=4e-6, unit="F"),
        charge_mah=0.3,
        onset_v=np.zeros((0, 0)),
        peak_current_a=sign * 2.3e-5,
        peak_v=float(e[-1]),
        peak_sigma_a=2e-9,
        charge_sigma_mah=1e-4,
    )


def window(
    sample: str, low: float, high: float, criterion: Criterion = HEADLINE, verdict: Verdict = GOOD
) -> StabilityWindow:
    return StabilityWindow(
        sample=sample,
        criterion=criterion,
        reduction_limit_v_vs_na=Estimate(value=low, sigma=0.01, unit="V"),
        oxidation_limit_v_vs_na=Estimate(value=high, sigma=0.01, unit="V"),
        width_v=Estimate(value=high - low, sigma=0.012, unit="V"),
        computed_v_vs_na=(2.15, 3.91),
        verdict=verdict,
    )


DIFFERENCE = LimitDifference(
    sample_a="HSE-Sm",
    sample_b="HSE-La",
    direction="oxidation",
    criterion=HEADLINE,
    difference_v=Estimate(value=0.2, sigma=0.008, unit="V"),
    verdict=GOOD,
)


def sweep_summary() -> SweepSummary:
    """Two samples, both directions, the headline alone as windows."""
    sweeps: tuple[tuple[str, Direction, float], ...] = (
        ("HSE-Sm", "oxidation", 4.1),
        ("HSE-Sm", "reduction", 1.0),
        ("HSE-La", "oxidation", 3.9),
        ("HSE-La", "reduction", 0.8),
    )
    return SweepSummary(
        sweeps=tuple((s, sweep_fit(s, d, v)) for s, d, v in sweeps),
        windows=(window("HSE-Sm", 0.84, 4.26), window("HSE-La", 0.64, 4.06)),
        differences=(DIFFERENCE,),
    )


def sweep_by_hand(**conditions: Any) -> SweepFit:
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
        onsets=(
            Onset(
                criterion=TANGENT,
                onset_v_vs_na=Estimate(value=4.1, sigma=0.02, unit="V", low95=4.05, high95=4.16),
                verdict=Verdict(level="resolved", reason="clear"),
            ),
        ),
        baseline_a=np.zeros(6),
        noise_a=3e-8,
        baseline_end_v=1.75,
        capacitance=Estimate(value=2e-4, sigma=1e-5, unit="F"),
        charge_mah=-0.3,
        onset_v=np.zeros((0, 0)),
        peak_current_a=-2.3e-5,
        peak_v=0.1,
    )
