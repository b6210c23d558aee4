"""Broken impedance and sweep files: each answered by one line (file: field: problem), or read with the finding that names it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import CheckError, ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.read.spectra import read_impedance
from pipeline.techniques.impedance.settings import EisCheckSettings
from pipeline.techniques.sweeps.read import read_sweeps

F = np.geomspace(7e6, 1, 40)
Z = 200 + 4e3 / (1 + (2j * np.pi * F * 4e3 * 5e-11) ** 0.92) + 1 / (2e-6 * (2j * np.pi * F) ** 0.85)
PEIS = "Potentio Electrochemical Impedance Spectroscopy"
NAMES = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm"
MAGIC = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + b"\0" * 4


def mpt(technique=PEIS, names=NAMES, columns=(F, Z.real, -Z.imag), n=5, end="\t\r\n") -> bytes:
    rows = ["\t".join(f"{v:.7E}" for v in row) for row in zip(*columns, strict=True)]
    head = ["EC-Lab ASCII FILE", f"Nb header lines : {n}", "", technique, names]
    return (end.join([*head, *rows]) + end).encode("cp1252")


def csv(head: str, *columns) -> bytes:
    return "\n".join([head, *(",".join(f"{v:.8g}" for v in row) for row in zip(*columns, strict=True)), ""]).encode()


def module(short: bytes, data: bytes) -> bytes:
    return (
        b"MODULE" + short.ljust(10) + short.ljust(25) + len(data).to_bytes(4, "little") + b"\0" * 4 + b"01/02/26" + data
    )


def impedance(data: bytes, name="eis/a.mpt", size: int | None = None) -> tuple[ImpedanceSpectrum, ...]:
    return read_impedance(RawFile(name=name, data=data, size=size or len(data)), DelimitedSettings())


def said(data: bytes, name="eis/a.mpt") -> str:
    return "; ".join(map(str, impedance(data, name)[0].findings))


WHOLE = mpt()
TWICE = ("freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\tRe(Z)/Ohm", (F, Z.real, -Z.imag, 2 * Z.real))
REFUSED = {
    "only blanks": ("a.mpt", b" \r\n\t\n", "file: holds nothing but blanks"),
    "header only": ("a.mpt", mpt(columns=((), (), ())), "rows: no data points after the header"),
    "cut in the header": ("a.mpt", WHOLE[:40], "Nb header lines: "),
    "more header lines than the file has": ("a.mpt", mpt(n=99), "Nb header lines: says 99 lines, the file has"),
    "a header count that is none": ("a.mpt", WHOLE.replace(b": 5", b": five"), "Nb header lines: is missing"),
    "no number in any row": ("a.mpt", mpt(columns=((), (), ())) + b"x\ty\tz\r\n" * 5, "rows: none of 5 lines"),
    "wrong technique": (
        "a.mpt",
        mpt("Open Circuit Voltage", "time/s\tEwe/V", (F, F)),
        "freq/Hz, Re(Z)/Ohm, -Im(Z)/Ohm: not in the file (OCV)",
    ),
    "a sweep given as impedance": (
        "a.mpt",
        mpt("Linear Sweep Voltammetry", "time/s\tEwe/V\t<I>/mA", (F, F, F)),
        "not in the file (LSV) (give it as lsv",
    ),
    "missing freq/Hz": ("a.mpt", mpt(names=NAMES[8:], columns=(Z.real, -Z.imag)), "freq/Hz: not in the file (PEIS)"),
    "all frequencies 0": ("a.mpt", mpt(columns=(0 * F, Z.real, -Z.imag)), "freq/Hz: no data points with a frequency"),
    "nothing but NaN": ("a.mpt", mpt(columns=(F, Z.real * np.nan, -Z.imag)), "freq/Hz: no data points"),
    "duplicated columns": (
        "a.mpt",
        mpt(names=TWICE[0], columns=TWICE[1]),
        "Re(Z)/Ohm: is named twice with different numbers",
    ),
    "points and commas in one number": (
        "a.mpt",
        WHOLE.replace(b"E+06", b",5E+06"),
        "decimal sign: points and commas",
    ),
    "binary with a text suffix": ("a.mpt", bytes(range(256)) * 9, "file: is binary"),
    "mpr under a text suffix and cut": ("a.txt", MAGIC + b"MODULE", "file: is damaged"),
    "text with a binary suffix": ("a.mpr", b"freq,re,im\n1,2,3\n", "file: does not begin as a binary EC-Lab file does"),
    "corrupt mpr": ("a.mpr", MAGIC + module(b"VMP Set", b"\x1d") + b"MODU\0\0\0\0junk", "file: is damaged"),
    "mpr without data": ("a.mpr", MAGIC + module(b"VMP Set", b"\x1d"), "file: has no data module"),
    "zero-point mpr": (
        "a.mpr",
        MAGIC + module(b"VMP Set", b"\x1d") + module(b"VMP data", b"\0" * 500),
        "rows: no data points (PEIS)",
    ),
    "settings beside the data": ("a.mps", b"EC-LAB SETTING FILE\n", "file: is EC-Lab settings, not data"),
    "csv without numbers": ("a.csv", b"freq,re,im\na,b,c\n", "rows: no table of numbers"),
    "csv of something else": (
        "a.csv",
        csv("day,price,amount", F, F, F),
        "columns: no frequency and impedance among: day, price",
    ),
    "csv of energies": (
        "a.csv",
        csv("", np.arange(9800.0, 9840.0), Z.real, Z.imag),
        "columns: no header, and the first column",
    ),
    "ohm cm without a geometry": (
        "a.csv",
        csv("f/Hz,Z' (ohm cm),Z'' (ohm cm)", F, Z.real, Z.imag),
        "a geometry was multiplied in",
    ),
    "a line without an end": ("a.txt", b"1 2 3" * 400_000, "rows: no table of numbers"),
    "more lines than any export": (
        "a.csv",
        b"1\n" * 1_100_000,
        "rows: 1100001 lines are more than an instrument exports",
    ),
    "more lines in a mpt": ("a.mpt", WHOLE + b"1\n" * 1_100_000, "lines are more than an instrument exports"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(case):
    name, data, expected = REFUSED[case]
    with pytest.raises(ReadError) as caught:
        impedance(data, name)
    assert str(caught.value).startswith(f"{name}: ")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


SWEEPS = {
    "impedance given as a sweep": (WHOLE, "technique: not a potential sweep|Ewe/V: not a potential sweep"),
    "no current": (mpt("Linear Sweep Voltammetry", "time/s\tEwe/V", (F, F)), "I/mA: not a potential sweep"),
    "one point": (
        mpt("Linear Sweep Voltammetry", "Ewe/V\t<I>/mA", ([1.0], [2.0])),
        "Ewe/V: fewer than two data points",
    ),
    "current density": (csv("E/V,j (mA/cm2)", F, F), "is a current density"),
}


@pytest.mark.parametrize("case", SWEEPS)
def test_sweeps_refused_in_one_line(case):
    data, expected = SWEEPS[case]
    with pytest.raises(ReadError, match=expected) as caught:
        read_sweeps(RawFile(name="lsv/a.mpt", data=data, size=len(data)), DelimitedSettings())
    assert str(caught.value).startswith("lsv/a.mpt: ")


@pytest.mark.parametrize("points", [1, 2, 4])
def test_a_few_points_are_refused_by_the_check(points):
    spectrum = impedance(mpt(columns=(F[:points], Z.real[:points], -Z.imag[:points])))[0]
    with pytest.raises(CheckError) as caught:
        check_spectrum(spectrum, EisCheckSettings())
    assert str(caught.value).startswith("eis/a.mpt: ")


def test_half_a_last_line_is_left_out_and_said():
    cut = WHOLE[: WHOLE.rindex(b"E") - 20]
    assert impedance(cut)[0].frequency_hz.size == F.size - 1
    assert "1 line(s) without a whole row of numbers left out (truncated while copying?)" in said(cut)


def test_nan_and_inf_are_left_out_and_counted():
    re = Z.real.copy()
    re[[3, 7]] = np.nan, np.inf
    data = mpt(columns=(F, re, -Z.imag))
    assert impedance(data)[0].frequency_hz.size == F.size - 2
    assert "2 row(s) with NaN or Inf left out" in said(data)


def test_rows_at_0_hz_are_left_out_and_counted():
    data = mpt(columns=tuple(np.concatenate([[0.0] * 3, v]) for v in (F, Z.real, -Z.imag)))
    assert "3 row(s) at 0 Hz" in said(data)


@pytest.mark.parametrize(
    "name", ["a b.mpt", "é/Größe (1).mpt", "样品/阻抗 -70°C.mpt", "العينة.mpt", "x" * 200 + ".mpt"]
)
def test_names_with_spaces_accents_and_other_scripts(name):
    assert impedance(WHOLE, name)[0].source.file == name
