"""A study -> waves of tasks.

Keys are content: raw bytes, settings, the study's row, the package's source, library versions.  They are all known
before anything runs, so an unchanged study plans its work, finds every record, and refits nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.raw_files import load_raw
from pipeline.core.records import hash_bytes, hash_parts, source_hash, versions
from pipeline.core.study.rows import Study, XasGroup
from pipeline.core.summary import Kind

TECHNIQUES = ("eis", "lsv", "xas")
NEEDS = {
    "eis": ("eis.read", "eis.check", "eis.arcs"),
    "lsv": ("eis.read", "lsv.check", "lsv.onset"),
    "xas": ("xas.read", "xas.check", "xas.reduce"),
    "pellet": ("eis.series", "eis.evidence"),
    "edge": ("xas.shells", "xas.distortion"),
}
"""Settings that each kind of work depends on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One unit of work, small enough to send to a worker."""

    kind: Kind
    name: str
    key: str
    row: Any
    """EisFile, LsvFile, XasGroup, Sample, or (edge, reference, groups)."""
    settings: Mapping[str, Any]
    inputs: Mapping[str, tuple[str, ...]]
    """Role -> keys of the records it needs."""


def structure_files(groups: Sequence[XasGroup]) -> list[str]:
    """CIF files that the groups name, each once."""
    return sorted({g.structure for g in groups if g.structure and g.structure.lower().endswith(".cif")})


def plan(study: Study, only: str | None = None) -> list[list[Task]]:
    """Waves of tasks; a task needs records of earlier waves only."""
    common = (source_hash(), dict(versions()))
    hashes: dict[str, str] = {}

    def digest(name: str) -> str:
        if name not in hashes:
            try:
                hashes[name] = hash_bytes(load_raw(study.raw / name, name).data)
            except PipelineError as error:
                hashes[name] = f"unreadable: {error}"
        return hashes[name]

    def task(kind: Kind, name: str, row: Any, files: Sequence[str], inputs: Mapping[str, tuple[str, ...]]) -> Task:
        settings = {stage: study.settings[stage] for stage in NEEDS[kind]}
        key = hash_parts(kind, row, [digest(f) for f in files], settings, inputs, *common)
        return Task(kind=kind, name=name, key=key, row=row, settings=settings, inputs=inputs)

    wanted = TECHNIQUES if only is None else (only,)
    files: list[Task] = []
    if "xas" in wanted:
        files += [task("xas", f"{g.sample} {g.element} {g.edge}", g, g.names, {}) for g in study.xas]
    if "eis" in wanted:
        for r in study.eis:
            files.append(task("eis", r.name, r, [f for f in (r.name, r.short, r.open) if f], {}))
    if "lsv" in wanted:
        files += [task("lsv", r.name, r, [r.name], {}) for r in study.lsv]
    return [files, *_joint_waves(study, files, task)]


def _joint_waves(study: Study, files: list[Task], task: Callable[..., Task]) -> list[list[Task]]:
    eis: dict[str, tuple[str, ...]] = {}
    for t in files:
        if t.kind == "eis":
            eis[t.row.sample] = (*eis.get(t.row.sample, ()), t.key)
    pristine: dict[str, Task] = {}
    with_phases: list[Task] = []
    for s in study.samples:
        if s.id in eis and not (s.crystalline_phase or s.amorphous_phase):
            pristine[s.id] = task("pellet", s.id, s, [], {"spectra": eis[s.id]})
    for s in study.samples:
        if s.id in eis and s.id not in pristine:
            phases = [p for p in (s.crystalline_phase, s.amorphous_phase) if p in pristine]
            inputs = {"spectra": eis[s.id]} | {f"pristine {p}": (pristine[p].key,) for p in phases}
            with_phases.append(task("pellet", s.id, s, [], inputs))
    edges: dict[str, list[Task]] = {}
    for t in files:
        if t.kind == "xas":
            edges.setdefault(f"{t.row.element} {t.row.edge}", []).append(t)
    joint = [
        task(
            "edge",
            edge,
            (edge, study.xas_reference.get(edge), tuple(t.row for t in members)),
            structure_files([t.row for t in members]),
            {"scans": tuple(t.key for t in members)},
        )
        for edge, members in edges.items()
    ]
    return [[*joint, *pristine.values()], with_phases]
