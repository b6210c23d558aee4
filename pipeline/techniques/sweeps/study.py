"""The tables of sweeps in a study, ``[[sample.lsv]]``, and the windows computed for its samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator

from pipeline.core.drafting import QUESTION, Drafting, counted, listed
from pipeline.core.sample import Sample
from pipeline.core.study.tables import FileNames, NotNegative, Positive, StudyTable
from pipeline.core.technique import Files, Option, StudyPart
from pipeline.techniques.sweeps.model import ComputedWindows, SweepConditions, SweepRow


class ReferenceTable(StudyTable):
    """Reference electrode of a sweep."""

    electrode: str = ""
    volts_vs_na: float
    volts_vs_na_sigma: NotNegative = 0.0


class SweepTable(StudyTable):
    """Sweep files of a sample."""

    files: FileNames
    reference: ReferenceTable | None = None
    area_cm2: Positive | None = None
    electrolyte_mg: Positive | None = None
    carbon_mg: Positive | None = None
    series_resistance_ohm: NotNegative | None = None


def _rising(window: tuple[float, float]) -> tuple[float, float]:
    if not window[0] < window[1]:
        raise ValueError("the reduction limit comes first and lies below the oxidation limit")
    return window


RisingPair = Annotated[tuple[float, float], AfterValidator(_rising)]


def sweep_rows(tables: Sequence[SweepTable], sample: Sample, files: Files) -> Iterator[SweepRow]:
    """One row per file."""
    for i, table in enumerate(tables):
        conditions = _conditions(table)
        for name, _ in files.match(table.files, f"sample {sample.id!r}.lsv[{i}]"):
            yield SweepRow(name=name, sample=sample.id, files=(name,), conditions=conditions)


def _conditions(table: SweepTable) -> SweepConditions:
    """The cell, in SI."""
    ref = table.reference
    return SweepConditions(
        reference_electrode=ref.electrode if ref else "",
        volts_vs_na=ref.volts_vs_na if ref else None,
        volts_vs_na_sigma=ref.volts_vs_na_sigma if ref else 0.0,
        area_m2=None if table.area_cm2 is None else table.area_cm2 * 1e-4,
        electrolyte_kg=None if table.electrolyte_mg is None else table.electrolyte_mg * 1e-6,
        carbon_kg=None if table.carbon_mg is None else table.carbon_mg * 1e-6,
        series_resistance_ohm=table.series_resistance_ohm,
    )


def draft_tables(sample: str, drafting: Drafting) -> list[str]:
    """One table with all sweep files of a sample, and what no file tells as questions."""
    mine = drafting.of(sample, "lsv")
    if not mine:
        return []
    return [
        "",
        "  [[sample.lsv]]",
        f"  files = {listed(mine)}   # {counted(mine, 'sweeps')}",
        f'  {QUESTION}reference = {{ electrode = "?", volts_vs_na = ?, volts_vs_na_sigma = ? }}',
        f"  {QUESTION}area_cm2 = ?",
        f"  {QUESTION}electrolyte_mg = ?",
    ]


def computed_windows(given: Mapping[str, tuple[float, float]]) -> ComputedWindows:
    """The option as the summary takes it."""
    return ComputedWindows(by_sample=dict(given))


STUDY = StudyPart(
    table=SweepTable,
    rows=sweep_rows,
    draft=draft_tables,
    options={"computed_window_v_vs_na": Option(type=dict[str, RisingPair], make=computed_windows)},
)
