"""Text tables of impedance and sweeps: CSV, tab, semicolon, blanks; ZPlot, Gamry, CHI, RelaxIS and other vendors' text.

Columns get their role, sign and unit from the header above the numbers; without a header the rule is: frequency in Hz, Re Z,
Im Z in ohm, in this order, and the numbers must look like it.  What was decided, and on which evidence, is in the findings; the
study can override all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Gt

from pipeline.errors import ReadError
from pipeline.model.measurement import ComplexArray, FloatArray, ImpedanceSpectrum, LinearSweep, RawFile, Source
from pipeline.model.result import Finding
from pipeline.read.cuts import cut_sweeps
from pipeline.read.roles import Role
from pipeline.read.signs import im_sign, to_complex
from pipeline.read.text_table import TextTable, find_tables
from pipeline.read.vendors import vendor_format, vendor_table

MIN_HEADERLESS_ROWS = 5
"""Fewer rows without a header are no evidence that a table is impedance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelimitedSettings:
    """Table ``[settings.eis.read]``: what a text table's header does not say, or says wrongly."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    columns: tuple[str, ...] = ()
    """Roles of the columns in order (frequency, omega, re, im, modulus, phase, time, potential, current, -); empty: header."""
    imaginary_sign: Literal["auto", "as written", "negated"] = "auto"
    """Whether the column holds Im Z or -Im Z; auto: the header's minus, else Kramers-Kronig and the capacitive majority."""
    frequency_unit: Literal["auto", "Hz", "kHz", "MHz", "rad/s"] = "auto"
    """Unit of the frequency column; auto: the header, else Hz."""
    impedance_scale: Annotated[float, Gt(0)] = 1.0
    """Factor from the file's numbers to ohm, where the header's unit is wrong or a geometry was divided out."""
    decimal: Literal["auto", "point", "comma"] = "auto"
    """Decimal sign; auto: the one that makes more lines numeric."""


def roles_of(table: TextTable, settings: DelimitedSettings) -> dict[Role, int]:
    """Column of each role (of columns with one role the first); without a header by the stated rule."""
    if settings.columns:
        return {role: i for i, role in enumerate(settings.columns) if role != "-"}  # type: ignore[misc]
    found: dict[Role, int] = {}
    for i, name in enumerate(table.names):
        if name.role is not None:
            found.setdefault(name.role, i)
    if not table.named and table.values.shape[1] >= 3:
        return {"frequency": 0, "re": 1, "im": 2}
    return found


def _is_impedance(role: dict[Role, int]) -> bool:
    cartesian, polar = {"re", "im"} <= role.keys(), {"modulus", "phase"} <= role.keys()
    return ("frequency" in role or "omega" in role) and (cartesian or polar)


def read_delimited_impedance(raw: RawFile, settings: DelimitedSettings) -> tuple[ImpedanceSpectrum, ...]:
    """Spectra of a text table.

    Raises
    ------
    ReadError
        No table, no frequency or impedance columns, a unit that needs a geometry, or no usable row.
    """
    table = vendor_table(raw)
    tables = (table,) if table is not None else find_tables(raw, settings.decimal)
    table = next((t for t in tables if _is_impedance(roles_of(t, settings))), None)
    if table is None:
        shown = max(tables, key=lambda t: (t.named, t.values.shape[0])).shown
        raise ReadError(
            source=raw.name,
            field="columns",
            problem=f"no frequency and impedance among: {shown}",
            hint="name them with [settings.eis.read] columns",
        )
    role, named = roles_of(table, settings), table.named or bool(settings.columns)
    _require_columns(raw, table, role)
    notes: list[Finding] = [*table.findings, *_beside(table, role["frequency" if "frequency" in role else "omega"])]
    f = _frequency(table, role, settings)
    z = _impedance(raw, table, role, f, settings, notes)
    good = np.isfinite(f) & (f > 0) & np.isfinite(z.real) & np.isfinite(z.imag)
    if not named:
        _require_plausible(raw, f[good], z[good])
        problem = "no header: columns taken as frequency/Hz, Re Z/ohm, Im Z/ohm"
        notes.append(Finding(severity="warning", field="columns", problem=problem, hint="[settings.eis.read] columns"))
    if not good.any():
        raise ReadError(source=raw.name, field="frequency", problem="no row with a frequency above 0 and a number")
    if int(good.sum()) < good.size:
        problem = f"{int(good.size - good.sum())} row(s) at 0 Hz or without numbers left out"
        notes.append(Finding(severity="info", field="rows", problem=problem))
    return _cut(raw, table, role, f, z, good, notes)


