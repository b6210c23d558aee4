"""What a header says: the beamline's format, its columns, the element and edge."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from pipeline.core.errors import ReadError
from pipeline.core.values import Finding
from pipeline.instruments.beamline.channels import Roles, find_roles, plain, roles_without_labels
from pipeline.instruments.beamline.cls import read_hxma, read_sxrmb
from pipeline.instruments.beamline.columns import ColumnText
from pipeline.instruments.beamline.energy import bragg_energy, header_facts, number_after
from pipeline.instruments.beamline.layout import Confidence, Layout
from pipeline.science.edges import edges_near, parse_edge


def lay_out(name: str, table: ColumnText) -> Layout:
    """Format, columns and edge of a table of columns.

    Raises
    ------
    ReadError
        A format that is recognised and known to be no absorption scan, or not to be readable.
    """
    head = "\n".join(table.head[:400])
    _refuse_known(name, head)
    reader = next((r for signature, r in _FORMATS if re.search(signature, head)), _generic)
    layout = _with_edge(reader(table, head), head)
    mixed = {"CLS HXMA"}  # rows of several widths are this format's own way
    return layout if layout.format in mixed else replace(layout, findings=(*table.findings, *layout.findings))


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


def _photon_factory(table: ColumnText, head: str) -> Layout:
    spacing = number_after(r"\bD=", head)
    offsets = re.search(r"(?m)^\s*Offset((?:\s+-?\d+\.?\d*)+)\s*$", head)
    if not spacing or table.data.shape[1] < 5:
        return _generic(table, head)
    data = table.data.copy()
    if offsets:
        per_second = [float(v) for v in offsets[1].split()][-(data.shape[1] - 3) :]
        data[:, -len(per_second) :] -= np.array(per_second) * data[:, [2]]
    labels = ("angle set", "angle read", "time", *(f"channel {i + 2}" for i in range(data.shape[1] - 3)))
    facility = re.search(r"(?m)^\s*9809\s+(\S.*?)\s*$", head)
    return Layout(
        format="KEK-PF 9809",
        instrument=re.sub(r"\s+", " ", facility[1]) if facility else "",
        labels=labels,
        data=data,
        roles=_channels_by_mode(head, data.shape[1]),
        header=header_facts(table.head),
        evidence=(f"header '9809'; angles turned into eV with d = {spacing} angstrom",),
        energy_ev=bragg_energy(data[:, 1], spacing),
    )


def _channels_by_mode(head: str, width: int) -> Roles:
    """Detectors by the line ``Mode`` under the channels: 1 I0, 2 behind the sample (then the foil), 3 fluorescence, 4 yield."""
    found = re.search(r"(?m)^\s*Mode((?:\s+\d+)+)\s*$", head)
    codes = [int(v) for v in found[1].split()][-(width - 3) :] if found else []
    of: dict[int, list[int]] = {code: [3 + i for i, c in enumerate(codes) if c == code] for code in (1, 2, 3, 4)}
    if len(codes) < width - 3 or not of[1]:
        return Roles(energy=1, i0=3, i1=4, time=2)
    behind = [*of[2], None, None]
    return Roles(
        energy=1,
        i0=of[1][0],
        i1=behind[0],
        i2=behind[1],
        fluorescence=tuple(of[3]),
        electron_yield=of[4][0] if of[4] else None,
        time=2,
    )


def _petra(table: ColumnText, head: str) -> Layout:
    """DESY P64 and P65: four converters VFC01 to VFC04 behind I0, I1, I2 and the fluorescence diode, in this order."""
    layout = _generic(table, head)
    at = {plain(label): i for i, label in enumerate(table.labels)}
    columns = [at.get(f"vfc{n:02d}") for n in range(1, 5)]
    if columns[0] is None or layout.roles.i0 is not None:
        return layout
    i0, i1, i2, diode = columns
    roles = replace(layout.roles, i0=i0, i1=i1, i2=i2, fluorescence=() if diode is None else (diode,))
    note = "VFC01 to VFC04 taken as I0, I1, I2 and fluorescence, as they are wired at this beamline"
    return replace(
        layout,
        format="DESY P65",
        instrument="PETRA III " + (re.search(r"P6[45]", head) or [""])[0],
        roles=roles,
        findings=(Finding(severity="info", field="columns", problem=note),),
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
    energy_ev = None
    if table.labelled:
        element = _header_edge(head)[0]
        roles = find_roles(table.labels, table.data, element)
        evidence: tuple[str, ...] = ("columns " + ", ".join(table.labels[:8]),)
        sure: Confidence = "likely"
        spacing = number_after(r"(?im)^\W*Mono\.d_?spacing\s*:", head)
        angle = next((i for i, n in enumerate(table.labels) if plain(n) in ("angle", "theta", "bragg")), None)
        if roles.energy is None and angle is not None and spacing:
            energy_ev = bragg_energy(table.data[:, angle], spacing)
            evidence += (f"angles turned into eV with d = {spacing} angstrom",)
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
        energy_ev=energy_ev,
    )


def _with_edge(layout: Layout, head: str) -> Layout:
    if layout.element is not None:
        return layout
    element, edge, where = _header_edge(head)
    if element is None:
        e0 = number_after(r"(?im)^\W*(?:[\w.]*\.)?(?:E0|edge_energy)\s*[=:]", head)
        near = edges_near(e0, 5.0) if e0 else []
        if near:
            return replace(layout, e0_hint=near[0][:2], header={**layout.header, "E0": f"{e0:g}"})
    if element is None:
        return layout
    return replace(layout, element=element, edge=edge, evidence=(*layout.evidence, f"header '{where}'"))


def _header_edge(head: str) -> tuple[str | None, str | None, str]:
    """Element and edge that a header declares, and the words it does so with."""
    symbol = re.search(
        r"(?im)^\W*(?:element\.symbol|(?:scanparameters|scan)\.element|element|%atom)\s*[:=]\s*([A-Z][a-z]?)\b|\bElement=([A-Z][a-z]?)\b",
        head,
    )
    edge = re.search(
        r"(?im)^\W*(?:element\.edge|(?:scanparameters|scan)\.edge|edge|%edge)\s*[:=]\s*(K|L[123]|LI{1,3})\b|\bEdge=(K|L[123])\b",
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
    (r"(?s)CLS Data Acquisition.*BL1606|BL1606.*CLS Data Acquisition", read_hxma),
    (r"Scanned Edge:|BeamlineI0Detector|(?s:TEYDetector.*EnergyFeedback|EnergyFeedback.*TEYDetector)", read_sxrmb),
    (r"KEK-PF|^\s*9809\s+\S", _photon_factory),
    (r"(?m)Beamline P6[45]\b", _petra),
    (r"NPTS\s+NS\s+CUEDGE", _lytle),
)
_KINDS = (
    (r"XDI/\d", "XDI"),
    (r"^\W*XDAC V", "NSLS XDAC"),
    (r"MRCAT_XAFS", "APS MRCAT"),
    (r"exafsscan(?s:.*)exafs_region", "APS 12-BM"),
    (r"B18-CORE XAS|\bqexafs_energy\b", "Diamond B18"),
    (r"BioXAS Beamline|I0Detector_DarkCorrect", "CLS BioXAS"),
    (r"created by LabVIEW Control Panel", "APS XSD LabVIEW"),
    (r"Epics Scan 1 dimensional", "APS GSE"),
    (r"SSRL\s+(Micro)?EXAFS Data Collector", "SSRL"),
    (r"(?m)^#S \d+", "SPEC"),
    (r"Athena data file|Athena/", "Athena columns"),
)
