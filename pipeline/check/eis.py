"""Impedance spectrum -> checked spectrum: what may enter a fit, and whether Kramers-Kronig holds.

Nothing is deleted: points are masked with a reason.  Verdict of the linear Kramers-Kronig test: ``pass`` when the residuals are
noise (rms within 1.5 sigma, none beyond 5 sigma, no run of one sign), ``fail`` when they are not, ``cannot decide`` when they are
small but not random - a slow drift of some per cent hides there: repeat the sweep, or measure up and down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt

from pipeline.check.kramers_kronig import estimate_noise, fit_linear_kk
from pipeline.errors import CheckError
from pipeline.model.impedance import CheckedSpectrum, KkLevel, KramersKronig
from pipeline.model.measurement import ComplexArray, FloatArray, ImpedanceSpectrum
from pipeline.model.result import Finding, Mask


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
        Too few usable points, or Re Z negative for most of them.
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
    mask((f < settings.f_min_hz) | (f > settings.f_max_hz), "outside the f_min_hz, f_max_hz of the settings")
    for low, high in mask_hz:
        mask((f >= low) & (f <= high), f"left out by a person: {low:g} to {high:g} Hz")
    _require(spectrum, keep, settings)
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
    kk, outliers = _test(f, z, keep, noise, settings)
    if outliers and kk.level == "fail" and len(outliers) <= max(1, int(0.15 * keep.sum())):
        mask(
            np.isin(np.arange(f.size), outliers),
            f"further than {settings.max_point_sigmas:g} sigma from Kramers-Kronig",
        )
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


def _test(
    f: FloatArray, z: ComplexArray, keep: np.ndarray, noise: float, settings: EisCheckSettings
) -> tuple[KramersKronig, list[int]]:
    """Verdict on the kept points, and the indices (of the whole arrays) that stand out."""
    index = np.flatnonzero(keep)
    fk, zk = f[keep], z[keep]
    inductive = float(np.mean(zk.imag > 0))
    fit = fit_linear_kk(fk, zk)
    residual = (zk - fit.fitted_ohm) / np.abs(zk)
    size = np.maximum(np.abs(residual.real), np.abs(residual.imag)) / noise
    out = _outliers(fk, zk, noise, size, settings)
    outliers = [int(index[i]) for i in out]
    clean = np.setdiff1d(np.arange(fk.size), out)
    rms = _rms(residual[clean]) / noise
    correlation = _correlation(residual)
    head = _rms(residual[: max(8, fk.size // 8)]) / noise
    tail = _rms(residual[max(8, fk.size // 8) :]) / noise
    first = f"{fk[0]:.3g} to {fk[min(fk.size - 1, max(8, fk.size // 8))]:.3g} Hz"
    level: KkLevel = "pass"
    if inductive > 0.6:
        level = "fail"
        why = f"Im Z is positive at {inductive:.0%} of the points: sign of Im Z misread, or an inductive sample"
    elif outliers:
        level = "fail"
        places = ", ".join(f"{f[i]:.4g} Hz (point {i + 1})" for i in outliers[:8])
        why = f"{len(outliers)} point(s) beyond {settings.max_point_sigmas:g} sigma: {places}"
    elif rms > settings.max_rms_sigmas:
        level = "fail"
        why = f"rms residual {rms:.2f} times the noise: drift, nonlinearity, or a point spread wrong"
    elif head > settings.max_rms_sigmas and head > 1.4 * tail and correlation > 0.5 * settings.max_correlation:
        level = "fail"
        why = f"residuals of {head:.2f} times the noise at {first}: cable or phase artefact at high frequency"
    elif correlation > settings.max_correlation:
        level = "cannot decide"
        why = f"residuals are small ({rms:.2f} times the noise) but run together (r = {correlation:.2f}): slow drift not excluded"
    else:
        why = f"rms residual {rms:.2f} times the noise, largest {float(size.max()):.1f} sigma, r = {correlation:.2f}"
    return (
        KramersKronig(
            level=level,
            reason=why,
            n_elements=fit.n_elements,
            mu=fit.mu,
            rms_percent=100 * _rms(residual) * np.sqrt(2),
            noise_percent=100 * noise,
            residual_real=residual.real,
            residual_imag=residual.imag,
        ),
        outliers,
    )


def _outliers(f: FloatArray, z: ComplexArray, noise: float, size: FloatArray, settings: EisCheckSettings) -> list[int]:
    """Largest first, refitting without it, as one bad point bends the model around it; at most 5 %."""
    out: list[int] = []
    for _ in range(max(1, int(0.05 * f.size))):
        worst = int(np.argmax(np.where(np.isin(np.arange(f.size), out), 0, size)))
        if size[worst] <= settings.max_point_sigmas:
            break
        keep = np.setdiff1d(np.arange(f.size), [*out, worst])
        fit = fit_linear_kk(f[keep], z[keep])
        rest = np.zeros(f.size)
        r = (z[keep] - fit.fitted_ohm) / np.abs(z[keep])
        rest[keep] = np.maximum(np.abs(r.real), np.abs(r.imag)) / noise
        if _rms(r) > settings.max_rms_sigmas * noise and rest.max() > 0.7 * size[worst]:
            break  # not one point: the whole spectrum is off
        out.append(worst)
        size = rest
    return sorted(out)


def _rms(residual: ComplexArray) -> float:
    """Of Re and Im together, as 1 sigma of each."""
    return float(np.sqrt(np.mean(np.abs(residual) ** 2) / 2))


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
    f = spectrum.frequency_hz[keep]
    mains = [m for m in (50.0, 60.0, 100.0, 120.0, 150.0) if np.any(np.abs(f / m - 1) < 0.01)]
    if mains and kk.level == "fail":
        text = ", ".join(f"{m:g}" for m in mains)
        out.append(Finding(severity="info", field="frequency_hz", problem=f"points near mains harmonics: {text} Hz"))
    return out
