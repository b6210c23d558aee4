"""What each arc is - crystalline bulk, amorphous region, interface - and on which evidence.

Evidence, strongest first: the order of the specific capacitance C l/A, the relative permittivity eps_r = C l/(A eps0),
activation energies against the pristine phases of the same study, and the table of Irvine, Sinclair and West (Adv.
Mater. 2 (1990) 132), which holds for l/A = 1/cm and is therefore entered with C l/A, never with farads.  Series bricks
are assumed: arcs in series, each a layer of its phase; capacitance alone hardly tells two bulk phases apart, so all
candidates are listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pipeline.core.sample import Pellet
from pipeline.core.values import Estimate, Finding
from pipeline.science.constants import EPS0_F_PER_M
from pipeline.techniques.impedance.fit.regions.electrodes import capacitances
from pipeline.techniques.impedance.fit.regions.mixing import brick_layer_boundary_conductivity, maxwell_wagner_arcs
from pipeline.techniques.impedance.fit.regions.specific_capacitance import doubt_geometry
from pipeline.techniques.impedance.fit.regions.tracking import doubt_alone
from pipeline.techniques.impedance.model import PelletFit, Region, RegionAssignment, SeriesArc, SeriesFit, SpectrumFit
from pipeline.techniques.impedance.settings import EvidenceSettings

ORDER: tuple[Region, Region, Region] = ("bulk", "amorphous", "interface")
RANGES_F_PER_CM: Mapping[str, tuple[float, float]] = {
    "bulk": (1e-13, 1e-11),
    "amorphous": (1e-13, 1e-10),
    "interface": (1e-11, 1e-8),
    "surface layer": (1e-9, 1e-7),
    "electrode": (1e-7, 1e-5),
}
"""C l/A of each candidate: bulk, a minor phase (1e-11 over its volume fraction), grain boundary, layer, electrode."""


def assign_regions(
    sample: str,
    pellet: Pellet | None,
    fits: Sequence[SpectrumFit],
    series: SeriesFit | None,
    pristine: Mapping[str, PelletFit],
    settings: EvidenceSettings,
    electrode_from_f: float = float("inf"),
) -> PelletFit:
    """Name the arcs of a pellet.

    Parameters
    ----------
    pellet:
        Geometry; without it every region is ``undetermined``.
    fits:
        Single fits of the pellet, any order; the result keeps it.
    series:
        Joint fit, used where its verdict allows.
    pristine:
        ``"crystalline"`` and ``"amorphous"`` -> result of the pristine pellet, where the study has one.
    electrode_from_f:
        Capacitance in F from which on an arc is an electrode's (electrodes.py).
    """
    findings: list[Finding] = []
    composite = bool(pristine)
    usable = series is not None and series.usable.printable
    series_regions = () if series is None else _of_series(series, pellet, pristine, settings, electrode_from_f)
    held = [_without_electrodes(f, electrode_from_f) for f in fits]
    of_sample = tuple(r for r in series_regions if r.region != "electrode")
    anchor = _anchor(series if usable else None, of_sample, held, pellet, composite, settings)
    spectrum_regions = tuple(
        _with_electrodes(
            _track(f, anchor, series if usable else None, pellet, composite, settings),
            [_fact(a.number, a.capacitance, pellet) for a in whole.arcs if a not in f.arcs],
        )
        for f, whole in zip(held, fits, strict=True)
    )
    if pellet is None:
        findings.append(
            Finding(
                severity="warning",
                field="pellet",
                problem="no geometry: C l/A unknown, regions undetermined, no conductivities",
                hint="add pellet = { thickness_mm = ..., diameter_mm = ... }",
                code="no_geometry",
            )
        )
    else:
        findings += doubt_geometry(pellet, [r for regions in spectrum_regions for r in regions])
    if pellet is not None and usable and series is not None:
        findings += _models(series, series_regions, pellet, settings)
    return PelletFit(
        sample=sample,
        pellet=pellet,
        series=series,
        series_regions=series_regions,
        spectrum_regions=spectrum_regions,
        findings=tuple(findings),
    )


def _of_series(
    series: SeriesFit,
    pellet: Pellet | None,
    pristine: Mapping[str, PelletFit],
    settings: EvidenceSettings,
    electrode_from_f: float,
) -> tuple[RegionAssignment, ...]:
    """Regions of the joint fit's arcs."""
    facts = [_fact(a.number, a.capacitance, pellet) for a in series.arcs]
    mine = [a.capacitance.value < electrode_from_f for a in series.arcs]
    sample_arcs = tuple(a for a, inside in zip(series.arcs, mine, strict=True) if inside)
    named = _name([f for f, inside in zip(facts, mine, strict=True) if inside], bool(pristine), settings)
    named = _with_energies(named, sample_arcs, pristine, settings)
    return _with_electrodes(named, [f for f, inside in zip(facts, mine, strict=True) if not inside])


