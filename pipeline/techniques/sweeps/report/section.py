"""Section of sweeps: stability windows, differences between samples, and every onset by every criterion."""

from __future__ import annotations

from pipeline.core.blocks import Block, Cell, Prose, Section, anchor, grid, measured, numeric, verdict_cell
from pipeline.core.report.text import DASH, estimate_text, interval_text, plain
from pipeline.core.tables import given
from pipeline.core.technique import About, Figures
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.sweeps.model import StabilityWindow, SweepFit, SweepSummary, headline_window
from pipeline.techniques.sweeps.report.criteria import criterion_text
from pipeline.techniques.sweeps.report.figures import draw_sweeps
from pipeline.techniques.sweeps.report.window_figure import draw_windows

ONSET_HEAD = "direction | file | criterion | onset / V vs Na/Na⁺ | verdict"
SWEEP_HEAD = (
    "direction | file | rate / mV s⁻¹ | C / µF | peak / µA cm⁻² | charge / mAh | per cm² / mAh | per g electrolyte "
    "/ mAh | noise / nA | left out"
)


def sweep_sections(summary: SweepSummary, about: About, gallery: Figures) -> tuple[Section, ...]:
    """Windows of all samples, then the sweeps of each; none where there is no sweep."""
    del about
    if not summary.sweeps and not summary.windows:
        return ()
    words = (
        "The onset depends on its criterion, so every criterion is given. The headline is the current density "
        "threshold; the departure from the fitted capacitive baseline stands beside it; the tangent serves for "
        "comparison with the literature only. Potentials are against Na/Na⁺, the reference's offset applied once, "
        "its uncertainty in every limit and in no difference between cells that share it."
    )
    blocks: list[Block] = [Prose(paragraphs=(words,))]
    samples = list(dict.fromkeys(w.sample for w in summary.windows))
    headline = [w for s in samples if (w := headline_window(summary, s)) is not None and _drawn(w)]
    if headline:
        blocks += gallery.show("Windows", draw_windows, gallery.stem("lsv", "windows"), headline)
    blocks += _tables(summary)
    mine: dict[str, list[SweepFit]] = {}
    for sample, fit in summary.sweeps:
        mine.setdefault(sample, []).append(fit)
    parts: list[Section] = []
    for sample, fits in mine.items():
        part = _sample(sample, fits, gallery)
        parts.append(Section(id=anchor("lsv", str(len(parts) + 1)), title=f"{sample}: sweeps", blocks=tuple(part)))
    return (Section(id="lsv", title="Stability windows", blocks=tuple(blocks), parts=tuple(parts)),)


def _drawn(w: StabilityWindow) -> bool:
    """True where there is a bar to draw."""
    measured = w.reduction_limit_v_vs_na is not None or w.oxidation_limit_v_vs_na is not None
    return w.computed_v_vs_na is not None or (measured and w.verdict.printable)


def _volts(estimate: Estimate | None, verdict: Verdict) -> Cell:
    shown = given(estimate, verdict)
    return measured(estimate_text(shown), interval_text(shown))


def _tables(summary: SweepSummary) -> list[Block]:
    rows = []
    for w in summary.windows:
        computed = DASH if w.computed_v_vs_na is None else f"{w.computed_v_vs_na[0]:.2f} to {w.computed_v_vs_na[1]:.2f}"
        rows.append(
            (
                w.sample,
                criterion_text(w.criterion),
                _volts(w.reduction_limit_v_vs_na, w.verdict),
                _volts(w.oxidation_limit_v_vs_na, w.verdict),
                _volts(w.width_v, w.verdict),
                numeric(computed),
                verdict_cell(w.verdict),
            )
        )
    head = "sample | criterion | reduction / V | oxidation / V | width / V | computed / V | verdict"
    blocks: list[Block] = [grid("Stability windows, V vs Na/Na⁺", head, rows, "tables/windows.csv")]
    pairs = [
        (
            f"{d.sample_a} − {d.sample_b}",
            d.direction,
            criterion_text(d.criterion),
            _volts(d.difference_v, d.verdict),
            verdict_cell(d.verdict),
        )
        for d in summary.differences
    ]
    if pairs:
        head = "samples | limit | criterion | difference / V | verdict"
        blocks.append(grid("Differences between samples", head, pairs, "tables/differences.csv"))
    return blocks


def _sample(sample: str, fits: list[SweepFit], gallery: Figures) -> list[Block]:
    blocks: list[Block] = list(gallery.show("Sweeps", draw_sweeps, gallery.stem("lsv", sample), sample, fits))
    rows: list[tuple[Cell | str, ...]] = []
    for f in fits:
        for o in f.onsets:
            e = given(o.onset_v_vs_na, o.verdict)
            scale = "" if f.checked.potential_is_vs_na else "as measured, not vs Na/Na⁺"
            file = f.checked.sweep.source.file
            value = measured(estimate_text(e), interval_text(e), scale)
            rows.append((f.checked.direction, file, criterion_text(o.criterion), value, verdict_cell(o.verdict)))
    blocks.append(grid("Onsets", ONSET_HEAD, rows, "tables/lsv.csv"))
    blocks.append(grid("Sweeps", SWEEP_HEAD, [_sweep(f) for f in fits], "tables/lsv.csv"))
    return blocks


def _sweep(f: SweepFit) -> tuple[Cell | str, ...]:
    c, conditions = f.checked, f.checked.conditions
    area = c.area_m2
    charge = f.charge_mah

    def per(amount: float | None) -> Cell:
        return numeric(DASH if charge is None or not amount else plain(charge / amount, 3))

    masks = "; ".join(f"{len(m.indices)}: {m.reason}" for m in c.masks)
    return (
        c.direction,
        c.sweep.source.file,
        numeric(plain(None if c.scan_rate_v_per_s is None else c.scan_rate_v_per_s * 1e3)),
        numeric(estimate_text(f.capacitance, 1e6)),
        numeric(DASH if f.peak_current_a is None or not area else plain(f.peak_current_a / area * 1e2, 3)),
        numeric(plain(charge, 3)),
        per(None if area is None else area * 1e4),
        per(None if conditions.electrolyte_kg is None else conditions.electrolyte_kg * 1e3),
        numeric(plain(f.noise_a * 1e9, 3)),
        Cell(text=str(sum(len(m.indices) for m in c.masks)), note=masks),
    )
