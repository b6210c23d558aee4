"""Fitted spectra and pellets of a run -> the numbers of its tables, in the order of the study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.sample import Sample
from pipeline.core.technique import Results, Settings, Summed
from pipeline.core.values import Finding
from pipeline.techniques.impedance.error_budget import ErrorBudget
from pipeline.techniques.impedance.model import (
    ArrheniusFit,
    ConductivityPoint,
    ImpedanceSummary,
    PelletFit,
    SpectrumFit,
)
from pipeline.techniques.impedance.rows import Copy
from pipeline.techniques.impedance.second_opinions import SecondOpinion
from pipeline.techniques.impedance.settings import ArrheniusSettings, CompositionSettings, ConductivitySettings
from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius
from pipeline.techniques.impedance.summarize.composition import compare_series, summarize_composition
from pipeline.techniques.impedance.summarize.conductivity import summarize_conductivity
from pipeline.techniques.impedance.summarize.copies import list_copies, tell_copies, tell_shared
from pipeline.techniques.impedance.summarize.density import compare_densities
from pipeline.techniques.impedance.summarize.error_budget import (
    add_systematic,
    complete_line,
    make_budget,
    tell_budget,
)
from pipeline.techniques.impedance.summarize.facts import list_facts
from pipeline.techniques.impedance.summarize.geometry import doubt_lines, doubt_points, geometry_doubts
from pipeline.techniques.impedance.summarize.headline import headline_of
from pipeline.techniques.impedance.summarize.meyer_neldel import relate_prefactors
from pipeline.techniques.impedance.summarize.relaxations import list_relaxations
from pipeline.techniques.impedance.summarize.room_temperature import place_room_values
from pipeline.techniques.impedance.temperatures import ToldTemperature, find_odd

Spectra = tuple[tuple[str, SpectrumFit], ...]


def summarize_impedance(
    results: Results[SpectrumFit, PelletFit | SecondOpinion], settings: Settings
) -> Summed[ImpedanceSummary]:
    """Conductivity, Arrhenius lines, composition and densities; what is wrong with a pellet's density is a finding."""
    spectra, pellets = _in_order(results)
    spectra = _with_pellet_totals(spectra, pellets)
    copies = list_copies(spectra)
    budgets = _budgets(results.samples, spectra, settings)
    known, lines = _conduction(results.samples, spectra, pellets, copies, settings)
    known, lines = _complete(known, lines, budgets)
    densities = compare_densities(results.samples, settings[ConductivitySettings])
    suspect = geometry_doubts(pellets, densities)
    points, lines = doubt_points(known, suspect), doubt_lines(lines, suspect)
    composition, optima = summarize_composition(results.samples, lines, points, settings[CompositionSettings])
    summary = ImpedanceSummary(
        samples=results.samples,
        spectra=spectra,
        pellets=pellets,
        conductivity=tuple(points),
        arrhenius=tuple(lines),
        composition=composition,
        optima=optima,
        densities=densities,
        comparisons=compare_series(composition, optima),
        budgets=tuple(budgets.values()),
        copies=copies,
        meyer_neldel=relate_prefactors(lines),
        opinions=_opinions(results),
        relaxations=tuple(list_relaxations(spectra)),
    )
    findings = [(d.sample, f) for d in densities for f in d.findings]
    findings += [(name, tell_budget(budget)) for name, budget in budgets.items()]
    findings += [*tell_copies(copies), *tell_shared(spectra), *_odd_temperatures(spectra)]
    return Summed(summary=summary, facts=tuple(list_facts(summary, known)), findings=tuple(findings))


def _odd_temperatures(spectra: Spectra) -> Iterator[tuple[str, Finding]]:
    """Kelvin given as °C, or the other way round, told from the other files of the study."""
    told = {
        s.source.file: ToldTemperature(file=s.source.file, kelvin=s.temperature_k, in_kelvin=s.in_kelvin)
        for s in (fit.checked.spectrum for _, fit in spectra)
        if s.temperature_k is not None
    }
    yield from find_odd(tuple(told.values())).items()


