"""How far octahedra are bent: multiple over single scattering, by a tied fit and by a box of the wavelet map.

    fit      amplitude of the paths of twice the bond length over that of single scattering, relative to FEFF of the straight
             octahedron, with dR and sigma^2 tied (2 dR, 2 sigma^2): sigma^2 cannot stand in for bending
    wavelet  top of |W| in k 4-9, R 3.6-4.6 Å (feature f1, not phase-corrected) over the top in the first shell at the same k

Both are compared with the reference sample over the same k range with the same window, weight and wavelet.  The angle follows
from FEFF on octahedra bent at random sides, measured in the same way.  The fall goes with the square of the angle: -5 % at 5°,
which is why smaller angles are not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from pipeline.errors import FitError, PipelineError
from pipeline.fit.xas.distortion_measure import Measure, bend_of_change, measure_pair
from pipeline.fit.xas.feff import run_feff
from pipeline.fit.xas.octahedra import is_collinear
from pipeline.model.absorption import Distortion, ReducedAbsorption, ShellFit
from pipeline.model.result import Estimate, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class DistortionSettings:
    """Table ``[settings.xas.distortion]``."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    box_k_min: Annotated[float, Gt(0)] = 4.0
    """Start of the box of f1 in k, 1/angstrom: below it the background interferes."""
    box_k_max: Annotated[float, Gt(0)] = 9.0
    """End of the box in k: light neighbours scatter little above."""
    box_r_min: Annotated[float, Gt(0)] = 3.6
    """Start of the box in R, angstrom, not phase-corrected: above the triangle's peak."""
    box_r_max: Annotated[float, Gt(0)] = 4.6
    """End of the box in R: f1 lies at 4.2."""
    wavelet_eta: Annotated[float, Ge(3)] = 8.0
    """eta of the Morlet wavelet (sigma 1): resolves the triangle from f1 in R and the box in k."""
    k_weight: Annotated[int, Ge(0)] = 2
    """Weight of the wavelet: f1 and the first shell then have their tops at like k, so that sigma^2 falls out of the ratio."""
    r_max_angstrom: Annotated[float, Gt(0)] = 4.9
    """End of the tied fit in R, not phase-corrected: above the peak of the collinear paths."""
    significance: Annotated[float, Gt(0)] = 3.0
    """Change over its sigma from which on it is called real."""
    blind_below_degree: Annotated[float, Gt(0)] = 5.0
    """Smaller angles change the ratio by less than 5 %, which FEFF itself is not good for."""


def measure_distortion(
    reductions: Sequence[ReducedAbsorption],
    fits: Sequence[ShellFit],
    reference: str | None,
    cache: Path,
    settings: DistortionSettings,
) -> tuple[Distortion, ...]:
    """One row per shell fit, in their order; a row that cannot be had says why in its verdict.

    Parameters
    ----------
    fits:
        First-shell fits of the same edge; their FEFF inputs say which structure they stand on.
    """
    by_sample = {r.sample: r for r in reductions}
    octahedral = {f.sample: f for f in fits if f.sample in by_sample and _why_not(f, cache) is None}
    base = octahedral.get(reference) if reference is not None else None
    rows = []
    for fit in fits:
        reduced = by_sample.get(fit.sample)
        if reduced is None:
            continue
        why = _why_not(fit, cache)
        if why is not None:
            rows.append(_refused(fit, reference, why))
            continue
        try:
            mine, its = measure_pair(
                (reduced, fit),
                (by_sample[base.sample], base) if base is not None and base.sample != fit.sample else None,
                cache,
                settings,
            )
            rows.append(_row(fit, reference, mine, its, reduced, cache, settings))
        except PipelineError as error:
            rows.append(_refused(fit, reference, f"{error.field}: {error.problem}", level="unresolved"))
    return tuple(rows)


