"""Two results folders, file by file: a CSV as a table, any other file as lines of text."""

from __future__ import annotations

import csv
import filecmp
import gzip
import io
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.diff import tables
from pipeline.core.diff.cells import NUMBER, number
from pipeline.core.diff.tables import FactChange, Row, TableChange
from pipeline.core.errors import StudyError

MAX_BYTES = 200_000_000
FIGURE_RTOL = 1e-7
"""Figures' CSVs are written with eight digits; the last may turn over by rounding."""
APART = ("versions.csv", "ro-crate-metadata.json")
"""Tell of programs, of the clock, and of files that are compared by themselves."""
NOT_COMPARED = (*APART, "manifest.json", "records/", "report.html", "*.parquet", "*.svg", "*.pdf")
UNREADABLE = (ValueError, csv.Error, EOFError, OSError, zlib.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """The files of one kind: how many are in both folders, and which are missing, new and changed."""

    kind: str
    n_files: int
    missing: Sequence[str]
    new: Sequence[str]
    changed: Sequence[TableChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsDiff:
    """Two results folders, compared; ``n_facts`` are in both."""

    n_facts: int
    facts: Sequence[FactChange]
    groups: Sequence[GroupChange]

    @property
    def differs(self) -> bool:
        """True where anything that was compared is not the same."""
        return bool(self.facts) or any(g.missing or g.new or g.changed for g in self.groups)


def compare_folders(before: Path, after: Path, rtol: float = 1e-9) -> ResultsDiff:
    """Compare what two runs left; ``rtol`` is the relative difference up to which two numbers are the same.

    StudyError where a folder has no tables: it is no results folder. Both are looked at before it is raised.
    """
    old, new = ({kind: _find(f, kind) for kind in ("tables", "figures", "archive")} for f in (before, after))
    wrong = [f for f, found in ((before, old), (after, new)) if not found["tables"]]
    if wrong:
        problem = "tables: no *.csv, this is no results folder"
        hint = "give the folder that hse run wrote, the one with report.html"
        raise StudyError(tuple(dict.fromkeys(f"{folder}: {problem} ({hint})" for folder in wrong)))
    n_facts, facts = 0, list[FactChange]()
    with suppress(KeyError, *UNREADABLE):  # what cannot be read is told among the tables
        a, b = (tables.parse_csv(_read(found["tables"]["facts.csv"])) for found in (old, new))
        n_facts, facts = tables.compare_facts(a, b, rtol)
        del old["tables"]["facts.csv"], new["tables"]["facts.csv"]
    groups = [compare_files(kind, old[kind], new[kind], rtol) for kind in old]
    return ResultsDiff(n_facts=n_facts, facts=facts, groups=groups)


def _find(folder: Path, kind: str) -> dict[str, Path]:
    """CSVs below tables/ or figures/, all files below archive/: relative name -> place."""
    top = folder / kind
    found = sorted(p for p in top.rglob("*" if kind == "archive" else "*.csv") if p.is_file())
    return {p.relative_to(top).as_posix(): p for p in found if p.name not in APART}


def compare_files(kind: str, before: Mapping[str, Path], after: Mapping[str, Path], rtol: float) -> GroupChange:
    """Compare files of the same name by what they hold, where their bytes differ; one that cannot be read is a change."""
    both = [name for name in before if name in after]
    changes = (_compare_file(kind, name, (before[name], after[name]), rtol) for name in both)
    missing, new = [n for n in before if n not in after], [n for n in after if n not in before]
    return GroupChange(kind=kind, n_files=len(both), missing=missing, new=new, changed=[c for c in changes if c])


def _compare_file(kind: str, name: str, paths: tuple[Path, Path], rtol: float) -> TableChange | None:
    """Points of figures and lines of text are matched in order among those with the same words."""
    try:
        if filecmp.cmp(*paths, shallow=False):
            return None
        if not name.endswith(".csv"):
            return tables.compare_tables(name, [_lines(_read(path)) for path in paths], rtol, ("words",), "line")
        old, new = (tables.parse_csv(_read(path)) for path in paths)
    except UNREADABLE as error:
        return TableChange(name=name, note=f"not known to be the same, cannot be compared: {error}")
    if kind != "figures":
        return tables.compare_tables(name, (old, new), rtol, tables.identity_columns(old, new))
    words = [c for c in tables.common_columns(old, new) if any(number(row[c]) is None for row in (*old, *new))]
    return tables.compare_tables(name, (old, new), max(rtol, FIGURE_RTOL), words, "point")


def _read(path: Path) -> bytes:
    """Read a file, gzip unpacked; OSError where it is larger than MAX_BYTES, packed or not."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if data.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            data = packed.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise OSError(f"larger than {MAX_BYTES // 10**6} MB")
    return data


def _lines(data: bytes) -> list[Row]:
    return [{"words": " ".join(NUMBER.sub("#", s).split()), "text": s} for s in data.decode().splitlines()]
