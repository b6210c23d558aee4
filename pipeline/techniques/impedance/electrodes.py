"""What tells the electrodes of a spectrum from its sample: diffusion in the place of a CPE, and totals with and without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.core.values import Estimate, Verdict


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
