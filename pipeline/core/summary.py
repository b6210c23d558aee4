"""A whole run as the report sees it: one summary per technique, the facts of all, and what every record tells alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.sample import Sample
from pipeline.core.technique import About, MaskedPoints, Review
from pipeline.core.values import Fact, Finding, Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMask:
    """Points that were left out, and of what."""

    sample: str
    technique: str
    points: MaskedPoints


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RunSummary:
    """Everything that a report, a table or an archive is made from."""

    study_name: str
    simulated: bool
    samples: tuple[Sample, ...]
    parts: Mapping[str, Any] = field(default_factory=dict)
    """Key of a technique -> its summary, in the order of the report."""
    facts: tuple[Fact, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    findings: tuple[tuple[str, Finding], ...] = ()
    """(file or sample, finding) of everything that is worth a person's look."""
    masks: tuple[SampleMask, ...] = ()
    reviews: tuple[Review, ...] = ()
    """The study's [[review]] entries."""
    files: tuple[str, ...] = ()
    """Raw files that a result was made from."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """Raw files that were read, refused ones too -> SHA-256 of their bytes."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Versions, resolved settings with the layer that set each, counts; no clock."""

    def __getitem__(self, technique: str) -> Any:
        """The summary of one technique by its key: ``results["lsv"]``.

        Raises
        ------
        KeyError
            The study does not measure it.
        """
        return self.parts[technique]

    @property
    def about(self) -> About:
        """What a technique's report may know of the run."""
        versions = self.provenance.get("versions")
        return About(
            study_name=self.study_name,
            simulated=self.simulated,
            samples=self.samples,
            versions=versions if isinstance(versions, Mapping) else {},
        )

    def facts_of(self, sample: str, technique: str) -> tuple[Fact, ...]:
        """Facts of one sample that a technique published."""
        return tuple(f for f in self.facts if f.sample == sample and f.technique == technique)
