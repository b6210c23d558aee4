"""Spectrum -> checked spectrum: junk refused, spikes masked, energies on the scale of the reference, and the size of the noise.

    noise = median (d3 y)^2 / (20 * 0.4549 y)

Third differences of white noise have 20 times its variance; 0.4549 is the median of chi^2 of one degree.  For counts
(Poisson) it is 1, else the measured ratio.

The charge reference is added here, once: ``shift_ev`` of the study, or what brings C 1s to its place.  The place of C
1s as measured is the top of a parabola through the upper third of its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import CheckError
from pipeline.core.values import Estimate, Finding, Mask
from pipeline.techniques.surfaces.model import ChargeReference, CheckedSpectrum, Spectrum, SpectrumRow
from pipeline.techniques.surfaces.settings import SpectrumCheckSettings

Flags: TypeAlias = NDArray[np.bool_]
MEDIAN_CHI2 = 0.4549
"""Median of chi^2 with one degree of freedom."""
MIN_CARBON = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Something with what is to be said of it."""

    value: Estimate | None
    findings: tuple[Finding, ...]


def check_spectrum(spectrum: Spectrum, row: SpectrumRow, settings: SpectrumCheckSettings) -> Iterator[CheckedSpectrum]:
    """One checked spectrum.

    Parameters
    ----------
    spectrum:
        ``binding_ev`` (n,) ascending, ``counts`` (n,).

    Raises
    ------
    CheckError
        No numbers, negative or no counts, a survey, energies that do not rise, or too few points in the window.
    """
    _refuse_junk(spectrum, settings)
    shift = _shift(spectrum, row.reference)
    energy = spectrum.binding_ev + (shift.value.value if shift.value else 0.0)
    low, high = row.window_ev or (-np.inf, np.inf)
    inside = (energy >= low) & (energy <= high)
    spiky = inside & _spikes(spectrum.counts, settings.spike_sigmas)
    keep = inside & ~spiky
    masks = []
    if not inside.all():
        words = f"outside the window of {low:g} to {high:g} eV"
        masks.append(Mask(indices=_places(~inside), reason=words, code="window"))
    if spiky.any():
        words = f"spike beyond {settings.spike_sigmas:g} sigma of its neighbours"
        masks.append(Mask(indices=_places(spiky), reason=words, code="spike"))
    n = int(keep.sum())
    if n < settings.min_points:
        problem = f"{n} points are left in the window, {settings.min_points} are needed"
        raise _error(spectrum, "counts", problem, f"the region reaches from {energy[0]:.1f} to {energy[-1]:.1f} eV")
    span = float(np.ptp(energy[keep]))
    if span > settings.max_range_ev:
        problem = f"{span:.0f} eV are a survey, not a region"
        raise _error(spectrum, "binding_ev", problem, "measure the region, or give its window_ev")
    noise, told = _noise(spectrum, keep, settings)
    yield CheckedSpectrum(
        spectrum=spectrum,
        binding_ev=energy[keep],
        counts=spectrum.counts[keep],
        noise=noise,
        shift_ev=shift.value,
        masks=tuple(masks),
        findings=(*spectrum.findings, *shift.findings, *told),
    )


def _error(spectrum: Spectrum, field: str, problem: str, hint: str = "") -> CheckError:
    return CheckError(source=spectrum.source.file, field=field, problem=f"{spectrum.region}: {problem}", hint=hint)


def _places(flags: Flags) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(flags))


def _refuse_junk(spectrum: Spectrum, settings: SpectrumCheckSettings) -> None:
    if spectrum.counts.size < settings.min_points:
        raise _error(spectrum, "counts", f"{spectrum.counts.size} points, {settings.min_points} are needed")
    for name, values in (("binding_ev", spectrum.binding_ev), ("counts", spectrum.counts)):
        bad = int(np.count_nonzero(~np.isfinite(values)))
        if bad:
            raise _error(spectrum, name, f"{bad} value(s) are no numbers", "export it again")
    if (spectrum.counts < 0).any():
        problem = f"{int((spectrum.counts < 0).sum())} point(s) below zero: a background was taken off"
        raise _error(spectrum, "counts", problem, "export the counts as measured: the fit has its own background")
    if float(np.ptp(spectrum.counts)) == 0:
        raise _error(spectrum, "counts", "the same number throughout", "was the beam on, is it the right column?")
    steps = np.diff(spectrum.binding_ev)
    if not (steps > 0).all():
        problem = f"{int((steps <= 0).sum())} energies stand twice"
        raise _error(spectrum, "binding_ev", problem, "export one scan, or their sum")


