"""Columns with roles -> the signals they can give, the one to take, and what is wrong with its detectors."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.beamline.channels import Roles
from pipeline.science.edge_position import steepest_rise

DETECTORS_UNKNOWN = "detectors_unknown"
"""Code of an error: there are columns beside the energies, but none that can be told from the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """One way to make mu of the columns."""

    mode: str
    mu: FloatArray
    formula: str
    detectors: tuple[int, ...] = ()
    factor: FloatArray | None = None
    """(rows, elements) dead-time factors of the detectors."""


def drop_dead(roles: Roles, data: FloatArray) -> tuple[Roles, set[int]]:
    """Without the detectors that were not connected (zero, one value or no number throughout), and which these are."""
    dead = {i for i in range(data.shape[1]) if not np.any(np.nan_to_num(data[:, i], posinf=0, neginf=0))}
    dead |= {i for i in (roles.i1, roles.i2) if i is not None and not np.any(data[:, i] != data[0, i])}
    used = {roles.i0, roles.i1, roles.mu, roles.electron_yield, *roles.fluorescence}
    living = replace(
        roles,
        i1=None if roles.i1 in dead else roles.i1,
        i2=None if roles.i2 in dead else roles.i2,
        mu=None if roles.mu in dead else roles.mu,
        mu_fluorescence=None if roles.mu_fluorescence in dead else roles.mu_fluorescence,
        electron_yield=None if roles.electron_yield in dead else roles.electron_yield,
        fluorescence=() if set(roles.fluorescence) <= dead else roles.fluorescence,
        i0=None if roles.i0 in dead else roles.i0,
    )
    return living, dead & used


