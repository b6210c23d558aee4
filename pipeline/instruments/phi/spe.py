"""PHI SmartSoft spectra, ``.spe``: a header of text from ``SOFH`` to ``EOFH``, then the intensities as 4-byte numbers.

A line ``SpectralRegDef: n 1 name Z points step start end … dwell pass …`` describes each region, in order of the
binding energy as it was set.  Behind the header stand a list of the regions (how many bytes of numbers each has, 96
bytes an entry) and the numbers. Intensities are in counts per second of the dwell time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.energy_scan import EnergyScan, first_number, require_few, require_size
from pipeline.instruments.text.decode import to_float

FIRST, LAST = b"SOFH", b"EOFH"
ENTRY = 96
"""Bytes of one region's entry behind the header."""
KEPT = (
    "FileDate",
    "InstrumentModel",
    "SoftwareVersion",
    "XraySource",
    "AnalyserMode",
    "EnergyReference",
    "IntensityRecal",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Region:
    """One line of the header."""

    name: str
    n: int
    step_ev: float
    start_ev: float
    dwell_s: float
    pass_ev: float


def is_phi(raw: RawFile) -> bool:
    """True by its first bytes."""
    return raw.data.startswith(FIRST) and b"FileType:" in raw.data[:2000]


def read_phi(raw: RawFile) -> Iterator[EnergyScan]:
    """One spectrum per region.

    Raises
    ------
    ReadError
        A map or profile, no regions, another type of numbers, or fewer bytes than announced.
    """
    end = raw.data.find(LAST)
    if end < 0:
        raise _refuse(raw, "header", "has no end (EOFH)", "truncated while copying?")
    lines = [line.partition(":") for line in raw.data[:end].decode("latin-1").splitlines()]
    facts = {name.strip(): value.strip() for name, _, value in lines}
    if facts.get("FileType", "").upper() != "SPECTRUM":
        problem = f"is a {facts.get('FileType', 'file')[:30]} of PHI, not a spectrum"
        raise _refuse(raw, "FileType", problem, "export the spectra from MultiPak as text")
    given = (value.split() for name, _, value in lines if name.strip() == "SpectralRegDef")
    regions = [_region(raw, words) for words in given]
    require_few(raw.name, len(regions))
    body = raw.data[raw.data.find(b"\n", end) + 1 :]
    for region, values in zip(regions, _numbers(raw, body, regions), strict=True):
        yield EnergyScan(
            label=region.name,
            group=facts.get("FileDesc", ""),
            energy_ev=np.asarray(region.start_ev + region.step_ev * np.arange(region.n), float),
            scale="binding",
            intensity=values,
            unit="counts/s",
            seconds=region.dwell_s or None,
            photon_ev=first_number(facts.get("XraySource")),
            header={k: facts[k] for k in KEPT if facts.get(k)} | {"pass energy / eV": f"{region.pass_ev:g}"},
        )


def _refuse(raw: RawFile, field: str, problem: str, hint: str) -> ReadError:
    return ReadError(source=raw.name, field=field, problem=problem, hint=hint)


def _region(raw: RawFile, words: Sequence[str]) -> _Region:
    numbers = [to_float(w) for w in words]
    if len(words) < 12 or not np.isfinite([*numbers[3:8], *numbers[10:12]]).all():
        raise _refuse(raw, "SpectralRegDef", "is no region: " + " ".join(words)[:60], "damaged: export it again")
    n = require_size(raw.name, int(numbers[4]))
    return _Region(
        name=words[2], n=n, step_ev=numbers[5], start_ev=numbers[6], dwell_s=numbers[10], pass_ev=numbers[11]
    )


def _numbers(raw: RawFile, body: bytes, regions: Sequence[_Region]) -> Iterator[FloatArray]:
    """The intensities of each region, (n,), from the bytes behind the header."""
    if len(body) < 16 + ENTRY * len(regions):
        raise _refuse(raw, "data", "the list of regions is not complete", "truncated while copying?")
    at = 16 + ENTRY * len(regions)
    for i, region in enumerate(regions):
        entry = body[16 + ENTRY * i : 16 + ENTRY * (i + 1)]
        kind = entry[72:76].rstrip(b"\0 ")
        (points,), (size,) = struct.unpack("<I", entry[20:24]), struct.unpack("<I", entry[76:80])
        if kind != b"f4" or points != region.n or size != 4 * region.n:
            problem = f"{region.name}: {points} numbers of type {kind!r}, {region.n} of type f4 are announced"
            raise _refuse(raw, "data", problem, "export it as text from MultiPak")
        if len(body) < at + size:
            problem = f"{region.name}: {len(body) - at} bytes of numbers, {size} are announced"
            raise _refuse(raw, "data", problem, "truncated while copying?")
        yield np.frombuffer(body[at : at + size], dtype="<f4").astype(float)
        at += size
