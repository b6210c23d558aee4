"""Rules that a shell fit has to keep, and which one it broke: those that Artemis checks before a fit is believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Verdict
from pipeline.techniques.absorption.fit.shells.joint_fit import JointFit
from pipeline.techniques.absorption.fit.shells.least_squares import FitOutcome
from pipeline.techniques.absorption.fit.shells.sample_fit import SampleFit
from pipeline.techniques.absorption.settings import ShellSettings

LOOSE_N = 1 / 3
"""Relative sigma of N above which there is no shell to speak of."""
WEAK_N = 0.25
LOOSE_R_ANGSTROM = 0.05
FAR_FROM_MODEL_ANGSTROM = 0.15
"""FEFF's phases hold near the distance they were made for."""
FEWEST, MOST = 1, 14
"""Neighbours of a shell: one (vanadyl) to twelve (close packing), fourteen where two shells count as one (bcc, 8 + 6)."""
PLAUSIBLE_S02 = (0.65, 1.10)
"""S02 of real absorbers is 0.7 to 1.05; the rest is the edge step's error.  Where S02 is assumed, all of this is allowed for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """A rule that a fit does not keep."""

    code: str
    text: str
    fatal: bool
    """True where the numbers then mean nothing, false where they are only less sure."""


def judge_shell(
    s: SampleFit, joint: JointFit, i: int, settings: ShellSettings, *, relative_sigma: float, s02: tuple[float, float]
) -> Verdict:
    """Verdict of sample i.

    unresolved: a rule that makes the numbers meaningless is broken; weak: one that makes them less sure; all are named.

    Parameters
    ----------
    relative_sigma:
        Of N.
    s02:
        Smallest and largest S02 that are possible: the calibrated value twice, or ``PLAUSIBLE_S02`` where it is assumed.
    """
    local, fit = joint.local(i), s.alone
    found = [
        *_check_parameters(s, joint, i, settings),
        *_check_r_factor(fit, settings),
        *_check_count(s, float(local[0]), joint.sigma(i, 0), s02),
        *_check_model(s, local, relative_sigma),
    ]
    found.sort(key=lambda o: not o.fatal)
    if found:
        return Verdict(
            level="unresolved" if found[0].fatal else "weak",
            reason="; ".join(o.text for o in found),
            code=" ".join(o.code for o in found),
        )
    excess = (
        f", residual {fit.chi2_reduced:.1f} times noise (errors widened by {fit.excess**0.5:.1f})"
        if fit.excess > 1
        else ""
    )
    reason = (
        f"R-factor {fit.r_factor:.4f}, {local.size} variables for {s.shell.fit_range.n_independent:.1f} independent points, "
        f"E0 = {local[1]:+.1f} eV, sigma2 = {local[3]:.4f} Å²{excess}"
    )
    return Verdict(level="resolved", reason=reason, code="all_rules_kept")


def _check_parameters(s: SampleFit, joint: JointFit, i: int, settings: ShellSettings) -> Iterator[Objection]:
    local, n_ind = joint.local(i), s.shell.fit_range.n_independent
    if local.size > settings.max_variables_share * n_ind:
        most = f"at most {settings.max_variables_share:.0%}"
        yield _broken("too_many_variables", f"{local.size} variables for {n_ind:.1f} independent points ({most})")
    if not local[3] > 0:
        yield _broken("sigma2_not_positive", f"sigma2 = {local[3]:.4f} Å² is not positive")
    if abs(local[1]) >= settings.max_e0_shift_ev:
        yield _broken("e0_too_far", f"E0 = {local[1]:.1f} eV (at most {settings.max_e0_shift_ev:g} either way)")
    if not joint.sigma(i, 0) < LOOSE_N * local[0]:
        yield _broken("in_noise", f"amplitude {local[0]:.2f} ± {joint.sigma(i, 0):.2f} is not above noise")
    if joint.sigma(i, 2) > LOOSE_R_ANGSTROM:
        yield _broken("loose_distance", f"distance known to {joint.sigma(i, 2):.3f} Å only")


def _check_r_factor(fit: FitOutcome, settings: ShellSettings) -> Iterator[Objection]:
    noise = f", {fit.expected_r_factor:.3f} of it noise" if fit.expected_r_factor > 0.25 * fit.r_factor else ""
    if fit.r_factor > min(settings.max_r_factor, settings.withheld_r_factor):
        text = f"R-factor {fit.r_factor:.3f} (at most {settings.max_r_factor:g}{noise})"
        yield Objection(code="r_factor", text=text, fatal=fit.r_factor > settings.withheld_r_factor)


def _check_model(s: SampleFit, local: FloatArray, relative_sigma: float) -> Iterator[Objection]:
    distance = local[2] + s.model.bank.reff[0]
    if relative_sigma > WEAK_N:
        yield _doubt("loose_coordination", f"N known to {relative_sigma:.0%} only")
    if abs(distance - s.shell.distance_angstrom) > FAR_FROM_MODEL_ANGSTROM:
        text = f"distance {distance:.3f} Å is far from the model's {s.shell.distance_angstrom:.3f} Å"
        yield _doubt("far_from_model", text)
    if s.shell.structure.movable:
        yield _doubt("guessed_structure", "no structure is given, the model is a guess")


def _check_count(s: SampleFit, amplitude: float, sigma: float, s02: tuple[float, float]) -> Iterator[Objection]:
    """What is wrong with N: more than any shell holds (no number then means anything), and fewer than one.

    The latter is only a doubt: over-absorption and a share of the absorbers without that neighbour make it, and R stands.
    """
    most = max(MOST, s.shell.coordination)
    told = f"S02 = {s02[0]:.2f}" if s02[0] == s02[1] else f"any S02 from {s02[0]:g} to {s02[1]:g}"
    if amplitude - 2 * sigma > most * s02[1]:
        n = amplitude / s02[1]
        text = f"N S02 = {amplitude:.1f} means {n:.0f} or more neighbours at {told}, a shell holds {most:g} at most"
        yield _broken("too_many_neighbours", text)
    elif amplitude + 2 * sigma < FEWEST * s02[0]:
        n = amplitude / s02[0]
        text = f"N S02 = {amplitude:.2f} means {n:.1f} or fewer neighbours at {told}: not one for every absorber"
        yield _doubt("too_few_neighbours", text)


def _broken(code: str, text: str) -> Objection:
    return Objection(code=code, text=text, fatal=True)


def _doubt(code: str, text: str) -> Objection:
    return Objection(code=code, text=text, fatal=False)
