"""A file of any known format -> photoelectron spectra by region, on the scale of the binding energy as measured.

binding energy = photon energy - kinetic energy     the analyser's work function is in the kinetic energy already
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import PipelineError, ReadError
from pipeline.core.sample import RawFile, Source
from pipeline.core.technique import Work
from pipeline.core.values import Finding
from pipeline.instruments.casaxps.text import is_casaxps, is_results, read_casaxps
from pipeline.instruments.energy_scan import EnergyScan
from pipeline.instruments.phi.spe import is_phi, read_phi
from pipeline.instruments.recognise import refuse_binary, refuse_companion
from pipeline.instruments.scienta.text import is_scienta, read_scienta
from pipeline.instruments.specs.xml import is_specs_xml, read_specs_xml
from pipeline.instruments.specs.xy import is_xy, read_xy
from pipeline.instruments.text.table import TextTable, find_tables
from pipeline.instruments.vamas.blocks import is_vamas, read_vamas
from pipeline.science.core_levels import is_survey, level_name
from pipeline.techniques.surfaces.model import Spectrum, SpectrumRow

Reader = Callable[[RawFile], Iterator[EnergyScan]]
READERS: tuple[tuple[str, Callable[[RawFile], bool], Reader], ...] = (
    ("VAMAS", is_vamas, read_vamas),
    ("CasaXPS text", is_casaxps, read_casaxps),
    ("SpecsLab xy", is_xy, read_xy),
    ("SpecsLab xml", is_specs_xml, read_specs_xml),
    ("PHI spe", is_phi, read_phi),
    ("Scienta text", is_scienta, read_scienta),
)
OTHERS = (
    (b"SQLite format 3\0", "is a data base of SpecsLab Prodigy (.sle)", "export it as .xml, .xy or VAMAS"),
    (b"\xd0\xcf\x11\xe0", "is a Thermo Avantage or Office file", "export it as VAMAS"),
    (b"<?xml", "is XML, and none of SpecsLab", "export it as VAMAS, or as columns of text"),
)
RESULTS = ("is a table of CasaXPS's results, and holds no spectrum", "export the spectra in columns, or VAMAS")
SURVEY_EV = 150.0
"""A scan without a known label that is wider than this is a survey."""


def format_of(raw: RawFile) -> str:
    """Name of the file's format by its first lines; '' where none is known."""
    return next((name for name, mine, _ in READERS if mine(raw)), "")


def read_scans(raw: RawFile) -> tuple[str, tuple[EnergyScan, ...]]:
    """Name of the format, and all spectra of a file.

    Raises
    ------
    ReadError
        Damaged, or no format of photoelectron spectra.
    """
    refuse_companion(raw)
    for name, mine, reader in READERS:
        if mine(raw):
            return name, _some(raw, name, tuple(reader(raw)))
    for start, problem, hint in OTHERS:
        if raw.data.lstrip(b"\xef\xbb\xbf \r\n").startswith(start):
            raise ReadError(source=raw.name, field="file", problem=problem, hint=hint)
    refuse_binary(raw)
    if is_results(raw):
        raise ReadError(source=raw.name, field="file", problem=RESULTS[0], hint=RESULTS[1])
    return "columns", (_columns(raw),)


def _some(raw: RawFile, name: str, scans: tuple[EnergyScan, ...]) -> tuple[EnergyScan, ...]:
    if not scans:
        raise ReadError(
            source=raw.name, field="technique", problem=f"no spectrum of photoelectrons in this {name} file"
        )
    return scans


def _columns(raw: RawFile) -> EnergyScan:
    """Two columns of a table of text: energy, and counts."""
    table = find_tables(raw, "auto")[0]
    energy, counts = column_places(table)
    if table.values.shape[1] <= max(energy, counts):
        problem = f"no columns of energy and counts among: {table.shown}"
        raise ReadError(source=raw.name, field="columns", problem=problem, hint="head them binding_energy_eV,counts")
    words = table.names[energy].text.lower() if table.named else ""
    unit = table.names[counts].text.lower() if table.named else ""
    good = np.isfinite(table.values[:, [energy, counts]]).all(axis=1)
    notes = list(table.findings)
    if not words:
        problem = "no header: the first column is taken as binding energy in eV, the second as counts"
        notes.append(Finding(severity="warning", field="columns", problem=problem, hint="head them"))
    rate = "/s" in unit or "cps" in unit or "per_s" in unit
    return EnergyScan(
        label=raw.name.rsplit("/", 1)[-1],
        energy_ev=table.values[good, energy],
        scale="kinetic" if "kin" in words or words.startswith(("ke", "k.e")) else "binding",
        intensity=table.values[good, counts],
        unit="counts/s" if rate else "counts" if "count" in unit or not words else "arbitrary",
        findings=tuple(notes),
    )


def column_places(table: TextTable) -> tuple[int, int]:
    """Columns of energy and intensity by their names; the first two where the names say nothing."""
    names = [n.text.lower() for n in table.names] if table.named else []
    energy = next((i for i, n in enumerate(names) if is_energy(n)), 0)
    counts = next((i for i, n in enumerate(names) if is_intensity(n) and i != energy), energy + 1)
    return energy, counts


