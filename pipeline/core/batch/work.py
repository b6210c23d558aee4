"""One task -> one record.  What is read is what was planned: other bytes than those in the key end the task without a record."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.core.batch.plan import Task, digest_of, load_or_error
from pipeline.core.errors import PipelineError
from pipeline.core.flow import join_group, reduce_unit, reject
from pipeline.core.records import Store
from pipeline.core.registry import techniques
from pipeline.core.sample import RawFile
from pipeline.core.technique import AnyRecord, AnyTechnique, Group, JointWork, Record, Work
from pipeline.core.values import Rejection

NOT_SEEN = "not_seen"
"""Code of a rejection: a file or a record is not here as it was planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders of one run."""

    raw: Path
    records: Path
    cache: Path


class _NotAsPlannedError(Exception):
    """A raw file changed, or is gone, since the study was planned."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name, self.problem = name, problem


def cache_folder() -> Path:
    """Where results of programs beside this one are kept between runs: HSE_CACHE, else the user's cache folder."""
    given = os.environ.get("HSE_CACHE")
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(given) if given else Path(base) / "hse-pipeline"


def do_tasks(tasks: Sequence[Task], places: Places, send: bool) -> list[bytes | Rejection | None]:
    """Do tasks one after the other. Runs in a worker.

    Returns
    -------
    For each task None once its record is written; the record's bytes with ``send`` (a worker that may not share the folder); or
    the rejection of a task that leaves no record, so that it is tried again.
    """
    made = ((task, make_record(task, places)) for task in tasks)
    return [keep(task, m, places) if isinstance(m, bytes) and not send else m for task, m in made]


def keep(task: Task, record: bytes, places: Places) -> Rejection | None:
    """Write a record, or say why it cannot be."""
    try:
        Store(places.records).put(task.key, record)
    except OSError as error:
        problem = f"its record cannot be written: {error.strerror or error}"
        return Rejection(file=task.name, stage="run", field=task.kind, problem=problem, hint="run again", code="lost")
    return None


def make_record(task: Task, places: Places) -> bytes | Rejection:
    """Bytes of one task's record, or the rejection of a task that a fault or a changed file ended."""
    store = Store(places.records)
    try:
        return store.pack(_work(task, techniques()[task.technique], places, store))
    except PipelineError as error:
        return store.pack(Record(name=task.name, sample="", rejected=(reject(error),)))
    except _NotAsPlannedError as error:
        hint = "run again; where workers run elsewhere, raw files and results must lie in a folder that all see"
        return Rejection(file=error.name, stage="run", field="file", problem=error.problem, hint=hint, code=NOT_SEEN)
    except Exception as error:  # ends one measurement, not the run; it is shown, never hidden
        if os.environ.get("HSE_DEBUG"):
            raise
        problem = f"{type(error).__name__}: {error}"[:500]
        hint = "a fault of the pipeline; HSE_DEBUG=1 shows where"
        return Rejection(file=task.name, stage="internal", field=task.kind, problem=problem, hint=hint, code="fault")


def _work(task: Task, technique: AnyTechnique, places: Places, store: Store) -> AnyRecord:
    def load(name: str) -> RawFile:
        raw = _as_planned(task, places, name)
        if isinstance(raw, PipelineError):
            raise raw
        return raw

    item = task.item
    beside = {name: _as_planned(task, places, name) for name in item.beside}
    if not isinstance(item, Group):
        record = reduce_unit(technique.chain, Work(row=item, settings=task.settings, beside=beside), load)
        return replace(record, sha256=dict(sorted(task.digests.items())))
    joint = next(j for j in technique.joint if j.name == task.joint)
    work: JointWork[Any, Any, Any] = JointWork(
        group=item,
        fitted=tuple(x for record in _read(store, task.inputs) for x in record.results),
        earlier=dict(zip(task.earlier, (r.results for r in _read(store, task.earlier.values())), strict=True)),
        settings=task.settings,
        cache=places.cache,
        beside=beside,
    )
    return join_group(joint, work)


def _as_planned(task: Task, places: Places, name: str) -> RawFile | PipelineError:
    """The raw file, or why it cannot be read: the same as when its key was made."""
    raw = load_or_error(places.raw / name, name)
    if digest_of(raw) != task.digests[name]:
        why = f"can no longer be read: {raw.problem}" if isinstance(raw, PipelineError) else "changed while running"
        raise _NotAsPlannedError(name, why)
    return raw


def _read(store: Store, keys: Iterable[str]) -> list[AnyRecord]:
    try:
        return [store.read(key) for key in keys]
    except FileNotFoundError as error:
        raise _NotAsPlannedError(str(store.folder), f"a record is not there: {error.filename}") from error
