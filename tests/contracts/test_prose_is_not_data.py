"""Sentences are for people: with every reason, problem and hint taken away, a run gives the same numbers and verdicts.

The example's pellets with phases and a series, both sweeps, and the scans of two edges are run twice: as they are, and with each
sentence replaced by its code.
"""

from __future__ import annotations

import ast
import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import pipeline
from pipeline.core.errors import PipelineError
from pipeline.core.values import Finding, Mask, Verdict
from tests.small_study import run_tables

PACKAGE = Path(pipeline.__file__).parent
SENTENCES = ("reason", "reasons", "problem", "hint", "notes", "left_out", "verdict_reason", "details", "glitches")
STUDY = """schema = 1
name = "Words"

[[sample]]
id = "HSE-Sm"
pellet = { thickness_mm = 0.55, thickness_sigma_mm = 0.01, diameter_mm = 10.0, mass_mg = 120.0 }
phases = { amorphous = "LCF-Ta" }
[[sample.eis]]
files = "eis/HSE-Sm_-*.mpt"
temperatures = "log.csv"
[[sample.lsv]]
files = "lsv/HSE-Sm_*.mpt"
reference = { electrode = "Na15Sn4", volts_vs_na = 0.08, volts_vs_na_sigma = 0.01 }
area_cm2 = 0.785
[[sample.xas]]
files = "xas/HSE-Sm_Ta_*.dat"
edge = "Ta L3"
shell = { scatterer = "Cl" }

[[sample]]
id = "LCF-Ta"
pellet = { thickness_mm = 0.55, thickness_sigma_mm = 0.01, diameter_mm = 10.0 }
[[sample.eis]]
files = "eis/LCF-Ta_{temperature_c}C.mpt"
[[sample.xas]]
files = "xas/LCF-Ta_Ta_*.dat"
edge = "Ta L3"
shell = { scatterer = "Cl", coordination = 6 }

[[sample]]
id = "HCF-Sm"
[[sample.xas]]
files = "xas/HCF-Sm_Sm_*.dat"
edge = "Sm L3"
shell = { scatterer = "Cl" }

[xas_reference]
"Ta L3" = "LCF-Ta"

[settings.lsv.onset]
bootstrap = 40
"""


@contextmanager
def without_words() -> Iterator[None]:
    """Everything that carries a sentence is made with its code, or nothing, in the sentence's place."""

    def silent(cls: type, *sentences: str) -> Any:
        born = cls.__init__

        def init(self: Any, *args: Any, **given: Any) -> None:
            code = given.get("code", "")
            born(self, *args, **{k: (code if k in sentences else v) for k, v in given.items()})

        return init

    with pytest.MonkeyPatch.context() as patch:
        for cls, sentences in (
            (Verdict, ("reason",)),
            (Mask, ("reason",)),
            (Finding, ("problem", "hint")),
            (PipelineError, ("problem", "hint")),
        ):
            patch.setattr(cls, "__init__", silent(cls, *sentences))
        yield


def numbers(out: Path) -> dict[str, list[dict[str, str]]]:
    """Every table without its sentences."""
    found = {}
    for path in sorted((out / "tables").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [{k: v for k, v in row.items() if not k.endswith(SENTENCES)} for row in csv.DictReader(file)]
        found[path.stem] = rows
    return found


def test_rewording_every_sentence_changes_no_number_and_no_verdict(repo, tmp_path):
    raw = tmp_path / "raw"
    for name in ("eis", "lsv", "xas"):
        shutil.copytree(repo / "raw_examples/raw" / name, raw / name)
    lines = [
        f"{p.relative_to(raw).as_posix()},{p.stem.split('_')[-1].rstrip('C')}" for p in raw.glob("eis/HSE-Sm_-*.mpt")
    ]
    (raw / "log.csv").write_text("file,temperature_c\n" + "\n".join(lines) + "\n")
    (tmp_path / "study.toml").write_text(STUDY)
    as_it_is = numbers(run_tables(tmp_path / "study.toml", out=tmp_path / "words"))
    with without_words():
        silent = numbers(run_tables(tmp_path / "study.toml", out=tmp_path / "silent"))
    for unimportant in ("findings", "methods"):  # findings that differ in their words only are one without them
        as_it_is.pop(unimportant), silent.pop(unimportant)
    assert len(as_it_is["arcs"]) > 10
    assert as_it_is.keys() == silent.keys()
    for name, rows in as_it_is.items():
        assert silent[name] == rows, name


def test_every_verdict_of_the_rooms_carries_a_code() -> None:
    found = [
        f"{path}:{call.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Verdict"
        if not any(k.arg == "code" for k in call.keywords)
    ]
    assert not found
