"""Shapes of photoelectron lines, of unit area over the energy axis (n,), in 1/eV.

Voigt: V(x) = Re w(z) / (s sqrt(2 pi)),  z = (x + i g) / (s sqrt 2),  w the Faddeeva function; s = G / 2.3548, g = L / 2
       for the full widths at half maximum G and L.  Full width of the whole: 0.5346 L + sqrt(0.2166 L^2 + G^2) to 0.02 %
       (J. J. Olivero, R. L. Longbothum, J. Quant. Spectrosc. Radiat. Transfer 17 (1977) 233).
Doniach-Šunjić: cos(pi a / 2 - (1 - a) atan(x / g)) / (x^2 + g^2)^((1 - a) / 2)  (S. Doniach, M. Šunjić, J. Phys. C 3 (1970) 285),
       convolved with the Gaussian; the tail lies at higher binding energy.  Its area has no end: exp(-(x / 20 eV)^2) ends it.
Asymmetric: a Lorentzian to one power above the line and to another below, times exp(-(x / reach)^2), convolved with the
       Gaussian; with powers 0.513 and 6.7, core 0.566 and reach 6.06 it is CasaXPS's LF(0.54,10,80,100,6) to 0.1 % of the top.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.surfaces.model import FixedShape

FWHM = 2.3548200450309493
"""2 sqrt(2 ln 2): full width at half maximum of a Gaussian over its sigma."""
REACH_EV, DAMPING_EV = 60.0, 20.0
GRID = 6_001
"""Points of the convolution: 0.02 eV apart."""
NARROWEST_EV = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """A line at 0 over x (m,), with its derivatives by the place of the line, the two widths, and the asymmetry."""

    line: FloatArray
    by_place: FloatArray
    by_gauss: FloatArray
    by_lorentz: FloatArray
    by_asymmetry: FloatArray


def voigt(x: FloatArray, gauss_ev: float, lorentz_ev: float) -> Profile:
    """Voigt line by its two full widths at half maximum; its derivatives from w' = -2 z w + 2i / sqrt(pi)."""
    from scipy.special import wofz

    s = max(gauss_ev, NARROWEST_EV) / FWHM
    z = (x + 0.5j * lorentz_ev) / (s * np.sqrt(2))
    w = wofz(z)
    slope = -2 * z * w + 2j / np.sqrt(np.pi)
    height = 1 / (s * np.sqrt(2 * np.pi))
    line = w.real * height
    per_ev = height / (s * np.sqrt(2))
    return Profile(
        line=line,
        by_place=-slope.real * per_ev,
        by_gauss=-(line + (z * slope).real * height) / s / FWHM,
        by_lorentz=-0.5 * slope.imag * per_ev,
        by_asymmetry=np.zeros_like(x),
    )


def voigt_width(gauss_ev: float, lorentz_ev: float) -> float:
    """Full width at half maximum of a Voigt line, eV."""
    return float(0.5346 * lorentz_ev + np.sqrt(0.2166 * lorentz_ev**2 + gauss_ev**2))


def doniach(x: FloatArray, gauss_ev: float, lorentz_ev: float, asymmetry: float) -> Profile:
    """Doniach-Šunjić line convolved with a Gaussian of full width ``gauss_ev``, with its derivatives.

    That by the Gaussian is the heat equation, d/d(s^2) = 1/2 d2/dx2; those by the Lorentzian and the asymmetry are differences.
    """
    grid, made = _doniach(max(gauss_ev, 0.02), max(lorentz_ev, 0.02), asymmetry)
    parts = [np.interp(x, grid, one, left=0.0, right=0.0) for one in made]
    return Profile(**dict(zip(("line", "by_place", "by_gauss", "by_lorentz", "by_asymmetry"), parts, strict=True)))


