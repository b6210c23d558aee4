"""Athena projects of three generations -> scans with the parameters their owner chose.

Athena 0.8 and Demeter 0.4 to 0.9 dump Perl data (gzip or plain); Demeter 0.9.26 may write JSON. Energies in a project
are as measured: the owner's shift ``bkg_eshift`` is added here, and e0 is on the shifted scale. Nothing is evaluated.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Source
from pipeline.core.values import Finding
from pipeline.instruments.athena.parameters import as_text, is_set, read_parameters
from pipeline.instruments.athena.perl import statements
from pipeline.instruments.beamline.energy import put_in_order
from pipeline.science.edges import edge_energy, edges_near, parse_edge
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read import larix


@dataclass(slots=True)
class _Group:
    name: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, list[Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def unpack(raw: RawFile, max_mb: float) -> str:
    """Text of a project, unpacked where it is gzip.

    Raises
    ------
    ReadError
        Damaged gzip, or larger than ``max_mb`` when unpacked.
    """
    data = raw.data
    if data[:2] == b"\x1f\x8b":
        limit = int(max_mb * 1e6)
        engine = zlib.decompressobj(31)
        try:
            data = engine.decompress(raw.data, limit)
        except zlib.error as error:
            raise ReadError(source=raw.name, field="gzip", problem=f"damaged: {error}", hint="copy it again") from error
        if not engine.eof:
            big = len(data) >= limit
            problem = f"larger than {max_mb:.0f} MB when unpacked" if big else "cut: the gzip stream has no end"
            raise ReadError(source=raw.name, field="gzip", problem=problem, hint="copy it again")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_project(raw: RawFile, max_mb: float) -> tuple[AbsorptionScan, ...]:
    """All groups of a project (or larix session) that hold mu(E) or chi(k), in the project's order.

    Raises
    ------
    ReadError
        Not a project, damaged, or without such a group.
    """
    text = unpack(raw, max_mb)
    version = re.search(r"Athena project file -- (\w+ version [\w.]+)", text[:2000])
    if version is None and text.startswith(larix.START):
        return larix.read_session(raw, text)
    if version is None:
        raise ReadError(source=raw.name, field="format", problem="packed, but no Athena project inside")
    if text.lstrip().startswith("{"):
        kind, groups = f"Athena project, JSON ({version[1]})", _json_groups(raw, text)
    else:
        kind, groups = f"Athena project, Perl ({version[1]})", _perl_groups(text)
    scans: list[AbsorptionScan] = []
    skipped: list[Finding] = []
    by_name = {g.name: g for g in groups}
    for group in groups:
        try:
            scans.append(_scan(raw, kind, group, by_name, len(scans) + 1))
        except ReadError as error:
            label = as_text(group.args.get("label")) or group.name
            problem = f"group {label!r}: {error.problem}"
            skipped.append(Finding(severity="warning", field=error.field, problem=problem, hint="left out"))
    if not scans:
        why = skipped[0].problem if skipped else "it holds no group"
        raise ReadError(source=raw.name, field="groups", problem=f"nothing to read: {why}")
    if skipped:
        scans[0] = replace(scans[0], findings=(*scans[0].findings, *skipped))
    return tuple(scans)


def _perl_groups(text: str) -> list[_Group]:
    groups: list[_Group] = []
    group = _Group()
    for name, value, problem in statements(text):
        if name == "[record]":
            groups.append(group)
            group = _Group()
        elif problem:
            group.problems.append(f"{name}: {problem}")
        elif name == "old_group":
            group.name = as_text(value)
        elif name == "args" and isinstance(value, list):
            group.args = {as_text(k): v for k, v in zip(value[::2], value[1::2], strict=False)}
        elif name in ("x", "y", "i0", "signal", "stddev") and isinstance(value, list):
            group.arrays[name] = value
    return groups


def _json_groups(raw: RawFile, text: str) -> list[_Group]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = f"damaged JSON: {str(error)[:80]}"
        raise ReadError(source=raw.name, field="format", problem=problem, hint="copy it again") from error
    order = data.get("_____order") if isinstance(data.get("_____order"), list) else []
    names = [n for n in order if isinstance(n, str) and n in data] if order else []
    names += [n for n in data if n not in names and not n.startswith("_____")]
    groups = []
    for name in names:
        entry = data[name]
        if isinstance(entry, dict):
            args = entry.get("args")
            arrays = {k: v for k, v in entry.items() if k != "args" and isinstance(v, list)}
            groups.append(_Group(name=name, args=args if isinstance(args, dict) else {}, arrays=arrays))
    return groups


def _scan(raw: RawFile, kind: str, group: _Group, by_name: Mapping[str, _Group], loop: int) -> AbsorptionScan:
    label = as_text(group.args.get("label")) or group.name
    for flag, what in (("is_rsp", "chi(R)"), ("is_qsp", "chi(q)"), ("not_data", "a detector")):
        if is_set(group.args, flag):
            raise ReadError(source=raw.name, field="group", problem=f"holds {what}, neither mu(E) nor chi(k)")
    x, y = (_array(raw, group, name) for name in ("x", "y"))
    if x.size != y.size or x.size < 3:
        raise ReadError(source=raw.name, field="arrays", problem=f"{x.size} energies and {y.size} values")
    parameters, findings = read_parameters(group.args)
    findings += [Finding(severity="warning", field="parameters", problem=p) for p in group.problems]
    is_chi = is_set(group.args, "is_chi") or "chi" in as_text(group.args.get("recordtype")).lower()
    order, found = put_in_order(x)
    findings += found
    x, y = x[order], y[order]
    i0 = _optional(group, "i0", order)
    shift = parameters.get("eshift_ev", 0.0)
    if not is_chi and isinstance(shift, float) and shift:
        x = x + shift
        note = f"the project's energy shift of {shift:+.4g} eV is applied"
        findings.append(Finding(severity="info", field="eshift", problem=note))
    reference = _reference(group, by_name, x, shift if isinstance(shift, float) else 0.0, findings)
    if is_reference(group, by_name):
        parameters["role"] = "reference"
    element, edge = _element_and_edge(group, parameters, findings)
    if is_set(group.args, "is_nor"):
        problem = "marked as already normalised"
        findings.append(
            Finding(severity="warning", field="mu", problem=problem, hint="its edge step is 1 by definition")
        )
    return AbsorptionScan(
        source=Source(
            file=raw.name,
            format=kind,
            evidence=f"group {group.name}; element and edge as set in the project",
            header={k: as_text(group.args[k]) for k in ("file", "source", "provenance") if as_text(group.args.get(k))},
        ),
        energy_ev=x,
        mu=y,
        element=element,
        edge=edge,
        reference_mu=reference,
        i0=i0,
        parameters={"label": label, **parameters},
        counts_terms=True,
        label=label,
        loop=loop,
        is_chi=is_chi,
        findings=tuple(findings),
    )


def _partner(group: _Group, by_name: Mapping[str, _Group]) -> _Group | None:
    """The group that a group is tied to as sample or reference, None where there is none."""
    for key in ("referencegroup", "reference"):
        other = by_name.get(as_text(group.args.get(key)))
        if other is not None and other is not group:
            return other
    return None


def is_reference(group: _Group, by_name: Mapping[str, _Group]) -> bool:
    """True for the reference channel of another group: named so, or the later of two tied to each other."""
    other = _partner(group, by_name)
    if is_set(group.args, "is_ref") or other is None:
        return is_set(group.args, "is_ref")
    mine, its = (re.match(r"\s*ref\b", as_text(g.args.get("label")), re.IGNORECASE) for g in (group, other))
    if bool(mine) != bool(its):
        return bool(mine)
    names = list(by_name)
    return _partner(other, by_name) is group and names.index(group.name) > names.index(other.name)


def _element_and_edge(
    group: _Group, parameters: Mapping[str, float | str], findings: list[Finding]
) -> tuple[str | None, str | None]:
    """As set by the owner; an edge that lies far from e0 is replaced by the element's edge at e0, and said so."""
    element, _ = parse_edge(as_text(group.args.get("bkg_z")))
    if element is None:
        return None, None
    given = as_text(group.args.get("fft_edge")).strip().upper()
    e0 = parameters.get("e0_ev")
    expected = edge_energy(element, given)
    if isinstance(e0, float) and e0 > 0 and (expected is None or abs(expected - e0) > 60):
        near = [edge for symbol, edge, _ in edges_near(e0, 60.0) if symbol == element]
        if near and near[0] != given:
            note = f"edge set to {given or 'nothing'}, but e0 {e0:.1f} eV is {element} {near[0]}"
            findings.append(Finding(severity="warning", field="edge", problem=note))
            return element, near[0]
        if not near:
            note = f"set to {element} {given}, but e0 is {e0:.1f} eV"
            findings.append(Finding(severity="warning", field="edge", problem=note))
    return element, given if expected is not None else None


