"""One task -> one record, here or on a worker.  Order and number of workers change no byte."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pipeline.core import flow
from pipeline.core.batch.plan import Task, structure_files
from pipeline.core.errors import PipelineError, StudyError
from pipeline.core.raw_files import load_raw
from pipeline.core.records import Store
from pipeline.core.sample import RawFile, Sample
from pipeline.core.study.rows import EisFile, LsvFile, XasGroup
from pipeline.core.summary import Record, Rejection
from pipeline.techniques.impedance.model import PelletFit


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders of one run."""

    raw: Path
    records: Path
    cache: Path


def cache_folder() -> Path:
    """Where FEFF results are kept between runs: HSE_CACHE, else the user's cache folder."""
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
        store.write(task.key, _work(task, places, store))
    except PipelineError as error:
        refused = flow.rejection(error)
        store.write(task.key, Record(kind=task.kind, name=task.name, sample="", rejected=(refused,)))
    except Exception as error:  # ends one measurement, not the run; it is shown, never hidden
        if os.environ.get("HSE_DEBUG"):
            raise
        problem = f"{type(error).__name__}: {error}"[:500]
        hint = "a fault of the pipeline; HSE_DEBUG=1 shows where"
        return Rejection(file=task.name, stage="internal", field=task.kind, problem=problem, hint=hint)
    return None


def _work(task: Task, places: Places, store: Store) -> Record:
    def load(name: str | None) -> RawFile | None:
        return None if name is None else load_raw(places.raw / name, name)

    def results(role: str) -> list[Any]:
        return [x for key in task.inputs.get(role, ()) for x in store.read(key).results]

    row = task.row
    if isinstance(row, EisFile):
        return flow.reduce_impedance(
            load_raw(places.raw / row.name, row.name), row, task.settings, load(row.short), load(row.open)
        )
    if isinstance(row, LsvFile):
        return flow.reduce_sweeps(load_raw(places.raw / row.name, row.name), row, task.settings)
    if isinstance(row, XasGroup):
        raws: list[RawFile | PipelineError] = []
        for name in row.names:
            try:
                raws.append(load_raw(places.raw / name, name))
            except PipelineError as error:
                raws.append(error)
        return flow.reduce_absorption(raws, row, task.settings)
    if isinstance(row, Sample):
        known = {role.removeprefix("pristine "): results(role) for role in task.inputs if role != "spectra"}
        pristine = {name: found[0] for name, found in known.items() if found and isinstance(found[0], PelletFit)}
        return flow.join_pellet(row, results("spectra"), pristine, task.settings)
    edge, reference, groups = row
    cifs: dict[str, RawFile] = {}
    for name in structure_files(groups):
        with suppress(PipelineError):  # the samples that need it say so
            cifs[name] = load_raw(places.raw / name, name)
    return flow.fit_edge(edge, results("scans"), groups, reference, places.cache, task.settings, cifs)


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
    return all(store.has(key) for keys in task.inputs.values() for key in keys)


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
