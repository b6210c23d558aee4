"""A figure is the same picture wherever it is drawn, says that it is simulated, and keeps its letters inside."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np

from pipeline.core.report.canvas import Canvas, draw, slim_svg


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
