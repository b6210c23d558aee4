"""What a file is, and the reader it goes to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.errors import ReadError
from pipeline.model.measurement import ImpedanceSpectrum, LinearSweep, RawFile, Recognition
from pipeline.model.result import Finding
from pipeline.read.biologic import has_impedance, parse_eclab, to_spectra, to_sweeps
from pipeline.read.delimited import DelimitedSettings, read_delimited_impedance, read_delimited_sweep
from pipeline.read.names import temperature_from_name

COMPANIONS = {
    ".mps": "EC-Lab settings",
    ".mpl": "EC-Lab log",
    ".mgr": "EC-Lab graphic",
    ".mgp": "EC-Lab graphic",
    ".sta": "EC-Lab state",
}
COMPANION_STARTS = (b"EC-LAB SETTING FILE", b"BT-LAB SETTING FILE", b"EC-Lab LOG FILE", b"BT-Lab LOG FILE")


def read_impedance(raw: RawFile, settings: DelimitedSettings) -> tuple[ImpedanceSpectrum, ...]:
    """Spectra of a file of any known format.

    Raises
    ------
    ReadError
        The file cannot give impedance; the message says what it is instead.
    """
    _refuse_companion(raw)
    eclab = parse_eclab(raw)
    return read_delimited_impedance(raw, settings) if eclab is None else to_spectra(raw, *eclab)


def read_sweeps(raw: RawFile, settings: DelimitedSettings) -> tuple[LinearSweep, ...]:
    """Potential sweeps of a file of any known format.

    Raises
    ------
    ReadError
        The file cannot give a sweep; the message says what it is instead.
    """
    _refuse_companion(raw)
    eclab = parse_eclab(raw)
    return read_delimited_sweep(raw, settings) if eclab is None else to_sweeps(raw, *eclab)


def companion(raw: RawFile) -> str | None:
    """``EC-Lab settings`` and the like for a file that stands beside data, else None."""
    suffix = "." + raw.name.rsplit(".", 1)[-1].lower() if "." in raw.name else ""
    if raw.data[:40].lstrip().upper().startswith(tuple(s.upper() for s in COMPANION_STARTS)):
        return COMPANIONS.get(suffix, "EC-Lab settings or log")
    return COMPANIONS.get(suffix)


def _refuse_companion(raw: RawFile) -> None:
    kind = companion(raw)
    if kind is not None:
        raise ReadError(
            source=raw.name, field="file", problem=f"is {kind}, not data", hint="name the .mpt or .mpr beside it"
        )


def recognise(raw: RawFile) -> Recognition:
    """What a file is, on which evidence, and how sure. Never raises for bad content: that is a finding's or reader's word."""
    from pipeline.read.absorption import recognise_absorption

    kind = companion(raw)
    if kind is not None:
        return Recognition(file=raw.name, technique="companion", format=kind, evidence="suffix or first line")
    known = _recognise_eclab(raw) or recognise_absorption(raw) or _recognise_text(raw)
    if known is None:
        return Recognition(
            file=raw.name, technique="unknown", format="unknown", confidence="guess", evidence="no reader knows it"
        )
    if known.technique in ("eis", "lsv") and known.temperature_k is None:
        kelvin = temperature_from_name(raw.name)
        if kelvin is not None:
            known = replace(known, temperature_k=kelvin, temperature_origin="file name")
    return known


def _as_finding(error: ReadError) -> Finding:
    return Finding(severity="error", field=error.field, problem=error.problem, hint=error.hint)


def _recognise_eclab(raw: RawFile) -> Recognition | None:
    try:
        eclab = parse_eclab(raw)
    except ReadError as error:
        form = "EC-Lab mpr" if raw.data.startswith(b"BIO-LOGIC") else "EC-Lab mpt"
        return Recognition(
            file=raw.name, technique="other", format=form, evidence="its first bytes", findings=(_as_finding(error),)
        )
    if eclab is None:
        return None
    form, table = eclab
    if has_impedance(table):
        try:
            spectra = to_spectra(raw, form, table)
        except ReadError as error:
            return Recognition(
                file=raw.name, technique="other", format=form, detail=table.technique, findings=(_as_finding(error),)
            )
        f = np.concatenate([s.frequency_hz for s in spectra])
        temperature = spectra[0].temperature_k
        return Recognition(
            file=raw.name,
            technique="eis",
            format=form,
            detail=table.technique,
            n_rows=table.n_rows,
            n_measurements=len(spectra),
            temperature_k=temperature,
            temperature_origin="external input" if temperature is not None else "",
            evidence=f"{'EC-Lab header' if table.header else 'EC-Lab columns'}, {f.max():.4g} to {f.min():.4g} Hz",
            findings=spectra[0].findings,
        )
    try:
        sweeps = to_sweeps(raw, form, table)
    except ReadError:
        evidence = f"columns {', '.join(list(table.columns)[:5])} …"
        return Recognition(
            file=raw.name,
            technique="other",
            format=form,
            detail=table.technique,
            n_rows=table.n_rows,
            evidence=evidence,
        )
    sure = any(table.technique.startswith(t) for t in ("LSV", "CV"))
    return Recognition(
        file=raw.name,
        technique="lsv" if sure else "other",
        format=form,
        detail=table.technique,
        n_rows=table.n_rows,
        n_measurements=len(sweeps),
        evidence="technique in the header" if table.technique else "EC-Lab columns, no header",
        confidence="certain" if sure else "guess",
    )


def _recognise_text(raw: RawFile) -> Recognition | None:
    settings = DelimitedSettings()
    try:
        spectra = read_delimited_impedance(raw, settings)
    except ReadError:
        pass
    else:
        named = "no header" not in spectra[0].source.evidence
        return Recognition(
            file=raw.name,
            technique="eis",
            format="delimited text",
            n_rows=sum(s.frequency_hz.size for s in spectra),
            n_measurements=len(spectra),
            evidence=spectra[0].source.evidence,
            confidence="likely" if named else "guess",
            findings=spectra[0].findings,
        )
    try:
        sweeps = read_delimited_sweep(raw, settings)
    except ReadError:
        return None
    return Recognition(
        file=raw.name,
        technique="lsv",
        format="delimited text",
        n_rows=sum(s.potential_v.size for s in sweeps),
        n_measurements=len(sweeps),
        evidence=sweeps[0].source.evidence,
        confidence="guess",
    )
