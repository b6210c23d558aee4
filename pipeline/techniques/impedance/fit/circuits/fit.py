"""Checked spectrum and a circuit that a person wrote -> the same result that our own circuits have.

The minimum is searched for from many starts (search.py), handed to lmfit with named and bounded parameters, and profiled by lmfit
where the logarithm is not normal enough.  Z Fit, DearEIS and impedance.py start where the user says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.core.values import Z95
from pipeline.techniques.impedance.circuits import CircuitTree, read_circuit
from pipeline.techniques.impedance.fit.circuits.arcs import sort_arcs
from pipeline.techniques.impedance.fit.circuits.lmfit_problem import lmfit_name, pose_for_lmfit, profile
from pipeline.techniques.impedance.fit.circuits.model import Data
from pipeline.techniques.impedance.fit.circuits.search import Found, Problem, evaluate, pose, search
from pipeline.techniques.impedance.fit.levenberg_marquardt import Flags
from pipeline.techniques.impedance.model import CheckedSpectrum
from pipeline.techniques.impedance.settings import ArcSettings

AT_LIMIT = 1e-5
"""Of theta: nearer to a bound than this a parameter has stopped there."""
PROFILE_FROM = 0.05
"""Relative sigma above which the interval comes from a profile: below it the logarithm is normal enough."""

LOST = 0.5
"""Relative sigma from which on a parameter is not determined at all: along its valley lmfit would wander for minutes, so that it is
held in the profiles of the others, which then never make an interval narrower."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Solution:
    """The minimum, and what the data leave open about it."""

    tree: CircuitTree
    found: Found
    held: tuple[bool, ...]
    """(p,) by the study."""
    at_limit: tuple[bool, ...]
    covariance: FloatArray
    """(p, p) of theta, scaled by the misfit; zero rows for what was held or has stopped at a limit."""
    profiles: Mapping[int, tuple[float, float]]
    """Parameter -> 95 % interval of its theta."""
    noise2: float
    """Mean square of the residuals relative to |Z|, Re and Im apart."""


def solve_circuit(
    checked: CheckedSpectrum, circuit: str, fixed: Mapping[str, float], settings: ArcSettings
) -> Solution:
    """Fit a circuit.

    Parameters
    ----------
    circuit, fixed:
        Of a study that was checked: impedance.py's language, and values of parameters that are held, in the units of the circuit.

    Raises
    ------
    FitError
        No such circuit, fewer points than its parameters need, or a misfit beyond ``max_misfit``.
    """
    source = checked.spectrum.source.file
    try:
        tree = read_circuit(circuit)
    except ValueError as error:
        raise FitError(source=source, field="circuit", problem=f"{circuit[:60]!r}: {error}") from error
    keep = np.array(checked.keep)
    data = Data(2 * np.pi * checked.spectrum.frequency_hz[keep], checked.spectrum.impedance_ohm[keep])
    problem = pose(tree, data, dict(fixed))
    if 2 * data.z.size < problem.free.size + 3:
        what = f"{data.z.size} points are too few for {problem.free.size} free parameters of {tree.text}"
        raise FitError(source=source, field="circuit", problem=what)
    found = search(problem, settings.starts, settings.seed)
    misfit = float(np.sqrt(found.chi2 / data.z.size))
    if not misfit <= settings.max_misfit:
        raise FitError(
            source=source,
            field="circuit",
            problem=f"rms misfit {misfit:.1%} of |Z| with {tree.text}, best of {found.starts} starts",
            hint="another circuit, or no circuit: then the data choose one",
        )
    return _finish(problem, found, settings)


def _finish(problem: Problem, found: Found, settings: ArcSettings) -> Solution:
    """By lmfit, from the minimum."""
    tree, data = problem.tree, problem.data
    held = ~np.isnan(problem.held)
    theta = sort_arcs(tree, found.theta, list(held))
    near = np.minimum(theta - problem.low, problem.high - theta) < AT_LIMIT
    vary = ~held & ~near
    minimizer = pose_for_lmfit(tree, data, theta, (problem.low, problem.high), vary.tolist())
    result = minimizer.leastsq()
    names = [lmfit_name(tree, i) for i in range(theta.size)]
    chi2 = found.chi2
    if result.chisqr <= chi2:
        theta, chi2 = np.array([result.params[n].value for n in names]), float(result.chisqr)
    noise2 = chi2 / max(2 * data.z.size - int(vary.sum()), 1)
    cov = _covariance(problem, theta, vary) * noise2
    sigma = np.sqrt(np.diag(cov)) / np.where(tree.exponents, theta, 1.0)
    wide = [int(i) for i in np.flatnonzero(vary) if PROFILE_FROM < sigma[i] <= 1.5 * settings.weak_sigma]
    profiles: dict[int, tuple[float, float]] = {}
    if wide:
        steady = _determined(problem, theta, vary, noise2)
        minimizer = pose_for_lmfit(tree, data, theta, (problem.low, problem.high), steady.tolist())
        result = minimizer.leastsq()
        profiles = {i: e for i in wide if steady[i] and (e := profile(minimizer, result, names[i])) is not None}
        if np.any(steady != vary):
            half = Z95 * np.sqrt(np.diag(cov))
            profiles = {i: (min(e[0], theta[i] - half[i]), max(e[1], theta[i] + half[i])) for i, e in profiles.items()}
    return Solution(
        tree=tree,
        found=Found(theta=theta, chi2=chi2, hits=found.hits, starts=found.starts),
        held=tuple(held.tolist()),
        at_limit=tuple((near & ~held).tolist()),
        covariance=cov,
        profiles=profiles,
        noise2=noise2,
    )


def _determined(problem: Problem, theta: FloatArray, vary: Flags, noise2: float) -> Flags:
    """(p,) the free parameters without those that the data do not determine; of two that trade, one is enough to be held."""
    steady = vary.copy()
    while steady.any():
        sigma = np.sqrt(np.diag(_covariance(problem, theta, steady)) * noise2)
        worst = int(np.argmax(sigma))
        if sigma[worst] <= LOST:
            break
        steady[worst] = False
    return steady


def _covariance(problem: Problem, theta: FloatArray, free: Flags) -> FloatArray:
    """(p, p) inverse of J^T J, zero where a parameter is not free."""
    real = evaluate(problem, theta[None, :])[1][0][free].T
    norm = np.maximum(np.linalg.norm(real, axis=0), 1e-300)
    scaled = real / norm
    out = np.zeros((theta.size, theta.size))
    index = np.flatnonzero(free)
    out[np.ix_(index, index)] = np.linalg.pinv(scaled.T @ scaled, rcond=1e-15, hermitian=True) / np.outer(norm, norm)
    return out
