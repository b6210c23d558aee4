"""Potential sweeps after the check and after the search for onsets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.core.arrays import FloatArray, freeze
from pipeline.core.sample import Source
from pipeline.core.values import Estimate, Finding, Mask, Verdict

Direction = Literal["oxidation", "reduction"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepConditions:
    """What the study says of a sweep's cell; None where it says nothing."""

    reference_electrode: str = ""
    volts_vs_na: float | None = None
    """Potential of the reference against Na/Na+, V; 0.0 where the file is on that scale already."""
    volts_vs_na_sigma: float = 0.0
    area_m2: float | None = None
    electrolyte_kg: float | None = None
    carbon_kg: float | None = None
    series_resistance_ohm: float | None = None
    """For the iR correction; None for no correction."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CheckedSweep:
    """One direction of one sweep, OCV dropped, potentials on the Na/Na+ scale (offset applied here, once)."""

    sweep: LinearSweep
    direction: Direction
    keep: tuple[bool, ...]
    """(n,) of ``sweep``."""
    masks: tuple[Mask, ...]
    potential_v_vs_na: FloatArray
    """(n,) V; as measured where no reference was given (a finding says so)."""
    potential_is_vs_na: bool
    scan_rate_v_per_s: float | None
    """From (t, E), signed positive in the direction of the sweep."""
    ocv_v: float | None
    conditions: SweepConditions
    findings: tuple[Finding, ...] = ()
    part: int = 1
    """Number of this direction within its sweep: a cycle holds two, a file that goes to both limits as well."""
    after_turn: bool = False
    """The sweep goes on from a turn without a rest: the interface has just seen the other limit."""

    def __post_init__(self) -> None:
        freeze(self, potential_v_vs_na=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """One criterion on one sweep."""

    criterion: str
    """``j_1_uA_per_cm2``, ``j_10_uA_per_cm2``, ``departure_5sigma``, ``tangent``."""
    onset_v_vs_na: Estimate | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SweepFit:
    """Baseline and onsets of one sweep."""

    checked: CheckedSweep
    onsets: tuple[Onset, ...]
    baseline_a: FloatArray
    """(n,) fitted capacitive baseline, A."""
    noise_a: float
    baseline_end_v: float | None
    """Breakpoint: the baseline was fitted up to here, V vs Na/Na+."""
    capacitance: Estimate | None
    """F, from the baseline and the scan rate."""
    charge_mah: float | None
    onset_v: FloatArray
    """(n_criteria, n_bootstrap) bootstrap replicates, V; empty (0, 0) where none were drawn."""
    findings: tuple[Finding, ...] = ()
    peak_current_a: float | None = None
    """Largest faradaic current of the sweep (running mean), A, with its sign; ``peak_v`` is where, V vs Na/Na+."""
    peak_v: float | None = None

    def __post_init__(self) -> None:
        freeze(self, baseline_a=float, onset_v=float)


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
