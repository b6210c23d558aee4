"""Is a file a sweep: by the technique in an EC-Lab header, or by the columns of a text table.

A file that can give impedance is none: a cell's potential and current stand beside many a spectrum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Recognition
from pipeline.core.values import Finding
from pipeline.instruments.eclab.mpt import EclabTable
from pipeline.instruments.eclab.tables import has_impedance, has_sweep, parse_eclab
from pipeline.instruments.names import temperature_from_name
from pipeline.instruments.recognise import companion, refuse_binary
from pipeline.instruments.text.columns import roles_of
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.instruments.text.table import TextTable, find_tables
from pipeline.instruments.text.vendors import vendor_table
from pipeline.techniques.sweeps.read import table_sweeps, to_sweeps

TELLING = ("no_current", "current_density")
"""Errors of a table that has a potential: they say more of it than that it is no impedance."""


def recognise_sweeps(raw: RawFile) -> Recognition | None:
    """What a file of sweeps is, on which evidence; None for any other."""
    if companion(raw) is not None:
        return None
    try:
        eclab = parse_eclab(raw)
    except ReadError:
        return None
    known = _in_text(raw) if eclab is None else _in_eclab(raw, *eclab)
    if known is None or known.technique != "lsv":
        return known
    kelvin = temperature_from_name(raw.name)
    return known if kelvin is None else replace(known, temperature_k=kelvin, temperature_origin="file name")


def _in_eclab(raw: RawFile, form: str, tables: Sequence[EclabTable]) -> Recognition | None:
    if any(has_impedance(t) or "EIS" in t.technique for t in tables) or not any(has_sweep(t) for t in tables):
        return None
    try:
        n = len(to_sweeps(raw, form, tables))
    except ReadError as error:
        first = "its first bytes" if form == "EC-Lab mpr" else "its first line"
        return Recognition(file=raw.name, technique="other", format=form, evidence=first, findings=(_told(error),))
    return Recognition(
        file=raw.name,
        technique="lsv",
        format=form,
        detail=", ".join(dict.fromkeys(t.technique for t in tables if t.technique)),
        n_rows=sum(t.n_rows for t in tables),
        n_measurements=n,
        evidence="technique in the header",
        findings=tables[0].findings,
    )


def _in_text(raw: RawFile) -> Recognition | None:
    settings = DelimitedSettings()
    try:
        refuse_binary(raw)
        tables = find_tables(raw, settings.decimal) if vendor_table(raw) is None else ()
    except ReadError:
        return None
    if not tables or any(_is_impedance(t, settings) for t in tables):
        return None
    unknown = Recognition(file=raw.name, technique="unknown", format="unknown", confidence="guess")
    try:
        sweeps = table_sweeps(raw, tables, settings)
    except ReadError as error:
        told = error.code in TELLING
        return replace(unknown, evidence="no reader knows it", findings=(_told(error),)) if told else None
    return replace(
        unknown,
        technique="lsv",
        format=sweeps[0].source.format,
        n_rows=sum(s.potential_v.size for s in sweeps),
        n_measurements=len(sweeps),
        evidence=sweeps[0].source.evidence,
        findings=sweeps[0].findings,
    )


def _is_impedance(table: TextTable, settings: DelimitedSettings) -> bool:
    roles = roles_of(table, settings).keys()
    return bool({"frequency", "omega"} & roles) and ({"re", "im"} <= roles or {"modulus", "phase"} <= roles)


def _told(error: ReadError) -> Finding:
    return Finding(severity="error", field=error.field, problem=error.problem, hint=error.hint)