@lru_cache(maxsize=32)
def _doniach(gauss: float, lorentz: float, asymmetry: float) -> tuple[FloatArray, tuple[FloatArray, ...]]:
    """The line and its derivatives on a fine grid; residuals and derivatives of a fit ask for the same ones."""
    grid = np.linspace(-REACH_EV, REACH_EV, GRID)
    step, h = float(grid[1] - grid[0]), 1e-4
    line = _convolved(grid, gauss, lorentz, asymmetry)
    slope = np.gradient(line, step)
    by_gauss = gauss / FWHM**2 * np.gradient(slope, step)
    by_lorentz = (_convolved(grid, gauss, lorentz + h, asymmetry) - line) / h
    by_asymmetry = (_convolved(grid, gauss, lorentz, asymmetry + h) - line) / h
    return grid, (line, -slope, by_gauss, by_lorentz, by_asymmetry)


def sum_line(x: FloatArray, width_ev: float, lorentz_fraction: float) -> Profile:
    """Sum of a Gaussian and a Lorentzian of one full width, with its derivatives."""
    w, m, c = width_ev, lorentz_fraction, 4 * np.log(2)
    gauss = np.sqrt(c / np.pi) / w * np.exp(-c * (x / w) ** 2)
    lorentz = 2 / np.pi / w / (1 + 4 * (x / w) ** 2)
    by_x = (1 - m) * gauss * -2 * c * x / w**2 + m * lorentz * -8 * x / w**2 / (1 + 4 * (x / w) ** 2)
    line = (1 - m) * gauss + m * lorentz
    return Profile(
        line=line,
        by_place=-by_x,
        by_gauss=-(line + x * by_x) / w,
        by_lorentz=np.zeros_like(x),
        by_asymmetry=np.zeros_like(x),
    )


def asymmetric_line(x: FloatArray, gauss_ev: float, shape: FixedShape) -> Profile:
    """Powers of a Lorentzian, convolved with a Gaussian of full width ``gauss_ev``; all else scales with it."""
    grid, line = _asymmetric(shape)
    y = x / gauss_ev
    value = np.interp(y, grid, line, left=0.0, right=0.0) / gauss_ev
    slope = np.interp(y, grid, np.gradient(line, grid), left=0.0, right=0.0) / gauss_ev**2
    none = np.zeros_like(x)
    return Profile(
        line=value, by_place=-slope, by_gauss=-value / gauss_ev - y * slope, by_lorentz=none, by_asymmetry=none
    )


def fixed_width(shape: FixedShape) -> float:
    """Full width at half maximum over that of the Gaussian (or of the sum, which is its own)."""
    if shape.lorentz_fraction is not None:
        return 1.0
    grid, line = _asymmetric(shape)
    high = grid[line > line.max() / 2]
    return float(high[-1] - high[0])


@lru_cache(maxsize=32)
def _asymmetric(shape: FixedShape) -> tuple[FloatArray, FloatArray]:
    """The shape for a Gaussian of full width 1 on a fine grid, of unit area."""
    from scipy.signal import fftconvolve

    far = 3.0 * shape.reach + 5.0
    grid = np.linspace(-far, far, 2 * round(far / 0.01) + 1)
    base = 1 / (1 + 4 * (grid / shape.core) ** 2)
    line = np.where(grid > 0, base**shape.tail, base**shape.steep) * np.exp(-((grid / shape.reach) ** 2))
    kernel = np.exp(-0.5 * (np.arange(-250, 251) * 0.01 * FWHM) ** 2)
    smooth = fftconvolve(line, kernel, mode="same")
    return grid, np.asarray(smooth / (float(np.sum(smooth)) * (grid[1] - grid[0])))


def _convolved(grid: FloatArray, gauss: float, lorentz: float, asymmetry: float) -> FloatArray:
    from scipy.signal import fftconvolve

    step, half = float(grid[1] - grid[0]), lorentz / 2
    line = np.cos(np.pi * asymmetry / 2 - (1 - asymmetry) * np.arctan(grid / half))
    line *= np.exp(-((grid / DAMPING_EV) ** 2)) / (grid**2 + half**2) ** ((1 - asymmetry) / 2)
    reach = int(np.ceil(4 * gauss / FWHM / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step * FWHM / gauss) ** 2)
    smooth = fftconvolve(line, kernel, mode="same")
    return np.asarray(smooth / (float(np.sum(smooth)) * step))
