"""Section of X-ray absorption: per edge the samples together, then each with its scans, its shell and its wavelet map."""

from __future__ import annotations

from pipeline.core.blocks import Block, Cell, Prose, Section, anchor, grid, measured, numeric, verdict_cell
from pipeline.core.report.text import estimate_text, interval_text, plain
from pipeline.core.tables import given
from pipeline.core.technique import About, Figures
from pipeline.core.values import Estimate
from pipeline.techniques.absorption.model import (
    AbsorptionSummary,
    Distortion,
    ReducedAbsorption,
    ReducedOrXanes,
    ShellFit,
    Xanes,
)
from pipeline.techniques.absorption.report.figures import draw_distortion, draw_edge, draw_edges, draw_xanes, title_of
from pipeline.techniques.absorption.report.wavelet_figure import draw_map

SHELL_HEAD = "sample | shell | N | R / Å | σ² / Å² | E0 / eV | S0² | fit | verdict"
DISTORTION_HEAD = "sample | MS/SS by fit | change, fit / % | change, wavelet / % | f1 | mean bend / ° | verdict"
XANES_HEAD = "sample | E0 / eV | step | white line / eV | its area / eV | verdict"
SCAN_HEAD = "file | E0 / eV | step | shift / eV | noise of χ(k) | used | why not"


def absorption_sections(summary: AbsorptionSummary, about: About, gallery: Figures) -> tuple[Section, ...]:
    """All edges, in the order of the summary; nothing where nothing was measured."""
    del about
    if not summary.absorption and not summary.xanes:
        return ()
    words = (
        "Distances come from fits with FEFF phases and are true distances; every axis of R in a figure is not "
        "phase-corrected and lies about 0.4 Å short of them. N and S0² enter only as a product: how it was split "
        "is said beside S0². Systematic: the spread of the distance over the background and the ranges of the fit, "
        "beside the statistical uncertainty."
    )
    fitted: list[ReducedOrXanes] = [*summary.absorption, *summary.xanes]
    edges = dict.fromkeys((a.element, a.edge) for a in fitted)
    parts: list[Section] = []
    for element, edge in edges:
        title = f"{element} {edge}"
        mine = [a for a in summary.absorption if (a.element, a.edge) == (element, edge)]
        shells = [s for s in summary.shells if (s.element, s.edge) == (element, edge)]
        near = [x for x in summary.xanes if (x.element, x.edge) == (element, edge)]
        bent = [d for d in summary.distortions if (d.element, d.edge) == (element, edge)]
        parts.append(
            Section(
                id=anchor("xas", str(len(parts) + 1)),
                title=title,
                blocks=(*_edge(title, mine, shells, bent, gallery), *_xanes(near, gallery)),
            )
        )
        for a in mine:
            own = [s for s in shells if s.sample == a.sample]
            reference = _reference(a, mine, bent)
            blocks = tuple(_sample(a, own, reference, gallery))
            parts.append(Section(id=anchor("xas", str(len(parts) + 1)), title=title_of(a), blocks=blocks))
    whole = Prose(paragraphs=(words,))
    return (Section(id="absorption", title="X-ray absorption", blocks=(whole,), parts=tuple(parts)),)


def _reference(a: ReducedAbsorption, mine: list[ReducedAbsorption], bent: list[Distortion]) -> ReducedAbsorption | None:
    names = [d.reference_sample for d in bent if d.sample == a.sample]
    return next((x for x in mine if names and x.sample == names[0]), None)


def _edge(
    title: str, mine: list[ReducedAbsorption], shells: list[ShellFit], bent: list[Distortion], gallery: Figures
) -> list[Block]:
    blocks: list[Block] = []
    if len(mine) > 1:
        name = gallery.stem("xas", f"{title}_all")
        blocks += gallery.show("Samples together", draw_edges, name, title, mine)
    if shells:
        blocks.append(
            grid("First shells", SHELL_HEAD, [_shell(s) for s in shells], "tables/exafs.csv", "tables/exafs_ixs.csv")
        )
        high = [f"{s.sample}: {k} {v:+.2f}" for s in shells for k, v in s.correlations.items() if abs(v) > 0.8]
        if high:
            blocks.append(Prose(paragraphs=("Correlations above 0.8: " + "; ".join(high) + ".",)))
    if bent:
        name_bent = gallery.stem("xas", f"{title}_distortion")
        if any(d.relative_change is not None or d.relative_change_wavelet is not None for d in bent):
            blocks += gallery.show("Distortion", draw_distortion, name_bent, title, bent)
        blocks.append(
            grid(
                "Multiple to single scattering",
                DISTORTION_HEAD,
                [_distortion(d) for d in bent],
                "tables/distortion.csv",
            )
        )
    return blocks


