"""Multiple over single scattering of one sample, twice over, and what a change of it against another sample is worth.

The change is measured over the same k range, window and weights for both samples.  What FEFF and the background do wrong is much
the same in both and cancels; what is left of it shows when ranges and Rbkg are varied for both together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.errors import FitError, PipelineError
from pipeline.core.values import Estimate
from pipeline.techniques.absorption.fit.reduce.fourier import window_on_grid
from pipeline.techniques.absorption.fit.reduce.reduction import repeat_background
from pipeline.techniques.absorption.fit.reduce.wavelet import transform_wavelet
from pipeline.techniques.absorption.fit.shells.least_squares import FitOutcome, Member, ShellModel, fit_members
from pipeline.techniques.absorption.fit.shells.octahedra import SCALES, run_octahedra, tied_model
from pipeline.techniques.absorption.fit.shells.spectrum import FitRange, Spectrum, weigh_spectrum
from pipeline.techniques.absorption.model import ReducedAbsorption, ShellFit
from pipeline.techniques.absorption.settings import DistortionSettings, WaveletSettings

FIRST_SHELL_HALF_WIDTH = 0.5
"""The first shell's top is looked for this far around its peak, angstrom."""
SEEN_SIGMA = 4.0
"""The top of a box of noise reaches three sigma."""
RBKG_STEP = 0.15
Pair = tuple[ReducedAbsorption, ShellFit]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Measure:
    """Of one sample over one range."""

    ratio: Estimate
    """Fitted multiple scattering in the box, relative to FEFF of the straight octahedron."""
    ratio_noise: float
    """Its sigma from noise alone."""
    f1: Estimate | None
    f1_k: float | None
    f1_r: float | None
    theta: FloatArray
    """Of the tied fit, as in ``octahedra.NAMES``."""
    fit_range: FitRange


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Change:
    """Of one sample against the reference."""

    fit: Estimate
    wavelet: Estimate | None


def range_of(pairs: list[Pair], settings: DistortionSettings) -> FitRange:
    """The range that all samples have, up to the collinear peak."""
    reduced, fit = pairs[0]
    return FitRange(
        k_min=max(r.k_min for r, _ in pairs),
        k_max=min(r.k_max for r, _ in pairs),
        dk=reduced.dk,
        window=reduced.window,
        r_min=max(f.r_min for _, f in pairs),
        r_max=settings.r_max_angstrom,
        k_weights=fit.k_weights,
    )


def measure_one(
    pair: Pair,
    fit_range: FitRange,
    r_model: float,
    cache: Path,
    settings: DistortionSettings,
    chi: FloatArray | None = None,
) -> Measure:
    """Both measures of one sample, on FEFF of an octahedron at ``r_model``; with another chi(k) where one is given.

    Raises
    ------
    FitError
        The tied fit has no minimum, or the range is too short.
    """
    reduced, fit = pair
    model = tied_model(run_octahedra(fit.element, fit.shell, fit.edge, r_model, cache, bent=False).straight)
    spectrum = weigh_spectrum(reduced.k_per_angstrom, reduced.chi if chi is None else chi, reduced.chi_sigma, fit_range)
    outcome = fit_tied(spectrum, model, fit)
    ratio = fitted_ratio(outcome, model, spectrum.k, fit_range, settings)
    single = single_scattering(outcome, model, spectrum.k)
    f1, f1_k, f1_r = box_ratio(spectrum, single, fit.distance_angstrom.value, fit_range, settings)
    return Measure(
        ratio=ratio,
        ratio_noise=ratio.sigma / outcome.excess**0.5,
        f1=f1,
        f1_k=f1_k,
        f1_r=f1_r,
        theta=outcome.theta,
        fit_range=fit_range,
    )


