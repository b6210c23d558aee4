"""What flows through the room of surfaces: rows, spectra, components, changes, and the summary of a run; no science."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from pipeline.core.arrays import FloatArray, freeze
from pipeline.core.technique import Checked, Measurement, Result, Row
from pipeline.core.values import Estimate, Verdict

PRISTINE = "pristine"
"""The state that others are compared with, where it is there."""
Background: TypeAlias = Literal["shirley", "tougaard", "linear"]
Shape: TypeAlias = Literal["voigt", "doniach"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedShape:
    """A line shape of which only the width is fitted: its numbers are the study's."""

    lorentz_fraction: float | None = None
    """Of a sum of a Gaussian and a Lorentzian of one width, 0 to 1 (CasaXPS's SGL)."""
    tail: float = 1.0
    """Power of the Lorentzian on the side of high binding energy; below 1 it is drawn out."""
    steep: float = 1.0
    """Power of the Lorentzian on the other side."""
    core: float = 0.5
    """Width of the Lorentzian over that of the Gaussian that it is convolved with."""
    reach: float = 10.0
    """Over the width of the Gaussian: exp(-(x / reach)^2) ends the tail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A species that the study looks for."""

    name: str
    be_ev: tuple[float, float]
    """Range of the stronger line, eV, on the corrected scale."""
    pair: bool = True
    """False for one line where the level has two: both lines of an oxide's 2p are told as species of their own."""
    shape: FixedShape | None = None
    """Of this species, before that of the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeReference:
    """What the binding energies are brought to."""

    c1s_ev: float | None = None
    c1s_sigma_ev: float = 0.2
    shift_ev: float | None = None
    """Added to every binding energy as measured, where it is known; else from C 1s of the same file, or of ``file``."""
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumRow(Row):
    """One region of one file of one sample."""

    region: str = ""
    """``S 2p``; '' for every region that the file names."""
    state: str = ""
    wanted: tuple[Wanted, ...] = ()
    reference: ChargeReference = ChargeReference()
    background: Background = "shirley"
    shape: Shape = "voigt"
    splitting_ev: float | None = None
    """Of the study, before that of the table of levels."""
    window_ev: tuple[float, float] | None = None
    """Range of the fit, eV, on the corrected scale."""
    photon_ev: float | None = None
    sensitivity: float | None = None
    """Relative sensitivity factor of the level, both lines together."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectrum(Measurement):
    """One region as it was read, energies as measured. Arrays of shape (n,), binding energy ascending."""

    region: str
    label: str
    """As the file names it."""
    state: str
    binding_ev: FloatArray
    counts: FloatArray
    """Counts, or intensities whose noise is not that of counts (``counted`` tells)."""
    counted: bool
    seconds: float | None
    """Per point, over all scans."""
    survey: bool = False
    carbon_ev: FloatArray = field(default_factory=lambda: np.zeros(0))
    carbon_counts: FloatArray = field(default_factory=lambda: np.zeros(0))
    """C 1s of the same surface, for the charge reference; empty where there is none."""

    def __post_init__(self) -> None:
        freeze(self, binding_ev=float, counts=float, carbon_ev=float, carbon_counts=float)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckedSpectrum(Checked):
    """The points that a fit may use, on the corrected scale. Arrays of shape (m,)."""

    spectrum: Spectrum
    binding_ev: FloatArray
    counts: FloatArray
    noise: float
    """Variance over counts: 1 for counts, the measured ratio for intensities."""
    shift_ev: Estimate | None
    """Added to the energies as measured, with the uncertainty of the reference; None where there is no reference."""

    def __post_init__(self) -> None:
        freeze(self, binding_ev=float, counts=float)

    @property
    def part(self) -> str:
        """The region."""
        return self.spectrum.region


ComponentCode: TypeAlias = Literal[
    "found", "at_bound", "misfit", "further_wanted", "faint",  # given
    "not_needed", "not_there", "alone", "not_comparable",  # withheld
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One species in one spectrum."""

    name: str
    area: Estimate
    """Both lines, counts eV."""
    area_fraction: Estimate | None
    """Of all species of the region; None where it was not fitted."""
    binding_energy: Estimate | None
    """Stronger line, eV, with the reference's uncertainty."""
    binding_sigma_fit_ev: float
    """The part of it that the noise makes."""
    width: Estimate | None
    """Full width at half maximum of one line, eV."""
    upper95: float | None
    """Area fraction that is exceeded with 5 % probability at most."""
    verdict: Verdict
    """Its code is one of ``ComponentCode``, or several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One model that was tried."""

    n_components: int
    widths: Literal["one", "own"]
    chi2: float
    n_parameters: int
    bic: float
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurfaceFit(Result):
    """Components of one spectrum, with the curves of the model. Arrays of shape (m,)."""

    checked: CheckedSpectrum
    row: SpectrumRow
    components: tuple[Component, ...]
    """In the order of the study, else of the binding energy."""
    background: FloatArray
    curves: FloatArray
    """(n_drawn, m): each fitted component, without the background."""
    drawn: tuple[str, ...]
    """Names of the curves."""
    residuals: FloatArray
    """(m,) counts less the model, in sigma of the counts."""
    chi2_reduced: float
    inflation: float
    """Every sigma holds this factor: misfit, and noise that neighbours share; 1 where there is neither."""
    attempts: tuple[Attempt, ...]
    splitting_ev: float | None
    ratio: float
    total_area: Estimate
    """All components, counts eV."""

    def __post_init__(self) -> None:
        freeze(self, background=float, curves=float, residuals=float)

    @property
    def region(self) -> str:
        """``S 2p``."""
        return self.checked.spectrum.region

    @property
    def state(self) -> str:
        """``pristine``."""
        return self.checked.spectrum.state

    @property
    def file(self) -> str:
        """Where it was read."""
        return self.checked.spectrum.source.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Area fraction of one component in one state minus that in another."""

    component: str
    change: Estimate | None
    upper95: float | None
    """Of the change: it is larger with 5 % probability at most."""
    significance: float | None
    """Change over its sigma."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StateChange(Result):
    """How one region of a sample differs between two states."""

    sample: str
    region: str
    from_state: str
    to_state: str
    files: tuple[str, ...]
    changes: tuple[Change, ...]
    together: bool
    """True where both spectra were fitted with the same lines, False where each keeps its own."""
    chi2_reduced: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomicFraction:
    """Share of a region's element among those whose sensitivity factors are given."""

    sample: str
    state: str
    region: str
    area_per_s: Estimate
    sensitivity: float
    atomic_fraction: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurfaceSummary:
    """All that the report of surfaces sees."""

    fits: tuple[tuple[str, SurfaceFit], ...] = ()
    """(sample id, fit), in the order of the study."""
    changes: tuple[StateChange, ...] = ()
    atoms: tuple[AtomicFraction, ...] = ()
