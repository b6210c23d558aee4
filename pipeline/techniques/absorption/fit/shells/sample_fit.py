"""One sample at one edge: structure, FEFF, ranges, the fit by itself, and its spectra under other ranges and backgrounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.core.errors import FitError
from pipeline.core.values import Estimate, Finding
from pipeline.techniques.absorption.fit.feff.structures import Structure, choose_structure, octahedron, polyhedron
from pipeline.techniques.absorption.fit.reduce.reduction import repeat_background
from pipeline.techniques.absorption.fit.shells.feff_model import (
    Shell,
    all_distances,
    find_shell,
    one_distance,
    run_structure,
)
from pipeline.techniques.absorption.fit.shells.least_squares import (
    FitOutcome,
    Member,
    ShellModel,
    fit_alone,
    fit_members,
)
from pipeline.techniques.absorption.fit.shells.spectrum import FitRange, Spectrum, weigh_spectrum
from pipeline.techniques.absorption.model import ReducedAbsorption, ShellSpec
from pipeline.techniques.absorption.settings import ShellSettings

SCALES = (1.0, 1.0, 0.01, 0.001, 0.001)
"""Typical sizes of amplitude, E0, dR and the sigma^2."""
REACH_CRYSTAL, REACH_GUESS = 0.16, 0.44
"""How far from the model's distance the shell is looked for, angstrom."""
RBKG_STEP = 0.15
"""Change of Rbkg for the systematic error, angstrom."""
SETTLE_ANGSTROM = 0.01
"""An octahedron at multiples of this: E0 is then right to 0.03 eV."""
SNAP_ANGSTROM = 0.05
"""A polyhedron is set up at multiples of this, so that noise does not ask FEFF for ever new distances."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SampleFit:
    """A sample's shell, fitted by itself."""

    reduced: ReducedAbsorption
    spec: ShellSpec
    shell: Shell
    model: ShellModel
    spectrum: Spectrum
    alone: FitOutcome
    variants: Mapping[str, Spectrum]
    """The same data under another range, weight or background, by what was changed."""
    static: Estimate | None
    """What unresolved distances put into sigma^2, angstrom^2."""
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """``LCF-Ta Ta L3``"""
        return f"{self.reduced.sample} {self.reduced.element} {self.reduced.edge}"


def fit_sample(reduced: ReducedAbsorption, spec: ShellSpec, cache: Path, settings: ShellSettings) -> SampleFit:
    """Fit one sample.

    Raises
    ------
    FitError
        No structure, FEFF failed, or the data do not determine the shell.
    """
    structure = choose_structure(reduced.element, spec.scatterer, spec.structure, spec.cif, spec.coordination)
    findings = [Finding(severity="info", field="structure", problem=note) for note in structure.notes]
    shell, model, spectrum, outcome = _fit(structure, reduced, spec, cache, settings)
    if structure.movable:
        structure, (shell, model, spectrum, outcome) = _move(structure, shell, outcome, reduced, spec, cache, settings)
        text = f"no structure is given: {structure.cluster.source}"
        hint = "name a CIF in shell.structure for the right phases"
        findings.append(Finding(severity="warning", field="structure", problem=text, hint=hint))
    elif structure.octahedral:
        structure, (shell, model, spectrum, outcome) = _settle(
            structure, (shell, model, spectrum, outcome), reduced, spec, cache, settings
        )
    static = _static_disorder(shell, spectrum, outcome)
    if static is not None:
        findings.append(_say_static(shell, static, outcome))
    return SampleFit(
        reduced=reduced,
        spec=spec,
        shell=shell,
        model=model,
        spectrum=spectrum,
        alone=outcome,
        variants=dict(_variants(reduced, shell.fit_range)),
        static=static,
        findings=tuple(findings),
    )


def _fit(
    structure: Structure, reduced: ReducedAbsorption, spec: ShellSpec, cache: Path, settings: ShellSettings
) -> tuple[Shell, ShellModel, Spectrum, FitOutcome]:
    run = run_structure(structure, reduced.edge, cache)
    shell = find_shell(run, structure, spec.scatterer, reduced, settings.k_weights)
    model = one_distance(shell)
    spectrum = weigh_spectrum(reduced.k_per_angstrom, reduced.chi, reduced.chi_sigma, shell.fit_range)
    start = np.array([1.0, 0.0, shell.distance_angstrom - lead_distance(model), 0.005, 0.005][: len(model.names)])
    reach = REACH_GUESS if structure.movable else REACH_CRYSTAL
    return shell, model, spectrum, fit_alone(spectrum, model, start, np.array(SCALES[: len(model.names)]), reach)


def lead_distance(model: ShellModel) -> float:
    """Distance of the path that stands for the first shell, angstrom: R = it + dR."""
    return float(model.bank.reff[0])


