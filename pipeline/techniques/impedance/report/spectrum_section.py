"""Section of impedance: per sample the spectra, their arcs, the joint fit of the series, and the regions with evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pipeline.core.blocks import (
    Block,
    Bullets,
    Cell,
    Prose,
    Section,
    anchor,
    grid,
    measured,
    numeric,
    verdict_cell,
)
from pipeline.core.report.text import celsius_text, estimate_text, interval_text, plain, plural, si_text
from pipeline.core.sample import Pellet
from pipeline.core.technique import Figures
from pipeline.core.values import Estimate
from pipeline.core.words import clauses, number_text
from pipeline.science.conduction import conductivity_of, pellet_density
from pipeline.science.constants import S_PER_CM
from pipeline.techniques.impedance.model import (
    Arc,
    ImpedanceSummary,
    PelletFit,
    RegionAssignment,
    SeriesFit,
    SpectrumFit,
)
from pipeline.techniques.impedance.relaxation_times import RelaxationTimes
from pipeline.techniques.impedance.report.nyquist_figure import chosen, draw_spectra, frequency_text
from pipeline.techniques.impedance.report.nyquist_sheet import draw_sheet, list_sheets
from pipeline.techniques.impedance.report.relaxation_figure import draw_relaxations
from pipeline.techniques.impedance.report.spectrum_rows import regions_of
from pipeline.techniques.impedance.report.words import BASIS
from pipeline.techniques.impedance.second_opinions import SecondOpinion

EIS_HEAD = "T | file | points | Kramers–Kronig | arcs | R total | χ²/ν | verdict"
ARC_HEAD = "T | arc | region | R | σ / mS cm⁻¹ | C | n | apex | verdict"
REGION_HEAD = "T | arc | region | candidates | C·l/A | εr | evidence"
SERIES_HEAD = "arc | region | Ea / eV | R(25 °C) | C | n | given at"


def impedance_section(summary: ImpedanceSummary, gallery: Figures) -> Section | None:
    """All samples with impedance, in the study's order; None where there is none."""
    if not summary.spectra:
        return None
    regions = regions_of(summary)
    mine: dict[str, list[SpectrumFit]] = {}
    for sample, fit in summary.spectra:
        mine.setdefault(sample, []).append(fit)
    pellets = {p.sample: p for p in summary.pellets}
    geometry = {s.id: s.pellet for s in summary.samples}
    parts: list[Section] = []
    for sample, fits in mine.items():
        assigned = [regions.get((sample, f.checked.spectrum.source.file, f.checked.spectrum.loop), ()) for f in fits]
        blocks = _sample(sample, fits, assigned, pellets.get(sample), geometry.get(sample), summary, gallery)
        parts.append(Section(id=anchor("eis", str(len(parts) + 1)), title=sample, blocks=tuple(blocks)))
    return Section(
        id="impedance", title="Impedance", blocks=(Prose(paragraphs=tuple(_overview(summary))),), parts=tuple(parts)
    )


def _overview(summary: ImpedanceSummary) -> Iterator[str]:
    kk: Counter[str] = Counter(f.checked.kk.level for _, f in summary.spectra)
    arcs: Counter[str] = Counter(a.verdict.level for _, f in summary.spectra for a in f.arcs)
    masked = sum(len(f.checked.keep) - sum(f.checked.keep) for _, f in summary.spectra)
    yield (
        f"{plural(len(summary.spectra), 'spectrum')} of {plural(len({s for s, _ in summary.spectra}), 'sample')}; "
        f"{masked} points were left out with a reason (tables/masks.csv). Kramers–Kronig: {_counted(kk)}. Arcs of "
        f"the single fits: {_counted(arcs)}."
    )
    yield (
        "An arc that the data do not determine is withheld: its row gives the reason and no number. The total is "
        "the sum that all models agree on; it has a verdict of its own and is given wherever the low-frequency "
        "intercept is measured."
    )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {what}" for what, n in counts.most_common()) or "none"


