"""Files are whole or absent, and a report takes away only what an earlier report wrote."""

import json

import pytest

from pipeline.core.atomic import LEDGER, write_tree, write_whole


def break_fsync(monkeypatch, calls_before: int = 0) -> None:
    left = [calls_before]

    def fsync(_):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1

    monkeypatch.setattr("os.fsync", fsync)


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    target = tmp_path / "x.json"
    write_whole(target, b"old")
    break_fsync(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        write_whole(target, b"new and half")
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_a_tree_loses_what_it_no_longer_holds_and_nothing_else(tmp_path):
    write_whole(tmp_path / "mine.txt", b"a person's")
    write_tree(tmp_path, {"figures/a.svg": b"a", "figures/b.svg": b"b"})
    write_whole(tmp_path / "figures/mine.svg", b"a person's")
    write_tree(tmp_path, {"figures/a.svg": b"new"})
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {"mine.txt", "figures/a.svg", "figures/mine.svg", LEDGER}
    assert (tmp_path / "figures/a.svg").read_bytes() == b"new"


def test_an_interrupted_tree_is_cleaned_by_the_next(tmp_path, monkeypatch):
    with monkeypatch.context() as broken:
        break_fsync(broken, calls_before=2)
        with pytest.raises(KeyboardInterrupt):
            write_tree(tmp_path, {"figures/a.svg": b"a", "figures/b.svg": b"b"})
    assert (tmp_path / "figures/a.svg").read_bytes() == b"a"
    write_tree(tmp_path, {"report.html": b"page"})
    assert not (tmp_path / "figures/a.svg").exists()
    assert (tmp_path / "report.html").read_bytes() == b"page"


@pytest.mark.parametrize("ledger", [b"", b"{", b"[1, null]", b'{"a": 1}', b"\xff"])
def test_a_broken_ledger_takes_nothing_away(tmp_path, ledger):
    write_whole(tmp_path / LEDGER, ledger)
    write_whole(tmp_path / "a.txt", b"kept")
    write_tree(tmp_path, {"report.html": b"page"})
    assert (tmp_path / "a.txt").read_bytes() == b"kept"


def test_a_ledger_cannot_reach_outside_its_folder(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_bytes(b"kept")
    out = tmp_path / "results"
    write_whole(out / LEDGER, json.dumps(["../outside.txt", str(outside), "."]).encode())
    write_tree(out, {"report.html": b"page"})
    assert outside.read_bytes() == b"kept"
