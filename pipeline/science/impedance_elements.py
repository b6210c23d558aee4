"""The elements of an impedance circuit, each written once, with the derivatives that a fit needs.

    R||CPE       Z = R / (1 + (j w tau)^n),     (j w tau)^n = R Q (j w)^n
    skewed arc   Z = R / (1 + (j w tau)^n)^b
    CPE          Z = S (j w)^-m,                S = 1/Q
    diffusion    Z = R coth(s) / s  (blocked),  Z = R tanh(s) / s  (let through),     s = sqrt(j w tau)

Cole and Cole, J. Chem. Phys. 9 (1941) 341; Davidson and Cole, ibid. 19 (1951) 1484 (n = 1); Havriliak and Negami, Polymer 8
(1967) 161; Franceschetti and Macdonald, J. Electroanal. Chem. 101 (1979) 307.  Arguments broadcast; ln_omega is the natural
logarithm of w in rad/s, ln_tau that of tau in s.  Real and imaginary parts are computed and returned apart, as a fit stacks them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray

QUARTER_TURN = np.pi / 2
LARGEST_EXPONENT = 300.0
"""Of (w tau)^n = e^.., either sign: beyond it an arc is closed or open to the last digit, and the square is still a number."""


class Parts(NamedTuple):
    """Real and imaginary part of an impedance, or of its derivative."""

    real: FloatArray
    imag: FloatArray

    def together(self) -> ComplexArray:
        """As one complex array."""
        return np.asarray(self.real + 1j * self.imag)


def relaxation(
    ln_omega: FloatArray, ln_tau: FloatArray, n: FloatArray, resistance: FloatArray | float = 1.0
) -> tuple[Parts, Parts, Parts]:
    """Z of R||CPE in the unit of ``resistance``, and its derivatives by ln tau and by n; Z itself is that by ln R."""
    y = ln_omega + ln_tau
    v = np.exp(np.clip(n * y, -LARGEST_EXPONENT, LARGEST_EXPONENT))
    a, b = 1 + v * np.cos(QUARTER_TURN * n), v * np.sin(QUARTER_TURN * n)
    d = a * a + b * b
    re, im = a / d, b / -d
    s_re, s_im = (re - re * re + im * im) * -resistance, (im - 2 * re * im) * -resistance
    return (
        Parts(re * resistance, im * resistance),
        Parts(n * s_re, n * s_im),
        Parts(s_re * y - QUARTER_TURN * s_im, s_im * y + QUARTER_TURN * s_re),
    )


def skewed_relaxation(
    ln_omega: FloatArray, ln_tau: FloatArray, n: FloatArray, b: FloatArray, resistance: FloatArray | float = 1.0
) -> tuple[Parts, Parts, Parts, Parts]:
    """Z of a skewed arc in the unit of ``resistance``, and its derivatives by ln tau, by n and by b; Z itself is that by ln R."""
    y = ln_omega + ln_tau
    v = np.exp(np.clip(n * y, -LARGEST_EXPONENT, LARGEST_EXPONENT)) * np.exp(1j * QUARTER_TURN * n)
    ln_d = np.log1p(v)
    z = np.exp(-b * ln_d) * resistance
    share = -b * z * (v / (1 + v))
    parts = (z, n * share, (y + 1j * QUARTER_TURN) * share, -ln_d * z)
    z0, by_ln_tau, by_n, by_b = (Parts(p.real, p.imag) for p in parts)
    return z0, by_ln_tau, by_n, by_b


def ln_apex(n: FloatArray, b: FloatArray) -> FloatArray:
    """Ln of w tau at the top of a skewed arc; 0 for b = 1 (d Im Z/d w = 0)."""
    turn = QUARTER_TURN * n / (1 + b)
    return np.asarray(np.log(np.sin(turn) / np.sin(turn * b)) / n)


def constant_phase(ln_omega: FloatArray, m: FloatArray, elastance: FloatArray | float = 1.0) -> tuple[Parts, Parts]:
    """Z of a CPE in the unit of ``elastance`` S = 1/Q times s^m, and its derivative by m; -Z is that by ln Q."""
    v = np.exp(-m * ln_omega) * elastance
    re, im = v * np.cos(QUARTER_TURN * m), v * -np.sin(QUARTER_TURN * m)
    return Parts(re, im), Parts(QUARTER_TURN * im - re * ln_omega, -im * ln_omega - QUARTER_TURN * re)


def diffusion(
    ln_omega: FloatArray, ln_tau: FloatArray, resistance: FloatArray | float = 1.0, *, blocked: bool
) -> tuple[Parts, Parts]:
    """Z of diffusion over a finite length in the unit of ``resistance``, and its derivative by ln tau; Z itself is that by ln R.

    ``blocked`` at its far end: a capacitance of tau/R behind R/3; else it lets through, with R at direct current.
    """
    s = np.exp(0.5 * (ln_omega + ln_tau)) * np.exp(0.5j * QUARTER_TURN)
    t = np.tanh(s)
    t = 1 / t if blocked else t
    z = t / s
    by_ln_tau = 0.5 * (1 - t * t - z) * resistance
    z = z * resistance
    return Parts(z.real, z.imag), Parts(by_ln_tau.real, by_ln_tau.imag)
