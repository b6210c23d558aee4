"""A file's bytes, what it was recognised as, and the samples that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pipeline.core.values import Finding


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RawFile:
    """The bytes of one file, read once."""

    name: str
    """Path relative to the study's ``raw`` (or as given), with forward slashes."""
    data: bytes
    size: int
    """Size on disk in bytes; larger than ``len(data)`` where only the beginning was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What a file is, on which evidence, and how sure."""

    file: str
    technique: str
    """Key of the technique; ``companion``: settings, logs, graphics beside the data (.mps, .mpl, .mgr); ``other``: an instrument's
    data that are not needed here; ``unknown``."""
    format: str
    detail: str = ""
    """e.g. ``GEIS``, ``CV``, ``OCV``, ``transmission``."""
    subject: str = ""
    """What was measured, where the technique tells: ``Ta L3``."""
    not_measured: str = ""
    """Why a study cannot use the file although it is of the technique: no edge recognised, a transform instead of a scan."""
    n_rows: int = 0
    n_measurements: int = 0
    """Measurements in the file."""
    candidates: tuple[str, ...] = ()
    """Names of what it holds, two at least, where they may be different samples: a study has to choose."""
    temperature_k: float | None = None
    temperature_origin: str = ""
    evidence: str = ""
    confidence: Literal["certain", "likely", "guess"] = "certain"
    findings: tuple[Finding, ...] = ()
    wanting: tuple[Finding, ...] = ()
    """What neither the file nor its name tells, so that a study has to; told once a file, whatever its measurements are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a measurement came from, and how its file was recognised."""

    file: str
    """Path relative to the study's ``raw``, with forward slashes; the name used in every message and table."""
    format: str
    """What the reader took the file for, e.g. ``EC-Lab mpt``, ``CLS HXMA``."""
    evidence: str = ""
    """On which evidence, in words, and how sure."""
    instrument: str = ""
    header: Mapping[str, str] = field(default_factory=dict)
    """Header facts kept as written: device, channel, software version, amplitude, area, comments, dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pellet:
    """Geometry of the measured pellet."""

    thickness_m: float
    diameter_m: float
    thickness_sigma_m: float = 0.0
    diameter_sigma_m: float = 0.0
    mass_kg: float | None = None
    mass_sigma_kg: float = 0.0

    @property
    def area_m2(self) -> float:
        """Face area of the disc, pi d^2 / 4, in m^2."""
        return float(np.pi * self.diameter_m**2 / 4)

    @property
    def cell_constant_per_m(self) -> float:
        """l/A in 1/m: sigma = (l/A)/R."""
        return self.thickness_m / self.area_m2

    @property
    def relative_sigma(self) -> float:
        """Relative standard uncertainty of l/A."""
        return float(np.hypot(self.thickness_sigma_m / self.thickness_m, 2 * self.diameter_sigma_m / self.diameter_m))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One row ``[[sample]]`` of the study, without its files."""

    id: str
    label: str = ""
    series: str | None = None
    x_lcf: float | None = None
    pellet: Pellet | None = None
    crystalline_phase: str | None = None
    """id of the pristine crystalline sample of this study, evidence for the regions."""
    amorphous_phase: str | None = None
    density_kg_per_m3: float | None = None
    """Crystallographic, of this sample's pore-free substance."""
    molar_mass_kg_per_mol: float | None = None
