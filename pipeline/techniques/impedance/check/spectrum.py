"""Impedance spectrum -> checked spectrum: what may enter a fit, and whether Kramers-Kronig holds.

Nothing is deleted: points are masked with a reason.  Verdict of the linear Kramers-Kronig test: ``pass`` when the residuals are
noise (rms within 1.5 sigma, none beyond 5 sigma, no run of one sign), ``fail`` when they are not, ``cannot decide`` when they are
small but not random - a slow drift of some per cent hides there: repeat the sweep, or measure up and down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.errors import CheckError
from pipeline.core.values import Finding, Mask
from pipeline.techniques.impedance.check.artefacts import (
    SUSPECT_SIGMAS,
    find_bad_end,
    find_outliers,
    point_sizes,
    rising_head,
    rms,
    suspect_reason,
)
from pipeline.techniques.impedance.check.kramers_kronig import estimate_noise, fit_linear_kk, phase_ramp
from pipeline.techniques.impedance.model import CheckedSpectrum, ImpedanceSpectrum, KkLevel, KramersKronig

MEASURABLE_OHM = (1e-9, 1e18)
"""Beyond these |Z| is an overload mark or a lost exponent, in any instrument's file."""

RAMP_SIGMAS = 5.0
"""From which on a turned phase is more than chance, its corner being free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EisCheckSettings:
    """Table ``[settings.eis.check]``."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    f_min_hz: Annotated[float, Ge(0)] = 0.0
    """Lower points are left out; 0 keeps all."""
    f_max_hz: Annotated[float, Gt(0)] = 1e9
    """Higher points are left out; above any impedance analyser's range."""
    min_points: Annotated[int, Ge(5)] = 10
    """Fewer cannot determine even one arc with its blocking tail."""
    max_rms_sigmas: Annotated[float, Gt(1)] = 1.5
    """Largest Kramers-Kronig rms in units of the noise that passes."""
    max_point_sigmas: Annotated[float, Gt(3)] = 5.0
    """A point further from the Kramers-Kronig model is an outlier: 1 in 10^6 by chance."""
    max_correlation: Annotated[float, Gt(0)] = 0.22
    """Correlation of neighbouring residuals above which they are not noise; noise gives -0.15 +/- 0.1 after the fit."""
    max_quality_percent: Annotated[float, Gt(0)] = 10.0
    """Recorded THD or NSD above this is told as a finding: the answer is not linear, or not steady."""
    max_noise: Annotated[float, Gt(0), Lt(1)] = 0.05
    """Relative scatter beyond which the Kramers-Kronig test cannot decide."""
    max_scatter: Annotated[float, Gt(0), Lt(1)] = 0.2
    """Relative scatter beyond which the data are refused: no circuit can be told from any other."""
    min_noise: Annotated[float, Gt(0)] = 1e-5
    """Relative noise below this is a simulation's or a rounding's: no instrument is better."""


