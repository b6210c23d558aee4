"""What stands between the instrument and the sample, taken off before anything is fitted.

    short and open:      Z = (Zm - Zs) / (1 - (Zm - Zs) Yo),  Yo = 1 / (Zo - Zs)
    stray capacitance:   1/Z -> 1/Z - 2j pi f C               (in parallel with the sample)
    contact resistance:  Z -> Z - R                           (in series with the sample)

Open/short compensation: Okada and Sekino, Impedance Measurement Handbook, Agilent Technologies (2003), chapter 4.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.errors import CheckError
from pipeline.core.values import Z95, Estimate, Finding
from pipeline.techniques.impedance.model import ImpedanceSpectrum, SpectrumFit
from pipeline.techniques.impedance.rows import Corrections, SpectrumRow


def correct_spectrum(
    spectrum: ImpedanceSpectrum,
    corrections: Corrections,
    short: ImpedanceSpectrum | None = None,
    open_: ImpedanceSpectrum | None = None,
) -> ImpedanceSpectrum:
    """Take fixture, stray capacitance and contact resistance off, in this order.

    Parameters
    ----------
    spectrum:
        ``frequency_hz`` and ``impedance_ohm`` of shape (n,), ohm.
    corrections:
        Contact resistance in ohm, stray capacitance in F.
    short, open_:
        Spectra of the shorted and of the empty cell; interpolated in ln f.

    Returns
    -------
    The same spectrum where nothing is asked for; else a new one with one finding per correction.

    Raises
    ------
    CheckError
        Short or open do not cover the measured frequencies.
    """
    z: ComplexArray = np.array(spectrum.impedance_ohm, dtype=complex)
    f = spectrum.frequency_hz
    notes: list[Finding] = []

    def note(problem: str) -> None:
        notes.append(Finding(severity="info", field="impedance_ohm", problem=problem))

    if short is not None or open_ is not None:
        shorted = np.zeros_like(z) if short is None else _at(short, f, spectrum.source.file)
        admittance: ComplexArray = np.zeros_like(z)
        if open_ is not None:
            admittance = np.asarray(1 / (_at(open_, f, spectrum.source.file) - shorted), dtype=complex)
        z = (z - shorted) / (1 - (z - shorted) * admittance)
        used = [name for name, s in (("short", short), ("open", open_)) if s is not None]
        note(f"corrected by the measured {' and '.join(used)}")
    if corrections.stray_capacitance_f > 0:
        z = np.asarray(1 / (1 / z - 2j * np.pi * f * corrections.stray_capacitance_f), dtype=complex)
        note(f"stray capacitance of {corrections.stray_capacitance_f:.3g} F taken off (study)")
    if corrections.contact_resistance_ohm > 0:
        z = z - corrections.contact_resistance_ohm
        note(f"contact resistance of {corrections.contact_resistance_ohm:g} ohm taken off (study)")
    if not notes:
        return spectrum
    return replace(spectrum, impedance_ohm=z, findings=(*spectrum.findings, *notes))


def _at(fixture: ImpedanceSpectrum, frequency_hz: FloatArray, file: str) -> ComplexArray:
    order = np.argsort(fixture.frequency_hz)
    known, z = fixture.frequency_hz[order], fixture.impedance_ohm[order]
    if frequency_hz.min() < known[0] * 0.999 or frequency_hz.max() > known[-1] * 1.001:
        raise CheckError(
            source=file,
            field="corrections",
            problem=f"{fixture.source.file} covers {known[0]:.3g}-{known[-1]:.3g} Hz, not the whole spectrum",
            hint="measure short and open over the same frequencies",
        )
    x = np.log(frequency_hz)
    return np.interp(x, np.log(known), z.real) + 1j * np.interp(x, np.log(known), z.imag)


def know_contact(fit: SpectrumFit, row: SpectrumRow) -> SpectrumFit:
    """The fit whose totals hold the contact's uncertainty, and whether the study tells of contacts or the shorted cell at all."""
    given = row.corrections
    known = row.short is not None or given.contact_resistance_ohm > 0 or given.contact_resistance_sigma_ohm > 0
    every = tuple(replace(t, resistance=widen_total(t.resistance, given)) for t in fit.totals)
    return replace(fit, total_resistance=widen_total(fit.total_resistance, given), totals=every, contact_known=known)


def widen_total(total: Estimate | None, corrections: Corrections) -> Estimate | None:
    """The total resistance with the contact resistance's uncertainty added in quadrature, interval included."""
    extra = corrections.contact_resistance_sigma_ohm
    if total is None or extra == 0:
        return total
    wide = math.hypot(total.sigma, extra) / total.sigma if total.sigma > 0 else math.inf
    low, high = total.value - (total.value - total.low) * wide, total.value + (total.high - total.value) * wide
    if not math.isfinite(wide):
        low, high = total.value - Z95 * extra, total.value + Z95 * extra
    return replace(total, sigma=math.hypot(total.sigma, extra), low95=low, high95=high)