def _require_columns(raw: RawFile, table: TextTable, role: dict[Role, int]) -> None:
    if max(role.values()) >= table.values.shape[1]:
        problem = f"{max(role.values()) + 1} are named in the settings, the table has {table.values.shape[1]}"
        raise ReadError(source=raw.name, field="columns", problem=problem, hint="[settings.eis.read] columns")


def _beside(table: TextTable, index: int) -> tuple[Finding, ...]:
    """A warning where the column stands in the table again under the same name: curves side by side."""
    same = sum(n.text == table.names[index].text for n in table.names)
    if same < 2 or not table.named:
        return ()
    problem = f"{same} curves side by side (columns named {table.names[index].text}): only the first is read"
    hint = "export one file for each curve"
    return (Finding(severity="warning", field="columns", problem=problem, hint=hint),)


def _column(table: TextTable, index: int) -> FloatArray:
    """Numbers of a column in SI."""
    return np.asarray(table.values[:, index] * table.names[index].factor)


def _frequency(table: TextTable, role: dict[Role, int], settings: DelimitedSettings) -> FloatArray:
    omega = "frequency" not in role
    index = role["omega" if omega else "frequency"]
    unit = settings.frequency_unit
    if unit == "auto":
        return _column(table, index) / (2 * np.pi if omega else 1.0)
    return np.asarray(table.values[:, index] * {"kHz": 1e3, "MHz": 1e6, "rad/s": 1 / (2 * np.pi)}.get(unit, 1.0))


def _impedance(
    raw: RawFile,
    table: TextTable,
    role: dict[Role, int],
    f: FloatArray,
    settings: DelimitedSettings,
    notes: list[Finding],
) -> ComplexArray:
    """(rows,) in ohm, with the sign that the header, the study or the data ask for."""
    cartesian = {"re", "im"} <= role.keys()
    first, second = (role["re"], role["im"]) if cartesian else (role["modulus"], role["phase"])
    name = table.names[first]
    if name.per_geometry and settings.impedance_scale == 1.0:
        raise ReadError(
            source=raw.name,
            field=name.text,
            problem="a geometry was multiplied in (the unit is not ohm)",
            hint="give [settings.eis.read] impedance_scale, the factor to ohm: l/A for ohm cm, 1/A for ohm cm2",
        )
    a, b = _column(table, first), _column(table, second)
    if cartesian:
        a = -a if name.negated else a
    else:
        text = table.names[second].text.lower()
        degree = any(u in text for u in ("deg", "°", "grad"))  # Grad: German for degrees, no radian
        radian = not degree and ("rad" in text or np.nanmax(np.abs(b), initial=0) <= np.pi / 2)
        phase = b if radian else np.deg2rad(b)
        a, b = a * np.cos(phase), a * np.sin(phase)
        if radian and "rad" not in text:
            notes.append(Finding(severity="warning", field="phase", problem="no unit in the header: taken as radian"))
    sign, finding = im_sign(f, a, b, table.names[second], settings.imaginary_sign)
    if finding is not None:
        notes.append(finding)
    return to_complex(a * settings.impedance_scale, sign * b * settings.impedance_scale)


def _require_plausible(raw: RawFile, f: FloatArray, z: ComplexArray) -> None:
    """A table without a header is impedance only if its first column can be a sweep of frequency.

    Positive and going one way by steps of a constant ratio rather than of a constant difference, over a decade or more.
    """
    cuts, unsorted = cut_sweeps(f) if f.size else (np.array([], dtype=int), True)
    sweep = f[: cuts[0]] if cuts.size else f
    why = ""
    if sweep.size < MIN_HEADERLESS_ROWS or f.max() / f.min() < 10 or f.max() > 1e10 or f.min() < 1e-7:
        why = "the first column is no sweep of frequency over a decade"
    elif unsorted:
        why = "the first column does not go one way"
    else:
        ratio, step = np.abs(np.diff(np.log(sweep))), np.abs(np.diff(sweep))
        if np.std(ratio) / np.mean(ratio) >= np.std(step) / np.mean(step):
            why = "the first column goes by constant steps, as energies and times do"
        elif np.all(z.imag == 0) or np.all(z.real == 0) or np.mean(z.real > 0) < 0.5:
            why = "the second and third column are no impedance"
    if why:
        raise ReadError(
            source=raw.name,
            field="columns",
            problem=f"no header, and {why}",
            hint="name them with [settings.eis.read] columns",
        )


