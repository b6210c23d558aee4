"""A file of any known format -> impedance spectra."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pipeline.core.errors import PipelineError
from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.tables import parse_eclab
from pipeline.instruments.recognise import refuse_binary, refuse_companion
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.read.delimited import read_delimited_impedance
from pipeline.techniques.impedance.read.eclab import to_spectra
from pipeline.techniques.impedance.rows import SpectrumRow


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


@lru_cache(maxsize=4)
def read_fixture(raw: RawFile, settings: DelimitedSettings) -> ImpedanceSpectrum:
    """The spectrum of the shorted or of the empty cell, parsed once for all spectra of a unit of work.

    Raises
    ------
    ReadError
        As ``read_impedance``.
    """
    return read_impedance(raw, settings)[0]


def read_fixtures(
    row: SpectrumRow, beside: Mapping[str, RawFile | PipelineError], settings: DelimitedSettings
) -> tuple[ImpedanceSpectrum | None, ImpedanceSpectrum | None]:
    """The shorted and the empty cell of a row; None for one that the study does not name.

    Raises
    ------
    PipelineError
        One of them cannot be read, or gives no impedance.
    """

    def fixture(name: str | None) -> ImpedanceSpectrum | None:
        raw = None if name is None else beside[name]
        if isinstance(raw, PipelineError):
            raise raw
        return None if raw is None else read_fixture(raw, settings)

    return fixture(row.short), fixture(row.open)
