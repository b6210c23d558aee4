"""Composition series: what stands for a pellet at 25 °C, the top of a parabola with Fieller's interval, pairs of series."""

from __future__ import annotations

from dataclasses import replace
from math import exp, hypot, sqrt
from typing import Any

import numpy as np
import pytest

from pipeline.core.sample import Sample
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.comparisons import CompositionOptimum, CompositionPoint
from pipeline.techniques.impedance.settings import CompositionSettings
from pipeline.techniques.impedance.summarize.composition import compare_series, find_optimum, summarize_composition
from tests.conduction_points import GOOD, bare_line, point

SAMPLE = Sample(id="A", series="Ta", x_lcf=0.4)
ROOM = Estimate(value=0.2, sigma=0.01, unit="S/m")
POOR = Verdict(level="unresolved", reason="poor", code="line_wide")
WEAK = Verdict(level="weak", reason="so so", code="so_so")
Z95 = 1.959964
BEYOND = "extrapolated by the Arrhenius line: "


def placed(lines: Any = (), points: Any = (), samples: Any = (SAMPLE,)) -> CompositionPoint:
    ((found,), _) = summarize_composition(samples, lines, points, CompositionSettings())
    return found


def at_25c(**more: Any):
    return bare_line(**({"conductivity_25c_s_per_m": ROOM, "conductivity_25c_origin": "measured"} | more))


def test_a_total_measured_at_25_degrees_carries_its_geometry_with_95_percent():
    """3 % of the resistance and 4 % of the geometry are 5 %; the ends lie 1.96 times that away in the logarithm."""
    found = placed([], [point(298.15, 0.2, 0.03, geometry_relative_sigma=0.04)])
    e = found.conductivity_25c_s_per_m
    expected = (0.2, 0.01, 0.2 * np.exp(-0.0979982), 0.2 * np.exp(0.0979982))
    assert (e.value, e.sigma, e.low, e.high) == pytest.approx(expected, rel=1e-6)
    why = "measured at 298.15 K, no Arrhenius line"
    assert found.verdict == Verdict(level="weak", reason=why, code="measured_near_25C")


def test_of_points_near_25_degrees_the_nearest_printable_total_of_a_single_fit_stands() -> None:
    mine = point(298.5, 0.2)
    others = (
        point(299.0, 9.0),
        point(297.5, 9.0),
        point(298.15, 9.0, sample="B"),
        point(298.15, 9.0, quantity="bulk"),
        point(298.15, 9.0, method="series"),
        point(298.15, 9.0, verdict=POOR),
        point(None, 9.0),
    )
    assert placed([], [*others, mine]).conductivity_25c_s_per_m.value == 0.2
    assert placed([], [point(299.15 - 1e-6, 0.2)]).conductivity_25c_s_per_m is not None
    assert placed([], [point(299.16, 0.2), point(297.14, 0.2), *others[2:]]).conductivity_25c_s_per_m is None
    assert placed([], [point(298.15, 0.2, conductivity_s_per_m=None)]).conductivity_25c_s_per_m is None


@pytest.mark.parametrize(
    ("lines", "value", "level", "reason", "code"),
    [
        ([at_25c()], 0.2, "resolved", "", ""),
        ([at_25c(conductivity_25c_verdict=WEAK)], 0.2, "weak", "so so", "so_so"),
        ([at_25c(conductivity_25c_origin="line")], 0.2, "resolved", "interpolated by the Arrhenius line: ", ""),
        ([at_25c(conductivity_25c_origin="series", extrapolated=True)], 0.2, "resolved", BEYOND, ""),
        ([at_25c(conductivity_25c_origin="", extrapolated=True)], 0.2, "resolved", BEYOND, ""),
        ([bare_line(verdict=WEAK)], None, "refused", "no conductivity at 25 °C: so so", "no_geometry"),
        ([at_25c(verdict=POOR)], None, "unresolved", "no conductivity at 25 °C: poor", "line_wide"),
        ([], None, "unresolved", "no conductivity at 25 °C: no impedance of this sample", "none"),
        ([at_25c(sample="B"), at_25c(quantity="bulk"), at_25c(basis="sigma")], None, "unresolved",
         "no conductivity at 25 °C: no impedance of this sample", "none"),
        ([at_25c(method="series", conductivity_25c_s_per_m=replace(ROOM, value=9.0)), at_25c()], 0.2, "resolved", "", ""),
        ([at_25c(verdict=POOR), at_25c(method="series")], 0.2, "resolved", "", ""),
    ],
)  # fmt: skip
def test_what_stands_for_a_pellet(lines: Any, value: float | None, level: str, reason: str, code: str) -> None:
    found = placed(lines)
    assert found.verdict == Verdict(level=level, reason=reason, code=code)
    assert (None if found.conductivity_25c_s_per_m is None else found.conductivity_25c_s_per_m.value) == value
    assert (found.sample, found.series, found.x_lcf) == ("A", "Ta", 0.4)


