"""EC-Lab text exports: headers of every kind, decimal signs, damaged rows."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.header import amplitude_v, area_m2, first_number, nominal_rate_v_per_s, short_name
from pipeline.instruments.eclab.mpt import EclabTable, looks_like_mpt, parse_mpt

NAMES = ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "|Z|/Ohm")
ROWS = tuple((f, 10 + f / 1e6, 1e6 / f, float(np.hypot(10 + f / 1e6, 1e6 / f))) for f in (1e6, 1e5, 1e4, 1e3))
FACTS = (
    "",
    "Potentio Electrochemical Impedance Spectroscopy",
    "",
    "Run on channel : 13 (SN 15939)",
    "Electrode surface area : 0.001 cm²",
    "Device : VMP-300",
    "EC-Lab for windows v11.63 (software)",
    "Acquisition started on : 02/03/2015 10:00:00.000",
    "Va (mV)             10.0                10.0",
)


def body(names=NAMES, rows=ROWS, comma=False, tail="\t") -> list[str]:
    lines = ["\t".join(names) + tail, *("\t".join(f"{v:.7E}" for v in row) + tail for row in rows)]
    return [lines[0], *(line.replace(".", ",") if comma else line for line in lines[1:])]


def export(facts=FACTS, magic="EC-Lab ASCII FILE", n=None, end="\r\n", encoding="cp1252", **kwargs) -> bytes:
    head = [magic, f"Nb header lines : {len(facts) + 3 if n is None else n}                         ", *facts]
    return end.join([*head, *body(**kwargs), ""]).encode(encoding)


def parse(data: bytes) -> EclabTable:
    raw = RawFile(name="a.mpt", data=data, size=len(data))
    assert looks_like_mpt(raw)
    return parse_mpt(raw)[0]


def assert_whole(table: EclabTable) -> None:
    np.testing.assert_allclose(np.column_stack([table.columns[n] for n in NAMES]), ROWS, rtol=1e-6)


def test_a_full_header_is_kept_as_written():
    table = parse(export())
    assert_whole(table)
    assert table.technique == "PEIS"
    assert table.header["Acquisition started on"] == "02/03/2015 10:00:00.000"  # day or month first: not for us to say
    assert table.header["Run on channel"] == "13 (SN 15939)"
    assert table.header["software"] == "EC-Lab v11.63"
    assert amplitude_v(table.header) == pytest.approx(0.010)


@pytest.mark.parametrize("magic", ["EC-Lab ASCII FILE", "EC-LAB ASCII FILE", "BT-Lab ASCII FILE"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_every_line_end_and_encoding(magic, end, encoding):
    table = parse(export(magic=magic, end=end, encoding=encoding))
    assert_whole(table)
    assert table.header["Electrode surface area"] == "0.001 cm²"


@pytest.mark.parametrize("tail", ["", "\t", "\t\t", " "])
def test_tabs_behind_the_last_number(tail):
    assert_whole(parse(export(tail=tail)))


@pytest.mark.parametrize("facts", [FACTS, (), ("", "Va (mV)             10,0", "a, b, c")])
@pytest.mark.parametrize("comma", [False, True])
def test_the_decimal_sign_is_that_of_the_numbers_whatever_the_header_holds(facts, comma):
    assert_whole(parse(export(facts=facts, comma=comma)))


def test_a_comma_that_comes_late_is_seen():
    rows = [(float(2**k), 0.0, 0.0, 0.0) for k in range(80, 10, -1)] + [(1.5, 2.25, 3.125, 4.0)]
    lines = ["\t".join(f"{v:g}".replace(".", ",") for v in row) for row in rows]
    table = parse("\n".join(["EC-Lab ASCII FILE", "Nb header lines : 3", "\t".join(NAMES), *lines]).encode())
    assert [float(table.columns[n][-1]) for n in NAMES] == [1.5, 2.25, 3.125, 4.0]


def test_three_header_lines_and_none():
    assert_whole(parse(export(facts=())))
    bare = parse(("\r\n" + "\r\n".join(body())).encode())
    assert_whole(bare)
    assert bare.technique == ""
    assert bare.header == {}


def test_a_wrong_count_of_header_lines_is_mended_and_said():
    table = parse(export(n=5))
    assert_whole(table)
    assert "says 5, the columns are named in line 12" in str(table.findings[0])


def test_half_a_last_line_and_text_between_rows_are_left_out_and_counted():
    data = export(tail="").decode("cp1252").rstrip().rsplit("\t", 2)[0]
    table = parse((data + "\r\n").encode("cp1252"))
    assert table.n_rows == len(ROWS) - 1
    assert "1 line(s) without a whole row" in str(table.findings[0])


def test_words_and_nan_between_numbers_are_missing_values():
    rows = ["1E6\t1\t2\t2.236", "1E5\tXXX\t2\t2.236", "1E4\tnan\t2\t2.236"]
    table = parse("\n".join(["EC-Lab ASCII FILE", "Nb header lines : 3", "\t".join(NAMES), *rows]).encode())
    assert np.isnan(table.columns["Re(Z)/Ohm"]).tolist() == [False, True, True]
    assert "1 field(s) hold no number" in str(table.findings[0])


def test_names_without_data_are_said():
    table = parse(export(names=(*NAMES, "THD Ewe/%")))
    assert_whole(table)
    assert "5 columns are named, every row holds 4" in str(table.findings[0])


def test_the_same_column_twice_is_harmless_and_with_other_numbers_is_not():
    same = [(f, re, im, re) for f, re, im, _ in ROWS]
    assert "Re(Z)/Ohm" in parse(export(names=("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "Re(Z)/Ohm"), rows=same)).columns
    with pytest.raises(ReadError, match="Re\\(Z\\)/Ohm: is named twice with different numbers"):
        parse(export(names=("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "Re(Z)/Ohm")))


def test_loops_of_the_header():
    facts = (*FACTS, "Number of loops : 2", "Loop 0 from point number 0 to 1", "Loop 1 from point number 2 to 3")
    assert parse(export(facts=facts)).loops == ((0, 1), (2, 3))


def test_exports_joined_in_one_file_are_told_apart():
    lsv = b"EC-Lab ASCII FILE\nNb header lines : 5\n\nLinear Sweep Voltammetry\nEwe/V\t<I>/mA\n1.0\t2.0\n1.1\t2.1\n"
    empty = b"EC-Lab ASCII FILE\nNb header lines : 3\nEwe/V\t<I>/mA\n"
    data = export(end="\n") + lsv + empty
    tables = parse_mpt(RawFile(name="a.mpt", data=data, size=len(data)))
    assert [t.technique for t in tables] == ["PEIS", "LSV"]
    assert_whole(tables[0])
    said = "; ".join(map(str, tables[0].findings))
    assert "3 exports joined in one file" in said
    assert "one of them: no data points" in said


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("Staircase Potentio Electrochemical Impedance Spectroscopy (Mott-Schottky)", "SPEIS"),
        ("Galvanostatic Cycling with Potential Limitation 6", "GCPL6"),
        ("Linear Sweep Voltammetry", "LSV"),
        ("Something New", "Something New"),
    ],
)
def test_short_names(words, short):
    assert short_name(words) == short


def test_settings_with_units():
    assert first_number(" 1,5e-3 | 2") == 1.5e-3
    assert area_m2({"Electrode surface area": "0,785 cm²"}) == pytest.approx(0.785e-4)
    assert area_m2({"Electrode surface area": "0.001 cm²"}) is None  # EC-Lab's default: nobody typed one
    assert nominal_rate_v_per_s({"dE/dt": "0,100", "dE/dt unit": "mV/s"}) == pytest.approx(1e-4)
    assert nominal_rate_v_per_s({"dE/dt": "6", "dE/dt unit": "mV/mn"}) == pytest.approx(1e-4)
    assert nominal_rate_v_per_s({"dE/dt": "6", "dE/dt unit": "furlong"}) is None
