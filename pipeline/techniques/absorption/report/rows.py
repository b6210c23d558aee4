"""Tables of X-ray absorption: scans, shells, all that the IXS asks for, distortion."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.tables import Kind, Row, Table, columns, given, judged, number, spread
from pipeline.techniques.absorption.model import AbsorptionSummary, Distortion, ReducedOrXanes, ShellFit, Xanes
from pipeline.techniques.absorption.report.exafs_table import distance_parts, exafs_row, group_names

SCANS = columns(
    "sample file loop:count group edge e0_eV:number edge_step:number shift_eV:sigma used_in_merge:flag reason noise_k:number"
)
EXAFS = columns(
    "sample edge group shell coordination:estimate distance_angstrom:estimate sigma2_angstrom2:estimate "
    "e0_shift_eV:estimate s02:estimate s02_origin distance_origin distance_sigma_statistical_angstrom:number "
    "distance_systematic_angstrom:number distance_sigma_theory_angstrom:number distance_reference "
    "distance_difference_angstrom:estimate k_min:number k_max:number "
    "r_min:number r_max:number k_weight n_independent:number n_variables:count r_factor:number chi2_reduced:number "
    "verdict verdict_reason"
)
DISTORTION = columns(
    "sample edge ms_to_ss_ratio:estimate f1_k_per_angstrom:number f1_r_angstrom:number f1_intensity:estimate "
    "reference_sample relative_change:estimate relative_change_wavelet:estimate bend_degree:estimate verdict "
    "verdict_reason notes"
)


XANES = columns(
    "sample edge group e0_eV:sigma edge_step:sigma white_line_eV:sigma white_line_area:sigma verdict verdict_reason notes"
)


def absorption_tables(summary: AbsorptionSummary) -> dict[str, Table]:
    """xas_scans, exafs, exafs_ixs, distortion, xanes; in the order of the summary."""
    groups = {r.key: group_names(r) for r in summary.absorption}
    exafs = tuple({**_shell(s), "group": groups.get(s.key, "")} for s in summary.shells)
    distortion = tuple(_distortion(d) for d in summary.distortions)
    return {
        "xas_scans": Table(row="scan", columns=SCANS, rows=tuple(_scans(summary))),
        "exafs": Table(row="sample, edge and shell", columns=EXAFS, rows=exafs),
        "exafs_ixs": _ixs(summary),
        "distortion": Table(row="sample and edge", columns=DISTORTION, rows=distortion),
        "xanes": Table(row="sample and edge", columns=XANES, rows=tuple(_xanes(x) for x in summary.xanes)),
    }


def _scans(summary: AbsorptionSummary) -> Iterator[Row]:
    whole = {a.key for a in summary.absorption}
    alone: list[ReducedOrXanes] = [x for x in summary.xanes if x.key not in whole]
    for a in [*summary.absorption, *alone]:
        for s in a.scans:
            yield {
                "sample": a.sample,
                "file": s.file,
                "loop": s.loop,
                "group": s.group,
                "edge": f"{a.element} {a.edge}",
                "e0_eV": number(s.e0_ev),
                "edge_step": number(s.edge_step),
                "shift_eV": number(s.shift_ev),
                "shift_eV_sigma": number(s.shift_sigma_ev),
                "used_in_merge": s.used,
                "reason": s.reason,
                "noise_k": number(s.noise_k),
            }


def _xanes(x: Xanes) -> Row:
    row: Row = {"sample": x.sample, "edge": f"{x.element} {x.edge}", "group": group_names(x), **judged(x.verdict)}
    row["notes"] = "; ".join(f.problem for f in x.findings if f.code in ("no_exafs", "no_white_line"))
    for name, estimate in (
        ("e0_eV", x.e0),
        ("edge_step", x.edge_step),
        ("white_line_eV", x.white_line),
        ("white_line_area", x.white_line_area),
    ):
        shown = given(estimate, x.verdict)
        row |= {name: None if shown is None else shown.value, f"{name}_sigma": None if shown is None else shown.sigma}
    return row


def _shell(s: ShellFit) -> Row:
    row: Row = {
        "sample": s.sample,
        "edge": f"{s.element} {s.edge}",
        "shell": s.shell,
        "s02_origin": s.s02_origin,
        "distance_origin": s.distance_origin,
        **{name: number(part) if s.verdict.printable else None for name, part in distance_parts(s).items()},
        "distance_reference": s.distance_reference,
        "k_min": number(s.k_min),
        "k_max": number(s.k_max),
        "r_min": number(s.r_min),
        "r_max": number(s.r_max),
        "k_weight": ",".join(map(str, s.k_weights)),
        "n_independent": number(s.n_independent),
        "n_variables": s.n_variables,
        "r_factor": number(s.r_factor),
        "chi2_reduced": number(s.chi2_reduced),
        **judged(s.verdict),
    }
    for name, estimate in (
        ("coordination", s.coordination),
        ("distance_angstrom", s.distance_angstrom),
        ("distance_difference_angstrom", s.distance_difference_angstrom),
        ("sigma2_angstrom2", s.sigma2_angstrom2),
        ("e0_shift_eV", s.e0_shift_ev),
        ("s02", s.s02),
    ):
        row |= spread(name, given(estimate, s.verdict))
    return row


TEXT_IXS = {
    "sample", "element", "edge", "group", "shell", "scans_left_out", "glitches", "window", "reduction", "s02_origin",
    "distance_origin",
    "distance_reference", "k_weights",
    "correlations", "feff_version", "structure", "paths", "verdict", "verdict_reason",
}  # fmt: skip


def _ixs(summary: AbsorptionSummary) -> Table:
    """The same rows as ``archive/exafs.csv``; every column stands even where no sample filled it."""
    reductions = {r.key: r for r in summary.absorption}
    rows = [exafs_row(reductions.get(s.key), s) for s in summary.shells]
    widest = max(range(len(rows)), key=lambda i: len(rows[i]), default=0)
    names = list(rows[widest]) if rows else list(EXAFS)
    counts = {"scans_merged", "n_variables"}
    kinds: dict[str, Kind] = {}
    for n in names:
        text = n in TEXT_IXS or (not rows and EXAFS[n] == "text")
        kinds[n] = "text" if text else "count" if n in counts else "number"
    clean = tuple({k: None if v == "" and kinds[k] != "text" else v for k, v in r.items()} for r in rows)
    return Table(row="sample, edge and shell, as the IXS recommends to report it", columns=kinds, rows=clean)


def _distortion(d: Distortion) -> Row:
    row: Row = {
        "sample": d.sample,
        "edge": f"{d.element} {d.edge}",
        "f1_k_per_angstrom": number(d.f1_k_per_angstrom),
        "f1_r_angstrom": number(d.f1_r_angstrom),
        "reference_sample": d.reference_sample or "",
        **judged(d.verdict),
        "notes": "; ".join(f.problem for f in d.findings),
    }
    for name, estimate in (
        ("ms_to_ss_ratio", d.ms_to_ss_ratio),
        ("f1_intensity", d.f1_intensity),
        ("relative_change", d.relative_change),
        ("relative_change_wavelet", d.relative_change_wavelet),
        ("bend_degree", d.bend_degree),
    ):
        row |= spread(name, given(estimate, d.verdict))
    return row
