"""A worker that dies, a file that changes, a disk that is full, a parent that is gone: named, and nobody else is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.core.batch import supervise, work
from pipeline.core.batch.plan import Task
from pipeline.core.batch.run import run_study
from pipeline.core.batch.work import NOT_SEEN, Places
from pipeline.core.records import Store
from pipeline.core.sample import RawFile
from pipeline.core.technique import Row, Settings
from pipeline.core.values import Rejection

STUDY = """schema = 1
name = "Faults"
[[sample]]
id = "HCF-Sm"
pellet = { thickness_mm = 0.58, diameter_mm = 10.0 }
[[sample.eis]]
files = "HCF-Sm_{temperature_c}C.mpt"
[settings.eis.arcs]
max_arcs = 2
"""
NAMES = ("HCF-Sm_25C.mpt", "HCF-Sm_35C.mpt")


@pytest.fixture
def study(tmp_path: Path, repo: Path) -> Path:
    (tmp_path / "raw").mkdir()
    for name in NAMES:
        shutil.copy(repo / "raw_examples/raw/eis" / name, tmp_path / "raw" / name)
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def deadly(tasks, places, send):
    """Writes an empty record for each task; one is never survived."""
    for task in tasks:
        if task.name == "deadly":
            os._exit(9)
        Store(places.records).put(task.key, b"done")
    return [None] * len(tasks)


def places(folder: Path) -> Places:
    return Places(raw=folder, records=folder / "records", cache=folder)


def tasks(n: int) -> list[Task]:
    """``n`` of them; the sixth kills its worker."""
    names = ["deadly" if i == 5 else f"file {i}" for i in range(n)]
    rows = [Row(sample="A", name=name, files=()) for name in names]
    return [
        Task(technique="eis", joint="", item=row, settings=Settings(()), key=f"{i:02d}{row.name}")
        for i, row in enumerate(rows)
    ]


def test_one_deadly_file_among_many_is_named_and_the_rest_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(supervise, "do_tasks", deadly)
    told: list[tuple[int, int]] = []
    n_run, failed = supervise.execute([tasks(20)], places(tmp_path), 2, None, lambda *x: told.append(x))
    assert n_run == 20
    assert [(r.file, r.code) for r in failed] == [("deadly", "lost")]
    assert "worker died, the second time" in failed[0].problem
    assert sum(Store(tmp_path / "records").has(t.key) for t in tasks(20)) == 19
    assert told[-1] == (20, 20)


def test_a_file_that_changes_after_planning_leaves_no_record_and_is_done_next_time(study, monkeypatch):
    honest = work.load_or_error

    def changed(path: Path, name: str) -> object:
        raw = honest(path, name)
        assert isinstance(raw, RawFile)
        return RawFile(name=name, data=raw.data + b"\n", size=raw.size + 1) if name == NAMES[0] else raw

    monkeypatch.setattr(work, "load_or_error", changed)
    first = run_study(study)
    assert not first.complete
    assert [(r.file, r.problem, r.code) for r in first.rejected] == [(NAMES[0], "changed while running", NOT_SEEN)]
    monkeypatch.undo()
    again = run_study(study)
    assert again.complete
    assert again.n_run == 3  # the file, the pellet that waited for it, and the second opinion
    assert not again.rejected


def test_a_file_that_vanishes_after_planning_is_no_result_of_its_content(study, monkeypatch):
    monkeypatch.setattr(work, "load_or_error", lambda path, name: gone(name))
    outcome = run_study(study)
    assert {r.code for r in outcome.rejected} == {NOT_SEEN}
    assert all("can no longer be read: does not exist" in r.problem for r in outcome.rejected)
    monkeypatch.undo()
    assert not run_study(study).rejected


def gone(name: str) -> object:
    from pipeline.core.errors import ReadError

    return ReadError(source=name, field="file", problem="does not exist")


def test_a_full_disk_is_said_and_what_could_be_written_stays(study, monkeypatch):
    honest = Store.put

    def full(self, key, data):
        if NAMES[0].encode() in data[:400]:
            raise OSError(28, "No space left on device")
        honest(self, key, data)

    monkeypatch.setattr(Store, "put", full)
    outcome = run_study(study)
    assert not outcome.complete
    (lost,) = [r for r in outcome.rejected if r.code == "lost"]
    assert lost.file == NAMES[0]
    assert "cannot be written: No space left on device" in lost.problem
    monkeypatch.undo()
    assert run_study(study).complete


def test_a_record_that_went_elsewhere_is_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(supervise, "do_tasks", lambda mine, where, send: [None] * len(mine))
    _, failed = supervise.execute([tasks(3)], places(tmp_path), 1, None, lambda *x: None)
    assert [r.code for r in failed] == ["lost"] * 3
    assert all(isinstance(r, Rejection) and "not where" in r.problem for r in failed)


def children(pid: int) -> list[int]:
    """Processes that descend from one, without multiprocessing's tracker."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            words = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == pid and b"spawn_main" in words:
            found.append(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks /proc for processes")
@pytest.mark.parametrize(("how", "status"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_no_worker_outlives_its_run(study, repo, how, status):
    for path in (repo / "raw_examples/raw/eis").glob("HCF-Sm_*C.mpt"):
        shutil.copy(path, study.parent / "raw" / path.name)
    code = (  # a shell starts what it puts into the background deaf to SIGINT, and so would be its children
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pipeline.cli import main; sys.exit(main(['run', sys.argv[1], '--jobs', '2']))"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(study)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    mine: list[int] = []
    while len(mine) < 2 and run.poll() is None:
        mine = children(run.pid)
        time.sleep(0.05)
    assert len(mine) == 2
    run.send_signal(how)
    _, told = run.communicate(timeout=60)
    assert run.returncode == status
    if status > 0:
        assert told.decode().strip().endswith("hse: interrupted; finished records are kept, run again to go on")
    end = time.monotonic() + 20  # seconds enough for a busy machine; the watch asks twice a second
    while any(map(alive, mine)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(alive, mine))
    assert run_study(study).complete
