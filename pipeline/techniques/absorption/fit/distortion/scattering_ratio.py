"""How far octahedra are bent: multiple over single scattering, by a tied fit and by a box of the wavelet map.

    fit      multiple scattering over single scattering in k 4-9, R 3.6-4.6 Å (feature f1, not phase-corrected) by the fitted
             paths, relative to FEFF of the straight octahedron; dR and sigma^2 tied (2 dR, 2 sigma^2 of paths of twice the bond
             length): sigma^2 cannot stand in for bending
    wavelet  top of |W| of the data in that box, the fitted single scattering taken off, over the top in the first shell

Both are compared with the reference sample over the same k range with the same window, weight and wavelet.  The angle follows
from FEFF on octahedra bent at random sides, measured in the same way.  The fall goes with the square of the angle: -5 % at 5°,
which is why smaller angles are not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt

from pipeline.core.errors import FitError
from pipeline.core.values import Finding, Level, Verdict
from pipeline.techniques.absorption.fit.distortion.bending import bend_curve, bend_of_change
from pipeline.techniques.absorption.fit.distortion.measures import (
    SEEN_SIGMA,
    Change,
    Measure,
    Pair,
    measure_change,
    measure_one,
    range_of,
)
from pipeline.techniques.absorption.fit.feff.octahedra import is_collinear
from pipeline.techniques.absorption.fit.feff.program import run_feff
from pipeline.techniques.absorption.model import Distortion, ReducedAbsorption, ShellFit

LOOSE = 0.5
"""Relative sigma of the ratio above which there is no multiple scattering to speak of."""


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
    wavelet_eta: Annotated[float, Ge(3)] = 7.0
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
            rows.append(_without(fit, reference, why, "refused"))
            continue
        try:
            rows.append(
                _row(
                    (reduced, fit), reference, None if base is None else (by_sample[base.sample], base), cache, settings
                )
            )
        except FitError as error:
            rows.append(_without(fit, reference, f"{error.field}: {error.problem}", "unresolved"))
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


def _without(fit: ShellFit, reference: str | None, why: str, level: Level) -> Distortion:
    """A row without numbers."""
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
        verdict=Verdict(level=level, reason=why),
    )


def _row(pair: Pair, reference: str | None, base: Pair | None, cache: Path, settings: DistortionSettings) -> Distortion:
    reduced, fit = pair
    r_model = (base or pair)[1].distance_angstrom.value  # one model for all samples that are compared
    own = measure_one(pair, range_of([pair], settings), r_model, cache, settings)
    findings: list[Finding] = []
    if own.f1 is None:
        text = f"the top of the wavelet box is below {SEEN_SIGMA:g} sigma of noise"
        findings.append(Finding(severity="warning", field="f1_intensity", problem=text))
    change = bend = expected = None
    if base is not None and base[1].sample != fit.sample:
        change, mine, _ = measure_change(pair, base, r_model, cache, settings)
        curve = bend_curve(mine, reduced, fit, r_model, cache, settings)
        expected = curve.wavelet_for(change.fit.value)
        bend, said = bend_of_change(change, curve, fit, settings)
        findings += said
    return Distortion(
        sample=fit.sample,
        element=fit.element,
        edge=fit.edge,
        reference_sample=reference,
        ms_to_ss_ratio=own.ratio,
        f1_intensity=own.f1,
        f1_k_per_angstrom=own.f1_k,
        f1_r_angstrom=own.f1_r,
        relative_change=change.fit if change else None,
        relative_change_wavelet=change.wavelet if change else None,
        bend_degree=bend,
        verdict=_judge(fit, reference, own, change, expected, settings),
        findings=tuple(findings),
    )


def _judge(
    fit: ShellFit,
    reference: str | None,
    own: Measure,
    change: Change | None,
    expected_wavelet: float | None,
    settings: DistortionSettings,
) -> Verdict:
    ratio = own.ratio
    text = f"{ratio.value:.2f} ± {ratio.sigma:.2f} of the straight octahedron"
    if not ratio.sigma < LOOSE * max(ratio.value, 0.0):
        return Verdict(level="unresolved", reason=f"multiple scattering, {text}, is not above noise")
    if change is None:
        if reference == fit.sample:
            return Verdict(level="resolved", reason=f"the reference: {text}")
        return Verdict(level="weak", reason=f"{text}; no reference sample to compare with")
    n = abs(change.fit.value) / max(change.fit.sigma, 1e-12)
    text = f"{change.fit.value:+.0%} ± {change.fit.sigma:.0%} against {reference} ({n:.1f} sigma)"
    if change.wavelet is not None and expected_wavelet is not None:
        text += f", wavelet {change.wavelet.value:+.0%} ± {change.wavelet.sigma:.0%}"
        gap = abs(change.wavelet.value - expected_wavelet) / (change.wavelet.sigma**2 + change.fit.sigma**2) ** 0.5
        if gap > settings.significance:
            reason = f"{text}: the wavelet should show {expected_wavelet:+.0%} then, {gap:.1f} sigma away"
            return Verdict(level="weak", reason=reason)
    if n < settings.significance:
        return Verdict(level="weak", reason=f"{text}: no change beyond noise")
    return Verdict(level="resolved", reason=text)


__all__ = ["DistortionSettings", "measure_distortion"]
