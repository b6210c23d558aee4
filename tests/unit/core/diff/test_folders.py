"""hse diff: what is the same is silent, what changed is told with its place, size and sigma."""

from __future__ import annotations

import gzip
import json

import pytest

from pipeline.cli import main
from pipeline.core.diff import compare_folders, folders
from tests.unit.core.diff.test_tables import ARCS, FACTS

LINE = "# energy mu\n7000.5  0.123456789012  -1.5e-3\n7001.0  0.2  1\n"
POINTS = "series,x,y\ndata,1.0,2.0\ndata,2.0,3.0\nfit,1.0,2.1\n"
CIRCUIT = {"Name": "S1 a.mpt 1", "Parameters": [1.0, 2.5e-9], "fitted": True}


def folder(path, *, arcs=ARCS, facts=FACTS, points=POINTS, line=LINE, circuit=CIRCUIT):
    """A small results folder."""
    texts = {
        "manifest.json": '{"started_utc": "now"}',
        "tables/arcs.csv": arcs,
        "tables/versions.csv": "program,version\nnumpy,2.4.6\n",
        "figures/eis/S1.csv": points,
        "archive/xdi/S1.xdi": line,
        "archive/circuits/S1.json": json.dumps(circuit),
        "archive/ro-crate-metadata.json": json.dumps({"date": str(path)}),
    }
    if facts:
        texts["tables/facts.csv"] = facts
    for name, text in texts.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    (path / "archive/S1.prj").write_bytes(gzip.compress(line.encode()))
    return path


def told(capsys, tmp_path, *options, **changed):
    """Exit status and output of hse diff between the small folder and one with changes."""
    a, b = folder(tmp_path / "A"), folder(tmp_path / "B", **changed)
    status = main(["diff", str(a), str(b), *options])
    return status, capsys.readouterr().out


def test_equal_folders(tmp_path, capsys):
    status, out = told(capsys, tmp_path)
    assert status == 0
    first, second = out.splitlines()
    assert first == "no difference (3 facts; files: 1 in tables/, 1 in figures/, 3 in archive/)"
    assert second.startswith("not compared: versions.csv, ro-crate-metadata.json, manifest.json, records/")


def test_a_column_is_told_by_its_largest_difference_in_sigma(tmp_path, capsys):
    status, out = told(capsys, tmp_path, arcs=ARCS.replace("200.0,3.0", "201.0,3.0").replace("400.0,5.0", "404.0,5.0"))
    assert status == 1
    assert "tables: 1 of 1 changed" in out
    assert (
        "  arcs (4 rows)\n    resistance_ohm: 2 differ; largest 0.0099 relative, 0.57 sigma; S2, 2, 1: 400 → 404" in out
    )


def test_a_value_that_went_and_a_row(tmp_path, capsys):
    arcs = ARCS.replace("100.0,3.0", ",").replace("S2,b.mpt,2,1,weak,400.0,5.0,true\n", "")
    _, out = told(capsys, tmp_path, arcs=arcs)
    assert "  arcs (4 → 3 rows)\n    rows gone (1): S2, 2, 1\n" in out
    assert "resistance_ohm: 1 differ; S1, 1, 1: 100 → empty" in out


def test_facts_are_told(tmp_path, capsys):
    after = FACTS.replace("0.340,0.003", "0.350,0.004").replace("V,weak", "V,resolved").replace("0.002,0.0001", ",")
    status, out = told(capsys, tmp_path, facts=after)
    assert status == 1
    assert "facts: 3 changed, 2 in value, 1 in verdict\n" in out
    assert (
        "S1: activation_energy (total): 0.3400 ± 0.0030 eV → 0.3500 ± 0.0040 eV, +2 sigma, 0.029 relative, resolved"
        in out
    )
    assert "S2: window (j_1): 2.500 ± 0.010 V → 2.500 ± 0.010 V, weak → resolved" in out
    assert "S1: conductivity (25 °C): 0.00200 ± 0.00010 S/cm → withheld, resolved" in out


def test_facts_gone_new_and_from_another_file(tmp_path, capsys):
    after = FACTS.replace("eis,activation_energy,total", "eis,activation_energy,bulk").replace("ok,a.mpt", "ok,c.mpt")
    _, out = told(capsys, tmp_path, facts=after)
    assert "facts: 1 changed, 1 gone, 1 new\n" in out
    assert "S1: activation_energy (total): gone: 0.3400 ± 0.0030 eV, resolved" in out
    assert "S1: activation_energy (bulk): new: 0.3400 ± 0.0030 eV, resolved" in out
    assert (
        "S1: conductivity (25 °C): 0.00200 ± 0.00010 S/cm → 0.00200 ± 0.00010 S/cm, resolved, source a.mpt → c.mpt"
        in out
    )


