"""Checked scans of one sample at one edge -> merged, normalised, background removed, transformed.

    align -> leave out outliers -> merge -> e0 -> normalise -> AUTOBK -> chi(k) with its noise -> chi(R) -> wavelet map

What is not set in the study is taken from the project file that the scans came from (Athena), and else from the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.core.values import Estimate, Finding
from pipeline.science.constants import EV_PER_K2
from pipeline.science.edges import edge_energy
from pipeline.techniques.absorption.fit.reduce.background import (
    Background,
    BackgroundChoice,
    chi_covariance_factor,
    remove_background,
)
from pipeline.techniques.absorption.fit.reduce.edge_shape import doubt_step
from pipeline.techniques.absorption.fit.reduce.fourier import K_STEP, k_to_r, window_on_grid
from pipeline.techniques.absorption.fit.reduce.merge import (
    Merged,
    Prepared,
    align,
    calibrate,
    common_grid,
    merge,
    prepare,
    with_common_e0,
)
from pipeline.techniques.absorption.fit.reduce.normalization import (
    Normalized,
    choose_ranges,
    find_e0,
    normalize,
    with_step,
)
from pipeline.techniques.absorption.fit.reduce.outlier_scans import find_doubled, find_outlier_scans
from pipeline.techniques.absorption.fit.reduce.over_absorption import bound, correct
from pipeline.techniques.absorption.fit.reduce.project_parameters import honour_project
from pipeline.techniques.absorption.fit.reduce.reduction_findings import (
    gather_findings,
    judge_background,
    scan_use,
    used_settings,
)
from pipeline.techniques.absorption.fit.reduce.wavelet import map_wavelet
from pipeline.techniques.absorption.fit.reduce.xanes import near_edge
from pipeline.techniques.absorption.model import (
    CheckedScan,
    EdgeRow,
    ReducedAbsorption,
    ReducedOrXanes,
)
from pipeline.techniques.absorption.settings import ReduceSettings


def reduce_scans(
    sample: str, checked: Sequence[CheckedScan], settings: ReduceSettings, row: EdgeRow | None = None
) -> ReducedAbsorption:
    """Merge and reduce all scans of a sample at one edge.

    Parameters
    ----------
    sample:
        id of the sample.
    checked:
        Its scans, at least one, all of the same edge.
    row:
        What the study says of them: how they were measured, and the formula that corrects over-absorption.

    Raises
    ------
    FitError
        No scan can be normalised, or too little lies behind the edge for chi(k).
    """
    findings = gather_findings(checked)
    settings, from_project = honour_project(settings, checked, findings)
    merged = _merge_scans(sample, checked, settings, findings)
    try:
        merged = _correct(merged, checked, settings, row, findings)
        return _reduce(merged, settings, from_project, findings)
    except ValueError as error:
        raise _cannot_reduce(merged, error) from error


def reduce_edge(
    sample: str, checked: Sequence[CheckedScan], settings: ReduceSettings, row: EdgeRow | None
) -> ReducedOrXanes:
    """The same, with what stands near the edge; that alone where too little lies behind it for chi(k).

    Raises
    ------
    FitError
        No scan can be normalised.
    """
    findings = gather_findings(checked)
    settings, from_project = honour_project(settings, checked, findings)
    merged = _merge_scans(sample, checked, settings, findings)
    try:
        merged = _correct(merged, checked, settings, row, findings)
        said: list[Finding] = []
        norm = _normalise(merged, settings, next_edge_ev(merged.first.element, merged.first.edge), said)
        try:
            reduced = _reduce(merged, settings, from_project, list(findings))
        except ValueError as error:
            return near_edge(merged, norm, [*findings, *said], str(error))
        return replace(reduced, xanes=near_edge(merged, norm, [], ""))
    except ValueError as error:
        raise _cannot_reduce(merged, error) from error


def _cannot_reduce(merged: Merged, error: ValueError) -> FitError:
    return FitError(
        source=merged.first.scan.source.file,
        field="mu",
        problem=f"{merged.name}: {error}",
        hint="does the scan reach far enough before and behind the edge?",
        code="cannot_be_reduced",
    )


def _merge_scans(
    sample: str, checked: Sequence[CheckedScan], settings: ReduceSettings, findings: list[Finding]
) -> Merged:
    """Scans that can be normalised, aligned, without outliers, as one."""
    first = checked[0]
    doubled = find_doubled(checked)
    uses = [scan_use(checked[i], code, reason) for i, (code, reason) in doubled.items()]
    prepared: list[Prepared] = []
    for scan in (c for i, c in enumerate(checked) if i not in doubled):
        try:
            prepared.append(prepare(scan))
        except ValueError as error:
            uses.append(scan_use(scan, "cannot_be_normalised", f"cannot be normalised: {error}"))
    if not prepared:
        raise FitError(
            source=first.scan.source.file,
            field="mu",
            problem=f"no scan of {sample} {first.element} {first.edge} can be normalised: {uses[0].reason}",
            hint="set pre1_ev … norm2_ev in [settings.xas.reduce]",
            code="cannot_be_normalised",
        )
    prepared = with_common_e0(calibrate(align(prepared, settings.align, findings), settings.calibrate, findings))
    out = find_outlier_scans(prepared, common_grid(prepared), prepared[0].norm.e0_ev, settings.max_scan_deviations)
    for i, p in enumerate(prepared):
        uses.append(scan_use(p.checked, "differs", out[i], p) if i in out else scan_use(p.checked, p=p))
    used = [p for i, p in enumerate(prepared) if i not in out]
    energy, mu, sigma, _ = merge(used, common_grid(used))
    return Merged(sample=sample, first=first, energy_ev=energy, mu=mu, sigma=sigma, uses=tuple(uses))


def _correct(
    merged: Merged,
    checked: Sequence[CheckedScan],
    settings: ReduceSettings,
    row: EdgeRow | None,
    findings: list[Finding],
) -> Merged:
    """Fluorescence as a thin sample would show it where the formula is known, else with what may be missing."""
    modes = {row.mode} if row is not None and row.mode is not None else {c.scan.mode for c in checked}
    if "fluorescence" not in modes:
        return merged
    element, edge = merged.first.element, merged.first.edge
    if row is None or row.composition is None:
        return replace(merged, over_absorption=bound(edge))
    norm = _normalise(merged, settings, next_edge_ev(element, edge), [])
    mu, sigma, found = correct(merged.energy_ev, merged.mu, merged.sigma, norm, element, edge, row.composition)
    text = f"over-absorption of {row.composition.formula} corrected: {found.share:.0%} of the amplitude was missing"
    findings.append(Finding(severity="info", field="mu", problem=text, code="over_absorption"))
    return replace(merged, mu=mu, sigma=sigma, over_absorption=found)


def _reduce(
    merged: Merged, settings: ReduceSettings, from_project: Sequence[str], findings: list[Finding]
) -> ReducedAbsorption:
    """Normalisation, background and transforms of the merged spectrum; a ValueError where too little lies around the edge."""
    following = next_edge_ev(merged.first.element, merged.first.edge)
    norm = _normalise(merged, settings, following, findings)
    choice = _choose_background(norm, settings)
    background = remove_background(merged.energy_ev, merged.mu, choice)
    factor = chi_covariance_factor(background, merged.sigma, norm.edge_step)
    chi_sigma = np.sqrt(np.sum(factor**2, axis=1))
    span = _choose_span(background, chi_sigma, norm.e0_ev, following, settings, findings)
    r, chi_r = k_to_r(
        background.k, background.chi, k_min=span.k_min, k_max=span.k_max, dk=span.dk, k_weight=span.k_weight,
        window=span.window, r_max_angstrom=settings.r_max_angstrom,
    )  # fmt: skip
    noise_r = chi_r_noise(background.k, factor, span.k_min, span.k_max, span.dk, span.k_weight, span.window)
    odd = judge_background(r, np.abs(chi_r), noise_r, choice.rbkg_angstrom)
    findings += [odd] if odd else []
    wavelet = map_wavelet(
        background.k, background.chi, chi_sigma, settings.wavelet, k_min=span.k_min, k_max=span.k_max, dk=span.dk,
        window=span.window,
    )  # fmt: skip
    return ReducedAbsorption(
        sample=merged.sample,
        element=merged.first.element,
        edge=merged.first.edge,
        scans=merged.uses,
        energy_ev=merged.energy_ev,
        mu=merged.mu,
        mu_sigma=merged.sigma,
        normalized=norm.normalized,
        flattened=norm.flattened,
        background=background.mu0,
        pre_edge=norm.pre_edge,
        post_edge=norm.post_edge,
        e0_ev=norm.e0_ev,
        edge_step=Estimate(value=norm.edge_step, sigma=norm.edge_step_sigma, unit="1"),
        edge_step_bias=norm.edge_step_bias,
        k_per_angstrom=background.k,
        chi=background.chi,
        chi_sigma=chi_sigma,
        r_angstrom=r,
        chi_r_re=chi_r.real,
        chi_r_im=chi_r.imag,
        chi_r_noise=noise_r,
        k_min=span.k_min,
        k_max=span.k_max,
        dk=span.dk,
        k_weight=span.k_weight,
        window=span.window,
        rbkg_angstrom=choice.rbkg_angstrom,
        wavelet=wavelet,
        settings=used_settings(norm, choice, background, settings, from_project),
        over_absorption=merged.over_absorption,
        findings=tuple(findings),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Range, sill, weight and window of the transform of chi(k)."""

    k_min: float
    k_max: float
    dk: float
    k_weight: int
    window: str


