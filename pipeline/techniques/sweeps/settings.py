"""Settings of sweeps; the field docstrings are what ``hse settings --explain`` shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Lt

from pipeline.core.technique import Given


@dataclass(frozen=True, slots=True, kw_only=True)
class LsvCheckSettings(Given):
    """Table ``[settings.lsv.check]``."""

    turn_v: Annotated[float, Gt(0)] = 0.05
    """A reversal smaller than this is noise, not a new direction."""
    spike_sigmas: Annotated[float, Gt(3)] = 8.0
    """A point further from its neighbours' median is a spike: range switch or contact."""
    compliance_v: Annotated[float, Gt(0)] = 0.02
    """Measured and programmed potential may differ by this much: onsets are wanted to 20 mV."""
    min_points: Annotated[int, Ge(5)] = 20
    """Fewer points hold no baseline and no onset."""
    max_rate_error: Annotated[float, Gt(0)] = 0.05
    """Relative difference from the header's scan rate above which a finding is made."""
    max_drift_v_per_h: Annotated[float, Gt(0)] = 0.02
    """A rest that still moves faster than this has found no open-circuit potential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnsetSettings(Given):
    """Table ``[settings.lsv.onset]``."""

    thresholds_ua_per_cm2: tuple[Annotated[float, Gt(0)], ...] = (1.0, 10.0)
    """Current densities that count as the onset; the first is the headline."""
    departure_sigmas: Annotated[float, Gt(2)] = 5.0
    """Departure from the baseline in units of the running mean's noise."""
    bootstrap: Annotated[int, Ge(20)] = 400
    """Replicates: the ends of the 95 % interval are then good to a fifteenth of its width."""
    seed: Annotated[int, Ge(0)] = 1
    """Of the bootstrap: the same data give the same numbers."""
    smooth_fraction: Annotated[float, Gt(0), Lt(0.2)] = 0.01
    """Running mean as a fraction of the sweep: finds where an onset is; the onset itself comes from local fits."""
    baseline_fraction: Annotated[float, Gt(0), Lt(1)] = 0.10
    """Shortest baseline tried, of the whole sweep."""
    tangent_warn_v: Annotated[float, Gt(0)] = 0.2
    """The tangent is flagged when it differs from the headline by more."""
    resolved_sigma_v: Annotated[float, Gt(0)] = 0.02
    """Largest sigma of a resolved onset, reference included: differences of 50 mV between samples can then be told."""
    weak_sigma_v: Annotated[float, Gt(0)] = 0.10
    """Largest sigma of an onset that is given at all, reference aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSettings(Given):
    """Table ``[settings.summarize.window]``."""

    significant_sigmas: Annotated[float, Gt(0)] = 1.96
    """A difference or a deviation from the computed window larger than this many of its sigma is called significant."""
    resolved_sigma_v: Annotated[float, Gt(0)] = 0.02
    """Largest sigma of a resolved difference: 50 mV between samples can then be told."""
