"""What the draft of a first study is made from: recognised files, and the few moves of writing TOML that all techniques need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.core.names import match_pattern
from pipeline.core.sample import Recognition

QUESTION = "# ? "
"""Begins a line that a person has to answer; the loader skips it as a comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """One file with what its content and its name tell."""

    name: str
    """Below ``raw``, with forward slashes."""
    sample: str
    known: Recognition
    left_out: str = ""
    """Why it is no measurement of the study; '' where it is one."""
    is_copy: bool = False
    """True where it holds a measurement that another file holds as well."""
    digest: bytes = b""
    """Hash of the content, to know copies by."""
    simulated: bool = False
    """True where the file says of itself that it is simulated."""

    @property
    def broken(self) -> bool:
        """True where it is an instrument's file that cannot be read."""
        return any(f.severity == "error" for f in self.known.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """All files of the folder, and how their names are read."""

    files: tuple[DraftFile, ...]
    name_rule: str | None
    """Regular expression of the user; None for the rules of ``names``."""

    def of(self, sample: str, technique: str) -> list[DraftFile]:
        """Files of one sample that a technique measures, in the order of their names."""
        mine = (f for f in self.files if f.sample == sample and f.known.technique == technique)
        return [f for f in mine if not f.left_out]


def quote(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'


def listed(group: Sequence[DraftFile]) -> str:
    """The names as the value of ``files``."""
    names = [quote(f.name) for f in group]
    if len(names) == 1:
        return names[0]
    return "[\n    " + ",\n    ".join(names) + ",\n  ]"


def counted(group: Sequence[DraftFile], many: str) -> str:
    """How many files and measurements (``spectra``), of which formats, as a comment behind ``files``."""
    found = sum(f.known.n_measurements for f in group)
    more = f", {found} {many}" if found != len(group) else ""
    how = sorted({f"{f.known.format} {f.known.detail}".strip() for f in group})
    unsure = " (recognised by its numbers alone)" if any(f.known.confidence == "guess" for f in group) else ""
    return f"{len(group)} file(s){more}: {', '.join(how)}{unsure}"


def starred(mine: Sequence[DraftFile], files: Sequence[DraftFile]) -> str:
    """A quoted pattern with one ``*`` for the running number that takes in exactly these files, else ''."""
    if len(mine) < 2:
        return ""
    names = [f.name for f in mine]
    start = _common(names)
    end = _common([n[len(start) :][::-1] for n in names])[::-1]
    pattern = f"{start}*{end}"
    taken = {name for name, _ in match_pattern(pattern, [f.name for f in files])}
    return quote(pattern) if start and taken == set(names) and pattern.count("*") == 1 else ""


def _common(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    n = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:n]
