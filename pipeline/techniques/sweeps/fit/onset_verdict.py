"""What a person should know of a sweep's onsets: a bent baseline, noise that is none, a tangent far off."""

from __future__ import annotations

from dataclasses import replace

from pipeline.core.values import Finding, Verdict
from pipeline.techniques.sweeps.fit.baseline import Baseline
from pipeline.techniques.sweeps.fit.foot import Foot
from pipeline.techniques.sweeps.model import Onset


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
    if headline is None:
        problem, flags = "no headline onset to compare the tangent with", []
    else:
        difference = sign * (tangent.value - headline.value)
        if abs(difference) <= warn_v:
            return onsets, []
        problem = f"the tangent lies {difference:+.2f} V from the headline onset: for comparison with literature only"
        flags = [Finding(severity="warning", field="tangent", problem=problem)]
    verdict = Verdict(level="weak", reason=f"{onsets[-1].verdict.reason}; {problem}")
    return [*onsets[:-1], replace(onsets[-1], verdict=verdict)], flags
