"""The headline window in the key table, from facts alone."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.key import KeyCell, KeyColumn, KeyPart
from pipeline.core.report.text import DASH, estimate_text
from pipeline.core.tables import Row, columns, spread
from pipeline.core.values import Fact
from pipeline.techniques.sweeps.model import Criterion
from pipeline.techniques.sweeps.report.criteria import criterion_text

COLUMNS = columns(
    "reduction_limit_V_vs_Na:sigma oxidation_limit_V_vs_Na:sigma width_V:sigma window_criterion window_verdict"
)
QUANTITIES = {
    "reduction_limit": "reduction_limit_V_vs_Na",
    "oxidation_limit": "oxidation_limit_V_vs_Na",
    "width": "width_V",
}


def _headline(facts: Sequence[Fact]) -> dict[str, Fact]:
    """Quantity -> fact of the window that a paper prints."""
    return {f.quantity: f for f in facts if f.quantity in QUANTITIES and f.details.get("headline") is True}


def key_row(facts: Sequence[Fact]) -> Row:
    """Limits and width of the headline window; what is withheld is missing."""
    found = _headline(facts)
    row: Row = {}
    for quantity, name in QUANTITIES.items():
        if quantity in found:
            row |= spread(name, found[quantity].shown, interval=False)
    for fact in list(found.values())[:1]:
        row |= {"window_criterion": fact.conditions["criterion"], "window_verdict": fact.verdict.level}
    return row


def window_cells(facts: Sequence[Fact]) -> tuple[KeyCell, ...]:
    """``0.84 ± 0.01 to 4.26 ± 0.01``, with the criterion, or with why nothing is given."""
    found = _headline(facts)
    if not found:
        return ()
    low, high = (f.shown if (f := found.get(q)) else None for q in ("reduction_limit", "oxidation_limit"))
    fact = next(iter(found.values()))
    text = DASH if low is None and high is None else f"{estimate_text(low)} to {estimate_text(high)}"
    note = f"onset: {criterion_text(_criterion(fact))}" if fact.verdict.printable else fact.verdict.reason
    return (KeyCell(text=text, verdict=fact.verdict, notes=(note,)),)


def _criterion(fact: Fact) -> Criterion:
    threshold, sigmas = (fact.details.get(name) for name in ("threshold_ua_per_cm2", "departure_sigmas"))
    return Criterion(
        threshold_ua_per_cm2=None if threshold is None else float(threshold),
        departure_sigmas=None if sigmas is None else float(sigmas),
    )


KEY = KeyPart(columns=COLUMNS, row=key_row, shown=(KeyColumn(head="window / V vs Na/Na⁺", cells=window_cells),))