def _in_order(results: Results[SpectrumFit, PelletFit | SecondOpinion]) -> tuple[Spectra, tuple[PelletFit, ...]]:
    """Spectra by sample, temperature, file, loop; pellets by sample."""
    order = {s.id: i for i, s in enumerate(results.samples)}

    def place(item: tuple[str, SpectrumFit]) -> tuple[int, float, str, int]:
        spectrum = item[1].checked.spectrum
        return order[item[0]], spectrum.temperature_k or 0.0, spectrum.source.file, spectrum.loop

    pellets = sorted((p for _, p in results.joined if isinstance(p, PelletFit)), key=lambda p: order[p.sample])
    return tuple(sorted(results.fitted, key=place)), tuple(pellets)


def _with_pellet_totals(spectra: Spectra, pellets: tuple[PelletFit, ...]) -> Spectra:
    """The totals that were decided for all temperatures of a pellet together, in place of each spectrum's own."""
    count = Counter(name for name, _ in spectra)
    decided = {p.sample: iter(p.spectrum_totals) for p in pellets if len(p.spectrum_totals) == count[p.sample]}
    out = []
    for name, fit in spectra:
        total = next(decided[name]) if name in decided else None
        whole = fit if total is None else replace(fit, total_resistance=total.resistance, total_verdict=total.verdict)
        out.append((name, whole))
    return tuple(out)


def _opinions(results: Results[SpectrumFit, PelletFit | SecondOpinion]) -> tuple[SecondOpinion, ...]:
    order = [s.id for s in results.samples]
    found = [o for _, o in results.joined if isinstance(o, SecondOpinion)]
    return tuple(sorted(found, key=lambda o: order.index(o.sample)))


def _budgets(samples: tuple[Sample, ...], spectra: Spectra, settings: Settings) -> dict[str, ErrorBudget]:
    """Of every sample with impedance."""
    found = {}
    for sample in samples:
        mine = [fit for owner, fit in spectra if owner == sample.id]
        if mine:
            found[sample.id] = make_budget(sample, mine, settings[ConductivitySettings], settings[ArrheniusSettings])
    return found


def _complete(
    points: list[ConductivityPoint], lines: list[ArrheniusFit], budgets: dict[str, ErrorBudget]
) -> tuple[list[ConductivityPoint], list[ArrheniusFit]]:
    """Points and lines with what thermometer, geometry and contacts leave open."""
    whole: list[ConductivityPoint] = []
    done: list[ArrheniusFit] = []
    for name, budget in budgets.items():
        mine = [a for a in lines if a.sample == name]
        found = [p for p in points if p.sample == name]
        line = headline_of(mine)
        energy = line.activation_energy_ev if line is not None and line.verdict.printable else None
        whole += add_systematic(found, None if energy is None else abs(energy.value), budget)
        for a in mine:
            own = [p for p in found if (p.quantity, p.method) == (a.quantity, a.method)]
            done.append(complete_line(a, own, budget))
    return whole, done


def _conduction(
    samples: tuple[Sample, ...],
    spectra: Spectra,
    pellets: tuple[PelletFit, ...],
    copies: tuple[Copy, ...],
    settings: Settings,
) -> tuple[list[ConductivityPoint], list[ArrheniusFit]]:
    """Points and lines of every sample, before any doubt about its geometry."""
    by_sample = {p.sample: p for p in pellets}
    points: list[ConductivityPoint] = []
    lines: list[ArrheniusFit] = []
    for sample in samples:
        mine = [fit for owner, fit in spectra if owner == sample.id]
        if mine:
            found = summarize_conductivity(sample, mine, by_sample.get(sample.id), settings[ConductivitySettings])
            again = {(c.file, c.loop) for c in copies if c.sample == sample.id}
            found = tuple(p for p in found if (p.file, p.loop) not in again)
            points += found
            pellet = by_sample.get(sample.id)
            fitted = fit_arrhenius(found, settings[ArrheniusSettings])
            series = None if pellet is None else pellet.series
            lines += place_room_values(sample, found, fitted, series, settings[ArrheniusSettings])
    return points, lines
