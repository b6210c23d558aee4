"""A chosen fit in numbers, by hand: each rule of an arc's verdict on both sides of its limit, R, C and Q with their errors."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, pi, sqrt
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline.core.values import Verdict
from pipeline.techniques.impedance.fit.single import arc_result
from pipeline.techniques.impedance.fit.single.arc_result import (
    describe_arcs,
    described_circuit,
    ln_parameters,
    total_resistance,
)
from pipeline.techniques.impedance.fit.single.circuit import Circuit
from pipeline.techniques.impedance.fit.single.model_averaging import Spread
from pipeline.techniques.impedance.fit.single.model_selection import OrderFit
from pipeline.techniques.impedance.model import Arc
from pipeline.techniques.impedance.settings import ArcSettings

OMEGA = 2 * pi * np.array([1e6, 1e3, 1.0])
Z95 = 1.959964
R, APEX_HZ, N = 3000.0, 2e4, 0.9


def order(theta: Any, circuit: Circuit) -> OrderFit:
    nothing = np.zeros(0)
    return OrderFit(
        circuit=circuit, theta=np.array(theta), x=nothing, linear=nothing, chi2=1.0, hits=1, starts=1, n_residuals=6
    )


def spread(sigma: float = 0.03, reason: str = "", low: float | None = None, high: float | None = None) -> Spread:
    half = Z95 * sigma
    return Spread(sigma=sigma, low=-half if low is None else low, high=half if high is None else high, reason=reason)


def described(*spreads: Spread, apex_hz: float = APEX_HZ, n: float = N, sigma: float = 0.03, ambiguous: str = "",
              misfit: float = 1.0) -> tuple[Arc, ...]:  # fmt: skip
    """One arc for each spread, ``sigma`` of the first one's ln R by itself."""
    m = len(spreads)
    theta = [log(R)] * m + [-log(2 * pi * apex_hz)] + [-log(2 * pi * 100.0)] * (m - 1) + [n] * m
    cov = np.diag([sigma**2] + [0.03**2] * (3 * m - 1))
    found = order(theta, Circuit(n_arcs=m))
    return describe_arcs(found, cov, OMEGA, None, ArcSettings(), ambiguous, spreads, misfit)  # type: ignore[arg-type]


def text(sigma: str = "3.0%", apex_hz: float = APEX_HZ, n: float = N) -> str:
    return f"sigma {sigma}, apex {apex_hz:.3g} Hz = {apex_hz / 1e6:.2g} f_max, n = {n:.2f}"


@pytest.mark.parametrize(
    ("given", "of", "level", "code", "reason"),
    [
        ({}, spread(), "resolved", "determined", text()),
        ({"apex_hz": 2.99e6}, spread(), "resolved", "determined", text(apex_hz=2.99e6)),
        ({"apex_hz": 3.01e6}, spread(), "refused", "apex_beyond_window", f"{text(apex_hz=3.01e6)}: apex beyond 3 f_max"),
        ({"apex_hz": 1.01}, spread(), "resolved", "determined", text(apex_hz=1.01)),
        ({"apex_hz": 0.99}, spread(), "refused", "arc_not_closed",
         f"{text(apex_hz=0.99)}: apex below the lowest frequency, the arc is not closed"),
        ({"ambiguous": "two or three"}, spread(), "unresolved", "number_of_arcs_open", f"two or three ({text()})"),
        ({"sigma": 0.0}, spread(), "unresolved", "at_limit", f"{text()}: stopped at a limit"),
        ({}, spread(0.0499), "resolved", "determined", f"{text('5.0%')}; 95 % interval 2720 to 3308 ohm"),
        ({}, spread(0.0501), "weak", "wide", f"{text('5.0%')}; 95 % interval 2719 to 3310 ohm: worse than 5%"),
        ({}, spread(0.1999), "weak", "wide", f"{text('20%')}; 95 % interval 2028 to 4439 ohm: worse than 5%"),
        ({}, spread(0.2001), "unresolved", "too_wide", f"{text('20%')}; 95 % interval 2027 to 4441 ohm: worse than 20%"),
        ({}, spread(0.0501, "hidden arc"), "weak", "wide", f"{text('5.0%')}; hidden arc: worse than 5%"),
        ({}, spread(0.0359), "resolved", "determined", text("3.6%")),
        ({}, spread(0.0361), "resolved", "determined", f"{text('3.6%')}; 95 % interval 2795 to 3220 ohm"),
        ({"n": 0.7}, spread(), "resolved", "determined", text(n=0.7)),
        ({"n": 0.699}, spread(), "weak", "exponent_low", f"{text(n=0.699)}: n below 0.7: a distribution of processes, not one"),
        ({"misfit": 3.0}, spread(), "resolved", "determined", text()),
        ({"misfit": 3.01}, spread(), "weak", "misfit", f"{text()}: misfit 3.0 times the noise, sigma is indicative only"),
    ],
)  # fmt: skip
def test_every_rule_of_an_arc(given: dict[str, Any], of: Spread, level: str, code: str, reason: str) -> None:
    (arc,) = described(of, **given)
    assert arc.verdict == Verdict(level=level, reason=reason, code=code)
    assert (arc.resistance is not None) is (level in ("resolved", "weak"))
    assert arc.number == 1
    assert arc.apex_hz == pytest.approx(given.get("apex_hz", APEX_HZ))
    assert arc.apex_over_f_max == pytest.approx(given.get("apex_hz", APEX_HZ) / 1e6)


