"""A file of any known format -> impedance spectra."""

from __future__ import annotations

from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.tables import parse_eclab
from pipeline.instruments.recognise import refuse_binary, refuse_companion
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.read.delimited import read_delimited_impedance
from pipeline.techniques.impedance.read.eclab import to_spectra


def read_impedance(raw: RawFile, settings: DelimitedSettings) -> tuple[ImpedanceSpectrum, ...]:
    """Spectra of a file of any known format.

    Raises
    ------
    ReadError
        The file cannot give impedance; the message says what it is instead.
    """
    refuse_companion(raw)
    eclab = parse_eclab(raw)
    if eclab is not None:
        return to_spectra(raw, *eclab)
    refuse_binary(raw)
    return read_delimited_impedance(raw, settings)