def _sample(
    sample: str,
    fits: Sequence[SpectrumFit],
    assigned: Sequence[Sequence[RegionAssignment]],
    pellet: PelletFit | None,
    geometry: Pellet | None,
    summary: ImpedanceSummary,
    gallery: Figures,
) -> list[Block]:
    shown = chosen(fits)
    regions = [assigned[next(i for i, f in enumerate(fits) if f is s)] for s in shown]
    blocks: list[Block] = [Prose(paragraphs=(_geometry(geometry),))]
    blocks += gallery.show("Spectra", draw_spectra, gallery.stem("eis", sample), sample, shown, regions)
    opinions = [o for o in summary.opinions if o.sample == sample]
    pictured = _relaxations(sample, shown, summary)
    if pictured:
        name = gallery.stem("eis", f"{sample}_relaxation_times")
        blocks += gallery.show("Relaxation times", draw_relaxations, name, sample, pictured)
    pairs = list(zip(fits, assigned, strict=True))
    rows = [r for f, a in pairs if any(f is s for s in shown) for r in _arcs(f, a, geometry)]
    blocks.append(grid("Arcs of the spectra shown", ARC_HEAD, rows, "tables/arcs.csv"))
    given = [r for f in shown for r in _parameters(f)]
    if given:
        head = "T | circuit of the study | parameter | value | verdict"
        blocks.append(grid("Parameters of the circuit", head, given, "tables/circuit_parameters.csv"))
    if opinions:
        head = "T | circuit | program | χ² over ours | verdict"
        blocks.append(
            grid("Fitted again by others", head, [_opinion(o) for o in opinions], "tables/second_opinions.csv")
        )
    if pellet is not None and pellet.series is not None:
        blocks += _series(pellet.series, pellet.series_regions)
    evidence = [
        r
        for f, a in pairs
        if any(f is s for s in shown[:1])
        for r in _evidence(celsius_text(f.checked.spectrum.temperature_k), a)
    ]
    if pellet is not None:
        evidence += _evidence("series", pellet.series_regions)
    if evidence:
        blocks.append(grid("Regions and their evidence", REGION_HEAD, evidence, "tables/arcs.csv"))
    blocks.append(
        grid("All spectra", EIS_HEAD, [_spectrum(f) for f in fits], "tables/spectra.csv", folded=len(fits) > 3)
    )
    rest = [r for f, a in pairs if not any(f is s for s in shown) for r in _arcs(f, a, geometry)]
    if rest:
        blocks.append(grid("Arcs of the other spectra", ARC_HEAD, rest, "tables/arcs.csv", folded=True))
    if len(fits) > len(shown):
        stem = gallery.stem("eis", f"{sample}_all")
        sheets = list_sheets(fits)
        for i, some in enumerate(sheets, start=1):
            page = (i, len(sheets))
            blocks += gallery.show("Sheet", draw_sheet, f"{stem}_{i}", sample, some, page, folded=True)
    return blocks


def _geometry(pellet: Pellet | None) -> str:
    if pellet is None:
        return "No pellet geometry in the study: resistances are given, conductivities and regions are not."
    thickness = number_text(pellet.thickness_m * 1e3, pellet.thickness_sigma_m * 1e3)
    diameter = number_text(pellet.diameter_m * 1e3, pellet.diameter_sigma_m * 1e3)
    text = (
        f"Pellet: thickness {thickness} mm, diameter {diameter} mm, l/A = {pellet.cell_constant_per_m / 100:.4g} cm⁻¹"
    )
    text += f" ± {pellet.relative_sigma:.1%}"
    if pellet.mass_kg is not None:
        density = pellet_density(pellet, pellet.mass_kg)
        text += f", {pellet.mass_kg * 1e6:.4g} mg, {number_text(density.value / 1e3, density.sigma / 1e3)} g cm⁻³"
    return text + "."


def _spectrum(fit: SpectrumFit) -> tuple[Cell | str, ...]:
    s, kk = fit.checked.spectrum, fit.checked.kk
    used, n = sum(fit.checked.keep), len(fit.checked.keep)
    loop = f" (loop {s.loop})" if s.loop > 1 else ""
    return (
        numeric(celsius_text(s.temperature_k)),
        f"{s.source.file}{loop}",
        numeric(str(n) if used == n else f"{used} of {n}"),
        Cell(text=kk.level, mark=kk.level, note=kk.reason),
        numeric(str(fit.n_arcs)),
        measured(*si_text(fit.total_resistance, "Ω"), fit.total_verdict.level if fit.total_verdict else ""),
        numeric(plain(fit.chi2_reduced, 3)),
        verdict_cell(fit.verdict),
    )


def _arcs(
    fit: SpectrumFit, assigned: Sequence[RegionAssignment], geometry: Pellet | None
) -> Iterator[tuple[Cell | str, ...]]:
    named = {r.arc: r.region for r in assigned}
    for a in fit.arcs:
        yield _arc(celsius_text(fit.checked.spectrum.temperature_k), a, named.get(a.number, "undetermined"), geometry)


