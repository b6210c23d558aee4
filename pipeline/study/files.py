"""The raw folder: its files, listed once, and what the patterns and the temperature log of a study mean in it."""

from __future__ import annotations

import csv
import difflib
import math
import os
from pathlib import Path

from pipeline.errors import PipelineError, StudyError
from pipeline.read.names import match_pattern
from pipeline.read.source import load_raw

MAX_FILES = 200_000
ZERO_CELSIUS_K = 273.15


class RawFolder:
    """The raw folder's files, listed once; what a pattern of the study means in it."""

    def __init__(self, raw: Path, study: str, mistakes: list[str]) -> None:
        self.raw, self.study, self.mistakes = raw, study, mistakes
        self.names = sorted(self._walk())

    def _walk(self) -> list[str]:
        found: list[str] = []
        for folder, _, names in os.walk(self.raw, followlinks=False):
            base = Path(folder).relative_to(self.raw)
            found += [(base / n).as_posix() for n in names]
            if len(found) > MAX_FILES:
                raise StudyError((f"{self.study}: raw: more than {MAX_FILES} files below it",))
        return found

    def match(self, patterns: str | list[str], where: str) -> list[tuple[str, float | None]]:
        """(name, temperature in K from the name or None) of every file that one of the patterns names."""
        found: dict[str, float | None] = {}
        for pattern in [patterns] if isinstance(patterns, str) else patterns:
            hits = match_pattern(pattern, self.names)
            if not hits:
                close = difflib.get_close_matches(pattern, self.names, n=1, cutoff=0.6)
                hint = f"did you mean '{close[0]}'?" if close else f"{len(self.names)} files below raw"
                self.mistakes.append(f"{self.study}: {where}.files: no file matches {pattern!r} ({hint})")
            found |= dict(hits)
        return list(found.items())


def temperature_log(log: str, where: str, folder: RawFolder) -> dict[str, float]:
    """Temperature in K by file name, from a CSV log with the columns ``file`` and ``temperature_c`` or ``_k``."""
    try:
        text = load_raw(folder.raw / log, log).data.decode("utf-8-sig", errors="replace")
    except PipelineError as error:
        folder.mistakes.append(f"{folder.study}: {where}.temperatures: {error}")
        return {}
    found: dict[str, float] = {}
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            kelvin = (
                float(row["temperature_k"])
                if row.get("temperature_k")
                else float(row["temperature_c"]) + ZERO_CELSIUS_K
            )
            found[row["file"]] = kelvin
            if not (math.isfinite(kelvin) and kelvin > 0):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            problem = f"line {number} needs the columns file and temperature_c (or temperature_k)"
            folder.mistakes.append(f"{folder.study}: {where}.temperatures: {log}: {problem}")
            break
    return found
