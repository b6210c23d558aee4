"""Fitted spectra of one pellet -> conductivity at each temperature: the total and each region, single and joint fits.

    sigma = (l/A) / R

The geometry's uncertainty is the same at every temperature and is carried apart.  A region that a temperature cannot
give still has its point there, without a value and with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from pipeline.core.sample import Sample
from pipeline.core.values import Estimate, Verdict
from pipeline.science.conduction import bare_conductivity, invert
from pipeline.techniques.impedance.model import (
    Arc,
    ConductivityPoint,
    PelletFit,
    RegionAssignment,
    SeriesArc,
    SeriesFit,
    SpectrumFit,
)
from pipeline.techniques.impedance.settings import ConductivitySettings

NO_GEOMETRY = "no pellet geometry in the study: R cannot be made a conductivity"
REGIONS = ("bulk", "amorphous", "interface")
ELECTRODE_F_PER_M = 1e-5
"""C l/A from which on a closed arc is an electrode's, not the pellet's: 1e-7 F/cm (Irvine, Sinclair and West, Adv. Mater. 2
(1990) 132)."""


def summarize_conductivity(
    sample: Sample, spectra: Sequence[SpectrumFit], pellet: PelletFit | None, settings: ConductivitySettings
) -> tuple[ConductivityPoint, ...]:
    """Conductivity points of one sample.

    Parameters
    ----------
    sample:
        With its pellet; without one every point is refused, since R alone is no material's property, and 1/R stands in it
        for the activation energy.
    spectra:
        By temperature, file and loop: the order in which ``pellet`` holds their regions.
    pellet:
        Regions and joint fit; None gives totals only.

    Returns
    -------
    By quantity (total, bulk, amorphous, interface), method (single, series) and temperature; values in S/m.
    """
    decided = pellet is not None and len(pellet.spectrum_totals) == len(spectra)
    points = [_total(sample, fit, settings, decided=decided) for fit in spectra]
    if pellet is None:
        return tuple(points)
    named = _named_regions(pellet)
    matched = len(pellet.spectrum_regions) == len(spectra)
    for region in named:
        for i, fit in enumerate(spectra):
            regions = pellet.spectrum_regions[i] if matched else ()
            points.append(_region(sample, fit, regions, region))
    if pellet.series is not None:
        points += _series_points(sample, pellet.series, pellet.series_regions, named)
    rank = {q: i for i, q in enumerate(("total", *REGIONS))}
    return tuple(sorted(points, key=lambda p: (rank[p.quantity], p.method, p.temperature_k or 0.0, p.file, p.loop)))


def _named_regions(pellet: PelletFit) -> list[str]:
    found = {r.region for regions in (pellet.series_regions, *pellet.spectrum_regions) for r in regions}
    return [r for r in REGIONS if r in found]


def _point(
    sample: Sample,
    fit: SpectrumFit,
    quantity: str,
    resistance: Estimate | None,
    verdict: Verdict,
) -> ConductivityPoint:
    spectrum = fit.checked.spectrum
    return make_point(
        sample,
        (spectrum.source.file, spectrum.loop, spectrum.temperature_k),
        quantity,
        "single",
        resistance,
        verdict,
    )


Place = tuple[str, int, float | None]
"""File, loop and temperature in K of a spectrum."""


def make_point(
    sample: Sample,
    place: Place,
    quantity: str,
    method: Literal["single", "series"],
    resistance: Estimate | None,
    verdict: Verdict,
    kink_k: float | None = None,
) -> ConductivityPoint:
    """One point; without a geometry it is refused, and holds 1/R."""
    file, loop, temperature_k = place
    bare: Verdict | None = None
    if sample.pellet is None and verdict.printable:
        bare, verdict = verdict, Verdict(level="refused", reason=NO_GEOMETRY, code="no_geometry")
    return ConductivityPoint(
        sample=sample.id,
        file=file,
        loop=loop,
        temperature_k=temperature_k,
        quantity=quantity,
        method=method,
        conductivity_s_per_m=bare_conductivity(resistance, sample.pellet) if resistance and sample.pellet else None,
        geometry_relative_sigma=0.0 if sample.pellet is None else sample.pellet.relative_sigma,
        verdict=verdict,
        series_kink_k=kink_k,
        conductance_s=invert(resistance) if bare is not None and resistance is not None else None,
        conductance_verdict=bare,
        resistance_ohm=resistance.value if resistance is not None and resistance.value > 0 else None,
    )


def _total(sample: Sample, fit: SpectrumFit, settings: ConductivitySettings, *, decided: bool) -> ConductivityPoint:
    """``decided``: which arcs are the sample's, for all temperatures together."""
    total = fit.total_resistance
    known = fit.total_verdict
    if total is None:
        why = f"no total resistance: {(known or fit.verdict).reason}"
        verdict = Verdict(level="refused", reason=why, code=known.code if known else "total_none")
        return _point(sample, fit, "total", None, verdict)
    relative = total.sigma / total.value
    text = f"sigma {relative:.2%} without geometry"
    if relative > settings.weak_sigma:
        verdict = Verdict(level="unresolved", reason=f"{text}: worse than {settings.weak_sigma:.0%}", code="total_wide")
        return _point(sample, fit, "total", None, verdict)
    if relative > settings.resolved_sigma:
        verdict = Verdict(level="weak", reason=f"{text}: worse than {settings.resolved_sigma:.0%}", code="total_wide")
    elif known is not None and known.level == "weak":
        verdict = Verdict(level="weak", reason=f"{text}; {known.reason}", code=known.code)
    else:
        verdict = Verdict(level="resolved", reason=text, code="total_agreed")
    return _point(sample, fit, "total", total, verdict if decided else doubt_electrode(verdict, fit.arcs, sample))


