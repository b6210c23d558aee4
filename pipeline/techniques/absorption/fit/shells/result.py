"""Fitted amplitudes -> N and S02, systematic errors, verdicts: the rows of the table exafs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Z95, Estimate, Finding
from pipeline.techniques.absorption.fit.reduce.fourier import k_to_r
from pipeline.techniques.absorption.fit.shells.amplitude_doubt import doubt_amplitude, share_unknown, widen
from pipeline.techniques.absorption.fit.shells.distances import Scale, measure_distance
from pipeline.techniques.absorption.fit.shells.joint_fit import JointFit
from pipeline.techniques.absorption.fit.shells.sample_fit import SampleFit
from pipeline.techniques.absorption.fit.shells.verdict import PLAUSIBLE_S02, judge_shell
from pipeline.techniques.absorption.model import ShellFit
from pipeline.techniques.absorption.settings import ShellSettings

LISTED_PATHS = 12
"""Longest list of paths that a result carries, strongest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amplitude:
    """How N S02 is split."""

    s02: float
    sigma: float
    """Of s02 alone, edge step of the reference and systematic error included."""
    reference: int | None
    """Index of the sample that S02 was calibrated on; None where it is assumed."""
    coordination: float
    """Of the reference."""
    origin: str
    missing: float = 0.0
    """Largest part of the reference's own amplitude that over-absorption may have taken."""
    findings: tuple[Finding, ...] = ()


def split_amplitude(
    samples: Sequence[SampleFit], joint: JointFit, reference: str | None, settings: ShellSettings
) -> Amplitude:
    """S02 from the reference, or assumed.

    Without a reference the first sample of known coordination and resolved shell serves; a reference whose shell is withheld does
    not.
    """
    findings: list[Finding] = []
    named = [i for i, s in enumerate(samples) if s.reduced.sample == reference]
    known = [i for i, s in enumerate(samples) if s.spec.coordination is not None]
    chosen = [i for i in named if i in known] or (known if reference is None else [])
    if reference is not None and not chosen:
        why = "its coordination is not in the study" if named else "it has no fit at this edge"
        text = f"not calibrated on {reference}: {why}"
        findings.append(Finding(severity="warning", field="s02", problem=text, hint="shell = { coordination = ... }"))
    for i in chosen:
        n = samples[i].spec.coordination
        assert n is not None
        value = float(joint.local(i)[0]) / n
        spread = _parameter_spread(joint, i, 0) / n
        sigma = float(np.hypot(value * np.hypot(_relative(joint, i), _step(samples[i])), spread))
        verdict = judge_shell(
            samples[i], joint, i, settings, relative_sigma=sigma / max(value, 1e-9), s02=PLAUSIBLE_S02
        )
        name = samples[i].reduced.sample
        fit_for_it = verdict.printable if reference is not None else verdict.level == "resolved"
        if not fit_for_it or not 0.3 < value < 1.5:
            text = f"not calibrated on {name} (S02 = {value:.2f}): {verdict.reason}"
            findings.append(Finding(severity="warning", field="s02", problem=text))
            continue
        if not PLAUSIBLE_S02[0] <= value <= PLAUSIBLE_S02[1]:
            text = f"S02 = {value:.2f} of {name} lies outside {PLAUSIBLE_S02[0]} to {PLAUSIBLE_S02[1]}"
            hint = "check its edge step, over-absorption and coordination; ratios between samples stand"
            findings.append(Finding(severity="warning", field="s02", problem=text, hint=hint))
        origin = f"calibrated on {name} (N = {n:g})"
        return Amplitude(
            s02=value, sigma=sigma, reference=i, coordination=n, origin=origin,
            missing=share_unknown(samples[i].reduced), findings=tuple(findings),
        )  # fmt: skip
    return Amplitude(
        s02=settings.s02_assumed,
        sigma=settings.s02_assumed_sigma,
        reference=None,
        coordination=0.0,
        origin=f"assumed, {settings.s02_assumed:g} ± {settings.s02_assumed_sigma:g}",
        findings=tuple(findings),
    )


