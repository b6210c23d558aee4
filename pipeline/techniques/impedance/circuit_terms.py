"""What a fitted circuit may hold beside R||CPE arcs and a blocking CPE, and the totals that may be meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.core.values import Estimate, Verdict

ArcShape = Literal["Cole-Cole", "Davidson-Cole", "Havriliak-Negami"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diffusion:
    """Diffusion over a finite length at an electrode, in series with the arcs; it is never part of a total."""

    end: Literal["blocked", "let through"]
    """At its far end: R coth(s)/s or R tanh(s)/s, s = sqrt(j w tau)."""
    resistance: Estimate
    """ohm"""
    time_constant: Estimate
    """s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTotal:
    """The total resistance if these arcs belong to the sample and no others."""

    arcs: tuple[int, ...]
    """Their numbers."""
    resistance: Estimate | None
    """ohm; sum of the arcs plus Rs; None where it is not measurable."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelScore:
    """One model order in the comparison."""

    n_arcs: int
    blocking: bool
    inductance: bool
    n_parameters: int
    chi2: float
    aicc: float
    bic: float
    hits: int
    """Independent starts that ended in the best cost."""
    starts: int
    accepted: bool
    reason: str
