"""Words for the methods of a paper."""

from __future__ import annotations

from pipeline.core.technique import Methods
from pipeline.techniques.cycling.model import CyclingSummary

WORDS = (
    "Cycling. Every step of the test was reduced by itself: its charge is the tester's counter, checked by the integral of the "
    "current within the step; rests, pulses, aborted and reversed steps belong to no cycle. Capacities refer to the active mass, "
    "with its uncertainty; efficiencies (second half of a cycle over the first) and retentions (at one current, over the "
    "reference cycle) do not contain it. Mean potentials are energy over charge. dQ/dV: {smoothing}."
)
SAVITZKY = "A. Savitzky, M. J. E. Golay, Anal. Chem. 36, 1627 (1964)"


def describe_methods(summary: CyclingSummary) -> Methods:
    """Nothing where there is no cell."""
    if not summary.cells:
        return Methods()
    return Methods(paragraphs=(WORDS.format(smoothing=summary.cells[0][1].smoothing),), sources=(SAVITZKY,))
