"""What is said at 25 °C belongs to the segment that holds 25 °C; the geometry is in its interval at 95 %."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.model import ConductivityPoint
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius
from tests.conduction_points import COLD, GOOD, KB, line_through, point, points_along

T_K = np.arange(203.15, 373.2, 10.0)
COLD_EV, WARM_EV = 0.40, 0.25


def points(value_s_per_m, *, relative=1e-3, geometry=0.0, method="single", kink_k=None):
    return [
        ConductivityPoint(
            sample="A",
            file=f"{t:.0f}.mpt",
            loop=1,
            temperature_k=float(t),
            quantity="total",
            method=method,
            conductivity_s_per_m=Estimate(value=float(v), sigma=relative * float(v), unit="S/m"),
            geometry_relative_sigma=geometry,
            verdict=Verdict(level="resolved", reason=""),
            series_kink_k=kink_k,
        )
        for t, v in zip(T_K, value_s_per_m, strict=True)
    ]


def bent(t_k, kink_k):
    """sigma in S/m, 2 S K/m over T at the kink, with 0.40 eV below and 0.25 eV above it."""
    energy = np.where(t_k < kink_k, COLD_EV, WARM_EV)
    return 2 / t_k * np.exp(-energy / KB * (1 / t_k - 1 / kink_k))


@pytest.mark.parametrize("method", ["single", "series"])
@pytest.mark.parametrize(("kink_k", "energy_25"), [(258.15, WARM_EV), (328.15, COLD_EV)])
def test_a_kinked_line_says_at_25_degrees_what_its_segment_there_says(kink_k, energy_25, method):
    """0.5 K at 298.15 K: 0.25 eV/(kB T^2) 0.5 K = 1.63 %, of 0.40 eV 2.61 %."""
    rows = points(bent(T_K, kink_k), method=method, kink_k=kink_k if method == "series" else None)
    found, _ = fit_arrhenius(rows, ArrheniusSettings(temperature_sigma_k=0.5))
    assert found.kink_temperature_k.value == pytest.approx(kink_k, abs=0.2)
    assert found.activation_energy_ev.value == pytest.approx(COLD_EV, abs=1e-3)
    assert found.second_activation_energy_ev.value == pytest.approx(WARM_EV, abs=1e-3)
    assert found.temperature_relative_sigma_25c == pytest.approx(energy_25 / (KB * 298.15**2) * 0.5, rel=0.01)
    assert found.conductivity_25c_s_per_m.value == pytest.approx(float(bent(np.array(298.15), kink_k)), rel=2e-3)


def test_the_geometry_is_in_the_interval_at_25_degrees_with_95_percent():
    """Points known to 1e-6: what is left is the geometry's 5 %, 1.96 times in the logarithm."""
    rows = points(bent(T_K, 1000.0), relative=1e-6, geometry=0.05)
    e = fit_arrhenius(rows, ArrheniusSettings())[0].conductivity_25c_s_per_m
    assert e.sigma / e.value == pytest.approx(0.05, rel=1e-3)
    assert e.high / e.value == pytest.approx(np.exp(1.959964 * 0.05), rel=1e-4)
    assert e.value / e.low == pytest.approx(np.exp(1.959964 * 0.05), rel=1e-4)


def test_extrapolated_and_interpolated_are_told_apart() -> None:
    assert line_through(points_along(COLD, 0.3)).extrapolated
    assert "extrapolated" in line_through(points_along(COLD, 0.3)).verdict.reason
    assert not line_through(points_along(COLD + 40, 0.3)).extrapolated


def test_points_left_out_are_counted_with_their_reason() -> None:
    rows = points_along(COLD, 0.3)
    bad = Verdict(level="unresolved", reason="split withheld")
    rows[0], rows[4] = (replace(rows[i], conductivity_s_per_m=None, verdict=bad) for i in (0, 4))
    a = line_through(rows)
    assert (a.n_points, a.n_left_out) == (7, 2)
    assert a.left_out == ("2 point(s) left out at 203.15, 243.15 K: unresolved: split withheld",)
    none = line_through([replace(p, conductivity_s_per_m=None, verdict=bad) for p in rows])
    assert none.verdict.level == "unresolved"
    assert "0 usable temperature(s), 3 needed" in none.verdict.reason


def test_an_outlier_is_named_and_stays() -> None:
    rows = points_along(COLD, 0.3)
    rng = np.random.default_rng(0)
    rows = [
        replace(p, conductivity_s_per_m=replace(e, value=e.value * float(np.exp(0.01 * rng.standard_normal()))))
        for p in rows
        if (e := p.conductivity_s_per_m)
    ]
    e = rows[5].conductivity_s_per_m
    assert e is not None
    rows[5] = replace(rows[5], conductivity_s_per_m=replace(e, value=1.5 * e.value))
    a = line_through(rows)
    assert a.n_points == 9
    assert any("5.mpt at 253.15 K stands +" in f.problem and "stays in the fit" in f.problem for f in a.findings)


