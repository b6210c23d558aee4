"""What a spectrum gives at the edge itself: white line by place and area, beside e0 and edge step.

    flattened mu = 1/2 + arctan(2 (E - a) / w) / pi + A (eta L + (1 - eta) G)

with an arctangent edge (F. K. Richtmyer, S. W. Barnes, E. Ramberg, Phys. Rev. 46 (1934) 843) and a peak of area A, Lorentzian L and
Gaussian G of one width.  Where the edge lies under its white line the data hardly say: what the area does when the edge is put
under the peak, and when the range ends later, is in its sigma.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.techniques.absorption.fit.reduce.edge_shape import core_hole_ev
from pipeline.techniques.absorption.fit.reduce.merge import Merged
from pipeline.techniques.absorption.fit.reduce.normalization import Normalized, normalize
from pipeline.techniques.absorption.model import OverAbsorption, Xanes, edge_sigma

BELOW_EV, ABOVE_EV = 12.0, 12.0
"""Range of the fit, from e0 and from the top of the white line: behind it the first oscillation begins."""
OTHER_EV = 6.0
"""Change of that range for the systematic error."""
BROADER_EV = 2.5
"""What a monochromator adds to the width of the core hole at most."""
SEARCH_EV = (-4.0, 18.0)
"""Where the top of the white line is looked for, from e0."""
LEAST_TOP = 1.05
"""Flattened mu of a top that is called a white line."""
TOP_HALF_WIDTH_EV = 1.5
FEWEST = 12
LOOSE_STEP = 0.10
"""Relative sigma of the edge step above which a row is weak."""
SEEN_SIGMA = 3.0
LONG_EV = 200.0
"""Post-edge range over which the degree of the polynomial no longer moves the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhiteLine:
    """Top of the white line, eV, and its area, eV of the edge step."""

    top: Estimate | None = None
    area: Estimate | None = None
    why_not: str = ""


def find_white_line(
    energy_ev: FloatArray, sigma: FloatArray, norm: Normalized, other: Normalized | None, width_ev: float
) -> WhiteLine:
    """White line of a normalised spectrum.

    Parameters
    ----------
    energy_ev, sigma:
        (n,) ascending; standard error of mu.
    other:
        Another normalisation that may be as good.
    width_ev:
        Of the core hole.
    """
    x, y, s = energy_ev - norm.e0_ev, norm.flattened, np.maximum(sigma / norm.edge_step, 1e-6)
    near = np.flatnonzero((x >= SEARCH_EV[0]) & (x <= SEARCH_EV[1]))
    if near.size < 5:
        return WhiteLine(why_not=f"{near.size} points at the edge")
    at = int(near[np.argmax(y[near])])
    if y[at] < LEAST_TOP or at in (near[0], near[-1]):
        return WhiteLine(why_not=f"mu rises to {y[at]:.2f} of the step and shows no peak")
    top = _top(x, y, s, at)
    use = (x >= -BELOW_EV) & (x <= top.value + ABOVE_EV)
    if use.sum() < FEWEST:
        return WhiteLine(top=_shift(top, norm.e0_ev), why_not=f"{int(use.sum())} points for the area")
    whole = _fit_peak(x[use], y[use], s[use], top.value, width_ev, free_edge=True)
    if whole is None:
        return WhiteLine(top=_shift(top, norm.e0_ev), why_not="an edge and a peak do not describe it")
    others = [_fit_peak(x[use], y[use], s[use], top.value, width_ev, free_edge=False)]
    longer = (x >= -BELOW_EV) & (x <= top.value + ABOVE_EV + OTHER_EV)
    others.append(_fit_peak(x[longer], y[longer], s[longer], top.value, width_ev, free_edge=True))
    area, noise = whole
    moved = [other[0] - area for other in others if other is not None]
    spread = (
        float(np.sqrt(np.mean(np.square(moved)) / 3)) if moved else 0.0
    )  # somewhere between, as likely here as there
    scale = area * norm.edge_step_sigma / norm.edge_step
    if other is not None:
        again = _fit_peak(x[use], other.flattened[use], s[use], top.value, width_ev, free_edge=True)
        scale = again[0] - area if again is not None else scale
    found = Estimate(value=area, sigma=float(np.sqrt(noise**2 + spread**2 + scale**2)), unit="eV")
    if found.value < SEEN_SIGMA * noise:
        return WhiteLine(top=_shift(top, norm.e0_ev), why_not="its area is not above noise")
    return WhiteLine(top=_shift(top, norm.e0_ev), area=found)


