"""CIF files -> crystals: cell, symmetry, atom sites (S. R. Hall, F. H. Allen and I. D. Brown, Acta Cryst. A47 (1991) 655).

gemmi reads the syntax and knows the space groups (M. Wojdyr, J. Open Source Softw. 7 (2022) 4200).  Operations that a file lists
are taken as they stand; else they come from the Hall symbol, the name or the number of its group, in this order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import gemmi
import numpy as np
from gemmi import cif

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.science.crystal import SAME_ATOM_ANGSTROM, Crystal, Site, cell_vectors
from pipeline.science.elements import atomic_number

MAX_CIF_BYTES = 4_000_000
MAX_SITES = 2000
SPLIT_ANGSTROM = 0.9
"""Atoms nearer than this that are there in turns (occupancies of 1 at most together) are one: only bonds of H are as short."""
LISTED = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
HALL = ("_space_group_name_Hall", "_symmetry_space_group_name_Hall")
GROUP = (
    "_space_group_name_H-M_alt",
    "_symmetry_space_group_name_H-M",
    "_space_group_IT_number",
    "_symmetry_Int_Tables_number",
)
Operation = tuple[FloatArray, FloatArray]
"""Rotation (3, 3) and translation (3,)."""
Three = tuple[float, float, float]


def read_cif(name: str, data: bytes) -> Crystal:
    """Cell and atoms of the first structure of a CIF file.

    A place shared by several elements, or split in two, is given to the most frequent one; places occupied by less than half
    are left out.  All is said in ``notes``.

    Raises
    ------
    FitError
        No CIF, no cell, no atoms, or neither symmetry operations nor a space group that is known.
    """
    block = _crystal_block(name, data)
    lengths, angles = _cell(name, block)
    cell = cell_vectors(lengths, angles)
    try:
        listed = next((found for tag in LISTED if (found := block.find_values(tag))), ())
        operations = [parse_operation(cif.as_string(text)) for text in listed]
        rows = list(_atoms(block))
    except ValueError as error:
        raise _refuse(name, "symmetry or atoms", str(error)) from None
    if not rows:
        raise _refuse(name, "_atom_site_fract_x", "no atom sites", "export the CIF with its atoms")
    notes: tuple[str, ...] = ()
    if not operations:
        group, told, notes = _named_group(block, angles)
        if group is None:
            hint = "export with _symmetry_equiv_pos_as_xyz"
            raise _refuse(name, "symmetry operations", f"none listed, and the space group is {told}", hint)
        operations, metric = [_matrices(op) for op in group], cell @ cell.T
        if any(np.abs(r.T @ metric @ r - metric).max() > 0.02 * metric.max() for r, _ in operations):
            raise _refuse(
                name, "cell", f"has not the symmetry of {told}, or not in this setting", "list the operations"
            )
    if len(rows) * len(operations) > 50 * MAX_SITES:
        raise _refuse(name, "atoms", f"{len(rows)} sites x {len(operations)} operations are too many")
    sites, said = _expand(rows, operations, cell)
    if not sites or len(sites) > MAX_SITES:
        expected = ", 1 to 2000 expected" if sites else ": none is occupied"
        raise _refuse(name, "atoms", f"{len(sites)} atoms in the cell{expected}")
    return Crystal(name=name, lengths_angstrom=lengths, angles_degree=angles, sites=sites, notes=(*notes, *said))


def _refuse(name: str, field: str, problem: str, hint: str = "") -> FitError:
    return FitError(source=name, field=field, problem=problem, hint=hint)


def _crystal_block(name: str, data: bytes) -> cif.Block:
    """The first block with atoms, else the first with a cell, else an empty one."""
    if len(data) > MAX_CIF_BYTES:
        raise _refuse(name, "file", f"{len(data) / 1e6:.0f} MB is too large for one structure")
    # no value that is read here has other letters
    text = data.decode("utf-8-sig", "replace").encode("ascii", "replace")
    try:
        blocks = list(cif.read_string(text, 0)) if b"data_" in text.lower() else []
    except (RuntimeError, ValueError) as error:
        problem = re.sub(r"^\w*:(\d+)(:\S+\))?", r"line \1", str(error))
        raise _refuse(name, "syntax", problem[:120], "not a CIF file?") from None
    tags = ("_atom_site_fract_x", "_cell_length_a")
    return next((b for tag in tags for b in blocks if b.find_values(tag)), cif.Block("none"))


def _cell(name: str, block: cif.Block) -> tuple[Three, Three]:
    """Lengths in angstrom and angles in degrees of a cell that can be."""
    try:
        a, b, c = (_number(_value(block, f"_cell_length_{x}")) for x in "abc")
        alpha, beta, gamma = (_number(_value(block, f"_cell_angle_{x}", "90")) for x in ("alpha", "beta", "gamma"))
    except KeyError as error:
        raise _refuse(name, str(error).strip("'"), "is missing", "not a CIF file of a crystal?") from None
    except ValueError as error:
        raise _refuse(name, "cell", str(error)) from None
    lengths, angles = (a, b, c), (alpha, beta, gamma)
    possible = sum(angles) < 360 and alpha < beta + gamma and beta < alpha + gamma and gamma < alpha + beta
    if not (all(0.5 < x < 500 for x in lengths) and all(10 < x < 170 for x in angles) and possible):
        raise _refuse(name, "cell", f"lengths {lengths} Å and angles {angles}° are no cell")
    return lengths, angles


def parse_operation(text: str) -> Operation:
    """``-x+1/2,y,z`` -> rotation (3, 3) and translation (3,).

    Raises
    ------
    ValueError
        Anything but sums of x, y, z and fractions that a crystal can have.
    """
    try:
        operation = _matrices(gemmi.parse_triplet(text, "x"))
    except RuntimeError:
        raise ValueError(f"{text[:40]!r} is no symmetry operation") from None
    if round(abs(float(np.linalg.det(operation[0])))) != 1:
        raise ValueError(f"{text[:40]!r} is no symmetry operation")
    return operation


def _matrices(op: gemmi.Op) -> Operation:
    seitz = np.array(op.float_seitz())
    return seitz[:3, :3], seitz[:3, 3]


def _value(block: cif.Block, tag: str, default: str | None = None) -> str:
    found = block.find_value(tag) or default
    if found is None:
        raise KeyError(tag)
    return cif.as_string(found)


def _number(text: str) -> float:
    """A CIF number; the uncertainty in brackets is left away."""
    found = cif.as_number(text)
    if not np.isfinite(found):
        raise ValueError(f"{text[:40]!r} is no number")
    return found


def _named_group(block: cif.Block, angles: Sequence[float]) -> tuple[gemmi.GroupOps | None, str, tuple[str, ...]]:
    """Operations of the group that is named, its name or what is wrong with it, and what had to be assumed."""
    for tag in HALL:
        try:
            hall = _value(block, tag, "?")
            return gemmi.symops_from_hall(hall), hall, ()
        except RuntimeError:  # none, or not one of Hall's: the name may do
            continue
    names = [name for tag in GROUP if (name := _value(block, tag, "?"))]
    for name in names:
        group = gemmi.find_spacegroup_by_name(name, angles[0], angles[2], "2")
        if group is not None:
            assumed = group.ext == "2" and ":" not in name
            notes = (f"{group.hm}: origin choice 2 assumed, no operations are listed",) if assumed else ()
            return group.operations(), group.xhm(), notes
    return None, f"{names[0][:40]!r}, which is not known" if names else "not named", ()


def _atoms(block: cif.Block) -> Iterator[Site]:
    for row in block.find("_atom_site_", ["fract_x", "fract_y", "fract_z", "?label", "?type_symbol", "?occupancy"]):
        label, kind, occupancy = (row.str(i) if row.has(i) else "" for i in (3, 4, 5))
        symbol = _element(kind) or _element(label)
        if symbol is None:
            raise ValueError(f"site {label[:20]!r} names no element")
        if any(cif.is_null(row[i]) for i in range(3)):
            continue
        x, y, z = (_number(row.str(i)) for i in range(3))
        yield Site(element=symbol, label=label or symbol, fraction=(x, y, z), occupancy=_number(occupancy or "1"))


def _element(text: str) -> str | None:
    """``Fe2+``, ``OW1``, ``CL1`` -> Fe, O, Cl."""
    return next((s for n in (2, 1) if atomic_number(s := text[:n].capitalize()) is not None), None)


def _expand(
    rows: Sequence[Site], operations: Sequence[Operation], cell: FloatArray
) -> tuple[tuple[Site, ...], tuple[str, ...]]:
    """All atoms of the cell, one a place: the most frequent element of a shared or split one, none of those less than half full."""
    places = np.empty((0, 3))
    owners: list[list[Site]] = []

    def near(f: FloatArray, angstrom: float) -> list[int]:
        away = places - f
        return list(np.flatnonzero(np.linalg.norm((away - np.round(away)) @ cell, axis=1) < angstrom))

    for site in rows:
        for rotation, shift in operations:
            f = np.mod(rotation @ np.array(site.fraction) + shift, 1.0)
            if there := near(f, SAME_ATOM_ANGSTROM * 4):
                if site.label not in {o.label for o in owners[there[0]]}:
                    owners[there[0]].append(site)
                continue
            places = np.vstack([places, f])
            owners.append([site])
    for i, f in enumerate(places):
        for j in near(f, SPLIT_ANGSTROM):
            if j < i and owners[j] and sum(s.occupancy for s in owners[j] + owners[i]) <= 1.001:
                owners[j], owners[i] = owners[j] + owners[i], []
    kept, notes = [], []
    for f, shared in ((f, o) for f, o in zip(places, owners, strict=True) if o):
        total = sum(s.occupancy for s in shared)
        best = max(shared, key=lambda s: s.occupancy)
        if total < 0.5:
            notes.append(f"{best.label} left out: occupied to {total:.2f}")
            continue
        if total < 0.999 or len(shared) > 1:
            text = " + ".join(f"{s.occupancy:.2f} {s.element}" for s in shared)
            notes.append(f"site {best.label} ({text}) taken as {best.element}")
        kept.append(Site(element=best.element, label=best.label, fraction=(float(f[0]), float(f[1]), float(f[2]))))
    return tuple(kept), tuple(dict.fromkeys(notes))
