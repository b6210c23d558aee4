"""Time and memory of the main job: help, cold run with FEFF, unchanged run, one file added.

    python benchmarks/main_job.py

Memory is the operating system's figure: the largest resident size of any one process of the run.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
CODE = "import sys; from pipeline.cli import main; sys.exit(main())"


def timed(arguments: list[str], env: dict[str, str]) -> tuple[float, float, str]:
    """Seconds, largest resident size in MB of any process since the last call's, and stdout."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments], env=env, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1):
        sys.exit(f"hse {' '.join(arguments)} failed:\n{done.stderr}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return seconds, peak / (1024 if sys.platform != "darwin" else 1024**2), done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "raw_examples"
        shutil.copytree(REPO / "raw_examples", study, ignore=shutil.ignore_patterns("results"))
        env = {**os.environ, "HSE_CACHE": str(Path(folder) / "cache"), "PYTHONPATH": str(REPO)}
        run = ["run", str(study / "study.toml")]
        timed(["--help"], env)
        rows = [("hse --help", 0.3, *timed(["--help"], env))]
        rows.append(("run, cold, FEFF included", 90.0, *timed(run, env)))
        rows.append(("run again, unchanged", 3.0, *timed(run, env)))
        source = next(iter(sorted((study / "raw").rglob("HSE-Sm_*C.mpt"))))
        added = source.with_name(source.name.replace("C.mpt", ".5C.mpt"))
        shutil.copy(source, added)
        rows.append((f"run with {added.name} added", 6.0, *timed(run, env)))
        print(f"{'case':<40} {'wall s':>8} {'bar s':>7} {'peak MB so far':>15}  (bar 700 MB)")
        for name, bar, seconds, peak, _ in rows:
            print(f"{name:<40} {seconds:8.2f} {bar:7.1f} {peak:15.0f}")
        for name, _, _, _, out in rows[1:]:
            print(name, "->", next((line for line in out.splitlines() if "task(s) done" in line), "?"))


if __name__ == "__main__":
    main()
