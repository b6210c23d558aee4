"""Curves of chosen cycles, thinned for figures, and dQ/dV.

The derivative is taken on an even grid of the potential: the charge at which the potential is first passed, then a
Savitzky-Golay filter of second order (A. Savitzky, M. J. E. Golay, Anal. Chem. 36, 1627 (1964)).  Steps at constant potential
have none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray
from pipeline.techniques.cycling.fit.halves import Run
from pipeline.techniques.cycling.model import Curve, Cycle, Half
from pipeline.techniques.cycling.settings import CurveSettings

MAX_POINTS = 400
NONE = np.empty(0)


def keep_curves(
    cycles: Sequence[Cycle], runs: dict[tuple[tuple[str, int], ...], Run], settings: CurveSettings
) -> tuple[Curve, ...]:
    """Curves of the cycles that figures show."""
    wanted = choose_cycles(cycles, settings.max_curves)
    out = []
    for cycle in cycles:
        if cycle.number not in wanted:
            continue
        for half in (cycle.charge, cycle.discharge):
            if half is not None and half.steps in runs:
                out.append(_curve(cycle.number, half, runs[half.steps], settings))
    return tuple(out)


def choose_cycles(cycles: Sequence[Cycle], most: int) -> set[int]:
    """Numbers: the first, the first and last of every run, the last, then evenly between, up to ``most``."""
    good = [c for c in cycles if c.number > 0 and c.verdict.printable] or [c for c in cycles if c.number > 0]
    numbers = [c.number for c in good]
    if not numbers:
        return {c.number for c in cycles[:1]}
    by_block: dict[int | None, list[int]] = {}
    for c in good:
        by_block.setdefault(c.block, []).append(c.number)
    order = [
        min(c.number for c in cycles if c.number > 0),
        numbers[0],
        numbers[-1],
        *(b[0] for b in by_block.values()),
        *(b[-1] for b in by_block.values()),
    ]
    order += [numbers[int(i)] for i in np.linspace(0, len(numbers) - 1, most)]
    return set(list(dict.fromkeys(order))[:most])


def _curve(number: int, half: Half, run: Run, settings: CurveSettings) -> Curve:
    charges, volts, offset = [], [], 0.0
    moving: list[tuple[FloatArray, FloatArray]] = []
    for m in run.members:
        if m.running_mah.size == 0:
            continue
        charges.append(m.running_mah + offset)
        volts.append(m.voltage_v)
        if not m.step.kind.startswith("constant voltage"):
            moving.append((charges[-1], m.voltage_v))
        offset = float(charges[-1][-1])
    q, v = (np.concatenate(x) if x else NONE for x in (charges, volts))
    dq_q, dq_v = (
        (np.concatenate(x) if x else NONE for x in (list(t) for t in zip(*moving, strict=True)))
        if moving
        else (NONE, NONE)
    )
    grid, derivative = differentiate(dq_q, dq_v, 1.0 if half.direction == "charge" else -1.0, settings)
    keep = _thin(q)
    return Curve(
        cycle=number,
        direction=half.direction,
        rate_c=half.rate_c,
        charge_mah=q[keep],
        voltage_v=v[keep],
        derivative_v=grid,
        dq_dv_mah_per_v=derivative,
    )


def _thin(q: FloatArray) -> NDArray[np.intp]:
    """Rows evenly spread over the charge, at most MAX_POINTS, the first and last with them."""
    if q.size <= MAX_POINTS:
        return np.arange(q.size)
    wanted = np.linspace(float(q[0]), float(q[-1]), MAX_POINTS)
    places = np.searchsorted(np.maximum.accumulate(q), wanted)
    return np.unique(np.clip(places, 0, q.size - 1))


def differentiate(
    charge_mah: FloatArray, voltage_v: FloatArray, sign: float, settings: CurveSettings
) -> tuple[FloatArray, FloatArray]:
    """Grid in V and dQ/dV in mAh/V (negative on discharge); empty where the curve spans too little or has too few rows.

    Parameters
    ----------
    charge_mah, voltage_v:
        (n,) in the order of time; charge grows.
    sign:
        +1 on charge, -1 on discharge.
    """
    from scipy.signal import savgol_filter

    step, window = settings.derivative_step_v, settings.smoothing_points | 1
    if charge_mah.size < 5:
        return NONE, NONE
    rising = np.maximum.accumulate(sign * voltage_v)
    first = np.concatenate([[True], np.diff(rising) > 0])
    x, q = rising[first], charge_mah[first]
    n = int((x[-1] - x[0]) / step)
    if n < window + 2 or x.size < window or float(np.median(np.diff(x))) > window * step:
        return NONE, NONE
    grid = x[0] + step * np.arange(n + 1)
    slope = savgol_filter(np.interp(grid, x, q), window, 2, deriv=1, delta=step)
    order = slice(None) if sign > 0 else slice(None, None, -1)
    return (sign * grid)[order], (sign * slope)[order]
