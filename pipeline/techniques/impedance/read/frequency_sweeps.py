"""Where one sweep of frequency ends and the next begins, told by the frequencies themselves."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray

JUMP = 3.0
"""A step against the direction counts as a jump back from this many median steps on."""
START_OVER_END = 10.0
"""A sweep up that starts this far above the end of the sweep down after it is the beginning of the same spectrum."""


def cut_sweeps(frequency_hz: FloatArray) -> tuple[NDArray[np.int_], bool]:
    """First indices of all sweeps but the first, and whether the frequencies are unsorted (then there are no cuts).

    A new sweep begins where the frequency jumps back, or where it turns for at least three steps.  Where that would leave
    pieces of fewer than four points on average, or every third step turns, the list is one unsorted sweep.  So is one that
    starts in the middle, goes up, turns and goes down far beyond its start, as Zahner instruments measure.

    Parameters
    ----------
    frequency_hz:
        (n,) in Hz, all > 0, in the order of the file.
    """
    step = np.diff(np.log(frequency_hz))
    sign = np.sign(step).astype(int)
    if not (np.any(sign > 0) and np.any(sign < 0)):
        return np.array([], dtype=int), False
    moving = np.flatnonzero(sign)
    jump = np.abs(step) > JUMP * float(np.median(np.abs(step[moving])))
    cuts, direction = [], 0
    signs, jumps = sign[moving].tolist(), jump[moving].tolist()
    for i, (s, far) in enumerate(zip(signs, jumps, strict=True)):
        if direction == 0:
            direction = s
        elif s != direction:
            if far:
                cuts.append(int(moving[i]) + 1)
                direction = 0
            elif signs[i : i + 3] == [s, s, s]:
                at = int(moving[i])
                cuts.append(at if sign[at - 1] == 0 else at + 1)  # measured twice at the turn: one for each sweep
                direction = s
    found = np.array(cuts, dtype=int)
    turns = sum(a != b for a, b in itertools.pairwise(signs))
    if len(cuts) + 1 > max(2, frequency_hz.size / 4) or turns > max(2, frequency_hz.size / 3):
        return found[:0], True
    parts = np.split(frequency_hz, found)
    if len(parts) == 2 and sign[0] > 0 and not jump.any() and parts[0].min() > START_OVER_END * parts[1].min():
        return found[:0], True
    return found, any(bool(np.any(np.diff(p) > 0) and np.any(np.diff(p) < 0)) for p in parts)
