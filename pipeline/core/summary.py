"""Many results in one place: the rows of the tables, and the whole run as the report sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.core.sample import Sample
from pipeline.core.values import Finding
from pipeline.techniques.absorption.model import Distortion, ReducedAbsorption, ShellFit
from pipeline.techniques.impedance.model import (
    ArrheniusFit,
    CompositionOptimum,
    CompositionPoint,
    ConductivityPoint,
    MeyerNeldel,
    PelletDensity,
    PelletFit,
    SeriesComparison,
    SpectrumFit,
)
from pipeline.techniques.sweeps.model import LimitDifference, StabilityWindow, SweepFit

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