def test_a_split_that_is_not_determined_is_withheld_from_all_its_arcs() -> None:
    good, wide, other = described(spread(), spread(0.3), spread(0.04))
    assert wide.verdict.code == "too_wide"
    for arc, sigma in ((good, "3.0%"), (other, "4.0%")):
        why = f"split withheld: arc(s) 2 not determined; this one sigma {sigma}"
        assert arc.verdict == Verdict(level="unresolved", reason=why, code="split_open")
    refused, stays = described(spread(), spread(), apex_hz=5e6)
    assert (refused.verdict.level, stays.verdict.code) == ("refused", "determined")
    none = described(spread(0.3), spread(0.4))
    assert [a.verdict.code for a in none] == ["too_wide", "too_wide"]
    assert [a.number for a in none] == [1, 2]


@pytest.mark.parametrize(
    ("sigma", "profile", "low", "high"),
    [
        (0.05, (1.0, 1e9), -0.2, 0.25),  # not asked for
        (0.06, (R * exp(-0.15), R * exp(0.21)), -0.15 + Z95 * 0.06 - 0.2, 0.21 - Z95 * 0.06 + 0.25),
        (0.06, (R * exp(-0.11), R * exp(0.10)), -0.2, 0.25),  # narrower than the straight picture: nothing is taken off
        (0.29, (R * exp(-0.60), R * exp(0.70)), -0.60 + Z95 * 0.29 - 0.2, 0.70 - Z95 * 0.29 + 0.25),
        (0.31, (1.0, 1e9), -0.2, 0.25),
    ],
)
def test_a_profile_adds_what_is_beyond_the_straight_picture(
    monkeypatch: pytest.MonkeyPatch, sigma: float, profile: tuple[float, float], low: float, high: float
) -> None:
    """Asked for from 5 % to 30 %, that is 1.5 times what is given at all."""
    asked: list[list[int]] = []

    def made(_order: Any, wide: list[int], *_: Any) -> dict[int, tuple[float, float]]:
        asked.append(wide)
        return dict.fromkeys(wide, profile)

    monkeypatch.setattr(arc_result, "profile_intervals", made)
    settings = replace(ArcSettings(), resolved_sigma=0.9, weak_sigma=0.2)
    wide = order([log(R), -log(2 * pi * APEX_HZ), N], Circuit(n_arcs=1))
    cov = np.diag([sigma**2, 0.01, 0.01])
    found = describe_arcs(wide, cov, OMEGA, None, settings, "", (spread(0.01, low=-0.2, high=0.25),), 1.0)  # type: ignore[arg-type]
    assert asked == [[0]] if 0.05 < sigma <= 0.3 else asked == [[]]
    e = found[0].resistance
    assert e is not None
    assert (e.value, e.sigma) == pytest.approx((R, 0.01 * R))
    assert (log(e.low / R), log(e.high / R)) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("up", "level"), [(0.0499, "resolved"), (0.0501, "weak"), (0.1999, "weak"), (0.2001, "unresolved")]
)
def test_the_wider_side_of_the_interval_judges_where_sigma_is_not_small(up: float, level: str) -> None:
    for low, high in ((-0.01, up * Z95), (-up * Z95, 0.01)):
        (arc,) = described(spread(0.01, low=low, high=high), sigma=0.03)
        assert arc.verdict.level == "resolved", "a small sigma needs no interval"
        settings = replace(ArcSettings(), resolved_sigma=0.02)
        theta, cov = [log(R), -log(2 * pi * APEX_HZ), N], np.diag([0.03**2, 0.01, 0.01])
        of = (spread(0.01, low=low, high=high),)
        found = describe_arcs(order(theta, Circuit(n_arcs=1)), cov, OMEGA, None, settings, "", of, 1.0)  # type: ignore[arg-type]
        assert found[0].verdict.level == ("weak" if level == "resolved" else level)


