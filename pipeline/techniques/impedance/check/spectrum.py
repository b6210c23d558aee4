"""Impedance spectrum -> checked spectrum: what may enter a fit, and whether Kramers-Kronig holds.

Nothing is deleted: points are masked with a reason.  Verdict of the linear Kramers-Kronig test: ``pass`` when the residuals are
noise (rms within 1.5 sigma, none beyond 5 sigma, no run of one sign), ``fail`` when they are not, ``cannot decide`` when they are
small but not random - a slow drift of some per cent hides there: repeat the sweep, or measure up and down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.errors import CheckError
from pipeline.core.values import Finding, Mask
from pipeline.techniques.impedance.check.artefacts import (
    SUSPECT_SIGMAS,
    find_bad_end,
    point_sizes,
    rising_head,
    rms,
    suspect_reason,
)
from pipeline.techniques.impedance.check.kramers_kronig import estimate_noise, fit_linear_kk, phase_ramp
from pipeline.techniques.impedance.check.wild_points import MOST, find_wild_points
from pipeline.techniques.impedance.model import CheckedSpectrum, ImpedanceSpectrum, KkLevel, KramersKronig
from pipeline.techniques.impedance.settings import EisCheckSettings

MEASURABLE_OHM = (1e-9, 1e18)
"""Beyond these |Z| is an overload mark or a lost exponent, in any instrument's file."""

WILD = "wild_point"
"""Code of the mask of a single point that the others do not believe."""

RAMP_SIGMAS = 5.0
"""From which on a turned phase is more than chance, its corner being free."""


class Masking:
    """Points that are left out one after another, each once and with its reason."""

    def __init__(self, spectrum: ImpedanceSpectrum) -> None:
        self.spectrum = spectrum
        self.f, self.z = spectrum.frequency_hz, spectrum.impedance_ohm
        self.keep = np.ones(self.f.size, dtype=bool)
        self.masks: list[Mask] = []
        self.doubts = np.zeros(self.f.size)
        """How far each point lies from a smooth spectrum through the others, in sigma."""

    def take(self, bad: np.ndarray, reason: str, code: str = "") -> None:
        """Leave out what is still there of ``bad`` (n,), True or the indices of the points."""
        hit = np.flatnonzero(bad & self.keep) if bad.dtype == bool else bad[self.keep[bad]]
        if hit.size:
            self.masks.append(Mask(indices=tuple(int(i) for i in hit), reason=reason, code=code))
            self.keep[hit] = False

    @property
    def kept(self) -> tuple[FloatArray, ComplexArray]:
        """Frequencies and impedances of the points that are left."""
        return self.f[self.keep], self.z[self.keep]


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
    points = Masking(spectrum)
    _leave_out_impossible(points, settings, mask_hz)
    noise = max(estimate_noise(*points.kept), settings.min_noise)
    if noise > settings.max_scatter:
        raise CheckError(
            source=spectrum.source.file,
            field="impedance_ohm",
            problem=f"the points scatter by {noise:.0%} of |Z|",
            hint="control was lost, or the cell was not connected: measure again",
        )
    decidable = noise <= settings.max_noise
    if decidable:
        noise = _leave_out_single(points, noise, settings)
    kk = _test(points, noise, settings)
    if kk.level == "fail" and decidable:
        if _leave_out_doubted(points, kk, noise, settings):
            kk = _test(points, noise, settings)
        if kk.level == "fail":
            kk = _leave_out_inconsistent(points, kk, noise, settings)
    noise = max(estimate_noise(*points.kept), settings.min_noise)
    _require(spectrum, points.keep, settings)
    return CheckedSpectrum(
        spectrum=spectrum,
        keep=tuple(bool(k) for k in points.keep),
        masks=tuple(points.masks),
        kk=kk,
        noise=noise,
        doubts=tuple(float(round(d, 2)) for d in points.doubts),
        findings=(*spectrum.findings, *_findings(points, kk, settings)),
    )


