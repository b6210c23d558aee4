"""Sections of conduction: Arrhenius lines of the total and of each region, and the composition series."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.blocks import Block, Cell, Prose, Section, anchor, grid, measured, numeric, verdict_cell
from pipeline.core.report.text import DASH, celsius_text, estimate_text, interval_text, plain
from pipeline.core.tables import given
from pipeline.core.technique import Figures
from pipeline.techniques.impedance.model import ArrheniusFit, ImpedanceSummary
from pipeline.techniques.impedance.report.arrhenius_figure import draw_regions, draw_totals
from pipeline.techniques.impedance.report.composition_figure import draw_composition
from pipeline.techniques.impedance.report.words import BASIS, ROOM

LINE_HEAD = "quantity | method | basis | Ea / eV | σ(25 °C) / mS cm⁻¹ | points | range | kink | verdict"


def arrhenius_section(summary: ImpedanceSummary, gallery: Figures) -> Section | None:
    """One figure of all totals, then each sample by region; None where there is no conductivity."""
    if not summary.conductivity:
        return None
    placed = [p for p in summary.conductivity if p.temperature_k is not None]
    totals = [p for p in placed if p.quantity == "total" and p.method == "single"]
    lines = [a for a in summary.arrhenius if a.quantity == "total" and a.method == "single"]
    words = (
        "Both bases are given and named: Ea of ln(σT), the form of the source paper, is larger than Ea of ln σ by "
        "about kB T (some 21 meV here). Intervals are Student's. Printed is the whole uncertainty: the scatter of the "
        "points, and what all points have in common, which is the thermometer, the contacts and, for σ, the geometry of the "
        "pellet; the last column says how much of it is common. Findings say what the study did not give and was allowed for."
    )
    name = gallery.stem("arrhenius", "total")
    blocks: list[Block] = [Prose(paragraphs=(words,))]
    if len({p.temperature_k for p in totals if p.conductivity_s_per_m is not None}) > 1:
        blocks += gallery.show("Totals", draw_totals, name, totals, lines)
    parts: list[Section] = []
    for sample in dict.fromkeys(p.sample for p in summary.conductivity):
        part = _sample(summary, sample, gallery)
        if part:
            parts.append(
                Section(
                    id=anchor("arrhenius", str(len(parts) + 1)), title=f"{sample}: conductivity", blocks=tuple(part)
                )
            )
    return Section(id="arrhenius", title="Conductivity and Arrhenius lines", blocks=tuple(blocks), parts=tuple(parts))


def _sample(summary: ImpedanceSummary, sample: str, gallery: Figures) -> list[Block]:
    points = [p for p in summary.conductivity if p.sample == sample]
    lines = [a for a in summary.arrhenius if a.sample == sample]
    blocks: list[Block] = []
    regions = [p for p in points if p.quantity != "total" and p.conductivity_s_per_m is not None]
    split = {p.temperature_k for p in regions} - {None}
    if len(split) > 1:
        placed = [p for p in points if p.temperature_k is not None]
        blocks += gallery.show("Regions", draw_regions, gallery.stem("arrhenius", sample), sample, placed, lines)
    rows = [_line(a) for a in lines]
    if rows:
        blocks.append(grid("Arrhenius lines", LINE_HEAD, rows, "tables/arrhenius.csv"))
    blocks += _left_out(lines)
    rows = [
        (
            numeric(celsius_text(p.temperature_k)),
            p.quantity,
            p.method,
            numeric(estimate_text(given(p.conductivity_s_per_m, p.verdict), 10.0)),
            numeric(interval_text(given(p.conductivity_s_per_m, p.verdict), 10.0)),
            verdict_cell(p.verdict),
        )
        for p in points
    ]
    head = "T | quantity | method | σ / mS cm⁻¹ | 95 % | verdict"
    caption = "Conductivity at every temperature, without the uncertainty of the geometry"
    blocks.append(grid(caption, head, rows, "tables/conductivity.csv", folded=True))
    return blocks


def _line(a: ArrheniusFit) -> tuple[Cell | str, ...]:
    room = given(a.printed_conductivity, a.room_verdict)
    energy = given(a.printed_energy, a.verdict)
    kink = given(a.kink_temperature_k, a.verdict)
    second = estimate_text(given(a.second_activation_energy_ev, a.verdict))
    systematic = ""
    if energy is not None and a.activation_energy_systematic_ev:
        systematic = f"systematic: {a.activation_energy_systematic_ev * 1e3:.2g} meV"
        if room is not None and a.conductivity_25c_systematic_s_per_m is not None:
            systematic += f", {a.conductivity_25c_systematic_s_per_m / room.value:.1%} of σ(25 °C)"
    shown = f"{a.n_points}" + (f" (+ {a.n_left_out} left out)" if a.n_left_out else "")
    return (
        a.quantity,
        a.method,
        BASIS.get(a.basis, a.basis),
        measured(estimate_text(energy), interval_text(energy)),
        measured(estimate_text(room, 10.0), interval_text(room, 10.0), ROOM[a.conductivity_25c_origin] if room else ""),
        numeric(shown),
        Cell(text=f"{celsius_text(a.t_min_k)} to {celsius_text(a.t_max_k)}"),
        (DASH if energy is None else "none") if kink is None else f"{estimate_text(kink)} K; above it {second} eV",
        Cell(
            text=a.verdict.level, mark=a.verdict.level, note="; ".join(t for t in (a.verdict.reason, systematic) if t)
        ),
    )


def _left_out(lines: Sequence[ArrheniusFit]) -> list[Block]:
    rows = [(a.quantity, a.method, reason) for a in lines if a.basis == "sigma_T" for reason in a.left_out]
    rows += [(a.quantity, a.method, f.problem) for a in lines if a.basis == "sigma_T" for f in a.findings]
    if not rows:
        return []
    return [
        grid(
            "Points left out, and what else to know",
            "quantity | method | why",
            rows,
            "tables/arrhenius.csv",
            folded=len(rows) > 4,
        )
    ]


def composition_section(summary: ImpedanceSummary, gallery: Figures) -> Section | None:
    """Conductivity at 25 °C against composition and the optimum of each series."""
    if all(p.conductivity_25c_s_per_m is None for p in summary.composition):
        return None
    name = gallery.stem("composition", "composition")
    blocks: list[Block] = list(gallery.show("Composition", draw_composition, name, summary.composition, summary.optima))
    rows = [
        (
            o.series,
            numeric(estimate_text(given(o.x_optimum, o.verdict))),
            numeric(interval_text(given(o.x_optimum, o.verdict))),
            numeric(estimate_text(given(o.conductivity_s_per_m, o.verdict), 10.0)),
            numeric(str(o.n_points)),
            verdict_cell(o.verdict),
        )
        for o in summary.optima
    ]
    if rows:
        head = "series | optimum x | 95 % | σ(25 °C) there / mS cm⁻¹ | pellets | verdict"
        blocks.append(grid("Best composition of each series", head, rows, "tables/optima.csv"))
    points = [
        (
            p.sample,
            p.series,
            numeric(plain(p.x_lcf, 3)),
            numeric(estimate_text(given(p.conductivity_25c_s_per_m, p.verdict), 10.0)),
            numeric(interval_text(given(p.conductivity_25c_s_per_m, p.verdict), 10.0)),
            verdict_cell(p.verdict),
        )
        for p in summary.composition
    ]
    head = "sample | series | x | σ(25 °C) / mS cm⁻¹ | 95 % | verdict"
    blocks.append(grid("Pellets of the series", head, points, "tables/composition.csv"))
    return Section(id="composition", title="Composition", blocks=tuple(blocks))
