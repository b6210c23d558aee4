"""Figures show the numbers that stand beside them, with the right signs, units and bands."""

from __future__ import annotations

import csv
import io
import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.report.blocks import Picture, Prose
from pipeline.core.report.canvas import Canvas, draw, slim_svg
from pipeline.core.report.gallery import MAX_INLINE_BYTES, Gallery
from pipeline.core.report.style import RC
from pipeline.core.values import Estimate
from pipeline.techniques.absorption.model import WaveletMap
from pipeline.techniques.absorption.report.wavelet_figure import onto
from pipeline.techniques.impedance.report.arrhenius_figure import celsius_ticks, draw_totals, line_values
from pipeline.techniques.impedance.report.nyquist_figure import arc_curve, chosen, draw_spectra, frequency_text, span_of
from pipeline.techniques.sweeps.report.figures import draw_sweeps, scale_of, sign_of, threshold_of
from tests.synthetic_run import GOOD, NONE, TEMPERATURES, assignments, estimate, make_run, spectrum_fit, sweep_fit

KB = 1.380649e-23 / 1.602176634e-19
"""eV/K, from the defined constants of the SI."""


def rows(drawing, series: str, panel: str = "") -> list[dict[str, str]]:
    found = csv.DictReader(io.StringIO(drawing.csv.decode()))
    return [r for r in found if r["series"] == series and panel in r["panel"]]


@pytest.fixture(scope="module")
def spectra_drawing():
    fit = spectrum_fit("HSE-Sm", 203.15)
    return fit, draw_spectra("x", "HSE-Sm", [fit], [assignments()], simulated=False)


def test_nyquist_numbers_are_the_data_with_the_sign_of_the_axis(spectra_drawing):
    fit, drawing = spectra_drawing
    s, keep = fit.checked.spectrum, np.array(fit.checked.keep)
    shown = rows(drawing, "measured", "Nyquist")
    assert {(r["x_name"], r["y_name"]) for r in shown} == {("re_Z_kohm", "minus_im_Z_kohm")}
    np.testing.assert_allclose([float(r["x"]) for r in shown], s.impedance_ohm.real[keep] / 1e3, rtol=1e-7)
    np.testing.assert_allclose([float(r["y"]) for r in shown], -s.impedance_ohm.imag[keep] / 1e3, rtol=1e-7)
    assert len(rows(drawing, "left out", "Nyquist")) == 2
    assert np.median([float(r["y"]) for r in shown]) > 0, "capacitive data lie above the axis"


def test_residuals_are_relative_to_the_model(spectra_drawing):
    fit, drawing = spectra_drawing
    z, m, keep = fit.checked.spectrum.impedance_ohm, fit.fitted_ohm, np.array(fit.checked.keep)
    expected = 100 * (z.imag - m.imag) / np.sqrt(m.real**2 + m.imag**2)
    np.testing.assert_allclose([float(r["y"]) for r in rows(drawing, "Im")], expected[keep], rtol=1e-6)


def test_a_withheld_arc_is_not_drawn(spectra_drawing):
    _, drawing = spectra_drawing
    assert rows(drawing, "arc 1 bulk")
    assert not re.findall(r"arc 3[^,]*", drawing.csv.decode())


def test_one_arc_alone_is_a_circle_through_zero_and_r():
    fit = spectrum_fit("x", 203.15, n_arcs=1)
    values = dict(zip(fit.parameter_names, fit.parameter_values, strict=True)) | {"CPE1_1": 1.0}
    round_arc = replace(fit, parameter_names=tuple(values), parameter_values=tuple(values.values()))
    x, y = arc_curve(round_arc, fit.arcs[0])
    r = values["R1"]
    np.testing.assert_allclose((x - r / 2) ** 2 + y**2, r * r / 4, rtol=1e-9)
    assert x.max() == pytest.approx(r)
    assert x.min() == pytest.approx(0, abs=1e-6 * r)


def test_the_coldest_and_the_one_at_room_temperature_are_shown():
    fits = [spectrum_fit("x", t, n_arcs=1) for t in TEMPERATURES]
    assert [f.checked.spectrum.temperature_k for f in chosen(fits)] == [203.15, 298.15]
    assert len(chosen(fits[4:5])) == 1


