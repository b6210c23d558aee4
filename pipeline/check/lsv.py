"""Potential sweep -> checked sweeps: OCV dropped, directions apart, bad points masked, potentials on the Na/Na+ scale.

The reference's potential is added here, once, and nowhere else.  The scan rate is the slope of E(t), not the header's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from pipeline.errors import CheckError
from pipeline.model.measurement import FloatArray, LinearSweep
from pipeline.model.result import Finding, Mask
from pipeline.model.sweep import CheckedSweep, SweepConditions

OCV_MODE = 3.0
"""EC-Lab's number for a rest in the column ``mode`` (1 controls the current, 2 the potential)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LsvCheckSettings:
    """Table ``[settings.lsv.check]``."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    turn_v: Annotated[float, Gt(0)] = 0.05
    """A reversal smaller than this is noise, not a new direction."""
    spike_sigmas: Annotated[float, Gt(3)] = 8.0
    """A point further from its neighbours' median is a spike: range switch or contact."""
    min_points: Annotated[int, Ge(5)] = 20
    """Fewer points hold no baseline and no onset."""
    max_rate_error: Annotated[float, Gt(0)] = 0.05
    """Relative difference from the header's scan rate above which a finding is made."""


def check_sweep(
    sweep: LinearSweep, conditions: SweepConditions, settings: LsvCheckSettings
) -> tuple[CheckedSweep, ...]:
    """One CheckedSweep for each direction of a sweep.

    Parameters
    ----------
    sweep:
        ``potential_v`` (n,) as measured, ``current_a`` (n,).
    conditions:
        What the study says of the cell: reference, area, masses, series resistance.

    Raises
    ------
    CheckError
        Fewer than ``min_points`` sweeping points.
    """
    ocv = _ocv_rows(sweep)
    rows = np.flatnonzero(~ocv)
    if rows.size < settings.min_points:
        problem = f"{rows.size} sweeping point(s) of {ocv.size}, {settings.min_points} needed"
        raise CheckError(source=sweep.source.file, field="potential_v", problem=problem, hint="was the sweep stopped?")
    parts = [p for p in _directions(sweep.potential_v, rows, settings.turn_v) if p.size >= settings.min_points]
    if not parts:
        problem = f"no sweep of {settings.min_points} points in one direction"
        raise CheckError(source=sweep.source.file, field="potential_v", problem=problem, hint="is it a sweep?")
    ocv_v = float(np.median(sweep.potential_v[ocv][-10:])) if ocv.any() else None
    return tuple(_checked(sweep, conditions, settings, part, ocv, ocv_v) for part in parts)


def _ocv_rows(sweep: LinearSweep) -> np.ndarray:
    """(n,) True for the rest before the sweep, by the recorded mode, else by no current and hardly any change of E."""
    mode = sweep.flags.get("mode")
    if mode is not None and any(m == OCV_MODE for m in mode):
        return np.asarray(np.array(mode) == OCV_MODE)
    rest = np.zeros(sweep.potential_v.size, dtype=bool)
    still = sweep.current_a == 0
    n = int(np.argmin(still)) if not still.all() else still.size
    if n >= 3:
        rest[:n] = True
    return rest


def _directions(e: FloatArray, rows: np.ndarray, turn_v: float) -> list[np.ndarray]:
    """Cut where E turns by more than ``turn_v`` (zigzag)."""
    v = e[rows]
    cuts, extreme, direction = [0], 0, 0
    for i in range(1, v.size):
        if direction >= 0 and v[i] > v[extreme]:
            extreme = i
            direction = direction or (1 if v[i] - v[0] > turn_v else 0)
        elif direction <= 0 and v[i] < v[extreme]:
            extreme = i
            direction = direction or (-1 if v[0] - v[i] > turn_v else 0)
        elif direction > 0 and v[extreme] - v[i] > turn_v:
            cuts.append(extreme)
            extreme, direction = i, -1
        elif direction < 0 and v[i] - v[extreme] > turn_v:
            cuts.append(extreme)
            extreme, direction = i, 1
        elif direction == 0 and abs(v[i] - v[0]) > turn_v:
            extreme, direction = i, 1 if v[i] > v[0] else -1
    cuts.append(v.size)
    return [rows[a:b] for a, b in zip(cuts, cuts[1:], strict=False) if b > a]