def _why_not(fit: ShellFit, cache: Path) -> str | None:
    """Why collinear scattering says nothing about this shell."""
    if not fit.verdict.printable:
        return f"the first shell is {fit.verdict.level}: {fit.verdict.reason}"
    if "no crystal structure given" in fit.structure:
        return "no structure is given: a shell guessed as a polyhedron has no collinear paths to compare with"
    for text in fit.feff_inputs.values():
        try:
            paths = run_feff(text, cache).paths
        except FitError as error:
            return str(error)
        shell = min((p for p in paths if p.legs == 2), key=lambda p: p.reff_angstrom, default=None)
        if shell is not None and round(shell.degeneracy) == 6 and any(is_collinear(p) for p in paths):
            return None
    return f"{fit.element}-{fit.shell} of {fit.structure.split(',')[0]} is no octahedron: no two neighbours are in line"


def _refused(fit: ShellFit, reference: str | None, why: str, *, level: str = "refused") -> Distortion:
    return Distortion(
        sample=fit.sample,
        element=fit.element,
        edge=fit.edge,
        reference_sample=reference,
        ms_to_ss_ratio=None,
        f1_intensity=None,
        f1_k_per_angstrom=None,
        f1_r_angstrom=None,
        relative_change=None,
        relative_change_wavelet=None,
        bend_degree=None,
        verdict=Verdict(level="refused" if level == "refused" else "unresolved", reason=why),
    )


def _quotient(a: Estimate, b: Estimate) -> Estimate:
    """A / b - 1 of independent estimates."""
    value = a.value / b.value
    return Estimate(value=value - 1, sigma=abs(value) * float(np.hypot(a.sigma / a.value, b.sigma / b.value)), unit="1")


def _row(
    fit: ShellFit,
    reference: str | None,
    mine: Measure,
    its: Measure | None,
    reduced: ReducedAbsorption,
    cache: Path,
    settings: DistortionSettings,
) -> Distortion:
    findings = [*mine.findings]
    change = change_wavelet = bend = None
    if its is not None:
        change = _quotient(mine.ratio, its.ratio)
        if mine.f1 is not None and its.f1 is not None:
            change_wavelet = _quotient(mine.f1, its.f1)
        bend, said = bend_of_change(change, mine, reduced, fit, cache, settings)
        findings += said
    return Distortion(
        sample=fit.sample,
        element=fit.element,
        edge=fit.edge,
        reference_sample=reference,
        ms_to_ss_ratio=mine.ratio,
        f1_intensity=mine.f1,
        f1_k_per_angstrom=mine.f1_k,
        f1_r_angstrom=mine.f1_r,
        relative_change=change,
        relative_change_wavelet=change_wavelet,
        bend_degree=bend,
        verdict=_judge(fit, reference, mine, change, change_wavelet, settings),
        findings=tuple(findings),
    )


def _judge(
    fit: ShellFit,
    reference: str | None,
    mine: Measure,
    change: Estimate | None,
    wavelet: Estimate | None,
    settings: DistortionSettings,
) -> Verdict:
    ratio = mine.ratio
    if not ratio.sigma < 0.5 * max(ratio.value, ratio.sigma):
        return Verdict(
            level="unresolved", reason=f"multiple scattering {ratio.value:.2f} ± {ratio.sigma:.2f} is not above noise"
        )
    if change is None:
        if reference == fit.sample:
            return Verdict(
                level="resolved", reason=f"reference: {ratio.value:.2f} ± {ratio.sigma:.2f} of the straight octahedron"
            )
        return Verdict(level="weak", reason="no reference sample to compare with at this edge")
    n = abs(change.value) / max(change.sigma, 1e-12)
    text = f"{change.value:+.0%} ± {change.sigma:.0%} against {reference} ({n:.1f} sigma)"
    if wavelet is not None:
        text += f", wavelet {wavelet.value:+.0%} ± {wavelet.sigma:.0%}"
        apart = abs(change.value - wavelet.value) / float(np.hypot(change.sigma, wavelet.sigma))
        if apart > settings.significance:
            return Verdict(level="weak", reason=f"{text}: the two measures differ by {apart:.1f} sigma")
    if n < settings.significance:
        return Verdict(level="weak", reason=f"{text}: no change beyond noise")
    return Verdict(level="resolved", reason=text)


__all__ = ["DistortionSettings", "measure_distortion"]
