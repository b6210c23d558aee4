"""Which parts of a circuit are arcs, tails and resistances in series, and what of them belongs to the sample.

    p(R,CPE): tau = (Q R)^(1/n);  p(R,C): tau = R C;  K, Zarc: tau is a parameter;  C = tau/R everywhere

C is that of Hsu and Mansfeld, Corrosion 57 (2001) 747.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.impedance.circuits import CircuitTree, Leaf, Parallel, Part

TAILS = ("C", "CPE", "W", "Wo", "Ws")
"""In series from end to end: a blocking electrode, or diffusion in one."""
BESIDE = ("R", "L", "La", *TAILS)
"""In series from end to end: leaves the rest of the total unambiguous."""


@dataclass(frozen=True, slots=True, eq=False)
class ArcPart:
    """An arc among the parts: ln R, ln tau and n, each with its derivatives by theta (p,)."""

    part: int
    """Position in the circuit."""
    ln_r: float
    ln_tau: float
    n: float
    by_r: FloatArray
    by_tau: FloatArray
    by_n: FloatArray


def find_arcs(tree: CircuitTree, theta: FloatArray) -> list[ArcPart]:
    """From the fastest to the slowest."""
    found = [a for i, part in enumerate(tree.parts) if (a := _arc(i, part, theta)) is not None]
    return sorted(found, key=lambda a: a.ln_tau)


def _arc(at: int, part: Part, theta: FloatArray) -> ArcPart | None:
    unit = np.eye(theta.size)
    none = np.zeros(theta.size)
    if isinstance(part, Leaf) and part.kind in ("K", "Zarc"):
        i, bent = part.at, part.kind == "Zarc"
        n, by_n = (float(theta[i + 2]), unit[i + 2]) if bent else (1.0, none)
        return ArcPart(at, float(theta[i]), float(theta[i + 1]), n, unit[i], unit[i + 1], by_n)
    if not isinstance(part, Parallel) or len(part.parts) != 2:
        return None
    kinds = {leaf.kind: leaf.at for leaf in part.parts if isinstance(leaf, Leaf)}
    if kinds.keys() == {"R", "C"}:
        r, c = kinds["R"], kinds["C"]
        return ArcPart(at, float(theta[r]), float(theta[r] + theta[c]), 1.0, unit[r], unit[r] + unit[c], none)
    if kinds.keys() == {"R", "CPE"}:
        r, q = kinds["R"], kinds["CPE"]
        n = float(theta[q + 1])
        ln_tau = float(theta[r] + theta[q]) / n
        return ArcPart(
            at, float(theta[r]), ln_tau, n, unit[r], (unit[r] + unit[q] - ln_tau * unit[q + 1]) / n, unit[q + 1]
        )
    return None


def sort_arcs(tree: CircuitTree, theta: FloatArray, held: Sequence[bool]) -> FloatArray:
    """Theta with arcs of one kind from the fastest to the slowest in the order of the text; which is which is free otherwise."""
    out = theta.copy()
    groups: dict[tuple[str, ...], list[ArcPart]] = {}
    for arc in sorted(find_arcs(tree, theta), key=lambda a: a.part):
        slots = _slots(tree, arc.part)
        if not any(held[i] for i in slots):
            groups.setdefault(_kinds(tree.parts[arc.part]), []).append(arc)
    for arcs in groups.values():
        for place, arc in zip(arcs, sorted(arcs, key=lambda a: a.ln_tau), strict=True):
            out[_slots(tree, place.part)] = theta[_slots(tree, arc.part)]
    return out


def _kinds(part: Part) -> tuple[str, ...]:
    return (part.kind,) if isinstance(part, Leaf) else tuple(sorted(k for each in part.parts for k in _kinds(each)))


def _slots(tree: CircuitTree, at: int) -> list[int]:
    """Positions in theta of an arc's parameters, by kind of element."""
    part = tree.parts[at]
    leaves = [part] if isinstance(part, Leaf) else [leaf for leaf in part.parts if isinstance(leaf, Leaf)]
    return [
        leaf.at + i for leaf in sorted(leaves, key=lambda x: x.kind) for i in range(len(tree.elements[leaf.kind].units))
    ]


def series_of(tree: CircuitTree, *kinds: str) -> list[int]:
    """Positions in theta of the first parameter of the elements of these kinds that stand in series from end to end."""
    return [part.at for part in tree.parts if isinstance(part, Leaf) and part.kind in kinds]


def unclear_parts(tree: CircuitTree, arcs: Sequence[ArcPart]) -> list[str]:
    """Names of what leaves open which resistances are the sample's: anything but arcs, R, L and tails in series."""
    known = {a.part for a in arcs}
    return [
        _name(part)
        for i, part in enumerate(tree.parts)
        if i not in known and not (isinstance(part, Leaf) and part.kind in BESIDE)
    ]


def _name(part: Part) -> str:
    if isinstance(part, Leaf):
        return part.name
    if isinstance(part, Parallel):
        return f"p({','.join(_name(each) for each in part.parts)})"
    return "-".join(_name(each) for each in part.parts)
