"""Bytes of an X-ray absorption file -> scans: mu(E) or chi(k), on stated evidence.

    transmission   mu = ln(I0 / I1)      fluorescence   mu = sum(IF) / I0      reference   mu = ln(I1 / I2)

What comes out: energies finite and ascending in eV (repeated ones kept); mu NaN where a detector gave nothing; the
fluorescence elements in ``detectors`` so that mu = sum(detectors)/i0; of a transmission scan, I1 and I2 are kept there.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Recognition
from pipeline.techniques.absorption.model import AbsorptionScan


@dataclass(frozen=True, slots=True, kw_only=True)
class XasReadSettings:
    """Table ``[settings.xas.read]``: what a header does not say, or says wrongly."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    mode: Literal["auto", "transmission", "fluorescence", "electron yield"] = "auto"
    """Signal to take; auto: as the study says, else that of the larger edge over its noise (fluorescence: halved)."""
    energy_unit: Literal["auto", "eV", "keV"] = "auto"
    """Unit of the energy column; auto: keV where all values lie between 0.9 and 60, where no scan in eV starts."""
    energy_column: str = ""
    """Label or number (from 1) of the energy column; empty: by its name, measured before requested energy."""
    i0_column: str = ""
    """Label or number of the monitor before the sample; empty: by its name."""
    i1_column: str = ""
    """Label or number of the detector behind the sample; empty: by its name."""
    i2_column: str = ""
    """Label or number of the detector behind the reference foil; empty: by its name."""
    fluorescence_columns: tuple[str, ...] = ()
    """Labels or numbers of the fluorescence elements; empty: the absorber's own regions of interest."""
    mu_column: str = ""
    """Label or number of a column that holds mu already; empty: by its name, and only where there are no counts."""
    min_points: Annotated[int, Ge(2)] = 10
    """Fewest points of a scan: an edge and its two sides cannot be told on fewer."""
    max_decompressed_mb: Annotated[float, Gt(0)] = 50.0
    """Largest unpacked size of a project, MB: the largest real one is below 3, a bomb is beyond any bound."""

    def columns(self) -> Mapping[str, str | tuple[str, ...]]:
        """The overrides by role."""
        return {
            "energy": self.energy_column,
            "i0": self.i0_column,
            "i1": self.i1_column,
            "i2": self.i2_column,
            "fluorescence": self.fluorescence_columns,
            "mu": self.mu_column,
        }


def is_project(raw: RawFile) -> bool:
    """True where the bytes are an Athena project (or a gzip file, which only a project can be here)."""
    start = raw.data[:400].lstrip()
    return raw.data[:2] == b"\x1f\x8b" or b"Athena project file" in start or start.startswith((b'{"_____', b"##LARIX"))


def read_scans(raw: RawFile, settings: XasReadSettings, *, mode: str | None = None) -> tuple[AbsorptionScan, ...]:
    """All scans of a file.

    Parameters
    ----------
    raw:
        The bytes.
    settings:
        What a header does not say.
    mode:
        ``transmission`` or ``fluorescence`` as the study has it; taken where ``settings.mode`` is ``auto``.

    Raises
    ------
    ReadError
        No scan of energy in it, damaged, or its columns cannot be told: one line with the reason.
    """
    from pipeline.techniques.absorption.read import column_scan as scan
    from pipeline.techniques.absorption.read import project as athena

    if raw.size > len(raw.data):
        raise ReadError(
            source=raw.name,
            field="size",
            problem=f"{raw.size / 1e6:.0f} MB is no absorption scan",
            hint="name the scans in the study's pattern, not the folder's other files",
        )
    wanted = settings.mode if settings.mode != "auto" else (mode or "auto")
    if is_project(raw):
        return athena.read_project(raw, settings.max_decompressed_mb)
    return scan.read_column_scans(
        raw,
        columns=settings.columns(),
        mode=wanted,
        energy_unit=settings.energy_unit,
        min_points=settings.min_points,
    )


def recognise_absorption(raw: RawFile) -> Recognition | None:
    """What an absorption file holds, on which evidence; None where it is no absorption file.

    A file that is one but cannot be read is recognised too, with the reason as a finding.
    """
    from pipeline.core.values import Finding

    project = is_project(raw)
    if not project and not _may_be_scan(raw):
        return None
    try:
        scans = read_scans(raw, XasReadSettings(min_points=3))
    except ReadError as error:
        known = _known_format(raw)
        if known is None:
            return None
        finding = Finding(severity="error", field=error.field, problem=error.problem, hint=error.hint)
        return Recognition(file=raw.name, technique="xas", format=known, evidence="header", findings=(finding,))
    first = scans[0]
    edges = sorted({f"{s.element} {s.edge}" for s in scans if s.element})
    findings = tuple({str(f): f for s in scans for f in s.findings}.values())
    sure: Literal["certain", "likely", "guess"] = "likely"
    if project or first.source.format in ("CLS HXMA", "CLS SXRMB", "XDI"):
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
        element=first.element,
        edge=first.edge,
        n_rows=sum(s.energy_ev.size for s in scans),
        n_measurements=len(scans),
        evidence=first.source.evidence + (f"; {len(scans)} groups: {', '.join(edges)}" if len(scans) > 1 else ""),
        confidence=sure,
        findings=findings[:20],
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
