"""The one loop, for any technique: files -> measurements -> checked -> fitted -> Record.  No path is opened here.

    raw bytes -read-> measurements -check-> checked -fit-> fitted     reduce_unit, one unit of work
    fitted of several units -fit-> joined                             join_group
    records -summarize-> summary and facts                            batch/collect.py

Everything is generic in the technique's types; nothing asks which technique it is.  A measurement that cannot pass a stage ends
here as a ``Rejection``; the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ParamSpec

from pipeline.core.errors import PipelineError
from pipeline.core.sample import RawFile
from pipeline.core.technique import (
    Chain,
    Checked,
    CheckedT,
    FittedT,
    JoinedT,
    Joint,
    JointWork,
    MaskedPoints,
    Measurement,
    MeasurementT,
    Record,
    Result,
    Review,
    RowT,
    T,
    Work,
)
from pipeline.core.values import Finding, Rejection

P = ParamSpec("P")


def reject(error: PipelineError, loop: int | None = None) -> Rejection:
    """The row of the table rejected for one error; ``loop`` where its file holds several measurements."""
    field = error.field if loop is None else f"{error.field} of loop {loop}"
    return Rejection(
        file=error.source, stage=error.stage, field=field, problem=error.problem, hint=error.hint, code=error.code
    )


class Refusals:
    """Rejections of one unit of work, gathered while its steps go on."""

    def __init__(self) -> None:
        self.rows: list[Rejection] = []

    def attempt(self, loop: int | None, step: Callable[P, Iterable[T]], *args: P.args, **kwargs: P.kwargs) -> list[T]:
        """All that a step gives up to the error that ends it."""
        found: list[T] = []
        try:
            for item in step(*args, **kwargs):
                found.append(item)  # noqa: PERF402  (what came before an error stays)
        except PipelineError as error:
            self.rows.append(reject(error, loop))
        return found


def reduce_unit(
    chain: Chain[RowT, MeasurementT, CheckedT, FittedT], work: Work[RowT], load: Callable[[str], RawFile]
) -> Record[FittedT]:
    """Read, check and fit the files of one row."""
    refusals, row = Refusals(), work.row
    masks: list[MaskedPoints] = []
    fitted: list[FittedT] = []
    batch: list[CheckedT] = []
    n_checked = 0

    def read(name: str) -> Iterable[MeasurementT]:
        return chain.read(load(name), work)

    for name in row.files:
        if (out := find_exclusion(row.reviews, name)) is not None:
            refusals.rows.append(out)
            continue
        measurements = refusals.attempt(None, read, name)
        for measurement in measurements:
            loop = measurement.loop if len(measurements) > 1 else None
            if (out := find_exclusion(row.reviews, name, measurement)) is not None:
                refusals.rows.append(out)
                continue
            parts = refusals.attempt(loop, chain.check, measurement, work)
            n_checked += len(parts)
            masks += _masks(name, measurement, parts)
            if chain.together:
                batch += parts
            elif parts:
                results = refusals.attempt(loop, chain.fit, parts, work)
                fitted += results
                masks += _own_masks(name, measurement, results)
    if batch:
        fitted += refusals.attempt(None, chain.fit, batch, work)
    return Record(
        name=row.name,
        sample=row.sample,
        results=tuple(fitted),
        rejected=tuple(refusals.rows),
        masks=tuple(masks),
        findings=tuple((row.name, f) for result in fitted for f in result.findings),
        n_measurements=n_checked,
    )


def _masks(name: str, measurement: Measurement, parts: Sequence[Checked]) -> Iterable[MaskedPoints]:
    return [MaskedPoints(file=name, loop=measurement.loop, part=p.part, mask=m) for p in parts for m in p.masks]


def _own_masks(name: str, measurement: Measurement, results: Sequence[Result]) -> Iterable[MaskedPoints]:
    """What the fit left out of one measurement."""
    return [MaskedPoints(file=name, loop=measurement.loop, part="", mask=m) for r in results for m in r.masks]


def find_exclusion(reviews: Iterable[Review], file: str, measurement: Measurement | None = None) -> Rejection | None:
    """The rejection that a person's ``exclude = true`` asks for, if any: of a whole file, or of one of its measurements."""
    for r in reviews:
        if r.exclude and r.file == file and r.names(measurement):
            who = f" by {r.by}" if r.by else ""
            words = f"left out{who}: {r.note}"
            return Rejection(file=file, stage="review", field="exclude", problem=words, hint="", code="excluded")
    return None


def join_group(joint: Joint[RowT, FittedT, JoinedT], work: JointWork[RowT, FittedT, JoinedT]) -> Record[JoinedT]:
    """Fit one group; errors that are given back are rejections of single results."""
    refusals, group = Refusals(), work.group
    items = refusals.attempt(None, joint.fit, work)
    given_back = tuple(reject(item) for item in items if isinstance(item, PipelineError))
    results = tuple(item for item in items if not isinstance(item, PipelineError))
    return Record(
        name=group.name,
        sample=group.samples[0].id if len(group.samples) == 1 else "",
        results=results,
        rejected=(*given_back, *refusals.rows),
        findings=tuple((group.name, f) for result in results for f in result.findings),
    )


def inspect_file(
    chain: Chain[RowT, MeasurementT, CheckedT, FittedT], work: Work[RowT], raw: RawFile
) -> list[list[Finding]]:
    """The first two arrows alone, at the instrument: what is wrong with each measurement of a file, without a study and a fit.

    A refusal is a finding of severity ``error``; a file that cannot be read has one list.
    """
    try:
        measurements = list(chain.read(raw, work))
    except PipelineError as error:
        return [[as_finding(error)]]
    found: list[list[Finding]] = []
    for measurement in measurements:
        try:
            parts = list(chain.check(measurement, work))
        except PipelineError as error:
            found.append([as_finding(error)])
            continue
        mine = [*measurement.findings, *(f for part in parts for f in part.findings)]
        mine += [_left_out(len(m.indices), m.reason) for part in parts for m in part.masks]
        found.append([*mine, *(f for part in parts for f in chain.notes(part))])
    return found


def _left_out(n: int, reason: str) -> Finding:
    return Finding(severity="info", field="mask", problem=f"{n} point(s) left out: {reason}")


def as_finding(error: PipelineError) -> Finding:
    """A refusal as a finding of severity ``error``."""
    return Finding(severity="error", field=error.field, problem=error.problem, hint=error.hint, code=error.code)
