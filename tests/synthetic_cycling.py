"""A test of a battery cell whose truth is known, and the exports that testers make of it.

Constant currents I for whole seconds T between straight potentials:  Q = I T / 3600,  E = Q (V_start + V_end) / 2.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.core.flow import reduce_unit
from pipeline.core.sample import RawFile
from pipeline.core.technique import Record, Settings, Work
from pipeline.techniques.cycling.model import CellInfo, CellTest, CyclingRow
from pipeline.techniques.cycling.settings import CurveSettings, RateSettings, StepSettings
from pipeline.techniques.cycling.technique import TECHNIQUE

SETTINGS = Settings(values=(StepSettings(), RateSettings(), CurveSettings()))
START = datetime.datetime(2024, 3, 1, 8, 0, 0)
MASS_MG = 7.0 * 60 / 102


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One step: mAh (signed: positive on charge), seconds, potentials at its ends."""

    mah: float
    seconds: int
    start_v: float
    end_v: float
    name: str = ""

    @property
    def ma(self) -> float:
        return self.mah * 3600 / self.seconds


def rest(seconds: int = 600, v: float = 3.0) -> Piece:
    return Piece(mah=0.0, seconds=seconds, start_v=v, end_v=v, name="R")


def charge(mah: float, seconds: int, low: float = 2.35, high: float = 4.0) -> Piece:
    return Piece(mah=mah, seconds=seconds, start_v=low, end_v=high, name="C_CC")


def discharge(mah: float, seconds: int, high: float = 3.95, low: float = 2.3) -> Piece:
    return Piece(mah=-mah, seconds=seconds, start_v=high, end_v=low, name="D_CC")


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """All records of a test."""

    index: list[int] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    cycle: list[int] = field(default_factory=list)
    state: list[str] = field(default_factory=list)
    time_s: list[int] = field(default_factory=list)
    step_s: list[int] = field(default_factory=list)
    volts: list[float] = field(default_factory=list)
    ma: list[float] = field(default_factory=list)
    mah: list[float] = field(default_factory=list)
    """Begins anew with every step."""
    cycle_mah: list[float] = field(default_factory=list)
    """Of one direction, begins anew with every cycle."""


def record(pieces: Sequence[Piece], every: int = 10, cycles: Sequence[int] = ()) -> Rows:
    """Rows every so many seconds, at the beginning and at the end of each step."""
    r, begin, cycle = Rows(), 0, 1
    seen = False
    for n, p in enumerate(pieces, start=1):
        if p.name.startswith("C") and seen:
            cycle, seen = cycle + 1, False
        seen = seen or p.name.startswith("D")
        times = sorted({*range(0, p.seconds, every), p.seconds})
        for t in times:
            share = t / p.seconds
            r.index.append(len(r.index) + 1)
            r.step.append(n)
            r.cycle.append(cycles[n - 1] if cycles else cycle)
            r.state.append(p.name)
            r.time_s.append(begin + t)
            r.step_s.append(t)
            r.volts.append(p.start_v + (p.end_v - p.start_v) * share)
            r.ma.append(p.ma)
            r.mah.append(abs(p.mah) * share)
        begin += p.seconds
    return r


def paper_cell(n_cycles: int = 4) -> list[Piece]:
    """0.1 C first: 0.4855 mAh out of 0.5052 in; then 0.2 C with rests between."""
    first_in = 0.4855 / 0.961
    pieces = [rest(), charge(first_in, 36_800), rest(300), discharge(0.4855, 35_400), rest(300)]
    for k in range(n_cycles - 1):
        q = 0.46 * 0.999**k
        pieces += [charge(q / 0.998, 16_780), rest(300), discharge(q, 16_760), rest(300)]
    return pieces


# ---- dialects of LAND ----