def _leave_out_impossible(
    points: Masking, settings: EisCheckSettings, mask_hz: tuple[tuple[float, float], ...]
) -> None:
    """What is no impedance of a passive sample, what the settings and a person exclude."""
    f, z, spectrum = points.f, points.z, points.spectrum
    finite = np.isfinite(f) & (f > 0) & np.isfinite(z.real) & np.isfinite(z.imag)
    points.take(~finite | (np.abs(z) == 0), "not a number")
    size = np.hypot(z.real, z.imag)  # overflows to inf, which is no impedance either
    measurable = (size >= MEASURABLE_OHM[0]) & (size <= MEASURABLE_OHM[1])
    points.take(~measurable, "no impedance that an instrument can measure")
    points.take((f < settings.f_min_hz) | (f > settings.f_max_hz), "outside the f_min_hz, f_max_hz of the settings")
    for low, high in mask_hz:
        points.take((f >= low) & (f <= high), f"left out by a person: {low:g} to {high:g} Hz")
    _require(spectrum, points.keep, settings)
    rising = np.flatnonzero(points.keep)[np.argsort(-f[points.keep])][: rising_head(*points.kept)]
    points.take(rising, "high-frequency artefact: |Z| rises with frequency although the phase is capacitive")
    negative, n = points.keep & (z.real < 0), int(points.keep.sum())
    if negative.sum() > 0.5 * n:
        raise CheckError(
            source=spectrum.source.file,
            field="impedance_ohm",
            problem=f"Re Z is negative at {int(negative.sum())} of {n} points",
            hint="sign or columns misread, or the cell was not connected",
        )
    points.take(negative, "Re Z is negative: no passive sample answers so (cable, overload, or loss of control)")
    _require(spectrum, points.keep, settings)


def _leave_out_single(points: Masking, noise: float, settings: EisCheckSettings) -> float:
    """Mask single points that the others do not believe, unless a turned phase tells more of them; the noise without them."""
    f, index, quality = points.f, np.flatnonzero(points.keep), points.spectrum.quality
    wild, sigmas = find_wild_points(*points.kept, settings.max_point_sigmas, settings.min_noise)
    points.doubts[index] = sigmas
    if wild and _turned_above(points, noise, settings) is not None:
        return noise
    for point in wild:
        i = int(index[point.index])
        why = suspect_reason(i, f, quality, settings.max_quality_percent)
        reason = f"wild: {point.sigmas:.0f} sigma from what the other points say" + (f"; {why}" if why else "")
        points.take(np.array([i]), reason, WILD)
    far = index[sigmas > SUSPECT_SIGMAS]
    if far.size <= 0.1 * index.size:
        for i in far:
            why = suspect_reason(int(i), f, quality, settings.max_quality_percent)
            if why:
                points.take(np.array([i]), f"further than {SUSPECT_SIGMAS:g} sigma from the other points and {why}")
    return max(estimate_noise(*points.kept), settings.min_noise) if wild else noise


def _leave_out_doubted(points: Masking, kk: KramersKronig, noise: float, settings: EisCheckSettings) -> bool:
    """Mask the points that the test fails for, where each is alone in it and doubted by the others as well; whether any was."""
    size = np.maximum(np.abs(kk.residual_real), np.abs(kk.residual_imag)) / noise
    far = np.flatnonzero(points.keep)[size > settings.max_point_sigmas]
    alone = np.all(np.diff(far) > 1) and np.all(points.doubts[far] > SUSPECT_SIGMAS)
    if far.size == 0 or far.size > MOST * size.size or not alone or _turned_above(points, noise, settings) is not None:
        return False
    for i in far:
        points.take(np.array([i]), f"wild: {points.doubts[i]:.0f} sigma from what the other points say", WILD)
    return True


def _turned_above(points: Masking, noise: float, settings: EisCheckSettings) -> float | None:
    """Frequency in Hz above which the phase turns, where that tells more than any single point and the rest passes; or None."""
    f, z = points.kept
    corner, by_ramp, by_point = phase_ramp(f, z, fit_linear_kk(f, z).n_elements)
    if by_ramp <= max(by_point, RAMP_SIGMAS**2 * noise**2):
        return None
    return corner if _passes(f[f <= corner], z[f <= corner], noise, settings) else None


