"""Every measurement that exists as .mpr and as .mpt: the binary file gives what the text says, to the last printed digit."""

from __future__ import annotations

import random
import re
import tracemalloc
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.header import amplitude_v, area_m2, first_number, loop_rows, read_header
from pipeline.instruments.eclab.mpr import parse_mpr
from pipeline.instruments.eclab.mpt import parse_mpt

WITHOUT_POINTS = re.compile(
    r"chemotion|__01__150806|Spinell_09_PEIS_C01|ASS_Batterie_01.*_(02_PEIS|07_PEIS|03_OCV|08_OCV|04_CV)_C01"
)
"""Files of runs that were stopped before their first point."""
OTHER_NAMES = {
    "Force/N": "Analog IN 1/V",
    "Temperatur/°C": "Analog IN 2/V",
    "P/W": "Pwe/W",
    "Energy charge/W.h": "Energy we charge/W.h",
    "Energy discharge/W.h": "Energy we discharge/W.h",
}
"""What the text calls a column: external inputs by their socket, power and energy by another name since EC-Lab 11.50."""


WITHHELD = re.compile(r"(THD|NSD|NSR) .*/%")
"""Quality of a sine: above 100 kHz EC-Lab stores a number and prints -1 in its place."""


def raw_of(path: Path) -> RawFile:
    data = path.read_bytes()
    return RawFile(name=path.name, data=data, size=len(data))


@pytest.fixture(scope="module")
def binaries(real_data) -> list[Path]:
    return sorted(real_data.rglob("*.mpr"))


@pytest.fixture(scope="module")
def pairs(binaries) -> list[tuple[Path, Path]]:
    """(binary, text) of each measurement that exists twice; a text in another language is a pair of its own."""
    found = []
    for binary in binaries:
        key = binary.stem
        for text in sorted(binary.parent.glob("*.mpt")):
            if text.stem.replace("ECLab-Export__", "").replace("issue_95.de", "issue_95") == key:
                found.append((binary, text))
    return found


def text_columns(path: Path) -> tuple[list[str], list[str], list[list[str]]]:
    """(header lines, names, the words of each row), read with nothing of the package."""
    lines = re.split("\r?\n", path.read_bytes().decode("cp1252"))
    top = next(i for i, line in enumerate(lines) if re.search(r"(^|\t)(freq/Hz|time/s)\t", line))
    names = [name.strip() for name in lines[top].split("\t")]
    rows = [line.replace(",", ".").split("\t") for line in lines[top + 1 :] if line.strip()]
    return lines[:top], names, rows


def half_of_the_last_digit(word: str) -> float:
    exponent = Decimal(word).as_tuple().exponent
    return 0.5 * 10.0 ** int(exponent)


def differences(binary: np.ndarray, words: list[str], shift: float = 0.0) -> np.ndarray:
    """Distance from what is printed, in halves of the last printed digit."""
    printed = np.array([float(w) for w in words])
    room = np.array([half_of_the_last_digit(w) for w in words])
    rounding = 4e-16 * np.abs(printed)  # of the comparison itself
    return np.maximum(np.abs(binary + shift - printed) - rounding, 0) / room


def test_there_are_as_many_files_as_known(binaries, pairs):
    assert len(binaries) >= 67
    assert len(pairs) >= 36
    assert len({binary for binary, _ in pairs}) >= 35


def test_every_file_is_read_and_those_without_points_say_so(binaries):
    for path in binaries:
        if WITHOUT_POINTS.search(path.as_posix()):
            with pytest.raises(ReadError, match="rows: no data points"):
                parse_mpr(raw_of(path))
        else:
            table = parse_mpr(raw_of(path))
            assert table.n_rows > 0
            assert table.technique
            assert not [f for f in table.findings if f.severity != "info"], path.name


def test_every_column_equals_the_text_to_its_printed_digits(pairs):
    compared = 0
    for binary, text in pairs:
        if WITHOUT_POINTS.search(binary.as_posix()):
            with pytest.raises(ReadError, match="rows: no data points"):
                parse_mpt(raw_of(text))
            continue
        table = parse_mpr(raw_of(binary))
        _, names, rows = text_columns(text)
        assert table.n_rows == len(rows), text.name
        for name, column in table.columns.items():
            alias = name if name in names else OTHER_NAMES.get(name, name)
            assert alias in names, f"{text.name} has no {name}"
            words = [row[names.index(alias)] for row in rows]
            shift = float(words[0]) - column[0] if name == "time/s" else 0.0
            worst = differences(column, words, shift)
            if WITHHELD.fullmatch(name):
                hidden = np.array(words) == "-1"
                assert np.array_equal(hidden, table.columns["freq/Hz"] > 1e5)
                worst = worst[~hidden]
            limit = 2.02 if shift else 1.02  # a shift carries the half digit of the first row
            assert worst.max() <= limit, f"{text.name} {name} row {worst.argmax()}: {column[worst.argmax()]!r}"
            compared += 1
    assert compared > 400


def test_columns_stand_in_the_order_of_the_text(pairs):
    for binary, text in pairs:
        if not WITHOUT_POINTS.search(binary.as_posix()):
            names = text_columns(text)[1]
            mine = [n if n in names else OTHER_NAMES[n] for n in parse_mpr(raw_of(binary)).columns if n]
            flags = [
                n for n in mine if n in ("mode", "ox/red", "error", "control changes", "Ns changes", "counter inc.")
            ]
            assert [n for n in names if n in flags] == flags
            assert [n for n in names if n in mine and n not in flags] == [n for n in mine if n not in flags], text.name


