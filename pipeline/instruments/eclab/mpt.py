"""EC-Lab text exports (.mpt): header, columns, numbers.

A full export starts with ``EC-Lab ASCII FILE`` and ``Nb header lines : N``; line N names the columns, separated by tabs.
N may be 3 (a short header), and the header may be missing.  Text is Windows-1252 or UTF-8; the decimal sign is decided
from the numbers of the file, never by the machine's locale: fields are separated by tabs, so a comma inside a number is a
decimal comma.  Exports that were joined into one file are read as several tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.eclab.header import loop_rows, read_header
from pipeline.instruments.text.decode import count_lines, decode_text, is_binary, split_lines, to_float

MAGIC = re.compile(r"^\s*(EC-Lab|BT-Lab) ASCII FILE", re.IGNORECASE)
N_HEADER = re.compile(r"Nb header lines\s*:\s*(\d+)", re.IGNORECASE)
KNOWN_COLUMNS = {
    "freq/Hz",
    "time/s",
    "Ewe/V",
    "<Ewe>/V",
    "control/V",
    "Re(Z)/Ohm",
    "-Im(Z)/Ohm",
    "mode",
    "I/mA",
    "<I>/mA",
}
NEEDED = ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "|Z|/Ohm", "Phase(Z)/deg", "Ewe/V", "<Ewe>/V", "<I>/mA", "I/mA")
"""Columns that must not be named twice with different numbers."""
MAX_ROWS = 1_000_000
CHUNK_ROWS = 20_000
"""Rows that are turned into numbers at a time, to bound the memory."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EclabTable:
    """One EC-Lab data table with what its header says."""

    technique: str
    """Short name (PEIS, LSV, OCV …), or the header's own words, or '' where there is no header."""
    columns: Mapping[str, FloatArray]
    """By name as written, each (n_rows,), in the unit of its name."""
    header: Mapping[str, str] = field(default_factory=dict)
    loops: tuple[tuple[int, int], ...] = ()
    """First and last row of each loop that the header lists."""
    n_rows: int = 0
    findings: tuple[Finding, ...] = ()


def looks_like_mpt(raw: RawFile) -> bool:
    """True for an EC-Lab header, or for a headerless table with EC-Lab's column names."""
    first = next((line for line in split_lines(decode_text(raw.data[:20_000])) if line.strip()), "")
    return bool(MAGIC.match(first)) or _names_columns(first)


def _names_columns(line: str) -> bool:
    return "\t" in line and sum(name.strip() in KNOWN_COLUMNS for name in line.split("\t")) >= 2


def parse_mpt(raw: RawFile) -> tuple[EclabTable, ...]:
    """Header and numbers of every export in the file: one, or as many as were joined into it.

    Raises
    ------
    ReadError
        Not an EC-Lab export, no column line where the header says, no data rows, or a column named twice with other data.
    """
    if is_binary(raw.data):
        raise _error(raw, "file", "is binary, not an EC-Lab text export", "a .mpr under another name?")
    count = count_lines(raw.data)
    if count > MAX_ROWS:
        raise _error(raw, "rows", f"{count} lines are more than an instrument exports")
    lines = split_lines(decode_text(raw.data))
    starts = [i for i, line in enumerate(lines) if MAGIC.match(line)]
    if len(starts) < 2 or any(line.strip() for line in lines[: starts[0]]):
        return (_parse_one(raw, lines),)
    tables: list[EclabTable] = []
    empty: list[ReadError] = []
    for begin, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        try:
            tables.append(_parse_one(raw, lines[begin:end]))
        except ReadError as error:
            empty.append(error)
    if not tables:
        raise empty[0]
    note = Finding(severity="info", field="file", problem=f"{len(starts)} exports joined in one file")
    lost = [Finding(severity="warning", field=e.field, problem=f"one of them: {e.problem}", hint=e.hint) for e in empty]
    return tuple(replace(t, findings=(note, *lost, *t.findings)) for t in tables)


def _parse_one(raw: RawFile, lines: list[str]) -> EclabTable:
    findings: list[Finding] = []
    top = _column_line(raw, lines, findings)
    header_lines, names = lines[:top], [n.strip() for n in lines[top].split("\t")]
    while names and not names[-1]:
        names.pop()
    header = read_header(header_lines)
    body = [line for line in lines[top + 1 :] if line.strip()]
    values = _numbers(raw, body, len(names), findings)
    if values.shape[0] == 0:
        raise _error(raw, "rows", "no data points after the header", "the run was stopped before its first point?")
    return EclabTable(
        technique=header.get("technique", ""),
        columns=_columns(raw, names, values, findings),
        header=header,
        loops=loop_rows(header_lines),
        n_rows=values.shape[0],
        findings=tuple(findings),
    )


def _error(raw: RawFile, name: str, problem: str, hint: str = "") -> ReadError:
    return ReadError(source=raw.name, field=name, problem=problem, hint=hint)


