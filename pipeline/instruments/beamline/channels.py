"""Which column is what: energy, I0, transmitted, reference, fluorescence, mu, chi.  Names only; numbers decide ties.

transmission   mu = ln(I0 / I1)          reference   mu = ln(I1 / I2)
fluorescence   mu = sum(IF) / I0         (Bunker, Introduction to XAFS, Cambridge 2010, ch. 3)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pipeline.core.arrays import FloatArray

ENERGY = (
    r"energy ?feedback|energy_?fbk|energy.?(achieved|readback|rbv|enc)|achieved.?energy|enc(oder)?.?energy|real.?ev",
    r"qexafs_energy|mono.{0,2}energy.*|ebraggenergy|e?_?energy|energy ?\(?ev\)?|energy.?ev|energ(ie|ia|ía)|能量|ee?|ev|nrj|h[νv]"
    r"|photon.?energy|bragg.?energy|requested.?energy|absenergyname|energy.*",
    r"zapenergy|enkev|e_mono|\w*energy[ _]?k?ev|energy.?\(?kev\)?|kev|mono.*ev|.*:energy.*",
    r".*\.x",
)
_CORRECTED = r"_?dark_?correct(ed)?"
I0 = (
    rf"i_?0_?(detector)?{_CORRECTED}",
    r"i0|io|i_0|i_?zero|curta",
    r"i[0o][ _-].*|i0_?detector|i0.?eh\d|mon(itor)?",
    r"beamlinei0detector",
    r"(pre.?kb|micro).?i0|mini_?ion_?chamber",
    r"split_?ion_?chamber",
)
I1 = (
    rf"i_?1_?(detector)?{_CORRECTED}",
    r"transmissiondetector|i1_?detector|post_?ion_?chamber",
    r"it|i_?1|i1|itrans|trans|transmission|i_?t|longa",
    r"i[1t][ _-].*|sample",
)
I2 = (
    rf"i_?2_?(detector)?{_CORRECTED}",
    r"i2_?detector",
    r"ir|iref|irefer|i_?ref|i_?2",
    r"ref|refer|reference|media",
    r"i[2r][ _-].*|iref.*",
)
MU = (
    r"mu|xmu|mutrans|mu_?t(rans(mission)?)?|mux|[µμ][tx]?|absorption|absorbance|lni0_?/?it|norm|normali[sz]ed|mufluor|mu_?f(luor)?|intensity|nor",
    r"<?xanes>?|abs|murefer|flat|transmission_mu|mu\(e\)",
)
MU_REF = (r"mu_?ref(erence|er)?|xmu_?ref|murefer|lnitiref",)
MU_FLUORESCENCE = (r"(qexafs_?)?ff_?i0|i?f(luo(r(escence)?)?)?_?/_?i0|x?mu_?f(luo(r(escence)?)?)?|fluo_?mu",)
"""Counts divided by I0 already."""
CHI, K = (r"chi",), (r"k|k_?a-1|wavenumber",)
FLUORESCENCE = (
    r"(roi|if|ifch|ifluo|dtc|sca\d?|fluo|fla?|fy|ge|sdd|mca)[ _.]?\d+",
    r"if|iff|ifl|ifluor|fluo|fluor|fluorescence|fluorescencia|fluodetector|ff|(ketek|ficus)([-_]ifluor)?|sdd"
    rf"|lytle|pips(_?detector)?({_CORRECTED})?|if_.*|ge\d+",
)
YIELD = (r"tey|teydetector|iey|pey|sc|mcp|electron.?yield|keithley\d_tey",)
_CORRECTED_AS_WRITTEN = r"_[Dd]ark_?[Cc]orrect(?:ed)?"
_LINE = r"(?:K[ab]?\d?|L[abg]?\d?|M[ab]?\d?)"


@dataclass(frozen=True, slots=True)
class Roles:
    """Column numbers (from 0); None or empty where the file has no such column."""

    energy: int | None = None
    i0: int | None = None
    i1: int | None = None
    i2: int | None = None
    fluorescence: tuple[int, ...] = ()
    electron_yield: int | None = None
    mu: int | None = None
    mu_fluorescence: int | None = None
    """Fluorescence that is divided by I0 already, beside a mu of transmission."""
    mu_reference: int | None = None
    chi: int | None = None
    k: int | None = None
    time: int | None = None
    dead_time: tuple[int, ...] = ()
    """Correction factors of the fluorescence elements, same order."""
    notes: Mapping[str, str] = field(default_factory=dict)


def plain(label: str) -> str:
    """Label in lower case without quotes, unit in brackets, macro signs and a trailing ``_c4``."""
    text = re.sub(r"\$\(([^)]*)\)(\[[\d-]*\])?", r"\1", label.strip().strip('"').lower())
    text = re.sub(r"(_c\d+|\s*\*)$", "", text).strip()
    text = re.sub(r"^\(\d+(\.\d+)?\)\s*", "", text)  # (1)energy
    text = re.sub(r"^ch\d+\((\w+)\)$", r"\1", text)  # Ch6(I0): the detector behind a channel
    return re.sub(r"\s*(/\s*[\w^-]+|[\[(][^\])]*[\])])$", "", text).strip() or text


def _pick(labels: Sequence[str], patterns: Sequence[str], data: FloatArray | None = None) -> int | None:
    for pattern in patterns:
        for i, label in enumerate(labels):
            if re.fullmatch(pattern, label) and (data is None or _varies(data[:, i])):
                return i
    return None


def _varies(column: FloatArray) -> bool:
    good = column[np.isfinite(column)]
    return bool(good.size > 1 and np.ptp(good) > 0)


def _energy_like(column: FloatArray) -> bool:
    """Mostly one direction, positive, spanning more than 0.1 %: what an energy axis does and a counter does not."""
    good = column[np.isfinite(column)]
    if good.size < 2 or good.min() <= 0 or np.ptp(good) < 1e-3 * good.max():
        return False
    steps = np.diff(good)
    return bool(max(np.sum(steps >= 0), np.sum(steps <= 0)) > 0.8 * steps.size)


def _repeats_axis(energy: FloatArray, column: FloatArray) -> bool:
    """A second axis beside the energy: the Bragg angle in degrees, or the energy that was asked for."""
    with np.errstate(divide="ignore", invalid="ignore"):
        tied = (energy * np.sin(np.radians(column)), energy / column)
    return any(bool(np.all(np.isfinite(t)) and np.ptp(t) < 1e-3 * abs(np.mean(t))) for t in tied)


def find_roles(labels: Sequence[str], data: FloatArray, element: str | None = None) -> Roles:
    """Roles of labelled columns.

    Parameters
    ----------
    labels:
        One per column, as written.
    data:
        (rows, columns)
    element:
        Symbol of the absorber where known: of several regions of interest its own is taken.
    """
    names = [plain(label) for label in labels]
    energy = _pick(names, ENERGY[:2], data)
    if energy is None or not _energy_like(data[:, energy]):
        others = [i for p in ENERGY for i, n in enumerate(names) if re.fullmatch(p, n) and _energy_like(data[:, i])]
        energy = others[0] if others else energy
    if energy is None:  # a name in an alphabet that was not decoded, with the unit behind it
        unit = [i for i, label in enumerate(labels) if re.search(r"[(\[/ _]k?eV[)\]]?\s*$", label)]
        energy = next((i for i in unit if _energy_like(data[:, i])), None)
    mu, mu_fluorescence = _pick(names, MU), _pick(names, MU_FLUORESCENCE)
    fluorescence = _fluorescence(labels, names, element or _edge_in_range(labels, data, energy))
    return Roles(
        energy=energy,
        i0=_pick(names, I0),
        i1=_pick(names, I1),
        i2=_pick(names, I2),
        fluorescence=fluorescence,
        electron_yield=_pick(names, YIELD),
        mu=mu,
        mu_fluorescence=None if mu_fluorescence == mu else mu_fluorescence,
        mu_reference=_pick(names, MU_REF),
        chi=_pick(names, CHI),
        k=_pick(names, K),
        time=_pick(names, (r"(int|count|acq|measurement|scaler|dwell).*time.*|seconds?|time|.*dwell.*",)),
        dead_time=_matching(names, fluorescence, r"dt_?factor[_ ]?(mca)?"),
    )


def _matching(names: Sequence[str], elements: Sequence[int], stem: str) -> tuple[int, ...]:
    """Columns ``<stem>N`` for elements that end in the same N; all or none."""
    found = []
    for i in elements:
        number = re.search(r"(\d+)$", names[i])
        match = _pick(names, (stem + number[1],)) if number else None
        if match is None:
            return ()
        found.append(match)
    return tuple(found)


def _fluorescence(labels: Sequence[str], names: Sequence[str], element: str | None) -> tuple[int, ...]:
    """Single elements of the absorber's own region, else its sum, else unnamed regions, else a single detector."""
    regions = {i: _region(label) for i, label in enumerate(labels)}
    symbols = list(dict.fromkeys(s for s, _ in filter(None, regions.values())))
    own = element if element in symbols else (symbols[0] if len(symbols) == 1 or (symbols and not element) else None)
    if own:
        mine = [(i, region) for i, region in regions.items() if region and region[0] == own]
        for better in (_CORRECTED_AS_WRITTEN, "_spectra"):  # then not what they were made of, or their sum, as well
            mine = [(i, r) for i, r in mine if re.search(better, labels[i])] or mine
        singles = [i for i, (_, channel) in mine if channel is not None]
        sums = [i for i, (_, channel) in mine if channel is None]
        return tuple(singles) if len(singles) > 1 else tuple((singles or sums)[:1])
    for stem in ("dtc", "ifch", "roi", r"sca\d?", "if", "ifluo", "fluo", "ge", "fla?", "fy", "sdd", "mca"):
        group = [i for i, n in enumerate(names) if re.fullmatch(stem + r"[ _.]?\d+", n)]
        if len(group) > 1 or (group and stem != "ge"):
            return tuple(group)
    single = _pick(names, FLUORESCENCE)
    return () if single is None else (single,)


