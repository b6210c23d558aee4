"""study.toml -> Study, or every mistake at once (StudyError): nothing starts with a wrong study."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.core.errors import StudyError
from pipeline.core.registry import settings_classes, techniques
from pipeline.core.sample import Pellet, Sample
from pipeline.core.study.files import RawFolder
from pipeline.core.study.plausible import odd_pellet
from pipeline.core.study.schema import ReviewTable, SampleTable, WholeTable, study_model, toml_as_json, valid_keys
from pipeline.core.study.settings import nearest, resolve_settings, wrong_value
from pipeline.core.technique import AnyTechnique, Review, Row, Settings, SettingsClasses

MAX_STUDY_BYTES = 4_000_000
MAX_LISTED = 2000
"""More files than that are no help to somebody who mistyped one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study file, checked and resolved: nothing in it depends on the machine but the two folders."""

    name: str
    file: Path
    raw: Path
    simulated: bool
    samples: tuple[Sample, ...]
    rows: Mapping[str, tuple[Row, ...]]
    """Key of a technique -> its units of work."""
    reviews: tuple[Review, ...]
    settings: Mapping[str, object]
    """``"lsv.onset"`` -> settings of that stage."""
    options: Mapping[str, object]
    """``"xas_reference"`` -> what a table beside the samples says."""
    layers: Mapping[str, str]
    """``"lsv.onset.threshold"`` -> ``default`` or ``study``."""

    def settings_of(self, classes: SettingsClasses) -> Settings:
        """Settings and options of one piece of work."""
        known = {**self.settings, **self.options}
        return Settings(tuple(known[name] for name in classes))


def load_study(path: Path) -> Study:
    """Read and check a study file.

    Raises
    ------
    StudyError
        With all mistakes: TOML, unknown or wrong keys, files that do not exist, samples that are not defined.
    """
    table, known, mistakes = _parse(path), techniques(), list[str]()
    whole = _validate(study_model(known), table, path.name, mistakes)
    given = table.get("settings")
    settings, layers, wrong = resolve_settings(given if isinstance(given, Mapping) else {}, settings_classes(known))
    mistakes += [f"{path.name}: {line}" for line in wrong]
    if whole is None:
        raise StudyError(tuple(mistakes))
    raw = (path.parent / whole.raw).resolve()
    if not raw.is_dir():
        raise StudyError((*mistakes, f"{path.name}: raw: no folder {whole.raw!r} beside the study file"))
    samples = tuple(_sample(row) for row in whole.sample)
    _check_names(whole.sample, path.name, mistakes)
    rows = _rows(whole.sample, samples, known, RawFolder(raw, path.name, mistakes), mistakes)
    reviews, rows = _with_reviews(whole.review, rows, known, path.name, mistakes)
    study = Study(
        name=whole.name,
        file=path.resolve(),
        raw=raw,
        simulated=whole.simulated,
        samples=samples,
        rows=rows,
        reviews=reviews,
        settings=settings,
        options=_options(whole, known),
        layers=layers,
    )
    for key, t in known.items():
        of_part = {name: type(value) for name, value in study.options.items() if name in t.study().options}
        told = t.study().mistakes(rows[key], samples, study.settings_of(of_part))
        mistakes += [f"{path.name}: {where}: {problem}" for where, problem in told]
    if mistakes:
        raise StudyError(tuple(mistakes))
    return study


def _parse(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_STUDY_BYTES:
            raise StudyError((f"{path}: larger than {MAX_STUDY_BYTES} bytes, not a study file",))
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise StudyError((f"{path}: cannot be read: {error.strerror}",)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError((f"{path.name}: not valid TOML: {error}",)) from error


def _validate(model: type[WholeTable], table: Mapping[str, Any], name: str, mistakes: list[str]) -> WholeTable | None:
    try:
        return model.model_validate_json(toml_as_json(table), strict=True)
    except ValidationError as error:
        for e in error.errors():
            if e["type"] == "extra_forbidden":
                problem = f"unknown key ({nearest(str(e['loc'][-1]), valid_keys(model, e['loc']))})"
            else:
                problem = _problem(dict(e))
            mistakes.append(f"{name}: {_place(e['loc'])}: {problem}")
        return _without_mistakes(model, table, [e["loc"] for e in error.errors()])


def _place(loc: Sequence[int | str]) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc).lstrip(".")


def _problem(error: Mapping[str, Any]) -> str:
    return "is missing" if error["type"] in ("missing", "missing_argument") else wrong_value(error)


def _without_mistakes(
    model: type[WholeTable], table: Mapping[str, Any], places: Sequence[tuple[int | str, ...]]
) -> WholeTable | None:
    """The study without its wrong entries, so that what is wrong elsewhere is told as well; None where an entry carries others.

    What files and samples there are must not change: a file that only seems to be missing would hide the true mistake.
    """
    rest = deepcopy(dict(table))
    for place in places:
        inner: Any = rest
        try:
            for part in place[:-1]:
                inner = inner[part]
            if len(place) == 1 or not isinstance(inner, dict) or isinstance(inner[place[-1]], list):
                return None
            del inner[place[-1]]
        except (KeyError, IndexError, TypeError):  # missing, or a tag of a union and no entry
            return None
    try:
        return model.model_validate_json(toml_as_json(rest), strict=True)
    except ValidationError:
        return None


def _sample(row: SampleTable) -> Sample:
    pellet = None
    if (p := row.pellet) is not None:
        pellet = Pellet(
            thickness_m=p.thickness_mm * 1e-3,
            diameter_m=p.diameter_mm * 1e-3,
            thickness_sigma_m=p.thickness_sigma_mm * 1e-3,
            diameter_sigma_m=p.diameter_sigma_mm * 1e-3,
            mass_kg=None if p.mass_mg is None else p.mass_mg * 1e-6,
            mass_sigma_kg=p.mass_sigma_mg * 1e-6,
        )
    return Sample(
        id=row.id,
        label=row.label or row.id,
        series=row.series,
        x_lcf=row.x_lcf,
        pellet=pellet,
        crystalline_phase=row.phases.crystalline,
        amorphous_phase=row.phases.amorphous,
        density_kg_per_m3=None if row.density_g_cm3 is None else row.density_g_cm3 * 1e3,
        molar_mass_kg_per_mol=None if row.molar_mass_g_mol is None else row.molar_mass_g_mol * 1e-3,
    )


def _check_names(rows: Sequence[SampleTable], study: str, mistakes: list[str]) -> None:
    ids = [s.id for s in rows]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        mistakes.append(f"{study}: sample: id {twice!r} is given twice")
    for s in rows:
        if s.pellet is not None and (odd := odd_pellet(s.pellet)):
            mistakes.append(f"{study}: sample {s.id!r}.pellet.{odd}")
        for role, phase in s.phases.model_dump().items():
            if phase and phase not in ids:
                problem = f"no sample {phase!r} in this study ({nearest(phase, ids)})"
                mistakes.append(f"{study}: sample {s.id!r}.phases.{role}: {problem}")


def _rows(
    tables: Sequence[SampleTable],
    samples: Sequence[Sample],
    known: Mapping[str, AnyTechnique],
    files: RawFolder,
    mistakes: list[str],
) -> dict[str, tuple[Row, ...]]:
    """Units of work of every technique, in the order of the samples."""
    rows: dict[str, tuple[Row, ...]] = {}
    for key, technique in known.items():
        make, own = technique.study().rows, [(getattr(t, key), s) for t, s in zip(tables, samples, strict=True)]
        rows[key] = tuple(row for mine, sample in own for row in make(mine, sample, files))
        for twice in sorted(name for name, n in Counter(r.name for r in rows[key]).items() if n > 1):
            mistakes.append(f"{files.study}: {key}: file {twice!r} is claimed twice (make the patterns exclusive)")
    return rows


def _with_reviews(
    tables: Sequence[ReviewTable],
    rows: Mapping[str, tuple[Row, ...]],
    known: Mapping[str, AnyTechnique],
    study: str,
    mistakes: list[str],
) -> tuple[tuple[Review, ...], dict[str, tuple[Row, ...]]]:
    """Each review is read by the technique that has its file: its own fields are its own affair."""
    owners = {file: key for key, some in rows.items() for row in some for file in row.files}
    reviews: list[Review] = []
    for i, table in enumerate(tables):
        owner = owners.get(table.file)
        if owner is None:
            hint = nearest(table.file, sorted(owners)) if len(owners) < MAX_LISTED else "a file of this study"
            mistakes.append(f"{study}: review[{i}].file: {table.file!r} is not a file of this study ({hint})")
            continue
        cls, given = known[owner].study().review, table.model_dump(exclude_unset=True)
        try:
            reviews.append(TypeAdapter(cls).validate_json(toml_as_json(given), strict=True))
        except ValidationError as error:
            for e in error.errors():
                unknown = e["type"] == "unexpected_keyword_argument"
                hint = nearest(str(e["loc"][-1]), [f.name for f in fields(cls)]) if unknown else ""
                problem = f"unknown key ({hint})" if unknown else _problem(dict(e))
                mistakes.append(f"{study}: {_place(('review', i, *e['loc']))}: {problem}")
    found = tuple(reviews)
    mine = {k: tuple(replace(r, reviews=_about(r, found)) for r in some) for k, some in rows.items()}
    return found, mine


def _about(row: Row, reviews: Sequence[Review]) -> tuple[Review, ...]:
    return tuple(r for r in reviews if r.file in row.files)


def _options(whole: WholeTable, known: Mapping[str, AnyTechnique]) -> dict[str, object]:
    options = [(name, option) for t in known.values() for name, option in t.study().options.items()]
    return {name: option.make(getattr(whole, name)) for name, option in options}