def test_samples_without_a_series_or_a_composition_have_no_place() -> None:
    others = Sample(id="B", series="Ta"), Sample(id="C", x_lcf=0.1)
    assert placed(samples=(*others, SAMPLE)).sample == "A"
    two = SAMPLE, replace(SAMPLE, id="D", series="Zr")
    points, optima = summarize_composition(two, [], [], CompositionSettings())
    assert [(p.sample, p.series) for p in points] == [("A", "Ta"), ("D", "Zr")]
    assert [(o.series, o.n_points, o.verdict.code) for o in optima] == [
        ("Ta", 0, "points_few"),
        ("Zr", 0, "points_few"),
    ]


def series(x: Any, y: Any, relative: Any = 0.03, verdict: Verdict = GOOD) -> list[CompositionPoint]:
    """ln sigma = y."""
    return [
        CompositionPoint(
            sample=f"{k:.2f}",
            series="Ta",
            x_lcf=float(k),
            conductivity_25c_s_per_m=Estimate(value=exp(v), sigma=float(r) * exp(v), unit="S/m"),
            verdict=verdict,
        )
        for k, v, r in zip(x, y, np.broadcast_to(relative, np.shape(x)), strict=True)
    ]


def optimum(points: list[CompositionPoint], **settings: float) -> CompositionOptimum:
    return find_optimum("Ta", points, CompositionSettings(**({"pellet_sigma": 0.04} | settings)))


X = np.array([0.1, 0.2, 0.35, 0.45, 0.6])
TOP = -1.0 - 20 * (X - 0.33) ** 2
SCATTER = np.array([0.03, -0.06, 0.01, 0.05, -0.03])


@pytest.mark.parametrize(("off", "relative"), [(0 * X, 0.03), (SCATTER, 0.03), (SCATTER, 0.01 * np.arange(1, 6))])
def test_the_top_and_fiellers_interval_are_those_of_numpys_parabola(off: Any, relative: Any) -> None:
    """At each end the slope is off zero by just its 95 %; a scatter beyond sigma scales it, with Student's t of two."""
    found = optimum(series(X, TOP + off, relative))
    sigma = np.hypot(relative, 0.04) * np.ones(5)
    c2, c1, c0 = np.polyfit(X, TOP + off, 2, w=1 / sigma)
    rest = (TOP + off - np.polyval([c2, c1, c0], X)) / sigma
    chi2 = float(rest @ rest) / 2
    _, v = np.polyfit(X, TOP + off, 2, w=1 / sigma, cov="unscaled")
    v, q = v * max(chi2, 1.0), 4.302653 if chi2 > 1 else Z95
    x = found.x_optimum
    top = -c1 / (2 * c2)
    g = np.array([-2 * top, -1, 0]) / (2 * c2)  # of the top by c2 and c1: (-2 top, -1) / 2 c2
    assert (x.value, x.sigma) == pytest.approx((top, sqrt(g @ v @ g)))
    for end, sign in ((x.low, 1), (x.high, -1)):
        u = np.array([2 * end, 1.0, 0.0])
        assert 2 * c2 * end + c1 == pytest.approx(sign * q * sqrt(u @ v @ u), rel=1e-5)
    h = np.array([top**2, top, 1.0])
    ln, s = float(h @ [c2, c1, c0]), sqrt(h @ v @ h)
    e = found.conductivity_s_per_m
    assert (e.value, e.sigma, e.unit) == (pytest.approx(exp(ln)), pytest.approx(exp(ln) * s), "S/m")
    assert (np.log(e.high) - ln, ln - np.log(e.low)) == pytest.approx((q * s, q * s), rel=1e-6)
    scatter = sqrt(chi2) * float(np.median(sigma))
    assert found.verdict.reason.startswith(f"parabola in ln sigma through 5 compositions, scatter {scatter:.1%}")
    assert (found.series, found.n_points) == ("Ta", 5)


