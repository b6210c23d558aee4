"""Figures of an earlier report, taken over while nothing that goes into them has changed.

A figure is a pure function of what it is handed, so its key is the hash of the function's name, of every argument (all rows
and traces, and whatever shares its axes, colours or legend), and of the code and the libraries that draw.  Key, words and
the hash of the three files stand in one ledger beside the records.  A file that is missing or was changed is drawn again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.report.canvas import Drawing

LEDGER = "records/figures.json"
Key = Callable[..., str]
"""Hash of anything that ``pipeline.model`` holds; the caller's also holds the version of the code that draws."""


@dataclass(slots=True)
class Drawn:
    """The figures of one report: what an earlier one left in ``out``, and what this one has."""

    out: Path | None = None
    key: Key | None = None
    """None draws everything anew."""
    before: Mapping[str, Any] = field(default_factory=dict)
    now: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.out is not None and self.key is not None:
            self.before = _read(self.out / LEDGER)

    def draw(self, make: Callable[..., Drawing | None], name: str, *args: Any, simulated: bool) -> Drawing | None:
        """``make(name, *args, simulated=simulated)``, or the same figure from the earlier report."""
        if self.key is None:
            return make(name, *args, simulated=simulated)
        key = self.key(make.__module__, make.__qualname__, name, args, simulated)
        drawing = self._known(name, key) or make(name, *args, simulated=simulated)
        if drawing is not None:
            words = {"caption": drawing.caption, "alt": drawing.alt, "width_in": drawing.width_in}
            self.now[name] = {"key": key, "sha256": _digest(drawing.files().values()), **words}
        return drawing

    def files(self) -> dict[str, bytes]:
        """The ledger of this report."""
        if self.key is None:
            return {}
        return {LEDGER: (json.dumps(self.now, indent=1, ensure_ascii=False) + "\n").encode()}

    def _known(self, name: str, key: str) -> Drawing | None:
        row = self.before.get(name)
        if self.out is None or not isinstance(row, dict) or row.get("key") != key:
            return None
        try:
            svg, pdf, csv = ((self.out / f"figures/{name}{suffix}").read_bytes() for suffix in (".svg", ".pdf", ".csv"))
            if _digest((svg, pdf, csv)) != row["sha256"]:
                return None
            words = {n: row[n] for n in ("caption", "alt", "width_in")}
        except (OSError, KeyError):
            return None
        return Drawing(name=name, svg=svg, pdf=pdf, csv=csv, **words)


def _digest(files: Any) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(data).digest() for data in files)).hexdigest()


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
