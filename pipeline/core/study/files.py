"""The raw folder: its files, listed once, and what the patterns and the temperature log of a study mean in it."""

from __future__ import annotations

import csv
import difflib
import math
import os
from pathlib import Path

from pipeline.core.errors import PipelineError, StudyError
from pipeline.core.raw_files import load_raw
from pipeline.core.study.names import match_pattern

MAX_FILES = 200_000
ZERO_CELSIUS_K = 273.15


MAX_CELSIUS, MIN_KELVIN = 170.0, 100.0
"""Hotter and colder no halide pellet is measured: 203 to 333 °C is the paper's range in K, -70 to 60 K the one in °C."""


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


def odd_temperature(kelvin: float | None, *, celsius: bool) -> str:
    """Why a temperature that was written in °C (else in K) is likely in the other unit; '' where it is plausible."""
    if kelvin is None:
        return ""
    value = kelvin - ZERO_CELSIUS_K
    if celsius and value > MAX_CELSIUS:
        return f"{value:g} °C: kelvin given as °C? (if it is right, give temperature_k = {kelvin:g})"
    if not celsius and kelvin < MIN_KELVIN:
        return f"{kelvin:g} K: °C given as kelvin? (if it is right, give temperature_c = {value:g})"
    return ""


class RawFolder:
    """The raw folder's files, listed once; what a pattern of the study means in it."""

    def __init__(self, raw: Path, study: str, mistakes: list[str]) -> None:
        self.raw, self.study, self.mistakes = raw, study, mistakes
        self.names = walk_files(raw, study)

    def match(self, patterns: str | list[str], where: str) -> list[tuple[str, float | None]]:
        """(name, temperature in K from the name or None) of every file that one of the patterns names."""
        found: dict[str, float | None] = {}
        for pattern in [patterns] if isinstance(patterns, str) else patterns:
            hits = match_pattern(pattern, self.names)
            if not hits:
                close = difflib.get_close_matches(pattern, self.names, n=1, cutoff=0.6)
                hint = f"did you mean '{close[0]}'?" if close else f"{len(self.names)} files below raw"
                self.mistakes.append(f"{self.study}: {where}.files: no file matches {pattern!r} ({hint})")
            odd = [(n, why) for n, t in hits if (why := odd_temperature(t, celsius="{temperature_k}" not in pattern))]
            if odd:
                more = f", and {len(odd) - 1} more" if len(odd) > 1 else ""
                self.mistakes.append(f"{self.study}: {where}.files: {odd[0][0]!r} at {odd[0][1]}{more}")
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
            odd = odd_temperature(kelvin, celsius=not row.get("temperature_k"))
            if odd:
                folder.mistakes.append(f"{folder.study}: {where}.temperatures: {log}: line {number}: {odd}")
                break
        except (KeyError, TypeError, ValueError):
            problem = f"line {number} needs the columns file and temperature_c (or temperature_k)"
            folder.mistakes.append(f"{folder.study}: {where}.temperatures: {log}: {problem}")
            break
    return found
