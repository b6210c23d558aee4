"""Potential sweep -> checked sweeps: rests dropped, directions apart, bad points masked, potentials on the Na/Na+ scale.

The reference's potential is added here, once, and nowhere else; the iR drop, where the study gives a resistance, is taken off
here.  The scan rate is the slope of E(t), not the header's.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import CheckError
from pipeline.core.values import Finding, Mask
from pipeline.techniques.sweeps.check.masks import Masking, not_followed, pinned, range_steps, spikes
from pipeline.techniques.sweeps.check.parts import Flags, directions, rest_rows
from pipeline.techniques.sweeps.model import CheckedSweep, Direction, LinearSweep, SweepConditions
from pipeline.techniques.sweeps.settings import LsvCheckSettings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    """Rows of one direction of a sweep, beside those that do not sweep."""

    rows: NDArray[np.intp]
    number: int
    after_turn: bool
    open_circuit: Flags
    held: Flags
    stray: Flags
    """In no direction that is long enough."""


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
        Not finite, no current at all, or fewer than ``min_points`` sweeping points in one direction.
    """
    _refuse_junk(sweep)
    ocv, held = rest_rows(sweep)
    rows = np.flatnonzero(~(ocv | held))
    if rows.size < settings.min_points:
        problem = f"{rows.size} sweeping point(s) of {ocv.size}, {settings.min_points} needed"
        raise CheckError(source=sweep.source.file, field="potential_v", problem=problem, hint="was the sweep stopped?")
    parts = [p for p in directions(sweep.potential_v, rows, settings.turn_v) if p.size >= settings.min_points]
    parts = [p for p in parts if float(np.ptp(sweep.potential_v[p])) > settings.turn_v]
    if not parts:
        problem = f"no sweep of {settings.min_points} points over {settings.turn_v:g} V in one direction"
        raise CheckError(source=sweep.source.file, field="potential_v", problem=problem, hint="is it a sweep?")
    stray = np.ones(ocv.size, dtype=bool)
    stray[np.concatenate(parts)] = False
    stray &= ~(ocv | held)
    turned = [False, *(_turns(sweep, a, b, settings.turn_v) for a, b in pairwise(parts))]
    return tuple(
        _checked(
            sweep,
            _Part(rows=rows, number=number, after_turn=after, open_circuit=ocv, held=held, stray=stray),
            conditions,
            settings,
        )
        for number, (rows, after) in enumerate(zip(parts, turned, strict=True), start=1)
    )


def _turns(sweep: LinearSweep, before: NDArray[np.intp], part: NDArray[np.intp], turn_v: float) -> bool:
    """True where a part goes on from the end of the one before, without a rest or a jump."""
    step = abs(float(sweep.potential_v[part[0]] - sweep.potential_v[part[0] - 1]))
    return bool(part[0] - before[-1] <= 2) and step < turn_v


def _refuse_junk(sweep: LinearSweep) -> None:
    for name, values in (("potential_v", sweep.potential_v), ("current_a", sweep.current_a)):
        if not np.isfinite(values).all():
            bad = int(np.count_nonzero(~np.isfinite(values)))
            raise CheckError(source=sweep.source.file, field=name, problem=f"{bad} value(s) are no numbers")
    if not np.any(sweep.current_a):
        hint = "was the cell connected, is it the right column?"
        raise CheckError(source=sweep.source.file, field="current_a", problem="zero throughout", hint=hint)


def _checked(sweep: LinearSweep, part: _Part, conditions: SweepConditions, settings: LsvCheckSettings) -> CheckedSweep:
    masks, keep, steps = _mask(sweep, part, settings)
    rows = part.rows
    direction: Direction = "oxidation" if sweep.potential_v[rows[-1]] > sweep.potential_v[rows[0]] else "reduction"
    rate = _rate(sweep, rows[keep[rows]])
    offset = conditions.volts_vs_na
    before = np.flatnonzero(part.open_circuit[: rows[0]])
    ocv_v = float(np.median(sweep.potential_v[before][-10:])) if before.size else None
    return CheckedSweep(
        sweep=sweep,
        direction=direction,
        keep=tuple(bool(k) for k in keep),
        masks=masks,
        potential_v_vs_na=_corrected(sweep, conditions) + (offset or 0.0),
        potential_is_vs_na=offset is not None,
        scan_rate_v_per_s=rate,
        ocv_v=None if ocv_v is None else ocv_v + (offset or 0.0),
        conditions=conditions,
        findings=(
            *sweep.findings,
            *_findings(sweep, conditions, settings, rate),
            *_faults(sweep, before, steps, settings),
        ),
        number=part.number,
        after_turn=part.after_turn,
    )


