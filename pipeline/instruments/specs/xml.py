"""SpecsLab 2's ``.xml``: regions with the counts of every channel of the detector.

Channel i of a detector sees E + shift_i * pass energy.  The channels stand side by side in the list of counts, each
with ``mcd_head`` points before and ``mcd_tail`` points behind the region; a point of the spectrum is the sum of the
channels at the nearest energy, so that counts stay counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.energy_scan import EnergyScan, require_few, require_size

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MARK = b"IDL:specs.de/"
MAX_TAGS = 1_000_000
"""Elements of a file; a session of 200 regions has some ten thousand."""


def is_specs_xml(raw: RawFile) -> bool:
    """True for XML that names the classes of SpecsLab."""
    start = raw.data[:20_000]
    return start.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<?xml") and MARK in start


def read_specs_xml(raw: RawFile) -> Iterator[EnergyScan]:
    """One spectrum per region and cycle, its scans added up.

    Raises
    ------
    ReadError
        Not well-formed, with entities, without regions, or with fewer counts than it announces.
    """
    root = _parse(raw)
    groups = [g for g in root.iter("struct") if g.get("type_name") == "RegionGroup"]
    regions = [(g, r) for g in groups for r in g.iter("struct") if r.get("type_name") == "RegionData"]
    require_few(raw.name, len(regions))
    for group, region in regions:
        yield from _region(raw, _word(group, "name"), region)


def _parse(raw: RawFile) -> Element:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if raw.data.count(b"<") > 2 * MAX_TAGS:
        raise ReadError(source=raw.name, field="file", problem=f"more than {MAX_TAGS} elements", hint="export less")
    try:
        root: Element = fromstring(raw.data)
    except DefusedXmlException:
        problem = "declares entities, which no export of an instrument does: not read"
        raise ReadError(source=raw.name, field="file", problem=problem, hint="export it again") from None
    except (ParseError, ValueError, LookupError) as error:
        problem = f"not well-formed XML: {error}"
        raise ReadError(source=raw.name, field="file", problem=problem, hint="truncated while copying?") from None
    return root


def _word(parent: Element, name: str, default: str = "") -> str:
    """Text of the child with this name."""
    found = next((c for c in parent if c.get("name") == name), None)
    return default if found is None or found.text is None else found.text.strip()


def _number(raw: RawFile, parent: Element, name: str) -> float:
    text = _word(parent, name)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ReadError(source=raw.name, field=name, problem=f"{text[:40]!r} is no number", hint="export it again")
    return value


def _region(raw: RawFile, group: str, data: Element) -> Iterator[EnergyScan]:
    region = next((c for c in data if c.get("type_name") == "RegionDef"), None)
    if region is None:
        raise ReadError(source=raw.name, field="region", problem=f"{_word(data, 'name')}: has no definition")
    n = require_size(raw.name, int(_number(raw, region, "values_per_curve")))
    step, start = _number(raw, region, "scan_delta"), _number(raw, region, "kinetic_energy")
    head, tail = (int(_number(raw, data, key)) for key in ("mcd_head", "mcd_tail"))
    mode = next((_word(c, "name") for c in region if c.get("name") == "scan_mode"), "")
    passing = _number(raw, region, "pass_energy") if mode == "FixedAnalyzerTransmission" else 0.0
    shifts = [_number(raw, d, "shift") * passing for d in data.iter("struct") if d.get("type_name") == "Detector"] or [
        0.0
    ]
    for cycle in (c for c in data.iter("struct") if c.get("type_name") == "Cycle"):
        scans = [s for s in cycle.iter("struct") if s.get("type_name") == "ScanData"]
        total, n_read = np.zeros(n), 0
        for scan in scans:
            counts = _counts(raw, scan)
            if counts.size == 0:
                continue
            total += _summed(raw, counts, n, (head, tail), [s / step for s in shifts])
            n_read += 1
        if n_read:
            yield EnergyScan(
                label=_word(data, "name"),
                group=group,
                energy_ev=np.asarray(start + step * np.arange(n), float),
                scale="kinetic",
                intensity=total,
                unit="counts",
                seconds=_number(raw, region, "dwell_time") * n_read,
                photon_ev=_number(raw, region, "excitation_energy"),
                header={"pass energy / eV": f"{passing:g}", "scan mode": mode, "scans": str(n_read)},
                findings=_told(len(shifts)),
            )


def _told(channels: int) -> tuple[Finding, ...]:
    if channels == 1:
        return ()
    problem = f"{channels} channels of the detector were added up at the nearest energy"
    return (Finding(severity="info", field="detectors", problem=problem),)


def _counts(raw: RawFile, scan: Element) -> FloatArray:
    sequence = next((c for c in scan if c.get("name") == "counts"), None)
    text = " ".join("".join(e.itertext()) for e in sequence) if sequence is not None else ""
    try:
        return np.array(text.split(), dtype=float)
    except ValueError:
        raise ReadError(source=raw.name, field="counts", problem="holds words", hint="export it again") from None


def _summed(raw: RawFile, counts: FloatArray, n: int, ends: tuple[int, int], shifts: list[float]) -> FloatArray:
    """Sum over the channels; ``shifts`` in steps of the energy."""
    head, tail = ends
    if counts.size != len(shifts) * (n + head + tail):
        problem = f"{counts.size} counts, {len(shifts)} x {n + head + tail} are announced"
        raise ReadError(source=raw.name, field="counts", problem=problem, hint="stopped before its end?")
    channels = counts.reshape(-1, len(shifts)).T
    total = np.zeros(n)
    for channel, shift in zip(channels, shifts, strict=True):
        at = np.clip(head - round(shift) + np.arange(n), 0, n + head + tail - 1)
        total += channel[at]
    return total