def _checked(
    sweep: LinearSweep,
    conditions: SweepConditions,
    settings: LsvCheckSettings,
    part: np.ndarray,
    ocv: np.ndarray,
    ocv_v: float | None,
) -> CheckedSweep:
    masks: list[Mask] = []
    keep = np.zeros(sweep.potential_v.size, dtype=bool)
    keep[part] = True
    if ocv.any():
        masks.append(Mask(indices=tuple(int(i) for i in np.flatnonzero(ocv)), reason="open circuit before the sweep"))

    def mask(bad: np.ndarray, reason: str) -> None:
        hit = np.flatnonzero(bad & keep)
        if hit.size:
            masks.append(Mask(indices=tuple(int(i) for i in hit), reason=reason))
            keep[hit] = False

    error = sweep.flags.get("error")
    if error is not None:
        mask(np.array(error) != 0, "instrument error or overload recorded")
    ranges = sweep.flags.get("I Range")
    spikes = _spikes(sweep.current_a, part, settings.spike_sigmas)
    if ranges is not None:
        switch = np.zeros(keep.size, dtype=bool)
        switch[1:] = np.diff(np.array(ranges)) != 0
        mask(spikes & (switch | np.roll(switch, 1)), "spike at a switch of the current range")
    mask(spikes, f"spike beyond {settings.spike_sigmas:g} sigma of its neighbours")
    rising = bool(sweep.potential_v[part[-1]] > sweep.potential_v[part[0]])
    direction = "oxidation" if rising else "reduction"
    rate = _rate(sweep, part)
    offset = conditions.volts_vs_na
    findings = [*sweep.findings, *_findings(sweep, conditions, settings, rate)]
    return CheckedSweep(
        sweep=sweep,
        direction=direction,  # type: ignore[arg-type]
        keep=tuple(bool(k) for k in keep),
        masks=tuple(masks),
        potential_v_vs_na=_corrected(sweep, conditions) + (offset or 0.0),
        potential_is_vs_na=offset is not None,
        scan_rate_v_per_s=rate,
        ocv_v=None if ocv_v is None else ocv_v + (offset or 0.0),
        conditions=conditions,
        findings=tuple(findings),
    )


def _corrected(sweep: LinearSweep, conditions: SweepConditions) -> FloatArray:
    """E - I R where the study asks for it."""
    return np.asarray(sweep.potential_v - sweep.current_a * (conditions.series_resistance_ohm or 0.0))


def _spikes(current: FloatArray, part: np.ndarray, sigmas: float) -> np.ndarray:
    """(n,) True where a point is far from the median of itself and two neighbours on each side."""
    out = np.zeros(current.size, dtype=bool)
    i = current[part]
    if i.size < 7:
        return out
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(i, 2, mode="edge"), 5)
    away = i - np.median(windows, axis=1)
    noise = 1.4826 * float(np.median(np.abs(np.diff(i)))) / np.sqrt(2)
    local = 1.4826 * np.median(np.abs(windows - np.median(windows, axis=1)[:, None]), axis=1)
    out[part] = np.abs(away) > sigmas * np.maximum(np.maximum(noise, local), 1e-15)
    return out


def _rate(sweep: LinearSweep, part: np.ndarray) -> float | None:
    """|dE/dt| in V/s by a straight line through E(t)."""
    if sweep.time_s is None:
        return None
    t = sweep.time_s[part]
    if float(np.ptp(t)) <= 0:
        return None
    return abs(float(np.polyfit(t - t[0], sweep.potential_v[part], 1)[0]))


def _findings(
    sweep: LinearSweep, conditions: SweepConditions, settings: LsvCheckSettings, rate: float | None
) -> list[Finding]:
    out: list[Finding] = []

    def warn(field: str, problem: str, hint: str) -> None:
        out.append(Finding(severity="warning", field=field, problem=problem, hint=hint))

    if conditions.volts_vs_na is None:
        warn("reference", "no reference given: potentials stay as measured", "reference = { volts_vs_na = ... }")
    if conditions.area_m2 is None and sweep.area_m2 is None:
        warn("area", "no electrode area: no current density, no threshold onset", "area_cm2 = ... in the study")
    if rate is None:
        warn("time_s", "no time column: scan rate, capacitance and charge unknown", "export time/s")
    nominal = sweep.nominal_rate_v_per_s
    if rate and nominal and abs(rate / nominal - 1) > settings.max_rate_error:
        warn(
            "scan_rate", f"{rate * 1e3:.4g} mV/s from the data, {nominal * 1e3:.4g} mV/s in the header", "data are used"
        )
    return out