def start_of(words: str) -> str:
    """``2025-08-01 11:40:47.312`` of the text's ``08/01/2025 11:40:47.312``."""
    found = re.match(r"(\d\d)[./](\d\d)[./](\d{4}) (\d\d:\d\d:\d\d)(\.\d+)?", words)
    assert found, words
    return f"{found[3]}-{found[1]}-{found[2]} {found[4]}{found[5] or '.000'}"


def test_start_electrode_amplitude_and_software_are_those_of_the_text_header(pairs):
    n = dict.fromkeys(("start", "area", "mass", "amplitude", "software", "loops"), 0)
    for binary, text in pairs:
        if WITHOUT_POINTS.search(binary.as_posix()):
            continue
        lines = text_columns(text)[0]
        said, table = read_header(lines), parse_mpr(raw_of(binary))
        mine = table.header
        if "Acquisition started on" not in said:
            continue
        assert mine["Acquisition started on"] == start_of(said["Acquisition started on"]), text.name
        n["start"] += 1
        for key, count in (("Electrode surface area", "area"), ("Characteristic mass", "mass")):
            value, unit = said[key].replace(",", ".").split(" ")[:2]
            assert mine[key].split(" ")[1] == unit, text.name
            assert float(mine[key].split(" ")[0]) == pytest.approx(float(value), abs=5.1e-4), text.name
            n[count] += 1
        assert area_m2(mine) == (None if area_m2(said) is None else pytest.approx(area_m2(said), rel=1e-3))
        assert amplitude_v(mine) == amplitude_v(said), text.name
        n["amplitude"] += amplitude_v(mine) is not None
        assert mine["software"].lower() == said["software"].lower()
        assert mine["Device"] in said["Device"]
        n["software"] += 1
        if loops := loop_rows(lines):
            assert table.loops == loops, text.name
            n["loops"] += 1
        assert mine["technique"] == said["technique"], text.name
    assert min(n[k] for k in ("start", "area", "mass", "software")) >= 27
    assert n["amplitude"] >= 9
    assert n["loops"] >= 3


def test_the_amplitude_of_a_file_that_has_only_a_table_beside_it(real_data):
    folder = real_data / "eis" / "hybrid-drt"
    lines = (folder / "tutorials_PEIS_LPSCl_IonBlocking_-25C.txt").read_bytes().decode("cp1252").splitlines()
    said = next(first_number(line.split(")")[1]) for line in lines if line.startswith("Va (mV)"))
    table = parse_mpr(raw_of(folder / "tutorials_PEIS_LPSCl_IonBlocking_-25C.mpr"))
    assert amplitude_v(table.header) == pytest.approx(said / 1000)


def longer(path: Path, rows: int) -> bytes:
    """The same file with its rows repeated: what a long run writes."""
    data = path.read_bytes()
    at = data.index(b"VMP data  ") + 35
    assert data[at : at + 4] != b"\xff" * 4
    length, start = int.from_bytes(data[at : at + 4], "little"), at + 16
    version = data[at + 4]
    head = {2: 405, 3: 406}[version]
    n = int.from_bytes(data[start : start + 4], "little")
    body = data[start + head : start + length]
    width = len(body) // n
    body = (body * (rows // n + 1))[: rows * width]
    module = rows.to_bytes(4, "little") + data[start + 4 : start + head] + body
    return data[:at] + len(module).to_bytes(4, "little") + data[at + 4 : start] + module + data[start + length :]


@pytest.mark.parametrize("name", ["yadg/cv.mpr", "yadg/geis.mpr"])
def test_a_long_run_is_read_whole(real_data, name):
    data = longer(real_data / "eis" / name, 46_000)
    assert parse_mpr(RawFile(name="long.mpr", data=data, size=len(data))).n_rows == 46_000


def mutated(seed: int, data: bytes) -> bytes:
    """A copy that is damaged as files are: bytes changed, cut, repeated, or numbers made large."""
    dice = random.Random(seed)
    out = bytearray(data)
    for _ in range(dice.choice((1, 2, 5, 30))):
        kind, at = dice.randrange(5), dice.randrange(len(out))
        if kind == 0:
            out[at] = dice.randrange(256)
        elif kind == 1:
            out[at : at + 4] = dice.choice((b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\0\0\0\x40"))
        elif kind == 2:
            del out[at : at + dice.choice((1, 4, 100, 4000))]
        elif kind == 3:
            out[at:at] = out[at : at + dice.choice((1, 8, 300))]
        else:
            place = out.find(dice.choice((b"VMP data", b"VMP loop", b"VMP LOG", b"VMP Set", b"VMP Ext")))
            if place > 0:
                out[min(place + dice.randrange(36, 75), len(out) - 1)] = dice.randrange(256)
        if len(out) < 8:
            return bytes(out)
    return bytes(out)


def refusal(data: bytes) -> str:
    """The line in which a file is refused, '' where it is read."""
    try:
        parse_mpr(RawFile(name="a.mpr", data=data, size=len(data)))
    except ReadError as error:
        return str(error)
    return ""


def test_damaged_copies_are_read_or_refused_in_one_line_and_in_little_memory(binaries):
    small = [p.read_bytes() for p in binaries if p.stat().st_size < 25_000]
    refused = 0
    tracemalloc.start()
    try:
        for seed in range(500):
            data = mutated(seed, small[seed % len(small)])
            tracemalloc.reset_peak()
            said = refusal(data)
            assert "\n" not in said
            assert len(said) < 400
            refused += bool(said)
            assert tracemalloc.get_traced_memory()[1] < 20e6, seed
    finally:
        tracemalloc.stop()
    assert refused > 150
