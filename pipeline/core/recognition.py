"""What a file is, and the reader it goes to."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Recognition
from pipeline.core.study.names import temperature_from_name
from pipeline.core.values import Finding
from pipeline.instruments.eclab.tables import has_impedance, has_sweep, parse_eclab
from pipeline.instruments.recognise import companion
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.read.eclab import MIN_SPECTRUM_POINTS, to_spectra
from pipeline.techniques.impedance.read.spectra import read_impedance
from pipeline.techniques.sweeps.read import read_sweeps, to_sweeps


def recognise(raw: RawFile) -> Recognition:
    """What a file is, on which evidence, and how sure. Never raises for bad content: that is a finding's or reader's word."""
    from pipeline.techniques.absorption.read.scans import recognise_absorption

    kind = companion(raw)
    if kind is not None:
        return Recognition(file=raw.name, technique="companion", format=kind, evidence="suffix or first line")
    known = _recognise_eclab(raw) or recognise_absorption(raw) or _recognise_text(raw)
    if known.technique == "unknown":
        known = _recognise_scan(raw) or known
    if known.technique in ("eis", "lsv") and known.temperature_k is None:
        kelvin = temperature_from_name(raw.name)
        if kelvin is not None:
            known = replace(known, temperature_k=kelvin, temperature_origin="file name")
    return known


def _recognise_scan(raw: RawFile) -> Recognition | None:
    """A scan of energies whose edge cannot be told, or whose detectors cannot (with the reason), or None."""
    from pipeline.techniques.absorption.read.scans import XasReadSettings, read_scans

    try:
        scans = read_scans(raw, XasReadSettings())
    except ReadError as error:
        angles = error.field == "energy" and re.search(r"no energy column among .*\b(i0|mu|xmu)\b", error.problem)
        if error.field not in ("columns", "detectors") and not angles:
            return None
        evidence = "detectors without energies" if angles else "energies, but no detector that is told from the others"
        return Recognition(
            file=raw.name,
            technique="unknown",
            format="unknown",
            evidence=evidence,
            confidence="guess",
            findings=(_as_finding(error),),
        )
    first = scans[0]
    return Recognition(
        file=raw.name,
        technique="xas",
        format=first.source.format,
        detail="chi(k)" if first.is_chi else first.mode,
        n_rows=sum(s.energy_ev.size for s in scans),
        n_measurements=len(scans),
        evidence=first.source.evidence,
        confidence="guess",
        findings=first.findings,
    )


def _as_finding(error: ReadError) -> Finding:
    return Finding(severity="error", field=error.field, problem=error.problem, hint=error.hint)


def _recognise_eclab(raw: RawFile) -> Recognition | None:
    form = "EC-Lab mpr" if raw.data.startswith(b"BIO-LOGIC") else "EC-Lab mpt"
    try:
        eclab = parse_eclab(raw)
        if eclab is None:
            return None
        _, tables = eclab
        names = ", ".join(dict.fromkeys(t.technique for t in tables if t.technique))
        known = Recognition(
            file=raw.name,
            technique="other",
            format=form,
            detail=names,
            n_rows=sum(t.n_rows for t in tables),
            evidence=f"columns {', '.join(list(tables[0].columns)[:5])} …",
            findings=tables[0].findings,
        )
        if any(has_impedance(t) for t in tables):
            return _with_spectra(known, to_spectra(raw, form, tables))
        if any("EIS" in t.technique for t in tables):
            to_spectra(raw, form, tables)  # raises: says which columns are missing
        if any(has_sweep(t) for t in tables):
            n = len(to_sweeps(raw, form, tables))
            return replace(known, technique="lsv", n_measurements=n, evidence="technique in the header")
    except ReadError as error:
        first = "its first bytes" if form == "EC-Lab mpr" else "its first line"
        return Recognition(
            file=raw.name, technique="other", format=form, evidence=first, findings=(_as_finding(error),)
        )
    return known


def _with_spectra(known: Recognition, spectra: tuple[ImpedanceSpectrum, ...]) -> Recognition:
    f = np.concatenate([s.frequency_hz for s in spectra])
    temperature = spectra[0].temperature_k
    few = max(s.frequency_hz.size for s in spectra) < MIN_SPECTRUM_POINTS
    return replace(
        known,
        technique="other" if few else "eis",
        detail=f"{known.detail} at {f.size} frequencies".strip() if few else known.detail,
        n_measurements=len(spectra),
        temperature_k=temperature,
        temperature_origin="external input" if temperature is not None else "",
        evidence=f"{spectra[0].source.evidence}, {f.max():.4g} to {f.min():.4g} Hz",
        findings=spectra[0].findings,
    )


def _recognise_text(raw: RawFile) -> Recognition:
    settings = DelimitedSettings()
    unknown = Recognition(file=raw.name, technique="unknown", format="unknown", confidence="guess")
    try:
        spectra = read_impedance(raw, settings)
    except ReadError as error:
        why = _as_finding(error)
    else:
        source = spectra[0].source
        sure = "certain" if source.format != "delimited text" else "likely"
        known = replace(
            unknown,
            format=source.format,
            n_rows=sum(s.frequency_hz.size for s in spectra),
            confidence="guess" if "no header" in source.evidence else sure,  # type: ignore[arg-type]
        )
        return _with_spectra(known, spectra)
    try:
        sweeps = read_sweeps(raw, settings)
    except ReadError as error:
        why = why if error.field in ("potential", "rows") else _as_finding(error)
        return replace(unknown, evidence="no reader knows it", findings=(why,))
    return replace(
        unknown,
        technique="lsv",
        format=sweeps[0].source.format,
        n_rows=sum(s.potential_v.size for s in sweeps),
        n_measurements=len(sweeps),
        evidence=sweeps[0].source.evidence,
        findings=sweeps[0].findings,
    )
