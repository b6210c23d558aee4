"""A difference of two runs in words: each group in one line first, then facts, tables, and the largest changes of files."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.core.diff.cells import number
from pipeline.core.diff.folders import NOT_COMPARED, ResultsDiff
from pipeline.core.diff.tables import CellChange, FactChange, Row, TableChange
from pipeline.core.words import number_text


def describe_diff(diff: ResultsDiff, most: int = 10) -> list[str]:
    """Lines for a person; of figures and archive the ``most`` largest changes. No cell can command a terminal."""
    counts = ", ".join(f"{g.n_files} in {g.kind}/" for g in diff.groups)
    lines = [f"no difference ({diff.n_facts} facts; files: {counts})"]
    if diff.differs:
        lines = [f"facts: {_count_facts(diff)}"]
        for g in diff.groups:
            parts = [f"{len(g.changed)} of {g.n_files} changed"] if g.changed else []
            parts += [*_name("missing", g.missing), *_name("new", g.new)]
            lines.append(f"{g.kind}: {'; '.join(parts) or f'no difference ({g.n_files})'}")
    lines += [f"not compared: {', '.join(NOT_COMPARED)}", *(["", "FACTS"] if diff.facts else [])]
    lines += [f"  {_describe_fact(f)}" for f in diff.facts]
    for group in (g for g in diff.groups if g.changed):
        shown = sorted(group.changed, key=lambda c: -c.size)[: None if group.kind == "tables" else most]
        few = f" (the {most} largest changes of {len(group.changed)})" if len(shown) < len(group.changed) else ""
        lines += ["", group.kind.upper() + few, *(f"  {line}" for c in shown for line in _describe_table(c))]
    return ["".join(c if c.isprintable() else " " for c in line) for line in lines]


def _count_facts(diff: ResultsDiff) -> str:
    changed, verdicts = (sum(c in f.columns for f in diff.facts) for c in ("value", "verdict"))
    gone, new = sum(not f.after for f in diff.facts), sum(not f.before for f in diff.facts)
    counts = {
        "changed": len(diff.facts) - gone - new,
        "in value": changed,
        "in verdict": verdicts,
        "gone": gone,
        "new": new,
    }
    return ", ".join(f"{n} {word}" for word, n in counts.items() if n) or f"no difference ({diff.n_facts})"


def _name(word: str, names: Sequence[str], most: int = 5) -> list[str]:
    """``missing (2): a, b``; nothing where there are none."""
    text = ", ".join(n.removesuffix(".csv") for n in names[:most])
    return [f"{word} ({len(names)}): {text}{f' and {len(names) - most} more' * (len(names) > most)}"] if names else []


def _describe_fact(fact: FactChange) -> str:
    a, b = fact.before, fact.after
    one = a or b
    head = f"{one.get('sample')}: {one.get('quantity')}" + (f" ({one['conditions']})" if one.get("conditions") else "")
    if not (a and b):
        return f"{head}: {'gone' if a else 'new'}: {_quantity(one)}, {one.get('verdict')}"
    parts = [f"{_quantity(a)} → {_quantity(b)}"]
    if "value" in fact.columns:
        parts += [f"{fact.sigmas:+.2g} sigma"] if fact.sigmas is not None else []
        parts += [f"{fact.relative:.2g} relative"] if math.isfinite(fact.relative) else []
    parts.append(" → ".join(dict.fromkeys(f.get("verdict", "") for f in (a, b))))
    shown = {"value", "sigma", "unit", "verdict", *(("low95", "high95") if "value" in fact.columns else ())}
    parts += [f"{c} {a.get(c) or 'none'} → {b.get(c) or 'none'}" for c in fact.columns if c not in shown]
    return f"{head}: {', '.join(parts)}"


def _quantity(fact: Row) -> str:
    value, sigma = (number(fact.get(c, "")) for c in ("value", "sigma"))
    if value is None or math.isnan(value):
        return "withheld" if value is not None else fact["value"]
    return f"{number_text(value, sigma if sigma and math.isfinite(sigma) else 0.0)} {fact.get('unit', '')}".rstrip()


def _describe_table(change: TableChange) -> list[str]:
    size = " → ".join(str(n) for n in dict.fromkeys(change.n_rows))
    head = change.name.removesuffix(".csv") + (f": {change.note}" if change.note else f" ({size} rows)")
    apart = [line for word, names in change.apart.items() for line in _name(word, names)]
    columns = [f"{column}: {_describe_cells(cells)}" for column, cells in change.columns.items()]
    return [head, *(f"  {line}" for line in (*apart, *columns))]


def _describe_cells(cells: Sequence[CellChange]) -> str:
    one = max(cells, key=lambda c: (abs(c.sigmas or 0.0), c.relative))
    sizes = [f"{one.relative:.2g} relative"] if math.isfinite(one.relative) else []
    sizes += [f"{abs(one.sigmas):.2g} sigma"] if one.sigmas else []
    short = [f"{x:.6g}" if (x := number(cell)) is not None else cell for cell in (one.before, one.after)]
    pair = short if short[0] != short[1] else (one.before, one.after)
    shown = f"{one.row}: {' → '.join('empty' if x == 'nan' else x or 'empty' for x in pair)}"
    return "; ".join((f"{len(cells)} differ", *([f"largest {', '.join(sizes)}"] if sizes else []), shown))
