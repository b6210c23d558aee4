"""Merged spectra, chi(k) and chi(R) as columns with an XDI header.

XDI: B. Ravel, M. Newville, J. Phys.: Conf. Ser. 712 (2016) 012148.
chi(R) is not phase-corrected: its peaks lie about 0.4 angstrom short of the distances; its unit is 1/angstrom^(w+1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.absorption.model import ReducedAbsorption, ShellFit

PROGRAM = "XDI/1.0 hse-pipeline"


def _line(text: object) -> str:
    return " ".join(str(text).split())


def _header(reduced: ReducedAbsorption, columns: Sequence[str], extra: Mapping[str, object]) -> list[str]:
    facts: dict[str, object] = {f"Column.{i + 1}": name for i, name in enumerate(columns)}
    facts |= {
        "Element.symbol": reduced.element,
        "Element.edge": reduced.edge,
        "Sample.name": reduced.sample,
        "Scan.edge_energy": f"{reduced.e0_ev:.4f} eV",
        "Pipeline.scans_merged": sum(s.used for s in reduced.scans),
        "Pipeline.e0": f"{reduced.e0_ev!r} eV",
        "Pipeline.edge_step": f"{reduced.edge_step.value!r} +- {reduced.edge_step.sigma:.3g}",
        "Pipeline.rbkg": f"{reduced.rbkg_angstrom!r} angstrom",
        **{f"Pipeline.{_key(name)}": value for name, value in reduced.settings.listed().items()},
        **extra,
    }
    return [f"# {PROGRAM}", *(f"# {name}: {_line(value)}" for name, value in facts.items())]


def _key(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)


def _columns(header: list[str], comments: Sequence[str], labels: Sequence[str], arrays: Sequence[FloatArray]) -> str:
    rows = [
        "  ".join(f"{v:.12g}" if i else f"{v!r}" for i, v in enumerate(map(float, row)))
        for row in np.column_stack(arrays)
    ]
    notes = ["# ///", *(f"# {_line(c)}" for c in comments), "#---------"]
    return "\n".join([*header, *notes, "# " + "  ".join(labels), *rows, ""])


def spectrum_text(reduced: ReducedAbsorption) -> str:
    """mu(E) merged, with its standard error, background, normalised and flattened; energies with every digit."""
    columns = ("energy eV", "mu", "mu_stderr", "bkg", "norm", "flat", "pre_edge", "post_edge")
    arrays = (
        reduced.energy_ev,
        reduced.mu,
        reduced.mu_sigma,
        reduced.background,
        reduced.normalized,
        reduced.flattened,
        reduced.pre_edge,
        reduced.post_edge,
    )
    comments = [
        f"{s.file}: {'used' if s.used else 'left out: ' + s.reason}, shifted by {s.shift_ev:+.4f} eV"
        for s in reduced.scans
    ]
    return _columns(_header(reduced, columns, {}), comments, [c.split()[0] for c in columns], arrays)


def chi_k_text(reduced: ReducedAbsorption) -> str:
    """chi(k) with its noise, and weighted as it was transformed."""
    weighted = f"k{reduced.k_weight}chi"
    columns = ("k inverse angstrom", "chi", "chi_stderr", weighted)
    weight = reduced.k_per_angstrom**reduced.k_weight
    arrays = (reduced.k_per_angstrom, reduced.chi, reduced.chi_sigma, weight * reduced.chi)
    return _columns(_header(reduced, columns, {}), (), [c.split()[0] for c in columns], arrays)


def chi_r_text(reduced: ReducedAbsorption, shell: ShellFit | None = None) -> str:
    """chi(R), complex, not phase-corrected; beside it the fitted model where there is one on the same grid."""
    unit = f"angstrom^-{reduced.k_weight + 1}"
    columns = ["r angstrom, not phase-corrected", f"chir_re {unit}", f"chir_im {unit}", f"chir_mag {unit}"]
    arrays = [reduced.r_angstrom, reduced.chi_r_re, reduced.chi_r_im, np.hypot(reduced.chi_r_re, reduced.chi_r_im)]
    if shell is not None and shell.r_angstrom.shape == reduced.r_angstrom.shape:
        columns += [f"model_re {unit}", f"model_im {unit}"]
        arrays += [shell.model_chi_r_re, shell.model_chi_r_im]
    extra = {
        "Pipeline.k_range": f"{reduced.k_min!r} {reduced.k_max!r} inverse angstrom",
        "Pipeline.dk": f"{reduced.dk!r} inverse angstrom",
        "Pipeline.window": reduced.window,
        "Pipeline.k_weight": reduced.k_weight,
        "Pipeline.phase_correction": "none",
        "Pipeline.chir_noise": f"{reduced.chi_r_noise!r} {unit}",
    }
    return _columns(_header(reduced, columns, extra), (), [c.split()[0] for c in columns], arrays)
