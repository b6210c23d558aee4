"""The edge step once more, by an edge of natural shape: a cross-check of the step between two polynomials.

    mu(E) = a + b x + (1/2 + arctan(2 x / Gamma) / pi) (s + c x + d x^2),   x = E - E0,   step = s

(arctangent edge of a core hole of full width Gamma: F.K. Richtmyer, S.W. Barnes, E. Ramberg, Phys. Rev. 46 (1934) 843.)  A
polynomial behind the edge takes the tail of the arctangent, Gamma / (2 pi x) below 1, for its own curvature: at the L3 edges
of Ta and Sm it comes out about 2 % low, much the same whichever range it is given.  This fit, one linear least-squares solve on
the same ranges, is off by 0.3 to 0.9 % there, which the tail of the white line does, and 2 eV of E0 move it by 0.03 to 0.25 %.
A slow oscillation of the atomic background bends both alike: what that does to the step shows in neither.

The lines and the step that divides chi stay those of Athena, so that anyone can repeat them; the difference goes into the error
of the step, and stands beside it: what two samples of one edge have alike of it cancels from N by a calibrated S02.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Finding
from pipeline.science.elements import atomic_number
from pipeline.techniques.absorption.fit.reduce.normalization import Normalized

WIDTHS_EV = {
    "K": {16: 0.59, 20: 0.81, 24: 1.08, 30: 1.67, 36: 2.75, 42: 4.52, 50: 8.49, 60: 17.3},
    "L3": {42: 1.78, 47: 2.40, 56: 3.32, 62: 3.86, 68: 4.35, 74: 4.98, 79: 5.41, 85: 6.29, 92: 7.43},
    "L2": {42: 1.97, 47: 2.57, 56: 3.57, 62: 4.15, 68: 4.73, 74: 5.33, 79: 6.00, 85: 7.01, 92: 9.32},
}
"""Edge -> Z -> full width of the core hole in eV, values of xraydb; ln(width) is straight between to 5 %.  L1 jumps."""
FEWEST_BEFORE, FEWEST_BEHIND = 5, 12
"""Points in the two ranges: more than twice the coefficients that each determines."""
SHORTEST_BEFORE_EV, SHORTEST_BEHIND_EV = 20.0, 200.0
"""In a shorter range a slope and the tail of the edge are one."""
LARGEST_SIGMA, LARGEST_DIFFERENCE = 0.05, 0.15
"""Of the step: a fit less certain, or further off than any white line takes it, tells nothing."""
WORTH_TELLING = 0.03
"""Of the step: more than a careful person's choice of ranges moves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapedStep:
    """Step of the arctangent edge, or the reason why there is none."""

    step: float | None
    reason: str = ""


def core_hole_ev(element: str, edge: str) -> float | None:
    """Full width of the core hole in eV, None outside the table."""
    widths, z = WIDTHS_EV.get(edge), atomic_number(element)
    if widths is None or z is None or not min(widths) <= z <= max(widths):
        return None
    return float(np.exp(np.interp(z, list(widths), np.log(list(widths.values())))))


def fit_shaped_step(energy_ev: FloatArray, mu: FloatArray, norm: Normalized, width_ev: float | None) -> ShapedStep:
    """Edge step with the edge's natural shape, on the ranges of the normalisation.

    Parameters
    ----------
    energy_ev, mu:
        (n,) ascending, finite.
    norm:
        E0, ranges and the step to compare with.
    width_ev:
        Full width of the core hole.
    """
    if width_ev is None:
        return ShapedStep(step=None, reason="no width of its core hole is tabulated")
    r, x = norm.ranges, energy_ev - norm.e0_ev
    before = (x >= r.pre1_ev) & (x <= r.pre2_ev)
    behind = (x >= r.norm1_ev) & (x <= r.norm2_ev)
    if before.sum() < FEWEST_BEFORE or r.pre2_ev - r.pre1_ev < SHORTEST_BEFORE_EV:
        told = f"{int(before.sum())} points on {r.pre2_ev - r.pre1_ev:.0f} eV before the edge"
        return ShapedStep(step=None, reason=told)
    if behind.sum() < FEWEST_BEHIND or r.norm2_ev - r.norm1_ev < SHORTEST_BEHIND_EV:
        told = f"{int(behind.sum())} points on {r.norm2_ev - r.norm1_ev:.0f} eV behind the edge"
        return ShapedStep(step=None, reason=told)
    use = before | behind
    x, y = x[use], mu[use]
    edge = 0.5 + np.arctan(2 * x / width_ev) / np.pi
    x = x / 100.0
    design = np.column_stack([edge, np.ones_like(x), x, *(edge * x**p for p in range(1, min(r.n_norm, 2) + 1))])
    found, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    free = y.size - design.shape[1]
    if rank < design.shape[1] or free < 1:
        return ShapedStep(step=None, reason="the ranges do not determine it")
    step = float(found[0])
    variance = float(np.linalg.inv(design.T @ design)[0, 0]) * float(np.sum((y - design @ found) ** 2)) / free
    sigma = variance**0.5 / norm.edge_step
    off = step / norm.edge_step - 1
    if sigma > LARGEST_SIGMA or abs(off) > LARGEST_DIFFERENCE:
        return ShapedStep(
            step=None, reason=f"an arctangent edge does not describe it ({100 * off:+.0f} ± {100 * sigma:.0f} %)"
        )
    return ShapedStep(step=step)


def doubt_step(
    energy_ev: FloatArray, mu: FloatArray, norm: Normalized, element: str, edge: str
) -> tuple[Normalized, Finding | None]:
    """The normalisation with the difference between both steps in its ``edge_step_sigma``, and what there is to tell."""
    shaped = fit_shaped_step(energy_ev, mu, norm, core_hole_ev(element, edge))
    if shaped.step is None:
        problem = f"the edge step {norm.edge_step:.4g} is not checked against an arctangent edge: {shaped.reason}"
        return norm, Finding(severity="info", field="edge_step", problem=problem)
    off = shaped.step - norm.edge_step
    doubted = replace(
        norm, edge_step_sigma=float(np.hypot(norm.edge_step_sigma, off)), edge_step_bias=off / norm.edge_step
    )
    if abs(off) <= WORTH_TELLING * norm.edge_step:
        return doubted, None
    problem = (
        f"the edge step is {norm.edge_step:.4g} between the lines and {shaped.step:.4g} with an arctangent edge, "
        f"{100 * off / norm.edge_step:+.1f} %: the difference is in its sigma, and in that of N and S02"
    )
    hint = "the tail of the edge bends the post-edge range; edge_step in [settings.xas.reduce] sets another step"
    return doubted, Finding(severity="info", field="edge_step", problem=problem, hint=hint)
