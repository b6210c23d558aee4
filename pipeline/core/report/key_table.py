"""The key table of a run from its facts: the CSV's rows, the page's section, and the lines of the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.core.blocks import Block, Cell, Prose, Section, grid
from pipeline.core.key import KeyCell
from pipeline.core.report.parts import key_parts
from pipeline.core.report.text import plural
from pipeline.core.summary import RunSummary
from pipeline.core.tables import Row, Table, columns


def key_table(summary: RunSummary) -> Table:
    """One row per sample of the study that has any result, in the study's order."""
    parts = key_parts(summary)
    kinds = columns("sample label") | {c: kind for part in parts.values() for c, kind in part.columns.items()}
    rows: list[Row] = []
    for s in summary.samples:
        more: Row = {}
        for key, part in parts.items():
            more |= part.row(summary.facts_of(s.id, key))
        if more:
            rows.append({"sample": s.id, "label": s.label, **more})
    return Table(row="sample", columns=kinds, rows=tuple(rows))


MAX_COLUMNS = 5
"""More do not fit on a page beside the samples."""
Rows = list[tuple[str, str, list[Sequence[KeyCell]]]]
"""Per sample its id, label and cells."""


def _shown(summary: RunSummary, only: Iterable[str]) -> tuple[list[str], Rows]:
    """Heads of the columns of some techniques that anything fills, and the samples with any result in them."""
    parts = [(key, column) for key, part in key_parts(summary).items() if key in only for column in part.shown]
    rows = [
        (s.id, s.label, [column.cells(summary.facts_of(s.id, key)) for key, column in parts]) for s in summary.samples
    ]
    rows = [row for row in rows if any(row[2])]
    used = [i for i in range(len(parts)) if any(cells[i] for _, _, cells in rows)]
    return [parts[i][1].head for i in used], [(s, label, [cells[i] for i in used]) for s, label, cells in rows]


def key_section(summary: RunSummary) -> Section:
    """One row per sample with any result, each value with interval and verdict, and what became of the files."""
    blocks: list[Block] = []
    for heads, rows in _page_tables(summary):
        cells = [[Cell(text=s, note=label if label != s else ""), *map(_page_cell, some)] for s, label, some in rows]
        caption = "Key table, continued" if blocks else "Key table, with 95 % intervals"
        blocks.append(grid(caption, "|".join(("sample", *heads)), cells, "tables/key.csv"))
    blocks = blocks or [Prose(paragraphs=("No results.",))]
    blocks.append(Prose(paragraphs=(_counts(summary),)))
    return Section(id="key", title="Key results", blocks=tuple(blocks))


def _page_tables(summary: RunSummary) -> list[tuple[list[str], Rows]]:
    """Techniques side by side as long as a page is wide enough."""
    together: list[list[str]] = []
    width = 0
    for key in key_parts(summary):
        n = len(_shown(summary, (key,))[0])
        if n == 0:
            continue
        if not together or width + n > MAX_COLUMNS:
            together.append([])
            width = 0
        together[-1].append(key)
        width += n
    return [_shown(summary, keys) for keys in together]


def _page_cell(cells: Sequence[KeyCell]) -> Cell:
    """Several values of one sample stand below each other."""
    lines: list[Cell] = []
    for c in cells:
        mark = [Cell(text=c.verdict.level, mark=c.verdict.level)] if c.verdict else []
        notes = [Cell(text="", note="; ".join(c.notes))] if c.notes else []
        lines += [Cell(text=c.line, numeric=True), *notes, *mark]
    return Cell(text=lines[0].text, numeric=True, under=tuple(lines[1:])) if lines else Cell(text="")


def _counts(summary: RunSummary) -> str:
    counts = summary.provenance.get("counts")
    counts = counts if isinstance(counts, Mapping) else {}
    files = f"{plural(int(counts['files']), 'file')}; " if "files" in counts else ""
    done = ", ".join(f"{n} {noun}" for noun, n in counts.get("measurements", {}).items())
    rejected = "nothing was rejected" if not summary.rejected else f"{len(summary.rejected)} rejected, see Errors"
    warned = sum(f.severity != "info" for _, f in summary.findings)
    return f"{files}{done + '; ' if done else ''}{rejected}; {plural(warned, 'warning')}, see Findings."


def format_key_table(summary: RunSummary) -> str:
    """Plain text for the terminal: title, and for each technique its key numbers, which side by side no terminal would hold."""
    title = summary.study_name + ("   [SIMULATED DATA]" if summary.simulated else "")
    shown = [_shown(summary, (key,)) for key in key_parts(summary)]
    tables = [_aligned(heads, rows) for heads, rows in shown if rows]
    return "\n\n".join([title, *(tables or ["no results"])])


def _aligned(heads: Sequence[str], rows: Rows) -> str:
    """Aligned columns, and one of verdicts after each that has its own."""
    grid_lines = [
        ["sample", *heads],
        *([s, *("; ".join(c.line for c in cell) for cell in cells)] for s, _, cells in rows),
    ]
    verdicts = [["; ".join(c.verdict.level for c in cell if c.verdict) for cell in cells] for _, _, cells in rows]
    for i in reversed(range(len(heads))):
        same = i + 1 < len(heads) and all(v[i] == v[i + 1] for v in verdicts)
        if not same and any(v[i] for v in verdicts):
            for line, word in zip(grid_lines, ["verdict", *(v[i] for v in verdicts)], strict=True):
                line.insert(i + 2, word)
    widths = [max(len(line[i]) for line in grid_lines) for i in range(len(grid_lines[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in grid_lines]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)
