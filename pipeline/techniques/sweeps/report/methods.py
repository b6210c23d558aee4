"""Words for the methods of a paper."""

from __future__ import annotations

from pipeline.core.technique import Methods
from pipeline.techniques.sweeps.model import SweepSummary

WORDS = (
    "Potential sweeps. The segment at open circuit was dropped, the scan rate taken from time and potential, "
    "and a capacitive baseline fitted up to a breakpoint that the data choose. Onsets: the potentials at which "
    "the current density above the baseline reaches each threshold, at which it departs by 5 sigma of the "
    "noise (baseline and foot fitted together), and the tangent for comparison with the literature; intervals "
    "by residual bootstrap."
)
EFRON = "B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall (1993)"


def describe_methods(summary: SweepSummary) -> Methods:
    """Nothing where there is no sweep."""
    return Methods(paragraphs=(WORDS,), sources=(EFRON,)) if summary.sweeps else Methods()
