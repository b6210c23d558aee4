"""Time, page size, bytes and memory of a report over the number of spectra, on spectra made by hand (no fit).

python benchmarks/report.py
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np

REPO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPO))

from pipeline.core.report.write import report_files  # noqa: E402
from pipeline.core.sample import Sample  # noqa: E402
from tests.synthetic_run import PELLET, make_run, spectrum_fit  # noqa: E402

PELLETS = 20


def main() -> None:
    samples = tuple(Sample(id=f"P{i:02d}", pellet=PELLET) for i in range(PELLETS))
    print(f"{'spectra':>8} {'CPU s':>8} {'page MB':>8} {'all MB':>8} {'files':>6} {'peak MB so far':>15}")
    for n in (20, 200, 1000):
        temperatures = np.linspace(203.15, 333.15, n // PELLETS)
        spectra = tuple((s.id, spectrum_fit(s.id, float(t))) for s in samples for t in temperatures)
        run = make_run(samples=samples, spectra=spectra, pellets=(), absorption=(), shells=(), distortions=())
        start = time.process_time()
        files = report_files(run)
        seconds = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
        page, total = len(files["report.html"]) / 1e6, sum(map(len, files.values())) / 1e6
        print(f"{n:8d} {seconds:8.1f} {page:8.1f} {total:8.1f} {len(files):6d} {peak:15.0f}")


if __name__ == "__main__":
    main()
