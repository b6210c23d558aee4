"""What a careful person would say of a scan before using it: findings only, nothing is changed or refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Finding, Severity
from pipeline.science.constants import K2_PER_EV
from pipeline.science.elements import atomic_number
from pipeline.techniques.absorption.model import AbsorptionScan

LANTHANIDES = range(57, 72)
"""Atomic numbers."""

Say = Callable[..., None]


def suspect(
    scan: AbsorptionScan, energy_ev: FloatArray, mu: FloatArray, *, element: str, edge: str, rise_ev: float
) -> list[Finding]:
    """Findings on the kept points (n,) of a scan whose edge was recognised at ``rise_ev``."""
    found: list[Finding] = []

    def say(field: str, problem: str, hint: str = "", severity: Severity = "warning") -> None:
        found.append(Finding(severity=severity, field=field, problem=problem, hint=hint))

    if scan.element is not None and scan.element != element:
        say("edge", f"the file says {scan.element} {scan.edge or ''}, the study {element} {edge}; the study's is used")
    before = (energy_ev < rise_ev - 20) & (energy_ev > rise_ev - 200)
    after = (energy_ev > rise_ev + 50) & (energy_ev < rise_ev + 350)
    if before.sum() < 3:
        say("energy", f"{int(before.sum())} points more than 20 eV before the edge: the pre-edge line is a guess")
    far = energy_ev > rise_ev + 100
    if far.sum() > 10:
        spacing = float(np.median(np.diff(np.sqrt(K2_PER_EV * (energy_ev[far] - rise_ev)))))
        if spacing > 0.1:
            reach = np.pi / (2 * spacing)
            say("energy", f"points lie {spacing:.2f} 1/angstrom apart: nothing beyond R = {reach:.1f} angstrom is seen")
    if before.sum() < 3 or after.sum() < 3:
        return found
    low, high = float(np.mean(mu[before])), float(np.mean(mu[after]))
    if abs(low) < 0.02 and abs(high - 1) < 0.05 and float(np.ptp(mu[before])) < 0.05:
        say(
            "mu",
            f"looks normalised already: {low:.3f} before the edge, {high:.3f} behind it",
            "give the raw scan: its edge step and the slope of its background are lost",
        )
    elif scan.mode == "transmission":
        _thickness(low, high, say)
    elif scan.mode == "fluorescence":
        near = mu[np.abs(energy_ev - rise_ev) < 15]
        white = (float(np.max(near, initial=low)) - low) / (high - low) if high > low else np.inf
        _self_absorption(element, edge, low, high - low, white, say)
    return found


def _thickness(low: float, high: float, say: Say) -> None:
    """Of mu before and behind the edge, as ln(I0/I1)."""
    step = high - low
    if low < -0.02 * step:
        say(
            "mu",
            f"edge step {step:.2f} larger than the total absorption {high:.2f}: gains or offsets are not in the counts",
            "thickness cannot be judged; chi(k) does not depend on gains, but it does on a dark current left in",
            "info",
        )
    elif high > 4:
        say("mu", f"total absorption {high:.1f}: too thick, leakage and harmonics flatten the spectrum")
    if step > 2.5:
        say("mu", f"edge step {step:.1f}: thicker than advisable, pinholes and harmonics flatten the spectrum")


def _self_absorption(element: str, edge: str, low: float, step: float, white: float, say: Say) -> None:
    if edge == "L3" and atomic_number(element) in LANTHANIDES and white < 1.6:
        say(
            "mu",
            f"white line {white:.2f} of the step, trivalent {element} has 2 or more: self-absorption suspected",
            "measure in transmission or dilute; N and the white line come out too small, distances do not suffer",
        )
    elif low < 0.1 * step:
        say(
            "mu",
            f"fluorescence rises {step / max(low, 1e-3 * step):.0f}-fold at the edge: in a concentrated sample, "
            "self-absorption is to be suspected",
            "compare with transmission; N and the white line may come out too small, distances do not suffer",
            "info",
        )