def test_the_plot_ends_after_the_semicircle_even_where_the_total_is_unknown():
    fit = spectrum_fit("x", 203.15)
    assert span_of(fit) == pytest.approx(1.45 * 6000)
    lost = replace(fit, total_resistance=estimate(2e6, 0.2, "ohm"))
    assert 1.2 * 6000 < span_of(lost) < 2 * 6000


def test_frequencies_read_as_people_say_them():
    given = (1e7, 1e6, 1.234e5, 10.0, 0.1)
    assert [frequency_text(f) for f in given] == ["10 MHz", "1 MHz", "123 kHz", "10 Hz", "100 mHz"]


def line(**changes):
    run = make_run()
    found = next(a for a in run.arrhenius if (a.sample, a.quantity, a.basis) == ("HSE-Sm", "total", "sigma_T"))
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
    points = [p for p in run.conductivity if p.quantity == "total" and p.sample == "HSE-Sm"]
    drawing = draw_totals("x", points, run.arrhenius[:1], simulated=False)
    shown = rows(drawing, "HSE-Sm")
    p = points[0]
    assert float(shown[0]["x"]) == pytest.approx(1000 / p.temperature_k)
    assert float(shown[0]["y"]) == pytest.approx(p.conductivity_s_per_m.value / 100 * p.temperature_k)
    assert float(shown[0]["y_low"]) < float(shown[0]["y"]) < float(shown[0]["y_high"])
    left_out = [replace(p, verdict=NONE) for p in points[:1]] + points[1:]
    again = draw_totals("x", left_out, run.arrhenius[:1], simulated=False)
    assert not rows(again, "HSE-Sm, left out")  # a withheld value is in no figure either
    assert len(rows(again, "HSE-Sm")) == len(points) - 1


@pytest.mark.parametrize(("low", "high"), [(-70, 60), (5, 60), (20, 30), (-200, 800)])
def test_ticks_in_celsius_are_round_and_few(low, high):
    ticks = celsius_ticks(low, high)
    assert 2 <= len(ticks) <= 9
    assert all(low <= t <= high and t % 5 == 0 for t in ticks)


def test_currents_are_densities_only_with_an_area():
    fit = sweep_fit("HSE-Sm", "oxidation", 4.1)
    scale = scale_of([fit])
    assert scale.density
    drawing = draw_sweeps("x", "HSE-Sm", [fit], simulated=False)
    shown = rows(drawing, "oxidation", "linear")
    assert shown[0]["y_name"] == "current_density_uA_per_cm2"
    kept = np.array(fit.checked.keep)
    expected = fit.checked.sweep.current_a[kept] * 1e6 / 0.7854
    np.testing.assert_allclose([float(r["y"]) for r in shown], expected, rtol=1e-6)
    checked = fit.checked
    bare = replace(
        fit,
        checked=replace(
            checked,
            conditions=replace(checked.conditions, area_m2=None),
            sweep=replace(checked.sweep, area_m2=None, current_a=checked.sweep.current_a * 1e3),
        ),
    )
    lost = scale_of([bare])
    assert (lost.density, lost.label) == (False, "I / mA")


def test_criteria_have_their_own_signs():
    assert threshold_of("j_10_uA_per_cm2") == 10
    assert threshold_of("j_0.5_uA_per_cm2") == 0.5
    assert threshold_of("tangent") is None
    assert len({sign_of(c)[0] for c in ("j_1_uA_per_cm2", "departure_5sigma", "tangent", "other")}) == 4


def test_maps_on_other_grids_are_interpolated_and_not_extended():
    k, r = np.linspace(3, 12, 40), np.linspace(1, 5, 30)
    w = WaveletMap(
        kind="cauchy", k_per_angstrom=k, r_angstrom=r, magnitude=2 * k[None] + 3 * r[:, None], noise_floor=0 * r
    )
    got = onto(w, np.array([2.0, 4.4, 9.1]), np.array([1.5, 4.9]))
    np.testing.assert_allclose(got[:, 1:], 2 * np.array([4.4, 9.1]) + 3 * np.array([[1.5], [4.9]]))
    assert np.isnan(got[:, 0]).all()


def paint_points(canvas):
    panel = canvas.panel("p", (0.5, 0.5, 2, 2), ("x_V", "x / V"), ("y_A", "y / A"))
    panel.points("data", np.arange(5.0), np.arange(5.0) ** 2, marker="o", color="#0072B2")


