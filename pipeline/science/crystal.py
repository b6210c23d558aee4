"""Unit cells, and the cluster of atoms around an absorber."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray, freeze
from pipeline.core.errors import FitError

SAME_ATOM_ANGSTROM = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One atom site of a cell."""

    element: str
    label: str
    fraction: tuple[float, float, float]
    occupancy: float = 1.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Crystal:
    """A cell with all its atoms, symmetry applied."""

    name: str
    lengths_angstrom: tuple[float, float, float]
    angles_degree: tuple[float, float, float]
    sites: tuple[Site, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cluster:
    """The absorber at the origin (not listed) and its neighbours, nearest first."""

    absorber: str
    elements: tuple[str, ...]
    positions_angstrom: FloatArray
    """(n, 3)"""
    source: str
    """What it is and where its numbers come from."""

    def __post_init__(self) -> None:
        freeze(self, positions_angstrom=float)

    @property
    def distances_angstrom(self) -> FloatArray:
        """(n,) from the absorber."""
        return np.asarray(np.linalg.norm(self.positions_angstrom, axis=1))


def cell_vectors(lengths_angstrom: Sequence[float], angles_degree: Sequence[float]) -> FloatArray:
    """(3, 3) rows a, b, c in angstrom; a along x, b in the xy plane."""
    a, b, c = lengths_angstrom
    ca, cb, cg = np.cos(np.radians(angles_degree))
    sg = np.sqrt(1 - cg**2)
    cx, cy = cb, (ca - cb * cg) / sg
    return np.array([[a, 0, 0], [b * cg, b * sg, 0], [c * cx, c * cy, c * np.sqrt(max(1 - cx**2 - cy**2, 0))]])


def build_cluster(crystal: Crystal, absorber: str, r_max_angstrom: float) -> Cluster:
    """Atoms within ``r_max_angstrom`` of the first site of the absorber.

    Raises
    ------
    FitError
        The crystal holds no such element.
    """
    centres = [s for s in crystal.sites if s.element == absorber]
    if not centres:
        found = ", ".join(sorted({s.element for s in crystal.sites}))
        problem = f"holds no {absorber}, the absorbing element (it holds {found})"
        raise FitError(
            source=crystal.name, field="structure", problem=problem, hint="name the CIF of a phase that does"
        )
    cell = cell_vectors(crystal.lengths_angstrom, crystal.angles_degree)
    heights = abs(np.linalg.det(cell)) / np.linalg.norm(np.cross(cell[[1, 2, 0]], cell[[2, 0, 1]]), axis=1)
    reach = [int(np.ceil(r_max_angstrom / h)) + 1 for h in heights]
    shifts = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in reach], indexing="ij"), -1).reshape(-1, 3)
    fractions = np.array([s.fraction for s in crystal.sites])
    xyz = ((fractions[:, None, :] + shifts[None, :, :]) - np.array(centres[0].fraction)) @ cell
    r = np.linalg.norm(xyz, axis=2)
    site, shift = np.nonzero((r > SAME_ATOM_ANGSTROM) & (r <= r_max_angstrom))
    positions = xyz[site, shift]
    order = np.lexsort((*np.round(positions.T, 5), site, np.round(r[site, shift], 5)))
    return Cluster(
        absorber=absorber,
        elements=tuple(crystal.sites[site[i]].element for i in order),
        positions_angstrom=positions[order],
        source=crystal.name,
    )
