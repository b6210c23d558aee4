"""The gallery shows what fits on the page, keeps all, and names what cannot be drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.core.blocks import Picture, Prose
from pipeline.core.report.canvas import draw
from pipeline.core.report.gallery import MAX_INLINE_BYTES, Gallery


def paint_points(canvas):
    panel = canvas.panel("p", (0.5, 0.5, 2, 2), ("x_V", "x / V"), ("y_A", "y / A"))
    panel.points("data", np.arange(5.0), np.arange(5.0) ** 2, marker="o", color="#0072B2")


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
