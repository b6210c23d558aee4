"""What a file is, where it is a scan, a project, a session, or a table that can be nothing else."""

from __future__ import annotations

import re
import zlib
from typing import Literal

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Recognition
from pipeline.core.values import Finding
from pipeline.instruments.eclab.mpr import looks_like_mpr
from pipeline.instruments.eclab.mpt import looks_like_mpt
from pipeline.instruments.recognise import companion
from pipeline.techniques.absorption.groups import GROUPS, describe_groups
from pipeline.techniques.absorption.read.column_scan import ENERGIES_MISSING
from pipeline.techniques.absorption.read.scans import is_project, read_scans
from pipeline.techniques.absorption.read.signals import DETECTORS_UNKNOWN
from pipeline.techniques.absorption.settings import XasReadSettings

NO_EDGE = "X-ray absorption, but no edge recognised"
"""Why a study cannot use a file."""
SELF_DESCRIBING = frozenset({"CLS HXMA", "CLS SXRMB", "XDI"})
"""Formats whose header says what each column is."""


def recognise_scans(raw: RawFile) -> Recognition | None:
    """A scan on evidence, else a guess; None for settings and logs, for files of BioLogic, and for what has no energies."""
    if companion(raw) is not None or looks_like_mpr(raw) or looks_like_mpt(raw):
        return None
    return recognise_absorption(raw) or _guess_scan(raw)


def _guess_scan(raw: RawFile) -> Recognition | None:
    """A scan of energies whose edge cannot be told, or whose detectors cannot (with the reason), or None."""
    try:
        scans = read_scans(raw, XasReadSettings())
    except ReadError as error:
        if error.code not in (DETECTORS_UNKNOWN, ENERGIES_MISSING):
            return None
        angles = error.code == ENERGIES_MISSING
        return Recognition(
            file=raw.name,
            technique="unknown",
            format="unknown",
            evidence="detectors without energies"
            if angles
            else "energies, but no detector that is told from the others",
            confidence="guess",
            findings=(_as_finding(error),),
        )
    first = scans[0]
    return Recognition(
        file=raw.name,
        technique="xas",
        format=first.source.format,
        detail="chi(k)" if first.is_chi else first.mode,
        not_measured=NO_EDGE,
        n_rows=sum(s.energy_ev.size for s in scans),
        n_measurements=len(scans),
        evidence=first.source.evidence,
        confidence="guess",
        findings=first.findings,
    )


def _as_finding(error: ReadError) -> Finding:
    return Finding(severity="error", field=error.field, problem=error.problem, hint=error.hint, code=error.code)


def recognise_absorption(raw: RawFile) -> Recognition | None:
    """What an absorption file holds, on which evidence; None where it is no absorption file.

    A file that is one but cannot be read is recognised too, with the reason as a finding.
    """
    project = is_project(raw)
    if not project and not _may_be_scan(raw):
        return None
    try:
        scans = read_scans(raw, XasReadSettings(min_points=3))
    except ReadError as error:
        known = _known_format(raw)
        if known is None:
            return None
        finding = _as_finding(error)
        return Recognition(file=raw.name, technique="xas", format=known, evidence="header", findings=(finding,))
    first = scans[0]
    subject = f"{first.element} {first.edge}" if first.element and first.edge else ""
    edges = sorted({f"{s.element} {s.edge}" for s in scans if s.element})
    findings = tuple({str(f): f for s in scans for f in s.findings}.values())
    candidates, groups = describe_groups(scans)
    told: tuple[Finding, ...] = ()
    if groups:
        hint = "a study names those of one sample: groups = [...] in [[sample.xas]]" if candidates else ""
        told = (Finding(severity="info", field="groups", problem=groups, hint=hint, code=GROUPS),)
    sure: Literal["certain", "likely", "guess"] = "likely"
    if project or first.source.format in SELF_DESCRIBING:
        sure = "certain"
    elif first.element is None:
        sure = "guess"
    if not project and first.element is None and not first.is_chi and _known_format(raw) is None:
        return None
    return Recognition(
        file=raw.name,
        technique="xas",
        format=first.source.format,
        detail="chi(k)" if first.is_chi else first.mode,
        subject=subject,
        not_measured="chi(k), not a scan of energy" if first.is_chi and subject else "" if subject else NO_EDGE,
        n_rows=sum(s.energy_ev.size for s in scans),
        n_measurements=len(scans),
        candidates=candidates,
        evidence=first.source.evidence + (f"; {len(scans)} groups: {', '.join(edges)}" if len(scans) > 1 else ""),
        confidence=sure,
        findings=findings[:20],
        wanting=told,
    )


_HEADERS = (
    (rb"(?s)CLS Data Acquisition.*BL1606", "CLS HXMA"),
    (rb"CLS Data Acquisition", "CLS"),
    (rb"Scanned Edge:|BeamlineI0Detector", "CLS SXRMB"),
    (rb"XDI/\d", "XDI"),
    (rb"Athena project file", "Athena project"),
    (rb"^##LARIX", "larix session"),
    (rb"XDAC V\d", "NSLS XDAC"),
    (rb"MRCAT_XAFS", "APS MRCAT"),
    (rb"KEK-PF|^\s*9809\s+\S", "KEK-PF 9809"),
    (rb"Beamline P6[45]\b", "DESY P65"),
    (rb"EXAFS Data Collector", "SSRL"),
    (rb"NPTS\s+NS\s+CUEDGE", "Lytle database"),
    (rb"&SRS\s", "Daresbury SRS"),
    (rb"Athena data file", "Athena columns"),
)
_FOREIGN = rb"EC-Lab|EXPLAIN|ZCURVE|freq(uency)?\s*[/(\[]|Zreal|Z'|Re\(Z\)|Ewe/V|\bFWHM\b|(binding|kinetic)[ _]energy"


def _known_format(raw: RawFile) -> str | None:
    start = raw.data[:4000]
    if start[:2] == b"\x1f\x8b":
        return "larix session" if _packed_start(raw.data).startswith(b"##LARIX") else "Athena project"
    return next((name for pattern, name in _HEADERS if re.search(pattern, start)), None)


def _packed_start(data: bytes) -> bytes:
    """First bytes of a gzip file's text; nothing where it is damaged."""
    try:
        return zlib.decompressobj(31).decompress(data[:4000], 64)
    except zlib.error:
        return b""


def _may_be_scan(raw: RawFile) -> bool:
    start = raw.data[:4000]
    return bool(start.strip()) and not re.search(_FOREIGN, start, re.IGNORECASE)
