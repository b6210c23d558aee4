"""Records of a test -> its steps: cut where the tester went on to another, directions told, one clock chosen.

A step is cut by its number, by its name, where its own clock starts again, and, where the file says none of these, where the
current changes its sign.  Nothing is ever taken across such a cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.values import Finding
from pipeline.techniques.cycling.model import Control, CyclingStep, Direction
from pipeline.techniques.cycling.read.records import Records

MAX_STEPS = 100_000
NO_CURRENT = 1e-3
"""Share of the largest current below which a cell is at rest, where no step says so."""
RESTART = 0.5
"""A step's clock that falls below this share of its last value has started again."""
MANY_RESTARTS = 0.6
"""Share of the steps that begin near zero in a column that is a step's clock, whatever its name says."""
SIGN: Mapping[Direction, float] = {"charge": 1.0, "discharge": -1.0}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Signed:
    """Directions of all steps and the current with its sign."""

    directions: tuple[Direction | None, ...]
    controls: tuple[Control, ...]
    current_a: FloatArray | None
    findings: tuple[Finding, ...]


def cut_steps(records: Records) -> tuple[CyclingStep, ...]:
    """All steps of a test, in their order.

    Raises
    ------
    ReadError
        No rows, or more steps than a test has.
    """
    records = replace(records, state=_filled(records.state), step=_filled(records.step), cycle=_filled(records.cycle))
    starts = _starts(records)
    if starts.size > MAX_STEPS:
        problem = f"{starts.size} steps in {records.n_rows} rows: the column of steps or states is another one"
        raise ReadError(source=records.source.file, field="step", problem=problem, hint="name it in the study: columns")
    ends = np.append(starts[1:], records.n_rows)
    parts = list(zip(starts.tolist(), ends.tolist(), strict=True))
    signed = _directions(records, parts)
    clocks = _step_clock(records, starts)
    times, begun, notes = _timeline(clocks, parts, contiguous=records.contiguous)
    findings = (*records.findings, *signed.findings, *notes)
    counters = _counters(records)
    out = []
    for i, (a, b) in enumerate(parts):
        direction = signed.directions[i]
        counter = counters.get(direction or "charge")
        sign = 1.0 if direction is None else SIGN[direction]
        out.append(
            CyclingStep(
                source=records.source,
                loop=i + 1,
                direction=direction,
                control=signed.controls[i],
                label=_label(records, a),
                time_s=times[a:b],
                start_s=begun[i],
                voltage_v=records.voltage_v[a:b],
                current_a=None if signed.current_a is None else signed.current_a[a:b],
                counter_mah=None if counter is None or direction is None else counter[a:b],
                counter_before_mah=_before(counter, a),
                charge_mah=None if records.dq_mah is None else records.dq_mah[a:b] * sign,
                cycle=None if records.cycle is None or not np.isfinite(records.cycle[a]) else int(records.cycle[a]),
                temperature_k=None if records.temperature_k is None else records.temperature_k[a:b],
                findings=findings if i == 0 else (),
            )
        )
    return tuple(out)


def _filled(values: FloatArray | None) -> FloatArray | None:
    """Empty cells take the value above them: some exports name a step in its first row only."""
    if values is None or not np.isnan(values).any():
        return values
    if np.isnan(values).all():
        return None
    places = np.where(np.isnan(values), 0, np.arange(values.size))
    return np.asarray(values[np.maximum.accumulate(places)])


def _starts(r: Records) -> NDArray[np.intp]:
    """First row of every step."""
    if r.n_rows < 2:
        raise ReadError(
            source=r.source.file, field="rows", problem="fewer than two records", hint="was the test stopped?"
        )
    cut = np.zeros(r.n_rows, dtype=bool)
    cut[0] = True
    for column in (r.step, r.state):
        if column is not None:
            cut[1:] |= (np.diff(column) != 0) & ~(np.isnan(column[1:]) & np.isnan(column[:-1]))
    clock = r.clocks.get("step_time")
    if clock is not None:
        cut[1:] |= (clock[1:] < RESTART * clock[:-1]) & _forward(r.clocks)
    named = r.state is not None and any(m is not None and (m[0] is not None or m[1] == "rest") for m in r.meanings)
    if not named and r.step is None and r.current_a is not None:
        size = np.abs(r.current_a)
        largest = float(np.nanquantile(size, 0.99)) if np.isfinite(size).any() else 0.0
        kind = np.where(size > NO_CURRENT * largest, np.sign(r.current_a), 0.0)
        cut[1:] |= np.diff(kind) != 0
    return np.flatnonzero(cut)


