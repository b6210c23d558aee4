"""All tables of a run. Where the study says that its data are simulated, every table says so in its last column."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.core.report.facts_table import facts_table
from pipeline.core.report.key_table import key_table
from pipeline.core.report.parts import technique_tables
from pipeline.core.report.run_rows import run_tables
from pipeline.core.report.table_files import to_frame
from pipeline.core.summary import RunSummary
from pipeline.core.tables import Table
from pipeline.core.words import readable

if TYPE_CHECKING:
    from pandas import DataFrame

SENTENCES = ("notes", "left_out", "problem", "hint")
"""Columns of text beside the reasons."""


def list_tables(summary: RunSummary) -> dict[str, Table]:
    """Every table by name, key table first; a table without rows keeps its columns."""
    tables = {
        "key": key_table(summary),
        "facts": facts_table(summary),
        **technique_tables(summary),
        **run_tables(summary),
    }
    tables = {name: _readable(table) for name, table in tables.items()}
    return {name: _marked(table) for name, table in tables.items()} if summary.simulated else tables


def _readable(table: Table) -> Table:
    """Numbers inside sentences as people write them; names of files and settings stay as they are."""
    words = [c for c in table.columns if c.endswith(("reason", "reasons")) or c in SENTENCES]
    rows = tuple({**row, **{c: readable(row[c]) for c in words if isinstance(row.get(c), str)}} for row in table.rows)
    return replace(table, rows=rows)


def _marked(table: Table) -> Table:
    rows = tuple({**row, "simulated": True} for row in table.rows)
    return Table(row=table.row, columns={**table.columns, "simulated": "flag"}, rows=rows)


def build_tables(summary: RunSummary) -> dict[str, DataFrame]:
    """Every table as a data frame with its declared types (string, float64, Int64, boolean).

    Parameters
    ----------
    summary:
        The whole run, as the collector or ``pipeline.load_results`` gives it.

    Returns
    -------
    Table name -> frame. Units stand in the column names; a withheld value is missing, and its verdict says why.
    """
    return {name: to_frame(table) for name, table in list_tables(summary).items()}
