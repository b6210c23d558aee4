"""All samples at one edge -> coordination, distance, sigma^2 and E0 of the first shell, S02 from the crystalline reference.

    1. every sample by itself: amplitude N S02, E0, dR, sigma^2 (shell_fit.py, shell_sample.py)
    2. samples of one model share the threshold e0 + E0 within what the alignment of the energy scales allows, where a chi-squared
       test has nothing against it: R and E0 are correlated at 0.9, sharing sharpens R (shell_joint.py)
    3. S02 = amplitude / N of the reference, N = amplitude / S02 of the others, with the covariance of the joint fit and the errors
       of both edge steps: an error of S02 arrives in N.  N S02 is one number; ``s02_origin`` says how it was split
    4. distances with the error of theory, or on the scale of a reference whose distance diffraction knows (distances.py)
    5. ranges, weights and Rbkg are varied: the root mean square of what that does is the systematic error

Rules of the verdict (shell_verdict.py): N_var <= 2/3 N_ind, abs(E0) < 10 eV, sigma^2 > 0, R-factor <= 0.02.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.core.errors import FitError, PipelineError
from pipeline.techniques.absorption.fit.shells.distances import choose_scale
from pipeline.techniques.absorption.fit.shells.joint_fit import fit_joint
from pipeline.techniques.absorption.fit.shells.result import make_result, split_amplitude
from pipeline.techniques.absorption.fit.shells.sample_fit import SampleFit, fit_sample
from pipeline.techniques.absorption.model import ReducedAbsorption, ShellFit, ShellSpec
from pipeline.techniques.absorption.settings import ShellSettings

__all__ = ["ShellSettings", "ShellSpec", "fit_edge"]


def fit_edge(
    reductions: Sequence[ReducedAbsorption],
    reference: str | None,
    specs: Mapping[str, ShellSpec],
    cache: Path,
    settings: ShellSettings,
) -> tuple[tuple[ShellFit, ...], tuple[FitError, ...]]:
    """First-shell fits of all samples at one edge, in the order of ``reductions``; and why the others have none.

    A sample that cannot be fitted takes none of the others down.

    Parameters
    ----------
    reference:
        Sample id that S02 is calibrated on, where its coordination is known.
    cache:
        Folder of FEFF results.
    """
    samples: list[SampleFit] = []
    failed: list[FitError] = []
    for reduced in reductions:
        name = f"{reduced.sample} {reduced.element} {reduced.edge}"
        try:
            samples.append(fit_sample(reduced, specs.get(reduced.sample, ShellSpec()), cache, settings))
        except PipelineError as error:
            source = f"{name}: {error.source}" if error.source not in ("", name) else name
            failed.append(FitError(source=source, field=error.field, problem=error.problem, hint=error.hint))
    if not samples:
        return (), tuple(failed)
    joint = fit_joint(samples, settings)
    amplitude = split_amplitude(samples, joint, reference, settings)
    scale = choose_scale(samples, joint, reference, settings)
    fits = tuple(make_result(i, samples, joint, amplitude, scale, settings) for i in range(len(samples)))
    return fits, tuple(failed)
