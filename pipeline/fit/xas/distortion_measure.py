"""Multiple over single scattering of one sample, twice over, and the angle that explains a change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import FitError
from pipeline.fit.xas.fourier import window_on_grid
from pipeline.fit.xas.octahedra import BENDS_DEGREE, NAMES, SCALES, chi_of_bend, run_octahedra, tied_model
from pipeline.fit.xas.shell_fit import FitOutcome, FitRange, Member, ShellModel, Spectrum, fit_members, weigh_spectrum
from pipeline.fit.xas.wavelet import WaveletSettings, transform_wavelet
from pipeline.model.absorption import ReducedAbsorption, ShellFit
from pipeline.model.measurement import FloatArray
from pipeline.model.result import Estimate, Finding

if TYPE_CHECKING:
    from pipeline.fit.xas.distortion import DistortionSettings

FIRST_SHELL_HALF_WIDTH = 0.5
"""The first shell's top is looked for this far around its peak, angstrom."""
SEEN_SIGMA = 4.0
"""The top of a box of noise reaches three sigma."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Measure:
    """Of one sample over one k range."""

    ratio: Estimate
    f1: Estimate | None
    f1_k: float | None
    f1_r: float | None
    theta: FloatArray
    """Of the tied fit, as in ``octahedra.NAMES``."""
    fit_range: FitRange
    findings: tuple[Finding, ...]


def measure_pair(
    mine: tuple[ReducedAbsorption, ShellFit],
    its: tuple[ReducedAbsorption, ShellFit] | None,
    cache: Path,
    settings: DistortionSettings,
) -> tuple[Measure, Measure | None]:
    """A sample and its reference over the k range that both have.

    Raises
    ------
    FitError
        The tied fit has no minimum, or the common range is too short.
    """
    both = [mine] if its is None else [mine, its]
    k_min = max(r.k_min for r, _ in both)
    k_max = min(r.k_max for r, _ in both)
    found = [measure_one(r, f, k_min, k_max, cache, settings) for r, f in both]
    return found[0], found[1] if its is not None else None


def measure_one(
    reduced: ReducedAbsorption, fit: ShellFit, k_min: float, k_max: float, cache: Path, settings: DistortionSettings
) -> Measure:
    """Both measures of one sample."""
    octahedra = run_octahedra(fit.element, fit.shell, fit.edge, fit.distance_angstrom.value, cache, bent=False)
    model = tied_model(octahedra.straight)
    fit_range = FitRange(
        k_min=k_min,
        k_max=k_max,
        dk=reduced.dk,
        window=reduced.window,
        r_min=fit.r_min,
        r_max=settings.r_max_angstrom,
        k_weights=fit.k_weights,
    )
    spectrum = weigh_spectrum(reduced.k_per_angstrom, reduced.chi, reduced.chi_sigma, fit_range)
    outcome = fit_tied(spectrum, model, fit)
    ratio = Estimate(value=float(outcome.theta[4]), sigma=outcome.sigma(4), unit="1")
    findings = []
    share = len(NAMES) / fit_range.n_independent
    if share > 2 / 3:
        text = f"{len(NAMES)} variables for {fit_range.n_independent:.1f} independent points in the tied fit"
        findings.append(Finding(severity="warning", field="ms_to_ss_ratio", problem=text))
    f1, f1_k, f1_r = box_ratio(spectrum, fit, fit_range, settings)
    if f1 is None:
        text = f"the top of the wavelet box is below {SEEN_SIGMA:g} sigma of noise"
        findings.append(Finding(severity="warning", field="f1_intensity", problem=text))
    return Measure(
        ratio=ratio,
        f1=f1,
        f1_k=f1_k,
        f1_r=f1_r,
        theta=outcome.theta,
        fit_range=fit_range,
        findings=tuple(findings),
    )


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
            1.6 * fit.sigma2_angstrom2.value,
        ]
    )
    member = Member(spectrum=spectrum, model=model, index=tuple(range(start.size)), offset=(0.0,) * start.size)
    outcomes = []
    for collinear in (1.0, 0.4):
        try:
            outcomes.append(fit_members([member], np.r_[start[:4], collinear, collinear, start[6]], np.array(SCALES)))
        except FitError:
            continue
    good = [o for o in outcomes if np.isfinite(o.chi2) and np.isfinite(o.covariance).all()]
    if not good:
        raise FitError(source=fit.sample, field="ms_to_ss_ratio", problem="the tied fit has no minimum")
    return min(good, key=lambda o: o.chi2)


def box_ratio(
    spectrum: Spectrum, fit: ShellFit, fit_range: FitRange, settings: DistortionSettings
) -> tuple[Estimate | None, float | None, float | None]:
    """Top of |W| in the box over the top in the first shell at the same k, and where it lies.

    Its sigma is that of the two linear forms of chi(k) under the noise of chi(k), which share that noise.
    """
    k = spectrum.k
    wavelet = WaveletSettings(kind="morlet", morlet_eta=settings.wavelet_eta, k_weight=settings.k_weight)
    weight = k**settings.k_weight * window_on_grid(
        k.size, fit_range.k_min, fit_range.k_max, fit_range.dk, fit_range.window
    )
    peak = fit.distance_angstrom.value - 0.42
    tops = []
    for low, high in (
        (settings.box_r_min, settings.box_r_max),
        (peak - FIRST_SHELL_HALF_WIDTH, peak + FIRST_SHELL_HALF_WIDTH),
    ):
        r = np.arange(low, high + 1e-9, 0.02)
        values, _ = transform_wavelet(weight * spectrum.chi, r, wavelet)
        inside = (k >= settings.box_k_min - 1e-9) & (k <= settings.box_k_max + 1e-9)
        size = np.where(inside, np.abs(values), -1.0)
        i, j = np.unravel_index(int(np.argmax(size)), size.shape)
        tops.append((float(r[i]), int(j), values[i, j], _row_of(float(r[i]), int(j), weight, wavelet)))
    (r1, j1, w1, g1), (_, _, w0, g0) = tops
    ratio = abs(w1) / abs(w0)
    noise = float(np.sqrt(np.sum((np.abs(g1) * spectrum.sigma) ** 2) / 2))
    if abs(w1) < SEEN_SIGMA * noise:
        return None, None, None
    slope = (np.real(np.conj(w1) / abs(w1) * g1) - ratio * np.real(np.conj(w0) / abs(w0) * g0)) / abs(w0)
    sigma = float(np.sqrt(np.sum((slope * spectrum.sigma) ** 2)))
    return Estimate(value=float(ratio), sigma=sigma, unit="1"), float(k[j1]), r1


def _row_of(r: float, j: int, weight: FloatArray, wavelet: WaveletSettings) -> np.ndarray:
    """(nk,) complex g with W(k_j, r) = sum g chi: the wavelet's answer to one point, moved."""
    n = weight.size
    impulse = np.zeros(2 * n)
    impulse[n] = 1.0
    answer, _ = transform_wavelet(impulse, np.array([r]), wavelet)
    return np.asarray(answer[0, n + j - np.arange(n)] * weight)


