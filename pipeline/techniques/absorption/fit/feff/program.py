"""Complete inputs for FEFF6L, its runs, and their cache: no input is ever run twice, on any worker.

FEFF6L (J. J. Rehr, J. Mustre de Leon, S. I. Zabinsky and R. C. Albers, J. Am. Chem. Soc. 113 (1991) 5135; S. I. Zabinsky et al.,
Phys. Rev. B 52 (1995) 2995) ships in the wheel of xraylarch and is run by its path; nothing of larch is imported.  It exits 0
on fatal errors: a run has succeeded when ``files.dat`` and every path it names are there and the log knows no "Fatal".
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.core.errors import FitError
from pipeline.science.crystal import Cluster
from pipeline.science.elements import atomic_number
from pipeline.techniques.absorption.fit.feff.paths import FeffPath, parse_paths

HOLES = {"K": 1, "L1": 2, "L2": 3, "L3": 4}
TIMEOUT_S = 120.0
"""A 6 Å cluster takes a second; a run that takes a hundred times longer hangs."""
MAX_ATOMS = 500
KEPT = re.compile(r"feff\d{4}\.dat|files\.dat")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSearch:
    """Which paths FEFF keeps."""

    r_max_angstrom: float
    """Longest half path length."""
    max_legs: int = 4
    curved_percent: float = 0.0
    plane_percent: float = 0.0
    """Smallest amplitude kept, of the strongest path; 0 keeps all."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FeffRun:
    """What one run left."""

    input: str
    version: str
    paths: tuple[FeffPath, ...]


def write_input(cluster: Cluster, edge: str, search: PathSearch) -> str:
    """``feff.inp`` with every card that FEFF6L would otherwise fill in by itself.

    Raises
    ------
    FitError
        An edge other than K, L1, L2, L3; no neighbours, or too many; more than seven elements.
    """
    kinds = list(dict.fromkeys(cluster.elements))
    if edge not in HOLES:
        raise FitError(
            source=cluster.source, field="edge", problem=f"FEFF6L is not run at the {edge} edge", hint="K, L1, L2, L3"
        )
    if not 0 < len(cluster.elements) <= MAX_ATOMS or len(kinds) > 7:
        problem = f"{len(cluster.elements)} neighbours of {len(kinds)} elements"
        raise FitError(
            source=cluster.source, field="structure", problem=problem, hint=f"1 to {MAX_ATOMS} of up to seven"
        )
    title = re.sub(r"[^\x20-\x7e]", "?", cluster.source.replace("Å", "A"))[:70]
    lines = [
        f"TITLE {title}",
        f"TITLE {cluster.absorber} {edge} edge, input written by hse-pipeline",
        f"HOLE {HOLES[edge]} 1.0",
        "CONTROL 1 1 1 1",
        "PRINT 0 0 0 3",
        "EXCHANGE 0 0.0 0.0",
        "CORRECTIONS 0.0 0.0",
        f"RMAX {search.r_max_angstrom:.4f}",
        f"NLEG {search.max_legs}",
        f"CRITERIA {search.curved_percent:.2f} {search.plane_percent:.2f}",
        "POTENTIALS",
        f"0 {atomic_number(cluster.absorber)} {cluster.absorber}",
        *(f"{i} {atomic_number(e)} {e}" for i, e in enumerate(kinds, start=1)),
        "ATOMS",
        f"{0:11.6f} {0:11.6f} {0:11.6f} 0 {cluster.absorber}",
    ]
    for element, p in zip(cluster.elements, cluster.positions_angstrom + 0.0, strict=True):
        lines.append(f"{p[0]:11.6f} {p[1]:11.6f} {p[2]:11.6f} {kinds.index(element) + 1} {element}")
    return "\n".join([*lines, "END", ""]).replace("-0.000000", " 0.000000")


@cache
def find_program() -> Path:
    """FEFF6L of the installed xraylarch.

    Raises
    ------
    FitError
        xraylarch is not installed, or has no FEFF6L for this system.
    """
    found = importlib.util.find_spec("larch")
    if found is None or found.origin is None:
        raise FitError(
            source="FEFF6L", field="program", problem="xraylarch is not installed", hint="pip install xraylarch"
        )
    folder, name = {"Windows": ("win64", "feff6l.exe"), "Darwin": ("darwin64", "feff6l")}.get(
        platform.system(), ("linux64", "feff6l")
    )
    program = Path(found.origin).parent / "bin" / folder / name
    if not program.is_file():
        problem = f"not in xraylarch for {platform.system()} {platform.machine()}"
        raise FitError(source="FEFF6L", field="program", problem=problem)
    return program


