"""Cells -> one column of numbers: plain numbers, clock times in seconds, dates in seconds, words as numbers into a list.

Rows come in chunks, so that a sheet of a million rows is never there as a million lists of objects.  A column whose cells are
of one kind costs eight bytes a row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray

Kind = Literal["number", "clock", "date", "words"]
EPOCH = datetime(1970, 1, 1)
ZERO_DAY = datetime(1899, 12, 30)
MISSING = frozenset(("", "-", "--", "---", "nan", "none", "null", "n/a", "na"))
MAX_WORDS = 2000
"""Different words in one column; a column of free text is not kept further."""
CLOCK = re.compile(r"(-?)(?:(\d+)\s*[d.\-]\s*)?(\d+):(\d{1,2})(?::(\d{1,2}(?:[.,]\d+)?))?")
DATES = (
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%Y-%m-%d",
)
"""Month before day with slashes, as the testers that write so do; only differences are used."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Column:
    """One column under its name."""

    name: str
    """As written."""
    place: int
    """Its number in the sheet, from 0."""
    values: FloatArray
    """(n,) NaN where a cell is empty or holds what the others do not."""
    kind: Kind
    """number; clock and date: seconds; words: numbers into ``words``."""
    words: tuple[str, ...] = ()
    n_filled: int = 0
    """Rows down to the last cell that holds anything."""


def parse_clock(text: str) -> float | None:
    """Seconds of ``0:01:30.5``, ``12:30``, ``2d 03:00:00``, ``1.02:00:00``; None for anything else."""
    found = CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    sign, days, hours, minutes, seconds = found.groups()
    total = int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float((seconds or "0").replace(",", "."))
    return -total if sign else total


def parse_date(text: str, form: str = "") -> float | None:
    """Seconds since 1970 of a date with its time, None for anything else; by ``form`` where it is given."""
    stripped = text.strip()
    form = form or date_form(stripped)
    try:
        return (datetime.strptime(stripped, form) - EPOCH).total_seconds() if form else None
    except ValueError:
        return None


@lru_cache(maxsize=64)
def date_form(text: str) -> str:
    """The form that a text is a date in, '' where there is none."""
    if not text[:1].isdigit() or not 8 <= len(text) <= 30:
        return ""
    for form in DATES:
        try:
            datetime.strptime(text, form)
        except ValueError:
            continue
        return form
    return ""


@dataclass(slots=True)
class ColumnBuilder:
    """One column while its chunks come in."""

    name: str
    place: int
    decimal_comma: bool = False
    kind: Kind | None = None
    """None until a cell has said it."""
    codes: dict[str, int] = field(default_factory=dict)
    parts: list[FloatArray] = field(default_factory=list)
    n_rows: int = 0
    n_filled: int = 0
    date_form: str = ""
    """Of dates that are written as words, once one was read."""

    def add(self, cells: Sequence[Any]) -> None:
        """One chunk. A word over numbers in the first line is the unit."""
        if self.n_rows == 0 and len(cells) > 1 and self._is_unit(cells):
            self.name, cells = f"{self.name} ({str(cells[0]).strip().strip('()[]')})", [None, *cells[1:]]
        part = self._fast(cells)
        if part is None:
            part = np.array([self._slow(c) for c in cells], dtype=float)
        filled = np.flatnonzero(~np.isnan(part))
        if filled.size:
            self.n_filled = self.n_rows + int(filled[-1]) + 1
        self.n_rows += part.size
        self.parts.append(part)

    def _is_unit(self, cells: Sequence[Any]) -> bool:
        """True where the first line below the header names a unit: a word over numbers."""
        kinds = [_understand(c, self.decimal_comma)[1] for c in cells[:2]]
        return kinds[0] == "words" and kinds[1] in ("number", "clock", "date")

    def column(self) -> Column:
        """What has come in."""
        values = np.concatenate(self.parts) if self.parts else np.empty(0)
        return Column(
            name=self.name,
            place=self.place,
            values=values,
            kind=self.kind or "number",
            words=tuple(self.codes),
            n_filled=self.n_filled,
        )

    def _fast(self, cells: Sequence[Any]) -> FloatArray | None:
        """A chunk whose cells are all of the column's kind, or None."""
        try:
            if self.kind in (None, "number"):
                if self.decimal_comma:
                    cells = [c.replace(",", ".") if isinstance(c, str) else c for c in cells]
                return self._numbers(cells)
            if self.kind == "words":
                codes = self.codes
                return np.fromiter((codes[c] for c in cells), dtype=float, count=len(cells))
            if self.kind == "clock":
                return _clocks(cells)
            if self.kind == "date":
                return _iso_dates(cells)
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
        return None

    def _numbers(self, cells: Sequence[Any]) -> FloatArray:
        try:
            found = np.fromiter(map(float, cells), dtype=float, count=len(cells))
        except (ValueError, TypeError):
            empty = ("", "-", None)
            filled = (math.nan if c in empty else float(c) for c in cells)
            found = np.fromiter(filled, dtype=float, count=len(cells))
            if np.isnan(found).all():
                return found
        self.kind = "number"
        return found

    def _slow(self, cell: Any) -> float:
        """One cell of any kind; the first that holds anything decides the kind of the column."""
        if self.date_form and isinstance(cell, str):
            seconds = parse_date(cell, self.date_form)
            if seconds is not None:
                return seconds
        value, kind, word = _understand(cell, self.decimal_comma)
        if kind == "date" and word:
            self.date_form = date_form(word)
        if kind is None:
            return math.nan
        if self.kind is None:
            self.kind = kind
        if self.kind == "words":
            text = word or str(cell).strip()
            if text not in self.codes and len(self.codes) >= MAX_WORDS:
                return math.nan
            return float(self.codes.setdefault(text, len(self.codes)))
        if self.kind != kind:
            return math.nan
        return value