def is_energy(name: str) -> bool:
    """True for ``Binding Energy (eV)``, ``K.E.``, ``BE / eV``."""
    words = name.lower().replace("_", " ").strip()
    return (
        "binding" in words or "kinetic en" in words or words.split("/")[0].strip(" .()") in ("be", "ke", "b.e", "k.e")
    )


def is_intensity(name: str) -> bool:
    """True for ``counts``, ``CPS``, ``intensity``."""
    return any(word in name.lower() for word in ("count", "cps", "intensity", "c/s"))


def read_spectra(raw: RawFile, work: Work[SpectrumRow]) -> Iterator[Spectrum]:
    """The spectra of the row's region, or of every region that the file names; with C 1s beside them.

    Raises
    ------
    ReadError
        No such region, surveys alone, or a kinetic scale without a photon energy.
    """
    row = work.row
    form, scans = read_scans(raw)
    regions = [level_name(s.label) or level_name(s.header.get("species", "")) for s in scans]
    surveys = [
        not r and (is_survey(s.label) or float(np.ptp(s.energy_ev)) > SURVEY_EV)
        for r, s in zip(regions, scans, strict=True)
    ]
    if row.region and len(scans) == 1 and not regions[0] and not surveys[0]:
        regions = [row.region]
    chosen = [i for i, r in enumerate(regions) if (r == row.region if row.region else bool(r))]
    if not chosen:
        raise _no_region(raw, row.region, scans, regions)
    carbon = _carbon(raw, work, list(zip(regions, scans, strict=True)))
    skipped = [s.label or "a scan without a name" for r, s in zip(regions, scans, strict=True) if not r]
    for number, i in enumerate(chosen, start=1):
        notes = scans[i].findings
        if skipped and not row.region and number == 1:
            problem = f"no core level in their names, not fitted: {', '.join(dict.fromkeys(skipped))}"
            notes = (*notes, Finding(severity="info", field="region", problem=problem))
        yield _spectrum(raw, form, row, scans[i], number=number, region=regions[i], carbon=carbon, notes=notes)


def _no_region(raw: RawFile, region: str, scans: Sequence[EnergyScan], regions: Sequence[str]) -> ReadError:
    found = ", ".join(dict.fromkeys(r or s.label or "one without a name" for r, s in zip(regions, scans, strict=True)))
    if region:
        problem, hint = f"no {region} among: {found}", "check the region's name in the study"
    else:
        problem, hint = f"no region of a core level among: {found}", 'measure a region, or name it: region = "S 2p"'
    return ReadError(source=raw.name, field="region", problem=problem, hint=hint, code="no_region")


def _binding(raw: RawFile, scan: EnergyScan, photon_ev: float | None) -> FloatArray:
    if scan.scale == "binding":
        return scan.energy_ev
    photon = photon_ev or scan.photon_ev
    if photon is None:
        problem = "kinetic energies, and no photon energy in the file"
        raise ReadError(source=raw.name, field="photon_ev", problem=problem, hint="photon_ev = 1486.6 in the study")
    return np.asarray(photon - scan.energy_ev)


def _counts(scan: EnergyScan) -> tuple[FloatArray, bool]:
    """Counts, and whether they are: a rate times its time, where the file has it."""
    if scan.unit == "counts/s":
        return (scan.intensity, False) if scan.seconds is None else (scan.intensity * scan.seconds, True)
    return scan.intensity, scan.unit == "counts"


def _spectrum(
    raw: RawFile,
    form: str,
    row: SpectrumRow,
    scan: EnergyScan,
    *,
    number: int,
    region: str,
    carbon: tuple[FloatArray, FloatArray],
    notes: tuple[Finding, ...],
) -> Spectrum:
    binding = _binding(raw, scan, row.photon_ev)
    order = np.argsort(binding, kind="stable")
    counts, counted = _counts(scan)
    header = {**scan.header} | ({"group": scan.group} if scan.group else {})
    if (photon := row.photon_ev or scan.photon_ev) is not None:
        header["photon energy / eV"] = f"{photon:g}"
    evidence = "its first lines" if form != "columns" else "columns of energy and counts"
    return Spectrum(
        source=Source(file=raw.name, format=form, evidence=evidence, header=header),
        loop=number,
        findings=notes,
        region=region,
        label=scan.label,
        state=row.state,
        binding_ev=binding[order],
        counts=counts[order],
        counted=counted,
        seconds=scan.seconds,
        carbon_ev=carbon[0],
        carbon_counts=carbon[1],
    )


def _carbon(
    raw: RawFile, work: Work[SpectrumRow], scans: Sequence[tuple[str, EnergyScan]]
) -> tuple[FloatArray, FloatArray]:
    """C 1s of this file, or of the one that the study names for it: energy as measured and counts, (k,) each."""
    reference = work.row.reference
    source, found = raw, scans
    if reference.file and reference.file != raw.name:
        given = work.beside[reference.file]
        if isinstance(given, PipelineError):
            raise given
        source = given
        found = [(level_name(s.label), s) for s in read_scans(given)[1]]
        if not any(r == "C 1s" for r, _ in found) and len(found) == 1:
            found = [("C 1s", found[0][1])]
    for region, scan in found:
        if region == "C 1s":
            binding = _binding(source, scan, work.row.photon_ev)
            order = np.argsort(binding, kind="stable")
            return binding[order], _counts(scan)[0][order]
    return np.zeros(0), np.zeros(0)
