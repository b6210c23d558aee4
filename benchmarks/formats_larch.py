"""Every real absorption file, read by this project and by larch: rows of the table that formats.py writes.

Of this project: scans x points, element, edge and signal, or the reason of the refusal.  Of larch: what its readers give without
being told more than the file; ``columns`` where the meaning of the columns is left to the user.  larch is held wrong where a
project's energy shift, which Athena adds to every energy, is left out.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from pathlib import Path

import numpy as np

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings

Cell = tuple[str, str]


def by_this_project(path: Path, name: str) -> tuple[str, str, tuple[AbsorptionScan, ...]]:
    """(read | refused, words, scans)."""
    data = path.read_bytes()
    try:
        scans = read_scans(RawFile(name=name, data=data, size=len(data)), XasReadSettings())
    except ReadError as error:
        return "refused", f"refused: {error.field}: {error.problem}", ()
    edges = sorted({f"{s.element} {s.edge}" if s.element else "no edge" for s in scans})
    first = scans[0]
    kind = "chi(k)" if first.is_chi else (first.mode if first.mode != "unknown" else "mu")
    elements = f", {len(first.detectors)} elements" if first.mode == "fluorescence" and len(first.detectors) > 1 else ""
    return "read", f"{first.energy_ev.size}, {len(scans)} sp ({', '.join(edges)}, {kind}{elements})", scans


def by_larch(path: Path) -> Cell:
    """(read | refused | wrong, words): what larch's reader for that kind of file gives."""
    from larch.io import read_ascii, read_athena, read_xdi

    with (
        Path(os.devnull).open("w", encoding="utf-8") as quiet,  # larch asks stdout for its encoding to read a project
        contextlib.redirect_stdout(quiet),
        contextlib.redirect_stderr(quiet),
    ):
        try:
            if path.suffix == ".prj":
                groups = read_athena(str(path), do_preedge=False, use_hashkey=True).groups
                shifts = [g for g in groups.values() if float(getattr(g.athena_params.bkg, "eshift", 0) or 0)]
                n = len(next(iter(groups.values())).xdat)
                if shifts:
                    return "wrong", f"**wrong** energies: shift left out in {len(shifts)} of {len(groups)}"
                return "read", f"{n}, {len(groups)} sp"
            if path.read_bytes()[:10].lstrip(b"# ").startswith(b"XDI"):
                with contextlib.suppress(Exception):
                    g = read_xdi(str(path))
                    return "read", f"{g.npts}, 1 sp ({g.element or '?'} {g.edge or '?'}, columns)"
            g = read_ascii(str(path))
            return ("read", f"{g.data.shape[1]}, 1 sp (columns)") if np.size(g.data) else ("refused", "nothing")
        except Exception as error:
            return "refused", f"✗ {type(error).__name__}"


def larch_table(folder: Path) -> tuple[list[str], Counter[tuple[str, str]]]:
    """Rows of the table for every file under ``xas/``, and sums by (reader, outcome)."""
    lines, sums = [], Counter[tuple[str, str]]()
    for path in sorted(p for p in (folder / "xas").rglob("*") if p.is_file()):
        name = path.relative_to(folder / "xas").as_posix()
        status, words, _ = by_this_project(path, name)
        theirs, cell = by_larch(path)
        sums["this project", status] += 1
        sums["larch", theirs] += 1
        words, cell = words.replace("|", "\\|"), cell.replace("|", "\\|")
        lines.append(f"| {name} | {words} | {cell} |".replace("\n", " "))
    return lines, sums
