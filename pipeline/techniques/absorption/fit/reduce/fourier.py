"""chi(k) -> chi(R) and back, in the conventions of Ifeffit, Athena and larch.

    chi(R) = dk / sqrt(pi) * sum_j  k_j^w chi(k_j) W(k_j) exp(-2i k_j R),   k_j = j dk,   R_m = m pi / (N dk)
    chi(q) = 2 sqrt(pi) / dk * (1/N) sum_m  chi(R_m) W(R_m) exp(+2i q R_m)

with dk = 0.05 1/angstrom and N = 2048 (M. Newville, J. Synchrotron Rad. 8 (2001) 322; windows: S. J. Gurman and
J. B. Pendry, Solid State Commun. 20 (1976) 287, and the Ifeffit manual).  chi(R) has the unit angstrom^-(w+1); it is not
phase-corrected: its peaks lie about 0.4 angstrom short of the distances.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import ifft, rfft
from scipy.special import i0e

from pipeline.core.arrays import ComplexArray, FloatArray

K_STEP = 0.05
"""Step of every uniform k grid, 1/angstrom."""
N_FFT = 2048
"""Length of the transform: R comes in steps of pi / (K_STEP N_FFT) = 0.03068 angstrom."""
R_STEP = float(np.pi / (K_STEP * N_FFT))
WINDOWS = ("kaiser-bessel", "hanning", "parzen", "welch", "sine", "gaussian")


def k_grid(k_end: float) -> FloatArray:
    """0, 0.05, 0.10 ... up to ``k_end`` in 1/angstrom."""
    return K_STEP * np.arange(int(1.01 + k_end / K_STEP), dtype=float)


def ft_window(x: FloatArray, x_min: float, x_max: float, dx: float, kind: str) -> FloatArray:
    """Window that rises over ``x_min -/+ dx/2`` and falls over ``x_max -/+ dx/2``.

    Parameters
    ----------
    x:
        (n,) uniform, from 0 upwards.
    x_min, x_max, dx:
        Range and width of the sills, unit of ``x``; for kaiser-bessel and gaussian ``dx`` is the shape instead.
    kind:
        One of ``WINDOWS``; the first three letters decide.

    Returns
    -------
    (n,) between 0 and 1.

    Raises
    ------
    ValueError
        Unknown kind, an empty range, or fewer than two points.
    """
    name = kind.strip().lower()[:3]
    if name not in {w[:3] for w in WINDOWS}:
        raise ValueError(f"unknown window {kind!r}: one of {', '.join(WINDOWS)}")
    if x.size < 2:
        raise ValueError("a window needs two points")
    if not (x_min < x_max and x_min < x[-1]):
        raise ValueError(f"no window from {x_min:g} to {x_max:g} on data up to {x[-1]:g}")
    (a, b, c, d), (xa, xb, xc, xd) = _sills(x, x_min, x_max, dx)
    middle, half = (xa + xd) / 2, (xd - xa) / 2
    if name == "gau":
        tiny = 1e-4 * float(x[-1] - x[0]) / (x.size - 1)
        return np.asarray(np.exp(-((x - middle) ** 2) / (2 * max(dx, tiny) ** 2)))
    if name == "kai":
        return _kaiser_bessel(np.sqrt(np.clip(1 - (x - middle) ** 2 / half**2, 0, None)), dx)
    w = np.zeros(x.size)
    w[b:c] = 1.0
    up, down = (x[a : b + 1] - xa) / (xb - xa), (x[c : d + 1] - xc) / (xd - xc)
    if name == "han":
        w[a : b + 1], w[c : d + 1] = np.sin(np.pi / 2 * up) ** 2, np.cos(np.pi / 2 * down) ** 2
    elif name == "par":
        w[a : b + 1], w[c : d + 1] = up, 1 - down
    elif name == "wel":
        w[a : b + 1], w[c : d + 1] = 1 - (1 - up) ** 2, 1 - down**2
    else:
        w[a : d + 1] = np.sin(np.pi * (xd - x[a : d + 1]) / (xd - xa))
    return w


def _sills(x: FloatArray, x_min: float, x_max: float, dx: float) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Indices and places of the ends of both sills, none of them of no width."""
    step = float(x[-1] - x[0]) / (x.size - 1)
    tiny = 1e-4 * step
    last = x.size - 1

    def index(value: float) -> int:
        return min(last, max(0, int((value + tiny) / step)))

    a, b = index(x_min - dx / 2), index(x_min + dx / 2 + tiny)
    c, d = index(x_max - dx / 2 - tiny), index(x_max + dx / 2)
    if a == b:
        a = max(0, b - 1)
    if c == d:
        c = max(b, d - 1)
    xa, xb, xc, xd = (float(x[i]) for i in (a, b, c, d))
    xb += tiny if xa == xb else 0.0
    xd += tiny if xc == xd else 0.0
    return (a, b, c, d), (xa, xb, xc, xd)


