"""A run's results in the formats of other programs, with RO-Crate metadata that says what each file is.

RO-Crate 1.1: Soiland-Reyes et al., Data Science 5 (2022) 97.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.core.atomic import write_whole
from pipeline.core.report.parts import technique_archive
from pipeline.core.summary import RunSummary

CONTEXT = ("https://w3id.org/ro/crate/1.1/context", {"sha256": "http://schema.org/sha256"})
"""RO-Crate 1.1 knows no checksums: its context ends with schema.org 10.0."""
NO_LICENSE = "no licence is stated: ask the authors before these data are used"
"""RO-Crate 1.1 demands a licence, or words on how the data may be used."""

Kinds = Mapping[str, tuple[str, str]]
"""Suffix -> (media type, what such a file is)."""

Entity = dict[str, Any]


def archive_files(summary: RunSummary) -> dict[str, bytes]:
    """Every file of the archive, metadata last: path from the results' folder -> bytes. Same summary, same bytes."""
    files, kinds = technique_archive(summary)
    crate = json.dumps(crate_metadata(summary, files, kinds), indent=1, ensure_ascii=False) + "\n"
    files = dict(sorted(files.items())) | {"ro-crate-metadata.json": crate.encode()}
    return {f"archive/{path}": data for path, data in files.items()}


def crate_metadata(summary: RunSummary, files: Mapping[str, bytes], kinds: Kinds) -> dict[str, Any]:
    """``ro-crate-metadata.json`` as data: what the archive holds, and the run that made it from the raw files."""
    entries = [_file_entity(path, data, kinds) for path, data in sorted(files.items())]
    raws = [
        {"@id": f"#raw/{encode_path(name)}", "@type": "CreativeWork", "name": name, "description": "raw file"}
        for name in dict.fromkeys(summary.files)
    ]
    terms = str(summary.provenance.get("license") or "")
    license_entity = {
        "@id": terms if re.fullmatch(r"https?://[!-~]+", terms) else "#license",
        "@type": "CreativeWork",
        "name": terms or NO_LICENSE,
        "description": "how these data may be used",
    }
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    program = _program_entity(summary)
    run = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "reduction",
        "instrument": _refer(program),
        "object": _refer(*raws),
        "result": _refer(*entries),
    }
    kind = "simulated data" if summary.simulated else "measured data"
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": summary.study_name or "results",
        "description": f"Reduced {kind} of {', '.join(s.label or s.id for s in summary.samples) or 'no sample'}",
        "datePublished": summary.provenance.get("date"),
        "license": _refer(license_entity),
        "hasPart": _refer(*entries),
        "mentions": _refer(run),
    }
    graph: Iterable[Entity] = (descriptor, root, license_entity, program, run, *raws, *entries)
    given = [{key: value for key, value in entity.items() if value} for entity in graph]
    return {"@context": list(CONTEXT), "@graph": given}


def encode_path(path: str) -> str:
    """Path -> relative reference (RFC 3987): letters of all scripts stand as RO-Crate prefers them, all else is percent-encoded.

    ``:`` is encoded too, or ``a:b.csv`` had a scheme.
    """
    return re.sub(r"[^\w./~-]", lambda found: quote(found[0]), path)


def _refer(*entities: Entity) -> Any:
    """References to entities: RO-Crate writes one without a list."""
    references = [{"@id": entity["@id"]} for entity in entities]
    return references[0] if len(references) == 1 else references


def _file_entity(path: str, data: bytes, kinds: Kinds) -> Entity:
    encoding, what = kinds.get(Path(path).suffix, ("application/octet-stream", "file"))
    return {
        "@id": encode_path(path),
        "@type": "File",
        "name": path.rsplit("/", 1)[-1],
        "description": what,
        "encodingFormat": encoding,
        "contentSize": str(len(data)),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _program_entity(summary: RunSummary) -> Entity:
    found = summary.provenance.get("versions")
    versions = found if isinstance(found, Mapping) else {}
    return {
        "@id": "#hse-pipeline",
        "@type": "SoftwareApplication",
        "name": "hse-pipeline",
        "version": str(versions.get("hse-pipeline", "")),
        "softwareRequirements": [f"{name} {version}" for name, version in sorted(versions.items())],
    }


def write_archive(summary: RunSummary, out: Path) -> tuple[Path, ...]:
    """Write ``archive/`` into the results' folder; the files written, metadata last."""
    written = []
    for path, data in archive_files(summary).items():
        target = out / path
        write_whole(target, data)
        written.append(target)
    return tuple(written)