def test_a_second_scan_that_differs_is_told() -> None:
    first, second = points_along(COLD, 0.3), points_along(COLD, 0.3, scale=1.1)
    rows = [*first, *(replace(p, file=f"z{p.file}") for p in second)]
    (finding,) = (f for f in line_through(rows).findings if "measured twice" in f.problem)
    assert finding.severity == "warning"
    assert "+10.0 ±" in finding.problem


def rows_of(kelvin, y, relative=0.01, **more):
    """ln(sigma T / (S K/cm)) = y."""
    return [point(float(t), float(np.exp(v)) / t * 100, relative, **more) for t, v in zip(kelvin, y, strict=True)]


T_ABC = np.array([230.0, 260.0, 290.0, 320.0])
X_ABC = -1 / (KB * T_ABC)
X25 = -1 / (KB * 298.15)
T2, Z95 = 4.302653, 1.959964


def test_a_straight_line_by_hand() -> None:
    """Four points on it by luck know it no better than their own 1 %, at 95 %; the geometry's 3 % widens sigma(25 °C) alone."""
    found, other = fit_arrhenius(rows_of(T_ABC, 0.4 * X_ABC + 10, geometry_relative_sigma=0.03), ArrheniusSettings())
    luck = Z95 / T2
    middle, spread = X_ABC.mean(), float(np.sum((X_ABC - X_ABC.mean()) ** 2))
    e = found.activation_energy_ev
    assert (e.value, e.sigma, e.unit) == (
        pytest.approx(0.4),
        pytest.approx(luck * 0.01 / np.sqrt(spread), rel=1e-5),
        "eV",
    )
    assert (e.low, e.high) == pytest.approx(
        (0.4 - Z95 * 0.01 / np.sqrt(spread), 0.4 + Z95 * 0.01 / np.sqrt(spread)), rel=1e-5
    )
    assert found.t_ref_k == pytest.approx(4 / sum(1 / T_ABC))
    for known, x, unit in (
        (found.ln_value_at_t_ref, middle, "ln(S K/cm)"),
        (found.ln_prefactor, 0.0, "ln(S K/cm)"),
    ):
        s = luck * 0.01 * np.sqrt(1 / 4 + (x - middle) ** 2 / spread)
        assert (known.value, known.sigma, known.unit) == (pytest.approx(0.4 * x + 10), pytest.approx(s, rel=1e-5), unit)
        assert known.high - known.value == pytest.approx(T2 * s, rel=1e-5)
    room = found.conductivity_25c_s_per_m
    s = luck * 0.01 * np.sqrt(1 / 4 + (X25 - middle) ** 2 / spread)
    value = float(np.exp(0.4 * X25 + 10)) / 298.15 * 100
    assert (room.value, room.sigma) == pytest.approx((value, value * np.hypot(s, 0.03)), rel=1e-5)
    assert np.log(room.high / room.value) == pytest.approx(np.hypot(T2 * s, Z95 * 0.03), rel=1e-5)
    assert found.temperature_sigma_ea_ev == pytest.approx(2 * 0.4 * 0.5 / found.t_ref_k)
    assert found.temperature_relative_sigma_25c == pytest.approx(0.4 / (KB * 298.15**2) * 0.5)
    assert (found.t_min_k, found.t_max_k, found.n_points, found.n_left_out) == (230.0, 320.0, 4, 0)
    assert (found.correlation, found.delta_bic_kink, found.delta_bic_needed) == (0.0, None, None)
    assert found.verdict.reason.startswith("ln(sigma T), 4 points, ")
    assert (found.basis, other.basis, found.geometry_relative_sigma) == ("sigma_T", "sigma", 0.03)
    assert other.verdict.reason.startswith("ln sigma, 4 points, ")
    assert other.ln_prefactor.unit == "ln(S/cm)"
    x = X_ABC - middle
    assert other.activation_energy_ev.value == pytest.approx(
        float(np.sum(x * (0.4 * X_ABC - np.log(T_ABC))) / np.sum(x * x))
    )
    assert other.conductivity_25c_s_per_m.value == pytest.approx(value, rel=5e-3)


@pytest.mark.parametrize(
    ("kelvin", "extrapolated"),
    [
        ((200, 250, 297.16), False),
        ((200, 250, 297.14), True),
        ((299.14, 330, 360), False),
        ((299.16, 330, 360), True),
        ((200, 300, 360), False),
    ],
)
def test_a_kelvin_beyond_the_last_point_is_still_interpolated(kelvin, extrapolated) -> None:
    kelvin = np.array(kelvin, dtype=float)
    assert line_through(rows_of(kelvin, -0.4 / (KB * kelvin))).extrapolated is extrapolated


