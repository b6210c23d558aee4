"""Conductivity over composition: its numbers and units."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.core.values import Estimate
from pipeline.techniques.impedance.report.composition_figure import draw_composition
from tests.drawn_rows import rows
from tests.synthetic_run import make_run


def test_conductivities_over_composition_are_in_ms_per_cm():
    """1 S/m is 10 mS/cm."""
    point = make_run()["eis"].composition[0]
    e = Estimate(value=0.2, sigma=0.01, unit="S/m", low95=0.17, high95=0.24)
    drawing = draw_composition("x", [replace(point, conductivity_25c_s_per_m=e)], [], simulated=False)
    (shown,) = rows(drawing, point.series)
    assert shown["y_name"] == "conductivity_25C_mS_per_cm"
    assert [float(shown[k]) for k in ("x", "y", "y_low", "y_high")] == pytest.approx([point.x_lcf, 2.0, 1.7, 2.4])
