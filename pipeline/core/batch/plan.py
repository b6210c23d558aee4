"""A study -> waves of tasks.

Keys are content: raw bytes, settings, the study's row, the source of the technique and of what techniques share, library versions.
They are all known before anything runs, so an unchanged study plans its work, finds every record, and refits nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError, StudyError
from pipeline.core.raw_files import load_raw
from pipeline.core.records import SHARED, hash_bytes, hash_parts, source_hash, versions
from pipeline.core.sample import RawFile
from pipeline.core.study.load import Study
from pipeline.core.technique import AnyTechnique, Group, Joint, Row, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One unit of work, small enough to send to a worker, which finds the technique by its key."""

    technique: str
    joint: str
    """Name of the joint work; '' for the chain."""
    item: Row | Group[Any]
    settings: Settings
    key: str
    digests: Mapping[str, str] = field(default_factory=dict)
    """Raw file -> what of it went into the key: SHA-256 of its bytes, or why it cannot be read."""
    inputs: tuple[str, ...] = ()
    """Keys of the records of the group's rows."""
    earlier: Mapping[str, str] = field(default_factory=dict)
    """Group that is done before -> key of its record."""

    @property
    def name(self) -> str:
        """Of the file, the sample, or the edge."""
        return self.item.name

    @property
    def kind(self) -> str:
        """``eis``, or ``eis pellet``: what is being done."""
        return f"{self.technique} {self.joint}".strip()

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys of the records that must be there first."""
        return (*self.inputs, *self.earlier.values())


Digest = Callable[[str], str]


def load_or_error(path: Path, name: str) -> RawFile | PipelineError:
    """A raw file, or why it cannot be read."""
    try:
        return load_raw(path, name)
    except PipelineError as error:
        return error


def digest_of(raw: RawFile | PipelineError) -> str:
    """What of a raw file goes into a key."""
    return hash_bytes(raw.data) if isinstance(raw, RawFile) else f"unreadable: {raw}"


def wanted(study: Study, techniques: Mapping[str, AnyTechnique], only: str | None = None) -> dict[str, AnyTechnique]:
    """The techniques that the study measures, or the one that was asked for."""
    return {k: t for k, t in techniques.items() if study.rows[k] and only in (None, k)}


def plan(study: Study, techniques: Mapping[str, AnyTechnique], *, second_opinion: bool = True) -> list[list[Task]]:
    """Waves of tasks, the files first; a task needs records of earlier waves only."""

    @cache
    def digest(name: str) -> str:
        return digest_of(load_or_error(study.raw / name, name))

    waves: list[list[Task]] = [[]]
    for key, technique in sorted(techniques.items(), key=lambda pair: -pair[1].rank):  # the longest work first
        units = _units(study, key, technique, digest)
        waves[0] += units
        made = {t.name: t.key for t in units}
        wanted_joints = [j for j in technique.joint if second_opinion or not j.second_opinion]
        for joint in _joint_waves(study, key, technique, wanted_joints, made, digest):
            for number, wave in enumerate(joint, start=1):
                waves += [[]] if number == len(waves) else []
                waves[number] += wave
    return waves


def _common(technique: AnyTechnique) -> tuple[object, ...]:
    """Of every key: the code and the libraries."""
    return [source_hash(p) for p in (*SHARED, technique.package)], dict(versions())


def _units(study: Study, key: str, technique: AnyTechnique, digest: Digest) -> list[Task]:
    settings = study.settings_of(technique.chain.settings)
    tasks = []
    for row in study.rows[key]:
        files = {name: digest(name) for name in (*row.files, *row.beside)}
        content = hash_parts(key, "", row, list(files.values()), settings, *_common(technique))
        tasks.append(Task(technique=key, joint="", item=row, settings=settings, key=content, digests=files))
    return tasks


def _joint_waves(
    study: Study,
    key: str,
    technique: AnyTechnique,
    joints: Iterable[Joint[Any, Any, Any]],
    made: Mapping[str, str],
    digest: Digest,
) -> Iterable[list[list[Task]]]:
    """For each joint work its tasks in waves."""
    for joint in joints:
        settings = study.settings_of(joint.settings)
        done: dict[str, str] = {}
        waves: list[list[Task]] = []
        for groups in sort_groups(joint.groups(study.rows[key], study.samples)):
            waves.append([])
            for g in groups:
                inputs, earlier = tuple(made[row.name] for row in g.rows), {name: done[name] for name in g.after}
                files = {name: digest(name) for name in g.beside}
                content = hash_parts(
                    key, joint.name, g, list(files.values()), settings, inputs, earlier, *_common(technique)
                )
                task = Task(technique=key, joint=joint.name, item=g, settings=settings, key=content, digests=files,
                            inputs=inputs, earlier=earlier)  # fmt: skip
                done[g.name] = content
                waves[-1].append(task)
        yield waves


def sort_groups(groups: Iterable[Group[Any]]) -> list[list[Group[Any]]]:
    """Groups in waves: each after those that it names.

    Raises
    ------
    StudyError
        A group waits for one that does not exist, or for itself.
    """
    waves: list[list[Group[Any]]] = []
    done: set[str] = set()
    left = list(groups)
    while left:
        ready = [g for g in left if done.issuperset(g.after)]
        if not ready:
            raise StudyError(tuple(f"{g.name}: waits for {', '.join(g.after)}, not there or in a circle" for g in left))
        waves.append(ready)
        done |= {g.name for g in ready}
        left = [g for g in left if g.name not in done]
    return waves