def test_three_temperatures_make_a_line_and_two_do_not() -> None:
    lost = replace(
        point(270.0, 1.0), conductivity_s_per_m=None, verdict=Verdict(level="refused", reason="no", code="no")
    )
    for rows, level, n in (
        ([*rows_of(T_ABC[:2], X_ABC[:2]), *rows_of(T_ABC[:2], X_ABC[:2]), lost], "unresolved", 2),
        ([lost, replace(lost, temperature_k=280.0)], "refused", 0),
        (
            [lost, replace(lost, temperature_k=280.0, verdict=replace(lost.verdict, level="unresolved"))],
            "unresolved",
            0,
        ),
    ):
        found = line_through(rows)
        assert (found.verdict.level, found.verdict.code) == (level, "line_points_few")
        assert found.verdict.reason.startswith(f"{n} usable temperature(s), 3 needed; ")
        assert found.activation_energy_ev is None
    first = line_through([*rows_of(T_ABC[:2], X_ABC[:2]), lost])
    assert (first.t_min_k, first.t_max_k, first.n_points, first.n_left_out) == (230.0, 260.0, 2, 1)
    assert first.t_ref_k == pytest.approx(2 / (1 / 230 + 1 / 260))
    assert first.left_out == ("1 point(s) left out at 270.00 K: refused: no",)
    bare = line_through([lost, replace(lost, temperature_k=280.0)])
    assert (bare.t_min_k, bare.t_max_k) == (270.0, 280.0)
    assert line_through(rows_of(T_ABC[:2], X_ABC[:2])).verdict.reason == "2 usable temperature(s), 3 needed"
    assert line_through(rows_of(T_ABC[:3], X_ABC[:3])).activation_energy_ev is not None


def test_points_of_no_known_temperature_are_left_out_and_alone_make_no_line() -> None:
    rows = rows_of(T_ABC, X_ABC)
    found = line_through([*rows, replace(rows[0], temperature_k=None)])
    assert (found.n_points, found.left_out) == (4, ("1 point(s) left out: unresolved: its temperature is not known",))
    assert fit_arrhenius([replace(p, temperature_k=None) for p in rows], ArrheniusSettings()) == ()
    groups = [*rows_of(T_ABC, X_ABC, quantity="bulk"), *rows, *rows_of(T_ABC, X_ABC, method="series")]
    lines = [(a.quantity, a.method, a.basis) for a in fit_arrhenius(groups, ArrheniusSettings())]
    names = [("bulk", "single"), ("total", "single"), ("total", "series")]
    assert lines == [(*name, basis) for name in names for basis in ("sigma_T", "sigma")]


def test_without_a_geometry_the_energy_is_that_of_r_and_nothing_else_is_given() -> None:
    refused = Verdict(level="refused", reason="no pellet", code="no_geometry")
    rows = [
        replace(
            p,
            conductance_s=p.conductivity_s_per_m,
            conductivity_s_per_m=None,
            verdict=refused,
            conductance_verdict=GOOD,
        )
        for p in rows_of(T_ABC, 0.4 * X_ABC)
    ]
    found, other = fit_arrhenius(rows, ArrheniusSettings())
    assert found.activation_energy_ev.value == pytest.approx(0.4)
    assert (found.ln_value_at_t_ref, found.ln_prefactor, found.conductivity_25c_s_per_m) == (None, None, None)
    assert found.verdict.code == "line_determined no_geometry"
    assert found.verdict.reason.startswith("ln(T/R), 4 points")
    assert found.verdict.reason.endswith("; no pellet geometry: Ea from R(T), sigma(25 °C) and the prefactor withheld")
    assert other.verdict.reason.startswith("ln(1/R), ")
    assert line_through(points_along(COLD, 0.3)).extrapolated
    cold = [
        replace(p, conductance_s=p.conductivity_s_per_m, verdict=refused, conductance_verdict=GOOD)
        for p in points_along(COLD, 0.3)
    ]
    assert not line_through(cold).extrapolated
    assert line_through(rows[:2]).verdict.code == "line_points_few"


@pytest.mark.parametrize(
    ("bend", "needed_bic", "kinked"),
    [(0.0201, 14.0, True), (0.0199, 14.0, False), (0.0201, 1e4, False), (0.0, 14.0, False)],
)
def test_a_kink_is_believed_from_20_mev_and_the_needed_bic_on(bend: float, needed_bic: float, kinked: bool) -> None:
    """0.4 eV below 280 K, less by ``bend`` above it; eight points scatter by one in a million."""
    kelvin = np.linspace(210.0, 350.0, 8)
    x, at = -1 / (KB * kelvin), -1 / (KB * 280.0)
    y = 0.4 * x - bend * np.maximum(x - at, 0) + 1e-6 * np.array([1, -1, -1, 1, 1, -1, -1, 1])
    found = fit_arrhenius(rows_of(kelvin, y, 1e-6), ArrheniusSettings(kink_delta_bic=needed_bic))[0]
    assert (found.kink_temperature_k is not None) is kinked
    assert found.delta_bic_needed == needed_bic
    assert ("; kink: " in found.verdict.reason) is kinked
    if kinked:
        assert found.second_activation_energy_ev.value == pytest.approx(0.4 - bend, abs=1e-4)
        assert found.kink_temperature_k.value == pytest.approx(280.0, abs=0.5)
    six = fit_arrhenius(rows_of(kelvin[:6], y[:6], 1e-6), ArrheniusSettings(kink_delta_bic=needed_bic))[0]
    assert six.delta_bic_needed == needed_bic + 4.0
    assert fit_arrhenius(rows_of(kelvin[:5], y[:5]), ArrheniusSettings())[0].delta_bic_kink is None
