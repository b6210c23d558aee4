"""Named columns of any maker -> the records of one test in SI (charges in mAh), whole.

Which column is what comes from its name, or from the study's ``columns``.  Nothing is computed but units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Source
from pipeline.core.values import Finding
from pipeline.instruments.neware.binary import NewareTable
from pipeline.instruments.sheets.cells import Column
from pipeline.instruments.sheets.table import SheetTable
from pipeline.science.constants import ZERO_CELSIUS_K
from pipeline.techniques.cycling.read.names import Named, read_name
from pipeline.techniques.cycling.read.states import Meaning, read_state

MAX_CELL_V = 100.0
"""No cell has more: such a column is in mV whatever its name says."""
MOST_LOST = 0.2
"""Share of rows without a number above which a column is no measurement."""
CALLED_TIME = ("time", "step_time", "date")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Records:
    """One test, row by row. Arrays of shape (n,); None where the file has no such column."""

    source: Source
    voltage_v: FloatArray
    current_a: FloatArray | None
    clocks: Mapping[str, FloatArray]
    """``time``, ``step_time``, ``date`` in s; the first from the beginning of the test, the second of its step."""
    capacity_mah: FloatArray | None = None
    """One counter for both directions."""
    charge_mah: FloatArray | None = None
    discharge_mah: FloatArray | None = None
    """Counters of one direction each."""
    dq_mah: FloatArray | None = None
    """Charge since the row before, positive on charge."""
    state: FloatArray | None = None
    """Into ``meanings`` and ``words``."""
    words: tuple[str, ...] = ()
    meanings: tuple[Meaning | None, ...] = ()
    step: FloatArray | None = None
    cycle: FloatArray | None = None
    temperature_k: FloatArray | None = None
    contiguous: bool = False
    """A step begins with the last row of the one before: the instrument loses no time between them."""
    findings: tuple[Finding, ...] = ()

    @property
    def n_rows(self) -> int:
        """Rows of the test."""
        return self.voltage_v.size


def from_sheet(raw: RawFile, table: SheetTable, maker: str, columns: Mapping[str, str]) -> Records:
    """Records of a sheet's table.

    Parameters
    ----------
    columns:
        Role -> name of the column, from the study; the names decide where it is empty.

    Raises
    ------
    ReadError
        A column is missing, named by no unit, or holds no numbers.
    """
    found, notes = _choose(raw, table, columns)
    n = max((c.n_filled for role, (c, _) in found.items() if role in ("voltage", "current")), default=0)
    if n == 0:
        raise ReadError(source=raw.name, field="rows", problem="no records below the header", hint="export the records")

    def si(role: str) -> FloatArray | None:
        if role not in found:
            return None
        column, named = found[role]
        if column.kind == "words":
            raise ReadError(source=raw.name, field=column.name, problem="holds words, not numbers", hint="export again")
        lost = int(np.count_nonzero(np.isnan(column.values[:n])))
        if lost > MOST_LOST * n and role in ("voltage", "current"):
            problem = f"{lost} of {n} rows hold no number"
            raise ReadError(source=raw.name, field=column.name, problem=problem, hint="export again")
        return np.asarray(column.values[:n] * (1.0 if column.kind in ("clock", "date") else named.factor))

    voltage = si("voltage")
    assert voltage is not None
    voltage, notes = _plausible_volts(voltage, found["voltage"][0].name, notes)
    state, words = _words(found.get("state"), n)
    temperature = si("temperature")
    return Records(
        source=Source(
            file=raw.name, format=maker, evidence=f"columns {', '.join(c.name for c, _ in found.values())}"[:200]
        ),
        voltage_v=voltage,
        current_a=si("current"),
        clocks={role: clock for role in CALLED_TIME if (clock := si(role)) is not None},
        capacity_mah=si("capacity"),
        charge_mah=si("charge_capacity"),
        discharge_mah=si("discharge_capacity"),
        state=state,
        words=words,
        meanings=tuple(read_state(w) for w in words),
        step=si("step") if "step" in found and found["step"][0].kind == "number" else None,
        cycle=si("cycle") if "cycle" in found and found["cycle"][0].kind == "number" else None,
        temperature_k=None if temperature is None else temperature + ZERO_CELSIUS_K,
        findings=tuple(notes),
    )


def _choose(
    raw: RawFile, table: SheetTable, columns: Mapping[str, str]
) -> tuple[dict[str, tuple[Column, Named]], list[Finding]]:
    """Role -> column with its meaning: of several tables side by side those of the one with potential and most rows."""
    named: list[tuple[Column, Named]] = []
    for column in table.columns:
        said = next((role for role, name in columns.items() if name == column.name), None)
        meaning = read_name(column.name) if said is None else _as_told(column.name, said)
        if meaning is not None and (not columns or said is not None or meaning.role not in columns):
            named.append((column, meaning))
    groups = _beside_each_other(table, named)
    if not groups:
        raise ReadError(source=raw.name, field="voltage", problem=f"no such column among: {', '.join(table.names)[:150]}",
                        hint="name it in the study: columns = { voltage = ... }")  # fmt: skip
    main = max(groups, key=lambda g: (_n_rows(g), len(g)))
    found = {m.role: (c, m) for c, m in reversed(main)}
    length = _n_rows(main)
    for group in groups:
        for column, meaning in group:
            same = column.n_filled == length or (
                meaning.role in ("date", "temperature") and column.n_filled > length / 2
            )
            if meaning.role not in found and same:
                found[meaning.role] = (column, meaning)
    notes = []
    for role, (column, meaning) in list(found.items()):
        if math.isnan(meaning.factor):
            if role == "current" or "current" not in found:
                raise ReadError(source=raw.name, field=column.name, problem="has no unit",
                                hint='name it with its unit in the study: columns = { current = "I (mA)" }')  # fmt: skip
            notes.append(Finding(severity="warning", field=column.name, problem="has no unit: not used"))
            del found[role]
    return found, notes


def _as_told(name: str, role: str) -> Named | None:
    """A column whose role the study gives: only its unit is read from its name."""
    from pipeline.techniques.cycling.read.names import KIND, UNITS, split_unit

    kind = KIND.get(role)
    if kind is None:
        return Named(role=role, factor=1.0, unit="")
    unit = split_unit(name)[1]
    factor = UNITS[kind].get(unit, 1.0 if ":" in unit else float("nan"))
    return Named(role=role, factor=factor, unit=unit)


def _beside_each_other(table: SheetTable, named: Sequence[tuple[Column, Named]]) -> list[list[tuple[Column, Named]]]:
    """Tables side by side: cut at columns without a name, and where a role comes again."""
    groups: list[list[tuple[Column, Named]]] = []
    last = -2
    for column, meaning in named:
        blank = any(not n for n in table.names[max(last, 0) : column.place])
        again = bool(groups) and meaning.role in {m.role for _, m in groups[-1]} and meaning.role == "voltage"
        if not groups or blank or again:
            groups.append([])
        groups[-1].append((column, meaning))
        last = column.place
    return groups


def _n_rows(group: Sequence[tuple[Column, Named]]) -> int:
    """Rows of a group that can be a test, -1 for one without a potential."""
    filled = [c.n_filled for c, m in group if m.role == "voltage"]
    return max(filled, default=-1)


def _words(state: tuple[Column, Named] | None, n: int) -> tuple[FloatArray | None, tuple[str, ...]]:
    if state is None or state[0].kind not in ("words", "number"):
        return None, ()
    column = state[0]
    if column.kind == "number":
        return None, ()
    return column.values[:n], column.words


def _plausible_volts(voltage: FloatArray, name: str, notes: list[Finding]) -> tuple[FloatArray, list[Finding]]:
    """Volts that no cell has are millivolts: said, never silent."""
    good = voltage[np.isfinite(voltage)]
    if good.size == 0 or float(np.median(np.abs(good))) <= MAX_CELL_V:
        return voltage, notes
    problem = f"{name} has a median of {float(np.median(good)):.0f}, which no cell has in V: taken as mV"
    note = Finding(severity="warning", field=name, problem=problem, hint="name it in the study with its unit")
    return voltage * 1e-3, [*notes, note]


def from_neware(raw: RawFile, table: NewareTable) -> Records:
    """Records of a .nda or .ndax."""
    c = table.columns
    time = c["Time"]
    total = bool(np.all(np.diff(time) >= 0)) and bool(np.any(np.diff(c["Step"]) != 0))
    clocks = {"time" if total else "step_time": time}
    if "Timestamp" in c:
        clocks["date"] = c["Timestamp"]
    return Records(
        source=Source(
            file=raw.name,
            format="Neware nda" if raw.data.startswith(b"NEWARE") else "Neware ndax",
            evidence="its first bytes",
        ),
        voltage_v=c["Voltage"],
        current_a=c["Current(mA)"] * 1e-3,
        clocks=clocks,
        charge_mah=np.abs(c["Charge_Capacity(mAh)"]),
        discharge_mah=np.abs(c["Discharge_Capacity(mAh)"]),
        state=c["Status"],
        words=table.status,
        meanings=tuple(read_state(w) for w in table.status),
        step=c["Step"],
        cycle=c["Cycle"],
        temperature_k=c["T1"] + ZERO_CELSIUS_K if "T1" in c else None,
    )
