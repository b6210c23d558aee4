"""Edge energy between the grid points, pre-edge line, post-edge polynomial, edge step with its uncertainty.

    norm(E) = (mu(E) - pre(E)) / step,   step = post(E0) - pre(E0)
    flat(E) = norm(E) - (post(E) - pre(E)) / step + 1   above E0

(B. Ravel, M. Newville, J. Synchrotron Rad. 12 (2005) 537, doi:10.1107/S0909049505012719.)  E0 is where the smoothed
derivative is largest: a local parabola is fitted around every point of a fine grid (local polynomial regression,
W.S. Cleveland, J. Am. Stat. Assoc. 74 (1979) 829) and the top is interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class NormRanges:
    """Ranges relative to E0 in eV, and the degree of the post-edge polynomial."""

    pre1_ev: float
    pre2_ev: float
    norm1_ev: float
    norm2_ev: float
    n_norm: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Normalized:
    """(n,) arrays on the energies of the data."""

    e0_ev: float
    edge_step: float
    edge_step_sigma: float
    """Spread over other ranges; the merged spectrum's holds the bias of the polynomial too, see ``edge_shape``."""
    pre_edge: FloatArray
    post_edge: FloatArray
    normalized: FloatArray
    flattened: FloatArray
    ranges: NormRanges
    edge_step_bias: float = 0.0
    """Relative: how much higher an arctangent edge comes out, see ``edge_shape``."""


def smoothed_derivative(energy_ev: FloatArray, mu: FloatArray, at_ev: FloatArray, width_ev: float) -> FloatArray:
    """Slope of mu at ``at_ev`` (m,) from parabolas with Gaussian weights of 1 sigma ``width_ev``; NaN where too few points."""
    x = energy_ev - at_ev[:, None]
    w = np.exp(-0.5 * (x / width_ev) ** 2)
    w[np.abs(x) > 4 * width_ev] = 0
    powers = [w]
    for _ in range(4):
        powers.append(powers[-1] * x)
    s = [p.sum(axis=1) for p in powers]
    t = [p @ mu for p in powers[:3]]
    m = np.array([[s[0], s[1], s[2]], [s[1], s[2], s[3]], [s[2], s[3], s[4]]]).transpose(2, 0, 1)
    enough = (w > 0.01).sum(axis=1) >= 3
    slope = np.full(at_ev.size, np.nan)
    if enough.any():
        slope[enough] = np.linalg.solve(m[enough], np.array(t).T[enough][:, :, None])[:, 1, 0]
    return slope


def find_e0(energy_ev: FloatArray, mu: FloatArray, near_ev: float, reach_ev: float = 20.0) -> float:
    """Energy in eV of the largest derivative within ``reach_ev`` of ``near_ev``, between the grid points.

    Raises
    ------
    ValueError
        Fewer than 5 points there.
    """
    inside = np.abs(energy_ev - near_ev) <= reach_ev
    if inside.sum() < 5:
        raise ValueError(f"{int(inside.sum())} points within {reach_ev:g} eV of {near_ev:.1f} eV")
    spacing = float(np.median(np.diff(energy_ev[inside])))
    width = max(1.25 * spacing, 8e-5 * near_ev)
    use = np.abs(energy_ev - near_ev) <= reach_ev + 5 * width
    low, high = energy_ev[inside][0], energy_ev[inside][-1]
    grid = np.arange(low, high, width / 6)
    slope = smoothed_derivative(energy_ev[use], mu[use], grid, width)
    slope = np.where(np.isfinite(slope), slope, -np.inf)
    i = int(np.argmax(slope))
    if 0 < i < grid.size - 1 and np.all(np.isfinite(slope[i - 1 : i + 2])):
        a, b, c = slope[i - 1 : i + 2]
        curve = a - 2 * b + c
        shift = 0.5 * (a - c) / curve if curve < 0 else 0.0
        return float(grid[i] + shift * (grid[1] - grid[0]))
    return float(grid[i])