def _shift(top: Estimate, e0_ev: float) -> Estimate:
    return Estimate(value=top.value + e0_ev, sigma=top.sigma, unit="eV")


def _top(x: FloatArray, y: FloatArray, s: FloatArray, at: int) -> Estimate:
    """Top of the cubic through the points around the highest one, relative to e0; how far the parabola's is off is in its sigma."""
    around = np.abs(x - x[at]) <= TOP_HALF_WIDTH_EV
    around[max(at - 3, 0) : at + 4] = True
    spacing = float(np.median(np.diff(x[around])))
    tops = [_vertex(x[around] - x[at], y[around], s[around], degree) for degree in (3, 2)]
    reach = TOP_HALF_WIDTH_EV + spacing
    if any(top is None or abs(top[0]) > reach for top in tops):
        return Estimate(value=float(x[at]), sigma=spacing, unit="eV")
    (cubic, noise), (parabola, _) = (top for top in tops if top is not None)
    sigma = float(np.sqrt(noise**2 + (cubic - parabola) ** 2 / 3 + (spacing / 12) ** 2))
    return Estimate(value=float(x[at]) + cubic, sigma=sigma, unit="eV")


def _vertex(u: FloatArray, y: FloatArray, s: FloatArray, degree: int) -> tuple[float, float] | None:
    """Highest point of a polynomial fitted to (n,) points, and the noise's part of its sigma; None where it has none."""
    powers = np.arange(degree + 1)
    design = u[:, None] ** powers / s[:, None]
    coefficients = np.linalg.lstsq(design, y / s, rcond=None)[0]
    curve = np.polynomial.Polynomial(coefficients)
    roots = [float(r.real) for r in curve.deriv().roots() if abs(r.imag) < 1e-9 and curve.deriv(2)(r.real) < 0]
    if not roots:
        return None
    top = min(roots, key=abs)
    slope = -powers * top ** np.maximum(powers - 1, 0) / float(curve.deriv(2)(top))
    return top, float(np.sqrt(slope @ np.linalg.pinv(design.T @ design) @ slope))


def edge_and_peak(x: FloatArray, p: FloatArray) -> FloatArray:
    """(n,) of edge position and width, area, centre, full width at half maximum and Lorentzian share of the peak."""
    a, w, area, centre, width, eta = p
    edge = 0.5 + np.arctan(2 * (x - a) / w) / np.pi
    u = 2 * (x - centre) / width
    lorentz = 2 / (np.pi * width * (1 + u**2))
    gauss = 2 / width * np.sqrt(np.log(2) / np.pi) * np.exp(-np.log(2) * u**2)
    return np.asarray(edge + area * (eta * lorentz + (1 - eta) * gauss), dtype=float)


def _fit_peak(
    x: FloatArray, y: FloatArray, s: FloatArray, top_ev: float, width_ev: float, *, free_edge: bool
) -> tuple[float, float] | None:
    """Area of the peak and its sigma, widened by the misfit; the edge free, or under the peak."""

    def whole(q: FloatArray) -> FloatArray:
        return q if free_edge else np.concatenate([[q[2]], q])

    residual: Callable[[FloatArray], FloatArray] = lambda q: (edge_and_peak(x, whole(q)) - y) / s  # noqa: E731
    start = np.array([top_ev - 2.0, width_ev + 0.5, 4.0, top_ev, 4.0, 0.5])
    low = np.array([top_ev - 8.0, 0.8 * width_ev, 0.0, top_ev - 4.0, 0.5, 0.0])
    high = np.array([top_ev + 6.0, width_ev + BROADER_EV, 200.0, top_ev + 4.0, 20.0, 1.0])
    first = 0 if free_edge else 1
    out = least_squares(
        residual, start[first:], bounds=(low[first:], high[first:]), x_scale=[1.0, 1.0, 4.0, 1.0, 2.0, 0.5][first:]
    )
    free = x.size - out.x.size
    if not out.success or free < 3:
        return None
    covariance = np.linalg.pinv(out.jac.T @ out.jac) * max(1.0, 2 * out.cost / free)
    place = 2 - first
    return float(out.x[place]), float(np.sqrt(max(covariance[place, place], 0.0)))


