"""Files written whole or not at all: a temporary neighbour, flushed, then one ``os.replace``.

Records, report and manifest are written through it, so it stands at the bottom, beside the errors.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

LEDGER = "records/report_files.json"
"""Files that the last report wrote -> their SHA-256: what it no longer writes is taken away, and nothing else ever is."""
SEAL = b'{"sha256":"%s","content":'


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
    before = read_ledger(out)
    now = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    write_whole(out / LEDGER, _ledger_bytes(before | now))
    for name, data in files.items():
        write_whole(out / name, data)
    root = out.resolve()
    for name in sorted(before.keys() - files.keys()):
        old = (out / name).resolve()
        if old.is_relative_to(root) and old.is_file():
            old.unlink(missing_ok=True)
    write_whole(out / LEDGER, _ledger_bytes(now))


def _ledger_bytes(files: Mapping[str, str]) -> bytes:
    return seal(json.dumps(files, indent=1, sort_keys=True, ensure_ascii=False).encode())


def read_ledger(out: Path) -> dict[str, str]:
    """Files of the last report -> SHA-256; empty where there is none, or it was changed."""
    try:
        found = json.loads(read_sealed(out / LEDGER))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def changed_files(out: Path) -> list[str]:
    """Files of the last report that are missing, or not as it wrote them."""
    return [name for name, digest in read_ledger(out).items() if _digest(out / name) != digest]


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def seal(content: bytes) -> bytes:
    """JSON that carries the SHA-256 of its content."""
    return SEAL % hashlib.sha256(content).hexdigest().encode() + content + b"}"


def read_sealed(path: Path) -> bytes:
    """Content of a sealed file.

    Raises
    ------
    ValueError
        It was changed since it was written, or is of another version.
    """
    data = path.read_bytes()
    head = len(SEAL) - 2 + 64
    content = data[head:-1]
    if data != seal(content):
        raise ValueError(f"{path}: changed since it was written")
    return content
