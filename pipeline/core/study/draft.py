"""A folder of raw files -> a first study.toml: what the content and the names tell, and a marked question for the rest.

Technique, subject and the number of measurements come from the content; the sample from the names, by the rule that stands in
the file; what a table holds is the technique's affair.  Nothing is guessed in silence: what is unknown is a line that begins with
``# ?``, which the loader skips, so that the file can be run at once and says what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.core.drafting import QUESTION, DraftFile, Drafting, quote
from pipeline.core.errors import StudyError
from pipeline.core.names import name_rule
from pipeline.core.registry import techniques
from pipeline.core.study.files import walk_files
from pipeline.core.study.folder import list_files, name_words
from pipeline.core.technique import AnyTechnique

MAX_NOTES = 20
MAX_LISTED = 200
OWN_RULE = (
    "A sample is what stands in a name before its first temperature, technique or counter, or the folder of the file."
)
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
    names = [n for n in walk_files(folder, folder.name) if n != "study.toml"]
    raw = "raw" if names and all(n.startswith("raw/") for n in names) else "."
    found = [n.removeprefix("raw/") if raw == "raw" else n for n in names]
    files = list_files(folder / raw, found, rule or name_rule(name_words()))
    drafting = Drafting(files=tuple(files), name_rule=rule)
    if all(f.left_out for f in files):
        raise StudyError((f"{folder}: no measurement among {len(names)} files (hse check FOLDER says what each is)",))
    lines = _study_lines(folder.resolve().name, raw, drafting, known)
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


def _study_lines(name: str, raw: str, drafting: Drafting, known: Mapping[str, AnyTechnique]) -> list[str]:
    """The whole file, line by line."""
    files, rule = drafting.files, drafting.name_rule
    says = OWN_RULE if rule is None else f"Samples and temperatures are read from the names by the rule\n#   {rule}"
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
    alike: dict[str, list[str]] = {}
    for file in skipped:
        name = re.escape(file.name)
        alike.setdefault(re.sub(rf"{name}|\d+|\S+/\S+", "#", file.left_out), []).append(f"{file.name}: {file.left_out}")
    for first, *more in sorted(alike.values(), key=len, reverse=True)[:MAX_NOTES]:
        notes.append(f"left out: {first}" + (f" [and {len(more)} alike]" if more else ""))
    if skipped:
        notes.append("all that is left out stands at the end of study.toml, with its reason")
    return [*notes, f"{questions} question(s)"]