def _reference(
    group: _Group, by_name: Mapping[str, _Group], x: FloatArray, shift: float, findings: list[Finding]
) -> FloatArray | None:
    other = _partner(group, by_name)
    if other is None or is_reference(group, by_name):
        return None
    try:
        rx = np.array([float(v) for v in other.arrays.get("x", [])]) + shift
        ry = np.array([float(v) for v in other.arrays.get("y", [])])
    except (TypeError, ValueError, OverflowError):
        return None
    if rx.size == x.size == ry.size and np.allclose(rx, x, rtol=0, atol=1e-3):
        return ry
    note = f"reference group {other.name} is on another energy grid; not joined"
    findings.append(Finding(severity="info", field="reference", problem=note))
    return None


def _array(raw: RawFile, group: _Group, name: str) -> FloatArray:
    try:
        return np.array([float(v) for v in group.arrays.get(name, [])])
    except (TypeError, ValueError, OverflowError) as error:
        raise ReadError(source=raw.name, field=name, problem=f"not all numbers ({str(error)[:60]})") from error


def _optional(group: _Group, name: str, order: NDArray[np.intp]) -> FloatArray | None:
    try:
        values = np.array([float(v) for v in group.arrays.get(name, [])])
    except (TypeError, ValueError, OverflowError):
        return None
    return values[order] if values.size > int(np.max(order, initial=-1)) else None
