"""What flows through the room of cycling: rows, steps, cycles, cells, and the summary of a run; no science.

Charges are in mAh and energies in mWh, as every cycler counts them; all else is SI.  A charge is counted positive in the
direction of its step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray, freeze
from pipeline.core.technique import Checked, Measurement, Result, Row
from pipeline.core.values import Estimate, Verdict

Direction: TypeAlias = Literal["charge", "discharge"]
Control: TypeAlias = Literal["cc", "cv", "cccv", "rest", "pulse", "unknown"]
"""What the tester held constant; ``unknown`` where the file does not say."""
Kind: TypeAlias = Literal[
    "charge", "discharge", "constant voltage charge", "constant voltage discharge", "rest", "pulse", "aborted", "reversed"
]  # fmt: skip
ROLES: tuple[str, ...] = (
    "time", "step_time", "date", "voltage", "current", "capacity", "charge_capacity", "discharge_capacity", "state",
    "cycle", "step", "temperature",
)  # fmt: skip
"""What a column of a test may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellInfo:
    """What the study says of a cell; None where it says nothing."""

    active_mass_mg: float | None = None
    active_mass_sigma_mg: float = 0.0
    nominal_mah_per_g: float | None = None
    area_m2: float | None = None
    first: Direction | None = None
    """The half that begins a cycle; None: as the data begin."""
    retention_from: int | None = None
    """Cycle that the retention refers to; None: the first of the longest run at one rate."""
    temperature_k: float | None = None
    columns: tuple[tuple[str, str], ...] = ()
    """(role, name of the column as written)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclingRow(Row):
    """One cell: one file, or several that are parts of one test."""

    cell: CellInfo = CellInfo()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CyclingStep(Measurement):
    """One step of a test as it was recorded. Arrays of shape (n,)."""

    direction: Direction | None
    """As the file names it or as the current says; None at rest."""
    control: Control
    label: str
    """As written in the file, ``''`` where it names no step."""
    time_s: FloatArray
    """From the beginning of the file, as recorded: it may stand still or run backwards."""
    start_s: float
    """When the step began: before the first row where the tester recorded later."""
    voltage_v: FloatArray
    current_a: FloatArray | None
    """Positive on charge; None where the file has none."""
    counter_mah: FloatArray | None
    """The tester's counter in the direction of the step, as recorded."""
    counter_before_mah: float | None
    """The same counter in the row before the step."""
    charge_mah: FloatArray | None = None
    """(n,) what went in between a row and the one before it (``dq``), positive in the direction of the step."""
    cycle: int | None = None
    """The tester's number."""
    temperature_k: FloatArray | None = None

    def __post_init__(self) -> None:
        names = ("time_s", "voltage_v", "current_a", "counter_mah", "charge_mah", "temperature_k")
        freeze(self, **dict.fromkeys(names, float))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CheckedStep(Checked):
    """A step with a time that never runs backwards."""

    step: CyclingStep
    keep: NDArray[np.bool_]
    """(n,) of ``step``."""
    time_resolution_s: float
    """Step of the clock as far as the rows tell; 0 where it is finer than their distance."""

    def __post_init__(self) -> None:
        freeze(self, keep=bool)

    @property
    def part(self) -> str:
        """What the file calls the step."""
        return self.step.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the table of steps."""

    file: str
    number: int
    """Within its file."""
    cycle: int | None
    """Own count from 1; None where the step joins no cycle."""
    tester_cycle: int | None
    kind: Kind
    label: str
    direction: Direction | None
    start_s: float
    duration_s: float
    current_a: float | None
    """Median of the step, positive on charge."""
    capacity_mah: float
    """The tester's count, or the integral where there is none; positive."""
    counted: bool
    """True where the tester counted."""
    integral_mah: float | None
    """Of the current over time; None without a current."""
    sigma_mah: float
    """1 sigma of ``capacity_mah`` as far as counter and integral tell."""
    energy_mwh: float | None
    start_v: float
    end_v: float
    n_rows: int
    temperature_k: float | None = None


