"""A technique of another package, joined by its entry point alone, goes from raw file to report; no file of ours is edited."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

TOY = Path(__file__).resolve().parents[1] / "toy"
COUNTS = [98, 102, 20_000, 100]
STUDY = """schema = 1
name = "Counter"

[[sample]]
id = "lamp"
[[sample.pulses]]
files = "lamp.txt"

[settings.pulses.check]
most_per_interval = 5000
"""


def hse(*args: str, cwd: Path, repo: Path) -> subprocess.CompletedProcess[str]:
    where = {**os.environ, "PYTHONPATH": os.pathsep.join((str(TOY), str(repo)))}
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *args], cwd=cwd, env=where, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def folder(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("counter")
    (folder / "raw").mkdir()
    (folder / "raw/lamp.txt").write_text("pulses per 0.5 s\n" + "".join(f"{n}\n" for n in COUNTS))
    (folder / "raw/dark.txt").write_text("pulses per 0.5 s\nnone\n")
    (folder / "study.toml").write_text(STUDY)
    done = hse("run", "study.toml", "--jobs", "2", cwd=folder, repo=repo)
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout)
    return folder


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"results/tables/{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_it_is_no_more_than_250_lines():
    assert len((TOY / "pulse_counter.py").read_text().splitlines()) <= 250


def test_the_rate_of_the_kept_intervals_stands_in_its_table_the_key_table_and_the_facts(folder):
    rate, sigma = 300 / 1.5, 300**0.5 / 1.5  # three intervals of half a second
    for table, value, error in (
        ("pulses", "rate_Hz", "rate_Hz_sigma"),
        ("key", "rate_Hz", "rate_Hz_sigma"),
        ("facts", "value", "sigma"),
    ):
        (row,) = rows(folder, table)
        assert float(row[value]) == pytest.approx(rate)
        assert float(row[error]) == pytest.approx(sigma)
    (mask,) = rows(folder, "masks")
    assert (mask["technique"], mask["point_indices"], mask["reason"]) == ("pulses", "2", "more than 5000 pulses")
    assert "200 ± 12" in (folder / "stdout.txt").read_text()


def test_its_section_figure_methods_and_archive_are_in_the_results(folder):
    page = (folder / "results/report.html").read_text()
    assert 'id="pulses"' in page
    assert "a Poisson process" in page
    assert (folder / "results/figures/pulses/lamp.svg").is_file()
    assert (folder / "results/archive/pulses/rates.txt").read_text() == "lamp 200.0\n"


def test_its_files_are_recognised_checked_and_drafted(folder, repo):
    told = hse("check", "raw/lamp.txt", "raw/dark.txt", cwd=folder, repo=repo).stdout
    assert "raw/lamp.txt: pulses (pulse counter): 1 count" in told
    assert "1 point(s) left out: more than 10000 pulses" in told
    assert "error: raw/dark.txt: counts: invalid literal for int()" in told
    hse("init", "--force", ".", cwd=folder, repo=repo)
    assert '[[sample.pulses]]\n  files = "raw/lamp.txt"' in (folder / "study.toml").read_text()


def test_a_second_run_does_nothing_and_a_report_is_made_again(folder, repo):
    (folder / "study.toml").write_text(STUDY)
    assert "0 task(s) done, 1 known" in hse("run", "study.toml", cwd=folder, repo=repo).stdout
    before = (folder / "results/tables/pulses.csv").read_bytes()
    assert hse("report", "results", cwd=folder, repo=repo).returncode == 0
    assert (folder / "results/tables/pulses.csv").read_bytes() == before
