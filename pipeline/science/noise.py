"""Noise of a curve from its second differences, which a straight line does not enter.

    sigma = 1.4826 median|y[i-1] - 2 y[i] + y[i+1]| / sqrt(6)

von Neumann et al., Ann. Math. Stat. 12 (1941) 153.
"""

from __future__ import annotations

import numpy as np

from pipeline.core.arrays import FloatArray

LEAST = 1e-15
"""No noise is below it, in the unit of the values: it divides."""


def noise_level(values: FloatArray) -> float:
    """1 sigma of a single value, robust, never below what the last digit of the export gives.

    Parameters
    ----------
    values:
        (n,) at equal steps; fewer than 4 tell nothing and give ``LEAST``.
    """
    if values.size < 4:
        return LEAST
    steps = np.abs(np.diff(values, 2))
    sigma = 1.4826 * float(np.median(steps)) / float(np.sqrt(6))
    moving = steps[steps > 1e-9 * float(np.abs(values).max())]
    digit = float(np.min(moving)) if moving.size else LEAST
    return max(sigma, digit / float(np.sqrt(12)), LEAST)
