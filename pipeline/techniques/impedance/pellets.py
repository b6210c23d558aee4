"""Which spectra are a pellet's, which pellets it waits for, and whose headline spectra are fitted again by others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from pipeline.core.sample import Sample
from pipeline.core.technique import Group
from pipeline.techniques.impedance.model import PelletFit
from pipeline.techniques.impedance.rows import SpectrumRow
from pipeline.techniques.impedance.second_opinions import SecondOpinion

Joined: TypeAlias = PelletFit | SecondOpinion
"""What work over several spectra gives."""


def list_pellets(rows: Sequence[SpectrumRow], samples: Sequence[Sample]) -> Iterator[Group[SpectrumRow]]:
    """The spectra of each pellet, after those of its pristine phases."""
    measured = {row.sample for row in rows}
    for sample in samples:
        if sample.id in measured:
            phases = dict.fromkeys((sample.crystalline_phase, sample.amorphous_phase))
            after = tuple(p for p in phases if p is not None and p in measured)
            mine = tuple(row for row in rows if row.sample == sample.id)
            yield Group(name=sample.id, rows=mine, samples=(sample,), after=after)


def list_samples(rows: Sequence[SpectrumRow], samples: Sequence[Sample]) -> Iterator[Group[SpectrumRow]]:
    """The spectra of each sample, waiting for none."""
    for sample in samples:
        mine = tuple(row for row in rows if row.sample == sample.id)
        if mine:
            yield Group(name=sample.id, rows=mine)
