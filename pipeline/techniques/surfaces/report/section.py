"""Section of surfaces: changes between states, then the spectra of each sample region by region."""

from __future__ import annotations

from pipeline.core.blocks import Block, Cell, Prose, Section, anchor, grid, measured, numeric, verdict_cell
from pipeline.core.report.text import DASH, estimate_text, interval_text, plain
from pipeline.core.tables import given
from pipeline.core.technique import About, Figures
from pipeline.techniques.surfaces.model import PRISTINE, Component, StateChange, SurfaceFit, SurfaceSummary
from pipeline.techniques.surfaces.report.figures import draw_region

COMPONENT_HEAD = "state | file | component | area fraction / % | binding energy / eV | width / eV | χ²/dof | verdict"
CHANGE_HEAD = "sample | region | component | from → to | change / % | significance / σ | upper limit / % | verdict"
ATOM_HEAD = "sample | state | region | atomic fraction / % | sensitivity factor | verdict"


def surface_sections(summary: SurfaceSummary, about: About, gallery: Figures) -> tuple[Section, ...]:
    """Nothing where there is no spectrum."""
    del about
    if not summary.fits:
        return ()
    words = (
        "Area fractions are of all components of a region; their intervals hold the whole covariance of lines and "
        "background. Binding energies move with the charge reference, whose uncertainty they carry; fractions and their "
        "differences do not. A component that the data do not ask for has an upper limit in place of a number."
    )
    blocks: list[Block] = [Prose(paragraphs=(words,))]
    blocks += _changes(summary.changes)
    blocks += _atoms(summary)
    parts: list[Section] = []
    samples: dict[str, list[SurfaceFit]] = {}
    for sample, fit in summary.fits:
        samples.setdefault(sample, []).append(fit)
    for sample, fits in samples.items():
        part = _sample(sample, fits, gallery)
        parts.append(Section(id=anchor("xps", str(len(parts) + 1)), title=f"{sample}: spectra", blocks=tuple(part)))
    return (Section(id="xps", title="Surfaces", blocks=tuple(blocks), parts=tuple(parts)),)


def _percent(value: float | None) -> str:
    return DASH if value is None else plain(100 * value, 2)


def _changes(changes: tuple[StateChange, ...]) -> list[Block]:
    rows: list[tuple[Cell | str, ...]] = []
    for change in changes:
        states = f"{change.from_state or 'unnamed'} → {change.to_state or 'unnamed'}"
        for c in change.changes:
            shown = given(c.change, c.verdict)
            rows.append(
                (
                    change.sample,
                    change.region,
                    c.component,
                    states,
                    measured(estimate_text(shown, 100), interval_text(shown, 100)),
                    numeric(DASH if c.significance is None else f"{round(c.significance, 1) + 0.0:.1f}"),
                    numeric(_percent(c.upper95)),
                    verdict_cell(c.verdict),
                )
            )
    return [grid("Changes of the area fractions", CHANGE_HEAD, rows, "tables/xps_changes.csv")] if rows else []


def _atoms(summary: SurfaceSummary) -> list[Block]:
    rows = [
        (
            a.sample,
            a.state,
            a.region,
            measured(estimate_text(a.atomic_fraction, 100), interval_text(a.atomic_fraction, 100)),
            numeric(plain(a.sensitivity)),
            verdict_cell(a.verdict),
        )
        for a in summary.atoms
    ]
    return [grid("Atomic fractions", ATOM_HEAD, rows, "tables/xps_atoms.csv")] if rows else []


def _sample(sample: str, fits: list[SurfaceFit], gallery: Figures) -> list[Block]:
    blocks: list[Block] = []
    for region in dict.fromkeys(f.region for f in fits):
        mine = sorted((f for f in fits if f.region == region), key=lambda f: f.state != PRISTINE)
        stem = gallery.stem("xps", f"{sample}_{region.replace(' ', '')}")
        blocks += gallery.show(region, draw_region, stem, sample, mine)
        rows = [_row(f, c) for f in mine for c in f.components]
        blocks.append(grid(f"{region}: components", COMPONENT_HEAD, rows, "tables/xps.csv"))
    return blocks


def _row(f: SurfaceFit, c: Component) -> tuple[Cell | str, ...]:
    share, energy, width = (given(e, c.verdict) for e in (c.area_fraction, c.binding_energy, c.width))
    limit = f"at most {_percent(c.upper95)}" if share is None and c.upper95 is not None else ""
    limit = "the only one" if share is not None and len(f.drawn) == 1 else limit
    scale = "as measured" if f.checked.shift_ev is None and energy is not None else ""
    return (
        f.state,
        f.file,
        c.name,
        measured(estimate_text(share, 100), interval_text(share, 100), limit),
        measured(estimate_text(energy), interval_text(energy), scale),
        measured(estimate_text(width), interval_text(width)),
        numeric(plain(f.chi2_reduced, 3)),
        verdict_cell(c.verdict),
    )
