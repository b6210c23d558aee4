"""Which scans do not belong to the others: flattened mu(E) against the median of all; and which are counted twice.

The distance of a scan is the root mean square of (flat - median).  With five scans or more it is an outlier where the
distance stands beyond ``max_deviations`` robust standard deviations (median absolute deviation) of all distances; with
three or four where it is many times what the noise of the scans explains and the others agree; with fewer, nobody can
say which one is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.absorption.fit.reduce.merge import Prepared, put_on_grid
from pipeline.techniques.absorption.fit.reduce.normalization import NormRanges, normalize
from pipeline.techniques.absorption.groups import find_merges
from pipeline.techniques.absorption.model import CheckedScan, LeftOut

MIN_DISTANCE = 0.003
"""Of the edge step: what differs by less changes no number by more than the edge step's own error."""
COMPARED_FROM_EV = 25.0
"""The post-edge polynomial of the comparison takes all behind the white line's rise: the flattest picture of a scan."""


def find_doubled(checked: Sequence[CheckedScan]) -> dict[int, tuple[LeftOut, str]]:
    """Index of each scan that others hold already -> code and reason: a merge whose parts are here, parts of a larger merge."""
    out: dict[int, tuple[LeftOut, str]] = {}
    for i, merge in find_merges([c.scan for c in checked]).items():
        if merge.told_by_parts:
            names = ", ".join(checked[j].scan.label for j in merge.parts)
            out[i] = ("merge_of_parts", f"the merge of scans that are here themselves: {names}")
        else:
            why = f"it is in {checked[i].scan.label}, a merge of {merge.n_merged} scans, of which {len(merge.parts)} are here"
            out |= dict.fromkeys(merge.parts, ("part_of_merge", why))
    return out


def flattened_on_grid(scans: Sequence[Prepared], grid_ev: FloatArray, e0_ev: float) -> tuple[FloatArray, FloatArray]:
    """Flattened mu of every scan and its noise, (m, n) each, NaN where a scan has no point."""
    flats, noises = [], []
    for s in scans:
        first, last = float(s.energy_ev[0]) - e0_ev, float(s.energy_ev[-1]) - e0_ev
        ranges = NormRanges(
            pre1_ev=first, pre2_ev=first / 2, norm1_ev=min(COMPARED_FROM_EV, last / 3), norm2_ev=last,
            n_norm=2 if last > 300 else 1,
        )  # fmt: skip
        norm = normalize(s.energy_ev, s.mu, e0_ev, ranges)
        flat, noise = put_on_grid(s.energy_ev, norm.flattened, s.sigma / norm.edge_step, s.gap_before, grid_ev)
        flats.append(flat)
        noises.append(noise)
    return np.array(flats), np.array(noises)


def find_outlier_scans(
    scans: Sequence[Prepared], grid_ev: FloatArray, e0_ev: float, max_deviations: float
) -> dict[int, str]:
    """Index of each scan to be left out -> why, in words and numbers.

    Parameters
    ----------
    scans:
        Aligned.
    grid_ev:
        (n,) common energies.
    e0_ev:
        One edge energy for all.
    max_deviations:
        Robust standard deviations of the distances, or multiples of the noise with three or four scans.
    """
    if len(scans) < 3:
        return {}
    flat, noise = flattened_on_grid(scans, grid_ev, e0_ev)
    everywhere = np.all(np.isfinite(flat), axis=0)
    if everywhere.sum() < 20:
        return {}
    flat, noise = flat[:, everywhere], noise[:, everywhere]
    distance = _rms(flat - np.median(flat, axis=0))
    middle = float(np.median(distance))
    if len(scans) < 5:
        return _among_few(flat, noise, max_deviations)
    spread = 1.4826 * float(np.median(np.abs(distance - middle)))
    out: dict[int, str] = {}
    for i, d in enumerate(distance):
        score = (d - middle) / max(spread, 0.05 * middle)
        if score > max_deviations and d > max(1.5 * middle, MIN_DISTANCE):
            out[i] = (
                f"differs from the median of {len(scans)} scans by {d:.2g} of the edge step (rms), {d / middle:.1f} times "
                f"as much as usual, {score:.1f} robust standard deviations"
            )
    return out if len(out) < 0.5 * len(scans) else {}


def _rms(difference: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.mean(difference**2, axis=1)))


def _among_few(flat: FloatArray, noise: FloatArray, max_deviations: float) -> dict[int, str]:
    """Each scan against the mean of the others: out where it alone is far off, and the others agree."""
    n = len(flat)
    expected = _rms(noise)
    apart = np.array([_rms(flat[i : i + 1] - np.mean(np.delete(flat, i, axis=0), axis=0))[0] for i in range(n)])
    among = np.array([max(_pair(np.delete(flat, i, axis=0))) for i in range(n)])
    worst = int(np.argmax(apart))
    floor = max(float(np.max(expected)), 1e-4)
    if apart[worst] > max(max_deviations * max(floor, among[worst] / 1.4), MIN_DISTANCE):
        return {
            worst: f"differs from the mean of the other {n - 1} scans by {apart[worst]:.2g} of the edge step (rms); "
            f"these differ by {among[worst]:.2g}, noise explains {floor:.2g}"
        }
    return {}


def _pair(flat: FloatArray) -> list[float]:
    return [float(np.sqrt(np.mean((flat[i] - flat[j]) ** 2))) for i in range(len(flat)) for j in range(i)]