def _forward(clocks: Mapping[str, FloatArray]) -> NDArray[np.bool_]:
    """Rows after which the test's own clock did not run backwards: there a step's clock that falls has started again."""
    total = clocks.get("time")
    if total is None:
        total = clocks.get("date")
    return np.ones(1, dtype=bool) if total is None else ~(np.diff(total) < 0)


def _label(r: Records, row: int) -> str:
    if r.state is None or not np.isfinite(r.state[row]):
        return ""
    return r.words[int(r.state[row])]


def _before(counter: FloatArray | None, row: int) -> float | None:
    """The last count above a row; None where there is none."""
    if counter is None:
        return None
    above = counter[max(row - 50, 0) : row]
    known = above[np.isfinite(above)]
    return float(known[-1]) if known.size else None


# ---- directions ----


def _directions(r: Records, parts: Sequence[tuple[int, int]]) -> Signed:
    """Direction and control of each step, and the current positive on charge."""
    said = [_said(r, a) for a, _ in parts]
    notes: list[Finding] = []
    unknown = list(dict.fromkeys(_label(r, a) for (a, _), s in zip(parts, said, strict=True) if s is None and r.words))
    if unknown:
        problem = f"steps named {', '.join(map(repr, unknown[:5]))} are not known: told by their current"
        notes.append(Finding(severity="warning", field="state", problem=problem))
    current, unsigned = r.current_a, False
    if current is not None:
        current, unsigned = _conventional(current, parts, said, notes)
    directions: list[Direction | None] = []
    largest = 0.0 if current is None else float(np.nanmax(np.abs(current), initial=0.0))
    for (a, b), s in zip(parts, said, strict=True):
        direction = s[0] if s is not None else None
        if direction is None and (s is None or s[1] not in ("rest", "pulse")):
            direction = _by_numbers(r, current, (a, b), largest, unsigned=unsigned)
        if s is not None and s[1] == "pulse":
            direction = _by_numbers(r, current, (a, b), largest, unsigned=False)
        directions.append(direction)
    if unsigned and current is not None:
        current = current.copy()
        for (a, b), d in zip(parts, directions, strict=True):
            current[a:b] *= 1.0 if d is None else SIGN[d]
        if any(s is None or s[0] is None for s, d in zip(said, directions, strict=True) if d is not None):
            problem = (
                "no current is negative and not every step is named: directions from the counters or the potential"
            )
            notes.append(Finding(severity="warning", field="current", problem=problem, hint="look at the figure"))
    controls: list[Control] = [
        s[1] if s is not None else "unknown" if d is not None else "rest" for s, d in zip(said, directions, strict=True)
    ]
    return Signed(directions=tuple(directions), controls=tuple(controls), current_a=current, findings=tuple(notes))


def _said(r: Records, row: int) -> tuple[Direction | None, Control] | None:
    if r.state is None or not np.isfinite(r.state[row]):
        return None
    return r.meanings[int(r.state[row])]


def _conventional(
    current: FloatArray,
    parts: Sequence[tuple[int, int]],
    said: Sequence[tuple[Direction | None, Control] | None],
    notes: list[Finding],
) -> tuple[FloatArray, bool]:
    """The current positive on charge as most named steps have it, and whether the file gives sizes alone."""
    largest = float(np.nanmax(np.abs(current), initial=0.0))
    if not np.any(current < -NO_CURRENT * largest):
        return np.asarray(np.abs(current)), True
    agree = 0.0
    for (a, b), s in zip(parts, said, strict=True):
        if s is not None and s[0] is not None:
            agree += float(np.sign(np.nansum(current[a:b]))) * SIGN[s[0]] * (b - a)
    if agree >= 0:
        return current, False
    problem = "steps named discharge have positive currents throughout: the sign is turned"
    notes.append(Finding(severity="info", field="current", problem=problem))
    return -current, False


def _by_numbers(
    r: Records, current: FloatArray | None, rows: tuple[int, int], largest: float, *, unsigned: bool
) -> Direction | None:
    """Direction of some rows by current, counters, or (sizes alone) the potential; None at rest.

    ``largest`` is the largest current of the test.
    """
    a, b = rows
    if r.dq_mah is not None and current is None:
        total = float(np.nansum(r.dq_mah[a:b]))
    elif r.charge_mah is not None and r.discharge_mah is not None and unsigned:
        total = float(r.charge_mah[b - 1] - r.charge_mah[a]) - float(r.discharge_mah[b - 1] - r.discharge_mah[a])
    elif current is None:
        assert r.capacity_mah is not None
        total = float(r.capacity_mah[b - 1] - r.capacity_mah[a])
    else:
        part = current[a:b]
        mean = float(np.nanmean(part)) if np.isfinite(part).any() else 0.0
        if abs(mean) <= NO_CURRENT * largest:
            return None
        total = float(r.voltage_v[b - 1] - r.voltage_v[a]) if unsigned else mean
    return "charge" if total > 0 else "discharge" if total < 0 else None


