"""Onsets of many sweeps -> stability windows and differences between samples, with the errors that they share.

A reference electrode's error is the same for both directions and for every sample measured against it: it widens each
limit and cancels in the width and in differences,

    var(E_a - E_b) = s_a^2 + s_b^2      instead of      s_a^2 + s_b^2 + 2 s_ref^2 .
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt

from pipeline.core.values import Estimate, Level, Verdict
from pipeline.core.words import number_text
from pipeline.techniques.sweeps.model import LimitDifference, StabilityWindow, SweepFit

Z95 = 1.959964
RANK: tuple[Level, ...] = ("resolved", "weak", "unresolved", "refused")
DIRECTIONS = ("reduction", "oxidation")
Key = tuple[str, str, str]
"""sample, direction, criterion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSettings:
    """Table ``[settings.summarize.window]``."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    significant_sigmas: Annotated[float, Gt(0)] = 1.96
    """A difference or a deviation from the computed window larger than this many of its sigma is called significant."""
    resolved_sigma_v: Annotated[float, Gt(0)] = 0.02
    """Largest sigma of a resolved difference: 50 mV between samples can then be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit of one sample by one criterion, from one or several cells."""

    value_v: float
    own_v: float
    """1 sigma without the reference."""
    down_v: float
    """Half-widths of the 95 % interval without the reference."""
    up_v: float
    reference: tuple[str, float, float] | None
    """Electrode, its potential vs Na/Na+ and the 1 sigma of that; None where the study gives no reference."""
    verdict: Verdict
    n_cells: int


Found = tuple[str, tuple[bool, int, int], Limit | Verdict]
"""File; after a turn, sweep and part, by which the first is chosen; the limit or why there is none."""


def summarize_windows(
    sweeps: Sequence[tuple[str, SweepFit]], computed: Mapping[str, tuple[float, float]], settings: WindowSettings
) -> tuple[tuple[StabilityWindow, ...], tuple[LimitDifference, ...]]:
    """One window per sample and criterion, one difference per pair of samples, direction and criterion.

    Parameters
    ----------
    sweeps:
        (sample id, fit); of one file only the first sweep in a direction counts, from rest where there is one: later ones
        see an altered interface.
    computed:
        sample id -> thermodynamic (reduction, oxidation) limit, V vs Na/Na+.
    """
    onsets: dict[Key, list[Found]] = defaultdict(list)
    samples, criteria = list(dict.fromkeys(s for s, _ in sweeps)), []
    for sample, fit in sweeps:
        for onset in fit.onsets:
            criteria.append(onset.criterion)
            key = (sample, fit.checked.direction, onset.criterion)
            sweep = fit.checked.sweep
            place = (fit.checked.after_turn, sweep.sweep, fit.checked.part)
            onsets[key].append((sweep.source.file, place, _limit(fit, onset.onset_v_vs_na, onset.verdict)))
    limits = {key: _combine(found) for key, found in onsets.items()}
    names = list(dict.fromkeys(criteria))
    windows = tuple(_window(s, c, limits, computed.get(s), settings) for c in names for s in samples)
    differences = []
    for criterion in names:
        for direction in DIRECTIONS:
            for a, b in combinations(samples, 2):
                pair = limits.get((a, direction, criterion)), limits.get((b, direction, criterion))
                if isinstance(pair[0], Limit) and isinstance(pair[1], Limit):
                    differences.append(_difference((a, b), direction, criterion, pair[0], pair[1], settings))
    return windows, tuple(differences)


def _limit(fit: SweepFit, onset: Estimate | None, verdict: Verdict) -> Limit | Verdict:
    if onset is None or not verdict.printable:
        return verdict
    c = fit.checked.conditions
    ref = c.volts_vs_na_sigma
    shrink = np.sqrt(max(1 - (ref / onset.sigma) ** 2, 0.0)) if onset.sigma > 0 else 1.0
    return Limit(
        value_v=onset.value,
        own_v=float(onset.sigma * shrink),
        down_v=float((onset.value - onset.low) * shrink),
        up_v=float((onset.high - onset.value) * shrink),
        reference=(c.reference_electrode, c.volts_vs_na, ref)
        if fit.checked.potential_is_vs_na and c.volts_vs_na is not None
        else None,
        verdict=verdict,
        n_cells=1,
    )


def _combine(found: Sequence[Found]) -> Limit | Verdict:
    """First sweep of each file; several files are several cells: their mean, with their scatter."""
    first: dict[str, tuple[tuple[bool, int, int], Limit | Verdict]] = {}
    for file, place, limit in found:
        if file not in first or place < first[file][0]:
            first[file] = (place, limit)
    good = [x for _, x in first.values() if isinstance(x, Limit)]
    if not good:
        return next(x for _, x in first.values() if isinstance(x, Verdict))
    if len(good) == 1:
        return good[0]
    from pipeline.science.lines import student_t

    v = np.array([g.value_v for g in good])
    sigma = float(np.hypot(np.std(v, ddof=1), np.sqrt(np.mean([g.own_v**2 for g in good])))) / np.sqrt(v.size)
    half = float(sigma * student_t(v.size - 1))
    text = f"mean of {v.size} cells, which scatter by {np.std(v, ddof=1) * 1e3:.0f} mV"
    same = {g.reference for g in good}
    return Limit(
        value_v=float(v.mean()),
        own_v=float(sigma),
        down_v=half,
        up_v=half,
        reference=good[0].reference if len(same) == 1 else None,
        verdict=Verdict(level=_worst([g.verdict for g in good]), reason=text),
        n_cells=v.size,
    )


def _worst(verdicts: Sequence[Verdict]) -> Level:
    return max((v.level for v in verdicts), key=RANK.index)


def _absolute(x: Limit) -> Estimate:
    ref = x.reference[2] if x.reference else 0.0
    return Estimate(
        value=x.value_v,
        sigma=float(np.hypot(x.own_v, ref)),
        unit="V",
        low95=x.value_v - float(np.hypot(x.down_v, Z95 * ref)),
        high95=x.value_v + float(np.hypot(x.up_v, Z95 * ref)),
    )


def _minus(a: Limit, b: Limit) -> tuple[Estimate, str]:
    """First minus second limit, with the reference's error where it does not cancel, and in words which."""
    extra, text = 0.0, "same reference: its error cancels"
    if a.reference is None or b.reference is None:
        text = "reference not given: true only if both cells have the same"
    elif a.reference != b.reference:
        extra = float(np.hypot(a.reference[2], b.reference[2]))
        text = "different references: their errors add"
    value = a.value_v - b.value_v
    down, up = np.hypot(a.down_v, b.up_v), np.hypot(a.up_v, b.down_v)
    estimate = Estimate(
        value=value,
        sigma=float(np.sqrt(a.own_v**2 + b.own_v**2 + extra**2)),
        unit="V",
        low95=value - float(np.hypot(down, Z95 * extra)),
        high95=value + float(np.hypot(up, Z95 * extra)),
    )
    return estimate, text