def test_resistance_capacitance_and_q_with_their_errors() -> None:
    """ln C = ln tau - ln R, ln Q = n ln tau - ln R, all three correlated; the second of two arcs."""
    v = np.array([[1.0, 0.3, -0.2], [0.3, 2.0, 0.4], [-0.2, 0.4, 0.5]]) * 1e-4
    at = [1, 3, 5]
    cov = np.diag([0.02**2] * 6)
    cov[np.ix_(at, at)] = v
    ln_tau = -log(2 * pi * APEX_HZ)
    theta = [log(100.0), log(R), -log(2 * pi * 5e5), ln_tau, 0.95, N]
    spreads = (spread(), spread(0.02, low=-0.05, high=0.07))
    _, arc = describe_arcs(order(theta, Circuit(n_arcs=2)), cov, OMEGA, None, ArcSettings(), "", spreads, 1.0)  # type: ignore[arg-type]
    r, c, q, n = arc.resistance, arc.capacitance, arc.cpe_q, arc.cpe_exponent
    assert r is not None
    assert c is not None
    assert q is not None
    assert n is not None
    assert (r.value, r.sigma, r.low, r.high) == pytest.approx((R, 0.02 * R, R * exp(-0.05), R * exp(0.07)))
    s_c = sqrt(v[0, 0] + v[1, 1] - 2 * v[0, 1])
    assert (c.value, c.sigma) == pytest.approx((exp(ln_tau) / R, exp(ln_tau) / R * s_c))
    g = {"t": N, "n": ln_tau}
    variance = v[0, 0] + g["t"] ** 2 * v[1, 1] + g["n"] ** 2 * v[2, 2]
    variance += 2 * (g["t"] * g["n"] * v[1, 2] - g["t"] * v[0, 1] - g["n"] * v[0, 2])
    value = exp(N * ln_tau) / R
    assert (q.value, q.sigma) == pytest.approx((value, value * sqrt(variance)))
    assert (n.value, n.sigma) == pytest.approx((N, sqrt(0.5e-4)))
    assert (r.unit, c.unit, q.unit, n.unit) == ("ohm", "F", "F s^(n-1)", "1")
    assert (arc.number, arc.apex_hz, arc.apex_over_f_max) == (2, pytest.approx(APEX_HZ), pytest.approx(0.02))


ALL = Circuit(n_arcs=1, series=True, inductance=True, blocking=True)
THETA = [log(R), -12.0, N, log(50.0), log(3e-7), log(2e-6), 0.85]


def test_single_terms_with_their_errors() -> None:
    cov = np.diag(np.array([1.0, 1.0, 1.0, 3.0, 4.0, 5.0, 6.0]) ** 2 * 1e-4)
    found = ln_parameters(order(THETA, ALL), cov)
    assert {name: (e.value, e.sigma, e.unit) for name, e in found.items()} == {
        "series": (pytest.approx(50.0), pytest.approx(50 * 0.03), "ohm"),
        "inductance": (pytest.approx(3e-7), pytest.approx(3e-7 * 0.04), "H"),
        "q": (pytest.approx(2e-6), pytest.approx(2e-6 * 0.05), "F s^(n-1)"),
        "m": (pytest.approx(0.85), pytest.approx(0.06), "1"),
    }
    assert set(ln_parameters(order(THETA[:4], Circuit(n_arcs=1, series=True)), np.eye(4))) == {"series"}


def test_the_circuit_of_impedance_py_with_the_covariance_of_its_logarithms() -> None:
    rng = np.random.default_rng(1)
    root = rng.standard_normal((7, 7))
    cov = root @ root.T
    text, names, values, ln_cov = described_circuit(order(THETA, ALL), cov)
    assert text == "L0-R0-p(R1,CPE1)-CPE2"
    assert names == ("L0", "R0", "R1", "CPE1_0", "CPE1_1", "CPE2_0", "CPE2_1")
    q = exp(N * -12.0) / R
    assert values == pytest.approx((3e-7, 50.0, R, q, N, 2e-6, 0.85))
    gradient = np.zeros((7, 7))  # of the logarithms of the values by theta
    gradient[[0, 1, 2, 5], [4, 3, 0, 5]] = 1.0
    gradient[3, [0, 1, 2]] = -1.0, N, -12.0
    gradient[4, 2], gradient[6, 6] = 1 / N, 1 / 0.85
    np.testing.assert_allclose(ln_cov, gradient @ cov @ gradient.T)
    two = order([1.0, 2.0, -12.0, -9.0, 0.9, 0.8], Circuit(n_arcs=2))
    text, names, _, _ = described_circuit(two, np.eye(6))
    assert (text, names[3:]) == ("p(R1,CPE1)-p(R2,CPE2)", ("R2", "CPE2_0", "CPE2_1"))


