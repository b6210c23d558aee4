"""A grid of cells -> a table: the line that names the columns is found, and the columns that are asked for are kept.

Which names are wanted is a technique's word: it hands over ``wanted``, which says of a name what it is good for ('' for
nothing).  The header is the first line that names enough of them.  Cells come in chunks of rows, so that a sheet of a million
rows is never there as a million lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from pipeline.core.errors import ReadError
from pipeline.instruments.sheets.cells import Column, ColumnBuilder

HEADER_ROWS = 400
"""A header further down is none: descriptions of a test take a hundred lines."""
MAX_COLUMNS = 400
MAX_ROWS = 4_000_000
CHUNK_ROWS = 20_000

Wanted = Callable[[str], str]
"""A column's name -> what it is good for, '' for nothing."""
Enough = Callable[[frozenset[str]], bool]
"""What the names of a line are good for -> whether the line is a header."""
Cells = Callable[[int], Sequence[Any]]
"""Number of a column -> its cells in one chunk of rows."""


class Grid(Protocol):
    """Rows of cells, from a spreadsheet or from text."""

    def rows(self) -> Iterator[Sequence[Any]]:
        """From the first."""

    def chunks(self, after: int) -> Iterator[tuple[int, Cells]]:
        """(number of rows, cells by column) behind the first ``after`` rows, which :meth:`rows` has given."""


class RowGrid:
    """A grid from rows that come once."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._rows = iter(rows)

    def rows(self) -> Iterator[Sequence[Any]]:
        """Those that were not taken yet."""
        return self._rows

    def chunks(self, after: int) -> Iterator[tuple[int, Cells]]:
        """What :meth:`rows` has left."""
        del after
        while chunk := list(islice(self._rows, CHUNK_ROWS)):
            kept = [row for row in chunk if row]
            if kept:
                yield len(kept), cells_of(kept)


def cells_of(rows: Sequence[Sequence[Any]]) -> Cells:
    """Columns of rows that may be of different lengths."""

    def cells(place: int) -> Sequence[Any]:
        return [row[place] if place < len(row) else None for row in rows]

    return cells


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SheetTable:
    """One table of one sheet."""

    sheet: str
    """Its name, '' for text."""
    columns: tuple[Column, ...]
    """Those that were wanted, in their order."""
    names: tuple[str, ...]
    """Of all columns, as written."""
    above: tuple[str, ...]
    """Lines above the header, cells joined by a blank: what the export says of the test."""
    n_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a technique asks of a sheet."""

    wanted: Wanted
    enough: Enough
    idle: Callable[[frozenset[str]], frozenset[str]] = lambda _: frozenset()
    """What all names are good for -> what need not be read beside the rest."""


def read_table(name: str, sheet: str, grid: Grid, asking: Asking, *, decimal_comma: bool = False) -> SheetTable | None:
    """The table of a sheet, or None where no line names enough of the columns that are asked for.

    Raises
    ------
    ReadError
        More rows than a test has.
    """
    found = find_header(grid.rows(), asking)
    if found is None:
        return None
    header, above, after = found
    roles = {i: asking.wanted(n) for i, n in enumerate(header) if n}
    idle = asking.idle(frozenset(roles.values()))
    places = [i for i, role in roles.items() if role and role not in idle]
    builders = [ColumnBuilder(header[i], i, decimal_comma) for i in places]
    n_rows = 0
    for n, cells in grid.chunks(after):
        n_rows += n
        if n_rows > MAX_ROWS:
            raise ReadError(source=name, field="rows", problem=f"more than {MAX_ROWS} rows", hint="export it in parts")
        for b in builders:
            b.add(cells(b.place))
    columns = tuple(b.column() for b in builders)
    return SheetTable(sheet=sheet, columns=columns, names=tuple(header), above=tuple(above), n_rows=n_rows)


def find_header(lines: Iterator[Sequence[Any]], asking: Asking) -> tuple[list[str], list[str], int] | None:
    """Names of the columns, the lines above them, and how many rows were taken; None where no line is a header."""
    above: list[str] = []
    for number, row in enumerate(islice(lines, HEADER_ROWS), start=1):
        texts = [name_text(c) for c in row[:MAX_COLUMNS]]
        if asking.enough(frozenset(asking.wanted(t) for t in texts if t) - {""}):
            while texts and not texts[-1]:
                texts.pop()
            return texts, above, number
        line = " ".join(t for t in texts if t)
        if line:
            above.append(line[:300])
    return None


def name_text(cell: Any) -> str:
    """A cell of a header as text."""
    return cell.strip().strip("\"'").strip().lstrip("\ufeff") if isinstance(cell, str) else ""
