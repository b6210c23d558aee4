"""The table of cells in a study, ``[[sample.cycling]]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from pipeline.core.drafting import QUESTION, Drafting, counted, listed
from pipeline.core.sample import Sample
from pipeline.core.study.tables import FileNames, NotNegative, Positive, StudyTable
from pipeline.core.technique import Files, StudyPart
from pipeline.science.constants import ZERO_CELSIUS_K
from pipeline.techniques.cycling.model import ROLES, CellInfo, CyclingRow, Direction


def _known_roles(columns: dict[str, str]) -> dict[str, str]:
    for role in columns:
        if role not in ROLES:
            raise ValueError(f"{role!r} is no role of a column; they are: {', '.join(ROLES)}")
    if columns and not {"voltage", "current"} <= set(columns) and not {"voltage", "capacity"} <= set(columns):
        raise ValueError("name voltage and current (with their units), and a time")
    return columns


class CyclingTable(StudyTable):
    """Cells of a sample, one file each."""

    files: FileNames
    one_cell: bool = False
    """True where the files are parts of one test, in their order."""
    composite_mass_mg: Positive | None = None
    composite_mass_sigma_mg: NotNegative = 0.0
    mass_parts: Annotated[list[Positive], Field(min_length=1)] | None = None
    active_part: Annotated[int, Field(ge=1)] = 1
    """Which of ``mass_parts`` is active, from 1."""
    active_mass_mg: Positive | None = None
    active_mass_sigma_mg: NotNegative = 0.0
    nominal_mah_g: Positive | None = None
    area_cm2: Positive | None = None
    first: Direction | None = None
    retention_from: Annotated[int, Field(ge=1)] | None = None
    temperature_c: Annotated[float, Field(gt=-ZERO_CELSIUS_K)] | None = None
    columns: Annotated[dict[str, str], AfterValidator(_known_roles)] = Field(default_factory=dict)
    """Role -> name of the column with its unit, for tables that no tester of a known maker wrote."""

    @model_validator(mode="after")
    def _one_mass(self) -> CyclingTable:
        if self.active_mass_mg is not None and self.composite_mass_mg is not None:
            raise ValueError("active_mass_mg and composite_mass_mg are both given: name one")
        if self.mass_parts is not None and self.active_part > len(self.mass_parts):
            raise ValueError(f"active_part = {self.active_part}, but mass_parts has {len(self.mass_parts)}")
        if self.mass_parts is not None and self.composite_mass_mg is None:
            raise ValueError("mass_parts needs composite_mass_mg")
        if self.composite_mass_mg is not None and self.mass_parts is None:
            raise ValueError("composite_mass_mg needs mass_parts: how much of it is active")
        return self


def cycling_rows(tables: Sequence[CyclingTable], sample: Sample, files: Files) -> Iterator[CyclingRow]:
    """One row per file, or one for all files of a table that are one cell."""
    for i, table in enumerate(tables):
        names = [name for name, _ in files.match(table.files, f"sample {sample.id!r}.cycling[{i}]")]
        cell = _cell(table)
        for group in [names] if table.one_cell and names else [[n] for n in names]:
            yield CyclingRow(name=group[0], sample=sample.id, files=tuple(group), cell=cell)


def _cell(table: CyclingTable) -> CellInfo:
    mass, sigma = table.active_mass_mg, table.active_mass_sigma_mg
    if table.composite_mass_mg is not None and table.mass_parts is not None:
        share = table.mass_parts[table.active_part - 1] / sum(table.mass_parts)
        mass, sigma = table.composite_mass_mg * share, table.composite_mass_sigma_mg * share
    return CellInfo(
        active_mass_mg=mass,
        active_mass_sigma_mg=sigma,
        nominal_mah_per_g=table.nominal_mah_g,
        area_m2=None if table.area_cm2 is None else table.area_cm2 * 1e-4,
        first=table.first,
        retention_from=table.retention_from,
        temperature_k=None if table.temperature_c is None else table.temperature_c + ZERO_CELSIUS_K,
        columns=tuple(table.columns.items()),
    )


def draft_tables(sample: str, drafting: Drafting) -> list[str]:
    """One table with all cells of a sample, and what no file tells as questions."""
    mine = drafting.of(sample, "cycling")
    if not mine:
        return []
    return [
        "",
        "  [[sample.cycling]]",
        f"  files = {listed(mine)}   # {counted(mine, 'steps')}",
        f"  {QUESTION}composite_mass_mg = ?",
        f"  {QUESTION}composite_mass_sigma_mg = ?",
        f"  {QUESTION}mass_parts = [60, 40, 2]   # active : electrolyte : carbon; the first is active",
        f"  {QUESTION}nominal_mah_g = ?",
        f"  {QUESTION}area_cm2 = ?",
    ]


STUDY = StudyPart(table=CyclingTable, rows=cycling_rows, draft=draft_tables)
