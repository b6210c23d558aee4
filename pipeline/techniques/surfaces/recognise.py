"""Is a file one of photoelectron spectra: by its first lines, or by columns headed as electron energies and counts."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Recognition
from pipeline.core.values import Finding
from pipeline.instruments.casaxps.text import is_results
from pipeline.instruments.energy_scan import EnergyScan
from pipeline.instruments.recognise import companion
from pipeline.instruments.text.decode import is_binary
from pipeline.instruments.text.table import find_tables
from pipeline.science.core_levels import level_name
from pipeline.techniques.surfaces.read import RESULTS, format_of, is_energy, is_intensity, read_scans

WORDS = (b"binding", b"kinetic", b"b.e.", b"k.e.", b"be", b"ke")
"""One of them heads the columns of any table that is taken."""


def recognise_spectra(raw: RawFile) -> Recognition | None:
    """What a file of photoelectron spectra is, on which evidence; None for any other."""
    if companion(raw) is not None:
        return None
    if is_results(raw):
        told = Finding(severity="error", field="file", problem=RESULTS[0], hint=RESULTS[1])
        return Recognition(
            file=raw.name, technique="other", format="CasaXPS results", evidence="its header", findings=(told,)
        )
    form = format_of(raw)
    if not form and not _headed(raw):
        return None
    try:
        _, scans = read_scans(raw)
    except ReadError as error:
        told = Finding(severity="error", field=error.field, problem=error.problem, hint=error.hint)
        kind = "xps" if form else "unknown"
        return Recognition(
            file=raw.name, technique=kind, format=form or "columns", evidence="first lines", findings=(told,)
        )
    regions = [level_name(s.label) or level_name(s.header.get("species", "")) for s in scans]
    return Recognition(
        file=raw.name,
        technique="xps",
        format=form or "columns",
        detail=_detail(scans, regions),
        subject=regions[0] if len(set(regions)) == 1 else "",
        not_measured="" if any(regions) or not form else "a survey, or a region without the name of a core level",
        n_rows=sum(s.energy_ev.size for s in scans),
        n_measurements=len(scans),
        evidence="first lines" if form else "columns headed as electron energies and counts",
        confidence="certain" if form else "likely",
        findings=tuple(f for s in scans[:1] for f in s.findings),
    )


def _detail(scans: Sequence[EnergyScan], regions: Sequence[str]) -> str:
    names = list(dict.fromkeys(r or s.label or "?" for r, s in zip(regions, scans, strict=True)))
    return ", ".join(names[:6]) + (", …" if len(names) > 6 else "")


def _headed(raw: RawFile) -> bool:
    """True for a table of text whose columns are headed as energies of electrons and counts."""
    if is_binary(raw.data) or not any(word in raw.data[:4000].lower() for word in WORDS):
        return False
    try:
        table = find_tables(raw, "auto")[0]
    except (ReadError, IndexError):
        return False
    names = [n.text for n in table.names] if table.named else []
    return any(map(is_energy, names)) and any(map(is_intensity, names))
