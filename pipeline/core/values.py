"""What every stage may say: a number with its uncertainty, a finding, a verdict, a mask.

A value never travels without its sigma and unit; what the data do not support is a verdict.  Programs decide by ``code``
and the other fields; sentences are for people, and rewording one changes no number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["resolved", "weak", "unresolved", "refused"]
"""resolved: printable; weak: printable with its interval; unresolved: withheld; refused: the data cannot give it."""

Severity = Literal["info", "warning", "error"]

Z95 = 1.959964
"""Half a 95 % interval of a normal error, in sigma."""


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
        return self.value - Z95 * self.sigma if self.low95 is None else self.low95

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval, in ``unit``."""
        return self.value + Z95 * self.sigma if self.high95 is None else self.high95


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a person should know about the data or a result; it ends nothing."""

    severity: Severity
    field: str
    problem: str
    hint: str = ""
    code: str = ""
    """What kind of finding, for programs; '' where none asks."""

    def __str__(self) -> str:
        return f"{self.severity}: {self.field}: {self.problem}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How far a result is supported by the data, with the reason in words and numbers."""

    level: Level
    reason: str
    code: str = ""
    """Which rule decided, for programs; several are joined by a blank."""

    @property
    def printable(self) -> bool:
        """True where a number may be given (resolved or weak)."""
        return self.level in ("resolved", "weak")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """Points that a stage left out of the fit: indices into the measurement's arrays, and why."""

    indices: tuple[int, ...]
    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One row of the table rejected: a measurement that a stage refused."""

    file: str
    stage: str
    field: str
    problem: str
    hint: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a technique publishes: one number of one sample, with its verdict and the way back to its files.

    The key table, the difference of two runs, exports and other techniques are made from facts alone.
    """

    sample: str
    quantity: str
    """e.g. ``conductivity_25C``, ``activation_energy``, ``distance``."""
    value: Estimate | None
    """None where nothing was found; a number that the verdict withholds is here all the same."""
    verdict: Verdict
    conditions: Mapping[str, str | float | bool] = field(default_factory=dict)
    """What tells facts of one quantity apart: edge, criterion, temperature. With sample and quantity it names the fact."""
    details: Mapping[str, str | float | bool] = field(default_factory=dict)
    """How the number was found: method, extrapolated …"""
    source: tuple[str, ...] = ()
    """Files below ``raw``, or names of the measurements."""
    technique: str = ""
    """Key of its technique; set by the run."""

    @property
    def shown(self) -> Estimate | None:
        """The value where the verdict lets it be printed."""
        return self.value if self.verdict.printable else None
