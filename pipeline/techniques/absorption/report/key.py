"""Absorption in the key table: distances of the first shell, and the change of multiple scattering against the reference."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.key import KeyCell, KeyColumn, KeyPart
from pipeline.core.report.text import DASH, estimate_text
from pipeline.core.tables import Row, columns
from pipeline.core.values import Fact


def _of(facts: Sequence[Fact], quantity: str) -> list[Fact]:
    return [f for f in facts if f.quantity == quantity]


def _key_row(facts: Sequence[Fact]) -> Row:
    row: Row = {}
    shells, changes = _of(facts, "distance"), _of(facts, "ms_to_ss_change")
    if shells:
        row["distances_angstrom"] = "; ".join(f"{f.conditions['shell']} {estimate_text(f.shown)}" for f in shells)
        row["distances_verdict"] = "; ".join(f.verdict.level for f in shells)
    if changes:
        row["distortion"] = "; ".join(f"{f.conditions['edge']} {_percent(f)}" for f in changes)
        row["distortion_verdict"] = "; ".join(f.verdict.level for f in changes)
    return row


def _percent(fact: Fact) -> str:
    return DASH if fact.shown is None else f"{estimate_text(fact.shown, 100)} %"


def _cell(fact: Fact, what: str, factor: float) -> KeyCell:
    notes = () if fact.shown is not None else (fact.verdict.reason,)
    return KeyCell(text=f"{what}: {estimate_text(fact.shown, factor)}", verdict=fact.verdict, notes=notes)


def _distances(facts: Sequence[Fact]) -> list[KeyCell]:
    return [_cell(f, str(f.conditions["shell"]).replace("-", "–"), 1.0) for f in _of(facts, "distance")]


def _changes(facts: Sequence[Fact]) -> list[KeyCell]:
    return [_cell(f, str(f.conditions["edge"]), 100.0) for f in _of(facts, "ms_to_ss_change")]


KEY = KeyPart(
    columns=columns("distances_angstrom distances_verdict distortion distortion_verdict"),
    row=_key_row,
    shown=(
        KeyColumn(head="first shell / Å", cells=_distances),
        KeyColumn(head="MS/SS against the reference / %", cells=_changes),
    ),
)