def bend_of_change(
    change: Estimate,
    mine: Measure,
    reduced: ReducedAbsorption,
    fit: ShellFit,
    cache: Path,
    settings: DistortionSettings,
) -> tuple[Estimate | None, list[Finding]]:
    """Mean bending angle that explains a change of the ratio, and the model it rests on."""
    octahedra = run_octahedra(fit.element, fit.shell, fit.edge, fit.distance_angstrom.value, cache, bent=True)
    model = tied_model(octahedra.straight)
    k = reduced.k_per_angstrom
    ratios = []
    for which in range(len(BENDS_DEGREE)):
        chi = chi_of_bend(octahedra, which, k, *(float(v) for v in mine.theta[:4]))
        spectrum = weigh_spectrum(k, chi, np.full(k.size, 1e-4), mine.fit_range)
        ratios.append(float(fit_tied(spectrum, model, fit).theta[4]))
    fall = np.array(ratios) / ratios[0] - 1
    angles = np.array(BENDS_DEGREE)
    monotone = np.minimum.accumulate(fall)

    def angle(value: float) -> float:
        return float(np.sqrt(np.interp(-value, -monotone, angles**2)))

    blind = settings.blind_below_degree
    low, high = angle(change.value - 1.96 * change.sigma), angle(change.value + 1.96 * change.sigma)
    low, high = min(low, high), max(low, high)
    told = (
        f"model: octahedra {fit.element}{fit.shell}6 of FEFF with all three axes bent by the same angle to random sides, distances "
        f"kept, the reference straight; ratio falls by "
        + ", ".join(f"{-f:.0%} at {a:g}°" for a, f in zip(angles[1:], fall[1:], strict=True))
    )
    findings = [Finding(severity="info", field="bend_degree", problem=told)]
    value = angle(change.value)
    if value < blind:
        text = f"blind below {blind:g}°: the change {change.value:+.0%} allows bends up to {max(high, blind):.0f}°"
        findings.append(Finding(severity="info", field="bend_degree", problem=text))
        return None, findings
    if change.value < float(monotone[-1]):
        text = f"the change {change.value:+.0%} is more than the model's {monotone[-1]:+.0%} at {angles[-1]:g}°: no angle is given"
        findings.append(Finding(severity="warning", field="bend_degree", problem=text))
        return None, findings
    return Estimate(value=value, sigma=(high - low) / (2 * 1.96), unit="degree", low95=low, high95=high), findings
