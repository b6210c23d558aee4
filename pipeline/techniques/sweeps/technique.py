"""Sweeps: the stability window of a solid electrolyte, from the current over the potential of linear or cyclic sweeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Never

from pipeline.core.sample import RawFile, Recognition
from pipeline.core.technique import Chain, Report, Results, Settings, StudyPart, Summed, Summing, Technique, Work
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.sweeps.model import (
    CheckedSweep,
    ComputedWindows,
    LinearSweep,
    SweepFit,
    SweepRow,
    SweepSummary,
)
from pipeline.techniques.sweeps.settings import LsvCheckSettings, OnsetSettings, WindowSettings

if TYPE_CHECKING:
    from pipeline.techniques.sweeps.study import SweepTable


def recognise(raw: RawFile) -> Recognition | None:
    """EC-Lab files of a sweeping technique, and text tables of potential and current."""
    from pipeline.techniques.sweeps.recognise import recognise_sweeps

    return recognise_sweeps(raw)


def alone(raw: RawFile, known: Recognition) -> SweepRow:
    """A file of which no study says anything."""
    del known
    return SweepRow(name=raw.name, sample="", files=(raw.name,))


def study() -> StudyPart[SweepTable, SweepRow]:
    """Its tables in a study."""
    from pipeline.techniques.sweeps.study import STUDY

    return STUDY


def read(raw: RawFile, work: Work[SweepRow]) -> Iterable[LinearSweep]:
    """One sweep per cycle or block."""
    from pipeline.techniques.sweeps.read import read_sweeps

    return read_sweeps(raw, work.settings[DelimitedSettings])


def check(sweep: LinearSweep, work: Work[SweepRow]) -> Iterable[CheckedSweep]:
    """One checked sweep per direction."""
    from pipeline.techniques.sweeps.check.sweep import check_sweep

    return check_sweep(sweep, work.row.conditions, work.settings[LsvCheckSettings])


def fit(checked: Sequence[CheckedSweep], work: Work[SweepRow]) -> Iterable[SweepFit]:
    """Baseline and onsets of each direction; those before one that fails stand."""
    from pipeline.techniques.sweeps.fit.onset import find_onsets

    return (find_onsets(part, work.settings[OnsetSettings]) for part in checked)


def summarize(results: Results[SweepFit, Never], settings: Settings) -> Summed[SweepSummary]:
    """Windows of all samples, and how they differ."""
    from pipeline.techniques.sweeps.summarize.sweeps import summarize_sweeps

    return summarize_sweeps(results, settings[ComputedWindows], settings[WindowSettings])


def report() -> Report[SweepSummary]:
    """What is shown."""
    from pipeline.techniques.sweeps.report import REPORT

    return REPORT


TECHNIQUE: Technique[SweepTable, SweepRow, LinearSweep, CheckedSweep, SweepFit, Never, SweepSummary] = Technique(
    name="sweeps",
    key="lsv",
    package=__package__,
    noun=("sweep", "sweeps"),
    name_words=("LSV", "CVA?", "OCV", "CA", "CP", r"GCPL\d?", "ox(?:idation)?", "red(?:uction)?"),
    rank=20,
    recognise=recognise,
    alone=alone,
    study=study,
    chain=Chain(
        settings={"eis.read": DelimitedSettings, "lsv.check": LsvCheckSettings, "lsv.onset": OnsetSettings},
        read=read,
        check=check,
        fit=fit,
    ),
    summing=Summing(
        settings={"summarize.window": WindowSettings, "computed_window_v_vs_na": ComputedWindows}, summarize=summarize
    ),
    report=report,
)
