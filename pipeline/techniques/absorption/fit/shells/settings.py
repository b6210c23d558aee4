"""What the study says of a first shell, and what counts as a fit of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le, Lt, MinLen


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellSpec:
    """One sample's row of the study."""

    scatterer: str = "Cl"
    coordination: float | None = None
    structure: str | None = None
    """A built-in model, or the name of the CIF whose bytes are ``cif``."""
    cif: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellSettings:
    """Table ``[settings.xas.shells]``."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    k_weights: Annotated[tuple[Annotated[int, Ge(0), Le(3)], ...], MinLen(1)] = (1, 2, 3)
    """Fitted together: low weights hold E0 and N, high ones sigma^2, so that their correlation falls."""
    s02_assumed: Annotated[float, Gt(0.3), Lt(1.3)] = 0.9
    """S02 where no sample of known coordination gives it: the middle of what crystals give."""
    s02_assumed_sigma: Annotated[float, Ge(0), Lt(0.5)] = 0.1
    """Its standard uncertainty: most elements lie between 0.7 and 1.05."""
    threshold_sigma_ev: Annotated[float, Gt(0)] = 0.3
    """How well the energy scales of samples agree after alignment by the reference channel, 1 sigma."""
    max_e0_shift_ev: Annotated[float, Gt(0)] = 10.0
    """Largest abs(E0): beyond it the distance is off by more than 0.03 angstrom (rule of Artemis)."""
    max_r_factor: Annotated[float, Gt(0)] = 0.02
    """Largest R-factor of a resolved shell (rule of Artemis)."""
    withheld_r_factor: Annotated[float, Gt(0)] = 0.05
    """R-factor above which nothing is given: the model is then not that of the sample (rule of Artemis)."""
    max_variables_share: Annotated[float, Gt(0), Le(1)] = 2 / 3
    """Variables over independent points: the rest is left to judge the fit by."""
