"""Text tables of impedance: CSV, tab, semicolon, blanks; ZPlot, Gamry, CHI, RelaxIS and other vendors' text.

Without a header the rule is: frequency in Hz, Re Z, Im Z in ohm, in this order, and the numbers must look like it.  What was
decided, and on which evidence, is in the findings; the study can override all of it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.text.columns import curves_beside, require_columns, roles_of, si_column, source_of
from pipeline.instruments.text.roles import Role
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.instruments.text.table import TextTable, find_tables
from pipeline.instruments.text.vendors import vendor_table
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.read.frequency_sweeps import cut_sweeps
from pipeline.techniques.impedance.read.signs import im_sign, to_complex

NO_HEADER = "no_header"
"""Code of the finding that the columns were told by their numbers alone."""
MIN_HEADERLESS_ROWS = 5
"""Fewer rows without a header are no evidence that a table is impedance."""


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
    require_columns(raw, table, role)
    notes: list[Finding] = [
        *table.findings,
        *curves_beside(table, role["frequency" if "frequency" in role else "omega"]),
    ]
    f = _frequency(table, role, settings)
    z = _impedance(raw, table, role, f, settings, notes)
    good = np.isfinite(f) & (f > 0) & np.isfinite(z.real) & np.isfinite(z.imag)
    if not named:
        _require_plausible(raw, f[good], z[good])
        problem = "no header: columns taken as frequency/Hz, Re Z/ohm, Im Z/ohm"
        hint = "[settings.eis.read] columns"
        notes.append(Finding(severity="warning", field="columns", problem=problem, hint=hint, code=NO_HEADER))
    if not good.any():
        raise ReadError(source=raw.name, field="frequency", problem="no row with a frequency above 0 and a number")
    if int(good.sum()) < good.size:
        problem = f"{int(good.size - good.sum())} row(s) at 0 Hz or without numbers left out"
        notes.append(Finding(severity="info", field="rows", problem=problem))
    return _cut(raw, table, role, f, z, good, notes)


def _frequency(table: TextTable, role: dict[Role, int], settings: DelimitedSettings) -> FloatArray:
    omega = "frequency" not in role
    index = role["omega" if omega else "frequency"]
    unit = settings.frequency_unit
    if unit == "auto":
        return si_column(table, index) / (2 * np.pi if omega else 1.0)
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
    a, b = si_column(table, first), si_column(table, second)
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
            source=source,
            frequency_hz=f[order],
            impedance_ohm=z[order],
            time_s=si_column(table, role["time"])[order] if "time" in role else None,
            loop=len(out) + 1,
            findings=tuple(notes),
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
    from pipeline.science.constants import ZERO_CELSIUS_K

    values = table.values[rows, index]
    values = values[np.isfinite(values) & (values != 0)]
    if not values.size:
        return None
    kelvin = float(values.mean()) + (0.0 if table.names[index].text.rstrip(" )]").endswith("K") else ZERO_CELSIUS_K)
    return kelvin if 50 < kelvin < 900 else None
