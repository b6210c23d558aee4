"""Where the real exports lie, and how their absence is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]


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
