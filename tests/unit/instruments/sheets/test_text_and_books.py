"""Encodings, delimiters, headers; spreadsheets with bounded sizes and without entities."""

from __future__ import annotations

import io
import zipfile

import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.sheets.delimited import TextGrid, delimiter_of, encoding_of, uses_decimal_comma
from pipeline.instruments.sheets.table import Asking, RowGrid, read_table
from pipeline.instruments.sheets.workbook import MAX_STRINGS, is_xlsx, open_sheets
from tests.synthetic_cycling import xlsx_of

ASKING = Asking(wanted=lambda n: n if n in ("t", "U", "I") else "", enough=lambda roles: {"t", "U"} <= roles)


def raw(data: bytes, name: str = "a.xlsx") -> RawFile:
    return RawFile(name=name, data=data, size=len(data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_of_chinese(encoding: str) -> None:
    text = "记录序号\t测试时间\t电压/V\t电流/mA\t容量/mAh\n1\t0\t3.0\t0.1\t0\n"
    data = text.encode(encoding)
    assert data.decode(encoding_of(data)).removeprefix("\ufeff") == text


def test_latin_text_is_not_taken_for_chinese() -> None:
    assert encoding_of("Temp (°C)\tµA\n".encode("cp1252")) == "cp1252"


def test_delimiters_and_decimal_signs() -> None:
    assert delimiter_of(["a;b;c", "1,5;2,5;3"]) == ";"
    assert uses_decimal_comma(["1,5;2,5;3"], ";")
    assert not uses_decimal_comma(["1,2,3"], ",")
    assert not uses_decimal_comma(["1.5;2.5"], ";")


def test_the_header_is_found_below_a_preamble_and_short_rows_are_filled() -> None:
    rows = [["Test"], ["Operator", "x"], ["n", "t", "U", "I"], [1, 0.0, 3.0, 0.1], [2, 1.0, 3.1]]
    table = read_table("a", "", RowGrid(rows), ASKING)
    assert table is not None
    assert [c.name for c in table.columns] == ["t", "U", "I"]
    assert table.above == ("Test", "Operator x")
    assert table.columns[2].n_filled == 1


@pytest.mark.parametrize(
    "text", ['t,U\n"0",3\n1,"3.1"\n', "t,U\r\n0,3\r\n1,3.1\r\n", "t,U\r0,3\r1,3.1", "x,y\n\nt,U\n0,3\n\n1,3.1"]
)
def test_text_grids(text: str) -> None:
    table = read_table("a", "", TextGrid(text, ","), ASKING)
    assert table is not None
    assert [c.values.tolist() for c in table.columns] == [[0.0, 1.0], [3.0, 3.1]]


def test_no_header_no_table() -> None:
    assert read_table("a", "", TextGrid("1,2\n3,4\n", ","), ASKING) is None


def test_a_workbook_gives_its_sheets() -> None:
    sheets = {name: list(rows) for name, rows in open_sheets(raw(xlsx_of({"A": [["t"], [1]], "B": [["U"]]})))}
    assert [r[0] for r in sheets["A"]] == ["t", 1]
    assert list(sheets) == ["A", "B"]


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(item.filename, content if item.filename == part else old.read(item))
        if part not in old.namelist():
            new.writestr(part, content)
    return out.getvalue()


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    good = xlsx_of({"A": [["t"], [1]]})
    bomb = repacked(good, "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 100_000_000)
    assert len(bomb) < 200_000
    assert is_xlsx(bomb)
    with pytest.raises(ReadError, match="unpacks to 100 MB"):
        list(open_sheets(raw(bomb)))


def test_entities_are_refused() -> None:
    good = xlsx_of({"A": [["t"], [1]]})
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
    with pytest.raises(ReadError, match="declares entities"):
        list(open_sheets(raw(repacked(good, "xl/worksheets/sheet1.xml", evil))))
    assert MAX_STRINGS < 1e8


@pytest.mark.parametrize("data", [b"PK\x03\x04junk xl/workbook.xml", b"\xd0\xcf\x11\xe0" + b"\x00" * 600])
def test_damaged_books_are_one_line(data: bytes) -> None:
    with pytest.raises(ReadError):
        list(open_sheets(raw(data)))