def test_how_wide_an_interval_is_resolved() -> None:
    """Half the interval over 1.96, against 0.05 in x."""
    wide = [optimum(series(X, -1.0 - c * (X - 0.33) ** 2)) for c in np.linspace(2.0, 12.0, 41)]
    given = [o for o in wide if o.x_optimum is not None and o.x_optimum.low >= 0.1 and o.x_optimum.high <= 0.6]
    assert {o.verdict.code for o in given} == {"determined", "wide"}
    for o in given:
        small = (o.x_optimum.high - o.x_optimum.low) / (2 * Z95) <= 0.05
        assert (o.verdict.level, o.verdict.code) == (("resolved", "determined") if small else ("weak", "wide"))
        assert "leaves" not in o.verdict.reason


@pytest.mark.parametrize(
    ("points", "settings", "n", "code", "words"),
    [
        (series(X[:3], TOP[:3]), {}, 3, "points_few", "3 composition(s), 4 needed"),
        (series([0.1, 0.1, 0.2, 0.3], [0, 0, 1, 0]), {}, 4, "points_few", "3 composition(s), 4 needed"),
        (series(X, TOP, verdict=POOR), {}, 0, "points_few", "0 composition(s), 4 needed"),
        (series(X, X**2), {}, 5, "no_maximum", "ln sigma is not curved downwards near x = 0.6"),
        (series(X, -0.05 * (X - 0.3) ** 2), {}, 5, "curvature_weak", "the curvature is not significant (5 compositions)"),
        (series(X, -10 * (X - 0.65) ** 2), {"top_factor": 100.0}, 5, "maximum_at_edge",
         "the largest conductivity is at the edge, x = 0.6: extend the series"),
        (series(X, -10 * (X - 0.05) ** 2), {"top_factor": 100.0}, 5, "maximum_at_edge",
         "the largest conductivity is at the edge, x = 0.1: extend the series"),
    ],
)  # fmt: skip
def test_why_there_is_no_optimum(points: Any, settings: Any, n: int, code: str, words: str) -> None:
    found = optimum(points, **settings)
    assert found.verdict == Verdict(level="unresolved", reason=f"undetermined: {words}", code=code)
    assert (found.n_points, found.x_optimum, found.conductivity_s_per_m, found.series) == (n, None, None, "Ta")


@pytest.mark.parametrize("top", [0.12, 0.58])
def test_an_interval_that_leaves_the_measured_compositions_is_weak(top: float) -> None:
    found = optimum(series(X, -10 * (X - top) ** 2), top_factor=100.0)
    assert (found.verdict.level, found.verdict.code) == ("weak", "interval_outside")
    assert found.verdict.reason.endswith("%; the interval leaves the measured compositions")


