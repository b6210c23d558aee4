"""Criteria of an onset as people read them: in words, and as a marker in a figure."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.techniques.sweeps.model import Criterion


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Marker of a criterion in a figure, and its name in the legend."""

    marker: str
    label: str
    filled: bool


def criterion_text(criterion: Criterion) -> str:
    """``1 µA cm⁻²``, ``departure 5 σ``, ``tangent``."""
    if criterion.threshold_ua_per_cm2 is not None:
        return f"{criterion.threshold_ua_per_cm2:g} µA cm⁻²"
    return "tangent" if criterion.departure_sigmas is None else f"departure {criterion.departure_sigmas:g} σ"


def sign_of(criterion: Criterion) -> Sign:
    """All thresholds share one marker: where they lie tells them apart."""
    if criterion.threshold_ua_per_cm2 is not None:
        return Sign(marker="o", label="threshold", filled=True)
    return Sign(
        marker="x" if criterion.departure_sigmas is None else "v", label=criterion_text(criterion), filled=False
    )
