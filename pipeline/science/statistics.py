"""Intervals and quantiles: Student's t, numbers whose logarithm is normal, independent errors in quadrature.

Every interval is one of 95 %; ``Z95`` of ``core.values`` is half of it in sigma where the error is normal.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Z95, Estimate


def student_t(dof: int, p: float = 0.975) -> float:
    """Quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(dof, p))


def t_estimate(value: float, sigma: float, q: float, unit: str) -> Estimate:
    """Value with the interval of ``q`` standard errors."""
    return Estimate(value=value, sigma=sigma, unit=unit, low95=value - q * sigma, high95=value + q * sigma)


def lognormal_estimate(value: float, sigma_ln: float, unit: str, half: float | None = None) -> Estimate:
    """A positive quantity whose logarithm is normal: sigma to first order, interval exact in the logarithm.

    ``half`` is half the interval of the logarithm; left out, ``Z95 * sigma_ln``.
    """
    wide = float(np.exp(min(Z95 * sigma_ln if half is None else half, 300.0)))
    return Estimate(value=value, sigma=value * sigma_ln, unit=unit, low95=value / wide, high95=value * wide)


def log_estimate(ln: float, sigma_ln: float, unit: str, half: float | None = None) -> Estimate:
    """The same from the logarithm."""
    return lognormal_estimate(float(np.exp(ln)), sigma_ln, unit, half)


def interval_sigma(low: float, high: float) -> float:
    """1 sigma of a normal error with this interval."""
    return (high - low) / (2 * Z95)


def half_width_in_sigma(e: Estimate) -> float:
    """Half the interval in sigma: the factor of Student's t that it was made with."""
    return (e.high - e.low) / 2 / e.sigma if e.sigma > 0 else Z95


def ln_sigma(e: Estimate) -> float:
    """1 sigma of the logarithm, from the interval where it is skew; never zero."""
    if e.low95 is not None and e.high95 is not None and 0 < e.low95 < e.high95:
        return max(interval_sigma(0.0, float(np.log(e.high95 / e.low95))), 1e-9)
    return max(e.sigma / e.value, 1e-9)


def widen(e: Estimate, sigma: float) -> Estimate:
    """An independent error of 1 sigma added in quadrature; the interval stays as skew as it was."""
    down, up = math.hypot(e.value - e.low, Z95 * sigma), math.hypot(e.high - e.value, Z95 * sigma)
    return replace(e, sigma=math.hypot(e.sigma, sigma), low95=e.value - down, high95=e.value + up)


def sigmas_of(covariance: FloatArray) -> FloatArray:
    """(n,) standard errors of a covariance (n, n)."""
    return np.asarray(np.sqrt(np.clip(np.diag(covariance), 0, None)))


def bic_of(chi2: ArrayLike, n: int, p: ArrayLike) -> FloatArray:
    """Bayesian information criterion of ``p`` parameters on ``n`` residuals of unknown noise (Schwarz, Ann. Stat. 6 (1978) 461)."""
    return np.asarray(n * np.log(np.asarray(chi2) / n) + np.asarray(p) * np.log(n))
