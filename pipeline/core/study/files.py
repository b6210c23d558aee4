"""The raw folder: its files, listed once, and what the patterns of a study mean in it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.core.errors import StudyError
from pipeline.core.names import match_pattern
from pipeline.core.raw_files import load_raw
from pipeline.core.sample import RawFile

MAX_FILES = 200_000


def walk_files(folder: Path, study: str) -> list[str]:
    """Files below a folder, sorted, with forward slashes; without hidden ones and the results of a run.

    Links to folders are not followed, so that a loop of links ends.

    Raises
    ------
    StudyError
        More files than a study has.
    """
    found: list[str] = []
    for here, folders, names in os.walk(folder, followlinks=False):
        place = Path(here)
        folders[:] = [d for d in folders if not d.startswith(".") and not (place / d / "manifest.json").is_file()]
        found += [(place / n).relative_to(folder).as_posix() for n in names if not n.startswith(".")]
        if len(found) > MAX_FILES:
            raise StudyError((f"{study}: raw: more than {MAX_FILES} files below it",))
    return sorted(found)


class RawFolder:
    """The raw folder as a technique's ``rows`` sees it; what is wrong with the study goes to ``mistakes``."""

    def __init__(self, raw: Path, study: str, mistakes: list[str]) -> None:
        self.raw, self.study, self._mistakes = raw, study, mistakes
        self.names: Sequence[str] = walk_files(raw, study)

    def mistake(self, where: str, problem: str) -> None:
        """One line of what is wrong with the study."""
        self._mistakes.append(f"{self.study}: {where}: {problem}")

    def load(self, name: str) -> RawFile:
        """A file that the study itself is made of.

        Raises
        ------
        PipelineError
            It is not there, or too large.
        """
        return load_raw(self.raw / name, name)

    def match(self, patterns: str | Sequence[str], where: str) -> Sequence[tuple[str, Mapping[str, float]]]:
        """(name, numbers that stand in the braces) of every file that one of the patterns names."""
        found: dict[str, Mapping[str, float]] = {}
        for pattern in [patterns] if isinstance(patterns, str) else patterns:
            hits = match_pattern(pattern, self.names)
            if not hits:
                close = difflib.get_close_matches(pattern, self.names, n=1, cutoff=0.6)
                hint = f"did you mean '{close[0]}'?" if close else f"{len(self.names)} files below raw"
                self.mistake(f"{where}.files", f"no file matches {pattern!r} ({hint})")
            found |= dict(hits)
        return list(found.items())
