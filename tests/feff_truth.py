"""chi(k) made without the equation under test: FEFF's tables, averaged over a distribution of distances by quadrature."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from pipeline.core.values import Estimate
from pipeline.techniques.absorption.fit.feff.program import PathSearch, run_feff, write_input
from pipeline.techniques.absorption.fit.feff.structures import octahedron
from pipeline.techniques.absorption.fit.reduce.fourier import k_to_r
from pipeline.techniques.absorption.model import ReducedAbsorption
from tests.reductions import reduction_used

K = np.arange(0, 16.001, 0.05)
K2_PER_EV = 0.2624684
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(31)


def thermal_chi(
    path: Any, n_s02: float, shift: float, sigma2: float, e0_ev: float = 0.0, k: np.ndarray = K
) -> np.ndarray:
    """<N S02 |f| red sin(...) exp(-2 r / lambda) / (q r^2)> over a normal distribution of half path lengths."""
    q2 = k**2 - K2_PER_EV * e0_ev
    q = np.sqrt(np.maximum(q2, 1e-4))
    t = path.table
    real_phc, mag, phase, red, lam, real_p = (CubicSpline(t[:, 0], t[:, i])(q) for i in range(1, 7))
    p = real_p + 1j / lam
    reff = path.reff_angstrom
    total = np.zeros(k.size, dtype=complex)
    for node, weight in zip(NODES, WEIGHTS / WEIGHTS.sum(), strict=True):
        r = reff + shift + np.sqrt(sigma2) * node
        wave = np.exp(1j * (2 * q * reff + real_phc + phase) + 2j * p * (r - reff) - 2 * reff / lam)
        total += weight * n_s02 * mag * red * wave / (q * r**2)
    return np.where(k > 0.5, total.imag, 0.0)


def disorder(path: Any, r: float) -> float:
    """sigma^2 of a path over that of one bond, bonds independent: one bond twice counts fourfold."""
    if path.legs == 2:
        return 1.0
    if path.legs == 3:
        return 1.6 if path.reff_angstrom < 1.9 * r else 2.0
    atoms = {tuple(np.round(a, 3)) for a in path.positions_angstrom if np.linalg.norm(a) > 0.1}
    return 4.0 if len(atoms) == 1 else 2.0


def molecule_chi(paths: Any, s02: float, shift: float, sigma2: float, e0_ev: float = 0.0) -> np.ndarray:
    """All paths of one molecule, its bonds longer by ``shift``."""
    r = min(p.reff_angstrom for p in paths)
    total = np.zeros(K.size)
    for p in paths:
        total += thermal_chi(p, s02 * p.degeneracy, shift * p.reff_angstrom / r, sigma2 * disorder(p, r), e0_ev)
    return total


def bent_positions(r: float, bend_degree: float, seed: int) -> np.ndarray:
    """Six neighbours; each X-M-X is 180 - bend, the side at random."""
    rng = np.random.default_rng([seed, 99])
    rows = []
    for axis in np.eye(3):
        normal = np.cross(axis, rng.standard_normal(3))
        normal /= np.linalg.norm(normal)
        tilt = np.radians(bend_degree) / 2
        rows += [r * (np.cos(tilt) * axis + np.sin(tilt) * normal), r * (-np.cos(tilt) * axis + np.sin(tilt) * normal)]
    return np.array(rows)


def octahedron_chi(cache: Any, *, r: float = 2.372, bend: float = 0.0, sigma2: float = 0.0034, s02: float = 0.92,
                   e0_ev: float = 0.0, seeds: int = 4) -> np.ndarray:  # fmt: skip
    """All paths of TaCl6 up to twice the bond, mean over octahedra bent to different sides."""
    total = np.zeros(K.size)
    count = seeds if bend else 1
    for seed in range(count):
        cluster = octahedron("Ta", "Cl", r, bent_positions(r, bend, seed))
        paths = run_feff(write_input(cluster, "L3", PathSearch(r_max_angstrom=round(2.1 * r, 3))), cache).paths
        for p in paths:
            total += thermal_chi(p, p.degeneracy * s02, 0.0, sigma2 * disorder(p, r), e0_ev) / count
    return total


def reduced(sample: str, chi: np.ndarray, noise: float, seed: int | None = None, *, element: str = "Ta",
            k: np.ndarray = K, k_max: float = 14.0, e0_ev: float = 9884.0, step_sigma: float = 0.0,
            k_min: float = 3.0) -> ReducedAbsorption:  # fmt: skip
    """A reduction that holds nothing but chi(k), with white noise where a seed is given."""
    if seed is not None:
        chi = chi + noise * np.random.default_rng(seed).standard_normal(k.size)
    r, chi_r = k_to_r(k, chi, k_min=k_min, k_max=k_max, dk=1.0, k_weight=2, window="hanning")
    none = np.zeros(2)
    return ReducedAbsorption(
        sample=sample, element=element, edge="L3", scans=(), energy_ev=none, mu=none, mu_sigma=none, normalized=none,
        flattened=none, background=none, pre_edge=none, post_edge=none, e0_ev=e0_ev,
        edge_step=Estimate(value=1.0, sigma=step_sigma, unit="1"), k_per_angstrom=k, chi=chi,
        chi_sigma=np.full(k.size, noise), r_angstrom=r, chi_r_re=chi_r.real, chi_r_im=chi_r.imag, chi_r_noise=noise,
        k_min=k_min, k_max=k_max, dk=1.0, k_weight=2, window="hanning", rbkg_angstrom=1.0, wavelet=None,
        settings=reduction_used(bkg_k_max=k_max),
    )  # fmt: skip
