"""Which paths of a structure make the first shell, over which ranges it is fitted, and by which parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.core.errors import FitError
from pipeline.science.crystal import Cluster
from pipeline.techniques.absorption.fit.feff.paths import FeffPath, bank_of
from pipeline.techniques.absorption.fit.feff.program import FeffRun, PathSearch, run_feff, write_input
from pipeline.techniques.absorption.fit.feff.structures import Structure
from pipeline.techniques.absorption.fit.shells.least_squares import ShellModel
from pipeline.techniques.absorption.fit.shells.octahedra import sigma2_factor
from pipeline.techniques.absorption.fit.shells.spectrum import FitRange
from pipeline.techniques.absorption.model import ReducedAbsorption

PHASE_SHIFT_ANGSTROM = 0.42
"""How far peaks of |chi(R)| lie short of the distance."""
PEAK_BELOW, PEAK_ABOVE = 0.75, 0.8
"""Fit range around the peak: its wings at k_max = 11 to 14 1/angstrom."""
RBKG_MARGIN = 0.25
"""The background's own residue lies at Rbkg, half a resolution wide, angstrom."""
FURTHER_ANGSTROM = 2.2
"""Paths so much longer than the range still send their tails into it."""
MOST_FURTHER = 12
FURTHER_SIGMA2 = 1.5
"""sigma^2 of a further shell over that of the first: its atoms move with the absorber's less."""
NEXT_SHELL_GAP = 0.4
"""The range ends this far before the peak of the next shell, where that leaves as much above the first."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Shell:
    """Paths of the first shell (unresolved distances together), and of a further shell inside the fit range."""

    run: FeffRun
    structure: Structure
    first: tuple[FeffPath, ...]
    second: FeffPath | None
    coordination: float
    """Of the model."""
    distance_angstrom: float
    """Mean over the first shell of the model."""
    fit_range: FitRange


def search_of(cluster: Cluster) -> PathSearch:
    """All paths of a molecule up to twice its radius; of a crystal those that matter up to 6 Å."""
    r = cluster.distances_angstrom
    if float(r.max()) < 1.3 * float(r.min()):
        return PathSearch(r_max_angstrom=round(2.05 * float(r.max()), 4))
    return PathSearch(r_max_angstrom=6.0, curved_percent=2.0, plane_percent=2.5)


def run_structure(structure: Structure, edge: str, cache: Path) -> FeffRun:
    """FEFF6L on a structure, or its result from the cache."""
    return run_feff(write_input(structure.cluster, edge, search_of(structure.cluster)), cache)


def find_shell(
    run: FeffRun, structure: Structure, scatterer: str, reduced: ReducedAbsorption, k_weights: tuple[int, ...]
) -> Shell:
    """The nearest shell of ``scatterer`` and the ranges that hold it.

    Distances nearer to each other than pi / (2 dk) are one shell: the data cannot tell them apart (P. A. Lee et al., Rev. Mod.
    Phys. 53 (1981) 769).

    Raises
    ------
    FitError
        No single scattering by that element.
    """
    single = sorted((p for p in run.paths if p.legs == 2), key=lambda p: p.reff_angstrom)
    mine = [p for p in single if p.elements[1] == scatterer]
    if not mine:
        problem = f"no single scattering by {scatterer} among {len(run.paths)} paths"
        raise FitError(source=structure.cluster.source, field="scatterer", problem=problem)
    resolution = np.pi / (2 * (reduced.k_max - reduced.k_min))
    first = [mine[0]]
    for path in mine[1:]:
        if path.reff_angstrom - first[-1].reff_angstrom < resolution:
            first.append(path)
    n = sum(p.degeneracy for p in first)
    distance = sum(p.degeneracy * p.reff_angstrom for p in first) / n
    peak = distance - PHASE_SHIFT_ANGSTROM
    r_min = max(peak - PEAK_BELOW, reduced.rbkg_angstrom + RBKG_MARGIN)
    r_max = peak + PEAK_ABOVE
    if structure.movable:
        r_max = min(r_max, _valley(reduced, peak))
    later = [p for p in single if p.reff_angstrom > first[-1].reff_angstrom + 1e-6]
    second, r_max = _next_shell(later, scatterer, peak, r_max)
    fit_range = FitRange(
        k_min=reduced.k_min,
        k_max=reduced.k_max,
        dk=reduced.dk,
        window=reduced.window,
        r_min=r_min,
        r_max=r_max,
        k_weights=k_weights,
    )
    return Shell(
        run=run,
        structure=structure,
        first=tuple(first),
        second=second,
        coordination=n,
        distance_angstrom=distance,
        fit_range=fit_range,
    )


def _next_shell(later: Sequence[FeffPath], scatterer: str, peak: float, r_max: float) -> tuple[FeffPath | None, float]:
    """A shell of the same element that cannot be kept out of the range, and where the range ends before the next one."""
    if not later:
        return None, r_max
    gap = later[0].reff_angstrom - PHASE_SHIFT_ANGSTROM - NEXT_SHELL_GAP
    if gap > peak + NEXT_SHELL_GAP:
        return None, min(r_max, gap)
    second = later[0]
    if second.elements[1] != scatterer:
        return None, r_max
    r_max = max(r_max, second.reff_angstrom - PHASE_SHIFT_ANGSTROM + NEXT_SHELL_GAP)
    third = [p for p in later[1:] if p.reff_angstrom > second.reff_angstrom + 1e-6]
    if third:
        r_max = min(r_max, third[0].reff_angstrom - PHASE_SHIFT_ANGSTROM - NEXT_SHELL_GAP)
    return second, r_max


def _valley(reduced: ReducedAbsorption, peak: float) -> float:
    """First minimum of abs(chi(R)) above a peak: where a structure is a guess, nothing tells of the next shell but the data."""
    r, size = reduced.r_angstrom, np.hypot(reduced.chi_r_re, reduced.chi_r_im)
    near = (r > peak - NEXT_SHELL_GAP) & (r < peak + NEXT_SHELL_GAP)
    if not near.any():
        return np.inf
    i = int(np.flatnonzero(near)[np.argmax(size[near])])
    while i + 1 < r.size and size[i + 1] < size[i]:
        i += 1
    return float(max(r[i], peak + NEXT_SHELL_GAP / 2))


def _further(shell: Shell) -> list[FeffPath]:
    """Paths whose waves reach into the fit range from beyond it, strongest first; none where the structure is a guess."""
    if shell.structure.movable:
        return []
    used = {p.file for p in (*shell.first, *((shell.second,) if shell.second else ()))}
    reach = shell.fit_range.r_max + PHASE_SHIFT_ANGSTROM + FURTHER_ANGSTROM
    rest = [p for p in shell.run.paths if p.file not in used and p.reff_angstrom < reach]
    return sorted(rest, key=lambda p: -p.amplitude_percent)[:MOST_FURTHER]


def _disorder(path: FeffPath, r_angstrom: float) -> float:
    """sigma^2 of a further path over that of the first shell."""
    return FURTHER_SIGMA2 if path.legs == 2 else sigma2_factor(path, r_angstrom)


def one_distance(shell: Shell) -> ShellModel:
    """Amplitude, E0, dR, sigma^2 of the shell at one distance (and sigma^2 of the second): dR is from the first path.

    Further paths of the structure stand in the model too, without a parameter of their own: amplitudes as in the structure, dR in
    proportion to length, sigma^2 a multiple of the first shell's.  Only their tails lie in the range.
    """
    lead = max(shell.first, key=lambda p: p.degeneracy)
    own = [lead] if shell.second is None else [lead, shell.second]
    rest = _further(shell)
    names = ("amplitude", "E0", "dR", "sigma2", "sigma2 of the second shell")[: 3 + len(own)]
    return _model(shell, own, [shell.coordination, *(p.degeneracy for p in own[1:])], rest, names)


def all_distances(shell: Shell) -> ShellModel:
    """The shell at the distances of the structure, moved together: what one distance puts into sigma^2 is not in it."""
    names = ("amplitude", "E0", "dR", "sigma2")
    model = _model(shell, list(shell.first), [p.degeneracy for p in shell.first], _further(shell), names)
    n = len(shell.first)
    delta_r, sigma2 = model.delta_r.copy(), model.sigma2.copy()
    delta_r[:n, 2] = 1.0
    sigma2[:n] = np.eye(len(names))[3]
    return replace(model, delta_r=delta_r, sigma2=sigma2)


def _model(
    shell: Shell, own: list[FeffPath], numbers: list[float], rest: list[FeffPath], names: tuple[str, ...]
) -> ShellModel:
    paths = [*own, *rest]
    r = own[0].reff_angstrom
    delta_r, sigma2 = np.zeros((len(paths), len(names))), np.zeros((len(paths), len(names)))
    delta_r[:, 2] = [p.reff_angstrom / r for p in paths]
    for i, path in enumerate(paths):
        if i < len(own):
            sigma2[i, min(3 + i, len(names) - 1)] = 1.0
        else:
            sigma2[i, 3] = _disorder(path, r)
    return ShellModel(
        bank=bank_of(paths),
        names=names,
        share=np.array([*numbers, *(p.degeneracy for p in rest)]) / shell.coordination,
        multiplier=(-1,) * len(paths),
        delta_r=delta_r,
        sigma2=sigma2,
    )
