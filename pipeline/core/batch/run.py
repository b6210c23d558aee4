"""A whole run: work, summary, report, manifest; and a run read back without its study."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.core.atomic import changed_files, read_ledger, read_sealed, seal, write_whole
from pipeline.core.batch.collect import encode_summary, summarize_run
from pipeline.core.batch.lock import hold
from pipeline.core.batch.plan import Task, plan, wanted
from pipeline.core.batch.supervise import execute
from pipeline.core.batch.work import Places, cache_folder
from pipeline.core.errors import StudyError
from pipeline.core.records import Store, all_sources, decode, drawing_key, encode, hash_parts, versions
from pipeline.core.registry import techniques
from pipeline.core.report.key_table import format_key_table
from pipeline.core.report.write import write_report
from pipeline.core.study.load import Study, load_study
from pipeline.core.study.settings import describe_settings, nearest
from pipeline.core.summary import RunSummary
from pipeline.core.technique import AnyRecord, AnyTechnique
from pipeline.core.values import Rejection

TOLD = "records/told.json"
"""What the last run printed, and of what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What the command line says of a run."""

    out: Path
    printed: str
    n_run: int
    n_known: int
    rejected: tuple[Rejection, ...]
    complete: bool
    """False where a task left no record for no fault of its data: a worker died, a file changed, the disk was full."""


def _no_progress(done: int, total: int) -> None:
    del done, total


def run_study(
    path: Path,
    out: Path | None = None,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    only: str | None = None,
    shard: tuple[int, int] | None = None,
    second_opinion: bool = True,
    progress: Callable[[int, int], None] = _no_progress,
) -> RunOutcome:
    """Run a study: do what has no record yet, then tables, figures, page, archive and manifest.

    ``second_opinion``: have other programs check what was found; no number comes from it.

    Raises
    ------
    StudyError
        Before anything starts: every mistake in the study file.
    """
    planned = _plan(path, out, only, second_opinion)
    if shard is None:
        return _do_all(planned, jobs, scheduler, progress)
    i, n = shard
    mine = planned.waves[0][i - 1 :: n]
    n_run, failed = execute([mine], planned.places, jobs, scheduler, progress)
    printed = f"shard {i}/{n}: {len(mine)} measurements; join them with: hse collect {path.name}"
    return RunOutcome(
        out=planned.places.records.parent,
        printed=printed,
        n_run=n_run,
        n_known=len(mine) - n_run,
        rejected=tuple(failed),
        complete=not failed,
    )


def collect_results(path: Path, out: Path | None = None, *, jobs: int = 1) -> RunOutcome:
    """Join the records of shards: fits of whole pellets and edges, tables and report. No measurement is reduced here.

    Raises
    ------
    StudyError
        A mistake in the study file, or measurements that have no record yet.
    """
    planned = _plan(path, out, None, second_opinion=True)
    _refuse_missing(planned.waves[0], planned.places)
    return _do_all(planned, jobs, None, _no_progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """What is to be done, for which study, and where."""

    study: Study
    measured: dict[str, AnyTechnique]
    waves: list[list[Task]]
    places: Places
    started: datetime
    only: str | None


def _plan(path: Path, out: Path | None, only: str | None, second_opinion: bool) -> _Planned:
    started = datetime.now(UTC)
    study = load_study(path)
    out = _out_folder(out or study.file.parent / "results")
    measured = _measured(study, only)
    return _Planned(
        study=study,
        measured=measured,
        waves=plan(study, measured, second_opinion=second_opinion),
        places=Places(raw=study.raw, records=out / "records", cache=cache_folder()),
        started=started,
        only=only,
    )


def _do_all(planned: _Planned, jobs: int, scheduler: str | None, progress: Callable[[int, int], None]) -> RunOutcome:
    waves, places = planned.waves, planned.places
    with hold(places.records.parent, str(planned.study.file)):
        _forget_spoilt(waves, Store(places.records))
        n_run, failed = execute(waves, places, jobs, scheduler, progress)
        return _finish(planned, failed, (n_run, sum(len(w) for w in waves) - n_run))


def _measured(study: Study, only: str | None) -> dict[str, AnyTechnique]:
    known = techniques()
    if only is not None and only not in known:
        raise StudyError((f"--only: no technique {only!r} ({nearest(only, list(known))})",))
    return wanted(study, known, only)


def _refuse_missing(tasks: list[Task], places: Places) -> None:
    """A shard that has not ended is nothing to collect: reducing its files here, one by one, may take a day unasked."""
    missing = [t.name for t in tasks if not Store(places.records).has(t.key)]
    if missing:
        names = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        problem = f"{len(missing)} of {len(tasks)} measurements have no record here: {names}"
        hint = "wait for the --shard runs and use their study and --out, or do all of it with: hse run"
        raise StudyError((f"{places.records.parent}: {problem} ({hint})",))


def _out_folder(out: Path) -> Path:
    try:
        (out / "records").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudyError((f"{out}: --out: cannot be written: {error.strerror}",)) from error
    return out.resolve()


def _forget_spoilt(waves: list[list[Task]], store: Store) -> None:
    """A record that is not as it was written (disk fault, edited by hand) is made again."""
    for task in (t for wave in waves for t in wave):
        if store.has(task.key) and not store.sound(task.key):
            store.forget(task.key)


def _finish(planned: _Planned, failed: list[Rejection], counts: tuple[int, int]) -> RunOutcome:
    study, measured, waves = planned.study, planned.measured, planned.waves
    out, store = planned.places.records.parent, Store(planned.places.records)
    keys = [t.key for wave in waves for t in wave if store.has(t.key)]
    said = (study.name, study.simulated, study.samples, study.options, study.reviews, study.settings)
    run_key = hash_parts(keys, said, failed, all_sources(), dict(versions()))
    told = _read_told(out)
    if told.get("run_key") == run_key and read_ledger(out) and not changed_files(out):
        rejected = tuple(Rejection(**row) for row in told["rejected"])
        return RunOutcome(out=out, printed=told["printed"], n_run=counts[0], n_known=counts[1], rejected=rejected,
                          complete=not failed)  # fmt: skip
    done = [(t, store.read(t.key)) for wave in waves for t in wave if store.has(t.key)]
    summary = summarize_run(study, measured, done, failed)
    summary = replace(summary, provenance=_provenance(planned, done, len(summary.rejected)))
    records = [record for _, record in done]
    run = {"keys": [task.key for task, _ in done], "summary": encode_summary(summary, records)}
    write_whole(out / "records" / "run.json", seal(json.dumps(run, ensure_ascii=False, allow_nan=False).encode()))
    write_report(summary, out, drawing_key)
    printed = format_key_table(summary)
    rows = [{f.name: getattr(r, f.name) for f in fields(r)} for r in summary.rejected]
    _write_manifest(out, summary, rejected=rows, started=planned.started)
    write_whole(out / TOLD, seal(json.dumps({"run_key": run_key, "printed": printed, "rejected": rows}).encode()))
    return RunOutcome(out=out, printed=printed, n_run=counts[0], n_known=counts[1], rejected=summary.rejected,
                      complete=not failed)  # fmt: skip


def _provenance(planned: _Planned, done: list[tuple[Task, AnyRecord]], n_rejected: int) -> dict[str, Any]:
    study, measured = planned.study, planned.measured
    settings = [
        {"name": n, "value": v, "layer": layer, "reason": reason}
        for n, v, layer, reason in describe_settings(study.settings, study.layers)
    ]
    n_measured = {k: sum(r.n_measurements for t, r in done if t.technique == k) for k in measured}
    counts = {
        "files": sum(len(row.files) for rows in study.rows.values() for row in rows),
        "tasks": len(done),
        "rejected": n_rejected,
        "measurements": {t.noun[n_measured[k] != 1]: n_measured[k] for k, t in measured.items()},
    }
    return {
        "versions": dict(versions()),
        "source_sha256": hash_parts(all_sources()),
        "settings": settings,
        "counts": counts,
        "study_file": study.file.name,
        "only": planned.only or "",
        "date": planned.started.date().isoformat(),
    }


def _read_told(out: Path) -> dict[str, Any]:
    """What the last run said, while nothing of it was changed."""
    try:
        run, found = read_sealed(out / "records" / "run.json"), json.loads(read_sealed(out / TOLD))
    except (OSError, ValueError):
        return {}
    return found if run and isinstance(found, dict) else {}


def _write_manifest(out: Path, summary: RunSummary, *, started: datetime, **rest: Any) -> None:
    manifest = {
        "program": "hse-pipeline",
        "simulated": summary.simulated,
        "study": summary.study_name,
        "argv": sys.argv,
        "started_utc": started.isoformat(timespec="seconds"),
        "finished_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu_count": os.cpu_count(),
        **{k: encode(v) for k, v in summary.provenance.items()},
        **rest,
    }
    write_whole(out / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False).encode())


def load_results(out: Path | str) -> RunSummary:
    """Everything that a run left in its folder, as the report sees it; nothing is fitted again.

    Raises
    ------
    StudyError
        The folder holds no finished run.
    """
    out = Path(out)
    try:
        run = json.loads(read_sealed(out / "records" / "run.json"))
    except FileNotFoundError as error:
        problem = f"{out}: no finished run here (hse run STUDY.toml --out {out} makes one)"
        raise StudyError((problem,)) from error
    except (OSError, ValueError) as error:
        raise StudyError((f"{error} (run the study again)",)) from error
    summary: RunSummary = decode(run["summary"], [Store(out / "records").read(k) for k in run["keys"]])
    return summary


def rebuild_report(out: Path) -> str:
    """Tables, figures, page and archive again from the records; returns the key table."""
    with hold(out, str(out)):
        summary = load_results(out)
        write_report(summary, out, drawing_key)
    return format_key_table(summary)
