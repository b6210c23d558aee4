"""One broken test of a cell per defect: one line that names file, field and problem, and never a crash."""

from __future__ import annotations

import random
import re

import pytest

from pipeline.core.recognition import recognise
from pipeline.core.sample import RawFile
from tests.synthetic_cycling import csv_seconds, paper_cell, record, reduce_record, text, xlsx_tabs

ROWS = record(paper_cell(2), every=100)
GOOD = csv_seconds(ROWS)
HEAD = GOOD.split(b"\r\n")[0]


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("a.csv", b"", "names potential"),
        ("a.csv", HEAD + b"\r\n", "no records"),
        ("a.csv", HEAD + b"\r\n1,1,1,R,0,0,3.0,0,0\r\n", "fewer than two"),
        ("a.csv", b"hello\nworld\n", "no line names"),
        ("a.csv", GOOD.replace(b"Voltage/V", b"Something"), "no line names"),
        ("a.csv", GOOD.replace(b"Current/mA", b"Current"), "no unit"),
        ("a.csv", GOOD.replace(b",3.", b",np.3.").replace(b",2.", b",np.2."), "words"),
        ("a.xlsx", b"PK\x03\x04" + b"xl/workbook.xml" * 9, "damaged"),
        ("a.xlsx", xlsx_tabs(ROWS)[:2000], "damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000, "no spreadsheet"),
        ("a.nda", b"NEWARE" + b"\x00" * 4000, "cannot be decoded"),
        ("a.ndax", b"PK\x03\x04" + b"\x00" * 400, "damaged"),
        ("a.cex", b"\x00\x01\x02" * 99, "layout is not public"),
        ("a.res", b"\x00\x01\x00\x00Standard Jet DB\x00" * 9, "Access"),
        ("a.csv", b"\x00\x01\x02\x03" * 99, "binary"),
        (
            "a.csv",
            text(["Time/s", "Voltage/V", "Current/mA"], [["x"] * 9, ["y"] * 9, ["z"] * 9], ",").encode(),
            "words|no records",
        ),
    ],
)
def test_each_defect_is_one_line(name: str, data: bytes, word: str) -> None:
    record = reduce_record(data, name)
    assert not record.results
    (row,) = record.rejected
    assert re.search(word, row.problem), row
    assert "\n" not in row.problem
    recognise(RawFile(name=name, data=data, size=len(data)))  # never raises


def test_a_file_cut_in_the_middle_of_a_row_keeps_the_rest() -> None:
    record = reduce_record(GOOD[: len(GOOD) // 2 - 7])
    assert record.results
    assert not record.rejected


def test_words_among_the_numbers_are_masked() -> None:
    lines = GOOD.split(b"\r\n")
    fields = lines[40].split(b",")
    fields[6] = b"ERR"
    lines[40] = b",".join(fields)
    record = reduce_record(b"\r\n".join(lines))
    assert sum(len(m.mask.indices) for m in record.masks) == 1
    assert record.masks[0].mask.code == "no_number"


@pytest.mark.parametrize("seed", range(60))
def test_random_damage_never_crashes(seed: int) -> None:
    rng = random.Random(seed)
    data = bytearray(GOOD if seed % 3 else xlsx_tabs(ROWS))
    for _ in range(rng.randrange(1, 60)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    name = "a.csv" if seed % 3 else "a.xlsx"
    reduce_record(bytes(data), name)
    recognise(RawFile(name=name, data=bytes(data), size=len(data)))
