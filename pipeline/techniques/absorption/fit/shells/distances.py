"""Distances, and differences of distances: what belongs to noise, to ranges and background, and to theory.

R                           noise, ranges, and what phases of FEFF, background and a symmetric distribution leave (theory)
R - R(reference)            of one model at one edge: the theory cancels, since phases carry over from one compound of the
                            same neighbours to the next (P. A. Lee et al., Rev. Mod. Phys. 53 (1981) 769)
R(known) + R - R(reference) where diffraction knows the reference: its phase is calibrated, and its error takes the theory's place
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.values import Estimate, Finding
from pipeline.techniques.absorption.fit.shells.joint_fit import JointFit
from pipeline.techniques.absorption.fit.shells.sample_fit import SampleFit, lead_distance
from pipeline.techniques.absorption.fit.shells.verdict import PLAUSIBLE_S02, judge_shell
from pipeline.techniques.absorption.settings import ShellSettings

DISAGREES = 3.0
"""A known distance further from FEFF's than so many sigma of both is doubted."""
FEFF = "FEFF"
"""Origin of a distance whose phase nothing calibrates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The sample that distances are compared with, and its distance where diffraction knows it, angstrom."""

    base: int | None = None
    known: float | None = None
    known_sigma: float = 0.0
    origin: str = FEFF
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Distance of one sample, angstrom; the sigma of ``whole`` holds all three parts."""

    whole: Estimate
    statistical: float
    ranges: float
    theory: float
    origin: str = FEFF
    difference: Estimate | None = None
    """Against the base, without the theory."""
    reference: str = ""
    """The base, where there is a difference."""


def choose_scale(
    samples: Sequence[SampleFit], joint: JointFit, reference: str | None, settings: ShellSettings
) -> Scale:
    """The reference; without one, the first sample whose distance is known. A sample whose shell is withheld is no base."""
    named = [i for i, s in enumerate(samples) if s.reduced.sample == reference]
    chosen = named or [i for i, s in enumerate(samples) if reference is None and s.spec.distance_angstrom is not None]
    for i in chosen:
        spec, name = samples[i].spec, samples[i].reduced.sample
        verdict = judge_shell(samples[i], joint, i, settings, relative_sigma=0.0, s02=PLAUSIBLE_S02)
        if not verdict.printable:
            if spec.distance_angstrom is None:
                continue
            text = f"not calibrated on {name}: its shell is {verdict.level}: {verdict.reason}"
            return Scale(findings=(Finding(severity="warning", field="distance", problem=text, code="not_calibrated"),))
        if spec.distance_angstrom is None:
            return Scale(base=i)
        return Scale(
            base=i,
            known=spec.distance_angstrom,
            known_sigma=spec.distance_sigma_angstrom,
            origin=f"calibrated on {name} ({spec.distance_angstrom:g} Å)",
            findings=tuple(_compare_known(i, samples, joint, settings)),
        )
    return Scale()


def _compare_known(i: int, samples: Sequence[SampleFit], joint: JointFit, settings: ShellSettings) -> list[Finding]:
    """How far FEFF is from what diffraction says of sample i."""
    spec = samples[i].spec
    assert spec.distance_angstrom is not None
    plain = _absolute(i, samples, joint, settings)
    off = spec.distance_angstrom - plain.whole.value
    u = float(np.hypot(plain.whole.sigma, spec.distance_sigma_angstrom))
    name = samples[i].reduced.sample
    text = f"{spec.distance_angstrom:g} Å is known of {name}, FEFF gives {plain.whole.value:.3f}: {off:+.3f} Å"
    if abs(off) > DISAGREES * u:
        text += f", {abs(off) / u:.1f} sigma"
        hint = "is it the mean of the shell, of this phase, at this temperature?"
        return [Finding(severity="warning", field="distance", problem=text, hint=hint, code="known_distance_disagrees")]
    text += " are added to the distances of its model"
    return [Finding(severity="info", field="distance", problem=text, code="phase_calibrated")]


def measure_distance(
    i: int, samples: Sequence[SampleFit], joint: JointFit, scale: Scale, settings: ShellSettings
) -> Distance:
    """Distance of sample i, and its difference against the base."""
    plain = _absolute(i, samples, joint, settings)
    base = scale.base
    if i == base and scale.known is not None:
        whole = _interval(scale.known, scale.known_sigma)
        return Distance(whole=whole, statistical=0.0, ranges=0.0, theory=scale.known_sigma, origin=scale.origin)
    if base is None or i == base or not _alike(samples[i], samples[base]):
        return plain
    value = plain.whole.value - _absolute(base, samples, joint, settings).whole.value
    at, of = joint.index[i][2], joint.index[base][2]
    c = joint.covariance
    statistical = float(np.sqrt(max(c[at, at] + c[of, of] - 2 * c[at, of], 0.0)))
    ranges = joint.spread(lambda t: t[at] - t[of])
    difference = _interval(value, float(np.hypot(statistical, ranges)))
    if scale.known is None:
        return Distance(
            whole=plain.whole,
            statistical=plain.statistical,
            ranges=plain.ranges,
            theory=plain.theory,
            difference=difference,
            reference=samples[base].reduced.sample,
        )
    whole = _interval(scale.known + value, float(np.hypot(difference.sigma, scale.known_sigma)))
    return Distance(
        whole=whole,
        statistical=statistical,
        ranges=ranges,
        theory=scale.known_sigma,
        origin=scale.origin,
        difference=difference,
        reference=samples[base].reduced.sample,
    )


def _absolute(i: int, samples: Sequence[SampleFit], joint: JointFit, settings: ShellSettings) -> Distance:
    at = joint.index[i][2]
    statistical, ranges = joint.sigma(i, 2), joint.spread(lambda t: t[at])
    theory = settings.theory_sigma_angstrom
    value = lead_distance(samples[i].model) + float(joint.theta[at])
    u = float(np.sqrt(statistical**2 + ranges**2 + theory**2))
    return Distance(whole=_interval(value, u), statistical=statistical, ranges=ranges, theory=theory)


def _alike(a: SampleFit, b: SampleFit) -> bool:
    """True where both have one model, and as many of its distances in one shell."""
    return a.shell.structure.family == b.shell.structure.family and len(a.shell.first) == len(b.shell.first)


def _interval(value: float, sigma: float) -> Estimate:
    return Estimate(value=value, sigma=sigma, unit="angstrom")
