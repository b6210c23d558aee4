"""The archive's metadata are an RO-Crate 1.1: by its own validator, and by the rules that it does not look at."""

from __future__ import annotations

import io
import json
import re
from urllib.parse import unquote, urlsplit

import pytest

from pipeline.core.report.archive import crate_metadata, encode_path
from pipeline.core.sample import Sample
from pipeline.core.summary import RunSummary

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
SCHEMA = """Dataset CreativeWork CreateAction SoftwareApplication about name description datePublished license hasPart mentions
    instrument object result version softwareRequirements encodingFormat contentSize""".split()  # noqa: SIM905
TERMS = {term: f"http://schema.org/{term}" for term in SCHEMA} | {
    "File": "http://schema.org/MediaObject",
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
}
"""Of the context of RO-Crate 1.1, the terms that are used here: the validator knows no other, the network is not asked."""
FILES = {
    "xdi/HSE-Sm 20°C (2nd) [a] #1 100%.xdi": b"# XDI\n",
    "circuits/結晶 é.json": b"{}",
    "a:b~c;d=e&f+g,h'i!?.csv": b"",
    "athena/plain.prj": b"1" * 1234,
}
KINDS = {".xdi": ("text/plain", "spectrum"), ".json": ("application/json", "circuit"), ".csv": ("text/csv", "table")}
RAW = ("eis/a -70°C.mpt", "eis/b#1 (50%).mpt", "eis/a -70°C.mpt")


def summary(**provenance) -> RunSummary:
    known = {"date": "2026-11-23", "versions": {"hse-pipeline": "0.1.0", "numpy": "2.4.6"}, **provenance}
    samples = (Sample(id="HSE-Sm", label="0.62[HCF-Sm]·0.38[LCF-Ta]"),)
    return RunSummary(study_name="Halides", simulated=True, samples=samples, files=RAW, provenance=known)


def crate(files=FILES, **provenance):
    """Metadata as they are read back."""
    return json.loads(json.dumps(crate_metadata(summary(**provenance), files, KINDS)))


def ids(node):
    """Every reference below a node: each object that holds an @id alone."""
    if isinstance(node, dict):
        return [node["@id"]] if list(node) == ["@id"] else [i for v in node.values() for i in ids(v)]
    return [i for v in node for i in ids(v)] if isinstance(node, list) else []


def keep_context(cache):
    """Lay the context into the validator's own cache of what it once fetched, where it looks when it is offline."""
    import requests
    import requests_cache
    import urllib3

    response = requests.Response()
    response.status_code, response.url = 200, CONTEXT
    response.headers["Content-Type"] = "application/ld+json"
    response._content = json.dumps({"@context": TERMS}).encode()
    response.raw = urllib3.HTTPResponse(body=io.BytesIO(response.content), status=200, preload_content=False)
    response.request = requests.Request("GET", CONTEXT).prepare()
    with requests_cache.CachedSession(str(cache), backend="sqlite") as session:
        session.cache.save_response(response)


def found_wrong(folder, metadata, files=FILES):
    """What the validator says of a crate: (severity, message) of each finding."""
    from rocrate_validator.services import validate

    for path, data in files.items():
        (folder / "crate" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "crate" / path).write_bytes(data)
    (folder / "crate/ro-crate-metadata.json").write_text(json.dumps(metadata, ensure_ascii=False), encoding="utf-8")
    keep_context(folder / "fetched")
    result = validate(
        {
            "rocrate_uri": str(folder / "crate"),
            "profile_identifier": "ro-crate-1.1",
            "requirement_severity": "RECOMMENDED",
            "offline": True,
            "cache_path": folder / "fetched",
        }
    )
    assert len(result.executed_checks) > 50
    return [(issue.severity.name, issue.message) for issue in result.get_issues()]


def test_the_validator_finds_nothing_but_persons_that_are_not_known(tmp_path):
    wrong = found_wrong(tmp_path, crate())
    assert [w for w in wrong if w[0] == "REQUIRED"] == []
    assert all("author" in message or "publisher" in message for _, message in wrong), wrong


def test_the_validator_does_look(tmp_path):
    metadata = crate()
    root = metadata["@graph"][1]
    del root["datePublished"], root["license"], metadata["@context"][1]["sha256"]
    wrong = found_wrong(tmp_path, metadata, {k: v for k, v in FILES.items() if not k.endswith(".json")})
    told = " ".join(message for severity, message in wrong if severity == "REQUIRED")
    for word in ("`datePublished`", "`license`", '"sha256"', "circuits/結晶"):
        assert word in told


@pytest.mark.parametrize("files", [FILES, {}, {"one.csv": b"x\n"}])
def test_every_reference_leads_to_one_entity(files):
    graph = crate(files)["@graph"]
    known = [entity["@id"] for entity in graph]
    assert len(set(known)) == len(known)
    elsewhere = {"https://w3id.org/ro/crate/1.1"}
    assert set(ids(graph)) - elsewhere == set(known) - {"ro-crate-metadata.json"}


def test_ids_are_references_that_lead_back_to_the_names():
    graph = {entity["@id"]: entity for entity in crate()["@graph"]}
    for one in graph:
        assert re.fullmatch(r"(?:[\w./~#-]|%[0-9A-F]{2})+", one)
        assert one.count("#") == one.startswith("#")
    files = {i for i, entity in graph.items() if entity["@type"] == "File"}
    assert {unquote(urlsplit(i).path) for i in files} == set(FILES)
    assert {unquote(i.removeprefix("#raw/")) for i in graph if i.startswith("#raw/")} == set(RAW)
    assert encode_path("結晶 é.json") == "結晶%20é.json"  # RO-Crate 1.1 prefers letters to their codes


def test_what_a_file_is():
    graph = {entity["@id"]: entity for entity in crate()["@graph"]}
    assert graph["athena/plain.prj"]["contentSize"] == "1234"
    assert graph["athena/plain.prj"]["encodingFormat"] == "application/octet-stream"
    assert graph["circuits/結晶%20é.json"]["description"] == "circuit"
    assert graph["circuits/結晶%20é.json"]["sha256"].startswith("44136fa355b3678a")
    assert graph["#raw/eis/b%231%20%2850%25%29.mpt"]["name"] == "eis/b#1 (50%).mpt"


@pytest.mark.parametrize(
    ("given", "identity", "name"),
    [
        (None, "#license", "no licence is stated: ask the authors before these data are used"),
        ("CC-BY-4.0", "#license", "CC-BY-4.0"),
        ("https://spdx.org/licenses/CC0-1.0", "https://spdx.org/licenses/CC0-1.0", "https://spdx.org/licenses/CC0-1.0"),
    ],
)
def test_the_root_says_when_what_and_how_it_may_be_used(given, identity, name):
    _, root, terms, *_ = crate(license=given)["@graph"]
    assert (root["@id"], root["@type"], root["name"], root["datePublished"]) == (
        "./",
        "Dataset",
        "Halides",
        "2026-11-23",
    )
    assert "simulated" in root["description"]
    assert root["license"] == {"@id": identity}
    assert (terms["@id"], terms["@type"], terms["name"]) == (identity, "CreativeWork", name)


def test_a_run_without_samples_or_versions_has_no_empty_fields():
    graph = crate_metadata(RunSummary(study_name="", simulated=False, samples=()), {}, {})["@graph"]
    assert all(value for entity in graph for value in entity.values())
    assert graph[1]["name"] == "results"
