"""Z of a circuit that a person wrote, and its derivatives, for many parameter sets at once.

theta holds ln p of every parameter, exponents as they are.  Derivatives of an element are its own formula's, analytic where Z is
proportional to the parameter and by central differences otherwise; from there on the rules of series and parallel are exact:

    series: dZ = sum dZ_i;     parallel: Z = 1/sum 1/Z_i,  dZ = sum (Z/Z_i)^2 dZ_i
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.science.circuit_elements import Element
from pipeline.techniques.impedance.circuits import CircuitTree, Leaf, Parallel, Part

STEP = 1e-5
"""Of a central difference in theta: rounding and curvature are both below 1e-9 of the derivative."""


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """What is fitted. Weights are 1/|Z|, as everywhere in this room."""

    omega: FloatArray
    """(n,) rad/s."""
    z: ComplexArray
    """(n,) ohm."""

    @property
    def weight(self) -> FloatArray:
        """(n,) 1/ohm."""
        return np.asarray(1 / np.abs(self.z))


def parameters_of(tree: CircuitTree, theta: FloatArray) -> FloatArray:
    """(s, p) in the units of the circuit."""
    return np.where(tree.exponents, theta, np.exp(np.where(tree.exponents, 0.0, theta)))


def theta_of(tree: CircuitTree, values: FloatArray) -> FloatArray:
    """The other way."""
    return np.where(tree.exponents, values, np.log(np.where(tree.exponents, 1.0, values)))


def impedance(tree: CircuitTree, theta: FloatArray, omega: FloatArray) -> ComplexArray:
    """Z (s, n) in ohm of theta (s, p)."""
    p = parameters_of(tree, theta)
    with np.errstate(all="ignore"):
        return np.asarray(sum(part_impedance(tree, part, p, omega) for part in tree.parts))


def part_impedance(tree: CircuitTree, part: Part, p: FloatArray, omega: FloatArray) -> ComplexArray:
    """Z (s, n) in ohm of one part, ``p`` (s, all parameters) in the units of the circuit."""
    if isinstance(part, Leaf):
        element = tree.elements[part.kind]
        return element.formula([p[:, part.at + i, None] for i in range(len(element.units))], omega)
    inner = [part_impedance(tree, each, p, omega) for each in part.parts]
    if isinstance(part, Parallel):
        return np.asarray(1 / sum(1 / z for z in inner))
    return np.asarray(sum(inner))


def impedance_and_jacobian(
    tree: CircuitTree, theta: FloatArray, omega: FloatArray
) -> tuple[ComplexArray, ComplexArray]:
    """Z (s, n) in ohm and dZ/dtheta (s, p, n)."""
    p = parameters_of(tree, theta)
    out = np.zeros((theta.shape[0], theta.shape[1], omega.size), dtype=complex)
    with np.errstate(all="ignore"):
        z = sum(_differentiate(tree, part, p, omega, out) for part in tree.parts)
    return np.asarray(z), out


def _differentiate(tree: CircuitTree, part: Part, p: FloatArray, omega: FloatArray, out: ComplexArray) -> ComplexArray:
    """Z (s, n) of a part; its derivatives are put into ``out``."""
    if isinstance(part, Leaf):
        element = tree.elements[part.kind]
        own = [p[:, part.at + i, None] for i in range(len(element.units))]
        z = element.formula(own, omega)
        for i in range(len(own)):
            out[:, part.at + i] = _derivative(element, own, i, omega, z)
        return z
    inner = [_differentiate(tree, each, p, omega, out) for each in part.parts]
    if not isinstance(part, Parallel):
        return np.asarray(sum(inner))
    z = np.asarray(1 / sum(1 / each for each in inner))
    for each, of in zip(inner, part.parts, strict=True):
        share = (z / each) ** 2
        for leaf in leaves_of(of):
            out[:, leaf.at : leaf.at + len(tree.elements[leaf.kind].units)] *= share[:, None]
    return z


def _derivative(element: Element, own: list[FloatArray], i: int, omega: FloatArray, z: ComplexArray) -> ComplexArray:
    if i == 0 and element.amplitude:
        return element.amplitude * z
    ends = []
    for sign in (1, -1):
        moved = list(own)
        moved[i] = own[i] + sign * STEP if i in element.exponents else own[i] * np.exp(sign * STEP)
        ends.append(element.formula(moved, omega))
    return np.asarray((ends[0] - ends[1]) / (2 * STEP))


def leaves_of(part: Part) -> list[Leaf]:
    """All elements of a part, in the order of the text."""
    return [part] if isinstance(part, Leaf) else [leaf for each in part.parts for leaf in leaves_of(each)]