def _without_electrodes(fit: SpectrumFit, electrode_from_f: float) -> SpectrumFit:
    """The fit with its sample's arcs alone."""
    if not np.isfinite(electrode_from_f):
        return fit
    mine = ~(capacitances(fit) >= electrode_from_f)
    return replace(fit, arcs=tuple(a for a, inside in zip(fit.arcs, mine, strict=True) if inside))


def _with_electrodes(
    named: tuple[RegionAssignment, ...], others: Sequence[RegionAssignment]
) -> tuple[RegionAssignment, ...]:
    """All arcs in their order, ``others`` named electrode."""
    why = "its capacitance is an electrode's, at all temperatures of the pellet"
    electrodes = [replace(r, region="electrode", candidates=("electrode",), reasons=(why,)) for r in others]
    return tuple(sorted([*named, *electrodes], key=lambda r: r.arc))


def _fact(number: int, capacitance: Estimate | None, pellet: Pellet | None) -> RegionAssignment:
    """An arc with its specific capacitance and permittivity, not yet named."""
    specific = permittivity = None
    if capacitance is not None and pellet is not None:
        k = pellet.cell_constant_per_m
        relative = float(np.hypot(capacitance.sigma / capacitance.value, pellet.relative_sigma))
        c = capacitance.value * k
        specific = Estimate(value=c, sigma=c * relative, unit="F/m")
        eps = c / EPS0_F_PER_M
        permittivity = Estimate(value=eps, sigma=eps * relative, unit="1")
    return RegionAssignment(
        arc=number,
        region="undetermined",
        candidates=(),
        reasons=(),
        specific_capacitance_f_per_m=specific,
        relative_permittivity=permittivity,
    )


def _candidates(specific_f_per_m: float, factor: float) -> tuple[str, ...]:
    c = specific_f_per_m / 100
    return tuple(name for name, (low, high) in RANGES_F_PER_CM.items() if low / factor <= c <= high * factor)


def _name(
    facts: Sequence[RegionAssignment], composite: bool, settings: EvidenceSettings
) -> tuple[RegionAssignment, ...]:
    """Regions of a whole set of arcs, fastest first, by the order and the size of C l/A."""
    values = [f.specific_capacitance_f_per_m for f in facts if f.specific_capacitance_f_per_m]
    if len(values) < len(facts):
        why = "C l/A is not known (no geometry, or the arc is withheld)"
        return tuple(replace(f, candidates=(*ORDER,), reasons=(why,)) for f in facts)
    texts = [f"C l/A = {v.value / 100:.3g} F/cm, eps_r = {v.value / EPS0_F_PER_M:.3g}" for v in values]
    lists = [_candidates(v.value, settings.boundary_factor) for v in values]
    ordered = all(
        b.value - a.value > settings.min_order_sigmas * float(np.hypot(a.sigma, b.sigma) if a.sigma and b.sigma else 0)
        for a, b in pairwise(values)
    )
    names, reasons = _by_order(lists, ordered, composite)
    return tuple(
        replace(f, region=name, candidates=candidates, reasons=(text, reason))
        for f, name, candidates, text, reason in zip(facts, names, lists, texts, reasons, strict=True)
    )