def _relative(joint: JointFit, i: int) -> float:
    return joint.sigma(i, 0) / max(abs(float(joint.local(i)[0])), 1e-12)


def _step(sample: SampleFit) -> float:
    """Relative error of the edge step, and of over-absorption put back: it goes straight into the amplitude."""
    step, over = sample.reduced.edge_step, sample.reduced.over_absorption
    own = step.sigma / abs(step.value) if step.value else 0.0
    return float(np.hypot(own, over.amplitude_sigma)) if over is not None else own


def _parameter_spread(joint: JointFit, i: int, parameter: int) -> float:
    return joint.spread(lambda t: float(joint.local(i, t)[parameter]))


def _both(value: float, sigma: float, systematic: float, unit: str) -> Estimate:
    """Statistical sigma; the 95 % interval holds the systematic error too."""
    half = Z95 * float(np.hypot(sigma, systematic))
    return Estimate(value=value, sigma=sigma, unit=unit, low95=value - half, high95=value + half)


def make_result(
    i: int, samples: Sequence[SampleFit], joint: JointFit, amplitude: Amplitude, scale: Scale, settings: ShellSettings
) -> ShellFit:
    """The row of sample i."""
    s, local = samples[i], joint.local(i)
    missing = (0.0, 0.0) if i == amplitude.reference else (share_unknown(s.reduced), amplitude.missing)
    n = widen(_coordination(i, samples, joint, amplitude), *missing)
    relative = n.sigma / n.value if n.value > 0 and i != amplitude.reference else amplitude.sigma / amplitude.s02
    calibrated = amplitude.reference is not None and i != amplitude.reference
    s02 = (amplitude.s02, amplitude.s02) if calibrated else PLAUSIBLE_S02
    verdict = judge_shell(s, joint, i, settings, relative_sigma=relative, s02=s02)
    verdict = doubt_amplitude(verdict, *missing)
    spreads = [_parameter_spread(joint, i, j) for j in range(local.size)]
    chi = s.model.chi(s.reduced.k_per_angstrom, local)
    r, chi_r = model_chi_r(s, chi)
    distance = measure_distance(i, samples, joint, scale, settings)
    findings = [*s.findings, *amplitude.findings, *scale.findings]
    if joint.notes[i]:
        findings.append(Finding(severity="info", field="E0", problem=joint.notes[i]))
    findings.append(_say_variants(i, joint, local))
    return ShellFit(
        sample=s.reduced.sample,
        element=s.reduced.element,
        edge=s.reduced.edge,
        shell=s.spec.scatterer,
        coordination=n,
        distance_angstrom=distance.whole,
        distance_sigma_statistical_angstrom=distance.statistical,
        distance_sigma_theory_angstrom=distance.theory,
        distance_origin=distance.origin,
        distance_difference_angstrom=distance.difference,
        distance_reference=distance.reference,
        sigma2_angstrom2=_both(float(local[3]), joint.sigma(i, 3), spreads[3], "angstrom^2"),
        e0_shift_ev=_both(float(local[1]), joint.sigma(i, 1), spreads[1], "eV"),
        s02=widen(Estimate(value=amplitude.s02, sigma=amplitude.sigma, unit="1"), amplitude.missing, 0.0),
        s02_origin=amplitude.origin,
        systematic_angstrom=distance.ranges,
        k_min=s.shell.fit_range.k_min,
        k_max=s.shell.fit_range.k_max,
        r_min=s.shell.fit_range.r_min,
        r_max=s.shell.fit_range.r_max,
        k_weights=s.shell.fit_range.k_weights,
        n_independent=s.shell.fit_range.n_independent,
        n_variables=local.size,
        r_factor=s.alone.r_factor,
        chi2_reduced=s.alone.chi2_reduced,
        correlations=_correlations(i, s, joint),
        paths=tuple(p.describe() for p in sorted(s.shell.run.paths, key=lambda p: -p.amplitude_percent)[:LISTED_PATHS]),
        feff_version=s.shell.run.version,
        structure=s.shell.structure.cluster.source,
        structure_kind=s.shell.structure.kind,
        structure_title=s.shell.structure.title,
        r_angstrom=r,
        model_chi_r_re=chi_r.real,
        model_chi_r_im=chi_r.imag,
        verdict=verdict,
        findings=tuple(dict.fromkeys(findings)),
        feff_inputs={_input_name(s): s.shell.run.input},
    )


