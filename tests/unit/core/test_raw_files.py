"""Raw files are opened once, bounded, and refused in one line."""

from __future__ import annotations

import os
import sys

import pytest

from pipeline.core.errors import ReadError
from pipeline.core.raw_files import load_raw


def test_bytes_and_name(tmp_path):
    path = tmp_path / "测量 é.mpt"
    path.write_bytes(b"abc")
    raw = load_raw(path, "eis/测量 é.mpt")
    assert (raw.name, raw.data, raw.size) == ("eis/测量 é.mpt", b"abc", 3)


def refused(path, match, **kwargs):
    with pytest.raises(ReadError, match=match) as caught:
        load_raw(path, "x", **kwargs)
    assert str(caught.value).startswith("x: file: ")


def test_missing_folder_and_empty(tmp_path):
    refused(tmp_path / "none", "does not exist")
    refused(tmp_path, "is a folder")
    (tmp_path / "empty").touch()
    refused(tmp_path / "empty", "is empty")


def test_two_gigabytes_are_refused_by_their_size_alone(tmp_path):
    path = tmp_path / "huge"
    with path.open("wb") as stream:
        stream.truncate(2_000_000_000)  # sparse: takes no room
    refused(path, "2000 MB is too large for an instrument export")


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
def test_links_and_pipes(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    refused(tmp_path / "a", "is a loop of symbolic links")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is not a regular file")
    refused(tmp_path / ("n" * 300), "cannot be opened")


def test_a_file_that_grows_while_read_stays_bounded(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100)
    refused(path, "too large", max_bytes=99)
    assert len(load_raw(path, "x", max_bytes=100).data) == 100
