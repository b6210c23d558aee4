"""Spectra as figures: the numbers are the data with the sign of the axis, a withheld arc is not drawn."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from pipeline.techniques.impedance.report.nyquist_figure import arc_curve, chosen, draw_spectra, frequency_text, span_of
from tests.drawn_rows import rows
from tests.synthetic_run import GOOD, NONE, TEMPERATURES, assignments, estimate, spectrum_fit


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


def test_every_verdict_of_an_arc_can_be_drawn():
    fit = spectrum_fit("x", 298.15)
    for verdict in (GOOD, NONE):
        arcs = tuple(
            replace(a, verdict=verdict, resistance=None if verdict is NONE else a.resistance) for a in fit.arcs
        )
        odd = replace(fit, arcs=arcs, total_resistance=None, series_resistance=None)
        assert math.isfinite(span_of(odd))
        assert draw_spectra("x", "x", [odd], [()], simulated=False).svg
