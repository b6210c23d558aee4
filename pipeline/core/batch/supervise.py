"""Who does the tasks: this process, a pool of processes, or a dask cluster.  Order and number of workers change no byte.

A worker that dies takes nobody with it: the tasks that were in its hands are done again alone, the one that kills again is
rejected by name, and the rest goes on in a new pool of the same width.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from typing import Protocol, cast

from pipeline.core.batch.plan import Task
from pipeline.core.batch.work import NOT_SEEN, Places, do_tasks, keep
from pipeline.core.errors import StudyError
from pipeline.core.records import Store
from pipeline.core.values import Rejection

Done = list[bytes | Rejection | None]
CHUNK = 4
"""Most tasks sent at once: what is in a dying worker's hands is done again."""
CONNECT_S = 10


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

    Raises
    ------
    StudyError
        No such scheduler, or it was lost; finished records are kept.
    """
    store = Store(places.records)
    counts = [sum(not store.has(t.key) for t in wave) for wave in waves]
    n_missing = sum(counts)
    failed: list[Rejection] = []
    if n_missing == 0:
        return 0, failed
    done = 0
    with _crew(min(jobs, max(counts)), scheduler) as crew:  # one task at a time needs no worker beside this process
        for wave in waves:
            missing = [t for t in wave if not store.has(t.key) and all(store.has(key) for key in t.needs)]
            for task, outcome in _outcomes(crew, missing, places):
                done += 1
                progress(done, n_missing)
                refused = keep(task, outcome, places) if isinstance(outcome, bytes) else outcome
                if refused is not None:
                    failed.append(refused)
                elif not store.has(task.key):
                    failed.append(_lost(task, "its record is not where this process looks for it"))
    return n_missing, failed


class _Crew(Protocol):
    """Those who do tasks."""

    width: int
    send: bool
    """Whether records come back through the scheduler."""

    def submit(self, tasks: Sequence[Task], places: Places) -> Future[Done]: ...

    def renew(self) -> None: ...


class _Pool:
    """Processes of this machine."""

    send = False

    def __init__(self, width: int) -> None:
        self.width = width
        self.renew()

    def renew(self) -> None:
        """New processes in place of a broken pool."""
        self.pool = ProcessPoolExecutor(
            self.width, mp_context=get_context("spawn"), initializer=_end_with, initargs=(os.getpid(),)
        )

    def submit(self, tasks: Sequence[Task], places: Places) -> Future[Done]:
        return self.pool.submit(do_tasks, tasks, places, self.send)


class _Cluster:
    """Workers of a dask scheduler: they may not see this machine's folders, so records come back through it."""

    send = True

    def __init__(self, executor: Executor, width: int) -> None:
        self.executor, self.width = executor, width

    def renew(self) -> None:
        """A cluster mends itself."""

    def submit(self, tasks: Sequence[Task], places: Places) -> Future[Done]:
        return self.executor.submit(do_tasks, tasks, places, self.send)


def _end_with(parent: int) -> None:
    """Let a worker end within a second of its parent, whatever it is doing."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _crew(jobs: int, scheduler: str | None) -> Iterator[_Crew | None]:
    """A pool of that many processes, a dask cluster's workers, or None for this process."""
    if scheduler is not None:
        with _cluster(scheduler) as cluster:
            yield cluster
    elif jobs <= 1:
        yield None
    else:
        pool = _Pool(jobs)
        try:
            yield pool
        except BaseException:
            for process in active_children():
                process.terminate()
            pool.pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.pool.shutdown()


@contextmanager
def _cluster(scheduler: str) -> Iterator[_Cluster]:
    try:
        from distributed import Client
    except ImportError as error:
        hint = "pip install '.[dask]' in the project's folder"
        raise StudyError((f"--scheduler: dask is not installed ({hint})",)) from error
    try:
        client = Client(scheduler, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        raise StudyError((f"--scheduler: {scheduler}: cannot be reached: {error}",)) from error
    with client:
        try:
            width = max(1, sum(client.nthreads().values()))
            yield _Cluster(cast(Executor, client.get_executor()), width)
        except OSError as error:
            problem = f"--scheduler: {scheduler}: was lost: {error}; finished records are kept, run again to go on"
            raise StudyError((problem,)) from error


def _outcomes(
    crew: _Crew | None, tasks: Sequence[Task], places: Places
) -> Iterator[tuple[Task, bytes | Rejection | None]]:
    """Each task with what came of it; those that a dead or a blind worker had are done again, alone."""
    if crew is None:
        for task in tasks:
            yield task, do_tasks([task], places, False)[0]
        return
    size = max(1, min(CHUNK, len(tasks) // (8 * crew.width)))
    waiting = deque(tasks[i : i + size] for i in range(0, len(tasks), size))
    running: dict[Future[Done], Sequence[Task]] = {}
    again: list[Task] = []
    while waiting or running:
        try:
            while waiting and len(running) < 2 * crew.width:
                running[crew.submit(waiting[0], places)] = waiting[0]
                waiting.popleft()
        except BrokenExecutor:
            if not running:
                crew.renew()
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            mine = running.pop(future)
            try:
                done = future.result()
            except (OSError, CancelledError) as error:  # of a cluster: its scheduler is gone
                raise ConnectionError(str(error)) from error
            except Exception:  # the worker died: of a pool all that it had in hand, of a cluster this one
                again += mine
                continue
            for task, outcome in zip(mine, done, strict=True):
                if crew.send and isinstance(outcome, Rejection) and outcome.code == NOT_SEEN:
                    again.append(task)
                else:
                    yield task, outcome
    yield from _alone(again, places)


def _alone(tasks: Sequence[Task], places: Places) -> Iterator[tuple[Task, Rejection | None]]:
    """One task at a time in a process beside this one, so that only the guilty one fails."""
    if not tasks:
        return
    crew = _Pool(1)
    for task in tasks:
        try:
            (outcome,) = crew.submit([task], places).result()
            yield task, cast("Rejection | None", outcome)
        except BrokenExecutor:
            yield task, _lost(task, "the worker died, the second time with this alone (out of memory?)")
            crew.renew()
    crew.pool.shutdown()


def _lost(task: Task, problem: str) -> Rejection:
    return Rejection(file=task.name, stage="run", field=task.kind, problem=problem, hint="run again", code="lost")
