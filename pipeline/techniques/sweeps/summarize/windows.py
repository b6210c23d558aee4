"""Onsets of many sweeps -> stability windows and differences between samples, beside the computed windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from pipeline.core.sample import Sample
from pipeline.core.values import Estimate, Level, Verdict
from pipeline.core.words import number_text
from pipeline.techniques.sweeps.model import (
    DIRECTIONS,
    Criterion,
    Direction,
    LimitDifference,
    StabilityWindow,
    SweepFit,
)
from pipeline.techniques.sweeps.settings import WindowSettings
from pipeline.techniques.sweeps.summarize.limits import (
    SHARED,
    Found,
    Limit,
    combine_cells,
    find_limit,
    on_the_scale,
    subtract,
    worst,
)

Key = tuple[str, Direction, Criterion]
"""Sample, direction, criterion."""
Pair = tuple[float, float]
"""Reduction and oxidation limit, V vs Na/Na+."""


def complete_windows(samples: Sequence[Sample], computed: Mapping[str, Pair]) -> dict[str, Pair]:
    """Thermodynamic windows of the study; a composite without one gets the intersection of its phases' windows."""
    given = dict(computed)
    for s in samples:
        phases = [i for i in (s.crystalline_phase, s.amorphous_phase) if i is not None]
        parts = [computed[i] for i in phases if i in computed]
        if s.id not in given and len(parts) == 2:
            low, high = max(p[0] for p in parts), min(p[1] for p in parts)
            if low < high:
                given[s.id] = (low, high)
    return given


def summarize_windows(
    sweeps: Sequence[tuple[str, SweepFit]], computed: Mapping[str, Pair], settings: WindowSettings
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
    for sample, fit in sweeps:
        for onset in fit.onsets:
            onsets[sample, fit.checked.direction, onset.criterion].append(find_limit(fit, onset))
    limits = {key: combine_cells(found) for key, found in onsets.items()}
    samples = list(dict.fromkeys(s for s, _ in sweeps))
    criteria = list(dict.fromkeys(onset.criterion for _, fit in sweeps for onset in fit.onsets))
    windows = tuple(_window(s, c, limits, computed.get(s), settings) for c in criteria for s in samples)
    differences = []
    for criterion in criteria:
        for direction in DIRECTIONS:
            for a, b in combinations(samples, 2):
                pair = limits.get((a, direction, criterion)), limits.get((b, direction, criterion))
                if isinstance(pair[0], Limit) and isinstance(pair[1], Limit):
                    differences.append(_difference((a, b), (direction, criterion), (pair[0], pair[1]), settings))
    return windows, tuple(differences)


@dataclass(slots=True)
class _Notes:
    """What is to be said of a window: clauses for people, codes for programs."""

    words: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    def say(self, code: str, words: str = "") -> None:
        self.codes.append(code)
        self.words += [words] if words else []


def _window(
    sample: str,
    criterion: Criterion,
    limits: Mapping[Key, Limit | Verdict],
    computed: Pair | None,
    settings: WindowSettings,
) -> StabilityWindow:
    found = [limits.get((sample, d, criterion)) for d in DIRECTIONS]
    low, high = (x if isinstance(x, Limit) else None for x in found)
    absolute = [on_the_scale(x) if x and x.reference else None for x in (low, high)]
    width, notes = None, _Notes()
    if low and high:
        width, sharing = subtract(high, low)
        notes.say(sharing, f"width {number_text(width.value, width.sigma)} V, {SHARED[sharing]}")
    for direction, x in zip(DIRECTIONS, found, strict=True):
        _tell_limit(direction, x, notes)
    _compare(absolute, computed, settings, notes)
    return StabilityWindow(
        sample=sample,
        criterion=criterion,
        reduction_limit_v_vs_na=absolute[0],
        oxidation_limit_v_vs_na=absolute[1],
        width_v=width,
        computed_v_vs_na=computed,
        verdict=Verdict(
            level=_level(found), reason="; ".join(notes.words), code=" ".join(dict.fromkeys(notes.codes)) or "found"
        ),
    )


def _level(found: Sequence[Limit | Verdict | None]) -> Level:
    """Of a window: that of the worse limit; weak with one limit, or without the Na/Na+ scale."""
    given = [x for x in found if isinstance(x, Limit)]
    if not given:
        return "refused" if all(isinstance(x, Verdict) and x.level == "refused" for x in found if x) else "unresolved"
    if len(given) == 2 and all(x.reference for x in given):
        return worst(x.verdict.level for x in given)
    return "weak"


def _tell_limit(direction: Direction, x: Limit | Verdict | None, notes: _Notes) -> None:
    """Why a limit is missing, or is not all that it could be."""
    if x is None:
        notes.say(f"no_{direction}_sweep", f"no {direction} sweep")
        return
    verdict = x if isinstance(x, Verdict) else x.verdict
    notes.codes += [f"{direction}_{code}" for code in verdict.code.split() if code != "found"]
    if isinstance(x, Verdict):
        notes.words.append(f"{direction}: {x.reason}")
    elif x.reference is None:
        text = f"{direction} at {x.value_v:.3f} V as measured: no reference, not on the Na/Na+ scale"
        notes.say(f"{direction}_no_reference", text)
    elif x.n_cells > 1:
        notes.say(f"{direction}_of_cells", f"{direction}: {x.verdict.reason}")


def _compare(
    measured: Sequence[Estimate | None], computed: Pair | None, settings: WindowSettings, notes: _Notes
) -> None:
    """The practical window beside the thermodynamic one; a sweep outlasts thermodynamics where decomposition is slow."""
    for direction, sign, e, limit in zip(DIRECTIONS, (-1, 1), measured, computed or (), strict=False):
        if e is None:
            continue
        beyond = sign * (e.value - limit)
        if abs(beyond) <= settings.significant_sigmas * e.sigma:
            notes.say(f"{direction}_as_computed", f"{direction} as computed ({limit:.2f} V)")
        elif beyond > 0:
            text = f"{direction} outlasts the computed {limit:.2f} V by {abs(beyond):.2f} V"
            notes.say(f"{direction}_outlasts_computed", text)
        else:
            text = f"{direction} gives way before the computed {limit:.2f} V by {abs(beyond):.2f} V"
            notes.say(f"{direction}_before_computed", text)


def _difference(
    samples: tuple[str, str],
    what: tuple[Direction, Criterion],
    limits: tuple[Limit, Limit],
    settings: WindowSettings,
) -> LimitDifference:
    a, b = limits
    estimate, sharing = subtract(a, b)
    significant = abs(estimate.value) > settings.significant_sigmas * estimate.sigma
    codes = ["significant" if significant else "not_significant", sharing]
    level = worst((a.verdict.level, b.verdict.level))
    if estimate.sigma > settings.resolved_sigma_v:
        codes.append("wide")
    if sharing == "no_reference" or estimate.sigma > settings.resolved_sigma_v:
        level = worst(("weak", level))
    word = "significant" if significant else "not significant"
    sign = "+" if estimate.value > 0 else ""
    reason = f"{word}: {sign}{number_text(estimate.value, estimate.sigma)} V; {SHARED[sharing]}"
    return LimitDifference(
        sample_a=samples[0],
        sample_b=samples[1],
        direction=what[0],
        criterion=what[1],
        difference_v=estimate,
        verdict=Verdict(level=level, reason=reason, code=" ".join(codes)),
    )
