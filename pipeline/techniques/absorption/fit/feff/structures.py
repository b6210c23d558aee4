"""Models that FEFF is run on: octahedra, crystals of the UCl3 type, cubic metals, and polyhedra of one shell.

    TaCl6   octahedron, Ta-Cl 2.36 Å: the length in crystals of NaTaCl6 and of other hexachlorotantalates(V), 2.30 to 2.40 Å
    LaCl3   P6_3/m, a = 7.4779, c = 4.3745 Å, Cl at (0.3874, 0.3016, 1/4): B. Morosin, J. Chem. Phys. 49 (1968) 3007
    SmCl3   P6_3/m, a = 7.378, c = 4.171 Å: W. H. Zachariasen, J. Chem. Phys. 16 (1948) 254; Cl at (0.3886, 0.3015, 1/4), between
            those of NdCl3 and EuCl3 (Morosin)
    metals  cubic cells at room temperature: R. W. G. Wyckoff, Crystal Structures, vol. 1, 2nd ed., Interscience (1963)

A polyhedron (tetrahedron, octahedron, cube, tricapped prism, cuboctahedron) at the sum of the covalent radii stands for any
other pair of absorber and neighbour; the shell fit moves it to the distance of the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.science.cif import read_cif
from pipeline.science.crystal import Cluster, Crystal, Site, build_cluster
from pipeline.science.elements import atomic_number, bond_angstrom
from pipeline.techniques.absorption.model import StructureKind

CLUSTER_RADIUS = 6.0
"""Of the atoms given to FEFF around the absorber of a crystal, angstrom: potentials and all paths of the shells fitted."""
TA_CL_ANGSTROM = 2.36
UCL3 = {
    "SmCl3": ("Sm", 7.378, 4.171, 0.3886, 0.3015),
    "LaCl3": ("La", 7.4779, 4.3745, 0.3874, 0.3016),
}
FCC = {"Al": 4.0495, "Ni": 3.524, "Cu": 3.6147, "Rh": 3.804, "Pd": 3.8907, "Ag": 4.0857, "Ir": 3.8389, "Pt": 3.9239,
       "Au": 4.0786, "Pb": 4.9505}  # fmt: skip
BCC = {"V": 3.024, "Cr": 2.8839, "Fe": 2.8665, "Nb": 3.3004, "Mo": 3.1473, "Ta": 3.3026, "W": 3.1652}
METALS = {**{f"{e} fcc": e for e in FCC}, **{f"{e} bcc": e for e in BCC}}
BUILT_IN = ("TaCl6", *UCL3, *METALS)
"""Names that ``structure`` of the study's shell table may hold beside the name of a CIF file."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Structure:
    """A cluster, with what may be done with it."""

    cluster: Cluster
    kind: StructureKind
    """``polyhedron``: its distance is a guess, FEFF is run again where the data have their shell; ``octahedron``: opposite
    neighbours are in line with the absorber, so that collinear multiple scattering measures bending."""
    title: str
    """Its short name."""
    notes: tuple[str, ...] = ()

    @property
    def movable(self) -> bool:
        """True where the distance is a guess."""
        return self.kind == "polyhedron"

    @property
    def octahedral(self) -> bool:
        """True for the octahedron, which is set up again at the distance of the data."""
        return self.kind == "octahedron"

    @property
    def family(self) -> tuple[str, str]:
        """Samples of one family have one threshold: all octahedra of the same atoms, and the same crystal or polyhedron."""
        return self.kind, self.title if self.octahedral else self.cluster.source


def choose_structure(
    absorber: str, scatterer: str, name: str | None, cif: bytes | None, coordination: float | None
) -> Structure:
    """The model of one shell: a CIF, a built-in model by name or by its elements, else a polyhedron.

    Raises
    ------
    FitError
        An unknown name, an unknown element, a CIF that cannot be read, or one without the absorber.
    """
    for role, element in (("absorber", absorber), ("scatterer", scatterer)):
        if atomic_number(element) is None:
            raise FitError(source=f"{absorber}-{scatterer}", field=role, problem=f"{element!r} is no element")
    if cif is not None:
        crystal = read_cif(name or "structure", cif)
        cluster = build_cluster(crystal, absorber, CLUSTER_RADIUS)
        _require(cluster, scatterer)
        return Structure(cluster=cluster, kind="crystal", title=crystal.name, notes=crystal.notes)
    if name is None:
        name = _by_elements(absorber, scatterer)
    if name is None:
        n = 6 if coordination is None else min(POLYHEDRA, key=lambda m: abs(m - coordination))
        return polyhedron(absorber, scatterer, n, bond_angstrom(absorber, scatterer))
    if name.lower().endswith(".cif"):
        raise FitError(
            source=name, field="structure", problem="this CIF file could not be read", hint="is it below raw?"
        )
    built = _built_in(name)
    if built is None:
        known = ", ".join(BUILT_IN[:3])
        problem = f"{name!r} is no model of this program"
        raise FitError(
            source=name, field="structure", problem=problem, hint=f"a CIF file, or one of {known}, 'W bcc' ..."
        )
    if built.cluster.absorber != absorber:
        problem = f"{name} holds no {absorber}, the absorbing element"
        raise FitError(source=name, field="structure", problem=problem, hint="a CIF of a phase that does")
    _require(built.cluster, scatterer)
    return built


