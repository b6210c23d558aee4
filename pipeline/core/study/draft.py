"""A folder of raw files -> a first study.toml: what the content and the names tell, and a marked question for the rest.

Technique, subject and the number of measurements come from the content; the sample from the names, by the rule that stands in
the file; what a table holds is the technique's affair.  Nothing is guessed in silence: what is unknown is a line that begins with
``# ?``, which the loader skips, so that the file can be run at once and says what is missing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.core.drafting import QUESTION, DraftFile, Drafting, quote
from pipeline.core.errors import ReadError, StudyError
from pipeline.core.names import name_rule, sample_from_name, without_suffix
from pipeline.core.raw_files import load_raw
from pipeline.core.recognition import recognise
from pipeline.core.registry import techniques
from pipeline.core.sample import Recognition
from pipeline.core.study.files import walk_files
from pipeline.core.technique import AnyTechnique

MAX_NOTES = 20
MAX_LISTED = 200
HEAD = """\
# First draft, made from the content and the names of the files. A line that begins with '# ?' is a question: answer it and
# take the '# ?' away; a run goes without the answer and says what it could not do.
# {rule_says}
# To read the names by another rule: hse init --force --name-rule '(?P<sample>[^/_]+)_(?P<temperature_c>-?\\d+)' FOLDER
"""


def draft_study(folder: Path, rule: str | None) -> tuple[str, list[str]]:
    """Text of a first study.toml for the raw files below ``folder``, and what a person should know.

    Parameters
    ----------
    folder:
        Where study.toml will stand; the raw files are below it (in its ``raw`` where all of them are there).
    rule:
        Regular expression on a path without its suffix, with the group ``sample`` and those that techniques read
        (``temperature_c``); None for the rule of ``names``.

    Raises
    ------
    StudyError
        No such folder, a rule that is no regular expression, or no measurement below the folder.
    """
    if not folder.is_dir():
        raise StudyError((f"{folder}: is no folder of raw files",))
    _check_rule(rule)
    known = techniques()
    words = [word for t in known.values() for word in t.name_words]
    names = [n for n in walk_files(folder, folder.name) if n != "study.toml"]
    raw = "raw" if names and all(n.startswith("raw/") for n in names) else "."
    found = [n.removeprefix("raw/") if raw == "raw" else n for n in names]
    files = _leave_out([_inspect(folder / raw, n, rule or name_rule(words), words) for n in found])
    drafting = Drafting(files=tuple(files), name_rule=rule)
    if all(f.left_out for f in files):
        raise StudyError((f"{folder}: no measurement among {len(names)} files (hse check FILE says what a file is)",))
    lines = _study_lines(folder.resolve().name, raw, drafting, rule or name_rule(words), known)
    questions = sum(line.lstrip().startswith(QUESTION) for line in lines)
    return "\n".join(lines) + "\n", _notes(files, questions)


def _check_rule(rule: str | None) -> None:
    if rule is None:
        return
    try:
        groups = re.compile(rule).groupindex
    except re.error as error:
        raise StudyError((f"--name-rule: {rule!r} is no regular expression: {error}",)) from None
    if "sample" not in groups:
        raise StudyError((f"--name-rule: {rule!r} has no group (?P<sample>…)",))


def _inspect(base: Path, name: str, rule: str, words: Sequence[str]) -> DraftFile:
    unknown = Recognition(file=name, technique="unknown", format="unknown")
    if not name.isprintable() or "\\" in name:
        return DraftFile(name=ascii(name)[1:-1], sample="", known=unknown, left_out="no name a study can hold")
    try:
        raw = load_raw(base / name, name)
        known = recognise(raw)
    except ReadError as error:
        return DraftFile(name=name, sample="", known=unknown, left_out=error.problem)
    sample = re.sub(r"[/\\\x00-\x1f\"]", "_", sample_from_name(name, rule, words))[:80] or "sample"
    return DraftFile(
        name=name,
        sample=sample,
        known=known,
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
    return "no reader knows it" if known.technique == "unknown" else known.not_measured


def _leave_out(files: list[DraftFile]) -> list[DraftFile]:
    """The same with copies, twins of an export and files whose name contradicts them left out, each with why."""
    seen: dict[bytes, str] = {}
    stems = _preferred(files)
    subjects = {(f.sample, f.known.subject) for f in files if not f.left_out and f.known.subject}
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
                why = _named_otherwise(file, subjects)
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


def _named_otherwise(file: DraftFile, subjects: set[tuple[str, str]]) -> str:
    """A file of W whose name says Ta, beside Ta files of that sample, is a mistake of the person at the instrument."""
    rest = without_suffix(file.name.rsplit("/", 1)[-1]).removeprefix(file.sample)
    words = set(re.split(r"[^A-Za-z]+", rest))
    named = sorted(e for s, subject in subjects if s == file.sample and (e := subject.partition(" ")[0]) in words)
    if not file.known.subject or not named or file.known.subject.partition(" ")[0] in named:
        return ""
    return f"shows {file.known.subject} though its name says {named[0]}"


def _study_lines(name: str, raw: str, drafting: Drafting, rule: str, known: Mapping[str, AnyTechnique]) -> list[str]:
    """The whole file, line by line."""
    files, says = drafting.files, f"Samples and temperatures are read from the names by the rule\n#   {rule}"
    if drafting.name_rule is None:
        rules = {what: own for t in known.values() for what, own in t.study().name_rules.items()}
        says = f"Samples are read from the names by the rule\n#   {rule}"
        says += "".join(f"\n# and {what} by\n#   {own}" for what, own in rules.items())
    lines = [
        HEAD.format(rule_says=says.replace("\r", " ")),
        "schema = 1",
        f"name = {quote(name)}",
        f"raw = {quote(raw)}",
    ]
    if any(f.simulated for f in files if not f.left_out):
        lines.append("simulated = true   # the files say so")
    for t in known.values():
        lines += t.study().draft("", drafting)
    samples = sorted({f.sample for f in files if not f.left_out})
    for sample in samples:
        others = [s for s in samples if sample.startswith(s + "_")]
        lines += ["", "[[sample]]", f"id = {quote(sample)}"]
        if others:
            lines.append(f"{QUESTION}is this {quote(others[0])}? Then move its files there")
        for t in known.values():
            lines += t.study().draft(sample, drafting)
    return lines + _left_out(files)


def _left_out(files: Sequence[DraftFile]) -> list[str]:
    out = [f for f in files if f.left_out and f.known.technique != "companion"]
    beside = sum(f.known.technique == "companion" for f in files)
    lines = ["", f"# Left out: {len(out)} file(s), and {beside} settings, logs or graphics of EC-Lab."]
    lines += [f"#   {f.name}: {f.left_out}".replace("\n", " ") for f in out[:MAX_LISTED]]
    return lines + ([f"#   and {len(out) - MAX_LISTED} more"] if len(out) > MAX_LISTED else [])


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