def doubt_electrode(verdict: Verdict, arcs: Sequence[Arc] | Sequence[SeriesArc], sample: Sample) -> Verdict:
    """A sum of arcs of which one is an electrode's is not the pellet's resistance: weak at most."""
    k = sample.pellet.cell_constant_per_m if sample.pellet else 0.0
    found = [(a.number, a.capacitance.value * k) for a in arcs if a.capacitance]
    mine = [f"arc {i} with C l/A = {c / 100:.2g} F/cm" for i, c in found if c >= ELECTRODE_F_PER_M]
    if not mine or not verdict.printable:
        return verdict
    return Verdict(
        level="weak",
        reason=f"{verdict.reason}; holds {', '.join(mine)}, an electrode's: the pellet's is less",
        code="total_holds_electrode",
    )


def _region(sample: Sample, fit: SpectrumFit, regions: Sequence[RegionAssignment], region: str) -> ConductivityPoint:
    """The arc of one spectrum that carries this region's name, if there is exactly one."""
    mine = [r.arc for r in regions if r.region == region]
    arcs = [a for a in fit.arcs if a.number in mine]
    if len(arcs) == 1:
        return _point(sample, fit, region, arcs[0].resistance if arcs[0].verdict.printable else None, arcs[0].verdict)
    if arcs:
        code, why = "region_twice", f"arcs {', '.join(str(a.number) for a in arcs)} both carry the name {region}"
    elif not fit.arcs:
        code, why = "no_arc", "no arc in this spectrum"
    else:
        code = "region_missing"
        withheld = [f"arc {a.number}: {a.verdict.reason}" for a in fit.arcs if not a.verdict.printable]
        why = f"none of {len(fit.arcs)} arc(s) here is the {region}" + (f" ({withheld[0]})" if withheld else "")
    return _point(sample, fit, region, None, Verdict(level="unresolved", reason=why, code=code))


def _series_points(
    sample: Sample, series: SeriesFit, regions: Sequence[RegionAssignment], named: Sequence[str]
) -> list[ConductivityPoint]:
    """Every temperature of the joint fit: its named regions, and their sum as the total."""
    out: list[ConductivityPoint] = []
    at = list(zip(series.files, series.loops, series.temperature_k, strict=True))
    names = {r.arc: r.region for r in regions}
    for arc in series.arcs:
        region = names.get(arc.number, "undetermined")
        if region in named:
            rows = zip(at, arc.resistance_ohm, arc.verdicts, strict=True)
            out += [
                make_point(sample, place, region, "series", r, verdict, series.kink_temperature_k)
                for place, r, verdict in rows
            ]
    for i, place in enumerate(at):
        parts = [series.arcs[k].resistance_ohm[i] for k in series.sample_places]
        total, sigma = sum(p.value for p in parts), float(np.sqrt(sum(p.sigma**2 for p in parts)))
        text = f"sum of {len(parts)} arcs of the joint fit, errors in quadrature (an upper bound where arcs trade)"
        level = series.usable.level if series.usable.printable else "unresolved"
        if not series.usable.printable:
            text = f"the joint fit may not be used: {series.usable.reason}"
        resistance = Estimate(value=total, sigma=sigma, unit="ohm") if total > 0 else None
        code = "sum_of_arcs" if series.usable.printable else series.usable.code
        mine = [series.arcs[k] for k in series.sample_places]
        verdict = doubt_electrode(Verdict(level=level, reason=text, code=code), mine, sample)
        out.append(make_point(sample, place, "total", "series", resistance, verdict, series.kink_temperature_k))
    return out
