"""Clusters, FEFF6L and the EXAFS equation: chi(k) of TaCl6 octahedra, straight or bent, and of SmCl3.

chi(k) = S02 sum_paths N |f(k)| red(k) / (k R^2) exp(-2 R / lambda(k)) exp(-2 sigma^2 k^2) sin(2 k [R - s sigma^2] + phases),
s = 2/R + 2/lambda (Rehr and Albers, Rev. Mod. Phys. 72 (2000) 621): R is the centre of a distribution of distances of variance
sigma^2, of which nearer ones count more because the wave decays as exp(-2 R / lambda) / R^2 (Bunker, Nucl. Instrum. Methods 207
(1983) 437).  FEFF6L is the program that ships in the wheel of xraylarch; it is run
by its path, nothing of larch is imported.
"""

from __future__ import annotations

import importlib.util
import platform
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

K_GRID = np.arange(0.0, 20.001, 0.05)
SYMBOLS = {73: "Ta", 62: "Sm", 17: "Cl"}


def feff6l() -> Path:
    """The FEFF6L program of the installed xraylarch."""
    found = importlib.util.find_spec("larch")
    if found is None or found.origin is None:
        raise SystemExit("simulate.py: xraylarch is not installed: its FEFF6L makes the absorption scans")
    folder, name = {
        "Windows": ("win64", "feff6l.exe"),
        "Darwin": ("darwin64", "feff6l"),
    }.get(platform.system(), ("linux64", "feff6l"))
    return Path(found.origin).parent / "bin" / folder / name


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Absorber at the origin and its neighbours. ``positions`` (n, 3) in angstrom, ``numbers`` (n,) atomic numbers."""

    absorber: int
    positions: np.ndarray
    numbers: np.ndarray
    r_max: float
    max_legs: int


def octahedron(distance: float, bend_degree: float, rng: np.random.Generator) -> Cluster:
    """TaCl6; each of the three Cl-Ta-Cl is 180 - bend degrees, bent towards a random side."""
    half = np.radians(bend_degree / 2)
    positions = []
    for axis in np.eye(3):
        angle = rng.uniform(0, 2 * np.pi)
        u, v = np.roll(axis, 1), np.roll(axis, 2)
        side = np.cos(angle) * u + np.sin(angle) * v
        positions += [distance * (sign * np.cos(half) * axis + np.sin(half) * side) for sign in (1, -1)]
    return Cluster(
        absorber=73, positions=np.array(positions), numbers=np.full(6, 17), r_max=2.12 * distance, max_legs=4
    )


def samarium_chloride(scale: float) -> Cluster:
    """UCl3 type, P6_3/m, Sm on 2c and Cl on 6h; a = 7.378, c = 4.171 angstrom, (x, y) = (0.3886, 0.3015)."""
    a, c, x, y = 7.378 * scale, 4.171 * scale, 0.3886, 0.3015
    cell = np.array([[a, 0, 0], [-a / 2, a * np.sqrt(3) / 2, 0], [0, 0, c]])
    ring = np.array([[x, y, 0.25], [-y, x - y, 0.25], [y - x, -x, 0.25]])
    chlorine = np.vstack([ring, -ring])
    samarium = np.array([[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]])
    shifts = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    cl = ((chlorine + shifts).reshape(-1, 3) - samarium[0]) @ cell
    sm = ((samarium + shifts).reshape(-1, 3) - samarium[0]) @ cell
    positions, numbers = np.vstack([cl, sm]), np.r_[np.full(len(cl), 17), np.full(len(sm), 62)]
    r = np.linalg.norm(positions, axis=1)
    keep = (r > 0.1) & (r < 5.6)
    order = np.argsort(r[keep], kind="stable")
    return Cluster(absorber=62, positions=positions[keep][order], numbers=numbers[keep][order], r_max=4.9, max_legs=3)


def write_input(cluster: Cluster) -> str:
    """feff.inp for FEFF6L, L3 hole."""
    kinds = list(dict.fromkeys(int(z) for z in cluster.numbers))
    lines = ["TITLE simulated", "HOLE 4 1.0", "CONTROL 1 1 1 1", "PRINT 0 0 0 3", f"RMAX {cluster.r_max:.4f}"]
    lines += [f"NLEG {cluster.max_legs}", "CRITERIA 0.0 0.0", "POTENTIALS", f"0 {cluster.absorber} X0"]
    lines += [f"{i} {z} {SYMBOLS[z]}" for i, z in enumerate(kinds, start=1)]
    lines += ["ATOMS", "0.0 0.0 0.0 0"]
    atoms = zip(cluster.positions, cluster.numbers, strict=True)
    lines += [f"{p[0]:.6f} {p[1]:.6f} {p[2]:.6f} {kinds.index(int(z)) + 1}" for p, z in atoms]
    return "\n".join([*lines, "END", ""])


def chi_of_cluster(cluster: Cluster, sigma2: float, s02: float) -> np.ndarray:
    """chi on ``K_GRID``; sigma2 is that of the first shell, longer paths take multiples of it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "feff.inp").write_text(write_input(cluster))
        log = subprocess.run([str(feff6l())], cwd=folder, capture_output=True, text=True, check=False).stdout
        files = sorted(Path(folder).glob("feff0*.dat"))
        if not files or "Fatal" in log:
            raise SystemExit("simulate.py: FEFF6L did not finish:\n" + log[-2000:])
        return s02 * sum((_path(f.read_text(), sigma2) for f in files), np.zeros_like(K_GRID))


def _path(text: str, sigma2_shell: float) -> np.ndarray:
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if "nleg, deg, reff" in line)
    n_legs, degeneracy, r = int(lines[start].split()[0]), *(float(v) for v in lines[start].split()[1:3])
    atoms = [line.split()[:5] for line in lines[start + 2 : start + 2 + n_legs]]
    table = np.array([[float(v) for v in line.split()] for line in lines[start + 3 + n_legs :] if line.strip()])
    k, shift, magnitude, phase, reduction, mean_path, _ = table.T
    sigma2 = sigma2_shell * _disorder(n_legs, atoms, r)
    amplitude = degeneracy * magnitude * reduction / r**2 * np.exp(-2 * r / mean_path - 2 * sigma2 * k**2)
    nearer = np.interp(K_GRID, k, sigma2 * (2 / r + 2 / mean_path))
    total = np.interp(K_GRID, k, np.unwrap(shift) + phase) + 2 * K_GRID * (r - nearer)
    return np.interp(K_GRID, k, amplitude) / np.maximum(K_GRID, 0.1) * np.sin(total)


def _disorder(n_legs: int, atoms: list[list[str]], r: float) -> float:
    """sigma^2 of a path over that of the first shell: independent neighbours add, one neighbour twice counts double."""
    if n_legs == 2:
        return 1.0 if r < 3.2 else 2.5
    if n_legs == 3:
        return 1.6 if r < 4.4 else 2.0
    others = [tuple(a[:3]) for a in atoms if int(a[3]) != 0]
    return 4.0 if len(set(others)) == 1 else 2.0
