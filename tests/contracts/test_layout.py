"""The house rules that no linter knows."""

from __future__ import annotations

from pathlib import Path

MAX_LINES = 400


def test_no_module_is_two_ideas(repo: Path) -> None:
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in (repo / "pipeline").rglob("*.py")}
    assert len(lengths) > 100
    assert not {p.name: n for p, n in lengths.items() if n > MAX_LINES}
