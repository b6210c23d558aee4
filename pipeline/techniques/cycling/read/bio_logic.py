"""EC-Lab tables of galvanostatic techniques (GCPL, modulo-bat, CP) -> records.

A .mpr of GCPL has no current: the charge of each row is ``dq``, which the instrument counts (``dQ`` is counted from the beginning
of the sequence).  The column ``mode`` says what was held: 1 the current, 2 the potential, 3 nothing (open circuit).

GCPL6 limits the potential of the cell, Ewe - Ece; the others that of the working electrode, Ewe.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.eclab.mpt import EclabTable
from pipeline.instruments.eclab.tables import has_impedance, source_of
from pipeline.techniques.cycling.model import Control
from pipeline.techniques.cycling.read.records import Records

TECHNIQUES = re.compile(r"^(GCPL\d?|MB|BCD|CP|CPW|CLD|APGC|PCGA|CED|Modulo Bat.*|Galvanostatic.*)$", re.IGNORECASE)
CHARGES = {"dq/mA.h": 1.0, "dq/C": 1e3 / 3600}
COUNTERS = {
    "Q charge/discharge/mA.h": 1.0,
    "(Q-Qo)/mA.h": 1.0,
    "(Q-Qo)/C": 1e3 / 3600,
    "dQ/mA.h": 1.0,
    "dQ/C": 1e3 / 3600,
}
CURRENTS = {"I/mA": 1e-3, "<I>/mA": 1e-3, "I/A": 1.0, "<I>/A": 1.0, "I/µA": 1e-6, "<I>/µA": 1e-6, "I/uA": 1e-6}
OF_THE_CELL = ("GCPL6", "")
"""Techniques that limit the potential of the cell; a .mpr does not name this one."""
ALWAYS_CURRENT = re.compile(r"^(CP|CPW|APGC|CLD)$", re.IGNORECASE)
OPEN_CIRCUIT = 3.0
MODES: dict[float, Control] = {1.0: "cc", 2.0: "cv", 3.0: "rest"}


def is_cycling(table: EclabTable) -> bool:
    """True for a galvanostatic technique, or an unnamed table that counts charge under a current or potential limit."""
    if has_impedance(table):
        return False
    if not table.technique:
        return "dq/mA.h" in table.columns and "control/V/mA" in table.columns
    return TECHNIQUES.match(table.technique) is not None


def from_eclab(raw: RawFile, form: str, tables: Sequence[EclabTable]) -> Records:
    """Records of the galvanostatic tables of a file, one after another.

    Raises
    ------
    ReadError
        None in the file, or no potential, time, or charge.
    """
    wanted = [t for t in tables if is_cycling(t)] or [t for t in tables if not t.technique]
    if not wanted:
        what = ", ".join(dict.fromkeys(t.technique for t in tables if t.technique)) or "no technique in the header"
        raise ReadError(
            source=raw.name, field="technique", problem=f"not cycling ({what})", hint="give GCPL or modulo-bat"
        )
    if len(wanted) == 1:
        return _records(raw, form, wanted[0])
    first = _records(raw, form, wanted[0])
    note = Finding(severity="warning", field="technique", problem=f"the first of {len(wanted)} tables is read",
                   hint="export them one by one")  # fmt: skip
    return replace(first, findings=(*first.findings, note))


def _records(raw: RawFile, form: str, table: EclabTable) -> Records:
    c = table.columns
    potential, told = _potential(table)
    current = next((c[n] * f for n, f in CURRENTS.items() if n in c), None)
    charge = next((c[n] * f for n, f in CHARGES.items() if n in c), None)
    counter = next((c[n] * f for n, f in COUNTERS.items() if n in c), None)
    for name, value in (("Ewe/V", potential), ("time/s", c.get("time/s"))):
        if value is None:
            raise ReadError(source=raw.name, field=name, problem=f"not in the file ({table.technique or 'no technique'})",
                            hint="export it")  # fmt: skip
    if current is None and charge is None and counter is None:
        raise ReadError(source=raw.name, field="I/mA", problem="no current and no charge in the file", hint="export dq")
    assert potential is not None
    mode = c.get("mode")
    if mode is not None and ALWAYS_CURRENT.match(table.technique):
        mode = np.where(mode == OPEN_CIRCUIT, OPEN_CIRCUIT, 1.0)
    known = tuple(MODES)
    state = None if mode is None else _coded(mode, known)
    return Records(
        source=source_of(raw, form, table),
        voltage_v=np.asarray(potential),
        current_a=current,
        clocks={"time": c["time/s"]},
        capacity_mah=counter,
        dq_mah=charge,
        state=state,
        words=("galvanostatic", "potentiostatic", "open circuit"),
        meanings=tuple((None, MODES[m]) for m in known),
        step=_numbered(c),
        cycle=c.get("cycle number"),
        contiguous=True,
        findings=(*table.findings, *told),
    )


def _potential(table: EclabTable) -> tuple[FloatArray | None, tuple[Finding, ...]]:
    """The potential that the technique limits, with a finding where the file holds another one."""
    c = table.columns
    working = c.get("Ewe/V", c.get("<Ewe>/V"))
    counter = c.get("Ece/V", c.get("<Ece>/V"))
    cell = c.get("Ecell/V", c.get("Ewe-Ece/V"))
    if cell is None and working is not None and counter is not None:
        cell = working - counter
    whole = working is None or (table.technique.upper() in OF_THE_CELL and cell is not None)
    if working is None or cell is None or not np.any(working != cell):
        return cell if whole else working, ()
    words = "Ewe - Ece, of the cell" if whole else "Ewe, of the working electrode; Ece was recorded as well"
    return cell if whole else working, (Finding(severity="info", field="Ewe/V", problem=f"the potential is {words}"),)


def _coded(mode: FloatArray, known: Sequence[float]) -> FloatArray:
    out = np.full(mode.shape, np.nan)
    for i, m in enumerate(known):
        out[mode == m] = i
    return out


def _numbered(c: object) -> FloatArray | None:
    """A number that changes with the sequence and with the half cycle."""
    columns: dict[str, FloatArray] = dict(c)  # type: ignore[call-overload]
    parts = [columns[n] for n in ("Ns", "half cycle") if n in columns]
    if not parts:
        return None
    change = np.zeros(parts[0].size, dtype=bool)
    for p in parts:
        change[1:] |= np.diff(p) != 0
    return np.cumsum(change).astype(float)
