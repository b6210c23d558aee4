"""Single wild points, at the ends of the sweep too: each point against a smooth spectrum through all others.

The relaxations of the linear Kramers-Kronig model (kramers_kronig.py) on a fine ladder of time constants, their resistances drawn
from a normal distribution about zero whose width is a share of |Z| there; R0, L and 1/C are free.  A free model follows a wild
point at the end of the sweep, and its neighbours stand out in its place; this one goes there only where the rest of the spectrum
does such things.

    y ~ N(0, s^2 (1 + lambda A A^T)),    H = A (A^T A + 1/lambda)^-1 A^T

lambda is where the points without one of them are likeliest: the wild one has no say in how smooth the rest is (Rasmussen and
Williams, Gaussian Processes for Machine Learning, MIT Press 2006, section 5.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.deleted_residuals import delete_each
from pipeline.techniques.impedance.check.kramers_kronig import weigh_relaxations

PER_DECADE = 6
FREE_TERMS = 3
"""R0, L and 1/C."""
LAMBDA = 10.0 ** np.arange(0.0, 9.1, 0.75)
"""Squared ratio of the prior's width to the noise: from no structure at all to any."""
DOUBT = 8.0
"""A lambda less likely by this much in ln counts as well: a point is wild if it is so with each of these."""
MOST = 0.1
"""Largest share of the points that can be wild: beyond it an end, or all of the spectrum, is off and no point is to blame alone."""


@dataclass(frozen=True, slots=True)
class WildPoint:
    """A point that the others do not believe."""

    index: int
    sigmas: float
    """Studentised deleted residual of Re and Im together."""


def find_wild_points(
    f: FloatArray, z: ComplexArray, max_sigmas: float, min_noise: float
) -> tuple[list[WildPoint], FloatArray]:
    """Wild points, the wildest first, each judged without those before it.

    Parameters
    ----------
    f, z:
        (n,) Hz and ohm.
    max_sigmas:
        Largest studentised deleted residual of a good point.
    min_noise:
        Relative noise that no instrument is below.

    Returns
    -------
    found, sigmas:
        The wild points; (n,) studentised deleted residual of every other point, 0 at the wild ones, and all 0 where more stand out
        than can be wild.
    """
    index, most = np.arange(f.size), max(2, int(MOST * f.size))
    found: list[WildPoint] = []
    while True:
        left, worst = delete_from_smooth(f[index], z[index], min_noise)
        if left[worst] <= max_sigmas:
            sigmas = np.zeros(f.size)
            sigmas[index] = left
            return _single(found), sigmas
        if len(found) == most:
            return [], np.zeros(f.size)
        found.append(WildPoint(int(index[worst]), float(left[worst])))
        index = np.delete(index, worst)


def _single(found: list[WildPoint]) -> list[WildPoint]:
    """Those that do not stand three or more in a row: a row is an end of the range or a process, and others judge it."""
    wild = {p.index for p in found}
    runs = {i + k for i in wild if {i + 1, i + 2} <= wild for k in range(3)}
    return [p for p in found if p.index not in runs]


def delete_from_smooth(f: FloatArray, z: ComplexArray, min_noise: float) -> tuple[FloatArray, int]:
    """(n,) studentised deleted residuals of all points, and the point without which the others are likeliest."""
    model = _smooth_model(2 * np.pi * f, z)
    start = _likeliest(model)
    tried = [_delete_each(model, LAMBDA[start], min_noise)]
    for way in (-1, 1):  # the likelihood has one hill
        at = start + way
        while 0 <= at < LAMBDA.size:
            tried.append(_delete_each(model, LAMBDA[at], min_noise))
            if tried[-1].ln_likelihood < max(t.ln_likelihood for t in tried) - DOUBT:
                break
            at += way
    best = max(tried, key=lambda t: t.ln_likelihood)
    near = [t.sigmas for t in tried if t.ln_likelihood > best.ln_likelihood - DOUBT]
    return np.min(near, axis=0), best.worst


@dataclass(frozen=True, slots=True, eq=False)
class _Smooth:
    """The weighted model in orthonormal columns, the free terms first."""

    basis: FloatArray
    """(2n, p)"""
    power: FloatArray
    """(p,) of the prior along each column at lambda 1, inf for the free terms."""
    target: FloatArray
    """(2n,) Re Z/|Z|, then Im Z/|Z|."""
    along: FloatArray
    """(p,) the target along each column."""


@dataclass(frozen=True, slots=True, eq=False)
class _Deleted:
    """What each point is at one lambda."""

    sigmas: FloatArray
    """(n,)"""
    worst: int
    ln_likelihood: float
    """Of the points without the worst one."""


def _smooth_model(w: FloatArray, z: ComplexArray) -> _Smooth:
    ln_w = np.log(w)
    decades = float(np.ptp(ln_w)) / np.log(10) + 2
    tau = np.geomspace(0.1 / w.max(), 10 / w.min(), int(PER_DECADE * decades) + 1)
    design, target = weigh_relaxations(w, z, tau)
    order = np.argsort(w)
    size = np.exp(np.interp(-np.log(tau), ln_w[order], np.log(np.abs(z[order]))))
    free = np.linalg.qr(design[:, tau.size :])[0]
    arcs = design[:, : tau.size] * size
    arcs -= free @ (free.T @ arcs)
    power, along = np.linalg.eigh(arcs.T @ arcs)
    good = power > 1e-13 * power[-1]
    basis = np.hstack([free, arcs @ (along[:, good] / np.sqrt(power[good]))])
    power = np.concatenate([np.full(FREE_TERMS, np.inf), power[good]])
    return _Smooth(basis, power, target, basis.T @ target)


def _likeliest(model: _Smooth) -> int:
    """Which lambda all points together are likeliest with."""
    dof, power = model.target.size - FREE_TERMS, model.power[FREE_TERMS:]
    shrunk = 1 - 1 / (1 + LAMBDA[:, None] * model.power)
    left = model.target @ model.target - shrunk @ model.along**2
    volume = np.sum(np.log1p(LAMBDA[:, None] * power), axis=1)
    return int(np.argmin(dof * np.log(np.maximum(left, 1e-300)) + volume))


def _delete_each(model: _Smooth, width: float, min_noise: float) -> _Deleted:
    dof = model.target.size - 2 - FREE_TERMS
    shrunk = 1 - 1 / (1 + width * model.power)
    residual = model.target - model.basis @ (shrunk * model.along)
    drop, share = delete_each(model.basis * np.sqrt(shrunk), residual)
    noise2 = np.maximum((model.target @ residual - drop) / dof, 1e-300)
    volume = np.log(share) + np.sum(np.log1p(width * model.power[FREE_TERMS:]))
    ln = -0.5 * (dof * np.log(noise2) + volume)
    worst = int(np.argmax(ln))
    return _Deleted(np.sqrt(drop / np.maximum(noise2, min_noise**2)), worst, float(ln[worst]))