def _move(
    structure: Structure,
    shell: Shell,
    outcome: FitOutcome,
    reduced: ReducedAbsorption,
    spec: ShellSpec,
    cache: Path,
    settings: ShellSettings,
) -> tuple[Structure, tuple[Shell, ShellModel, Spectrum, FitOutcome]]:
    """A polyhedron is moved to where the data have their shell, twice at most."""
    found = (shell, one_distance(shell), _spectrum(reduced, shell.fit_range), outcome)
    for _ in range(2):
        r = found[0].distance_angstrom + float(found[3].theta[2])
        snapped = round(round(r / SNAP_ANGSTROM) * SNAP_ANGSTROM, 3)
        if abs(snapped - found[0].distance_angstrom) < SNAP_ANGSTROM / 2 or not 1.2 < snapped < 4.0:
            break
        structure = polyhedron(reduced.element, spec.scatterer, len(structure.cluster.elements), snapped)
        found = _fit(structure, reduced, spec, cache, settings)
    return structure, found


def _settle(
    structure: Structure,
    found: tuple[Shell, ShellModel, Spectrum, FitOutcome],
    reduced: ReducedAbsorption,
    spec: ShellSpec,
    cache: Path,
    settings: ShellSettings,
) -> tuple[Structure, tuple[Shell, ShellModel, Spectrum, FitOutcome]]:
    """An octahedron is set up again at the fitted distance: FEFF of another, 0.01 to 0.04 Å away, moves E0 by 0.1 to 0.15 eV."""
    moved = float(found[3].theta[2])
    r = round(round((found[0].distance_angstrom + moved) / SETTLE_ANGSTROM) * SETTLE_ANGSTROM, 3)
    if abs(moved) > REACH_CRYSTAL or abs(r - found[0].distance_angstrom) < SETTLE_ANGSTROM / 2:
        return structure, found
    structure = replace(structure, cluster=octahedron(reduced.element, spec.scatterer, r))
    return structure, _fit(structure, reduced, spec, cache, settings)


def _spectrum(reduced: ReducedAbsorption, fit_range: FitRange) -> Spectrum:
    return weigh_spectrum(reduced.k_per_angstrom, reduced.chi, reduced.chi_sigma, fit_range)


def _static_disorder(shell: Shell, spectrum: Spectrum, outcome: FitOutcome) -> Estimate | None:
    """sigma^2 of the one-distance fit minus that of the structure's distances moved together; their noise is the same."""
    if len(shell.first) < 2 or shell.second is not None:
        return None
    model = all_distances(shell)
    theta = outcome.theta.copy()
    theta[2] = lead_distance(one_distance(shell)) + theta[2] - shell.distance_angstrom
    member = Member(spectrum=spectrum, model=model, index=tuple(range(4)), offset=(0.0,) * 4)
    try:
        split = fit_members([member], theta, np.array(SCALES[:4]))
    except FitError:
        return None
    row = outcome.influence[3] - split.influence[3]
    variance = float(row @ spectrum.noise @ row) * max(outcome.excess, split.excess)
    return Estimate(value=float(outcome.theta[3] - split.theta[3]), sigma=variance**0.5, unit="angstrom^2")


def _say_static(shell: Shell, static: Estimate, outcome: FitOutcome) -> Finding:
    parts = " + ".join(f"{p.degeneracy:g} x {p.reff_angstrom:.3f}" for p in shell.first)
    limit = np.pi / (2 * (shell.fit_range.k_max - shell.fit_range.k_min))
    text = (
        f"one distance stands for {parts} Å of the structure, nearer than {limit:.2f} Å can be told apart: "
        f"{static.value:.5f} ± {static.sigma:.5f} Å² of sigma2 = {outcome.theta[3]:.4f} Å² is static disorder"
    )
    return Finding(severity="info", field="sigma2", problem=text)


def _variants(reduced: ReducedAbsorption, base: FitRange) -> Iterator[tuple[str, Spectrum]]:
    """Other ranges, single weights, other Rbkg; those that the data do not reach are left out."""
    changes: list[tuple[str, FitRange]] = [
        ("k_min + 0.5", replace(base, k_min=base.k_min + 0.5)),
        ("k_max - 1", replace(base, k_max=base.k_max - 1.0)),
        ("r_min + 0.15", replace(base, r_min=base.r_min + 0.15)),
        ("r_max - 0.15", replace(base, r_max=base.r_max - 0.15)),
        ("r_max + 0.15", replace(base, r_max=base.r_max + 0.15)),
        *((f"k-weight {w} alone", replace(base, k_weights=(w,))) for w in base.k_weights if len(base.k_weights) > 1),
    ]
    for what, fit_range in changes:
        try:
            yield what, _spectrum(reduced, fit_range)
        except FitError:
            continue
    for step in (-RBKG_STEP, RBKG_STEP):
        rbkg = reduced.rbkg_angstrom + step
        if rbkg < base.r_min + RBKG_STEP:
            try:
                k, chi = repeat_background(reduced, rbkg_angstrom=rbkg)
            except ValueError:  # a reduction without its mu(E), or too sparse for more knots
                continue
            again = np.interp(reduced.k_per_angstrom, k, chi)
            yield f"Rbkg {rbkg:.1f} Å", weigh_spectrum(reduced.k_per_angstrom, again, reduced.chi_sigma, base)
