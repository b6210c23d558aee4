"""The elements of impedance.py's circuits, and HN for skewed arcs, as functions of many parameter sets at once.

Formulas and names are those of impedance.models.circuits.elements (M. D. Murbach, B. Gerwe, N. Dawson-Elli, L.-k. Tsui, J. Open
Source Softw. 5 (2020) 2349), where their sources stand; j w is written s below.

    R, L s, 1/(C s), W: A (1-j)/sqrt(w), CPE: 1/(Q s^a), La: (L s)^a, K: R/(1 + s tau), Zarc: R/(1 + (s tau)^a)
    Wo: Z0 coth(q)/q, Ws: Z0 tanh(q)/q with q = sqrt(s tau);  G: R/g, Gs: R/(g tanh(phi g)) with g = sqrt(1 + s t)
    HN: R/(1 + (s tau)^a)^b (S. Havriliak, S. Negami, Polymer 8 (1967) 161), which is no element of theirs
    TLMQ: sqrt(R Z) coth sqrt(R/Z) with Z = 1/(Q s^a);  T: A coth(b)/b + B/(b sinh b) with b = sqrt(a + s b)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray

Formula = Callable[[Sequence[FloatArray], FloatArray], ComplexArray]
"""Parameters, each (s, 1) or a number, and omega (n,) in rad/s -> Z (s, n) in ohm."""
LARGEST = 300.0
"""Real part beyond which sinh is as good as infinite, and its square still a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """One kind of element."""

    units: tuple[str, ...]
    """Of its parameters, in impedance.py's words; their number is its number of parameters."""
    formula: Formula
    exponents: tuple[int, ...] = ()
    """Which parameters are exponents between 0 and 1; all others are positive."""
    amplitude: int = 0
    """1 where Z is proportional to the first parameter, -1 where 1/Z is, 0 otherwise."""


def _jw(omega: FloatArray, power: FloatArray) -> ComplexArray:
    """(j w)^power."""
    return np.asarray(np.exp(power * (np.log(omega) + 0.5j * np.pi)))


def _root(omega: FloatArray, tau: FloatArray) -> ComplexArray:
    """sqrt(j w tau)."""
    return np.asarray(np.sqrt(1j * omega * tau))


def _resistor(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    return np.asarray(p[0] * np.ones_like(omega) + 0j)


def _capacitor(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    return np.asarray(1 / (1j * omega * p[0]))


def _inductor(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    return np.asarray(1j * omega * p[0])


def _warburg(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    return np.asarray(p[0] * (1 - 1j) / np.sqrt(omega))


def _warburg_open(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    q = _root(omega, p[1])
    return np.asarray(p[0] / (q * np.tanh(q)))


def _warburg_short(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    q = _root(omega, p[1])
    return np.asarray(p[0] * np.tanh(q) / q)


def _constant_phase(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    return np.asarray(_jw(omega, -p[1]) / p[0])


def _modified_inductor(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    return np.asarray(p[0] ** p[1] * _jw(omega, p[1]))


def _gerischer(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    return np.asarray(p[0] / np.sqrt(1 + 1j * omega * p[1]))


def _finite_gerischer(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    g = np.sqrt(1 + 1j * omega * p[1])
    return np.asarray(p[0] / (g * np.tanh(p[2] * g)))


def _debye(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    return np.asarray(p[0] / (1 + 1j * omega * p[1]))


def _cole_cole(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    return np.asarray(p[0] / (1 + p[1] ** p[2] * _jw(omega, p[2])))


def _havriliak_negami(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    return np.asarray(p[0] * (1 + p[1] ** p[2] * _jw(omega, p[2])) ** -p[3])


def _transmission_line(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    z = _jw(omega, -p[2]) / p[1]
    return np.asarray(np.sqrt(p[0] * z) / np.tanh(np.sqrt(p[0] / z)))


def _paasch(p: Sequence[FloatArray], omega: FloatArray) -> ComplexArray:
    beta = np.sqrt(p[2] + 1j * omega * p[3])
    sinh = np.sinh(np.minimum(beta.real, LARGEST) + 1j * beta.imag)
    return np.asarray(p[0] / (beta * np.tanh(beta)) + p[1] / (beta * sinh))


ELEMENTS: Mapping[str, Element] = {
    "R": Element(("Ohm",), _resistor, amplitude=1),
    "C": Element(("F",), _capacitor, amplitude=-1),
    "L": Element(("H",), _inductor, amplitude=1),
    "W": Element(("Ohm sec^-1/2",), _warburg, amplitude=1),
    "Wo": Element(("Ohm", "sec"), _warburg_open, amplitude=1),
    "Ws": Element(("Ohm", "sec"), _warburg_short, amplitude=1),
    "CPE": Element(("Ohm^-1 sec^a", ""), _constant_phase, exponents=(1,), amplitude=-1),
    "La": Element(("H sec", ""), _modified_inductor, exponents=(1,)),
    "G": Element(("Ohm", "sec"), _gerischer, amplitude=1),
    "Gs": Element(("Ohm", "sec", ""), _finite_gerischer, amplitude=1),
    "K": Element(("Ohm", "sec"), _debye, amplitude=1),
    "Zarc": Element(("Ohm", "sec", ""), _cole_cole, exponents=(2,), amplitude=1),
    "HN": Element(("Ohm", "sec", "", ""), _havriliak_negami, exponents=(2, 3), amplitude=1),
    "TLMQ": Element(("Ohm", "F sec^(gamma - 1)", ""), _transmission_line, exponents=(2,)),
    "T": Element(("Ohm-m^2", "Ohm-m^2", "", "sec"), _paasch),
}
"""By the name before the number."""
