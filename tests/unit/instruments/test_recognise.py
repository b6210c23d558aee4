"""What a file is, on which evidence, and what it is not."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.recognition import recognise
from pipeline.core.sample import RawFile
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.read.spectra import read_impedance
from pipeline.techniques.sweeps.read import read_sweeps

F = np.geomspace(1e6, 1, 13)
MPT = "EC-Lab ASCII FILE\nNb header lines : 5\n\n{technique}\n{names}\n"
PEIS = "Potentio Electrochemical Impedance Spectroscopy"


def raw(data: bytes | str, name="HSE_-70C.mpt") -> RawFile:
    data = data if isinstance(data, bytes) else data.encode()
    return RawFile(name=name, data=data, size=len(data))


def mpt(technique: str, names: str, *columns) -> str:
    rows = "\n".join("\t".join(f"{v:.8g}" for v in row) for row in zip(*columns, strict=True))
    return MPT.format(technique=technique, names=names) + rows + "\n"


IMPEDANCE = mpt(PEIS, "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm", F, F + 1, F + 2)
SWEEP = mpt("Linear Sweep Voltammetry", "time/s\tEwe/V\t<I>/mA", F, F, F)
OCV = mpt("Open Circuit Voltage", "time/s\tEwe/V", F, F)


def test_impedance():
    known = recognise(raw(IMPEDANCE))
    assert (known.technique, known.format, known.detail) == ("eis", "EC-Lab mpt", "PEIS")
    assert (known.n_measurements, known.n_rows, known.confidence) == (1, 13, "certain")
    assert known.temperature_k == pytest.approx(203.15)
    assert known.temperature_origin == "file name"
    assert "1e+06 to 1 Hz" in known.evidence


@pytest.mark.parametrize(
    ("data", "name", "technique", "detail"),
    [
        (SWEEP, "a.mpt", "lsv", "LSV"),
        (OCV, "a.mpt", "other", "OCV"),
        (OCV + IMPEDANCE, "a.mpt", "eis", "OCV, PEIS"),
        (
            mpt("IR compensation (PEIS)", "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm", [1e4], [1], [2]),
            "a.mpt",
            "other",
            "ZIR at 1",
        ),
        ("EC-LAB SETTING FILE\n", "a.txt", "companion", ""),
        ("anything", "a.mps", "companion", ""),
        ("anything", "a.mgr", "companion", ""),
        ("EC-Lab LOG FILE", "a.mpl", "companion", ""),
        ("time/s;potential/V;current/mA\n" + "\n".join(f"{i};{i};{i}" for i in range(9)), "a.csv", "lsv", ""),
        ("just words\n" * 9, "a.txt", "unknown", ""),
        (b"\x00\x01\x02" * 99, "a.txt", "unknown", ""),
    ],
)
def test_others(data, name, technique, detail):
    known = recognise(raw(data, name))
    assert known.technique == technique
    assert known.detail.startswith(detail)


def test_the_reason_why_a_file_gives_nothing_is_a_finding():
    missing = mpt(PEIS, "Re(Z)/Ohm\t-Im(Z)/Ohm", F, F)
    known = recognise(raw(missing))
    assert known.technique == "other"
    assert str(known.findings[0]).startswith("error: freq/Hz: not in the file (PEIS)")
    known = recognise(raw("just words\n" * 9, "a.txt"))
    assert str(known.findings[0]).startswith("error: rows: no table of numbers")


def test_each_reader_says_what_the_file_is_instead():
    settings = DelimitedSettings()
    with pytest.raises(ReadError, match="give it as lsv"):
        read_impedance(raw(SWEEP), settings)
    with pytest.raises(ReadError, match="give it as eis"):
        read_sweeps(raw(IMPEDANCE), settings)
    with pytest.raises(ReadError, match="is EC-Lab settings, not data"):
        read_impedance(raw("x", "a.mps"), settings)
    with pytest.raises(ReadError, match=r"does not begin as a binary EC-Lab file does .a text file under another name"):
        read_impedance(raw(IMPEDANCE.replace("EC-Lab", "Ec"), "a.mpr"), settings)
    with pytest.raises(ReadError, match="is binary, and no binary format that is known"):
        read_sweeps(raw(b"\x00\x01" * 50, "a.csv"), settings)
