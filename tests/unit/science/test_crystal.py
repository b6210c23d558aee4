"""Cells, symmetry and CIF files: distances are those that the cell's formula gives."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import FitError
from pipeline.science.cif import parse_operation, read_cif
from pipeline.science.crystal import build_cluster, cell_vectors
from pipeline.science.elements import atomic_number, bond_angstrom, symbol_of
from pipeline.techniques.absorption.fit.feff.structures import BUILT_IN, POLYHEDRA, choose_structure

ROCK_SALT = b"""# a comment
data_FeO
_chemical_name_common 'iron oxide, "wuestite"'
_publ_section_title
;
 loop_ _atom_site_fract_x   not a loop: a text field
;
_cell_length_a 4.3108(5)
_cell_length_b 4.3108(5)
_cell_length_c   4.3108(5)
_cell_angle_alpha 90
_cell_angle_beta 90.0
_cell_angle_gamma 90.
loop_
_symmetry_equiv_pos_site_id
_symmetry_equiv_pos_as_xyz
1 'x, y, z'
2 'x, y+1/2, z+1/2'
3 'x+1/2,y,z+1/2'
4 '1/2+x , 1/2+y, z'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Fe1 Fe2+ 0 0 0 0.95(1)
O1 O2- 0.5 0.5 .5 1
Li1 Li 0.25 0.25 0.25 0.05
"""


def test_rock_salt_has_six_neighbours_at_half_the_cell_and_twelve_behind():
    crystal = read_cif("FeO.cif", ROCK_SALT)
    cluster = build_cluster(crystal, "Fe", 3.2)
    r = cluster.distances_angstrom
    assert cluster.elements == ("O",) * 6 + ("Fe",) * 12
    np.testing.assert_allclose(r[:6], 4.3108 / 2)
    np.testing.assert_allclose(r[6:], 4.3108 / np.sqrt(2))
    assert any("Li1 left out" in n for n in crystal.notes)
    assert any("taken as Fe" in n for n in crystal.notes)


def test_a_triclinic_cell_has_the_volume_of_the_textbook():
    a, b, c, (al, be, ga) = 5.1, 6.2, 7.3, np.radians([75, 82, 101])
    cell = cell_vectors((a, b, c), (75, 82, 101))
    cosines = np.cos([al, be, ga])
    volume = a * b * c * np.sqrt(1 - np.sum(cosines**2) + 2 * np.prod(cosines))
    assert np.linalg.det(cell) == pytest.approx(volume)
    np.testing.assert_allclose(np.linalg.norm(cell, axis=1), (a, b, c))


@pytest.mark.parametrize("element", ["Sm", "La"])
def test_chlorides_of_the_ucl3_type_have_six_and_three_neighbours(element):
    cluster = choose_structure(element, "Cl", None, None, 9).cluster
    r = cluster.distances_angstrom[:9]
    assert cluster.elements[:9] == ("Cl",) * 9
    assert cluster.elements[9] == element
    first = {"Sm": (2.85, 2.92), "La": (2.95, 2.95)}[element]
    np.testing.assert_allclose(r[:6], first[0], atol=0.005)
    np.testing.assert_allclose(r[6:], first[1], atol=0.005)


def test_every_built_in_model_holds_its_absorber_and_every_polyhedron_its_number():
    for name in BUILT_IN:
        absorber = name.split()[0] if " " in name else name[:2]
        scatterer = absorber if " " in name else "Cl"
        assert choose_structure(absorber, scatterer, name, None, None).cluster.absorber == absorber
    for n, directions in POLYHEDRA.items():
        assert len(np.unique(np.round(directions / np.linalg.norm(directions, axis=1)[:, None], 6), axis=0)) == n
    w = choose_structure("W", "W", None, None, None).cluster.distances_angstrom
    assert w[:8] == pytest.approx([2.741] * 8, abs=5e-4)


@pytest.mark.parametrize(
    ("text", "rotation", "shift"),
    [
        ("x,y,z", np.eye(3), (0, 0, 0)),
        ("-y, x-y , z+1/3", [[0, -1, 0], [1, -1, 0], [0, 0, 1]], (0, 0, 1 / 3)),
        ("1/2-X,Y,-z+0.5", np.diag([-1, 1, -1]), (0.5, 0, 0.5)),
    ],
)
def test_operations_mean_what_crystallographers_read(text, rotation, shift):
    found, by = parse_operation(text)
    np.testing.assert_allclose(found, rotation)
    np.testing.assert_allclose(by, shift)


@pytest.mark.parametrize(
    "text", ["x,y", "x,y,z,x", "2x,y,z", "x,y,__import__('os')", "x;y;z", "x,x,z", "", "x,y,1/0", "x*y,y,z", "x,y,z+1/"]
)
def test_anything_else_is_no_operation(text):
    with pytest.raises(ValueError, match="no symmetry operation"):
        parse_operation(text)


def test_polyhedra_stand_in_for_pairs_without_a_structure():
    guess = choose_structure("Eu", "O", None, None, 8)
    assert guess.movable
    assert len(guess.cluster.elements) == 8
    np.testing.assert_allclose(guess.cluster.distances_angstrom, bond_angstrom("Eu", "O"))
    assert 2.2 < bond_angstrom("Eu", "O") < 2.5
    assert symbol_of(73) == "Ta"
    assert atomic_number("Xx") is None


@pytest.mark.parametrize(
    ("absorber", "scatterer", "name", "field", "problem"),
    [
        ("Ta", "Cl", "TaCl5", "structure", "no model of this program"),
        ("Ta", "Cl", "SmCl3", "structure", "holds no Ta, the absorbing element"),
        ("Sm", "Br", "SmCl3", "scatterer", "no Br within 6 Å"),
        ("Ta", "Qq", None, "scatterer", "no element"),
        ("Ta", "Cl", "lost.cif", "structure", "could not be read"),
    ],
)
def test_a_structure_that_does_not_fit_is_refused(absorber, scatterer, name, field, problem):
    with pytest.raises(FitError) as caught:
        choose_structure(absorber, scatterer, name, None, None)
    assert caught.value.field == field
    assert problem in caught.value.problem


def test_a_cif_stands_for_the_structure():
    found = choose_structure("Fe", "O", "FeO.cif", ROCK_SALT, None)
    assert not found.movable
    assert found.cluster.elements[:6] == ("O",) * 6