def judge_xanes(norm: Normalized, over: OverAbsorption | None, short: str) -> tuple[Verdict, list[Finding]]:
    """Verdict of a row, and what there is to say; ``short``: why there is no EXAFS, '' where there is."""
    found: list[Finding] = []
    doubts: list[tuple[str, str]] = []
    relative = norm.edge_step_sigma / norm.edge_step
    if relative > LOOSE_STEP:
        doubts.append(("loose_step", f"the edge step is known to {relative:.0%} only"))
    if over is not None and over.largest_share > 0:
        text = "fluorescence without a formula: over-absorption lowers the white line (formula = '…' corrects it)"
        doubts.append(("over_absorption", text))
    if short:
        hint = "e0, edge step and white line are in the table xanes"
        found.append(
            Finding(
                severity="warning",
                field="k_max",
                problem=f"no EXAFS: {short.removesuffix(': no EXAFS')}",
                hint=hint,
                code="no_exafs",
            )
        )
    if doubts:
        codes, texts = zip(*doubts, strict=True)
        return Verdict(level="weak", reason="; ".join(texts), code=" ".join(codes)), found
    reason = f"edge step known to {relative:.1%}, {norm.ranges.norm2_ev:.0f} eV behind the edge"
    return Verdict(level="resolved", reason=reason, code="measured"), found


def _other_degree(merged: Merged, norm: Normalized) -> Normalized | None:
    """The same with a post-edge polynomial of one degree less; None over a long range, and for a step that was given.

    Over a short range the tails of edge and white line bend the curve, and neither degree is the right one.
    """
    r = norm.ranges
    if r.norm2_ev - r.norm1_ev >= LONG_EV or r.n_norm == 0 or norm.edge_step_sigma == 0:
        return None
    try:
        return normalize(merged.energy_ev, merged.mu, norm.e0_ev, replace(r, n_norm=r.n_norm - 1))
    except ValueError:
        return None


def near_edge(merged: Merged, norm: Normalized, findings: list[Finding], short: str) -> Xanes:
    """E0, edge step and white line of a merged spectrum; ``short``: why it has no EXAFS, '' where it has."""
    element, edge = merged.first.element, merged.first.edge
    other = _other_degree(merged, norm)
    if other is not None:
        doubt = abs(other.edge_step - norm.edge_step)
        norm = replace(norm, edge_step_sigma=float(np.hypot(norm.edge_step_sigma, doubt)))
    line = find_white_line(merged.energy_ev, merged.sigma, norm, other, core_hole_ev(element, edge) or 1.0)
    verdict, said = judge_xanes(norm, merged.over_absorption, short)
    if line.why_not:
        said.append(Finding(severity="info", field="white_line", problem=line.why_not, code="no_white_line"))
    return Xanes(
        sample=merged.sample,
        element=element,
        edge=edge,
        scans=merged.uses,
        energy_ev=merged.energy_ev,
        mu=merged.mu,
        mu_sigma=merged.sigma,
        flattened=norm.flattened,
        e0=Estimate(value=norm.e0_ev, sigma=edge_sigma(merged.uses), unit="eV"),
        edge_step=Estimate(value=norm.edge_step, sigma=norm.edge_step_sigma, unit="1"),
        white_line=line.top,
        white_line_area=line.area,
        verdict=verdict,
        findings=(*findings, *said),
    )