def _cut(
    raw: RawFile,
    table: TextTable,
    role: dict[Role, int],
    f: FloatArray,
    z: ComplexArray,
    good: np.ndarray,
    notes: list[Finding],
) -> tuple[ImpedanceSpectrum, ...]:
    rows = np.flatnonzero(good)
    cut = np.zeros(rows.size, dtype=bool)
    for start in table.breaks:
        cut |= rows == next((r for r in rows if r >= start), -1)
    if "loop" in role:
        cut[1:] |= np.diff(table.values[rows, role["loop"]]) != 0
    cut[:1] = False
    pieces = [p for part in np.split(rows, np.flatnonzero(cut)) for p in np.split(part, cut_sweeps(f[part])[0])]
    source = source_of(raw, table)
    out: list[ImpedanceSpectrum] = []
    for part in (p for p in pieces if p.size):
        unsorted = cut_sweeps(f[part])[1]
        order = part[np.argsort(-f[part], kind="stable")]
        spectrum = ImpedanceSpectrum(
            source=source, frequency_hz=f[order], impedance_ohm=z[order], loop=len(out) + 1, findings=tuple(notes)
        )
        if unsorted:
            note = Finding(severity="info", field="frequency", problem="frequencies unsorted: put in order")
            spectrum = replace(spectrum, findings=(*notes, note))
        kelvin = _temperature_k(table, role["temperature"], order) if "temperature" in role else None
        if kelvin is not None:
            spectrum = replace(spectrum, temperature_k=kelvin, temperature_origin="external input")
        out.append(spectrum)
    return tuple(out)


def _temperature_k(table: TextTable, index: int, rows: np.ndarray) -> float | None:
    """Mean of a temperature column over the rows of a spectrum; None where it holds none."""
    values = table.values[rows, index]
    values = values[np.isfinite(values) & (values != 0)]
    if not values.size:
        return None
    kelvin = float(values.mean()) + (0.0 if table.names[index].text.rstrip(" )]").endswith("K") else 273.15)
    return kelvin if 50 < kelvin < 900 else None


def source_of(raw: RawFile, table: TextTable) -> Source:
    """Where the table came from and how its columns were told."""
    decimal = ", decimal comma" if table.decimal_comma else ""
    evidence = f"table of {table.values.shape[0]} rows, separated by {table.delimiter}{decimal}, " + (
        f"columns named {table.shown}" if table.named else "no header"
    )
    return Source(file=raw.name, format=vendor_format(raw), evidence=evidence)


def read_delimited_sweep(raw: RawFile, settings: DelimitedSettings) -> tuple[LinearSweep, ...]:
    """The sweeps of a text table with potential and current columns, one per block or cycle.

    Raises
    ------
    ReadError
        No table, no potential or current column, or a current density where a current is needed.
    """
    tables = find_tables(raw, settings.decimal)
    table = next((t for t in tables if {"potential", "current"} <= roles_of(t, settings).keys()), tables[0])
    role = roles_of(table, settings)
    for needed in ("potential", "current"):
        if needed not in role:
            raise ReadError(
                source=raw.name,
                field=needed,
                problem=f"no such column among: {table.shown}",
                hint="name them with [settings.eis.read] columns",
            )
    _require_columns(raw, table, role)
    current = table.names[role["current"]]
    if current.per_geometry:
        problem = "is a current density, the sweep needs the current"
        raise ReadError(source=raw.name, field=current.text, problem=problem, hint="export the current in A or mA")
    values = {r: _column(table, i) * (-1.0 if table.names[i].negated else 1.0) for r, i in role.items()}
    good = np.flatnonzero(np.isfinite(values["potential"]) & np.isfinite(values["current"]))
    cut = np.isin(good, table.breaks)
    if "loop" in role:
        cut[1:] |= np.diff(values["loop"][good]) != 0
    cut[:1] = False
    notes = (*table.findings, *_beside(table, role["potential"]))
    if not current.unit:
        problem = f"{current.text or 'the current column'} has no unit: taken as A"
        notes = (*notes, Finding(severity="warning", field="current", problem=problem))
    parts = [p for p in np.split(good, np.flatnonzero(cut)) if p.size >= 2]
    if not parts:
        raise ReadError(source=raw.name, field="rows", problem="fewer than two points of potential and current")
    return tuple(
        LinearSweep(
            source=source_of(raw, table),
            time_s=values["time"][part] if "time" in values else None,
            potential_v=values["potential"][part],
            current_a=values["current"][part],
            technique="unknown",
            sweep=number,
            findings=notes,
        )
        for number, part in enumerate(parts, start=1)
    )
