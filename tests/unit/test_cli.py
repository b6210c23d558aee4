"""hse check and hse init at the instrument: one clear answer for each file, no heavy imports, any name, any junk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import main

F = np.geomspace(7e6, 1, 40)
Z = 200 + 4e3 / (1 + 2j * np.pi * F * 4e3 * 5e-11) + 1 / (2e-6 * (2j * np.pi * F) ** 0.9)


def peis(loops=1) -> str:
    rows = [f"{f:.7E}\t{z.real:.7E}\t{-z.imag:.7E}\t{n}" for n in range(loops) for f, z in zip(F, Z, strict=True)]
    head = ["EC-Lab ASCII FILE", "Nb header lines : 5", "", "Potentio Electrochemical Impedance Spectroscopy"]
    return "\n".join([*head, "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\tcycle number", *rows, ""])


def check(capsys, *paths: Path) -> tuple[int, str]:
    status = main(["check", *map(str, paths)])
    return status, capsys.readouterr().out


@pytest.mark.parametrize("name", ["HSE_-70C.mpt", "mit Leerzeichen é (1).mpt", "样品/阻抗_25C.mpt"])
def test_a_good_file_in_any_script(tmp_path, capsys, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(peis(), encoding="utf-8")
    status, out = check(capsys, path)
    assert status == 0
    assert f"{path.as_posix()}: eis (EC-Lab mpt, PEIS): 1 spectrum, 40 rows" in out
    assert "usable: [[sample.eis]] of a study" in out


def test_temperature_and_evidence_are_shown(tmp_path, capsys):
    (tmp_path / "HSE_-70C.mpt").write_text(peis(), encoding="utf-8")
    out = check(capsys, tmp_path / "HSE_-70C.mpt")[1]
    assert "-70.00 °C (203.15 K) from file name; certain: EC-Lab header, 7e+06 to 1 Hz" in out


def test_loops_that_are_alike_are_one_line(tmp_path, capsys):
    (tmp_path / "a.mpt").write_text(peis(20), encoding="utf-8")
    out = check(capsys, tmp_path / "a.mpt")[1]
    assert "20 spectra, 800 rows" in out
    assert "[20 of 20, first: 1]" in out
    assert len(out.strip().split("\n")) < 8


def test_every_file_is_answered_and_one_bad_one_sets_the_status(tmp_path, capsys):
    (tmp_path / "good.mpt").write_text(peis(), encoding="utf-8")
    (tmp_path / "empty.mpt").touch()
    (tmp_path / "words.txt").write_text("no numbers here\n", encoding="utf-8")
    (tmp_path / "a.mps").write_text("EC-LAB SETTING FILE\n", encoding="utf-8")
    paths = [tmp_path / n for n in ("good.mpt", "empty.mpt", "words.txt", "a.mps", "none.mpt")]
    status, out = check(capsys, *paths)
    assert status == 1
    for line in (
        f"error: {paths[1].as_posix()}: file: is empty (export it again)",
        f"error: {paths[2].as_posix()}: rows: no table of numbers",
        "not usable: it stands beside the data; name the .mpt or .mpr",
        f"error: {paths[4].as_posix()}: file: does not exist",
        "usable: [[sample.eis]] of a study",
    ):
        assert line in out


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_two_gigabytes_and_a_loop_of_links(tmp_path, capsys):
    with (tmp_path / "huge.mpt").open("wb") as stream:
        stream.truncate(2_000_000_000)
    (tmp_path / "a.mpt").symlink_to(tmp_path / "b.mpt")
    (tmp_path / "b.mpt").symlink_to(tmp_path / "a.mpt")
    status, out = check(capsys, tmp_path / "huge.mpt", tmp_path / "a.mpt")
    assert status == 1
    assert "2000 MB is too large" in out
    assert "is a loop of symbolic links" in out


def test_a_spectrum_too_short_to_check_is_not_usable(tmp_path, capsys):
    (tmp_path / "a.mpt").write_text("\n".join(peis().split("\n")[:9]), encoding="utf-8")
    status, out = check(capsys, tmp_path / "a.mpt")
    assert status == 1
    assert f"error: {(tmp_path / 'a.mpt').as_posix()}: frequency_hz: 4 usable point(s) of 4" in out
    assert "not usable: see the errors" in out


def test_a_folder_is_one_line_a_measurement_with_copies_and_totals(tmp_path, capsys):
    """A spectrum, its copy, a settings file, an empty one: four files, two lines that can be used or ignored, one error."""
    (tmp_path / "a_25C.mpt").write_text(peis(), encoding="utf-8")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a_25C.mpt").write_text(peis(), encoding="utf-8")
    (tmp_path / "a.mps").write_text("EC-LAB SETTING FILE\n", encoding="utf-8")
    (tmp_path / "empty.mpt").touch()
    status, out = check(capsys, tmp_path)
    lines = out.splitlines()
    assert status == 1
    assert lines[0].split("  ", 1)[0] == "a_25C.mpt"
    assert "eis: 1 spectrum, 25 °C" in lines[0]
    assert lines[1].endswith("a copy of a_25C.mpt")
    assert lines[2].startswith("empty.mpt")
    assert "is empty" in lines[2]
    assert lines[3].startswith("4 file(s) in ")
    assert "1 eis" in lines[3]
    assert "1 copies" in lines[3]
    assert "1 settings, logs or graphics beside the data" in lines[3]
    assert "hse init" in lines[4]


def test_a_folder_without_anything_wrong_has_status_0_and_an_empty_one_says_so(tmp_path, capsys):
    assert check(capsys, tmp_path) == (0, f"0 file(s) in {tmp_path.as_posix()}: nothing\n")
    (tmp_path / "a_25C.mpt").write_text(peis(), encoding="utf-8")
    assert check(capsys, tmp_path)[0] == 0


def test_check_imports_no_larch_pandas_or_matplotlib(tmp_path):
    path = tmp_path / "a.mpt"
    path.write_text(peis(), encoding="utf-8")
    code = (
        "import sys; from pipeline.cli import main; main(['check', sys.argv[1]]); "
        "print('heavy:', [m for m in ('larch', 'pandas', 'matplotlib', 'impedance', 'plotly') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("heavy: []")


def test_init_writes_once_and_replaces_only_when_told(tmp_path, capsys):
    (tmp_path / "HSE_25C.mpt").write_text(peis(), encoding="utf-8")
    assert main(["init", str(tmp_path)]) == 0
    assert "1 files: 1 eis" in capsys.readouterr().out
    assert main(["init", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["init", "--force", str(tmp_path)]) == 0


def test_init_of_nothing_says_so(tmp_path, capsys):
    assert main(["init", str(tmp_path)]) == 2
    assert "no measurement among 0 files" in capsys.readouterr().err


def test_a_spectrum_without_temperature_is_told_at_the_instrument(tmp_path, capsys):
    for name, missing in (("HSE_warm.mpt", True), ("HSE_-70C.mpt", False)):
        (tmp_path / name).write_text(peis(), encoding="utf-8")
        status, out = check(capsys, tmp_path / name)
        assert status == 0
        assert ("give temperature_c in the study" in out) is missing
