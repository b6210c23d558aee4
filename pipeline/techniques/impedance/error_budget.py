"""What all numbers of a sample have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBudget:
    """What all numbers of a sample have in common beside the scatter of their points, 1 sigma each."""

    sample: str
    geometry_relative: float
    geometry_given: bool
    """False where the study gives no uncertainty of the thickness: an allowance then."""
    contact_ohm: float
    """Allowance for contacts that the study does not give; 0 where it does: their sigma is then in every total."""
    contact_given: bool
    thermometer_k: float
