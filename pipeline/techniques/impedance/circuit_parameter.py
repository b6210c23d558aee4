"""What is known of one parameter of a circuit that a person wrote."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.core.values import Estimate, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitParameter:
    """One parameter, by impedance.py's name."""

    name: str
    unit: str
    """As impedance.py writes it."""
    estimate: Estimate | None
    """None where the verdict withholds it."""
    verdict: Verdict
