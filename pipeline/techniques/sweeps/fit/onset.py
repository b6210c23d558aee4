"""Checked sweep -> onset potentials by several criteria, each with its uncertainty.

    j_X_uA_per_cm2     faradaic current density (baseline taken off) reaches X and goes on
    departure_5sigma   it reaches 5 sigma of the running mean's noise, found by a fit of baseline and foot together
    tangent            line through the steepest stretch, cut with the baseline: for comparison with literature only

The reference electrode's uncertainty is added at the end, to the estimates only: it is common to all sweeps of a cell, and the
replicates leave it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.sweeps.fit.baseline import Baseline, fit_baseline, noise_about_line, noise_factor
from pipeline.techniques.sweeps.fit.foot import Foot, fit_foot
from pipeline.techniques.sweeps.fit.onset_verdict import (
    Judge,
    compare_tangent,
    doubts,
    no_area,
    no_crossing,
    no_current,
    under_noise,
)
from pipeline.techniques.sweeps.fit.threshold_crossing import (
    Draws,
    cross_level,
    cross_running_mean,
    first_departure,
    lay_tangent,
    smooth,
)
from pipeline.techniques.sweeps.model import TANGENT, CheckedSweep, Criterion, Onset, SweepFit
from pipeline.techniques.sweeps.settings import OnsetSettings

FOOT_LEVELS = (100.0, 20.0)
"""The foot is fitted up to these multiples of the departure's level: as far as one power law describes it."""
Found = tuple[float, FloatArray]
"""Distance swept and its replicates."""


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
    curve = _Curve(
        sweep=s, base=base, foot=foot, near=near, level=level, faradaic=faradaic, smoothed=smooth(faradaic, s.window)
    )
    onsets, replicates = _all_onsets(curve, draws, settings)
    onsets, flags = compare_tangent(onsets, settings.tangent_warn_v, s.sign)
    over = s.sign * (checked.potential_v_vs_na - s.e0)
    end = line.end_v if line.end_v is not None else float(s.x[min(base.end, s.x.size) - 1])
    charge, charge_sigma = _charge(checked, s.keep, base)
    top = int(np.argmax(curve.smoothed))
    return SweepFit(
        checked=checked,
        onsets=tuple(onsets),
        baseline_a=s.sign * line.at(over),
        noise_a=base.noise_a,
        baseline_end_v=s.potential(end),
        capacitance=_capacitance(line, checked.scan_rate_v_per_s),
        charge_mah=charge,
        charge_sigma_mah=charge_sigma,
        onset_v=replicates,
        findings=(*checked.findings, *doubts(base, foot, near), *flags),
        peak_current_a=s.sign * float(curve.smoothed[top]),
        peak_v=s.potential(float(s.x[top])),
        peak_sigma_a=_peak_sigma(curve, line, top),
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


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Curve:
    """A sweep with its baseline taken off."""

    sweep: _Sweep
    base: Baseline
    foot: Foot | None
    near: int | None
    """Where the running mean leaves the baseline."""
    level: float
    """Current that counts as a departure, A."""
    faradaic: FloatArray
    smoothed: FloatArray

    @property
    def spread(self) -> float:
        """1 sigma of the running mean, A."""
        return self.base.mean_noise(self.sweep.window)


def _all_onsets(curve: _Curve, draws: Draws, settings: OnsetSettings) -> tuple[list[Onset], FloatArray]:
    """Every criterion and its replicates, thresholds first."""
    s = curve.sweep
    judge = Judge(checked=s.checked, straight=curve.base.straight, settings=settings)
    onsets: list[Onset] = []
    rows: list[FloatArray] = []

    def add(criterion: Criterion, found: Found | Verdict) -> None:
        if isinstance(found, Verdict):
            onsets.append(Onset(criterion=criterion, onset_v_vs_na=None, verdict=found))
            rows.append(np.full(draws.n, np.nan))
            return
        values = np.asarray(s.e0 + s.sign * found[1])
        onsets.append(judge.judge(criterion, s.potential(found[0]), values))
        rows.append(values)

    for density in settings.thresholds_ua_per_cm2:
        add(Criterion(threshold_ua_per_cm2=density), _threshold(curve, density, draws))
    add(Criterion(departure_sigmas=settings.departure_sigmas), _departure(curve, draws))
    add(TANGENT, _tangent(curve, draws))
    return onsets, np.array(rows)


def _threshold(curve: _Curve, density_ua_per_cm2: float, draws: Draws) -> Found | Verdict:
    """Where the current density above the baseline reaches a threshold."""
    area = curve.sweep.checked.area_m2
    if area is None:
        return no_area()
    target = density_ua_per_cm2 * 1e-2 * area  # uA/cm2 -> A
    if target < 3 * curve.spread:
        return under_noise(target, curve.spread)
    begin = curve.foot.begin_v if curve.foot else 0.0
    found = cross_level(curve.sweep.x, curve.faradaic, curve.smoothed, target, begin, draws)
    return found or _missing(curve, target)


def _departure(curve: _Curve, draws: Draws) -> Found | Verdict:
    """Where the current leaves the noise: by the joint fit of the foot, else by the running mean."""
    base, foot, found = curve.base, curve.foot, None
    if foot is not None:
        relative = 1 / float(np.sqrt(2 * max(base.end - base.start, 10)))  # of the noise level, hence of the level
        sigma = np.hypot(np.sqrt(foot.covariance[2, 2]) * base.noise_factor, foot.q_per_level * relative)
        return foot.q_v, foot.q_v + draws.generator.normal(0.0, sigma, draws.n)
    if curve.near is not None:
        found = cross_running_mean(curve.sweep.x, curve.smoothed, curve.level, curve.spread, draws)
    return found or _missing(curve, curve.level)


def _tangent(curve: _Curve, draws: Draws) -> Found | Verdict:
    """Where the line through the steepest stretch cuts the baseline."""
    top, found = curve.smoothed.max(), None
    if top > 20 * curve.spread:
        x, upper = curve.sweep.x, curve.faradaic > 0.7 * top  # where a jitter of the potential counts most
        jitter = noise_about_line(x[upper], curve.faradaic[upper]) if upper.sum() >= 20 else 0.0
        found = lay_tangent(x, curve.faradaic, max(curve.base.noise_a, jitter), draws)
    return found or no_current()


def _missing(curve: _Curve, level: float) -> Verdict:
    """Why a level has no crossing."""
    s = curve.sweep
    return no_crossing(curve.smoothed, level, s.e0, s.potential(float(s.x[-1])))


def _capacitance(line: _Line, rate: float | None) -> Estimate | None:
    """C = I_c/(dE/dt) at the start of the sweep."""
    if not rate or line.intercept <= 0:
        return None
    return Estimate(value=line.intercept / rate, sigma=float(np.sqrt(line.covariance[0, 0])) / rate, unit="F")


def _peak_sigma(curve: _Curve, line: _Line, top: int) -> float:
    """1 sigma of the running mean above the baseline at one point, A; at the end it is over fewer points."""
    count = min(2 * min(max(top, curve.sweep.window // 2), curve.smoothed.size - 1 - top) + 1, curve.sweep.window)
    at = np.array([1.0, curve.sweep.x[top]])
    return float(np.hypot(curve.base.mean_noise(max(count, 1)), np.sqrt(at @ line.covariance @ at)))


def _charge(checked: CheckedSweep, keep: np.ndarray, base: Baseline) -> tuple[float | None, float]:
    """Charge passed over the kept points, positive for oxidation, and its 1 sigma from the noise; mAh."""
    t = checked.sweep.time_s
    if t is None:
        return None, 0.0
    weights = np.gradient(t[keep])  # of the trapezoidal rule, its two ends apart
    sigma = base.noise_a * base.noise_factor * float(np.sqrt(np.sum(weights**2)))
    return float(np.trapezoid(checked.sweep.current_a[keep], t[keep])) / 3.6, sigma / 3.6
