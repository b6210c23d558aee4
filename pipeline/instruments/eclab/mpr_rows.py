"""The data module of a .mpr: how many rows, which columns, and their numbers.

The number of points (4 bytes), the number of columns, their ids, and at a fixed place the rows, packed without gaps.  All flags
of a row share one byte, where the first of them is named.  What the module declares is held against the bytes that are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.instruments.eclab.mpr_columns import COLUMNS, FLAGS, LARGEST_ID, Column

MAX_POINTS = 5_000_000
"""More rows than any instrument writes into one file; bounds the memory of a damaged one."""
MAX_UNKNOWN_BYTES = 8
"""Widest type that a column has."""
MAX_NAMED = 8
"""Unknown ids that a message names."""


@dataclass(frozen=True, slots=True)
class DataHead:
    """What stands before the rows."""

    n_points: int
    ids: tuple[int, ...]
    start: int
    """Byte at which the rows begin."""


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Where everything lies in a row."""

    dtype: np.dtype[Any]
    """Fields named by their place among the ids; ``flags`` is the byte of the flags."""
    columns: tuple[tuple[str, Column], ...]
    """(field, what it is)."""
    flags: tuple[int, ...]
    """Ids of the flags."""
    notes: tuple[str, ...] = ()
    """What was passed over, in words."""


def count_points(data: memoryview) -> int:
    """Points that a data module declares.

    Raises
    ------
    ValueError
        The module is too short to say, or declares more than any instrument writes.
    """
    if len(data) < 6:
        raise ValueError(f"a data module of {len(data)} bytes")
    n = int.from_bytes(data[:4], "little")
    if n > MAX_POINTS:
        raise ValueError(f"{n} points are more than an instrument writes")
    return n


def read_head(version: int, data: memoryview) -> DataHead:
    """Points, ids and start of the rows.

    Raises
    ------
    ValueError
        The version is unknown, or ids or rows lie beyond the module.
    """
    n_columns, ids_at, ids_bytes = data[4], 5, 2
    if version in (2, 3):
        start = 405 if version == 2 else 406
    elif version == 0 and data[5] != 0:
        ids_bytes, start = 1, 100
    elif version in (0, 10, 11):
        n_columns, ids_at, start = int.from_bytes(data[4:6], "little"), 6, 1007
    else:
        raise ValueError(f"data module of version {version} is unknown")
    end = ids_at + ids_bytes * n_columns
    if n_columns == 0 or end > start or start > len(data):
        raise ValueError(f"{n_columns} columns in a data module of {len(data)} bytes")
    ids = np.frombuffer(data[ids_at:end], dtype=f"<u{ids_bytes}")
    return DataHead(n_points=count_points(data), ids=tuple(int(i) for i in ids), start=start)


def lay_out(ids: Sequence[int], row_bytes: int | None) -> RowLayout:
    """The row of these columns; ``row_bytes`` is its length by the bytes that are there, None where they give none.

    Ids that are not known are bridged where the row's length leaves no doubt of their width: together in one place, or of four
    bytes each.  A column that no pair of files shows is one of them where its type does not fit the length.

    Raises
    ------
    ValueError
        An id is not known and cannot be bridged: it is named.
    """
    known = {i: COLUMNS[i] for i in ids if i in COLUMNS}
    strange = tuple(dict.fromkeys(i for i in ids if i not in COLUMNS and i not in FLAGS))
    if not strange:
        layout = _pack(ids, known, {}, ())
        strange = tuple(i for i, column in known.items() if not column.seen)
        if not strange or layout.dtype.itemsize == row_bytes:
            return layout
        known = {i: column for i, column in known.items() if column.seen}
    names = ", ".join(f"id {i}" for i in strange[:MAX_NAMED]) + (" …" if len(strange) > MAX_NAMED else "")
    if not known:
        raise ValueError(f"no column is known: {names}")
    if row_bytes is None:
        raise ValueError(f"column {names} is unknown, and the rows have no whole length")
    if max(strange) > LARGEST_ID:
        raise ValueError(f"column {names}: no column has such an id")
    widths = _bridge(ids, known, row_bytes)
    if widths is None:
        raise ValueError(f"column {names} is unknown, and rows of {row_bytes} bytes do not give its width")
    note = f"column {names} is not in the table: its {sum(widths.values())} of {row_bytes} bytes are passed over"
    return _pack(ids, known, widths, (note,))


def _bridge(ids: Sequence[int], known: Mapping[int, Column], row_bytes: int) -> dict[int, int] | None:
    """Bytes at the place of each unknown column; the first of a group in one place takes them all."""
    flag_bytes = int(any(i in FLAGS for i in ids))
    spare = row_bytes - flag_bytes - sum(np.dtype(known[i].dtype).itemsize for i in ids if i in known)
    places = [k for k, i in enumerate(ids) if i not in known and i not in FLAGS]
    if not 0 <= spare <= MAX_UNKNOWN_BYTES * len(places):
        return None
    if places[-1] - places[0] + 1 == len(places):
        return {places[0]: spare}
    if spare == 4 * len(places):
        return dict.fromkeys(places, 4)
    return None


def _pack(
    ids: Sequence[int], columns: Mapping[int, Column], widths: Mapping[int, int], notes: tuple[str, ...]
) -> RowLayout:
    names: list[str] = []
    formats: list[str] = []
    offsets: list[int] = []
    at = 0
    for place, number in enumerate(ids):
        if number in FLAGS and "flags" not in names:
            name, kind = "flags", "u1"
        elif number in columns:
            name, kind = f"c{place}", columns[number].dtype
        else:
            at += widths.get(place, 0)
            continue
        names.append(name)
        formats.append(kind)
        offsets.append(at)
        at += np.dtype(kind).itemsize
    dtype = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": at})
    return RowLayout(
        dtype=dtype,
        columns=tuple((f"c{k}", columns[i]) for k, i in enumerate(ids) if i in columns),
        flags=tuple(dict.fromkeys(i for i in ids if i in FLAGS)),
        notes=notes,
    )


def read_rows(version: int, data: memoryview) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
    """Columns by heading, each (n_points,), and what a person should know of them.

    Raises
    ------
    ValueError
        Fewer bytes than the points need, rows of another length than their columns, or columns that are not known.
    """
    head = read_head(version, data)
    n, there = head.n_points, len(data) - head.start
    row_bytes = there // n if there % n == 0 else None
    layout = lay_out(head.ids, row_bytes)
    width = layout.dtype.itemsize
    if n * width > there:
        raise ValueError(f"{n} points need {n * width} bytes, {there} are there")
    notes = layout.notes
    if n * width < there:
        if row_bytes is not None and there % width:
            raise ValueError(f"rows have {row_bytes} bytes, their columns take {width}")
        notes = (*notes, f"{n} points are declared and read, {there - n * width} bytes follow them")
    rows = np.frombuffer(data, dtype=layout.dtype, count=n, offset=head.start)
    return _to_columns(rows, layout), notes


def _to_columns(rows: np.ndarray[Any, Any], layout: RowLayout) -> dict[str, FloatArray]:
    out: dict[str, FloatArray] = {}
    for number in layout.flags:
        flag = FLAGS[number]
        out[flag.quantity] = ((rows["flags"] & flag.mask) >> flag.shift).astype(np.float64)
    for field, column in layout.columns:
        name = column.heading
        if name in out:
            name = f"{name} (id {column.id})"
        if name not in out:
            with np.errstate(invalid="ignore"):  # a signalling NaN of a damaged file
                out[name] = rows[field].astype(np.float64)
    return out
