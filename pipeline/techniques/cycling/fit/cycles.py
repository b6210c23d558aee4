"""Halves -> cycles, and runs of cycles at one rate.

    efficiency = second half / first half of a cycle      hysteresis = mean potential of charge - of discharge

Cycles are counted here: a tester's number may cover two rates, or none.  A half before the first that begins a cycle is cycle 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.values import Estimate, Level, Verdict
from pipeline.techniques.cycling.fit.specific import per_gram
from pipeline.techniques.cycling.model import CellInfo, Cycle, Direction, Half, RateBlock
from pipeline.techniques.cycling.settings import RateSettings

IMPLAUSIBLE_PERCENT = 110.0
"""More comes out than went in: the cell was in another state when the test began."""
RANK: tuple[Level, ...] = ("resolved", "weak", "unresolved", "refused")


def pair_halves(halves: Sequence[Half], first: Direction) -> list[Cycle]:
    """Cycles in their order; a half without its other half is a cycle with a verdict."""
    cycles: list[Cycle] = []
    number = 0
    i = 0
    while i < len(halves):
        one = halves[i]
        if one.direction == first:
            number += 1
            other = halves[i + 1] if i + 1 < len(halves) and halves[i + 1].direction != first else None
            i += 1 if other is None else 2
            cycles.append(_cycle(number, one, other))
        else:
            i += 1
            cycles.append(_cycle(number, None, one))
    return cycles


def _cycle(number: int, begin: Half | None, end: Half | None) -> Cycle:
    charge = next((h for h in (begin, end) if h is not None and h.direction == "charge"), None)
    discharge = next((h for h in (begin, end) if h is not None and h.direction == "discharge"), None)
    whole = [h for h in (begin, end) if h is not None and h.verdict.printable]
    efficiency = None
    if begin is not None and end is not None and len(whole) == 2 and begin.capacity_mah.value > 0:
        ratio = end.capacity_mah.value / begin.capacity_mah.value * 100
        relative = np.hypot(_relative(begin), _relative(end))
        efficiency = Estimate(value=ratio, sigma=float(ratio * relative), unit="%")
    hysteresis = None
    if len(whole) == 2 and charge and discharge and charge.mean_v is not None and discharge.mean_v is not None:
        hysteresis = charge.mean_v - discharge.mean_v
    return Cycle(
        number=number,
        charge=charge,
        discharge=discharge,
        efficiency_percent=efficiency,
        hysteresis_v=hysteresis,
        block=None,
        verdict=_verdict(begin, end, efficiency),
    )


def _relative(half: Half) -> float:
    return half.capacity_mah.sigma / half.capacity_mah.value if half.capacity_mah.value else 0.0


def _verdict(begin: Half | None, end: Half | None, efficiency: Estimate | None) -> Verdict:
    """Of the worse half; unresolved where one is missing or aborted."""
    words, codes = [], []
    level: Level = "resolved"
    for half, name in ((begin, "first"), (end, "second")):
        if half is None:
            words.append(f"no {name} half")
            codes.append("missing")
            level = "unresolved"
            continue
        level = max(level, half.verdict.level, key=RANK.index)
        words.append(f"{half.direction}: {half.verdict.reason}")
        codes += half.verdict.code.split()
    if efficiency is not None and efficiency.value > IMPLAUSIBLE_PERCENT:
        words.append(
            f"efficiency {efficiency.value:.0f} %: the {begin.direction if begin else 'first half'} was no whole one"
        )
        codes.append("implausible_efficiency")
        level = max(level, "unresolved", key=RANK.index)
    return Verdict(level=level, reason="; ".join(words), code=" ".join(dict.fromkeys(codes)))


def find_blocks(
    cycles: Sequence[Cycle], cell: CellInfo, calibration: float, settings: RateSettings
) -> tuple[list[Cycle], list[RateBlock]]:
    """Cycles with the number of their run, and the runs: one current after another, in time."""
    runs: list[list[Cycle]] = []
    level: float | None = None
    out: list[Cycle] = []
    for cycle in cycles:
        current = _current(cycle)
        if current is not None and (level is None or abs(current / level - 1) > settings.same_current):
            runs.append([])
            level = current
        if runs:
            runs[-1].append(cycle)
        out.append(_in_block(cycle, len(runs) or None))
    return out, [_block(i, run, cell, calibration) for i, run in enumerate(runs, start=1)]


def _in_block(c: Cycle, block: int | None) -> Cycle:
    return replace(c, block=block)


def _current(cycle: Cycle) -> float | None:
    half = cycle.discharge or cycle.charge
    return half.current_a if half is not None and half.current_a else None


def _block(number: int, run: Sequence[Cycle], cell: CellInfo, calibration: float) -> RateBlock:
    """The first cycle of a test (formation) counts in its run only where it is alone in it."""
    run = [c for c in run if c.number > 1] or run
    good = [c for c in run if c.verdict.printable]
    some = good or list(run)
    currents = [x for c in some if (x := _current(c)) is not None]
    discharges = [c.discharge for c in run if c.discharge is not None and c.discharge.verdict.printable]
    charges = [c.charge for c in run if c.charge is not None and c.charge.verdict.printable]
    rate = next((h.rate_c for c in some if (h := c.discharge or c.charge) is not None), None)
    discharge, charge = (mean_of([h.capacity_mah for h in some]) for some in (discharges, charges))
    return RateBlock(
        number=number,
        current_a=float(np.median(currents)) if currents else 0.0,
        rate_c=rate,
        cycles=tuple(c.number for c in good),
        discharge_mah=discharge,
        charge_mah=charge,
        discharge_mah_per_g=None if discharge is None else per_gram(discharge, cell, calibration),
        charge_mah_per_g=None if charge is None else per_gram(charge, cell, calibration),
        efficiency_percent=mean_of([c.efficiency_percent for c in good if c.efficiency_percent is not None]),
        mean_charge_v=_mean([h.mean_v for h in charges]),
        mean_discharge_v=_mean([h.mean_v for h in discharges]),
        hysteresis_v=_mean([c.hysteresis_v for c in good]),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    given = [v for v in values if v is not None]
    return float(np.mean(given)) if given else None


def mean_of(estimates: Sequence[Estimate]) -> Estimate | None:
    """Mean of several; its sigma from their scatter, never below what each of them brings."""
    if not estimates:
        return None
    values = np.array([e.value for e in estimates])
    n = values.size
    own = float(np.sqrt(np.mean([e.sigma**2 for e in estimates]) / n))
    scatter = float(np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    return Estimate(value=float(values.mean()), sigma=max(own, scatter), unit=estimates[0].unit)
