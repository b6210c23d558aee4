"""The raw folder of a study: what is listed."""

from __future__ import annotations

import sys

import pytest

from pipeline.core.study.files import walk_files


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_links_hidden_files_and_results_are_not_raw(tmp_path):
    for name in ("b/x.mpt", "a.mpt", ".git/x", "._a.mpt", "results/manifest.json", "results/tables/x.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "b" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "c").symlink_to(tmp_path / "d")
    (tmp_path / "d").symlink_to(tmp_path / "c")
    assert walk_files(tmp_path, "study.toml") == ["a.mpt", "b/x.mpt", "c", "d"]
