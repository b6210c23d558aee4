"""The same temperature measured more than once: up and down scans, or repeats, compared."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pipeline.core.values import Finding
from pipeline.science.constants import KB_EV_PER_K
from pipeline.science.lines import fit_line
from pipeline.science.statistics import student_t
from pipeline.techniques.impedance.model import ConductivityPoint

LEAST_PAIR = 0.01
"""Relative difference of two measurements that nobody wonders about."""


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name))


def pair_repeats(
    points: Sequence[ConductivityPoint], within_k: float
) -> list[tuple[ConductivityPoint, ConductivityPoint]]:
    """First and second measurement at each repeated temperature, by name (scan 2 before scan 10) and loop."""
    known = [p for p in points if p.conductivity_s_per_m is not None and p.temperature_k is not None]
    order = sorted(known, key=lambda p: (_kelvin(p), _natural(p.file), p.loop))
    pairs: list[tuple[ConductivityPoint, ConductivityPoint]] = []
    i = 0
    while i < len(order) - 1:
        if _kelvin(order[i + 1]) - _kelvin(order[i]) <= within_k:
            pairs.append((order[i], order[i + 1]))
            i += 1
            while i < len(order) - 1 and _kelvin(order[i + 1]) - _kelvin(order[i]) <= within_k:
                i += 1
        i += 1
    return pairs


def _kelvin(p: ConductivityPoint) -> float:
    return p.temperature_k or 0.0


def compare_repeats(points: Sequence[ConductivityPoint], within_k: float) -> Finding | None:
    """What the second measurement at each repeated temperature makes of the first.

    Parameters
    ----------
    points:
        Printable points of one quantity.
    within_k:
        Temperatures this near are the same, K.
    """
    pairs = pair_repeats(points, within_k)
    if len(pairs) < 2:
        return None
    first = [(p.conductivity_s_per_m, _kelvin(p)) for p, _ in pairs]
    second = [(p.conductivity_s_per_m, _kelvin(p)) for _, p in pairs]
    ln = np.array([[np.log(e.value) for e, _ in side if e] for side in (first, second)])
    d = ln[1] - ln[0]
    own = np.array([[e.sigma / e.value for e, _ in side if e] for side in (first, second)])
    error = max(float(np.std(d, ddof=1)), float(np.sqrt(np.mean(np.sum(own**2, axis=0))))) / np.sqrt(d.size)
    mean, limit = float(np.mean(d)), student_t(d.size - 1) * float(error)
    text = (
        f"{d.size} temperatures measured twice (up and down, or repeats): the second differs by "
        f"{100 * np.expm1(mean):+.1f} ± {100 * error:.1f} %"
    )
    if d.size >= 3:
        x = [-1 / (KB_EV_PER_K * np.array([t for _, t in side])) for side in (first, second)]
        sets = [fit_line(a, b, np.maximum(s, 1e-6)) for a, b, s in zip(x, ln, own, strict=True)]
        s = float(np.sqrt(sum(line.covariance[1, 1] for line in sets)))
        text += f", its Ea by {1e3 * (sets[1].slope - sets[0].slope):+.1f} ± {1e3 * s:.1f} meV"
    pair, allowed = (float(np.sqrt(np.mean(v))) for v in (d**2, np.sum(own**2, axis=0)))
    if abs(mean) <= limit and pair <= 3 * max(allowed, LEAST_PAIR):
        return Finding(severity="info", field="temperature", problem=f"{text}: not significant")
    if abs(mean) <= limit:
        text += f": no common direction, but the pairs differ by {pair:.1%} where their errors allow {allowed:.1%}"
    hint = "drift, hysteresis or a pellet not yet at temperature: fit one scan, or wait longer"
    return Finding(severity="warning", field="temperature", problem=text, hint=hint)
