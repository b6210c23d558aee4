"""Mixing rules against the textbook's limits: the matrix is what conducts around the spheres."""

import numpy as np
import pytest

from pipeline.techniques.impedance.fit.regions.mixing import (
    brick_layer_boundary_conductivity,
    maxwell_garnett,
    maxwell_wagner_arcs,
)


@pytest.mark.parametrize("phi", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("inclusion", [0.0, 1e12])
def test_spheres_that_insulate_or_conduct_perfectly(phi, inclusion):
    """Maxwell's: s = s_m 2 (1 - phi)/(2 + phi) around holes, s = s_m (1 + 2 phi)/(1 - phi) around metal."""
    expected = 5.0 * (2 * (1 - phi) / (2 + phi) if inclusion == 0 else (1 + 2 * phi) / (1 - phi))
    assert maxwell_garnett(5.0, inclusion, phi) == pytest.approx(expected, rel=1e-9)


def test_a_few_spheres_change_the_matrix_by_the_dipole_of_one():
    """First order in phi: s = s_m (1 + 3 phi (s_i - s_m)/(s_i + 2 s_m))."""
    phi, s_m, s_i = 1e-6, 2.0, 7.0
    assert maxwell_garnett(s_m, s_i, phi).real - s_m == pytest.approx(s_m * 3 * phi * 5 / 11, rel=1e-4)


def test_the_arcs_of_a_composite_add_to_its_resistivity_and_begin_with_its_permittivity():
    """0 Hz: rho = 1/s of the conductivities; far above both: sum rho/tau = 1/eps of the permittivities, by hand for phi 1/2."""
    arcs = maxwell_wagner_arcs(1e-2, 1.0, 1e-10, 3e-10, 0.5)
    s = 1e-2 * (1.0 + 0.02 + 0.99) / (1.0 + 0.02 - 0.495)
    eps = 1e-10 * (3 + 2 + 2) / (3 + 2 - 1)
    assert sum(rho for rho, _ in arcs) == pytest.approx(1 / s, rel=1e-9)
    assert sum(rho / tau for rho, tau in arcs) == pytest.approx(1 / eps, rel=1e-9)
    assert arcs[0][1] < arcs[1][1]


def test_the_brick_layer_by_hand():
    """l/A = 7 per m, R = 2 ohm, C_bulk/C_boundary = 1/100: 0.035 S/m."""
    assert brick_layer_boundary_conductivity(2.0, 3e-12, 3e-10, 7.0) == pytest.approx(0.035, rel=1e-12)
    assert np.isclose(brick_layer_boundary_conductivity(4.0, 3e-12, 3e-10, 7.0), 0.0175)
