"""The table that a reader of an EXAFS paper needs, as the International X-ray Absorption Society recommends.

One row per sample, edge and shell: what was measured, how it was reduced, how it was fitted, and every parameter with
its uncertainty and its correlations (IXS Standards and Criteria Committee, Error Reporting Recommendations, 2000).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from pipeline.core.values import Estimate
from pipeline.techniques.absorption.model import GLITCHES, EdgeKey, ReducedAbsorption, ReducedOrXanes, ShellFit


def _pair(name: str, estimate: Estimate | None) -> dict[str, object]:
    if estimate is None:
        return {name: "", f"{name}_sigma": "", f"{name}_low95": "", f"{name}_high95": ""}
    return {
        name: estimate.value,
        f"{name}_sigma": estimate.sigma,
        f"{name}_low95": estimate.low,
        f"{name}_high95": estimate.high,
    }


def group_names(reduced: ReducedOrXanes) -> str:
    """Names of the groups that were merged, where its scans are from projects."""
    return "; ".join(dict.fromkeys(s.group for s in reduced.scans if s.used and s.group))


def distance_parts(shell: ShellFit) -> dict[str, float]:
    """What the sigma of the distance is made of, by the names of the columns."""
    return {
        "distance_sigma_statistical_angstrom": shell.distance_sigma_statistical_angstrom,
        "distance_systematic_angstrom": shell.systematic_angstrom,
        "distance_sigma_theory_angstrom": shell.distance_sigma_theory_angstrom,
    }


def exafs_row(reduced: ReducedAbsorption | None, shell: ShellFit) -> dict[str, object]:
    """One row; the columns of the reduction are empty where it is missing."""
    row: dict[str, object] = {
        "sample": shell.sample,
        "element": shell.element,
        "edge": shell.edge,
        "shell": shell.shell,
    }
    if reduced is not None:
        glitches = [f.problem for f in reduced.findings if f.code in GLITCHES]
        used = [s for s in reduced.scans if s.used]
        row |= {
            "group": group_names(reduced),
            "scans_merged": len(used),
            "scans_left_out": "; ".join(f"{s.file} ({s.reason})" for s in reduced.scans if not s.used),
            "largest_shift_eV": max((abs(s.shift_ev) for s in used), default=0.0),
            "e0_eV": reduced.e0_ev,
            **_pair("edge_step", reduced.edge_step),
            "glitches": "; ".join(glitches),
            "rbkg_angstrom": reduced.rbkg_angstrom,
            "window": reduced.window,
            "dk_per_angstrom": reduced.dk,
            "chi_r_noise": reduced.chi_r_noise,
            "reduction": "; ".join(f"{k}={v}" for k, v in reduced.settings.listed().items()),
        }
    fitted = (
        ("coordination", shell.coordination),
        ("distance_angstrom", shell.distance_angstrom),
        ("distance_difference_angstrom", shell.distance_difference_angstrom),
        ("sigma2_angstrom2", shell.sigma2_angstrom2),
        ("e0_shift_eV", shell.e0_shift_ev),
        ("s02", shell.s02),
    )
    for name, estimate in fitted:
        row |= _pair(name, estimate if shell.verdict.printable else None)
    row |= {
        "s02_origin": shell.s02_origin,
        "distance_origin": shell.distance_origin,
        **distance_parts(shell),
        "distance_reference": shell.distance_reference,
        "k_min": shell.k_min,
        "k_max": shell.k_max,
        "r_min": shell.r_min,
        "r_max": shell.r_max,
        "k_weights": ",".join(map(str, shell.k_weights)),
        "n_independent": shell.n_independent,
        "n_variables": shell.n_variables,
        "r_factor": shell.r_factor,
        "chi2_reduced": shell.chi2_reduced,
        "correlations": "; ".join(f"{k}={v:.3f}" for k, v in sorted(shell.correlations.items())),
        "feff_version": shell.feff_version,
        "structure": shell.structure,
        "paths": "; ".join(f"{p.label or p.file} {p.reff_angstrom:.4f} x{p.degeneracy:g}" for p in shell.paths),
        "verdict": shell.verdict.level,
        "verdict_reason": shell.verdict.reason,
    }
    return row


def exafs_csv(shells: Sequence[ShellFit], reductions: Mapping[EdgeKey, ReducedAbsorption]) -> str:
    """All rows as CSV with a header; empty text where no shell was fitted."""
    rows = [exafs_row(reductions.get(s.key), s) for s in shells]
    if not rows:
        return ""
    widest = max(range(len(rows)), key=lambda i: len(rows[i]))
    names = list(rows[widest])
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
