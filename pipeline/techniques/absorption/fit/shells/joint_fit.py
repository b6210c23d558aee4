"""Samples of one model at one edge fitted together: each has its own amplitude, dR and sigma^2; the threshold is shared.

The absolute threshold e0 + E0 of the same species is the same; each sample's scale may be off by ``threshold_sigma_ev``, which
enters as one more residual.  Whether the free fits agree is tested first; a sample that does not is left by itself, and said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.techniques.absorption.fit.shells.least_squares import FitOutcome, Member, Prior, fit_members
from pipeline.techniques.absorption.fit.shells.sample_fit import SCALES, SampleFit
from pipeline.techniques.absorption.fit.shells.spectrum import Spectrum
from pipeline.techniques.absorption.settings import ShellSettings

REJECT_P = 0.01
"""Thresholds that agree by chance this rarely are not shared."""
GOOD_R_FACTOR = 0.05
"""A sample described worse than this tells nothing about another's threshold."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class JointFit:
    """Parameters of all samples in one vector."""

    theta: FloatArray
    covariance: FloatArray
    index: tuple[tuple[int, ...], ...]
    """Of each sample's parameters in ``theta``."""
    shared: tuple[bool, ...]
    notes: tuple[str, ...]
    """Of each sample: how its threshold was treated."""
    variants: Mapping[str, FloatArray]
    """What was changed -> theta (NaN where a sample could not be fitted so)."""

    def local(self, i: int, theta: FloatArray | None = None) -> FloatArray:
        """(m,) parameters of sample i."""
        return (self.theta if theta is None else theta)[list(self.index[i])]

    def sigma(self, i: int, parameter: int) -> float:
        """Standard uncertainty of one parameter of sample i."""
        at = self.index[i][parameter]
        return float(np.sqrt(max(self.covariance[at, at], 0.0)))

    def spread(self, quantity: Callable[[FloatArray], float]) -> float:
        """Root mean square change of a quantity of theta over the variants."""
        value = float(quantity(self.theta))
        found = np.array([float(quantity(t)) for t in self.variants.values()])
        found = found[np.isfinite(found)]
        return float(np.sqrt(np.mean((found - value) ** 2))) if found.size else 0.0


def fit_joint(samples: Sequence[SampleFit], settings: ShellSettings) -> JointFit:
    """Share thresholds where the data allow it, and repeat the fit under every variant."""
    groups, notes = _groups(samples, settings)
    index, n = [], 0
    for s in samples:
        index.append(tuple(range(n, n + len(s.model.names))))
        n += len(s.model.names)
    theta, covariance = np.zeros(n), np.zeros((n, n))
    for s, at in zip(samples, index, strict=True):
        theta[list(at)] = s.alone.theta
        covariance[np.ix_(at, at)] = s.alone.covariance
    for group in list(groups):
        try:
            outcome = _fit_group(samples, group, {i: samples[i].spectrum for i in group}, settings)
        except FitError:
            groups.remove(group)
            notes |= dict.fromkeys(group, "threshold fitted by itself: the joint fit found no minimum")
            continue
        mine = [j for i in group for j in index[i]]
        theta[mine] = outcome.theta[: len(mine)]
        covariance[np.ix_(mine, mine)] = outcome.covariance[: len(mine), : len(mine)]
    shared = {i for g in groups for i in g}
    variants = {}
    for what in dict.fromkeys(w for s in samples for w in s.variants):
        variants[what] = _variant(what, samples, groups, index, theta, settings)
    return JointFit(
        theta=theta,
        covariance=covariance,
        index=tuple(index),
        shared=tuple(i in shared for i in range(len(samples))),
        notes=tuple(notes.get(i, "") for i in range(len(samples))),
        variants=variants,
    )


