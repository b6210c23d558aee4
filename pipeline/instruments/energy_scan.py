"""What every reader of electron spectrometers gives: one spectrum as it stands in the file, with its units and its header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pipeline.core.arrays import FloatArray, freeze
from pipeline.core.errors import ReadError
from pipeline.core.values import Finding

MAX_POINTS = 500_000
"""Of one spectrum: a survey has some thousand; more is a file that lies about itself."""
MAX_SPECTRA = 2_000
"""Of one file; a depth profile of ten regions and a hundred levels has 1000."""
Scale: TypeAlias = Literal["binding", "kinetic"]
Unit: TypeAlias = Literal["counts", "counts/s", "arbitrary"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EnergyScan:
    """One spectrum of a file. Arrays of shape (n,)."""

    label: str
    """Of the region, as written: ``S2p``, ``Fe 2p``, ``Survey``."""
    energy_ev: FloatArray
    scale: Scale
    intensity: FloatArray
    unit: Unit
    group: str = ""
    """Sample or group, as written."""
    seconds: float | None = None
    """Time of counting at one energy, over all scans; None where the file does not say."""
    photon_ev: float | None = None
    header: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, energy_ev=float, intensity=float)


def require_size(name: str, n: int, what: str = "points") -> int:
    """A number of points that the file announces, where it can be true.

    Raises
    ------
    ReadError
        Fewer than two, or more than any spectrum has.
    """
    if not 2 <= n <= MAX_POINTS:
        problem = f"{n} are announced, a spectrum has 2 to {MAX_POINTS}"
        raise ReadError(source=name, field=what, problem=problem, hint="damaged: export it again")
    return n


def require_few(name: str, n: int) -> int:
    """A number of spectra that a file can hold.

    Raises
    ------
    ReadError
        None, or more than ``MAX_SPECTRA``.
    """
    if not 1 <= n <= MAX_SPECTRA:
        problem = f"{n} are announced, a file has 1 to {MAX_SPECTRA}"
        raise ReadError(source=name, field="spectra", problem=problem, hint="damaged: export it again")
    return n


def first_number(text: str | None) -> float | None:
    """The first number in a header's value, None where there is none."""
    found = re.search(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?", text or "")
    return float(found[0]) if found else None