def _by_order(lists: Sequence[tuple[str, ...]], ordered: bool, composite: bool) -> tuple[list[Region], list[str]]:
    n = len(lists)
    if not ordered:
        return ["undetermined"] * n, ["C l/A does not rise significantly from the faster to the slower arc"] * n
    if n == 3:
        fits_table = "bulk" in lists[0] and "interface" in lists[2]
        why = "order of C l/A among three arcs in series: bulk, amorphous region, interface"
        if fits_table:
            return list(ORDER), [why] * 3
        return ["undetermined"] * 3, [f"{why}; but the sizes do not fit the table"] * 3
    if n == 2:
        slow: Region = "interface" if "interface" in lists[1] and lists[1] != lists[0] else "undetermined"
        if composite:
            text = "two arcs of a composite: the faster may be bulk, amorphous region or both"
            return ["undetermined", slow], [text, "the slower of two arcs, with the C l/A of a boundary"]
        fast: Region = "bulk" if "bulk" in lists[0] else "undetermined"
        return [fast, slow], ["the faster of two arcs of one phase", "the slower of two arcs of one phase"]
    if composite:
        return ["undetermined"], ["one arc of a composite: all regions together"]
    single: Region = "bulk" if "bulk" in lists[0] else "undetermined"
    return [single], ["the only arc of one phase"]


def _with_energies(
    regions: tuple[RegionAssignment, ...],
    arcs: Sequence[SeriesArc],
    pristine: Mapping[str, PelletFit],
    settings: EvidenceSettings,
) -> tuple[RegionAssignment, ...]:
    """Compare Ea of each arc with the pristine phases; a swap of bulk and amorphous region withdraws both names."""
    energies = {role: e for role, p in pristine.items() if (e := _bulk_energy(p)) is not None}
    out, contradicted = [], False
    for region, arc in zip(regions, arcs, strict=True):
        mine, notes = arc.activation_energy_ev, []
        near = [r for r, e in energies.items() if abs(mine.value - e.value) <= settings.energy_match_ev]
        for role, e in energies.items():
            notes.append(f"Ea = {mine.value:.3f} eV; pristine {role} phase: {e.value:.3f} eV")
        expected = {"bulk": "crystalline", "amorphous": "amorphous"}.get(region.region)
        if expected in energies and near and expected not in near:
            contradicted = True
            notes.append(f"Ea speaks for the {near[0]} phase, against the order of C l/A")
        elif expected in near:
            notes.append(f"Ea agrees with the pristine {expected} phase")
        out.append(replace(region, reasons=(*region.reasons, *notes)))
    if not contradicted:
        return tuple(out)
    return tuple(
        replace(r, region="undetermined", candidates=("bulk", "amorphous")) if r.region in ("bulk", "amorphous") else r
        for r in out
    )


def _bulk_energy(p: PelletFit) -> Estimate | None:
    if p.series is None or not p.series.usable.printable:
        return None
    for region, arc in zip(p.series_regions, p.series.arcs, strict=True):
        if region.region == "bulk":
            return arc.activation_energy_ev
    return None


def _anchor(
    series: SeriesFit | None,
    series_regions: tuple[RegionAssignment, ...],
    fits: Sequence[SpectrumFit],
    pellet: Pellet | None,
    composite: bool,
    settings: EvidenceSettings,
) -> tuple[RegionAssignment, ...]:
    """The named arcs that other temperatures are compared with: the series, else the richest, coldest spectrum."""
    if series is not None:
        return series_regions
    split = [f for f in fits if f.arcs and all(a.capacitance is not None for a in f.arcs)]
    if not split:
        return ()
    best = min(split, key=lambda f: (-f.n_arcs, f.checked.spectrum.temperature_k or 1e9))
    return _name([_fact(a.number, a.capacitance, pellet) for a in best.arcs], composite, settings)


