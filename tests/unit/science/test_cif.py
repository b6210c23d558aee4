"""CIF files: structures whose shells stand in textbooks, by operations, Hall symbol, or the name of the group alone."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import FitError
from pipeline.science.cif import read_cif
from pipeline.science.crystal import Cluster, build_cluster

PBCN = "x,y,z;1/2-x,1/2-y,1/2+z;-x,y,1/2-z;1/2+x,1/2-y,-z;-x,-y,-z;1/2+x,1/2+y,1/2-z;x,-y,1/2+z;1/2-x,1/2+y,z"  # ITA no. 60
SCRUTINYITE = ((4.97, 5.96, 5.44, 90, 90, 90), "Pb1 Pb4+ 0 0.178 0.25 1", "O1 O2- 0.276 0.41 0.425 1")


def cif(cell: tuple[float, ...], symmetry: str, *atoms: str) -> bytes:
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = [
        "data_global",
        "_journal_year 1990",
        "data_x",
        *(f"_cell_{n} {v}" for n, v in zip(names, cell, strict=True)),
    ]
    columns = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")
    return "\n".join([*lines, symmetry, "loop_", *(f"_atom_site_{c}" for c in columns), *atoms]).encode()


def named(name: str) -> str:
    return f"_symmetry_space_group_name_H-M '{name}'"


def listed(operations: str) -> str:
    return "\n".join(["loop_", "_space_group_symop_operation_xyz", *(f"'{o}'" for o in operations.split(";"))])


def cluster(data: bytes, absorber: str, r: float) -> Cluster:
    return build_cluster(read_cif("x.cif", data), absorber, r)


@pytest.mark.parametrize("name", ["P 63/m", "P63/m", "P 6_3/m", "p 63/m"])
@pytest.mark.parametrize("third", ["0.3333 0.6667", "0.333333 0.666667"])
def test_smcl3_has_six_chlorines_at_2_85_and_three_at_2_92(name, third):
    found = cluster(
        cif((7.378, 7.378, 4.171, 90, 90, 120), named(name), f"Sm Sm {third} 0.25 1", "Cl Cl 0.3886 0.3015 0.25 1"),
        "Sm",
        4.5,
    )
    assert found.elements[:11] == ("Cl",) * 9 + ("Sm",) * 2
    np.testing.assert_allclose(found.distances_angstrom[:9], [2.85] * 6 + [2.92] * 3, atol=0.005)
    np.testing.assert_allclose(found.distances_angstrom[9:11], 4.171)


@pytest.mark.parametrize("name", ["F m -3 m", "Fm-3m", "Fm3m", "225"])
def test_rock_salt_from_its_name(name):
    tag = "_space_group_IT_number 225" if name == "225" else f"_space_group_name_H-M_alt '{name}'"
    found = cluster(cif((5.6402,) * 3 + (90,) * 3, tag, "Na1 Na 0 0 0 1", "Cl1 Cl 0.5 0.5 0.5 1"), "Na", 4.2)
    assert found.elements == ("Cl",) * 6 + ("Na",) * 12
    np.testing.assert_allclose(found.distances_angstrom, [2.8201] * 6 + [3.98822] * 12, atol=1e-4)


def test_rutile_from_its_name_has_four_short_and_two_long_bonds():
    x, a, c = 0.3053, 4.594, 2.959
    data = cif((a, a, c, 90, 90, 90), named("P 42/m n m"), "Ti Ti 0 0 0 1", f"O O {x} {x} 0 1")
    crystal = read_cif("rutile.cif", data)
    assert sorted(s.element for s in crystal.sites) == ["O"] * 4 + ["Ti"] * 2
    short, long = np.sqrt(2 * (0.5 - x) ** 2 * a**2 + c**2 / 4), np.sqrt(2) * x * a
    np.testing.assert_allclose(build_cluster(crystal, "Ti", 2.2).distances_angstrom, [short] * 4 + [long] * 2)
    assert (short, long) == pytest.approx((1.947, 1.984), abs=1e-3)


@pytest.mark.parametrize(
    "symmetry",
    [
        named("P b c n"),
        named("Pbcn"),
        "_space_group_name_Hall '-P 2n 2ab'",
        "_symmetry_Int_Tables_number 60",
        named("?") + "\n" + listed(PBCN).replace("_space_group_symop_operation", "_symmetry_equiv_pos_as"),
    ],
)
def test_a_pbcn_crystal_is_the_same_however_its_symmetry_is_told(symmetry):
    truth = read_cif("x.cif", cif(SCRUTINYITE[0], listed(PBCN), *SCRUTINYITE[1:]))
    assert sorted(s.element for s in truth.sites) == ["O"] * 8 + ["Pb"] * 4
    found = cluster(cif(SCRUTINYITE[0], symmetry, *SCRUTINYITE[1:]), "Pb", 4.0)
    expected = build_cluster(truth, "Pb", 4.0)
    assert found.elements == expected.elements
    np.testing.assert_allclose(found.distances_angstrom, expected.distances_angstrom)
    assert found.elements[:6] == ("O",) * 6
    assert 2.0 < found.distances_angstrom[0] < found.distances_angstrom[5] < 2.3


def test_operations_of_a_setting_that_no_table_holds_are_taken_as_they_stand():
    shifted = "x,y,z;x,y+1/2,z+1/2;x+1/2,y,z+1/2;x+1/2,y+1/2,z;1/4-x,1/4-y,1/4-z"
    crystal = read_cif("x.cif", cif((5.0,) * 3 + (90,) * 3, named("F -1") + "\n" + listed(shifted), "Na Na 0 0 0 1"))
    assert len(crystal.sites) == 5


def test_the_origin_of_a_named_group_is_said_where_it_is_assumed():
    diamond = (5.431,) * 3 + (90,) * 3
    second = read_cif("Si.cif", cif(diamond, named("F d -3 m"), "Si Si 0.125 0.125 0.125 1"))
    first = read_cif("Si.cif", cif(diamond, named("F d -3 m :1"), "Si Si 0 0 0 1"))
    for crystal in (first, second):
        np.testing.assert_allclose(build_cluster(crystal, "Si", 2.6).distances_angstrom, [2.3517] * 4, atol=1e-3)
    assert first.notes == ()
    assert "origin choice 2" in second.notes[0]


@pytest.mark.parametrize(("cell", "n"), [((5.0, 5.0, 5.0, 60, 60, 60), 1), ((5.0, 5.0, 12.2, 90, 90, 120), 3)])
def test_the_cell_tells_rhombohedral_from_hexagonal_axes(cell, n):
    assert len(read_cif("x.cif", cif(cell, named("R -3 m"), "Na Na 0 0 0 1")).sites) == n


def test_a_cell_that_its_named_group_does_not_allow_is_refused():
    with pytest.raises(FitError, match=r"x.cif: cell: has not the symmetry of P 63/m"):
        read_cif("x.cif", cif((7.378, 7.378, 4.171, 90, 90, 90), named("P 63/m"), "Sm Sm 0.3333 0.6667 0.25 1"))


def test_a_site_split_over_two_places_is_one_atom():
    atoms = ("Na1 Na 0.05 0 0 0.5", "Na2 Na -0.05 0 0 0.5", "Li1 Li 0.5 0.5 0.46 0.4", "Cl1 Cl 0.5 0 0 1")
    mirror = listed("x,y,z;x,y,-z")
    crystal = read_cif("x.cif", cif((6.0,) * 3 + (90,) * 3, mirror, *atoms))
    assert sorted(s.element for s in crystal.sites) == ["Cl", "Li", "Na"]
    assert crystal.notes == ("site Na1 (0.50 Na + 0.50 Na) taken as Na", "site Li1 (0.40 Li + 0.40 Li) taken as Li")


def test_full_atoms_that_stand_close_are_two_and_a_shared_site_has_its_most_frequent_element():
    atoms = ("O1 O 0 0 0 1", "H1 H 0.14 0 0 1", "Ta1 Ta 0.5 0.5 0.5 0.3", "Zr1 Zr 0.5 0.5 0.5 0.7", "Na1 Na 0.5 0 0 .")
    crystal = read_cif("x.cif", cif((6.0,) * 3 + (90,) * 3, named("P 1"), *atoms))
    assert [s.element for s in crystal.sites] == ["O", "H", "Zr", "Na"]
    assert "0.30 Ta + 0.70 Zr" in crystal.notes[0]


def test_letters_of_any_alphabet_and_atoms_without_a_place_do_no_harm():
    text = (
        "_publ_author_name\n;\nM\u00fcller, \u041f\u0435\u0442\u0440\u043e\u0432\n;\n_exptl_crystal_colour bla\u00df\n"
    )
    data = cif((5.0,) * 3 + (90,) * 3, text + named("P 1"), "Na1 Na 0 0 0 1", "O1 O ? ? ? 1", "O2 O . . . 1")
    for raw in (data, data.decode().encode("latin-1", "replace"), b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n")):
        assert [s.element for s in read_cif("x.cif", raw).sites] == ["Na"]
