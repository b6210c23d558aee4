"""Settings of cycling; the field docstrings are what ``hse settings --explain`` shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from pipeline.core.technique import Given


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSettings(Given):
    """Table ``[settings.cycling.steps]``."""

    counter_tolerance: Annotated[float, Gt(0), Lt(0.5)] = 0.005
    """Counter and integral of a half cycle may differ by this much of it: real testers agree to 0.1 %, integrating across rests
    costs 1.3 %."""
    calibration: Annotated[float, Ge(0), Lt(0.1)] = 0.0005
    """Relative standard uncertainty of the tester's current: 0.1 % of full scale is usual; it cancels in ratios."""
    repeatability: Annotated[float, Ge(0), Lt(0.1)] = 0.0002
    """Relative standard uncertainty of one charge against another of the same cell: offset and linearity of ordinary testers are
    0.01 to 0.05 %; it stays in efficiencies and retentions."""
    pulse_s: Annotated[float, Ge(0)] = 120.0
    """A shorter step is a pulse where it also moves little charge: no half cycle at 10 C is shorter than this."""
    pulse_fraction: Annotated[float, Ge(0), Lt(1)] = 0.02
    """Share of the largest step's charge below which a short step is a pulse."""
    cutoff_v: Annotated[float, Gt(0)] = 0.02
    """A half cycle that ends further from the usual limit of its direction did not reach it."""
    aborted_fraction: Annotated[float, Gt(0), Lt(1)] = 0.9
    """Such a half is aborted where it also holds less than this share of its neighbours; the last of a file always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSettings(Given):
    """Table ``[settings.cycling.rates]``."""

    same_current: Annotated[float, Gt(0), Lt(0.5)] = 0.04
    """Cycles belong to one run while their currents differ by no more than this: testers hold 0.1 %, rates differ by 25 %."""
    nice_rate: Annotated[float, Ge(0), Lt(0.3)] = 0.06
    """A rate this close to a round one is called by it: a mass is known to 1.4 %, a nominal capacity by convention."""
    retention_after: tuple[Annotated[int, Gt(0)], ...] = (50, 100, 200, 500)
    """Cycles after the reference at which the retention is given, beside that of the last cycle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveSettings(Given):
    """Table ``[settings.cycling.curves]``."""

    derivative_step_v: Annotated[float, Gt(0)] = 0.005
    """Grid of dQ/dV: testers resolve 0.1 to 1 mV, peaks are 20 mV wide."""
    smoothing_points: Annotated[int, Ge(3)] = 9
    """Window of the Savitzky-Golay filter over that grid (second order): 45 mV, below the width of two peaks."""
    max_curves: Annotated[int, Ge(2)] = 16
    """Cycles whose curves are kept for figures; the first and last of every rate come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareSettings(Given):
    """Table ``[settings.cycling.compare]``."""

    significant_sigmas: Annotated[float, Gt(0)] = 1.96
    """A difference larger than this many of its sigma is called significant."""
