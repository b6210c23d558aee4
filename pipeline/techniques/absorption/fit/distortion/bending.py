"""A change of multiple over single scattering -> the mean bending angle that explains it, and the model that this rests on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Z95, Estimate, Finding
from pipeline.science.statistics import interval_sigma
from pipeline.techniques.absorption.fit.distortion.measures import (
    Change,
    Measure,
    box_ratio,
    fit_tied,
    fitted_ratio,
    single_scattering,
)
from pipeline.techniques.absorption.fit.shells.octahedra import BENDS_DEGREE, chi_of_bend, run_octahedra, tied_model
from pipeline.techniques.absorption.fit.shells.spectrum import weigh_spectrum
from pipeline.techniques.absorption.model import ReducedAbsorption, ShellFit
from pipeline.techniques.absorption.settings import DistortionSettings

LIGANDS = 6
SMALL_SIGMA = 1e-4
"""Noise of chi(k) given to spectra of the model, which have none."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BendCurve:
    """How both measures fall with the angle in FEFF's bent octahedra, relative to the straight one."""

    angles_degree: FloatArray
    fit: FloatArray
    wavelet: FloatArray

    def angle(self, change: float) -> float:
        """Angle of a change of the fit's ratio, degrees; 0 for a rise, the last angle for more than the curve holds."""
        return float(np.sqrt(np.interp(-change, -self.fit, self.angles_degree**2)))

    def wavelet_for(self, change: float) -> float:
        """Change of the wavelet's ratio that belongs to one of the fit's; in proportion for a rise."""
        if change > 0:
            return float(change * self.wavelet[1] / self.fit[1])
        return float(np.interp(-change, -self.fit, self.wavelet))


def bend_curve(
    mine: Measure, reduced: ReducedAbsorption, fit: ShellFit, r_model: float, cache: Path, settings: DistortionSettings
) -> BendCurve:
    """Both measures of bent octahedra at the sample's own distance, sigma^2 and range."""
    octahedra = run_octahedra(fit.element, fit.shell, fit.edge, r_model, cache, bent=True)
    model = tied_model(octahedra.straight)
    k = reduced.k_per_angstrom
    ratios, boxes = [], []
    for which in range(len(BENDS_DEGREE)):
        chi = chi_of_bend(octahedra, which, k, *(float(v) for v in mine.theta[:4]))
        spectrum = weigh_spectrum(k, chi, np.full(k.size, SMALL_SIGMA), mine.fit_range)
        outcome = fit_tied(spectrum, model, fit)
        ratios.append(fitted_ratio(outcome, model, k, mine.fit_range, settings).value)
        single = single_scattering(outcome, model, k)
        box, _, _ = box_ratio(spectrum, single, fit.distance_angstrom.value, mine.fit_range, settings)
        boxes.append(box.value if box is not None else 0.0)
    return BendCurve(
        angles_degree=np.array(BENDS_DEGREE),
        fit=np.minimum.accumulate(np.array(ratios) / ratios[0] - 1),
        wavelet=np.array(boxes) / boxes[0] - 1,
    )


def doubt_octahedron(fit: ShellFit) -> str:
    """Why a shell may be something else than six neighbours of one element; '' where its 95 % interval of N holds six alone.

    A ligand that is lost or replaced takes as much off the collinear multiple scattering as a bend of 10 degrees.
    """
    n = fit.coordination
    interval = f"N = {n.value:.1f} ({n.low:.1f} to {n.high:.1f})"
    if not n.low <= LIGANDS <= n.high:
        return f"{interval} is not six"
    if n.low <= LIGANDS - 1 or n.high >= LIGANDS + 1:
        return f"{interval} is not told from five or seven"
    if "r_factor" in fit.verdict.code.split():
        return f"one {fit.shell} shell leaves an R-factor of {fit.r_factor:.3f}: another neighbour may be in it"
    return ""


def bend_of_change(
    change: Change, curve: BendCurve, fit: ShellFit, settings: DistortionSettings
) -> tuple[Estimate | None, list[Finding]]:
    """Mean angle with its 95 % interval, and what to say.

    None where the shell is not six of one element for sure, where it is too small, not told from 0, or beyond the model.
    """
    value, sigma, blind = change.fit.value, change.fit.sigma, settings.blind_below_degree
    falls = ", ".join(f"{-f:.0%} at {a:g}°" for a, f in zip(curve.angles_degree[1:], curve.fit[1:], strict=True))
    told = (
        f"model: octahedra {fit.element}{fit.shell}6 of FEFF, all three axes bent by the same angle to random sides, bond lengths "
        f"kept, the reference straight; the ratio falls by {falls}"
    )
    findings = [Finding(severity="info", field="bend_degree", problem=told)]
    if why := doubt_octahedron(fit):
        hint = "lost or replaced ligands, two distances and harmonics change the signal too"
        text = f"the change of {value:+.0%} stands alone, no angle is given: {why}"
        findings.append(Finding(severity="warning", field="bend_degree", problem=text, hint=hint, code="not_six"))
        return None, findings
    low, high = curve.angle(value + Z95 * sigma), curve.angle(value - Z95 * sigma)
    if curve.angle(value) < blind or low == 0:
        text = f"blind below {blind:g}°: the change of {value:+.0%} ± {sigma:.0%} allows bends up to {max(high, blind):.0f}°"
        findings.append(Finding(severity="info", field="bend_degree", problem=text))
        return None, findings
    if value < float(curve.fit[-1]):
        last = f"{curve.fit[-1]:+.0%} at {curve.angles_degree[-1]:g}°"
        text = f"the change of {value:+.0%} is beyond the model ({last}): no angle is given"
        findings.append(Finding(severity="warning", field="bend_degree", problem=text))
        return None, findings
    sigma = interval_sigma(low, high)
    return Estimate(value=curve.angle(value), sigma=sigma, unit="degree", low95=low, high95=high), findings
