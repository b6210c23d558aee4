"""Elements of a fluorescence detector: the dead, the saturated and the noisy ones are left out one by one.

Each element is compared with the sum of the others: y_j = a + b x + c S_(-j).  What remains, divided by c, is its noise
(fast) and the difference of its shape (slow), both in units of the sum's own scale.  mu = sum of the used / I0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Finding
from pipeline.techniques.absorption.model import AbsorptionScan

SHAPE_LIMIT = 0.06
"""Slow difference of an element's edge from that of the others, relative to the step: dead time or saturation."""
GAIN_LIMIT = 1.05
"""An element is noisy where the sum without it has a signal over noise at least 5 % better."""


@dataclass(frozen=True, slots=True, eq=False)
class _Element:
    name: str
    signal: FloatArray
    """(n,) counts / I0"""


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why an element is left out."""

    code: str
    words: str


def choose_elements(scan: AbsorptionScan, edge_ev: float) -> tuple[AbsorptionScan, tuple[str, ...], list[Finding]]:
    """The scan with mu made of the good elements, their names, and one finding for each that is left out.

    Parameters
    ----------
    scan:
        Its ``detectors`` are used only where their sum over I0 is its mu.
    edge_ev:
        Tabulated energy of the edge.
    """
    names = tuple(scan.detectors)
    if scan.mode != "fluorescence" or scan.i0 is None or len(names) < 2:
        return scan, names, []
    with np.errstate(divide="ignore", invalid="ignore"):
        signals = {n: np.asarray(scan.detectors[n], dtype=float) / scan.i0 for n in names}
        total = np.sum(list(signals.values()), axis=0)
    good = np.isfinite(total) & np.isfinite(scan.mu)
    if good.sum() < 30 or not np.allclose(total[good], scan.mu[good], rtol=1e-6, atol=0):
        return scan, names, []
    findings: list[Finding] = []
    elements: list[_Element] = []
    for name in names:
        counts = np.asarray(scan.detectors[name])[good]
        fault = _dead_or_saturated(counts)
        if fault is not None:
            findings.append(_told(name, fault))
        else:
            elements.append(_Element(name, signals[name][good]))
    energy = scan.energy_ev[good]
    while len(elements) >= 2:
        worst = _worst(elements, energy, edge_ev)
        if worst is None:
            break
        at, fault = worst
        findings.append(_told(elements[at].name, fault))
        del elements[at]
    used = tuple(e.name for e in elements)
    if not findings or not used:
        return scan, names, [] if used else findings
    with np.errstate(divide="ignore", invalid="ignore"):
        mu = np.sum([signals[n] for n in used], axis=0)
    return replace(scan, mu=np.where(np.isfinite(mu), mu, np.nan)), used, findings


def _told(name: str, fault: _Fault) -> Finding:
    problem = f"element {name} is left out: {fault.words}"
    return Finding(severity="warning", field="detectors", problem=problem, code=fault.code)


def _dead_or_saturated(counts: FloatArray) -> _Fault | None:
    top = float(np.max(counts))
    if top <= 0 or float(np.ptp(counts)) == 0:
        return _Fault("dead", "dead, one value throughout")
    at_top = int(np.sum(counts == top))
    if top > 50 and at_top > max(5, 0.03 * counts.size):
        return _Fault("saturated", f"saturated, at its largest value {top:.6g} at {at_top} points")
    return None


def _worst(elements: list[_Element], energy_ev: FloatArray, edge_ev: float) -> tuple[int, _Fault] | None:
    """Index of the element to leave out next, and why."""
    signals = np.array([e.signal for e in elements])
    total = signals.sum(axis=0)
    x = (energy_ev - edge_ev) / 200
    before, after = energy_ev < edge_ev - 15, energy_ev > edge_ev + 25
    if before.sum() < 4 or after.sum() < 8:
        return None
    steps = signals[:, after].mean(axis=1) - signals[:, before].mean(axis=1)
    noises, shapes = np.empty(len(elements)), np.zeros(len(elements))
    for j, y in enumerate(signals):
        others = total - y
        basis = np.column_stack([np.ones(x.size), x, others])
        rest = y - basis @ np.linalg.lstsq(basis, y, rcond=None)[0]
        slow = np.convolve(rest, np.ones(9) / 9, mode="same")
        noises[j] = float(np.sqrt(np.mean((rest - slow) ** 2))) * np.sqrt(9 / 8)
        spread = noises[j] / 3
        shapes[j] = float(np.max(np.abs(slow[4:-4]))) / max(abs(steps[j]), 1e-300)
        if float(np.max(np.abs(slow[4:-4]))) < 6 * spread:
            shapes[j] = 0.0
    usual = float(np.median(steps))
    flat = int(np.argmin(steps))
    if usual > 0 and steps[flat] < 0.1 * usual and steps[flat] < 5 * noises[flat]:
        words = f"no edge in it: step {steps[flat]:.2g} where the others have {usual:.2g}"
        return flat, _Fault("no_edge", words)
    j = int(np.argmax(shapes))
    if len(elements) >= 3 and shapes[j] > max(SHAPE_LIMIT, 2 * float(np.median(shapes))):
        words = f"its edge differs from that of the others by {shapes[j]:.0%} of the step: saturated or dead time"
        return j, _Fault("shape", words)
    ratio = steps.sum() / np.sqrt(np.sum(noises**2))
    without = (steps.sum() - steps) / np.sqrt(np.clip(np.sum(noises**2) - noises**2, 1e-300, None))
    j = int(np.argmax(without))
    if without[j] > GAIN_LIMIT * ratio:
        times, better = noises[j] / np.median(noises), without[j] / ratio - 1
        words = f"noisy, {times:.1f} times the others: the sum is {better:.0%} better without it"
        return j, _Fault("noisy", words)
    return None
