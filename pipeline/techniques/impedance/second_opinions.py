"""What other programs find when they fit a headline spectrum again, from our minimum: evidence, and the source of no number."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.core.technique import Result
from pipeline.core.values import Verdict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SecondOpinion(Result):
    """One program about one spectrum."""

    sample: str
    file: str
    loop: int
    temperature_k: float | None
    circuit: str
    program: str
    """With its version: ``impedance.py 1.7.1``."""
    names: tuple[str, ...] = ()
    """Of the parameters that it moved; those at a limit, or held by the study, are held there as well."""
    values: tuple[float | None, ...] = ()
    difference_sigmas: tuple[float | None, ...] = ()
    """Its value less ours (of the logarithm, where it is positive), in our sigma."""
    sigma_ratios: tuple[float | None, ...] = ()
    """Its sigma over ours."""
    chi2_ratio: float | None = None
    """Its weighted sum of squares over ours; None where it found nothing."""
    verdict: Verdict
