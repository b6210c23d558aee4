"""Every real file x every reader -> docs/formats.md: read, refused or wrong, with rows and spectra.

    python benchmarks/formats.py [FOLDER]     FOLDER: HSE_REAL_DATA, default ../shared/real

The peers live in two environments of their own, made under build/peers on the first run (yadg pins pandas < 3, pyimpspec does
not; larch is this project's own dependency).  Numbers are compared to 1e-6: of a .mpt with those that stand in the file, read by
the shortest code there is; of all others with this project's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from formats_larch import larch_table

from pipeline.core.errors import ReadError
from pipeline.core.raw_files import load_raw
from pipeline.core.recognition import recognise
from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.tables import parse_eclab
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.read.spectra import read_impedance
from pipeline.techniques.sweeps.read import current_a, read_sweeps

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = {
    "yadg": (("yadg==7.0.1", "eclabfiles==0.4.1", "galvani==0.5.0"), ("plain", "galvani", "yadg", "eclabfiles")),
    "pyimpspec": (("pyimpspec==5.1.2", "impedance==1.7.1"), ("impedance", "pyimpspec")),
}
PEERS = ("galvani", "yadg", "eclabfiles", "impedance", "pyimpspec")
RTOL = 1e-6
Columns = dict[str, Any]
HEAD = """\
# Which files are read

Made by `python benchmarks/formats.py`: do not edit. Every real file of the test collection, by its path in it, read by this
project and by the public readers. *n sp* is the number of spectra, sweeps or scans that a reader tells apart; **wrong** are
numbers that differ (beyond 1e-6) from those in the file, returned without a word; ✗ is an error; – is a kind of file that a
reader does not claim. "Not needed" are techniques that the pipeline has no use for: their tables are read too, and compared.
galvani is given .mpt files with the line ends it asks for, impedance.py is told the instrument.

What this project refuses holds no data (empty, stopped before its first point, settings, logs, graphics), no frequencies, or is
no measurement; of absorption files also those whose header does not say what the columns are. The reason stands in its column, and
the tests in `tests/real/` hold every file against its reason.

