"""Text with columns of numbers -> header lines, labels, a matrix.  Knows no beamline.

The rule, in order: decode (BOM, UTF-8, UTF-16, then Windows-1252); find the rows that are numbers throughout; the
width that most rows have is the table, every other row is counted as dropped; labels come from the last line before the
table that has as many words as the table has columns.  Separators: white space, comma, semicolon, tab; a decimal comma
only where no number of the table has a point.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.text.decode import name_container

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][+-]?\d+)?"
_RUN_ON = re.compile(rf"(?:{NUMBER})(?:[+-](?:\d+\.?\d*|\.\d+)(?:[EeDd][+-]?\d+)?)+")
_ONE = re.compile(NUMBER)
_CLOCK = re.compile(r"\d{1,4}([:/-]\d{1,2}){1,2}([:/-]\d{2,4}|\.\d+)?")
_COMMENT = re.compile(r"^[\s#;%!*/]+")
_NAN = {
    "nan": np.nan,
    "inf": np.inf,
    "+inf": np.inf,
    "-inf": -np.inf,
    "infinity": np.inf,
    "-nan": np.nan,
    "nan(ind)": np.nan,
}
_CONTROL = bytes(byte for byte in range(32) if byte < 9 or byte > 13)
MAX_COLUMNS = 4096
MAX_ROWS = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class ColumnText:
    """A text file as lines before the table, and the table."""

    head: tuple[str, ...]
    """Lines that are no numbers, before and between the rows, as written."""
    labels: tuple[str, ...]
    """One per column; ``col1``, ``col2`` … where the file has none."""
    labelled: bool
    data: FloatArray
    """(rows, columns)"""
    starts: tuple[int, ...]
    """Row at which each ``#S`` scan (SPEC) begins; (0,) where there is one."""
    findings: tuple[Finding, ...] = field(default=())


def decode_text(raw: RawFile) -> str:
    """Text of the file, every kind of line end turned into a newline.

    Raises
    ------
    ReadError
        Empty or binary.
    """
    data = raw.data
    if not data.strip(b"\x00 \t\r\n"):
        raise ReadError(source=raw.name, field="file", problem="empty", hint="export the scan again")
    if max(data.count(b"\n"), data.count(b"\r")) > 2 * MAX_ROWS:  # before anything is decoded
        problem = f"more than {MAX_ROWS} rows"
        raise ReadError(source=raw.name, field="table", problem=problem, hint="no scan has as many energies")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        sample = data[:65536]
        control = len(sample) - len(sample.translate(None, delete=_CONTROL))
        known = name_container(data)
        if known is not None:
            raise ReadError(source=raw.name, field="file", problem=known[0], hint=known[1])
        if control > 0.02 * len(sample):
            raise ReadError(
                source=raw.name,
                field="file",
                problem="binary, not columns of text",
                hint="export as text (ASCII columns, XDI) or as an Athena project",
            )
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return text.replace("\x00", " ").replace("\r\n", "\n").replace("\r", "\n")


def _numbers(line: str, decimal_comma: bool) -> list[float] | None:
    if decimal_comma:
        words = line.replace(";", " ").replace(",", ".").split()
    elif "," in line or ";" in line:
        words = [w for part in re.split(r"[,;]", line) for w in (part.split() or [""])]
        while words and not words[-1]:
            words.pop()
    else:
        words = line.split()
    row: list[float] = []
    for word in words:
        try:
            row.append(float(word))
        except ValueError:
            extra = _odd_number(word)
            if extra is None:
                return None
            row += extra
    return row or None


def _odd_number(word: str) -> list[float] | None:
    """Fortran exponents, numbers run together, clock times, empty cells."""
    if not word or word.lower() in _NAN:
        return [_NAN.get(word.lower(), np.nan)]
    if word[0] not in "+-.0123456789" or len(word) > 400:
        return None
    if _CLOCK.fullmatch(word):
        return [np.nan]
    if _ONE.fullmatch(word):
        return [float(word.replace("D", "E").replace("d", "e"))]
    if _RUN_ON.fullmatch(word):
        return [float(w.replace("D", "E").replace("d", "e")) for w in _ONE.findall(word)]
    return None


