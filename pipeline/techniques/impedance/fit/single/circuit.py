"""The circuit L - R0 - sum of R||CPE - tail, for many parameter sets at once, with its analytic Jacobian.

    Z(w) = R_s + j w L + sum_i R_i / (1 + (j w tau_i)^n_i)^b_i + tail
    tail = 1 / (Q (j w)^m), which is semi-infinite diffusion for m = 1/2, or finite diffusion (impedance_elements.py)

theta holds, in this order: ln R_i, ln tau_i, n_i (i = 1..M), b_i where an arc is skewed, then ln R_s, ln L, and ln Q, m or
ln R_w, ln tau_w of the tail, for the terms that are present.
Capacitance of an arc: C = tau/R = (Q R^(1-n))^(1/n), Hsu and Mansfeld, Corrosion 57 (2001) 747.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.impedance_elements import Parts, constant_phase, diffusion, ln_apex, relaxation, skewed_relaxation
from pipeline.techniques.impedance.fit.levenberg_marquardt import Flags

Tail = Literal["cpe", "open", "short"]
"""Of the electrodes: a blocking CPE, diffusion that is blocked (Wo of impedance.py), diffusion that is let through (Ws)."""
Shape = Literal["cc", "dc", "hn"]
"""Of an arc: Cole-Cole, which is R||CPE (b = 1), Davidson-Cole (n = 1), Havriliak-Negami."""
N_BOUNDS = (0.5, 1.0)
SKEW_BOUNDS = (0.3, 1.0)
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
    shapes: tuple[Shape, ...] = ()
    """(M,) of the arcs; none where all are R||CPE and theta holds no b_i."""

    @property
    def blocks(self) -> int:
        """Parameters of each arc in theta."""
        return 4 if self.shapes else 3

    @property
    def n_parameters(self) -> int:
        """Length of theta."""
        return self.blocks * self.n_arcs + self.series + self.inductance + 2 * self.blocking

    @property
    def n_free(self) -> int:
        """Parameters that the data determine: a shape may fix n_i or b_i."""
        return self.n_parameters - sum(s != "hn" for s in self.shapes)

    @property
    def n_terms(self) -> int:
        """Parameters beside the arcs'."""
        return self.n_parameters - self.blocks * self.n_arcs

    def held(self) -> Flags:
        """(p,) which of x (variable_projection.py) the shapes fix at 1."""
        m, s = self.n_arcs, self.shapes
        fixed = [False] * (2 * m) if not s else [False] * m + [k == "dc" for k in s] + [k == "cc" for k in s]
        return np.array([*fixed, False])

    def free(self) -> Flags:
        """(p,) which of theta the shapes leave free."""
        out, held = np.ones(self.n_parameters, dtype=bool), self.held()[:-1]
        out[self.n_arcs : self.n_arcs + held.size] = ~held
        return out

    def position(self, term: str) -> int:
        """Index in theta of ``series``, ``inductance``, and of the tail's ``q`` (or ln R_w) and ``m`` (or ln tau_w)."""
        at = self.blocks * self.n_arcs
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
        own = [i + k * m for k in range(circuit.blocks)]
        ln_r, *others = (theta[:, at, None] for at in own)
        for row, part in zip(own, arc_element(ln_omega, others, np.exp(ln_r) * weight), strict=True):
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


def arc_element(ln_omega: FloatArray, others: Sequence[FloatArray], size: FloatArray) -> tuple[Parts, ...]:
    """Z of an arc for ``size`` R, and its derivatives by the ``others``: ln tau, n, and b where it is skewed."""
    if len(others) == 2:
        return relaxation(ln_omega, others[0], others[1], size)
    return skewed_relaxation(ln_omega, others[0], others[1], others[2], size)


def ln_apex_tau(theta: FloatArray, circuit: Circuit) -> FloatArray:
    """(M,) ln of 1/w at the top of each arc, theta (p,)."""
    m = circuit.n_arcs
    ln_tau = theta[m : 2 * m]
    return ln_tau - ln_apex(theta[2 * m : 3 * m], theta[3 * m : 4 * m]) if circuit.shapes else ln_tau


def tail_element(tail: Tail, ln_omega: FloatArray, other: FloatArray, size: FloatArray | float) -> tuple[Parts, Parts]:
    """Z of the tail for ``size`` 1/Q or R_w, and its derivative by ``other``, which is m or ln tau_w."""
    if tail == "cpe":
        return constant_phase(ln_omega, other, size)
    return diffusion(ln_omega, other, size, blocked=tail == "open")


def arc_capacitance(r_ohm: float, q: float, n: float) -> float:
    """Hsu-Mansfeld capacitance in F of R in ohm, Q in F s^(n-1)."""
    return float((q * r_ohm ** (1 - n)) ** (1 / n))
