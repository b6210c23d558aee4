"""chi(k), its noise, and the linear map from chi(k) to the residuals of a fit in R space.

    residuals = Re and Im of FT[k^w W chi](R) / eps_w   for R in [r_min, r_max] and all k-weights w

eps_w is the noise of chi(R) at that weight (M. Newville, B. I. Boyanov and D. E. Sayers, J. Synchrotron Rad. 6 (1999) 264).  The
matrix is taken down to its rank: a few dozen rows instead of hundreds, with the same sum of squares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.techniques.absorption.fit.reduce.fourier import K_STEP, R_STEP, transform, transform_noise, window_on_grid

NOISE_R = (15.0, 25.0)
"""Beyond all structure: what chi(R) shows there is noise, angstrom."""
MIN_R_RANGE = 0.4
"""A peak of chi(R) is that wide, angstrom."""
RANK = 1e-11
"""Smallest eigenvalue kept, of the largest: what lies below is rounding."""
NOISE_EXCESS = 1.25
"""Noise seen there over noise given, from which on it is believed: three standard deviations of some 70 independent points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRange:
    """Window in k, range in R, weights."""

    k_min: float
    k_max: float
    dk: float
    window: str
    r_min: float
    r_max: float
    k_weights: tuple[int, ...]

    @property
    def n_independent(self) -> float:
        """2 dk dR / pi, without the one that larch adds."""
        return 2 * (self.k_max - self.k_min) * (self.r_max - self.r_min) / np.pi


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Spectrum:
    """chi(k) on the uniform grid, its noise, and the matrix from chi to residuals."""

    k: FloatArray
    chi: FloatArray
    sigma: FloatArray
    matrix: FloatArray
    """(rank, nk)"""
    noise: FloatArray
    """(rank, rank) covariance of the residuals."""

    @property
    def data(self) -> FloatArray:
        """(rank,)"""
        return np.asarray(self.matrix @ self.chi)


def weigh_spectrum(k: FloatArray, chi: FloatArray, sigma: FloatArray, fit_range: FitRange) -> Spectrum:
    """Residual matrix of one spectrum.

    Parameters
    ----------
    k, chi, sigma:
        (nk,) on the grid of 0.05 1/angstrom; where ``sigma`` is missing the noise of chi(R) beyond 15 Å is taken.

    Raises
    ------
    FitError
        Too short a range, or no noise at all.
    """
    k_end = float(k[-1])
    problem = None
    if not np.isfinite(chi).all() or not np.allclose(k, K_STEP * np.arange(k.size), rtol=0, atol=1e-6):
        raise FitError(
            source="", field="chi", problem="is not a number somewhere, or not on the grid of 0.05 1/angstrom"
        )
    if fit_range.r_max - fit_range.r_min < MIN_R_RANGE:
        problem = (
            f"{fit_range.r_min:.2f} to {fit_range.r_max:.2f} Å holds no shell: Rbkg and the next shell leave too little"
        )
        raise FitError(source="", field="R range", problem=problem, hint="a lower rbkg")
    if fit_range.k_max > k_end + K_STEP:
        problem = f"k range ends at {fit_range.k_max:g}, the data at {k_end:.2f} 1/angstrom"
    elif fit_range.k_max - fit_range.k_min < 4:
        problem = f"k from {fit_range.k_min:g} to {fit_range.k_max:g} 1/angstrom is too short a range"
    if problem is not None:
        raise FitError(source="", field="k range", problem=problem, hint="4 1/angstrom at least")
    window = window_on_grid(k.size, fit_range.k_min, fit_range.k_max, fit_range.dk, fit_range.window)
    sigma = noise_of(k, chi, sigma, window)
    r = R_STEP * np.arange(1024)
    r = r[(r >= fit_range.r_min - 1e-9) & (r <= fit_range.r_max + 1e-9)]
    use = np.flatnonzero(window > 0)
    lag = np.cos(2 * np.outer(K_STEP * np.arange(use.size), r)).sum(axis=1) * K_STEP**2 / np.pi
    weights = np.array([k[use] ** w * window[use] for w in fit_range.k_weights])
    weights /= np.array([[transform_noise(weight * sigma[use])] for weight in weights])
    gram = weights.T @ weights * lag[np.abs(use[:, None] - use)]
    values, basis = np.linalg.eigh(gram)  # of A^T A, where A is the matrix of all residuals
    keep = values > RANK * values[-1]
    matrix = np.zeros((int(keep.sum()), k.size))
    matrix[:, use] = np.sqrt(values[keep])[:, None] * basis[:, keep].T
    return Spectrum(k=k, chi=chi, sigma=sigma, matrix=matrix, noise=(matrix * sigma**2) @ matrix.T)


def noise_of(k: FloatArray, chi: FloatArray, sigma: FloatArray, window: FloatArray) -> FloatArray:
    """(nk,) 1 sigma of chi(k): as given, but not below what chi(R) shows beyond 15 Å; white where none is given."""
    given = np.isfinite(sigma) & (sigma > 0)
    inside = window > 1e-6
    shape = np.where(given, sigma, np.median(sigma[given & inside]) if (given & inside).any() else 0.0)
    weight = k * window
    r, chi_r = transform(weight * chi, 31.0)
    far = chi_r[(r >= NOISE_R[0]) & (r <= NOISE_R[1])]
    seen = float(np.sqrt(np.mean(np.abs(far) ** 2) / 2))
    if not shape[inside].any():
        shape = np.ones_like(shape)
        scale = seen / transform_noise(weight * shape)
    else:
        scale = seen / transform_noise(weight * shape)
        scale = scale if scale > NOISE_EXCESS else 1.0
    if not (np.isfinite(scale) and scale > 0):
        raise FitError(source="", field="chi", problem="has no noise: constant or not a number")
    return np.asarray(shape * scale)
