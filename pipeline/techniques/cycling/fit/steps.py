"""Checked steps -> rows of the table of steps, each called by what it is.

A step that is short and moves next to nothing is a pulse; one whose current runs against its name is reversed.  Whether a half
cycle was aborted is told later, when its neighbours are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.cycling.fit.charges import Charges, charge_of
from pipeline.techniques.cycling.model import CheckedStep, Kind, Step
from pipeline.techniques.cycling.settings import StepSettings

NO_CHARGE = 1e-4
"""Share of the largest current whose mean is none."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Measured:
    """A step with what later steps of the fit need of it."""

    step: Step
    voltage_v: FloatArray
    running_mah: FloatArray
    current_a: FloatArray | None


def measure_steps(checked: Sequence[CheckedStep], settings: StepSettings) -> tuple[Measured, ...]:
    """All steps of a cell with charge, energy and kind."""
    charges = [charge_of(c) for c in checked]
    sizes = [abs(_best(q)) for q in charges]
    largest = max(sizes, default=0.0)
    return tuple(_measured(c, q, largest, settings) for c, q in zip(checked, charges, strict=True))


def _best(q: Charges) -> float:
    if q.counter_mah is not None:
        return q.counter_mah
    if q.integral_mah is not None:
        return q.integral_mah
    return float(q.running_mah[-1]) if q.running_mah.size else 0.0


def _measured(c: CheckedStep, q: Charges, largest: float, settings: StepSettings) -> Measured:
    s, keep = c.step, c.keep
    t, v = s.time_s[keep], s.voltage_v[keep]
    current = None if s.current_a is None else s.current_a[keep]
    duration = float(t[-1] - s.start_s) if t.size else 0.0
    capacity = _best(q) if s.direction is not None else 0.0
    counted = q.counter_mah is not None or s.charge_mah is not None
    off = abs(q.counter_mah - q.integral_mah) if q.counter_mah is not None and q.integral_mah is not None else 0.0
    sigma = min(off, q.integral_sigma_mah) / np.sqrt(3) if counted else q.integral_sigma_mah
    warm = None if s.temperature_k is None else s.temperature_k[keep]
    step = Step(
        file=s.source.file,
        number=s.loop,
        cycle=None,
        tester_cycle=s.cycle,
        kind=_kind(c, current, abs(capacity), duration, largest, settings),
        label=s.label,
        direction=s.direction,
        start_s=s.start_s,
        duration_s=duration,
        current_a=None if current is None or not current.size else float(np.median(current)),
        capacity_mah=abs(capacity),
        counted=counted and s.direction is not None,
        integral_mah=None if q.integral_mah is None else q.integral_mah,
        sigma_mah=float(sigma),
        energy_mwh=q.energy_mwh,
        start_v=float(v[0]) if v.size else float("nan"),
        end_v=float(v[-1]) if v.size else float("nan"),
        n_rows=int(keep.size),
        temperature_k=float(np.nanmean(warm)) if warm is not None and np.isfinite(warm).any() else None,
    )
    return Measured(step=step, voltage_v=v, running_mah=q.running_mah, current_a=current)


def _kind(
    c: CheckedStep,
    current: FloatArray | None,
    capacity: float,
    duration_s: float,
    largest: float,
    settings: StepSettings,
) -> Kind:
    s = c.step
    if s.control == "pulse":
        return "pulse"
    if s.direction is None:
        return "rest"
    if current is not None and current.size:
        total = float(np.sum(current))
        against = total < 0 if s.direction == "charge" else total > 0
        if against and abs(total) > NO_CHARGE * float(np.sum(np.abs(current))):
            return "reversed"
    if duration_s < settings.pulse_s and capacity < settings.pulse_fraction * largest:
        return "pulse"
    if s.control == "cv":
        return "constant voltage charge" if s.direction == "charge" else "constant voltage discharge"
    return s.direction
