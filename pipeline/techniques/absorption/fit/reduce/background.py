"""mu(E) -> mu0(E) and chi(k) by AUTOBK: the smooth spline whose chi(R) below Rbkg is smallest.

    minimise  sum_{R < Rbkg} |FT[k^w W (mu - mu0)](R)|^2,   mu0 = sum_j c_j B_j(k),   chi = (mu - mu0) / step

(M. Newville, P. Livins, Y. Yacoby, J.J. Rehr, E.A. Stern, Phys. Rev. B 47 (1993) 14126, doi:10.1103/PhysRevB.47.14126).
Knots, window and grid are those of larch.  Without clamps the problem is linear in c: one least-squares solve, always
the same answer, and its covariance comes with it.  Clamps (larch's: chi at the ends, times a weight that grows with the
misfit) leave one number to be searched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline
from scipy.optimize import brentq

from pipeline.core.arrays import FloatArray
from pipeline.science.constants import EV_PER_K2
from pipeline.techniques.absorption.fit.reduce.fourier import K_STEP, R_STEP, ft_window, k_grid


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundChoice:
    """What AUTOBK needs to be told."""

    e0_ev: float
    edge_step: float
    rbkg_angstrom: float = 1.0
    k_weight: int = 2
    k_min: float = 0.0
    k_max: float | None = None
    """1/angstrom; None: to the end of the data."""
    dk: float = 0.1
    window: str = "hanning"
    clamp_low: float = 0.0
    clamp_high: float = 0.0
    n_clamp: int = 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Background:
    """mu0 on the energies of the data, chi on the uniform k grid, and the linear maps between them."""

    mu0: FloatArray
    """(n,), equal to mu below the edge."""
    k: FloatArray
    """(nk,) 1/angstrom."""
    chi: FloatArray
    """(nk,)"""
    k_max: float
    """1/angstrom; where the spline ends."""
    coefficients: FloatArray
    """(ns,) of the B-splines, scale of mu."""
    n_spline: int
    n_residuals: int
    first: int
    last: int
    """mu[first:last] takes part."""
    solution: FloatArray
    """(ns, nk): dc / d(interpolated mu on the k grid)."""
    splines_on_grid: FloatArray
    """(nk, ns) the splines put on the k grid as the data are."""
    k_raw: FloatArray
    """(last - first,) k of the data points."""


def remove_background(energy_ev: FloatArray, mu: FloatArray, choice: BackgroundChoice) -> Background:
    """AUTOBK.

    Parameters
    ----------
    energy_ev, mu:
        (n,), energies strictly ascending, all finite.
    choice:
        e0, edge step, Rbkg, weight and clamps.

    Raises
    ------
    ValueError
        Fewer than 10 points above e0, or a k range that holds no spline.
    """
    first = max(0, int(np.searchsorted(energy_ev, choice.e0_ev, side="right")) - 1)
    above = energy_ev[first:] - choice.e0_ev
    k_all: FloatArray = np.sign(above) * np.sqrt(np.abs(above) / EV_PER_K2)
    if k_all.size < 10:
        raise ValueError(f"{k_all.size} points above e0")
    k_max = float(k_all[-1]) if choice.k_max is None else max(0.0, min(float(k_all[-1]), choice.k_max))
    k_min = choice.k_min
    if k_max - k_min < 1.0:
        raise ValueError(f"no background between k = {k_min:.2f} and {k_max:.2f} 1/angstrom")
    grid = k_grid(k_max)
    end = int(np.searchsorted(energy_ev, choice.e0_ev + k_max**2 * EV_PER_K2 + 1e-6, side="right")) - 1
    last = min(energy_ev.size, 2 + end)
    k_raw = k_all[: last - first]
    n_spline, n_r = _count(max(choice.rbkg_angstrom, 2 * R_STEP), k_max - k_min)
    basis = _basis(k_all, k_min, k_max, n_spline)
    on_data = basis(k_raw)
    mixed = make_interp_spline(k_raw, np.column_stack([mu[first:last], on_data]), k=3)(grid)
    signal, splines = mixed[:, 0], mixed[:, 1:]
    weight = grid**choice.k_weight * ft_window(grid, k_min, k_max, choice.dk, choice.window)
    transform = _partial_transform(grid.size, n_r) * weight
    design = transform @ splines
    pseudo_inverse = np.linalg.pinv(design)
    solution = pseudo_inverse @ transform
    coefficients = solution @ signal
    if choice.n_clamp > 0 and (choice.clamp_low != 0 or choice.clamp_high != 0):
        coefficients, solution = _clamped(transform, splines, signal, choice)
    mu0 = mu.copy()
    mu0[first:last] = on_data @ coefficients
    return Background(
        mu0=mu0,
        k=grid,
        chi=(signal - splines @ coefficients) / choice.edge_step,
        k_max=k_max,
        coefficients=coefficients,
        n_spline=n_spline,
        n_residuals=2 * n_r,
        first=first,
        last=last,
        solution=solution,
        splines_on_grid=splines,
        k_raw=k_raw,
    )


def _count(rbkg: float, k_range: float) -> tuple[int, int]:
    """Splines, and points of chi(R) below Rbkg."""
    n_spline = 1 + int(2 * rbkg * k_range / np.pi)
    return max(5, min(128, n_spline)), int(1 + (n_spline - 1) * np.pi / (2 * R_STEP * k_range))


def _basis(k_all: FloatArray, k_min: float, k_max: float, n_spline: int) -> BSpline:
    """Cubic B-splines on knots at data points, spaced evenly in k; not-a-knot ends."""
    wanted = k_min + np.arange(n_spline) * (k_max - k_min) / (n_spline - 1)
    at = np.array([int(np.argmin(np.abs(k_all - q))) for q in wanted])
    knots = k_all[at]
    if np.any(np.diff(knots) <= 0):
        raise ValueError("fewer data points than spline knots: the scan is too sparse for this Rbkg")
    t = np.concatenate([np.repeat(knots[0], 4), knots[2:-2], np.repeat(knots[-1], 4)])
    return BSpline(t, np.eye(n_spline), 3, extrapolate=True)


def _partial_transform(n: int, n_r: int) -> FloatArray:
    """(2 n_r, n): Re and Im of the transform at the first ``n_r`` R, as rows."""
    phase = 2 * np.outer(R_STEP * np.arange(n_r), K_STEP * np.arange(n))
    return np.asarray(K_STEP / np.sqrt(np.pi) * np.concatenate([np.cos(phase), -np.sin(phase)]))


def _clamped(
    transform: FloatArray, splines: FloatArray, signal: FloatArray, choice: BackgroundChoice
) -> tuple[FloatArray, FloatArray]:
    """Coefficients with clamps, and their derivative by the signal on the grid.

    With out = target - D c (m values), ends = chi at the clamped points times the clamp, s = 0.1 + 10 mean(out^2), the
    gradient of |out|^2 + s^2 |ends|^2 vanishes where that of |out|^2 + q |ends|^2 does, q = s^2/(1 + 20 s |ends|^2/m): the
    minimum lies on the path of linear solutions over q, and only q is searched.
    """
    n = min(choice.n_clamp, signal.size // 2)
    rows = np.concatenate([np.arange(n), np.arange(signal.size - n, signal.size)])
    pull = np.repeat([abs(choice.clamp_low), abs(choice.clamp_high)], n)
    design, target = transform @ splines, transform @ signal
    pinned, pins = pull[:, None] * splines[rows], pull * signal[rows]
    root = np.asarray(np.linalg.qr(design, mode="r"))
    half = np.linalg.solve(root.T, pinned.T)  # (ns, 2n): both quadratic forms are diagonal in its left singular vectors
    turn, singular, _ = np.linalg.svd(half)
    d = np.zeros(turn.shape[0])
    d[: singular.size] = singular**2
    back = np.linalg.solve(root, turn)  # c = back @ z
    a, b = back.T @ (design.T @ target), back.T @ (pinned.T @ pins)
    basis_out, basis_pin = design @ back, pinned @ back

    def at(q: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(z, cost, next q) for weights ``q`` (p,)."""
        z = (a[:, None] + q * b[:, None]) / (1 + q * d[:, None])
        misfit = np.mean((target[:, None] - basis_out @ z) ** 2, axis=0)
        ends = np.sum((pins[:, None] - basis_pin @ z) ** 2, axis=0)
        scale = 0.1 + 10 * misfit
        return z, misfit * target.size + scale**2 * ends, scale**2 / (1 + 20 * scale * ends / target.size)

    logs = np.linspace(-8, 8, 161)
    best = int(np.argmin(at(10**logs)[1]))
    low, high = float(logs[max(0, best - 1)]), float(logs[min(160, best + 1)])

    def excess(log_q: float) -> float:
        return float(np.log10(at(np.array([10**log_q]))[2][0])) - log_q

    f_low, f_high = excess(low), excess(high)
    log_q = float(brentq(excess, low, high, xtol=1e-13)) if f_low * f_high < 0 else float(logs[best])
    q = 10**log_q
    z = at(np.array([q]))[0][:, 0]
    pick = np.zeros((rows.size, signal.size))
    pick[np.arange(rows.size), rows] = pull
    derivative = back @ ((basis_out.T @ transform + q * basis_pin.T @ pick) / (1 + q * d[:, None]))
    return back @ z, derivative


def chi_covariance_factor(background: Background, sigma: FloatArray, edge_step: float) -> FloatArray:
    """Matrix L, (nk, m), with covariance of chi(k) = L L^T from independent noise of the data.

    Parameters
    ----------
    sigma:
        (n,) 1 sigma of mu at each energy of the data, same scale as mu.
    edge_step:
        Divides chi.
    """
    used = sigma[background.first : background.last]
    onto_grid = make_interp_spline(background.k_raw, np.eye(used.size), k=3)(background.k)
    onto_grid -= background.splines_on_grid @ (background.solution @ onto_grid)
    return np.asarray(onto_grid * (used / edge_step))
