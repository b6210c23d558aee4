"""Cycling: capacity, efficiency, rates and retention of battery cells, from the records of a tester, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Never

from pipeline.core.sample import RawFile, Recognition
from pipeline.core.technique import Chain, Report, Results, Settings, StudyPart, Summed, Summing, Technique, Work
from pipeline.techniques.cycling.model import CellTest, CheckedStep, CyclingRow, CyclingStep, CyclingSummary
from pipeline.techniques.cycling.settings import CompareSettings, CurveSettings, RateSettings, StepSettings

if TYPE_CHECKING:
    from pipeline.techniques.cycling.study import CyclingTable


def recognise(raw: RawFile) -> Recognition | None:
    """Files of battery testers, and EC-Lab files of a galvanostatic technique."""
    from pipeline.techniques.cycling.recognise import recognise_cycling

    return recognise_cycling(raw)


def alone(raw: RawFile, known: Recognition) -> CyclingRow:
    """A file of which no study says anything."""
    del known
    return CyclingRow(name=raw.name, sample="", files=(raw.name,))


def study() -> StudyPart[CyclingTable, CyclingRow]:
    """Its tables in a study."""
    from pipeline.techniques.cycling.study import STUDY

    return STUDY


def read(raw: RawFile, work: Work[CyclingRow]) -> Iterable[CyclingStep]:
    """The steps of a test."""
    from pipeline.techniques.cycling.read.files import read_cycling

    return read_cycling(raw, dict(work.row.cell.columns))


def check(step: CyclingStep, work: Work[CyclingRow]) -> Iterable[CheckedStep]:
    """The step with a clock that never runs backwards."""
    from pipeline.techniques.cycling.check import check_step

    del work
    return check_step(step)


def fit(checked: Sequence[CheckedStep], work: Work[CyclingRow]) -> Iterable[CellTest]:
    """Charges, cycles, runs at one rate, retention of the cell."""
    from pipeline.techniques.cycling.fit.cell import FitSettings, fit_cell

    given = work.settings
    settings = FitSettings(steps=given[StepSettings], rates=given[RateSettings], curves=given[CurveSettings])
    yield fit_cell(checked, work.row, settings)


def summarize(results: Results[CellTest, Never], settings: Settings) -> Summed[CyclingSummary]:
    """Repeats, differences between samples, facts."""
    from pipeline.techniques.cycling.summarize import summarize_cells

    return summarize_cells(results, settings[CompareSettings])


def report() -> Report[CyclingSummary]:
    """What is shown."""
    from pipeline.techniques.cycling.report import REPORT

    return REPORT


TECHNIQUE: Technique[CyclingTable, CyclingRow, CyclingStep, CheckedStep, CellTest, Never, CyclingSummary] = Technique(
    name="cycling",
    key="cycling",
    package=__package__,
    noun=("step", "steps"),
    name_words=("cyc(?:ling)?", r"GCPL\d?", "GCD", "MB", "rate(?:test)?", "cell"),
    libraries=("NewareNDA", "openpyxl", "xlrd"),
    rank=40,
    recognise=recognise,
    alone=alone,
    study=study,
    chain=Chain(
        settings={
            "cycling.steps": StepSettings,
            "cycling.rates": RateSettings,
            "cycling.curves": CurveSettings,
        },
        read=read,
        check=check,
        fit=fit,
        together=True,
    ),
    summing=Summing(settings={"cycling.compare": CompareSettings}, summarize=summarize),
    report=report,
)
