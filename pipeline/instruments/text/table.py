"""Tables of numbers in a text file: where they are, how they are separated, and the names above them.

A block is a run of lines with the same number of numbers.  Delimiter and decimal sign are those that turn most of a sample of the
lines into numbers; a comma is a decimal sign where it does better than the point.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.text.decode import count_lines, decode_text, is_binary, split_lines, to_float
from pipeline.instruments.text.roles import ColumnName, read_name, unquote

SAMPLE_LINES = 3000
"""Lines on which the delimiter is decided; headers of hundreds of lines are common, of thousands unknown."""
MAX_ROWS = 1_000_000
HEADER_LINES = 6
"""How far above the numbers their names may stand (blank lines and a line of units between)."""
MAX_LINE = 20_000
"""A longer line is no row of a table."""
_UNIT = re.compile(
    r"^[(\[]?([kMmG]?hz|[km]?ohms?|[kmM]?[ΩΩ]|m?s|sec|[mµμ]?v( vs.*)?|[mµμun]?a|°c?|deg(rees?)?( ?c)?|bits|Â?[^\w\s]{1,2})[)\]]?$",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+\.\d+")
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
    findings: tuple[Finding, ...] = ()

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
    found.sort(key=lambda t: -t.values.shape[0])
    note = _cut_end(lines, delimiter, comma, blocks[-1])
    if note is None:
        return tuple(found)
    last = next(i for i, t in enumerate(found) if t.values.shape[1] == blocks[-1][1].shape[1])
    found[last] = replace(
        found[last], findings=(note,), values=found[last].values[: -1 if note.field == "last row" else None]
    )
    return tuple(found)


def _cut_end(lines: Sequence[str], delimiter: str | None, comma: bool, block: Block) -> Finding | None:
    """A finding where the file ends in the middle of a row, or (by the length of its last number) of a number."""
    ends = [i for i, line in enumerate(lines[-3:], start=max(0, len(lines) - 3)) if line.strip()]
    if not ends:
        return None
    text, rows = lines[ends[-1]], block[1].shape[0]
    row = _row(text, delimiter, comma) or []
    fields = [f for f in split_fields(text, delimiter) if f]
    if len(fields) < block[1].shape[1] and (row or (len(fields) == 1 and math.isfinite(to_float(fields[0])))):
        if ends[-1] <= block[0] + rows:
            problem = f"the file ends in the middle of a row ({len(fields)} of {block[1].shape[1]} numbers): left out"
            return Finding(severity="warning", field="rows", problem=problem, hint="truncated while copying?")
        return None
    if lines[-1] == "" or len(row) != block[1].shape[1] or rows < 4:
        return None
    before = [split_fields(line, delimiter)[-1] for line in lines[ends[-1] - 3 : ends[-1]]]
    if len({len(f) for f in before}) == 1 and len(fields[-1]) < len(before[0]) - 1:
        problem = f"the file ends in the middle of a number ({fields[-1]!r} after {before[-1]!r}): the row is left out"
        return Finding(severity="warning", field="last row", problem=problem, hint="truncated while copying?")
    return None


def _no_table(raw: RawFile) -> ReadError:
    return ReadError(source=raw.name, field="rows", problem="no table of numbers", hint="is it an instrument's export?")


def _choose(raw: RawFile, sample: list[str], decimal: str) -> tuple[str | None, bool]:
    """Delimiter (None for blanks) and whether the comma is the decimal sign."""
    commas = {"point": (False,), "comma": (True,)}.get(decimal, (False, True))
    best, chosen = 0, None
    for comma in commas:
        for delimiter in ("\t", ";", ",", None):
            score = sum(int(np.isfinite(b).sum()) for _, b in _blocks(sample, delimiter, comma))
            if score > best:
                best, chosen = score, (delimiter, comma)
    if chosen is None:
        raise _no_table(raw)
    return chosen


def _blocks(lines: Sequence[str], delimiter: str | None, comma: bool) -> list[Block]:
    """Runs of lines with the same number of numbers, with the line each begins at; short runs before long ones left out."""
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
    begun: set[int] = set()  # widths of the tables that have begun: their short pieces count as well
    kept: list[Block] = []
    for start, rows in runs:
        if len(rows) >= min(3, longest):
            begun.add(len(rows[0]))
        if len(rows[0]) in begun:
            kept.append((start, np.array(rows)))
    return kept


def split_fields(line: str, delimiter: str | None) -> list[str]:
    """Fields without the quotes and blanks around them; a delimiter inside quotes is none."""
    if '"' in line and delimiter is not None:
        try:
            return [f.strip() for f in next(csv.reader([line.strip("\r\n")], delimiter=delimiter), [])]
        except csv.Error:
            pass
    return [unquote(f) for f in line.split(delimiter)]


def _row(line: str, delimiter: str | None, comma: bool) -> list[float] | None:
    """Numbers of a line (words between them as NaN), or None where most of it is no number."""
    if len(line) > MAX_LINE or not (any(c.isdigit() for c in line) or "nan" in line.lower()):
        return None
    fields = split_fields(line, delimiter)
    while fields and not fields[-1]:
        fields.pop()
    if fields and not fields[0]:
        fields = fields[1:]
    if len(fields) < 2:
        return None
    if comma:
        if any("." in f and ("," in f or delimiter == ",") for f in fields):
            return None
        fields = [f.replace(",", ".") for f in fields]
    else:
        fields = [f.replace(",", "") if "," in f and _THOUSANDS.fullmatch(f) else f for f in fields]
    out = [to_float(f) for f in fields]
    words = sum(math.isnan(v) and f.lower() not in ("nan", "") for f, v in zip(fields, out, strict=True))
    return out if words <= len(fields) // 3 and len(fields) - words >= 2 else None


def _header(lines: Sequence[str], first: int, delimiter: str | None, width: int) -> tuple[str, ...]:
    """Names from the nearest line above the numbers that can name columns; a line of units below it is added."""
    units: list[str] = []
    above = [line for line in lines[max(0, first - HEADER_LINES) : first] if line.strip() and len(line) <= MAX_LINE]
    for line in reversed(above):
        if line.count('"') == 2:  # the whole line in quotes
            line = unquote(line)  # noqa: PLW2901
        for d in dict.fromkeys((delimiter, "\t", ",", ";", None)):
            fields = [f.lstrip("#").strip() or f[:1] for f in split_fields(line, d)]
            while len(fields) > width and fields[0] in ("", "#"):  # a lone # within the width is a unit (Gamry)
                fields = fields[1:]
            fields = [f for f in fields if f] if d in ("\t", None) else fields
            fields = _join_units(fields)
            if not width <= len(fields) + 1 <= width + 3:
                continue
            named = (fields + [""] * width)[:width]
            if not units and len(fields) >= 2 and all(_UNIT.match(f) for f in fields if f):
                units = named
                break
            if len({read_name(f).role for f in fields} - {None}) >= 2:
                return tuple(
                    f"{n} {u}" if u and u != "#" else n for n, u in zip(named, units or [""] * width, strict=True)
                )
    if units:
        return tuple(units)
    if above and (delimiter is not None or above[-1].lstrip().startswith("#")):
        fields = [f.lstrip("#").strip() for f in split_fields(above[-1], delimiter)]
        if len(fields) == width and all(re.search(r"[^\W\d_]", f) and math.isnan(to_float(f)) for f in fields):
            return tuple(fields)  # names, though none is known: better than to take the table for one without
    return ("",) * width


def _join_units(fields: list[str]) -> list[str]:
    """``Freq``, ``(Hz)`` split by blanks are one name."""
    out: list[str] = []
    for f in fields:
        if out and re.fullmatch(r"[(\[][^)\]]*[)\]]|/\s?[\wΩμµ°]+", f):
            out[-1] += " " + f
        else:
            out.append(f)
    return out
