"""Cells of every kind -> columns of numbers."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from pipeline.instruments.sheets.cells import ColumnBuilder, parse_clock, parse_date


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:01:30", 90.0),
        ("27:55:43", 100543.0),
        ("00:00:00.002", 0.002),
        ("  0d 00:01:00.50", 60.5),
        ("3d 18:47:16.95", 3 * 86400 + 18 * 3600 + 47 * 60 + 16.95),
        ("1.02:00:00", 86400 + 7200.0),
        ("12:30", 45000.0),
        ("C_CC", None),
        ("3.5", None),
    ],
)
def test_clocks(text: str, seconds: float | None) -> None:
    found = parse_clock(text)
    assert (found is None) if seconds is None else found == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01 08:00:00",
        "2024/03/01 08:00:00",
        "03/01/2024 08:00:00 AM",
        "03/01/2024 08:00:00",
        "2024-03-01T08:00:00",
    ],
)
def test_dates(text: str) -> None:
    assert parse_date(text) == pytest.approx(1709280000.0)


def column(*cells: object, comma: bool = False) -> tuple[str, list[float], tuple[str, ...]]:
    builder = ColumnBuilder("x", 0, comma)
    builder.add(cells)
    found = builder.column()
    return found.kind, found.values.tolist(), found.words


def test_numbers_with_holes_and_signs_of_their_own() -> None:
    kind, values, _ = column("1.5", "", "-", None, "2e-3", 4)
    assert kind == "number"
    assert np.allclose(values, [1.5, np.nan, np.nan, np.nan, 2e-3, 4], equal_nan=True)
    assert column("1,5", "2,25", comma=True)[1] == [1.5, 2.25]
    assert column("1,234.5", "2")[1] == [1234.5, 2.0]


def test_a_number_with_an_underscore_is_none() -> None:
    assert np.isnan(column("1.0", "x", "2.0")[1][1])


def test_words_are_counted_into_a_list() -> None:
    assert column("R", "C_CC", "C_CC", "R") == ("words", [0.0, 1.0, 1.0, 0.0], ("R", "C_CC"))


def test_a_unit_below_the_header_joins_the_name() -> None:
    builder = ColumnBuilder("Voltage", 0)
    builder.add(["V", "3.1", "3.2"])
    found = builder.column()
    assert found.name == "Voltage (V)"
    assert np.allclose(found.values, [np.nan, 3.1, 3.2], equal_nan=True)


def test_spreadsheet_times() -> None:
    kind, values, _ = column(datetime.time(0, 1, 30), datetime.timedelta(hours=30), datetime.datetime(1899, 12, 31, 6))
    assert kind == "clock"
    assert values == [90.0, 108000.0, 108000.0]
    assert column(datetime.datetime(2024, 3, 1, 8))[:2] == ("date", [1709280000.0])


def test_chunks_join_and_the_last_filled_row_is_known() -> None:
    builder = ColumnBuilder("x", 0)
    builder.add(["1", "2"])
    builder.add(["3", ""])
    builder.add(["", ""])
    assert builder.column().n_filled == 3
    assert builder.column().values.size == 6