@cache
def _program_id(program: Path) -> str:
    return hashlib.sha256(program.read_bytes()).hexdigest()


def run_feff(text: str, cache_folder: Path) -> FeffRun:
    """Paths of one input: from the cache, or from a run in a temporary folder of its own.

    Two processes that ask for the same input at the same time share one run: the second waits for the first.  An entry that
    is not whole is made anew; a fatal error of FEFF is kept like a result, so that it is not run into twice.

    Raises
    ------
    FitError
        FEFF failed, hung, or left paths that cannot be read.
    """
    program = find_program()
    key = hashlib.sha256(f"{_program_id(program)}\n{text}".encode()).hexdigest()
    entry = cache_folder / "feff" / key[:2] / f"{key}.json"
    kept = _read_entry(entry, text)
    if kept is None:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with locked(entry.with_suffix(".lock")):
            kept = _read_entry(entry, text)
            if kept is None:
                kept = _run(program, text)
                _write_entry(entry, text, kept)
    title = text.splitlines()[0].removeprefix("TITLE ")
    if kept.get("fatal"):
        hint = "atoms too close, or an element missing from the structure?"
        raise FitError(source=title, field="FEFF6L", problem=kept["fatal"], hint=hint)
    version, paths = parse_paths(kept, title)
    return FeffRun(input=text, version=version, paths=paths)


def _run(program: Path, text: str) -> dict[str, str]:
    """File name -> text of everything that matters, or ``fatal`` -> the reason."""
    with tempfile.TemporaryDirectory(prefix="hse-feff-") as name:
        folder = Path(name)
        (folder / "feff.inp").write_text(text, encoding="ascii")
        try:
            done = subprocess.run(  # noqa: S603  the program is found by its package, the input by its folder
                [str(program)],
                cwd=folder,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise FitError(
                source="FEFF6L", field="run", problem=f"no result after {TIMEOUT_S:g} s", hint="a smaller cluster"
            ) from None
        except OSError as error:
            raise FitError(source="FEFF6L", field="program", problem=f"cannot be started: {error.strerror}") from None
        log = (done.stdout + done.stderr).decode("utf-8", "replace")
        kept = {p.name: p.read_text(encoding="latin-1") for p in sorted(folder.iterdir()) if KEPT.fullmatch(p.name)}
    return kept if (problem := find_failure(log, kept)) is None else {"fatal": problem}


def find_failure(log: str, kept: Mapping[str, str]) -> str | None:
    """Why a run is no result, None where it is one: FEFF's exit code says nothing."""
    fatal = [line.strip() for line in log.splitlines() if "fatal" in line.lower()]
    if fatal:
        return "; ".join(dict.fromkeys(fatal))[:300]
    if "files.dat" not in kept or "feff0001.dat" not in kept:
        last = [line.strip() for line in log.splitlines() if line.strip()][-2:]
        return f"left no paths; its last words: {' / '.join(last)[:200] or 'none'}"
    named = re.findall(r"^\s*(feff\d{4}\.dat)", kept["files.dat"], re.MULTILINE)
    missing = [n for n in named if n not in kept]
    if missing or not named:
        return f"left {len(kept) - 1} path(s) of the {len(named)} in files.dat"
    head = kept["feff0001.dat"].split("----", 1)[0]
    if re.search(r"\bV[ir]\s*=", head):
        return "shifted or broadened the potential, which the input does not ask for"
    return None


def _read_entry(path: Path, text: str) -> dict[str, str] | None:
    """An entry whose checksum holds, else None."""
    try:
        entry = json.loads(path.read_bytes())
        files = {str(k): str(v) for k, v in entry["files"].items()}
        whole = entry["input"] == text and entry["sha256"] == _checksum(files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return files if whole else None


def _checksum(files: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(files.items())).encode()).hexdigest()


def _write_entry(path: Path, text: str, files: Mapping[str, str]) -> None:
    data = json.dumps({"input": text, "sha256": _checksum(files), "files": dict(files)}).encode()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; the system frees it when its holder dies."""
    with path.open("a+b") as stream:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    stream.seek(0)
                    msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # waits ten seconds, then raises
                    continue
            try:
                yield
            finally:
                stream.seek(0)
                msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX)
            yield
