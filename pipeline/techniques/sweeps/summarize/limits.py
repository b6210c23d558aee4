"""One limit of one sample, from one or several cells, and what of its error is shared.

A reference electrode's error is the same for both directions and for every sample measured against it: it widens each
limit and cancels in the width and in differences,

    var(E_a - E_b) = s_a^2 + s_b^2      instead of      s_a^2 + s_b^2 + 2 s_ref^2 .
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.core.values import Z95, Estimate, Level, Verdict
from pipeline.science.statistics import student_t
from pipeline.techniques.sweeps.model import Onset, SweepFit

RANK: tuple[Level, ...] = ("resolved", "weak", "unresolved", "refused")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one sweep says of a limit."""

    file: str
    place: tuple[bool, int, int]
    """After a turn, number of the sweep and of the part: of one file the first counts, from rest where there is one."""
    limit: Limit | Verdict
    """The limit, or why there is none."""


Sharing = Literal["same_reference", "no_reference", "different_references"]
"""What two limits share of their references' error."""
SHARED: dict[Sharing, str] = {
    "same_reference": "same reference: its error cancels",
    "no_reference": "reference not given: true only if both cells have the same",
    "different_references": "different references: their errors add",
}


def find_limit(fit: SweepFit, onset: Onset) -> Found:
    """What an onset says of the limit, the reference's error taken off."""
    sweep = fit.checked.sweep
    place = (fit.checked.after_turn, sweep.loop, fit.checked.number)
    limit = _limit(fit, onset.onset_v_vs_na, onset.verdict)
    return Found(file=sweep.source.file, place=place, limit=limit)


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


def combine_cells(found: Sequence[Found]) -> Limit | Verdict:
    """First sweep of each file; several files are several cells: their mean, with their scatter."""
    first: dict[str, Found] = {}
    for one in found:
        if one.file not in first or one.place < first[one.file].place:
            first[one.file] = one
    good = [x.limit for x in first.values() if isinstance(x.limit, Limit)]
    if not good:
        return next(x.limit for x in first.values() if isinstance(x.limit, Verdict))
    if len(good) == 1:
        return good[0]
    v = np.array([g.value_v for g in good])
    sigma = float(np.hypot(np.std(v, ddof=1), np.sqrt(np.mean([g.own_v**2 for g in good])))) / np.sqrt(v.size)
    half = float(sigma * student_t(v.size - 1))
    text = f"mean of {v.size} cells, which scatter by {np.std(v, ddof=1) * 1e3:.0f} mV"
    code = " ".join(dict.fromkeys(c for g in good for c in g.verdict.code.split()))
    same = {g.reference for g in good}
    return Limit(
        value_v=float(v.mean()),
        own_v=float(sigma),
        down_v=half,
        up_v=half,
        reference=good[0].reference if len(same) == 1 else None,
        verdict=Verdict(level=worst(g.verdict.level for g in good), reason=text, code=code),
        n_cells=v.size,
    )


def worst(levels: Iterable[Level]) -> Level:
    """The least supported of them."""
    return max(levels, key=RANK.index)


def on_the_scale(x: Limit) -> Estimate:
    """The limit with its reference's error, V vs Na/Na+."""
    ref = x.reference[2] if x.reference else 0.0
    return Estimate(
        value=x.value_v,
        sigma=float(np.hypot(x.own_v, ref)),
        unit="V",
        low95=x.value_v - float(np.hypot(x.down_v, Z95 * ref)),
        high95=x.value_v + float(np.hypot(x.up_v, Z95 * ref)),
    )


def subtract(a: Limit, b: Limit) -> tuple[Estimate, Sharing]:
    """First minus second limit, with the reference's error where it does not cancel."""
    extra = 0.0
    sharing: Sharing = "same_reference"
    if a.reference is None or b.reference is None:
        sharing = "no_reference"
    elif a.reference != b.reference:
        extra = float(np.hypot(a.reference[2], b.reference[2]))
        sharing = "different_references"
    value = a.value_v - b.value_v
    down, up = np.hypot(a.down_v, b.up_v), np.hypot(a.up_v, b.down_v)
    estimate = Estimate(
        value=value,
        sigma=float(np.sqrt(a.own_v**2 + b.own_v**2 + extra**2)),
        unit="V",
        low95=value - float(np.hypot(down, Z95 * extra)),
        high95=value + float(np.hypot(up, Z95 * extra)),
    )
    return estimate, sharing
