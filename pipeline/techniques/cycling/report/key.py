"""First cycle and retention in the key table, from facts alone."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.key import KeyCell, KeyColumn, KeyPart
from pipeline.core.report.text import estimate_text
from pipeline.core.tables import Row, columns, spread
from pipeline.core.values import Fact

COLUMNS = columns(
    "first_discharge_mAh_per_g:sigma first_efficiency_percent:sigma retention_percent:sigma retention_after_cycles:count"
)


def _first(facts: Sequence[Fact], quantity: str) -> Fact | None:
    return next((f for f in facts if f.quantity == quantity), None)


def _retention(facts: Sequence[Fact]) -> Fact | None:
    """After 100 cycles where the cell saw them, else after the most."""
    found = [f for f in facts if f.quantity == "retention"]
    hundred = [f for f in found if f.conditions.get("after_cycles") == 100]
    return next(iter(hundred), max(found, key=lambda f: float(f.conditions["after_cycles"]), default=None))


def key_row(facts: Sequence[Fact]) -> Row:
    """What is withheld is missing."""
    row: Row = {}
    for quantity, name in (
        ("first_discharge_capacity", "first_discharge_mAh_per_g"),
        ("first_efficiency", "first_efficiency_percent"),
    ):
        fact = _first(facts, quantity)
        row |= spread(name, fact.shown, interval=False) if fact is not None else {}
    kept = _retention(facts)
    if kept is not None:
        row |= spread("retention_percent", kept.shown, interval=False)
        row["retention_after_cycles"] = int(kept.conditions["after_cycles"])
    return row


def capacity_cells(facts: Sequence[Fact]) -> tuple[KeyCell, ...]:
    """``117.9 ± 1.7`` with the efficiency below it."""
    capacity, efficiency = (_first(facts, q) for q in ("first_discharge_capacity", "first_efficiency"))
    if capacity is None:
        return ()
    rate = capacity.details.get("rate_C")
    notes = [f"at {rate:g} C"] if rate is not None else []
    if efficiency is not None:
        notes.append(f"efficiency {estimate_text(efficiency.shown)} %")
    return (KeyCell(text=estimate_text(capacity.shown), verdict=capacity.verdict, notes=tuple(notes)),)


def retention_cells(facts: Sequence[Fact]) -> tuple[KeyCell, ...]:
    """``91.0 ± 0.1`` after how many cycles."""
    kept = _retention(facts)
    if kept is None:
        return ()
    rate = kept.conditions.get("rate_C")
    at = f" at {rate:g} C" if rate is not None else ""
    note = f"after {kept.conditions['after_cycles']:g} cycles{at}"
    return (KeyCell(text=estimate_text(kept.shown), verdict=kept.verdict, notes=(note,)),)


KEY = KeyPart(
    columns=COLUMNS,
    row=key_row,
    shown=(
        KeyColumn(head="first discharge / mAh g⁻¹", cells=capacity_cells),
        KeyColumn(head="retention / %", cells=retention_cells),
    ),
)