def _window(
    sample: str,
    criterion: str,
    limits: Mapping[Key, Limit | Verdict],
    computed: tuple[float, float] | None,
    settings: WindowSettings,
) -> StabilityWindow:
    found = [limits.get((sample, d, criterion)) for d in DIRECTIONS]
    low, high = (x if isinstance(x, Limit) else None for x in found)
    absolute = [_absolute(x) if x and x.reference else None for x in (low, high)]
    width, notes = None, []
    if low and high:
        width, text = _minus(high, low)
        notes.append(f"width {number_text(width.value, width.sigma)} V, {text}")
    for direction, x in zip(DIRECTIONS, found, strict=True):
        if x is None:
            notes.append(f"no {direction} sweep")
        elif isinstance(x, Verdict):
            notes.append(f"{direction}: {x.reason}")
        elif x.reference is None:
            notes.append(f"{direction} at {x.value_v:.3f} V as measured: no reference, not on the Na/Na+ scale")
        elif x.n_cells > 1:
            notes.append(f"{direction}: {x.verdict.reason}")
    notes += _compare(absolute, computed, settings)
    given = [x for x in (low, high) if x is not None]
    level: Level
    if not given:
        level = "refused" if all(isinstance(x, Verdict) and x.level == "refused" for x in found if x) else "unresolved"
    elif len(given) == 2 and all(x.reference for x in given):
        level = _worst([x.verdict for x in given])
    else:
        level = "weak"
    return StabilityWindow(
        sample=sample,
        criterion=criterion,
        reduction_limit_v_vs_na=absolute[0],
        oxidation_limit_v_vs_na=absolute[1],
        width_v=width,
        computed_v_vs_na=computed,
        verdict=Verdict(level=level, reason="; ".join(notes)),
    )


def _compare(
    measured: Sequence[Estimate | None], computed: tuple[float, float] | None, settings: WindowSettings
) -> list[str]:
    """The practical window beside the thermodynamic one; a sweep outlasts thermodynamics where decomposition is slow."""
    out = []
    for direction, sign, e, limit in zip(DIRECTIONS, (-1, 1), measured, computed or (), strict=False):
        if e is None:
            continue
        beyond = sign * (e.value - limit)
        if abs(beyond) <= settings.significant_sigmas * e.sigma:
            out.append(f"{direction} as computed ({limit:.2f} V)")
        else:
            where = "outlasts" if beyond > 0 else "gives way before"
            out.append(f"{direction} {where} the computed {limit:.2f} V by {abs(beyond):.2f} V")
    return out


def _difference(
    pair: tuple[str, str], direction: str, criterion: str, a: Limit, b: Limit, settings: WindowSettings
) -> LimitDifference:
    estimate, text = _minus(a, b)
    significant = abs(estimate.value) > settings.significant_sigmas * estimate.sigma
    level = _worst([a.verdict, b.verdict])
    if a.reference is None or b.reference is None or estimate.sigma > settings.resolved_sigma_v:
        level = _worst([Verdict(level="weak", reason=""), a.verdict, b.verdict])
    word = "significant" if significant else "not significant"
    sign = "+" if estimate.value > 0 else ""
    reason = f"{word}: {sign}{number_text(estimate.value, estimate.sigma)} V; {text}"
    return LimitDifference(
        sample_a=pair[0],
        sample_b=pair[1],
        direction=direction,
        criterion=criterion,
        difference_v=estimate,
        verdict=Verdict(level=level, reason=reason),
    )
