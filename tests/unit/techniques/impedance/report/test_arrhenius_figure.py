"""Lines and points over temperature: their units, bands and axes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.values import Estimate
from pipeline.techniques.impedance.report.arrhenius_figure import celsius_ticks, draw_totals, line_values
from tests.drawn_rows import rows
from tests.synthetic_run import NONE, make_run

KB = 1.380649e-23 / 1.602176634e-19
"""eV/K, from the defined constants of the SI."""


def line(**changes):
    run = make_run()
    found = next(a for a in run["eis"].arrhenius if (a.sample, a.quantity, a.basis) == ("HSE-Sm", "total", "sigma_T"))
    return replace(found, **changes)


def test_the_line_and_its_band_follow_from_value_slope_and_correlation():
    """Against drawn lines: a and E from a bivariate normal, ln y = a - E (1/T - 1/Tref)/kB."""
    a = Estimate(value=-1.0, sigma=0.03, unit="1")
    energy = Estimate(value=0.3, sigma=0.004, unit="eV")
    given = line(ln_value_at_t_ref=a, activation_energy_ev=energy, correlation=0.6, t_ref_k=250.0)
    t = np.array([200.0, 250.0, 330.0])
    ln, half = line_values(given, t)
    covariance = [[0.03**2, 0.6 * 0.03 * 0.004], [0.6 * 0.03 * 0.004, 0.004**2]]
    drawn = np.random.default_rng(3).multivariate_normal([-1.0, 0.3], covariance, size=20000)
    x = (
        -(1 / t - 1 / 250.0) / KB
    )  # the slope of the summary is dy/dx with x = -1/(kB T): its correlation is of that slope
    lines = drawn[:, :1] + drawn[:, 1:] * x
    np.testing.assert_allclose(ln, -1.0 + 0.3 * x, rtol=1e-9)
    np.testing.assert_allclose(half, 1.96 * lines.std(axis=0), rtol=0.03)


@pytest.mark.parametrize("t_ref", [230.0, 270.0])
def test_a_kinked_line_is_continuous_and_has_both_slopes(t_ref):
    kink, second = Estimate(value=250.0, sigma=2.0, unit="K"), Estimate(value=0.25, sigma=0.01, unit="eV")
    given = line(
        ln_value_at_t_ref=Estimate(value=-2.0, sigma=0.01, unit="1"),
        activation_energy_ev=Estimate(value=0.4, sigma=0.01, unit="eV"),
        kink_temperature_k=kink,
        second_activation_energy_ev=second,
        t_ref_k=t_ref,
    )
    t = np.array([220.0, 230.0, 249.999, 250.001, 270.0, 290.0])
    ln, _ = line_values(given, t)
    slope = -np.diff(ln) / np.diff(1 / t) * KB
    np.testing.assert_allclose(slope[[0, 1]], 0.4, rtol=1e-6)
    np.testing.assert_allclose(slope[[3, 4]], 0.25, rtol=1e-6)
    assert ln[3] == pytest.approx(ln[2], abs=1e-3)
    assert np.interp(t_ref, t, ln) == pytest.approx(-2.0, abs=0.01)


def test_arrhenius_points_are_sigma_t_in_s_k_per_cm():
    run = make_run()
    points = [p for p in run["eis"].conductivity if p.quantity == "total" and p.sample == "HSE-Sm"]
    drawing = draw_totals("x", points, run["eis"].arrhenius[:1], simulated=False)
    shown = rows(drawing, "HSE-Sm")
    p = points[0]
    assert float(shown[0]["x"]) == pytest.approx(1000 / p.temperature_k)
    assert float(shown[0]["y"]) == pytest.approx(p.conductivity_s_per_m.value / 100 * p.temperature_k)
    assert float(shown[0]["y_low"]) < float(shown[0]["y"]) < float(shown[0]["y_high"])
    left_out = [replace(p, verdict=NONE) for p in points[:1]] + points[1:]
    again = draw_totals("x", left_out, run["eis"].arrhenius[:1], simulated=False)
    assert not rows(again, "HSE-Sm, left out")  # a withheld value is in no figure either
    assert len(rows(again, "HSE-Sm")) == len(points) - 1


def ticks_of(svg: bytes) -> list[tuple[str, float]]:
    """Label of every tick of an x axis and where it stands, in points."""
    found = re.findall(r'id="xtick_\d+">.*?<use [^>]*x="([\d.]+)".*?<!-- (.*?) -->', svg.decode(), re.S)
    return [(label.replace("−", "-"), float(x)) for x, label in found]


def test_the_axis_in_celsius_stands_where_1000_over_t_does():
    """25 °C is 298.15 K, 3.354 on the lower axis."""
    run = make_run()
    points = [p for p in run["eis"].conductivity if p.quantity == "total" and p.sample == "HSE-Sm"]
    ticks = ticks_of(draw_totals("x", points, run["eis"].arrhenius[:1], simulated=False).svg)
    lower = np.array([(float(label), x) for label, x in ticks if "." in label])
    upper = np.array([(float(label), x) for label, x in ticks if "." not in label])
    assert min(len(lower), len(upper)) >= 4
    scale = np.polyfit(lower[:, 0], lower[:, 1], 1)
    np.testing.assert_allclose(upper[:, 1], np.polyval(scale, 1000 / (upper[:, 0] + 273.15)), atol=0.3)


@pytest.mark.parametrize(("low", "high"), [(-70, 60), (5, 60), (20, 30), (-200, 800)])
def test_ticks_in_celsius_are_round_and_few(low, high):
    ticks = celsius_ticks(low, high)
    assert 2 <= len(ticks) <= 9
    assert all(low <= t <= high and t % 5 == 0 for t in ticks)
