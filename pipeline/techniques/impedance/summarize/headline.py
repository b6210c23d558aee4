"""The one line of a sample that a paper prints."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.techniques.impedance.model import ArrheniusFit, ImpedanceSummary


def headline_line(summary: ImpedanceSummary, sample: str) -> ArrheniusFit | None:
    """The Arrhenius line a paper prints: total conductivity, ln(sigma T), from single fits where they allow it."""
    return headline_of([a for a in summary.arrhenius if a.sample == sample])


def headline_of(mine: Sequence[ArrheniusFit]) -> ArrheniusFit | None:
    """The same among the lines of one sample."""
    lines = [a for a in mine if a.quantity == "total" and a.basis == "sigma_T"]
    lines.sort(key=lambda a: (not a.verdict.printable, not a.room_verdict.printable, a.method != "single"))
    return lines[0] if lines else None
