"""The notebooks: kept without outputs, one path at the top. test_example_truth.py, which has the results, runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DEFAULT = 'RESULTS = "../raw_examples/results"'
NAMES = ("review", "cycling", "surfaces")


def test_each_is_looked_at(repo: Path) -> None:
    assert {p.stem for p in (repo / "notebooks").glob("*.ipynb")} == set(NAMES)


@pytest.fixture(scope="module", params=NAMES)
def path(repo: Path, request: pytest.FixtureRequest) -> Path:
    return repo / "notebooks" / f"{request.param}.ipynb"


@pytest.fixture(scope="module")
def cells(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_it_is_kept_without_outputs(cells: list[dict[str, Any]]) -> None:
    code = [c for c in cells if c["cell_type"] == "code"]
    assert len(code) >= 5
    assert all(not c["outputs"] and c["execution_count"] is None for c in code)


def test_one_path_at_the_top_and_the_public_interface_only(cells: list[dict[str, Any]]) -> None:
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    assert code[0].startswith(DEFAULT)
    assert sum("RESULTS =" in source for source in code) == 1
    imports = {line for source in code for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert "import pipeline" in imports
    assert not any("pipeline." in line for line in imports)