def _input_name(s: SampleFit) -> str:
    """Name of the cluster for a file: absorber, edge, structure, in ASCII."""
    structure = re.sub(r"[^A-Za-z0-9.]+", "_", s.shell.structure.title).strip("_")
    return f"{s.reduced.element}_{s.reduced.edge}_{structure}"


def model_chi_r(s: SampleFit, chi: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """chi(R) of a model with the window and weight of the reduction, on its R."""
    r, chi_r = k_to_r(
        s.reduced.k_per_angstrom,
        chi,
        k_min=s.reduced.k_min,
        k_max=s.reduced.k_max,
        dk=s.reduced.dk,
        k_weight=s.reduced.k_weight,
        window=s.reduced.window,
        r_max_angstrom=float(s.reduced.r_angstrom[-1]),
    )
    return r, chi_r


def _coordination(i: int, samples: Sequence[SampleFit], joint: JointFit, amplitude: Amplitude) -> Estimate:
    """N = amplitude / S02 with the errors of both amplitudes, their covariance, and of both edge steps.

    What an arctangent edge would do to both steps of one edge alike cancels; its difference stays.
    """
    a = float(joint.local(i)[0])
    if i == amplitude.reference:
        return Estimate(value=amplitude.coordination, sigma=0.0, unit="1")
    value = a / amplitude.s02
    step = _step(samples[i])
    if amplitude.reference is None:
        sigma = abs(value) * float(np.sqrt(_relative(joint, i) ** 2 + step**2 + (amplitude.sigma / amplitude.s02) ** 2))
        spread = joint.spread(lambda t: float(joint.local(i, t)[0]) / amplitude.s02)
        return _both(value, sigma, spread, "1")
    ref = amplitude.reference
    b = float(joint.local(ref)[0])
    shared = float(joint.covariance[joint.index[i][0], joint.index[ref][0]]) / (a * b)
    bias, of_reference = (samples[k].reduced.edge_step_bias for k in (i, ref))
    steps = step**2 + _step(samples[ref]) ** 2 - 2 * bias * of_reference
    variance = _relative(joint, i) ** 2 + _relative(joint, ref) ** 2 - 2 * shared + steps
    spread = joint.spread(lambda t: float(joint.local(i, t)[0] / joint.local(ref, t)[0]) * amplitude.coordination)
    return _both(value, abs(value) * float(np.sqrt(max(variance, 0.0))), spread, "1")


def _correlations(i: int, s: SampleFit, joint: JointFit) -> dict[str, float]:
    names, at = s.model.names, joint.index[i]
    found = {}
    for a in range(len(names)):
        for b in range(a + 1, len(names)):
            both = joint.sigma(i, a) * joint.sigma(i, b)
            found[f"{names[a]}/{names[b]}"] = (
                round(float(joint.covariance[at[a], at[b]] / both), 4) if both > 0 else 0.0
            )
    return found


def _say_variants(i: int, joint: JointFit, local: FloatArray) -> Finding:
    moved = {w: float(joint.local(i, t)[2] - local[2]) for w, t in joint.variants.items()}
    text = ", ".join(f"{w}: {v:+.4f}" for w, v in moved.items() if np.isfinite(v))
    return Finding(severity="info", field="distance", problem=f"moves by (Å) {text}")
