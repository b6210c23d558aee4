"""Our few core-hole widths, and the line between them, against the table of xraydb."""

from __future__ import annotations

import pytest

from pipeline.science.elements import symbol_of
from pipeline.techniques.absorption.fit.reduce.edge_shape import WIDTHS_EV, core_hole_ev

xraydb = pytest.importorskip("xraydb")


@pytest.mark.parametrize("edge", WIDTHS_EV)
def test_widths_agree_with_xraydb(edge):
    for z in range(min(WIDTHS_EV[edge]), max(WIDTHS_EV[edge]) + 1):
        assert core_hole_ev(symbol_of(z), edge) == pytest.approx(xraydb.core_width(symbol_of(z), edge), rel=0.06)
    assert core_hole_ev("Ta", "L1") is None
    assert core_hole_ev("H", "K") is None
