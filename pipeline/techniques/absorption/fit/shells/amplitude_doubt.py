"""N where over-absorption may have taken a part of the signal: its interval, and why it is not resolved."""

from __future__ import annotations

from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.absorption.fit.shells.verdict import MOST
from pipeline.techniques.absorption.model import ReducedAbsorption


def share_unknown(reduced: ReducedAbsorption) -> float:
    """Largest part of the amplitude that may be missing: 0 for transmission, and where it was corrected."""
    return 0.0 if reduced.over_absorption is None else reduced.over_absorption.largest_share


def widen(n: Estimate, mine: float, its: float) -> Estimate:
    """The interval with what the sample's own signal (``mine``) and that of the reference (``its``) may have lost.

    A shell holds ``MOST`` at most.
    """
    if not (mine or its):
        return n
    high = min(n.high / (1 - mine), max(MOST, n.high)) if mine else n.high
    return Estimate(value=n.value, sigma=n.sigma, unit=n.unit, low95=n.low * (1 - its), high95=high)


def doubt_amplitude(verdict: Verdict, mine: float, its: float) -> Verdict:
    """``weak`` at most where a part may be missing."""
    if not (mine or its):
        return verdict
    whose = "sample and reference" if mine and its else "the sample" if mine else "the reference"
    text = (
        f"N from fluorescence without a formula: over-absorption takes 17 to 26 % off a concentrated pellet and "
        f"{max(mine, its):.0%} at most, in {whose} (R stands; formula = '…' in [[sample.xas]] corrects it)"
    )
    if verdict.level != "resolved":
        return Verdict(
            level=verdict.level, reason=f"{verdict.reason}; {text}", code=f"{verdict.code} over_absorption".strip()
        )
    return Verdict(level="weak", reason=text, code="over_absorption")
