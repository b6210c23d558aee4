"""What is said of an Arrhenius line: every rule just on both sides of its limit, outliers, hysteresis, points left out."""

from __future__ import annotations

from dataclasses import replace
from math import exp, expm1

import numpy as np
import pytest

from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.science.lines import BrokenLine, Line, fit_line
from pipeline.techniques.impedance.model import ConductivityPoint
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.line_verdict import doubt_line, judge_line, left_out_reasons
from tests.conduction_points import GOOD, KB, point

Z95 = 1.959964
WEAK = Verdict(level="weak", reason="noisy", code="wide")
X = np.array([-1 / (KB * t) for t in (220.0, 230.0, 240.0, 250.0, 260.0, 270.0)])
STRAIGHT = fit_line(X, 0.4 * X, np.full(6, 0.01))


def energy(relative: float, value: float = 0.4) -> Estimate:
    """Half the interval over 1.96 is ``relative`` of it; the sigma says something else."""
    half = Z95 * relative * value
    return Estimate(value=value, sigma=9.0, unit="eV", low95=value - half, high95=value + half)


def judged(
    relative: float = 0.02,
    n: int = 5,
    n_weak: int = 0,
    *,
    value: float = 0.4,
    tau: float = 0.0,
    method: str = "single",
    extrapolated: bool = False,
    kink: tuple[bool, float | None, float | None] = (False, None, None),
    doubts: tuple[str, ...] = (),
) -> Verdict:
    used = [point(220.0 + i, 1.0, method=method, verdict=WEAK if i < n_weak else GOOD) for i in range(n)]
    line = replace(STRAIGHT, tau=tau)
    return judge_line(energy(relative, value), used, line, extrapolated, "ln y", kink, doubts, ArrheniusSettings())


START = "ln y, 5 points, Ea known to 2.0% by their scatter"


@pytest.mark.parametrize(
    ("verdict", "level", "code"),
    [
        (judged(), "resolved", "line_determined"),
        (judged(0.0499), "resolved", "line_determined"),
        (judged(0.0501), "weak", "line_wide"),
        (judged(0.1999), "weak", "line_wide"),
        (judged(0.2001), "unresolved", "line_wide"),
        (judged(value=0.0), "unresolved", "line_falls"),
        (judged(value=-0.1), "unresolved", "line_falls"),
        (judged(value=1e-6), "resolved", "line_determined"),
        (judged(n=4), "resolved", "line_determined"),
        (judged(n=3), "weak", "line_points_few"),
        (judged(n=3, method="series", tau=0.1), "weak", "line_points_few"),
        (judged(tau=0.1, method="series"), "weak", "line_curved"),
        (judged(tau=0.1), "resolved", "line_determined"),
        (judged(method="series"), "resolved", "line_determined"),
        (judged(n=4, n_weak=2), "resolved", "line_determined"),
        (judged(n_weak=2), "resolved", "line_determined"),
        (judged(n_weak=3), "weak", "line_points_weak"),
        (judged(n_weak=5, method="series"), "resolved", "line_determined"),
        (judged(doubts=("odd",)), "weak", "line_doubted"),
        (judged(0.1, doubts=("odd",)), "weak", "line_doubted"),
    ],
)
def test_every_rule_of_a_line(verdict: Verdict, level: str, code: str) -> None:
    assert (verdict.level, verdict.code) == (level, code)


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (judged(), f"{START}, 25 °C interpolated"),
        (judged(extrapolated=True), f"{START}, 25 °C extrapolated"),
        (judged(tau=0.015), f"{START}, scatter 1.5% beyond the points' own, 25 °C interpolated"),
        (judged(kink=(True, 21.24, 14.0)), f"{START}, 25 °C interpolated; kink: delta-BIC 21.2, 14 needed"),
        (judged(kink=(False, 13.9, 14.0)), f"{START}, 25 °C interpolated; no kink: delta-BIC 13.9, 14 needed"),
        (judged(kink=(False, 14.0, 14.0)), f"{START}, 25 °C interpolated; no kink: delta-BIC 14.0, 14 needed"),
        (
            judged(kink=(False, 14.1, 14.0)),
            f"{START}, 25 °C interpolated; no kink: delta-BIC 14.1, 14 needed, but Ea changes too little, or one point makes it",
        ),
        (judged(doubts=("odd", "bad")), f"{START}, 25 °C interpolated; odd; bad"),
        (judged(n_weak=3, doubts=("odd",)), f"{START}, 25 °C interpolated: 3 of the points are weak; odd"),
        (judged(tau=0.01, method="series"), "25 °C interpolated: the joint fit's points lie on a curve, no one Ea"),
        (judged(n=3, doubts=("odd",)), "25 °C interpolated: 3 points hardly test a line; odd"),
        (judged(0.21), "25 °C interpolated: worse than 20%"),
        (judged(value=-0.1), "ln y does not rise with temperature: Ea = -0.100 eV"),
    ],
)
def test_a_line_in_words(verdict: Verdict, text: str) -> None:
    assert verdict.reason.endswith(text)