def _spikes(counts: FloatArray, sigmas: float) -> Flags:
    """Single points far above the median of their four neighbours, in units of the scatter about it."""
    padded = np.pad(counts, 2, mode="reflect")
    around = np.median(np.stack([padded[i : i + counts.size] for i in (0, 1, 3, 4)]), axis=0)
    scale = np.sqrt(np.maximum(around, 1.0))
    away = (counts - around) / scale
    scatter = max(1.4826 * float(np.median(np.abs(away))), 1e-9)
    neighbours = np.pad(away, 1, mode="edge")
    alone = np.maximum(neighbours[:-2], neighbours[2:]) < 0.5 * away
    return np.asarray((away > sigmas * scatter) & alone)


def _noise(spectrum: Spectrum, keep: Flags, settings: SpectrumCheckSettings) -> tuple[float, tuple[Finding, ...]]:
    """Variance over counts, and what is to be said of it."""
    y = spectrum.counts
    mean = np.maximum((y[1:-2] + y[2:-1]) / 2, 1e-12 * float(y.max()))
    inside = keep[:-3] & keep[3:]
    ratio = float(np.median((np.diff(y, 3) ** 2 / mean)[inside])) / (20 * MEDIAN_CHI2) if inside.any() else 0.0
    within = settings.poisson_within
    if spectrum.counted and 1 / within <= ratio <= within:
        return 1.0, ()
    if ratio <= 0:
        if spectrum.counted:
            return 1.0, ()
        raise _error(spectrum, "counts", "no noise, and no counts: the numbers were smoothed", "export the raw counts")
    if not spectrum.counted:
        problem = "no counts in the file: the size of the noise is taken from the data"
        note = Finding(severity="info", field="counts", problem=problem, hint="export counts", code="not_counts")
        return ratio, (note,)
    meant = "scans were averaged or smoothed" if ratio < 1 else "counts were scaled"
    problem = f"the noise is {ratio:.2g} times that of counts ({meant}): its size is taken from the data"
    note = Finding(severity="warning", field="counts", problem=problem, hint="export raw counts", code="not_poisson")
    return ratio, (note,)


def _shift(spectrum: Spectrum, reference: ChargeReference) -> _Told:
    """What is added to the energies, with its uncertainty."""

    def told(severity: str, problem: str, hint: str = "", code: str = "") -> tuple[Finding, ...]:
        note = Finding(severity="warning", field="reference", problem=problem, hint=hint, code=code)
        return (replace(note, severity="info") if severity == "info" else note,)

    if reference.shift_ev is not None:
        value = Estimate(value=reference.shift_ev, sigma=reference.c1s_sigma_ev, unit="eV")
        return _Told(value=value, findings=())
    if reference.c1s_ev is None:
        words = "no charge reference: binding energies stay as measured"
        return _Told(value=None, findings=told("warning", words, "reference = { c1s_ev = 284.8 }", "no_reference"))
    place = carbon_place(spectrum.carbon_ev, spectrum.carbon_counts)
    if place is None:
        words = "no C 1s beside this region: binding energies stay as measured"
        return _Told(
            value=None, findings=told("warning", words, "reference = { file = ... } or { shift_ev = ... }", "no_carbon")
        )
    shift = reference.c1s_ev - place.value
    value = Estimate(value=shift, sigma=float(np.hypot(place.sigma, reference.c1s_sigma_ev)), unit="eV")
    words = f"C 1s at {place.value:.2f} eV as measured: energies moved by {shift:+.2f} eV to {reference.c1s_ev:g} eV"
    return _Told(value=value, findings=told("info", words))


def carbon_place(energy: FloatArray, counts: FloatArray) -> Estimate | None:
    """Top of the strongest line of a C 1s spectrum, eV as measured; None where there is none.

    Parameters
    ----------
    energy, counts:
        (k,), energy ascending.
    """
    if energy.size < MIN_CARBON:
        return None
    smooth = np.convolve(counts, np.ones(3) / 3, mode="same")
    top = int(np.argmax(smooth[1:-1])) + 1
    base = float(np.percentile(counts, 10))
    high = smooth - base > 0.67 * (smooth[top] - base)
    low = top - int(np.argmin(high[top::-1])) if not high[top::-1].all() else -1
    end = top + int(np.argmin(high[top:])) if not high[top:].all() else energy.size
    rows = np.arange(low + 1, end)
    if rows.size < 4:
        rows = np.arange(max(top - 2, 0), min(top + 3, energy.size))
    x = energy[rows] - energy[top]
    weight = 1 / np.sqrt(np.maximum(counts[rows], 1.0))
    if rows.size < 5 or np.ptp(x) == 0:
        return Estimate(value=float(energy[top]), sigma=float(np.median(np.diff(energy))), unit="eV")
    (a, b, _), cov = np.polyfit(x, counts[rows], 2, w=weight, cov="unscaled")
    if a >= 0:
        return Estimate(value=float(energy[top]), sigma=float(np.ptp(x)), unit="eV")
    place = -b / (2 * a)
    slope = np.array([b / (2 * a * a), -1 / (2 * a), 0.0])
    return Estimate(value=float(energy[top] + place), sigma=float(np.sqrt(slope @ cov @ slope)), unit="eV")
