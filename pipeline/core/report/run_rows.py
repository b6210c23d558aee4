"""Tables of the run itself: what was refused, found, masked, decided, and set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.registry import techniques
from pipeline.core.summary import RunSummary
from pipeline.core.tables import Row, Table, columns

REJECTED = columns("file stage field problem hint")
FINDINGS = columns("subject severity field problem hint")
MASKS = columns("sample file loop:count technique n_masked:count point_indices reason")
METHODS = columns("setting value layer reason")
VERSIONS = columns("program version")
FILES = columns("file sha256 used:flag")


def run_tables(summary: RunSummary) -> dict[str, Table]:
    """rejected, findings, masks, reviews, files, methods, versions."""
    rejected = tuple(
        {"file": r.file, "stage": r.stage, "field": r.field, "problem": r.problem, "hint": r.hint}
        for r in summary.rejected
    )
    used = set(summary.files)
    files = tuple({"file": n, "sha256": d, "used": n in used} for n, d in summary.sha256.items())
    versions = summary.provenance.get("versions")
    known = sorted(versions.items()) if isinstance(versions, Mapping) else []
    programs = tuple({"program": k, "version": str(v)} for k, v in known)
    return {
        "rejected": Table(row="measurement that a stage refused", columns=REJECTED, rows=rejected),
        "findings": Table(row="thing that a person should know", columns=FINDINGS, rows=tuple(_findings(summary))),
        "masks": Table(row="group of points left out of a fit", columns=MASKS, rows=tuple(_masks(summary))),
        "reviews": _review_table(summary),
        "files": Table(row="raw file that was read", columns=FILES, rows=files),
        "methods": Table(row="setting", columns=METHODS, rows=tuple(settings_of(summary))),
        "versions": Table(row="program", columns=VERSIONS, rows=programs),
    }


def _findings(summary: RunSummary) -> Iterator[Row]:
    seen = set()
    for subject, f in summary.findings:
        row = {"subject": subject, "severity": f.severity, "field": f.field, "problem": f.problem, "hint": f.hint}
        if tuple(row.values()) not in seen:
            seen.add(tuple(row.values()))
            yield row


def _masks(summary: RunSummary) -> Iterator[Row]:
    for m in summary.masks:
        indices, mask = m.points.mask.indices, m.points.mask
        yield {
            "sample": m.sample,
            "file": m.points.file,
            "loop": m.points.loop,
            "technique": f"{m.technique} {m.points.part}".strip(),
            "n_masked": len(indices),
            "point_indices": " ".join(map(str, indices)),
            "reason": mask.reason,
        }


def _review_table(summary: RunSummary) -> Table:
    """Columns that a technique's reviews add stand between those that all have."""
    own = {c: kind for t in techniques().values() for c, kind in t.study().review_columns.items()}
    kinds = columns("file loop:count") | own | columns("exclude:flag note by")
    rows = [
        {"file": r.file, "loop": r.loop, **r.decision(), "exclude": r.exclude, "note": r.note, "by": r.by}
        for r in summary.reviews
    ]
    return Table(row="decision of a person", columns=kinds, rows=tuple(rows))


def settings_of(summary: RunSummary) -> Iterator[Row]:
    """Settings of the provenance, as rows; those of an unknown shape are left out."""
    settings: Any = summary.provenance.get("settings")
    for s in settings if isinstance(settings, (list, tuple)) else ():
        if isinstance(s, Mapping):
            names = (("setting", "name"), ("value", "value"), ("layer", "layer"), ("reason", "reason"))
            yield {column: str(s.get(key, "")) for column, key in names}
