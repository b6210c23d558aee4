"""FEFF6L: complete inputs, one run an input whoever asks, entries that are whole or made anew, failures by what is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import FitError
from pipeline.science.crystal import Cluster
from pipeline.techniques.absorption.fit.feff import program as feff
from pipeline.techniques.absorption.fit.feff.program import PathSearch, find_failure, run_feff, write_input
from pipeline.techniques.absorption.fit.feff.structures import choose_structure, octahedron

SEARCH = PathSearch(r_max_angstrom=4.9)
CARDS = ("TITLE", "HOLE 4 1.0", "CONTROL 1 1 1 1", "PRINT", "EXCHANGE 0 0.0 0.0", "CORRECTIONS 0.0 0.0", "RMAX 4.9",
         "NLEG 4", "CRITERIA 0.00 0.00", "POTENTIALS", "ATOMS", "END")  # fmt: skip


def text_of(r: float = 2.36) -> str:
    return write_input(octahedron("Ta", "Cl", r), "L3", SEARCH)


def test_every_card_is_written_out():
    text = text_of()
    lines = text.splitlines()
    for card in CARDS:
        assert any(line.startswith(card) for line in lines), card
    assert "0 73 Ta" in lines
    assert "1 17 Cl" in lines
    atoms = lines[lines.index("ATOMS") + 1 : lines.index("END")]
    assert len(atoms) == 7
    assert atoms[0].split() == ["0.000000", "0.000000", "0.000000", "0", "Ta"]
    assert text.isascii()
    assert "-0.000000" not in text


def test_the_run_lists_the_paths_of_the_octahedron(tmp_path):
    run = run_feff(text_of(), tmp_path)
    assert run.version == "Feff 6L.02"
    single, triangle, *long = run.paths
    assert (single.legs, single.degeneracy, single.label) == (2, 6, "Ta-Cl-Ta")
    assert single.reff_angstrom == pytest.approx(2.36)
    assert (triangle.legs, triangle.degeneracy) == (3, 24)
    assert triangle.reff_angstrom == pytest.approx(2.36 * (1 + np.sqrt(0.5)), abs=1e-4)
    assert triangle.amplitude_percent == pytest.approx(16, abs=1)
    assert [p.reff_angstrom for p in long] == pytest.approx([4.72] * 4)
    row = single.describe()
    assert (row.file, row.legs, row.amplitude_percent) == ("feff0001.dat", 2, 100.0)


@pytest.mark.skipif(sys.platform == "win32", reason="the counting program is a shell script")
def test_processes_that_ask_at_once_share_one_run(tmp_path):
    counter, cache = tmp_path / "runs", tmp_path / "cache"
    slow = tmp_path / "counting"
    slow.write_text(f'#!/bin/sh\necho run >> "{counter}"\nsleep 0.5\nexec "{feff.find_program()}"\n')
    slow.chmod(0o755)
    code = (
        "import sys, pathlib; from pipeline.techniques.absorption.fit.feff import program as feff\n"
        f"feff.find_program = lambda: pathlib.Path({str(slow)!r})\n"
        f"run = feff.run_feff(sys.stdin.read(), pathlib.Path({str(cache)!r}))\n"
        "print(len(run.paths))\n"
    )
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[6])}
    asked = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=where)
        for _ in range(3)
    ]
    told = [p.communicate(text_of(2.41).encode(), timeout=60)[0].split() for p in asked]
    assert told == [[b"6"]] * 3
    assert counter.read_text().split() == ["run"]


def test_a_known_input_is_not_run_again(tmp_path, monkeypatch):
    run_feff(text_of(), tmp_path)

    def never(*_: object) -> dict[str, str]:
        raise AssertionError("run twice")

    monkeypatch.setattr(feff, "_run", never)
    assert len(run_feff(text_of(), tmp_path).paths) == 6


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "other"])
def test_an_entry_that_is_not_whole_is_made_anew(tmp_path, damage):
    first = run_feff(text_of(), tmp_path)
    entry = next((tmp_path / "feff").rglob("*.json"))
    data = entry.read_bytes()
    content = json.loads(data)
    content["files"]["feff0001.dat"] = content["files"]["feff0001.dat"].replace("2.3600", "2.3700")
    entry.write_bytes({"cut": data[: len(data) // 2], "changed": json.dumps(content).encode(), "empty": b"",
                       "other": b'{"input": 1, "files": []}'}[damage])  # fmt: skip
    again = run_feff(text_of(), tmp_path)
    np.testing.assert_array_equal(again.paths[0].table, first.paths[0].table)
    assert entry.read_bytes() == data
    assert not list((tmp_path / "feff").rglob("*.part"))


def test_a_failure_is_kept_so_that_it_is_not_run_into_twice(tmp_path, monkeypatch):
    twice = Cluster(
        absorber="Ta", elements=("Cl", "Cl"), positions_angstrom=np.zeros((2, 3)), source="two in one place"
    )
    text = write_input(twice, "L3", SEARCH)
    with pytest.raises(FitError) as caught:
        run_feff(text, tmp_path)
    assert caught.value.source == "two in one place"
    assert caught.value.field == "FEFF6L"
    monkeypatch.setattr(feff, "_run", lambda *_: pytest.fail("run twice"))
    with pytest.raises(FitError, match="two in one place"):
        run_feff(text, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("echo 'Fatal Error: no'; exit 0", "Fatal Error: no"),
        ("echo done; exit 0", "left no paths"),
        (
            "printf 'feff0001.dat 0 100\\nfeff0002.dat 0 10\\n' > files.dat; echo x > feff0001.dat",
            r"left 1 path\(s\) of the 2",
        ),
        ("printf ' feff0001.dat 0 100\\n' > files.dat; echo ' Vi= 1.0 ----' > feff0001.dat", "does not ask for"),
        ("printf ' feff0001.dat 0 100\\n' > files.dat; echo 'junk ----' > feff0001.dat", "cannot be read"),
    ],
)
def test_success_is_judged_by_what_is_left_not_by_the_exit_code(tmp_path, monkeypatch, body, problem):
    fake = tmp_path / "fake"
    fake.write_text(f"#!/bin/sh\n{body}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(feff, "find_program", lambda: fake)
    with pytest.raises(FitError, match=problem):
        run_feff(text_of(), tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a shell script")
def test_a_run_that_hangs_is_ended_and_not_remembered(tmp_path, monkeypatch):
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o755)
    monkeypatch.setattr(feff, "find_program", lambda: fake)
    monkeypatch.setattr(feff, "TIMEOUT_S", 0.2)
    with pytest.raises(FitError, match="no result after"):
        run_feff(text_of(), tmp_path)
    assert not list((tmp_path / "feff").rglob("*.json"))


def test_failures_are_read_from_log_and_files():
    files = {"files.dat": " feff0001.dat 0 100\n", "feff0001.dat": "head ----\n"}
    assert find_failure("Feff done.", files) is None
    assert find_failure(" FATAL: bad\n FATAL: bad\n", files) == "FATAL: bad"


@pytest.mark.parametrize(
    ("cluster", "edge", "field"),
    [
        (octahedron("Ta", "Cl", 2.36), "M5", "edge"),
        (Cluster(absorber="Ta", elements=(), positions_angstrom=np.zeros((0, 3)), source="empty"), "L3", "structure"),
    ],
)
def test_an_input_that_cannot_be_is_refused(cluster, edge, field):
    with pytest.raises(FitError) as caught:
        write_input(cluster, edge, SEARCH)
    assert caught.value.field == field


def test_the_program_is_found_without_importing_larch():
    code = (
        "import sys; from pipeline.techniques.absorption.fit.feff import program; "
        "program.find_program(); sys.exit('larch' in sys.modules)"
    )
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[6])}
    assert subprocess.run([sys.executable, "-c", code], env=where, check=False).returncode == 0


def test_missing_xraylarch_is_said(monkeypatch):
    feff.find_program.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FitError, match="FEFF6L: program: xraylarch is not installed"):
        feff.find_program()
    feff.find_program.cache_clear()


def test_a_crystal_input_holds_the_six_angstrom_cluster():
    cluster = choose_structure("Sm", "Cl", None, None, 9).cluster
    lines = write_input(cluster, "L3", SEARCH).splitlines()
    assert len(lines[lines.index("ATOMS") + 1 : -1]) == len(cluster.elements) + 1
    assert "2 62 Sm" in lines
