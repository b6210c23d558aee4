"""Figures of sweeps: their numbers are the data, their signs tell the criteria apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.techniques.sweeps.model import HEADLINE, TANGENT, Criterion
from pipeline.techniques.sweeps.report.criteria import criterion_text, sign_of
from pipeline.techniques.sweeps.report.figures import draw_sweeps, scale_of
from pipeline.techniques.sweeps.report.window_figure import draw_windows
from tests.drawn_rows import rows
from tests.synthetic_sweeps import NONE, sweep_fit, window

DEPARTURE = Criterion(departure_sigmas=5.0)


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


def test_an_onset_lies_on_its_threshold_and_a_withheld_one_is_not_drawn():
    down, up = sweep_fit("A", "reduction", 1.0), sweep_fit("A", "oxidation", 4.1)
    drawing = draw_sweeps("x", "A", [down, up], simulated=False)
    (onset,) = rows(drawing, "oxidation, j_10_uA_per_cm2")
    assert (float(onset["x"]), float(onset["y"])) == (4.61, 10.0)
    assert not rows(drawing, "reduction, j_10_uA_per_cm2")


def test_criteria_have_their_own_signs_and_words():
    assert len({sign_of(c).marker for c in (HEADLINE, DEPARTURE, TANGENT)}) == 3
    assert sign_of(HEADLINE) == sign_of(Criterion(threshold_ua_per_cm2=0.5))
    criteria = (HEADLINE, Criterion(threshold_ua_per_cm2=0.5), DEPARTURE, TANGENT)
    assert [criterion_text(c) for c in criteria] == ["1 µA cm⁻²", "0.5 µA cm⁻²", "departure 5 σ", "tangent"]
    assert [c.name for c in criteria] == ["j_1_uA_per_cm2", "j_0.5_uA_per_cm2", "departure_5sigma", "tangent"]


def test_bars_have_the_numbers_of_their_windows():
    open_side = replace(window("B", 0.84, 4.26), oxidation_limit_v_vs_na=None, width_v=None)
    drawing = draw_windows(
        "w", [window("A", 0.84, 4.26), open_side, window("C", 1.0, 2.0, verdict=NONE)], simulated=False
    )
    assert [float(r["x"]) for r in rows(drawing, "A, computed")] == [2.15, 3.91]
    (limit,) = rows(drawing, "A, oxidation")
    assert float(limit["x"]) == 4.26
    assert float(limit["y_low"]) == float(f"{4.26 - 1.959964 * 0.01:.8g}")
    assert rows(drawing, "B, reduction")
    assert not rows(drawing, "B, oxidation")
    assert not rows(drawing, "C, reduction")
