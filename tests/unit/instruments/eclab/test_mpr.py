"""EC-Lab binary files, written byte by byte here: columns, flags, loops, external inputs, damage."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.mpr import MAGIC, parse_mpr
from pipeline.instruments.eclab.tables import parse_eclab
from pipeline.techniques.impedance.read.eclab import to_spectra

pytest.importorskip("galvani", reason="the extra mpr is not installed")

F = np.geomspace(7e6, 1, 20)
RE, IM = 100 + F / 1e5, 1e5 / F
IDS = (4, 32, 37, 38, 36)  # time/s as double, then freq, Re, -Im, |Z| as single
PEIS, LSV = 0x1D, 0x6C


def module(short: bytes, data: bytes, version: int) -> bytes:
    head = (
        short.ljust(10)
        + short.ljust(25)
        + len(data).to_bytes(4, "little")
        + version.to_bytes(4, "little")
        + b"01/02/26"
    )
    return b"MODULE" + head + data


def records(time, *singles) -> bytes:
    dtype = np.dtype([("t", "<f8"), *((f"c{i}", "<f4") for i in range(len(singles)))])
    out = np.empty(len(time), dtype=dtype)
    out["t"] = time
    for i, values in enumerate(singles):
        out[f"c{i}"] = values
    return out.tobytes()


def data_module(ids, body: bytes, n: int, version: int) -> bytes:
    head = n.to_bytes(4, "little") + bytes([len(ids)])
    if version in (2, 3):
        return (head + b"".join(i.to_bytes(2, "little") for i in ids)).ljust(405 if version == 2 else 406, b"\0") + body
    return (head + b"\0" + b"".join(i.to_bytes(2, "little") for i in ids)).ljust(1007, b"\0") + body


def mpr(ids=IDS, body=None, n=F.size, version=3, technique=PEIS, extra=b"", settings=True) -> bytes:
    if body is None:
        body = records(np.arange(F.size), F, RE, IM, np.hypot(RE, IM))
    out = MAGIC.ljust(48) + b"\0" * 4
    if settings:
        out += module(b"VMP Set", bytes([technique]).ljust(64, b"\0"), 0)
    return out + extra + module(b"VMP data", data_module(ids, body, n, version), version)


def raw(data: bytes) -> RawFile:
    return RawFile(name="a.mpr", data=data, size=len(data))


@pytest.mark.parametrize("version", [2, 3, 10, 11])
def test_every_version_of_the_data_module(version):
    table = parse_mpr(raw(mpr(version=version)))
    assert table.technique == "PEIS"
    np.testing.assert_allclose(table.columns["freq/Hz"], F, rtol=1e-6)
    np.testing.assert_allclose(table.columns["-Im(Z)/Ohm"], IM, rtol=1e-6)
    np.testing.assert_array_equal(table.columns["time/s"], np.arange(20))


def test_spectra_of_a_binary_file():
    form, tables = parse_eclab(raw(mpr()))
    found = to_spectra(raw(mpr()), form, tables)
    assert len(found) == 1
    np.testing.assert_allclose(found[0].impedance_ohm, RE - 1j * IM, rtol=1e-6)


def test_a_loop_module_cuts():
    loops = module(b"VMP loop", (2).to_bytes(4, "little") + b"".join(i.to_bytes(4, "little") for i in (0, 12)), 0)
    assert parse_mpr(raw(mpr(extra=loops))).loops == ((0, 11), (12, 19))


def test_analog_inputs_get_the_names_that_the_file_gives_them():
    names = (b"\x01\x07Force/N", b"\x01\x0eTemperature/\xb0C")
    device = b"\0" * 53 + names[0].ljust(45, b"\0") + names[1].ljust(45, b"\0") + b"\0" * 100
    ids = (*IDS, 16, 17)  # Analog IN 1, Analog IN 2
    body = records(np.arange(20), F, RE, IM, np.hypot(RE, IM), np.full(20, 152.0), np.full(20, -30.0))
    data = mpr(ids=ids, body=body, extra=module(b"VMP ExtDev", device, 0))
    table = parse_mpr(raw(data))
    assert "Force/N" in table.columns
    spectrum = to_spectra(raw(data), "EC-Lab mpr", (table,))[0]
    assert spectrum.temperature_k == pytest.approx(243.15)
    assert spectrum.source.header["Force/N"] == "152 (mean)"


BODY = records(np.arange(F.size), F, RE, IM, np.hypot(RE, IM))
DAMAGE = {
    "magic only": (MAGIC, "file: is damaged|file: has no data module"),
    "cut in the data": (mpr()[:-30], "file: is damaged"),
    "cut in a header": (mpr()[:90], "file: is damaged"),
    "no settings": (mpr(settings=False), "has no data module"),
    "no points": (mpr(n=0, body=b""), r"rows: no data points \(PEIS\)"),
    "fewer records than announced": (mpr(n=25), "columns: cannot be decoded: 25 points need"),
    "unknown column": (mpr(ids=(4, 32, 37, 38, 9999)), "columns: cannot be decoded: .*9999.*export the .mpt"),
    "unknown version": (mpr(version=7), "version 7 is unknown"),
    "other order of columns": (mpr(ids=(4, 37, 38, 32, 36)), "impossible|Ohm: does not agree"),
    "junk behind the magic": (MAGIC.ljust(48).ljust(52, b"\0") + b"JUNKJUNK" * 10, "file: is damaged"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_refused_in_one_line_that_asks_for_the_text_export(case):
    data, message = DAMAGE[case]
    with pytest.raises(ReadError, match=message) as caught:
        to_spectra(raw(data), "EC-Lab mpr", (parse_mpr(raw(data)),))
    assert str(caught.value).startswith("a.mpr: ")
    assert "\n" not in str(caught.value)


def test_without_galvani_the_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "galvani", None)
    with pytest.raises(ReadError, match=r"needs galvani.*pip install galvani.*\.mpt"):
        parse_mpr(raw(mpr()))
