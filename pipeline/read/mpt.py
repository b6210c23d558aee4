"""EC-Lab text exports (.mpt): header, columns, numbers.

A full export starts with ``EC-Lab ASCII FILE`` and ``Nb header lines : N``; line N names the columns, separated by tabs.
N may be 3 (a short header), and the header may be missing.  Text is Windows-1252 or UTF-8; the decimal sign is decided
from the numbers of the file, never by the machine's locale: fields are separated by tabs, so a comma inside a number is a
decimal comma.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pipeline.errors import ReadError
from pipeline.model.measurement import FloatArray, RawFile
from pipeline.model.result import Finding

MAGIC = re.compile(r"^\s*(EC-Lab|EC-LAB|BT-Lab|BT-LAB) ASCII FILE", re.IGNORECASE)
N_HEADER = re.compile(r"Nb header lines\s*:\s*(\d+)", re.IGNORECASE)
KNOWN_COLUMNS = ("freq/Hz", "time/s", "Ewe/V", "<Ewe>/V", "control/V", "Re(Z)/Ohm", "mode")
MAX_ROWS = 5_000_000
SHORT_NAMES = {
    "Potentio Electrochemical Impedance Spectroscopy": "PEIS",
    "Galvano Electrochemical Impedance Spectroscopy": "GEIS",
    "Staircase Potentio Electrochemical Impedance Spectroscopy": "SPEIS",
    "Staircase Galvano Electrochemical Impedance Spectroscopy": "SGEIS",
    "Linear Sweep Voltammetry": "LSV",
    "Cyclic Voltammetry": "CV",
    "Cyclic Voltammetry Advanced": "CVA",
    "Open Circuit Voltage": "OCV",
    "Chronoamperometry / Chronocoulometry": "CA",
    "Chronopotentiometry": "CP",
    "IR compensation (PEIS)": "ZIR",
    "Galvanostatic Cycling with Potential Limitation": "GCPL",
    "Modulo Bat": "MB",
    "Constant Voltage": "CoV",
}


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
    start = decode_text(raw.data[:4000])
    if MAGIC.match(start):
        return True
    first = next((line for line in start.splitlines() if line.strip()), "")
    return "\t" in first and sum(name.strip() in KNOWN_COLUMNS for name in first.split("\t")) >= 2


def decode_text(data: bytes) -> str:
    """UTF-8 (with or without BOM) or UTF-16 by its BOM, else Windows-1252 with Latin-1 for its five holes."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            return data.decode("latin-1")


def parse_mpt(raw: RawFile) -> EclabTable:
    """Header and numbers of one .mpt.

    Raises
    ------
    ReadError
        Not an EC-Lab export, no column line where the header says, no data rows, or a column named twice with other data.
    """
    if b"\x00" in raw.data[:1000] and raw.data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise _error(raw, "file", "is binary, not an EC-Lab text export", "a .mpr under another name?")
    lines = decode_text(raw.data).splitlines()
    top = _column_line(raw, lines)
    header_lines, names = lines[:top], [n.strip() for n in lines[top].split("\t")]
    while names and not names[-1]:
        names.pop()
    header = read_header(header_lines)
    body = [line for line in lines[top + 1 :] if line.strip()]
    if len(body) > MAX_ROWS:
        raise _error(raw, "rows", f"{len(body)} rows are more than an instrument exports")
    findings: list[Finding] = []
    values = _numbers(raw, body, len(names), findings)
    if values.shape[0] == 0:
        raise _error(raw, "rows", "no data points after the header", "the run was stopped before its first point?")
    return EclabTable(
        technique=header.get("technique", ""),
        columns=_columns(raw, names, values, findings),
        header=header,
        loops=_loops(header_lines),
        n_rows=values.shape[0],
        findings=tuple(findings),
    )


def _error(raw: RawFile, name: str, problem: str, hint: str = "") -> ReadError:
    return ReadError(source=raw.name, field=name, problem=problem, hint=hint)