def doubted(
    off: float, at: int = 2, broken: BrokenLine | None = None, slope: float = 0.4
) -> tuple[tuple[Finding, ...], tuple[str, ...], Line]:
    """One of twelve points off the line of the others, which scatter by 1 in a thousand."""
    kelvin = np.linspace(220.0, 275.0, 12)
    x = -1 / (KB * kelvin)
    y = slope * x + 1e-3 * np.tile([1, -1, -1, 1], 3)
    y[at] += off
    line = fit_line(x, y, np.full(12, 1e-3))
    used = [point(float(t), exp(v), 1e-3, file=f"{t:.0f}") for t, v in zip(kelvin, y, strict=True)]
    found = doubt_line(used, line, broken, (x, y, np.full(12, 1e-3)), (energy(0.01), 0.01), -40.0, ArrheniusSettings())
    return *found, line


def test_an_outlier_is_told_and_one_that_another_temperature_explains_is_a_doubt() -> None:
    """At 230 K an error of 2 K is 0.4 eV 2 K / (kB T^2) = 17.5 % of ln sigma."""
    two_kelvin = 0.4 * 2 / (KB * 230.0**2)
    for off, mislabelled in ((1.03 * two_kelvin, True), (0.97 * two_kelvin, False), (-1.03 * two_kelvin, True)):
        findings, doubts, _ = doubted(off)
        (finding,) = findings
        assert (finding.severity, finding.field) == ("warning", "temperature")
        assert finding.problem.startswith("230 at 230.00 K stands ")
        assert float(finding.problem.split()[5].rstrip("%")) == pytest.approx(100 * expm1(off), abs=0.3)
        assert finding.hint == "look at its spectrum; exclude it by a [[review]] if it is bad"
        warm = 230 + 2.06 * np.sign(off)
        text = f"230 at 230.00 K lies where the others have {warm:.0f} K: temperature mislabelled, or a bad spectrum"
        assert doubts == ((text,) if mislabelled else ())
    assert doubted(0.0)[:2] == ((), ())
    kinked = BrokenLine(
        x_kink=-45.0,
        value_at_kink=0.0,
        slopes=(0.4, 0.3),
        covariance=np.eye(4),
        dof=5,
        chi2=1.0,
        interval=(-46.0, -44.0),
    )
    assert doubted(0.3, broken=kinked)[:2] == ((), ()), "off one line, on two"


def test_a_line_that_falls_mislabels_nothing_by_less_than_nothing() -> None:
    findings, doubts, _ = doubted(0.02, slope=-0.4)
    assert len(findings) == 1
    kelvin = 0.02 * KB * 230.0**2 / 1e-3
    assert kelvin > 2
    assert len(doubts) == 1


def scans(shift: float, half: float, ea: Estimate, slope: float = 0.0) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Two scans over six temperatures, the second off by ``shift`` and by ``slope`` eV about their middle."""
    d = X - X.mean()
    y = np.concatenate([0.4 * X - (shift + slope * d) / 2, 0.4 * X + (shift + slope * d) / 2])
    rows: list[ConductivityPoint] = [
        point(-1 / (KB * float(x)), exp(float(v)), 1e-4, file=str(1 + i // 6))
        for i, (x, v) in enumerate(zip(np.tile(X, 2), y, strict=True))
    ]
    x, sigma = np.tile(X, 2), np.full(12, 1e-4)
    return doubt_line(
        rows, fit_line(x, y, sigma), None, (x, y, sigma), (ea, half), float(X.mean()), ArrheniusSettings()
    )


@pytest.mark.parametrize(
    ("shift", "slope", "doubted"),
    [
        (0.0101, 0.0, True),
        (-0.0101, 0.0, True),
        (0.0099, 0.0, False),
        (0.0, 0.0505, True),
        (0.0, -0.0505, True),
        (0.0, 0.0495, False),
    ],
)
def test_two_scans_that_differ_by_more_than_half_an_interval_are_a_doubt(
    shift: float, slope: float, doubted: bool
) -> None:
    """Half of 0.01 in ln sigma(25 °C), of 0.05 eV in Ea."""
    ea = Estimate(value=0.4, sigma=9.0, unit="eV", low95=0.36, high95=0.46)
    findings, doubts = scans(shift, 0.01, ea, slope)
    assert findings[0].problem.startswith("6 temperatures measured twice")
    assert len(doubts) == doubted
    if doubted:
        assert doubts[0].startswith("the second scan differs by ")
        assert doubts[0].endswith(", more than the intervals of this line allow: hysteresis or drift")


def test_points_left_out_are_grouped_by_level_and_code() -> None:
    gone = Verdict(level="refused", reason="no arc", code="no_arc")
    rows = [
        point(220.0, 1.0, verdict=replace(WEAK, level="unresolved")),
        point(230.0, 1.0, verdict=gone),
        point(220.0, 1.0, verdict=replace(WEAK, level="unresolved", reason="other words")),
        point(225.004, 1.0, verdict=replace(WEAK, level="unresolved")),
        point(None, 1.0, verdict=replace(gone, code="lost", reason="not known")),
    ]
    assert left_out_reasons(rows) == (
        "3 point(s) left out at 220.00, 225.00 K: unresolved: noisy",
        "1 point(s) left out at 230.00 K: refused: no arc",
        "1 point(s) left out: refused: not known",
    )
    assert left_out_reasons([]) == ()
