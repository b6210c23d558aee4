"""What the name of a column says: its role in a test, and the factor from its unit to s, V, A, mAh.

Names of LAND, Neware, Arbin, PEC, Maccor and plain tables, in English and Chinese, with the unit behind a slash, in brackets,
or in the name itself (``mAmps``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

PATTERNS: tuple[tuple[str, str], ...] = (
    ("voltage", r"voltage|volts?|voltagev|u|v|ewe|ecell|e|potential|cellvoltage|电压|电池电压|单体电压"),
    ("current", r"current|cur|curr|amps?|mamps?|i|电流"),
    ("time", r"testtime|totaltime|tottime|elapsedtime|runtime|time|timet|t|测试时间|总时间|累计时间|时间|运行时间"),
    ("step_time", r"steptime|relativetime|reltime|inthestep|工步时间|步骤时间|相对时间|步次时间"),
    (
        "date",
        r"systime|systemtime|datetime|date|absolutetime|abstime|realtime|dpttime|dpt|timestamp|系统时间|绝对时间|日期",
    ),
    ("charge_capacity", r"(charge|chg|充电)(capacity|cap|容量)|(capacity|cap)(charge|chg)|qcharge|chgcap"),
    (
        "discharge_capacity",
        r"(discharge|dischg|dchg|放电)(capacity|cap|容量)|(capacity|cap)(discharge|dchg)|qdischarge",
    ),
    ("capacity", r"capacity|cap|amphr|mamphr|容量|电量"),
    (
        "state",
        r"state|status|stepstatus|steptype|stepname|instructionname|workmode|状态|工步状态|工步类型|工作模式|步骤状态",
    ),
    (
        "cycle",
        r"cycle|cycleno|cycleindex|cyclenumber|cycleid|cyc#?|totalcycle|tcycle|cyclecount|循环|循环号|循环序号|循环数",
    ),
    ("step", r"stepnumber|stepno|step|stepindex|stepid|步次|工步|工步号|工步序号|步骤|步骤号|步序号"),
    ("temperature", r"temperature|temp|t1|celltemperature|温度"),
)
"""Role and the whole of its name: lower case, without blanks, underscores, points and hyphens."""
FOREIGN = re.compile(r"freq|频率|^-?z'|^-?re\(z|^-?im\(z|\|z\||phase|阻抗", re.IGNORECASE)
UNITS: Mapping[str, Mapping[str, float]] = {
    "time": {
        "": 1.0, "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "秒": 1.0, "ms": 1e-3,
        "min": 60.0, "mins": 60.0, "minutes": 60.0, "分": 60.0, "h": 3600.0, "hr": 3600.0, "hrs": 3600.0, "hour": 3600.0,
        "hours": 3600.0, "小时": 3600.0, "时": 3600.0, "d": 86400.0, "day": 86400.0, "days": 86400.0,
    },
    "voltage": {"": 1.0, "v": 1.0, "mv": 1e-3, "uv": 1e-6, "伏": 1.0},
    "current": {"a": 1.0, "ma": 1e-3, "ua": 1e-6, "na": 1e-9, "安": 1.0, "毫安": 1e-3},
    "capacity": {
        "ah": 1e3, "mah": 1.0, "uah": 1e-3, "nah": 1e-6, "c": 1e3 / 3600, "mc": 1 / 3600, "as": 1e3 / 3600,
        "安时": 1e3, "毫安时": 1.0,
    },
}  # fmt: skip
KIND = {
    "time": "time", "step_time": "time", "voltage": "voltage", "current": "current", "capacity": "capacity",
    "charge_capacity": "capacity", "discharge_capacity": "capacity",
}  # fmt: skip
IN_NAME = {"mamps": "ma", "mamp": "ma", "amps": "a", "amp": "a", "mamphr": "mah", "amphr": "ah", "volts": "v"}
"""Names that are units themselves (Maccor)."""
UNITLESS = ("current", "capacity", "charge_capacity", "discharge_capacity")
"""Roles that mean nothing without a unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A column's name, understood."""

    role: str
    factor: float
    """To s, V, A, mAh; 1 for numbers and words."""
    unit: str
    """As written in lower case; '' where there is none."""


def read_name(text: str) -> Named | None:
    """Role and factor of a name; None for a name that says nothing, or whose unit is not of its role."""
    base, unit = split_unit(text)
    plain = re.sub(r"[\s_.\-:#]+", "", base.lower())
    role = next((r for r, pattern in PATTERNS if re.fullmatch(pattern, plain)), None)
    if role is None:
        return None
    unit = unit or IN_NAME.get(plain, "")
    kind = KIND.get(role)
    if kind is None:
        return None if role == "temperature" and not re.fullmatch(r"|°?c|\W{0,2}c?|k|℃|\?", unit) else Named(
            role=role, factor=1.0, unit=unit
        )  # fmt: skip
    if kind == "time" and (":" in unit or "hhmmss" in unit):
        return Named(role=role, factor=1.0, unit="clock")
    if plain in ("t", "e", "i", "u", "v") and not unit:
        return None  # one letter without a unit is anything
    factor = UNITS[kind].get(unit)
    if factor is None and not unit and role in UNITLESS:
        return Named(role=role, factor=float("nan"), unit="")
    return None if factor is None else Named(role=role, factor=factor, unit=unit)


def split_unit(text: str) -> tuple[str, str]:
    """``Current/uA`` -> (``Current``, ``ua``); ``Time (Hours in hh:mm:ss)`` -> (``Time``, ``hh:mm:ss``)."""
    found = re.fullmatch(r"\s*(.*?)\s*(?:/\s*(.*)|[(\[（](.*?)[)\]）]?)\s*", text)
    if found is None:
        return text.strip(), ""
    unit = (found[2] if found[2] is not None else found[3] or "").strip().lower()
    unit = unit.replace("µ", "u").replace("μ", "u").replace("·", "").replace("*", "").replace(".h", "h").rstrip(".")
    unit = re.sub(r"^hours in ", "", unit).strip("()[] ")
    return found[1], unit


def good_for(text: str) -> str:
    """The role of a name, '' for none, ``foreign`` for a column of another technique."""
    if FOREIGN.search(text):
        return "foreign"
    named = read_name(text)
    return "" if named is None else named.role


def is_header(roles: frozenset[str]) -> bool:
    """True for a line that names the columns of a test: potential, time, and what a tester alone writes."""
    has_time = bool({"time", "step_time", "date"} & roles)
    has_charge = bool({"current", "capacity", "charge_capacity"} & roles)
    return "voltage" in roles and has_time and has_charge and "foreign" not in roles


def is_tester(roles: frozenset[str]) -> bool:
    """True where no mere table of potential and current has such columns: steps, states, or a counter."""
    return is_header(roles) and bool({"state", "step", "capacity", "charge_capacity"} & roles)


def idle_roles(roles: frozenset[str]) -> frozenset[str]:
    """Columns that add nothing: the date beside two clocks."""
    return frozenset(("date",)) if {"time", "step_time"} <= roles else frozenset()
