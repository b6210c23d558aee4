"""Is a file a test of a cell: by the technique in an EC-Lab header, a tester's own bytes, or columns that only testers write.

A table of time, potential and current alone is none: a sweep has those.  The study may name such a file all the same.
"""

from __future__ import annotations

from dataclasses import replace

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Recognition
from pipeline.core.values import Finding
from pipeline.instruments.eclab.mpt import EclabTable
from pipeline.instruments.eclab.tables import has_impedance, has_sweep, parse_eclab
from pipeline.instruments.names import temperature_from_name
from pipeline.instruments.neware.binary import looks_like_neware
from pipeline.instruments.recognise import companion
from pipeline.instruments.sheets.workbook import is_xls, is_xlsx
from pipeline.instruments.text.decode import is_binary
from pipeline.techniques.cycling.read.bio_logic import is_cycling
from pipeline.techniques.cycling.read.files import closed_format, read_cycling, read_records, tester_columns


def recognise_cycling(raw: RawFile) -> Recognition | None:
    """What a test is, on which evidence; None for any other file. Never raises for bad content."""
    if companion(raw) is not None:
        return None
    closed = closed_format(raw)
    if closed is not None:
        finding = Finding(severity="error", field="file", problem=closed[0], hint=closed[1])
        return Recognition(file=raw.name, technique="other", format="closed tester file", evidence="suffix and first bytes",
                           findings=(finding,))  # fmt: skip
    try:
        known = _recognise(raw)
    except ReadError:
        return None
    if known is None or known.technique != "cycling":
        return known
    kelvin = temperature_from_name(raw.name)
    return known if kelvin is None else replace(known, temperature_k=kelvin, temperature_origin="file name")


def _recognise(raw: RawFile) -> Recognition | None:
    eclab = parse_eclab(raw)
    if eclab is not None:
        if not _galvanostatic(eclab[1]):
            return None
    elif looks_like_neware(raw):
        pass
    elif is_xlsx(raw.data) or is_xls(raw.data) or not is_binary(raw.data):
        if not tester_columns(raw):
            return None
    else:
        return None
    try:
        records, steps = read_records(raw, {}), read_cycling(raw, {})
    except ReadError as error:
        finding = Finding(severity="error", field=error.field, problem=error.problem, hint=error.hint)
        return Recognition(file=raw.name, technique="other", format="battery test", evidence="names of its columns",
                           findings=(finding,))  # fmt: skip
    source = records.source
    return Recognition(
        file=raw.name,
        technique="cycling",
        format=source.format if source.format != "columns" else "cycling table",
        detail=", ".join(dict.fromkeys(t.technique for t in eclab[1] if is_cycling(t))) if eclab else "",
        n_rows=records.n_rows,
        n_measurements=len(steps),
        evidence=source.evidence,
        findings=records.findings,
    )


def _galvanostatic(tables: tuple[EclabTable, ...]) -> bool:
    if any(has_impedance(t) or has_sweep(t) or "EIS" in t.technique for t in tables):
        return False
    return any(is_cycling(t) for t in tables)