The rules: [impedance_files.md](impedance_files.md), [absorption_files.md](absorption_files.md).
"""


def peer_python(name: str) -> Path:
    """Interpreter of one environment of peers, made where it is not there yet."""
    home = ROOT / "build" / "peers" / name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (home / "ready").is_file():
        packages = ENVIRONMENTS[name][0]
        print(f"making {home} with {', '.join(packages)}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        (home / "ready").touch()
    return python


def peer_outcomes(folder: Path) -> dict[str, dict[str, Any]]:
    """What every peer makes of every file below ``folder``, by library and file."""
    found: dict[str, dict[str, Any]] = {}
    for name, (_, libraries) in ENVIRONMENTS.items():
        python = peer_python(name)
        for library in libraries:
            out = python.parents[1] / f"{library}.json"
            script = Path(__file__).with_name("formats_peers.py")
            subprocess.run([python, script, library, folder, out], check=True)
            found[library] = json.loads(out.read_text(encoding="utf-8"))
    return found


def ours(raw: RawFile) -> tuple[str, str, Columns]:
    """(read | skipped | refused, words, columns) of this project."""
    known, settings = recognise(raw), DelimitedSettings()
    what = " ".join(x for x in (known.format, known.detail) if x)
    try:
        if known.technique == "eis":
            spectra = read_impedance(raw, settings)
            f = np.concatenate([s.frequency_hz for s in spectra])
            z = np.concatenate([s.impedance_ohm for s in spectra])
            return "read", f"{f.size}, {len(spectra)} sp ({what})", {"f": f, "re": z.real, "im": z.imag}
        if known.technique == "lsv":
            sweeps = read_sweeps(raw, settings)
            e, i = (np.concatenate([getattr(s, k) for s in sweeps]) for k in ("potential_v", "current_a"))
            return "read", f"{e.size}, {len(sweeps)} sp ({what})", {"e": e, "i": i}
        if known.technique == "companion":
            return "refused", f"refused: {known.format}, beside the data", {}
        errors = [f for f in known.findings if f.severity == "error"]
        if errors:
            return "refused", f"refused: {errors[0].field}: {errors[0].problem}", {}
        eclab = parse_eclab(raw)
        if eclab is not None:
            columns = eclab[1][0].columns
            picked = {"time": columns.get("time/s"), "e": columns.get("Ewe/V", columns.get("<Ewe>/V"))}
            picked["i"] = current_a(columns)
            rows = eclab[1][0].n_rows
            return "skipped", f"{rows}, not needed ({what})", {k: v for k, v in picked.items() if v is not None}
    except ReadError as error:
        return "refused", f"refused: {error.field}: {error.problem}", {}
    return "refused", "refused: no reader knows it", {}


def same(mine: Columns, theirs: Columns) -> str:
    """'' where the columns that both have are equal, else what differs."""
    if "f" in mine and {"f", "re", "im"} <= theirs.keys():
        return _same_impedance(mine, theirs)
    for key in ("time", "e", "i"):
        if key in mine and key in theirs:
            a, b = np.asarray(mine[key]), np.asarray(theirs[key])
            if a.size != b.size:
                return f"{b.size} of {a.size} rows"
            size = float(np.max(np.abs(a), initial=0.0))
            if not np.allclose(a, b, rtol=RTOL, atol=RTOL * 1e-3 * size):
                return f"{key}: {_ratio(a, b)}"
    return ""


def _same_impedance(mine: Columns, theirs: Columns) -> str:
    f = np.asarray(theirs["f"])
    good = np.isfinite(f) & (f > 0)
    b = np.array([f, theirs["re"], theirs["im"]])[:, good]
    a = np.array([mine["f"], mine["re"], mine["im"]])
    a, b = (x[:, np.lexsort((x[2], x[1], np.round(np.log(x[0]), 5)))] for x in (a, b))
    if a.shape != b.shape:
        return f"{b.shape[1]} of {a.shape[1]} rows"
    modulus = np.hypot(a[1], a[2])
    off = np.max(np.abs(a - b) / np.array([a[0], modulus, modulus]), axis=1, initial=0.0)
    for name, one, two, error in zip(("f", "Re Z", "Im Z"), a, b, off, strict=True):
        if not error <= RTOL:
            return f"{name}: {_ratio(one, two)}"
    return ""


def _ratio(a: np.ndarray, b: np.ndarray) -> str:
    good = (a != 0) & np.isfinite(b)
    return f"{float(np.median(b[good] / a[good])):.3g} times" if good.any() else "no numbers"


def peer_cell(status: str, mine: Columns, outcome: dict[str, Any] | None) -> tuple[str, str]:
    """(read | refused | wrong | -, words) of one peer on one file."""
    if outcome is None:
        return "-", "–"
    if "error" in outcome:
        return "refused", "✗ " + outcome["error"].split(":")[0]
    rows, spectra = outcome["rows"], f", {outcome['spectra']} sp" if "spectra" in outcome else ""
    zero = sum(v == 0 for v in outcome["columns"].get("f", ()))
    if status == "refused":
        return ("wrong", f"**wrong** {rows} where there are none") if rows else ("read", "0")
    differs = same(mine, outcome["columns"])
    if differs:
        return "wrong", f"**wrong** {differs}"
    return "read", f"{rows}{spectra}" + (f" ({zero} at 0 Hz)" if zero else "")


def eis_table(folder: Path) -> tuple[list[str], Counter[tuple[str, str]], list[str]]:
    """Rows of the table, sums by (reader, outcome), and what contradicts this project."""
    peers = peer_outcomes(folder / "eis")
    lines, sums, doubts = [], Counter[tuple[str, str]](), []
    for path in sorted(p for p in (folder / "eis").rglob("*") if p.is_file()):
        name = path.relative_to(folder / "eis").as_posix()
        try:
            status, words, mine = ours(load_raw(path, name))
        except ReadError as error:
            status, words, mine = "refused", f"refused: {error.problem}", {}
        truth = peers["plain"].get(name)
        if truth is not None and status != "refused" and (differs := same(mine, truth["columns"])):
            status, words = "wrong", f"**wrong** {differs}"
        cells = []
        for peer in PEERS:
            outcome, text = peer_cell(status, mine, peers[peer].get(name))
            if outcome == "wrong" and (truth is None or status == "refused"):
                doubts.append(f"{name}: {peer}: {text}")
            sums[peer, outcome] += 1
            cells.append(text)
        sums["this project", status] += 1
        cells = [c.replace("|", "\\|") for c in (words, *cells)]
        lines.append(f"| {name} | {' | '.join(cells)} |".replace("\n", " "))
    return lines, sums, doubts


def main() -> None:
    """Write docs/formats.md and print the sums."""
    here = Path(os.environ.get("HSE_REAL_DATA", ROOT.parent / "shared" / "real"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else here
    if not (folder / "eis").is_dir():
        sys.exit(f"no real exports at {folder}: give the folder, or set HSE_REAL_DATA")
    rows, sums, doubts = eis_table(folder)
    xas_rows, xas_sums = larch_table(folder)
    out = [HEAD, "| reader | version | read | not needed | refused | wrong |", "| --- | --- | --- | --- | --- | --- |"]
    versions = dict(p.split("==") for packages, _ in ENVIRONMENTS.values() for p in packages)
    versions["larch"] = version("xraylarch")
    for reader, counts in (("this project", sums), *((p, sums) for p in PEERS)):
        n = [counts[reader, key] for key in ("read", "skipped", "refused", "wrong")]
        out.append(f"| {reader}, impedance and sweeps | {versions.get(reader, '')} | {' | '.join(map(str, n))} |")
    for reader in ("this project", "larch"):
        n = [xas_sums[reader, key] for key in ("read", "skipped", "refused", "wrong")]
        out.append(f"| {reader}, absorption | {versions.get(reader, '')} | {' | '.join(map(str, n))} |")
    out += ["", "## Impedance and sweeps", "", f"| file in `eis/` | this project | {' | '.join(PEERS)} |"]
    out += ["| --- " * (2 + len(PEERS)) + "|", *rows]
    out += [
        "",
        "## X-ray absorption",
        "",
        "| file in `xas/` | this project | larch |",
        "| --- | --- | --- |",
        *xas_rows,
    ]
    (ROOT / "docs" / "formats.md").write_text("\n".join(out) + "\n", encoding="utf-8")
    print("\n".join(out[1 : 2 + 2 + len(PEERS) + 2]))
    print("\nfiles without a truth of their own where a peer differs:", *(doubts or ["none"]), sep="\n  ")


if __name__ == "__main__":
    main()
