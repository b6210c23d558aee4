"""Steps -> halves of cycles: all steps in one direction up to the first that goes the other way.

Rests, pulses and reversed steps join none.  A half that did not reach the usual limit of its direction and holds less than its
neighbours was aborted, and so was one at the end of the file that did not reach it: neither is a capacity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Estimate, Level, Verdict
from pipeline.techniques.cycling.fit.specific import per_area, per_gram, with_calibration
from pipeline.techniques.cycling.fit.steps import Measured
from pipeline.techniques.cycling.model import CellInfo, Direction, Half
from pipeline.techniques.cycling.settings import RateSettings, StepSettings

NICE_RATES = (
    0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0,
    15.0, 20.0,
)  # fmt: skip
MANY = 50
"""With more halves of one direction one of them does not move the usual limit."""
WORKING = ("charge", "discharge", "constant voltage charge", "constant voltage discharge")


@dataclass(slots=True, kw_only=True)
class Run:
    """The steps of one half while it is being judged."""

    direction: Direction
    members: list[Measured]
    aborted: str = ""
    """Why, in words; '' where it is whole."""
    unsure: bool = False
    """Nothing tells whether it was whole."""
    end_v: float = 0.0
    """The furthest potential of its last step, once it is whole."""

    @property
    def capacity_mah(self) -> float:
        """Of all its steps."""
        return sum(m.step.capacity_mah for m in self.members)

    @property
    def held(self) -> bool:
        """True where it ended at a constant potential: it reached its limit."""
        return self.members[-1].step.kind.startswith("constant voltage")


def find_runs(measured: Sequence[Measured], settings: StepSettings) -> list[Run]:
    """Halves in their order, each judged."""
    runs: list[Run] = []
    for m in measured:
        if m.step.kind not in WORKING or m.step.direction is None:
            continue
        if not runs or runs[-1].direction != m.step.direction:
            runs.append(Run(direction=m.step.direction, members=[]))
        runs[-1].members.append(m)
    followed = bool(measured) and bool(runs) and measured[-1] is not runs[-1].members[-1]
    for run in runs:
        v = run.members[-1].voltage_v
        run.end_v = (float(v.max()) if run.direction == "charge" else float(v.min())) if v.size else float("nan")
    for direction in ("charge", "discharge"):
        _judge_all([r for r in runs if r.direction == direction], runs, settings, followed=followed)
    return runs


def _judge_all(same: Sequence[Run], runs: Sequence[Run], settings: StepSettings, *, followed: bool) -> None:
    """Each against the others of its direction."""
    ends = np.array([r.end_v for r in same])
    usual = _centre_and_spread(ends)
    for i, run in enumerate(same):
        last = run is runs[-1]
        if run.held:
            continue
        if len(same) == 1:
            run.unsure = last and not followed
            continue
        others = usual if len(same) > MANY else _centre_and_spread(np.delete(ends, i))
        near = [same[k] for k in (i - 1, i + 1) if 0 <= k < len(same)]
        _judge(run, near, others, settings, last=last)


def _centre_and_spread(ends: FloatArray) -> tuple[float, float]:
    centre = float(np.median(ends)) if ends.size else 0.0
    return centre, 3 * 1.4826 * float(np.median(np.abs(ends - centre))) if ends.size else 0.0


def _judge(run: Run, near: Sequence[Run], others: tuple[float, float], settings: StepSettings, *, last: bool) -> None:
    """Aborted where it did not reach the limit of its like, and holds less than its neighbours or ends the file."""
    sign = 1.0 if run.direction == "charge" else -1.0
    short = min(sign * (limit - run.end_v) for limit in (others[0], *(r.end_v for r in near)))
    if short <= max(settings.cutoff_v, others[1]):
        return
    usual = float(np.median([r.capacity_mah for r in near]))
    if last or run.capacity_mah < settings.aborted_fraction * usual:
        where = "the file ends" if last else "it ended"
        run.aborted = f"{where} at {run.end_v:.3f} V, {short:.3f} V before its limit"


def make_half(run: Run, cell: CellInfo, steps: StepSettings, rates: RateSettings) -> Half:
    """Capacity, energy, rate and verdict of one half."""
    rows = [m.step for m in run.members]
    longest = max(run.members, key=lambda m: m.step.capacity_mah)
    capacity = run.capacity_mah
    integrals = [s.integral_mah for s in rows]
    integral = None if any(q is None for q in integrals) else sum(q for q in integrals if q is not None)
    energy = sum(s.energy_mwh for s in rows if s.energy_mwh is not None)
    moved = sum(float(m.running_mah[-1]) for m in run.members if m.running_mah.size)
    current = longest.step.current_a
    if current is None and longest.step.duration_s > 0:
        current = longest.step.capacity_mah * 3.6 / longest.step.duration_s
    own = float(np.sqrt(sum(s.sigma_mah**2 for s in rows)))
    sigma = float(np.hypot(own, steps.repeatability * capacity))
    plain = Estimate(value=capacity, sigma=sigma, unit="mAh")
    counted = all(s.counted for s in rows)
    return Half(
        direction=run.direction,
        steps=tuple((s.file, s.number) for s in rows),
        capacity_mah=plain,
        printed_mah=with_calibration(plain, steps.calibration),
        mah_per_g=per_gram(plain, cell, steps.calibration),
        mah_per_cm2=per_area(plain, cell, steps.calibration),
        integral_mah=integral,
        energy_mwh=abs(energy) if moved else None,
        mean_v=energy / moved if moved > 0 else None,
        current_a=None if current is None else abs(current),
        rate_c=rate_of(current, cell, rates),
        start_s=rows[0].start_s,
        duration_s=sum(s.duration_s for s in rows),
        end_v=run.end_v,
        verdict=_verdict(run, capacity, integral, own, steps.counter_tolerance, counted=counted),
    )


def rate_of(current_a: float | None, cell: CellInfo, settings: RateSettings) -> float | None:
    """Current over mass and nominal capacity, 1/h; by a round name where it is close to one."""
    if current_a is None or cell.active_mass_mg is None or cell.nominal_mah_per_g is None:
        return None
    rate = abs(current_a) * 1e3 / (cell.active_mass_mg * 1e-3 * cell.nominal_mah_per_g)
    if rate <= 0:
        return None
    nice = min(NICE_RATES, key=lambda n: abs(np.log(rate / n)))
    return nice if abs(rate / nice - 1) <= settings.nice_rate else float(f"{rate:.2g}")


def _verdict(
    run: Run, capacity: float, integral: float | None, sigma: float, tolerance: float, *, counted: bool
) -> Verdict:
    if run.aborted:
        return Verdict(level="unresolved", reason=f"{run.direction} aborted: {run.aborted}", code="aborted")
    if not capacity > 0:
        return Verdict(level="unresolved", reason=f"the {run.direction} moved no charge that can be read", code="empty")
    level: Level = "resolved"
    if counted and integral is not None:
        off = integral / capacity - 1
        if abs(off) > tolerance:
            words = f"the integral of the current is {off * 100:+.2f} % off the tester's counter"
            level, reason, code = "weak", words, "counter_off"
        else:
            percent = round(off * 100, 3)
            reason, code = f"tester's counter, integral {f'{percent:+.3f}' if percent else '0.000'} %", "counted"
    elif counted:
        reason, code = "tester's count; no current to check it by", "unchecked"
    elif sigma > tolerance * capacity:
        words = f"integral of a current recorded coarsely: {sigma / capacity * 100:.1f} %"
        level, reason, code = "weak", words, "integral_only coarse"
    else:
        reason, code = "integral of the current; no counter to check it by", "integral_only"
    if run.unsure:
        level, reason, code = (
            "weak",
            f"{reason}; the file ends with it: whether it was whole is not known",
            f"{code} unsure",
        )
    return Verdict(level=level, reason=reason, code=code)
