"""Atomic fractions of the elements whose sensitivity factors the study gives.

    x_i = (A_i / t_i S_i) / sum_k (A_k / t_k S_k)

A: area of all components of the region, counts eV; t: time at each point, s; S: relative sensitivity factor (C. D.
Wagner et al., Surf. Interface Anal. 3 (1981) 211).  The errors of the factors themselves, commonly 10 %, are not in
sigma.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.techniques.surfaces.model import AtomicFraction, SurfaceFit


def atomic_fractions(fits: Sequence[tuple[str, SurfaceFit]]) -> Iterator[AtomicFraction]:
    """Per sample and state, where two regions or more have factors; the first spectrum of each region counts."""
    groups: dict[tuple[str, str], dict[str, SurfaceFit]] = {}
    for sample, fit in fits:
        if fit.row.sensitivity is not None and fit.checked.spectrum.seconds:
            groups.setdefault((sample, fit.state), {}).setdefault(fit.region, fit)
    for (sample, state), regions in groups.items():
        if len(regions) > 1:
            yield from _fractions(sample, state, list(regions.values()))


def _fractions(sample: str, state: str, fits: Sequence[SurfaceFit]) -> Iterator[AtomicFraction]:
    seconds = np.array([f.checked.spectrum.seconds or 1.0 for f in fits])
    factors = np.array([f.row.sensitivity or 1.0 for f in fits])
    areas = np.array([f.total_area.value for f in fits]) / seconds
    sigmas = np.array([f.total_area.sigma for f in fits]) / seconds
    amounts, errors = areas / factors, sigmas / factors
    total = float(amounts.sum())
    words = "sigma of the areas alone: the sensitivity factors are taken as exact"
    verdict = Verdict(level="weak", reason=words, code="factors_exact")
    for i, f in enumerate(fits):
        share = float(amounts[i]) / total
        slope = (np.eye(len(fits))[i] - share) / total
        sigma = float(np.sqrt(np.sum((slope * errors) ** 2)))
        yield AtomicFraction(
            sample=sample,
            state=state,
            region=f.region,
            area_per_s=Estimate(value=float(areas[i]), sigma=float(sigmas[i]), unit="counts eV/s"),
            sensitivity=float(factors[i]),
            atomic_fraction=Estimate(value=share, sigma=sigma, unit="1"),
            verdict=verdict,
        )


def left_out(fits: Sequence[tuple[str, SurfaceFit]]) -> Iterator[tuple[str, Finding]]:
    """Regions with a factor that no atomic fraction could use."""
    for _, fit in fits:
        if fit.row.sensitivity is not None and not fit.checked.spectrum.seconds:
            problem = f"{fit.region}: no time of counting in the file: no atomic fraction"
            yield fit.file, Finding(severity="warning", field="sensitivity", problem=problem, hint="export VAMAS")
