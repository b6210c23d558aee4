"""A step -> the same with a clock that never runs backwards: rows that cannot be placed are masked, with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.core.values import Finding, Mask
from pipeline.techniques.cycling.model import CheckedStep, CyclingStep


def check_step(step: CyclingStep) -> Iterator[CheckedStep]:
    """The step with masks for rows without numbers and for time stamps that run backwards.

    Raises
    ------
    nothing: a step of one row is a step, it holds no charge.
    """
    good = np.isfinite(step.voltage_v) & np.isfinite(step.time_s)
    if step.current_a is not None:
        good &= np.isfinite(step.current_a)
    masks: list[Mask] = []
    findings = list(step.findings)
    if not good.all():
        masks.append(_mask(~good, "no number for potential, current or time", "no_number"))
    back = _backwards(step, good)
    if back.any():
        masks.append(_mask(back, "time stamp before that of the row above it", "backwards"))
        n = int(back.sum())
        problem = f"{n} time stamp(s) run backwards: left out of the integral"
        findings.append(Finding(severity="warning", field="time_s", problem=problem, code="backwards"))
    keep = good & ~back
    resolution = clock_step_s(step, keep)
    yield CheckedStep(
        step=step,
        keep=keep,
        time_resolution_s=resolution,
        masks=tuple(masks),
        findings=tuple(findings),
    )


def _mask(rows: NDArray[np.bool_], reason: str, code: str) -> Mask:
    return Mask(indices=tuple(np.flatnonzero(rows).tolist()), reason=reason, code=code)


def _backwards(step: CyclingStep, good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows whose time lies before one that is known already; of a clock that was ahead for a moment the rows ahead."""
    back = np.zeros(good.size, dtype=bool)
    rows = np.flatnonzero(good)
    t = step.time_s[rows]
    if t.size < 2 or bool(np.all(np.diff(t) >= 0)):
        return back
    behind = t < np.maximum.accumulate(t)
    ahead = t > np.minimum.accumulate(t[::-1])[::-1]
    back[rows[behind if behind.sum() <= ahead.sum() else ahead]] = True
    return back


def clock_step_s(step: CyclingStep, keep: NDArray[np.bool_]) -> float:
    """1, 10 or 60 where all times of the step are whole multiples of it; 0 where the clock is finer than its rows tell."""
    t = step.time_s[keep] - (step.time_s[keep][0] if keep.any() else 0.0)
    if t.size < 8:
        return 0.0
    for unit in (60.0, 10.0, 1.0):
        if bool(np.all(np.abs(t / unit - np.round(t / unit)) < 1e-6)):
            dt = np.diff(t)
            regular = bool(np.all(dt == dt[0]))
            return 0.0 if regular else unit
    return 0.0
