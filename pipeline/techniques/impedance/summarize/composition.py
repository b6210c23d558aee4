"""sigma(25 °C) of many samples -> composition series and their optimum.

    ln sigma = c0 + c1 u + c2 u^2,  u = x - <x>,      x_opt = <x> - c1/(2 c2)

near the top, weighted; the interval of x_opt is Fieller's (J. R. Stat. Soc. B 16 (1954) 175), which is unbounded where the
curvature is not significant: the optimum is then undetermined.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.sample import Sample
from pipeline.core.values import Z95, Estimate, Level, Verdict
from pipeline.science.constants import T_25C_K
from pipeline.science.statistics import interval_sigma, log_estimate, lognormal_estimate, student_t
from pipeline.techniques.impedance.comparisons import CompositionOptimum, CompositionPoint, SeriesComparison
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint
from pipeline.techniques.impedance.settings import CompositionSettings


def summarize_composition(
    samples: Sequence[Sample],
    lines: Sequence[ArrheniusFit],
    points: Sequence[ConductivityPoint],
    settings: CompositionSettings,
) -> tuple[tuple[CompositionPoint, ...], tuple[CompositionOptimum, ...]]:
    """Points of every series of the study, and the optimum of each.

    Parameters
    ----------
    samples:
        In the study's order; those with ``series`` and ``x_lcf`` enter.
    lines, points:
        Arrhenius lines and conductivity points of all samples.
    """
    found = tuple(
        _point(s, s.series, s.x_lcf, lines, points, settings)
        for s in samples
        if s.series is not None and s.x_lcf is not None
    )
    groups: dict[str, list[CompositionPoint]] = defaultdict(list)
    for p in found:
        groups[p.series].append(p)
    return found, tuple(find_optimum(name, group, settings) for name, group in groups.items())


def _point(
    sample: Sample,
    series: str,
    x: float,
    lines: Sequence[ArrheniusFit],
    points: Sequence[ConductivityPoint],
    settings: CompositionSettings,
) -> CompositionPoint:
    """The total at 25 °C as the headline has it, else measured at 25 °C."""
    mine = [a for a in lines if a.sample == sample.id and a.quantity == "total" and a.basis == "sigma_T"]
    good = sorted((a for a in mine if a.room_verdict.printable), key=lambda a: a.method != "single")
    near = [
        p
        for p in points
        if p.sample == sample.id
        and p.quantity == "total"
        and p.method == "single"
        and p.verdict.printable
        and p.temperature_k is not None
        and abs(p.temperature_k - T_25C_K) <= settings.near_25c_k
    ]
    estimate: Estimate | None = None
    if good and good[0].conductivity_25c_s_per_m is None:
        verdict = Verdict(
            level="refused", reason=f"no conductivity at 25 °C: {good[0].verdict.reason}", code="no_geometry"
        )
    elif good:
        estimate, verdict = good[0].conductivity_25c_s_per_m, good[0].room_verdict
        if good[0].conductivity_25c_origin in ("", "line", "series"):
            how = "extrapolated" if good[0].extrapolated else "interpolated"
            verdict = replace(verdict, reason=f"{how} by the Arrhenius line: {verdict.reason}")
    elif near:
        p = min(near, key=lambda p: abs((p.temperature_k or 0.0) - T_25C_K))
        estimate = _with_geometry(p)
        why = f"measured at {p.temperature_k:.2f} K, no Arrhenius line"
        verdict = Verdict(level="weak", reason=why, code="measured_near_25C")
    else:
        why, code = (mine[0].verdict.reason, mine[0].verdict.code) if mine else ("no impedance of this sample", "none")
        verdict = Verdict(level="unresolved", reason=f"no conductivity at 25 °C: {why}", code=code)
    return CompositionPoint(
        sample=sample.id, series=series, x_lcf=x, conductivity_25c_s_per_m=estimate, verdict=verdict
    )


def _with_geometry(p: ConductivityPoint) -> Estimate | None:
    e = p.conductivity_s_per_m
    if e is None:
        return None
    relative = float(np.hypot(e.sigma / e.value, p.geometry_relative_sigma))
    return lognormal_estimate(e.value, relative, e.unit)


def find_optimum(series: str, points: Sequence[CompositionPoint], settings: CompositionSettings) -> CompositionOptimum:
    """Top of a parabola through ln sigma near the best composition, with Fieller's interval, or why there is none."""
    good = [p for p in points if p.verdict.printable and p.conductivity_25c_s_per_m is not None]
    x = np.array([p.x_lcf for p in good])
    value = np.array([p.conductivity_25c_s_per_m.value for p in good if p.conductivity_25c_s_per_m])
    relative = np.array([p.conductivity_25c_s_per_m.sigma for p in good if p.conductivity_25c_s_per_m]) / value

    def undetermined(why: str, n: int, code: str) -> CompositionOptimum:
        verdict = Verdict(level="unresolved", reason=f"undetermined: {why}", code=code)
        return CompositionOptimum(series=series, x_optimum=None, conductivity_s_per_m=None, n_points=n, verdict=verdict)

    if np.unique(x).size < settings.min_points:
        return undetermined(f"{np.unique(x).size} composition(s), {settings.min_points} needed", x.size, "points_few")
    y, sigma = np.log(value), np.hypot(relative, settings.pellet_sigma)
    use = _near_top(x, y, settings)
    x, y, sigma = x[use], y[use], sigma[use]
    best = float(x[int(np.argmax(y))])
    parabola = _Parabola.fit(x, y, sigma)
    if parabola.c[2] >= 0:
        return undetermined(f"ln sigma is not curved downwards near x = {best:g}", x.size, "no_maximum")
    interval = parabola.fieller()
    if interval is None:
        return undetermined(f"the curvature is not significant ({x.size} compositions)", x.size, "curvature_weak")
    top, low, high = parabola.top(), *interval
    if not x.min() < top < x.max():
        why = f"the largest conductivity is at the edge, x = {best:g}: extend the series"
        return undetermined(why, x.size, "maximum_at_edge")
    inside = "" if x.min() <= low and high <= x.max() else "; the interval leaves the measured compositions"
    code = "interval_outside" if inside else "wide" if interval_sigma(low, high) > 0.05 else "determined"
    height, s_height = parabola.height()
    text = f"parabola in ln sigma through {x.size} compositions, scatter {parabola.scatter:.1%}{inside}"
    return CompositionOptimum(
        series=series,
        x_optimum=Estimate(value=top, sigma=parabola.sigma_top(), unit="1", low95=low, high95=high),
        conductivity_s_per_m=log_estimate(height, s_height, "S/m", parabola.quantile * s_height),
        n_points=x.size,
        verdict=Verdict(level="resolved" if code == "determined" else "weak", reason=text, code=code),
    )


