"""Tests of cells are recognised; sweeps and impedance stay what they are."""

from __future__ import annotations

import pytest

from pipeline.core.recognition import recognise
from pipeline.core.sample import RawFile
from tests.synthetic_cycling import DIALECTS, paper_cell, record, text

ROWS = record(paper_cell(2), every=600)


def known(data: bytes, name: str) -> tuple[str, str]:
    found = recognise(RawFile(name=name, data=data, size=len(data)))
    return found.technique, found.confidence


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect(name: str) -> None:
    assert known(DIALECTS[name](ROWS), name) == ("cycling", "certain")


@pytest.mark.parametrize(
    "head", [["time/s", "Ewe/V", "I/mA"], ["Time/s", "Voltage/V", "Current/mA"], ["Cycle", "Voltage/V", "Current/mA"]]
)
def test_potential_and_current_alone_are_no_test(head: list[str]) -> None:
    data = text(head, [ROWS.time_s, ROWS.volts, ROWS.ma], ",").encode()
    assert known(data, "a.csv")[0] != "cycling"


def test_a_spectrum_with_potential_and_current_is_none() -> None:
    head = ["freq/Hz", "Re(Z)/Ohm", "Im(Z)/Ohm", "Voltage/V", "Current/mA", "Time/s", "Step"]
    columns = [
        [1e5 / 2**k for k in range(20)],
        [100.0] * 20,
        [-float(k) for k in range(20)],
        [3.0] * 20,
        [0.1] * 20,
        list(range(20)),
        [1] * 20,
    ]
    assert known(text(head, columns, ",").encode(), "a.csv")[0] != "cycling"


@pytest.mark.parametrize(("name", "word"), [("a.cex", "LANDdt"), ("a.ccs", "LANDdt"), ("a.res", "xlsx")])
def test_closed_formats_say_what_to_export(name: str, word: str) -> None:
    data = b"\x00\x01\x00\x00Standard Jet DB\x00" if name.endswith("res") else b"CELL\x00\x01" * 40
    found = recognise(RawFile(name=name, data=data, size=len(data)))
    assert found.technique == "other"
    assert word in found.findings[0].hint
