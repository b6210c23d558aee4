"""Octahedra, straight and bent: the paths that measure bending, and how the measure falls with the angle.

Collinear multiple scattering (absorber - X - absorber - X' - absorber and absorber - X - X' - absorber, X and X' opposite) is
strong by focussing through the atom in the middle and falls when X - absorber - X' bends (B. K. Teo, J. Am. Chem. Soc. 103 (1981)
3990).  Its paths have twice the length and twice the sigma^2 of single scattering.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.absorption.fit.feff.paths import FeffPath, bank_of, chi_of_paths
from pipeline.techniques.absorption.fit.feff.program import PathSearch, run_feff, write_input
from pipeline.techniques.absorption.fit.feff.structures import octahedron
from pipeline.techniques.absorption.fit.shells.least_squares import ShellModel

BENDS_DEGREE = (0.0, 5.0, 10.0, 15.0, 20.0, 25.0)
ORIENTATIONS = 3
"""Bent octahedra averaged at each angle: directions of the bends are drawn at random."""
SNAP_ANGSTROM = 0.02
NAMES = ("amplitude", "E0", "dR", "sigma2", "collinear", "triangle")
SCALES = (1.0, 1.0, 0.01, 0.001, 0.2, 0.2)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BentModel:
    """chi(k) of octahedra bent by each of ``BENDS_DEGREE``, before sigma^2."""

    distance_angstrom: float
    straight: tuple[FeffPath, ...]
    bent: tuple[tuple[tuple[FeffPath, ...], ...], ...]
    """Per angle, per orientation."""


def search(r_angstrom: float) -> PathSearch:
    """All paths up to twice the distance."""
    return PathSearch(r_max_angstrom=round(2.06 * r_angstrom, 4))


@lru_cache(maxsize=8)
def run_octahedra(absorber: str, scatterer: str, edge: str, r_angstrom: float, cache: Path, *, bent: bool) -> BentModel:
    """FEFF on the straight octahedron, and on bent ones where asked."""
    r = round(round(r_angstrom / SNAP_ANGSTROM) * SNAP_ANGSTROM, 3)
    clusters = [octahedron(absorber, scatterer, r)]
    straight = run_feff(write_input(clusters[0], edge, search(r)), cache).paths
    series: list[tuple[tuple[FeffPath, ...], ...]] = []
    for bend in BENDS_DEGREE if bent else ():
        if bend == 0:
            series.append((straight,))
            continue
        runs = []
        for i in range(ORIENTATIONS):
            positions = bend_octahedron(r, bend, np.random.default_rng([int(bend), i]))
            cluster = octahedron(absorber, scatterer, r, positions)
            runs.append(run_feff(write_input(cluster, edge, search(r)), cache).paths)
        series.append(tuple(runs))
    return BentModel(distance_angstrom=r, straight=straight, bent=tuple(series))


def bend_octahedron(r_angstrom: float, bend_degree: float, rng: np.random.Generator) -> FloatArray:
    """(6, 3): each of the three axes bent by the same angle, all distances kept, to a side drawn at random."""
    half = np.radians(bend_degree / 2)
    rows = []
    for axis in np.eye(3):
        turn = rng.uniform(0, 2 * np.pi)
        side = np.cos(turn) * np.roll(axis, 1) + np.sin(turn) * np.roll(axis, 2)
        rows += [r_angstrom * (sign * np.cos(half) * axis + np.sin(half) * side) for sign in (1, -1)]
    return np.array(rows)


def neighbours(path: FeffPath) -> FloatArray:
    """(n, 3) distinct atoms of a path other than the absorber."""
    away = path.positions_angstrom[np.linalg.norm(path.positions_angstrom, axis=1) > 0.1]
    return np.unique(np.round(away, 3), axis=0)


def sigma2_factor(path: FeffPath, r_angstrom: float) -> float:
    """sigma^2 of a path over that of one bond: independent bonds add in half path length, one bond twice counts fourfold.

    Single scattering 1; to and fro over two bonds 2, over one bond 4; the triangle about 1.6 (half of it is the X - X distance).
    """
    if path.legs == 2:
        return 1.0
    if path.reff_angstrom < 1.9 * r_angstrom:
        return 1.6
    return 4.0 if path.legs == 4 and len(neighbours(path)) == 1 else 2.0


def is_collinear(path: FeffPath) -> bool:
    """Two neighbours opposite each other (within 5 degrees), and no others."""
    atoms = neighbours(path)
    if len(atoms) != 2 or path.legs < 3:
        return False
    cosine = float(atoms[0] @ atoms[1] / np.prod(np.linalg.norm(atoms, axis=1)))
    return bool(cosine < -0.996)


def tied_model(paths: tuple[FeffPath, ...]) -> ShellModel:
    """Single scattering, the triangle with an amplitude of its own, and the paths of twice the length.

    These share one amplitude factor, relative to FEFF of the straight octahedron, and are tied: dR = 2 dR, sigma^2 = 2 sigma^2
    (4 for to and fro over one bond).
    """
    r = min(p.reff_angstrom for p in paths)
    n = sum(p.degeneracy for p in paths if p.legs == 2)
    delta_r, sigma2 = np.zeros((len(paths), len(NAMES))), np.zeros((len(paths), len(NAMES)))
    multiplier = []
    for i, path in enumerate(paths):
        delta_r[i, 2] = path.reff_angstrom / r
        if path.legs == 2:
            multiplier.append(-1)
            sigma2[i, 3] = 1.0
        elif path.reff_angstrom < 1.9 * r:
            multiplier.append(5)
            sigma2[i, 3] = sigma2_factor(path, r)
        else:
            multiplier.append(4)
            sigma2[i, 3] = sigma2_factor(path, r)
    return ShellModel(
        bank=bank_of(paths),
        names=NAMES,
        share=np.array([p.degeneracy for p in paths]) / n,
        multiplier=tuple(multiplier),
        delta_r=delta_r,
        sigma2=sigma2,
    )


def chi_of_bend(
    model: BentModel, which: int, k: FloatArray, amplitude: float, e0_ev: float, dr: float, s2: float
) -> FloatArray:
    """(nk,) chi of octahedra bent by ``BENDS_DEGREE[which]``: mean over the orientations."""
    total = np.zeros(k.size)
    for paths in model.bent[which]:
        bank = bank_of(paths)
        r = float(bank.reff.min())
        n = sum(p.degeneracy for p in paths if p.legs == 2)
        factors = np.array([sigma2_factor(p, r) for p in paths])
        chi = chi_of_paths(bank, k, e0_ev, amplitude * bank.degeneracy / n, dr * bank.reff / r, s2 * factors)
        total += chi.sum(axis=0) / len(model.bent[which])
    return total
