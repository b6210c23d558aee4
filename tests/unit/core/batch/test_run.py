"""A run does what is missing and nothing else; what it wrote is whole, and no worker changes a byte of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.core.atomic import read_sealed
from pipeline.core.batch import run as run_module
from pipeline.core.batch import work
from pipeline.core.batch.run import collect_results, load_results, rebuild_report, run_study
from pipeline.core.errors import StudyError
from pipeline.core.records import Store

STUDY = """schema = 1
name = "Small"
simulated = true
[[sample]]
id = "HCF-Sm"
pellet = { thickness_mm = 0.58, thickness_sigma_mm = 0.01, diameter_mm = 10.0 }
[[sample.eis]]
files = "eis/HCF-Sm_{temperature_c}C.mpt"
[[sample.eis]]
files = "eis/broken.mpt"
[settings.eis.arcs]
max_arcs = 2
"""
FILES = ("HCF-Sm_15C.mpt", "HCF-Sm_25C.mpt", "HCF-Sm_35C.mpt")


@pytest.fixture
def study(tmp_path: Path, repo: Path) -> Path:
    raw = tmp_path / "raw" / "eis"
    raw.mkdir(parents=True)
    for name in FILES:
        shutil.copy(repo / "raw_examples/raw/eis" / name, raw / name)
    (raw / "broken.mpt").write_bytes(b"EC-Lab ASCII FILE\r\nNb header lines : 80\r\n")
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def files(out: Path) -> dict[str, bytes]:
    """Everything a run leaves but the manifest, which holds the clock."""
    return {
        p.relative_to(out).as_posix(): p.read_bytes()
        for p in sorted(out.rglob("*"))
        if p.is_file() and p.name != "manifest.json"
    }


def test_done_once_known_after_and_one_more_file_is_one_more_fit(study, repo):
    first = run_study(study)
    assert (first.n_run, first.n_known) == (6, 0)
    assert [r.file for r in first.rejected] == ["eis/broken.mpt"]
    before = files(first.out)
    again = run_study(study)
    assert (again.n_run, again.n_known, again.printed) == (0, 6, first.printed)
    assert again.rejected == first.rejected
    assert files(first.out) == before
    shutil.copy(repo / "raw_examples/raw/eis/HCF-Sm_45C.mpt", study.parent / "raw/eis/HCF-Sm_45C.mpt")
    more = run_study(study)
    assert (more.n_run, more.n_known) == (3, 4)  # the file, the pellet it belongs to, and what others say of it
    assert len(load_results(more.out)["eis"].spectra) == 4


def test_a_second_opinion_is_left_out_when_asked_and_moves_no_number(study, tmp_path):
    without = run_study(study, tmp_path / "out", second_opinion=False)
    assert without.n_run == 5
    assert load_results(without.out)["eis"].opinions == ()
    before = files(without.out)
    asked = run_study(study, tmp_path / "out")
    assert (asked.n_run, asked.n_known) == (1, 5)
    opinions = load_results(asked.out)["eis"].opinions
    assert [(o.program.split()[0], o.verdict.code) for o in opinions] == [
        (program, "agrees") for _ in ("coldest", "25 °C") for program in ("impedance.py", "lmfit")
    ]
    after = files(asked.out)
    assert {n for n in before if n.endswith(".csv") and before[n] != after[n]} <= {
        "tables/second_opinions.csv",
        "tables/versions.csv",
    }


def test_neither_workers_nor_shards_change_a_byte(study, tmp_path):
    alone = run_study(study, tmp_path / "alone")
    pool = run_study(study, tmp_path / "pool", jobs=2)
    parts = [run_study(study, tmp_path / "parts", shard=(i, 2)) for i in (1, 2)]
    assert sum(p.n_run for p in parts) == 4
    joined = collect_results(study, tmp_path / "parts")
    assert joined.n_run == 2
    expected = files(alone.out)
    assert files(pool.out) == expected
    assert files(joined.out) == expected


def test_collect_reduces_no_measurement(study, tmp_path, capsys):
    run_study(study, tmp_path / "parts", shard=(1, 2))
    for name, count in (("empty", "4 of 4"), ("parts", "2 of 4")):
        assert main(["collect", str(study), "--out", str(tmp_path / name)]) == 2
        told = capsys.readouterr().err
        assert f"{name}: {count} measurements have no record here: eis/" in told
        assert "hse run" in told
        assert not (tmp_path / name / "report.html").exists()


def test_results_read_back_make_the_same_report(study):
    outcome = run_study(study)
    before = files(outcome.out)
    shutil.rmtree(outcome.out / "tables")
    (outcome.out / "report.html").unlink()
    assert rebuild_report(outcome.out) == outcome.printed
    assert files(outcome.out) == before


def test_a_record_spoilt_on_disk_is_made_again(study):
    outcome = run_study(study)
    before = files(outcome.out)
    name, record = next((n, outcome.out / n) for n in before if n.startswith("records/") and n.count("/") == 2)
    record.write_bytes(before[name][:100])
    (outcome.out / "manifest.json").unlink()
    run_study(study)
    assert files(outcome.out) == before


def test_an_interruption_leaves_the_old_results_whole(study, monkeypatch):
    outcome = run_study(study)
    before = files(outcome.out)
    (study.parent / "raw/eis" / FILES[0]).unlink()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "write_report", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_study(study)
    after = files(outcome.out)
    assert {n: after[n] for n in before if not n.startswith("records/")} == {
        n: d for n, d in before.items() if not n.startswith("records/")
    }
    assert not [n for n in after if n.endswith(".part")]
    monkeypatch.undo()
    assert run_study(study).n_run == 0


def test_a_fault_of_the_pipeline_ends_one_file_and_is_tried_again(study, monkeypatch):
    honest = work.reduce_unit

    def faulty(chain, unit, load):
        if unit.row.name.endswith(FILES[0]):
            raise ZeroDivisionError("oops")
        return honest(chain, unit, load)

    monkeypatch.setattr(work, "reduce_unit", faulty)
    monkeypatch.delenv("HSE_DEBUG", raising=False)
    outcome = run_study(study)
    bad = next(r for r in outcome.rejected if r.stage == "internal")
    assert (bad.file, bad.problem) == (f"eis/{FILES[0]}", "ZeroDivisionError: oops")
    monkeypatch.undo()
    mended = run_study(study)
    assert mended.n_run == 3  # the file, the pellet that waited for it, and what others say of it
    assert [r.file for r in mended.rejected] == ["eis/broken.mpt"]


def test_the_manifest_tells_how_and_from_what(study):
    outcome = run_study(study)
    manifest = json.loads((outcome.out / "manifest.json").read_bytes())
    assert manifest["simulated"] is True
    assert manifest["counts"] == {"files": 4, "tasks": 6, "rejected": 1, "measurements": {"spectra": 3}}
    layers = {s["name"]: (s["value"], s["layer"]) for s in manifest["settings"]}
    assert layers["eis.arcs.max_arcs"] == ("2", "study")
    assert {"numpy", "scipy", "lmfit", "xraylarch", "hse-pipeline"} <= set(manifest["versions"])
    assert manifest["rejected"][0]["hint"]


def test_a_folder_without_a_run_is_said(tmp_path):
    with pytest.raises(StudyError, match="no finished run here"):
        load_results(tmp_path)


def test_exit_codes(study, tmp_path, capsys):
    assert main(["run", str(study), "--jobs", "1"]) == 0
    printed = capsys.readouterr()
    assert "1 rejected:" in printed.out
    assert "eis/broken.mpt" in printed.out
    assert printed.err == ""
    assert main(["run", str(study), "--jobs", "1", "--strict"]) == 1
    assert main(["run", str(tmp_path / "absent.toml")]) == 2
    assert "nothing was started" in capsys.readouterr().err
    with pytest.raises(SystemExit) as usage:
        main(["run", str(study), "--jobs", "0"])
    assert usage.value.code == 2
    assert main(["report", str(study.parent / "results")]) == 0
    assert main(["settings", str(study), "--explain"]) == 0
    assert "eis.arcs.max_arcs = 2   # study." in capsys.readouterr().out


def test_records_are_whole_or_absent(study):
    outcome = run_study(study)
    store = Store(outcome.out / "records")
    run = json.loads(read_sealed(outcome.out / "records/run.json"))
    assert all(store.read(key).name for key in run["keys"])
