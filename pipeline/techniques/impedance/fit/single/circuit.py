"""The circuit L - R0 - sum of R||CPE - blocking CPE, for many parameter sets at once, with its analytic Jacobian.

    Z(w) = R_s + j w L + sum_i R_i / (1 + (j w tau_i)^n_i) + 1 / (Q (j w)^m)

theta holds, in this order: ln R_i, ln tau_i, n_i (i = 1..M), then ln R_s, ln L, ln Q, m for the terms that are present.
Capacitance of an arc: C = tau/R = (Q R^(1-n))^(1/n), Hsu and Mansfeld, Corrosion 57 (2001) 747.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.impedance_elements import constant_phase, relaxation

N_BOUNDS = (0.5, 1.0)
BLOCKING_BOUNDS = (0.3, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """Which terms are present."""

    n_arcs: int
    series: bool = False
    inductance: bool = False
    blocking: bool = False

    @property
    def n_parameters(self) -> int:
        """Length of theta."""
        return 3 * self.n_arcs + self.series + self.inductance + 2 * self.blocking

    def position(self, term: str) -> int:
        """Index in theta of ``series``, ``inductance``, ``q`` or ``m``."""
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
    return _evaluate(theta, circuit, omega, jacobian=False)[0]


def impedance_and_jacobian(theta: FloatArray, circuit: Circuit, omega: FloatArray) -> tuple[ComplexArray, ComplexArray]:
    """Z (s, n) in ohm and dZ/dtheta (s, n, p)."""
    z, jacobian = _evaluate(theta, circuit, omega, jacobian=True)
    assert jacobian is not None
    return z, jacobian


def _evaluate(
    theta: FloatArray, circuit: Circuit, omega: FloatArray, *, jacobian: bool
) -> tuple[ComplexArray, ComplexArray | None]:
    s, m, n = theta.shape[0], circuit.n_arcs, omega.shape[-1]
    jac = np.empty((s, n, circuit.n_parameters), dtype=complex) if jacobian else None
    z = np.zeros((s, n), dtype=complex)
    ln_omega = np.log(omega)
    for i in range(m):
        r, ln_tau, e = np.exp(theta[:, i, None]), theta[:, m + i, None], theta[:, 2 * m + i, None]
        arc, by_ln_tau, by_n = relaxation(ln_omega, ln_tau, e, r)
        z += arc.together()
        if jac is not None:
            for at, part in ((i, arc), (m + i, by_ln_tau), (2 * m + i, by_n)):
                jac[:, :, at].real, jac[:, :, at].imag = part
    at = 3 * m
    if circuit.series:
        term = np.exp(theta[:, at, None]) * np.ones(n)
        z += term
        if jac is not None:
            jac[:, :, at] = term
        at += 1
    if circuit.inductance:
        inductive = 1j * omega * np.exp(theta[:, at, None])
        z += inductive
        if jac is not None:
            jac[:, :, at] = inductive
        at += 1
    if circuit.blocking:
        tail, by_m = constant_phase(ln_omega, theta[:, at + 1, None], np.exp(-theta[:, at, None]))
        z += tail.together()
        if jac is not None:
            jac[:, :, at], jac[:, :, at + 1] = -tail.together(), by_m.together()
    return z, jac


def arc_capacitance(r_ohm: float, q: float, n: float) -> float:
    """Hsu-Mansfeld capacitance in F of R in ohm, Q in F s^(n-1)."""
    return float((q * r_ohm ** (1 - n)) ** (1 / n))