def compare_series(
    points: Sequence[CompositionPoint], optima: Sequence[CompositionOptimum]
) -> tuple[SeriesComparison, ...]:
    """Every pair of series at its best: at the optimum where it is determined, else at the best measured composition."""
    best = [found for o in optima if (found := _best(o, points)) is not None]
    out = []
    for (name_a, va, xa, ta), (name_b, vb, xb, tb) in combinations(best, 2):
        ratio = va.value / vb.value
        sigma = float(np.hypot(va.sigma / va.value, vb.sigma / vb.value))
        estimate = lognormal_estimate(ratio, sigma, "1")
        x = None
        if xa is not None and xb is not None:
            x = Estimate(value=xa.value - xb.value, sigma=float(np.hypot(xa.sigma, xb.sigma)), unit="1")
        apart = bool(abs(np.log(ratio)) > Z95 * sigma)
        text = f"{'significant' if apart else 'not significant'}: {name_a} {ta}, {name_b} {tb}"
        level: Level = "resolved" if xa is not None and xb is not None and sigma <= 0.05 else "weak"
        out.append(
            SeriesComparison(
                series_a=name_a,
                series_b=name_b,
                conductivity_ratio=estimate,
                x_difference=x,
                verdict=Verdict(level=level, reason=text, code="significant" if apart else "not_significant"),
            )
        )
    return tuple(out)


