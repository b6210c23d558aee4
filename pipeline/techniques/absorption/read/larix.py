"""Sessions of larix (Larch's program) -> scans: groups with energy and mu, or with k and chi, as they were saved.

A session is text, mostly packed by gzip: after a header each saved object is a line ``<:name:>`` and a line of JSON.
Arrays are base64 of their bytes or plain lists.  Nothing else of a session is looked at, and nothing is run.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Source
from pipeline.instruments.beamline.energy import put_in_order
from pipeline.science.edge_position import guess_edge
from pipeline.science.edges import edge_energy, parse_edge
from pipeline.techniques.absorption.model import AbsorptionScan

START = "##LARIX"
DTYPES = ("<f8", ">f8", "<f4", ">f4", "<i8", "<i4")


def read_session(raw: RawFile, text: str) -> tuple[AbsorptionScan, ...]:
    """All groups of a session that hold mu(E) or chi(k), in the session's order.

    Raises
    ------
    ReadError
        No such group: the session is empty, damaged, or of something else.
    """
    scans: list[AbsorptionScan] = []
    damaged = 0
    for name, entry in _objects(text):
        if entry is None:
            damaged += 1
            continue
        scan = _scan(raw, name, entry, len(scans) + 1)
        if scan is not None:
            scans.append(scan)
    if not scans:
        problem = "a larix session without a group of energy and mu, or k and chi"
        problem += f" ({damaged} damaged)" if damaged else ""
        raise ReadError(source=raw.name, field="groups", problem=problem, hint="save the session again")
    return tuple(scans)


def _objects(text: str) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Saved groups by name; None for one whose JSON is damaged."""
    lines = text.split("\n")
    for line, value in itertools.pairwise(lines):
        found = re.fullmatch(r"<:(\w+):>\s*", line)
        if found is None or found[1].startswith("_"):
            continue
        try:
            entry = json.loads(value)
        except (ValueError, RecursionError):
            yield found[1], None
            continue
        if isinstance(entry, dict) and entry.get("__class__") == "Group":
            yield found[1], entry


def _scan(raw: RawFile, name: str, entry: Mapping[str, Any], loop: int) -> AbsorptionScan | None:
    energy, mu = _array(entry.get("energy")), _array(entry.get("mu"))
    k, chi = _array(entry.get("k")), _array(entry.get("chi"))
    is_chi = energy is None or mu is None
    x, y = (k, chi) if is_chi else (energy, mu)
    if x is None or y is None or x.size != y.size or x.size < 3:
        return None
    order, findings = put_in_order(x)
    x, y = x[order], y[order]
    element, _ = parse_edge(str(entry.get("atsym") or ""))
    edge = str(entry.get("edge") or "").upper() or None
    if element is None or edge is None or edge_energy(element, edge) is None:
        guess = None if is_chi else guess_edge(x, y, element)
        element, edge = (guess.element, guess.edge) if guess else (element, None)
    label = str(entry.get("filename") or name)
    parameters: dict[str, float | str] = {"label": label}
    e0 = entry.get("e0")
    if isinstance(e0, float | int) and 0 < e0 < 2e5:
        parameters["e0_ev"] = float(e0)
    i0 = _array(entry.get("i0"))
    return AbsorptionScan(
        source=Source(file=raw.name, format="larix session", evidence=f"group {name}"),
        energy_ev=x,
        mu=y,
        element=element,
        edge=edge,
        i0=i0[order] if i0 is not None and i0.size == order.size and not is_chi else None,
        parameters=parameters,
        label=label,
        loop=loop,
        is_chi=is_chi,
        findings=findings,
    )


def _array(value: Any) -> FloatArray | None:
    """One-dimensional real array of either encoding; None where it is anything else."""
    try:
        if isinstance(value, Mapping) and value.get("__class__") == "b64ndarray":
            inner = json.loads(value["__value__"])
            if inner["dtype"] not in DTYPES or len(inner["shape"]) != 1:
                return None
            flat = np.frombuffer(base64.b64decode(inner["value"], validate=True), dtype=inner["dtype"])
            return flat.astype(float) if flat.size == inner["shape"][0] else None
        if isinstance(value, Mapping) and value.get("__class__") == "Array":
            value = value["value"]
        flat = np.array(value, dtype=float)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return flat if flat.ndim == 1 else None
