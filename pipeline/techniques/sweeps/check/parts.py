"""Rows of a sweep that rest, and the stretches of one direction between turns and jumps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray
from pipeline.techniques.sweeps.model import LinearSweep

OCV_MODE = 3.0
"""EC-Lab's number for a rest in the column ``mode`` (1 controls the current, 2 the potential)."""
STILL = 0.1
"""Slower than this share of the sweep's own rate is no sweep."""
MIN_REST = 5
JUMP_STEPS = 20.0
"""A step this many times the usual one, and larger than a turn, starts another sweep."""

Flags = NDArray[np.bool_]


def rest_rows(sweep: LinearSweep) -> tuple[Flags, Flags]:
    """Rows at open circuit and rows at a held potential, each (n,).

    Open circuit by the recorded mode; without that column, still rows without current.
    """
    n = sweep.potential_v.size
    mode = np.array(sweep.flags.get("mode", ()))
    still = _still(sweep)
    if mode.size == n:
        ocv = mode == OCV_MODE
        return ocv, still & ~ocv
    ocv = np.zeros(n, dtype=bool)
    none = np.abs(sweep.current_a) <= 1e-6 * max(float(np.abs(sweep.current_a).max()), 1e-30)
    for a, b in runs(none):
        if b - a >= MIN_REST and (a == 0 or still[a:b].mean() > 0.5):
            ocv[a:b] = True
    return ocv, still & ~ocv


def runs(flags: Flags) -> list[tuple[int, int]]:
    """First and one-past-last index of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _still(sweep: LinearSweep) -> Flags:
    """Rows whose potential hardly moves against the sweep's own rate, in runs of at least ``MIN_REST``."""
    e = sweep.potential_v
    n = e.size
    still = np.zeros(n, dtype=bool)
    if n < 4 * MIN_REST:
        return still
    t = np.arange(n, dtype=float) if sweep.time_s is None else np.array(sweep.time_s)
    k = 2
    dt = np.maximum(t[2 * k :] - t[: -2 * k], 1e-12)
    rate = np.abs(e[2 * k :] - e[: -2 * k]) / dt
    slow = np.concatenate([np.full(k, rate[0]), rate, np.full(k, rate[-1])]) < STILL * float(np.quantile(rate, 0.9))
    for a, b in runs(slow):
        if b - a >= MIN_REST:
            still[a:b] = True
    return still


def directions(potential_v: FloatArray, rows: NDArray[np.intp], turn_v: float) -> list[NDArray[np.intp]]:
    """Rows cut at jumps and where the potential turns by more than ``turn_v``.

    Parameters
    ----------
    potential_v:
        (n,) V.
    rows:
        Rows that sweep, in their order.
    """
    if rows.size < 2:
        return [rows]
    step = np.abs(np.diff(potential_v[rows]))
    jump = step > max(turn_v, JUMP_STEPS * float(np.median(step)))
    pieces = np.split(rows, np.flatnonzero(jump) + 1)
    return [part for piece in pieces for part in _turns(potential_v, piece, turn_v)]


def _turns(potential_v: FloatArray, rows: NDArray[np.intp], turn_v: float) -> list[NDArray[np.intp]]:
    """Zigzag: an extreme is a turn once the potential has come back from it by more than ``turn_v``."""
    v = potential_v[rows].tolist()
    cuts, extreme, direction = [0], 0, 0
    low = high = 0
    for i, x in enumerate(v):
        if direction == 0:
            low, high = (i if x < v[low] else low), (i if x > v[high] else high)
            if x - v[low] > turn_v:
                direction, extreme = 1, i
            elif v[high] - x > turn_v:
                direction, extreme = -1, i
        elif direction * (x - v[extreme]) > 0:
            extreme = i
        elif direction * (v[extreme] - x) > turn_v:
            cuts.append(extreme + 1)
            direction, extreme = -direction, i
    cuts.append(len(v))
    return [rows[a:b] for a, b in pairwise(cuts) if b > a]
