"""What may stand in study.toml (schema 1): the common tables, and those that the techniques declare, put together.

Unknown keys are mistakes; every unit is in its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import GenericAlias, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, create_model

from pipeline.core.errors import StudyError
from pipeline.core.study.tables import NotNegative, Positive, StudyTable
from pipeline.core.technique import AnyTechnique


def toml_as_json(table: Mapping[str, Any]) -> str:
    """A TOML table for pydantic's strict mode: there ``"0.08"`` is no number, while 1 is one and a list may be a tuple."""
    return json.dumps(table, default=lambda value: {"date": str(value)})  # a date is neither text nor list


class PelletTable(StudyTable):
    """Geometry of the pellet."""

    thickness_mm: Positive
    diameter_mm: Positive
    thickness_sigma_mm: NotNegative = 0.0
    diameter_sigma_mm: NotNegative = 0.0
    mass_mg: Positive | None = None
    mass_sigma_mg: NotNegative = 0.0


class PhasesTable(StudyTable):
    """ids of the pristine samples of this study."""

    crystalline: str | None = None
    amorphous: str | None = None


class SampleTable(StudyTable):
    """One sample; the tables of the techniques are added to it."""

    id: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^/\\\x00-\x1f]+$")]
    label: str = ""
    series: str | None = None
    x_lcf: Annotated[float, Field(ge=0, le=1)] | None = None
    pellet: PelletTable | None = None
    phases: PhasesTable = PhasesTable()
    density_g_cm3: Positive | None = None
    molar_mass_g_mol: Positive | None = None


class ReviewTable(StudyTable):
    """A person's decision about one file; which other fields it may have, the technique of that file says."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    file: str
    loop: Annotated[int, Field(ge=1)] | None = None
    exclude: bool = False
    note: str = ""
    by: str = ""


class WholeTable(StudyTable):
    """The whole file; options of the techniques are added to it."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    name: str
    raw: str = "raw"
    simulated: bool = False
    sample: Annotated[list[Any], Field(min_length=1)]
    settings: dict[str, Any] = Field(default_factory=dict)
    review: list[ReviewTable] = Field(default_factory=list)


def study_model(techniques: Mapping[str, AnyTechnique]) -> type[WholeTable]:
    """The model of a study in which each technique has its tables.

    Raises
    ------
    StudyError
        A table of a technique has the name of another one.
    """
    parts = {key: t.study() for key, t in techniques.items()}
    tables: dict[str, Any] = {key: (GenericAlias(list, (p.table,)), []) for key, p in parts.items()}
    options = [(name, option) for p in parts.values() for name, option in p.options.items()]
    more: dict[str, Any] = {name: (option.type, {}) for name, option in options}
    taken = (tables.keys() & SampleTable.model_fields.keys()) | (more.keys() & WholeTable.model_fields.keys())
    if taken or len(more) < len(options):
        twice = sorted(taken) or sorted(name for name, _ in options)
        raise StudyError((f"tables of techniques have names that are taken: {', '.join(twice)}",))
    sample = create_model("Sample", __base__=SampleTable, __module__=__name__, **tables)
    more["sample"] = (Annotated[GenericAlias(list, (sample,)), Field(min_length=1)], ...)
    return create_model("Study", __base__=WholeTable, __module__=__name__, **more)


def valid_keys(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Names that may stand where a mistake was made: follow its path through the models."""
    for part in place[:-1]:
        if isinstance(part, int) or part not in model.model_fields:
            continue
        inner = _inner_model(model.model_fields[part].annotation)
        model = inner or model
    return [f.alias or n for n, f in model.model_fields.items()]


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and not get_origin(annotation):
        return annotation if issubclass(annotation, BaseModel) else None
    if isinstance(annotation, UnionType) or get_origin(annotation) is not None:
        return next((m for a in get_args(annotation) if (m := _inner_model(a)) is not None), None)
    return None
