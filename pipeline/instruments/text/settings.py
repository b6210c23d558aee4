"""What a study may say of text tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Gt

from pipeline.core.technique import Given


@dataclass(frozen=True, slots=True, kw_only=True)
class DelimitedSettings(Given):
    """Table ``[settings.eis.read]``: what a text table's header does not say, or says wrongly."""

    columns: tuple[str, ...] = ()
    """Roles of the columns in order (frequency, omega, re, im, modulus, phase, time, potential, current, -); empty: header."""
    imaginary_sign: Literal["auto", "as written", "negated"] = "auto"
    """Whether the column holds Im Z or -Im Z; auto: the header's minus, else Kramers-Kronig and the capacitive majority."""
    frequency_unit: Literal["auto", "Hz", "kHz", "MHz", "rad/s"] = "auto"
    """Unit of the frequency column; auto: the header, else Hz."""
    impedance_scale: Annotated[float, Gt(0)] = 1.0
    """Factor from the file's numbers to ohm, where the header's unit is wrong or a geometry was divided out."""
    decimal: Literal["auto", "point", "comma"] = "auto"
    """Decimal sign; auto: the one that makes more lines numeric."""