def check_spectrum(
    spectrum: ImpedanceSpectrum, settings: EisCheckSettings, mask_hz: tuple[tuple[float, float], ...] = ()
) -> CheckedSpectrum:
    """Mask what cannot be right and test Kramers-Kronig.

    Parameters
    ----------
    spectrum:
        ``frequency_hz`` (n,) and ``impedance_ohm`` (n,).
    mask_hz:
        Bands that a person asked to leave out, (low, high) in Hz.

    Raises
    ------
    CheckError
        Too few usable points, Re Z negative for most of them, or nothing but scatter.
    """
    f, z = spectrum.frequency_hz, spectrum.impedance_ohm
    masks: list[Mask] = []
    keep = np.ones(f.size, dtype=bool)

    def mask(bad: np.ndarray, reason: str) -> None:
        hit = np.flatnonzero(bad & keep)
        if hit.size:
            masks.append(Mask(indices=tuple(int(i) for i in hit), reason=reason))
            keep[hit] = False

    mask(~(np.isfinite(f) & (f > 0) & np.isfinite(z.real) & np.isfinite(z.imag)) | (np.abs(z) == 0), "not a number")
    size = np.hypot(z.real, z.imag)  # overflows to inf, which is no impedance either
    mask((size < MEASURABLE_OHM[0]) | (size > MEASURABLE_OHM[1]), "no impedance that an instrument can measure")
    mask((f < settings.f_min_hz) | (f > settings.f_max_hz), "outside the f_min_hz, f_max_hz of the settings")
    for low, high in mask_hz:
        mask((f >= low) & (f <= high), f"left out by a person: {low:g} to {high:g} Hz")
    _require(spectrum, keep, settings)
    rising = np.flatnonzero(keep)[np.argsort(-f[keep])][: rising_head(f[keep], z[keep])]
    mask(
        np.isin(np.arange(f.size), rising),
        "high-frequency artefact: |Z| rises with frequency although the phase is capacitive",
    )
    negative = keep & (z.real < 0)
    if negative.sum() > 0.5 * keep.sum():
        raise CheckError(
            source=spectrum.source.file,
            field="impedance_ohm",
            problem=f"Re Z is negative at {int(negative.sum())} of {int(keep.sum())} points",
            hint="sign or columns misread, or the cell was not connected",
        )
    mask(negative, "Re Z is negative: no passive sample answers so (cable, overload, or loss of control)")
    _require(spectrum, keep, settings)
    noise = max(estimate_noise(f[keep], z[keep]), settings.min_noise)
    if noise > settings.max_scatter:
        raise CheckError(
            source=spectrum.source.file,
            field="impedance_ohm",
            problem=f"the points scatter by {noise:.0%} of |Z|",
            hint="control was lost, or the cell was not connected: measure again",
        )
    kk, outliers, suspects = _test(spectrum, keep, noise, settings)
    sigmas = f"further than {settings.max_point_sigmas:g} sigma from Kramers-Kronig"
    if kk.level == "fail" and noise <= settings.max_noise:
        before = keep.copy()
        corner, by_ramp, by_point = phase_ramp(f[keep], z[keep], kk.n_elements)
        if by_ramp > max(by_point, RAMP_SIGMAS**2 * noise**2) and _passes(
            f[keep & (f <= corner)], z[keep & (f <= corner)], noise, settings
        ):
            outliers = []
            turned = int(np.sum(keep & (f > corner)))
            mask(f > corner, f"high-frequency artefact: the phase turns above {corner:.3g} Hz; the rest passes without")
            kk = replace(kk, reason=f"{kk.reason}; passes without the {turned} fastest points, which are masked")
        for i in outliers:
            why = suspect_reason(i, f, spectrum.quality, settings.max_quality_percent)
            mask(np.arange(f.size) == i, f"{sigmas}; {why}" if why else sigmas)
        if not _passes(f[keep], z[keep], noise, settings):
            head, tail = find_bad_end(f[before], z[before], noise, settings.max_point_sigmas, settings.max_rms_sigmas)
            kept = np.flatnonzero(before)
            mask(
                np.isin(np.arange(f.size), kept[:head]),
                "high-frequency artefact (cable, phase): the rest passes without",
            )
            mask(np.isin(np.arange(f.size), kept[kept.size - tail :]), "drift at the low end: the rest passes without")
            if head or tail:
                cut = f"the {head} fastest" if head else f"the {tail} slowest"
                kk = replace(kk, reason=f"{kk.reason}; passes without {cut} points, which are masked")
    for i, why in suspects:
        mask(np.arange(f.size) == i, f"further than {SUSPECT_SIGMAS:g} sigma from Kramers-Kronig and {why}")
    noise = max(estimate_noise(f[keep], z[keep]), settings.min_noise)
    _require(spectrum, keep, settings)
    return CheckedSpectrum(
        spectrum=spectrum,
        keep=tuple(bool(k) for k in keep),
        masks=tuple(masks),
        kk=kk,
        noise=noise,
        findings=(*spectrum.findings, *_findings(spectrum, keep, kk, settings)),
    )


def _require(spectrum: ImpedanceSpectrum, keep: np.ndarray, settings: EisCheckSettings) -> None:
    n = int(keep.sum())
    if n < settings.min_points:
        raise CheckError(
            source=spectrum.source.file,
            field="frequency_hz",
            problem=f"{n} usable point(s) of {keep.size}, {settings.min_points} needed",
            hint="was the sweep stopped, or everything masked?",
        )


def _passes(f: FloatArray, z: ComplexArray, noise: float, settings: EisCheckSettings) -> bool:
    fitted = fit_linear_kk(f, z).fitted_ohm
    small = rms((z - fitted) / np.abs(z)) <= settings.max_rms_sigmas * noise
    return small and float(point_sizes(fitted, z, noise).max()) <= settings.max_point_sigmas