def hms(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def stamps(r: Rows) -> list[str]:
    return [(START + datetime.timedelta(seconds=t)).strftime("%Y-%m-%d %H:%M:%S") for t in r.time_s]


def text(head: Sequence[str], columns: Sequence[Sequence[object]], sign: str) -> str:
    lines = [sign.join(head)]
    lines += [sign.join(v if isinstance(v, str) else repr(v) for v in row) for row in zip(*columns, strict=True)]
    return "\r\n".join(lines) + "\r\n"


def csv_seconds(r: Rows) -> bytes:
    head = [
        "Record",
        "CycleNo",
        "StepNo",
        "State",
        "TestTime/Sec.",
        "StepTime/Sec.",
        "Voltage/V",
        "Current/mA",
        "Capacity/mAh",
    ]
    return text(head, [r.index, r.cycle, r.step, r.state, r.time_s, r.step_s, r.volts, r.ma, r.mah], ",").encode()


def csv_hours_micro(r: Rows) -> bytes:
    head = [
        "Index",
        "TestTime/h",
        "StepTime/h",
        "Voltage/V",
        "Current/uA",
        "Capacity/uAh",
        "SCapacity/mAh/g",
        "StepStatus",
    ]
    hours = [[t / 3600 for t in x] for x in (r.time_s, r.step_s)]
    micro = [[x * 1e3 for x in y] for y in (r.ma, r.mah)]
    specific = [q / MASS_MG * 1e3 for q in r.mah]
    names = ["CCC" if s == "C_CC" else "CCD" if s == "D_CC" else s for s in r.state]
    return text(head, [r.index, *hours, r.volts, *micro, specific, names], ",").encode("utf-8-sig")


def chinese(r: Rows) -> str:
    head = [
        "记录序号",
        "循环序号",
        "工步号",
        "工步状态",
        "测试时间",
        "工步时间",
        "电压/V",
        "电流/mA",
        "容量/mAh",
        "系统时间",
    ]
    names = {"R": "静置", "C_CC": "恒流充电", "D_CC": "恒流放电"}
    times = [[hms(t) for t in x] for x in (r.time_s, r.step_s)]
    return text(
        head, [r.index, r.cycle, r.step, [names[s] for s in r.state], *times, r.volts, r.ma, r.mah, stamps(r)], "\t"
    )


def txt_gbk(r: Rows) -> bytes:
    return chinese(r).encode("gbk")


def csv_chinese_utf8(r: Rows) -> bytes:
    return chinese(r).replace("\t", ",").encode()


def txt_unsigned_spacer(r: Rows) -> bytes:
    """Sizes of the current alone, an empty column beside the clock, a probe that is not there."""
    head = ["Index", "TestTime", "Voltage/V", "Current/mA", "Capacity/mAh", "State", "", "SysTime", "T1/C"]
    empty = [""] * len(r.index)
    probe = ["-"] * len(r.index)
    size = [abs(x) for x in r.ma]
    return text(
        head, [r.index, [hms(t) for t in r.time_s], r.volts, size, r.mah, r.state, empty, stamps(r), probe], "\t"
    ).encode()


def csv_decimal_comma(r: Rows) -> bytes:
    head = ["Index", "TestTime/Sec.", "Voltage/mV", "Current/mA", "Capacity/mAh", "State"]
    mv = [v * 1e3 for v in r.volts]
    return (
        text(head, [r.index, r.time_s, mv, r.ma, r.mah, r.state], ";")
        .replace(".", ",")
        .replace("Sec,", "Sec.")
        .encode()
    )


def discharge_positive(r: Rows) -> bytes:
    """The other sign, and a counter that is negative on discharge."""
    head = ["Index", "Cycle-Index", "Step", "TestTime/Sec.", "Voltage/V", "Current/A", "Capacity/Ah", "State"]
    signed = [-q if s == "D_CC" else q for q, s in zip(r.mah, r.state, strict=True)]
    names = [{"C_CC": "RateC", "D_CC": "RateD"}.get(s, s) for s in r.state]
    amps = [-x * 1e-3 for x in r.ma]
    return text(
        head, [r.index, r.cycle, r.step, r.time_s, r.volts, amps, [q * 1e-3 for q in signed], names], "\t"
    ).encode("utf-16")


def xlsx_of(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


CYCLE_TABLE = [["Cycle-Index", "Charge_Capacity/mAh", "DisCharge_Capacity/mAh"], [1, 0.5, 0.48], [2, 0.46, 0.46]]
STEP_TABLE = [["Step", "StepStatus", "StepTime/Sec.", "Capacity/mAh", "StartVoltage/V"], [1, "R", 600, 0.0, 3.0]]


def xlsx_tabs(r: Rows) -> bytes:
    head = [
        "Index",
        "TestTime",
        "StepTime",
        "Voltage/V",
        "Current/mA",
        "Capacity/mAh",
        "Energy/mWh",
        "StepStatus",
        "SysTime",
    ]
    energy = [0.0] * len(r.index)
    times = [[datetime.timedelta(seconds=t) for t in x] for x in (r.time_s, r.step_s)]
    system = [START + datetime.timedelta(seconds=t) for t in r.time_s]
    rows = zip(r.index, *times, r.volts, r.ma, r.mah, energy, r.state, system, strict=True)
    return xlsx_of({"Cycle-Tab": CYCLE_TABLE, "Step-Tab": STEP_TABLE, "Record-Tab": [head, *rows]})


def xlsx_side_by_side(r: Rows) -> bytes:
    """Cycles, steps and records beside each other in one sheet."""
    head = ["Record", "TestTime/Sec.", "StepTime/Sec.", "Voltage/V", "Current/uA", "Capacity/uAh", "State"]
    rows = []
    for i in range(-1, len(r.index)):
        left = [*_at(CYCLE_TABLE, i + 1, 3), None, *_at(STEP_TABLE, i + 1, 5), None]
        now = [r.index[i], r.time_s[i], r.step_s[i], r.volts[i], r.ma[i] * 1e3, r.mah[i] * 1e3, r.state[i]]
        rows.append([*left, *(head if i < 0 else now)])
    return xlsx_of({"Sheet1": rows})


def _at(table: Sequence[Sequence[object]], i: int, width: int) -> list[object]:
    return list(table[i]) if i < len(table) else [None] * width


DIALECTS: dict[str, Callable[[Rows], bytes]] = {
    "seconds.csv": csv_seconds,
    "hours_micro.csv": csv_hours_micro,
    "gbk.txt": txt_gbk,
    "chinese.csv": csv_chinese_utf8,
    "unsigned.txt": txt_unsigned_spacer,
    "comma.csv": csv_decimal_comma,
    "other_sign.txt": discharge_positive,
    "tabs.xlsx": xlsx_tabs,
    "beside.xlsx": xlsx_side_by_side,
}


# ---- through the room ----


def reduce_record(
    data: bytes, name: str = "cell.csv", cell: CellInfo | None = None, **steps: float
) -> Record[CellTest]:
    raw = RawFile(name=name, data=data, size=len(data))
    row = CyclingRow(name=name, sample="A", files=(name,), cell=cell or CellInfo())
    settings = Settings(values=(StepSettings(**steps), RateSettings(), CurveSettings())) if steps else SETTINGS
    return reduce_unit(TECHNIQUE.chain, Work(row=row, settings=settings), lambda _: raw)


def reduce_cell(data: bytes, name: str = "cell.csv", cell: CellInfo | None = None, **steps: float) -> CellTest:
    found = reduce_record(data, name, cell, **steps)
    assert not found.rejected, found.rejected
    (test,) = found.results
    return test


def all_values(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in values])
