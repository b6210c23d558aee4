"""Relaxation times of the headline spectra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.science.relaxation_times import distribute
from pipeline.techniques.impedance.headline_spectra import headline_spectra
from pipeline.techniques.impedance.model import SpectrumFit
from pipeline.techniques.impedance.relaxation_times import RelaxationTimes

FEWEST = 10
"""Points: fewer show no distribution."""


def list_relaxations(spectra: Sequence[tuple[str, SpectrumFit]]) -> Iterator[RelaxationTimes]:
    """Of every sample, from the points that the fit used."""
    for sample in dict.fromkeys(name for name, _ in spectra):
        for fit in headline_spectra([fit for name, fit in spectra if name == sample]):
            s, keep = fit.checked.spectrum, np.array(fit.checked.keep)
            if keep.sum() >= FEWEST:
                d = distribute(s.frequency_hz[keep], s.impedance_ohm[keep])
                yield RelaxationTimes(sample=sample, file=s.source.file, loop=s.loop, tau_s=d.tau_s, gamma_ohm=d.gamma_ohm,
                                      strength=d.strength, peaks=d.peaks)  # fmt: skip
