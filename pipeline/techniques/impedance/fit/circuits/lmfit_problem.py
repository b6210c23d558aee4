"""A circuit as a problem of lmfit: named parameters with bounds, analytic derivatives, profile intervals.

Positive parameters vary as logarithms (``ln_R1``), exponents as they are (``CPE1_1``).  Importing lmfit takes half a second, so it
is imported where a circuit is fitted.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.impedance.circuits import CircuitTree
from pipeline.techniques.impedance.fit.circuits.model import Data, impedance, impedance_and_jacobian

MARGIN = 1e-6
"""Beyond each bound of a parameter: lmfit cannot move a value that starts on its bound."""
MOST_EVALUATIONS = 300
"""Of one fit: it starts at the minimum, or next to it."""


def lmfit_name(tree: CircuitTree, i: int) -> str:
    """Of parameter i."""
    return tree.names[i] if tree.exponents[i] else f"ln_{tree.names[i]}"


def pose_for_lmfit(
    tree: CircuitTree, data: Data, theta: FloatArray, bounds: tuple[FloatArray, FloatArray], vary: Sequence[bool]
) -> Any:
    """``lmfit.Minimizer`` of the residuals (Z_fit - Z)/|Z|, starting at theta (p,); ``bounds`` are (p,) of theta, lowest and
    highest; where ``vary`` is False the parameter is held.
    """
    import lmfit

    start = lmfit.Parameters()
    names = [lmfit_name(tree, i) for i in range(theta.size)]
    for i, name in enumerate(names):
        low, high = bounds[0][i] - MARGIN, bounds[1][i] + MARGIN
        start.add(
            name, float(theta[i]), vary=bool(vary[i]), min=min(low, theta[i] - MARGIN), max=max(high, theta[i] + MARGIN)
        )

    def values(parameters: Any) -> FloatArray:
        return np.array([[parameters[name].value for name in names]])

    def residual(parameters: Any) -> FloatArray:
        r = (impedance(tree, values(parameters), data.omega)[0] - data.z) * data.weight
        return np.asarray(np.nan_to_num(np.concatenate([r.real, r.imag]), nan=1e6, posinf=1e6, neginf=-1e6))

    def jacobian(parameters: Any) -> FloatArray:
        j = impedance_and_jacobian(tree, values(parameters), data.omega)[1][0] * data.weight
        free = [i for i, name in enumerate(names) if parameters[name].vary]
        return np.asarray(np.nan_to_num(np.concatenate([j.real, j.imag], axis=1)[free].T))

    return lmfit.Minimizer(residual, start, Dfun=jacobian, ftol=1e-12, xtol=1e-10, max_nfev=MOST_EVALUATIONS)


def profile(minimizer: Any, result: Any, name: str) -> tuple[float, float] | None:
    """95 % interval of one parameter by ``lmfit.conf_interval``: chi2, all else free, as the F test allows; None where it finds
    no end, or lower than the minimum.
    """
    import lmfit

    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # how it tells that it stopped before the end
        try:
            found = lmfit.conf_interval(minimizer, result, p_names=[name], sigmas=[0.95], maxiter=60)
        except (lmfit.MinimizerException, ValueError, KeyError, UserWarning):
            return None
    ends = [float(value) for _, value in found[name]]
    return (ends[0], ends[-1]) if np.all(np.isfinite(ends)) and ends[0] < ends[1] < ends[-1] else None
