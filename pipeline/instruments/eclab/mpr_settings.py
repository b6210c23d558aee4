"""What a .mpr says about the run: electrode, amplitude, start, device, external inputs, loops.

Places and codes are facts found by comparing the bytes with the header of the .mpt of the same run (EC-Lab 10.33 to 11.61).  A
value is given only where what stands around it has the expected form; everything else is left out, never guessed.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

AREA_AT, REFERENCE_AT, MASS_AT, UNITS_AT = 0x211, 0x215, 0x24C, 0x250
"""In the settings: electrode area, name of the reference electrode (a counted string), characteristic mass, units of both."""
AREA_UNITS = {2: "cm²", 3: "mm²"}
MASS_UNITS = {1: "g", 2: "mg"}
PARAMETERS_AT = (0x56D, 0x1840, 0x1841, 0x1842)
"""Where the technique's own parameters may begin: version (1 byte), length (4), sequences (2), parameters (2), values."""
AFTER_PARAMETERS = 0x9F
"""Bytes of the settings that follow the parameters, counted from their start and length."""
AMPLITUDE_AT = {
    (0x1D, 7, 28): 0x31,
    (0x1D, 8, 27): 0x2D,
    (0x1D, 9, 52): 0x2D,
    (0x1D, 10, 52): 0x30,
    (0x32, 4, 14): 0x13,
}
"""By technique (PEIS, ZIR), version and number of its parameters: the sine amplitude in mV, from the start of the parameters."""
LOG_FIXED = 0xA8
"""The start time stands this far behind the length that the log's sixth and seventh byte give."""
SOFTWARE_AFTER, SERIAL_AFTER = 0x16E, 0x186
"""From the start time: version of the software and serial number of the device, counted strings."""
DAY_ZERO = datetime(1899, 12, 30)
EARLIEST_DAY, LATEST_DAY = 32_874.0, 73_051.0
"""1990 and 2100: a start outside is none."""
FIRST_INPUT, INPUT_STRIDE = 53, 45
"""Where the external-device module holds, for each analog input, a flag and the name as a counted string."""
INPUT_NAME = re.compile(r"[^\W\d_][\w .()-]*/[^\s/]{1,10}")


def read_settings(data: memoryview) -> dict[str, str]:
    """Electrode area, characteristic mass and amplitude, in the words of EC-Lab's text header."""
    found: dict[str, str] = {}
    if len(data) > UNITS_AT + 2 and _counted(data, REFERENCE_AT, MASS_AT - REFERENCE_AT) is not None:
        area, mass = _single(data, AREA_AT), _single(data, MASS_AT)
        area_unit, mass_unit = AREA_UNITS.get(data[UNITS_AT]), MASS_UNITS.get(data[UNITS_AT + 1])
        if area is not None and area_unit:
            found["Electrode surface area"] = f"{area:.7g} {area_unit}"
        if mass is not None and mass_unit:
            found["Characteristic mass"] = f"{mass:.7g} {mass_unit}"
    amplitude = _amplitude_mv(data)
    if amplitude is not None:
        found["Va (mV)"] = f"{amplitude:.7g}"
    return found


def _single(data: memoryview, at: int) -> float | None:
    """The number at a place, None where it is none that a person could have typed."""
    value = float(struct.unpack_from("<f", data, at)[0])
    return value if math.isfinite(value) and 0 <= value < 1e9 else None


def _counted(data: memoryview, at: int, room: int) -> str | None:
    """A string behind its own length, None where the bytes are not one."""
    if at >= len(data):
        return None
    size = data[at]
    text = bytes(data[at + 1 : at + 1 + size]).decode("latin-1")
    return text if size < room and len(text) == size and text.isprintable() else None


def _amplitude_mv(data: memoryview) -> float | None:
    for at in PARAMETERS_AT:
        if at + 9 > len(data):
            continue
        version, size, sequences, count = struct.unpack_from("<BIHH", data, at)
        place = AMPLITUDE_AT.get((data[0], version, count))
        if at + size + AFTER_PARAMETERS == len(data) and sequences == 1 and place is not None:
            value = _single(data, at + place)
            return value if value is not None and 0 < value < 1e4 else None
    return None


def read_log(data: memoryview) -> dict[str, str]:
    """Start of the run (year first), software and device, in the words of EC-Lab's text header."""
    found: dict[str, str] = {}
    at = LOG_FIXED + int.from_bytes(data[5:7], "little")
    if at + 8 > len(data):
        return found
    days = float(struct.unpack_from("<d", data, at)[0])
    if not EARLIEST_DAY < days < LATEST_DAY:
        return found
    start = DAY_ZERO + timedelta(milliseconds=round(days * 86_400_000))
    found["Acquisition started on"] = start.isoformat(sep=" ", timespec="milliseconds")
    version, serial = _counted(data, at + SOFTWARE_AFTER, 8), _counted(data, at + SERIAL_AFTER, 12)
    if version and re.fullmatch(r"\d{1,2}\.\d{1,2}", version):
        found["software"] = f"{'BT' if version.startswith('1.') else 'EC'}-Lab v{version}"
    if serial and re.fullmatch(r"\.?\d{1,10}", serial):
        found["Device"] = f"(SN {serial})"
    return found


def read_inputs(data: memoryview) -> dict[str, str]:
    """The quantity that the external device recorded, by the name of the analog input it came through."""
    names: dict[str, str] = {}
    for i in range(3):
        at = FIRST_INPUT + i * INPUT_STRIDE
        text = _counted(data, at + 1, INPUT_STRIDE - 1) if at < len(data) and data[at] == 1 else None
        if text and INPUT_NAME.fullmatch(text):
            names[f"Analog IN {i + 1}/V"] = text
    return names


def read_loops(data: memoryview, n_points: int) -> tuple[tuple[int, int], ...]:
    """First and last row of each loop: their number, then the row at which each begins; the last one may be the end."""
    count = min(int.from_bytes(data[:4], "little"), len(data) // 4 - 1)
    if count < 1:
        return ()
    starts = np.frombuffer(data, dtype="<u4", count=count, offset=4).astype(np.int64)
    starts = np.unique(np.concatenate([[0], starts[starts < n_points]]))
    ends = np.append(starts[1:], n_points) - 1
    return tuple((int(a), int(b)) for a, b in zip(starts, ends, strict=True))


def rename_inputs(columns: Mapping[str, np.ndarray], names: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Columns under the names of their inputs; as they were where two would get the same."""
    named = {names.get(name, name): column for name, column in columns.items()}
    return named if len(named) == len(columns) else dict(columns)