def _normalise(merged: Merged, s: ReduceSettings, following_ev: float | None, findings: list[Finding]) -> Normalized:
    """E0, both lines and the edge step, with the doubt of an arctangent edge unless a person gave the step."""
    energy, mu, first = merged.energy_ev, merged.mu, merged.first
    near = first.rise_ev if first.rise_ev is not None else float(energy[np.argmax(np.gradient(mu, energy))])
    e0 = s.e0_ev if s.e0_ev is not None else find_e0(energy, mu, near, 15.0)
    cap = None if following_ev is None else following_ev - 30 - e0
    norm2 = cap if s.norm2_ev is None else s.norm2_ev if cap is None else min(s.norm2_ev, cap)
    ranges = choose_ranges(
        energy, e0, pre1_ev=s.pre1_ev, pre2_ev=s.pre2_ev, norm1_ev=s.norm1_ev, norm2_ev=norm2, n_norm=s.n_norm
    )
    norm = normalize(energy, mu, e0, ranges)
    if s.edge_step is not None:
        return with_step(norm, s.edge_step)
    norm, doubt = doubt_step(energy, mu, norm, first.element, first.edge)
    findings += [doubt] if doubt else []
    return norm


def _choose_background(norm: Normalized, s: ReduceSettings) -> BackgroundChoice:
    return BackgroundChoice(
        e0_ev=norm.e0_ev,
        edge_step=norm.edge_step,
        rbkg_angstrom=_or(s.rbkg_angstrom, 1.0),
        k_weight=int(_or(s.bkg_k_weight, 2)),
        k_min=_or(s.bkg_k_min, 0.0),
        k_max=s.bkg_k_max,
        dk=_or(s.bkg_dk, 0.1),
        clamp_low=_or(s.clamp_low, 0.0),
        clamp_high=_or(s.clamp_high, 0.0),
        n_clamp=int(_or(s.n_clamp, 5)),
        window=s.bkg_window or "hanning",
    )


