"""A folder of raw files -> a first study.toml: what the content and the names tell, and a marked question for the rest.

Technique, edge, temperature inputs and the number of spectra come from the content; sample and temperature from the names, by
the rule that stands in the file.  Nothing is guessed in silence: what is unknown is a line that begins with ``# ?``, which the
loader skips, so that the file can be run at once and says what is missing.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.core.errors import ReadError, StudyError
from pipeline.core.raw_files import load_raw
from pipeline.core.recognition import recognise
from pipeline.core.sample import Recognition
from pipeline.core.study.draft_text import study_text
from pipeline.core.study.files import odd_temperature, walk_files
from pipeline.core.study.names import (
    NAME_RULE,
    TEMPERATURE_RULE,
    NamedTemperature,
    find_temperature,
    sample_from_name,
    without_suffix,
)

MAX_NOTES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """One file with what its content and its name tell."""

    name: str
    """Below ``raw``, with forward slashes."""
    sample: str
    known: Recognition
    temperature: NamedTemperature | None
    """From the name."""
    left_out: str = ""
    """Why it is no measurement of the study; '' where it is one."""
    odd: str = ""
    """Why the temperature in the name is not believed; '' where it is."""
    copy_of: bytes = b""
    """Hash of the content, to know copies by."""
    simulated: bool = False
    """True where the file says of itself that it is simulated."""

    @property
    def broken(self) -> bool:
        """True where it is an instrument's file that cannot be read."""
        return any(f.severity == "error" for f in self.known.findings)


def draft_study(folder: Path, name_rule: str | None) -> tuple[str, list[str]]:
    """Text of a first study.toml for the raw files below ``folder``, and what a person should know.

    Parameters
    ----------
    folder:
        Where study.toml will stand; the raw files are below it (in its ``raw`` where all of them are there).
    name_rule:
        Regular expression on a path without its suffix, with the groups ``sample`` and, if it tells temperatures too,
        ``temperature_c`` or ``temperature_k``; None for the rule of ``read.names``.

    Raises
    ------
    StudyError
        No such folder, a rule that is no regular expression, or no measurement below the folder.
    """
    if not folder.is_dir():
        raise StudyError((f"{folder}: is no folder of raw files",))
    sample_rule, temperature_rule = _rules(name_rule)
    names = [n for n in walk_files(folder, folder.name) if n != "study.toml"]
    raw = "raw" if names and all(n.startswith("raw/") for n in names) else "."
    base = folder / raw
    files = [
        _inspect(base, name.removeprefix("raw/") if raw == "raw" else name, sample_rule, temperature_rule)
        for name in names
    ]
    files = _leave_out(files)
    used = [f for f in files if not f.left_out]
    if not used:
        raise StudyError((f"{folder}: no measurement among {len(names)} files (hse check FILE says what a file is)",))
    simulated = any(f.simulated for f in used)
    text, questions = study_text(folder.resolve().name, raw, files, name_rule, simulated=simulated)
    return text, _notes(files, questions)


def _rules(name_rule: str | None) -> tuple[str, str]:
    if name_rule is None:
        return NAME_RULE, TEMPERATURE_RULE
    try:
        groups = re.compile(name_rule).groupindex
    except re.error as error:
        raise StudyError((f"--name-rule: {name_rule!r} is no regular expression: {error}",)) from None
    if "sample" not in groups:
        raise StudyError((f"--name-rule: {name_rule!r} has no group (?P<sample>…)",))
    tells = {"temperature_c", "temperature_k", "value"} & groups.keys()
    return name_rule, name_rule if tells else TEMPERATURE_RULE


def _inspect(base: Path, name: str, sample_rule: str, temperature_rule: str) -> DraftFile:
    unknown = Recognition(file=name, technique="unknown", format="unknown")
    if not name.isprintable() or "\\" in name:
        shown = ascii(name)[1:-1]
        return DraftFile(name=shown, sample="", known=unknown, temperature=None, left_out="no name a study can hold")
    try:
        raw = load_raw(base / name, name)
        known = recognise(raw)
    except ReadError as error:
        return DraftFile(name=name, sample="", known=unknown, temperature=None, left_out=error.problem)
    whole = temperature_rule == sample_rule  # a rule of the user is matched against the whole path
    temperature = find_temperature(name, temperature_rule, whole=whole)
    sample = re.sub(r"[/\\\x00-\x1f\"]", "_", sample_from_name(name, sample_rule))[:80] or "sample"
    odd = "" if temperature is None else odd_temperature(temperature.kelvin, celsius=temperature.celsius)
    return DraftFile(
        name=name,
        sample=sample,
        known=known,
        temperature=None if odd else temperature,
        odd=odd,
        left_out=_why_not(known),
        copy_of=hashlib.sha256(raw.data).digest(),
        simulated=re.search(rb"\bsimulated\b", raw.data[:8000], re.IGNORECASE) is not None,
    )


