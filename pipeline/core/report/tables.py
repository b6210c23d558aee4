"""All tables of a run, as data frames and as files: the same rows in CSV and in Parquet.

CSV: UTF-8, comma, CRLF, quotes doubled (RFC 4180), ``.`` as the decimal sign, ``true``/``false``, a missing value is
empty. Where the study says that its data are simulated, every table says so in its last column.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.core.report.columns import Table
from pipeline.core.report.key_rows import key_table
from pipeline.core.report.run_rows import run_tables
from pipeline.core.summary import RunSummary
from pipeline.core.words import readable
from pipeline.techniques.absorption.report.rows import absorption_tables
from pipeline.techniques.impedance.report.conduction_rows import conduction_tables
from pipeline.techniques.impedance.report.spectrum_rows import impedance_tables
from pipeline.techniques.sweeps.report.rows import sweep_tables

if TYPE_CHECKING:
    from pandas import DataFrame

SENTENCES = ("notes", "left_out", "problem", "hint")
"""Columns of text beside the reasons."""
DTYPES = {"text": "string", "number": "float64", "count": "Int64", "flag": "boolean"}


def list_tables(summary: RunSummary) -> dict[str, Table]:
    """Every table by name, key table first; a table without rows keeps its columns."""
    tables = {
        "key": key_table(summary),
        **impedance_tables(summary),
        **conduction_tables(summary),
        **sweep_tables(summary),
        **absorption_tables(summary),
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


def to_frame(table: Table) -> DataFrame:
    """One table as a data frame; text that is missing is the empty text."""
    import pandas as pd

    data: dict[str, Any] = {}
    for name, kind in table.columns.items():
        values = [row.get(name) for row in table.rows]
        if kind == "text":
            values = ["" if v is None else str(v) for v in values]
        data[name] = pd.Series(values, dtype=DTYPES[kind])
    return pd.DataFrame(data, columns=list(table.columns))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def csv_bytes(names: Mapping[str, Any] | list[str], rows: tuple[dict[str, Any], ...] | list[dict[str, Any]]) -> bytes:
    """Rows as CSV: numbers in their shortest form that reads back to the same double."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([_text(row.get(n)) for n in names] for row in rows)
    return text.getvalue().encode()


def parquet_bytes(table: Table) -> bytes:
    """The table as Parquet with the same rows and order; types do not depend on the rows."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {"text": pa.string(), "number": pa.float64(), "count": pa.int64(), "flag": pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, kind in table.columns.items()])
    arrays = []
    for name, kind in table.columns.items():
        values = [row.get(name) for row in table.rows]
        if kind == "text":
            values = ["" if v is None else str(v) for v in values]
        arrays.append(pa.array(values, type=types[kind]))
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), sink, compression="zstd")
    return sink.getvalue()


def table_files(tables: Mapping[str, Table]) -> dict[str, bytes]:
    """``tables/<name>.csv`` and ``.parquet`` for every table."""
    files: dict[str, bytes] = {}
    for name, table in tables.items():
        files[f"tables/{name}.csv"] = csv_bytes(dict(table.columns), table.rows)
        files[f"tables/{name}.parquet"] = parquet_bytes(table)
    return files
