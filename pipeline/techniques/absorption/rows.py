"""What the study says of absorption: rows, references, reviews, the composition of a pellet, the shell of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.core.technique import Measurement, Review, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """Of a thick sample in fluorescence: all of it, binder and conductor too."""

    formula: str
    angle_in_degree: float = 45.0
    """Between the beam and the surface."""
    angle_out_degree: float = 45.0
    """Between the surface and the way to the detector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReview(Review):
    """A person's decision about a file, or about one group of a project."""

    group: str = ""
    """Name of the group; '' for a file, or for its scan number ``loop``."""

    def names(self, measurement: Measurement | None) -> bool:
        """True where it is this group of its file that is decided on."""
        if not self.group:
            return self.loop == (None if measurement is None else measurement.loop)
        return str(getattr(measurement, "label", "")).split() == self.group.split()

    def decision(self) -> Mapping[str, str | int]:
        """Column ``group``."""
        return {"group": self.group} if self.group else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRow(Row):
    """All scans of one sample at one edge; ``beside`` names the CIF file of its structure."""

    element: str
    edge: str
    mode: Literal["transmission", "fluorescence"] | None = None
    scatterer: str = "Cl"
    coordination: float | None = None
    structure: str | None = None
    """A built-in model, or a CIF file relative to ``raw``."""
    distance_angstrom: float | None = None
    """Mean distance of the shell as diffraction knows it."""
    distance_sigma_angstrom: float = 0.0
    composition: Composition | None = None
    """Corrects over-absorption in fluorescence."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """File -> names or patterns of the groups that are the sample's; a file that is not there has one sample alone."""
    reviews: tuple[ScanReview, ...] = ()

    @property
    def alone(self) -> bool:
        """True for a file without a study: each of its scans is looked at, at the edge that it has."""
        return not self.sample

    def edge_of(self, element: str | None, edge: str | None) -> tuple[str | None, str | None]:
        """Element and edge that a scan of ``element`` and ``edge`` should have: the study's; without a study its own."""
        return (element, edge) if self.alone else (self.element, self.edge)

    @property
    def edge_name(self) -> str:
        """``Ta L3``"""
        return f"{self.element} {self.edge}"


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The study's ``[xas_reference]``: S02 is calibrated on, and distortion compared with, this sample."""

    by_edge: Mapping[str, str]
    """``Ta L3`` -> sample id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellSpec:
    """What the study says of the first shell of one sample."""

    scatterer: str = "Cl"
    coordination: float | None = None
    structure: str | None = None
    """A built-in model, or the name of the CIF whose bytes are ``cif``."""
    cif: bytes | None = None
    distance_angstrom: float | None = None
    """Mean distance of the shell as diffraction knows it: of the reference, it calibrates the phase."""
    distance_sigma_angstrom: float = 0.0
