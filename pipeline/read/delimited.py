"""Text tables of impedance and sweeps: CSV, tab, semicolon, blanks; ZView, Gamry, RelaxIS and other vendors' text.

The table is the longest run of lines that hold the same number of numbers.  Its delimiter and decimal sign are those that make the
most lines numeric.  Columns get their role and unit from the header above the run; without a header the rule is: frequency in
Hz, Re Z, Im Z in ohm, in this order.  What was decided, and on which evidence, is in the findings; the study can override it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Gt

from pipeline.errors import ReadError
from pipeline.model.measurement import FloatArray, ImpedanceSpectrum, LinearSweep, RawFile, Source
from pipeline.model.result import Finding
from pipeline.read.mpt import decode_text

Role = Literal["frequency", "omega", "re", "im", "modulus", "phase", "time", "potential", "current", "loop"]
ROLES: tuple[tuple[Role, str], ...] = (
    ("omega", r"^(omega|w|ω)\b|rad/s|rad s"),
    ("frequency", r"^-?(f|freq\w*\.?|frequency)\b|^freq|^\W*frequency|: frequency"),
    ("modulus", r"^\|z\|?|^z ?mod|\|z\||^mod(ulus)?\b|impedance magnitude|^z$"),
    ("phase", r"phase|phz|theta|^phi\b"),
    ("im", r"z\w?''|z\w?\"|im\w*\(?z|z ?imag?\w*|z ?img|^-?zim|^-?imag\w*|im\(z\)|^-?b$"),
    ("re", r"z\w?'|re\w*\(?z|z ?real|^-?zre|^-?real|re\(z\)|^-?a$"),
    ("time", r"^(time|t|pt time|elapsed time)\b"),
    ("potential", r"^(<?ewe>?|e|vf|potential|voltage|ewe|<?vdc>?|u)\b"),
    ("current", r"^(<?i>?|im|current|idc)\b"),
    ("loop", r"^(loop\w*|cycle\w*|sweep)\b"),
)
"""Role and the pattern of its column name, lower case, tried in this order."""
SCALES: tuple[tuple[str, float], ...] = (
    (r"\bmhz\b", 1e6),
    (r"\bkhz\b", 1e3),
    (r"m(ohm|ω|Ω)", 1e6),
    (r"k(ohm|ω|Ω)", 1e3),
    (r"\bmv\b", 1e-3),
    (r"\bma\b", 1e-3),
    (r"\b[µμu]a\b", 1e-6),
    (r"\bna\b", 1e-9),
)
MIN_ROWS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DelimitedSettings:
    """Table ``[settings.eis.read]``: what a text table's header does not say, or says wrongly."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    columns: tuple[str, ...] = ()
    """Roles of the columns in order (frequency, omega, re, im, modulus, phase, time, potential, current, -); empty: header."""
    imaginary_sign: Literal["auto", "as written", "negated"] = "auto"
    """Whether the column holds Im Z or -Im Z; auto: the header, else the capacitive majority, and a finding says which."""
    frequency_unit: Literal["auto", "Hz", "kHz", "MHz", "rad/s"] = "auto"
    """Unit of the frequency column; auto: the header, else Hz."""
    impedance_scale: Annotated[float, Gt(0)] = 1.0
    """Factor from the file's numbers to ohm, where the header's unit is wrong or a geometry was divided out."""
    decimal: Literal["auto", "point", "comma"] = "auto"
    """Decimal sign; auto: the one that makes more lines numeric."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TextTable:
    """A block of numbers with the names above it."""

    names: tuple[str, ...]
    """One per column, '' where there is no header."""
    values: FloatArray
    """(rows, columns)"""
    breaks: tuple[int, ...]
    """Rows before which the text held a new header: another spectrum."""
    delimiter: str


def parse_table(raw: RawFile, settings: DelimitedSettings) -> TextTable:
    """The numeric table of a text file.

    Raises
    ------
    ReadError
        Binary, or no run of numeric lines.
    """
    if b"\x00" in raw.data[:4000] and raw.data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise ReadError(source=raw.name, field="file", problem="is binary, not a text table", hint="wrong suffix?")
    lines = decode_text(raw.data).splitlines()
    commas = {"auto": (False, True), "point": (False,), "comma": (True,)}[settings.decimal]
    candidates = [_blocks(lines, d, c) for d in ("\t", ";", ",", None) for c in commas if not (c and d == ",")]
    best = max(candidates, key=lambda c: c[0])
    if best[0] < MIN_ROWS:
        raise ReadError(
            source=raw.name, field="rows", problem="no table of numbers", hint="is it an instrument's export?"
        )
    _, delimiter, blocks = best
    tables: dict[tuple[str, ...], Blocks] = {}
    for start, numbers in blocks:
        names = _header(lines, start, delimiter, numbers.shape[1])
        known = [n for n in tables if not any(names) and len(n) == len(names)]
        tables.setdefault(known[-1] if known else names, []).append((start, numbers))

    def rank(item: tuple[tuple[str, ...], Blocks]) -> tuple[bool, int]:
        return any(_role(n) in ("frequency", "omega") for n in item[0]), sum(b.shape[0] for _, b in item[1])

    names, chosen = max(tables.items(), key=rank)
    sizes = np.cumsum([b.shape[0] for _, b in chosen])[:-1]
    return TextTable(
        names=names,
        values=np.concatenate([b for _, b in chosen]),
        breaks=tuple(int(s) for s in sizes),
        delimiter=delimiter or "blank",
    )


Blocks = list[tuple[int, FloatArray]]


def _blocks(lines: list[str], delimiter: str | None, comma: bool) -> tuple[int, str | None, Blocks]:
    """(numbers in all blocks, delimiter, blocks as (first line, numbers))."""
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
    runs = [r for r in runs if len(r[1][0]) >= 2]
    longest = max((len(r) for _, r in runs), default=0)
    keep = [(s, np.array(r)) for s, r in runs if len(r) >= min(3, longest)]
    return sum(b.size for _, b in keep), delimiter, keep


def _row(line: str, delimiter: str | None, comma: bool) -> list[float] | None:
    fields = [f.strip().strip('"') for f in line.split(delimiter)]
    while fields and not fields[-1]:
        fields.pop()
    if fields and not fields[0]:
        fields = fields[1:]
    if len(fields) < 2:
        return None
    out, text = [], 0
    for f in fields:
        try:
            out.append(float(f.replace(",", ".") if comma else f))
        except ValueError:
            out.append(float("nan"))
            text += 1
    return out if text <= max(0, (len(fields) - 3) // 2) else None


def _header(lines: list[str], first: int, delimiter: str | None, width: int) -> tuple[str, ...]:
    """Names from the nearest line above the numbers that can name columns; a line of units below it is added."""
    units: list[str] = []
    for line in reversed(lines[max(0, first - 6) : first]):
        for d in (delimiter, "\t", ",", ";", None):
            fields = [f.strip().strip('"').lstrip("#").strip() for f in line.strip("\r\n").split(d)]
            if fields and not fields[0] and len(fields) > width:
                fields = fields[1:]
            fields = [f for f in fields if f] if d in ("\t", None) else fields
            fields = _join_units(fields)
            if not width <= len(fields) + 1 <= width + 3:
                continue
            if sum(_role(f) is not None for f in fields) >= 2:
                named = (fields + [""] * width)[:width]
                if len(units) == len(named):
                    named = [f"{n} {u}" if u and u != "#" else n for n, u in zip(named, units, strict=True)]
                return tuple(named)
            if not units and any(re.search(r"^(hz|ohm|s|v|a|°|deg)$", f, re.IGNORECASE) for f in fields):
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


def _role(name: str) -> Role | None:
    text = name.strip().lower().replace("″", "''").replace("’", "'").replace("”", '"')
    text = re.sub(r"^data:\s*", "", text)
    text = re.sub(r"^(minus|neg)\s*", "-", text)
    for role, pattern in ROLES:
        if re.search(pattern, text.lstrip("-") if role in ("re", "im") and text.startswith("-") else text):
            return role
    return None


def _scale(name: str) -> float:
    text = name.lower()
    if re.search(r"\bMHz|\bMohm|MΩ", name):
        return 1e6
    return next((s for pattern, s in SCALES if s != 1e6 and re.search(pattern, text)), 1.0)


def roles_of(table: TextTable, settings: DelimitedSettings) -> tuple[dict[Role, int], bool]:
    """Column of each role, and whether a header named them."""
    if settings.columns:
        return {role: i for i, role in enumerate(settings.columns) if role != "-"}, True  # type: ignore[misc]
    found: dict[Role, int] = {}
    for i, name in enumerate(table.names):
        role = _role(name) if name else None
        if role is not None and role not in found:
            found[role] = i
    if found:
        return found, True
    if table.values.shape[1] >= 3:
        return {"frequency": 0, "re": 1, "im": 2}, False
    return {}, False


def read_delimited_impedance(raw: RawFile, settings: DelimitedSettings) -> tuple[ImpedanceSpectrum, ...]:
    """Spectra of a text table.

    Raises
    ------
    ReadError
        No table, no frequency or impedance columns, or no usable row.
    """
    table = parse_table(raw, settings)
    role, named = roles_of(table, settings)
    polar = "modulus" in role and "phase" in role
    if not (("frequency" in role or "omega" in role) and (("re" in role and "im" in role) or polar)):
        names = ", ".join(n for n in table.names if n) or f"{table.values.shape[1]} unnamed columns"
        raise ReadError(
            source=raw.name,
            field="columns",
            problem=f"no frequency and impedance among: {names[:150]}",
            hint="name them with [settings.eis.read] columns",
        )
    notes: list[Finding] = []

    def column(r: Role) -> FloatArray:
        name = table.names[role[r]] if role[r] < len(table.names) else ""
        return np.asarray(table.values[:, role[r]] * _scale(name))

    f = _frequency(column, role, settings)
    if "re" in role and "im" in role:
        re_z, im_z = column("re"), column("im")
        re_name, im_name = (table.names[role[r]].strip() for r in ("re", "im"))
        if re_name.startswith("-"):
            re_z = -re_z
        im_z = im_z * _sign(im_z, im_name, named, settings, notes)
        z = re_z + 1j * im_z
    else:
        phase = column("phase")
        if np.nanmax(np.abs(phase)) > 2 * np.pi or "deg" in table.names[role["phase"]].lower():
            phase = np.deg2rad(phase)
        if np.nanmedian(phase) > 0:
            phase = -phase
            problem = "phase is positive for a capacitive majority: taken as -phase"
            notes.append(Finding(severity="warning", field="phase", problem=problem))
        z = column("modulus") * np.exp(1j * phase)
    z = z * settings.impedance_scale
    if not named:
        problem = "no header: columns taken as frequency/Hz, Re Z/ohm, Im Z/ohm"
        notes.append(Finding(severity="warning", field="columns", problem=problem, hint="[settings.eis.read] columns"))
    good = np.isfinite(f) & (f > 0) & np.isfinite(z.real) & np.isfinite(z.imag)
    if not good.any():
        raise ReadError(source=raw.name, field="frequency", problem="no row with a frequency above 0 and a number")
    if int(good.sum()) < good.size:
        problem = f"{int(good.size - good.sum())} row(s) at 0 Hz or without numbers left out"
        notes.append(Finding(severity="info", field="rows", problem=problem))
    return _cut(raw, table, role, f, z, good, named, tuple(notes))


def _frequency(column: object, role: dict[Role, int], settings: DelimitedSettings) -> FloatArray:
    assert callable(column)
    key = "frequency" if "frequency" in role else "omega"
    values = np.asarray(column(key), dtype=float)
    if settings.frequency_unit == "rad/s" or (settings.frequency_unit == "auto" and key == "omega"):
        return values / (2 * np.pi)
    return values * {"kHz": 1e3, "MHz": 1e6}.get(settings.frequency_unit, 1.0)


def _sign(im_z: FloatArray, name: str, named: bool, settings: DelimitedSettings, notes: list[Finding]) -> float:
    """+1 where the column holds Im Z, -1 where it holds -Im Z; what was decided is in the notes."""
    if settings.imaginary_sign != "auto":
        return 1.0 if settings.imaginary_sign == "as written" else -1.0
    negated = bool(re.match(r"^\s*(-|minus|neg)", name, re.IGNORECASE))
    if negated:
        return -1.0
    positive = float(np.nanmean(im_z > 0))
    if positive <= 0.5:
        return 1.0
    problem = f"{positive:.0%} of the imaginary parts are positive"
    if named:
        text = f"{problem} though {name!r} has no minus sign: taken as -Im Z, as a capacitive sample asks"
    else:
        text = f"{problem}: taken as -Im Z, as a capacitive sample asks"
    notes.append(
        Finding(severity="warning", field="imaginary_sign", problem=text, hint="[settings.eis.read] imaginary_sign")
    )
    return -1.0


def _cut(
    raw: RawFile,
    table: TextTable,
    role: dict[Role, int],
    f: FloatArray,
    z: np.ndarray,
    good: np.ndarray,
    named: bool,
    notes: tuple[Finding, ...],
) -> tuple[ImpedanceSpectrum, ...]:
    rows = np.flatnonzero(good)
    cut = np.isin(rows, table.breaks)
    if "loop" in role:
        cut[1:] |= np.diff(table.values[rows, role["loop"]]) != 0
    if rows.size > 2:
        step = np.diff(np.log(f[rows]))
        falling = np.sum(step < 0) >= np.sum(step > 0)
        cut[1:] |= (step > 0 if falling else step < 0) & (np.abs(step) > 3 * np.median(np.abs(step)))
    cut[:1] = False
    evidence = f"table of {table.values.shape[0]} rows, {table.delimiter!r} separated, " + (
        f"columns named {', '.join(n for n in table.names if n)[:120]}" if named else "no header"
    )
    source = Source(file=raw.name, format="delimited text", evidence=evidence)
    out = []
    for number, part in enumerate(np.split(rows, np.flatnonzero(cut)), start=1):
        order = part[np.argsort(-f[part], kind="stable")]
        out.append(
            ImpedanceSpectrum(source=source, frequency_hz=f[order], impedance_ohm=z[order], loop=number, findings=notes)
        )
    return tuple(out)


def read_delimited_sweep(raw: RawFile, settings: DelimitedSettings) -> tuple[LinearSweep, ...]:
    """The sweep of a text table with potential and current columns.

    Raises
    ------
    ReadError
        No table, or no potential or current column.
    """
    table = parse_table(raw, settings)
    role, _ = roles_of(table, settings)
    for needed in ("potential", "current"):
        if needed not in role:
            names = ", ".join(n for n in table.names if n) or f"{table.values.shape[1]} unnamed columns"
            raise ReadError(
                source=raw.name,
                field=needed,
                problem=f"no such column among: {names[:150]}",
                hint="name them with [settings.eis.read] columns",
            )
    values = {r: table.values[:, i] * _scale(table.names[i] if i < len(table.names) else "") for r, i in role.items()}
    good = np.isfinite(values["potential"]) & np.isfinite(values["current"])
    source = Source(file=raw.name, format="delimited text", evidence=f"columns {', '.join(table.names)[:120]}")
    return (
        LinearSweep(
            source=source,
            time_s=values["time"][good] if "time" in values else None,
            potential_v=values["potential"][good],
            current_a=values["current"][good],
            technique="unknown",
        ),
    )
