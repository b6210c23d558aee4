"""chi(k) -> |W(k, R)|: which distances scatter at which k, so that atoms of different weight are told apart.

    W(k, R) = integral dw/2pi  X(w) H(a w) exp(i w k),   X = Fourier transform of k^w chi(k) W(k)
    Cauchy of order n:       H(x) = 2 (x/n)^n exp(n - x),          a = n / 2R
    Morlet of eta, sigma:    H(x) = 2 exp(-sigma^2 (x - eta)^2/2),  a = eta / 2R,  x > 0

(M. Munoz, P. Argoul, F. Farges, Am. Mineral. 88 (2003) 694; H. Funke, A.C. Scheinost, M. Chukalina, Phys. Rev. B 71
(2005) 094110.)  H has its top, 2, where w = 2R: the magnitude is the local amplitude of k^w chi, unit angstrom^-w, and
that of A cos(2 R0 k) is A at R0 whatever order, width or plot range.  Resolution, 1 sigma of the amplitude:
sigma_k = q/2R and sigma_R = R/q with q = eta sigma, or q = sqrt(n) for Cauchy.  R is not phase-corrected.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import ifft, next_fast_len, rfft

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.techniques.absorption.fit.reduce.fourier import K_STEP, k_grid, window_on_grid
from pipeline.techniques.absorption.model import WaveletMap
from pipeline.techniques.absorption.settings import WaveletSettings

REACHES = (12.0, 25.0, 60.0)
"""Room behind the data in 1/angstrom, by which the transform is kept from running into its own beginning."""


def _filter(omega: FloatArray, r_angstrom: FloatArray, settings: WaveletSettings) -> FloatArray:
    """H(a w), (nr, nw), for angular frequencies (nw,) from 0 upwards and distances (nr,)."""
    scaled = omega / (2 * r_angstrom[:, None])  # 1 at w = 2R
    if settings.kind == "morlet":
        return np.asarray(2 * np.exp(-0.5 * (settings.morlet_sigma * settings.morlet_eta * (scaled - 1)) ** 2))
    with np.errstate(divide="ignore"):
        logarithm = np.log(omega) - np.log(2 * r_angstrom)[:, None]
    scaled -= logarithm
    scaled -= 1
    scaled *= -settings.cauchy_order
    np.exp(scaled, out=scaled)
    scaled *= 2
    return scaled


def transform_wavelet(
    weighted: FloatArray, r_angstrom: FloatArray, settings: WaveletSettings
) -> tuple[ComplexArray, FloatArray]:
    """W of a windowed, weighted signal on the uniform k grid.

    Parameters
    ----------
    weighted:
        (nk,) k^w chi W.
    r_angstrom:
        (nr,) > 0, ascending.

    Returns
    -------
    w, gain:
        (nr, nk) complex, angstrom^-w; (nr,) root of the sum of |h|^2 over k, by which white noise is multiplied.
    """
    q = np.sqrt(settings.cauchy_order) if settings.kind == "cauchy" else settings.morlet_eta * settings.morlet_sigma
    widest = 2 * (1 + 8 / q + 30 / q**2)  # beyond this times R the filter is below 1e-12
    values = np.empty((r_angstrom.size, weighted.size), dtype=complex)
    gain = np.empty(r_angstrom.size)
    # a wavelet rings over 5.5 sigma_k = 2.75 q/R: rows of high R need less room than those of low R
    starts = [int(np.searchsorted(r_angstrom, 2.75 * q / reach)) for reach in REACHES[:-1]] + [0]
    for start, end, reach in zip(starts, [r_angstrom.size, *starts], REACHES, strict=False):
        if start >= end:
            continue
        r = r_angstrom[start:end]
        n = int(next_fast_len(weighted.size + int(reach / K_STEP)))
        step = 2 * np.pi / (n * K_STEP)
        keep = min(n // 2 + 1, 2 + int(widest * r[-1] / step))
        h = _filter(step * np.arange(keep, dtype=float), r, settings)
        product = np.zeros((r.size, n), dtype=complex)
        np.multiply(rfft(weighted, n)[:keep], h, out=product[:, :keep])
        values[start:end] = ifft(product, axis=1, overwrite_x=True)[:, : weighted.size]
        gain[start:end] = np.sqrt(np.einsum("ij,ij->i", h, h) / n)
    return values, gain


def map_wavelet(
    k: FloatArray,
    chi: FloatArray,
    chi_sigma: FloatArray,
    settings: WaveletSettings,
    *,
    k_min: float,
    k_max: float,
    dk: float,
    window: str,
) -> WaveletMap:
    """Map of one spectrum.

    Parameters
    ----------
    k, chi, chi_sigma:
        (nk,) on the uniform grid of 0.05 1/angstrom from 0; noise of chi, 1 sigma.
    k_min, k_max, dk, window:
        Window on chi(k), as in the Fourier transform.

    Returns
    -------
    WaveletMap with ``magnitude`` (nr, nk) in angstrom^-w; ``noise_floor`` (nr,) is the root mean square of the magnitude
    that noise alone makes inside the window.
    """
    grid = k_grid(float(k[-1]))
    if not grid.size == k.size == chi.size:
        raise ValueError("chi must be on the uniform k grid")
    w = grid**settings.k_weight * window_on_grid(grid.size, k_min, k_max, dk, window)
    n_r = 1 + round((settings.r_max_angstrom - settings.r_min_angstrom) / settings.r_step_angstrom)
    r = settings.r_min_angstrom + settings.r_step_angstrom * np.arange(n_r, dtype=float)
    values, gain = transform_wavelet(w * chi, r, settings)
    inside = (grid >= k_min) & (grid <= k_max)
    noise = float(np.sqrt(np.mean((w * chi_sigma)[inside] ** 2))) if inside.any() else 0.0
    shape: dict[str, float | str] = (
        {"order": settings.cauchy_order}
        if settings.kind == "cauchy"
        else {"eta": settings.morlet_eta, "sigma": settings.morlet_sigma}
    )
    return WaveletMap(
        kind=settings.kind,
        k_per_angstrom=grid,
        r_angstrom=r,
        magnitude=np.abs(values),
        noise_floor=noise * gain,
        parameters={
            **shape,
            "k_weight": float(settings.k_weight),
            "k_min": k_min,
            "k_max": k_max,
            "dk": dk,
            "window": window,
            "normalisation": "local amplitude of k^w chi",
            "unit": f"angstrom^-{settings.k_weight}",
        },
    )


def marginals(wavelet: WaveletMap) -> tuple[FloatArray, FloatArray]:
    """Mean of the magnitude over R, (nk,), and over k inside the window, (nr,): for the edges of a figure."""
    k = wavelet.k_per_angstrom
    inside = (k >= float(wavelet.parameters.get("k_min", 0.0))) & (k <= float(wavelet.parameters.get("k_max", np.inf)))
    return wavelet.magnitude.mean(axis=0), wavelet.magnitude[:, inside].mean(axis=1)


def subtract_maps(a: WaveletMap, b: WaveletMap) -> WaveletMap:
    """|W_a| - |W_b| on the common k range, with the noise floors added in squares.

    Raises
    ------
    ValueError
        The maps were made with different wavelets, weights, windows or R grids: their difference would mean nothing.
    """
    if a.kind != b.kind or dict(a.parameters) != dict(b.parameters):
        keys = sorted(set(a.parameters) | set(b.parameters))
        pairs = [(key, a.parameters.get(key), b.parameters.get(key)) for key in keys]
        differ = [f"{key}: {mine} / {its}" for key, mine, its in pairs if mine != its]
        raise ValueError(f"maps made differently: {a.kind} / {b.kind}; {', '.join(differ)}")
    if a.r_angstrom.shape != b.r_angstrom.shape or not np.allclose(a.r_angstrom, b.r_angstrom):
        raise ValueError("maps on different R grids")
    n = min(a.k_per_angstrom.size, b.k_per_angstrom.size)
    return WaveletMap(
        kind=a.kind,
        k_per_angstrom=a.k_per_angstrom[:n],
        r_angstrom=a.r_angstrom,
        magnitude=a.magnitude[:, :n] - b.magnitude[:, :n],
        noise_floor=np.hypot(a.noise_floor, b.noise_floor),
        parameters=a.parameters,
    )