def measure_change(
    mine: Pair, its: Pair, r_model: float, cache: Path, settings: DistortionSettings
) -> tuple[Change, Measure, Measure]:
    """Relative change of both measures against the reference: noise of both, and the scatter over ranges and Rbkg.

    Raises
    ------
    FitError
        The common range is too short, or a tied fit has no minimum.
    """
    base = range_of([mine, its], settings)
    a, b = (measure_one(p, base, r_model, cache, settings) for p in (mine, its))
    fits: list[float] = []
    boxes: list[float] = []
    for fit_range, chis in _variants(base, mine[0], its[0]):
        try:
            u, v = (
                measure_one(p, fit_range, r_model, cache, settings, chi)
                for p, chi in zip((mine, its), chis, strict=True)
            )
        except FitError:
            continue
        if v.ratio.value > 0:
            fits.append(u.ratio.value / v.ratio.value - 1)
        if u.f1 is not None and v.f1 is not None:
            boxes.append(u.f1.value / v.f1.value - 1)
    noise = float(np.hypot(a.ratio_noise / a.ratio.value, b.ratio_noise / b.ratio.value))
    fit = _change(a.ratio.value / b.ratio.value, noise, fits)
    wavelet = None
    if a.f1 is not None and b.f1 is not None:
        noise = float(np.hypot(a.f1.sigma / a.f1.value, b.f1.sigma / b.f1.value))
        wavelet = _change(a.f1.value / b.f1.value, noise, boxes)
    return Change(fit=fit, wavelet=wavelet), a, b


def _change(quotient: float, relative_noise: float, others: list[float]) -> Estimate:
    scatter = float(np.sqrt(np.mean((np.array(others) - (quotient - 1)) ** 2))) if others else 0.0
    return Estimate(value=quotient - 1, sigma=float(np.hypot(quotient * relative_noise, scatter)), unit="1")


def _variants(
    base: FitRange, *reduced: ReducedAbsorption
) -> Iterator[tuple[FitRange, list[FloatArray] | tuple[None, ...]]]:
    plain = (None,) * len(reduced)
    yield replace(base, k_min=base.k_min + 0.5), plain
    yield replace(base, k_max=base.k_max - 1.0), plain
    yield replace(base, r_max=base.r_max - 0.15), plain
    yield replace(base, r_min=base.r_min + 0.15), plain
    for step in (-RBKG_STEP, RBKG_STEP):
        try:
            found = [repeat_background(r, rbkg_angstrom=r.rbkg_angstrom + step) for r in reduced]
        except (ValueError, PipelineError):
            continue
        yield base, [np.interp(r.k_per_angstrom, k, chi) for r, (k, chi) in zip(reduced, found, strict=True)]


def fit_tied(spectrum: Spectrum, model: ShellModel, fit: ShellFit) -> FitOutcome:
    """The tied fit, from the first shell's parameters."""
    start = np.array(
        [
            fit.coordination.value * fit.s02.value,
            fit.e0_shift_ev.value,
            fit.distance_angstrom.value - float(model.bank.reff.min()),
            fit.sigma2_angstrom2.value,
            1.0,
            1.0,
        ]
    )
    member = Member(spectrum=spectrum, model=model, index=tuple(range(start.size)), offset=(0.0,) * start.size)
    outcomes = []
    for collinear in (1.0, 0.4):
        start[4:6] = collinear
        try:
            outcomes.append(fit_members([member], start, np.array(SCALES)))
        except FitError:
            continue
    good = [o for o in outcomes if np.isfinite(o.chi2) and np.isfinite(o.covariance).all()]
    if not good:
        raise FitError(source=fit.sample, field="ms_to_ss_ratio", problem="the tied fit has no minimum")
    return min(good, key=lambda o: o.chi2)


def single_scattering(outcome: FitOutcome, model: ShellModel, k: FloatArray) -> FloatArray:
    """(nk,) chi of the fitted single scattering alone."""
    theta = outcome.theta.copy()
    theta[4:6] = 0.0
    return model.chi(k, theta)


