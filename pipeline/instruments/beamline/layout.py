"""A table of columns with its meaning, as far as a header gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Finding
from pipeline.instruments.beamline.channels import Roles

Confidence = Literal["certain", "likely", "guess"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Layout:
    """A table with its meaning, as far as the header gives it."""

    format: str
    instrument: str = ""
    labels: tuple[str, ...]
    data: FloatArray
    roles: Roles
    header: Mapping[str, str] = field(default_factory=dict)
    element: str | None = None
    edge: str | None = None
    evidence: tuple[str, ...] = ()
    confidence: Confidence = "likely"
    e0_hint: tuple[str, str] | None = None
    """Element and edge at the E0 that the header gives: weaker than a symbol, since a scan may keep an old E0."""
    energy_ev: FloatArray | None = None
    """(rows,) where the axis is not a column but computed."""
    findings: tuple[Finding, ...] = ()
