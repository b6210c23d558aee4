"""What a file is, and the reader it goes to."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from pipeline.errors import ReadError
from pipeline.model.measurement import ImpedanceSpectrum, LinearSweep, RawFile, Recognition
from pipeline.model.result import Finding
from pipeline.read.biologic import MIN_SPECTRUM_POINTS, has_impedance, has_sweep, parse_eclab, to_spectra, to_sweeps
from pipeline.read.delimited import DelimitedSettings, read_delimited_impedance, read_delimited_sweep
from pipeline.read.names import temperature_from_name
from pipeline.read.text import is_binary, name_container
from pipeline.read.vendors import is_ivium

COMPANIONS = {
    ".mps": "EC-Lab settings",
    ".mpl": "EC-Lab log",
    ".mgr": "EC-Lab graphic",
    ".mgp": "EC-Lab graphic",
    ".sta": "EC-Lab state",
}
COMPANION_STARTS = (b"EC-LAB SETTING FILE", b"BT-LAB SETTING FILE", b"EC-LAB LOG FILE", b"BT-LAB LOG FILE")


def read_impedance(raw: RawFile, settings: DelimitedSettings) -> tuple[ImpedanceSpectrum, ...]:
    """Spectra of a file of any known format.

    Raises
    ------
    ReadError
        The file cannot give impedance; the message says what it is instead.
    """
    refuse_companion(raw)
    eclab = parse_eclab(raw)
    if eclab is not None:
        return to_spectra(raw, *eclab)
    _refuse_binary(raw)
    return read_delimited_impedance(raw, settings)


def read_sweeps(raw: RawFile, settings: DelimitedSettings) -> tuple[LinearSweep, ...]:
    """Potential sweeps of a file of any known format.

    Raises
    ------
    ReadError
        The file cannot give a sweep; the message says what it is instead.
    """
    refuse_companion(raw)
    eclab = parse_eclab(raw)
    if eclab is not None:
        return to_sweeps(raw, *eclab)
    _refuse_binary(raw)
    return read_delimited_sweep(raw, settings)


def companion(raw: RawFile) -> str | None:
    """``EC-Lab settings`` and the like for a file that stands beside data, else None."""
    suffix = "." + raw.name.rsplit(".", 1)[-1].lower() if "." in raw.name else ""
    if raw.data[:40].lstrip().upper().startswith(COMPANION_STARTS):
        return COMPANIONS.get(suffix, "EC-Lab settings or log")
    return COMPANIONS.get(suffix)


def refuse_companion(raw: RawFile) -> None:
    """Raise a ReadError for settings, logs and graphics beside the data."""
    kind = companion(raw)
    if kind is not None:
        raise ReadError(
            source=raw.name, field="file", problem=f"is {kind}, not data", hint="name the .mpt or .mpr beside it"
        )


def _refuse_binary(raw: RawFile) -> None:
    """Say what a binary file lacks, instead of searching it for numbers."""
    suffix = "." + raw.name.rsplit(".", 1)[-1].lower() if "." in raw.name else ""
    if not raw.data.strip():
        raise ReadError(source=raw.name, field="file", problem="holds nothing but blanks", hint="export it again")
    if suffix == ".mpr":
        problem = "does not begin as a binary EC-Lab file does"
        hint = "a text file under another name?" if not is_binary(raw.data) else "damaged: export the .mpt from EC-Lab"
        raise ReadError(source=raw.name, field="file", problem=problem, hint=hint)
    known = name_container(raw.data)
    if known is not None:
        raise ReadError(source=raw.name, field="file", problem=known[0], hint=known[1])
    if suffix == ".pssession":
        hint = "export the curve as CSV from PSTrace"
        raise ReadError(source=raw.name, field="file", problem="is a PalmSens session, not a table", hint=hint)
    if is_binary(raw.data) and not is_ivium(raw):
        hint = "wrong suffix? Export it as text"
        raise ReadError(
            source=raw.name, field="file", problem="is binary, and no binary format that is known", hint=hint
        )


def recognise(raw: RawFile) -> Recognition:
    """What a file is, on which evidence, and how sure. Never raises for bad content: that is a finding's or reader's word."""
    from pipeline.read.absorption import recognise_absorption

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
    from pipeline.read.absorption import XasReadSettings, read_scans

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
