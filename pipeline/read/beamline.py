"""What a header says: the beamline's format, its columns, the element and edge.

CLS HXMA (06ID-1) writes rows of several events into one file: the first number of a row is the event, ``#(1)`` lines
name its columns twice, by process variable and by macro.  The scaler channels are mcs03 = fluorescence, mcs04 = I0,
mcs05 = I1, mcs06 = I2 (behind the reference foil).  CLS SXRMB (06B1-1) writes named columns; I0 is the beamline's own
at the solid state end station and the chamber's at the ambient and microprobe stations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from pipeline.errors import ReadError
from pipeline.model.measurement import FloatArray
from pipeline.model.result import Finding
from pipeline.read.channels import Roles, find_roles, plain, roles_without_labels
from pipeline.read.columns import ColumnText
from pipeline.read.edges import edges_near, parse_edge
from pipeline.read.energy import bragg_energy, header_facts

Confidence = Literal["certain", "likely", "guess"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Layout:
    """A table with its meaning, as far as the header gives it."""

    format: str
    instrument: str = ""
    labels: tuple[str, ...]
    data: FloatArray
    roles: Roles
    header: Mapping[str, str] = field(default_factory=dict)
    element: str | None = None
    edge: str | None = None
    evidence: tuple[str, ...] = ()
    confidence: Confidence = "likely"
    e0_hint: tuple[str, str] | None = None
    """Element and edge at the E0 that the header gives: weaker than a symbol, since a scan may keep an old E0."""
    energy_ev: FloatArray | None = None
    """(rows,) where the axis is not a column but computed."""
    findings: tuple[Finding, ...] = ()


def lay_out(name: str, table: ColumnText) -> Layout:
    """Format, columns and edge of a table of columns.

    Raises
    ------
    ReadError
        A format that is recognised and known to be no absorption scan, or not to be readable.
    """
    head = "\n".join(table.head[:400])
    _refuse_known(name, head)
    for signature, reader in _FORMATS:
        if re.search(signature, head):
            return _with_edge(reader(table, head), head)
    return _with_edge(_generic(table, head), head)


def _refuse_known(name: str, head: str) -> None:
    if "&SRS" in head:
        raise ReadError(
            source=name,
            field="format",
            problem="Daresbury SRS scan with nine lines per point",
            hint="convert it to columns of energy and mu",
        )
    if "DATA START" in head and "NCHAN" in head:
        raise ReadError(
            source=name,
            field="format",
            problem="NSLS X10C scan: its header does not say which column is which",
            hint="convert it to columns of energy and mu",
        )
    if re.search(r"^\W*Outer\.(name|value)", head, re.MULTILINE):
        raise ReadError(source=name, field="format", problem="a map (Outer.value changes), not one scan of energy")
    if re.search(r"FDMNES program|real\[2\*phc\]|mag\[feff\]|Feff\s?\d", head):
        raise ReadError(source=name, field="format", problem="calculated by FEFF or FDMNES, not measured")


def _hxma(table: ColumnText, head: str) -> Layout:
    data, events = table.data, table.data[:, 0]
    event = int(events[np.argmax([np.sum(events == v) for v in events[:50]])]) if events.size else 1
    found = []
    if np.any(events != event):
        note = f"{int(np.sum(events != event))} rows of other events than {event} left out"
        found.append(Finding(severity="info", field="rows", problem=note))
        data = data[events == event]
    names = [re.findall(r'"([^"]*)"', line) for line in head.split("\n") if line.startswith(f"#({event})")]
    names = [n for n in names if len(n) == data.shape[1]]
    pvs = next((n for n in names if not any("$(" in w for w in n)), [""] * data.shape[1])
    labels = next((n for n in names if any("$(" in w for w in n)), None) or pvs
    if not any(labels):
        labels = list(table.labels)
    roles = find_roles(labels, data)
    channels = {3: "fluorescence", 4: "i0", 5: "i1", 6: "i2"}
    seen: dict[str, int] = {}
    for i, (pv, label) in enumerate(zip(pvs, labels, strict=True)):
        scaler = re.search(r"mcs0*(\d+)", pv) or re.fullmatch(r"detector(\d)", plain(label))
        if scaler:
            number = int(scaler[1]) + (0 if "mcs" in scaler[0] else 2)
            if number in channels:
                seen[channels[number]] = i
    if {"i0"} <= set(seen):
        more = tuple(i for i in roles.fluorescence if i not in seen.values())
        single = (seen["fluorescence"],) if "fluorescence" in seen else ()
        roles = replace(roles, i0=seen["i0"], i1=seen.get("i1"), i2=seen.get("i2"), fluorescence=more or single)
    header = header_facts(table.head)
    background = re.search(r"# Background.*?=(.*)", head)
    extra = [re.findall(r'"([^"]*)"', line) for line in head.split("\n") if line.startswith("#(2)")]
    macros = next((n for n in extra if any("$(" in w for w in n)), [])
    element = edge = None
    evidence = ["header '# CLS Data Acquisition' with macros of HXMA"]
    if background and "$(EdgeEnergy)" in macros:
        numbers = re.findall(r"[-+\d.]+", re.sub(r"\(.*?\)", "", background[1]))
        after = len(macros) - macros.index("$(EdgeEnergy)")
        if len(numbers) >= after:
            header["EdgeEnergy"] = numbers[-after]
            near = edges_near(float(numbers[-after]), 5.0)
            if near:
                element, edge = near[0][:2]
                evidence.append(f"EdgeEnergy {numbers[-after]} eV in the header is {element} {edge}")
    return Layout(
        format="CLS HXMA",
        instrument="CLS 06ID-1 HXMA",
        labels=tuple(label or pv for label, pv in zip(labels, pvs, strict=True)),
        data=data,
        roles=roles,
        header=header,
        element=element,
        edge=edge,
        evidence=tuple(evidence),
        confidence="certain",
        findings=tuple(found),
    )


def _sxrmb(table: ColumnText, head: str) -> Layout:
    found = re.search(r"Scanned Edge:\s*(.+)", head)
    element, edge = parse_edge(found[1]) if found else (None, None)
    names = {plain(label) for label in table.labels}
    beamline_i0, own_i0 = "beamlinei0detector" in names, "i0detector" in names
    if "transmissiondetector" in names:
        station = "ambient"
    elif own_i0 and not beamline_i0:
        station = "microprobe"
    else:
        station = "solid state"
    evidence = [f"columns of CLS SXRMB, {station} end station"]
    if element:
        evidence.append(f"header 'Scanned Edge: {found[1].strip() if found else ''}'")
    return Layout(
        format="CLS SXRMB",
        instrument=f"CLS 06B1-1 SXRMB, {station} end station",
        labels=table.labels,
        data=table.data,
        roles=find_roles(table.labels, table.data, element),
        header=header_facts(table.head),
        element=element,
        edge=edge,
        evidence=tuple(evidence),
        confidence="certain",
    )


def _photon_factory(table: ColumnText, head: str) -> Layout:
    spacing = re.search(r"D=\s*([\d.]+)\s*A", head)
    offsets = re.search(r"Offset\s+([-\d.\s]+)", head)
    if spacing is None or table.data.shape[1] < 5:
        return _generic(table, head)
    data = table.data.copy()
    if offsets:
        per_second = [float(v) for v in offsets[1].split()][-(data.shape[1] - 3) :]
        data[:, -len(per_second) :] -= np.array(per_second) * data[:, [2]]
    labels = ("angle set", "angle read", "time", *(f"channel {i + 2}" for i in range(data.shape[1] - 3)))
    return Layout(
        format="KEK-PF 9809",
        instrument="Photon Factory " + (re.search(r"BL\w+", head) or [""])[0],
        labels=labels,
        data=data,
        roles=Roles(energy=1, i0=3, i1=4, time=2),
        header=header_facts(table.head),
        evidence=(f"header 'KEK-PF'; angles turned into eV with d = {spacing[1]} angstrom",),
        energy_ev=bragg_energy(data[:, 1], float(spacing[1])),
    )


def _lytle(table: ColumnText, head: str) -> Layout:
    rows = [line.split() for line in table.head[:3]]
    facts = dict(zip(rows[0], rows[1], strict=False)) if len(rows) > 1 else {}
    try:
        angle = table.data[:, 0] / float(facts["STPDEG"])
        energy = bragg_energy(angle, float(facts["DSPACE"]))
    except (KeyError, ValueError):
        return _generic(table, head)
    labels = ("steps", "i0", "i1", "i2", "if")[: table.data.shape[1]]
    labels += tuple(f"col{i + 1}" for i in range(len(labels), table.data.shape[1]))
    note = "columns taken as steps, I0, I1, I2, IF: this format names none"
    return Layout(
        format="Lytle database",
        labels=labels,
        data=table.data,
        roles=find_roles(labels, table.data),
        header={k: str(v) for k, v in facts.items()},
        evidence=(f"header 'NPTS NS CUEDGE'; steps turned into eV with d = {facts['DSPACE']} angstrom",),
        confidence="guess",
        energy_ev=energy,
        findings=(Finding(severity="warning", field="columns", problem=note),),
    )


def _generic(table: ColumnText, head: str) -> Layout:
    if table.labelled:
        element = _header_edge(head)[0]
        roles = find_roles(table.labels, table.data, element)
        evidence: tuple[str, ...] = ("columns " + ", ".join(table.labels[:8]),)
        sure: Confidence = "likely"
    else:
        roles = roles_without_labels(table.data)
        evidence, sure = (f"{table.data.shape[1]} columns without labels",), "guess"
    kind = "columns"
    for signature, known in _KINDS:
        if re.search(signature, head):
            kind = known
            break
    return Layout(
        format=kind,
        labels=table.labels,
        data=table.data,
        roles=roles,
        header=header_facts(table.head),
        evidence=evidence,
        confidence=sure,
    )


def _with_edge(layout: Layout, head: str) -> Layout:
    if layout.element is not None:
        return layout
    element, edge, where = _header_edge(head)
    if element is None:
        e0 = re.search(r"(?im)^\W*(?:[\w.]*\.)?(?:E0|edge_energy)\s*[=:]\s*(\d[\d.]*)", head)
        near = edges_near(float(e0[1]), 5.0) if e0 and e0[1].count(".") < 2 else []
        if near:
            assert e0 is not None
            return replace(layout, e0_hint=near[0][:2], header={**layout.header, "E0": e0[1]})
    if element is None:
        return layout
    return replace(layout, element=element, edge=edge, evidence=(*layout.evidence, f"header '{where}'"))


def _header_edge(head: str) -> tuple[str | None, str | None, str]:
    """Element and edge that a header declares, and the words it does so with."""
    symbol = re.search(
        r"(?im)^\W*(?:element\.symbol|scanparameters\.element|element|%atom)\s*[:=]\s*([A-Z][a-z]?)\b|\bElement=([A-Z][a-z]?)\b",
        head,
    )
    edge = re.search(
        r"(?im)^\W*(?:element\.edge|scanparameters\.edge|edge|%edge)\s*[:=]\s*(K|L[123]|LI{1,3})\b|\bEdge=(K|L[123])\b",
        head,
    )
    if symbol is None:
        return None, None, ""
    element, _ = parse_edge(symbol[1] or symbol[2])
    if element is None:
        return None, None, ""
    _, line = parse_edge(f"{element} {edge[1] or edge[2]}") if edge else (None, None)
    where = " ".join(part.group(0).strip(" #%") for part in (symbol, edge) if part)
    return element, line, where


_FORMATS = (
    (r"CLS Data Acquisition", _hxma),
    (r"Scanned Edge:|BeamlineI0Detector|(?s:TEYDetector.*EnergyFeedback|EnergyFeedback.*TEYDetector)", _sxrmb),
    (r"KEK-PF", _photon_factory),
    (r"NPTS\s+NS\s+CUEDGE", _lytle),
)
_KINDS = (
    (r"XDI/\d", "XDI"),
    (r"^\W*XDAC V", "NSLS XDAC"),
    (r"MRCAT_XAFS", "APS MRCAT"),
    (r"created by LabVIEW Control Panel", "APS XSD LabVIEW"),
    (r"Epics Scan 1 dimensional", "APS GSE"),
    (r"SSRL\s+(Micro)?EXAFS Data Collector", "SSRL"),
    (r"(?m)^#S \d+", "SPEC"),
    (r"Athena data file|Athena/", "Athena columns"),
)
