"""The methods text: what was done to these data, in words that can go into a paper, with the sources of the equations."""

from __future__ import annotations

from pipeline.core.blocks import Bullets, Cell, Prose, Section
from pipeline.core.report.parts import technique_methods
from pipeline.core.summary import RunSummary


def method_section(summary: RunSummary) -> Section:
    """Paragraphs for the techniques of this run, then their sources."""
    found = technique_methods(summary)
    paragraphs = [_general(summary), *(text for m in found for text in m.paragraphs)]
    sources = list(dict.fromkeys(source for m in found for source in m.sources))
    blocks: list[Prose | Bullets] = [Prose(paragraphs=tuple(paragraphs))]
    if sources:
        blocks.append(Bullets(title="Sources", items=tuple(Cell(text=s) for s in sources)))
    return Section(id="methods", title="Methods", blocks=tuple(blocks))


def _general(summary: RunSummary) -> str:
    mine = f" {summary.about.versions['hse-pipeline']}" if "hse-pipeline" in summary.about.versions else ""
    kind = "The data are simulated. " if summary.simulated else ""
    return (
        f"{kind}All data were reduced by hse-pipeline{mine}. Uncertainties are standard uncertainties (k = 1) with "
        "95 % intervals, which may be asymmetric. Verdicts: resolved, the number can be printed; weak, it can be "
        "printed with its interval; unresolved, the data do not determine it and it is withheld; refused, the data "
        "cannot give it. Points are left out with a reason, never deleted."
    )
