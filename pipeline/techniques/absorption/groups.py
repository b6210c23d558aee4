"""Groups of a project, told apart: samples by their names, their scans, merges beside their parts, reference channels, chi(k).

Nothing is averaged across names unasked: names that differ by a scan counter alone are scans of one sample, others are candidates.
A merge that is averaged with its own parts counts them twice.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
from scipy.optimize import nnls

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.values import Finding
from pipeline.techniques.absorption.model import AbsorptionScan, EdgeRow

TOLD_IN = ("source", "provenance", "file")
"""Fields of an Athena group that may list what was merged."""
MERGE_WORD = re.compile(r"(?<![A-Za-z0-9])(?:merged?|mrg|avg|average|mean)(?![A-Za-z0-9])(?:\s+of\b)?", re.IGNORECASE)
SAME = 1e-5
"""Of the range of mu: a weighted mean of others to this accuracy is their merge, since noise is no one's mean."""
SMALLEST_SHARE = 1e-3
LARGEST_JUMP = 3
"""Scans of one sample are counted one by one, but for a few that were lost; ``_015, _128, _300`` are temperatures."""
SURE_COUNTER = r"(?:scan|run|sweep|#)[\s_.#]*\d+$|\(\d+\)$|\.\d{3,5}$"
"""Counters that are no temperature and no composition, however they jump."""
GROUPS = "groups"
"""Code of findings about what else a file holds."""


def plain_name(label: str) -> str:
    """The label without blanks around it or doubled, and without the suffix of a file."""
    return re.sub(r"\.(?:dat|txt|xmu|xdi|csv|asc|prj|mda|raw|nor)$", "", " ".join(label.split()), flags=re.IGNORECASE)


def split_counter(name: str) -> tuple[str, int | None]:
    """A name without its scan counter, and the counter: ``a_1``, ``a.001``, ``a #2``, ``a (2)``, ``a scan 3``; ``a-02``, ``a 003``.

    ``x_0.38`` is a number, not a counter; a hyphen or a blank needs a zero in front, since ``HSE-2`` is a sample.
    """
    for pattern in (
        r"(.+?)[\s_.\-]*(?:scan|run|sweep|#)[\s_.#]*(\d{1,5})",
        r"(.+?)\s*\((\d{1,4})\)",
        r"(.+?)_(\d{1,5})",
        r"(.*\D)\.(\d{1,5})",
        r"(.+)\.(0\d{2,4})",
        r"(.+?)[\s\-](0\d{1,4})",
    ):
        found = re.fullmatch(pattern, name, re.IGNORECASE)
        if found:
            return found[1].rstrip(" _.-"), int(found[2])
    return name, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A group that is a merge of others of its list."""

    parts: tuple[int, ...]
    n_merged: int
    """Of all its parts, also of those that are not there."""

    @property
    def told_by_parts(self) -> bool:
        """True where most parts are there themselves: they show their scatter, the merge does not."""
        return 2 * len(self.parts) > self.n_merged


def find_merges(scans: Sequence[AbsorptionScan]) -> Mapping[int, Merge]:
    """Index of each merge whose parts stand among ``scans``."""
    names = [plain_name(s.label) for s in scans]
    found: dict[int, Merge] = {}
    for i, scan in enumerate(scans):
        others = [j for j in range(len(scans)) if j != i and scans[j].is_chi == scan.is_chi]
        merge = _told(scan, names, others)
        if merge is None:
            parts = _by_name(names[i], names, others) or _by_numbers(i, scans, others)
            merge = Merge(parts=parts, n_merged=len(parts)) if len(parts) > 1 else None
        if merge is not None and not any(i in found[j].parts for j in merge.parts if j in found):
            found[i] = merge
    return found


def _told(scan: AbsorptionScan, names: Sequence[str], others: Sequence[int]) -> Merge | None:
    """Parts that the project lists: ``merge of a.001, a.002``."""
    for key in TOLD_IN:
        text = scan.source.header.get(key, "")
        if re.match(r"\s*merge of\b", text, re.IGNORECASE):
            listed = {plain_name(part) for part in re.sub(r"(?i)^\s*merge of\b", "", text).split(",")}
            parts = tuple(j for j in others if names[j] in listed)
            return Merge(parts=parts, n_merged=max(len(listed), len(parts))) if parts else None
    return None


def _by_name(name: str, names: Sequence[str], others: Sequence[int]) -> tuple[int, ...]:
    """Scans of the name that is left without the word merge; where nothing is left, of the one name there is."""
    if not MERGE_WORD.search(name):
        return ()
    bare = MERGE_WORD.sub(" ", split_counter(name)[0]).strip(" _.-")
    counted = {j: base for j in others for base, number in [split_counter(names[j])] if number is not None}
    if not bare and len(set(counted.values())) == 1:
        return tuple(counted)
    return tuple(j for j, base in counted.items() if base == bare)


def _by_numbers(i: int, scans: Sequence[AbsorptionScan], others: Sequence[int]) -> tuple[int, ...]:
    """Scans on the same energies whose weighted mean it is."""
    e, mu = scans[i].energy_ev, scans[i].mu
    size = float(np.ptp(mu)) if np.all(np.isfinite(mu)) else 0.0
    same = [j for j in others if _comparable(scans[j], e)]
    apart = [j for j in same if size and float(np.max(np.abs(scans[j].mu - mu))) > 10 * SAME * size]
    if len(apart) < 2 or len(apart) > e.size // 4:
        return ()
    columns: FloatArray = np.stack([scans[j].mu for j in apart], axis=1)
    if any(_scaled(mu, column) for column in columns.T):
        return ()
    share, residual = nnls(columns, mu)
    if residual / np.sqrt(mu.size) > SAME * size or abs(share.sum() - 1) > 10 * SAME:
        return ()
    return tuple(j for j, w in zip(apart, share, strict=True) if w > SMALLEST_SHARE)


def _scaled(mu: FloatArray, other: FloatArray) -> bool:
    """True for a spectrum that is another one on another scale."""
    left = mu - np.polyval(np.polyfit(other, mu, 1), other)
    return float(np.sqrt(np.mean(left**2))) < 10 * SAME * float(np.ptp(mu))


def _comparable(scan: AbsorptionScan, energy_ev: FloatArray) -> bool:
    same = scan.energy_ev.size == energy_ev.size and np.allclose(scan.energy_ev, energy_ev, rtol=0, atol=1e-3)
    return bool(same and np.all(np.isfinite(scan.mu)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Groups of one file, by what they are; numbers are places among its scans."""

    samples: Mapping[str, tuple[int, ...]]
    """Name of a candidate, as ``groups`` of a study may have it -> its scans, its merges not among them."""
    merges: Mapping[int, Merge]
    """Those that stand beside their parts."""
    references: tuple[int, ...]
    chi: tuple[int, ...]


