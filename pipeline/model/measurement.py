"""What the instruments gave us: read-only arrays in SI units (eV for photon energies), and where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.model.result import Finding

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]


def freeze(owner: Any, **arrays: type) -> None:
    """Replace array fields of a frozen dataclass by read-only copies of the given dtype."""
    for name, dtype in arrays.items():
        value = getattr(owner, name)
        if value is None:
            continue
        array: NDArray[Any] = np.array(value, dtype=dtype)
        array.flags.writeable = False
        object.__setattr__(owner, name, array)


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
    technique: Literal["eis", "lsv", "xas", "companion", "other", "unknown"]
    """``companion``: settings, logs, graphics beside the data (.mps, .mpl, .mgr); ``other``: data not needed here."""
    format: str
    detail: str = ""
    """e.g. ``PEIS``, ``GEIS``, ``CV``, ``OCV``, ``transmission``."""
    element: str | None = None
    edge: str | None = None
    n_rows: int = 0
    n_measurements: int = 0
    """Spectra, sweeps or scans in the file."""
    temperature_k: float | None = None
    temperature_origin: str = ""
    evidence: str = ""
    confidence: Literal["certain", "likely", "guess"] = "certain"
    findings: tuple[Finding, ...] = ()


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


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ImpedanceSpectrum:
    """One sweep of frequency. ``frequency_hz`` (n,) in Hz, descending; ``impedance_ohm`` (n,) complex, ohm."""

    source: Source
    frequency_hz: FloatArray
    impedance_ohm: ComplexArray
    loop: int = 1
    """Number of the spectrum in its file, from 1."""
    temperature_k: float | None = None
    temperature_origin: str = ""
    """``file name``, ``study``, ``log``, ``external input`` …"""
    amplitude_v: float | None = None
    quality: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Recorded quality columns, as written: THD Ewe/%, NSD I/%, …, each of length n."""
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, frequency_hz=float, impedance_ohm=complex)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinearSweep:
    """One potential sweep with what came before it. Arrays of shape (n,): s, V (as measured), A."""

    source: Source
    time_s: FloatArray | None
    potential_v: FloatArray
    """As measured, against the reference of the cell: the conversion to Na/Na+ is a later stage's."""
    current_a: FloatArray
    technique: str = "LSV"
    sweep: int = 1
    """Number of the sweep in its file, from 1."""
    control_v: FloatArray | None = None
    nominal_rate_v_per_s: float | None = None
    area_m2: float | None = None
    """From the header, None where not set."""
    flags: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Recorded columns that tell about quality: mode, ox/red, error, control changes, Ns changes, I Range, …"""
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, time_s=float, potential_v=float, current_a=float, control_v=float)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AbsorptionScan:
    """One energy scan. ``energy_ev`` (n,), ``mu`` (n,) as absorption coefficient times thickness, arbitrary scale."""

    source: Source
    energy_ev: FloatArray
    mu: FloatArray
    mode: Literal["transmission", "fluorescence", "unknown"] = "unknown"
    element: str | None = None
    """Recognised or declared by the file: symbol, e.g. ``Ta``."""
    edge: str | None = None
    """``K``, ``L3`` …"""
    reference_mu: FloatArray | None = None
    """(n,) of the reference foil, where recorded."""
    i0: FloatArray | None = None
    detectors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Raw counts of single detector elements, by name, each of length n."""
    parameters: Mapping[str, float | str] = field(default_factory=dict)
    """Reduction parameters that the file carries (Athena projects): e0, eshift, rbkg, ranges, clamps, windows."""
    label: str = ""
    loop: int = 1
    is_chi: bool = False
    """True where the file holds chi(k) and ``energy_ev`` is k in 1/angstrom."""
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        freeze(self, energy_ev=float, mu=float, reference_mu=float, i0=float)