def fitted_ratio(
    outcome: FitOutcome, model: ShellModel, k: FloatArray, fit_range: FitRange, settings: DistortionSettings
) -> Estimate:
    """Fitted multiple scattering where the straight octahedron's has its top in the box, over the latter; dR and sigma^2 the same.

    The factor of the collinear paths alone falls more (-65 % at 20°), that of the triangle less: its tail reaches into the box, and
    the two make up for each other.  Their mean, weighted with what each sends there in phase, is what the box holds.
    """
    wavelet, weight, inside = _lens(k, fit_range, settings)
    r = np.arange(settings.box_r_min, settings.box_r_max + 1e-9, 0.02)
    single = single_scattering(outcome, model, k)
    parts = []
    for i in (4, 5):
        theta = outcome.theta.copy()
        theta[4:6] = 0.0
        theta[i] = 1.0
        parts.append(transform_wavelet(weight * (model.chi(k, theta) - single), r, wavelet)[0])
    straight = parts[0] + parts[1]
    at = np.unravel_index(int(np.argmax(np.where(inside, np.abs(straight), -1.0))), straight.shape)
    share = np.array([float(np.real(part[at] / straight[at])) for part in parts])
    sigma = float(np.sqrt(share @ outcome.covariance[4:6, 4:6] @ share))
    return Estimate(value=float(share @ outcome.theta[4:6]), sigma=sigma, unit="1")


def _lens(
    k: FloatArray, fit_range: FitRange, settings: DistortionSettings
) -> tuple[WaveletSettings, FloatArray, NDArray[np.bool_]]:
    """The wavelet, the weight on chi (nk,), and which k belong to the box (nk,)."""
    wavelet = WaveletSettings(kind="morlet", morlet_eta=settings.wavelet_eta, k_weight=settings.k_weight)
    window = window_on_grid(k.size, fit_range.k_min, fit_range.k_max, fit_range.dk, fit_range.window)
    inside = (k >= settings.box_k_min - 1e-9) & (k <= settings.box_k_max + 1e-9)
    return wavelet, k**settings.k_weight * window, inside


def box_ratio(
    spectrum: Spectrum,
    single: FloatArray,
    distance_angstrom: float,
    fit_range: FitRange,
    settings: DistortionSettings,
) -> tuple[Estimate | None, float | None, float | None]:
    """Top of |W| in the box over the top in the first shell at the same k, and where it lies; None where it is noise.

    ``single``, chi (nk,) of the first shell, is taken off in the box: its tail there grows with sigma^2 against what is sought.
    The sigma is that of the two linear forms of chi(k) under the noise of chi(k), which share that noise.
    """
    k = spectrum.k
    wavelet, weight, inside = _lens(k, fit_range, settings)
    peak = distance_angstrom - 0.42
    tops = []
    for chi, low, high in (
        (spectrum.chi - single, settings.box_r_min, settings.box_r_max),
        (spectrum.chi, peak - FIRST_SHELL_HALF_WIDTH, peak + FIRST_SHELL_HALF_WIDTH),
    ):
        r = np.arange(low, high + 1e-9, 0.02)
        values, _ = transform_wavelet(weight * chi, r, wavelet)
        size = np.where(inside, np.abs(values), -1.0)
        i, j = np.unravel_index(int(np.argmax(size)), size.shape)
        tops.append((float(r[i]), int(j), values[i, j], _row_of(float(r[i]), int(j), weight, wavelet)))
    (r1, j1, w1, g1), (_, _, w0, g0) = tops
    noise = float(np.sqrt(np.sum((np.abs(g1) * spectrum.sigma) ** 2) / 2))
    if abs(w1) < SEEN_SIGMA * noise:
        return None, None, None
    ratio = abs(w1) / abs(w0)
    slope = (np.real(np.conj(w1) / abs(w1) * g1) - ratio * np.real(np.conj(w0) / abs(w0) * g0)) / abs(w0)
    sigma = float(np.sqrt(np.sum((slope * spectrum.sigma) ** 2)))
    return Estimate(value=float(ratio), sigma=sigma, unit="1"), round(float(k[j1]), 3), round(r1, 3)


def _row_of(r: float, j: int, weight: FloatArray, wavelet: WaveletSettings) -> ComplexArray:
    """(nk,) complex g with W(k_j, r) = sum g chi: the wavelet's answer to one point, moved."""
    n = weight.size
    impulse = np.zeros(2 * n)
    impulse[n] = 1.0
    answer, _ = transform_wavelet(impulse, np.array([r]), wavelet)
    row: ComplexArray = answer[0, n + j - np.arange(n)] * weight
    return row