def choose_ranges(
    energy_ev: FloatArray,
    e0_ev: float,
    *,
    pre1_ev: float | None = None,
    pre2_ev: float | None = None,
    norm1_ev: float | None = None,
    norm2_ev: float | None = None,
    n_norm: int | None = None,
) -> NormRanges:
    """Ranges that fit the data; what is given is kept within the data.

    The pre-edge line takes the lower two thirds of what lies below the edge, since the tail of the edge reaches far;
    the post-edge polynomial starts behind the white line, at 150 eV or a third of the range.
    """
    first, last = float(energy_ev[0]) - e0_ev, float(energy_ev[-1]) - e0_ev
    pre1 = first if pre1_ev is None else max(pre1_ev, first)
    pre2 = min(-15.0, max(pre1 / 3, -100.0)) if pre2_ev is None else pre2_ev
    pre1, pre2 = min(pre1, pre2), max(pre1, pre2)
    norm2 = last if norm2_ev is None else min(last, norm2_ev)
    norm1 = min(150.0, norm2 / 3) if norm1_ev is None else norm1_ev
    norm1, norm2 = min(norm1, norm2), max(norm1, norm2)
    degree = 2 if norm2 - norm1 > 300 else 1 if norm2 - norm1 > 40 else 0
    return NormRanges(
        pre1_ev=pre1, pre2_ev=pre2, norm1_ev=norm1, norm2_ev=norm2, n_norm=degree if n_norm is None else n_norm
    )


def _line(x: FloatArray, y: FloatArray, inside: np.ndarray, degree: int) -> FloatArray:
    """Polynomial of the points inside, evaluated everywhere; ``x`` in units that keep it near 1."""
    degree = max(0, min(degree, int(inside.sum()) - 1))
    basis = np.polynomial.polynomial.polyvander(x, degree)
    return np.asarray(basis @ np.linalg.lstsq(basis[inside], y[inside], rcond=None)[0])


def normalize(energy_ev: FloatArray, mu: FloatArray, e0_ev: float, ranges: NormRanges) -> Normalized:
    """Pre-edge line, post-edge polynomial, edge step.

    Parameters
    ----------
    energy_ev, mu:
        (n,) ascending, finite.
    e0_ev:
        Edge energy; need not be a grid point.

    Raises
    ------
    ValueError
        No points before or after the edge, or mu falls at the edge.
    """
    x = np.append(energy_ev, e0_ev) - e0_ev  # the last one is E0 itself
    y = np.append(mu, np.nan)
    x = x / 100.0
    before = _inside(x, ranges.pre1_ev / 100, ranges.pre2_ev / 100)
    after = _inside(x, ranges.norm1_ev / 100, ranges.norm2_ev / 100)
    if before.sum() < 1 or after.sum() < 2:
        raise ValueError(
            f"{int(before.sum())} points between {ranges.pre1_ev:.0f} and {ranges.pre2_ev:.0f} eV, "
            f"{int(after.sum())} between {ranges.norm1_ev:.0f} and {ranges.norm2_ev:.0f} eV of the edge"
        )
    pre = _line(x, y, before, 1 if before.sum() >= 4 else 0)
    post = pre + _line(x, y - pre, after, ranges.n_norm)
    step = float(post[-1] - pre[-1])
    if not step > 0:
        raise ValueError(f"mu falls at the edge (step {step:.3g})")
    others = [step]
    for shorten in (0.75, 1.3):
        moved = _inside(x, ranges.norm1_ev * shorten / 100, ranges.norm2_ev / 100)
        if moved.sum() > 5:
            others.append(float(_line(x, y - pre, moved, ranges.n_norm)[-1]))
    if before.sum() >= 8:
        shorter = _inside(x, ranges.pre1_ev / 100, (ranges.pre1_ev + 2 * ranges.pre2_ev) / 300)
        if shorter.sum() >= 4:
            other_pre = _line(x, y, shorter, 1)
            others.append(float(_line(x, y - other_pre, after, ranges.n_norm)[-1]))
    pre, post = pre[:-1], post[:-1]
    flat = (mu - pre) / step
    above = energy_ev > e0_ev
    norm = flat.copy()
    flat[above] += 1 - (post - pre)[above] / step
    return Normalized(
        e0_ev=e0_ev,
        edge_step=step,
        edge_step_sigma=float(np.std(others)) if len(others) > 1 else 0.05 * step,
        pre_edge=pre,
        post_edge=post,
        normalized=norm,
        flattened=flat,
        ranges=ranges,
    )


def _inside(x: FloatArray, low: float, high: float) -> np.ndarray:
    inside = (x >= low - 1e-9) & (x <= high + 1e-9)
    inside[-1] = False  # E0 itself is no datum
    return inside


def with_step(norm: Normalized, edge_step: float) -> Normalized:
    """The same lines with another edge step."""
    ratio = norm.edge_step / edge_step
    return replace(
        norm,
        edge_step=edge_step,
        edge_step_sigma=0.0,
        normalized=norm.normalized * ratio,
        flattened=norm.flattened * ratio,
    )