def _groups(samples: Sequence[SampleFit], settings: ShellSettings) -> tuple[list[list[int]], dict[int, str]]:
    """Samples that share a threshold, and what is said of each."""
    by_model: dict[tuple[str, str], list[int]] = {}
    for i, s in enumerate(samples):
        fair = s.alone.r_factor < max(GOOD_R_FACTOR, 2 * s.alone.expected_r_factor) and s.alone.theta[3] > 0
        if fair and abs(s.alone.theta[1]) < settings.max_e0_shift_ev:
            by_model.setdefault(s.shell.structure.family, []).append(i)
    groups, notes = [], {}
    for members in by_model.values():
        group = list(members)
        while len(group) > 1:
            e = np.array([samples[i].reduced.e0_ev + samples[i].alone.theta[1] for i in group])
            variance = np.array([samples[i].alone.sigma(1) ** 2 + settings.threshold_sigma_ev**2 for i in group])
            mean = float(np.sum(e / variance) / np.sum(1 / variance))
            pulls = (e - mean) / np.sqrt(variance)
            p = float(chi2.sf(np.sum(pulls**2), len(group) - 1))
            if p > REJECT_P:
                groups.append(group)
                names = ", ".join(samples[i].reduced.sample for i in group)
                for i in group:
                    notes[i] = (
                        f"threshold shared by {names} within {settings.threshold_sigma_ev:g} eV (free fits agree, p = {p:.2f})"
                    )
                break
            out = group.pop(int(np.argmax(np.abs(pulls)))) if len(group) > 2 else None
            if out is None:
                for i in group:
                    notes[i] = f"threshold not shared: the free fits disagree (p = {p:.1g})"
                break
            notes[out] = f"threshold not shared: {samples[out].reduced.sample} disagrees with the others (p = {p:.1g})"
    return groups, notes


def _fit_group(
    samples: Sequence[SampleFit],
    group: Sequence[int],
    spectra: Mapping[int, Spectrum],
    settings: ShellSettings,
    start: Mapping[int, FloatArray] | None = None,
) -> FitOutcome:
    """Joint fit; parameters of the samples in the order of ``group``, the threshold last."""
    theta: list[float] = []
    members: list[Member] = []
    priors: list[Prior] = []
    scales: list[float] = []
    base = samples[group[0]].reduced.e0_ev
    total = sum(len(samples[i].model.names) for i in group)
    for i in group:
        s = samples[i]
        at = len(theta)
        n = len(s.model.names)
        theta += list(s.alone.theta if start is None else start[i])
        scales += SCALES[:n]
        members.append(
            Member(
                spectrum=spectra[i],
                model=s.model,
                index=tuple(range(at, at + n)),
                offset=(0.0,) * n,
                excess=s.alone.excess,
                oversampling=s.alone.oversampling,
            )
        )
        priors.append(Prior(a=at + 1, b=total, offset=base - s.reduced.e0_ev, sigma=settings.threshold_sigma_ev))
    e = [samples[i].reduced.e0_ev - base + samples[i].alone.theta[1] for i in group]
    weights = [1 / (samples[i].alone.sigma(1) ** 2 + settings.threshold_sigma_ev**2) for i in group]
    theta.append(float(np.average(e, weights=weights)))
    return fit_members(members, np.array(theta), np.array([*scales, 1.0]), priors)


def _variant(
    what: str,
    samples: Sequence[SampleFit],
    groups: Sequence[Sequence[int]],
    index: Sequence[tuple[int, ...]],
    theta: FloatArray,
    settings: ShellSettings,
) -> FloatArray:
    """Theta under one variant; groups whose members all have it are fitted together, the others one by one."""
    found = np.full(theta.size, np.nan)
    rest = set(range(len(samples)))
    for group in groups:
        if not all(what in samples[i].variants for i in group):
            continue
        spectra = {i: samples[i].variants[what] for i in group}
        try:
            outcome = _fit_group(samples, group, spectra, settings, {i: theta[list(index[i])] for i in group})
        except FitError:
            continue
        at = [j for i in group for j in index[i]]
        found[at] = outcome.theta[: len(at)]
        rest -= set(group)
    for i in rest:
        if what in samples[i].variants:
            member = Member(
                spectrum=samples[i].variants[what],
                model=samples[i].model,
                index=tuple(range(len(index[i]))),
                offset=(0.0,) * len(index[i]),
            )
            try:
                alone = fit_members([member], theta[list(index[i])], np.array(SCALES[: len(index[i])]))
            except FitError:
                continue
            found[list(index[i])] = alone.theta
    return found
