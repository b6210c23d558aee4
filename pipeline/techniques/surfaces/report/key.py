"""The largest change of a surface in the key table, from facts alone."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.key import KeyCell, KeyColumn, KeyPart
from pipeline.core.report.text import estimate_text, plain
from pipeline.core.tables import Row, columns, spread
from pipeline.core.values import Fact

COLUMNS = columns("xps_largest_change:sigma xps_largest_change_of xps_verdict xps_upper95:number")


def _largest(facts: Sequence[Fact]) -> Fact | None:
    """The change that is most significant, of those that are given."""
    changes = [f for f in facts if f.quantity == "area_fraction_change" and f.shown is not None]
    return max(changes, key=_significance, default=None)


def _significance(fact: Fact) -> float:
    value = fact.value
    return 0.0 if value is None or value.sigma == 0 else abs(value.value) / value.sigma


def _limit(fact: Fact) -> float:
    return float(fact.details.get("upper95", 0.0))


def _absent(facts: Sequence[Fact]) -> Fact | None:
    """Where no change is given: the species without a number whose limit is highest."""
    found = [f for f in facts if f.quantity == "area_fraction_change" and f.shown is None and _limit(f) > 0]
    return max(found, key=_limit, default=None)


def change_name(fact: Fact) -> str:
    """``S 2p P-S-P, pristine → 4V``."""
    c = fact.conditions
    return f"{c['region']} {c['component']}, {c['from_state']} → {c['to_state']}"


def key_row(facts: Sequence[Fact]) -> Row:
    """The most significant change, and of what; the highest limit where there is none."""
    fact = _largest(facts)
    if fact is None:
        absent = _absent(facts)
        if absent is None:
            return {}
        named = {"xps_largest_change_of": change_name(absent), "xps_verdict": absent.verdict.level}
        return {**named, "xps_upper95": _limit(absent)}
    return {
        **spread("xps_largest_change", fact.shown, interval=False),
        "xps_largest_change_of": change_name(fact),
        "xps_verdict": fact.verdict.level,
    }


def change_cells(facts: Sequence[Fact]) -> tuple[KeyCell, ...]:
    """``+5.1 ± 0.4`` %, with what it is of."""
    fact = _largest(facts)
    if fact is None:
        absent = _absent(facts)
        if absent is None:
            return ()
        text = f"at most {plain(100 * _limit(absent), 2)}"
        return (KeyCell(text=text, verdict=absent.verdict, notes=(change_name(absent), absent.verdict.reason)),)
    notes = (change_name(fact), fact.verdict.reason)
    return (KeyCell(text=estimate_text(fact.shown, 100), verdict=fact.verdict, notes=notes),)


KEY = KeyPart(columns=COLUMNS, row=key_row, shown=(KeyColumn(head="largest XPS change / %", cells=change_cells),))
