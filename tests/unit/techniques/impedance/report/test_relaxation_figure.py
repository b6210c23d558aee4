"""Relaxation times as a figure: its numbers are the distribution, the tops of the arcs, and the resistance of each peak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.techniques.impedance.report.relaxation_figure import draw_relaxations
from pipeline.techniques.impedance.summarize.relaxations import list_relaxations
from tests.drawn_rows import rows
from tests.synthetic_run import spectrum_fit


def test_the_figure_shows_distribution_peaks_and_arcs():
    fit = spectrum_fit("HSE-Sm", 203.15)
    (found,) = list_relaxations([("HSE-Sm", fit)])
    assert (found.sample, found.file) == ("HSE-Sm", fit.checked.spectrum.source.file)
    drawing = draw_relaxations("x", "HSE-Sm", [(fit, found)], simulated=True)
    f = 1 / (2 * np.pi * found.tau_s)
    seen = np.array([float(r["x"]) for r in rows(drawing, "distribution")])
    np.testing.assert_allclose(seen, f[(f >= seen.min() * 0.999) & (f <= seen.max() * 1.001)], rtol=1e-6)
    assert found.peaks
    ohm = [float(r["y"]) for r in rows(drawing, "peak")]
    np.testing.assert_allclose(ohm, [r for _, r in found.peaks], rtol=1e-6)
    for arc in fit.arcs:
        (row,) = rows(drawing, f"arc {arc.number}")
        np.testing.assert_allclose(float(row["x"]), arc.apex_hz, rtol=1e-6)


def test_too_few_points_have_no_picture():
    fit = spectrum_fit("x", 203.15)
    keep = tuple(i < 5 for i in range(len(fit.checked.keep)))
    assert list(list_relaxations([("x", replace(fit, checked=replace(fit.checked, keep=keep)))])) == []