HalfCode: TypeAlias = Literal[
    "counted", "counter_off", "integral_only", "unchecked", "coarse", "unsure", "aborted", "empty"
]
"""Verdict codes of one half of a cycle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """The charge, or the discharge, of one cycle: all its steps together."""

    direction: Direction
    steps: tuple[tuple[str, int], ...]
    """(file, number) of each."""
    capacity_mah: Estimate
    """Without the tester's own calibration, which is common to all: for ratios."""
    printed_mah: Estimate
    """The same with it."""
    mah_per_g: Estimate | None
    """Of active mass, with calibration and mass; None without a mass."""
    mah_per_cm2: Estimate | None
    integral_mah: float | None
    energy_mwh: float | None
    mean_v: float | None
    """Energy over charge."""
    current_a: float | None
    """Median of its longest step, without its sign."""
    rate_c: float | None
    start_s: float
    duration_s: float
    end_v: float
    verdict: Verdict
    """Its code is one of ``HalfCode``, or several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One charge and one discharge."""

    number: int
    charge: Half | None
    discharge: Half | None
    efficiency_percent: Estimate | None
    """The second half over the first."""
    hysteresis_v: float | None
    """Mean potential of the charge less that of the discharge."""
    block: int | None
    """Number of its run at one rate."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Curve:
    """One half of one cycle, thinned for a figure, and its derivative."""

    cycle: int
    direction: Direction
    rate_c: float | None
    charge_mah: FloatArray
    voltage_v: FloatArray
    derivative_v: FloatArray
    """Grid of the derivative; empty where the half is too short for one."""
    dq_dv_mah_per_v: FloatArray

    def __post_init__(self) -> None:
        freeze(self, charge_mah=float, voltage_v=float, derivative_v=float, dq_dv_mah_per_v=float)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateBlock:
    """A run of cycles at one current."""

    number: int
    current_a: float
    rate_c: float | None
    cycles: tuple[int, ...]
    """Those that count: whole, and not withheld."""
    discharge_mah: Estimate | None
    """Mean; sigma of the mean from their scatter; without calibration."""
    charge_mah: Estimate | None
    discharge_mah_per_g: Estimate | None
    """With calibration and mass."""
    charge_mah_per_g: Estimate | None
    efficiency_percent: Estimate | None
    mean_charge_v: float | None
    mean_discharge_v: float | None
    hysteresis_v: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Discharge capacity of a cycle over that of its reference, at one rate."""

    from_cycle: int
    to_cycle: int
    rate_c: float | None
    retention_percent: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CellTest(Result):
    """One cell: its steps, cycles and what follows from them."""

    name: str
    files: tuple[str, ...]
    cell: CellInfo
    first: Direction
    """The half that begins a cycle."""
    steps: tuple[Step, ...]
    cycles: tuple[Cycle, ...]
    blocks: tuple[RateBlock, ...]
    retentions: tuple[Retention, ...]
    polarisation_ohm: Estimate | None
    """Half the hysteresis against the current, a straight line over the blocks."""
    curves: tuple[Curve, ...]
    smoothing: str
    """How the derivative was smoothed, in words."""
    calibration: float
    """Relative 1 sigma of the tester, common to all charges of the cell."""

    @property
    def mass_g(self) -> float | None:
        """Active mass."""
        return None if self.cell.active_mass_mg is None else self.cell.active_mass_mg * 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One quantity of one sample over its cells."""

    sample: str
    quantity: str
    rate_c: float | None
    mean: Estimate
    """sigma of the mean; of one cell its own."""
    spread: float | None
    """Standard deviation between the cells; None for one."""
    n_cells: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDifference:
    """One quantity, two samples."""

    sample_a: str
    sample_b: str
    quantity: str
    rate_c: float | None
    difference: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CyclingSummary:
    """All that the report of cycling sees."""

    cells: tuple[tuple[str, CellTest], ...] = ()
    """(sample id, cell)"""
    repeats: tuple[Repeat, ...] = ()
    differences: tuple[CellDifference, ...] = ()
