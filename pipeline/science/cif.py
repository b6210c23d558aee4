"""CIF files -> crystals: cell, symmetry, atom sites (S. R. Hall, F. H. Allen and I. D. Brown, Acta Cryst. A47 (1991) 655).

Operations such as ``-x+1/2,y,z`` are parsed, never evaluated; names of space groups are not expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.science.crystal import SAME_ATOM_ANGSTROM, Crystal, Site, cell_vectors
from pipeline.science.elements import atomic_number

MAX_CIF_BYTES = 4_000_000
MAX_SITES = 2000
TOKENS = re.compile(r"""'(?:[^'\n]|'(?=\S))*'|"(?:[^"\n]|"(?=\S))*"|[^\s]+""")
TERM = re.compile(r"([+-]?)(?:(\d+(?:\.\d+)?)(?:/(\d+))?|([xyz]))")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def read_cif(name: str, data: bytes) -> Crystal:
    """Cell and atoms of the first structure of a CIF file.

    A site shared by several elements is given to the most frequent one; sites occupied by less than half are left out.
    Both are said in ``notes``.

    Raises
    ------
    FitError
        No CIF, no cell, no atoms, or no symmetry operations in a space group other than P1.
    """

    def refuse(field: str, problem: str, hint: str = "") -> FitError:
        return FitError(source=name, field=field, problem=problem, hint=hint)

    if len(data) > MAX_CIF_BYTES:
        raise refuse("file", f"{len(data) / 1e6:.0f} MB is too large for one structure")
    values, loops = _parse(data.decode("utf-8", "replace"))
    try:
        lengths = tuple(_number(values[f"_cell_length_{x}"]) for x in "abc")
        angles = tuple(_number(values.get(f"_cell_angle_{x}", "90")) for x in ("alpha", "beta", "gamma"))
    except KeyError as error:
        raise refuse(str(error).strip("'"), "is missing", "not a CIF file of a crystal?") from None
    except ValueError as error:
        raise refuse("cell", str(error)) from None
    a, b, c = angles
    possible = a + b + c < 360 and a < b + c and b < a + c and c < a + b
    if not (all(0.5 < x < 500 for x in lengths) and all(10 < x < 170 for x in angles) and possible):
        raise refuse("cell", f"lengths {lengths} Å and angles {angles}° are no cell")
    try:
        operations = [parse_operation(text) for text in _operations(values, loops)]
        rows = list(_atoms(loops))
    except ValueError as error:
        raise refuse("symmetry or atoms", str(error)) from None
    if not rows:
        raise refuse("_atom_site_fract_x", "no atom sites", "export the CIF with its atoms")
    if not operations:
        raise refuse(
            "symmetry operations",
            "none listed, and the space group is not P1",
            "export with _symmetry_equiv_pos_as_xyz",
        )
    if len(rows) * len(operations) > 50 * MAX_SITES:
        raise refuse("atoms", f"{len(rows)} sites x {len(operations)} operations are too many")
    sites, notes = _expand(rows, operations, cell_vectors(lengths, angles))
    if not sites or len(sites) > MAX_SITES:
        raise refuse(
            "atoms", f"{len(sites)} atoms in the cell" + (", 1 to 2000 expected" if sites else ": none is occupied")
        )
    return Crystal(name=name, lengths_angstrom=lengths, angles_degree=angles, sites=sites, notes=notes)  # type: ignore[arg-type]


def parse_operation(text: str) -> tuple[FloatArray, FloatArray]:
    """``-x+1/2,y,z`` -> rotation (3, 3) and translation (3,).

    Raises
    ------
    ValueError
        Anything but sums of x, y, z and fractions.
    """
    parts = text.lower().replace(" ", "").split(",")
    if len(parts) != 3:
        raise ValueError(f"{text[:40]!r} is no symmetry operation")
    rotation, shift = np.zeros((3, 3)), np.zeros(3)
    for row, part in enumerate(parts):
        position = 0
        while position < len(part):
            term = TERM.match(part, position)
            unsigned = term is not None and position > 0 and not term[1]
            if term is None or unsigned or int(term[3] or 1) == 0:
                raise ValueError(f"{text[:40]!r} is no symmetry operation")
            sign = -1.0 if term[1] == "-" else 1.0
            if term[4]:
                rotation[row, "xyz".index(term[4])] += sign
            else:
                shift[row] += sign * float(Fraction(term[2]) / int(term[3] or 1))
            position = term.end()
    if round(abs(float(np.linalg.det(rotation)))) != 1:
        raise ValueError(f"{text[:40]!r} is no symmetry operation")
    return rotation, shift


def _number(text: str) -> float:
    """A CIF number; the uncertainty in brackets is left away."""
    found = NUMBER.fullmatch(text.split("(", maxsplit=1)[0])
    if found is None:
        raise ValueError(f"{text[:40]!r} is no number")
    return float(found[0])


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """(token, is text) of a CIF; comments left out, quotes and text fields taken off."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(";"):
            field = [line[1:]]
            for inner in lines:
                if inner.startswith(";"):
                    break
                field.append(inner)
            yield "\n".join(field), True
            continue
        for token in TOKENS.findall(line):
            if token.startswith("#"):
                break
            quoted = len(token) > 1 and token[0] in "'\"" and token[-1] == token[0]
            yield (token[1:-1], True) if quoted else (token, False)


