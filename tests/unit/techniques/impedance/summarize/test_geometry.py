"""A pellet that cannot be as it is given makes its conductivities weak, and says why."""

from __future__ import annotations

import numpy as np

from pipeline.core.sample import Sample
from pipeline.core.values import Finding
from pipeline.techniques.impedance.model import IMPLAUSIBLE_GEOMETRY, PelletFit
from pipeline.techniques.impedance.settings import ConductivitySettings
from pipeline.techniques.impedance.summarize.density import compare_densities
from pipeline.techniques.impedance.summarize.geometry import doubt_lines, doubt_points, geometry_doubts
from tests.conduction_points import line_through, pellet, points_along


def test_an_implausible_pellet_makes_its_conductivities_weak_and_says_why():
    """120 mg of 10 mm diameter at 0.15 mm: 10.2 g/cm3 where its crystals have 4."""
    rows = points_along(np.linspace(220, 300, 7), 0.3)
    dense = Sample(id="A", density_kg_per_m3=4000.0, pellet=pellet(thickness_m=1.5e-4))
    (density,) = compare_densities([dense], ConductivitySettings())
    doubts = geometry_doubts([], [density])
    assert {p.verdict.level for p in doubt_points(rows, doubts)} == {"weak"}
    (told,) = doubt_lines([line_through(rows)], doubts)
    assert told.verdict.level == "weak"
    assert "g/cm3" in told.verdict.reason
    assert "Ea needs no geometry" in told.verdict.reason
    assert doubt_lines([line_through(rows)], {}) == [line_through(rows)]


def test_a_permittivity_below_vacuum_is_a_doubt_of_the_pellet():
    finding = Finding(
        severity="warning",
        field="pellet",
        problem="thickness 0.7 mm make eps_r = 0.3 of an arc",
        code=IMPLAUSIBLE_GEOMETRY,
    )
    fit = PelletFit(sample="A", pellet=None, series=None, series_regions=(), spectrum_regions=(), findings=(finding,))
    assert geometry_doubts([fit], []) == {"A": finding.problem}
