"""The key table of the page: per sample what a paper prints, each value with its uncertainty and its verdict."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.core.report.blocks import Block, Cell, Prose, Section, grid
from pipeline.core.report.columns import given
from pipeline.core.report.key_rows import headline_line, headline_window
from pipeline.core.report.text import DASH, criterion_text, estimate_text, interval_text, plural
from pipeline.core.sample import Sample
from pipeline.core.summary import RunSummary
from pipeline.core.values import Estimate, Verdict

HEAD = "sample | σ(25 °C) / mS cm⁻¹ | Ea of ln(σT) / eV | window / V vs Na/Na⁺ | first shell / Å | MS/SS against the reference / %"


def key_section(summary: RunSummary) -> Section:
    """One row per sample with any result, and what became of the files."""
    rows = [row for row in (_row(summary, s) for s in summary.samples) if any(c.text for c in row[1:])]
    blocks: list[Block] = []
    if rows:
        used = [i for i in range(len(rows[0])) if any(r[i].text for r in rows)]
        names = HEAD.split("|")
        head = "|".join(names[i] for i in used)
        blocks.append(
            grid("Key table, with 95 % intervals", head, [[r[i] for i in used] for r in rows], "tables/key.csv")
        )
    else:
        blocks.append(Prose(paragraphs=("No results.",)))
    blocks.append(Prose(paragraphs=(_counts(summary),)))
    return Section(id="key", title="Key results", blocks=tuple(blocks))


def _counts(summary: RunSummary) -> str:
    counts = summary.provenance.get("counts")
    files = f"{plural(int(counts['files']), 'file')}; " if isinstance(counts, Mapping) and "files" in counts else ""
    done = (
        f"{plural(len(summary.spectra), 'spectrum')}, {plural(len(summary.sweeps), 'sweep')}, "
        f"{plural(sum(len(a.scans) for a in summary.absorption), 'absorption scan')}"
    )
    rejected = "nothing was rejected" if not summary.rejected else f"{len(summary.rejected)} rejected, see Errors"
    warned = sum(f.severity != "info" for _, f in summary.findings)
    return f"{files}{done}; {rejected}; {plural(warned, 'warning')}, see Findings."


def _value(estimate: Estimate | None, verdict: Verdict, factor: float = 1.0, note: str = "") -> Cell:
    """Value, interval, then the verdict; the reason where there is no value."""
    shown = given(estimate, verdict)
    words = [t for t in (interval_text(shown, factor), note) if t] if shown is not None else [verdict.reason]
    mark = Cell(text=verdict.level, mark=verdict.level)
    return Cell(text=estimate_text(shown, factor), numeric=True, under=(Cell(text="", note="; ".join(words)), mark))


def _row(summary: RunSummary, sample: Sample) -> list[Cell]:
    return [
        Cell(text=sample.id, note=sample.label if sample.label != sample.id else ""),
        *_conduction(summary, sample.id),
        _window(summary, sample.id),
        _shells(summary, sample.id),
        _distortion(summary, sample.id),
    ]


def _conduction(summary: RunSummary, sample: str) -> tuple[Cell, Cell]:
    line = headline_line(summary, sample)
    if line is None:
        return Cell(text=""), Cell(text="")
    note = "extrapolated" if line.extrapolated else ""
    kink, second = line.kink_temperature_k, line.second_activation_energy_ev
    bend = "" if kink is None else f"{estimate_text(second)} above {kink.value:.0f} K"
    sigma = _value(line.conductivity_25c_s_per_m, line.verdict, 10.0, note)
    if line.conductivity_25c_s_per_m is None and line.verdict.printable:
        sigma = Cell(text=DASH, numeric=True, note="no pellet geometry in the study")
    if not line.verdict.printable:  # the reason is the same, and said once
        return sigma, Cell(text=DASH, numeric=True)
    return sigma, _value(line.activation_energy_ev, line.verdict, 1.0, bend)


def _window(summary: RunSummary, sample: str) -> Cell:
    w = headline_window(summary, sample)
    if w is None:
        return Cell(text="")
    low, high = given(w.reduction_limit_v_vs_na, w.verdict), given(w.oxidation_limit_v_vs_na, w.verdict)
    text = DASH if low is None and high is None else f"{estimate_text(low)} to {estimate_text(high)}"
    note = f"onset: {criterion_text(w.criterion)}" if w.verdict.printable else w.verdict.reason
    return Cell(
        text=text, numeric=True, under=(Cell(text="", note=note), Cell(text=w.verdict.level, mark=w.verdict.level))
    )


def _shells(summary: RunSummary, sample: str) -> Cell:
    under: list[Cell] = []
    for s in summary.shells:
        if s.sample == sample:
            shown = given(s.distance_angstrom, s.verdict)
            under.append(Cell(text=f"{s.element}–{s.shell}: {estimate_text(shown)}", numeric=True))
            under.append(Cell(text=s.verdict.level, mark=s.verdict.level, note="" if shown else s.verdict.reason))
    return Cell(text=under[0].text, numeric=True, under=tuple(under[1:])) if under else Cell(text="")


def _distortion(summary: RunSummary, sample: str) -> Cell:
    found = [d for d in summary.distortions if d.sample == sample and d.reference_sample not in (None, sample)]
    under: list[Cell] = []
    for d in found:
        shown = given(d.relative_change, d.verdict)
        under.append(Cell(text=f"{d.element} {d.edge}: {estimate_text(shown, 100)}", numeric=True))
        under.append(Cell(text=d.verdict.level, mark=d.verdict.level, note="" if shown else d.verdict.reason))
    return Cell(text=under[0].text, numeric=True, under=tuple(under[1:])) if under else Cell(text="")
