"""EC-Lab text files (.mpt): the headers of several versions of the software, columns, decimal point or comma.

The field names are the instrument's; every value is made up here, and every header's comment says SIMULATED.  Files are
written as the instrument writes them: Windows-1252, CRLF, numbers with seven digits after the point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

COMMENT = "SIMULATED, not measured: written by raw_examples/simulate.py of hse-pipeline"


@dataclass(frozen=True, kw_only=True)
class Station:
    """One instrument with its software: decides the shape of the header."""

    device: str
    software: str
    firmware: str
    channel: str
    date: str
    comma: bool = False
    scientific: bool = True
    loops: bool = False
    old: bool = False


VMP300 = Station(
    device="VMP-300 (SN 0001)",
    software="EC-LAB for windows v11.61 (software)",
    firmware="v11.61",
    channel="3 (SN 10001)",
    date="05/14/2025 09:12:44.250",
)
SP200 = Station(
    device="SP-200 (SN 0002)",
    software="EC-Lab for windows v11.50 (software)",
    firmware="v11.50",
    channel="1 (SN 10002)",
    date="06/02/2025 10:31:05.000",
)
VMP3 = Station(
    device="VMP3 (SN 0003)",
    software="EC-Lab for windows v11.42 (software)",
    firmware="v11.40",
    channel="8 (SN 10003)",
    date="03/18/2025 14:02:51.125",
    comma=True,
    loops=True,
)
VSP_OLD = Station(
    device="VSP (SN 0004)",
    software="EC-Lab for windows v10.33 (software)",
    firmware="v10.33",
    channel="1 (SN 10004)",
    date="02.27.2025 16:45:18",
    scientific=False,
    loops=True,
    old=True,
)

PEIS_COLUMNS = (
    "freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm", "|Z|/Ohm", "Phase(Z)/deg", "time/s", "<Ewe>/V", "<I>/mA", "Cs/µF", "Cp/µF",
    "cycle number", "I Range", "|Ewe|/V", "|I|/A", "Ns", "Re(Y)/Ohm-1", "Im(Y)/Ohm-1", "|Y|/Ohm-1", "Phase(Y)/deg",
)  # fmt: skip
LSV_COLUMNS = ("mode", "ox/red", "error", "control changes", "time/s", "control/V", "Ewe/V", "<I>/mA", "(Q-Qo)/C",
               "I Range")  # fmt: skip
GCPL_COLUMNS = ("mode", "ox/red", "error", "control changes", "Ns changes", "Ns", "time/s", "dq/mA.h", "(Q-Qo)/mA.h",
                "control/V/mA", "Ewe/V", "<I>/mA", "Q charge/discharge/mA.h", "half cycle", "cycle number")  # fmt: skip
INTEGERS = {"cycle number", "half cycle", "I Range", "Ns", "Ns changes", "mode", "ox/red", "error", "control changes"}
STEP_WIDTH = 20


def peis_settings(n_per_decade: int) -> Sequence[tuple[str, str]]:
    """The lines of the sequence table of a PEIS technique."""
    return (
        ("Mode", "Single sine"), ("E (V)", "0.0000"), ("vs.", "Eoc"), ("tE (h:m:s)", "0:00:0.0000"), ("record", "0"),
        ("dI", "0.000"), ("unit dI", "mA"), ("dt (s)", "0.000"), ("fi", "7.000"), ("unit fi", "MHz"), ("ff", "1.000"),
        ("unit ff", "Hz"), ("Nd", str(n_per_decade)), ("Points", "per decade"), ("spacing", "Logarithmic"),
        ("Va (mV)", "20.0"), ("pw", "0.10"), ("Na", "3"), ("corr", "0"), ("E range min (V)", "-5.000"),
        ("E range max (V)", "5.000"), ("I Range", "Auto"), ("Bandwidth", "8"), ("nc cycles", "0"), ("goto Ns'", "0"),
        ("nr cycles", "0"), ("inc. cycle", "0"),
    )  # fmt: skip


def lsv_settings(rest_s: float, rate_mv_s: float, end_v: float) -> Sequence[tuple[str, str]]:
    """The lines of the sequence table of an LSV technique with a rest before it."""
    return (
        ("tR (h:m:s)", f"0:{int(rest_s // 60):02d}:0.0000"), ("dER/dt (mV/h)", "0.0"), ("dER (mV)", "0"),
        ("dtR (s)", "10.0000"), ("dE/dt", f"{rate_mv_s:.3f}"), ("dE/dt unit", "mV/s"), ("Ei (V)", "0.000"),
        ("vs.", "Eoc"), ("EL (V)", f"{end_v:.3f}"), ("vs.", "Ref"), ("record", "<I>"), ("dI", "0.000"),
        ("unit dI", "µA"), ("tI (s)", "0.0000"), ("step percent", "50"), ("N", "10"), ("E range min (V)", "0.000"),
        ("E range max (V)", "10.000"), ("I Range", "1 mA"), ("I Range min", "Unset"), ("I Range max", "Unset"),
        ("I Range init", "Unset"), ("Bandwidth", "5"),
    )  # fmt: skip


def gcpl_settings(ma: float, high_v: float, low_v: float) -> Sequence[tuple[str, str]]:
    """The lines of the sequence table of a GCPL technique at its first current."""
    return (
        ("Set I/C", "I"), ("Is", f"{ma:.5f}"), ("unit Is", "mA"), ("vs.", "<None>"), ("N", "1.00"), ("I sign", "> 0"),
        ("t1 (h:m:s)", "20:00:0.0000"), ("I Range", "100 µA"), ("Bandwidth", "5"), ("dE1 (mV)", "20.00"),
        ("dt1 (s)", "600.0000"), ("EM (V)", f"{high_v:.3f}"), ("tM (h:m:s)", "0:00:0.0000"), ("Im", "0.000"),
        ("unit Im", "mA"), ("E range min (V)", "0.000"), ("E range max (V)", "5.000"), ("dq", "0.000"),
        ("unit dq", "mA.h"), ("dtq (s)", "0.0000"), ("tR (h:m:s)", "0:10:0.0000"), ("dER/dt (mV/h)", "0.0"),
        ("dER (mV)", "0.00"), ("dtR (s)", "600.0000"), ("EL (V)", f"{low_v:.3f}"), ("goto Ns'", "0"),
        ("nc cycles", "62"),
    )  # fmt: skip


def write_mpt(
    name: str,
    technique: str,
    station: Station,
    settings: Sequence[tuple[str, str]],
    columns: Mapping[str, np.ndarray],
    *,
    area_cm2: float,
    mass_mg: float,
    reference: str = "",
) -> bytes:
    """One whole .mpt file."""
    n_rows = len(next(iter(columns.values())))
    head = _head(name, technique, station, area_cm2, mass_mg, reference)
    head += [f"{key:<{STEP_WIDTH}}{value:<{STEP_WIDTH}}" for key, value in settings]
    head.append("")
    if station.loops:
        head += ["Number of loops : 1", f"Loop 0 from point number 0 to {n_rows - 1}", ""]
    head.insert(1, f"Nb header lines : {len(head) + 2:<27}")
    tail = "\t" if not station.old else ""
    lines = [*head, "\t".join(columns) + tail]
    lines += ["\t".join(_number(k, v[i], station) for k, v in columns.items()) + tail for i in range(n_rows)]
    text = "\r\n".join(lines) + "\r\n"
    if station.comma:
        kept = ("Acquisition", "Saved", "\tFile", "\tHost", "EC-L", "Internet", "Command")
        text = "\r\n".join(line if line.startswith(kept) else _comma(line) for line in lines) + "\r\n"
    return text.encode("cp1252")


def _head(name: str, technique: str, station: Station, area_cm2: float, mass_mg: float, reference: str) -> list[str]:
    old = station.old
    stem = name.rsplit("/", 1)[-1].removesuffix(".mpt")
    lines = ["EC-Lab ASCII FILE", "", technique, "", f"Run on channel : {station.channel}"]
    lines += ["Grouped channel(s) : 1"] if old else []
    lines += ["User : ", "CE vs. WE compliance from -10 V to 10 V", "Electrode connection : standard"]
    lines += [] if old else ["Potential control : Ewe"]
    lines += ["Ewe ctrl range : min = -5.00 V, max = 5.00 V"]
    lines += [] if old else ["Safety Limits :", "\tDo not start on E overload", "Channel : Grounded"]
    lines += [f"Acquisition started on : {station.date}"]
    lines += [] if old else ["Loaded Setting File : NONE"]
    lines += ["Saved on :", f"\tFile : {stem}.mpr", "\tDirectory : C:\\simulated\\", "\tHost : 0.0.0.0"]
    lines += [f"Device : {station.device}", "Address : USB", station.software]
    lines += [f"Internet server {station.firmware} (firmware)", f"Command interpretor {station.firmware} (firmware)"]
    lines += ["Electrode material : carbon", "Initial state : simulated", f"Electrolyte : {stem.split('_')[0]}"]
    lines += [f"Comments : {COMMENT}"]
    lines += [] if old else ["Cable : standard"]
    lines += [f"Reference electrode : {reference}"] if reference else []
    lines += [f"Electrode surface area : {area_cm2:.3f} cm²", f"Characteristic mass : {mass_mg:.3f} mg"]
    lines += [] if old else ["Equivalent Weight : 0.000 g/eq.", "Density : 0.000 g/cm3", "Volume (V) : 0.043 cm³"]
    lines += ["Cycle Definition : Charge/Discharge alternance"]
    return lines


def _number(column: str, value: float, station: Station) -> str:
    if column in INTEGERS:
        return f"{int(value)}"
    if not station.scientific:
        return f"{value:.9g}".upper()
    mantissa, exponent = f"{value:.7E}".split("E")
    return f"{mantissa}E{int(exponent):+04d}"


def _comma(line: str) -> str:
    out = list(line)
    for i in range(1, len(out) - 1):
        if out[i] == "." and out[i - 1].isdigit() and out[i + 1].isdigit():
            out[i] = ","
    return "".join(out)