def test_only_points_near_the_top_enter_and_never_too_few() -> None:
    """Off by ln 5 and more they stay out; where that leaves three, the best of the others comes in."""
    y = np.array([-1.62, 0.0, 0.1, 0.05, -0.1, -1.5])
    x = np.array([0.05, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert optimum(series(x, y)).n_points == 5
    assert optimum(series(x, y - np.array([0, 0, 0, 0, 9, 9]))).n_points == 4
    few = optimum(series(x, np.array([-1.7, -0.1, 0.1, -5.0, -4.0, 0.0])))
    assert few.n_points == 4, "0.05 and not 0.5 or 0.4"
    same = optimum(series(x, np.array([-1.7, -0.1, 0.1, -0.1, -4.0, 0.0])), min_points=5)
    assert same.n_points == 5


def best(name: str, value: float, relative: float, x: float = 0.4, **more: Any) -> CompositionOptimum:
    known = {
        "x_optimum": Estimate(value=x, sigma=0.03, unit="1"),
        "conductivity_s_per_m": Estimate(value=value, sigma=relative * value, unit="S/m"),
        "n_points": 5,
        "verdict": GOOD,
    }
    return CompositionOptimum(series=name, **(known | more))


def test_a_ratio_of_two_series_carries_both_errors_with_95_percent():
    """3 % and 4 % are 5 % of a ratio of 3."""
    (found,) = compare_series(
        (),
        (
            best("Ta", 0.27, 0.03),
            replace(best("Zr", 0.09, 0.04, 0.47), x_optimum=Estimate(value=0.47, sigma=0.04, unit="1")),
        ),
    )
    e = found.conductivity_ratio
    expected = (3.0, 0.15, 3 * np.exp(-0.0979982), 3 * np.exp(0.0979982))
    assert (e.value, e.sigma, e.low, e.high) == pytest.approx(expected, rel=1e-6)
    assert (found.x_difference.value, found.x_difference.sigma) == pytest.approx((-0.07, 0.05))
    text = "significant: Ta at its optimum x = 0.400, Zr at its optimum x = 0.470"
    assert found.verdict == Verdict(level="resolved", reason=text, code="significant")
    assert (found.series_a, found.series_b) == ("Ta", "Zr")


@pytest.mark.parametrize(
    ("ratio", "relative", "level", "code"),
    [
        (exp(1.01 * Z95 * 0.0499 * sqrt(2)), 0.0499, "weak", "significant"),
        (exp(-1.01 * Z95 * 0.0499 * sqrt(2)), 0.0499, "weak", "significant"),
        (exp(0.99 * Z95 * 0.035 * sqrt(2)), 0.035, "resolved", "not_significant"),
        (exp(-0.99 * Z95 * 0.035 * sqrt(2)), 0.035, "resolved", "not_significant"),
        (1.0, 0.0355, "weak", "not_significant"),
    ],
)
def test_a_ratio_just_on_both_sides_of_its_limits(ratio: float, relative: float, level: str, code: str) -> None:
    """Level by 5 % of the ratio, significance by 1.96 sigma of its logarithm."""
    (found,) = compare_series((), (best("Ta", ratio, relative), best("Zr", 1.0, relative)))
    assert (found.verdict.level, found.verdict.code) == (level, code)
    assert found.verdict.reason.startswith("significant: " if code == "significant" else "not significant: ")


def test_without_an_optimum_a_series_is_compared_at_its_best_measured_composition() -> None:
    zr = [replace(p, series="Zr") for p in series(X, TOP)]
    zr[0] = replace(zr[0], conductivity_25c_s_per_m=Estimate(value=99.0, sigma=1.0, unit="S/m"), verdict=POOR)
    zr[1] = replace(zr[1], conductivity_25c_s_per_m=None)
    other = [replace(p, conductivity_25c_s_per_m=Estimate(value=99.0, sigma=1.0, unit="S/m")) for p in series(X, TOP)]
    for none in (
        best("Zr", 9.0, 0.01, verdict=POOR),
        best("Zr", 9.0, 0.01, x_optimum=None),
        best("Zr", 9.0, 0.01, conductivity_s_per_m=None),
    ):
        for pair in ((best("Ta", 3.0, 0.01), none), (none, best("Ta", 3.0, 0.01))):
            (found,) = compare_series([*other, *zr], pair)
            expected = 3.0 / exp(TOP[2])
            ratio = found.conductivity_ratio.value
            assert ratio == pytest.approx(expected if found.series_a == "Ta" else 1 / expected)
            assert found.conductivity_ratio.sigma == pytest.approx(ratio * hypot(0.01, 0.03))
            assert (found.x_difference, found.verdict.level) == (None, "weak")
            assert "Zr at its best measured x = 0.350" in found.verdict.reason
        assert compare_series([], (best("Ta", 3.0, 0.01), none)) == ()
    assert len(compare_series((), [best(name, 1.0, 0.01) for name in "abc"])) == 3
