"""EC-Lab binary files, written byte by byte here: columns, flags, loops, external inputs, damage."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.header import amplitude_v, area_is_default, area_m2
from pipeline.instruments.eclab.mpr import MAGIC, parse_mpr
from pipeline.instruments.eclab.mpr_columns import COLUMNS, FLAGS, LARGEST_ID
from pipeline.instruments.eclab.mpr_settings import read_log, read_settings
from pipeline.instruments.eclab.tables import parse_eclab
from pipeline.techniques.impedance.read.eclab import to_spectra

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


def test_nothing_of_the_package_imports_a_gpl_reader():
    code = "import sys, pipeline.instruments.eclab.tables; print('galvani' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def long_module(short: bytes, data: bytes, version: int) -> bytes:
    """As EC-Lab 11.50 and later write it."""
    head = short.ljust(10) + short.ljust(25) + b"\xff" * 4 + len(data).to_bytes(8, "little")
    return b"MODULE" + head + version.to_bytes(4, "little") + b"01/02/26" + data


def test_modules_with_long_lengths():
    settings = long_module(b"VMP Set", bytes([LSV]).ljust(64, b"\0"), 10)
    data = MAGIC.ljust(48) + b"\0" * 4 + settings + long_module(b"VMP data", data_module(IDS, BODY, F.size, 11), 11)
    assert parse_mpr(raw(data)).technique == "LSV"
    assert parse_mpr(raw(data)).n_rows == 20


def test_ids_of_one_byte():
    head = (20).to_bytes(4, "little") + bytes([len(IDS)]) + bytes(IDS)
    data = mpr(settings=True)[: -len(module(b"VMP data", data_module(IDS, BODY, 20, 3), 3))]
    data += module(b"VMP data", head.ljust(100, b"\0") + BODY, 0)
    np.testing.assert_allclose(parse_mpr(raw(data)).columns["freq/Hz"], F, rtol=1e-6)


def test_flags_share_one_byte():
    dtype = np.dtype([("flags", "u1"), ("t", "<f8"), ("e", "<f4")])
    body = np.zeros(3, dtype=dtype)
    body["flags"] = [0b0000_0001, 0b1011_0110, 0b0000_1000]
    body["e"] = [1, 2, 3]
    table = parse_mpr(raw(mpr(ids=(1, 2, 3, 21, 31, 65, 4, 6), body=body.tobytes(), n=3, technique=LSV)))
    got = {name: table.columns[name].tolist() for name in ("mode", "ox/red", "error", "control changes", "Ns changes")}
    assert got["mode"] == [1, 2, 0]
    assert got["ox/red"] == [0, 1, 0]
    assert got["error"] == [0, 0, 1]
    assert got["control changes"] == got["Ns changes"] == [0, 1, 0]
    assert table.columns["counter inc."].tolist() == [0, 1, 0]
    assert table.columns["Ewe/V"].tolist() == [1, 2, 3]


def test_an_unknown_column_is_bridged_and_named():
    body = records(np.arange(20), F, np.full(20, 9.9), RE, IM, np.hypot(RE, IM))
    table = parse_mpr(raw(mpr(ids=(4, 32, 999, 37, 38, 36), body=body)))
    np.testing.assert_allclose(table.columns["-Im(Z)/Ohm"], IM, rtol=1e-6)
    assert len(table.columns) == 5
    assert "id 999 is not in the table: its 4 of 28 bytes are passed over" in str(table.findings[0])


def test_unknown_columns_side_by_side_are_bridged_whatever_they_are():
    body = records(np.arange(20), F, *(np.full(20, 9.9),) * 3, RE, IM)
    table = parse_mpr(raw(mpr(ids=(4, 32, 999, 998, 37, 38), body=body)))  # 12 bytes: 4 and 8, or 8 and 4
    np.testing.assert_allclose(table.columns["Re(Z)/Ohm"], RE, rtol=1e-6)


def test_unknown_columns_apart_are_bridged_where_each_has_four_bytes():
    body = records(np.arange(20), F, F, RE, IM, F)
    table = parse_mpr(raw(mpr(ids=(4, 32, 999, 37, 38, 998), body=body)))
    np.testing.assert_allclose(table.columns["-Im(Z)/Ohm"], IM, rtol=1e-6)


@pytest.mark.parametrize("extra", [1, 3])
def test_unknown_columns_apart_are_refused_otherwise(extra):
    body = records(np.arange(20), F, F, RE, IM, *(F,) * extra)
    ids = (4, 32, 999, 37, 998, 38) if extra == 1 else (4, 32, 999, 37, 38, 998)
    if extra == 1:
        body = records(np.arange(20), F, F, RE, IM)
    with pytest.raises(ReadError, match=r"id 999, id 998 is unknown, and rows of \d+ bytes do not give its width"):
        parse_mpr(raw(mpr(ids=ids, body=body)))


def test_an_unknown_id_without_whole_rows_is_refused():
    with pytest.raises(ReadError, match="id 999 is unknown, and the rows have no whole length"):
        parse_mpr(raw(mpr(ids=(4, 32, 37, 38, 999), body=BODY[:-1])))


def test_a_column_that_was_never_seen_is_believed_where_it_fits_and_bridged_where_not():
    body = records(np.arange(20), F, np.full(20, 9.5), RE, IM)
    assert parse_mpr(raw(mpr(ids=(4, 32, 18, 37, 38), body=body))).columns["Analog IN 3/V"].tolist() == [9.5] * 20
    body = records(np.arange(20), F, F, F, RE, IM)
    table = parse_mpr(raw(mpr(ids=(4, 32, 18, 37, 38), body=body)))
    assert "Analog IN 3/V" not in table.columns
    np.testing.assert_allclose(table.columns["-Im(Z)/Ohm"], IM, rtol=1e-6)
    assert "id 18 is not in the table: its 8 of 28 bytes" in str(table.findings[0])


def test_a_module_of_unknown_columns_alone_is_refused_briefly():
    with pytest.raises(ReadError, match=r"no column is known: id 600, .* …") as caught:
        parse_mpr(raw(mpr(ids=tuple(range(600, 700)), body=bytes(400 * 20))))
    assert len(str(caught.value)) < 250


def test_rows_of_another_length_than_their_columns_are_refused():
    body = records(np.arange(20), F, RE, IM, np.hypot(RE, IM), F)
    with pytest.raises(ReadError, match="rows have 28 bytes, their columns take 24"):
        parse_mpr(raw(mpr(body=body)))


def test_rows_beyond_the_declared_ones_are_said():
    table = parse_mpr(raw(mpr(n=19)))
    assert table.n_rows == 19
    assert "19 points are declared and read, 24 bytes follow them" in str(table.findings[0])


def test_more_points_than_any_instrument_writes_are_refused_before_they_are_made():
    with pytest.raises(ReadError, match="file: is damaged: 4000000000 points"):
        parse_mpr(raw(mpr(n=4_000_000_000)))


def test_the_table_of_columns_has_no_id_or_name_by_accident():
    assert not COLUMNS.keys() & FLAGS.keys()
    assert len(FLAGS) == 6
    assert sum(flag.mask for flag in FLAGS.values()) == 0b1011_1111
    assert all(column.id == number <= LARGEST_ID for number, column in COLUMNS.items())
    assert COLUMNS[36].heading == "|Z|/Ohm"
    assert COLUMNS[131].heading == "Ns"


def settings_module(area=0.317, unit=2, mass=5.5, mass_unit=2, reference=b"\x0d(unspecified)", va=14.1) -> memoryview:
    out = bytearray(0x1842)
    out[0] = PEIS
    out[0x211:0x215] = np.float32(area).tobytes()
    out[0x215 : 0x215 + len(reference)] = reference
    out[0x24C:0x250] = np.float32(mass).tobytes()
    out[0x250:0x252] = bytes([unit, mass_unit])
    size = 300
    values = bytearray(size)
    values[0x30 - 9 : 0x30 - 9 + 4] = np.float32(va).tobytes()
    table = bytes([10]) + size.to_bytes(4, "little") + b"\x01\0" + (52).to_bytes(2, "little") + bytes(values)
    return memoryview(bytes(out) + table[:size] + b"\0" * 0x9F)


def test_settings_in_the_words_of_the_text_header():
    found = read_settings(settings_module())
    assert found == {"Electrode surface area": "0.317 cm²", "Characteristic mass": "5.5 mg", "Va (mV)": "14.1"}
    assert amplitude_v(found) == pytest.approx(0.0141)
    assert area_m2(found) == pytest.approx(0.317e-4)
    assert area_m2(read_settings(settings_module(area=113.1, unit=3))) == pytest.approx(1.131e-4)  # mm2


def test_settings_that_are_not_understood_are_left_out():
    assert "Electrode surface area" not in read_settings(settings_module(unit=77))
    assert "Electrode surface area" not in read_settings(settings_module(area=np.nan))
    assert read_settings(settings_module(reference=b"\xff")).keys() == {"Va (mV)"}
    assert "Va (mV)" not in read_settings(memoryview(bytes(settings_module()) + b"\0"))
    assert read_settings(memoryview(b"\x1d")) == {}


def test_the_area_that_nobody_typed():
    found = read_settings(settings_module(area=0.001))
    assert area_is_default(found)
    assert area_m2(found) is None


def log_module(days: float) -> memoryview:
    out = bytearray(1200)
    out[5:7] = (0x1A1).to_bytes(2, "little")
    out[0x249 : 0x249 + 8] = np.float64(days).tobytes()
    out[0x249 + 0x16E : 0x249 + 0x16E + 6] = b"\x0511.61"
    out[0x249 + 0x186 : 0x249 + 0x186 + 5] = b"\x040858"
    return memoryview(bytes(out))


def test_the_log_gives_the_start_year_first():
    found = read_log(log_module(45870.48888680556))
    assert found["Acquisition started on"] == "2025-08-01 11:43:59.820"
    assert found["software"] == "EC-Lab v11.61"
    assert found["Device"] == "(SN 0858)"
    assert read_log(log_module(1e300)) == read_log(log_module(np.nan)) == read_log(memoryview(b"\0" * 9)) == {}