def _xanes(near: list[Xanes], gallery: Figures) -> list[Block]:
    """What stands near the edge, of every sample; and their spectra together."""
    if not near:
        return []
    rows: list[tuple[Cell | str, ...]] = [
        (
            x.sample,
            numeric(f"{x.e0.value:.2f}" if x.e0.sigma == 0 else estimate_text(given(x.e0, x.verdict))),
            numeric(estimate_text(given(x.edge_step, x.verdict))),
            numeric(estimate_text(given(x.white_line, x.verdict) if x.white_line else None)),
            numeric(estimate_text(given(x.white_line_area, x.verdict) if x.white_line_area else None)),
            Cell(text=x.verdict.level, mark=x.verdict.level, note="; ".join([x.verdict.reason, *_said(x)])),
        )
        for x in near
    ]
    title = f"{near[0].element} {near[0].edge}"
    name = gallery.stem("xas", f"{title}_xanes")
    return [
        grid("Near the edge", XANES_HEAD, rows, "tables/xanes.csv"),
        *gallery.show("XANES", draw_xanes, name, title, near),
    ]


def _said(x: Xanes) -> list[str]:
    return [f.problem for f in x.findings if f.code in ("no_exafs", "no_white_line")]


def _shell(s: ShellFit) -> tuple[Cell | str, ...]:
    parts = ""
    if s.verdict.printable:
        sigmas = (s.distance_sigma_statistical_angstrom, s.systematic_angstrom, s.distance_sigma_theory_angstrom)
        parts = "σ: noise {}, ranges {}, theory {}".format(*(plain(x, 2) for x in sigmas))
        if s.distance_difference_angstrom is not None:
            parts += f"; {estimate_text(s.distance_difference_angstrom)} against {s.distance_reference}"

    def e(x: Estimate) -> str:
        return estimate_text(given(x, s.verdict))

    return (
        s.sample,
        Cell(text=f"{s.element}–{s.shell}", note=s.structure),
        measured(e(s.coordination), "fixed" if s.coordination.sigma == 0 else ""),
        measured(e(s.distance_angstrom), interval_text(given(s.distance_angstrom, s.verdict)), parts),
        numeric(e(s.sigma2_angstrom2)),
        numeric(e(s.e0_shift_ev)),
        Cell(text=e(s.s02), numeric=True, note=s.s02_origin),
        Cell(
            text=f"R-factor {plain(s.r_factor, 3)}",
            note=f"{s.n_variables} variables of {s.n_independent:.1f}; k {s.k_min:.3g} to {s.k_max:.3g} Å⁻¹, "
            f"R {s.r_min:.3g} to {s.r_max:.3g} Å, k-weights {', '.join(map(str, s.k_weights))}",
        ),
        verdict_cell(s.verdict),
    )  # fmt: skip


def _distortion(d: Distortion) -> tuple[Cell | str, ...]:
    shown = d.verdict.printable
    notes = "; ".join(f.problem for f in d.findings)
    where = ""
    if d.f1_k_per_angstrom is not None and d.f1_r_angstrom is not None:
        where = f"at k = {d.f1_k_per_angstrom:.1f} Å⁻¹, R = {d.f1_r_angstrom:.2f} Å, not phase-corrected"
    reference = "reference" if d.reference_sample == d.sample else f"against {d.reference_sample or 'nothing'}"
    return (
        Cell(text=d.sample, note=reference),
        numeric(estimate_text(d.ms_to_ss_ratio if shown else None)),
        numeric(estimate_text(d.relative_change if shown else None, 100)),
        numeric(estimate_text(d.relative_change_wavelet if shown else None, 100)),
        Cell(text=estimate_text(d.f1_intensity if shown else None), numeric=True, note=where),
        numeric(estimate_text(d.bend_degree if shown else None)),
        Cell(text=d.verdict.level, mark=d.verdict.level, note="; ".join(t for t in (d.verdict.reason, notes) if t)),
    )


def _sample(
    a: ReducedAbsorption, shells: list[ShellFit], reference: ReducedAbsorption | None, gallery: Figures
) -> list[Block]:
    name = gallery.stem("xas", f"{a.sample}_{a.element}_{a.edge}")
    blocks: list[Block] = list(gallery.show("Absorption", draw_edge, name, a, shells))
    if a.wavelet is not None:
        stem = gallery.stem("xas", f"{a.sample}_{a.element}_{a.edge}_wavelet")
        blocks += gallery.show("Wavelet map", draw_map, stem, a, reference)
    rows = [
        (
            s.file if s.loop == 1 else f"{s.file} ({s.loop})",
            numeric(f"{s.e0_ev:.2f}"),
            numeric(plain(s.edge_step)),
            numeric(f"{s.shift_ev:+.3f} ± {s.shift_sigma_ev:.3f}"),
            numeric(plain(s.noise_k, 2)),
            "yes" if s.used else "no",
            s.reason,
        )
        for s in a.scans
    ]
    blocks.append(grid("Scans", SCAN_HEAD, rows, "tables/xas_scans.csv"))
    listed = a.settings.listed().items()
    used = "; ".join(f"{k} = {v}" if isinstance(v, str) else f"{k} = {v:g}" for k, v in listed)
    blocks.append(Prose(paragraphs=(f"Reduced with {used}.",)))
    return blocks
