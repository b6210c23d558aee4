"""Scans of the Canadian Light Source: HXMA and SXRMB.

CLS HXMA (06ID-1) writes rows of several events into one file: the first number of a row is the event, ``#(1)`` lines
name its columns twice, by process variable and by macro.  The scaler channels are mcs03 = fluorescence, mcs04 = I0,
mcs05 = I1, mcs06 = I2 (behind the reference foil).  CLS SXRMB (06B1-1) writes named columns; I0 is the beamline's own
at the solid state end station and the chamber's at the ambient and microprobe stations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Finding
from pipeline.instruments.beamline.channels import Roles, find_roles, plain
from pipeline.instruments.beamline.columns import ColumnText
from pipeline.instruments.beamline.energy import header_facts
from pipeline.instruments.beamline.layout import Layout
from pipeline.science.edges import edges_near, parse_edge

CHANNELS = {3: "fluorescence", 4: "i0", 5: "i1", 6: "i2"}
"""Scaler channel of HXMA -> detector."""


def read_hxma(table: ColumnText, head: str) -> Layout:
    """Rows of the scan's own event; detectors by scaler channel, element and edge by the EdgeEnergy in the header."""
    data, event, others, findings = _own_event(table)
    labels, pvs = _hxma_names(table, head, event, data.shape[1])
    energy = _edge_energy(head, others)
    near = edges_near(float(energy), 5.0) if re.fullmatch(r"\d+\.?\d*", energy) else []
    element, edge = near[0][:2] if near else (None, None)
    evidence = ["header '# CLS Data Acquisition' with macros of HXMA"]
    evidence += [f"EdgeEnergy {energy} eV in the header is {element} {edge}"] if near else []
    return Layout(
        format="CLS HXMA",
        instrument="CLS 06ID-1 HXMA",
        labels=tuple(label or pv for label, pv in zip(labels, pvs, strict=True)),
        data=data,
        roles=_hxma_roles(labels, pvs, data),
        header=header_facts(table.head) | ({"EdgeEnergy": energy} if energy else {}),
        element=element,
        edge=edge,
        evidence=tuple(evidence),
        confidence="certain",
        findings=findings,
    )


def _own_event(table: ColumnText) -> tuple[FloatArray, int, list[list[str]], tuple[Finding, ...]]:
    """Rows of the event that the scan is, its number, rows of others that stand as text, and what is to be said of them."""
    data, events = table.data, table.data[:, 0]
    event = int(events[np.argmax([np.sum(events == v) for v in events[:50]])]) if events.size else 1
    rows = [line.replace(",", " ").split() for line in table.head if re.match(r"\s*\d+\s*,", line)]
    others = [row for row in rows if row[0] != str(event)]
    n_other = len(others) + int(np.sum(events != event))
    if not n_other:
        return data, event, others, table.findings
    note = f"{n_other} rows of other events than {event} are no points of the scan"
    found = [f for f in table.findings if f.field != "rows" or len(rows) > len(others)]
    found.append(Finding(severity="info", field="rows", problem=note))
    return data[events == event], event, others, tuple(found)


def _hxma_names(table: ColumnText, head: str, event: int, n: int) -> tuple[Sequence[str], Sequence[str]]:
    """Names of the columns by macro, or as they are labelled, and by process variable."""
    names = [_words(line) for line in head.split("\n") if line.startswith(f"#({event})")]
    names = [words for words in names if len(words) == n]
    pvs = next((words for words in names if not any("$(" in w for w in words)), [""] * n)
    labels = next((words for words in names if any("$(" in w for w in words)), None) or pvs
    return (labels if any(labels) else table.labels), pvs


def _hxma_roles(labels: Sequence[str], pvs: Sequence[str], data: FloatArray) -> Roles:
    """Detectors by scaler channel where I0 has one, else by their names."""
    roles = find_roles(labels, data)
    seen: dict[str, int] = {}
    for i, (pv, label) in enumerate(zip(pvs, labels, strict=True)):
        scaler = re.search(r"mcs0*(\d+)", pv) or re.fullmatch(r"detector(\d)", plain(label))
        if scaler:
            number = int(scaler[1]) + (0 if "mcs" in scaler[0] else 2)
            if number in CHANNELS:
                seen[CHANNELS[number]] = i
    if "i0" not in seen:
        return roles
    more = tuple(i for i in roles.fluorescence if i not in seen.values())
    single = (seen["fluorescence"],) if "fluorescence" in seen else ()
    return replace(roles, i0=seen["i0"], i1=seen.get("i1"), i2=seen.get("i2"), fluorescence=more or single)


def _edge_energy(head: str, others: Sequence[Sequence[str]]) -> str:
    """EdgeEnergy in eV as the header of the scan writes it, or ''."""
    background = re.search(r"# Background.*?=(.*)", head)
    extra = [_words(line) for line in head.split("\n") if line.startswith("#(2)")]
    macros = next((words for words in extra if any("$(" in w for w in words)), [])
    base = next((m for m in macros if m in ("$(EdgeEnergy)", "Energy Base")), "")
    if not base or not (background or others):
        return ""
    numbers = re.findall(r"[-+\d.]+", re.sub(r"\(.*?\)", "", background[1])) if background else others[0]
    after = len(macros) - macros.index(base)
    return numbers[-after] if len(numbers) >= after else ""


def _words(line: str) -> list[str]:
    """Names of a line ``#(1) …``, each in quotes or, in older files, only where it holds blanks."""
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', line.partition(")")[2])]


def read_sxrmb(table: ColumnText, head: str) -> Layout:
    """Columns by name; the end station is told by its detectors, element and edge by ``Scanned Edge``."""
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
