"""Files of a study with impedance: their rows, what a person decided of them, and copies among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Gt, Le

from pipeline.core.technique import Review, Row

Positive = Annotated[float, Gt(0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumReview(Review):
    """A person's decision about a spectrum."""

    arcs: Annotated[int, Ge(1), Le(3)] | None = None
    """How many arcs the fit has."""
    mask_hz: tuple[tuple[Positive, Positive], ...] = ()
    """Bands that no fit may use, (low, high); the ends of a band may be written in any order."""
    circuit: str = ""
    """The circuit of this file, as impedance.py writes it, whatever the sample's table says."""
    fixed: Mapping[str, float] = field(default_factory=dict)
    """Parameters of that circuit that are held, in its units: ``{ CPE1_1 = 1.0 }``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "mask_hz", tuple((min(band), max(band)) for band in self.mask_hz))

    def decision(self) -> Mapping[str, str | int]:
        """Columns ``arcs``, ``mask_hz``, ``circuit`` and ``fixed``, where they were decided."""
        bands = "; ".join(f"{low:g} to {high:g}" for low, high in self.mask_hz)
        held = "; ".join(f"{name} = {value:g}" for name, value in self.fixed.items())
        given = (("arcs", self.arcs), ("mask_hz", bands), ("circuit", self.circuit), ("fixed", held))
        return {name: value for name, value in given if value}

    def in_words(self) -> list[str]:
        """``2 arcs``, ``masked 49 to 51 Hz``."""
        words = {"arcs": "{} arcs", "mask_hz": "masked {} Hz", "circuit": "circuit {}", "fixed": "{} held"}
        return [words[name].format(value) for name, value in self.decision().items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What stands between the instrument and the sample, measured or estimated on the cell without the sample."""

    contact_resistance_ohm: float = 0.0
    """In series with the sample; 0 takes nothing off."""
    contact_resistance_sigma_ohm: float = 0.0
    """Its standard uncertainty, carried into the total resistance."""
    stray_capacitance_f: float = 0.0
    """In parallel with the sample (cable, holder); 0 takes nothing off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumRow(Row):
    """One impedance file of one sample."""

    temperature_k: float | None = None
    """None where the file itself or its name may tell it."""
    temperature_origin: str = ""
    named_temperature_k: float | None = None
    """What its name tells by the rule of all names: where neither the study nor the file says one."""
    in_kelvin: bool = False
    """True where the temperature was written in K."""
    corrections: Corrections = Corrections()
    short: str | None = None
    """File of the shorted cell, one of those beside."""
    open: str | None = None
    circuit: str = ""
    """As impedance.py writes it; '' lets the data choose one of our own."""
    fixed: Mapping[str, float] = field(default_factory=dict)
    """Parameters of ``circuit`` that are held, in its units."""
    reviews: tuple[SpectrumReview, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A spectrum that is the same measurement as another one of its sample."""

    sample: str
    file: str
    loop: int
    copy_of: str
    """File of the one that stands for it."""
    copy_of_loop: int
    other_temperature: bool = False
    """True where the study gives the two different temperatures."""
