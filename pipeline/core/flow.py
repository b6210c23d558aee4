"""The whole chain, one function per technique: bytes in, a record out.  No path is opened here.

    raw bytes -> read -> check -> fit -> Record          (per file, or per sample and edge)
    Records of a pellet -> series fit, regions -> Record
    Records of an edge -> shell fits, distortion -> Record
    all Records -> summarize -> RunSummary -> report     (batch/collect.py; report/ sees the summary alone)

A measurement that cannot pass a stage ends here as a ``Rejection``; the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.core.errors import CheckError, FitError, PipelineError
from pipeline.core.sample import RawFile, Sample
from pipeline.core.study.rows import EisFile, LsvFile, Review, XasGroup
from pipeline.core.summary import Record, Rejection
from pipeline.core.values import Finding
from pipeline.techniques.absorption.model import CheckedScan, Distortion, ReducedAbsorption, ShellFit
from pipeline.techniques.impedance.model import CheckedSpectrum, ImpedanceSpectrum, PelletFit, SpectrumFit

Settings = Mapping[str, Any]


def rejection(error: PipelineError) -> Rejection:
    """The row of the table rejected for one error."""
    return Rejection(file=error.source, stage=error.stage, field=error.field, problem=error.problem, hint=error.hint)


def excluded(name: str, reviews: Iterable[Review], loop: int | None = None) -> Rejection | None:
    """The rejection that a person's ``exclude = true`` asks for, if any."""
    for r in reviews:
        if r.exclude and r.file == name and (r.loop is None or r.loop == loop):
            who = f" by {r.by}" if r.by else ""
            return Rejection(file=name, stage="review", field="exclude", problem=f"left out{who}: {r.note}", hint="")
    return None


def reduce_impedance(
    raw: RawFile, row: EisFile, settings: Settings, short: RawFile | None = None, open_: RawFile | None = None
) -> Record:
    """One impedance file -> a SpectrumFit for each of its spectra."""
    from pipeline.techniques.impedance.read.spectra import read_impedance

    fits: list[SpectrumFit] = []
    rejected: list[Rejection] = []
    try:
        spectra = read_impedance(raw, settings["eis.read"])
        fixtures = [read_impedance(f, settings["eis.read"])[0] if f else None for f in (short, open_)]
    except PipelineError as error:
        return Record(kind="eis", name=row.name, sample=row.sample, rejected=(rejection(error),))
    for spectrum in spectra:
        out = excluded(row.name, row.reviews, spectrum.loop)
        if out is not None:
            rejected.append(out)
            continue
        try:
            fits.append(fit_spectrum(spectrum, row, settings, fixtures))
        except PipelineError as error:
            rejected.append(_with_loop(rejection(error), spectrum.loop, len(spectra)))
    return Record(kind="eis", name=row.name, sample=row.sample, results=tuple(fits), rejected=tuple(rejected))


def _with_loop(row: Rejection, loop: int, n_loops: int) -> Rejection:
    return replace(row, field=f"{row.field} of loop {loop}") if n_loops > 1 else row


def fit_spectrum(
    spectrum: ImpedanceSpectrum,
    row: EisFile,
    settings: Settings,
    fixtures: Sequence[ImpedanceSpectrum | None] = (None, None),
) -> SpectrumFit:
    """Temperature, corrections, check, arcs: one spectrum of one file.

    Raises
    ------
    CheckError
        No temperature, or data too bad to fit.
    FitError
        No model describes the data.
    """
    from pipeline.techniques.impedance.check.corrections import Corrections, correct_spectrum, widen_total
    from pipeline.techniques.impedance.check.spectrum import check_spectrum
    from pipeline.techniques.impedance.fit.single.arcs import fit_arcs

    if row.temperature_k is not None:
        spectrum = replace(spectrum, temperature_k=row.temperature_k, temperature_origin=row.temperature_origin)
    if spectrum.temperature_k is None:
        raise CheckError(
            source=row.name,
            field="temperature",
            problem="not in the study, the file name or the file",
            hint="add temperature_c to this file's [[sample.eis]] table, or {temperature_c} to its pattern",
        )
    corrections = Corrections(**row.corrections)
    spectrum = correct_spectrum(spectrum, corrections, *fixtures)
    mine = [r for r in row.reviews if r.loop in (None, spectrum.loop)]
    masks = tuple(band for r in mine for band in r.mask_hz)
    checked: CheckedSpectrum = check_spectrum(spectrum, settings["eis.check"], mask_hz=masks)
    arcs = next((r.arcs for r in mine if r.arcs is not None), None)
    fit: SpectrumFit = fit_arcs(checked, settings["eis.arcs"], n_arcs=arcs)
    notes = tuple(
        Finding(severity="info", field="review", problem=f"{r.note or 'decided'} (by {r.by or 'unnamed'})")
        for r in mine
        if r.note or r.arcs is not None or r.mask_hz
    )
    total = widen_total(fit.total_resistance, corrections)
    return replace(fit, total_resistance=total, findings=(*fit.findings, *notes))


