"""What a page is made of: sections of prose, tables, pictures and lists. Plain text everywhere; the template escapes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.core.values import Verdict

Mark = Literal[
    "", "resolved", "weak", "unresolved", "refused", "pass", "fail", "cannot decide", "info", "warning", "error"
]

MAX_ROWS = 150
"""Rows of one table on the page; the file beside it has them all. 1,000 spectra must not make a page of 50 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its text, and the verdict it carries as a mark of shape and colour."""

    text: str
    mark: Mark = ""
    note: str = ""
    """The reason, in small print under the text."""
    numeric: bool = False
    files: tuple[str, ...] = ()
    """Paths from the results' folder, as links."""
    under: tuple[Cell, ...] = ()
    """More of the same cell, line by line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Paragraphs."""

    paragraphs: tuple[str, ...]
    kind: str = "prose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table of the page, with the files that hold the whole of it."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    n_rows: int
    """In the whole table; more than ``len(rows)`` where the page shows its beginning only."""
    files: tuple[str, ...] = ()
    folded: bool = False
    kind: str = "grid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """A list of lines, each with a mark."""

    items: tuple[Cell, ...]
    title: str = ""
    folded: bool = False
    kind: str = "bullets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure in the page, and its files."""

    number: int
    source: str
    """data: URI of the SVG; empty where the page only links to it."""
    alt: str
    caption: str
    files: tuple[str, ...]
    width_in: float
    folded: bool = False
    kind: str = "picture"


Block = Prose | Grid | Bullets | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with what stands under it."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    parts: tuple[Section, ...] = ()


def verdict_cell(verdict: Verdict) -> Cell:
    """The level as a mark, the reason under it."""
    return Cell(text=verdict.level, mark=verdict.level, note=verdict.reason)


def numeric(text: str) -> Cell:
    """A cell of a column of numbers."""
    return Cell(text=text, numeric=True)


def measured(text: str, interval: str = "", *more: str) -> Cell:
    """A number with its 95 % interval under it, and what else is to be said of it."""
    return Cell(text=text, numeric=True, note="; ".join(t for t in (interval, *more) if t))


def grid(caption: str, head: str, rows: Iterable[Sequence[Cell | str]], *files: str, folded: bool = False) -> Grid:
    """A table from rows of cells and plain texts; ``head`` is separated by ``|``. Cut at MAX_ROWS."""
    cells = [tuple(c if isinstance(c, Cell) else Cell(text=c) for c in row) for row in rows]
    names = tuple(h.strip() for h in head.split("|"))
    return Grid(
        caption=caption, head=names, rows=tuple(cells[:MAX_ROWS]), n_rows=len(cells), files=files, folded=folded
    )


def anchor(*parts: str) -> str:
    """An id for a link, made of letters, digits and hyphens."""
    text = "-".join(parts)
    return "".join(c if c.isalnum() else "-" for c in text)
