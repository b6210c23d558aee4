"""All spectra of a run -> summary and facts.

``area_fraction``, ``binding_energy``, ``width``   per component: region, component, state, file
``area_fraction_change``                           per component: region, component, from_state, to_state
``atomic_fraction``                                per region and state, where sensitivity factors are given
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.technique import Results, Summed
from pipeline.core.values import Fact
from pipeline.techniques.surfaces.model import StateChange, SurfaceFit, SurfaceSummary
from pipeline.techniques.surfaces.summarize.atoms import atomic_fractions, left_out


def summarize_surfaces(results: Results[SurfaceFit, StateChange]) -> Summed[SurfaceSummary]:
    """Spectra, changes and atomic fractions in their order."""
    changes = tuple(change for _, change in results.joined)
    atoms = tuple(atomic_fractions(results.fitted))
    summary = SurfaceSummary(fits=results.fitted, changes=changes, atoms=atoms)
    return Summed(summary=summary, facts=tuple(list_facts(summary)), findings=tuple(left_out(results.fitted)))


def list_facts(summary: SurfaceSummary) -> Iterator[Fact]:
    """Components, changes, atoms; each in the order of the summary."""
    for sample, fit in summary.fits:
        yield from _component_facts(sample, fit)
    for c in summary.changes:
        yield from _change_facts(c)
    for a in summary.atoms:
        yield Fact(
            sample=a.sample,
            quantity="atomic_fraction",
            value=a.atomic_fraction,
            verdict=a.verdict,
            conditions={"region": a.region, "state": a.state},
        )


def _component_facts(sample: str, fit: SurfaceFit) -> Iterator[Fact]:
    for c in fit.components:
        where: dict[str, str | float | bool] = {
            "region": fit.region,
            "component": c.name,
            "state": fit.state,
            "file": fit.file,
            "loop": fit.checked.spectrum.loop,
        }
        limit: dict[str, str | float | bool] = {} if c.upper95 is None else {"upper95": c.upper95}
        for quantity, value in (
            ("area_fraction", c.area_fraction),
            ("binding_energy", c.binding_energy),
            ("width", c.width),
        ):
            yield Fact(
                sample=sample,
                quantity=quantity,
                value=value,
                verdict=c.verdict,
                conditions=where,
                details=limit if quantity == "area_fraction" else {},
                source=(fit.file,),
            )


def _change_facts(change: StateChange) -> Iterator[Fact]:
    for c in change.changes:
        details: dict[str, str | float | bool] = {"together": change.together}
        if c.upper95 is not None:
            details["upper95"] = c.upper95
        yield Fact(
            sample=change.sample,
            quantity="area_fraction_change",
            value=c.change,
            verdict=c.verdict,
            conditions={
                "region": change.region,
                "component": c.component,
                "from_state": change.from_state,
                "to_state": change.to_state,
            },
            details=details,
            source=change.files,
        )
