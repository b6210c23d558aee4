"""What flows through the room of impedance: rows of the study, spectra, fits, pellets, lines, and the summary; no science."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.core.arrays import ComplexArray, FloatArray, freeze
from pipeline.core.sample import Pellet, Sample
from pipeline.core.technique import Checked, Measurement, Result
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.techniques.impedance.circuit_parameter import CircuitParameter
from pipeline.techniques.impedance.circuit_terms import ArcShape, Diffusion, ModelScore, SampleTotal
from pipeline.techniques.impedance.comparisons import (
    CompositionOptimum,
    CompositionPoint,
    MeyerNeldel,
    PelletDensity,
    SeriesComparison,
)
from pipeline.techniques.impedance.error_budget import ErrorBudget
from pipeline.techniques.impedance.relaxation_times import RelaxationTimes
from pipeline.techniques.impedance.rows import Copy
from pipeline.techniques.impedance.second_opinions import SecondOpinion

Region = Literal["bulk", "amorphous", "interface", "electrode", "undetermined"]
RoomOrigin = Literal["", "measured", "interpolated", "regions", "series", "line"]
KkLevel = Literal["pass", "fail", "cannot decide"]
IMPLAUSIBLE_GEOMETRY = "implausible_geometry"
"""Code of a finding: thickness or diameter cannot be right, so no conductivity of the pellet is."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ImpedanceSpectrum(Measurement):
    """One sweep of frequency. ``frequency_hz`` (n,) in Hz, descending; ``impedance_ohm`` (n,) complex, ohm."""

    frequency_hz: FloatArray
    impedance_ohm: ComplexArray
    temperature_k: float | None = None
    temperature_origin: str = ""
    """``file name``, ``study``, ``log``, ``external input`` …"""
    in_kelvin: bool = False
    """True where it was written in K, or recorded by the instrument: then it is not kelvin taken for °C."""
    amplitude_v: float | None = None
    quality: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Recorded quality columns, as written: THD Ewe/%, NSD I/%, …, each of length n."""
    time_s: FloatArray | None = None
    """(n,) when each point was taken, from any start; None where it was not recorded."""

    def __post_init__(self) -> None:
        freeze(self, frequency_hz=float, impedance_ohm=complex, time_s=float)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class KramersKronig:
    """Linear Kramers-Kronig test of one spectrum."""

    level: KkLevel
    reason: str
    n_elements: int
    mu: float
    rms_percent: float
    """Root mean square of |residual|/|Z| over the kept points, per cent."""
    noise_percent: float
    """Noise level estimated from the data, 1 sigma of Re and of Im relative to |Z|, per cent."""
    residual_real: FloatArray
    """(n,) of the kept points, (Re Z - Re Z_kk)/|Z|, dimensionless."""
    residual_imag: FloatArray

    def __post_init__(self) -> None:
        freeze(self, residual_real=float, residual_imag=float)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CheckedSpectrum(Checked):
    """A spectrum (corrected where the study says so) with the points that may enter a fit."""

    spectrum: ImpedanceSpectrum
    keep: tuple[bool, ...]
    """(n,) True where the point may enter a fit."""
    kk: KramersKronig
    noise: float
    """Estimated noise level: 1 sigma of Re and of Im relative to |Z|, dimensionless."""
    doubts: tuple[float, ...] = ()
    """(n,) how far each point lies from a smooth spectrum through all others, in sigma; 0 where that was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arc:
    """One arc, R||CPE or skewed. Numbered from the fastest (1)."""

    number: int
    resistance: Estimate | None
    """ohm; None where withheld (verdict ``unresolved`` or ``refused``)."""
    cpe_q: Estimate | None
    """F s^(n-1)"""
    cpe_exponent: Estimate | None
    capacitance: Estimate | None
    """F, Hsu-Mansfeld C = (Q R^(1-n))^(1/n), 1/(R w) at the top of a skewed arc."""
    apex_hz: float
    apex_over_f_max: float
    verdict: Verdict
    drawn: tuple[float, float] | None = None
    """R in ohm and n as fitted, to be drawn, in a circuit that a person wrote; its names do not follow the numbers."""
    shape: ArcShape = "Cole-Cole"
    skew_exponent: Estimate | None = None
    """b of R/(1 + (j w tau)^n)^b; None of an R||CPE, which is Cole-Cole, and where withheld."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SpectrumFit(Result):
    """The fit of one spectrum: L + Rs + sum R||CPE + blocking CPE or diffusion, each term only if the data ask for it."""

    checked: CheckedSpectrum
    circuit: str
    """As impedance.py writes it, e.g. ``L0-R0-p(R1,CPE1)-p(R2,CPE2)-CPE3``."""
    parameter_names: tuple[str, ...]
    """In the order of ``circuit``, impedance.py's names (``CPE1_0`` is Q, ``CPE1_1`` is n)."""
    parameter_values: tuple[float, ...]
    ln_covariance: FloatArray
    """(p, p) covariance of the natural logarithms of the parameters."""
    arcs: tuple[Arc, ...]
    total_resistance: Estimate | None
    """ohm; sum of the arcs plus Rs where Rs belongs to the sample (see the finding), None where not measurable."""
    series_resistance: Estimate | None
    inductance: Estimate | None
    blocking_q: Estimate | None
    blocking_exponent: Estimate | None
    chi2_reduced: float
    noise: float
    scores: tuple[ModelScore, ...]
    fitted_ohm: ComplexArray
    """(n,) complex, the model at every measured frequency, ohm."""
    verdict: Verdict
    contact_known: bool = True
    """False where the study says nothing of the resistance of the contacts."""
    total_verdict: Verdict | None = None
    """Of the total alone: how far all circuits that fit agree on it. None where nobody judged it."""
    parameters: tuple[CircuitParameter, ...] = ()
    """In the order of ``circuit``, where a person wrote it; the data chose it otherwise."""
    diffusion: Diffusion | None = None
    totals: tuple[SampleTotal, ...] = ()
    """With none of the arcs, with the one of the smallest capacitance, the two of the smallest, … all."""

    def __post_init__(self) -> None:
        freeze(self, fitted_ohm=complex, ln_covariance=float)

    @property
    def n_arcs(self) -> int:
        """Number of arcs of the chosen model."""
        return len(self.arcs)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesArc:
    """One arc of the joint fit over temperature.

    R(T) = R_ref (T/T_ref)^b exp(Ea/kB (1/T - 1/T_ref)), b = 1 for the basis sigma_T, 0 for sigma.
    """

    number: int
    activation_energy_ev: Estimate
    resistance_at_t_ref: Estimate
    capacitance: Estimate
    """F, shared over temperature (at t_ref where a drift was allowed)."""
    exponent: Estimate
    resistance_ohm: tuple[Estimate, ...]
    """At each temperature of the series."""
    apex_hz: tuple[float, ...]
    verdicts: tuple[Verdict, ...]
    """At each temperature of the series."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SeriesFit:
    """All temperatures of one pellet fitted at once, and whether the assumption holds."""

    sample: str
    files: tuple[str, ...]
    loops: tuple[int, ...]
    temperature_k: tuple[float, ...]
    t_ref_k: float
    basis: Literal["sigma_T", "sigma"]
    arcs: tuple[SeriesArc, ...]
    drift: bool
    kink_temperature_k: float | None
    f_statistic: float
    p_value: float
    """Of the F-test against free R_i per temperature."""
    residual_rms_per_temperature: tuple[float, ...]
    """In units of the noise."""
    chi2_reduced: float
    ln_covariance: FloatArray
    resistance_25c_ohm: tuple[Estimate, ...]
    """Per arc, at 298.15 K."""
    usable: Verdict
    findings: tuple[Finding, ...] = ()
    electrode_arcs: tuple[int, ...] = ()
    """Numbers of the arcs that are no part of the sample."""

    def __post_init__(self) -> None:
        freeze(self, ln_covariance=float)

    @property
    def sample_places(self) -> tuple[int, ...]:
        """Indices of the sample's own arcs in ``arcs``."""
        return tuple(i for i, a in enumerate(self.arcs) if a.number not in self.electrode_arcs)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionAssignment:
    """What one arc is, on which evidence."""

    arc: int
    region: Region
    candidates: tuple[str, ...]
    reasons: tuple[str, ...]
    specific_capacitance_f_per_m: Estimate | None
    """C l/A in F/m (the table gives F/cm)."""
    relative_permittivity: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PelletFit(Result):
    """Regions of a pellet: one assignment per arc number, for the single fits of each spectrum and for the series."""

    sample: str
    pellet: Pellet | None
    series: SeriesFit | None
    series_regions: tuple[RegionAssignment, ...]
    spectrum_regions: tuple[tuple[RegionAssignment, ...], ...]
    """In the order of temperature, file and loop, as the summary has the spectra."""
    spectrum_totals: tuple[SampleTotal, ...] = ()
    """In the same order: what belongs to the sample is decided for all temperatures together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductivityPoint:
    """sigma of one sample at one temperature; SI (S/m), tables and figures print S/cm."""

    sample: str
    file: str
    loop: int
    temperature_k: float | None
    """None where nobody tells it: R and sigma are known all the same."""
    quantity: str
    """``total``, ``bulk``, ``amorphous``, ``interface``."""
    method: Literal["single", "series"]
    conductivity_s_per_m: Estimate | None
    """Without the geometry's uncertainty, which is common to all temperatures."""
    geometry_relative_sigma: float
    verdict: Verdict
    series_kink_k: float | None = None
    """Where the joint fit that this point was read from changes its activation energy."""
    conductance_s: Estimate | None = None
    """1/R in S where the study gives no geometry: it has the same activation energy. None where it does."""
    conductance_verdict: Verdict | None = None
    """Of R, where ``verdict`` refuses the conductivity for want of a geometry."""
    resistance_ohm: float | None = None
    systematic_relative_sigma: float = 0.0
    """Of sigma: geometry, thermometer and contact, common to all temperatures; in no other sigma of the point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrheniusFit:
    """One straight line (or two with a kink) through ln(sigma T) or ln sigma against 1/T."""

    sample: str
    quantity: str
    method: Literal["single", "series"]
    basis: Literal["sigma_T", "sigma"]
    activation_energy_ev: Estimate | None
    t_ref_k: float
    ln_value_at_t_ref: Estimate | None
    """ln(sigma T / (S K/cm)) or ln(sigma / (S/cm)) at the harmonic mean temperature."""
    ln_prefactor: Estimate | None
    conductivity_25c_s_per_m: Estimate | None
    """Geometry's uncertainty included."""
    extrapolated: bool
    n_points: int
    n_left_out: int
    t_min_k: float
    t_max_k: float
    kink_temperature_k: Estimate | None
    second_activation_energy_ev: Estimate | None
    """Above the kink, where there is one (the first is below it)."""
    correlation: float
    """Of ln value at t_ref and Ea."""
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()
    """Why points were left out, one text a reason with its count and temperatures."""
    geometry_relative_sigma: float = 0.0
    """Of sigma(25 °C), where it is included; moves no activation energy."""
    temperature_sigma_ea_ev: float = 0.0
    """Shift of Ea when the thermometer is off by ``temperature_sigma_k`` at all points; apart, in no interval."""
    temperature_relative_sigma_25c: float = 0.0
    """The same for sigma(25 °C); apart, in no interval."""
    excess_scatter: float = 0.0
    """Scatter of ln value about the line beyond the points' own sigma, 1 sigma."""
    delta_bic_kink: float | None = None
    """BIC of one segment minus BIC of two; None where a kink could not be tested."""
    delta_bic_needed: float | None = None
    """What it must exceed: false positives then stay below 1 %."""
    conductivity_25c_origin: RoomOrigin = ""
    """``measured`` within 2 K of 25 °C, ``interpolated`` between neighbours, ``regions``: their sum by the joint fit,
    ``series``: the joint fit's own line of a region, ``line``: this straight line; '' where there is none."""
    conductivity_25c_verdict: Verdict | None = None
    """Of sigma(25 °C); None where it is the line's."""

    activation_energy_systematic_ev: float = 0.0
    """1 sigma by thermometer and contact."""
    activation_energy_whole_ev: Estimate | None = None
    """With both parts: the number that is printed."""
    conductivity_25c_statistical_s_per_m: float | None = None
    """1 sigma without geometry, thermometer and contact; None where nobody told the parts apart."""
    conductivity_25c_systematic_s_per_m: float | None = None
    """1 sigma by these three."""
    conductivity_25c_whole_s_per_m: Estimate | None = None

    @property
    def printed_energy(self) -> Estimate | None:
        """Ea with its whole uncertainty."""
        return self.activation_energy_whole_ev or self.activation_energy_ev

    @property
    def printed_conductivity(self) -> Estimate | None:
        """sigma(25 °C) with its whole uncertainty."""
        return self.conductivity_25c_whole_s_per_m or self.conductivity_25c_s_per_m

    @property
    def room_verdict(self) -> Verdict:
        """Of sigma(25 °C): measured there it needs no line."""
        return self.conductivity_25c_verdict or self.verdict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImpedanceSummary:
    """All that the report of impedance sees."""

    samples: tuple[Sample, ...]
    """In the order of the study."""
    spectra: tuple[tuple[str, SpectrumFit], ...] = ()
    """(sample id, fit), in the order sample, temperature, file, loop."""
    pellets: tuple[PelletFit, ...] = ()
    conductivity: tuple[ConductivityPoint, ...] = ()
    arrhenius: tuple[ArrheniusFit, ...] = ()
    composition: tuple[CompositionPoint, ...] = ()
    optima: tuple[CompositionOptimum, ...] = ()
    densities: tuple[PelletDensity, ...] = ()
    comparisons: tuple[SeriesComparison, ...] = ()
    budgets: tuple[ErrorBudget, ...] = ()
    copies: tuple[Copy, ...] = ()
    """Of ``spectra``: they stand in no other number of the summary."""
    meyer_neldel: MeyerNeldel | None = None
    opinions: tuple[SecondOpinion, ...] = ()
    relaxations: tuple[RelaxationTimes, ...] = ()
