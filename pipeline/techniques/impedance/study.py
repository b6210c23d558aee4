"""The tables ``[[sample.eis]]`` of a study, and the rows and mistakes in them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field

from pipeline.core.errors import PipelineError
from pipeline.core.sample import Sample
from pipeline.core.study.tables import FileNames, NotNegative, Positive, StudyTable
from pipeline.core.technique import Files, Settings, StudyPart
from pipeline.instruments.names import find_temperature
from pipeline.techniques.impedance.circuits import list_mistakes
from pipeline.techniques.impedance.draft import draft_tables
from pipeline.techniques.impedance.rows import Corrections, SpectrumReview, SpectrumRow
from pipeline.techniques.impedance.temperatures import from_celsius, to_kelvin


class CorrectionsTable(StudyTable):
    """What stands between the instrument and the sample."""

    contact_resistance_ohm: NotNegative = 0.0
    contact_resistance_sigma_ohm: NotNegative = 0.0
    stray_capacitance_f: NotNegative = 0.0
    short: str | None = None
    open: str | None = None


class EisTable(StudyTable):
    """Impedance files of a sample."""

    files: FileNames
    temperature_c: float | None = None
    temperature_k: Positive | None = None
    temperatures: str | None = None
    corrections: CorrectionsTable = CorrectionsTable()
    circuit: str = ""
    fixed: dict[str, float] = Field(default_factory=dict)


def spectrum_rows(tables: Sequence[EisTable], sample: Sample, files: Files) -> Iterator[SpectrumRow]:
    """One row per file. The temperature is the log's, else the table's, else the one in the braces of the pattern; else the file's
    own, else the one that its name tells.
    """
    for i, table in enumerate(tables):
        yield from _rows(table, sample, f"sample {sample.id!r}.eis[{i}]", files)


def _rows(table: EisTable, sample: Sample, where: str, files: Files) -> Iterator[SpectrumRow]:
    given = _given_temperature(table, where, files)
    log, in_log = _temperature_log(table.temperatures, where, files) if table.temperatures else ({}, set())
    for key, problem in list_mistakes(table.circuit, table.fixed):
        files.mistake(f"{where}.{key}", problem)
    c = table.corrections
    beside = tuple(dict.fromkeys(name for name in (c.short, c.open) if name is not None))
    for name in beside:
        if name not in files.names:
            files.mistake(f"{where}.corrections", f"no file {name!r} below raw")
    corrections = Corrections(
        contact_resistance_ohm=c.contact_resistance_ohm,
        contact_resistance_sigma_ohm=c.contact_resistance_sigma_ohm,
        stray_capacitance_f=c.stray_capacitance_f,
    )
    for name, (from_name, braces_k) in _match(table.files, where, files).items():
        kelvin, origin, in_kelvin = given, "study", table.temperature_k is not None
        if name in log:
            kelvin, origin, in_kelvin = log[name], f"log {table.temperatures}", name in in_log
        elif given is None:
            kelvin, origin, in_kelvin = from_name, "file name", braces_k
        named = find_temperature(name) if kelvin is None else None
        if named is not None:
            in_kelvin = not named.celsius
        yield SpectrumRow(
            name=name,
            sample=sample.id,
            files=(name,),
            beside=beside,
            temperature_k=kelvin,
            temperature_origin=origin if kelvin is not None else "",
            named_temperature_k=None if named is None else named.kelvin,
            in_kelvin=in_kelvin,
            corrections=corrections,
            short=c.short,
            open=c.open,
            circuit=table.circuit,
            fixed=table.fixed,
        )


def _given_temperature(table: EisTable, where: str, files: Files) -> float | None:
    """Of the table, in K."""
    kelvin = table.temperature_k
    if table.temperature_c is not None:
        if kelvin is not None:
            files.mistake(where, "temperature_c and temperature_k are both given (keep one)")
        kelvin = from_celsius(table.temperature_c)
    if kelvin is not None and kelvin <= 0:
        files.mistake(where, f"{kelvin:g} K is no temperature of a cell (below absolute zero, or kelvin given as °C?)")
    return kelvin


def _match(patterns: FileNames, where: str, files: Files) -> dict[str, tuple[float | None, bool]]:
    """Name -> temperature in K that the braces of its pattern read, or None; and whether they read it in K."""
    found: dict[str, tuple[float | None, bool]] = {}
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        in_kelvin = "{temperature_k}" in pattern
        found |= {name: (to_kelvin(numbers), in_kelvin) for name, numbers in files.match(pattern, where)}
    return found


def _temperature_log(log: str, where: str, files: Files) -> tuple[Mapping[str, float], set[str]]:
    """Temperature in K by file name, from a CSV log with the columns ``file`` and ``temperature_c`` or ``_k``; and which of
    them were written in K.
    """
    try:
        text = files.load(log).data.decode("utf-8-sig", errors="replace")
    except PipelineError as error:
        files.mistake(f"{where}.temperatures", str(error))
        return {}, set()
    found: dict[str, float] = {}
    written_k: set[str] = set()
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            in_kelvin = bool(row.get("temperature_k"))
            kelvin = float(row["temperature_k"]) if in_kelvin else from_celsius(float(row["temperature_c"]))
            found[row["file"]] = kelvin
            written_k |= {row["file"]} if in_kelvin else set()
            if not (math.isfinite(kelvin) and kelvin > 0):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            problem = f"line {number} needs the columns file and temperature_c (or temperature_k)"
            files.mistake(f"{where}.temperatures", f"{log}: {problem}")
            break
    return found, written_k


def review_mistakes(
    rows: Sequence[SpectrumRow], samples: Sequence[Sample], settings: Settings
) -> Iterator[tuple[str, str]]:
    """Circuits that are none in what persons decided of single files."""
    del samples, settings
    for row in rows:
        for review in row.reviews:
            where = f"review of {review.file!r}"
            yield from ((f"{where}.{key}", problem) for key, problem in list_mistakes(review.circuit, review.fixed))
            if review.circuit and review.arcs is not None:
                yield f"{where}.arcs", "a number of arcs and a circuit are both given (keep one)"


STUDY = StudyPart(
    table=EisTable,
    rows=spectrum_rows,
    draft=draft_tables,
    review=SpectrumReview,
    review_columns={"arcs": "count", "mask_hz": "text", "circuit": "text", "fixed": "text"},
    mistakes=review_mistakes,
)
