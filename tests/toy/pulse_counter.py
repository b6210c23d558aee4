"""A technique of another package, in one file: the rate of a counter of pulses, from counts in equal intervals of time.

counts n_i in intervals of t seconds:  rate = sum(n) / (m t),  sigma = sqrt(sum(n)) / (m t)  (Poisson)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Never

import numpy as np
from annotated_types import Gt

from pipeline.core.blocks import Section
from pipeline.core.drafting import Drafting, listed
from pipeline.core.errors import CheckError, ReadError
from pipeline.core.key import KeyCell, KeyColumn, KeyPart
from pipeline.core.report.canvas import Canvas, Drawing, draw
from pipeline.core.report.text import estimate_text
from pipeline.core.sample import RawFile, Recognition, Sample, Source
from pipeline.core.study.tables import FileNames, Positive, StudyTable
from pipeline.core.tables import Row as Cells
from pipeline.core.tables import Table, columns, given, judged, spread
from pipeline.core.technique import (
    About,
    Chain,
    Checked,
    Figures,
    Files,
    Given,
    Measurement,
    Methods,
    Report,
    Result,
    Results,
    Row,
    Settings,
    StudyPart,
    Summed,
    Summing,
    Technique,
    Work,
)
from pipeline.core.values import Estimate, Fact, Mask, Verdict

HEAD = b"pulses per "


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterSettings(Given):
    """``[settings.pulses.check]``"""

    most_per_interval: Annotated[int, Gt(0)] = 10_000
    """More pulses in one interval than the counter can tell apart."""


class PulseTable(StudyTable):
    """``[[sample.pulses]]``"""

    files: FileNames
    interval_s: Positive | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseRow(Row):
    """One file."""

    interval_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts(Measurement):
    """Pulses in equal intervals."""

    interval_s: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GoodCounts(Checked):
    """The same without the intervals in which the counter was blind."""

    counts: Counts
    keep: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rate(Result):
    """Pulses per second."""

    good: GoodCounts
    rate_hz: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PulseSummary:
    """All rates of the run."""

    rates: tuple[tuple[str, Rate], ...]


def recognise(raw: RawFile) -> Recognition | None:
    if not raw.data.startswith(HEAD):
        return None
    return Recognition(
        file=raw.name, technique="pulses", format="pulse counter", n_measurements=1, evidence="first line"
    )


def alone(raw: RawFile, known: Recognition) -> PulseRow:
    return PulseRow(name=raw.name, sample="", files=(raw.name,))


def rows(tables: Sequence[PulseTable], sample: Sample, files: Files) -> Iterator[PulseRow]:
    for i, table in enumerate(tables):
        for name, _ in files.match(table.files, f"sample {sample.id!r}.pulses[{i}]"):
            yield PulseRow(name=name, sample=sample.id, files=(name,), interval_s=table.interval_s)


def draft(sample: str, drafting: Drafting) -> list[str]:
    mine = drafting.of(sample, "pulses") if sample else []
    return ["", "  [[sample.pulses]]", f"  files = {listed(mine)}"] if mine else []


def read(raw: RawFile, work: Work[PulseRow]) -> Iterator[Counts]:
    first, *rest = raw.data.decode().split("\n")
    try:
        interval = work.row.interval_s or float(first.removeprefix(HEAD.decode()).removesuffix(" s"))
        counts = tuple(int(line) for line in rest if line)
    except ValueError as error:
        raise ReadError(source=raw.name, field="counts", problem=str(error), hint="export it again") from error
    yield Counts(source=Source(file=raw.name, format="pulse counter"), interval_s=interval, counts=counts)


def check(counts: Counts, work: Work[PulseRow]) -> Iterator[GoodCounts]:
    most = work.settings[CounterSettings].most_per_interval
    blind = tuple(i for i, n in enumerate(counts.counts) if n > most)
    if len(blind) == len(counts.counts):
        raise CheckError(source=counts.source.file, field="counts", problem="no interval is left", hint="less light")
    masks = (Mask(indices=blind, reason=f"more than {most} pulses"),) if blind else ()
    yield GoodCounts(counts=counts, keep=tuple(i not in blind for i in range(len(counts.counts))), masks=masks)


def fit(parts: Sequence[GoodCounts], work: Work[PulseRow]) -> Iterator[Rate]:
    for part in parts:
        kept = np.array(part.counts.counts)[list(part.keep)]
        seconds = kept.size * part.counts.interval_s
        rate = Estimate(value=float(kept.sum()) / seconds, sigma=float(np.sqrt(kept.sum())) / seconds, unit="Hz")
        yield Rate(
            good=part, rate_hz=rate, verdict=Verdict(level="resolved", reason=f"{kept.sum()} pulses", code="counted")
        )


def summarize(results: Results[Rate, Never], settings: Settings) -> Summed[PulseSummary]:
    facts = [
        Fact(sample=s, quantity="rate", value=r.rate_hz, verdict=r.verdict, source=(r.good.counts.source.file,))
        for s, r in results.fitted
    ]
    return Summed(summary=PulseSummary(rates=results.fitted), facts=tuple(facts))


def tables(found: PulseSummary) -> dict[str, Table]:
    lines = tuple(
        {
            "sample": s,
            "file": r.good.counts.source.file,
            **spread("rate_Hz", given(r.rate_hz, r.verdict)),
            **judged(r.verdict),
        }
        for s, r in found.rates
    )
    return {
        "pulses": Table(row="file", columns=columns("sample file rate_Hz:estimate verdict verdict_reason"), rows=lines)
    }


def draw_counts(name: str, rate: Rate, *, simulated: bool) -> Drawing:
    def paint(canvas: Canvas) -> None:
        panel = canvas.panel("counts", (0.6, 0.5, 2.2, 1.4), ("time_s", "time / s"), ("counts", "pulses"))
        counts = rate.good.counts
        panel.points("counted", np.arange(len(counts.counts)) * counts.interval_s, counts.counts, marker="o")

    return draw(
        name=name, caption="Pulses.", alt="Pulses over time", size_in=(3.3, 2.2), simulated=simulated, paint=paint
    )


def sections(found: PulseSummary, about: About, gallery: Figures) -> list[Section]:
    blocks = [b for s, r in found.rates for b in gallery.show(s, draw_counts, gallery.stem("pulses", s), r)]
    return [Section(id="pulses", title="Pulses", blocks=tuple(blocks))]


def methods(found: PulseSummary) -> Methods:
    return Methods(paragraphs=("Pulses were counted; the uncertainty is that of a Poisson process.",))


def key_row(facts: Sequence[Fact]) -> Cells:
    return {k: v for f in facts for k, v in spread("rate_Hz", f.shown, interval=False).items()}


def key_cells(facts: Sequence[Fact]) -> Iterable[KeyCell]:
    return [KeyCell(text=estimate_text(f.shown), verdict=f.verdict) for f in facts]


def study() -> StudyPart[PulseTable, PulseRow]:
    return StudyPart(table=PulseTable, rows=rows, draft=draft)


def report() -> Report[PulseSummary]:
    shown = (KeyColumn(head="rate / Hz", cells=lambda facts: list(key_cells(facts))),)
    key = KeyPart(columns=columns("rate_Hz:sigma"), row=key_row, shown=shown)
    return Report(tables=tables, sections=sections, methods=methods, key=key, archive=archive)


def archive(found: PulseSummary, about: About) -> Mapping[str, bytes]:
    return {"pulses/rates.txt": "".join(f"{s} {r.rate_hz.value}\n" for s, r in found.rates).encode()}


TECHNIQUE: Technique[PulseTable, PulseRow, Counts, GoodCounts, Rate, Never, PulseSummary] = Technique(
    name="pulses",
    key="pulses",
    package=__name__,
    noun=("count", "counts"),
    recognise=recognise,
    alone=alone,
    study=study,
    chain=Chain(settings={"pulses.check": CounterSettings}, read=read, check=check, fit=fit),
    summing=Summing(summarize=summarize),
    report=report,
)