def _track(
    fit: SpectrumFit,
    anchor: tuple[RegionAssignment, ...],
    series: SeriesFit | None,
    pellet: Pellet | None,
    composite: bool,
    settings: EvidenceSettings,
) -> tuple[RegionAssignment, ...]:
    """Names of the arcs of one spectrum: its own order where it is complete, else continuity of C l/A and R."""
    facts = [_fact(a.number, a.capacitance if a.resistance and a.verdict.printable else None, pellet) for a in fit.arcs]
    if facts and len(facts) == len(anchor) and all(f.specific_capacitance_f_per_m for f in facts):
        own = _name(facts, composite, settings)
        pairs = zip(own, anchor, strict=True)
        if all(_same(a, b, settings) for a, b in zip(own, anchor, strict=True)):
            return tuple(replace(a, region=b.region, candidates=b.candidates) for a, b in pairs)
        return own
    out = []
    for fact, arc in zip(facts, fit.arcs, strict=True):
        why = "withheld, or its C l/A continues no single arc of the other temperatures"
        same = [a for a in anchor if _same(fact, a, settings)]
        if len(same) == 1 and fact.specific_capacitance_f_per_m is not None:
            why = f"C l/A continues arc {same[0].arc} of the other temperatures"
            doubt = doubt_alone(arc, same[0].arc, series, fit.checked.spectrum.temperature_k)
            if not doubt:
                out.append(replace(fact, region=same[0].region, candidates=same[0].candidates, reasons=(why,)))
                continue
            why = f"{why}, but {doubt}"
        out.append(replace(fact, candidates=(*ORDER,), reasons=(why,)))
    return tuple(out)


def _same(a: RegionAssignment, b: RegionAssignment, settings: EvidenceSettings) -> bool:
    x, y = a.specific_capacitance_f_per_m, b.specific_capacitance_f_per_m
    return x is not None and y is not None and abs(np.log(x.value / y.value)) <= np.log(settings.track_factor)


def _models(
    series: SeriesFit, regions: Sequence[RegionAssignment], pellet: Pellet, settings: EvidenceSettings
) -> list[Finding]:
    """What the microstructure model makes of the arcs, at 25 °C."""
    named = {r.region: (r, series.resistance_25c_ohm[i]) for i, r in enumerate(regions)}
    out: list[Finding] = []
    if "bulk" in named and "interface" in named:
        bulk, edge = named["bulk"][0], named["interface"]
        c_bulk, c_edge = bulk.specific_capacitance_f_per_m, edge[0].specific_capacitance_f_per_m
        if c_bulk and c_edge:
            sigma = brick_layer_boundary_conductivity(
                edge[1].value, c_bulk.value, c_edge.value, pellet.cell_constant_per_m
            )
            text = f"brick layer: specific conductivity of the interface at 25 °C {sigma / 100:.3g} S/cm"
            out.append(Finding(severity="info", field="interface", problem=text))
    if settings.mixing == "maxwell_garnett" and "bulk" in named and "amorphous" in named:
        two = [named["bulk"], named["amorphous"]]
        sigmas = [pellet.cell_constant_per_m / r.value for _, r in two]
        eps = [a.specific_capacitance_f_per_m.value for a, _ in two if a.specific_capacitance_f_per_m]
        arcs = maxwell_wagner_arcs(sigmas[1], sigmas[0], eps[1], eps[0], settings.crystalline_fraction)
        text = (
            "Maxwell-Garnett (crystalline grains in a continuous amorphous matrix) would show arcs of "
            + " and ".join(f"{r:.3g} ohm m" for r, _ in arcs)
            + " for phases with the series model's conductivities: the arcs are mixtures, their names a model's"
        )
        out.append(Finding(severity="warning", field="mixing", problem=text))
    return out
