"""SpecsLab Prodigy's text, ``.xy``: one block of ``#`` lines per region, one per scan, then energy and counts.

Scans of one cycle of a region are added up where all have the same energies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.energy_scan import EnergyScan, Scale, Unit, first_number, require_few, require_size
from pipeline.instruments.text.decode import decode_text, split_lines, to_float

MARK = re.compile(rb"^#\s*Created by:\s*SpecsLab", re.IGNORECASE | re.MULTILINE)
FACT = re.compile(r"^#\s*([^:]{1,40}):\s*(.*)$")
PLACE = re.compile(r"^#\s*Cycle:\s*(\d+)(?:,\s*Curve:\s*(\d+))?(?:,\s*Scan:\s*(\d+))?")
KEPT = ("Acquisition Date", "Analyzer", "Analyzer Lens", "Scan Mode", "Pass Energy", "Source", "Eff. Workfunction")


@dataclass(slots=True, kw_only=True)
class _Block:
    """Rows of one scan, with what stood above them."""

    facts: Mapping[str, str]
    group: str
    cycle: int
    rows: list[tuple[float, float]] = field(default_factory=list)


def is_xy(raw: RawFile) -> bool:
    """True where SpecsLab says that it made the file."""
    return MARK.search(raw.data[:2000]) is not None


def read_xy(raw: RawFile) -> Iterator[EnergyScan]:
    """One spectrum per region and cycle.

    Raises
    ------
    ReadError
        No rows of numbers.
    """
    blocks = [b for b in _blocks(split_lines(decode_text(raw.data))) if b.rows]
    groups: dict[tuple[str, str, str, int], list[_Block]] = {}
    for b in blocks:
        key = (b.group, b.facts.get("Region", ""), b.facts.get("Spectrum ID", ""), b.cycle)
        groups.setdefault(key, []).append(b)
    if not groups:
        raise ReadError(source=raw.name, field="rows", problem="no energies and counts", hint="export it again")
    require_few(raw.name, len(groups))
    for same in groups.values():
        yield from (_spectrum(raw, part) for part in _alike(same))


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    options: dict[str, str] = {}
    facts: dict[str, str] = {}
    group, cycle = "", 0
    block = _Block(facts=facts, group="", cycle=0)
    for line in lines:
        if not line.startswith("#"):
            cells = line.split()
            if len(cells) >= 2:
                block.rows.append((to_float(cells[0]), to_float(cells[1])))
            continue
        if (place := PLACE.match(line)) is not None:
            cycle = int(place[1])
            yield block
            block = _Block(facts=facts, group=group, cycle=cycle)
            continue
        found = FACT.match(line)
        if found is None:
            continue
        name, value = found[1].strip(), found[2].strip()
        if name == "Group":
            group = value
        elif name == "Region":
            yield block
            facts = {**options, "Region": value}
            block = _Block(facts=facts, group=group, cycle=0)
        elif facts:
            facts[name] = value
        else:
            options[name] = value
    yield block


def _alike(blocks: Sequence[_Block]) -> list[list[_Block]]:
    """Blocks whose energies are the same together."""
    parts: list[list[_Block]] = []
    for b in blocks:
        axis = [e for e, _ in b.rows]
        for part in parts:
            if [e for e, _ in part[0].rows] == axis:
                part.append(b)
                break
        else:
            parts.append([b])
    return parts


def _spectrum(raw: RawFile, blocks: Sequence[_Block]) -> EnergyScan:
    facts = blocks[0].facts
    tables = np.array([b.rows for b in blocks], dtype=float)
    good = np.isfinite(tables).all(axis=(0, 2))
    tables = tables[:, good]
    require_size(raw.name, tables.shape[1])
    rate = "second" in facts.get("Count Rate", "").lower()
    dwell, n = first_number(facts.get("Dwell Time")), len(blocks)
    scans = first_number(facts.get("Number of Scans")) or 1.0
    separate = facts.get("Separate Scan Data", "no").lower() == "yes"
    scale: Scale = "kinetic" if "kinetic" in facts.get("Energy Axis", "").lower() else "binding"
    unit: Unit = "counts/s" if rate else "counts"
    intensity = tables[:, :, 1].mean(axis=0) if rate else tables[:, :, 1].sum(axis=0)
    return EnergyScan(
        label=facts.get("Region", ""),
        group=blocks[0].group,
        energy_ev=tables[0, :, 0],
        scale=scale,
        intensity=intensity,
        unit=unit,
        seconds=None if dwell is None else dwell * (n if separate else scans),
        photon_ev=first_number(facts.get("Excitation Energy")),
        header={k: facts[k] for k in KEPT if facts.get(k)} | {"scans": str(n if separate else int(scans))},
    )
