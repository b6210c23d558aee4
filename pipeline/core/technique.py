"""The contract: what a technique declares, so that the rest of the program need not know it.

    study table -> rows -chain-> fitted -joint-> joined -summing-> summary and facts -report-> tables, sections, archive

A technique is one value, ``TECHNIQUE``, in a module that is quick to import.  Its functions take what the science needs from the
row and the settings, import that science when they are called, and hand it on; ``study`` and ``report`` open a whole module.
mypy follows the types from row to report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

from pipeline.core.blocks import Block, Section
from pipeline.core.drafting import Drafting
from pipeline.core.errors import PipelineError
from pipeline.core.key import KeyPart
from pipeline.core.sample import RawFile, Recognition, Sample, Source
from pipeline.core.tables import Kind, Table
from pipeline.core.values import Fact, Finding, Mask, Rejection

# ---- what flows: a technique adds its own fields to these ----


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Base of settings, of reviews, and of dataclasses in them: in a study an unknown key is a mistake, and so is infinity."""

    __pydantic_config__: ClassVar = {"extra": "forbid", "allow_inf_nan": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Given):
    """A person's decision about one file, or about one of its measurements."""

    file: str
    loop: int | None = None
    exclude: bool = False
    note: str = ""
    by: str = ""

    def about(self, loop: int) -> bool:
        """True where it holds for this measurement of its file."""
        return self.loop in (None, loop)

    def names(self, measurement: Measurement | None) -> bool:
        """True where it is this measurement of its file that is decided on; None: where it is the file as a whole."""
        return self.loop == (None if measurement is None else measurement.loop)

    def decision(self) -> Mapping[str, str | int]:
        """A technique's own fields, as columns of the table of reviews."""
        return {}

    def in_words(self) -> Sequence[str]:
        """The same for people: ``2 arcs``."""
        return [f"{name} {value}" for name, value in self.decision().items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One unit of work: the files of the study that are reduced together."""

    name: str
    """The file, or sample and edge: the subject of its findings."""
    sample: str
    files: tuple[str, ...]
    beside: tuple[str, ...] = ()
    """Files that the work needs and that are not measurements of the sample: a shorted cell, a structure."""
    reviews: tuple[Review, ...] = ()
    """Set by the loader; a technique with a ``Review`` of its own narrows the type."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurement:
    """One measurement of a file, as it was read."""

    source: Source
    loop: int = 1
    """Number of the measurement in its file, from 1."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checked:
    """A measurement, or a part of one, with the points that no fit may use."""

    masks: tuple[Mask, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def part(self) -> str:
        """Which part of the measurement it is, for the table of masks; '' where it is all of it."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """What a fit leaves in a record; its findings include what read and check had to say."""

    masks: tuple[Mask, ...] = ()
    """Points that the fit itself left out, beside those of the check; of a chain that fits each measurement by itself."""
    findings: tuple[Finding, ...] = ()


T = TypeVar("T")
TableT = TypeVar("TableT")
RowT = TypeVar("RowT", bound=Row)
MeasurementT = TypeVar("MeasurementT", bound=Measurement)
CheckedT = TypeVar("CheckedT", bound=Checked)
FittedT = TypeVar("FittedT", bound=Result)
JoinedT = TypeVar("JoinedT", bound=Result)
SummaryT = TypeVar("SummaryT")
SettingsClasses: TypeAlias = Mapping[str, type[object]]
"""``"lsv.onset"`` for the table ``[settings.lsv.onset]`` -> its class; ``"xas_reference"`` for an option of the study. What is
listed beside a piece of work is in the key of its records. Techniques may list one table of one class together."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings and options of one piece of work, found by their class: ``settings[OnsetSettings]``."""

    values: tuple[object, ...] = ()

    def __getitem__(self, cls: type[T]) -> T:
        """Raise KeyError for a class that the technique did not list beside this piece of work."""
        for value in self.values:
            if isinstance(value, cls):
                return value
        raise KeyError(cls.__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedPoints:
    """Points of one measurement that no fit used."""

    file: str
    loop: int
    part: str
    mask: Mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record(Generic[FittedT]):
    """What one unit of work left; of every technique alike."""

    name: str
    sample: str
    results: tuple[FittedT, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    masks: tuple[MaskedPoints, ...] = ()
    findings: tuple[tuple[str, Finding], ...] = ()
    """(file or name, finding)"""
    n_measurements: int = 0
    """That passed the check."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """Raw files that were read -> SHA-256 of their bytes; set by the run."""


# ---- what a technique declares ----


class Files(Protocol):
    """The raw folder, as the loader shows it to ``rows``."""

    names: Sequence[str]
    """All files below it."""

    def match(self, patterns: str | Sequence[str], where: str) -> Sequence[tuple[str, Mapping[str, float]]]:
        """Names that meet ``a/b_{temperature_k}K_*.csv`` with the numbers in the braces; none is a mistake of the study."""

    def load(self, name: str) -> RawFile:
        """A file that the study itself is made of, such as a log of temperatures. Raises a PipelineError."""

    def mistake(self, where: str, problem: str) -> None:
        """Tell a mistake of the study: it then stops before it starts, with all mistakes at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A table beside the samples, such as ``[xas_reference]``."""

    type: Any
    """What pydantic reads it as, e.g. ``dict[str, str]``; an empty table where the study has none."""
    make: Callable[[Any], object]
    """-> a frozen dataclass of the room's model, found by its class among the settings of the work that lists it."""


def no_mistakes(rows: Sequence[Any], samples: Sequence[Sample], settings: Settings) -> Iterable[tuple[str, str]]:
    """A technique that has nothing to compare across the samples of a study."""
    del rows, samples, settings
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPart(Generic[TableT, RowT]):
    """What a study may say of the technique."""

    table: type[TableT]
    """pydantic model of ``[[sample.<key>]]``."""
    rows: Callable[[Sequence[TableT], Sample, Files], Iterable[RowT]]
    """All tables of one sample -> units of work. In messages table number i is ``sample 'id'.<key>[i]``."""
    draft: Callable[[str, Drafting], Sequence[str]]
    """Sample and recognised files -> lines of its tables in a first study (``hse init``)."""
    review: type[Review] = Review
    review_columns: Mapping[str, Kind] = field(default_factory=dict)
    """Columns of ``Review.decision``."""
    options: Mapping[str, Option] = field(default_factory=dict)
    mistakes: Callable[[Sequence[RowT], Sequence[Sample], Settings], Iterable[tuple[str, str]]] = no_mistakes
    """(where, problem) that only all rows and the options of the study together show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Generic[RowT]):
    """What the stages of one unit see beside the data."""

    row: RowT
    settings: Settings
    beside: Mapping[str, RawFile | PipelineError] = field(default_factory=dict)
    """The row's files beside, by name; the error where one cannot be read."""


def no_notes(checked: Any) -> Iterable[Finding]:
    """A technique whose findings say all."""
    del checked
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Generic[RowT, MeasurementT, CheckedT, FittedT]):
    """Files -> measurements -> checked -> fitted, in one unit of work. An error ends one measurement."""

    settings: SettingsClasses
    read: Callable[[RawFile, Work[RowT]], Iterable[MeasurementT]]
    check: Callable[[MeasurementT, Work[RowT]], Iterable[CheckedT]]
    fit: Callable[[Sequence[CheckedT], Work[RowT]], Iterable[FittedT]]
    together: bool = False
    """``fit`` gets what all measurements of the unit left (scans that are merged), not those of one measurement."""
    notes: Callable[[CheckedT], Iterable[Finding]] = no_notes
    """What ``hse check`` says beside the findings and masks, such as that a test was passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Generic[RowT]):
    """One unit of joint work."""

    name: str
    rows: tuple[RowT, ...]
    samples: tuple[Sample, ...] = ()
    """In the key: all that the work may know of them."""
    after: tuple[str, ...] = ()
    """Groups of the same joint work that must be done first, and whose results are handed over."""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JointWork(Generic[RowT, FittedT, JoinedT]):
    """What joint work sees: results of the group's rows, and of the groups that it comes after."""

    group: Group[RowT]
    fitted: tuple[FittedT, ...]
    earlier: Mapping[str, tuple[JoinedT, ...]]
    settings: Settings
    cache: Path
    """A folder for what a program beside this one makes at a cost (FEFF); kept between runs."""
    beside: Mapping[str, RawFile | PipelineError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint(Generic[RowT, FittedT, JoinedT]):
    """Work over several records of the technique: all spectra of a pellet, all samples at an edge."""

    name: str
    settings: SettingsClasses
    groups: Callable[[Sequence[RowT], Sequence[Sample]], Iterable[Group[RowT]]]
    fit: Callable[[JointWork[RowT, FittedT, JoinedT]], Iterable[JoinedT | PipelineError]]
    """An error that is given back ends one result; one that is raised ends the group."""
    second_opinion: bool = False
    """True where it has others check what was found and no number comes from it: ``--no-second-opinion`` leaves it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results(Generic[FittedT, JoinedT]):
    """All that a technique left in the records of a run, in the order of the study."""

    samples: tuple[Sample, ...]
    fitted: tuple[tuple[str, FittedT], ...]
    """(sample, result of its chain)"""
    joined: tuple[tuple[str, JoinedT], ...]
    """(group, result of its joint work)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed(Generic[SummaryT]):
    """What a technique says of a whole run."""

    summary: SummaryT
    facts: tuple[Fact, ...] = ()
    findings: tuple[tuple[str, Finding], ...] = ()
    """(sample or file, finding) of the summary itself; those of the results are known already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summing(Generic[FittedT, JoinedT, SummaryT]):
    """Records -> the summary that tables and page are made from, and the facts that others may use."""

    summarize: Callable[[Results[FittedT, JoinedT], Settings], Summed[SummaryT]]
    settings: SettingsClasses = field(default_factory=dict)


class Figures(Protocol):
    """Where the figures of a report are hung, in the order of the page."""

    def stem(self, folder: str, name: str) -> str:
        """A path below ``figures/`` that no figure has yet."""

    def show(
        self, what: str, make: Callable[..., Any], name: str, *args: Any, folded: bool = False
    ) -> tuple[Block, ...]:
        """The picture of ``make(name, *args, simulated=…)`` for the page; empty where there is nothing to draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a report may know of the run beside a technique's summary."""

    study_name: str
    simulated: bool
    samples: tuple[Sample, ...]
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """Words for the methods of a paper, and the works that they rest on."""

    paragraphs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def no_archive(summary: Any, about: About) -> Mapping[str, bytes]:
    """A technique whose tables are all there is to keep."""
    del summary, about
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Generic[SummaryT]):
    """What is shown. It sees the summary alone, so that it is made again without a fit."""

    tables: Callable[[SummaryT], Mapping[str, Table]]
    sections: Callable[[SummaryT, About, Figures], Sequence[Section]]
    methods: Callable[[SummaryT], Methods]
    key: KeyPart
    """Its part of the key table, made from its facts."""
    archive: Callable[[SummaryT, About], Mapping[str, bytes]] = no_archive
    """Path inside the archive -> bytes, in the formats of other programs."""
    archive_kinds: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Suffix -> (media type, what such a file is), for the metadata."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique(Generic[TableT, RowT, MeasurementT, CheckedT, FittedT, JoinedT, SummaryT]):
    """One technique. Its type arguments read as the arrow; ``Never`` stands for joined where there is no joint work."""

    name: str
    """Of its room."""
    key: str
    """Of its tables in the study, ``[[sample.<key>]]``, and for ``--only``."""
    package: str
    """Whose source is in the key of its records, and whose ``model`` holds the classes of them: ``package=__package__``."""
    noun: tuple[str, str]
    """One measurement and several: ``("spectrum", "spectra")``."""
    name_words: tuple[str, ...] = ()
    """How its measurements are called in names of files, as regular expressions: such a word ends the name of a sample."""
    libraries: tuple[str, ...] = ()
    """Distributions that make its numbers: their versions are in the key of every record."""
    rank: int = 100
    """Place in the report."""
    recognise: Callable[[RawFile], Recognition | None]
    """What the file is, on which evidence, where it is of this technique or of an instrument that it knows."""
    alone: Callable[[RawFile, Recognition], RowT]
    """The row of a file without a study (``hse check``)."""
    study: Callable[[], StudyPart[TableT, RowT]]
    chain: Chain[RowT, MeasurementT, CheckedT, FittedT]
    joint: Sequence[Joint[RowT, FittedT, JoinedT]] = ()
    summing: Summing[FittedT, JoinedT, SummaryT]
    report: Callable[[], Report[SummaryT]]


AnyTechnique: TypeAlias = Technique[Any, Any, Any, Any, Any, Any, Any]
"""A technique taken from the registry. Hand it to a function that is generic in the types: no other ``Any`` is needed."""
AnyRecord: TypeAlias = Record[Any]
AnyResults: TypeAlias = Results[Any, Any]
