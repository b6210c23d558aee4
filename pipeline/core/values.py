"""What every stage may say: a number with its uncertainty, a finding, a verdict, a mask.

A value never travels without its sigma and unit; what the data do not support is a verdict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Level = Literal["resolved", "weak", "unresolved", "refused"]
"""resolved: printable; weak: printable with its interval; unresolved: withheld; refused: the data cannot give it."""

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its standard uncertainty (k = 1), the unit of both, and its 95 % interval.

    ``low95`` and ``high95`` may be asymmetric; left out, they are value -/+ 1.96 sigma.
    """

    value: float
    sigma: float
    unit: str
    low95: float | None = None
    high95: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.sigma >= 0):
            raise ValueError(f"not an estimate: {self.value} ± {self.sigma} {self.unit}")

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval, in ``unit``."""
        return self.value - 1.959964 * self.sigma if self.low95 is None else self.low95

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval, in ``unit``."""
        return self.value + 1.959964 * self.sigma if self.high95 is None else self.high95


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a person should know about the data or a result; it ends nothing."""

    severity: Severity
    field: str
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.severity}: {self.field}: {self.problem}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How far a result is supported by the data, with the reason in words and numbers."""

    level: Level
    reason: str

    @property
    def printable(self) -> bool:
        """True where a number may be given (resolved or weak)."""
        return self.level in ("resolved", "weak")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """Points that a stage left out of the fit: indices into the measurement's arrays, and why."""

    indices: tuple[int, ...]
    reason: str
