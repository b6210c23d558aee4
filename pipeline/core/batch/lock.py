"""One run at a time writes into a results folder."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.errors import StudyError

LOCK = "records/.lock"
TAKING_S = 10.0


@contextmanager
def hold(out: Path, study: str) -> Iterator[None]:
    """Hold the folder while a run writes; a lock that a dead process of this machine left is taken over.

    Raises
    ------
    StudyError
        Another run holds it: which study, process and machine.
    """
    path = out / LOCK
    mine = {"pid": os.getpid(), "host": socket.gethostname(), "study": study}
    _take(path, mine)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _take(path: Path, mine: dict[str, object]) -> None:
    for _ in range(2):
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            holder = _holder(path)
            if _in_use(path, holder, mine):
                who = f"process {holder.get('pid')} on {holder.get('host')} with {holder.get('study')}"
                hint = f"wait for it, or take another --out; if it is gone, remove {path}"
                raise StudyError((f"{path.parent.parent}: --out: is being written by {who} ({hint})",)) from None
            path.unlink(missing_ok=True)
        except OSError:  # a folder that cannot be written: what writes next says so
            return
        else:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(mine, file)
            return


def _in_use(path: Path, holder: dict[str, object], mine: dict[str, object]) -> bool:
    if not holder:  # a process that died while it took the lock, unless it is taking it now
        return time.time() - path.stat().st_mtime < TAKING_S
    return holder.get("host") != mine["host"] or _alive(holder.get("pid"))


def _holder(path: Path) -> dict[str, object]:
    """Who holds the lock; one that is being written by another process this moment has no name yet."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _alive(pid: object) -> bool:
    if not isinstance(pid, int) or pid == os.getpid():
        return False
    if sys.platform == "win32":  # there a signal ends the process that it asks
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to somebody else
        return True
    return True