def _edge_in_range(labels: Sequence[str], data: FloatArray, energy: int | None) -> str | None:
    """First element named by a region of interest whose K or L3 edge the scan crosses."""
    from pipeline.science.edges import edge_energy

    if energy is None:
        return None
    low, high = np.nanmin(data[:, energy]), np.nanmax(data[:, energy])
    scale = 1e3 if high < 60 else 1.0
    for region in filter(None, map(_region, labels)):
        values = [edge_energy(region[0], e) for e in ("K", "L3")]
        if any(v is not None and low * scale < v < high * scale for v in values):
            return region[0]
    return None


def _region(label: str) -> tuple[str, str | None] | None:
    """(symbol, detector element) of a region-of-interest label; the element is None for a sum over elements.

    ``DXP12:3:Hg``, ``Mn_Ka_mca4``, ``XMAP4:AsKa_Sum``, ``TaLa1``, ``D2_MgKa_corr_c14``, ``XSP3:1:PbLa``.
    """
    from pipeline.science.edges import symbols

    text = re.sub(r"_c\d+$", "", label.strip().strip('"'))
    if re.match(r"norm_", text):
        return None
    patterns = (
        (rf"\w+:(\d+):([A-Z][a-z]?){_LINE}?", (2, 1)),
        (rf"\w+:([A-Z][a-z]?){_LINE}?_Sum", (1, 0)),
        (rf"([A-Z][a-z]?)_{_LINE}_mca(\d+)", (1, 2)),
        (rf"D(\d+)_([A-Z][a-z]?){_LINE}_corr", (2, 1)),
        (rf"([A-Z][a-z]?){_LINE}(?:_sum_cps)?", (1, 0)),
        (rf"([A-Z][a-z]?){_LINE}_((?:spectra\d+_)?(?:In|Out)B)(?:{_CORRECTED_AS_WRITTEN})?", (1, 2)),
    )
    for pattern, (symbol, channel) in patterns:
        found = re.fullmatch(pattern, text)
        if found and found[symbol] in symbols():
            return found[symbol], (found[channel] if channel else None)
    return None


