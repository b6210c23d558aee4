"""Circuits that a person writes, in impedance.py's language: ``R0-p(R1,CPE1)-p(R2-Wo1,CPE2)``.

    circuit = branch;  branch = part {"-" part};  part = element | "p(" branch {"," branch} ")";  element = name number

impedance.py makes Python of such a text and executes it.  Here it is read by this grammar alone, against the elements that are
known: a text that is no circuit is a mistake of the study, and nothing of it is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NoReturn

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.science.circuit_elements import ELEMENTS, Element

LONGEST = 300
"""Characters: a circuit that anybody can fit is shorter."""
DEEPEST = 8
MOST_PARAMETERS = 30
ELEMENT = re.compile(r"([A-Za-z]+)([0-9]{1,3})")
CUSTOM = "impedance.models.circuits.elements"
"""Where impedance.py registers elements of one's own; looked at only where somebody has imported it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One element of a circuit, and where its parameters stand among all of them."""

    name: str
    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class Series:
    """Parts one after the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Parts beside each other."""

    parts: tuple[Part, ...]


Part = Leaf | Series | Parallel


@dataclass(frozen=True, slots=True)
class CircuitTree:
    """A circuit that was read."""

    text: str
    """Without blanks."""
    parts: tuple[Part, ...]
    """What stands in series from end to end."""
    leaves: tuple[Leaf, ...]
    names: tuple[str, ...]
    """Of the parameters, as impedance.py has them: ``R0``, ``CPE1_0``, ``CPE1_1``."""
    units: tuple[str, ...]
    exponents: tuple[bool, ...]
    """Which parameters lie between 0 and 1."""
    elements: Mapping[str, Element] = field(repr=False)
    """Of the kinds in it."""


def read_circuit(text: str) -> CircuitTree:
    """Read a circuit.

    Raises
    ------
    ValueError
        It is none; the message says where and what was expected.
    """
    short = text.replace(" ", "")
    if len(short) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    reader = _Reader(short)
    parts = reader.branch(0)
    if reader.place < len(short):
        reader.fail("'-', or the end")
    names, units, exponents = list[str](), list[str](), list[bool]()
    for leaf in reader.leaves:
        element = reader.elements[leaf.kind]
        n = len(element.units)
        names += [leaf.name] if n == 1 else [f"{leaf.name}_{i}" for i in range(n)]
        units += element.units
        exponents += [i in element.exponents for i in range(n)]
    if len(names) > MOST_PARAMETERS:
        raise ValueError(f"{len(names)} parameters, more than {MOST_PARAMETERS}")
    return CircuitTree(
        short, parts, tuple(reader.leaves), tuple(names), tuple(units), tuple(exponents), reader.elements
    )


class _Reader:
    """The text and how far it was read."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0
        self.leaves: list[Leaf] = []
        self.elements: dict[str, Element] = {}
        self.size = 0

    def fail(self, expected: str) -> NoReturn:
        rest = self.text[self.place : self.place + 12]
        raise ValueError(f"expected {expected} at {rest!r}" if rest else f"ends where {expected} was expected")

    def branch(self, depth: int) -> tuple[Part, ...]:
        if depth > DEEPEST:
            raise ValueError(f"more than {DEEPEST} brackets in each other")
        parts = [self.part(depth)]
        while self.text.startswith("-", self.place):
            self.place += 1
            parts.append(self.part(depth))
        return tuple(parts)

    def part(self, depth: int) -> Part:
        if not self.text.startswith("p(", self.place):
            return self.element()
        self.place += 1
        beside = list[Part]()
        while not beside or self.text.startswith(",", self.place):
            self.place += 1
            branch = self.branch(depth + 1)
            beside.append(branch[0] if len(branch) == 1 else Series(branch))
        if not self.text.startswith(")", self.place):
            self.fail("',', '-' or ')'")
        self.place += 1
        if len(beside) < 2:
            raise ValueError("p(...) holds two parts or more, with a comma between them")
        return Parallel(tuple(beside))

    def element(self) -> Leaf:
        found = ELEMENT.match(self.text, self.place)
        if found is None:
            self.fail("an element with its number, like R1 or CPE2,")
        kind = found[1]
        element = ELEMENTS.get(kind) or custom_element(kind)
        if element is None:
            near = get_close_matches(kind, ELEMENTS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(ELEMENTS)}"
            raise ValueError(f"no element {kind!r} in {found[0]!r} ({hint})")
        if any(leaf.name == found[0] for leaf in self.leaves):
            raise ValueError(f"{found[0]} stands in it twice (give each element a number of its own)")
        leaf = Leaf(found[0], kind, self.size)
        self.place = found.end()
        self.leaves.append(leaf)
        self.elements[kind] = element
        self.size += len(element.units)
        return leaf


def custom_element(kind: str) -> Element | None:
    """An element that somebody has registered with impedance.py's ``@element``; None where there is none.

    Its function is called with one set of parameters at a time, as impedance.py calls it.
    """
    import sys

    module = sys.modules.get(CUSTOM)
    function = None if module is None else module.circuit_elements.get(kind)
    units = getattr(function, "units", None)
    if function is None or units is None:
        return None
    return Element(tuple(str(u) for u in units), _one_by_one(function))


def _one_by_one(function: Callable[..., Any]) -> Callable[..., Any]:
    def formula(p: Any, omega: FloatArray) -> Any:
        f = (omega / (2 * np.pi)).tolist()
        rows = np.concatenate([np.atleast_2d(v) for v in p], axis=1)
        return np.array([function(row.tolist(), f) for row in rows])

    return formula


def list_mistakes(circuit: str, fixed: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """(key, problem) of a circuit in a study, and of the parameters that are held."""
    if not circuit:
        if fixed:
            yield "fixed", "holds parameters of a circuit, and no circuit is given"
        return
    try:
        tree = read_circuit(circuit)
    except ValueError as error:
        yield "circuit", f"{circuit[:60]!r}: {error}"
        return
    exponents = dict(zip(tree.names, tree.exponents, strict=True))
    for name, value in fixed.items():
        if name not in exponents:
            near = get_close_matches(name, tree.names, n=1, cutoff=0.5)
            yield "fixed", f"no parameter {name!r} ({f'did you mean {near[0]}?' if near else ', '.join(tree.names)})"
        elif not 0 < value < np.inf or (exponents[name] and value > 1):
            yield "fixed", f"{name} = {value:g}: {'between 0 and 1' if exponents[name] else 'above 0'} is needed"
    if tree.names and set(tree.names) <= set(fixed):
        yield "fixed", "holds every parameter: nothing is left to fit"