def _column_line(raw: RawFile, lines: list[str], findings: list[Finding]) -> int:
    """Index of the line with the column names."""
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise _error(raw, "file", "holds no text", "export it again")
    if not MAGIC.match(lines[first]):
        if _names_columns(lines[first]):
            return first
        raise _error(raw, "header", "is not an EC-Lab text export", "no 'EC-Lab ASCII FILE' line and no EC-Lab columns")
    said = next((m[1] for line in lines[first : first + 5] if (m := N_HEADER.search(line))), None)
    if said is None or len(said) > 6:
        raise _error(
            raw, "Nb header lines", "is missing" if said is None else f"is {said[:12]}…", "header edited by hand?"
        )
    at, n = first + int(said) - 1, len(lines) - first
    if at >= len(lines):
        raise _error(raw, "Nb header lines", f"says {said} lines, the file has {n}", "truncated while copying?")
    if at > first and _names_columns(lines[at]):
        return at
    found = next((i for i in range(first, len(lines)) if _names_columns(lines[i])), None)
    if found is not None:
        problem = f"says {said}, the columns are named in line {found - first + 1}: that one is used"
        findings.append(Finding(severity="warning", field="Nb header lines", problem=problem, hint="edited by hand?"))
        return found
    if at == first or "\t" not in lines[at]:
        raise _error(raw, "Nb header lines", f"line {said} does not name columns", "header edited by hand?")
    return at


def _numbers(raw: RawFile, body: list[str], n: int, findings: list[Finding]) -> FloatArray:
    """(rows, n); a decimal comma is decided on the rows themselves."""
    if any("," in line for line in body):
        if any(re.search(r"\d\.\d*,\d|\d,\d*\.\d", line) for line in body):
            problem = "points and commas in one number: which of them is the decimal sign cannot be told"
            raise _error(raw, "decimal sign", problem, "export again without thousands separators")
        body = [line.replace(",", ".") for line in body]
    trimmed = [line.rstrip("\t\r ") for line in body]
    width = trimmed[0].count("\t") + 1 if trimmed else n
    if 1 < width < n and all(line.count("\t") + 1 == width for line in trimmed):
        problem = f"{n} columns are named, every row holds {width}: the last {n - width} name(s) are left without data"
        findings.append(Finding(severity="warning", field="columns", problem=problem, hint="compare with the .mpr"))
        n = width
    parts = [trimmed[i : i + CHUNK_ROWS] for i in range(0, len(trimmed), CHUNK_ROWS)]
    try:
        return np.concatenate([_numbers_fast(part, n) for part in parts]) if parts else np.empty((0, n))
    except ValueError:
        return _numbers_slow(raw, body, n, findings)


def _numbers_fast(lines: list[str], n: int) -> FloatArray:
    """(rows, n) of lines that hold numbers only; ValueError where they do not."""
    joined = "\t".join(lines)
    if "_" in joined or any(line.count("\t") != n - 1 for line in lines):
        raise ValueError
    return np.array(joined.split("\t"), dtype=float).reshape(len(lines), n)


def _numbers_slow(raw: RawFile, body: list[str], n: int, findings: list[Finding]) -> FloatArray:
    rows, bad, words = [], 0, 0
    for number, line in enumerate(body):
        fields = [f.strip() for f in line.split("\t")][:n]
        row = [to_float(f) for f in fields] + [np.nan] * (n - len(fields))
        if len(fields) < n and (number == len(body) - 1 or len(fields) < max(2, n // 2)):
            bad += 1  # half a line: its last number may be cut too
            continue
        if np.all(np.isnan(row)):
            bad += 1
            continue
        words += sum(f != "" and np.isnan(v) and f.lower() != "nan" for f, v in zip(fields, row, strict=False))
        rows.append(row)
    if bad:
        problem = f"{bad} line(s) without a whole row of numbers left out"
        findings.append(Finding(severity="warning", field="rows", problem=problem, hint="truncated while copying?"))
    if words:
        problem = f"{words} field(s) hold no number: taken as missing"
        findings.append(Finding(severity="warning", field="rows", problem=problem))
    if body and not rows:
        raise _error(raw, "rows", f"none of {len(body)} lines after the header holds numbers")
    return np.array(rows, dtype=float).reshape(len(rows), n)


def _columns(raw: RawFile, names: list[str], values: FloatArray, findings: list[Finding]) -> dict[str, FloatArray]:
    out: dict[str, FloatArray] = {}
    for i, name in enumerate(names[: values.shape[1]]):
        if not name:
            continue
        column = values[:, i]
        if name in out:
            if not np.array_equal(out[name], column, equal_nan=True):
                if name in NEEDED:
                    raise _error(raw, name, "is named twice with different numbers", "export each column once")
                problem = f"column {name!r} is named twice with different numbers: the first is used"
                findings.append(Finding(severity="warning", field="columns", problem=problem))
            continue
        out[name] = column
    return out
