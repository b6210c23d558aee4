"""The text of a drafted study.toml: one table per sample and technique, questions as lines that begin with ``# ?``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.core.study.names import NAME_RULE, TEMPERATURE_RULE, ZERO_CELSIUS_K, NamedTemperature, match_pattern

if TYPE_CHECKING:
    from pipeline.core.study.draft import DraftFile

MAX_LISTED = 200
QUESTION = "# ? "
CONTACT = (
    QUESTION + "corrections = { contact_resistance_ohm = ?, contact_resistance_sigma_ohm = ? }   # of the shorted cell"
)
HEAD = """\
# First draft, made from the content and the names of the files. A line that begins with '# ?' is a question: answer it and
# take the '# ?' away; a run goes without the answer and says what it could not do.
# {rule_says}
# To read the names by another rule: hse init --force --name-rule '(?P<sample>[^/_]+)_(?P<temperature_c>-?\\d+)' FOLDER
"""


def quote(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'


def study_text(
    name: str, raw: str, files: Sequence[DraftFile], name_rule: str | None, *, simulated: bool
) -> tuple[str, int]:
    """The whole file, and how many questions it asks."""
    if name_rule is None:
        rule = f"Samples are read from the names by the rule\n#   {NAME_RULE}\n# and temperatures by\n#   {TEMPERATURE_RULE}"
    else:
        rule = f"Samples and temperatures are read from the names by the rule\n#   {name_rule}"
    lines = [
        HEAD.format(rule_says=rule.replace("\r", " ")),
        "schema = 1",
        f"name = {quote(name)}",
        f"raw = {quote(raw)}",
    ]
    if simulated:
        lines.append("simulated = true   # the files say so")
    edges = sorted(
        {f"{f.known.element} {f.known.edge}" for f in files if not f.left_out and f.known.technique == "xas"}
    )
    if edges:
        lines += [
            "",
            QUESTION + "which sample calibrates S02 and is the undistorted reference?",
            QUESTION + "[xas_reference]",
        ]
        lines += [f'{QUESTION}{quote(edge)} = "?"' for edge in edges]
    for sample in sorted({f.sample for f in files if not f.left_out}):
        lines += _sample(sample, files)
    lines += _left_out(files)
    return "\n".join(lines) + "\n", sum(line.lstrip().startswith(QUESTION) for line in lines)


def _sample(sample: str, files: Sequence[DraftFile]) -> list[str]:
    mine = [f for f in files if f.sample == sample and not f.left_out]
    others = sorted({f.sample for f in files if not f.left_out and sample.startswith(f.sample + "_")})
    lines = ["", "[[sample]]", f"id = {quote(sample)}"]
    if others:
        lines.append(f"{QUESTION}is this {quote(others[0])}? Then move its files there")
    by_technique = {t: [f for f in mine if f.known.technique == t] for t in ("eis", "lsv", "xas")}
    if by_technique["eis"]:
        lines.append(QUESTION + "pellet = { thickness_mm = ?, thickness_sigma_mm = ?, diameter_mm = ?, mass_mg = ? }")
    lines += _with_contact(_impedance(by_technique["eis"], files))
    lines += _sweeps(by_technique["lsv"])
    for edge in sorted({f"{f.known.element} {f.known.edge}" for f in by_technique["xas"]}):
        lines += _scans(edge, [f for f in by_technique["xas"] if f"{f.known.element} {f.known.edge}" == edge], files)
    return lines


def _with_contact(lines: list[str]) -> list[str]:
    """Each table of impedance asks for the contacts: half an ohm is 6 % of a good pellet when warm, and bends its line."""
    starts = [i for i, line in enumerate(lines) if line == "  [[sample.eis]]"] + [len(lines)]
    out = lines[: starts[0]]
    for start, end in pairwise(starts):
        table = lines[start:end]
        blank = len(table) - 1 if table[-1] == "" else len(table)
        out += [*table[:blank], f"  {CONTACT}", *table[blank:]]
    return out


def _impedance(mine: list[DraftFile], files: Sequence[DraftFile]) -> list[str]:
    lines: list[str] = []
    patterns: dict[str, list[DraftFile]] = {}
    for file in mine:
        pattern = _placeholder(file)
        if file.known.temperature_origin != "external input" and pattern:
            patterns.setdefault(pattern, []).append(file)
    done: set[str] = set()
    for pattern, group in patterns.items():
        broken = _exact(pattern, group, files)
        if len(group) < 2 or broken is None:
            continue
        done |= {f.name for f in group}
        lines += ["", "  [[sample.eis]]", f"  files = {quote(pattern)}   # {_counts(group)}"]
        lines += [f"  # the pattern takes in {b.name}, which cannot be read: {b.left_out}" for b in broken]
        lines += _hyphens(group)
    rest = [f for f in mine if f.name not in done]
    inside = [f for f in rest if f.known.temperature_origin == "external input"]
    if inside:
        lines += ["", "  [[sample.eis]]", f"  files = {_listed(inside)}   # {_counts(inside)}"]
        lines.append("  # the temperature is the one that an external input recorded in the file")
    named: dict[str, list[DraftFile]] = {}
    for file in rest:
        if file not in inside and file.temperature is not None:
            named.setdefault(_temperature(file.temperature), []).append(file)
    for temperature, group in named.items():
        lines += ["", "  [[sample.eis]]", f"  files = {_listed(group)}   # {_counts(group)}", f"  {temperature}"]
        lines += _hyphens(group)
    unknown = [f for f in rest if f not in inside and f.temperature is None]
    if unknown:
        lines += ["", "  [[sample.eis]]", f"  files = {_listed(unknown)}   # {_counts(unknown)}"]
        several = (
            '   # or temperatures = "log.csv", a table with the columns file and temperature_c'
            if len(unknown) > 1
            else ""
        )
        lines.append(f"  {QUESTION}temperature_c = ?{several}")
        lines += [f"  {QUESTION}{quote(f.name)} says {f.odd}" for f in unknown if f.odd]
    return lines


def _temperature(t: NamedTemperature) -> str:
    celsius = round(t.kelvin - ZERO_CELSIUS_K, 6)
    return f"temperature_c = {celsius}" if t.celsius else f"temperature_k = {t.kelvin}"


def _placeholder(file: DraftFile) -> str:
    """The name with ``{temperature_c}`` or ``{temperature_k}`` where the temperature stands; '' where it tells none."""
    t = file.temperature
    if t is None or any(c in file.name for c in "*?{}"):
        return ""
    return file.name[: t.start] + ("{temperature_c}" if t.celsius else "{temperature_k}") + file.name[t.end :]


def _exact(pattern: str, group: list[DraftFile], files: Sequence[DraftFile]) -> list[DraftFile] | None:
    """Broken files that a pattern takes in besides the group; None where it takes in anything else or reads another value."""
    wanted = {f.name: f.temperature.kelvin for f in group if f.temperature is not None}
    by_name = {f.name: f for f in files}
    hits = dict(match_pattern(pattern, list(by_name)))
    if any(name not in hits or hits[name] != kelvin for name, kelvin in wanted.items()):
        return None
    extra = [by_name[name] for name in hits if name not in wanted]
    return extra if all(f.broken for f in extra) else None


def _hyphens(group: list[DraftFile]) -> list[str]:
    odd = [f for f in group if f.temperature is not None and f.temperature.hyphen]
    return [
        f"  {QUESTION}{quote(f.name)}: is the hyphen before the number a minus sign? It was taken as a separator"
        for f in odd
    ]


def _counts(group: Sequence[DraftFile]) -> str:
    spectra = sum(f.known.n_measurements for f in group)
    many = f", {spectra} spectra" if spectra != len(group) else ""
    how = sorted({f"{f.known.format} {f.known.detail}".strip() for f in group})
    unsure = " (recognised by its numbers alone)" if any(f.known.confidence == "guess" for f in group) else ""
    return f"{len(group)} file(s){many}: {', '.join(how)}{unsure}"


def _listed(group: Sequence[DraftFile]) -> str:
    names = [quote(f.name) for f in group]
    if len(names) == 1:
        return names[0]
    return "[\n    " + ",\n    ".join(names) + ",\n  ]"


def _sweeps(mine: list[DraftFile]) -> list[str]:
    if not mine:
        return []
    lines = ["", "  [[sample.lsv]]", f"  files = {_listed(mine)}   # {_counts(mine)}".replace("spectra", "sweeps")]
    lines.append(QUESTION.rjust(6) + 'reference = { electrode = "?", volts_vs_na = ?, volts_vs_na_sigma = ? }')
    lines.append(QUESTION.rjust(6) + "area_cm2 = ?")
    lines.append(QUESTION.rjust(6) + "electrolyte_mg = ?")
    return lines


def _scans(edge: str, mine: list[DraftFile], files: Sequence[DraftFile]) -> list[str]:
    lines = ["", "  [[sample.xas]]", f"  files = {_star(mine, files) or _listed(mine)}   # {_counts(mine)}"]
    lines[-1] = lines[-1].replace("spectra", "scans")
    lines.append(f"  edge = {quote(edge)}")
    modes = {f.known.detail for f in mine}
    if modes in ({"transmission"}, {"fluorescence"}):
        lines.append(f"  mode = {quote(modes.pop())}")
    else:
        lines.append(f'  {QUESTION}mode = "transmission or fluorescence?"   # in the files: {", ".join(sorted(modes))}')
    lines.append(
        f'  {QUESTION}shell = {{ scatterer = "Cl", coordination = ? }}   # coordination only where it is known'
    )
    return lines


def _star(mine: list[DraftFile], files: Sequence[DraftFile]) -> str:
    """A pattern with one ``*`` for the running number that takes in exactly these files, else ''."""
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


def _left_out(files: Sequence[DraftFile]) -> list[str]:
    out = [f for f in files if f.left_out and f.known.technique != "companion"]
    beside = sum(f.known.technique == "companion" for f in files)
    lines = ["", f"# Left out: {len(out)} file(s), and {beside} settings, logs or graphics of EC-Lab."]
    lines += [f"#   {f.name}: {f.left_out}".replace("\n", " ") for f in out[:MAX_LISTED]]
    return lines + ([f"#   and {len(out) - MAX_LISTED} more"] if len(out) > MAX_LISTED else [])