def _kaiser_bessel(inside: FloatArray, shape: float) -> FloatArray:
    """Of sqrt(1 - x^2), x from -1 to 1, 0 outside."""
    if shape < 1e-4:  # limit of a vanishing shape parameter: 0/0 below
        return np.asarray(inside**2)
    low = np.exp(-shape)  # I0 scaled by exp(-shape): the quotient does not overflow
    return np.asarray((i0e(shape * inside) * np.exp(shape * (inside - 1)) - low) / (i0e(shape) - low))


def window_on_grid(n: int, k_min: float, k_max: float, dk: float, window: str) -> FloatArray:
    """The window on the first ``n`` points of the k grid, as if the grid went on to the window's end."""
    longer = k_grid(max((n - 1) * K_STEP, k_max + dk))
    return ft_window(longer, k_min, k_max, dk, window)[:n]


def transform(weighted: FloatArray, r_max_angstrom: float = 10.0) -> tuple[FloatArray, ComplexArray]:
    """Bare transform of k^w chi W on the uniform grid: for loops that prepare window and weight once.

    Parameters
    ----------
    weighted:
        (..., n), n <= N_FFT.

    Returns
    -------
    r, chi_r:
        (m,) angstrom and (..., m) complex, angstrom^-(w+1).
    """
    m = int(min(N_FFT / 2, 1.01 + r_max_angstrom / R_STEP))
    spectrum: ComplexArray = rfft(weighted, N_FFT)[..., :m]
    return R_STEP * np.arange(m, dtype=float), K_STEP / np.sqrt(np.pi) * spectrum


def k_to_r(
    k: FloatArray,
    chi: FloatArray,
    *,
    k_min: float,
    k_max: float,
    dk: float,
    k_weight: int,
    window: str,
    r_max_angstrom: float = 10.0,
) -> tuple[FloatArray, ComplexArray]:
    """Forward transform.

    Parameters
    ----------
    k, chi:
        (n,) and (..., n); put on the grid of 0.05 1/angstrom by straight lines where it is not on it.
    k_min, k_max, dk:
        Window in 1/angstrom.
    k_weight:
        w of k^w.

    Returns
    -------
    r, chi_r:
        (m,) angstrom, not phase-corrected; (..., m) complex, angstrom^-(w+1).
    """
    grid = k_grid(float(k[-1]))[:N_FFT]
    if grid.size != k.size or not np.allclose(grid, k, rtol=0, atol=1e-9):
        flat = np.atleast_2d(chi)
        chi = np.array([np.interp(grid, k, c) for c in flat]).reshape((*np.shape(chi)[:-1], grid.size))
    weighted = chi * (grid**k_weight * window_on_grid(grid.size, k_min, k_max, dk, window))
    return transform(weighted, r_max_angstrom)


def r_to_q(
    r: FloatArray,
    chi_r: ComplexArray,
    *,
    r_min: float,
    r_max: float,
    dr: float,
    window: str,
    q_max: float = 30.0,
) -> tuple[FloatArray, ComplexArray]:
    """Back transform of chi(R) between ``r_min`` and ``r_max``.

    Parameters
    ----------
    r, chi_r:
        (m,) angstrom as ``k_to_r`` gives it, and (..., m) complex.

    Returns
    -------
    q, chi_q:
        (p,) 1/angstrom and (..., p) complex; its real part is the filtered k^w chi, unit angstrom^-w.
    """
    step = float(r[1] - r[0])
    w = ft_window(step * np.arange(N_FFT, dtype=float), r_min, r_max, dr, window)[: r.size]
    q_step = np.pi / (step * N_FFT)
    n = min(N_FFT // 2, int(1.05 + q_max / q_step))
    filtered: ComplexArray = ifft(chi_r * w, N_FFT)[..., :n]
    return q_step * np.arange(n, dtype=float), 2 * np.sqrt(np.pi) / q_step * filtered


def transform_noise(weighted_sigma: FloatArray) -> float:
    """1 sigma of Re and of Im chi(R) for independent noise ``weighted_sigma`` = k^w W sigma(k) on the grid, (n,)."""
    return float(K_STEP / np.sqrt(np.pi) * np.sqrt(np.sum(weighted_sigma**2) / 2))
