"""Two tables of written cells: which rows belong together, and in each column the cells that are not the same.

Rows that are the same in every cell belong together first, the rest by their identity, the n-th with the n-th: the first column,
and of the others of text or counts, from the left, each that tells more rows apart (never a verdict, reason, hint or problem:
those are results).
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.core.diff.cells import compare_cells, in_sigma, number

Row = dict[str, str]
"""Column -> cell as written."""
LONGEST_CELL = 200_000_000
RESULTS = ("reason", "hint", "verdict", "problem")
COUNT = re.compile(r"-?\d*")
FACT = ("sample", "technique", "quantity", "conditions")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChange:
    """A cell that differs: its row, the pieces that show it, and how far they are apart."""

    row: str
    before: str
    after: str
    relative: float
    """Infinite for words, and where one cell is empty."""
    sigmas: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChange:
    """Two tables (or files, as tables) of one name that are not the same."""

    name: str
    n_rows: tuple[int, int] = (0, 0)
    apart: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """``rows gone``, ``rows new``, ``columns gone``, ``columns new``: their names, where there are any."""
    columns: Mapping[str, Sequence[CellChange]] = field(default_factory=dict)
    note: str = ""
    """Why they could not be read as tables."""

    @property
    def size(self) -> float:
        """What puts the largest change first; infinite where something came, went or reads differently."""
        largest = max((cell.relative for cells in self.columns.values() for cell in cells), default=0.0)
        return math.inf if self.note or self.apart else largest


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """One fact that changed, as its rows of facts.csv; ``before`` is empty where it is new, ``after`` where it is gone."""

    before: Row
    after: Row
    columns: tuple[str, ...] = ()
    """Where it is in both runs: the columns that differ."""
    relative: float = 0.0
    sigmas: float | None = None
    """None where a value or sigma is wanting, or the units differ."""


def parse_csv(data: bytes) -> list[Row]:
    """Read the rows of a table from UTF-8; ValueError where one is longer or shorter than the header."""
    csv.field_size_limit(LONGEST_CELL)  # a list of masked points may be longer than the default
    header, *rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) if row] or [[]]
    for i, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise ValueError(f"row {i} has {len(row)} cells, the header {len(header)}")
    return [dict(zip(header, row, strict=True)) for row in rows]


def identity_columns(before: Sequence[Row], after: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns by which the rows of both tables are matched; see the module's rule."""
    chosen: tuple[str, ...] = ()
    most, all_apart = 0, len(before) + len(after)
    for c in (c for c in common_columns(before, after) if not any(word in c for word in RESULTS)):
        cells = [row[c] for rows in (before, after) for row in rows]
        if not chosen or all(map(COUNT.fullmatch, cells)) or any(number(x) is None for x in cells):
            apart = sum(len({tuple(row[k] for k in (*chosen, c)) for row in rows}) for rows in (before, after))
            chosen, most = ((*chosen, c), apart) if apart > most else (chosen, most)
        if most == all_apart:
            break
    return chosen


def common_columns(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    """Return the columns of both tables; none where one has no row."""
    return [c for c in before[0] if c in after[0]] if before and after else []


def _match_rows(old: Iterable[Hashable], new: Iterable[Hashable]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pairs of rows with the same key (the n-th with the n-th), rows that are gone, rows that are new; as indices."""
    a, b = _numbered(old), _numbered(new)
    return [(i, b[k]) for k, i in a.items() if k in b], [a[k] for k in a if k not in b], [b[k] for k in b if k not in a]


def _numbered(keys: Iterable[Hashable]) -> dict[tuple[Hashable, int], int]:
    seen: Counter[Hashable] = Counter()
    found = {}
    for i, key in enumerate(keys):
        seen[key] += 1
        found[key, seen[key]] = i
    return found


def compare_tables(
    name: str, both: Sequence[Sequence[Row]], rtol: float, identity: Sequence[str], noun: str = ""
) -> TableChange | None:
    """Compare two tables; None where they are the same. A row is called by its identity, or by the ``noun`` and its number."""
    common = common_columns(*both)

    def label(i: int, row: Row) -> str:
        return ", ".join(row[c] for c in identity if row[c] and not noun) or f"{noun or 'row'} {i + 1}"

    _, *rest = _match_rows(*([tuple(row[c] for c in common) for row in rows] for rows in both))
    old, new = ([(label(i, rows[i]), rows[i]) for i in lone] for rows, lone in zip(both, rest, strict=True))
    pairs, gone, came = _match_rows(*([tuple(row[c] for c in identity) for _, row in rows] for rows in (old, new)))
    headers = [list(rows[0]) if all(both) else [] for rows in both]
    apart = {
        "rows gone": [old[i][0] for i in gone],
        "rows new": [new[j][0] for j in came],
        "columns gone": [c for c in headers[0] if c not in common],
        "columns new": [c for c in headers[1] if c not in common],
    }
    apart = {word: names for word, names in apart.items() if names}
    matched = [(*old[i], new[j][1]) for i, j in pairs]
    columns = {c: cells for c in common if c not in identity and (cells := _compare_column(c, matched, rtol))}
    change = TableChange(name=name, n_rows=(len(both[0]), len(both[1])), apart=apart, columns=columns)
    return change if apart or columns else None


def _compare_column(column: str, matched: Sequence[tuple[str, Row, Row]], rtol: float) -> list[CellChange]:
    found = []
    for row, a, b in matched:
        relative, before, after = compare_cells(a[column], b[column])
        if relative > rtol:
            sigmas = in_sigma(a[column], b[column], a.get(f"{column}_sigma", ""), b.get(f"{column}_sigma", ""))
            found.append(CellChange(row=row, before=before, after=after, relative=relative, sigmas=sigmas))
    return found


def compare_facts(old: Sequence[Row], new: Sequence[Row], rtol: float) -> tuple[int, list[FactChange]]:
    """Count the facts of both runs; those that came or went, then new verdicts, then the other changes by their size in sigma."""
    pairs, gone, came = _match_rows(*([tuple(f.get(c, "") for c in FACT) for f in facts] for facts in (old, new)))
    changed = []
    for a, b in ((old[i], new[j]) for i, j in pairs):
        apart = {c: compare_cells(a.get(c, ""), b.get(c, ""))[0] for c in a | b}
        if columns := tuple(c for c, relative in apart.items() if relative > rtol):
            cells = [fact.get(c, "") for c in ("value", "sigma") for fact in (a, b)]
            sigmas = in_sigma(*cells) if a.get("unit") == b.get("unit") else None
            relative = apart.get("value", 0.0)
            changed.append(FactChange(before=a, after=b, columns=columns, relative=relative, sigmas=sigmas))
    changed.sort(key=lambda f: ("verdict" not in f.columns, -abs(f.sigmas or 0.0), -f.relative))
    ends = [FactChange(before=old[i], after={}) for i in gone] + [FactChange(before={}, after=new[j]) for j in came]
    return len(pairs), ends + changed
