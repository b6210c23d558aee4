"""The tables of impedance in a drafted study: one for each pattern of names, and a question where the temperature is unknown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.core.drafting import QUESTION, DraftFile, Drafting, counted, listed, quote
from pipeline.core.names import match_pattern
from pipeline.instruments.names import TEMPERATURE_RULE, NamedTemperature, find_temperature
from pipeline.techniques.impedance.temperatures import ToldTemperature, find_odd, to_celsius, to_kelvin

TABLE = "  [[sample.eis]]"
PELLET = QUESTION + "pellet = { thickness_mm = ?, thickness_sigma_mm = ?, diameter_mm = ?, mass_mg = ? }"
CONTACT = (
    QUESTION + "corrections = { contact_resistance_ohm = ?, contact_resistance_sigma_ohm = ? }   # of the shorted cell"
)
INSIDE = "external input"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFile:
    """A file with the temperature that its name tells."""

    file: DraftFile
    temperature: NamedTemperature | None
    odd: str
    """Why the temperature in the name is not believed; '' where it is."""

    @property
    def inside(self) -> bool:
        """True where the file itself tells its temperature."""
        return self.file.known.temperature_origin == INSIDE


def draft_tables(sample: str, drafting: Drafting) -> Sequence[str]:
    """The question for the pellet and the tables of one sample; nothing where it has no impedance."""
    measured = [f for f in drafting.files if f.known.technique == "eis" and not f.left_out]
    named = {f.name: _named(f, drafting.name_rule) for f in measured}
    told = [(name, t) for name, t in named.items() if t is not None]
    odd = find_odd([ToldTemperature(file=name, kelvin=t.kelvin, in_kelvin=not t.celsius) for name, t in told])
    mine = [
        NamedFile(
            file=f,
            temperature=None if f.name in odd else named[f.name],
            odd=odd[f.name].problem if f.name in odd else "",
        )
        for f in drafting.of(sample, "eis")
    ]
    return [PELLET, *_with_contact(_tables(mine, drafting.files))] if mine else []


def _named(file: DraftFile, name_rule: str | None) -> NamedTemperature | None:
    """By the user's rule, matched against the whole path, where it tells temperatures; else by that of ``names``."""
    groups = {} if name_rule is None else re.compile(name_rule).groupindex
    own = name_rule is not None and bool({"temperature_c", "temperature_k", "value"} & groups.keys())
    return find_temperature(file.name, name_rule if own and name_rule else TEMPERATURE_RULE, whole=own)


def _tables(mine: Sequence[NamedFile], files: Sequence[DraftFile]) -> list[str]:
    lines, done = _patterns(mine, files)
    rest = [f for f in mine if f.file.name not in done]
    inside = [f for f in rest if f.inside]
    if inside:
        lines += [*_table(inside), "  # the temperature is the one that an external input recorded in the file"]
    named: dict[str, list[NamedFile]] = {}
    for f in rest:
        if not f.inside and f.temperature is not None:
            named.setdefault(_temperature(f.temperature), []).append(f)
    for temperature, group in named.items():
        lines += [*_table(group), f"  {temperature}", *_hyphens(group)]
    unknown = [f for f in rest if not f.inside and f.temperature is None]
    if unknown:
        log = '   # or temperatures = "log.csv", a table with the columns file and temperature_c'
        lines += [*_table(unknown), f"  {QUESTION}temperature_c = ?{log if len(unknown) > 1 else ''}"]
        lines += [f"  {QUESTION}{quote(f.file.name)} says {f.odd}" for f in unknown if f.odd]
    return lines


def _patterns(mine: Sequence[NamedFile], files: Sequence[DraftFile]) -> tuple[list[str], set[str]]:
    """Tables of several files that one pattern names, and the names that are done with."""
    groups: dict[str, list[NamedFile]] = {}
    for f in mine:
        pattern = _placeholder(f)
        if pattern and not f.inside:
            groups.setdefault(pattern, []).append(f)
    lines: list[str] = []
    done: set[str] = set()
    for pattern, group in groups.items():
        broken = _exact(pattern, group, files)
        if len(group) < 2 or broken is None:
            continue
        done |= {f.file.name for f in group}
        lines += ["", TABLE, f"  files = {quote(pattern)}   # {_counted(group)}"]
        lines += [f"  # the pattern takes in {b.name}, which cannot be read: {b.left_out}" for b in broken]
        lines += _hyphens(group)
    return lines, done


def _table(group: Sequence[NamedFile]) -> list[str]:
    return ["", TABLE, f"  files = {listed([f.file for f in group])}   # {_counted(group)}"]


def _counted(group: Sequence[NamedFile]) -> str:
    return counted([f.file for f in group], "spectra")


def _temperature(t: NamedTemperature) -> str:
    celsius = round(to_celsius(t.kelvin), 6)
    return f"temperature_c = {celsius}" if t.celsius else f"temperature_k = {t.kelvin}"


def _placeholder(f: NamedFile) -> str:
    """The name with ``{temperature_c}`` or ``{temperature_k}`` where the temperature stands; '' where it tells none."""
    t, name = f.temperature, f.file.name
    if t is None or any(c in name for c in "*?{}"):
        return ""
    return name[: t.start] + ("{temperature_c}" if t.celsius else "{temperature_k}") + name[t.end :]


def _exact(pattern: str, group: Sequence[NamedFile], files: Sequence[DraftFile]) -> list[DraftFile] | None:
    """Broken files that a pattern takes in besides the group; None where it takes in anything else or reads another value."""
    wanted = {f.file.name: f.temperature.kelvin for f in group if f.temperature is not None}
    by_name = {f.name: f for f in files}
    hits = {name: to_kelvin(numbers) for name, numbers in match_pattern(pattern, list(by_name))}
    if any(name not in hits or hits[name] != kelvin for name, kelvin in wanted.items()):
        return None
    extra = [by_name[name] for name in hits if name not in wanted]
    return extra if all(f.broken for f in extra) else None


def _hyphens(group: Sequence[NamedFile]) -> list[str]:
    odd = [f.file for f in group if f.temperature is not None and f.temperature.hyphen]
    return [
        f"  {QUESTION}{quote(f.name)}: is the hyphen before the number a minus sign? It was taken as a separator"
        for f in odd
    ]


def _with_contact(lines: list[str]) -> list[str]:
    """Each table asks for the contacts: half an ohm is 6 % of a good pellet when warm, and bends its line."""
    starts = [i for i, line in enumerate(lines) if line == TABLE] + [len(lines)]
    out = lines[: starts[0]]
    for start, end in pairwise(starts):
        table = lines[start:end]
        blank = len(table) - 1 if table[-1] == "" else len(table)
        out += [*table[:blank], f"  {CONTACT}", *table[blank:]]
    return out
