"""The archive: every technique's files, with metadata that name them all; the same results give the same bytes."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import unquote

from pipeline.core.report.archive import crate_metadata, write_archive
from pipeline.core.summary import RunSummary
from tests.archived_run import archive_files, summary


def test_what_lies_in_the_archive():
    names = sorted(archive_files(summary()))
    assert [n for n in names if n.startswith(("athena/", "larch/"))] == [
        f"{d}/Halide_heterostructures_1.prj" for d in ("athena", "larch")
    ]
    assert sum(n.startswith("xdi/") for n in names) == 3
    assert sum(n.startswith("chi/") for n in names) == 6
    assert [n for n in names if n.startswith("circuits/")] == [
        "circuits/HSE-Sm_a_-70C_1.json",
        "circuits/HSE-Sm_a_-70C_1_2.json",
    ]
    assert "exafs.csv" in names


def test_the_same_summary_gives_the_same_bytes():
    assert archive_files(summary()) == archive_files(summary())


def test_an_empty_run_gives_an_archive_with_its_metadata_only(tmp_path):
    written = write_archive(RunSummary(study_name="", simulated=False, samples=()), tmp_path)
    assert written == (tmp_path / "archive" / "ro-crate-metadata.json",)


def test_the_crate_names_every_file_with_its_size_and_hash(tmp_path):
    written = write_archive(summary(), tmp_path)
    folder = tmp_path / "archive"
    crate = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    graph = {entry["@id"]: entry for entry in crate["@graph"]}
    assert len(graph) == len(crate["@graph"])
    assert graph["ro-crate-metadata.json"]["conformsTo"]["@id"] == "https://w3id.org/ro/crate/1.1"
    parts = {p["@id"] for p in graph["./"]["hasPart"]}
    names = {p.relative_to(folder).as_posix() for p in written} - {"ro-crate-metadata.json"}
    assert {unquote(part) for part in parts} == names
    for part in parts:
        data = (folder / unquote(part)).read_bytes()
        assert int(graph[part]["contentSize"]) == len(data)
        assert graph[part]["sha256"] == hashlib.sha256(data).hexdigest()
    assert graph["#raw/eis/a%20-70C.mpt"]["name"] == "eis/a -70C.mpt"
    assert "simulated" in graph["./"]["description"]
    assert "datePublished" not in graph["./"]
    dated = crate_metadata(summary(provenance={"date": "2026-11-23"}), {}, {})
    assert dated["@graph"][1]["datePublished"] == "2026-11-23"
