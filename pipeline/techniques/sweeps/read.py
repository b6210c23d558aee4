"""A file of any known format -> potential sweeps, one per cycle or block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.eclab.header import area_m2, nominal_rate_v_per_s
from pipeline.instruments.eclab.mpt import EclabTable
from pipeline.instruments.eclab.tables import has_impedance, has_sweep, parse_eclab, source_of
from pipeline.instruments.recognise import refuse_binary, refuse_companion
from pipeline.instruments.text.columns import curves_beside, require_columns, roles_of, si_column
from pipeline.instruments.text.columns import source_of as text_source
from pipeline.instruments.text.roles import Role
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.instruments.text.table import TextTable, find_tables
from pipeline.techniques.sweeps.model import LinearSweep


def read_sweeps(raw: RawFile, settings: DelimitedSettings) -> tuple[LinearSweep, ...]:
    """Potential sweeps of a file of any known format.

    Raises
    ------
    ReadError
        The file cannot give a sweep; the message says what it is instead.
    """
    refuse_companion(raw)
    eclab = parse_eclab(raw)
    if eclab is not None:
        return to_sweeps(raw, *eclab)
    refuse_binary(raw)
    return read_delimited_sweep(raw, settings)


def to_sweeps(raw: RawFile, form: str, tables: Sequence[EclabTable]) -> tuple[LinearSweep, ...]:
    """All sweeps of a file's tables, one per cycle.

    Raises
    ------
    ReadError
        No potential or no current, or a technique that sweeps nothing.
    """
    wanted = [t for t in tables if has_sweep(t)] or [t for t in tables if not t.technique] or list(tables[:1])
    skipped = [t.technique or "a table without a name" for t in tables if t not in wanted]
    note = Finding(severity="info", field="technique", problem=f"not read here: {', '.join(skipped)}")
    out: list[LinearSweep] = []
    for table in wanted:
        for sweep in _table_sweeps(raw, form, table):
            findings = (*sweep.findings, note) if skipped else sweep.findings
            out.append(replace(sweep, loop=len(out) + 1, findings=findings))
    if not out:
        raise ReadError(
            source=raw.name, field="Ewe/V", problem="fewer than two data points", hint="was the run stopped?"
        )
    return tuple(out)


def _table_sweeps(raw: RawFile, form: str, table: EclabTable) -> list[LinearSweep]:
    columns = table.columns
    potential = next((columns[n] for n in ("Ewe/V", "<Ewe>/V", "Ewe-Ece/V", "Ecell/V") if n in columns), None)
    current = current_a(columns)
    if potential is None or current is None or (table.technique and not has_sweep(table)):
        what = table.technique or "no technique in the header"
        missing = "Ewe/V" if potential is None else "I/mA" if current is None else "technique"
        raise ReadError(
            source=raw.name,
            field=missing,
            problem=f"not a potential sweep ({what})",
            hint="give it as eis" if has_impedance(table) else "give the LSV or CV export",
        )
    notes = list(table.findings)
    if not table.technique:
        problem = "not named in the file: taken as a sweep because it was asked for as one"
        notes.append(Finding(severity="warning", field="technique", problem=problem))
    good = np.isfinite(potential) & np.isfinite(current)
    if not good.all():
        problem = f"{int((~good).sum())} row(s) with NaN or Inf left out"
        notes.append(Finding(severity="warning", field="rows", problem=problem))
    rows = np.flatnonzero(good)
    groups = [rows]
    if "cycle number" in columns and table.technique != "LSV":
        groups = np.split(rows, np.flatnonzero(np.diff(columns["cycle number"][rows]) != 0) + 1)
    flags = ("mode", "ox/red", "error", "control changes", "Ns changes", "counter inc.", "Ns", "I Range", "half cycle")
    source = source_of(raw, form, table)
    return [
        LinearSweep(
            source=source,
            time_s=columns["time/s"][part] if "time/s" in columns else None,
            potential_v=potential[part],
            current_a=current[part],
            technique=table.technique or "unknown",
            control_v=columns["control/V"][part] if "control/V" in columns else None,
            nominal_rate_v_per_s=nominal_rate_v_per_s(table.header),
            area_m2=area_m2(table.header),
            flags={n: tuple(map(float, columns[n][part])) for n in flags if n in columns},
            findings=tuple(notes),
        )
        for part in groups
        if part.size >= 2
    ]


def current_a(columns: Mapping[str, FloatArray]) -> FloatArray | None:
    """Current in A: the momentary one where it was recorded, else the mean over the step."""
    for name in ("I", "<I>"):
        for unit, scale in (("A", 1.0), ("mA", 1e-3), ("µA", 1e-6), ("μA", 1e-6), ("uA", 1e-6), ("nA", 1e-9)):
            if f"{name}/{unit}" in columns:
                return np.asarray(columns[f"{name}/{unit}"] * scale)
    return None


def read_delimited_sweep(raw: RawFile, settings: DelimitedSettings) -> tuple[LinearSweep, ...]:
    """The sweeps of a text table with potential and current columns, one per block or cycle.

    Raises
    ------
    ReadError
        No table, no potential or current column, or a current density where a current is needed.
    """
    return table_sweeps(raw, find_tables(raw, settings.decimal), settings)


def table_sweeps(raw: RawFile, tables: Sequence[TextTable], settings: DelimitedSettings) -> tuple[LinearSweep, ...]:
    """The sweeps of the first table that has potential and current.

    Raises
    ------
    ReadError
        No such column (code ``no_potential``, ``no_current``), a current density (``current_density``), or no two points.
    """
    table = next((t for t in tables if {"potential", "current"} <= roles_of(t, settings).keys()), tables[0])
    role = roles_of(table, settings)
    _require_sweep(raw, table, role)
    values = {r: si_column(table, i) * (-1.0 if table.names[i].negated else 1.0) for r, i in role.items()}
    good = np.flatnonzero(np.isfinite(values["potential"]) & np.isfinite(values["current"]))
    cut = np.isin(good, table.breaks)
    if "loop" in role:
        cut[1:] |= np.diff(values["loop"][good]) != 0
    cut[:1] = False
    notes = (*table.findings, *curves_beside(table, role["potential"]))
    current = table.names[role["current"]]
    if not current.unit:
        problem = f"{current.text or 'the current column'} has no unit: taken as A"
        notes = (*notes, Finding(severity="warning", field="current", problem=problem))
    parts = [p for p in np.split(good, np.flatnonzero(cut)) if p.size >= 2]
    if not parts:
        raise ReadError(source=raw.name, field="rows", problem="fewer than two points of potential and current")
    return tuple(
        LinearSweep(
            source=text_source(raw, table),
            time_s=values["time"][part] if "time" in values else None,
            potential_v=values["potential"][part],
            current_a=values["current"][part],
            technique="unknown",
            loop=number,
            findings=notes,
        )
        for number, part in enumerate(parts, start=1)
    )


def _require_sweep(raw: RawFile, table: TextTable, role: dict[Role, int]) -> None:
    """Raise a ReadError where a column is missing or is not the one that is needed."""
    wanted: tuple[Role, ...] = ("potential", "current")
    for needed in wanted:
        if needed not in role:
            raise ReadError(
                source=raw.name,
                field=needed,
                problem=f"no such column among: {table.shown}",
                hint="name them with [settings.eis.read] columns",
                code=f"no_{needed}",
            )
    require_columns(raw, table, role)
    current = table.names[role["current"]]
    if current.per_geometry:
        raise ReadError(
            source=raw.name,
            field=current.text,
            problem="is a current density, the sweep needs the current",
            hint="export the current in A or mA",
            code="current_density",
        )
