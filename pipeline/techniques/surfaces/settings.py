"""Settings of photoelectron spectra; the field docstrings are what ``hse settings --explain`` shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

from pipeline.core.technique import Given


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumCheckSettings(Given):
    """Table ``[settings.xps.check]``."""

    min_points: Annotated[int, Ge(10)] = 25
    """Fewer points hold no background beside a pair of lines."""
    spike_sigmas: Annotated[float, Gt(4)] = 8.0
    """A point further from its neighbours than this is a spike of the detector."""
    max_range_ev: Annotated[float, Gt(0)] = 150.0
    """A wider scan is a survey: no background of one kind reaches across it."""
    poisson_within: Annotated[float, Gt(1)] = 2.0
    """Noise within this factor of that of counts is Poisson's; else its size is taken from the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings(Given):
    """Table ``[settings.xps.fit]``."""

    max_components: Annotated[int, Ge(1), Le(8)] = 4
    """Tried where the study names none; more than four species in one level are rarely told apart."""
    delta_bic: Annotated[float, Ge(0)] = 6.0
    """By how much BIC must fall for a further component, or for widths of their own: strong evidence (Kass and Raftery 1995)."""
    gauss_min_ev: Annotated[float, Gt(0)] = 0.3
    """Narrowest Gaussian width (fwhm): a monochromated source gives 0.3 eV at best."""
    gauss_max_ev: Annotated[float, Gt(0)] = 4.0
    """Widest Gaussian width (fwhm) of one species."""
    lorentz_max_ev: Annotated[float, Gt(0)] = 1.5
    """Widest Lorentzian width (fwhm): natural widths of the levels in use are below 1 eV."""
    asymmetry_max: Annotated[float, Gt(0), Lt(0.5)] = 0.3
    """Largest asymmetry of a Doniach-Šunjić line; metals have 0.05 to 0.2."""
    tougaard_c_ev2: Annotated[float, Gt(0)] = 1643.0
    """C of the universal loss function B T / (C + T^2)^2 (Tougaard 1997)."""
    max_misfit: Annotated[float, Gt(1)] = 2.0
    """chi^2 per degree of freedom above which no number is called resolved."""
    resolved_sigmas: Annotated[float, Gt(1)] = 3.0
    """An area, or a change of a fraction, of at least this many sigma is called resolved."""
