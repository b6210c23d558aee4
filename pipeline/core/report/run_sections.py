"""Sections about the run itself: decisions of persons, errors, findings, settings, versions."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.blocks import Bullets, Cell, Prose, Section, grid, numeric
from pipeline.core.report.run_rows import run_tables, settings_of
from pipeline.core.summary import RunSummary
from pipeline.core.tables import Table


def error_section(summary: RunSummary) -> Section:
    """What was refused, at which stage, why, and what to do."""
    rows = [(r.file, r.stage, r.field, r.problem, r.hint) for r in summary.rejected]
    if not rows:
        return Section(id="errors", title="Errors", blocks=(Prose(paragraphs=("Nothing was rejected.",)),))
    table = grid(f"{len(rows)} rejected", "file | stage | field | problem | hint", rows, "tables/rejected.csv")
    return Section(id="errors", title="Errors", blocks=(table,))


def finding_section(summary: RunSummary) -> Section:
    """Findings that ended nothing: warnings first, then the rest folded away."""
    rows = run_tables(summary)["findings"].rows
    blocks = []
    for level, folded in (("error", False), ("warning", False), ("info", True)):
        items = []
        for r in rows:
            if r["severity"] == level:
                hint = f" ({r['hint']})" if r["hint"] else ""
                items.append((r["subject"], r["field"], f"{r['problem']}{hint}"))
        if items:
            caption = f"{len(items)} of severity {level}"
            blocks.append(grid(caption, "of | field | what", items, "tables/findings.csv", folded=folded))
    if not blocks:
        return Section(id="findings", title="Findings", blocks=(Prose(paragraphs=("None.",)),))
    return Section(id="findings", title="Findings", blocks=tuple(blocks))


def review_section(summary: RunSummary) -> Section | None:
    """Decisions of persons, as the study records them."""
    if not summary.reviews:
        return None
    cells = []
    for r in summary.reviews:
        what = [*(["left out"] if r.exclude else []), *r.in_words()]
        cells.append((r.file, "all" if r.loop is None else str(r.loop), "; ".join(what), r.note, r.by))
    words = "These results rest on decisions that a person took and the study records under [[review]]."
    table = grid("Decisions of persons", "file | loop | decision | note | by", cells, "tables/reviews.csv")
    return Section(id="review", title="Decisions of persons", blocks=(Prose(paragraphs=(words,)), table))


def setting_section(summary: RunSummary) -> Section:
    """Settings that differ from the defaults, versions, and what was counted."""
    settings = list(settings_of(summary))
    changed = [s for s in settings if s["layer"] != "default"]
    rows = [(s["setting"], s["value"], s["layer"], s["reason"]) for s in changed]
    blocks: list[Prose | Bullets] = []
    head = "setting | value | set by | what it is"
    tables = []
    if rows:
        tables.append(grid("Settings that differ from the defaults", head, rows, "tables/methods.csv"))
    else:
        words = f"All {len(settings)} settings have their default values." if settings else "No settings were recorded."
        blocks.append(Prose(paragraphs=(words,)))
    versions = [(r["program"], r["version"]) for r in run_tables(summary)["versions"].rows]
    if versions:
        tables.append(grid("Versions", "program | version", versions, "tables/versions.csv"))
    return Section(id="settings", title="Settings and versions", blocks=(*blocks, *tables))


def file_section(tables: Mapping[str, Table], figures: int) -> Section:
    """Every table with what one row of it is, and where the other files lie."""
    rows = [
        (
            name,
            table.row,
            numeric(str(len(table.rows))),
            Cell(text="", files=(f"tables/{name}.csv", f"tables/{name}.parquet")),
        )
        for name, table in tables.items()
    ]
    words = (
        f"{figures} figures lie in figures/, each as SVG, PDF and the CSV of its numbers; archive/ holds the "
        "results in the formats of other programs, records/ one file per measurement, manifest.json the arguments, "
        "versions and every setting of the run."
    )
    table = grid("Tables", "table | one row per | rows | files", rows)
    return Section(id="files", title="Files", blocks=(Prose(paragraphs=(words,)), table))