def _has_decimal_comma(lines: Sequence[str]) -> bool:
    seen = 0
    for line in lines:
        words = line.replace(";", " ").split()
        if len(words) < 2 or any(not re.fullmatch(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?", w) for w in words):
            continue
        seen += any("," in w for w in words)
    if seen < 3:
        return False
    return not any(re.match(r"^\s*[+-]?\d+\.\d+[\s;,]", line) for line in lines)


def read_columns(raw: RawFile, text: str | None = None, min_rows: int = 2) -> ColumnText:
    """Find the table of a text file.

    Parameters
    ----------
    raw:
        The file; only its name is used where ``text`` is given.
    text:
        Already decoded text.
    min_rows:
        Fewer rows of numbers than this are no table.

    Raises
    ------
    ReadError
        Empty, binary, or without a table.
    """
    lines = (decode_text(raw) if text is None else text).split("\n")
    rows = _number_rows(lines, raw.name)
    width = _usual_width(rows, min_rows, raw.name)
    kept = _table_rows(rows, width)
    findings = _row_findings(rows, kept, width)
    if _ends_in_a_number(lines, [i for i, _ in kept]):
        problem = "the file ends in the middle of a number; its last row is left out"
        findings += (Finding(severity="warning", field="rows", problem=problem, hint="the file is cut"),)
        kept = kept[:-1]
    taken = {i for i, _ in kept}
    head = tuple(line for i, line in enumerate(lines) if i not in taken and line.strip())
    first = kept[0][0]
    labels = find_labels([line for line in lines[:first] if line.strip()], width)
    index = np.array([i for i, _ in kept])
    scans = [int(np.searchsorted(index, i)) for i, line in enumerate(lines) if re.match(r"#S \d+", line)]
    starts = sorted({s for s in scans if s < len(kept)} | {0})
    return ColumnText(
        head=head,
        labels=labels or tuple(f"col{i + 1}" for i in range(width)),
        labelled=bool(labels),
        data=np.array([row for _, row in kept], dtype=float),
        starts=tuple(starts),
        findings=findings,
    )


def _number_rows(lines: Sequence[str], name: str) -> list[tuple[int, list[float]]]:
    """(number of the line, its numbers) of all lines that hold nothing else."""
    comma = _has_decimal_comma(lines[:2000])
    rows: list[tuple[int, list[float]]] = []
    for i, line in enumerate(lines):
        stripped = line.strip()
        if not stripped or stripped[0] not in "+-.0123456789nNiI,;":
            continue
        row = _numbers(stripped, comma)
        if row is not None and len(row) <= MAX_COLUMNS:
            rows.append((i, row))
        if len(rows) > MAX_ROWS:
            problem = f"more than {MAX_ROWS} rows of numbers"
            raise ReadError(source=name, field="table", problem=problem, hint="no scan has as many energies")
    return rows


def _usual_width(rows: Sequence[tuple[int, list[float]]], min_rows: int, name: str) -> int:
    """Of most rows, which must be ``min_rows`` at least."""
    widths = Counter(len(row) for _, row in rows if len(row) >= 2)
    if not widths or max(widths.values()) < min_rows:
        n = max(widths.values(), default=0)
        raise ReadError(
            source=name,
            field="table",
            problem=f"{n} row of numbers in columns" if n == 1 else "no columns of numbers",
            hint="an absorption scan has one row per energy, with energy and intensities in columns",
        )
    return max(widths, key=lambda w: (widths[w], w))


def _table_rows(rows: list[tuple[int, list[float]]], width: int) -> list[tuple[int, list[float]]]:
    """Rows of the right width, without a lone number line of the header that happens to fit."""
    kept = [(i, row) for i, row in rows if len(row) == width]
    usual = int(np.median(np.diff([i for i, _ in kept]))) if len(kept) > 4 else 0
    while len(kept) > 4 and kept[1][0] - kept[0][0] > usual:
        kept = kept[1:]
    return kept


def _ends_in_a_number(lines: Sequence[str], numbers: Sequence[int]) -> bool:
    """True where the last row has no line end and fewer decimals in its last number than every row shortly before."""
    if len(numbers) < 10 or numbers[-1] != len(lines) - 1:
        return False
    decimals = [len(re.split(r"[\s,;]", lines[i].rstrip())[-1].partition(".")[2]) for i in numbers[-40:]]
    return decimals[-1] < min(decimals[:-1])


def _row_findings(
    rows: list[tuple[int, list[float]]], kept: list[tuple[int, list[float]]], width: int
) -> tuple[Finding, ...]:
    first, last = kept[0][0], kept[-1][0]
    inside = [i for i, row in rows if len(row) != width and first < i < last]
    after = [i for i, row in rows if len(row) != width and i > last]
    found = []
    if inside:
        problem = f"{len(inside)} rows without {width} numbers left out (first: line {inside[0] + 1})"
        found.append(Finding(severity="warning", field="rows", problem=problem))
    if after:
        problem = f"the last row (line {after[-1] + 1}) has not {width} numbers and is left out"
        hint = "the scan was stopped, or the file is cut"
        found.append(Finding(severity="warning", field="rows", problem=problem, hint=hint))
    return tuple(found)


def find_labels(head: Sequence[str], width: int) -> tuple[str, ...] | None:
    """Column labels from the lines before the table, None where no line has the right number of words."""
    numbered = _numbered_labels(head, width)
    if numbered:
        return numbered
    tail = [_COMMENT.sub("", line).strip() for line in head]
    if len(tail) > width and re.fullmatch(r"data\s*:?", tail[-width - 1], re.IGNORECASE):
        return tuple(tail[-width:])
    for line in reversed(head[-12:]):
        body = re.sub(r"^#L\s+", "", line)
        body = _COMMENT.sub("", body) if body is line else body
        for words in _splits(body):
            if len(words) == width and not all(_ONE.fullmatch(w) for w in words):
                return tuple(words)
    return None


def _splits(line: str) -> list[list[str]]:
    line = line.strip()
    quoted = re.findall(r'"([^"]*)"', line)
    ways = [quoted] if quoted else []
    ways += [[w.strip() for w in line.split(sep)] for sep in ("\t", ",", ";") if sep in line]
    return [*ways, re.split(r"\s{2,}", line), line.split()]


def _numbered_labels(head: Sequence[str], width: int) -> tuple[str, ...] | None:
    """``# Column.3: i0`` of XDI, ``# 3) I0`` of LabVIEW, ``Col 3 I0 DOUBLE`` of .fio, ``3_i0``, ``; D1 = {I0}`` of EPICS."""
    xdi: dict[int, str] = {}
    listed: dict[int, str] = {}
    prefixed: dict[int, str] = {}
    epics: dict[str, str] = {}
    for line in head:
        if found := re.match(r"\W*Column\.(\d+)\s*:\s*(.*)", line, re.IGNORECASE):
            words = found[2].split("||")[0].split()
            named = "energy" if "energy" in found[2].lower() and "energy" not in found[2].split()[0].lower() else ""
            xdi[int(found[1])] = named or (words[0] if words else f"col{found[1]}")
            continue
        if found := re.match(r"\s*Col\s+(\d+)\s+(\S+)\s+(?:DOUBLE|FLOAT|INTEGER)", line):
            listed[int(found[1])] = found[2]
            continue
        if found := re.match(r"\W*([PD]\d+)\s*=\s*\{([^}]*)\}", line):
            epics[found[1]] = found[2].strip()
        pairs = re.findall(r"(?:^|\s)(\d+)_([^\s\d]\S*(?:\s\([^)]*\))?)", line)
        if len(pairs) == width and [int(n) for n, _ in pairs] == list(range(1, width + 1)):
            prefixed = {int(n): name for n, name in pairs}
        for number, name in re.findall(r"(?:^|\s)(\d+)\)\s+(\S.*?)\s*(?=\s\d+\)\s|$)", _COMMENT.sub("", line)):
            listed[int(number)] = name
    for names in (xdi, listed, prefixed):
        if set(range(1, width + 1)) == set(names):  # a header that numbers more columns is of another table
            return tuple(names[i + 1] for i in range(width))
    if len(epics) == width:
        return tuple(epics.values())
    return None