def test_a_fact_of_zero_is_not_withheld(tmp_path, capsys):
    assert "→ 0.0000 ± 0.0030 eV, -80 sigma" in told(capsys, tmp_path, facts=FACTS.replace("0.340,", "0,"))[1]


def test_facts_of_one_folder_only(tmp_path, capsys):
    status, out = told(capsys, tmp_path, facts="")
    assert status == 1
    assert out.splitlines()[:2] == ["facts: no difference (0)", "tables: missing (1): facts"]


def test_facts_that_are_no_table_are_told_among_the_tables(tmp_path, capsys):
    status, out = told(capsys, tmp_path, facts=FACTS + "S1\n")
    assert status == 1
    assert "facts.csv" not in out
    assert "facts: not known to be the same, cannot be compared: row 4 has 1 cells, the header 12" in out


def test_figures_go_by_order_and_forgive_the_eighth_digit(tmp_path, capsys):
    assert told(capsys, tmp_path, points=POINTS.replace("1.0,2.0", "1.0,2.0000001"))[0] == 0
    out = told(capsys, tmp_path, points=POINTS.replace("2.0,3.0", "2.0,3.3"))[1]
    assert "eis/S1 (3 rows)\n    y: 1 differ; largest 0.091 relative; point 2: 3 → 3.3" in out
    out = told(capsys, tmp_path, points=POINTS.replace("data,1.0", "data,0.5,1.0\ndata,1.0"))[1]
    assert "eis/S1 (3 → 4 rows)\n    rows new (1): point 1\n" in out


def test_archive_in_the_twelfth_and_in_the_third_digit(tmp_path, capsys):
    assert told(capsys, tmp_path, line=LINE.replace("0.123456789012", "0.123456789013"))[0] == 0
    status, out = told(capsys, tmp_path, line=LINE.replace("0.123456789012", "0.124"))
    assert status == 1
    assert "archive: 2 of 3 changed" in out
    assert "text: 1 differ; largest 0.0044 relative; line 2: 0.123457 → 0.124" in out
    assert told(capsys, tmp_path, "--rtol", "0.01", line=LINE.replace("0.123456789012", "0.124"))[0] == 0


def test_a_circuit_and_a_line_more(tmp_path, capsys):
    assert (
        "text: 1 differ; largest 0.038 relative; line 1: 2.5e-09 → 2.6e-09"
        in (told(capsys, tmp_path, circuit={**CIRCUIT, "Parameters": [1.0, 2.6e-9]})[1])
    )
    out = told(capsys, tmp_path, line=LINE.replace("\n", "\n# note\n", 1))[1]
    assert "xdi/S1.xdi (3 → 4 rows)\n    rows new (1): line 2\n" in out


def test_files_missing_and_new(tmp_path, capsys):
    a, b = folder(tmp_path / "A"), folder(tmp_path / "B")
    (a / "tables/old.csv").write_text("a\n1\n")
    (b / "archive/new.inp").write_text("HOLE 4\n")
    assert main(["diff", str(a), str(b)]) == 1
    out = capsys.readouterr().out
    assert "tables: missing (1): old\n" in out
    assert "archive: new (1): new.inp\n" in out


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"1" * 2001, "larger than 0 MB"),
        (gzip.compress(b"1" * 100_000, mtime=0), "larger than 0 MB"),
        (gzip.compress(LINE.encode(), mtime=0)[:30], "ended before the end-of-stream marker"),
        (b"\xff\xfe", "can't decode"),
    ],
)
def test_what_cannot_be_compared_is_the_same_by_its_bytes_alone(tmp_path, monkeypatch, data, why):
    monkeypatch.setattr(folders, "MAX_BYTES", 2000)
    a, b = folder(tmp_path / "A"), folder(tmp_path / "B")
    (a / "archive/odd.prj").write_bytes(data)
    (b / "archive/odd.prj").write_bytes(data)
    assert not compare_folders(a, b).differs
    (b / "archive/odd.prj").write_text("other")
    (change,) = compare_folders(a, b).groups[2].changed
    assert why in change.note


def test_cells_cannot_command_a_terminal(tmp_path, capsys):
    out = told(capsys, tmp_path, arcs=ARCS.replace("resolved", "\x1b[2Jgone"))[1]
    assert "\x1b" not in out


def test_no_results_folder(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    status = main(["diff", str(folder(tmp_path / "A")), str(tmp_path / "empty")])
    assert status == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0] == (
        f"{tmp_path / 'empty'}: tables: no *.csv, this is no results folder "
        "(give the folder that hse run wrote, the one with report.html)"
    )


@pytest.mark.parametrize("rtol", ["-1", "nan", "much", "1"])
def test_a_wrong_tolerance(tmp_path, rtol):
    with pytest.raises(SystemExit) as stopped:
        main(["diff", str(tmp_path), str(tmp_path), "--rtol", rtol])
    assert stopped.value.code == 2