def reduce_sweeps(raw: RawFile, row: LsvFile, settings: Settings) -> Record:
    """One sweep file -> a SweepFit for each direction of each sweep."""
    from pipeline.techniques.sweeps.check.sweep import check_sweep
    from pipeline.techniques.sweeps.fit.onset import find_onsets
    from pipeline.techniques.sweeps.read import read_sweeps

    fits, rejected = [], []
    out = excluded(row.name, row.reviews)
    if out is not None:
        return Record(kind="lsv", name=row.name, sample=row.sample, rejected=(out,))
    try:
        sweeps = read_sweeps(raw, settings["eis.read"])
    except PipelineError as error:
        return Record(kind="lsv", name=row.name, sample=row.sample, rejected=(rejection(error),))
    for sweep in sweeps:
        try:
            for checked in check_sweep(sweep, row.conditions, settings["lsv.check"]):
                fits.append(find_onsets(checked, settings["lsv.onset"]))
        except PipelineError as error:
            rejected.append(_with_loop(rejection(error), sweep.sweep, len(sweeps)))
    return Record(kind="lsv", name=row.name, sample=row.sample, results=tuple(fits), rejected=tuple(rejected))


def reduce_absorption(raws: Sequence[RawFile | PipelineError], group: XasGroup, settings: Settings) -> Record:
    """All scans of one sample at one edge -> one ReducedAbsorption."""
    from pipeline.techniques.absorption.check.scan import check_scan
    from pipeline.techniques.absorption.fit.reduce.reduction import reduce_scans
    from pipeline.techniques.absorption.read.scans import read_scans

    checked: list[CheckedScan] = []
    rejected: list[Rejection] = []
    name = f"{group.sample} {group.element} {group.edge}"
    for raw in raws:
        if isinstance(raw, PipelineError):
            rejected.append(rejection(raw))
            continue
        try:
            scans = read_scans(raw, settings["xas.read"], mode=group.mode)
        except PipelineError as error:
            rejected.append(rejection(error))
            continue
        for scan in scans:
            out = excluded(raw.name, group.reviews, scan.loop)
            if out is not None:
                rejected.append(out)
                continue
            try:
                checked.append(check_scan(scan, group.element, group.edge, group.mode, settings["xas.check"]))
            except PipelineError as error:
                rejected.append(_with_loop(rejection(error), scan.loop, len(scans)))
    results: tuple[ReducedAbsorption, ...] = ()
    if checked:
        try:
            results = (reduce_scans(group.sample, checked, settings["xas.reduce"]),)
        except PipelineError as error:
            rejected.append(rejection(error))
    return Record(kind="xas", name=name, sample=group.sample, results=results, rejected=tuple(rejected))


def join_pellet(
    sample: Sample, fits: Sequence[SpectrumFit], pristine: Mapping[str, PelletFit], settings: Settings
) -> Record:
    """All spectra of a pellet -> series fit and regions. ``pristine`` by sample id, evidence for the regions."""
    from pipeline.techniques.impedance.fit.regions.assignment import assign_regions
    from pipeline.techniques.impedance.fit.series.joint_fit import fit_series

    def place(fit: SpectrumFit) -> tuple[float, str, int]:
        spectrum = fit.checked.spectrum
        return spectrum.temperature_k or 0.0, spectrum.source.file, spectrum.loop

    fits = sorted(fits, key=place)  # the order of the summary: regions are matched to spectra by it
    findings: list[tuple[str, Finding]] = []
    series = None
    if len({f.checked.spectrum.temperature_k for f in fits}) >= 3:
        try:
            series = fit_series(sample.id, fits, settings["eis.series"])
        except FitError as error:
            problem = f"no series fit: {error.problem}"
            findings.append(
                (sample.id, Finding(severity="warning", field=error.field, problem=problem, hint=error.hint))
            )
    phases = {
        role: pristine[i]
        for role, i in (("crystalline", sample.crystalline_phase), ("amorphous", sample.amorphous_phase))
        if i is not None and i in pristine
    }
    pellet = assign_regions(sample.id, sample.pellet, fits, series, phases, settings["eis.evidence"])
    return Record(kind="pellet", name=sample.id, sample=sample.id, results=(pellet,), findings=tuple(findings))


def fit_edge(
    edge: str,
    reductions: Sequence[ReducedAbsorption],
    groups: Sequence[XasGroup],
    reference: str | None,
    cache: Path,
    settings: Settings,
    structures: Mapping[str, RawFile] | None = None,
) -> Record:
    """All samples at one edge -> shell fits (S02 from the reference) and distortion against it.

    ``structures`` holds the CIF files that the groups name, by name.
    """
    from pipeline.techniques.absorption.fit.distortion.scattering_ratio import measure_distortion
    from pipeline.techniques.absorption.fit.shells import edge as shells

    cifs = {name: raw.data for name, raw in (structures or {}).items()}
    specs = {
        g.sample: shells.ShellSpec(
            scatterer=g.scatterer,
            coordination=g.coordination,
            structure=g.structure,
            cif=cifs.get(g.structure or ""),
        )
        for g in groups
    }
    rejected: list[Rejection] = []
    fits: tuple[ShellFit, ...] = ()
    distortions: tuple[Distortion, ...] = ()
    try:
        fits, failed = shells.fit_edge(reductions, reference, specs, cache, settings["xas.shells"])
        rejected += [rejection(error) for error in failed]
        distortions = measure_distortion(reductions, fits, reference, cache, settings["xas.distortion"])
    except PipelineError as error:
        rejected.append(rejection(error))
    return Record(kind="edge", name=edge, sample="", results=(*fits, *distortions), rejected=tuple(rejected))
