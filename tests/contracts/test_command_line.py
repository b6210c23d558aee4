"""The command line stays light: help needs none of the heavy libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "larch",
    "impedance",
    "pandas",
    "matplotlib",
    "scipy",
    "lmfit",
    "galvani",
    "pyarrow",
    "pydantic",
    "jinja2",
    "numpy",
)
PROBE = """
import contextlib, io, sys
from pipeline.cli import main
with contextlib.redirect_stdout(io.StringIO()) as text, contextlib.suppress(SystemExit):
    main({arguments!r})
print(",".join(sorted({{m.split(".")[0] for m in sys.modules}} & set({heavy!r}))))
print(len(text.getvalue()))
"""


def imported(arguments: list[str], heavy: tuple[str, ...], repo: Path) -> tuple[str, int]:
    code = PROBE.format(arguments=arguments, heavy=heavy)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repo)
    names, size = done.stdout.splitlines()[-2:]
    return names, int(size)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments, repo):
    names, size = imported(arguments, HEAVY, repo)
    assert names == ""
    assert size > 5


def test_a_check_at_the_instrument_does_without_larch_and_plots(repo):
    name = str(repo / "raw_examples/raw/eis/HSE-Sm_-70C.mpt")
    names, size = imported(["check", name], ("larch", "impedance", "matplotlib", "pandas", "pyarrow"), repo)
    assert names == ""
    assert size > 100


@pytest.mark.parametrize("command", ["run", "init", "check", "collect", "report", "export", "settings"])
def test_every_command_of_the_design_exists(command, repo):
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", command, "--help"], capture_output=True, text=True, check=True, cwd=repo
    )
    assert command in done.stdout