def _arc(temperature: str, a: Arc, region: str, geometry: Pellet | None) -> tuple[Cell | str, ...]:
    given = a.verdict.printable
    r = a.resistance if given else None
    sigma = conductivity_of(r, geometry) if r is not None and geometry is not None and r.value > 0 else None
    return (
        numeric(temperature),
        numeric(str(a.number)),
        region if given else f"({region})",
        measured(*si_text(r, "Ω")),
        measured(estimate_text(sigma, 10.0), interval_text(sigma, 10.0)),
        numeric(si_text(a.capacitance if given else None, "F")[0]),
        numeric(estimate_text(a.cpe_exponent if given else None)),
        numeric(frequency_text(a.apex_hz)),
        verdict_cell(a.verdict),
    )


def _parameters(fit: SpectrumFit) -> Iterator[tuple[Cell | str, ...]]:
    """Of a circuit that a person wrote."""
    temperature = celsius_text(fit.checked.spectrum.temperature_k)
    for p in fit.parameters:
        value = measured(estimate_text(p.estimate), interval_text(p.estimate))
        yield (
            numeric(temperature),
            fit.circuit,
            f"{p.name} / {p.unit}" if p.unit else p.name,
            value,
            verdict_cell(p.verdict),
        )


def _relaxations(
    sample: str, shown: Sequence[SpectrumFit], summary: ImpedanceSummary
) -> tuple[tuple[SpectrumFit, RelaxationTimes], ...]:
    """Of the spectra shown."""
    known = {(r.file, r.loop): r for r in summary.relaxations if r.sample == sample}
    places = [(f, (f.checked.spectrum.source.file, f.checked.spectrum.loop)) for f in shown]
    return tuple((f, known[place]) for f, place in places if place in known)


def _opinion(o: SecondOpinion) -> tuple[Cell | str, ...]:
    ratio = "—" if o.chi2_ratio is None else f"{o.chi2_ratio:.6f}"
    return numeric(celsius_text(o.temperature_k)), o.circuit, o.program, numeric(ratio), verdict_cell(o.verdict)


def _series(series: SeriesFit, assigned: Sequence[RegionAssignment]) -> Iterator[Block]:
    """The joint fit: may it be used, and what it gives."""
    ends = f"{celsius_text(min(series.temperature_k))} to {celsius_text(max(series.temperature_k))}"
    kink = "" if series.kink_temperature_k is None else f", kink at {series.kink_temperature_k:.0f} K"
    drift = ", capacitances may drift with temperature" if series.drift else ""
    words = (
        f"All {len(series.temperature_k)} temperatures at once ({ends}{kink}{drift}; R by Arrhenius, "
        f"{BASIS[series.basis]}, C and n shared): F = {plain(series.f_statistic, 3)} against free resistances, p = "
        f"{plain(series.p_value, 2)}; residuals per temperature {min(series.residual_rms_per_temperature):.2f} to "
        f"{max(series.residual_rms_per_temperature):.2f} of the noise."
    )
    yield Prose(paragraphs=(words,))
    yield Bullets(title="May the joint fit be used?", items=(verdict_cell(series.usable),))
    if not series.usable.printable:
        return
    named = {r.arc: r.region for r in assigned}
    rows = []
    for i, a in enumerate(series.arcs):
        good = sum(v.printable for v in a.verdicts)
        room = series.resistance_25c_ohm[i] if i < len(series.resistance_25c_ohm) else None
        rows.append(
            (
                numeric(str(a.number)),
                named.get(a.number, "undetermined"),
                measured(estimate_text(a.activation_energy_ev), interval_text(a.activation_energy_ev)),
                measured(*si_text(room, "Ω")),
                numeric(si_text(a.capacitance, "F")[0]),
                numeric(estimate_text(a.exponent)),
                f"{good} of {len(a.verdicts)} temperatures",
            )
        )
    yield grid("Arcs of the joint fit", SERIES_HEAD, rows, "tables/arcs.csv")


def _evidence(where: str, assigned: Sequence[RegionAssignment]) -> Iterator[tuple[Cell | str, ...]]:
    for r in assigned:
        yield (
            where,
            numeric(str(r.arc)),
            r.region,
            ", ".join(r.candidates),
            numeric(si_text(_per_cm(r.specific_capacitance_f_per_m), "F cm⁻¹")[0]),
            numeric(estimate_text(r.relative_permittivity)),
            Cell(text="", note=clauses(r.reasons)),
        )


def _per_cm(estimate: Estimate | None) -> Estimate | None:
    if estimate is None:
        return None
    return Estimate(value=estimate.value * S_PER_CM, sigma=estimate.sigma * S_PER_CM, unit="F/cm")
