"""Checked sweep -> onset potentials by several criteria, each with its uncertainty.

    j_X_uA_per_cm2     smoothed faradaic current density (baseline taken off) reaches X and goes on
    departure_5sigma   the same with 5 sigma of the smoothed noise for X
    tangent            line through the upper half of the current, cut with the baseline: for comparison with literature only

Intervals by residual bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, Chapman & Hall (1993), chapter 9): residuals of
smoothed data are drawn anew, the baseline is drawn from its own covariance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt

from pipeline.errors import FitError
from pipeline.fit.lsv.baseline import Baseline, fit_baseline
from pipeline.model.measurement import FloatArray
from pipeline.model.result import Estimate, Finding, Verdict
from pipeline.model.sweep import CheckedSweep, Onset, SweepFit


@dataclass(frozen=True, slots=True, kw_only=True)
class OnsetSettings:
    """Table ``[settings.lsv.onset]``."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    thresholds_ua_per_cm2: tuple[Annotated[float, Gt(0)], ...] = (1.0, 10.0)
    """Current densities that count as the onset; the first is the headline."""
    departure_sigmas: Annotated[float, Gt(2)] = 5.0
    """Departure from the baseline in units of the smoothed noise."""
    bootstrap: Annotated[int, Ge(20)] = 200
    """Replicates: the 95 % interval is then good to a tenth of its width."""
    seed: Annotated[int, Ge(0)] = 1
    """Of the bootstrap: the same data give the same numbers."""
    smooth_fraction: Annotated[float, Gt(0), Lt(0.2)] = 0.01
    """Longest running mean as a fraction of the sweep: shifts an onset by less than the scan's own steps."""
    baseline_fraction: Annotated[float, Gt(0), Lt(1)] = 0.10
    """Shortest baseline tried, of the whole sweep."""
    transient_fraction: Annotated[float, Ge(0), Lt(0.1)] = 0.01
    """First part of the sweep left out of the baseline: the double layer charges."""
    tangent_warn_v: Annotated[float, Gt(0)] = 0.2
    """The tangent is flagged when it differs from the headline by more."""
    resolved_sigma_v: Annotated[float, Gt(0)] = 0.02
    """Largest sigma of a resolved onset: differences of 50 mV between samples can then be told."""
    weak_sigma_v: Annotated[float, Gt(0)] = 0.10
    """Largest sigma of an onset that is given at all."""


def find_onsets(checked: CheckedSweep, settings: OnsetSettings) -> SweepFit:
    """Onsets of one direction of one sweep.

    Raises
    ------
    FitError
        Fewer than 20 kept points.
    """
    keep = np.flatnonzero(np.array(checked.keep))
    if keep.size < 20:
        problem = f"{keep.size} kept point(s), 20 needed"
        raise FitError(source=checked.sweep.source.file, field="current_a", problem=problem)
    sign = 1.0 if checked.direction == "oxidation" else -1.0
    e, i = checked.potential_v_vs_na[keep], sign * checked.sweep.current_a[keep]
    order = np.argsort(sign * e, kind="stable")
    e, i = e[order], i[order]
    x = sign * (e - e[0])
    base = fit_baseline(x, i, min_fraction=settings.baseline_fraction, skip=int(settings.transient_fraction * i.size))
    faradaic = i - base.intercept_a - base.slope_a_per_v * x
    window = _window(i.size, settings)
    replicates = _replicates(x, faradaic, base, window, settings)
    area = checked.conditions.area_m2 or checked.sweep.area_m2
    levels: list[tuple[str, float | None]] = []
    for density in settings.thresholds_ua_per_cm2:
        name = f"j_{density:g}_uA_per_cm2"
        levels.append((name, None if area is None else density * 1e-6 * area * 1e4))
    levels.append(("departure_5sigma" if settings.departure_sigmas == 5 else f"departure_{settings.departure_sigmas:g}sigma",
                   settings.departure_sigmas * base.noise_a / np.sqrt(window)))  # fmt: skip
    smooth = _smooth(faradaic[None, :], window)[0]
    draws, onsets = [], []
    for name, level in levels:
        onset, drawn = _threshold(name, level, x, e, sign, smooth, replicates, checked, settings)
        onsets.append(onset)
        draws.append(drawn)
    onset, drawn = _tangent(x, e, sign, smooth, replicates, checked, settings, base)
    onsets.append(onset)
    draws.append(drawn)
    line = sign * (base.intercept_a + base.slope_a_per_v * sign * (checked.potential_v_vs_na - e[0]))
    return SweepFit(
        checked=checked,
        onsets=tuple(onsets),
        baseline_a=line,
        noise_a=base.noise_a,
        baseline_end_v=float(e[min(base.n_points, e.size) - 1]),
        capacitance=_capacitance(base, checked.scan_rate_v_per_s),
        charge_mah=_charge(checked, keep),
        onset_v=np.array(draws),
        findings=tuple([*checked.findings, *_compare(onsets, settings, sign)]),
    )


