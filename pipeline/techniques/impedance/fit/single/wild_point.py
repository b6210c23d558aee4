"""A point that the circuit shows to be wild: studentised deleted residuals of the fits, with the leverage of their Jacobian.

A circuit says more of a point at the end of the sweep than smoothness does, if it is the right one.  So the circuit's residual must
be beyond 5 sigma, that from the smooth spectrum of the check beyond 2, and the circuit must describe all other points to the noise:
else the circuit is to blame.  Leaving a point out counts as two parameters more in the Bayesian criterion, and is weighed against
every number of arcs up to the chosen one: one point never asks for an arc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.values import Finding, Mask
from pipeline.science.deleted_residuals import delete_each
from pipeline.science.statistics import bic_of
from pipeline.techniques.impedance.fit.single.circuit import weighted_rows
from pipeline.techniques.impedance.fit.single.covariance import covariance
from pipeline.techniques.impedance.fit.single.model_selection import OrderFit
from pipeline.techniques.impedance.model import CheckedSpectrum

WILD = "wild_point"
MOST = 2
"""Points left out after the fit, at most: the check has seen the plain ones."""
MIN_SIGMAS = 5.0
"""Of the circuit's deleted residual: 4 in 10^6 by chance."""
MIN_DOUBT = 2.0
"""Of the smooth spectrum's: the point is odd without any circuit, too."""
MAX_REST = 1.5
"""Rms residual of the other points over the noise: beyond it the circuit is to blame, not the point."""
MIN_NOISE = 1e-5
"""Relative; no instrument is better."""


@dataclass(frozen=True, slots=True)
class WildPoint:
    """Which of the kept points, and how far from what the circuit of the others says."""

    index: int
    sigmas: float


def find_wild_point(
    orders: Sequence[OrderFit], chosen: OrderFit, omega: FloatArray, z: ComplexArray, noise: float, doubts: FloatArray
) -> WildPoint | None:
    """The point without which fewer terms describe the others better than the chosen ones describe all.

    Parameters
    ----------
    omega, z:
        (n,) of the points that were fitted, rad/s and ohm.
    noise:
        Relative sigma of z.
    doubts:
        (n,) deleted residual of each against a smooth spectrum through the others, in sigma.
    """
    best, found = chosen.bic, None
    for order in orders:
        if order.circuit.n_arcs > chosen.circuit.n_arcs:
            continue
        half, residual = _leverage(order, omega, z)
        drop = np.where(doubts > MIN_DOUBT, delete_each(half, residual)[0], 0.0)
        worst = int(np.argmax(drop))
        rest, n = max(order.chi2 - float(drop[worst]), 1e-300), residual.size
        dof = max(n - 2 - order.circuit.n_free, 1)
        sigma = max(float(np.sqrt(rest / dof)), MIN_NOISE)
        sigmas = float(np.sqrt(drop[worst])) / sigma
        bic = float(bic_of(rest, n, order.circuit.n_free + 2)) + 2 * float(np.log(z.size))
        if sigmas > MIN_SIGMAS and sigma < MAX_REST * noise and bic < best:
            best, found = bic, WildPoint(worst, sigmas)
    return found


def distance(order: OrderFit, omega: FloatArray, z: ComplexArray, without: CheckedSpectrum) -> float:
    """How far the point that was masked last lies from a fit to the others (omega, z), in sigma of both together."""
    cov, gone = covariance(order.theta, order.circuit, omega, z), list(without.masks[-1].indices)
    w, value = 2 * np.pi * without.spectrum.frequency_hz[gone], without.spectrum.impedance_ohm[gone]
    rows = weighted_rows(order.theta[None, :], order.circuit, w, 1 / np.abs(value))[0]
    off = np.array([value.real[0], value.imag[0]]) / np.abs(value[0]) - rows[-1]
    spread = np.eye(2) + rows[:-1].T @ cov @ rows[:-1]
    noise2 = max(order.chi2 / max(order.n_residuals - order.circuit.n_free, 1), MIN_NOISE**2)
    return float(np.sqrt(off @ np.linalg.solve(spread, off) / noise2))


def leave_out(checked: CheckedSpectrum, wild: WildPoint) -> CheckedSpectrum:
    """The same spectrum without the point, which is masked with the reason."""
    i = int(np.flatnonzero(checked.keep)[wild.index])
    keep = tuple(k and j != i for j, k in enumerate(checked.keep))
    reason = f"wild: {wild.sigmas:.0f} sigma from the circuit that describes the other points"
    return replace(checked, keep=keep, masks=(*checked.masks, Mask(indices=(i,), reason=reason, code=WILD)))


def tell(masks: Sequence[Mask], checked: CheckedSpectrum) -> Finding:
    """Which points the fit left out."""
    f, index = checked.spectrum.frequency_hz, [i for m in masks for i in m.indices]
    places = ", ".join(f"{f[i]:.4g} Hz" for i in index)
    return Finding(
        severity="warning",
        field="impedance_ohm",
        problem=f"{len(index)} point(s) left out of the fit ({places}): {masks[0].reason}",
        hint="look there in the raw spectrum: autorange, a cable, the mains",
        code=WILD,
    )


def _leverage(order: OrderFit, omega: FloatArray, z: ComplexArray) -> tuple[FloatArray, FloatArray]:
    """Orthonormal basis (2n, p) of what the parameters can move, and the residual (2n,), both over |Z|."""
    rows = weighted_rows(order.theta[None, :], order.circuit, omega, 1 / np.abs(z))[0]
    slopes = rows[:-1][order.circuit.free()]
    slopes = slopes / np.maximum(np.linalg.norm(slopes, axis=1, keepdims=True), 1e-300)
    basis, size, _ = np.linalg.svd(slopes.T, full_matrices=False)
    unit = z / np.abs(z)
    return basis[:, size > 1e-6 * size[0]], np.concatenate([unit.real, unit.imag]) - rows[-1]
