"""Whether a results folder is whole: every record, table and page as it was written, and the raw files as they were read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.core.atomic import changed_files, read_ledger, read_sealed
from pipeline.core.batch.plan import digest_of, load_or_error
from pipeline.core.errors import StudyError
from pipeline.core.records import Store


def verify_results(out: Path, raw: Path | None = None) -> tuple[list[str], str]:
    """What is not as it was written, one line each, and what was compared.

    Parameters
    ----------
    raw:
        Folder of the raw files, to compare them with what the records were made from.

    Raises
    ------
    StudyError
        The folder holds no finished run.
    """
    keys, store = _keys(out), Store(out / "records")
    files = read_ledger(out)
    wrong = [] if files else ["records/report_files.json: changed since it was written, or missing"]
    wrong += [f"{name}: changed since it was written, or missing" for name in changed_files(out)]
    broken = [key for key in keys if not store.sound(key)]
    wrong += [f"{store.path(key).relative_to(out).as_posix()}: changed since it was written" for key in broken]
    compared = f"{len(keys)} records, {len(files)} files of the report"
    if raw is not None:
        known = {n: d for key in keys if key not in broken for n, d in store.read(key).sha256.items()}
        wrong += [f"{n}: not as it was read" for n, d in known.items() if digest_of(load_or_error(raw / n, n)) != d]
        compared += f", {len(known)} raw files"
    return wrong, compared


def remove_old_records(out: Path) -> Iterator[Path]:
    """Remove records that the last run did not use, and name each.

    Raises
    ------
    StudyError
        The folder holds no finished run, so that nothing says which are old.
    """
    store = Store(out / "records")
    used = {store.path(key) for key in _keys(out)}
    for path in sorted((out / "records").glob("??/*.json")):
        if path not in used:
            path.unlink(missing_ok=True)
            yield path


def _keys(out: Path) -> list[str]:
    try:
        keys: list[str] = json.loads(read_sealed(out / "records" / "run.json"))["keys"]
    except FileNotFoundError as error:
        raise StudyError((f"{out}: no finished run here",)) from error
    except (OSError, ValueError) as error:
        raise StudyError((f"{error} (run the study again)",)) from error
    return keys
