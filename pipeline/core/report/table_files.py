"""Tables as frames and as files: the same rows in CSV and in Parquet.

CSV: UTF-8, comma, CRLF, quotes doubled (RFC 4180), ``.`` as the decimal sign, ``true``/``false``, a missing value is empty.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.core.tables import Table

if TYPE_CHECKING:
    from pandas import DataFrame

DTYPES = {"text": "string", "number": "float64", "count": "Int64", "flag": "boolean"}


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
