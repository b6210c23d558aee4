"""How far an Arrhenius line is supported: its verdict in words and numbers, what speaks against it, what was left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Estimate, Finding, Level, Verdict
from pipeline.core.words import percent_text
from pipeline.science.constants import KB_EV_PER_K
from pipeline.science.lines import BrokenLine, Line, outliers
from pipeline.science.statistics import interval_sigma
from pipeline.techniques.impedance.model import ConductivityPoint
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.hysteresis import ScanShift, find_shift
from pipeline.techniques.impedance.summarize.repeats import compare_repeats, pair_repeats

MIN_RESOLVED = 4
"""Points below which no line is called resolved: one degree of freedom tests next to nothing."""
MISLABELLED_K = 2.0
"""An outlier that another temperature, this far off at least, would bring onto the line: chambers do not err by as much."""


def judge_line(
    ea: Estimate,
    used: Sequence[ConductivityPoint],
    line: Line,
    extrapolated: bool,
    name: str,
    kink: tuple[bool, float | None, float | None],
    doubts: Sequence[str],
    settings: ArrheniusSettings,
) -> Verdict:
    """Verdict of one line.

    Parameters
    ----------
    name:
        What is plotted, for the words.
    kink:
        Whether there is one, its delta-BIC and what was needed.
    doubts:
        Of ``doubt_line``: with one of them the line is weak at most.
    """
    n, n_weak = len(used), sum(p.verdict.level == "weak" for p in used)
    if ea.value <= 0:
        why = f"{name} does not rise with temperature: Ea = {ea.value:.3f} eV"
        return Verdict(level="unresolved", reason=why, code="line_falls")
    relative = interval_sigma(ea.low, ea.high) / ea.value
    text = f"{name}, {n} points, Ea known to {percent_text(relative)} by their scatter"
    text += f", scatter {percent_text(line.tau)} beyond the points' own" if line.tau > 0 else ""
    text += ", 25 °C extrapolated" if extrapolated else ", 25 °C interpolated"
    kinked, bic, needed = kink
    if bic is not None and needed is not None:
        text += f"; {'kink' if kinked else 'no kink'}: delta-BIC {bic:.1f}, {needed:.0f} needed"
        text += ", but Ea changes too little, or one point makes it" if bic > needed and not kinked else ""
    if relative > settings.weak_sigma:
        return Verdict(level="unresolved", reason=f"{text}: worse than {settings.weak_sigma:.0%}", code="line_wide")
    if n < MIN_RESOLVED:
        why = "; ".join([f"{text}: {n} points hardly test a line", *doubts])
        return Verdict(level="weak", reason=why, code="line_points_few")
    if used[0].method == "series" and line.tau > 0:
        why = f"{text}: the joint fit's points lie on a curve, no one Ea"
        return Verdict(level="weak", reason=why, code="line_curved")
    if used[0].method == "single" and 2 * n_weak > n:  # those of a joint fit were judged together
        why = "; ".join([f"{text}: {n_weak} of the points are weak", *doubts])
        return Verdict(level="weak", reason=why, code="line_points_weak")
    code = "line_doubted" if doubts else "line_wide" if relative > settings.resolved_sigma else "line_determined"
    level: Level = "resolved" if code == "line_determined" else "weak"
    return Verdict(level=level, reason="; ".join([text, *doubts]), code=code)


def doubt_line(
    used: Sequence[ConductivityPoint],
    line: Line,
    broken: BrokenLine | None,
    data: tuple[FloatArray, FloatArray, FloatArray],
    known: tuple[Estimate, float],
    x_25c: float,
    settings: ArrheniusSettings,
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Findings about repeats and outliers of a line through single fits, and those that make it weak, in words.

    Parameters
    ----------
    data:
        x, y, sigma (n,) of the points.
    known:
        Ea, and half the 95 % interval of ln sigma(25 °C) without geometry.
    """
    findings: list[Finding] = []
    doubts: list[str] = []
    repeats = compare_repeats(used, settings.repeat_within_k)
    if repeats is not None:
        findings.append(repeats)
        shift = find_shift(*data, _sides(used, settings.repeat_within_k), x_25c)
        if shift is not None and _beyond(shift, *known):
            doubts.append(f"{shift}, more than the intervals of this line allow: hysteresis or drift")
    if broken is None:
        for i, score, off in outliers(line, data[0], settings.outlier_p):
            p = used[i]
            kelvin = p.temperature_k or 0.0
            place = f"{p.file} at {kelvin:.2f} K"
            problem = (
                f"{place} stands {np.expm1(off):+.1%} off the line of the others (t = {score:.1f}); it stays in the fit"
            )
            hint = "look at its spectrum; exclude it by a [[review]] if it is bad"
            findings.append(Finding(severity="warning", field="temperature", problem=problem, hint=hint))
            meant = off * KB_EV_PER_K * kelvin**2 / max(line.slope, 1e-3)
            if abs(meant) >= MISLABELLED_K:
                warm = kelvin + meant
                doubts.append(
                    f"{place} lies where the others have {warm:.0f} K: temperature mislabelled, or a bad spectrum"
                )
    return tuple(findings), tuple(doubts)


def _sides(used: Sequence[ConductivityPoint], within_k: float) -> FloatArray:
    side = np.zeros(len(used))
    place = {id(p): i for i, p in enumerate(used)}
    for first, second in pair_repeats(used, within_k):
        side[place[id(first)]], side[place[id(second)]] = -0.5, 0.5
    return side


def _beyond(shift: ScanShift, ea: Estimate, ln_half: float) -> bool:
    """Whether the scans differ by more than half an interval of the line through both."""
    slope = 0.0 if shift.energy_ev is None else abs(shift.energy_ev[0])
    return slope > (ea.high - ea.low) / 2 or abs(shift.ln_25c[0]) > ln_half


def left_out_reasons(left_out: Sequence[ConductivityPoint]) -> tuple[str, ...]:
    """One text a reason: how many, at which temperatures (each once), why. One code is one reason."""
    groups: dict[tuple[str, str], list[ConductivityPoint]] = defaultdict(list)
    for p in left_out:
        groups[p.verdict.level, p.verdict.code].append(p)
    out = []
    for mine in groups.values():
        known = dict.fromkeys(f"{p.temperature_k:.2f}" for p in mine if p.temperature_k is not None)
        at = f" at {', '.join(known)} K" if known else ""
        out.append(f"{len(mine)} point(s) left out{at}: {mine[0].verdict.level}: {mine[0].verdict.reason}")
    return tuple(out)
