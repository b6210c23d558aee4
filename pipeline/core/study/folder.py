"""What each file of a folder is, and which of them are no measurement of their own: copies, twins of an export, companions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.core.drafting import DraftFile
from pipeline.core.errors import ReadError
from pipeline.core.flow import as_finding
from pipeline.core.names import sample_from_name, without_suffix
from pipeline.core.raw_files import load_raw
from pipeline.core.recognition import recognise
from pipeline.core.registry import techniques
from pipeline.core.sample import Recognition


def name_words() -> list[str]:
    """Words of file names that name no sample, of all techniques."""
    return [word for t in techniques().values() for word in t.name_words]


def list_files(base: Path, names: Sequence[str], rule: str) -> list[DraftFile]:
    """Every file below ``base``, in the order of the names; those that are no measurement of their own say why.

    Parameters
    ----------
    rule:
        Regular expression on a name without its suffix, with the group ``sample``.
    """
    words = name_words()
    return _leave_out([_inspect(base, name, rule, words) for name in names])


def _inspect(base: Path, name: str, rule: str, words: Sequence[str]) -> DraftFile:
    unknown = Recognition(file=name, technique="unknown", format="unknown")
    if not name.isprintable() or "\\" in name:
        return DraftFile(name=ascii(name)[1:-1], sample="", known=unknown, left_out="no name a study can hold")
    try:
        raw = load_raw(base / name, name)
        known = recognise(raw)
    except ReadError as error:
        return DraftFile(
            name=name, sample="", known=replace(unknown, findings=(as_finding(error),)), left_out=error.problem
        )
    sample = re.sub(r"[/\\\x00-\x1f\"]", "_", sample_from_name(name, rule, words))[:80] or "sample"
    return DraftFile(
        name=name,
        sample=sample,
        known=known,
        left_out=_why_not(known),
        digest=hashlib.sha256(raw.data).digest(),
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
    return "no reader knows it" if known.technique == "unknown" else known.not_measured


def _leave_out(files: list[DraftFile]) -> list[DraftFile]:
    """The same with copies, twins of an export and files whose name contradicts them left out, each with why."""
    seen: dict[bytes, str] = {}
    stems = _preferred(files)
    subjects = {(f.sample, f.known.subject) for f in files if not f.left_out and f.known.subject}
    out: list[DraftFile] = []
    for file in files:
        why, copy = file.left_out, False
        if not why:
            first = seen.setdefault(file.digest, file.name)
            twin = stems.get(without_suffix(file.name))
            if first != file.name:
                why, copy = f"a copy of {first}", True
            elif twin is not None and twin is not file and _same(twin.known, file.known):
                why, copy = f"the same measurement as {twin.name}", True
            else:
                why = _named_otherwise(file, subjects)
        out.append(replace(file, left_out=why, is_copy=copy))
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


def _named_otherwise(file: DraftFile, subjects: set[tuple[str, str]]) -> str:
    """A file of W whose name says Ta, beside Ta files of that sample, is a mistake of the person at the instrument."""
    rest = without_suffix(file.name.rsplit("/", 1)[-1]).removeprefix(file.sample)
    words = set(re.split(r"[^A-Za-z]+", rest))
    named = sorted(e for s, subject in subjects if s == file.sample and (e := subject.partition(" ")[0]) in words)
    if not file.known.subject or not named or file.known.subject.partition(" ")[0] in named:
        return ""
    return f"shows {file.known.subject} though its name says {named[0]}"
