"""Foot of the faradaic current: baseline and onset fitted together, so that neither bends the other.

    I(x) = a + b x + L ((x - x0)/(q - x0))^n   for x > x0,  a + b x before

A power law is the general form of a current that begins at x0 (n = 1 ... 3); written with the level L, its parameter q is the
potential where the faradaic current reaches L.  a and b are linear: (x0, n) are searched on a grid with a and b projected out
(Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973) 413), then all five are refined by Levenberg-Marquardt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray

EXPONENTS = (0.8, 1.0, 1.5, 2.0, 3.0, 4.5)
N_RAW = 300
"""Points of the foot at most; more are averaged."""
N_LINE = 60
"""Blocks of the baseline before the foot."""
N_RANGE = (0.6, 8.0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Foot:
    """Joint fit; ``covariance`` (3, 3) of a, b and q, widened to the scatter that was found."""

    intercept_a: float
    slope_a_per_v: float
    q_v: float
    begin_v: float
    """x0, the breakpoint."""
    exponent: float
    covariance: FloatArray
    q_per_level: float
    """dq/d ln L."""
    chi2_reduced: float
    dof: int
    residual_a: FloatArray
    """Single points before the crossing."""


def fit_foot(
    x_v: FloatArray, current_a: FloatArray, start: int, near: int, high: int, level_a: float, noise_a: float
) -> Foot | None:
    """Baseline and foot over the points ``start`` to ``high``.

    Parameters
    ----------
    x_v, current_a:
        (n,) V rising, A.
    near:
        Index near the crossing of ``level_a``.
    level_a:
        L, A above the baseline.
    noise_a:
        1 sigma of a point.

    Returns
    -------
    None where no rising foot is found.
    """
    x, y, w = _thin(x_v, current_a, start, near, high)
    w = w / noise_a
    guess = _search(x, y, w, float(x_v[near]), float(x_v[high - 1]))
    if guess is None:
        return None
    a, b, x0, n, c = guess
    width = (level_a / c) ** (1 / n)
    theta = np.array([a, b, x0 + width, np.log(max(width, 1e-9)), n])
    theta, cost = _refine(theta, x, y, w, level_a)
    dof = max(x.size - 5, 1)
    _, jacobian = _model(theta, x, level_a)
    weighted = jacobian * w[:, None]
    scale = np.sqrt(np.sum(weighted**2, axis=0)) + 1e-300
    covariance = np.linalg.pinv((weighted / scale).T @ (weighted / scale)) / np.outer(scale, scale)
    chi2 = cost / dof
    width = float(np.exp(theta[3]))
    before = slice(start, max(near, start + 8))
    residual = current_a[before] - _model(theta, x_v[before], level_a)[0]
    return Foot(
        intercept_a=float(theta[0]),
        slope_a_per_v=float(theta[1]),
        q_v=float(theta[2]),
        begin_v=float(theta[2]) - width,
        exponent=float(theta[4]),
        covariance=np.asarray(covariance[:3, :3] * max(chi2, 1.0), dtype=float),
        q_per_level=width / float(theta[4]),
        chi2_reduced=float(chi2),
        dof=dof,
        residual_a=residual,
    )


def _thin(
    x_v: FloatArray, current_a: FloatArray, start: int, near: int, high: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Block means of the baseline, finer ones of the foot, and the square root of their counts."""
    split = max(start, near - max(60, (high - near), (high - start) // 8))
    parts: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    for low, top, most in ((start, split, N_LINE), (split, high, N_RAW)):
        n = top - low
        if n <= 0:
            continue
        size = -(-n // most)
        whole = n // size * size
        first = top - whole
        xs = x_v[first:top].reshape(-1, size).mean(axis=1)
        ys = current_a[first:top].reshape(-1, size).mean(axis=1)
        parts.append((xs, ys, np.full(xs.size, np.sqrt(size))))
    x, y, w = (np.concatenate([p[i] for p in parts]) for i in range(3))
    return x, y, w


def _search(
    x: FloatArray, y: FloatArray, w: FloatArray, near_v: float, high_v: float
) -> tuple[float, float, float, float, float] | None:
    """Best (a, b, x0, n, c) on a grid of x0 and n."""
    reach = max(high_v - near_v, 1e-6)
    x0 = near_v - reach * np.concatenate([[-0.15, 0.0], np.geomspace(0.02, 2.0, 14)])
    grid = [(s, n) for s in x0 if s > x[0] for n in EXPONENTS]
    if not grid:
        return None
    s, n = np.array(grid).T
    basis = (np.maximum(x[None, :] - s[:, None], 0.0) / reach) ** n[:, None]
    line = np.column_stack([np.ones_like(x), x]) * w[:, None]
    q, _ = np.linalg.qr(line)
    yw = y * w
    rest = yw - q @ (q.T @ yw)
    bw = basis * w
    bw = bw - (bw @ q) @ q.T
    power = np.sum(bw * bw, axis=1)
    c = (bw @ rest) / np.maximum(power, 1e-300)
    gain = np.where((c > 0) & (power > 0), c * c * power, -np.inf)
    best = int(np.argmax(gain))
    if not np.isfinite(gain[best]):
        return None
    ab = np.linalg.lstsq(line, yw - c[best] * basis[best] * w, rcond=None)[0]
    return float(ab[0]), float(ab[1]), float(s[best]), float(n[best]), float(c[best] / reach ** n[best])


def _model(theta: FloatArray, x: FloatArray, level_a: float) -> tuple[FloatArray, FloatArray]:
    """Current (m,) and Jacobian (m, 5) with respect to a, b, q, ln(q - x0), n."""
    a, b, q, ln_width, n = theta
    width = np.exp(ln_width)
    r = np.maximum((x - q) / width + 1, 1e-12)
    on = r > 1e-9
    power = np.where(on, r**n, 0.0)
    slope = np.where(on, n * level_a * r ** (n - 1), 0.0)
    jacobian = np.column_stack(
        [
            np.ones_like(x),
            x,
            -slope / width,
            -slope * (r - 1),
            np.where(on, level_a * power * np.log(r), 0.0),
        ]
    )
    return np.asarray(a + b * x + level_a * power), jacobian


def _refine(theta: FloatArray, x: FloatArray, y: FloatArray, w: FloatArray, level_a: float) -> tuple[FloatArray, float]:
    """Levenberg-Marquardt with scaled damping; n stays inside ``N_RANGE``."""
    value, jacobian = _model(theta, x, level_a)
    r = (y - value) * w
    cost, damping = float(r @ r), 1e-3
    for _ in range(40):
        jw = jacobian * w[:, None]
        normal, gradient = jw.T @ jw, jw.T @ r
        diagonal = np.diag(normal) + 1e-300
        root = np.sqrt(diagonal)
        step = np.linalg.solve(normal / np.outer(root, root) + damping * np.eye(5), gradient / root) / root
        step[3] = np.clip(step[3], -1.0, 1.0)
        trial = theta + step
        trial[4] = np.clip(trial[4], *N_RANGE)
        value, jac = _model(trial, x, level_a)
        rt = (y - value) * w
        new = float(rt @ rt)
        if np.isfinite(new) and new <= cost:
            done = cost - new < 1e-7 * cost
            theta, jacobian, r, cost, damping = trial, jac, rt, new, max(damping / 5, 1e-9)
            if done:
                break
        else:
            damping *= 5
            if damping > 1e8:
                break
    return theta, cost
