"""A file's bytes, read once and bounded: the only place where raw files are opened."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile

MAX_BYTES = 100_000_000
"""A sweep of a day at 10 points a second is 80 MB of text, a whole day of 50-loop spectra 3 MB; more is not an export."""


def load_raw(path: Path, name: str, max_bytes: int = MAX_BYTES) -> RawFile:
    """Read one regular file.

    Raises
    ------
    ReadError
        Missing, a folder, a device, a loop of symbolic links, no permission, empty, or larger than ``max_bytes``.
    """

    def refuse(problem: str, hint: str = "") -> ReadError:
        return ReadError(source=name, field="file", problem=problem, hint=hint)

    try:
        status = path.stat()
    except FileNotFoundError:
        raise refuse("does not exist", "check the name and the study's raw folder") from None
    except (RuntimeError, OSError) as error:
        if isinstance(error, RuntimeError) or error.errno == errno.ELOOP:
            raise refuse("is a loop of symbolic links") from None
        raise refuse(f"cannot be opened: {error.strerror or error}") from None
    if stat.S_ISDIR(status.st_mode):
        raise refuse("is a folder", "name a file")
    if not stat.S_ISREG(status.st_mode):
        raise refuse("is not a regular file")
    if status.st_size > max_bytes:
        size = f"{status.st_size / 1e6:.0f} MB"
        raise refuse(f"{size} is too large for an instrument export", f"the limit is {max_bytes / 1e6:.0f} MB")
    try:
        with path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except OSError as error:
        raise refuse(f"cannot be read: {error.strerror or error}") from None
    if not data:
        raise refuse("is empty", "export it again")
    return RawFile(name=name, data=data, size=status.st_size)