def _best(
    optimum: CompositionOptimum, points: Sequence[CompositionPoint]
) -> tuple[str, Estimate, Estimate | None, str] | None:
    if optimum.verdict.printable and optimum.conductivity_s_per_m is not None and optimum.x_optimum is not None:
        at = f"at its optimum x = {optimum.x_optimum.value:.3f}"
        return optimum.series, optimum.conductivity_s_per_m, optimum.x_optimum, at
    mine = [p for p in points if p.series == optimum.series and p.verdict.printable]
    given = [(p.conductivity_25c_s_per_m, p.x_lcf) for p in mine if p.conductivity_25c_s_per_m is not None]
    if not given:
        return None
    value, x = max(given, key=lambda g: g[0].value)
    return optimum.series, value, None, f"at its best measured x = {x:.3f}"


def _near_top(x: FloatArray, y: FloatArray, settings: CompositionSettings) -> FloatArray:
    """(n,) True for points near the top; never fewer than ``min_points`` compositions: the next best are added."""
    order = np.argsort(-y)
    use = y >= y.max() - np.log(settings.top_factor)
    for i in order:
        if np.unique(x[use]).size >= settings.min_points:
            break
        use[i] = True
    return np.asarray(use)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Parabola:
    middle: float
    c: FloatArray
    covariance: FloatArray
    quantile: float
    scatter: float

    @classmethod
    def fit(cls, x: FloatArray, y: FloatArray, sigma: FloatArray) -> _Parabola:
        """Weighted least squares; scaled up, with Student's t, where the points scatter more than they say.

        Never scaled down: few pellets that lie well by luck do not know their thickness any better.
        """
        middle = float(np.mean(x))
        u = x - middle
        design = np.column_stack([np.ones_like(u), u, u * u]) / sigma[:, None]
        normal = np.linalg.inv(design.T @ design)
        c = normal @ design.T @ (y / sigma)
        residual = y / sigma - design @ c
        dof = max(x.size - 3, 1)
        scale = float(residual @ residual) / dof
        return cls(
            middle=middle,
            c=c,
            covariance=np.asarray(normal * max(scale, 1.0), dtype=float),
            quantile=student_t(dof) if scale > 1 else Z95,
            scatter=float(np.sqrt(scale)) * float(np.median(sigma)),
        )

    def top(self) -> float:
        return float(self.middle - self.c[1] / (2 * self.c[2]))

    def _sigma(self, gradient: FloatArray) -> float:
        return float(np.sqrt(max(float(gradient @ self.covariance @ gradient), 0.0)))

    def sigma_top(self) -> float:
        return self._sigma(np.array([0.0, 1.0, 2 * (self.top() - self.middle)])) / abs(2 * float(self.c[2]))

    def height(self) -> tuple[float, float]:
        """Value of ln sigma at the top, and its 1 sigma."""
        u = self.top() - self.middle
        g = np.array([1.0, u, u * u])
        return float(g @ self.c), self._sigma(g)

    def fieller(self) -> tuple[float, float] | None:
        """All x where the slope is not significantly different from zero; None where that is unbounded."""
        v, t = self.covariance, self.quantile
        a = 4 * (self.c[2] ** 2 - t * t * v[2, 2])
        if a <= 0:
            return None
        b = 4 * (self.c[1] * self.c[2] - t * t * v[1, 2])
        c = self.c[1] ** 2 - t * t * v[1, 1]
        root = np.sqrt(max(b * b - 4 * a * c, 0.0))
        return float(self.middle + (-b - root) / (2 * a)), float(self.middle + (-b + root) / (2 * a))
