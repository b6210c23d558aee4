"""Surfaces: the species in photoelectron spectra, and how they change from one state of a cell to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipeline.core.errors import PipelineError
from pipeline.core.sample import RawFile, Recognition, Sample
from pipeline.core.technique import (
    Chain,
    Group,
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
from pipeline.techniques.surfaces.model import (
    CheckedSpectrum,
    Spectrum,
    SpectrumRow,
    StateChange,
    SurfaceFit,
    SurfaceSummary,
)
from pipeline.techniques.surfaces.settings import LineSettings, SpectrumCheckSettings

if TYPE_CHECKING:
    from pipeline.techniques.surfaces.study import SpectrumTable


def recognise(raw: RawFile) -> Recognition | None:
    """VAMAS, CasaXPS, SPECS, PHI and Scienta by their first lines; columns that are headed as electron energies."""
    from pipeline.techniques.surfaces.recognise import recognise_spectra

    return recognise_spectra(raw)


def alone(raw: RawFile, known: Recognition) -> SpectrumRow:
    """A file of which no study says anything."""
    del known
    return SpectrumRow(name=raw.name, sample="", files=(raw.name,))


def study() -> StudyPart[SpectrumTable, SpectrumRow]:
    """Its tables in a study."""
    from pipeline.techniques.surfaces.study import STUDY

    return STUDY


def read(raw: RawFile, work: Work[SpectrumRow]) -> Iterable[Spectrum]:
    """The spectra of the row's region, or of every region."""
    from pipeline.techniques.surfaces.read import read_spectra

    return read_spectra(raw, work)


def check(spectrum: Spectrum, work: Work[SpectrumRow]) -> Iterable[CheckedSpectrum]:
    """Spikes, noise, and the charge reference."""
    from pipeline.techniques.surfaces.check import check_spectrum

    return check_spectrum(spectrum, work.row, work.settings[SpectrumCheckSettings])


def fit(checked: Sequence[CheckedSpectrum], work: Work[SpectrumRow]) -> Iterable[SurfaceFit]:
    """Components of each spectrum."""
    from pipeline.techniques.surfaces.fit.spectrum import fit_spectra

    return fit_spectra(checked, work.row, work.settings[LineSettings])


def groups(rows: Sequence[SpectrumRow], samples: Sequence[Sample]) -> Iterable[Group[SpectrumRow]]:
    """Samples with more than one state."""
    from pipeline.techniques.surfaces.fit.states import sample_groups

    return sample_groups(rows, samples)


def compare(work: JointWork[SpectrumRow, SurfaceFit, StateChange]) -> Iterable[StateChange | PipelineError]:
    """Each region in each state against the first."""
    from pipeline.techniques.surfaces.fit.states import compare_states

    return compare_states(work.group.name, work.fitted, work.settings[LineSettings])


def summarize(results: Results[SurfaceFit, StateChange], settings: Settings) -> Summed[SurfaceSummary]:
    """Components, changes and atomic fractions."""
    from pipeline.techniques.surfaces.summarize.surfaces import summarize_surfaces

    del settings
    return summarize_surfaces(results)


def report() -> Report[SurfaceSummary]:
    """What is shown."""
    from pipeline.techniques.surfaces.report import REPORT

    return REPORT


TECHNIQUE: Technique[SpectrumTable, SpectrumRow, Spectrum, CheckedSpectrum, SurfaceFit, StateChange, SurfaceSummary] = (
    Technique(
        name="surfaces",
        key="xps",
        package=__package__,
        noun=("photoelectron spectrum", "photoelectron spectra"),
        name_words=("XPS", r"[A-Z][a-z]?[1-5][spdf]", "pristine"),
        libraries=("lmfit",),
        rank=50,
        recognise=recognise,
        alone=alone,
        study=study,
        chain=Chain(
            settings={"xps.check": SpectrumCheckSettings, "xps.fit": LineSettings},
            read=read,
            check=check,
            fit=fit,
        ),
        joint=(Joint(name="states", settings={"xps.fit": LineSettings}, groups=groups, fit=compare),),
        summing=Summing(summarize=summarize),
        report=report,
    )
)