def _leave_out_inconsistent(
    points: Masking, kk: KramersKronig, noise: float, settings: EisCheckSettings
) -> KramersKronig:
    """Mask what keeps a spectrum from Kramers-Kronig: a turned phase, or an end of the range."""
    f, z, before = points.f, points.z, points.keep.copy()
    corner = _turned_above(points, noise, settings)
    if corner is not None:
        turned = int(np.sum(before & (f > corner)))
        points.take(
            f > corner, f"high-frequency artefact: the phase turns above {corner:.3g} Hz; the rest passes without"
        )
        return replace(kk, reason=f"{kk.reason}; passes without the {turned} fastest points, which are masked")
    head, tail = find_bad_end(f[before], z[before], noise, settings.max_point_sigmas, settings.max_rms_sigmas)
    kept = np.flatnonzero(before)
    points.take(kept[:head], "high-frequency artefact (cable, phase): the rest passes without")
    points.take(kept[kept.size - tail :], "drift at the low end: the rest passes without")
    if not (head or tail):
        return kk
    cut = f"the {head} fastest" if head else f"the {tail} slowest"
    return replace(kk, reason=f"{kk.reason}; passes without {cut} points, which are masked")


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


def _test(points: Masking, noise: float, settings: EisCheckSettings) -> KramersKronig:
    """Verdict on the kept points."""
    fk, zk = points.kept
    inductive = float(np.mean(zk.imag > 0))
    fit = fit_linear_kk(fk, zk)
    residual = (zk - fit.fitted_ohm) / np.abs(zk)
    size = point_sizes(fit.fitted_ohm, zk, noise)
    far = np.flatnonzero(size > settings.max_point_sigmas)
    whole = rms(residual) / noise
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
    elif far.size:
        level = "fail"
        places = ", ".join(f"{fk[i]:.4g} Hz" for i in far[:8])
        why = f"{far.size} point(s) beyond {settings.max_point_sigmas:g} sigma, and not wild ones alone: {places}"
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
    return KramersKronig(
        level=level,
        reason=f"{wild}; the others: {why}" if (wild := _wild_text(points)) else why,
        n_elements=fit.n_elements,
        mu=fit.mu,
        rms_percent=100 * rms(residual) * np.sqrt(2),
        noise_percent=100 * noise,
        residual_real=residual.real,
        residual_imag=residual.imag,
    )


def _correlation(residual: ComplexArray) -> float:
    power = float(np.sum(np.abs(residual) ** 2))
    return float(np.sum(residual[1:] * residual[:-1].conj()).real) / power if power > 0 else 0.0


def _wild_text(points: Masking) -> str:
    """``1 of 37 points is wild and left out (1e+06 Hz)``, or ''."""
    wild = [i for mask in points.masks if mask.code == WILD for i in mask.indices]
    if not wild:
        return ""
    places = ", ".join(f"{points.f[i]:.4g} Hz" for i in sorted(wild))
    return f"{len(wild)} of {points.f.size} points {'is' if len(wild) == 1 else 'are'} wild and left out ({places})"


def _findings(points: Masking, kk: KramersKronig, settings: EisCheckSettings) -> list[Finding]:
    spectrum, keep = points.spectrum, points.keep
    out: list[Finding] = []
    wild = _wild_text(points)
    if kk.level == "pass" and wild:
        problem = f"{wild}; the others pass Kramers-Kronig"
        hint = "look there in the raw spectrum: autorange, a cable, the mains"
        out.append(Finding(severity="warning", field="kramers_kronig", problem=problem, hint=hint, code=WILD))
    elif kk.level != "pass":
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


def list_notes(checked: CheckedSpectrum) -> Iterator[Finding]:
    """What a person at the instrument should know beside the findings."""
    if checked.kk.level == "pass" and not any(f.code == WILD for f in checked.findings):
        yield Finding(severity="info", field="kramers_kronig", problem=f"pass: {checked.kk.reason}")
