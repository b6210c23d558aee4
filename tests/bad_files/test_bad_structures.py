"""One broken structure file a defect: each is refused by name, field and problem."""

from __future__ import annotations

import pytest

from pipeline.core.errors import FitError
from pipeline.science.cif import read_cif
from pipeline.techniques.absorption.fit.feff.structures import choose_structure

CELL = "data_x\n_cell_length_a 5\n_cell_length_b 5\n_cell_length_c 5\n"
ANGLES = "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n"
P1 = "_symmetry_space_group_name_H-M 'P 1'\n"
ATOMS = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
ONE = ATOMS + "Na1 0 0 0\nCl1 .5 .5 .5\n"


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        ("", "_cell_length_a", "is missing"),
        ("PK\x03\x04 not a CIF", "_cell_length_a", "is missing"),
        ("data_x\n" + ONE, "_cell_length_a", "is missing"),
        (CELL.replace("5\n", "five\n", 1) + ANGLES + P1 + ONE, "cell", "no number"),
        (CELL + ANGLES.replace("90", "190", 1) + P1 + ONE, "cell", "no cell"),
        (CELL.replace("5\n", "0\n", 1) + ANGLES + P1 + ONE, "cell", "no cell"),
        (CELL + ANGLES + "_symmetry_space_group_name_H-M 'F x -3 y'\n" + ONE, "symmetry operations", "none listed"),
        (CELL + ANGLES + ONE, "symmetry operations", "none listed"),
        (CELL + ANGLES + P1 + ATOMS + "Na1 0 0 0\nCl1 .5\n", "syntax", "line 9: Wrong number of values"),
        (CELL + ANGLES + P1 + ONE + "_x 'open\n", "syntax", "line 16: unterminated"),
        (CELL + ANGLES + P1 + ONE.replace("_fract_y", "_y"), "_atom_site_fract_x", "no atom sites"),
        (CELL + ANGLES + "_symmetry_equiv_pos_as_xyz h,k,l\n" + ONE, "symmetry or atoms", "no symmetry operation"),
        (CELL + ANGLES + P1, "_atom_site_fract_x", "no atom sites"),
        (CELL + ANGLES + P1 + ATOMS + "Na1 0 zero 0\n", "symmetry or atoms", "no number"),
        (CELL + ANGLES + P1 + ATOMS + "?? 0 0 0\n", "symmetry or atoms", "names no element"),
        (
            CELL + ANGLES + "_symmetry_equiv_pos_as_xyz \"__import__('os').system('true')\"\n" + ONE,
            "symmetry or atoms",
            "no symmetry operation",
        ),
    ],
)
def test_a_broken_cif_is_refused(text, field, problem):
    with pytest.raises(FitError) as caught:
        read_cif("bad.cif", text.encode())
    assert caught.value.source == "bad.cif"
    assert caught.value.field == field
    assert problem in caught.value.problem


def test_a_cif_without_the_absorber_is_refused():
    with pytest.raises(FitError, match=r"salt.cif: structure: holds no Ta, the absorbing element \(it holds Cl, Na\)"):
        choose_structure("Ta", "Cl", "salt.cif", (CELL + ANGLES + P1 + ONE).encode(), 6)


def test_a_cif_of_another_kind_of_neighbour_is_refused():
    with pytest.raises(FitError, match="scatterer"):
        choose_structure("Na", "Br", "salt.cif", (CELL + ANGLES + P1 + ONE).encode(), 6)


def test_a_huge_file_is_refused_without_reading_it():
    with pytest.raises(FitError, match="too large"):
        read_cif("huge.cif", b" " * 5_000_000)