SKEW = spread(0.03, low=-0.05, high=0.07)


def total(sample: tuple[bool, ...] = (True, True), of: Spread | None = SKEW, *,
          series: bool = False, slow_hz: float = 100.0, misfit: float = 1.0):  # fmt: skip
    """Arcs of 3000 and 1000 ohm, 50 ohm in series; the lowest frequency is 1 Hz."""
    ln_tau = [-log(2 * pi * APEX_HZ), -log(2 * pi * slow_hz)]
    theta = [log(R), log(1000.0), *ln_tau, N, N, *([log(50.0)] if series else [])]
    chosen = replace(order(theta, Circuit(n_arcs=2, series=series)), x=np.array([*ln_tau, N, N]))
    problem: Any = SimpleNamespace(ln_omega=np.log(OMEGA))
    return total_resistance(chosen, np.array(sample), problem, ArcSettings(), of, misfit)


AGREED = "; all circuits that fit agree on it within "


def test_the_total_is_the_sum_of_what_belongs_to_the_sample() -> None:
    for series, sample, ohm, arcs, what in (
        (False, (True, True), 4000.0, (1, 2), "2 arc(s)"),
        (True, (True, True), 4050.0, (1, 2), "2 arc(s) and the series resistance (leads and contacts included)"),
        (False, (True, False), 3000.0, (1,), "1 arc(s), without arc 2, which has an electrode's capacitance"),
        (False, (False, True), 1000.0, (2,), "1 arc(s), without arc 1, which has an electrode's capacitance"),
    ):
        found = total(sample, series=series)
        e = found.resistance
        assert e is not None
        assert (e.value, e.sigma, e.unit) == (pytest.approx(ohm), pytest.approx(0.03 * ohm), "ohm")
        assert (e.low, e.high) == pytest.approx((ohm * exp(-0.05), ohm * exp(0.07)))
        assert found.arcs == arcs
        reason = f"total resistance is the sum of {what}{AGREED}3.6%"
        assert found.verdict == Verdict(level="resolved", reason=reason, code="total_agreed")
    far = total((True, False), slow_hz=0.5).verdict.reason
    assert "1 arc(s), without the arc that does not close and has an electrode's capacitance" in far


@pytest.mark.parametrize(
    ("of", "misfit", "level", "code", "end"),
    [
        (spread(0.0499), 3.0, "resolved", "total_agreed", f"{AGREED}5.0%"),
        (spread(0.0501), 1.0, "weak", "total_wide", f"{AGREED}5.0%"),
        (spread(0.0501, "hidden"), 1.0, "weak", "total_wide", f"{AGREED}5.0%; hidden"),
        (spread(0.01, low=-0.0501 * Z95), 1.0, "weak", "total_wide", f"{AGREED}5.0%"),
        (spread(0.01, high=0.0501 * Z95), 1.0, "weak", "total_wide", f"{AGREED}5.0%"),
        (spread(0.01, low=-0.0499 * Z95, high=0.0499 * Z95), 1.0, "resolved", "total_agreed", f"{AGREED}5.0%"),
        (spread(), 3.01, "weak", "total_misfit", f"{AGREED}3.0%; misfit 3.0 times the noise, sigma is indicative only"),
        (spread(0.1999), 1.0, "weak", "total_wide", f"{AGREED}20%"),
        (spread(0.2001), 1.0, "unresolved", "total_wide",
         "total of 2 arc(s) withheld: sigma 20%, the circuits that fit do not agree on it"),
        (None, 1.0, "refused", "total_none", "no resistance in the model"),
    ],
)  # fmt: skip
def test_every_rule_of_a_total(of: Spread | None, misfit: float, level: str, code: str, end: str) -> None:
    found = total(of=of, misfit=misfit)
    assert (found.verdict.level, found.verdict.code) == (level, code)
    assert found.verdict.reason.endswith(end)
    assert (found.resistance is not None) is (level in ("resolved", "weak"))
    assert found.arcs == (1, 2)


@pytest.mark.parametrize(("slow_hz", "code"), [(1.01, "total_agreed"), (0.99, "total_open_arc")])
def test_an_arc_that_does_not_close_withholds_the_total(slow_hz: float, code: str) -> None:
    found = total(slow_hz=slow_hz)
    assert found.verdict.code == code
    if code == "total_open_arc":
        why = "total withheld: arc 2 does not close above the lowest frequency"
        assert (found.verdict.level, found.verdict.reason, found.resistance) == ("refused", why, None)
