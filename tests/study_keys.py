"""Every key that a study may have, and those that one has."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from pipeline.core.registry import techniques
from pipeline.core.study.schema import study_model


def known_keys(names: Sequence[str]) -> set[str]:
    """Of a study with the tables of these techniques: ``sample.eis.corrections.open``."""
    here = {key: t for key, t in techniques().items() if key in names}
    known = set(_keys_of(study_model(here)))
    return known | {f"review.{f.name}" for t in here.values() for f in fields(t.study().review)}


def used_keys(study: Path, known: set[str]) -> set[str]:
    """Those of them that stand in a study."""
    return set(_used(tomllib.loads(study.read_text(encoding="utf-8")), "", known))


def _tables_of(annotation: Any) -> list[type[BaseModel]]:
    """Tables inside an annotation such as ``list[EisTable]`` or ``LsvTable | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [t for part in get_args(annotation) for t in _tables_of(part)]


def _keys_of(table: type[BaseModel], where: str = "") -> Iterator[str]:
    for name, field in table.model_fields.items():
        path = f"{where}{field.alias or name}"
        yield path
        for inner in _tables_of(field.annotation):
            yield from _keys_of(inner, f"{path}.")


def _used(value: Any, where: str, known: set[str]) -> Iterator[str]:
    for entry in value if isinstance(value, list) else [value]:
        for key in entry if isinstance(entry, dict) else ():
            path = f"{where}{key}"
            if path in known:
                yield path
                yield from _used(entry[key], f"{path}.", known)
