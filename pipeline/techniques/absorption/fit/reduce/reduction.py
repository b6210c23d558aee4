"""Checked scans of one sample at one edge -> merged, normalised, background removed, transformed.

    align -> leave out outliers -> merge -> e0 -> normalise -> AUTOBK -> chi(k) with its noise -> chi(R) -> wavelet map

What is not set in the study is taken from the project file that the scans came from (Athena), and else from the data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.core.values import Estimate, Finding
from pipeline.science.edges import edge_energy
from pipeline.techniques.absorption.fit.reduce.background import (
    EV_PER_K2,
    Background,
    BackgroundChoice,
    chi_covariance_factor,
    remove_background,
)
from pipeline.techniques.absorption.fit.reduce.edge_shape import doubt_step
from pipeline.techniques.absorption.fit.reduce.fourier import K_STEP, k_to_r, window_on_grid
from pipeline.techniques.absorption.fit.reduce.merge import (
    Prepared,
    align,
    calibrate,
    common_grid,
    merge,
    prepare,
    with_common_e0,
)
from pipeline.techniques.absorption.fit.reduce.normalization import choose_ranges, find_e0, normalize, with_step
from pipeline.techniques.absorption.fit.reduce.outlier_scans import find_outlier_scans
from pipeline.techniques.absorption.fit.reduce.reduction_findings import (
    gather_findings,
    judge_background,
    scan_use,
    used_settings,
)
from pipeline.techniques.absorption.fit.reduce.settings import ReduceSettings, honour_project
from pipeline.techniques.absorption.fit.reduce.wavelet import map_wavelet
from pipeline.techniques.absorption.model import CheckedScan, ReducedAbsorption, ScanUse


def reduce_scans(sample: str, checked: Sequence[CheckedScan], settings: ReduceSettings) -> ReducedAbsorption:
    """Merge and reduce all scans of a sample at one edge.

    Parameters
    ----------
    sample:
        id of the sample.
    checked:
        Its scans, at least one, all of the same edge.

    Raises
    ------
    FitError
        No scan can be normalised, or too little lies behind the edge for chi(k).
    """
    findings = gather_findings(checked)
    settings, origins = honour_project(settings, checked, findings)
    uses: list[ScanUse] = []
    prepared: list[Prepared] = []
    for scan in checked:
        try:
            prepared.append(prepare(scan))
        except ValueError as error:
            uses.append(scan_use(scan, f"cannot be normalised: {error}"))
    first = checked[0]
    if not prepared:
        raise FitError(
            source=first.scan.source.file,
            field="mu",
            problem=f"no scan of {sample} {first.element} {first.edge} can be normalised: {uses[0].reason}",
            hint="set pre1_ev … norm2_ev in [settings.xas.reduce]",
        )
    prepared = with_common_e0(calibrate(align(prepared, settings.align, findings), settings.calibrate, findings))
    out = find_outlier_scans(prepared, common_grid(prepared), prepared[0].norm.e0_ev, settings.max_scan_deviations)
    uses += [scan_use(p.checked, out.get(i, ""), p) for i, p in enumerate(prepared)]
    used = [p for i, p in enumerate(prepared) if i not in out]
    energy, mu, sigma, _ = merge(used, common_grid(used))
    try:
        return _reduce(sample, first, energy, mu, sigma, tuple(uses), findings, settings, origins)
    except ValueError as error:
        raise FitError(
            source=first.scan.source.file,
            field="mu",
            problem=f"{sample} {first.element} {first.edge}: {error}",
            hint="does the scan reach far enough before and behind the edge?",
        ) from error


def _reduce(
    sample: str,
    first: CheckedScan,
    energy: FloatArray,
    mu: FloatArray,
    sigma: FloatArray,
    uses: tuple[ScanUse, ...],
    findings: list[Finding],
    settings: ReduceSettings,
    origins: dict[str, str],
) -> ReducedAbsorption:
    s = settings
    near = first.rise_ev if first.rise_ev is not None else float(energy[np.argmax(np.gradient(mu, energy))])
    e0 = s.e0_ev if s.e0_ev is not None else find_e0(energy, mu, near, 15.0)
    following = next_edge_ev(first.element, first.edge)
    cap = None if following is None else following - 30 - e0
    norm2 = cap if s.norm2_ev is None else s.norm2_ev if cap is None else min(s.norm2_ev, cap)
    ranges = choose_ranges(
        energy, e0, pre1_ev=s.pre1_ev, pre2_ev=s.pre2_ev, norm1_ev=s.norm1_ev, norm2_ev=norm2, n_norm=s.n_norm
    )
    norm = normalize(energy, mu, e0, ranges)
    if s.edge_step is not None:
        norm = with_step(norm, s.edge_step)
    else:
        norm, doubt = doubt_step(energy, mu, norm, first.element, first.edge)
        findings += [doubt] if doubt else []
    choice = BackgroundChoice(
        e0_ev=e0,
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
    background = remove_background(energy, mu, choice)
    factor = chi_covariance_factor(background, sigma, norm.edge_step)
    chi_sigma = np.sqrt(np.sum(factor**2, axis=1))
    k_min, dk, weight, window = _or(s.k_min, 3.0), _or(s.dk, 1.0), int(_or(s.k_weight, 2)), s.window or "hanning"
    k_max = _usable_k(background, chi_sigma, following, e0, dk)
    if s.k_max is not None:
        k_max = min(s.k_max, float(background.k[-1]))
        if s.k_max > k_max + 0.05:
            problem = f"k_max = {s.k_max:g} lies beyond the data, which end at {k_max:.2f} 1/angstrom; the end is taken"
            findings.append(Finding(severity="warning", field="k_max", problem=problem, hint="lower k_max"))
    if k_max - k_min < 3:
        raise ValueError(f"chi(k) is usable from {k_min:.1f} to {k_max:.1f} 1/angstrom only: no EXAFS")
    r, chi_r = k_to_r(
        background.k, background.chi, k_min=k_min, k_max=k_max, dk=dk, k_weight=weight, window=window,
        r_max_angstrom=s.r_max_angstrom,
    )  # fmt: skip
    noise_r = chi_r_noise(background.k, factor, k_min, k_max, dk, weight, window)
    odd = judge_background(r, np.abs(chi_r), noise_r, choice.rbkg_angstrom)
    findings += [odd] if odd else []
    wavelet = map_wavelet(
        background.k, background.chi, chi_sigma, s.wavelet, k_min=k_min, k_max=k_max, dk=dk, window=window
    )
    return ReducedAbsorption(
        sample=sample,
        element=first.element,
        edge=first.edge,
        scans=uses,
        energy_ev=energy,
        mu=mu,
        mu_sigma=sigma,
        normalized=norm.normalized,
        flattened=norm.flattened,
        background=background.mu0,
        pre_edge=norm.pre_edge,
        post_edge=norm.post_edge,
        e0_ev=e0,
        edge_step=Estimate(value=norm.edge_step, sigma=norm.edge_step_sigma, unit="1"),
        edge_step_bias=norm.edge_step_bias,
        k_per_angstrom=background.k,
        chi=background.chi,
        chi_sigma=chi_sigma,
        r_angstrom=r,
        chi_r_re=chi_r.real,
        chi_r_im=chi_r.imag,
        chi_r_noise=noise_r,
        k_min=k_min,
        k_max=k_max,
        dk=dk,
        k_weight=weight,
        window=window,
        rbkg_angstrom=choice.rbkg_angstrom,
        wavelet=wavelet,
        settings=used_settings(norm, choice, background, s, origins),
        findings=tuple(findings),
    )


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
    last = float(told["bkg_k_max"])
    to_the_end = last**2 * EV_PER_K2 >= float(reduced.energy_ev[-1]) - reduced.e0_ev - 1e-3
    choice = BackgroundChoice(
        e0_ev=reduced.e0_ev if e0_ev is None else e0_ev,
        edge_step=reduced.edge_step.value,
        rbkg_angstrom=reduced.rbkg_angstrom if rbkg_angstrom is None else rbkg_angstrom,
        k_weight=int(float(told["bkg_k_weight"])),
        k_min=float(told["bkg_k_min"]),
        k_max=None if to_the_end else last,
        dk=float(told["bkg_dk"]),
        window=str(told["bkg_window"]),
        clamp_low=float(told["clamp_low"]),
        clamp_high=float(told["clamp_high"]),
        n_clamp=int(float(told["n_clamp"])),
    )
    again = remove_background(reduced.energy_ev, reduced.mu, choice)
    return again.k, again.chi


__all__ = ["ReduceSettings", "chi_r_noise", "next_edge_ev", "reduce_scans", "repeat_background"]