def _window(n: int, settings: OnsetSettings) -> int:
    return max(3, int(settings.smooth_fraction * n) // 2 * 2 + 1)


def _smooth(curves: FloatArray, window: int) -> FloatArray:
    """Running mean along the last axis; the ends use what there is, so that a line stays a line inside."""
    half = window // 2
    padded = np.pad(curves, ((0, 0), (half + 1, half)), mode="edge")
    padded[:, 0] = 0.0
    total = np.cumsum(padded, axis=1)
    return np.asarray((total[:, window:] - total[:, :-window]) / window)


def _replicates(
    x: FloatArray, faradaic: FloatArray, base: Baseline, window: int, settings: OnsetSettings
) -> FloatArray:
    """(B, n) smoothed faradaic currents with noise and baseline drawn anew."""
    rng = np.random.default_rng([settings.seed, x.size])
    smooth = _smooth(faradaic[None, :], window)[0]
    pool = (faradaic - smooth)[: max(base.n_points, 12)]
    pool = pool - pool.mean()
    pool *= base.noise_a / max(float(np.std(pool)), 1e-30)
    noise = rng.choice(pool, size=(settings.bootstrap, x.size))
    lines = rng.multivariate_normal([0.0, 0.0], base.covariance, size=settings.bootstrap)
    return _smooth(noise, window) + smooth - lines[:, :1] - lines[:, 1:] * x


def _crossings(curves: FloatArray, x: FloatArray, level: float) -> FloatArray:
    """(B,) where each curve last comes up through ``level`` before it first reaches three times it; NaN if it never does."""
    high = curves >= 3 * level
    reached = high.any(axis=1)
    peak = np.where(reached, np.argmax(high, axis=1), np.argmax(curves, axis=1))
    below = curves < level
    below &= np.arange(x.size) <= peak[:, None]
    last = x.size - 1 - np.argmax(below[:, ::-1], axis=1)
    rows = np.arange(curves.shape[0])
    ok = below.any(axis=1) & (last < x.size - 1) & (curves[rows, np.minimum(last + 1, x.size - 1)] >= level)
    after = np.minimum(last + 1, x.size - 1)
    y0, y1 = curves[rows, last], curves[rows, after]
    share = (level - y0) / np.where(y1 == y0, 1.0, y1 - y0)
    return np.where(ok, x[last] + share * (x[after] - x[last]), np.nan)


def _threshold(
    name: str,
    level: float | None,
    x: FloatArray,
    e: FloatArray,
    sign: float,
    smooth: FloatArray,
    replicates: FloatArray,
    checked: CheckedSweep,
    settings: OnsetSettings,
) -> tuple[Onset, FloatArray]:
    nothing = np.full(settings.bootstrap, np.nan)
    if level is None:
        why = "no electrode area: a current density cannot be formed"
        return Onset(criterion=name, onset_v_vs_na=None, verdict=Verdict(level="refused", reason=why)), nothing
    found = float(_crossings(smooth[None, :], x, level)[0])
    if not np.isfinite(found):
        why = f"current stays below {level * 1e6:.3g} uA up to {e[-1]:.3f} V: the limit lies beyond"
        if smooth[: max(3, smooth.size // 100)].max() >= level:
            why = f"current is above {level * 1e6:.3g} uA from the start: the limit lies before {e[0]:.3f} V"
        return Onset(criterion=name, onset_v_vs_na=None, verdict=Verdict(level="unresolved", reason=why)), nothing
    drawn = e[0] + sign * _crossings(replicates, x, level)
    return _estimate(name, float(e[0] + sign * found), drawn, checked, settings), drawn


def _estimate(name: str, value: float, drawn: FloatArray, checked: CheckedSweep, settings: OnsetSettings) -> Onset:
    good = drawn[np.isfinite(drawn)]
    if good.size < 0.9 * drawn.size:
        why = f"only {good.size} of {drawn.size} bootstrap replicates show the onset"
        return Onset(criterion=name, onset_v_vs_na=None, verdict=Verdict(level="unresolved", reason=why))
    spread = float(np.std(good))
    low, high = np.quantile(good - np.median(good), [0.025, 0.975])
    reference = checked.conditions.volts_vs_na_sigma
    sigma = float(np.hypot(spread, reference))
    wide = float(np.hypot(1.0, reference / spread)) if spread > 0 else 1.0
    estimate = Estimate(
        value=value, sigma=sigma, unit="V", low95=value + float(low) * wide, high95=value + float(high) * wide
    )
    scale = "vs Na/Na+" if checked.potential_is_vs_na else "as measured, reference not given"
    text = f"sigma {sigma * 1e3:.1f} mV (reference {reference * 1e3:.1f} mV), {scale}"
    if sigma > settings.weak_sigma_v:
        return Onset(criterion=name, onset_v_vs_na=None, verdict=Verdict(level="unresolved", reason=text))
    level = "resolved" if sigma <= settings.resolved_sigma_v and checked.potential_is_vs_na else "weak"
    return Onset(criterion=name, onset_v_vs_na=estimate, verdict=Verdict(level=level, reason=text))  # type: ignore[arg-type]


def _tangent(
    x: FloatArray,
    e: FloatArray,
    sign: float,
    smooth: FloatArray,
    replicates: FloatArray,
    checked: CheckedSweep,
    settings: OnsetSettings,
    base: Baseline,
) -> tuple[Onset, FloatArray]:
    nothing = np.full(settings.bootstrap, np.nan)
    top = int(np.argmax(smooth))
    if smooth[top] < 20 * base.noise_a:
        why = "no faradaic current to lay a tangent on"
        return Onset(criterion="tangent", onset_v_vs_na=None, verdict=Verdict(level="unresolved", reason=why)), nothing
    low = (
        int(np.flatnonzero(smooth[: top + 1] < 0.5 * smooth[top])[-1]) + 1
        if np.any(smooth[: top + 1] < 0.5 * smooth[top])
        else 0
    )
    if top - low < 3:
        why = "fewer than four points between half and full current"
        return Onset(criterion="tangent", onset_v_vs_na=None, verdict=Verdict(level="unresolved", reason=why)), nothing
    part = slice(low, top + 1)

    def cut(curves: FloatArray) -> FloatArray:
        slope, intercept = np.polyfit(x[part], curves[:, part].T, 1)
        return np.asarray(-intercept / slope)

    drawn = e[0] + sign * cut(replicates)
    return _estimate("tangent", float(e[0] + sign * cut(smooth[None, :])[0]), drawn, checked, settings), drawn


def _capacitance(base: Baseline, rate: float | None) -> Estimate | None:
    """C = I_c/(dE/dt) at the start of the sweep."""
    if not rate or base.intercept_a <= 0:
        return None
    return Estimate(value=base.intercept_a / rate, sigma=float(np.sqrt(base.covariance[0, 0])) / rate, unit="F")


def _charge(checked: CheckedSweep, keep: np.ndarray) -> float | None:
    """Charge passed over the kept points, mAh, positive for oxidation."""
    t = checked.sweep.time_s
    if t is None:
        return None
    return float(np.trapezoid(checked.sweep.current_a[keep], t[keep])) / 3.6


def _compare(onsets: list[Onset], settings: OnsetSettings, sign: float) -> list[Finding]:
    headline, tangent = onsets[0].onset_v_vs_na, onsets[-1].onset_v_vs_na
    if headline is None or tangent is None:
        return []
    difference = sign * (tangent.value - headline.value)
    if abs(difference) <= settings.tangent_warn_v:
        return []
    problem = f"the tangent lies {difference:+.2f} V from the headline onset: for comparison with literature only"
    return [Finding(severity="warning", field="tangent", problem=problem)]
