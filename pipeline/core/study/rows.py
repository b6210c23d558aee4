"""What a run needs of the study file: one frozen row per unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.sample import Sample
from pipeline.techniques.sweeps.model import SweepConditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's decision about one file, recorded as data and shown in the report."""

    file: str
    loop: int | None = None
    arcs: int | None = None
    mask_hz: tuple[tuple[float, float], ...] = ()
    exclude: bool = False
    note: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EisFile:
    """One impedance file of one sample."""

    name: str
    sample: str
    temperature_k: float | None
    temperature_origin: str
    corrections: Mapping[str, float] = field(default_factory=dict)
    """Fields of ``check.corrections.Corrections``."""
    short: str | None = None
    """File of the shorted cell, relative to ``raw``."""
    open: str | None = None
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LsvFile:
    """One sweep file of one sample."""

    name: str
    sample: str
    conditions: SweepConditions
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class XasGroup:
    """All scans of one sample at one edge."""

    sample: str
    element: str
    edge: str
    mode: str | None
    names: tuple[str, ...]
    scatterer: str = "Cl"
    coordination: float | None = None
    structure: str | None = None
    """A built-in model, or a CIF file relative to ``raw``."""
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study file, checked and resolved: nothing in it depends on the machine but the two folders."""

    name: str
    file: Path
    raw: Path
    simulated: bool
    samples: tuple[Sample, ...]
    eis: tuple[EisFile, ...]
    lsv: tuple[LsvFile, ...]
    xas: tuple[XasGroup, ...]
    xas_reference: Mapping[str, str]
    """``"Ta L3"`` -> sample id."""
    computed_windows: Mapping[str, tuple[float, float]]
    """sample id -> (reduction, oxidation) limit in V vs Na/Na+, computed elsewhere."""
    reviews: tuple[Review, ...]
    settings: Mapping[str, Any]
    """``"eis.arcs"`` -> settings dataclass of that stage."""
    layers: Mapping[str, str]
    """``"eis.arcs.max_arcs"`` -> ``default`` or ``study``."""
