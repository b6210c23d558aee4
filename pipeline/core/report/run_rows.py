"""Tables of the run itself: what was refused, found, masked, decided, and set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.core.report.columns import Row, Table, columns
from pipeline.core.summary import RunSummary
from pipeline.core.values import Mask

REJECTED = columns("file stage field problem hint")
FINDINGS = columns("subject severity field problem hint")
MASKS = columns("sample file loop:count technique n_masked:count point_indices reason")
METHODS = columns("setting value layer reason")
VERSIONS = columns("program version")
REVIEWS = columns("file loop:count arcs:count mask_hz exclude:flag note by")


def run_tables(summary: RunSummary) -> dict[str, Table]:
    """rejected, findings, masks, reviews, methods, versions."""
    rejected = tuple(
        {"file": r.file, "stage": r.stage, "field": r.field, "problem": r.problem, "hint": r.hint}
        for r in summary.rejected
    )
    versions = summary.provenance.get("versions")
    known = sorted(versions.items()) if isinstance(versions, Mapping) else []
    programs = tuple({"program": k, "version": str(v)} for k, v in known)
    return {
        "rejected": Table(row="measurement that a stage refused", columns=REJECTED, rows=rejected),
        "findings": Table(row="thing that a person should know", columns=FINDINGS, rows=tuple(_findings(summary))),
        "masks": Table(row="group of points left out of a fit", columns=MASKS, rows=tuple(_masks(summary))),
        "reviews": Table(row="decision of a person", columns=REVIEWS, rows=tuple(_reviews(summary))),
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


def _mask_rows(base: Row, masks: Iterable[Mask]) -> Iterator[Row]:
    for m in masks:
        indices = " ".join(map(str, m.indices))
        yield {**base, "n_masked": len(m.indices), "point_indices": indices, "reason": m.reason}


def _masks(summary: RunSummary) -> Iterator[Row]:
    for sample, fit in summary.spectra:
        s = fit.checked.spectrum
        base = {"sample": sample, "file": s.source.file, "loop": s.loop, "technique": "eis"}
        yield from _mask_rows(base, fit.checked.masks)
    for sample, sweep in summary.sweeps:
        w = sweep.checked.sweep
        base = {"sample": sample, "file": w.source.file, "loop": w.sweep, "technique": f"lsv {sweep.checked.direction}"}
        yield from _mask_rows(base, sweep.checked.masks)


def _reviews(summary: RunSummary) -> Iterator[Row]:
    for review in summary.reviews:
        row: Row = {name: review.get(name) for name in REVIEWS}
        bands = row["mask_hz"] or ()
        row["mask_hz"] = "; ".join(f"{low:g} to {high:g}" for low, high in bands)
        yield row | {name: row[name] or "" for name in ("file", "note", "by")}


def settings_of(summary: RunSummary) -> Iterator[Row]:
    """Settings of the provenance, as rows; those of an unknown shape are left out."""
    settings: Any = summary.provenance.get("settings")
    for s in settings if isinstance(settings, (list, tuple)) else ():
        if isinstance(s, Mapping):
            names = (("setting", "name"), ("value", "value"), ("layer", "layer"), ("reason", "reason"))
            yield {column: str(s.get(key, "")) for column, key in names}
