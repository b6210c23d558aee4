"""study.toml -> Study, or every mistake at once (StudyError): nothing starts with a wrong study."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.core.errors import StudyError
from pipeline.core.sample import Pellet, Sample
from pipeline.core.study.files import RawFolder, odd_temperature, temperature_log
from pipeline.core.study.plausible import odd_pellet
from pipeline.core.study.rows import EisFile, LsvFile, Review, Study, XasGroup
from pipeline.core.study.schema import EisTable, LsvTable, SampleTable, StudyTable, XasTable, toml_as_json
from pipeline.core.study.settings import nearest, resolve_settings, wrong_value
from pipeline.techniques.sweeps.model import SweepConditions

MAX_STUDY_BYTES = 4_000_000
ZERO_CELSIUS_K = 273.15
MAX_KELVIN = 1500.0
"""Hotter is no pellet in a cell."""


def load_study(path: Path) -> Study:
    """Read and check a study file.

    Raises
    ------
    StudyError
        With all mistakes: TOML, unknown or wrong keys, files that do not exist, samples that are not defined.
    """
    table = _parse(path)
    mistakes: list[str] = []
    study = _validate(table, path.name, mistakes)
    given = table.get("settings")
    settings, layers, wrong = resolve_settings(given if isinstance(given, Mapping) else {})
    mistakes += [f"{path.name}: {line}" for line in wrong]
    if study is None:
        raise StudyError(tuple(mistakes))
    raw = (path.parent / study.raw).resolve()
    if not raw.is_dir():
        raise StudyError((*mistakes, f"{path.name}: raw: no folder {study.raw!r} beside the study file"))
    files = RawFolder(raw, path.name, mistakes)
    _check_names(study, path.name, mistakes)
    reviews = tuple(_review(row.model_dump()) for row in study.review)
    eis = tuple(row for s in study.sample for i, t in enumerate(s.eis) for row in _eis(s, t, i, files, reviews))
    lsv = tuple(row for s in study.sample for i, t in enumerate(s.lsv) for row in _lsv(s, t, i, files, reviews))
    xas = _merge_groups([_xas(s, t, i, files, reviews) for s in study.sample for i, t in enumerate(s.xas)])
    for s in study.sample:
        if s.pellet is not None and (odd := odd_pellet(s.pellet)):
            mistakes.append(f"{path.name}: sample {s.id!r}.pellet.{odd}")
    _check_once([r.name for r in eis], "eis", path.name, mistakes)
    _check_once([r.name for r in lsv], "lsv", path.name, mistakes)
    known = {r.name for r in eis} | {r.name for r in lsv} | {n for g in xas for n in g.names}
    for i, review in enumerate(reviews):
        if review.file not in known:
            hint = nearest(review.file, sorted(known)) if len(known) < 2000 else "a file of this study"
            mistakes.append(f"{path.name}: review[{i}].file: {review.file!r} is not a file of this study ({hint})")
    if mistakes:
        raise StudyError(tuple(mistakes))
    return Study(
        name=study.name,
        file=path.resolve(),
        raw=raw,
        simulated=study.simulated,
        samples=tuple(_sample(row) for row in study.sample),
        eis=eis,
        lsv=lsv,
        xas=xas,
        xas_reference=dict(study.xas_reference),
        computed_windows=dict(study.computed_window_v_vs_na),
        reviews=reviews,
        settings=settings,
        layers=layers,
    )


def _parse(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_STUDY_BYTES:
            raise StudyError((f"{path}: larger than {MAX_STUDY_BYTES} bytes, not a study file",))
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise StudyError((f"{path}: cannot be read: {error.strerror}",)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError((f"{path.name}: not valid TOML: {error}",)) from error


def _validate(table: Mapping[str, Any], name: str, mistakes: list[str]) -> StudyTable | None:
    try:
        return StudyTable.model_validate_json(toml_as_json(table), strict=True)
    except ValidationError as error:
        for e in error.errors():
            where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in e["loc"]).lstrip(".")
            if e["type"] == "extra_forbidden":
                valid = _valid_keys(e["loc"])
                problem = f"unknown key ({nearest(str(e['loc'][-1]), valid)})"
            elif e["type"] == "missing":
                problem = "is missing"
            else:
                problem = wrong_value(dict(e))
            mistakes.append(f"{name}: {where}: {problem}")
        return _without_mistakes(table, [e["loc"] for e in error.errors()])


def _without_mistakes(table: Mapping[str, Any], places: Sequence[tuple[int | str, ...]]) -> StudyTable | None:
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
        return StudyTable.model_validate_json(toml_as_json(rest), strict=True)
    except ValidationError:
        return None


def _valid_keys(loc: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = StudyTable
    for part in loc[:-1]:
        if isinstance(part, int) or part not in model.model_fields:
            continue
        inner = str(model.model_fields[part].annotation)
        named = [m for m in _models() if m.__name__ in inner]
        model = named[0] if named else model
    return [f.alias or n for n, f in model.model_fields.items()]


def _models() -> list[type[BaseModel]]:
    from pipeline.core.study import schema

    found = [m for m in vars(schema).values() if isinstance(m, type) and issubclass(m, BaseModel)]
    return [m for m in found if m.__name__.endswith("Table") and m.__module__ == schema.__name__]


def _sample(row: SampleTable) -> Sample:
    pellet = None
    if (p := row.pellet) is not None:
        pellet = Pellet(
            thickness_m=p.thickness_mm * 1e-3,
            diameter_m=p.diameter_mm * 1e-3,
            thickness_sigma_m=p.thickness_sigma_mm * 1e-3,
            diameter_sigma_m=p.diameter_sigma_mm * 1e-3,
            mass_kg=None if p.mass_mg is None else p.mass_mg * 1e-6,
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


def _review(row: Mapping[str, Any]) -> Review:
    return Review(**{**row, "mask_hz": tuple((min(p), max(p)) for p in row["mask_hz"])})


def _eis(s: SampleTable, t: EisTable, i: int, files: RawFolder, reviews: Sequence[Review]) -> list[EisFile]:
    where = f"sample {s.id!r}.eis[{i}]"
    given, origin = t.temperature_k, "study"
    if t.temperature_c is not None:
        if given is not None:
            files.mistakes.append(f"{files.study}: {where}: temperature_c and temperature_k are both given (keep one)")
        given = t.temperature_c + ZERO_CELSIUS_K
    if given is not None and not 0 < given < MAX_KELVIN:
        problem = f"{given:g} K is no temperature of a cell (below absolute zero, or kelvin given as °C?)"
        files.mistakes.append(f"{files.study}: {where}: {problem}")
    elif odd := odd_temperature(given, celsius=t.temperature_c is not None):
        files.mistakes.append(f"{files.study}: {where}: {odd}")
    log = temperature_log(t.temperatures, where, files) if t.temperatures else {}
    rows = []
    for extra in (t.corrections.short, t.corrections.open):
        if extra is not None and extra not in files.names:
            files.mistakes.append(f"{files.study}: {where}.corrections: no file {extra!r} below raw")
    for name, from_name in files.match(t.files, where):
        temperature, source = given, origin
        if name in log:
            temperature, source = log[name], f"log {t.temperatures}"
        elif given is None:
            temperature, source = from_name, "file name"
        rows.append(
            EisFile(
                name=name,
                sample=s.id,
                temperature_k=temperature,
                temperature_origin=source if temperature is not None else "",
                corrections=t.corrections.model_dump(exclude={"short", "open"}),
                short=t.corrections.short,
                open=t.corrections.open,
                reviews=tuple(r for r in reviews if r.file == name),
            )
        )
    return rows


def _lsv(s: SampleTable, t: LsvTable, i: int, files: RawFolder, reviews: Sequence[Review]) -> list[LsvFile]:
    ref = t.reference
    conditions = SweepConditions(
        reference_electrode=ref.electrode if ref else "",
        volts_vs_na=ref.volts_vs_na if ref else None,
        volts_vs_na_sigma=ref.volts_vs_na_sigma if ref else 0.0,
        area_m2=None if t.area_cm2 is None else t.area_cm2 * 1e-4,
        electrolyte_kg=None if t.electrolyte_mg is None else t.electrolyte_mg * 1e-6,
        carbon_kg=None if t.carbon_mg is None else t.carbon_mg * 1e-6,
        series_resistance_ohm=t.series_resistance_ohm,
    )
    found = files.match(t.files, f"sample {s.id!r}.lsv[{i}]")
    return [
        LsvFile(name=n, sample=s.id, conditions=conditions, reviews=tuple(r for r in reviews if r.file == n))
        for n, _ in found
    ]


def _xas(s: SampleTable, t: XasTable, i: int, files: RawFolder, reviews: Sequence[Review]) -> XasGroup:
    names = tuple(n for n, _ in files.match(t.files, f"sample {s.id!r}.xas[{i}]"))
    element, edge = t.edge.split()
    if t.shell.structure is not None:
        _check_structure(t.shell.structure, f"sample {s.id!r}.xas[{i}].shell.structure", files)
    return XasGroup(
        sample=s.id,
        element=element,
        edge=edge,
        mode=t.mode,
        names=names,
        scatterer=t.shell.scatterer,
        coordination=t.shell.coordination,
        structure=t.shell.structure,
        reviews=tuple(r for r in reviews if r.file in names),
    )


def _check_structure(name: str, where: str, files: RawFolder) -> None:
    """A CIF file below raw, or a model that the program brings."""
    from pipeline.techniques.absorption.fit.feff.structures import BUILT_IN

    if name not in BUILT_IN and not (name.lower().endswith(".cif") and name in files.names):
        hint = nearest(name, [*BUILT_IN, *(n for n in files.names if n.lower().endswith(".cif"))])
        problem = f"{name!r} is neither a CIF file below raw nor a built-in model ({hint})"
        files.mistakes.append(f"{files.study}: {where}: {problem}")


def _merge_groups(groups: list[XasGroup]) -> tuple[XasGroup, ...]:
    """Two tables of one sample at one edge are one group."""
    merged: dict[tuple[str, str, str], XasGroup] = {}
    for group in groups:
        key = (group.sample, group.element, group.edge)
        if key in merged:
            old = merged[key]
            names = tuple(dict.fromkeys((*old.names, *group.names)))
            merged[key] = replace(old, names=names, reviews=(*old.reviews, *group.reviews))
        else:
            merged[key] = group
    return tuple(merged.values())


def _check_names(study: StudyTable, name: str, mistakes: list[str]) -> None:
    ids = [s.id for s in study.sample]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        mistakes.append(f"{name}: sample: id {twice!r} is given twice")
    wanted = [(f"sample {s.id!r}.phases.{k}", v) for s in study.sample for k, v in s.phases.model_dump().items() if v]
    wanted += [(f"xas_reference.{edge!r}", sample) for edge, sample in study.xas_reference.items()]
    for where, sample in wanted:
        if sample not in ids:
            mistakes.append(f"{name}: {where}: no sample {sample!r} in this study ({nearest(sample, ids)})")
    edges = sorted({t.edge for s in study.sample for t in s.xas})
    for edge in study.xas_reference:
        if edge not in edges:
            mistakes.append(
                f"{name}: xas_reference.{edge!r}: no scans at this edge in the study ({nearest(edge, edges)})"
            )


def _check_once(names: list[str], technique: str, study: str, mistakes: list[str]) -> None:
    for twice in sorted({n for n in names if names.count(n) > 1}):
        mistakes.append(f"{study}: {technique}: file {twice!r} is claimed twice (make the patterns exclusive)")