def _understand(cell: Any, decimal_comma: bool) -> tuple[float, Kind | None, str]:
    """Value, kind (None for an empty cell) and word of one cell."""
    if cell is None or isinstance(cell, bool):
        return math.nan, None, ""
    if isinstance(cell, (int, float)):
        return float(cell), "number" if math.isfinite(cell) else None, ""
    if isinstance(cell, datetime) and cell.year < 1920:  # a spreadsheet's duration of a day and more
        return (cell - ZERO_DAY).total_seconds(), "clock", ""
    if isinstance(cell, datetime):
        return (cell.replace(tzinfo=None) - EPOCH).total_seconds(), "date", ""
    if isinstance(cell, date):
        return float((datetime(cell.year, cell.month, cell.day) - EPOCH).total_seconds()), "date", ""
    if isinstance(cell, timedelta):
        return cell.total_seconds(), "clock", ""
    if isinstance(cell, time):
        return cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond * 1e-6, "clock", ""
    text = str(cell).strip().strip("\"'\t ")
    if text.lower() in MISSING:
        return math.nan, None, ""
    number = _number(text, decimal_comma)
    if number is not None:
        return number, "number", text
    for read, kind in ((parse_clock, "clock"), (parse_date, "date")):
        seconds = read(text)
        if seconds is not None:
            return seconds, kind, text  # type: ignore[return-value]
    return math.nan, "words", text


def _number(text: str, decimal_comma: bool) -> float | None:
    if "_" in text:
        return None
    plain = text.replace(",", ".") if decimal_comma else text
    if not decimal_comma and re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", plain):
        plain = plain.replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return None


def _clocks(cells: Sequence[Any]) -> FloatArray:
    """``h:m:s`` texts that all have three parts, at once; ValueError where they have not."""
    joined = ":".join(cells)
    parts = 3
    if "d" in joined:  # 0d 00:00:00.00
        joined, parts = joined.replace("d", ":"), 4
    if joined.count(":") != parts * len(cells) - 1 or "-" in joined:
        raise ValueError
    numbers = np.fromiter(map(float, joined.split(":")), dtype=float, count=parts * len(cells)).reshape(-1, parts)
    if np.any(numbers[:, :-1] % 1):  # 1.02:00:00 has days before the point
        raise ValueError
    return np.asarray(numbers @ np.array([86400.0, 3600.0, 60.0, 1.0])[-parts:])


def _iso_dates(cells: Sequence[Any]) -> FloatArray:
    """``2024-01-31 12:00:00`` texts at once; ValueError where they are written otherwise."""
    if cells and isinstance(cells[0], str) and "/" in cells[0][:5]:
        cells = [c.replace("/", "-") for c in cells]
    if not all(len(c) >= 10 and c[4] == "-" and c[7] == "-" for c in cells):
        raise ValueError
    stamps: NDArray[np.datetime64] = np.array(cells, dtype="datetime64[ms]")
    if np.isnat(stamps).any():
        raise ValueError
    return np.asarray(stamps.astype("int64") * 1e-3)
