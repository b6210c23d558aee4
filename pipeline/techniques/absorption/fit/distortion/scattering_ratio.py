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
from pathlib import Path

from pipeline.core.errors import FitError
from pipeline.core.values import Finding, Verdict
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
from pipeline.techniques.absorption.fit.feff.program import run_feff
from pipeline.techniques.absorption.fit.shells.octahedra import is_collinear
from pipeline.techniques.absorption.model import Distortion, ReducedAbsorption, ShellFit
from pipeline.techniques.absorption.settings import DistortionSettings

LOOSE = 0.5
"""Relative sigma of the ratio above which there is no multiple scattering to speak of."""


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
            rows.append(_without(fit, reference, why))
            continue
        try:
            rows.append(
                _row(
                    (reduced, fit), reference, None if base is None else (by_sample[base.sample], base), cache, settings
                )
            )
        except FitError as error:
            reason = f"{error.field}: {error.problem}"
            rows.append(_without(fit, reference, Verdict(level="unresolved", reason=reason, code="no_fit")))
    return tuple(rows)


def _why_not(fit: ShellFit, cache: Path) -> Verdict | None:
    """Why collinear scattering says nothing about this shell; None where it does."""

    def refuse(code: str, reason: str) -> Verdict:
        return Verdict(level="refused", reason=reason, code=code)

    if not fit.verdict.printable:
        return refuse("shell_withheld", f"the first shell is {fit.verdict.level}: {fit.verdict.reason}")
    if fit.structure_kind == "polyhedron":
        told = "no structure is given: a shell guessed as a polyhedron has no collinear paths to compare with"
        return refuse("guessed_structure", told)
    for text in fit.feff_inputs.values():
        try:
            paths = run_feff(text, cache).paths
        except FitError as error:
            return refuse("no_paths", str(error))
        shell = min((p for p in paths if p.legs == 2), key=lambda p: p.reff_angstrom, default=None)
        if shell is not None and round(shell.degeneracy) == 6 and any(is_collinear(p) for p in paths):
            return None
    told = f"{fit.element}-{fit.shell} of {fit.structure_title} is no octahedron: no two neighbours are in line"
    return refuse("not_octahedral", told)


def _without(fit: ShellFit, reference: str | None, why: Verdict) -> Distortion:
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
        verdict=why,
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
        reason = f"multiple scattering, {text}, is not above noise"
        return Verdict(level="unresolved", reason=reason, code="noise")
    if change is None:
        if reference == fit.sample:
            return Verdict(level="resolved", reason=f"the reference: {text}", code="reference")
        return Verdict(level="weak", reason=f"{text}; no reference sample to compare with", code="no_reference")
    n = abs(change.fit.value) / max(change.fit.sigma, 1e-12)
    text = f"{change.fit.value:+.0%} ± {change.fit.sigma:.0%} against {reference} ({n:.1f} sigma)"
    if change.wavelet is not None and expected_wavelet is not None:
        text += f", wavelet {change.wavelet.value:+.0%} ± {change.wavelet.sigma:.0%}"
        gap = abs(change.wavelet.value - expected_wavelet) / (change.wavelet.sigma**2 + change.fit.sigma**2) ** 0.5
        if gap > settings.significance:
            reason = f"{text}: the wavelet should show {expected_wavelet:+.0%} then, {gap:.1f} sigma away"
            return Verdict(level="weak", reason=reason, code="wavelet_disagrees")
    if n < settings.significance:
        return Verdict(level="weak", reason=f"{text}: no change beyond noise", code="no_change")
    return Verdict(level="resolved", reason=text, code="change")
