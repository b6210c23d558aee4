"""Spectra as CasaXPS exports them in columns, with its fit beside them.

``Cycle n:sample:region``, a line with photon energy and time, lines of its components, then ``K.E.  Counts … B.E.  CPS …``.
Components, background and envelope are CasaXPS's; they stand in the header and serve for comparison alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.energy_scan import EnergyScan, first_number, require_few, require_size
from pipeline.instruments.text.decode import decode_text, split_lines, to_float

TITLE = re.compile(r"^Cycle\s+(-?\d+):([^\t]*?):([^:\t]*)$")
RESULTS = ("Name\tPosition\tFWHM", "Peak Area Results")
NAMED = ("Name", "Position", "FWHM", "Area", "Lineshape")


def is_casaxps(raw: RawFile) -> bool:
    """True where the first line is ``Cycle n:sample:region``."""
    first = decode_text(raw.data[:600]).lstrip().splitlines()
    return bool(first) and TITLE.match(first[0].rstrip()) is not None


def is_results(raw: RawFile) -> bool:
    """True for CasaXPS's tables of results, which hold no spectrum."""
    start = decode_text(raw.data[:1000])
    return any(words in start for words in RESULTS)


def read_casaxps(raw: RawFile) -> Iterator[EnergyScan]:
    """One spectrum for each ``Cycle``.

    Raises
    ------
    ReadError
        No column of energies or of counts.
    """
    lines = split_lines(decode_text(raw.data))
    starts = [i for i, line in enumerate(lines) if TITLE.match(line.rstrip())]
    require_few(raw.name, len(starts))
    for begin, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield _spectrum(raw, lines[begin:end])


def _spectrum(raw: RawFile, lines: Sequence[str]) -> EnergyScan:
    title = TITLE.match(lines[0].rstrip())
    assert title is not None
    header = {"cycle": title[1]}
    photon = seconds = None
    names: list[str] = []
    begin = 0
    for i, line in enumerate(lines[1:40], start=1):
        cells = [c.strip() for c in line.split("\t")]
        if "Characteristic Energy eV" in cells:
            photon, seconds = (_after(cells, n) for n in ("Characteristic Energy eV", "Acquisition Time s"))
        elif cells[0] in NAMED:
            shown = [c for c in cells[1:] if c]
            header |= {f"CasaXPS {cells[0].lower()}": "; ".join(shown)} if shown else {}
        elif "K.E." in cells or "B.E." in cells:
            names, begin = cells, i + 1
            break
    energy = next((n for n in ("K.E.", "B.E.") if n in names), None)
    counts = next((n for n in ("Counts", "CPS") if n in names), None)
    if energy is None or counts is None:
        raise ReadError(
            source=raw.name,
            field="columns",
            problem=f"{title[3]}: no K.E. or B.E. beside Counts or CPS",
            hint="export the spectra in columns, with energy and counts",
        )
    table = _table(lines[begin:], (names.index(energy), names.index(counts)))
    require_size(raw.name, table.shape[0])
    return EnergyScan(
        label=title[3].strip(),
        group=title[2].strip(),
        energy_ev=table[:, 0],
        scale="kinetic" if energy == "K.E." else "binding",
        intensity=table[:, 1],
        unit="counts" if counts == "Counts" else "counts/s",
        seconds=seconds,
        photon_ev=photon,
        header=header,
    )


def _after(cells: Sequence[str], name: str) -> float | None:
    where = cells.index(name) + 1 if name in cells else len(cells)
    return first_number(cells[where]) if where < len(cells) else None


def _table(lines: Sequence[str], wanted: tuple[int, int]) -> FloatArray:
    rows = []
    for line in lines:
        cells = line.split("\t")
        if len(cells) > max(wanted) and cells[wanted[0]].strip():
            rows.append([to_float(cells[i]) for i in wanted])
    table = np.array(rows, dtype=float).reshape(len(rows), 2)
    return np.asarray(table[np.isfinite(table).all(axis=1)])


def casaxps_components(header: Mapping[str, str]) -> tuple[dict[str, str], ...]:
    """CasaXPS's own components of a spectrum: name, position, fwhm, area, lineshape, as written."""
    parts = {k: header.get(f"CasaXPS {k}", "").split("; ") for k in ("name", "position", "fwhm", "area", "lineshape")}
    n = len(parts["name"]) if parts["name"] != [""] else 0
    return tuple({k: v[i] for k, v in parts.items() if i < len(v)} for i in range(n))
