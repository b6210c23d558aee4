"""At which temperature a spectrum was measured: the study's, else the one that the file recorded, else its name's."""

from __future__ import annotations

from dataclasses import replace

from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.rows import SpectrumRow
from pipeline.techniques.impedance.temperatures import compare_recorded


def place_spectrum(spectrum: ImpedanceSpectrum, row: SpectrumRow) -> ImpedanceSpectrum:
    """The spectrum with its temperature; a study that contradicts the instrument is believed, and a finding says so."""
    recorded = spectrum.temperature_k
    if row.temperature_k is not None:
        told = compare_recorded(recorded, row.temperature_k)
        return replace(
            spectrum,
            temperature_k=row.temperature_k,
            temperature_origin=row.temperature_origin,
            in_kelvin=row.in_kelvin,
            findings=spectrum.findings if told is None else (*spectrum.findings, told),
        )
    if recorded is not None:
        return replace(spectrum, in_kelvin=True)
    if row.named_temperature_k is None:
        return spectrum
    return replace(
        spectrum, temperature_k=row.named_temperature_k, temperature_origin="file name", in_kelvin=row.in_kelvin
    )
