"""Where the real exports lie, and how their absence is shown."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # as the command line does: the matrices are small, threads only fight


def pytest_configure(config: pytest.Config) -> None:
    """FEFF results go to a folder of this session, shared by its workers, never to the user's cache."""
    if "HSE_CACHE" not in os.environ:
        os.environ["HSE_CACHE"] = config._hse_cache = tempfile.mkdtemp(prefix="hse-tests-")  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that made the folder takes it away."""
    if made := getattr(config, "_hse_cache", None):
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real instrument exports: HSE_REAL_DATA, else ``../shared/real`` beside the repository."""
    folder = Path(os.environ.get("HSE_REAL_DATA", REPO.parent / "shared" / "real"))
    if not folder.is_dir():
        pytest.skip(f"no real exports at {folder}: set HSE_REAL_DATA to run this test")
    return folder


@pytest.fixture(scope="session")
def repo() -> Path:
    """Root of the repository."""
    return REPO


@pytest.fixture(scope="session")
def example_results(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the main job on the example study, run once by the command itself."""
    out = tmp_path_factory.mktemp("example") / "results"
    command = [sys.executable, "-m", "pipeline.cli", "run", str(repo / "raw_examples/study.toml"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=repo)
    assert done.returncode == 0, done.stderr
    (out.parent / "stdout.txt").write_text(done.stdout, encoding="utf-8")
    return out
