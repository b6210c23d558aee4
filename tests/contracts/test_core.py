"""The rules of the house that no linter knows: core names no technique, and its seams hide no type behind Any."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import tokenize
from pathlib import Path

import pytest

from pipeline.core.registry import ROOMS, techniques
from pipeline.core.technique import Technique

ANY_MAY_STAND_IN = {
    "no_mistakes",  # defaults of the contract: they look at nothing
    "no_notes",
    "no_archive",
    "AnyTechnique",  # the registry's own types
    "AnyRecord",
    "AnyResults",
    "Option",  # what pydantic reads a table as
    "Figures",  # a drawing function's own arguments
}


def words_of_code(path: Path) -> set[str]:
    """Names and words of texts, without docstrings and comments: those may give examples to people."""
    with path.open("rb") as file:
        tokens = list(tokenize.tokenize(file.readline))
    docs = {
        node.body[0].value.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None
    }
    kept = (t for t in tokens if t.type in (tokenize.NAME, tokenize.STRING) and t.start[0] not in docs)
    fields = re.compile(r"[A-Za-z]+")
    alone = {t.start[0] for t in tokens if t.type == tokenize.STRING and t.line.strip().startswith(('"""', "'"))}
    return {w.lower() for t in kept if t.start[0] not in alone for w in fields.findall(t.string)}


def test_core_names_no_technique(repo):
    names = {"impedance", "eis", "sweeps", "lsv", "absorption", "xas", "exafs"}
    core = sorted((repo / "pipeline/core").rglob("*.py"))
    assert len(core) > 30
    found = {p.name: words_of_code(p) & names for p in core}
    assert {name: sorted(words) for name, words in found.items() if words} == {}


def any_in_annotations(path: Path) -> set[str]:
    """Functions, classes and aliases of a module whose annotations name ``Any``."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        seam = isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AnnAssign, ast.Assign))
        if seam and any(isinstance(n, ast.Name) and n.id == "Any" for n in ast.walk(node)):
            target = node.target if isinstance(node, ast.AnnAssign) else None
            found.add(target.id if isinstance(target, ast.Name) else getattr(node, "name", "?"))
    return found


def test_the_seams_hide_no_type(repo):
    rooms = list((repo / "pipeline/techniques").glob("*/technique.py"))
    assert len(rooms) >= 3
    assert any_in_annotations(repo / "pipeline/core/technique.py") <= ANY_MAY_STAND_IN
    assert any_in_annotations(repo / "pipeline/core/flow.py") == set()
    assert {p.parent.name: any_in_annotations(p) for p in rooms if any_in_annotations(p)} == {}


def test_every_room_has_the_same_doors(repo):
    doors = ("technique", "study", "model", "settings", "read", "check", "fit", "summarize", "report")
    for room in (p.parent for p in (repo / "pipeline/techniques").glob("*/technique.py")):
        assert [d for d in doors if not (room / d).is_dir() and not (room / f"{d}.py").is_file()] == [], room.name
        assert len((room / "technique.py").read_text(encoding="utf-8").splitlines()) <= 150, room.name


def test_the_registry_finds_rooms_by_folder_and_others_by_entry_point():
    assert all(isinstance(t, Technique) for t in techniques().values())
    inside = {t.package for t in techniques().values() if t.package.startswith(ROOMS)}
    outside = importlib.metadata.entry_points(group="hse_pipeline.techniques")
    assert len(techniques()) == len(inside) + len(outside)


@pytest.mark.parametrize("path", ["pipeline"])
def test_functions_are_short_and_take_few_arguments(repo, path):
    long, wide = {}, {}
    for file in (repo / path).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                name, a = f"{file.name}:{node.name}", node.args
                if (lines := (node.end_lineno or 0) - node.lineno + 1) > 60:
                    long[name] = lines
                if (
                    n := len([x for x in (*a.posonlyargs, *a.args, *a.kwonlyargs) if x.arg not in ("self", "cls")])
                ) > 8:
                    wide[name] = n
    assert long == {}
    assert wide == {}
