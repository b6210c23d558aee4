"""What is said at 25 °C belongs to the segment that holds 25 °C; the geometry is in its interval at 95 %."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.model import ConductivityPoint
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius
from tests.conduction_points import COLD, KB, line_through, points_along

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