def _choose_span(
    background: Background,
    chi_sigma: FloatArray,
    e0_ev: float,
    following_ev: float | None,
    s: ReduceSettings,
    findings: list[Finding],
) -> Span:
    """As the study says, else up to where chi(k) is usable; a ValueError where that holds no EXAFS."""
    k_min, dk = _or(s.k_min, 3.0), _or(s.dk, 1.0)
    k_max = _usable_k(background, chi_sigma, following_ev, e0_ev, dk)
    if s.k_max is not None:
        k_max = min(s.k_max, float(background.k[-1]))
        if s.k_max > k_max + 0.05:
            problem = f"k_max = {s.k_max:g} lies beyond the data, which end at {k_max:.2f} 1/angstrom; the end is taken"
            findings.append(Finding(severity="warning", field="k_max", problem=problem, hint="lower k_max"))
    if k_max - k_min < 3:
        raise ValueError(f"chi(k) is usable from {k_min:.1f} to {k_max:.1f} 1/angstrom only: no EXAFS")
    return Span(k_min=k_min, k_max=k_max, dk=dk, k_weight=int(_or(s.k_weight, 2)), window=s.window or "hanning")


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def next_edge_ev(element: str, edge: str) -> float | None:
    """Tabulated energy of the element's next edge above, eV: L2 over L3, L1 over L2; None over K and L1."""
    above = {"L3": "L2", "L2": "L1"}.get(edge)
    return None if above is None else edge_energy(element, above)


