"""Charge and energy of one step: the tester's counter, and the integral that checks it.

    Q = int I dt      E = int I V dt      (trapezoids between the rows of one step, never across two)

Before the first row, where the tester recorded later than it began, the current of that row is taken.  A row at the very
beginning of a step of constant current is recorded before the tester has settled: the next one's current stands for it.  Where
the file gives the charge of every row (``dq``), it is summed instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray
from pipeline.techniques.cycling.model import CheckedStep, CyclingStep

PER_MAH = 3.6
"""Coulomb in a mAh."""
UNSETTLED = 0.01
"""Relative difference between the first two rows of a constant current above which the first had not settled."""
RESTART = 0.5
"""A counter that falls below this share of its last value has started again."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Charges:
    """What one step moved, positive in its direction."""

    counter_mah: float | None
    integral_mah: float | None
    energy_mwh: float | None
    integral_sigma_mah: float
    """From the clock's resolution and from how coarsely the current was recorded."""
    running_mah: FloatArray
    """(n kept,) charge since the step began."""


def charge_of(checked: CheckedStep) -> Charges:
    """Counter, integral and energy of a step; zeros at rest."""
    step, keep = checked.step, checked.keep
    sign = 0.0 if step.direction is None else 1.0 if step.direction == "charge" else -1.0
    t, v = step.time_s[keep], step.voltage_v[keep]
    if t.size == 0:
        return Charges(counter_mah=None, integral_mah=None, energy_mwh=None, integral_sigma_mah=0.0, running_mah=t)
    running, sigma = _running(step, checked, t, sign)
    integral = None if running is None else float(running[-1])
    counter = count(step, keep, integral)
    if running is None:
        running = _counted(step, keep)
    energy = float(np.sum(np.diff(running) * (v[1:] + v[:-1]) / 2) + running[0] * v[0]) if running.size else None
    return Charges(
        counter_mah=counter,
        integral_mah=integral,
        energy_mwh=energy,
        integral_sigma_mah=sigma,
        running_mah=running,
    )


def _running(step: CyclingStep, checked: CheckedStep, t: FloatArray, sign: float) -> tuple[FloatArray | None, float]:
    """(n,) charge since the step began, and 1 sigma of its end; None where there is neither current nor dq."""
    keep = checked.keep
    if step.charge_mah is not None:
        dq = np.nan_to_num(step.charge_mah[keep])
        return np.asarray(np.cumsum(dq)), 0.0
    if step.current_a is None:
        return None, 0.0
    current = settled(step.current_a[keep], step.control) * sign / PER_MAH
    lead = max(float(t[0]) - step.start_s, 0.0)
    dt = np.diff(t)
    parts = dt * (current[1:] + current[:-1]) / 2
    running = np.concatenate([[0.0], np.cumsum(parts)]) + lead * current[0]
    coarse = float(np.sqrt(np.sum((dt * np.diff(current)) ** 2) / 12)) if dt.size else 0.0
    clock = checked.time_resolution_s / np.sqrt(6) * float(np.median(np.abs(current)))
    return np.asarray(running), float(np.hypot(coarse, clock))


def settled(current_a: FloatArray, control: str) -> FloatArray:
    """The current of a step of constant current without the transient in its first row."""
    if (
        control not in ("cc", "cccv")
        or current_a.size < 3
        or abs(current_a[0] - current_a[1]) <= UNSETTLED * abs(current_a[1])
    ):
        return current_a
    return np.concatenate([current_a[1:2], current_a[1:]])


def _counted(step: CyclingStep, keep: NDArray[np.bool_]) -> FloatArray:
    if step.counter_mah is None:
        return np.zeros(int(np.count_nonzero(keep)))
    c = np.nan_to_num(step.counter_mah[keep])
    return np.asarray(c - _base(c[0], step.counter_before_mah))


def count(step: CyclingStep, keep: NDArray[np.bool_], integral: float | None) -> float | None:
    """What the tester's counter says of the step; None without one, or at rest.

    A counter may begin anew with the step, with the cycle, or never: it is taken from where its first row continues the row
    before the step, or from zero; where both are possible the integral decides.
    """
    if step.counter_mah is None or step.direction is None:
        return None
    c = step.counter_mah[keep & np.isfinite(step.counter_mah)]
    if c.size == 0:
        return None
    steps = np.diff(c)
    anew = (steps < 0) & (c[1:] < RESTART * c[:-1]) & (c[1:] >= 0)
    inside = float(np.sum(np.where(anew, c[1:], steps)))
    before = step.counter_before_mah
    value = inside + float(c[0]) - _base(float(c[0]), before)
    if before is None or integral is None or anew.any():
        return value
    others = (inside + float(c[0]), inside + float(c[0]) - before)
    best = min(others, key=lambda q: abs(q - integral))
    far = abs(value - integral) > 0.005 * abs(integral)
    return best if far and abs(best - integral) <= 0.005 * abs(integral) else value


def _base(first: float, before: float | None) -> float:
    """Where the counter stood when the step began: at the row before where it goes on from there, else at zero."""
    if before is None or before < 0 or before > first + 1e-9 * abs(first):
        return 0.0
    return before
