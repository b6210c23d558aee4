"""X-ray absorption: scans of an edge -> distances, coordination and disorder of the first shell, and how far octahedra are bent."""

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
from pipeline.techniques.absorption.model import (
    AbsorptionScan,
    AbsorptionSummary,
    CheckedScan,
    EdgeResult,
    EdgeRow,
    ReducedOrXanes,
    References,
)
from pipeline.techniques.absorption.settings import (
    DistortionSettings,
    ReduceSettings,
    ShellSettings,
    XasCheckSettings,
    XasReadSettings,
)

if TYPE_CHECKING:
    from pipeline.techniques.absorption.study import XasTable


def recognise(raw: RawFile) -> Recognition | None:
    """A scan, a project, a session; or a table that can be nothing else."""
    from pipeline.techniques.absorption.read.recognise import recognise_scans

    return recognise_scans(raw)


def alone(raw: RawFile, known: Recognition) -> EdgeRow:
    """A file without a study: each scan at its own edge."""
    element, _, edge = known.subject.partition(" ")
    return EdgeRow(name=raw.name, sample="", files=(raw.name,), element=element, edge=edge)


def study() -> StudyPart[XasTable, EdgeRow]:
    """Its table of the study."""
    from pipeline.techniques.absorption.study import STUDY

    return STUDY


def read(raw: RawFile, work: Work[EdgeRow]) -> Iterable[AbsorptionScan]:
    """mu(E) of every scan of the sample; without a study of every scan."""
    from pipeline.techniques.absorption.groups import choose_groups
    from pipeline.techniques.absorption.read.scans import read_scans

    return choose_groups(raw.name, read_scans(raw, work.settings[XasReadSettings], mode=work.row.mode), work.row)


def check(scan: AbsorptionScan, work: Work[EdgeRow]) -> Iterable[CheckedScan]:
    """One scan at the edge of the study; without a study at its own, where it has one."""
    from pipeline.techniques.absorption.check.scan import check_scan

    element, edge = work.row.edge_of(scan.element, scan.edge)
    if not (element and edge) or (work.row.alone and scan.is_chi):
        return []  # without a study nobody says which edge it should have
    return [check_scan(scan, element, edge, work.row.mode, work.settings[XasCheckSettings])]


def fit(checked: Sequence[CheckedScan], work: Work[EdgeRow]) -> Iterable[ReducedOrXanes]:
    """All scans of a sample at an edge are merged and reduced."""
    from pipeline.techniques.absorption.fit.reduce.reduction import reduce_edge

    return [reduce_edge(work.row.sample, checked, work.settings[ReduceSettings], work.row)]


def group_edges(rows: Sequence[EdgeRow], samples: Sequence[Sample]) -> Iterable[Group[EdgeRow]]:
    """One group per edge, over all samples."""
    del samples
    for name in dict.fromkeys(row.edge_name for row in rows):
        mine = tuple(row for row in rows if row.edge_name == name)
        yield Group(name=name, rows=mine, beside=tuple(sorted({file for row in mine for file in row.beside})))


def fit_edge(work: JointWork[EdgeRow, ReducedOrXanes, EdgeResult]) -> Iterable[EdgeResult | PipelineError]:
    """First shells and distortion of all samples at one edge."""
    from pipeline.techniques.absorption.fit.edge import join_edge

    return join_edge(work)


def summarize(results: Results[ReducedOrXanes, EdgeResult], settings: Settings) -> Summed[AbsorptionSummary]:
    """The run in the order of the study, and its facts."""
    del settings
    from pipeline.techniques.absorption.summarize import summarize_edges

    return summarize_edges(results)


def report() -> Report[AbsorptionSummary]:
    """Tables, sections, archive."""
    from pipeline.techniques.absorption.report import REPORT

    return REPORT


TECHNIQUE: Technique[
    XasTable, EdgeRow, AbsorptionScan, CheckedScan, ReducedOrXanes, EdgeResult, AbsorptionSummary
] = Technique(
    name="absorption",
    key="xas",
    package=__package__,
    noun=("scan", "scans"),
    name_words=("EXAFS", "XANES", "XAS"),
    libraries=("gemmi", "xraylarch"),
    rank=30,
    recognise=recognise,
    alone=alone,
    study=study,
    chain=Chain(
        settings={"xas.read": XasReadSettings, "xas.check": XasCheckSettings, "xas.reduce": ReduceSettings},
        read=read,
        check=check,
        fit=fit,
        together=True,
    ),
    joint=(
        Joint(
            name="edge",
            settings={"xas.shells": ShellSettings, "xas.distortion": DistortionSettings, "xas_reference": References},
            groups=group_edges,
            fit=fit_edge,
        ),
    ),
    summing=Summing(summarize=summarize),
    report=report,
)  # fmt: skip
