"""Least squares of FEFF paths to chi(k), in R space with several k-weights at once, for one or more spectra.

    minimise  sum over k-weights and R in [r_min, r_max] of |FT[k^w W (chi - chi_model)] / eps_w|^2   (shell_spectrum.py)

Points of chi(R) are not independent, the less so for three k-weights of the same data; the covariance is therefore that of the
estimator under the noise of chi(k),

    cov = H^-1 J^T C J H^-1,   H = J^T J,   C = covariance of the residuals,

and is multiplied by the reduced chi-squared where that is more than noise explains, more than two standard deviations above 1 (IXS
Standards and Criteria Committee, Error Reporting Recommendations, 2000).  Expectation and deviation of the residual under noise
alone follow from C.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.techniques.absorption.fit.feff.paths import PathBank, path_waves
from pipeline.techniques.absorption.fit.shells.spectrum import Spectrum


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ShellModel:
    """Paths and how their parameters follow from a few: amplitude a, E0, and linear maps for dR and sigma^2."""

    bank: PathBank
    names: tuple[str, ...]
    """First two: amplitude (N S02 of the first shell) and E0 in eV."""
    share: FloatArray
    """(n,) amplitude of each path over that of the first shell."""
    multiplier: tuple[int, ...]
    """(n,) index of a further amplitude factor, -1 where there is none."""
    delta_r: FloatArray
    """(n, m) dR of the paths = delta_r @ parameters"""
    sigma2: FloatArray
    """(n, m)"""

    def path_values(self, p: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Amplitude, dR, sigma^2 of every path, (n,) each."""
        factor = np.array([1.0 if i < 0 else p[i] for i in self.multiplier])
        return self.share * factor * p[0], self.delta_r @ p, self.sigma2 @ p

    def chi(self, k: FloatArray, p: FloatArray) -> FloatArray:
        """(nk,) model chi(k)."""
        amplitude, dr, s2 = self.path_values(p)
        with np.errstate(all="ignore"):
            total = path_waves(self.bank, k, float(p[1]), amplitude, dr, s2, derivatives=False).chi.imag.sum(axis=0)
        return np.where(np.isfinite(total), total, 0.0)

    def jacobian(self, k: FloatArray, p: FloatArray) -> FloatArray:
        """(nk, m) derivatives; that by E0 from differences."""
        amplitude, dr, s2 = self.path_values(p)
        with np.errstate(all="ignore"):
            unit = path_waves(self.bank, k, float(p[1]), self.share, dr, s2)
            factor = np.array([1.0 if i < 0 else p[i] for i in self.multiplier])
            full = (p[0] * factor)[:, None]
            columns = (full * unit.by_delta_r.imag).T @ self.delta_r + (full * unit.by_sigma2.imag).T @ self.sigma2
            columns[:, 0] += (factor[:, None] * unit.chi.imag).sum(axis=0)
            for path, i in enumerate(self.multiplier):
                if i >= 0:
                    columns[:, i] += p[0] * unit.chi[path].imag
            h = 0.02
            up, down = (
                path_waves(self.bank, k, float(p[1]) + d, amplitude, dr, s2, derivatives=False).chi.imag.sum(axis=0)
                for d in (h, -h)
            )
            columns[:, 1] += (up - down) / (2 * h)
        return np.where(np.isfinite(columns), columns, 0.0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Member:
    """One spectrum of a fit: which of the fit's parameters are its own, and what is added to them."""

    spectrum: Spectrum
    model: ShellModel
    index: tuple[int, ...]
    offset: tuple[float, ...]
    excess: float = 1.0
    """Reduced chi-squared of its own fit where noise does not explain it: its noise is taken as that much larger."""
    oversampling: float = 1.0
    """How many times its residuals count the same information; with 1 / oversampling as weight, H is the inverse covariance."""

    @property
    def scale(self) -> float:
        """Residuals are divided by it."""
        return float(np.sqrt(self.excess * self.oversampling))

    def local(self, theta: FloatArray) -> FloatArray:
        """(m,) the model's parameters."""
        return np.asarray(theta[list(self.index)] + np.array(self.offset))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Prior:
    """(theta[a] - theta[b] - offset) / sigma, one more residual."""

    a: int
    b: int
    offset: float
    sigma: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FitOutcome:
    """Best parameters, their covariance, and how good they are."""

    theta: FloatArray
    covariance: FloatArray
    """(m, m) from noise, times the reduced chi-squared where noise does not explain it."""
    influence: FloatArray
    """(m, rank) of residuals on parameters."""
    oversampling: float
    """Mean of H cov: how many times the residuals count the same information."""
    excess: float
    """Reduced chi-squared that the covariance was multiplied by, 1 where noise explains the residual."""
    chi2: float
    chi2_reduced: float
    r_factor: float
    expected_r_factor: float
    """From noise alone."""

    def sigma(self, i: int) -> float:
        """Standard uncertainty of one parameter."""
        return float(np.sqrt(max(self.covariance[i, i], 0.0)))

    def correlation(self, i: int, j: int) -> float:
        """Of two parameters."""
        both = self.sigma(i) * self.sigma(j)
        return float(self.covariance[i, j] / both) if both > 0 else 0.0


def fit_members(
    members: Sequence[Member], theta: FloatArray, scales: FloatArray, priors: Sequence[Prior] = ()
) -> FitOutcome:
    """Levenberg-Marquardt from one start.

    Parameters
    ----------
    theta, scales:
        (m,) start and typical size of each parameter.

    Raises
    ------
    FitError
        The data do not determine the parameters.
    """

    def residual(t: FloatArray) -> FloatArray:
        parts = [
            m.spectrum.matrix @ (m.model.chi(m.spectrum.k, m.local(t)) - m.spectrum.chi) / m.scale for m in members
        ]
        parts.append(np.array([(t[p.a] - t[p.b] - p.offset) / p.sigma for p in priors]))
        return np.concatenate(parts)

    def jacobian(t: FloatArray) -> FloatArray:
        blocks = []
        for m in members:
            block = np.zeros((m.spectrum.matrix.shape[0], t.size))
            local = m.spectrum.matrix @ m.model.jacobian(m.spectrum.k, m.local(t)) / m.scale
            np.add.at(block.T, list(m.index), local.T)
            blocks.append(block)
        tie = np.zeros((len(priors), t.size))
        for row, p in zip(tie, priors, strict=True):
            row[p.a], row[p.b] = 1 / p.sigma, -1 / p.sigma
        return np.concatenate([*blocks, tie])

    if residual(theta).size < theta.size:
        raise FitError(
            source="", field="parameters", problem=f"{theta.size} parameters for fewer independent residuals"
        )
    found = least_squares(residual, theta, jac=jacobian, method="lm", x_scale=scales, max_nfev=60 * theta.size)
    return _outcome(members, np.asarray(found.x), residual(found.x), jacobian(found.x), scales, len(priors))


def _outcome(
    members: Sequence[Member], theta: FloatArray, r: FloatArray, J: FloatArray, scales: FloatArray, n_priors: int
) -> FitOutcome:
    scaled = J * scales
    _, values, right = np.linalg.svd(scaled, full_matrices=False)
    if not (np.isfinite(values).all() and values[-1] > 1e-6 * values[0]):
        raise FitError(source="", field="parameters", problem="the data do not determine them")
    inverse = (right.T / values**2) @ right * np.outer(scales, scales)
    influence = inverse @ J.T
    C = np.zeros((r.size, r.size))
    at = 0
    for m in members:
        n = m.spectrum.matrix.shape[0]
        C[at : at + n, at : at + n] = m.spectrum.noise / m.oversampling
        at += n
    C[at:, at:] = np.eye(n_priors)
    covariance = influence @ C @ influence.T
    rest = C - J @ (influence @ C)
    expected = float(np.trace(rest))
    deviation = float(np.sqrt(2 * max(np.sum(rest * rest.T), 0.0)))
    chi2 = float(r @ r)
    reduced = chi2 / expected if expected > 0 else np.inf
    excess = reduced if reduced > 1 + 2 * deviation / expected else 1.0
    data = np.concatenate([m.spectrum.data / m.scale for m in members])
    size = float(data @ data)
    return FitOutcome(
        theta=theta,
        covariance=covariance * excess,
        influence=influence,
        oversampling=float(np.trace(J.T @ J @ covariance)) / theta.size,
        excess=excess,
        chi2=chi2,
        chi2_reduced=float(reduced),
        r_factor=chi2 / size if size > 0 else np.inf,
        expected_r_factor=expected / size if size > 0 else np.inf,
    )


def fit_alone(spectrum: Spectrum, model: ShellModel, start: FloatArray, scales: FloatArray, reach: float) -> FitOutcome:
    """One spectrum: a coarse search in dR, E0 and sigma^2 with the amplitude solved for, then the best three refined.

    Parameters
    ----------
    start:
        (m,) first guess; the third and fourth parameters are dR and sigma^2 of the first shell.
    reach:
        Largest dR tried, angstrom.
    """
    member = Member(spectrum=spectrum, model=model, index=tuple(range(start.size)), offset=(0.0,) * start.size)
    tries = []
    data = spectrum.data
    for dr in np.linspace(-reach, reach, max(3, 2 * round(reach / 0.04) + 1)):
        for e0 in (-6.0, 0.0, 6.0):
            p = start.copy()
            p[0], p[1], p[2] = 1.0, e0, p[2] + dr
            shape = spectrum.matrix @ model.chi(spectrum.k, p)
            p[0] = float(shape @ data) / max(float(shape @ shape), 1e-30)
            if p[0] > 0:
                tries.append((float(np.sum((data - p[0] * shape) ** 2)), tuple(p)))
    if not tries:
        raise FitError(source="", field="amplitude", problem="no start gives a positive amplitude")
    outcomes = []
    for _, guess in sorted(tries)[:3]:
        try:
            outcomes.append(fit_members([member], np.array(guess), scales))
        except FitError:
            continue
    good = [o for o in outcomes if np.isfinite(o.chi2)]
    if not good:
        raise FitError(source="", field="parameters", problem="the data do not determine them", hint="a longer k range")
    return min(good, key=lambda o: o.chi2)
