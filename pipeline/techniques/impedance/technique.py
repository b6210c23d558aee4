"""Impedance: resistances of a pellet's regions from its spectra, and their conductivities over temperature and composition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.core.sample import RawFile, Recognition
from pipeline.core.technique import (
    Chain,
    Joint,
    JointWork,
    Report,
    Results,
    Settings,
    StudyPart,
    Summed,
    Summing,
    Technique,
    Work,
)
from pipeline.core.values import Finding
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance import settings as own
from pipeline.techniques.impedance.model import (
    CheckedSpectrum,
    ImpedanceSpectrum,
    ImpedanceSummary,
    PelletFit,
    SpectrumFit,
)
from pipeline.techniques.impedance.pellets import Joined, list_pellets, list_samples
from pipeline.techniques.impedance.rows import SpectrumRow

if TYPE_CHECKING:
    from pipeline.techniques.impedance.study import EisTable


def recognise(raw: RawFile) -> Recognition | None:
    """Spectra, EC-Lab files of any kind but sweeps, what stands beside the data, and why no reader knows a text."""
    from pipeline.techniques.impedance.read.recognition import recognise_impedance

    return recognise_impedance(raw)


def alone(raw: RawFile, known: Recognition) -> SpectrumRow:
    """A file without a study: its temperature is the one that it or its name tells."""
    kelvin, origin = known.temperature_k, known.temperature_origin
    return SpectrumRow(name=raw.name, sample="", files=(raw.name,), temperature_k=kelvin, temperature_origin=origin)


def study() -> StudyPart[EisTable, SpectrumRow]:
    """Its tables of a study."""
    from pipeline.techniques.impedance.study import STUDY

    return STUDY


def read(raw: RawFile, work: Work[SpectrumRow]) -> Iterable[ImpedanceSpectrum]:
    """The spectra of a file; a shorted or empty cell that cannot be read ends it."""
    from pipeline.techniques.impedance.read.spectra import read_fixtures, read_impedance

    spectra = read_impedance(raw, work.settings[DelimitedSettings])
    read_fixtures(work.row, work.beside, work.settings[DelimitedSettings])
    return spectra


def check(spectrum: ImpedanceSpectrum, work: Work[SpectrumRow]) -> Iterable[CheckedSpectrum]:
    """One spectrum at the temperature of the study, corrected, without the points that a person or the check leaves out."""
    from pipeline.techniques.impedance.check.corrections import correct_spectrum
    from pipeline.techniques.impedance.check.spectrum import check_spectrum
    from pipeline.techniques.impedance.check.temperature import place_spectrum
    from pipeline.techniques.impedance.read.spectra import read_fixtures

    row = work.row
    cells = read_fixtures(row, work.beside, work.settings[DelimitedSettings])
    masks = tuple(band for r in row.reviews if r.about(spectrum.loop) for band in r.mask_hz)
    spectrum = correct_spectrum(place_spectrum(spectrum, row), row.corrections, *cells)
    return [check_spectrum(spectrum, work.settings[own.EisCheckSettings], mask_hz=masks)]


def notes(checked: CheckedSpectrum) -> Iterable[Finding]:
    """That the Kramers-Kronig test was passed."""
    from pipeline.techniques.impedance.check.spectrum import list_notes

    return list_notes(checked)


def fit(checked: Sequence[CheckedSpectrum], work: Work[SpectrumRow]) -> Iterator[SpectrumFit]:
    """Arcs of each spectrum; the total knows the contact's uncertainty."""
    from pipeline.techniques.impedance.check.corrections import know_contact
    from pipeline.techniques.impedance.fit.spectrum import fit_spectrum

    for part in checked:
        mine = [r for r in work.row.reviews if r.about(part.spectrum.loop)]
        found = fit_spectrum(part, mine, work.settings[own.ArcSettings], work.row.circuit, work.row.fixed)
        yield know_contact(found, work.row)


def join(work: JointWork[SpectrumRow, SpectrumFit, Joined]) -> Iterable[Joined]:
    """All spectra of a pellet at once, with its pristine phases as evidence."""
    from pipeline.techniques.impedance.fit.pellet import fit_pellet

    known = {name: found for name, (found,) in work.earlier.items() if isinstance(found, PelletFit)}
    series, evidence = work.settings[own.SeriesSettings], work.settings[own.EvidenceSettings]
    return [fit_pellet(work.group.samples[0], work.fitted, known, series, evidence)]


def ask(work: JointWork[SpectrumRow, SpectrumFit, Joined]) -> Iterable[Joined]:
    """What impedance.py and lmfit make of the headline spectra of a pellet."""
    from pipeline.techniques.impedance.fit.second_opinion import ask_others

    return ask_others(work.group.name, work.fitted)


def summarize(results: Results[SpectrumFit, Joined], settings: Settings) -> Summed[ImpedanceSummary]:
    """Conductivity over temperature and composition."""
    from pipeline.techniques.impedance.summarize.summary import summarize_impedance

    return summarize_impedance(results, settings)


def report() -> Report[ImpedanceSummary]:
    """What is shown."""
    from pipeline.techniques.impedance.report import REPORT

    return REPORT


TECHNIQUE: Technique[
    EisTable, SpectrumRow, ImpedanceSpectrum, CheckedSpectrum, SpectrumFit, Joined, ImpedanceSummary
] = Technique(
    name="impedance",
    key="eis",
    package=__package__,
    noun=("spectrum", "spectra"),
    name_words=(r"S?[PG]EIS", "EIS"),
    libraries=("lmfit", "impedance"),
    rank=10,
    recognise=recognise,
    alone=alone,
    study=study,
    chain=Chain(settings=own.CHAIN, read=read, check=check, fit=fit, notes=notes),
    joint=(
        Joint(name="pellet", settings=own.PELLET, groups=list_pellets, fit=join),
        Joint(name="second opinion", settings={}, groups=list_samples, fit=ask, second_opinion=True),
    ),
    summing=Summing(summarize=summarize, settings=own.SUMMARY),
    report=report,
)
