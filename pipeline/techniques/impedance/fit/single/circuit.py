"""The circuit L - R0 - sum of R||CPE - tail, for many parameter sets at once, with its analytic Jacobian.

    Z(w) = R_s + j w L + sum_i R_i / (1 + (j w tau_i)^n_i) + tail
    tail = 1 / (Q (j w)^m), which is semi-infinite diffusion for m = 1/2, or finite diffusion (impedance_elements.py)

theta holds, in this order: ln R_i, ln tau_i, n_i (i = 1..M), then ln R_s, ln L, and ln Q, m or ln R_w, ln tau_w of the tail, for
the terms that are present.
Capacitance of an arc: C = tau/R = (Q R^(1-n))^(1/n), Hsu and Mansfeld, Corrosion 57 (2001) 747.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.impedance_elements import Parts, constant_phase, diffusion, relaxation

Tail = Literal["cpe", "open", "short"]
"""Of the electrodes: a blocking CPE, diffusion that is blocked (Wo of impedance.py), diffusion that is let through (Ws)."""
N_BOUNDS = (0.5, 1.0)
BLOCKING_BOUNDS = (0.3, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """Which terms are present."""

    n_arcs: int
    series: bool = False
    inductance: bool = False
    blocking: bool = False
    """A tail is present."""
    tail: Tail = "cpe"
    """What it is."""

    @property
    def n_parameters(self) -> int:
        """Length of theta."""
        return 3 * self.n_arcs + self.series + self.inductance + 2 * self.blocking

    def position(self, term: str) -> int:
        """Index in theta of ``series``, ``inductance``, and of the tail's ``q`` (or ln R_w) and ``m`` (or ln tau_w)."""
        at = 3 * self.n_arcs
        order = [("series", self.series), ("inductance", self.inductance), ("q", self.blocking), ("m", self.blocking)]
        for name, present in order:
            if name == term:
                if not present:
                    raise KeyError(term)
                return at
            at += present
        raise KeyError(term)


def impedance(theta: FloatArray, circuit: Circuit, omega: FloatArray) -> ComplexArray:
    """Z in ohm, shape (s, n), of theta (s, p) at omega in rad/s: (n,), or (s, n) where each row has its own."""
    return impedance_and_jacobian(theta, circuit, omega)[0]


def impedance_and_jacobian(theta: FloatArray, circuit: Circuit, omega: FloatArray) -> tuple[ComplexArray, ComplexArray]:
    """Z (s, n) in ohm and dZ/dtheta (s, n, p)."""
    rows, n = weighted_rows(theta, circuit, omega, np.ones(omega.shape)), omega.shape[-1]
    together = rows[:, :, :n] + 1j * rows[:, :, n:]
    return together[:, -1], together[:, :-1].transpose(0, 2, 1)


def weighted_rows(theta: FloatArray, circuit: Circuit, omega: FloatArray, weight: FloatArray) -> FloatArray:
    """Weight times dZ/dtheta, one row for each of theta, then weight times Z, as a least-squares fit wants them.

    Parameters
    ----------
    theta:
        (s, p)
    omega, weight:
        (n,), or (s, n) where each row of theta has its own; rad/s, and in the unit of the result over ohm.

    Returns
    -------
    (s, p + 1, 2n): real parts, then imaginary parts.
    """
    m, n, ln_omega = circuit.n_arcs, omega.shape[-1], np.log(omega)
    out = np.zeros((theta.shape[0], circuit.n_parameters + 1, 2 * n))

    def put(row: int, part: Parts) -> None:
        out[:, row, :n], out[:, row, n:] = part

    for i in range(m):
        ln_r, ln_tau, e = (theta[:, at, None] for at in (i, m + i, 2 * m + i))
        for row, part in zip(
            (i, m + i, 2 * m + i), relaxation(ln_omega, ln_tau, e, np.exp(ln_r) * weight), strict=True
        ):
            put(row, part)
    terms = list(range(m))
    if circuit.series:
        terms.append(circuit.position("series"))
        out[:, terms[-1], :n] = np.exp(theta[:, terms[-1], None]) * weight
    if circuit.inductance:
        terms.append(circuit.position("inductance"))
        out[:, terms[-1], n:] = np.exp(theta[:, terms[-1], None]) * omega * weight
    out[:, -1] = out[:, terms].sum(axis=1)
    if circuit.blocking:
        at = circuit.position("q")
        sign = -1.0 if circuit.tail == "cpe" else 1.0
        tail, by_other = tail_element(
            circuit.tail, ln_omega, theta[:, at + 1, None], np.exp(sign * theta[:, at, None]) * weight
        )
        put(at, Parts(sign * tail.real, sign * tail.imag))
        put(at + 1, by_other)
        out[:, -1] += sign * out[:, at]
    return out


def tail_element(tail: Tail, ln_omega: FloatArray, other: FloatArray, size: FloatArray | float) -> tuple[Parts, Parts]:
    """Z of the tail for ``size`` 1/Q or R_w, and its derivative by ``other``, which is m or ln tau_w."""
    if tail == "cpe":
        return constant_phase(ln_omega, other, size)
    return diffusion(ln_omega, other, size, blocked=tail == "open")


def arc_capacitance(r_ohm: float, q: float, n: float) -> float:
    """Hsu-Mansfeld capacitance in F of R in ohm, Q in F s^(n-1)."""
    return float((q * r_ohm ** (1 - n)) ** (1 / n))
