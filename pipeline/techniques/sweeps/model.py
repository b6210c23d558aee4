"""What flows through the room of sweeps: rows, sweeps, onsets, windows, and the summary of a run; no science."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pipeline.core.arrays import FloatArray, freeze
from pipeline.core.technique import Checked, Measurement, Result, Row
from pipeline.core.values import Estimate, Verdict

Direction: TypeAlias = Literal["oxidation", "reduction"]
DIRECTIONS: tuple[Direction, Direction] = ("reduction", "oxidation")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRow(Row):
    """One sweep file of one sample."""

    conditions: SweepConditions = SweepConditions()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedWindows:
    """The study's ``[computed_window_v_vs_na]``."""

    by_sample: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Sample id -> thermodynamic (reduction, oxidation) limit, V vs Na/Na+, computed elsewhere."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinearSweep(Measurement):
    """One potential sweep with what came before it. Arrays of shape (n,): s, V (as measured), A."""

    time_s: FloatArray | None
    potential_v: FloatArray
    """As measured, against the reference of the cell: the conversion to Na/Na+ is a later stage's."""
    current_a: FloatArray
    technique: str = "LSV"
    control_v: FloatArray | None = None
    nominal_rate_v_per_s: float | None = None
    area_m2: float | None = None
    """From the header, None where not set."""
    flags: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Recorded columns that tell about quality: mode, ox/red, error, control changes, Ns changes, I Range, …"""

    def __post_init__(self) -> None:
        freeze(self, time_s=float, potential_v=float, current_a=float, control_v=float)


MaskCode: TypeAlias = Literal[
    "open_circuit", "held", "stray", "instrument_error", "pinned", "compliance", "range_switch", "spike"
]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CheckedSweep(Checked):
    """One direction of one sweep, OCV dropped, potentials on the Na/Na+ scale (offset applied here, once)."""

    sweep: LinearSweep
    direction: Direction
    keep: tuple[bool, ...]
    """(n,) of ``sweep``."""
    potential_v_vs_na: FloatArray
    """(n,) V; as measured where no reference was given (a finding says so)."""
    potential_is_vs_na: bool
    scan_rate_v_per_s: float | None
    """From (t, E), signed positive in the direction of the sweep."""
    ocv_v: float | None
    conditions: SweepConditions
    number: int = 1
    """Of this direction within its sweep: a cycle holds two, a file that goes to both limits as well."""
    after_turn: bool = False
    """The sweep goes on from a turn without a rest: the interface has just seen the other limit."""

    def __post_init__(self) -> None:
        freeze(self, potential_v_vs_na=float)

    @property
    def part(self) -> str:
        """The direction."""
        return self.direction

    @property
    def area_m2(self) -> float | None:
        """Of the electrode: the study's before the header's."""
        return self.conditions.area_m2 or self.sweep.area_m2


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """What counts as an onset: a current density, a departure from the baseline, or the tangent where neither is given."""

    threshold_ua_per_cm2: float | None = None
    departure_sigmas: float | None = None

    @property
    def name(self) -> str:
        """As the tables have it: ``j_1_uA_per_cm2``, ``departure_5sigma``, ``tangent``."""
        if self.threshold_ua_per_cm2 is not None:
            return f"j_{self.threshold_ua_per_cm2:g}_uA_per_cm2"
        return "tangent" if self.departure_sigmas is None else f"departure_{self.departure_sigmas:g}sigma"

    def __str__(self) -> str:
        return self.name


TANGENT = Criterion()
HEADLINE = Criterion(threshold_ua_per_cm2=1.0)
"""What a paper prints, where it was asked for."""

OnsetCode: TypeAlias = Literal[
    # given
    "found", "wide", "crooked_baseline", "no_reference", "after_turn", "no_headline", "far_from_headline",
    # withheld
    "no_area", "below_noise", "above_from_start", "beyond_sweep", "no_steady_rise", "no_current", "few_replicates", "vague",
]  # fmt: skip
"""Verdict codes of onsets. ``wide``: sigma beyond what is called resolved; ``vague``: beyond what is given at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """One criterion on one sweep."""

    criterion: Criterion
    onset_v_vs_na: Estimate | None
    verdict: Verdict
    """Its code is one of ``OnsetCode``, or several."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SweepFit(Result):
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
    peak_current_a: float | None = None
    """Largest faradaic current of the sweep (running mean), A, with its sign; ``peak_v`` is where, V vs Na/Na+."""
    peak_v: float | None = None
    peak_sigma_a: float = 0.0
    """1 sigma of ``peak_current_a``, from the noise of the mean and the baseline's covariance, A."""
    charge_sigma_mah: float = 0.0
    """1 sigma of ``charge_mah`` from the noise of the current; a constant error of the instrument is not in it."""

    def __post_init__(self) -> None:
        freeze(self, baseline_a=float, onset_v=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilityWindow:
    """Reduction and oxidation limit of one sample on the Na/Na+ scale."""

    sample: str
    criterion: Criterion
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
    direction: Direction
    criterion: Criterion
    difference_v: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SweepSummary:
    """All that the report of sweeps sees."""

    sweeps: tuple[tuple[str, SweepFit], ...] = ()
    """(sample id, fit), in the order sample, file, sweep, part."""
    windows: tuple[StabilityWindow, ...] = ()
    """One per criterion and sample."""
    differences: tuple[LimitDifference, ...] = ()


def headline_window(summary: SweepSummary, sample: str) -> StabilityWindow | None:
    """The window by the headline criterion (1 uA/cm2), else the first printable one, else the first."""
    windows = [w for w in summary.windows if w.sample == sample]
    windows.sort(key=lambda w: (w.criterion != HEADLINE, not w.verdict.printable))
    return windows[0] if windows else None
