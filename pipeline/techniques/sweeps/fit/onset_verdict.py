"""What is said of a sweep's onsets: how far each is supported, why one is missing, and what a person should know of the sweep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.techniques.sweeps.fit.baseline import Baseline
from pipeline.techniques.sweeps.fit.foot import Foot
from pipeline.techniques.sweeps.model import CheckedSweep, Criterion, Onset, OnsetCode
from pipeline.techniques.sweeps.settings import OnsetSettings

MIN_REPLICATES = 0.9
"""Share of the replicates that must show an onset which is no accident of the noise."""


def _withheld(code: OnsetCode, reason: str, level: Literal["unresolved", "refused"] = "unresolved") -> Verdict:
    return Verdict(level=level, reason=reason, code=code)


def no_area() -> Verdict:
    """No threshold can be formed."""
    return _withheld("no_area", "no electrode area: a current density cannot be formed", "refused")


def under_noise(target_a: float, spread_a: float) -> Verdict:
    """A threshold that the baseline's own wander reaches."""
    text = f"{target_a * 1e6:.3g} uA is under 3 sigma of the baseline, {spread_a * 1e6:.3g} uA of noise and wander"
    return _withheld("below_noise", text, "refused")


def no_current() -> Verdict:
    """No tangent."""
    return _withheld("no_current", "no faradaic current to lay a tangent on")


def no_crossing(smoothed_a: FloatArray, level_a: float, first_v: float, last_v: float) -> Verdict:
    """Why a level has no crossing: passed before the sweep, not reached, or not passed for good."""
    if smoothed_a[: max(3, smoothed_a.size // 100)].max() >= level_a:
        text = f"current is above {level_a * 1e6:.3g} uA from the start: the limit lies before {first_v:.3f} V"
        return _withheld("above_from_start", text)
    if smoothed_a.max() < level_a:
        text = f"current stays below {level_a * 1e6:.3g} uA up to {last_v:.3f} V: the limit lies beyond"
        return _withheld("beyond_sweep", text)
    return _withheld("no_steady_rise", f"current does not rise steadily through {level_a * 1e6:.3g} uA")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judge:
    """What the verdict of an onset depends on beside its replicates."""

    checked: CheckedSweep
    straight: bool
    """Whether the baseline is a line within the noise."""
    settings: OnsetSettings

    def judge(self, criterion: Criterion, value_v: float, drawn_v: FloatArray) -> Onset:
        """Estimate and verdict from (B,) replicates; the reference's sigma is added here."""
        good = drawn_v[np.isfinite(drawn_v)]
        if good.size < MIN_REPLICATES * drawn_v.size:
            why = f"only {good.size} of {drawn_v.size} bootstrap replicates show the onset"
            return Onset(criterion=criterion, onset_v_vs_na=None, verdict=_withheld("few_replicates", why))
        spread = float(np.std(good))
        reference = self.checked.conditions.volts_vs_na_sigma
        sigma = float(np.hypot(spread, reference))
        text = self._words(spread, reference)
        if spread > self.settings.weak_sigma_v:
            return Onset(criterion=criterion, onset_v_vs_na=None, verdict=_withheld("vague", text))
        low, high = np.quantile(good, [0.025, 0.975]) - value_v
        wide = sigma / spread if spread > 0 else 1.0
        estimate = Estimate(
            value=value_v, sigma=sigma, unit="V", low95=value_v + float(low) * wide, high95=value_v + float(high) * wide
        )
        against = self._against(sigma)
        verdict = Verdict(level="weak" if against else "resolved", reason=text, code=" ".join(against or ("found",)))
        return Onset(criterion=criterion, onset_v_vs_na=estimate, verdict=verdict)

    def _against(self, sigma: float) -> tuple[OnsetCode, ...]:
        """What keeps the onset from being resolved."""
        rules: tuple[tuple[OnsetCode, bool], ...] = (
            ("crooked_baseline", not self.straight),
            ("no_reference", not self.checked.potential_is_vs_na),
            ("after_turn", self.checked.after_turn),
            ("wide", not sigma <= self.settings.resolved_sigma_v),
        )
        return tuple(code for code, holds in rules if holds)

    def _words(self, spread: float, reference: float) -> str:
        scale = "vs Na/Na+" if self.checked.potential_is_vs_na else "as measured, reference not given"
        text = f"sigma {spread * 1e3:.1f} mV, reference {reference * 1e3:.1f} mV, {scale}"
        text += "" if self.straight else ", no straight baseline"
        return text + (", after a turn without rest" if self.checked.after_turn else "")


def doubts(base: Baseline, foot: Foot | None, near: int | None) -> list[Finding]:
    """Where the baseline is no line, or the noise no noise."""
    out = []
    if not base.straight:
        text = "no stretch of the baseline is straight within the noise: its first level was taken"
        out.append(Finding(severity="warning", field="baseline", problem=text, hint="look at the sweep's start"))
    if base.noise_factor > 1:
        text = f"the noise is not independent from point to point: errors widened by {base.noise_factor:.2f}"
        out.append(Finding(severity="info", field="noise", problem=text))
    if foot is None and near is not None and base.straight:
        text = "no power law describes the foot: the departure is that of the running mean"
        out.append(Finding(severity="info", field="departure", problem=text))
    return out


def compare_tangent(onsets: list[Onset], warn_v: float, sign: float) -> tuple[list[Onset], list[Finding]]:
    """A tangent is weak at best unless it agrees with the headline; far from it, it is flagged."""
    headline, tangent = onsets[0].onset_v_vs_na, onsets[-1].onset_v_vs_na
    if tangent is None:
        return onsets, []
    code: OnsetCode = "no_headline"
    if headline is None:
        problem, flags = "no headline onset to compare the tangent with", []
    else:
        difference = sign * (tangent.value - headline.value)
        if abs(difference) <= warn_v:
            return onsets, []
        code = "far_from_headline"
        problem = f"the tangent lies {difference:+.2f} V from the headline onset: for comparison with literature only"
        flags = [Finding(severity="warning", field="tangent", problem=problem, code=code)]
    last = onsets[-1].verdict
    codes = " ".join(c for c in (*last.code.split(), code) if c != "found")
    verdict = Verdict(level="weak", reason=f"{last.reason}; {problem}", code=codes)
    return [*onsets[:-1], replace(onsets[-1], verdict=verdict)], flags
