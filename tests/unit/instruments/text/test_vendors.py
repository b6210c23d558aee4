"""Vendors' text files are named, and those that are no table of lines are read."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.instruments.text.vendors import vendor_format
from pipeline.techniques.impedance.read.spectra import read_impedance

F = np.geomspace(1e5, 1, 11)
Z = 50 + 1e3 / (1 + 2j * np.pi * F * 1e3 * 1e-7)


def read(data: bytes, name: str):
    return read_impedance(RawFile(name=name, data=data, size=len(data)), DelimitedSettings())


def assert_z(found, n=1):
    assert len(found) == n
    for spectrum in found:
        np.testing.assert_allclose(spectrum.frequency_hz, F, rtol=1e-6)
        np.testing.assert_allclose(spectrum.impedance_ohm, Z, rtol=1e-6)


def lines(*rows: str) -> bytes:
    return "\r\n".join([*rows, ""]).encode("latin-1")


def table(form: str) -> list[str]:
    polar = {"mod": np.abs(Z), "phase": np.angle(Z, deg=True)}
    columns = {"i": np.arange(F.size), "f": F, "re": Z.real, "im": Z.imag, "neg": -Z.imag, **polar}
    return [form.format(**{k: v[i] for k, v in columns.items()}) for i in range(F.size)]


GAMRY = [
    "EXPLAIN",
    "TAG\tEISPOT",
    "OCVCURVE\tTABLE\t11",
    "\tPt\tT\tVf\tVm\tAch",
    "\t#\ts\tV vs. Ref.\tV\tV",
    *(f"\t{i}\t{i}\t0.1\t0.1\t0.0" for i in range(11)),
    "ZCURVE\tTABLE",
    "\tPt\tTime\tFreq\tZreal\tZimag\tZsig\tZmod\tZphz",
    "\t#\ts\tHz\tohm\tohm\tV\tohm\t°",
]
VENDORS = {
    "a.DTA": ("Gamry DTA", lines(*GAMRY, *table("\t{i}\t{i}\t{f:.9g}\t{re:.9g}\t{im:.9g}\t1\t1\t1"))),
    "comma.DTA": (
        "Gamry DTA",
        lines(*GAMRY, *table("\t{i}\t{i}\t{f:.9g}\t{re:.9g}\t{im:.9g}\t1\t1\t1")).replace(b".", b","),
    ),
    "a.z": (
        "ZPlot/ZView",
        lines(
            "ZPLOT2 ASCII",
            "  Date:   10-12-2018",
            "End Comments",
            "  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange",
            *table("{f:.9E}\t1.0E-02\t0.0\t{i}\t{re:.9E}\t{im:.9E}\t0.0\t0\t3"),
        ),
    ),
    "quoted.z": (
        "ZPlot/ZView",
        lines(
            '"ZPlotW Data File: Version 3.2c"',
            "0,3,0,1,300000,0.005",
            "79",
            "\"  Freq(Hz)    Ampl     Bias   Time(Sec)   Z'(a)    Z''(b)    GD   Err   Range\"",
            *table("{f:.9E}, 1.0E-02, 0.0, {i}, {re:.9E}, {im:.9E}, 0.0, 0, 5"),
        ),
    ),
    "relaxis.txt": (
        "RelaxIS export",
        lines(
            "RelaxIS 3.0 Spectrum export",
            "Date: 1/1/2025",
            "Data: Frequency\tData: Z'\tData: Z''",
            "DC=-0.08, TM=33\tModel: none\t",
            *table("{f:.9g}\t{re:.9g}\t{im:.9g}"),
        ),
    ),
    "chi.txt": (
        "CH Instruments text",
        lines(
            "A.C. Impedance",
            "",
            "Freq/Hz, Z'/ohm, Z\"/ohm, Z/ohm, Phase/deg",
            "",
            *table("{f:.9e}, {re:.9e}, {im:.9e}, 1, 2"),
        ),
    ),
    "novocontrol.txt": (
        "Novocontrol text",
        lines("Freq. [Hz]\tZs'[Ohms]\tZs''[Ohms]", *table("{f:.9e}\t{re:.9e}\t{im:.9e}")),
    ),
    "a.P00": (
        "Autolab P00",
        lines(
            "Procedure : x",
            "01.01.2020 - i(init)= 1nA",
            "t = 1 s",
            " f/Hz \t Z'/Ohm \t -Z''/Ohm \t time/s ",
            " 11 ",
            *table(" {f:.9e}\t {re:.9e}\t {neg:.9e}\t 59.3e+00\t"),
        ),
    ),
    "nova.csv": (
        "delimited text",
        lines(
            "Index;Frequency (Hz);Z' (Ω);-Z'' (Ω);Time (s)".encode().decode("latin-1"),
            *table("{i};{f:.9g};{re:.9g};{neg:.9g};{i}"),
        ),
    ),
    "zahner.txt": (
        "delimited text",
        lines("Zahner", "Number Frequency/Hz Impedance/Ohm Phase/deg", *table("{i} {f:.9e} {mod:.9e} {phase:.9e}")),
    ),
    "palmsens.csv": (
        "delimited text",
        "\r\n".join(
            [
                "Date and time:,2024-01-01",
                "freq / Hz,neg. Phase / °,Idc / uA,Z / Ohm,Z' / Ohm,-Z'' / Ohm",
                *table("{f:.9g},1,2,{mod:.9g},{re:.9g},{neg:.9g}"),
            ]
        ).encode("utf-16"),
    ),
    "lockin.csv": (
        "delimited text",
        lines("frequency;realz;imagz;absz", *table("{f:.9g};{re:.9g};{im:.9g};{mod:.9g}")),
    ),
    "lcr.csv": (
        "delimited text",
        lines('"No.","FREQ[Hz]","Z[ohm]","PHASE[deg]"', *table("{i},{f:.9g},{mod:.9g},{phase:.9g}")),
    ),
    "a.dfr": (
        "Autolab dfr",
        lines(
            "VERSION8.0",
            " 11",
            " 1",
            *(f" {v:.9g}" for f, z in zip(F, Z, strict=True) for v in (f, z.real, -z.imag, *[0] * 6)),
        ),
    ),
}
IVIUM = "primary_data    \r\n3         \r\n11        \r\n" + "\r\n".join(table("{re:.8E}  {im:.8E}\t{f:.8E} "))


def ivium(method="Impedance", blocks=1) -> bytes:
    return (
        f"{chr(0) * 16}H\r\nstarttime=\r\nMethod={method}\r\n{(IVIUM + chr(13) + chr(10)) * blocks}7\r\n\0\0\0".encode(
            "latin-1"
        )
    )


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor(name):
    form, data = VENDORS[name]
    assert vendor_format(RawFile(name=name, data=data, size=len(data))) == form
    assert_z(read(data, name))


def test_several_temperatures_in_one_file_each_keep_their_own():
    head = "Freq. [Hz]\tTemp. [°C]\tZs' [Ohms]\tZs'' [Ohms]"
    rows = [row.replace("T", str(t)) for t in (-20, 25) for row in table("{f:.9g}\tT\t{re:.9g}\t{im:.9g}")]
    found = read(lines(head, *rows), "a.txt")
    assert_z(found, n=2)
    assert [s.temperature_k for s in found] == pytest.approx([253.15, 298.15])


@pytest.mark.parametrize("blocks", [1, 2])
def test_ivium(blocks):
    assert_z(read(ivium(blocks=blocks), "a.ids"), n=blocks)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (ivium("CyclicVoltammetry"), "Method: Ivium data of 'CyclicVoltammetry', not impedance"),
        (ivium()[:-300], "primary_data: 11 points are announced, "),
        (VENDORS["a.dfr"][1][:-200], "points: 11 points are announced, "),
    ],
)
def test_damaged_and_other(data, message):
    with pytest.raises(ReadError, match=message):
        read(data, "a.idf")
