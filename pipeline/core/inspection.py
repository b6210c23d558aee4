"""What ``hse check`` says: of one file all that is known and wrong, of a folder one line a file and the totals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.core.drafting import DraftFile
from pipeline.core.errors import PipelineError
from pipeline.core.flow import inspect_file
from pipeline.core.names import name_rule
from pipeline.core.raw_files import load_raw
from pipeline.core.recognition import recognise
from pipeline.core.registry import techniques
from pipeline.core.sample import RawFile, Recognition
from pipeline.core.study.files import walk_files
from pipeline.core.study.folder import list_files, name_words
from pipeline.core.technique import Settings, Work
from pipeline.core.values import Finding

NUMBER = r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?"
ZERO_CELSIUS_K = 273.15
USELESS = {
    "companion": "it stands beside the data; name the .mpt or .mpr",
    "unknown": "it is no measurement that is known",
}


class Said(NamedTuple):
    """One printed line; ``bad`` where it says that something cannot be used."""

    text: str
    bad: bool = False


def check_file(path: Path) -> Iterator[Said]:
    """What one file is, on which evidence, every finding, and whether a study can use it."""
    name = path.as_posix()
    try:
        raw = load_raw(path, name)
        known = recognise(raw)
    except PipelineError as error:
        yield Said(f"error: {error}", True)
        return
    yield Said(_describe(name, known))
    findings = _inspect(raw, known)
    yield from (Said("  " + line) for line in [*_alike(name, findings), *map(str, known.wanting)])
    if _usable(known, findings):
        yield Said(f"  usable: [[sample.{known.technique}]] of a study")
    else:
        yield Said(f"  not usable: {_useless(known)}", True)


def check_folder(folder: Path) -> Iterator[Said]:
    """One line for each measurement, copy and unreadable file below a folder; settings and logs beside them are counted only."""
    names = walk_files(folder, folder.as_posix())
    files = list_files(folder, names, name_rule(name_words()))
    beside = [f for f in files if f.known.technique == "companion"]
    width = max((len(f.name) for f in files if f not in beside), default=0)
    counts: Counter[str] = Counter()
    for file in files:
        if file in beside:
            continue
        kind, text = _line(folder, file)
        counts[kind] += 1
        yield Said(f"{file.name:<{width}}  {text}", kind == "not usable")
    total = ", ".join(f"{n} {kind}" for kind, n in counts.most_common())
    if beside:
        total += f", {len(beside)} settings, logs or graphics beside the data"
    yield Said(f"{len(files)} file(s) in {folder.as_posix()}: {total or 'nothing'}")
    if any(f.known.technique in techniques() and not f.left_out for f in files):
        yield Said(f"A study of them: hse init '{folder.as_posix()}'; all about one file: hse check FILE")


def _line(folder: Path, file: DraftFile) -> tuple[str, str]:
    """What kind of answer, and its words."""
    known = file.known
    errors = [f for f in known.findings if f.severity == "error"]
    if known.technique == "unknown" or errors:
        problem = f"{errors[0].problem}" if errors else file.left_out
        return ("not usable" if errors else "unknown"), f"not usable: {problem}"
    if known.technique == "other":
        return "not needed", file.left_out
    if file.left_out:
        return ("copies" if file.is_copy else "not usable"), file.left_out
    findings = _inspect(load_raw(folder / file.name, file.name), known)
    noun = techniques()[known.technique].noun
    warm = "" if known.temperature_k is None else f", {known.temperature_k - ZERO_CELSIUS_K:.4g} °C"
    subject = f" {known.subject}" if known.subject else ""
    text = f"{known.technique}{subject}: {known.n_measurements} {noun[known.n_measurements != 1]}{warm}"
    if not _usable(known, findings):
        first = next(f for one in findings for f in one if f.severity == "error")
        return "not usable", f"{text}; not usable: {first.field}: {first.problem}"
    told = {f.field for one in findings for f in one if f.severity == "warning"} | {f.field for f in known.wanting}
    return known.technique, text + (f"; look at: {', '.join(sorted(told))}" if told else "")


def _inspect(raw: RawFile, known: Recognition) -> list[list[Finding]]:
    """Findings of each measurement of a file, those of its recognition where it is of no technique."""
    technique = techniques().get(known.technique)
    if technique is None:
        return [list(known.findings)]
    settings = Settings(tuple(cls() for cls in technique.chain.settings.values()))
    row = technique.alone(raw, known)
    return inspect_file(technique.chain, Work(row=row, settings=settings), raw) or [list(known.findings)]


def _usable(known: Recognition, findings: Sequence[Sequence[Finding]]) -> bool:
    return known.technique in techniques() and any(all(f.severity != "error" for f in one) for one in findings)


def _describe(name: str, known: Recognition) -> str:
    """One line: technique, format, subject, how much, temperature, on which evidence and how sure."""
    technique = techniques().get(known.technique)
    noun = technique.noun if technique else ("measurement", "measurements")
    subject = f", {known.subject}" if known.subject else ""
    what = f"{known.technique} ({', '.join(x for x in (known.format, known.detail) if x)}{subject})"
    t = known.temperature_k
    warm = "" if t is None else f", {t - ZERO_CELSIUS_K:.2f} °C ({t:.2f} K) from {known.temperature_origin}"
    how_many = f"{known.n_measurements} {noun[known.n_measurements != 1]}, {known.n_rows} rows{warm}"
    return f"{name}: {what}: {how_many}; {known.confidence}: {known.evidence}"


def _alike(name: str, findings: Sequence[Sequence[Finding]]) -> list[str]:
    """Findings that differ in their numbers only, as one line with how many of the measurements they are about."""
    groups: dict[tuple[str, str, str], list[tuple[int, Finding]]] = {}
    for number, one in enumerate(findings, start=1):
        for f in dict.fromkeys(one):
            key = (f.severity, f.field, re.sub(NUMBER, "#", f.problem))
            groups.setdefault(key, []).append((number, f))
    lines = []
    for group in groups.values():
        which, first = sorted({number for number, _ in group}), group[0][1]
        about = f" [{len(which)} of {len(findings)}, first: {which[0]}]" if len(findings) > 1 else ""
        line = f"{first.field}: {first.problem}{about}" + (f" ({first.hint})" if first.hint else "")
        lines.append(f"error: {name}: {line}" if first.severity == "error" else f"{first.severity}: {line}")
    return lines


def _useless(known: Recognition) -> str:
    if any(f.severity == "error" for f in known.findings):
        return "see the error"
    if known.technique == "other":
        return f"{known.detail or 'this technique'} is not needed by the pipeline"
    return USELESS.get(known.technique, "see the errors")
