"""What the techniques of a run contribute to its report, in the order of the report.

Generic in the summary's type: a technique's report gets its own summary and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.core.blocks import Section
from pipeline.core.key import KeyPart
from pipeline.core.registry import techniques
from pipeline.core.report.gallery import Gallery
from pipeline.core.summary import RunSummary
from pipeline.core.tables import Table
from pipeline.core.technique import About, AnyTechnique, Methods, Report, SummaryT


def parts_of(summary: RunSummary) -> Iterator[tuple[AnyTechnique, object]]:
    """Techniques that the run measured, with their summaries."""
    known = techniques()
    return ((known[key], part) for key, part in summary.parts.items())


def technique_tables(summary: RunSummary) -> dict[str, Table]:
    """Tables of every technique by name."""
    found: dict[str, Table] = {}
    for technique, part in parts_of(summary):
        found |= technique.report().tables(part)
    return found


def technique_sections(summary: RunSummary, gallery: Gallery) -> list[Section]:
    """Sections of every technique; figures are hung in the gallery."""
    found: list[Section] = []
    for technique, part in parts_of(summary):
        found += _sections(technique.report(), part, summary.about, gallery)
    return found


def _sections(report: Report[SummaryT], part: SummaryT, about: About, gallery: Gallery) -> Sequence[Section]:
    return report.sections(part, about, gallery)


def technique_methods(summary: RunSummary) -> list[Methods]:
    """Words for the methods of a paper."""
    return [technique.report().methods(part) for technique, part in parts_of(summary)]


def key_parts(summary: RunSummary) -> dict[str, KeyPart]:
    """Parts of the key table by key of the technique."""
    return {technique.key: technique.report().key for technique, _ in parts_of(summary)}


def technique_archive(summary: RunSummary) -> tuple[dict[str, bytes], Mapping[str, tuple[str, str]]]:
    """Path inside the archive -> bytes, and what each kind of file is by its suffix."""
    files: dict[str, bytes] = {}
    kinds: dict[str, tuple[str, str]] = {}
    for technique, part in parts_of(summary):
        report = technique.report()
        files |= report.archive(part, summary.about)
        kinds |= report.archive_kinds
    return files, kinds
