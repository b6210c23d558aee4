"""Records of a run -> RunSummary: the order of things, and the summarize stage of every technique."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.core.batch.plan import Task
from pipeline.core.records import encode
from pipeline.core.sample import Sample
from pipeline.core.study.load import Study
from pipeline.core.summary import RunSummary, SampleMask
from pipeline.core.technique import AnyRecord, AnyResults, AnyTechnique, Result, Results, Row
from pipeline.core.values import Fact, Finding, Rejection

Done = Sequence[tuple[Task, AnyRecord]]
"""Tasks with their records."""


def in_order(samples: Sequence[Sample], done: Done) -> Done:
    """By kind of work, sample of the study, name: an order that no worker can change."""
    order = {s.id: i for i, s in enumerate(samples)}
    return sorted(done, key=lambda d: (d[0].joint or d[0].technique, order.get(d[1].sample, len(order)), d[1].name))


def results_of(samples: tuple[Sample, ...], done: Done) -> AnyResults:
    """All results of one technique's tasks, in their order."""
    fitted: list[tuple[str, Result]] = []
    joined: list[tuple[str, Result]] = []
    for task, record in done:
        kept, owner = (joined, record.name) if task.joint else (fitted, record.sample)
        kept += [(owner, result) for result in record.results]
    return Results(samples=samples, fitted=tuple(fitted), joined=tuple(joined))


def summarize_run(
    study: Study, techniques: Mapping[str, AnyTechnique], done: Done, failed: Iterable[Rejection]
) -> RunSummary:
    """Each technique's summary and facts, and what all records tell alike. ``provenance`` is the run's affair."""
    done = in_order(study.samples, done)
    records = [record for _, record in done]
    parts: dict[str, Any] = {}
    facts: list[Fact] = []
    doubts: list[tuple[str, Finding]] = []
    for key, technique in techniques.items():
        results = results_of(study.samples, [d for d in done if d[0].technique == key])
        summed = technique.summing.summarize(results, study.settings_of(technique.summing.settings))
        parts[key] = summed.summary
        facts += [replace(fact, technique=key) for fact in summed.facts]  # a room cannot sign with another's name
        doubts += summed.findings
    return RunSummary(
        study_name=study.name,
        simulated=study.simulated,
        samples=study.samples,
        parts=parts,
        facts=tuple(facts),
        rejected=(*(x for r in records for x in r.rejected), *failed),
        findings=(*(x for r in records for x in r.findings), *doubts),
        masks=tuple(SampleMask(sample=r.sample, technique=t.technique, points=m) for t, r in done for m in r.masks),
        reviews=study.reviews,
        files=_used_files(done),
        sha256=dict(sorted((name, digest) for r in records for name, digest in r.sha256.items())),
    )


def _used_files(done: Done) -> tuple[str, ...]:
    """Raw files that a result was made from."""
    files: set[str] = set()
    for task, record in done:
        if isinstance(task.item, Row) and record.results:
            refused = {x.file for x in record.rejected} if len(task.item.files) > 1 else set()
            files |= set(task.item.files) - refused
    return tuple(sorted(files))


def encode_summary(summary: RunSummary, records: Sequence[AnyRecord]) -> Any:
    """The summary as JSON data: what is a result in a record stands there as its place, not again."""
    places = {id(x): (i, j) for i, r in enumerate(records) for j, x in enumerate(r.results)}
    return encode(summary, known=places)
