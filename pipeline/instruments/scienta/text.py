"""Scienta's SES text: ``[Region n]`` with the axes, ``[Info n]`` with what was set, ``[Data n]`` with energy and intensity.

More than one column of intensities are the slices of the detector: they are added up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.energy_scan import EnergyScan, first_number, require_few, require_size
from pipeline.instruments.text.decode import decode_text, split_lines, to_float

SECTION = re.compile(r"^\[(Region|Info|Run Mode Information|Data) (\d+)\]\s*$")
KEPT = ("Lens Mode", "Pass Energy", "Number of Sweeps", "Acquisition Mode", "Step Time", "Instrument", "Date", "Sample")


def is_scienta(raw: RawFile) -> bool:
    """True by its first two lines."""
    return re.match(rb"\s*\[Info\]\s*Number of Regions=", raw.data[:200]) is not None


def read_scienta(raw: RawFile) -> Iterator[EnergyScan]:
    """One spectrum per region.

    Raises
    ------
    ReadError
        A region without data, or with fewer rows than it announces.
    """
    parts: dict[int, dict[str, list[str]]] = {}
    here: list[str] = []
    for line in split_lines(decode_text(raw.data)):
        if (found := SECTION.match(line)) is not None:
            here = parts.setdefault(int(found[2]), {}).setdefault(found[1], [])
        else:
            here.append(line)
    require_few(raw.name, len(parts))
    for number in sorted(parts):
        yield _region(raw, number, parts[number])


def _facts(lines: list[str]) -> dict[str, str]:
    return {a.strip(): b.strip() for a, mark, b in (line.partition("=") for line in lines) if mark}


def _region(raw: RawFile, number: int, part: Mapping[str, list[str]]) -> EnergyScan:
    facts = _facts(part.get("Region", [])) | _facts(part.get("Info", []))
    rows = [[to_float(v) for v in line.split()] for line in part.get("Data", []) if line.strip()]
    table = _table(raw, number, rows)
    announced = first_number(facts.get("Dimension 1 size"))
    n = require_size(raw.name, table.shape[0])
    if announced is not None and n < announced:
        problem = f"region {number}: {n} rows, {announced:g} are announced"
        raise ReadError(source=raw.name, field="Data", problem=problem, hint="truncated while copying?")
    slices = table.shape[1] - 1
    notes = [Finding(severity="info", field="slices", problem=f"{slices} slices of the detector were added up")]
    return EnergyScan(
        label=facts.get("Region Name", ""),
        group=facts.get("Sample", "") or facts.get("Spectrum Name", ""),
        energy_ev=table[:, 0],
        scale="kinetic" if "kinetic" in facts.get("Dimension 1 name", "").lower() else "binding",
        intensity=table[:, 1:].sum(axis=1),
        unit="arbitrary",
        photon_ev=first_number(facts.get("Excitation Energy")),
        header={k: facts[k] for k in KEPT if facts.get(k)},
        findings=tuple(notes) if slices > 1 else (),
    )


def _table(raw: RawFile, number: int, rows: list[list[float]]) -> FloatArray:
    width = len(rows[0]) if rows else 0
    if width < 2 or any(len(r) != width for r in rows):
        problem = f"region {number}: no table of energy and intensity"
        raise ReadError(source=raw.name, field="Data", problem=problem, hint="export it again from SES")
    table = np.array(rows, dtype=float)
    if not np.isfinite(table).all():
        raise ReadError(source=raw.name, field="Data", problem=f"region {number}: holds words", hint="export it again")
    return table
