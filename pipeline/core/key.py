"""The key table: per sample the numbers that a paper prints, made from the facts that techniques publish.

Each technique names its columns of ``tables/key.csv`` and how its facts are shown; the page and the terminal show the same cells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.tables import Kind, Row
from pipeline.core.values import Fact, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCell:
    """One value as people read it: text, its verdict, and what stands below it in small print."""

    text: str
    remark: str = ""
    """What stands beside the value on every screen: ``(extrapolated)``, ``→ 0.25 ± 0.01 above 243 K``."""
    verdict: Verdict | None = None
    notes: tuple[str, ...] = ()
    """95 % interval, the reason why nothing is given …"""

    @property
    def line(self) -> str:
        """Value and remark."""
        return f"{self.text} {self.remark}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyColumn:
    """One column of the key table on the page and in the terminal."""

    head: str
    """With the unit: ``σ(25 °C) / mS cm⁻¹``."""
    cells: Callable[[Sequence[Fact]], Sequence[KeyCell]]
    """Facts of one sample and this technique -> its values, several where it has several (two edges); none: empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPart:
    """A technique's part of the key table."""

    columns: Mapping[str, Kind]
    """Of ``tables/key.csv``."""
    row: Callable[[Sequence[Fact]], Row]
    """Facts of one sample and this technique -> those columns; empty where there is nothing."""
    shown: Sequence[KeyColumn]