def _usable_k(
    background: Background, chi_sigma: FloatArray, following_ev: float | None, e0_ev: float, dk: float
) -> float:
    """End of the data less half a sill, 0.5 before the next edge, or where the signal has sunk into the noise."""
    k = background.k
    k_max = float(k[-1]) - dk / 2
    if following_ev is not None:
        k_max = min(k_max, float(np.sqrt((following_ev - e0_ev) / EV_PER_K2)) - 0.5)
    width = 30  # 1.5 1/angstrom: more than one period of the nearest shell
    mean = np.ones(width) / width
    signal = np.convolve(background.chi**2, mean, mode="same")
    noise = np.convolve(chi_sigma**2, mean, mode="same")
    lost = np.flatnonzero((signal < 2 * noise) & (k > 5) & (k < k_max - 0.5))
    if lost.size:
        k_max = min(k_max, float(k[lost[0]]))
    return float(np.floor(k_max * 20 + 1e-9) / 20)


def chi_r_noise(
    k: FloatArray, factor: FloatArray, k_min: float, k_max: float, dk: float, k_weight: int, window: str
) -> float:
    """1 sigma of Re and of Im chi(R), mean between 1 and 6 angstrom, from the covariance factor (nk, m) of chi(k)."""
    weight = k**k_weight * window_on_grid(k.size, k_min, k_max, dk, window)
    r = np.arange(1.0, 6.0, 0.125)  # the noise changes slowly with R
    phase = 2 * np.outer(r, k)
    real, imaginary = (np.cos(phase) * weight) @ factor, (np.sin(phase) * weight) @ factor
    return float(K_STEP / np.sqrt(np.pi) * np.sqrt((np.sum(real**2) + np.sum(imaginary**2)) / (2 * r.size)))


def repeat_background(
    reduced: ReducedAbsorption, *, rbkg_angstrom: float | None = None, e0_ev: float | None = None
) -> tuple[FloatArray, FloatArray]:
    """chi(k) of a reduced sample with another Rbkg or e0, all else as it was: for systematic errors.

    Returns
    -------
    k, chi:
        (nk,) each, on the uniform grid; with a changed e0 the grid may be a point longer or shorter.
    """
    told = reduced.settings
    last = told.bkg_k_max
    to_the_end = last**2 * EV_PER_K2 >= float(reduced.energy_ev[-1]) - reduced.e0_ev - 1e-3
    choice = BackgroundChoice(
        e0_ev=reduced.e0_ev if e0_ev is None else e0_ev,
        edge_step=reduced.edge_step.value,
        rbkg_angstrom=reduced.rbkg_angstrom if rbkg_angstrom is None else rbkg_angstrom,
        k_weight=told.bkg_k_weight,
        k_min=told.bkg_k_min,
        k_max=None if to_the_end else last,
        dk=told.bkg_dk,
        window=told.bkg_window,
        clamp_low=told.clamp_low,
        clamp_high=told.clamp_high,
        n_clamp=told.n_clamp,
    )
    again = remove_background(reduced.energy_ev, reduced.mu, choice)
    return again.k, again.chi