def _cable_only(f: FloatArray, z: ComplexArray, noise: float) -> bool:
    """Im Z is positive because of an inductance in series: taken off, nothing positive is left beyond the noise."""
    top = slice(0, max(4, f.size // 8))
    inductance = float(np.median(z.imag[top] / f[top]))
    return bool(np.mean((z.imag - inductance * f) / np.abs(z) > 4 * noise) < 0.1)


def _test(
    spectrum: ImpedanceSpectrum, keep: np.ndarray, noise: float, settings: EisCheckSettings
) -> tuple[KramersKronig, list[int], list[tuple[int, str]]]:
    """Verdict on the kept points; indices (of the whole arrays) that stand out; those that are suspect, with the reason."""
    f, z = spectrum.frequency_hz, spectrum.impedance_ohm
    index = np.flatnonzero(keep)
    fk, zk = f[keep], z[keep]
    inductive = float(np.mean(zk.imag > 0))
    fit = fit_linear_kk(fk, zk)
    residual = (zk - fit.fitted_ohm) / np.abs(zk)
    size = point_sizes(fit.fitted_ohm, zk, noise)
    out = find_outliers(fk, zk, noise, size, settings.max_point_sigmas, settings.max_rms_sigmas)
    outliers = [int(index[i]) for i in out]
    clean = np.setdiff1d(np.arange(fk.size), out)
    whole = rms(residual[clean]) / noise
    correlation = _correlation(residual)
    head = rms(residual[: max(8, fk.size // 8)]) / noise
    tail = rms(residual[max(8, fk.size // 8) :]) / noise
    first = f"{fk[0]:.3g} to {fk[min(fk.size - 1, max(8, fk.size // 8))]:.3g} Hz"
    level: KkLevel = "pass"
    if noise > settings.max_noise:
        level = "cannot decide"
        why = f"the points scatter by {noise:.0%} of |Z|"
    elif inductive > 0.6 and not _cable_only(fk, zk, noise):
        level = "fail"
        why = f"Im Z is positive at {inductive:.0%} of the points and no cable's: sign of Im Z misread, or an inductive sample"
    elif outliers:
        level = "fail"
        places = ", ".join(f"{f[i]:.4g} Hz (point {i + 1})" for i in outliers[:8])
        why = f"{len(outliers)} point(s) beyond {settings.max_point_sigmas:g} sigma: {places}"
        if max(outliers) < index[int(0.15 * index.size)]:
            why += "; all at the fast end, where a cable may bend the points before them too"
    elif whole > settings.max_rms_sigmas:
        level = "fail"
        why = f"rms residual {whole:.2f} times the noise: drift, nonlinearity, or a point spread wrong"
    elif head > settings.max_rms_sigmas and head > 1.4 * tail and correlation > 0.5 * settings.max_correlation:
        level = "fail"
        why = f"residuals of {head:.2f} times the noise at {first}: cable or phase artefact at high frequency"
    elif correlation > settings.max_correlation:
        level = "cannot decide"
        why = f"residuals are small ({whole:.2f} times the noise) but run together (r = {correlation:.2f}): slow drift not excluded"
    else:
        why = f"rms residual {whole:.2f} times the noise, largest {float(size.max()):.1f} sigma, r = {correlation:.2f}"
    return (
        KramersKronig(
            level=level,
            reason=why,
            n_elements=fit.n_elements,
            mu=fit.mu,
            rms_percent=100 * rms(residual) * np.sqrt(2),
            noise_percent=100 * noise,
            residual_real=residual.real,
            residual_imag=residual.imag,
        ),
        outliers,
        _suspects(spectrum, index, size, outliers, settings),
    )


def _suspects(
    spectrum: ImpedanceSpectrum, index: np.ndarray, size: FloatArray, known: list[int], settings: EisCheckSettings
) -> list[tuple[int, str]]:
    """Points beyond 3.5 sigma with another reason to be wrong; none where the whole spectrum is off."""
    far = [int(i) for i in index[size > SUSPECT_SIGMAS] if int(i) not in known]
    if len(far) > 0.1 * index.size:
        return []
    limit = settings.max_quality_percent
    named = [(i, suspect_reason(i, spectrum.frequency_hz, spectrum.quality, limit)) for i in far]
    return [(i, why) for i, why in named if why]


def _correlation(residual: ComplexArray) -> float:
    power = float(np.sum(np.abs(residual) ** 2))
    return float(np.sum(residual[1:] * residual[:-1].conj()).real) / power if power > 0 else 0.0


def _findings(
    spectrum: ImpedanceSpectrum, keep: np.ndarray, kk: KramersKronig, settings: EisCheckSettings
) -> list[Finding]:
    out: list[Finding] = []
    if kk.level != "pass":
        hint = (
            "repeat the sweep; compare up and down scans" if kk.level == "cannot decide" else "look at the raw spectrum"
        )
        out.append(Finding(severity="warning", field="kramers_kronig", problem=f"{kk.level}: {kk.reason}", hint=hint))
    for name, values in spectrum.quality.items():
        column = np.array(values)
        bad = keep & (column > settings.max_quality_percent)
        if bad.any() and not name.startswith("NSR"):
            problem = f"{name} above {settings.max_quality_percent:g} at {int(bad.sum())} point(s)"
            out.append(Finding(severity="warning", field=name, problem=problem, hint="smaller amplitude, longer wait"))
    return out
