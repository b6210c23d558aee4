"""The table of facts: what every technique published, as rows; ``hse diff`` compares two runs by it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pipeline.core.summary import RunSummary
from pipeline.core.tables import Row, Table, columns, number

FACTS = columns(
    "sample technique quantity conditions value:number sigma:number low95:number high95:number unit verdict verdict_code "
    "details source"
)


def facts_table(summary: RunSummary) -> Table:
    """One row per fact; a value that its verdict withholds is empty."""
    rows = []
    for f in summary.facts:
        shown = f.shown
        row: Row = {
            "sample": f.sample,
            "technique": f.technique,
            "quantity": f.quantity,
            "conditions": _words(f.conditions),
            "unit": f.value.unit if f.value else "",
            "verdict": f.verdict.level,
            "verdict_code": f.verdict.code,
            "details": _words(f.details),
            "source": "; ".join(f.source),
        }
        if shown is not None:
            ends = {"low95": number(shown.low), "high95": number(shown.high)}
            row |= {"value": number(shown.value), "sigma": number(shown.sigma), **ends}
        rows.append(row)
    return Table(row="fact", columns=FACTS, rows=tuple(rows))


def _words(pairs: Mapping[str, str | float | bool]) -> str:
    """``edge=Ta L3; method=single``: numbers as they are, text without quotes."""
    return "; ".join(f"{k}={v if isinstance(v, str) else json.dumps(v)}" for k, v in pairs.items())
