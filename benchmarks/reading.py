"""How fast an export is read, beside yadg and galvani in the same run.

    python benchmarks/reading.py [FOLDER]     FOLDER: HSE_REAL_DATA, default ../shared/real

Best of ten, bytes to numbers, imports left out; yadg and galvani run in the environment that formats.py makes.  Of this project:
bytes to spectra, sweeps or scans, and how often the file was opened.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from formats import ENVIRONMENTS, peer_python

from pipeline.core.raw_files import load_raw
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings
from pipeline.techniques.impedance.read.spectra import read_impedance
from pipeline.techniques.sweeps.read import read_sweeps

ROOT = Path(__file__).resolve().parents[1]
SERIES = "eis/InES_VMP3_SSB/20220309_(Form02C)EIS_charging_10bis16V_step_01V+(1C+EIS)50cycle_17_GEIS_C08"
FILES = (
    (f"{SERIES}.mpt", "eis"),
    (f"{SERIES}.mpr", "eis"),
    ("eis/yadg/vsp_peis_with.mpt", "eis"),
    ("eis/yadg/geis.mpt", "eis"),
    ("eis/yadg/cv.mpt", "lsv"),
    ("eis/impedance.py/exampleDataVersaStudio.par", "eis"),
    ("eis/hybrid-drt/webinar_Sample2_PEIS_AtRest.csv", "eis"),
    ("xas/cls/CLSHXMA.dat", "xas"),
    ("xas/larch_examples/AthenaProjectFiles/Au.prj", "xas"),
)
PEER = """
import io, sys, time, warnings
warnings.simplefilter("ignore")
library, path = sys.argv[1:]
if library == "yadg":
    from yadg import extractors
    run = lambda: extractors.extract("eclab" + path[-4:], path)
elif path.endswith(".mpr"):
    from galvani import BioLogic
    run = lambda: BioLogic.MPRfile(path)
else:
    from galvani import BioLogic
    text = open(path, "rb").read().replace(b"\\r\\n", b"\\n").replace(b"\\n", b"\\r\\n")
    run = lambda: BioLogic.MPTfile(io.BytesIO(text), encoding="latin-1")
best = 1e9
for _ in range(10):
    start = time.perf_counter()
    run()
    best = min(best, time.perf_counter() - start)
print(best)
"""


def best_of(run: Callable[[], object], times: int = 10) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def count_opens(run: Callable[[], object], path: Path) -> int:
    """How often a path is opened while ``run`` runs (audit hooks cannot be taken off again: it is only switched off)."""
    seen, active = [0], [True]

    def hook(event: str, args: tuple[object, ...]) -> None:
        if active[0] and event == "open" and str(args[0]) == str(path):
            seen[0] += 1

    sys.addaudithook(hook)
    run()
    active[0] = False
    return seen[0]


def ours(path: Path, technique: str) -> Callable[[], object]:
    if technique == "xas":
        return lambda: read_scans(load_raw(path, path.name), XasReadSettings())
    read = read_impedance if technique == "eis" else read_sweeps
    return lambda: read(load_raw(path, path.name), DelimitedSettings())


def peer(library: str, path: Path) -> str:
    if path.suffix not in (".mpt", ".mpr"):
        return "–"
    done = subprocess.run([peer_python("yadg"), "-c", PEER, library, path], capture_output=True, text=True, check=False)
    return f"{float(done.stdout) * 1e3:.1f}" if done.returncode == 0 else "fails"


def main() -> None:
    """Print the table, milliseconds."""
    here = Path(os.environ.get("HSE_REAL_DATA", ROOT.parent / "shared" / "real"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else here
    names = ", ".join(ENVIRONMENTS["yadg"][0])
    print(f"| file | kB | this project / ms | opened | yadg / ms | galvani / ms |   ({names})")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, technique in FILES:
        path = folder / name
        run = ours(path, technique)
        size = path.stat().st_size / 1e3
        opened = count_opens(run, path)
        mine = best_of(run) * 1e3
        print(
            f"| …{name[-40:]} | {size:.0f} | {mine:.1f} | {opened} | {peer('yadg', path)} | {peer('galvani', path)} |"
        )


if __name__ == "__main__":
    main()
