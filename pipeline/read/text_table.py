"""Tables of numbers in a text file: where they are, how they are separated, and the names above them.

A block is a run of lines with the same number of numbers.  Delimiter and decimal sign are those that turn most of a sample of the
lines into numbers; a comma is a decimal sign where it does better than the point.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ReadError
from pipeline.model.measurement import FloatArray, RawFile
from pipeline.read.roles import ColumnName, read_name
from pipeline.read.text import count_lines, decode_text, is_binary, split_lines, to_float

SAMPLE_LINES = 3000
"""Lines on which the delimiter is decided; headers of hundreds of lines are common, of thousands unknown."""
MAX_ROWS = 1_000_000
HEADER_LINES = 6
"""How far above the numbers their names may stand (blank lines and a line of units between)."""
Block = tuple[int, FloatArray]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TextTable:
    """Blocks of numbers under the same names."""

    names: tuple[ColumnName, ...]
    """One per column."""
    values: FloatArray
    """(rows, columns)"""
    breaks: tuple[int, ...]
    """Rows before which the text held a new header: another spectrum or sweep."""
    delimiter: str
    decimal_comma: bool

    @property
    def named(self) -> bool:
        """True where a header names any column."""
        return any(n.text for n in self.names)

    @property
    def shown(self) -> str:
        """The names, for a message."""
        return ", ".join(n.text for n in self.names if n.text)[:150] or f"{self.values.shape[1]} unnamed columns"


def find_tables(raw: RawFile, decimal: str) -> tuple[TextTable, ...]:
    """All tables of a text file, the longest first.

    Parameters
    ----------
    raw:
        The bytes.
    decimal:
        ``point``, ``comma`` or ``auto``.

    Raises
    ------
    ReadError
        Binary, no run of numeric lines, or more rows than an instrument exports.
    """
    if is_binary(raw.data):
        raise ReadError(source=raw.name, field="file", problem="is binary, not a text table", hint="wrong suffix?")
    count = count_lines(raw.data)
    if count > MAX_ROWS:
        raise ReadError(source=raw.name, field="rows", problem=f"{count} lines are more than an instrument exports")
    lines = split_lines(decode_text(raw.data))
    delimiter, comma = _choose(raw, lines[:SAMPLE_LINES], decimal)
    blocks = _blocks(lines, delimiter, comma)
    if not blocks:
        raise _no_table(raw)
    tables: dict[tuple[str, ...], list[Block]] = {}
    for start, numbers in blocks:
        names = _header(lines, start, delimiter, numbers.shape[1])
        known = [n for n in tables if not any(names) and len(n) == len(names)]
        tables.setdefault(known[-1] if known else names, []).append((start, numbers))
    found = [
        TextTable(
            names=tuple(read_name(n) for n in names),
            values=np.concatenate([b for _, b in group]),
            breaks=tuple(int(n) for n in np.cumsum([b.shape[0] for _, b in group])[:-1]),
            delimiter={"\t": "tab", ";": "semicolon", ",": "comma"}.get(delimiter or "", "blank"),
            decimal_comma=comma,
        )
        for names, group in tables.items()
    ]
    return tuple(sorted(found, key=lambda t: -t.values.shape[0]))


def _no_table(raw: RawFile) -> ReadError:
    return ReadError(source=raw.name, field="rows", problem="no table of numbers", hint="is it an instrument's export?")


def _choose(raw: RawFile, sample: list[str], decimal: str) -> tuple[str | None, bool]:
    """Delimiter (None for blanks) and whether the comma is the decimal sign."""
    commas = {"point": (False,), "comma": (True,)}.get(decimal, (False, True))
    best, chosen = 0, None
    for comma in commas:
        for delimiter in ("\t", ";", ",", None):
            if comma and delimiter == ",":
                continue
            score = sum(int(np.isfinite(b).sum()) for _, b in _blocks(sample, delimiter, comma))
            if score > best:
                best, chosen = score, (delimiter, comma)
    if chosen is None:
        raise _no_table(raw)
    return chosen


def _blocks(lines: Sequence[str], delimiter: str | None, comma: bool) -> list[Block]:
    """Runs of lines with the same number of numbers, with the line each begins at; short runs beside long ones left out."""
    runs: list[tuple[int, list[list[float]]]] = []
    current: list[list[float]] = []
    start = 0
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        row = _row(line, delimiter, comma)
        if row is None or (current and len(row) != len(current[0])):
            if current:
                runs.append((start, current))
            current = []
        if row is not None:
            if not current:
                start = number
            current.append(row)
    if current:
        runs.append((start, current))
    longest = max((len(r) for _, r in runs), default=0)
    return [(s, np.array(r)) for s, r in runs if len(r) >= min(3, longest)]


def split_fields(line: str, delimiter: str | None) -> list[str]:
    """Fields without the quotes and blanks around them; a delimiter inside quotes is none."""
    if '"' in line and delimiter is not None:
        try:
            return [f.strip() for f in next(csv.reader([line.strip("\r\n")], delimiter=delimiter), [])]
        except csv.Error:
            pass
    return [f.strip().strip('"').strip() for f in line.split(delimiter)]


def _row(line: str, delimiter: str | None, comma: bool) -> list[float] | None:
    if len(line) > 20_000 or not any(c.isdigit() for c in line):
        return None
    fields = split_fields(line, delimiter)
    while fields and not fields[-1]:
        fields.pop()
    if fields and not fields[0]:
        fields = fields[1:]
    if len(fields) < 2:
        return None
    if comma:
        if any("." in f and "," in f for f in fields):
            return None
        fields = [f.replace(",", ".") for f in fields]
    out = [to_float(f) for f in fields]
    words = sum(math.isnan(v) and f.lower() not in ("nan", "") for f, v in zip(fields, out, strict=True))
    return out if words <= max(0, (len(fields) - 3) // 2) and words < len(fields) else None


def _header(lines: Sequence[str], first: int, delimiter: str | None, width: int) -> tuple[str, ...]:
    """Names from the nearest line above the numbers that can name columns; a line of units below it is added."""
    units: list[str] = []
    for line in reversed(lines[max(0, first - HEADER_LINES) : first]):
        if len(line) > 20_000:
            continue
        for d in dict.fromkeys((delimiter, "\t", ",", ";", None)):
            fields = [f.lstrip("#").strip() for f in split_fields(line, d)]
            if fields and not fields[0] and len(fields) > width:
                fields = fields[1:]
            fields = [f for f in fields if f] if d in ("\t", None) else fields
            fields = _join_units(fields)
            if not width <= len(fields) + 1 <= width + 3:
                continue
            if sum(read_name(f).role is not None for f in fields) >= 2:
                named = (fields + [""] * width)[:width]
                if len(units) == len(named):
                    named = [f"{n} {u}" if u and u != "#" else n for n, u in zip(named, units, strict=True)]
                return tuple(named)
            if not units and any(
                re.search(r"^[(\[]?(k?hz|[km]?ohms?|m?s|m?v|[mµu]?a|°|deg)[)\]]?$", f, re.IGNORECASE) for f in fields
            ):
                units = (fields + [""] * width)[:width]
                break
    return ("",) * width


def _join_units(fields: list[str]) -> list[str]:
    """``Freq``, ``(Hz)`` split by blanks are one name."""
    out: list[str] = []
    for f in fields:
        if out and re.fullmatch(r"[(\[][^)\]]*[)\]]", f):
            out[-1] += " " + f
        else:
            out.append(f)
    return out
