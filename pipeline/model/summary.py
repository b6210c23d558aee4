"""Many results in one place: the rows of the tables, and the whole run as the report sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.model.absorption import Distortion, ReducedAbsorption, ShellFit
from pipeline.model.impedance import PelletFit, SpectrumFit
from pipeline.model.measurement import Sample
from pipeline.model.result import Estimate, Finding, Verdict
from pipeline.model.sweep import SweepFit

Kind = Literal["eis", "lsv", "xas", "pellet", "edge"]
"""Of a unit of work: a file of impedance or of sweeps, the scans of a sample at an edge, a pellet, an edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One row of the table rejected: a measurement that a stage refused."""

    file: str
    stage: str
    field: str
    problem: str
    hint: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Record:
    """What one unit of work left: its results and what was refused. Written once, read by the collector."""

    kind: Kind
    name: str
    """The file, the sample, or the edge."""
    sample: str
    results: tuple[Any, ...] = ()
    """SpectrumFit, SweepFit, ReducedAbsorption, PelletFit, ShellFit or Distortion, as ``kind`` says."""
    rejected: tuple[Rejection, ...] = ()
    findings: tuple[tuple[str, Finding], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductivityPoint:
    """sigma of one sample at one temperature; SI (S/m), tables and figures print S/cm."""

    sample: str
    file: str
    loop: int
    temperature_k: float
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionPoint:
    """sigma(25 °C) of one sample in its composition series."""

    sample: str
    series: str
    x_lcf: float
    conductivity_25c_s_per_m: Estimate | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionOptimum:
    """The best composition of a series, or undetermined."""

    series: str
    x_optimum: Estimate | None
    conductivity_s_per_m: Estimate | None
    n_points: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesComparison:
    """Best conductivity of two composition series, e.g. with LCF of Ta and of Zr."""

    series_a: str
    series_b: str
    conductivity_ratio: Estimate
    """a over b, at the optimum of each, or at its best measured composition."""
    x_difference: Estimate | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class MeyerNeldel:
    """ln prefactor = a + Ea/E_MN over the samples, judged at a common temperature."""

    energy_ev: Estimate | None
    t_ref_k: float
    n_samples: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PelletDensity:
    """Density of one pellet, and relative to the crystals it is pressed from where the study gives theirs."""

    sample: str
    density_kg_per_m3: Estimate
    relative_density: Estimate | None
    verdict: Verdict
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilityWindow:
    """Reduction and oxidation limit of one sample on the Na/Na+ scale."""

    sample: str
    criterion: str
    reduction_limit_v_vs_na: Estimate | None
    oxidation_limit_v_vs_na: Estimate | None
    width_v: Estimate | None
    computed_v_vs_na: tuple[float, float] | None
    """Thermodynamic window given in the study, where it is."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitDifference:
    """Difference of one limit between two samples, with its own (correlated) uncertainty."""

    sample_a: str
    sample_b: str
    direction: str
    criterion: str
    difference_v: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RunSummary:
    """Everything that a report, a table or an archive is made from."""

    study_name: str
    simulated: bool
    samples: tuple[Sample, ...]
    spectra: tuple[tuple[str, SpectrumFit], ...] = ()
    """(sample id, fit), in the order sample, temperature, file, loop."""
    pellets: tuple[PelletFit, ...] = ()
    conductivity: tuple[ConductivityPoint, ...] = ()
    arrhenius: tuple[ArrheniusFit, ...] = ()
    composition: tuple[CompositionPoint, ...] = ()
    optima: tuple[CompositionOptimum, ...] = ()
    sweeps: tuple[tuple[str, SweepFit], ...] = ()
    windows: tuple[StabilityWindow, ...] = ()
    differences: tuple[LimitDifference, ...] = ()
    absorption: tuple[ReducedAbsorption, ...] = ()
    shells: tuple[ShellFit, ...] = ()
    distortions: tuple[Distortion, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    findings: tuple[tuple[str, Finding], ...] = ()
    """(file or sample, finding) of everything that is worth a person's look."""
    reviews: tuple[Mapping[str, Any], ...] = ()
    """The study's [[review]] entries that were honoured, as written."""
    densities: tuple[PelletDensity, ...] = ()
    comparisons: tuple[SeriesComparison, ...] = ()
    meyer_neldel: MeyerNeldel | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Versions, resolved settings with the layer that set each, counts; no clock."""
