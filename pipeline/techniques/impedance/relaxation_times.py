"""The distribution of relaxation times of a headline spectrum, to be drawn beside its arcs: evidence, no number."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.core.arrays import FloatArray, freeze


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RelaxationTimes:
    """Of one spectrum."""

    sample: str
    file: str
    loop: int
    tau_s: FloatArray
    """(m,) ascending."""
    gamma_ohm: FloatArray
    """(m,) resistance per unit of ln tau."""
    strength: float
    """Of the regularisation, relative."""
    peaks: tuple[tuple[float, float], ...]
    """(tau in s, resistance in ohm) inside the window, from the fastest."""

    def __post_init__(self) -> None:
        freeze(self, tau_s=float, gamma_ohm=float)
