"""Section of cycling: samples in a table, their first cycles and rates, then every cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.core.blocks import Block, Cell, Prose, Section, anchor, grid, measured, numeric, verdict_cell
from pipeline.core.report.text import DASH, estimate_text, interval_text, plain
from pipeline.core.tables import given
from pipeline.core.technique import About, Figures
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.cycling.model import CellTest, Cycle, CyclingSummary
from pipeline.techniques.cycling.report.figures import draw_curves, draw_cycles, draw_first_cycles, draw_rates
from pipeline.techniques.cycling.report.rows import given_percent, shown

WORDS = (
    "Every step is reduced by itself and joined to cycles afterwards; rests, pulses, aborted and reversed steps join none. "
    "A charge is the tester's counter, checked by the integral of the current. Capacities per gram refer to the active mass "
    "and carry its uncertainty; efficiency and retention do not contain it."
)
NAMES = {
    "first_charge_capacity": "first charge",
    "first_discharge_capacity": "first discharge",
    "first_efficiency": "first efficiency",
    "discharge_capacity": "discharge",
}
CYCLE_HEAD = (
    "cycle | rate / C | charge | discharge | efficiency / % | mean charge / V | mean discharge / V | hysteresis / V "
    "| verdict"
)
MAX_CYCLES = 12
"""Cycles of one cell on the page; the table has all of them."""


def cycling_sections(summary: CyclingSummary, about: About, gallery: Figures) -> tuple[Section, ...]:
    """All samples, then the cells one by one; none where there is no cell."""
    del about
    if not summary.cells:
        return ()
    cells = list(summary.cells)
    blocks: list[Block] = [Prose(paragraphs=(WORDS,))]
    blocks += gallery.show("First cycles", draw_first_cycles, gallery.stem("cycling", "first_cycles"), cells)
    blocks += gallery.show("Rates", draw_rates, gallery.stem("cycling", "rates"), cells)
    blocks += _tables(summary)
    parts: list[Section] = []
    for sample, cell in cells:
        title = f"{sample}: {cell.name}" if sample else cell.name
        parts.append(
            Section(id=anchor("cycling", str(len(parts) + 1)), title=title, blocks=tuple(_cell(sample, cell, gallery)))
        )
    return (Section(id="cycling", title="Cycling", blocks=tuple(blocks), parts=tuple(parts)),)


def quantity_text(quantity: str, rate_c: float | None) -> str:
    """``discharge at 0.2 C``, ``retention after 100 cycles at 0.2 C``."""
    if quantity.startswith("retention_after_"):
        words = f"retention after {quantity.rsplit('_', 1)[1]} cycles"
    else:
        words = NAMES.get(quantity, quantity)
    return words if rate_c is None else f"{words} at {rate_c:g} C"


def _number(estimate: Estimate, verdict: Verdict) -> Cell:
    e = given(estimate, verdict)
    return measured(f"{estimate_text(e)} {estimate.unit}" if e is not None else DASH, interval_text(e))


def _tables(summary: CyclingSummary) -> list[Block]:
    rows = [
        (r.sample, quantity_text(r.quantity, r.rate_c), _number(r.mean, r.verdict), numeric(plain(r.spread, 2)),
         numeric(str(r.n_cells)), verdict_cell(r.verdict))
        for r in summary.repeats
    ]  # fmt: skip
    blocks: list[Block] = []
    if rows:
        head = "sample | quantity | value | spread | cells | verdict"
        blocks.append(grid("Samples", head, rows, "tables/cycling_repeats.csv"))
    pairs = [
        (
            f"{d.sample_a} − {d.sample_b}",
            quantity_text(d.quantity, d.rate_c),
            _number(d.difference, d.verdict),
            verdict_cell(d.verdict),
        )
        for d in summary.differences
    ]
    if pairs:
        head = "samples | quantity | difference | verdict"
        blocks.append(grid("Differences between samples", head, pairs, "tables/cycling_differences.csv"))
    return blocks


def _cell(sample: str, cell: CellTest, gallery: Figures) -> list[Block]:
    name = f"{sample}_{cell.name}"
    blocks: list[Block] = [Prose(paragraphs=(_protocol(cell),))]
    blocks += gallery.show("Cycles", draw_cycles, gallery.stem("cycling", f"{name}_cycles"), sample, cell)
    blocks += gallery.show("Curves", draw_curves, gallery.stem("cycling", f"{name}_curves"), sample, cell)
    per = "mAh/g" if cell.mass_g else "mAh"
    chosen = _chosen(cell.cycles)
    if chosen:
        more = f"; {len(chosen)} of {len(cell.cycles)}" if len(chosen) < len(cell.cycles) else ""
        rows = [_cycle(c) for c in chosen]
        blocks.append(grid(f"Cycles, capacities in {per}{more}", CYCLE_HEAD, rows, "tables/cycles.csv"))
    if cell.retentions:
        kept = [
            (
                f"{r.to_cycle} over {r.from_cycle}",
                numeric(plain(r.rate_c)),
                _number(r.retention_percent, r.verdict),
                verdict_cell(r.verdict),
            )
            for r in cell.retentions
        ]
        blocks.append(grid("Retention", "cycles | rate / C | retention | verdict", kept, "tables/retention.csv"))
    return blocks


def _protocol(cell: CellTest) -> str:
    """What was done, as the data say it."""
    kinds: dict[str, int] = {}
    for s in cell.steps:
        kinds[s.kind] = kinds.get(s.kind, 0) + 1
    words = ", ".join(f"{n} {k}" for k, n in kinds.items())
    lengths = Counter(c.block for c in cell.cycles if c.number > 0 and c.verdict.printable)
    runs = [
        f"{lengths[b.number]} × {f'{b.rate_c:g} C' if b.rate_c is not None else f'{b.current_a * 1e3:.3g} mA'}"
        for b in cell.blocks
        if b.cycles
    ]
    mass = f"{cell.cell.active_mass_mg:.4g} mg active" if cell.cell.active_mass_mg is not None else "no mass given"
    text = f"{len(cell.steps)} steps ({words}); {mass}; cycles begin with their {cell.first}."
    if runs:
        shown_runs = runs if len(runs) <= 15 else [*runs[:15], "…"]
        text += f" Protocol by the data: {', '.join(shown_runs)}."
    r = cell.polarisation_ohm
    if r is not None and r.value > 0:
        text += f" Half the hysteresis grows with the current by {estimate_text(r)} Ω."
    return text


def _chosen(cycles: Sequence[Cycle]) -> list[Cycle]:
    """The first few, the last few, and those that are not resolved between them."""
    if len(cycles) <= MAX_CYCLES:
        return list(cycles)
    odd = [c for c in cycles[4:-3] if c.verdict.level != "resolved"][: MAX_CYCLES - 7]
    return [*cycles[:4], *odd, *cycles[-3:]]


def _cycle(c: Cycle) -> tuple[Cell | str, ...]:
    rate = c.discharge.rate_c if c.discharge is not None else c.charge.rate_c if c.charge is not None else None

    def charge(direction: str) -> Cell:
        half = c.charge if direction == "charge" else c.discharge
        if half is None:
            return numeric(DASH)
        e = shown(half, half.mah_per_g or half.printed_mah)
        return numeric(estimate_text(e))

    def mean(direction: str) -> Cell:
        half = c.charge if direction == "charge" else c.discharge
        return numeric(
            DASH if half is None or half.mean_v is None or not half.verdict.printable else f"{half.mean_v:.4f}"
        )

    return (
        numeric(str(c.number)),
        numeric(plain(rate)),
        charge("charge"),
        charge("discharge"),
        numeric(estimate_text(given_percent(c))),
        mean("charge"),
        mean("discharge"),
        numeric(DASH if c.hysteresis_v is None else f"{c.hysteresis_v:.4f}"),
        verdict_cell(c.verdict),
    )
