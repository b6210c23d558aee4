"""Every real absorption file, read by this project and by larch, as rows of a Markdown table.

    python benchmarks/formats_xas.py [FOLDER]     FOLDER: default ../shared/real, or HSE_REAL_DATA

Of this project: scans x points, element, edge and signal, or the reason of the refusal. Of larch: what its readers give
without being told more than the file; ``columns`` where the meaning of the columns is left to the user.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import ReadError
from pipeline.model.measurement import RawFile
from pipeline.read.absorption import XasReadSettings, read_scans

Row = tuple[str, str, str, float]


def by_this_project(path: Path, name: str) -> tuple[str, float]:
    """What is read, or why not; and the seconds it took."""
    data = path.read_bytes()
    start = time.perf_counter()
    try:
        scans = read_scans(RawFile(name=name, data=data, size=len(data)), XasReadSettings())
    except ReadError as error:
        return f"refused: {error.field}: {error.problem}", time.perf_counter() - start
    seconds = time.perf_counter() - start
    edges = sorted({f"{s.element} {s.edge}" if s.element else "no edge" for s in scans})
    first = scans[0]
    kind = "chi(k)" if first.is_chi else (first.mode if first.mode != "unknown" else "mu")
    elements = f", {len(first.detectors)} elements" if first.mode == "fluorescence" and len(first.detectors) > 1 else ""
    return f"{len(scans)} x {first.energy_ev.size}, {', '.join(edges)}, {kind}{elements}", seconds


def by_larch(path: Path) -> str:
    """What larch's reader for that kind of file gives."""
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
                return f"{len(groups)} x {n}" + (f", shift left out in {len(shifts)}" if shifts else "")
            if path.read_bytes()[:10].lstrip(b"# ").startswith(b"XDI"):
                with contextlib.suppress(Exception):
                    g = read_xdi(str(path))
                    return f"1 x {g.npts}, {g.element or '?'} {g.edge or '?'}, columns"
            g = read_ascii(str(path))
            return f"1 x {g.data.shape[1]}, columns" if g.data.size else "nothing"
        except Exception as error:
            return f"fails: {type(error).__name__}"


def rows(folder: Path) -> Iterator[Row]:
    """(file, this project, larch, seconds of this project) for every file under ``xas/``."""
    for path in sorted(p for p in (folder / "xas").rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        mine, seconds = by_this_project(path, name)
        yield name, mine, by_larch(path), seconds


def main() -> None:
    """Print the table and its sums."""
    here = Path(__file__).resolve().parents[2] / "shared" / "real"
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HSE_REAL_DATA", here))
    table = list(rows(folder))
    print("| file | this project | larch |\n| --- | --- | --- |")
    for name, mine, larch, _ in table:
        print(f"| {name} | {mine} | {larch} |")
    read = sum(not mine.startswith("refused") for _, mine, _, _ in table)
    seconds = sorted(s for *_, s in table)
    print(
        f"\n{len(table)} files: {read} read, {len(table) - read} refused; median {seconds[len(seconds) // 2] * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    main()