def _column_line(raw: RawFile, lines: list[str]) -> int:
    """Index of the line with the column names."""
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise _error(raw, "file", "holds no text", "export it again")
    if not MAGIC.match(lines[first]):
        if "\t" in lines[first] and any(n.strip() in KNOWN_COLUMNS for n in lines[first].split("\t")):
            return first
        raise _error(raw, "header", "is not an EC-Lab text export", "no 'EC-Lab ASCII FILE' line and no EC-Lab columns")
    for line in lines[first : first + 5]:
        found = N_HEADER.search(line)
        if found:
            at = first + int(found[1]) - 1
            if at >= len(lines):
                problem = f"says {found[1]} lines, the file has {len(lines)}"
                raise _error(raw, "Nb header lines", problem, "truncated while copying?")
            if "\t" not in lines[at] and at + 1 < len(lines):
                raise _error(raw, "Nb header lines", f"line {found[1]} does not name columns", "header edited by hand?")
            return at
    raise _error(raw, "Nb header lines", "is missing", "header edited by hand?")


def read_header(lines: list[str]) -> dict[str, str]:
    """Facts of the header by key, as written; ``technique`` is the short name."""
    facts: dict[str, str] = {}
    for line in lines[2:]:
        text = line.strip()
        if not text:
            continue
        if "technique" not in facts and ":" not in text and "  " not in text:
            facts["technique"] = SHORT_NAMES.get(text, text)
            continue
        version = re.match(r"(EC-Lab|BT-Lab) for windows (v[\d.]+)", text, re.IGNORECASE)
        if version:
            facts["software"] = f"{version[1]} {version[2]}"
        elif " : " in text or text.endswith(" :"):
            key, _, value = text.partition(" :")
            facts.setdefault(key.strip(), value.strip())
        else:
            setting = re.match(r"(\S.*?)\s{2,}(\S.*)$", text)
            if setting:
                facts.setdefault(setting[1], re.sub(r"\s{2,}", " | ", setting[2].strip()))
    return facts


def _loops(lines: list[str]) -> tuple[tuple[int, int], ...]:
    found = (re.match(r"\s*Loop \d+ from point number (\d+) to (\d+)", line) for line in lines)
    return tuple((int(m[1]), int(m[2])) for m in found if m)


def _numbers(raw: RawFile, body: list[str], n: int, findings: list[Finding]) -> FloatArray:
    """(rows, n); a decimal comma is decided on the rows themselves."""
    if body and "," in "".join(body[:50]):
        body = [line.replace(",", ".") for line in body]
    trimmed = [line.rstrip("\t\r ") for line in body]
    width = trimmed[0].count("\t") + 1 if trimmed else n
    if width < n and all(line.count("\t") + 1 == width for line in trimmed):
        problem = f"{n} columns are named, every row holds {width}: the last {n - width} name(s) are left without data"
        findings.append(Finding(severity="warning", field="columns", problem=problem, hint="compare with the .mpr"))
        n = width
    try:
        flat = np.array("\t".join(trimmed).split("\t"), dtype=float)
        if flat.size == n * len(body):
            return flat.reshape(len(body), n)
    except ValueError:
        pass
    return _numbers_slow(raw, body, n, findings)


def _numbers_slow(raw: RawFile, body: list[str], n: int, findings: list[Finding]) -> FloatArray:
    rows, bad = [], 0
    for number, line in enumerate(body):
        fields = [f.strip() for f in line.split("\t")][:n]
        row = [_number(f) for f in fields] + [np.nan] * (n - len(fields))
        if len(fields) < n and (number == len(body) - 1 or len(fields) < max(2, n // 2)):
            bad += 1  # half a line: its last number may be cut too
            continue
        if np.all(np.isnan(row)):
            bad += 1
            continue
        rows.append(row)
    if bad:
        problem = f"{bad} line(s) without a whole row of numbers left out"
        findings.append(Finding(severity="warning", field="rows", problem=problem, hint="truncated while copying?"))
    if body and not rows:
        raise _error(raw, "rows", f"none of {len(body)} lines after the header holds numbers")
    return np.array(rows, dtype=float).reshape(len(rows), n)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _columns(raw: RawFile, names: list[str], values: FloatArray, findings: list[Finding]) -> dict[str, FloatArray]:
    out: dict[str, FloatArray] = {}
    for i, name in enumerate(names[: values.shape[1]]):
        if not name:
            continue
        column = values[:, i]
        if name in out:
            if not np.array_equal(out[name], column, equal_nan=True):
                if name in ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "Ewe/V", "<I>/mA", "I/mA"):
                    raise _error(raw, name, "is named twice with different numbers", "export each column once")
                problem = f"column {name!r} is named twice with different numbers: the first is used"
                findings.append(Finding(severity="warning", field="columns", problem=problem))
            continue
        out[name] = column
    return out
