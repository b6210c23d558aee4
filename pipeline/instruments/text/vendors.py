"""Vendors' text files: their names, and the ones whose numbers do not stand in lines of a table.

Ivium .idf .ids    blocks ``primary_data``, columns n, rows m, then m lines of Re Z, Im Z, f; zero bytes in the header
Autolab .dfr       ``VERSION…``, number of points, 1, then nine lines per point: f, Re Z, -Im Z, six more
"""

from __future__ import annotations

import re

import numpy as np

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.text.decode import decode_text, split_lines, to_float
from pipeline.instruments.text.roles import read_name
from pipeline.instruments.text.table import TextTable

FORMATS = (
    (rb"^\s*EXPLAIN\s+TAG\s", "Gamry DTA"),
    (rb"^ZPLOT2 ASCII|^\"?ZPlotW? Data File|^\"?Z60W Data File", "ZPlot/ZView"),
    (rb"RelaxIS [\d.]+ Spectrum export", "RelaxIS export"),
    (rb"<Application>\s*Name=VersaStudio", "VersaStudio par"),
    (rb"A\.C\. Impedance\s|Instrument Model:\s+CHI", "CH Instruments text"),
    (rb"Zs'\s*\[ohms?\]", "Novocontrol text"),
    (rb"Potential \(V\)\tCurrent \(A\)\tElapsed Time", "Parstat text"),
    (rb"^Frequency\s+Zre\s+Zimg", "PowerSuite text"),
    (rb"^Procedure : .*\n.* i\(init\)=", "Autolab P00"),
)
IVIUM = re.compile(rb"primary_data\s*\r?\n")
DFR_FIELDS = 9
MAX_POINTS = 200_000


def vendor_format(raw: RawFile) -> str:
    """Name of the vendor's format by its first kilobytes, else ``delimited text``."""
    start = raw.data[:3000].removeprefix(b"\xef\xbb\xbf")
    if is_ivium(raw):
        return "Ivium text"
    if is_dfr(raw):
        return "Autolab dfr"
    return next((name for pattern, name in FORMATS if re.search(pattern, start, re.IGNORECASE)), "delimited text")


def is_ivium(raw: RawFile) -> bool:
    """True for Ivium's .idf and .ids."""
    return b"starttime=" in raw.data[:4000] and IVIUM.search(raw.data) is not None


def is_dfr(raw: RawFile) -> bool:
    """True for Autolab's .dfr."""
    return re.match(rb"\s*VERSION\d+(\.\d+)?\s+\d+\s+1\s", raw.data[:200]) is not None


def vendor_table(raw: RawFile) -> TextTable | None:
    """The table of a format that is no table of lines, or None for all others.

    Raises
    ------
    ReadError
        Such a file, but of another method or damaged.
    """
    if is_ivium(raw):
        return _ivium(raw)
    if is_dfr(raw):
        return _dfr(raw)
    return None


def _table(rows: list[list[float]], names: tuple[str, str, str], breaks: list[int]) -> TextTable:
    return TextTable(
        names=tuple(read_name(n) for n in names),
        values=np.array(rows, dtype=float).reshape(len(rows), 3),
        breaks=tuple(breaks),
        delimiter="blank",
        decimal_comma=False,
    )


def _ivium(raw: RawFile) -> TextTable:
    method = re.search(rb"\nMethod=([^\r\n]*)", raw.data)
    if method and b"impedance" not in method[1].lower():
        said = method[1][:60].decode("latin-1")
        raise ReadError(
            source=raw.name, field="Method", problem=f"Ivium data of {said!r}, not impedance", hint="export it as text"
        )
    rows: list[list[float]] = []
    breaks: list[int] = []
    for found in IVIUM.finditer(raw.data):
        lines = split_lines(decode_text(raw.data[found.end() : found.end() + 40 * MAX_POINTS]))
        head = [to_float(line) for line in lines[:2]]
        if len(head) < 2 or head[0] != 3 or not 1 <= head[1] <= MAX_POINTS:
            raise ReadError(
                source=raw.name, field="primary_data", problem="no block of three columns", hint="export it as text"
            )
        block = [[to_float(v) for v in line.split()] for line in lines[2 : 2 + int(head[1])]]
        block = [[f, re_z, im_z] for re_z, im_z, f in (b for b in block if len(b) == 3)]
        if len(block) < head[1]:
            problem = f"{int(head[1])} points are announced, {len(block)} are there"
            raise ReadError(source=raw.name, field="primary_data", problem=problem, hint="truncated while copying?")
        if rows:
            breaks.append(len(rows))
        rows += block
    return _table(rows, ("freq/Hz", "Re(Z)/Ohm", "Im(Z)/Ohm"), breaks)


def _dfr(raw: RawFile) -> TextTable:
    numbers = decode_text(raw.data[: 300 * MAX_POINTS]).split()
    n = int(min(to_float(numbers[1]), MAX_POINTS))
    flat = [to_float(v) for v in numbers[3 : 3 + n * DFR_FIELDS]]
    if len(flat) < n * DFR_FIELDS or n < 1:
        problem = f"{n} points are announced, {len(flat) // DFR_FIELDS} are there"
        raise ReadError(source=raw.name, field="points", problem=problem, hint="truncated while copying?")
    rows = [flat[i : i + 3] for i in range(0, n * DFR_FIELDS, DFR_FIELDS)]
    return _table(rows, ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"), [])
