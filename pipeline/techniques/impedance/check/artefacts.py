"""Points that do not belong, several at a time or by name: a bad end of the sweep, mains harmonics, an overloaded amplifier.

Each is found by the linear Kramers-Kronig model (kramers_kronig.py) and named by what else is known of the point.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.techniques.impedance.check.kramers_kronig import fit_linear_kk

MAINS_HZ = (50.0, 60.0)
MAINS_HARMONICS = 6
MAINS_WIDTH = 0.02
"""Relative: the analyser's window over a few periods."""
SUSPECT_SIGMAS = 3.9
"""A point with another reason to be wrong (mains, distortion) is masked from here on: 1 in 2000 by chance."""
LARGEST_HEAD, LARGEST_TAIL = 0.30, 0.05
"""Largest share of the points that may be cut from the fast and from the slow end."""


def point_sizes(fitted: ComplexArray, z: ComplexArray, noise: float) -> FloatArray:
    """(n,) larger of the real and imaginary residual in units of the noise."""
    r = (z - fitted) / np.abs(z)
    return np.asarray(np.maximum(np.abs(r.real), np.abs(r.imag)) / noise)


def rms(residual: ComplexArray) -> float:
    """Of Re and Im together, as 1 sigma of each."""
    return float(np.sqrt(np.mean(np.abs(residual) ** 2) / 2))


def find_bad_end(f: FloatArray, z: ComplexArray, noise: float, max_point: float, max_rms: float) -> tuple[int, int]:
    """Numbers of points at the fast and at the slow end (one of them 0) without which the rest passes; (0, 0) if none."""

    def passes(head: int, tail: int) -> bool:
        part = slice(head, f.size - tail)
        if f[part].size < 10:
            return False
        fitted = fit_linear_kk(f[part], z[part]).fitted_ohm
        residual = (z[part] - fitted) / np.abs(z[part])
        return rms(residual) <= max_rms * noise and float(point_sizes(fitted, z[part], noise).max()) <= max_point

    for at, largest in ((0, LARGEST_HEAD), (1, LARGEST_TAIL)):
        tried = 0
        for k in sorted({*(int(k) for k in np.geomspace(2, max(2.0, largest * f.size), 7))}):
            if passes(k * (1 - at), k * at):
                fewer = next((j for j in range(tried + 1, k) if passes(j * (1 - at), j * at)), k)
                return (fewer, 0) if at == 0 else (0, fewer)
            tried = k
    return 0, 0


def rising_head(f: FloatArray, z: ComplexArray) -> int:
    """Number of fastest points where |Z| rises with frequency although the phase is capacitive.

    In a passive network the slope of ln |Z| over ln f follows the phase, about phase/(pi/2) (the local form of Z-HIT: Ehm, Goehr,
    Kaus, Roeseler and Schiller, Acta Chim. Hung. 137 (2000) 145): capacitive and rising is the lead, not the sample.
    """
    order = np.argsort(-f)
    ln_f, ln_z, phase = np.log(f[order]), np.log(np.abs(z[order])), np.angle(z[order])
    slope = np.diff(ln_z) / np.minimum(np.diff(ln_f), -1e-9)
    wrong = (slope > 0.15) & (np.minimum(phase[1:], phase[:-1]) < -0.15)
    n = int(np.argmin(wrong)) if not wrong.all() else wrong.size
    return n if n >= 3 else 0


def near_mains(frequency_hz: float) -> float | None:
    """The harmonic of 50 or 60 Hz that this frequency lies on, in Hz."""
    for base in MAINS_HZ:
        k = round(frequency_hz / base)
        if 1 <= k <= MAINS_HARMONICS and abs(frequency_hz / (k * base) - 1) < MAINS_WIDTH:
            return k * base
    return None


def suspect_reason(
    index: int, frequency_hz: FloatArray, quality: Mapping[str, tuple[float, ...]], limit_percent: float
) -> str:
    """Why a point may be wrong besides its residual, or ''. ``index`` into the whole spectrum."""
    for name, values in quality.items():
        if not name.startswith("NSR") and values[index] > limit_percent:
            return f"{name} is {values[index]:.3g}: overload, not linear or not steady"
    harmonic = near_mains(float(frequency_hz[index]))
    return f"on the mains harmonic of {harmonic:g} Hz" if harmonic else ""
