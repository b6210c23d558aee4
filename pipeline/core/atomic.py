"""Files written whole or not at all: a temporary neighbour, flushed, then one ``os.replace``.

Records, report and manifest are written through it, so it stands at the bottom, beside the errors.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

LEDGER = "records/report_files.json"
"""Names of the files that the last report wrote: what it no longer writes is taken away, and nothing else ever is."""


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a reader sees the old file or the new one, never a part.

    Raises
    ------
    OSError
        The folder cannot be written; no temporary file is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_tree(out: Path, files: Mapping[str, bytes]) -> None:
    """Write every file (path relative to ``out`` -> bytes), in the order given, then drop those of an earlier report.

    The bytes all exist before the first is written, so a fault in making one leaves the earlier report as it was.
    """
    before = _ledger(out)
    write_whole(out / LEDGER, _ledger_bytes(before | set(files)))
    for name, data in files.items():
        write_whole(out / name, data)
    root = out.resolve()
    for name in sorted(before - set(files)):
        old = (out / name).resolve()
        if old.is_relative_to(root) and old.is_file():
            old.unlink(missing_ok=True)
    write_whole(out / LEDGER, _ledger_bytes(set(files)))


def _ledger_bytes(names: set[str]) -> bytes:
    return (json.dumps(sorted(names), indent=1, ensure_ascii=False) + "\n").encode()


def _ledger(out: Path) -> set[str]:
    try:
        found = json.loads((out / LEDGER).read_bytes())
    except (OSError, ValueError):
        return set()
    return {n for n in found if isinstance(n, str)} if isinstance(found, list) else set()
