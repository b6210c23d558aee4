"""One flipped digit anywhere is found, and mended by the next run; what is old goes only when asked; one run writes at a time."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.core.batch.lock import LOCK, hold
from pipeline.core.batch.run import load_results, run_study
from pipeline.core.errors import StudyError

STUDY = """schema = 1
name = "Verify"
[[sample]]
id = "HCF-Sm"
[[sample.eis]]
files = "HCF-Sm_{temperature_c}C.mpt"
[settings.eis.arcs]
max_arcs = 2
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory, repo: Path) -> Path:
    folder = tmp_path_factory.mktemp("verify")
    (folder / "raw").mkdir()
    shutil.copy(repo / "raw_examples/raw/eis/HCF-Sm_25C.mpt", folder / "raw/HCF-Sm_25C.mpt")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    run_study(folder / "study.toml")
    return folder


@pytest.fixture
def folder(done: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(done, tmp_path / "copy"))


def flip(path: Path) -> bytes:
    """Change one digit; returns what was there."""
    data = path.read_bytes()
    at = next(i for i in range(len(data) // 2, len(data)) if data[i : i + 1].isdigit())
    path.write_bytes(data[:at] + (b"7" if data[at : at + 1] != b"7" else b"3") + data[at + 1 :])
    return data


def verify(capsys, folder: Path, *more: str) -> tuple[int, str]:
    status = main(["verify", str(folder / "results"), *more])
    return status, capsys.readouterr().out


def test_a_whole_folder_and_its_raw_files_are_as_written(folder, capsys):
    status, out = verify(capsys, folder, "--raw", str(folder / "raw"))
    assert status == 0
    assert out.startswith("3 records, ")
    assert out.rstrip().endswith(", 1 raw files: all as written")


@pytest.mark.parametrize("pattern", ["records/??/*.json", "tables/spectra.csv", "tables/key.csv", "report.html"])
def test_a_flipped_digit_is_named_and_mended(folder, capsys, pattern):
    path = next((folder / "results").glob(pattern))
    before = flip(path)
    status, out = verify(capsys, folder)
    assert status == 1
    assert path.relative_to(folder / "results").as_posix() + ": changed since it was written" in out
    run_study(folder / "study.toml")
    assert path.read_bytes() == before
    assert verify(capsys, folder)[0] == 0


@pytest.mark.parametrize("name", ["records/run.json", "records/told.json", "records/report_files.json"])
def test_a_flipped_digit_in_what_a_run_remembers_is_not_believed(folder, capsys, name):
    before = flip(folder / "results" / name)
    outcome = run_study(folder / "study.toml")
    assert outcome.n_run == 0
    assert (folder / "results" / name).read_bytes() == before
    assert verify(capsys, folder)[0] == 0


def test_results_that_were_changed_are_not_read_back(folder):
    flip(folder / "results/records/run.json")
    with pytest.raises(StudyError, match="changed since it was written"):
        load_results(folder / "results")


def test_a_raw_file_of_another_day_is_named(folder, capsys):
    with (folder / "raw/HCF-Sm_25C.mpt").open("ab") as stream:
        stream.write(b"\n")
    status, out = verify(capsys, folder, "--raw", str(folder / "raw"))
    assert (status, out.splitlines()[0]) == (1, "HCF-Sm_25C.mpt: not as it was read")


def test_old_records_go_when_asked_and_never_else(folder, capsys):
    path = folder / "study.toml"
    path.write_text(STUDY.replace("max_arcs = 2", "max_arcs = 3"), encoding="utf-8")
    run_study(path)
    records = list((folder / "results/records").glob("??/*.json"))
    assert len(records) == 6
    assert main(["gc", str(folder / "results")]) == 0
    assert capsys.readouterr().out == "3 record(s) removed\n"
    assert len(list((folder / "results/records").glob("??/*.json"))) == 3
    assert run_study(path).n_run == 0


def test_a_folder_without_a_run_is_nothing_to_verify(tmp_path, capsys):
    assert main(["verify", str(tmp_path)]) == 2
    assert "no finished run here" in capsys.readouterr().err


def test_a_second_run_is_told_who_writes(folder):
    with hold(folder / "results", "other.toml"):
        lock = folder / "results" / LOCK
        lock.write_text(json.dumps({"pid": os.getppid(), "host": socket.gethostname(), "study": "other.toml"}))
        with pytest.raises(StudyError, match=rf"process {os.getppid()} on .* with other.toml"):
            run_study(folder / "study.toml")
    assert run_study(folder / "study.toml").n_run == 0


@pytest.mark.parametrize("left", ['{"pid": 999999999, "host": "HOST", "study": "x"}', ""])
def test_a_lock_that_a_dead_process_left_is_taken_over(folder, left):
    lock = folder / "results" / LOCK
    lock.write_text(left.replace("HOST", socket.gethostname()))
    os.utime(lock, (time.time() - 60,) * 2)
    assert run_study(folder / "study.toml").n_run == 0
    assert not lock.exists()