def _why_not(known: Recognition) -> str:
    """Why a recognised file gives no measurement here; '' where it gives one."""
    errors = [f for f in known.findings if f.severity == "error"]
    if errors:
        return f"{errors[0].field}: {errors[0].problem}"
    if known.technique == "companion":
        return f"{known.format}, beside the data"
    if known.technique == "other":
        return f"{known.format} {known.detail}: not needed here".replace("  ", " ")
    if known.technique == "unknown":
        return "no reader knows it"
    if known.technique == "xas" and not (known.element and known.edge):
        return "X-ray absorption, but no edge recognised"
    if known.technique == "xas" and known.detail == "chi(k)":
        return "chi(k), not a scan of energy"
    return ""


def _leave_out(files: list[DraftFile]) -> list[DraftFile]:
    """The same with copies, twins of an export and scans at another edge than their name says left out, each with why."""
    seen: dict[bytes, str] = {}
    stems = _preferred(files)
    edges = {(f.sample, f.known.element) for f in files if not f.left_out and f.known.technique == "xas"}
    out: list[DraftFile] = []
    for file in files:
        why = file.left_out
        if not why:
            first = seen.setdefault(file.copy_of, file.name)
            twin = stems.get(without_suffix(file.name))
            if first != file.name:
                why = f"a copy of {first}"
            elif twin is not None and twin is not file and _same(twin.known, file.known):
                why = f"the same measurement as {twin.name}"
            else:
                why = _other_edge(file, edges)
        out.append(replace(file, left_out=why))
    return out


def _preferred(files: list[DraftFile]) -> dict[str, DraftFile]:
    """Of the text and the binary export of one measurement the text, unless only the binary one tells the temperature."""
    kept: dict[str, DraftFile] = {}
    for file in files:
        suffix = file.name.lower().rsplit(".", 1)[-1]
        if file.left_out or suffix not in ("mpt", "mpr"):
            continue
        stem = without_suffix(file.name)
        inside = file.known.temperature_origin == "external input"
        other = kept.get(stem)
        if other is None or (other.known.temperature_origin == "external input", False) < (inside, suffix == "mpt"):
            kept[stem] = file
    return kept


def _same(a: Recognition, b: Recognition) -> bool:
    return (a.technique, a.n_measurements, a.n_rows) == (b.technique, b.n_measurements, b.n_rows)


def _other_edge(file: DraftFile, edges: set[tuple[str, str | None]]) -> str:
    """A scan of W whose name says Ta, beside Ta scans of that sample, is a mistake of the person at the beamline."""
    rest = without_suffix(file.name.rsplit("/", 1)[-1]).removeprefix(file.sample)
    words = set(re.split(r"[^A-Za-z]+", rest))
    named = [e for s, e in edges if s == file.sample and e in words]
    if file.known.technique != "xas" or not named or file.known.element in named:
        return ""
    return f"shows {file.known.element} {file.known.edge} though its name says {named[0]}"


def _notes(files: list[DraftFile], questions: int) -> list[str]:
    counts: dict[str, int] = {}
    for file in files:
        key = file.known.technique if not file.left_out else "left out"
        counts[key] = counts.get(key, 0) + 1
    notes = [f"{len(files)} files: " + ", ".join(f"{n} {k}" for k, n in sorted(counts.items()))]
    skipped = [f for f in files if f.left_out and f.known.technique != "companion"]
    notes += [f"left out: {f.name}: {f.left_out}" for f in skipped[:MAX_NOTES]]
    if len(skipped) > MAX_NOTES:
        notes.append(f"left out: {len(skipped) - MAX_NOTES} more, listed at the end of study.toml")
    return [*notes, f"{questions} question(s)"]
