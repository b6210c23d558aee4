"""Bad points of a sweep, each kind with its reason: overload, compliance, range switches, spikes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Mask
from pipeline.science.noise import noise_level
from pipeline.techniques.sweeps.check.parts import Flags, runs
from pipeline.techniques.sweeps.model import LinearSweep, MaskCode

MIN_PINNED = 5
"""So many equal values in a row at the largest current are an amplifier at its limit."""


@dataclass(slots=True)
class Masking:
    """Points of one direction that are still in use, and the masks so far."""

    rows: NDArray[np.intp]
    n: int
    """Points of the whole sweep."""
    masks: list[Mask] = field(default_factory=list)
    keep: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.keep = np.zeros(self.n, dtype=bool)
        self.keep[self.rows] = True

    def leave_out(self, bad: Flags, code: MaskCode, reason: str) -> None:
        """Note points of the file that are in no direction."""
        hit = np.flatnonzero(bad)
        if hit.size:
            self.masks.append(Mask(indices=tuple(int(i) for i in hit), reason=reason, code=code))

    def mask(self, bad: Flags, code: MaskCode, reason: str) -> None:
        """Mask what of these points is still in use."""
        self.leave_out(bad & self.keep, code, reason)
        self.keep &= ~bad


def pinned(current_a: FloatArray, part: NDArray[np.intp]) -> Flags:
    """(n,) True where the current stands still at its largest value: the amplifier's limit."""
    out = np.zeros(current_a.size, dtype=bool)
    i = np.abs(current_a[part])
    steps = np.abs(np.diff(i))
    if np.any(steps > 0) and i.max() < 50 * float(np.min(steps[steps > 0])):
        return out  # a few digits of a coarse export
    top = i >= i.max() * (1 - 1e-6)
    for a, b in runs(top):
        if b - a >= MIN_PINNED and i.max() > 0:
            out[part[a:b]] = True
    return out


def not_followed(sweep: LinearSweep, part: NDArray[np.intp], limit_v: float) -> Flags:
    """(n,) True where the measured potential leaves the programmed one: compliance, or a lost contact.

    A constant offset between the two columns is their different references and no fault.
    """
    out = np.zeros(sweep.potential_v.size, dtype=bool)
    if sweep.control_v is None:
        return out
    away = sweep.potential_v[part] - sweep.control_v[part]
    if not np.isfinite(away).all() or float(np.ptp(sweep.control_v[part])) < 0.5 * float(
        np.ptp(sweep.potential_v[part])
    ):
        return out  # the column does not hold the programme
    out[part] = np.abs(away - np.median(away)) > limit_v
    return out


def range_steps(sweep: LinearSweep, part: NDArray[np.intp], sigmas: float) -> tuple[Flags, list[tuple[float, float]]]:
    """Settling points at switches of the current range, and (potential, step) of offsets that stay.

    The neighbours on both sides, two points away and more, are continued by straight lines to the switch.
    """
    out = np.zeros(sweep.potential_v.size, dtype=bool)
    steps: list[tuple[float, float]] = []
    ranges = np.array(sweep.flags.get("I Range", ()))
    if ranges.size != out.size:
        return out, steps
    i, e = sweep.current_a[part], sweep.potential_v[part]
    noise = noise_level(i)
    for at in np.flatnonzero(np.diff(ranges[part]) != 0) + 1:
        if at < 10 or at > i.size - 10:
            continue
        before, after = np.arange(at - 10, at - 2), np.arange(at + 2, at + 10)
        lines = [np.polyfit(side - at, i[side], 1) for side in (before, after)]
        near = np.arange(at - 2, at + 2)
        for k in near:
            expected = np.polyval(lines[0 if k < at else 1], k - at)
            if abs(i[k] - expected) > sigmas * 1.5 * noise:
                out[part[k]] = True
        step = float(lines[1][1] - lines[0][1])
        if abs(step) > sigmas * noise:
            steps.append((float(e[at]), step))
    return out, steps


def spikes(current_a: FloatArray, part: NDArray[np.intp], sigmas: float) -> Flags:
    """(n,) True where a point is far from the median of itself and two neighbours on each side."""
    out = np.zeros(current_a.size, dtype=bool)
    i = current_a[part]
    if i.size < 7:
        return out
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(i, 2, mode="reflect", reflect_type="odd"), 5)
    middle = np.median(windows, axis=1)
    local = 1.4826 * np.median(np.abs(windows - middle[:, None]), axis=1)
    out[part] = np.abs(i - middle) > sigmas * np.maximum(noise_level(i), local)
    return out