def list_groups(scans: Sequence[AbsorptionScan]) -> Listing:
    """Tell the groups of a file apart; a file of nothing but references, or of chi(k), has those as its samples."""
    chi = [i for i, s in enumerate(scans) if s.is_chi]
    references = [i for i, s in enumerate(scans) if i not in chi and is_reference_channel(s)]
    mine = [i for i in range(len(scans)) if i not in chi and i not in references]
    if not mine:
        mine, references, chi = (references, [], chi) if references else (chi, [], [])
    merges = find_merges(scans)
    single = [i for i in mine if i not in merges]
    return Listing(
        samples=_name_candidates([" ".join(s.label.split()) for s in scans], single),
        merges={i: merge for i, merge in merges.items() if i in mine},
        references=tuple(references),
        chi=tuple(chi),
    )


def is_reference_channel(scan: AbsorptionScan) -> bool:
    """True for the foil's channel: tied to another group as its reference, or named ``Ref …``."""
    return scan.parameters.get("role") == "reference" or re.match(r"\s*ref\b", scan.label, re.IGNORECASE) is not None


def _name_candidates(labels: Sequence[str], mine: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Scans by the name that counters leave; where a counter jumps that may be a temperature, the next candidate begins.

    A name is a pattern that takes in these scans and no others; where there is none, each scan stands for itself.
    """
    by_base: dict[str, list[tuple[int, int]]] = {}
    for i in mine:
        base, number = split_counter(plain_name(labels[i]))
        by_base.setdefault(base, []).append((number or 0, i))
    found: dict[str, tuple[int, ...]] = {}
    for base, numbered in by_base.items():
        for run in _runs(numbered, labels):
            held = {labels[i] for i in run}
            shared = _shared_start(min(held), max(held))
            tried = (f"{base}*", f"{shared}*", shared + "?" * (len(max(held, key=len)) - len(shared)))
            patterns = [p for p in tried if {labels[i] for i in mine if matches(labels[i], p)} == held]
            if len(held) == 1:
                patterns = [labels[run[0]]]
            for name in patterns[:1] or sorted(held):
                found[name] = tuple(i for i in sorted(run) if matches(labels[i], name))
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def _shared_start(a: str, b: str) -> str:
    return "".join(x for x, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


def _runs(numbered: Sequence[tuple[int, int]], labels: Sequence[str]) -> list[list[int]]:
    """(counter, place) of one base -> places, cut where a doubtful counter jumps."""
    ordered = sorted(numbered)
    runs = [[ordered[0][1]]]
    for (before, _), (number, i) in itertools.pairwise(ordered):
        sure = re.search(SURE_COUNTER, plain_name(labels[i]), re.IGNORECASE)
        if number - before > LARGEST_JUMP and not sure:
            runs.append([])
        runs[-1].append(i)
    return runs


def matches(label: str, pattern: str) -> bool:
    """True where a pattern names a group: by itself, or with ``*`` and ``?``; brackets are no wildcards."""
    name, wanted = " ".join(label.split()), " ".join(pattern.split())
    return name == wanted or fnmatchcase(name, wanted.replace("[", "[[]"))


def choose_groups(file: str, scans: Sequence[AbsorptionScan], row: EdgeRow) -> tuple[AbsorptionScan, ...]:
    """The scans of one sample, and what was left beside, as findings of the first; without a study all scans.

    Groups that ``row`` names for the file; where it names none, there must be one candidate. Groups that a person left out are
    handed on, and count as no candidate.

    Raises
    ------
    ReadError
        Candidates of several names and no pattern (``groups_differ``); no group that a pattern names (``no_group``).
    """
    patterns = row.groups.get(file, ())
    if row.alone or (len(scans) < 2 and not patterns):
        return tuple(scans)
    chosen = _named(file, scans, patterns) if patterns else _at_edge(scans, (row.element, row.edge))
    listing = list_groups(chosen)
    out = [s for s in chosen if any(r.exclude and r.file == file and r.names(s) for r in row.reviews)]
    names = [n for n, places in listing.samples.items() if not all(chosen[i] in out for i in places)]
    if len(names) > 1 and not patterns:
        raise ReadError(
            source=file,
            field="groups",
            problem=f"holds {len(names)} samples by name, and nothing is averaged across names: {', '.join(map(quoted, names))}",
            hint=f"name those of the sample in its [[sample.xas]]: groups = [{quoted(names[0])}]",
            code="groups_differ",
        )
    beside = {*listing.references, *listing.chi} - {i for places in listing.samples.values() for i in places}
    kept = [s for i, s in enumerate(chosen) if i not in beside]
    notes = [_say("reference channels", [chosen[i] for i in listing.references if i in beside])]
    notes += [_say("chi(k), not mu(E)", [chosen[i] for i in listing.chi if i in beside])]
    notes += [] if patterns else [_say("at another edge", [s for s in scans if s not in chosen])]
    notes += [_unmatched(p) for p in patterns if not any(matches(s.label, p) for s in scans)]
    told = tuple(n for n in notes if n is not None)
    return (replace(kept[0], findings=(*kept[0].findings, *told)), *kept[1:]) if told else tuple(kept)


def quoted(name: str) -> str:
    """A TOML string of a group's name."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _named(file: str, scans: Sequence[AbsorptionScan], patterns: Sequence[str]) -> list[AbsorptionScan]:
    chosen = [s for s in scans if any(matches(s.label, p) for p in patterns)]
    if not chosen:
        held = ", ".join(dict.fromkeys(quoted(" ".join(s.label.split())) for s in scans))
        raise ReadError(
            source=file,
            field="groups",
            problem=f"no group {' or '.join(map(quoted, patterns))}; it holds: {held}",
            hint="hse check lists them",
            code="no_group",
        )
    return chosen


def _at_edge(scans: Sequence[AbsorptionScan], edge: tuple[str, str]) -> list[AbsorptionScan]:
    """Without those that are known to be of another edge, as long as something is left."""
    mine = [s for s in scans if None in (s.element, s.edge) or (s.element, s.edge) == edge]
    return mine or list(scans)


def _say(what: str, scans: Sequence[AbsorptionScan]) -> Finding | None:
    if not scans:
        return None
    names = ", ".join(dict.fromkeys(" ".join(s.label.split()) for s in scans))
    return Finding(severity="info", field="groups", problem=f"left beside, {what}: {names}", code=GROUPS)


def _unmatched(pattern: str) -> Finding:
    problem = f"no group {quoted(pattern)} in it"
    return Finding(severity="warning", field="groups", problem=problem, hint="hse check lists them", code=GROUPS)


def describe_groups(scans: Sequence[AbsorptionScan]) -> tuple[tuple[str, ...], str]:
    """Candidates of a file, at least two, else none; and its groups in words, for people: empty where it holds one."""
    if len(scans) < 2:
        return (), ""
    listing = list_groups(scans)
    label = {i: quoted(" ".join(s.label.split())) for i, s in enumerate(scans)}
    shown = [
        quoted(n) + (f" ({len(places)} scans)" if len(places) > 1 else "") for n, places in listing.samples.items()
    ]
    text = f"{len(shown)} sample{'s' if len(shown) != 1 else ''} by name: {', '.join(shown)}"
    for i, merge in listing.merges.items():
        text += f"; {label[i]} is a merge of {', '.join(label[j] for j in merge.parts)}"
    for what, places in (("reference channels", listing.references), ("chi(k)", listing.chi)):
        text += f"; {what}: {', '.join(label[i] for i in places)}" if places else ""
    names = tuple(listing.samples)
    return names if len(names) > 1 else (), text if len(set(label.values())) > 1 else ""