def roles_without_labels(data: FloatArray) -> Roles:
    """Roles of columns that have no labels, by one rule.

    The energy comes first. Of two columns the other is mu. Of more, columns 2 and 3 are I0 and I1 (and 4 is I2) where
    they are counts, above 10 throughout; else column 2 is mu where it is below 30, as no count is. Else none is told.
    """
    n = data.shape[1]
    first = next((i for i in range(min(n, 4)) if _energy_like(data[:, i])), None)
    if first is None or first + 1 >= n or not _varies(data[:, first + 1]):
        return Roles(energy=first)
    second = data[:, first + 1]
    if n > 2 and _repeats_axis(data[:, first], second):
        return Roles(energy=first)  # which of the others counts what is not told
    if n == 2:
        return Roles(energy=first, mu=first + 1)

    def counts(i: int) -> bool:
        good = data[np.isfinite(data[:, i]), i] if i < n else np.zeros(0)
        return bool(good.size and good.min() > 10 and np.ptp(good) > 0)

    if counts(first + 1) and counts(first + 2):
        return Roles(energy=first, i0=first + 1, i1=first + 2, i2=first + 3 if counts(first + 3) else None)
    small = np.max(np.abs(second[np.isfinite(second)]), initial=0.0) < 30
    return Roles(energy=first, mu=first + 1 if small else None)


def override_roles(
    roles: Roles, labels: Sequence[str], given: Mapping[str, str | tuple[str, ...]]
) -> tuple[Roles, list[str]]:
    """Roles with the study's columns in place; the second value lists names that are no column.

    A name is a label as written (case ignored) or a number from 1.
    """
    names = {label.strip().strip('"').lower(): i for i, label in reversed(list(enumerate(labels)))}
    wrong: list[str] = []

    def index(name: str) -> int | None:
        if name.strip().isdigit() and 1 <= int(name) <= len(labels):
            return int(name) - 1
        found = names.get(name.strip().lower())
        if found is None:
            wrong.append(name)
        return found

    for role, value in given.items():
        if not value:
            continue
        if role == "fluorescence":
            several = (value,) if isinstance(value, str) else value
            found = tuple(i for i in map(index, several) if i is not None)
            roles = replace(roles, fluorescence=found, dead_time=())
        elif isinstance(value, str):
            changed: dict[str, Any] = {role: index(value)}
            roles = replace(roles, **changed)
    return roles, wrong