def _counters(r: Records) -> dict[str, FloatArray]:
    """The counter of each direction, growing in it."""
    if r.charge_mah is not None and r.discharge_mah is not None:
        return {"charge": np.abs(r.charge_mah), "discharge": np.abs(r.discharge_mah)}
    if r.capacity_mah is None:
        return {}
    if bool(np.any(r.capacity_mah < 0)):
        return {"charge": r.capacity_mah, "discharge": -r.capacity_mah}
    return {"charge": r.capacity_mah, "discharge": r.capacity_mah}


# ---- time ----


def _step_clock(r: Records, starts: NDArray[np.intp]) -> dict[str, FloatArray]:
    """The clocks by what they are: a column ``Time`` that starts again with most steps is the steps' own."""
    clocks = dict(r.clocks)
    time = clocks.get("time")
    if time is None or "step_time" in clocks or starts.size < 3:
        return clocks
    later = starts[1:]
    fell = (time[later] < RESTART * time[later - 1]) & (time[later] >= 0)
    if float(fell.mean()) >= MANY_RESTARTS:
        clocks["step_time"] = clocks.pop("time")
    return clocks


def _timeline(
    clocks: Mapping[str, FloatArray], parts: Sequence[tuple[int, int]], *, contiguous: bool
) -> tuple[FloatArray, list[float], list[Finding]]:
    """(n,) s from the beginning of the test by the clock that runs best within steps; when each step began; findings."""
    names = [n for n in ("step_time", "time", "date") if n in clocks]
    n = clocks[names[0]].size
    inside = np.ones(n, dtype=bool)
    inside[[a for a, _ in parts]] = False
    faults = {name: _faults(clocks[name], inside) for name in names}
    best = min(names, key=lambda name: (*faults[name], names.index(name)))
    notes = []
    for name in names:
        if faults[name][0] and name != best:
            problem = f"{faults[name][0]} time stamp(s) of {name.replace('_', ' ')} run backwards: {best.replace('_', ' ')} is used"
            notes.append(Finding(severity="warning", field=name, problem=problem))
    total = next((clocks[name] for name in ("time", "date") if name in clocks), None)
    zero = 0.0 if total is None else float(total[np.isfinite(total)][0]) if np.isfinite(total).any() else 0.0
    out, begun, end = np.empty(n), [], 0.0
    for a, b in parts:
        clock = clocks[best][a:b]
        lead = _gap(total, a, b) if contiguous and total is not None else _lead(clocks.get("step_time"), a, b)
        first = end if total is None or not np.isfinite(total[a]) else float(total[a]) - zero - lead
        start = first if first >= end else end
        out[a:b] = clock - float(clock[0]) + lead + start
        begun.append(start)
        finite = out[a:b][np.isfinite(out[a:b])]
        end = max(end, float(finite.max())) if finite.size else end
    return out, begun, notes


def _faults(clock: FloatArray, inside: NDArray[np.bool_]) -> tuple[int, int]:
    """Steps back, and steps of nothing or of no number, within steps of the test."""
    dt = np.diff(clock)[inside[1:]]
    return int(np.count_nonzero(dt < 0)), int(np.count_nonzero((dt == 0) | np.isnan(dt)))


def _gap(total: FloatArray, a: int, b: int) -> float:
    """Time from the last row of the step before to the first of this one."""
    if a == 0 or b - a < 2:
        return 0.0
    first = float(total[a] - total[a - 1])
    return first if 0 <= first <= 1.5 * float(np.nanmedian(np.abs(np.diff(total[a:b])))) else 0.0


def _lead(step_time: FloatArray | None, a: int, b: int) -> float:
    """Time between the beginning of a step and its first row, where its own clock tells it."""
    if step_time is None or b - a < 2:
        return 0.0
    first = float(step_time[a])
    usual = float(np.nanmedian(np.abs(np.diff(step_time[a:b])))) if b - a > 1 else 0.0
    return first if 0 <= first <= 1.5 * usual else 0.0
