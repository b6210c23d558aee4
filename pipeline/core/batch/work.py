"""One task -> one record, here or on a worker.  Order and number of workers change no byte."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pipeline.core.batch.plan import Task
from pipeline.core.errors import PipelineError, StudyError
from pipeline.core.flow import join_group, reduce_unit, reject
from pipeline.core.raw_files import load_raw
from pipeline.core.records import Store
from pipeline.core.registry import techniques
from pipeline.core.sample import RawFile
from pipeline.core.technique import AnyRecord, AnyTechnique, Group, JointWork, Record, Work
from pipeline.core.values import Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders of one run."""

    raw: Path
    records: Path
    cache: Path


def cache_folder() -> Path:
    """Where results of programs beside this one are kept between runs: HSE_CACHE, else the user's cache folder."""
    given = os.environ.get("HSE_CACHE")
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(given) if given else Path(base) / "hse-pipeline"


def run_task(task: Task, places: Places) -> Rejection | None:
    """Do one task and write its record. Runs in a worker.

    Returns
    -------
    None, or the rejection of a task that a fault of the pipeline ended: it leaves no record, so it is tried again.
    """
    store = Store(places.records)
    try:
        store.write(task.key, _work(task, techniques()[task.technique], places, store))
    except PipelineError as error:
        store.write(task.key, Record(name=task.name, sample="", rejected=(reject(error),)))
    except Exception as error:  # ends one measurement, not the run; it is shown, never hidden
        if os.environ.get("HSE_DEBUG"):
            raise
        problem = f"{type(error).__name__}: {error}"[:500]
        hint = "a fault of the pipeline; HSE_DEBUG=1 shows where"
        return Rejection(file=task.name, stage="internal", field=task.kind, problem=problem, hint=hint, code="fault")
    return None


def _work(task: Task, technique: AnyTechnique, places: Places, store: Store) -> AnyRecord:
    def load(name: str) -> RawFile:
        return load_raw(places.raw / name, name)

    item = task.item
    beside = dict(_beside(item.beside, load))
    if not isinstance(item, Group):
        return reduce_unit(technique.chain, Work(row=item, settings=task.settings, beside=beside), load)
    joint = next(j for j in technique.joint if j.name == task.joint)
    work: JointWork[Any, Any, Any] = JointWork(
        group=item,
        fitted=tuple(x for key in task.inputs for x in store.read(key).results),
        earlier={name: store.read(key).results for name, key in task.earlier.items()},
        settings=task.settings,
        cache=places.cache,
        beside=beside,
    )
    return join_group(joint, work)


def _beside(names: Iterable[str], load: Callable[[str], RawFile]) -> Iterator[tuple[str, RawFile | PipelineError]]:
    for name in names:
        try:
            yield name, load(name)
        except PipelineError as error:
            yield name, error


@contextmanager
def workers(jobs: int, scheduler: str | None) -> Iterator[Executor | None]:
    """An executor of that many processes, a dask cluster's, or None for this process."""
    if scheduler is not None:
        try:
            from distributed import Client
        except ImportError as error:
            raise StudyError(
                ("--scheduler: dask is not installed (pip install '.[dask]' in the project's folder)",)
            ) from error
        with Client(scheduler) as client:
            yield client.get_executor()
        return
    if jobs <= 1:
        yield None
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def execute(
    waves: Sequence[Sequence[Task]],
    places: Places,
    jobs: int,
    scheduler: str | None,
    progress: Callable[[int, int], None],
) -> tuple[int, list[Rejection]]:
    """Run every task that has no record yet, wave by wave.

    Returns
    -------
    n_run, failed:
        How many tasks were run, and the rejections of those that left no record.
    """
    store = Store(places.records)
    counts = [sum(not store.has(t.key) for t in wave) for wave in waves]
    n_missing = sum(counts)
    failed: list[Rejection] = []
    if n_missing == 0:
        return 0, failed
    done = 0
    with workers(min(jobs, max(counts)), scheduler) as pool:  # one task at a time needs no worker beside this process
        for wave in waves:
            missing = [t for t in wave if not store.has(t.key) and _has_inputs(t, store)]
            for outcome in _outcomes(pool, missing, places):
                done += 1
                progress(done, n_missing)
                failed += [outcome] if outcome else []
    return n_missing, failed


def _has_inputs(task: Task, store: Store) -> bool:
    return all(store.has(key) for key in task.needs)


def _outcomes(pool: Executor | None, tasks: Sequence[Task], places: Places) -> Iterator[Rejection | None]:
    if pool is None:
        yield from (run_task(t, places) for t in tasks)
        return
    call = partial(run_task, places=places)
    chunk = {"chunksize": max(1, len(tasks) // 64)} if isinstance(pool, ProcessPoolExecutor) else {}
    try:
        yield from pool.map(call, tasks, **chunk)
    except BrokenProcessPool:
        yield from _one_by_one([t for t in tasks if not Store(places.records).has(t.key)], places)


def _one_by_one(tasks: Sequence[Task], places: Places) -> Iterator[Rejection | None]:
    """A worker died (memory, signal): each task left gets a process of its own, so that only the guilty one fails."""
    for t in tasks:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                yield pool.submit(run_task, t, places).result()
            except BrokenProcessPool as error:
                problem = f"the worker died: {error}"
                yield Rejection(file=t.name, stage="run", field=t.kind, problem=problem, hint="out of memory?")
