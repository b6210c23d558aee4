"""Scattering paths of FEFF and the EXAFS equation.

    chi(k) = Im sum N S02 |f(q)| red(q) / (q R^2) exp(-2 reff Im p - 2 p^2 sigma^2)
                    exp i[2 q reff + phase(q) + 2 p (dR - 2 sigma^2/reff)]

with q^2 = k^2 - (2m/hbar^2) E0, p^2 = (Re p(q) + i/lambda(q))^2, R = reff + dR (M. Newville, J. Synchrotron Rad. 8 (2001) 322;
J. J. Rehr and R. C. Albers, Rev. Mod. Phys. 72 (2000) 621): the form of Ifeffit and larch.  The term 2 sigma^2/reff makes R the
centre of the distribution of distances rather than that of its 1/R^2-weighted mean (G. Bunker, Nucl. Instrum. Methods 207 (1983)
437).  All paths of a run share FEFF's k grid, so that one spline serves them all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline

from pipeline.core.arrays import ComplexArray, FloatArray, freeze
from pipeline.core.errors import FitError
from pipeline.science.constants import K2_PER_EV
from pipeline.science.elements import symbol_of
from pipeline.techniques.absorption.model import ScatteringPath


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FeffPath:
    """One feffNNNN.dat."""

    file: str
    degeneracy: float
    reff_angstrom: float
    amplitude_percent: float
    elements: tuple[str, ...]
    """Absorber first, then the atoms in the order they are visited."""
    positions_angstrom: FloatArray
    """(legs, 3)"""
    table: FloatArray
    """(n, 7): k, real[2 phc], |f|, phase f, reduction, lambda, Re p"""

    def __post_init__(self) -> None:
        freeze(self, positions_angstrom=float, table=float)

    @property
    def legs(self) -> int:
        """2 for single scattering."""
        return len(self.elements)

    @property
    def label(self) -> str:
        """``Ta-Cl-Ta`` and so on."""
        return "-".join((*self.elements, self.elements[0]))

    def describe(self) -> ScatteringPath:
        """The row of the path list."""
        return ScatteringPath(
            file=self.file,
            reff_angstrom=self.reff_angstrom,
            degeneracy=self.degeneracy,
            legs=self.legs,
            amplitude_percent=self.amplitude_percent,
            label=self.label,
        )


def parse_paths(files: Mapping[str, str], source: str) -> tuple[str, tuple[FeffPath, ...]]:
    """files.dat and feffNNNN.dat by name -> version of FEFF, paths by length.

    Raises
    ------
    FitError
        A file that is not what FEFF writes.
    """
    rows = re.findall(r"^\s*(feff\d{4}\.dat)\s+\S+\s+(\S+)", files.get("files.dat", ""), re.MULTILINE)
    try:
        paths = tuple(_parse_path(name, files[name], float(amplitude)) for name, amplitude in rows)
    except (KeyError, ValueError, IndexError) as error:
        raise FitError(source=source, field="feffNNNN.dat", problem=f"cannot be read: {error}"[:200]) from None
    if not paths:
        raise FitError(source=source, field="files.dat", problem="names no path")
    version = re.search(r"Feff\s+\S+", files[rows[0][0]])
    return version[0] if version else "Feff", paths


def _parse_path(name: str, text: str, amplitude_percent: float) -> FeffPath:
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if "nleg, deg, reff" in line), None)
    if start is None:
        raise ValueError(f"{name}: no line with nleg, deg, reff")
    words = lines[start].split()
    legs = int(words[0])
    atoms = [line.split() for line in lines[start + 2 : start + 2 + legs]]
    table = np.array([[float(v) for v in line.split()] for line in lines[start + 3 + legs :] if line.strip()])
    if table.ndim != 2 or table.shape[1] != 7 or table.shape[0] < 8 or not np.isfinite(table).all():
        raise ValueError(f"{name}: no table of seven columns")
    return FeffPath(
        file=name,
        degeneracy=float(words[1]),
        reff_angstrom=float(words[2]),
        amplitude_percent=amplitude_percent,
        elements=tuple(symbol_of(int(a[4])) for a in atoms),
        positions_angstrom=np.array([[float(v) for v in a[:3]] for a in atoms]),
        table=table,
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PathBank:
    """Paths of one run, ready for the equation."""

    paths: tuple[FeffPath, ...]
    reff: FloatArray
    """(n,) angstrom"""
    degeneracy: FloatArray
    spline: BSpline
    """k -> (4, n): phase, |f| red, Re p, lambda"""


def bank_of(paths: Sequence[FeffPath]) -> PathBank:
    """Cubic splines through FEFF's tables, not-a-knot ends as in FITPACK's interpolation."""
    k = paths[0].table[:, 0]
    columns = np.empty((k.size, 4, len(paths)))
    for i, path in enumerate(paths):
        t = path.table
        if t.shape[0] != k.size or not np.allclose(t[:, 0], k):
            raise FitError(source=path.file, field="k", problem="paths of one run differ in their k grid")
        columns[:, :, i] = np.stack([t[:, 1] + t[:, 3], t[:, 2] * t[:, 4], t[:, 6], t[:, 5]], axis=1)
    return PathBank(
        paths=tuple(paths),
        reff=np.array([p.reff_angstrom for p in paths]),
        degeneracy=np.array([p.degeneracy for p in paths]),
        spline=make_interp_spline(k, columns, k=3),
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PathWaves:
    """Complex chi of every path, its imaginary part is chi(k); and its derivatives by the path's own parameters."""

    chi: ComplexArray
    """(n, nk) for amplitude N S02"""
    by_delta_r: ComplexArray
    by_sigma2: ComplexArray