def test_an_svg_says_who_is_simulated_and_carries_no_clock():
    drawing = draw(name="n", caption="c", alt="a", size_in=(3.25, 3), simulated=True, paint=paint_points)
    assert drawing.caption == "Simulated data. c"
    assert b"<dc:date>" not in drawing.svg
    assert b"CreationDate" not in drawing.pdf
    root = ET.fromstring(drawing.svg)
    assert root.get("width") == "234pt"
    assert list(drawing.files()) == ["figures/n.svg", "figures/n.pdf", "figures/n.csv"]


def test_a_slim_svg_is_the_same_picture():
    group = '<g clip-path="url(#p1)">\n' + "".join(
        f'<use xlink:href="#m1" x="{10.123456 * i}" y="2" style="fill: #000"/>\n' for i in range(3)
    )
    mixed = (
        '<g>\n<use xlink:href="#m1" x="1" style="fill: #000"/>\n<use xlink:href="#m2" x="1" style="fill: #111"/>\n</g>'
    )
    text = f'<svg>{group}</g>{mixed}<path d="M 1.23456 -0.98765 \nL 2.5 3.14159265"/></svg>'
    slim = slim_svg(text.encode()).decode()
    assert slim.count('style="fill: #000"') == 2
    assert '<g clip-path="url(#p1)" style="fill: #000"><use xlink:href="#m1" x="0.0" y="2"/>' in slim
    assert mixed in slim
    assert 'd="M 1.23 -0.98 \nL 2.5 3.14"' in slim


def test_letters_are_seven_points_or_more():
    sizes = [
        v for k, v in RC.items() if k.endswith(("size", "labelsize")) and isinstance(v, float) and "marker" not in k
    ]
    assert min(v for v in sizes if v != RC["errorbar.capsize"]) >= 7


def test_a_gallery_shows_what_fits_and_keeps_all():
    one = draw(name="n", caption="c", alt="a", size_in=(3.25, 3), simulated=False, paint=paint_points)
    big = replace(one, svg=b"x" * (MAX_INLINE_BYTES - 10))
    gallery = Gallery(simulated=False)
    shown = [gallery.hang(d) for d in (big, one, replace(one, svg=b"<svg/>"))]
    assert [bool(p.source) for p in shown] == [True, False, True]
    assert [p.number for p in shown] == [1, 2, 3]
    assert len(gallery.drawings) == 3


def test_a_gallery_gives_each_figure_a_name_of_its_own(monkeypatch):
    monkeypatch.delenv("HSE_DEBUG", raising=False)
    gallery = Gallery(simulated=False)
    assert gallery.stem("eis", "../a b") != gallery.stem("eis", "..\\A B")
    assert gallery.stem("lsv", "../a b") == "lsv/a_b"
    assert gallery.show("Nothing", lambda name, simulated: None, "a/b") == ()
    (told,) = gallery.show("Map", lambda name, simulated: {}["no such"], "a/b")
    assert isinstance(told, Prose)
    assert "Map could not be drawn: KeyError" in told.paragraphs[0]
    assert not isinstance(told, Picture)


def test_every_verdict_of_an_arc_can_be_drawn():
    fit = spectrum_fit("x", 298.15)
    for verdict in (GOOD, NONE):
        arcs = tuple(
            replace(a, verdict=verdict, resistance=None if verdict is NONE else a.resistance) for a in fit.arcs
        )
        odd = replace(fit, arcs=arcs, total_resistance=None, series_resistance=None)
        assert math.isfinite(span_of(odd))
        assert draw_spectra("x", "x", [odd], [()], simulated=False).svg


def test_a_long_name_is_made_smaller_and_cut_before_it_leaves_the_figure():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    for name in ("HSE-Sm", "AGFKBiF_K3Bi09Zr01F61_PbSnF4PbAB, 60 °C", "0.62[HCF-Sm]·0.38[LCF-Ta] " * 3):
        figure = Figure(figsize=(3.25, 3.0))
        agg = FigureCanvasAgg(figure)
        Canvas(figure=figure, width_in=3.25, height_in=3.0, marked=True).title(0.55, 2.9, name)
        (text,) = figure.texts
        assert text.get_fontsize() >= 7
        assert text.get_window_extent(agg.get_renderer()).x1 <= (3.25 - 0.9) * figure.dpi
        assert text.get_text()[:3] == name[:3]
        assert text.get_text()[-3:] == name[-3:]
