"""A run's results in the formats of other programs, with RO-Crate metadata that says what each file is.

    archive/athena/*.prj     all merged scans, as Athena counts terms     archive/larch/*.prj   the same for larch
    archive/xdi/*.xdi        mu(E)       archive/chi/*.chik, *.chir       chi(k), chi(R)
    archive/feff/*.inp       inputs of FEFF                               archive/circuits/*.json  for impedance.py
    archive/exafs.csv        one row per shell with all that a paper has to state

RO-Crate 1.1: Soiland-Reyes et al., Data Science 5 (2022) 97.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.atomic import write_whole
from pipeline.core.summary import RunSummary
from pipeline.techniques.absorption.model import ReducedAbsorption, ShellFit
from pipeline.techniques.absorption.report.athena_project import group_labels, pack_project, project_text
from pipeline.techniques.absorption.report.exafs_table import exafs_csv
from pipeline.techniques.absorption.report.xdi import chi_k_text, chi_r_text, spectrum_text
from pipeline.techniques.impedance.report.circuits import circuit_json

KINDS = {
    ".prj": ("application/gzip", "Athena project: merged mu(E) with every parameter of the reduction"),
    ".xdi": ("text/plain", "XDI: merged mu(E), its standard error, background, normalised and flattened"),
    ".chik": ("text/plain", "chi(k) with its noise"),
    ".chir": ("text/plain", "chi(R), not phase-corrected, with the fitted model"),
    ".inp": ("text/plain", "input of FEFF"),
    ".json": ("application/json", "fitted circuit that impedance.py loads"),
    ".csv": ("text/csv", "EXAFS results with all that a paper has to state"),
}


def file_stem(text: str, taken: set[str]) -> str:
    """A file name without signs that a file system may refuse, unique among ``taken`` (case ignored)."""
    stem = base = re.sub(r"[^\w.+-]+", "_", text).strip("._")[:120] or "unnamed"
    n = 1
    while stem.lower() in taken:
        n += 1
        stem = f"{base}_{n}"
    taken.add(stem.lower())
    return stem


def archive_files(summary: RunSummary) -> dict[str, bytes]:
    """Every file of the archive, metadata last: path from the results' folder -> bytes. Same summary, same bytes."""
    files = _content(summary)
    crate = json.dumps(crate_metadata(summary, files), indent=1, ensure_ascii=False) + "\n"
    files = dict(sorted(files.items())) | {"ro-crate-metadata.json": crate.encode()}
    return {f"archive/{path}": data for path, data in files.items()}


def _content(summary: RunSummary) -> dict[str, bytes]:
    """Path inside the archive -> bytes, without the metadata."""
    files: dict[str, bytes] = {}
    shells: dict[tuple[str, str, str], ShellFit] = {}
    for shell in summary.shells:
        shells.setdefault((shell.sample, shell.element, shell.edge), shell)
    reductions: dict[tuple[str, str, str], ReducedAbsorption] = {
        (r.sample, r.element, r.edge): r for r in summary.absorption
    }
    if summary.absorption:
        name = file_stem(summary.study_name, set())
        files[f"athena/{name}.prj"] = pack_project(project_text(summary.absorption, shells, dialect="athena"))
        files[f"larch/{name}.prj"] = pack_project(project_text(summary.absorption, shells, dialect="larch"))
    taken: set[str] = set()
    for reduced, label in zip(summary.absorption, group_labels(summary.absorption), strict=True):
        stem = file_stem(label, taken)
        fitted = shells.get((reduced.sample, reduced.element, reduced.edge))
        files[f"xdi/{stem}.xdi"] = spectrum_text(reduced).encode()
        files[f"chi/{stem}.chik"] = chi_k_text(reduced).encode()
        files[f"chi/{stem}.chir"] = chi_r_text(reduced, fitted).encode()
    files |= _feff_inputs(summary.shells)
    table = exafs_csv(summary.shells, reductions)
    if table:
        files["exafs.csv"] = table.encode()
    taken = set()
    for sample, fit in summary.spectra:
        spectrum = fit.checked.spectrum
        stem = file_stem(f"{sample}_{Path(spectrum.source.file).stem}_{spectrum.loop}", taken)
        files[f"circuits/{stem}.json"] = circuit_json(fit, f"{sample} {spectrum.source.file} {spectrum.loop}").encode()
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


def crate_metadata(summary: RunSummary, files: Mapping[str, bytes]) -> dict[str, Any]:
    """``ro-crate-metadata.json`` as data; the date stands in it where the provenance gives one."""
    entries = []
    for path, data in sorted(files.items()):
        encoding, what = KINDS.get(Path(path).suffix, ("application/octet-stream", "file"))
        entries.append(
            {
                "@id": path,
                "@type": "File",
                "name": path.rsplit("/", 1)[-1],
                "description": what,
                "encodingFormat": encoding,
                "contentSize": str(len(data)),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
    versions = summary.provenance.get("versions")
    program = {
        "@id": "#hse-pipeline",
        "@type": "SoftwareApplication",
        "name": "hse-pipeline",
        "version": str(versions.get("hse-pipeline", "")) if isinstance(versions, Mapping) else "",
        "softwareRequirements": [f"{k} {v}" for k, v in sorted(versions.items())]
        if isinstance(versions, Mapping)
        else [],
    }
    kind = "simulated data" if summary.simulated else "measured data"
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": summary.study_name,
        "description": f"Reduced {kind} of {', '.join(s.label or s.id for s in summary.samples) or 'no sample'}",
        "hasPart": [{"@id": e["@id"]} for e in entries],
        "mentions": [{"@id": "#run"}],
    }
    for source, key in (("date", "datePublished"), ("license", "license")):
        if summary.provenance.get(source):
            root[key] = str(summary.provenance[source])
    run = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "reduction",
        "instrument": {"@id": "#hse-pipeline"},
        "object": [{"@id": f"#raw/{name}"} for name in _raw_names(summary)],
        "result": [{"@id": e["@id"]} for e in entries],
    }
    raws = [
        {"@id": f"#raw/{n}", "@type": "CreativeWork", "name": n, "description": "raw file"} for n in _raw_names(summary)
    ]
    descriptor = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    graph = [descriptor, root, program, run, *raws, *entries]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _raw_names(summary: RunSummary) -> list[str]:
    names = {s.file for r in summary.absorption for s in r.scans}
    names |= {fit.checked.spectrum.source.file for _, fit in summary.spectra}
    names |= {fit.checked.sweep.source.file for _, fit in summary.sweeps}
    return sorted(names)


def write_archive(summary: RunSummary, out: Path) -> tuple[Path, ...]:
    """Write ``archive/`` into the results' folder; the files written, metadata last."""
    written = []
    for path, data in archive_files(summary).items():
        target = out / path
        write_whole(target, data)
        written.append(target)
    return tuple(written)
