"""What a file is: impedance, an EC-Lab file of another kind, what stands beside the data, or why no reader knows it.

Potential sweeps are the sweeps room's to recognise, in EC-Lab files and in text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Recognition
from pipeline.core.values import Finding
from pipeline.instruments.eclab.mpt import EclabTable
from pipeline.instruments.eclab.tables import has_impedance, has_sweep, parse_eclab
from pipeline.instruments.names import temperature_from_name
from pipeline.instruments.recognise import companion
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.read.delimited import NO_HEADER
from pipeline.techniques.impedance.read.eclab import MIN_SPECTRUM_POINTS, to_spectra
from pipeline.techniques.impedance.read.spectra import read_impedance

NO_TEMPERATURE = Finding(
    severity="warning",
    field="temperature",
    problem="in neither the file nor its name",
    hint="give temperature_c in the study",
    code="temperature_not_known",
)


def recognise_impedance(raw: RawFile) -> Recognition | None:
    """What the file is, on which evidence, and how sure; None for an EC-Lab file of sweeps. Never raises for bad content."""
    kind = companion(raw)
    if kind is not None:
        return Recognition(file=raw.name, technique="companion", format=kind, evidence="suffix or first line")
    binary = raw.data.startswith(b"BIO-LOGIC")
    form = "EC-Lab mpr" if binary else "EC-Lab mpt"
    try:
        eclab = parse_eclab(raw)
        known = _recognise_text(raw) if eclab is None else _recognise_eclab(raw, form, eclab[1])
    except ReadError as error:
        evidence = "its first bytes" if binary else "its first line"
        finding = _as_finding(error)
        return Recognition(file=raw.name, technique="other", format=form, evidence=evidence, findings=(finding,))
    if known is not None and known.technique == "eis" and known.temperature_k is None:
        kelvin = temperature_from_name(raw.name)
        if kelvin is not None:
            return replace(known, temperature_k=kelvin, temperature_origin="file name")
        return replace(known, wanting=(NO_TEMPERATURE,))
    return known


def _as_finding(error: ReadError) -> Finding:
    return Finding(severity="error", field=error.field, problem=error.problem, hint=error.hint, code=error.code)


def _recognise_eclab(raw: RawFile, form: str, tables: Sequence[EclabTable]) -> Recognition | None:
    known = Recognition(
        file=raw.name,
        technique="other",
        format=form,
        detail=", ".join(dict.fromkeys(t.technique for t in tables if t.technique)),
        n_rows=sum(t.n_rows for t in tables),
        evidence=f"columns {', '.join(list(tables[0].columns)[:5])} …",
        findings=tables[0].findings,
    )
    if any(has_impedance(t) for t in tables):
        return _with_spectra(known, to_spectra(raw, form, tables))
    if any("EIS" in t.technique for t in tables):
        to_spectra(raw, form, tables)  # raises: says which columns are missing
    return None if any(has_sweep(t) for t in tables) else known


def _recognise_text(raw: RawFile) -> Recognition:
    unknown = Recognition(file=raw.name, technique="unknown", format="unknown", confidence="guess")
    try:
        spectra = read_impedance(raw, DelimitedSettings())
    except ReadError as error:
        return replace(unknown, evidence="no reader knows it", findings=(_as_finding(error),))
    source = spectra[0].source
    sure: Literal["certain", "likely", "guess"] = "certain" if source.format != "delimited text" else "likely"
    known = replace(
        unknown,
        format=source.format,
        n_rows=sum(s.frequency_hz.size for s in spectra),
        confidence="guess" if any(f.code == NO_HEADER for f in spectra[0].findings) else sure,
    )
    return _with_spectra(known, spectra)


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
