"""All sweeps of a run -> summary and facts."""

from __future__ import annotations

from typing import Never

from pipeline.core.technique import Results, Summed
from pipeline.techniques.sweeps.model import ComputedWindows, SweepFit, SweepSummary
from pipeline.techniques.sweeps.settings import WindowSettings
from pipeline.techniques.sweeps.summarize.facts import list_facts
from pipeline.techniques.sweeps.summarize.windows import complete_windows, summarize_windows


def summarize_sweeps(
    results: Results[SweepFit, Never], computed: ComputedWindows, settings: WindowSettings
) -> Summed[SweepSummary]:
    """Windows and differences of a run's sweeps, in their order."""
    known = complete_windows(results.samples, computed.by_sample)
    windows, differences = summarize_windows(results.fitted, known, settings)
    summary = SweepSummary(sweeps=results.fitted, windows=windows, differences=differences)
    return Summed(summary=summary, facts=tuple(list_facts(summary)))