def _parse(text: str) -> tuple[dict[str, str], list[tuple[list[str], list[list[str]]]]]:
    """Single values by lower-case name, and loops as (names, rows), of the first block that has atoms (or the first)."""
    blocks: list[tuple[dict[str, str], list[tuple[list[str], list[list[str]]]]]] = [({}, [])]
    names: list[str] | None = None
    cells: list[str] = []
    key: str | None = None

    def close() -> None:
        nonlocal names, cells
        if names:
            rows = [cells[i : i + len(names)] for i in range(0, len(cells) - len(names) + 1, len(names))]
            blocks[-1][1].append((names, rows))
        names, cells = None, []

    for token, is_text in _tokens(text):
        low = token.lower()
        if not is_text and low.startswith("data_"):
            close()
            blocks.append(({}, []))
            key = None
        elif not is_text and low == "loop_":
            close()
            names, key = [], None
        elif not is_text and token.startswith("_"):
            if names is not None and not cells:
                names.append(low)
            else:
                close()
                key = low
        elif names:
            cells.append(token)
        elif key is not None:
            blocks[-1][0].setdefault(key, token)
            key = None
    close()
    with_atoms = [b for b in blocks if any("_atom_site_fract_x" in n for n, _ in b[1])]
    return (with_atoms or [b for b in blocks if b[0]] or blocks)[0]


def _operations(values: dict[str, str], loops: list[tuple[list[str], list[list[str]]]]) -> list[str]:
    for name in ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz"):
        for names, rows in loops:
            if name in names:
                return [row[names.index(name)] for row in rows]
        if name in values:
            return [values[name]]
    group = "".join(values.get(n, "") for n in ("_symmetry_space_group_name_h-m", "_space_group_name_h-m_alt"))
    return ["x,y,z"] if group.replace(" ", "").upper() in ("P1", "P1P1") else []


def _atoms(loops: list[tuple[list[str], list[list[str]]]]) -> Iterator[Site]:
    for names, rows in loops:
        if "_atom_site_fract_x" not in names:
            continue
        for row in rows:
            cells = dict(zip(names, row, strict=True))
            label = cells.get("_atom_site_label", "")
            symbol = _element(cells.get("_atom_site_type_symbol", label)) or _element(label)
            if symbol is None:
                raise ValueError(f"site {label[:20]!r} names no element")
            if "?" in (cells[f"_atom_site_fract_{x}"] for x in "xyz"):
                continue
            x, y, z = (_number(cells[f"_atom_site_fract_{x}"]) for x in "xyz")
            occupancy = cells.get("_atom_site_occupancy", "1")
            share = 1.0 if occupancy in (".", "?") else _number(occupancy)
            yield Site(element=symbol, label=label or symbol, fraction=(x, y, z), occupancy=share)


def _element(text: str) -> str | None:
    for n in (2, 1):
        symbol = text[:n].capitalize()
        if len(symbol) == n and symbol.isalpha() and atomic_number(symbol) is not None:
            return symbol
    return None


def _expand(
    rows: list[Site], operations: list[tuple[FloatArray, FloatArray]], cell: FloatArray
) -> tuple[tuple[Site, ...], tuple[str, ...]]:
    """All atoms of the cell, one a place: the most frequent element of a shared site, nothing on sites less than half full."""
    images: list[tuple[Site, FloatArray]] = []
    places = np.empty((0, 3))
    owners: list[list[Site]] = []
    for site in rows:
        for rotation, shift in operations:
            f = np.mod(rotation @ np.array(site.fraction) + shift, 1.0)
            if len(places):
                away = places - f
                away -= np.round(away)
                near = np.flatnonzero(np.linalg.norm(away @ cell, axis=1) < SAME_ATOM_ANGSTROM * 4)
                if near.size:
                    if site.label not in {o.label for o in owners[near[0]]}:
                        owners[near[0]].append(site)
                    continue
            places = np.vstack([places, f])
            owners.append([site])
            images.append((site, f))
    kept, notes = [], []
    for (_, f), shared in zip(images, owners, strict=True):
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
