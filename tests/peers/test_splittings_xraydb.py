"""Splittings of core levels beside the binding energies that xraydb has (G. P. Williams, X-ray Data Booklet, table 1-1)."""

from __future__ import annotations

import pytest

from pipeline.science.core_levels import SPLITTINGS_EV

xraydb = pytest.importorskip("xraydb")
LINES = {"2p": ("L2", "L3"), "3d": ("M4", "M5"), "4f": ("N6", "N7")}
OXIDES = {"Ti 2p": 0.8}
"""Levels whose splitting is that of a compound, and how far it stands from the element's."""


@pytest.mark.parametrize("name", SPLITTINGS_EV)
def test_a_splitting_is_the_difference_of_two_binding_energies(name: str) -> None:
    """Booklet values are rounded to 0.1 or 1 eV; an element or level taken for another would be off by more."""
    element, level = name.split()
    edges = xraydb.xray_edges(element)
    weaker, stronger = (edges[line].energy for line in LINES[level])
    assert SPLITTINGS_EV[name] == pytest.approx(weaker - stronger, abs=OXIDES.get(name, 0.51))