def _mask(
    sweep: LinearSweep, part: _Part, settings: LsvCheckSettings
) -> tuple[tuple[Mask, ...], Flags, list[tuple[float, float]]]:
    """Masks, (n,) what is kept, and (potential, step) of the current at switches of its range."""
    rows, masking = part.rows, Masking(part.rows, sweep.potential_v.size)
    masking.leave_out(part.open_circuit, "open_circuit", "open circuit")
    masking.leave_out(part.held, "held", "potential held still")
    masking.leave_out(part.stray, "stray", f"fewer than {settings.min_points} points in one direction")
    error = np.array(sweep.flags.get("error", ()))
    if error.size == masking.keep.size:
        masking.mask(error != 0, "instrument_error", "instrument error or overload recorded")
    top = f"current pinned at {np.abs(sweep.current_a[rows]).max() * 1e3:.4g} mA: overload"
    masking.mask(pinned(sweep.current_a, rows), "pinned", top)
    away = f"potential more than {settings.compliance_v * 1e3:g} mV off the programmed one: compliance"
    masking.mask(not_followed(sweep, rows, settings.compliance_v), "compliance", away)
    settling, steps = range_steps(sweep, rows, settings.spike_sigmas)
    masking.mask(settling, "range_switch", "settling after a switch of the current range")
    spiky = spikes(sweep.current_a, rows[masking.keep[rows]], settings.spike_sigmas)
    masking.mask(spiky, "spike", f"spike beyond {settings.spike_sigmas:g} sigma of its neighbours")
    left = int(masking.keep.sum())
    if left < settings.min_points:
        worst = max(masking.masks, key=lambda m: len(m.indices))
        problem = f"{left} of {rows.size} points are usable; {len(worst.indices)}: {worst.reason}"
        raise CheckError(source=sweep.source.file, field="current_a", problem=problem)
    return tuple(masking.masks), masking.keep, steps


def _corrected(sweep: LinearSweep, conditions: SweepConditions) -> FloatArray:
    """E - I R where the study asks for it."""
    return np.asarray(sweep.potential_v - sweep.current_a * (conditions.series_resistance_ohm or 0.0))


def _rate(sweep: LinearSweep, rows: NDArray[np.intp]) -> float | None:
    """|dE/dt| in V/s by a straight line through E(t)."""
    if sweep.time_s is None:
        return None
    t = sweep.time_s[rows]
    if not np.isfinite(t).all() or float(np.ptp(t)) <= 0:
        return None
    return abs(float(np.polyfit(t - t[0], sweep.potential_v[rows], 1)[0]))


def _findings(
    sweep: LinearSweep, conditions: SweepConditions, settings: LsvCheckSettings, rate: float | None
) -> list[Finding]:
    """What the study does not say of the cell, and what that costs."""
    out: list[Finding] = []

    def warn(field: str, problem: str, hint: str) -> None:
        out.append(Finding(severity="warning", field=field, problem=problem, hint=hint))

    if conditions.volts_vs_na is None:
        warn("reference", "no reference given: potentials stay as measured", "reference = { volts_vs_na = ... }")
    elif conditions.volts_vs_na_sigma == 0:
        text = "uncertainty of the reference taken as 0: the intervals of potentials against Na/Na+ leave it out"
        warn("reference", text, "reference = { volts_vs_na_sigma = ... }")
    if conditions.area_m2 is None and sweep.area_m2 is None:
        warn("area", "no electrode area: no current density, no threshold onset", "area_cm2 = ... in the study")
    if conditions.electrolyte_kg is None:
        missing = "no electrolyte mass" if conditions.carbon_kg is not None else "no masses"
        text = f"{missing}: no current per gram"
        out.append(Finding(severity="info", field="mass", problem=text, hint="electrolyte_mg = ..., carbon_mg = ..."))
    if rate is None:
        warn("time_s", "no time column: scan rate, capacitance and charge unknown", "export time/s")
    nominal = sweep.nominal_rate_v_per_s
    if rate and nominal and abs(rate / nominal - 1) > settings.max_rate_error:
        warn(
            "scan_rate", f"{rate * 1e3:.4g} mV/s from the data, {nominal * 1e3:.4g} mV/s in the header", "data are used"
        )
    if conditions.series_resistance_ohm:
        drop = conditions.series_resistance_ohm * float(np.abs(sweep.current_a).max())
        text = f"iR drop of {conditions.series_resistance_ohm:g} ohm taken off, at most {drop * 1e3:.3g} mV"
        out.append(Finding(severity="info", field="series_resistance_ohm", problem=text))
    return out


def _faults(
    sweep: LinearSweep,
    rest: NDArray[np.intp],
    steps: list[tuple[float, float]],
    settings: LsvCheckSettings,
) -> list[Finding]:
    """Drift of the rest before the sweep, offsets between current ranges."""
    out = []
    if sweep.time_s is not None and rest.size >= 10:
        last = rest[-max(10, rest.size // 4) :]
        span = float(sweep.time_s[last[-1]] - sweep.time_s[last[0]])
        if span > 0:
            t = sweep.time_s[last] - sweep.time_s[last[0]]
            slope = float(np.polyfit(t, sweep.potential_v[last], 1)[0]) * 3600
            scatter = float(np.std(np.diff(sweep.potential_v[last]))) / span * 3600
            if abs(slope) > settings.max_drift_v_per_h + 3 * scatter:
                text = f"the rest still drifts by {slope * 1e3:+.0f} mV/h when the sweep starts"
                out.append(Finding(severity="warning", field="ocv_v", problem=text, hint="let it rest longer"))
    for e, step in steps:
        text = f"the current steps by {step:+.3g} A at the switch of its range near {e:.3f} V"
        out.append(Finding(severity="warning", field="current_a", problem=text, hint="use one fixed range"))
    return out
