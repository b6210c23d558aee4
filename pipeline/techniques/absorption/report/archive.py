"""Results of absorption in the formats of other programs.

athena/*.prj     all merged scans, as Athena counts terms     larch/*.prj     the same for larch
xdi/*.xdi        mu(E)       chi/*.chik, *.chir       chi(k), chi(R)
feff/*.inp       inputs of FEFF                               exafs.csv       one row per shell, as the IXS asks for it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.core.report.text import file_stem
from pipeline.core.technique import About
from pipeline.techniques.absorption.model import AbsorptionSummary, EdgeKey, ShellFit
from pipeline.techniques.absorption.report.athena_project import group_labels, pack_project, project_text
from pipeline.techniques.absorption.report.exafs_table import exafs_csv
from pipeline.techniques.absorption.report.xdi import chi_k_text, chi_r_text, spectrum_text

ARCHIVE_KINDS: Mapping[str, tuple[str, str]] = {
    ".prj": ("application/gzip", "Athena project: merged mu(E) with every parameter of the reduction"),
    ".xdi": ("text/plain", "XDI: merged mu(E), its standard error, background, normalised and flattened"),
    ".chik": ("text/plain", "chi(k) with its noise"),
    ".chir": ("text/plain", "chi(R), not phase-corrected, with the fitted model"),
    ".inp": ("text/plain", "input of FEFF"),
    ".csv": ("text/csv", "EXAFS results with all that a paper has to state"),
}


def archive_files(summary: AbsorptionSummary, about: About) -> dict[str, bytes]:
    """Path inside the archive -> bytes. Same summary, same bytes."""
    files: dict[str, bytes] = {}
    shells: dict[EdgeKey, ShellFit] = {}
    for shell in summary.shells:
        shells.setdefault(shell.key, shell)
    if summary.absorption:
        name = file_stem(about.study_name, set())
        files[f"athena/{name}.prj"] = pack_project(project_text(summary.absorption, shells, dialect="athena"))
        files[f"larch/{name}.prj"] = pack_project(project_text(summary.absorption, shells, dialect="larch"))
    taken: set[str] = set()
    for reduced, label in zip(summary.absorption, group_labels(summary.absorption), strict=True):
        stem = file_stem(label, taken)
        files[f"xdi/{stem}.xdi"] = spectrum_text(reduced).encode()
        files[f"chi/{stem}.chik"] = chi_k_text(reduced).encode()
        files[f"chi/{stem}.chir"] = chi_r_text(reduced, shells.get(reduced.key)).encode()
    files |= _feff_inputs(summary.shells)
    table = exafs_csv(summary.shells, {r.key: r for r in summary.absorption})
    if table:
        files["exafs.csv"] = table.encode()
    return files


def _feff_inputs(shells: Sequence[ShellFit]) -> dict[str, bytes]:
    """Inputs that the fits carry (``feff_inputs``: name -> text), each once."""
    files: dict[str, bytes] = {}
    taken: set[str] = set()
    seen: set[str] = set()
    for shell in shells:
        for name, text in sorted(shell.feff_inputs.items()):
            if text not in seen:
                seen.add(text)
                files[f"feff/{file_stem(name, taken)}.inp"] = text.encode()
    return files