def _require(cluster: Cluster, scatterer: str) -> None:
    if scatterer not in cluster.elements:
        problem = f"no {scatterer} within {CLUSTER_RADIUS:g} Å of {cluster.absorber}"
        raise FitError(
            source=cluster.source, field="scatterer", problem=problem, hint="check shell.scatterer in the study"
        )


def _by_elements(absorber: str, scatterer: str) -> str | None:
    if absorber == scatterer:
        return next((n for n, e in METALS.items() if e == absorber), None)
    if scatterer == "Cl":
        return {"Ta": "TaCl6", "Sm": "SmCl3", "La": "LaCl3"}.get(absorber)
    return None


def _built_in(name: str) -> Structure | None:
    if name == "TaCl6":
        cluster = octahedron("Ta", "Cl", TA_CL_ANGSTROM)
        return Structure(cluster=cluster, kind="octahedron", title="octahedron TaCl6")
    if name in UCL3:
        element, a, c, x, y = UCL3[name]
        cluster = build_cluster(ucl3_crystal(name, element, a, c, x, y), element, CLUSTER_RADIUS)
        return Structure(cluster=cluster, kind="crystal", title=name)
    if name in METALS:
        element = METALS[name]
        cluster = build_cluster(_metal(element), element, CLUSTER_RADIUS)
        return Structure(cluster=cluster, kind="crystal", title=f"{element} metal")
    return None


def octahedron(absorber: str, scatterer: str, r_angstrom: float, positions: FloatArray | None = None) -> Cluster:
    """Six neighbours on the axes, or at ``positions`` (6, 3)."""
    axes = np.vstack([np.eye(3), -np.eye(3)]) * r_angstrom if positions is None else positions
    source = f"octahedron {absorber}{scatterer}6, {absorber}-{scatterer} {r_angstrom:.3f} Å"
    return Cluster(absorber=absorber, elements=(scatterer,) * 6, positions_angstrom=axes, source=source)


def ucl3_crystal(name: str, element: str, a: float, c: float, x: float, y: float) -> Crystal:
    """P6_3/m with the metal on 2c (1/3, 2/3, 1/4) and Cl on 6h (x, y, 1/4)."""
    ring = [(x, y), (-y, x - y), (y - x, -x)]
    sites = [
        Site(element=element, label=element, fraction=(1 / 3, 2 / 3, 0.25)),
        Site(element=element, label=element, fraction=(2 / 3, 1 / 3, 0.75)),
    ]
    sites += [Site(element="Cl", label="Cl", fraction=(u, v, 0.25)) for u, v in ring]
    sites += [Site(element="Cl", label="Cl", fraction=(-u, -v, 0.75)) for u, v in ring]
    source = "Morosin (1968)" if name == "LaCl3" else "cell of Zachariasen (1948), positions after Morosin (1968)"
    return Crystal(
        name=f"{name}, P6_3/m, a = {a:g} Å, c = {c:g} Å, Cl at ({x:g}, {y:g}, 1/4): {source}",
        lengths_angstrom=(a, a, c),
        angles_degree=(90.0, 90.0, 120.0),
        sites=tuple(sites),
    )


def _metal(element: str) -> Crystal:
    fcc = element in FCC
    a = FCC[element] if fcc else BCC[element]
    corners = [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)] if fcc else [(0, 0, 0), (0.5, 0.5, 0.5)]
    return Crystal(
        name=f"{element} metal, {'fcc' if fcc else 'bcc'}, a = {a:g} Å (Wyckoff 1963)",
        lengths_angstrom=(a, a, a),
        angles_degree=(90.0, 90.0, 90.0),
        sites=tuple(Site(element=element, label=element, fraction=p) for p in corners),
    )


def _tricapped_prism() -> FloatArray:
    angles = np.radians([0, 120, 240])
    flat = np.sqrt(0.5)
    prism = [(flat * np.cos(a), flat * np.sin(a), s * flat) for s in (1, -1) for a in angles]
    return np.array(prism + [(np.cos(a), np.sin(a), 0.0) for a in angles + np.pi / 3])


def _signs(*base: tuple[float, float, float]) -> FloatArray:
    found = {
        tuple(float(s * v) for s, v in zip(signs, point, strict=True))
        for point in base
        for signs in np.stack(np.meshgrid(*[[1, -1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    }
    return np.array(sorted(found)) + 0.0


POLYHEDRA: Mapping[int, FloatArray] = {
    4: np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)], dtype=float),
    6: np.vstack([np.eye(3), -np.eye(3)]),
    8: _signs((1, 1, 1)),
    9: _tricapped_prism(),
    12: _signs((1, 1, 0), (1, 0, 1), (0, 1, 1)),
}
"""Coordination number -> directions."""


def polyhedron(absorber: str, scatterer: str, n: int, r_angstrom: float) -> Structure:
    """``n`` neighbours (a key of ``POLYHEDRA``) at one distance."""
    directions = POLYHEDRA[n]
    positions = directions / np.linalg.norm(directions, axis=1)[:, None] * r_angstrom
    title = f"{n} {scatterer} around {absorber} at {r_angstrom:.2f} Å"
    source = f"{title}, one shell (no crystal structure given)"
    cluster = Cluster(absorber=absorber, elements=(scatterer,) * n, positions_angstrom=positions, source=source)
    return Structure(cluster=cluster, kind="polyhedron", title=title)