def log_ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """ln(above/below), NaN where the ratio is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = above / below
        return np.asarray(np.where(np.isfinite(ratio) & (ratio > 0), np.log(np.abs(ratio)), np.nan))


def find_signals(data: FloatArray, roles: Roles) -> list[Signal]:
    """Every mu that the columns can give."""
    found: list[Signal] = []
    if roles.i0 is not None:
        i0 = data[:, roles.i0]
        if roles.i1 is not None:
            found.append(Signal("transmission", log_ratio(i0, data[:, roles.i1]), f"ln({roles.i0}/{roles.i1})"))
        elif roles.i2 is not None:  # a foil as the sample: only the chamber behind it was recorded
            found.append(Signal("transmission", log_ratio(i0, data[:, roles.i2]), f"ln({roles.i0}/{roles.i2})"))
        for mode, columns in (
            ("fluorescence", roles.fluorescence),
            ("electron yield", () if roles.electron_yield is None else (roles.electron_yield,)),
        ):
            if columns:
                factor = data[:, list(roles.dead_time)] if mode == "fluorescence" and roles.dead_time else None
                counts = data[:, list(columns)] * (1.0 if factor is None else factor)
                with np.errstate(divide="ignore", invalid="ignore"):
                    mu = np.sum(counts, axis=1) / i0
                mu = np.where(np.isfinite(mu), mu, np.nan)
                formula = "(" + "+".join(map(str, columns)) + f")/{roles.i0}"
                found.append(Signal(mode, mu, formula, columns, factor))
    if roles.mu_fluorescence is not None and not any(s.mode == "fluorescence" for s in found):
        found.append(Signal("fluorescence", data[:, roles.mu_fluorescence], f"{roles.mu_fluorescence}"))
    if roles.mu is not None:
        found.append(Signal("mu", data[:, roles.mu], f"{roles.mu}"))
    return found


def choose_signal(
    raw: RawFile,
    energy: FloatArray,
    signals: list[Signal],
    mode: str,
    labels: tuple[str, ...],
    findings: list[Finding],
    dead: set[int],
) -> Signal:
    """The signal of the mode asked for; by ``auto`` that of the largest edge over its noise (fluorescence: halved).

    Raises
    ------
    ReadError
        No signal, or none of that mode.
    """
    if not signals and dead:
        names = ", ".join(labels[i] for i in sorted(dead))
        problem = f"{names}: zero or no number throughout"
        hint = "was the detector read out?"
        raise ReadError(source=raw.name, field="detectors", problem=problem, hint=hint, code=DETECTORS_UNKNOWN)
    if not signals:
        raise ReadError(
            source=raw.name,
            field="columns",
            problem=f"no detectors or mu among {', '.join(labels[:12])}",
            hint="set i0_column with i1_column or fluorescence_columns, or mu_column, in settings.xas.read",
            code=DETECTORS_UNKNOWN,
        )
    if mode != "auto":
        given = [s for s in signals if s.mode == "mu" and not _repeats_another(s, signals)]
        wanted = [s for s in signals if s.mode == mode] or given
        if not wanted:
            has = ", ".join(s.mode for s in signals if s.mode != "mu") or "mu of another mode"
            problem = f"asked for {mode}, the file has {has}"
            raise ReadError(source=raw.name, field="mode", problem=problem, hint="correct the mode or name columns")
        return wanted[0]
    counted = [s for s in signals if s.mode not in ("mu", "electron yield")] or signals
    if len(counted) == 1 and len(signals) == 1:
        return counted[0]
    scores = {s.mode: edge_over_noise(energy, s.mu) for s in signals}
    worth = {"fluorescence": 0.5}  # over-absorbed where the sample is thick: taken only where it is twice as good
    best = max(counted, key=lambda s: scores[s.mode] * worth.get(s.mode, 1.0))
    if scores[best.mode] < 3:
        best = max(signals, key=lambda s: scores[s.mode])
    if scores[best.mode] < 3:
        best = counted[-1]  # no edge anywhere: who records single fluorescence elements wants them
    told = ", ".join(f"{name} {score:.3g}" for name, score in scores.items())
    note = f"{best.mode} taken: edge over noise {told}"
    if len(signals) > 1:
        findings.append(Finding(severity="info", field="mode", problem=note, hint="set mode in the study"))
    return best


def _repeats_another(given: Signal, signals: list[Signal]) -> bool:
    """True where a column of mu is what the counts give in their mode: it is then no signal of another mode."""
    both = [(given.mu, s.mu) for s in signals if s.mode != "mu"]
    return any(
        np.allclose(a, b, rtol=1e-3, atol=1e-3 * float(np.nanmax(np.abs(b), initial=0.0)), equal_nan=True)
        for a, b in both
    )


def edge_over_noise(energy: FloatArray, mu: FloatArray) -> float:
    """Step of mu across the steepest rise, divided by the scatter before it; 0 where nothing rises."""
    rise = steepest_rise(energy, mu)
    if rise is None:
        return 0.0
    good = np.isfinite(mu)
    before = good & (energy < rise - 8) & (energy > rise - 150)
    after = good & (energy > rise + 8) & (energy < rise + 60)
    if before.sum() < 4 or after.sum() < 4:
        return 0.0
    step = float(np.median(mu[after]) - np.median(mu[before]))
    scatter = float(np.median(np.abs(np.diff(mu[before], 2)))) / (0.6745 * np.sqrt(6))
    return float(max(step, 0.0) / (scatter + 1e-6 * abs(step) + 1e-300))


def named(formula: str, labels: tuple[str, ...]) -> str:
    """A formula of column numbers with the labels in place."""
    return re.sub(r"\d+", lambda m: labels[int(m[0])], formula)


def judge_detectors(data: FloatArray, labels: tuple[str, ...], roles: Roles, best: Signal) -> list[Finding]:
    """Dead, zero and saturated detectors, and points without a mu, in words."""
    found: list[Finding] = []
    bad = int(np.sum(~np.isfinite(best.mu)))
    if bad:
        problem = f"{bad} points without a number: I0 is zero or a ratio is not positive"
        found.append(Finding(severity="warning", field="mu", problem=problem))
    named = [(i, "I0") for i in (roles.i0,) if i is not None] + [(i, "I1") for i in (roles.i1,) if i is not None]
    for i, role in named + [(i, "fluorescence") for i in best.detectors]:
        column = data[:, i]
        zero = int(np.sum(column == 0))
        if role == "fluorescence" and zero == column.size:
            problem = f"{labels[i]} is dead: zero throughout"
            found.append(Finding(severity="warning", field="detectors", problem=problem))
        elif zero and role == "I0":
            found.append(Finding(severity="warning", field=labels[i], problem=f"I0 is zero at {zero} points"))
        top = float(np.max(column[np.isfinite(column)], initial=0.0))
        at_top = int(np.sum(column == top))
        if top > 0 and column.size >= 30 and max(5, 0.05 * column.size) < at_top < column.size:
            problem = f"{labels[i]} stands at its largest value {top:.6g} at {at_top} points"
            found.append(Finding(severity="warning", field="detectors", problem=problem, hint="saturated?"))
    return found


def reference_signal(data: FloatArray, roles: Roles, findings: list[Finding]) -> FloatArray | None:
    """Mu of the reference foil, None where it was not recorded."""
    if roles.mu_reference is not None:
        return data[:, roles.mu_reference]
    if roles.i1 is None or roles.i2 is None:
        return None
    reference = log_ratio(data[:, roles.i1], data[:, roles.i2])
    if np.mean(np.isfinite(reference)) < 0.5:
        problem = "ln(I1/I2) is a number at fewer than half of the points; not used"
        findings.append(Finding(severity="info", field="reference", problem=problem))
        return None
    return reference
