"""Checked sweep -> onset potentials by several criteria, each with its uncertainty.

    j_X_uA_per_cm2     faradaic current density (baseline taken off) reaches X and goes on
    departure_5sigma   it reaches 5 sigma of the running mean's noise, found by a fit of baseline and foot together
    tangent            line through the steepest stretch, cut with the baseline: for comparison with literature only

The reference electrode's uncertainty is added at the end, to the estimates only: it is common to all sweeps of a cell, and the
replicates leave it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.sweeps.fit.baseline import Baseline, fit_baseline, noise_about_line, noise_factor
from pipeline.techniques.sweeps.fit.foot import Foot, fit_foot
from pipeline.techniques.sweeps.fit.onset_verdict import compare_tangent, doubts
from pipeline.techniques.sweeps.fit.threshold_crossing import (
    Draws,
    cross_level,
    cross_running_mean,
    first_departure,
    lay_tangent,
    smooth,
)
from pipeline.techniques.sweeps.model import CheckedSweep, Onset, SweepFit

FOOT_LEVELS = (100.0, 20.0)
"""The foot is fitted up to these multiples of the departure's level: as far as one power law describes it."""
Found = tuple[float, FloatArray] | None
"""Distance swept and its replicates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnsetSettings:
    """Table ``[settings.lsv.onset]``."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    thresholds_ua_per_cm2: tuple[Annotated[float, Gt(0)], ...] = (1.0, 10.0)
    """Current densities that count as the onset; the first is the headline."""
    departure_sigmas: Annotated[float, Gt(2)] = 5.0
    """Departure from the baseline in units of the running mean's noise."""
    bootstrap: Annotated[int, Ge(20)] = 400
    """Replicates: the ends of the 95 % interval are then good to a fifteenth of its width."""
    seed: Annotated[int, Ge(0)] = 1
    """Of the bootstrap: the same data give the same numbers."""
    smooth_fraction: Annotated[float, Gt(0), Lt(0.2)] = 0.01
    """Running mean as a fraction of the sweep: finds where an onset is; the onset itself comes from local fits."""
    baseline_fraction: Annotated[float, Gt(0), Lt(1)] = 0.10
    """Shortest baseline tried, of the whole sweep."""
    tangent_warn_v: Annotated[float, Gt(0)] = 0.2
    """The tangent is flagged when it differs from the headline by more."""
    resolved_sigma_v: Annotated[float, Gt(0)] = 0.02
    """Largest sigma of a resolved onset, reference included: differences of 50 mV between samples can then be told."""
    weak_sigma_v: Annotated[float, Gt(0)] = 0.10
    """Largest sigma of an onset that is given at all, reference aside."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Sweep:
    """One direction, sorted: distance swept, faradaic sense positive."""

    checked: CheckedSweep
    keep: np.ndarray
    sign: float
    e0: float
    x: FloatArray
    current: FloatArray
    window: int

    def potential(self, x: float) -> float:
        return self.e0 + self.sign * x


def find_onsets(checked: CheckedSweep, settings: OnsetSettings) -> SweepFit:
    """Onsets of one direction of one sweep.

    Raises
    ------
    FitError
        Fewer than 20 kept points.
    """
    s = _sorted(checked, settings)
    base = fit_baseline(s.x, s.current, min_fraction=settings.baseline_fraction)
    level = _level(s, base, settings)
    foot, near = _foot(s, base, level)
    if foot is not None:  # its residuals are free of the foot that a straight line takes in
        noise = float(np.sqrt(np.mean(np.clip(foot.residual_a, -4 * base.noise_a, 4 * base.noise_a) ** 2)))
        base = replace(base, noise_a=noise, noise_factor=noise_factor(foot.residual_a, base.block, noise))
        level = _level(s, base, settings)
        foot, near = _foot(s, base, level)
    line = _Line.of(base, foot)
    rng = np.random.default_rng([settings.seed, s.x.size])
    draws = Draws(
        generator=rng,
        line=rng.multivariate_normal([0.0, 0.0], line.covariance, size=settings.bootstrap, method="cholesky"),
        noise_factor=base.noise_factor,
    )
    faradaic = s.current - line.at(s.x)
    smoothed = smooth(faradaic, s.window)
    onsets, replicates = _all_onsets(s, base, foot, near, level, faradaic, smoothed, draws, settings)
    onsets, flags = compare_tangent(onsets, settings.tangent_warn_v, s.sign)
    top = int(np.argmax(smoothed))
    over = s.sign * (checked.potential_v_vs_na - s.e0)
    end = line.end_v if line.end_v is not None else float(s.x[min(base.end, s.x.size) - 1])
    return SweepFit(
        checked=checked,
        onsets=tuple(onsets),
        baseline_a=s.sign * line.at(over),
        noise_a=base.noise_a,
        baseline_end_v=s.potential(end),
        capacitance=_capacitance(line, checked.scan_rate_v_per_s),
        charge_mah=_charge(checked, s.keep),
        onset_v=replicates,
        findings=(*checked.findings, *doubts(base, foot, near), *flags),
        peak_current_a=s.sign * float(smoothed[top]),
        peak_v=s.potential(float(s.x[top])),
    )


def _level(s: _Sweep, base: Baseline, settings: OnsetSettings) -> float:
    """Current that counts as a departure, A."""
    return settings.departure_sigmas * base.mean_noise(s.window)


def _sorted(checked: CheckedSweep, settings: OnsetSettings) -> _Sweep:
    keep = np.flatnonzero(np.array(checked.keep))
    if keep.size < 20:
        problem = f"{keep.size} kept point(s), 20 needed"
        raise FitError(source=checked.sweep.source.file, field="current_a", problem=problem)
    sign = 1.0 if checked.direction == "oxidation" else -1.0
    e, i = checked.potential_v_vs_na[keep], sign * checked.sweep.current_a[keep]
    order = np.argsort(sign * e, kind="stable")
    e, i = e[order], i[order]
    window = max(3, int(settings.smooth_fraction * i.size) // 2 * 2 + 1)
    return _Sweep(checked=checked, keep=keep, sign=sign, e0=float(e[0]), x=sign * (e - e[0]), current=i, window=window)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Line:
    """The baseline in use: from the joint fit where there is one."""

    intercept: float
    slope: float
    covariance: FloatArray
    end_v: float | None

    @classmethod
    def of(cls, base: Baseline, foot: Foot | None) -> _Line:
        if foot is None:
            return cls(intercept=base.intercept_a, slope=base.slope_a_per_v, covariance=base.covariance, end_v=None)
        covariance = np.array(foot.covariance[:2, :2]) * base.noise_factor**2
        return cls(
            intercept=foot.intercept_a, slope=foot.slope_a_per_v, covariance=covariance, end_v=max(foot.begin_v, 0.0)
        )

    def at(self, x: FloatArray) -> FloatArray:
        return np.asarray(self.intercept + self.slope * x)


def _foot(s: _Sweep, base: Baseline, level: float) -> tuple[Foot | None, int | None]:
    """Joint fit of baseline and foot, where the current leaves the baseline and the fit describes it."""
    smoothed = smooth(s.current - base.at(s.x), s.window)
    near = first_departure(smoothed, level, s.window)
    if near is None or not base.straight:
        return None, near
    for reach in FOOT_LEVELS:
        far = np.flatnonzero(smoothed[near:] > reach * level)
        high = near + (int(far[0]) if far.size else int(np.argmax(smoothed[near:])))
        high = min(max(high, near + 30), s.x.size)
        if near - base.start < 20 or high - near < 8:
            continue
        foot = fit_foot(s.x, s.current, base.start, near, high, level, base.noise_a)
        if foot is None or abs(foot.q_v - s.x[near]) > 0.15 * s.x[-1]:
            continue
        if foot.chi2_reduced <= base.noise_factor**2 * (1 + 4 * np.sqrt(2 / foot.dof)):
            return foot, near
    return None, near


def _all_onsets(
    s: _Sweep,
    base: Baseline,
    foot: Foot | None,
    near: int | None,
    level: float,
    faradaic: FloatArray,
    smoothed: FloatArray,
    draws: Draws,
    settings: OnsetSettings,
) -> tuple[list[Onset], FloatArray]:
    """Every criterion and its replicates, thresholds first."""
    area = s.checked.conditions.area_m2 or s.checked.sweep.area_m2
    spread = base.mean_noise(s.window)
    begin = foot.begin_v if foot else 0.0
    onsets, rows = [], []

    def add(name: str, found: Found, why: str, refused: bool = False) -> None:
        if found is None:
            level: Literal["refused", "unresolved"] = "refused" if refused else "unresolved"
            onsets.append(Onset(criterion=name, onset_v_vs_na=None, verdict=Verdict(level=level, reason=why)))
            rows.append(np.full(draws.n, np.nan))
            return
        values = s.e0 + s.sign * found[1]
        onsets.append(_judged(name, s.potential(found[0]), values, s.checked, base.straight, settings))
        rows.append(values)

    for density in settings.thresholds_ua_per_cm2:
        name = f"j_{density:g}_uA_per_cm2"
        if area is None:
            add(name, None, "no electrode area: a current density cannot be formed", refused=True)
            continue
        target = density * 1e-2 * area  # uA/cm2 -> A
        if target < 3 * spread:
            text = f"{target * 1e6:.3g} uA is under 3 sigma of the baseline, {spread * 1e6:.3g} uA of noise and wander"
            add(name, None, text, refused=True)
            continue
        add(name, cross_level(s.x, faradaic, smoothed, target, begin, draws), _missing(s, smoothed, target))
    found: Found = None
    if foot is not None:
        relative = 1 / float(np.sqrt(2 * max(base.end - base.start, 10)))  # of the noise level, hence of the level
        sigma = np.hypot(np.sqrt(foot.covariance[2, 2]) * base.noise_factor, foot.q_per_level * relative)
        found = foot.q_v, foot.q_v + draws.generator.normal(0.0, sigma, draws.n)
    elif near is not None:
        found = cross_running_mean(s.x, smoothed, level, spread, draws)
    add(f"departure_{settings.departure_sigmas:g}sigma", found, _missing(s, smoothed, level))
    tangent: Found = None
    if smoothed.max() > 20 * spread:
        upper = faradaic > 0.7 * smoothed.max()  # where a jitter of the potential counts most
        noise = max(base.noise_a, noise_about_line(s.x[upper], faradaic[upper]) if upper.sum() >= 20 else 0.0)
        tangent = lay_tangent(s.x, faradaic, noise, draws)
    add("tangent", tangent, "no faradaic current to lay a tangent on")
    return onsets, np.array(rows)


def _missing(s: _Sweep, smoothed: FloatArray, level: float) -> str:
    """Why a level has no crossing."""
    if smoothed[: max(3, smoothed.size // 100)].max() >= level:
        return f"current is above {level * 1e6:.3g} uA from the start: the limit lies before {s.e0:.3f} V"
    last = s.potential(float(s.x[-1]))
    if smoothed.max() < level:
        return f"current stays below {level * 1e6:.3g} uA up to {last:.3f} V: the limit lies beyond"
    return f"current does not rise steadily through {level * 1e6:.3g} uA"


def _judged(
    name: str, value: float, drawn: FloatArray, checked: CheckedSweep, straight: bool, settings: OnsetSettings
) -> Onset:
    good = drawn[np.isfinite(drawn)]
    if good.size < 0.9 * drawn.size:
        why = f"only {good.size} of {drawn.size} bootstrap replicates show the onset"
        return Onset(criterion=name, onset_v_vs_na=None, verdict=Verdict(level="unresolved", reason=why))
    spread = float(np.std(good))
    low, high = np.quantile(good, [0.025, 0.975]) - value
    reference = checked.conditions.volts_vs_na_sigma
    sigma = float(np.hypot(spread, reference))
    wide = sigma / spread if spread > 0 else 1.0
    estimate = Estimate(
        value=value, sigma=sigma, unit="V", low95=value + float(low) * wide, high95=value + float(high) * wide
    )
    scale = "vs Na/Na+" if checked.potential_is_vs_na else "as measured, reference not given"
    text = f"sigma {spread * 1e3:.1f} mV, reference {reference * 1e3:.1f} mV, {scale}"
    text += "" if straight else ", no straight baseline"
    text += ", after a turn without rest" if checked.after_turn else ""
    if spread > settings.weak_sigma_v:
        return Onset(criterion=name, onset_v_vs_na=None, verdict=Verdict(level="unresolved", reason=text))
    level: Literal["resolved", "weak"] = "weak"
    sound = straight and checked.potential_is_vs_na and not checked.after_turn
    if sound and sigma <= settings.resolved_sigma_v:
        level = "resolved"
    return Onset(criterion=name, onset_v_vs_na=estimate, verdict=Verdict(level=level, reason=text))


def _capacitance(line: _Line, rate: float | None) -> Estimate | None:
    """C = I_c/(dE/dt) at the start of the sweep."""
    if not rate or line.intercept <= 0:
        return None
    return Estimate(value=line.intercept / rate, sigma=float(np.sqrt(line.covariance[0, 0])) / rate, unit="F")


def _charge(checked: CheckedSweep, keep: np.ndarray) -> float | None:
    """Charge passed over the kept points, mAh, positive for oxidation."""
    t = checked.sweep.time_s
    if t is None:
        return None
    return float(np.trapezoid(checked.sweep.current_a[keep], t[keep])) / 3.6