def path_waves(
    bank: PathBank,
    k: FloatArray,
    e0_ev: float,
    amplitude: FloatArray,
    delta_r: FloatArray,
    sigma2: FloatArray,
    *,
    derivatives: bool = True,
) -> PathWaves:
    """The EXAFS equation for all paths at once.

    Parameters
    ----------
    k:
        (nk,) 1/angstrom.
    amplitude, delta_r, sigma2:
        (n,): degeneracy times S02, angstrom, angstrom^2.
    """
    energy = k**2 - e0_ev * K2_PER_EV
    energy = np.where(np.abs(energy) < 1.5e-6, 1e-6, energy)
    q = np.sign(energy) * np.sqrt(np.abs(energy))
    phase, magnitude, real_p, mean_path = np.moveaxis(bank.spline(q), 0, 2)
    pp = (real_p + 1j / mean_path) ** 2
    p = np.sqrt(pp)
    reff, dr, s2 = bank.reff[:, None], delta_r[:, None], sigma2[:, None]
    exponent = -2 * reff * p.imag - 2 * pp * s2 + 1j * (2 * q * reff + phase + 2 * p * (dr - 2 * s2 / reff))
    chi = amplitude[:, None] * magnitude * np.exp(exponent) / (q * (reff + dr) ** 2)
    if not derivatives:
        return PathWaves(chi=chi, by_delta_r=chi, by_sigma2=chi)
    return PathWaves(chi=chi, by_delta_r=chi * (2j * p - 2 / (reff + dr)), by_sigma2=chi * (-2 * pp - 4j * p / reff))


def chi_of_paths(
    bank: PathBank, k: FloatArray, e0_ev: float, amplitude: FloatArray, delta_r: FloatArray, sigma2: FloatArray
) -> FloatArray:
    """(n, nk) chi(k) of each path; ``amplitude`` is degeneracy times S02. Not defined at k = 0, set to 0 there."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        chi = path_waves(bank, k, e0_ev, amplitude, delta_r, sigma2, derivatives=False).chi.imag
    return np.where(np.isfinite(chi) & (k > 1e-9), chi, 0.0)
