"""How far a complex point lies from what all other points say of it: studentised deleted residuals.

    r = (1 - H) y,    drop_i = r_i^T (1 - H)_ii^-1 r_i,    t_i^2 = drop_i / s_(i)^2

r_i holds Re and Im of point i, (1 - H)_ii their 2 x 2 block: what the point's own pull on the model leaves of its scatter.
drop_i is by how much the sum of squares falls without the point, s_(i) the noise as the other points have it.  Cook and Weisberg,
Residuals and Influence in Regression (Chapman and Hall, 1982), chapter 2.
"""

from __future__ import annotations

import numpy as np

from pipeline.core.arrays import FloatArray

NO_SAY = 1e-9
"""A point of which this little is left beside its own pull on the model: the others say nothing of it."""


def delete_each(half: FloatArray, residual: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What each point costs the model.

    Parameters
    ----------
    half:
        (2n, p) with H = half half^T, rows of Re above those of Im: an orthonormal basis of the model's columns, or one that a
        prior shrinks.
    residual:
        (2n,) (1 - H) y.

    Returns
    -------
    drop, share:
        (n,) fall of the sum of squares without the point, in units of y squared; (n,) determinant of its (1 - H)_ii, from 1 (no
        pull on the model) to 0 (only the point itself tells what it should be; its drop is 0 then).
    """
    n = residual.size // 2
    re, im, a, b = half[:n], half[n:], residual[:n], residual[n:]
    left_re, left_im = 1 - np.sum(re * re, axis=1), 1 - np.sum(im * im, axis=1)
    cross = np.sum(re * im, axis=1)
    share = left_re * left_im - cross * cross
    judged = share > NO_SAY
    drop = left_im * a * a + 2 * cross * a * b + left_re * b * b
    return np.where(judged, drop / np.where(judged, share, 1.0), 0.0), np.maximum(share, NO_SAY)
