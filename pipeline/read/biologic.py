"""BioLogic tables (.mpt, .mpr) -> impedance spectra and potential sweeps.

Rows with frequency 0 (record rows between sweeps) are left out and counted.  A file is cut into spectra by its loops, cycles and
Ns steps, and wherever the frequency starts again; into sweeps by cycle, Ns and technique.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from pipeline.errors import ReadError
from pipeline.model.measurement import FloatArray, ImpedanceSpectrum, LinearSweep, RawFile, Source
from pipeline.model.result import Finding
from pipeline.read.mpr import looks_like_mpr, parse_mpr
from pipeline.read.mpt import EclabTable, looks_like_mpt, parse_mpt

IMPEDANCE = ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm")
QUALITY = re.compile(r"^(THD|NSD|NSR) .*/%$")
SWEEP_TECHNIQUES = ("LSV", "CV", "CVA")
SPLIT_BY = ("z cycle", "cycle number", "Ns", "half cycle")
AREA_NOT_SET_CM2 = 0.001


def parse_eclab(raw: RawFile) -> tuple[str, EclabTable] | None:
    """(format, table) of a BioLogic file, or None where it is not one.

    Raises
    ------
    ReadError
        A BioLogic file that cannot be read.
    """
    if looks_like_mpr(raw):
        return "EC-Lab mpr", parse_mpr(raw)
    if looks_like_mpt(raw):
        return "EC-Lab mpt", parse_mpt(raw)
    return None


def has_impedance(table: EclabTable) -> bool:
    """True where the table can give Z(f)."""
    return "freq/Hz" in table.columns and bool(np.any(table.columns["freq/Hz"] > 0))


def source_of(raw: RawFile, form: str, table: EclabTable) -> Source:
    """Where the table came from, with the header facts a person asks for."""
    evidence = "EC-Lab header" if table.header else "column names of EC-Lab, no header"
    keep = dict(table.header)
    area = area_m2(table)
    surface = next((v for k, v in keep.items() if k.startswith("Electrode surface area")), None)
    if surface is not None and area is None:
        keep["Electrode surface area"] = f"{surface} (the default: not set)"
    device = keep.get("Device", "")
    return Source(
        file=raw.name,
        format=form,
        evidence=evidence,
        instrument=" ".join(x for x in (device, keep.get("software", "")) if x),
        header=keep,
    )


def area_m2(table: EclabTable) -> float | None:
    """Electrode area from the header in m^2; None where it is EC-Lab's default of 0.001 cm^2, which means not set."""
    for key, value in table.header.items():
        if key.startswith("Electrode surface area"):
            found = re.match(r"\s*([\d.,Ee+-]+)", value)
            if found:
                area = float(found[1].replace(",", "."))
                return None if area <= 0 or abs(area - AREA_NOT_SET_CM2) < 1e-9 else area * 1e-4
    return None


def to_spectra(raw: RawFile, form: str, table: EclabTable) -> tuple[ImpedanceSpectrum, ...]:
    """All spectra of a table.

    Raises
    ------
    ReadError
        Not impedance, or no row with a frequency.
    """
    columns = table.columns
    missing = [name for name in IMPEDANCE if name not in columns]
    if "freq/Hz" not in columns or (missing and not ("|Z|/Ohm" in columns and "Phase(Z)/deg" in columns)):
        what = f" ({table.technique})" if table.technique else ""
        if table.technique in ("PEIS", "GEIS", "SPEIS", "SGEIS"):
            hint = "export again with freq/Hz, Re(Z) and -Im(Z)"
        else:
            hint = "give it as lsv if it is a sweep, or leave it out"
        raise ReadError(
            source=raw.name, field=", ".join(missing or ["freq/Hz"]), problem=f"not in the file{what}", hint=hint
        )
    f = columns["freq/Hz"]
    if missing:
        phase = np.deg2rad(columns["Phase(Z)/deg"])
        z = columns["|Z|/Ohm"] * np.exp(1j * phase)
    else:
        z = columns["Re(Z)/Ohm"] - 1j * columns["-Im(Z)/Ohm"]
    measured = f > 0
    finite = measured & np.isfinite(f) & np.isfinite(z.real) & np.isfinite(z.imag)
    if not finite.any():
        raise ReadError(
            source=raw.name, field="freq/Hz", problem="no data points with a frequency", hint="was the run stopped?"
        )
    notes = list(table.findings)
    if not measured.all():
        n = int(np.sum(~measured & np.isfinite(f)))
        notes.append(Finding(severity="info", field="freq/Hz", problem=f"{n} row(s) at 0 Hz (no impedance) left out"))
    if int(finite.sum()) < int(measured.sum()):
        n = int(measured.sum() - finite.sum())
        notes.append(Finding(severity="warning", field="impedance_ohm", problem=f"{n} row(s) with NaN or Inf left out"))
    groups = split_spectra(table, finite)
    source = source_of(raw, form, table)
    return tuple(_spectrum(rows, number, table, source, z, tuple(notes)) for number, rows in enumerate(groups, start=1))


def _spectrum(
    rows: np.ndarray, number: int, table: EclabTable, source: Source, z: np.ndarray, notes: tuple[Finding, ...]
) -> ImpedanceSpectrum:
    f = table.columns["freq/Hz"][rows]
    order = np.argsort(-f, kind="stable")
    if np.any(np.diff(f) > 0) and np.any(np.diff(f) < 0):
        notes = (*notes, Finding(severity="info", field="freq/Hz", problem="frequencies unsorted: put in order"))
    rows = rows[order]
    temperature = external_temperature_k(table, rows)
    return ImpedanceSpectrum(
        source=source,
        frequency_hz=table.columns["freq/Hz"][rows],
        impedance_ohm=z[rows],
        loop=number,
        temperature_k=temperature,
        temperature_origin="external input" if temperature is not None else "",
        amplitude_v=amplitude_v(table.header),
        quality={name: tuple(map(float, c[rows])) for name, c in table.columns.items() if QUALITY.match(name)},
        findings=notes,
    )


def split_spectra(table: EclabTable, keep: np.ndarray) -> list[np.ndarray]:
    """Row indices of each spectrum: cut at loops, cycles, Ns steps and wherever the frequency jumps back."""
    rows = np.flatnonzero(keep)
    f = table.columns["freq/Hz"][rows]
    cut = np.zeros(rows.size, dtype=bool)
    for name in SPLIT_BY:
        if name in table.columns:
            column = table.columns[name][rows]
            cut[1:] |= np.diff(column) != 0
    starts = np.array([first for first, _ in table.loops], dtype=int)
    cut |= np.isin(rows, starts)
    falling = np.sum(np.diff(f) < 0) >= np.sum(np.diff(f) > 0)
    back = np.diff(f) > 0 if falling else np.diff(f) < 0
    big = np.abs(np.diff(np.log(f))) > 3 * np.median(np.abs(np.diff(np.log(f)))) if rows.size > 2 else back
    cut[1:] |= back & big
    cut[:1] = False
    return [part for part in np.split(rows, np.flatnonzero(cut)) if part.size]


def external_temperature_k(table: EclabTable, rows: np.ndarray) -> float | None:
    """Mean of a temperature that an external device recorded, in K; None where there is none."""
    for name, column in table.columns.items():
        if re.match(r"^(Temperature|T)\s*/\s*(°C|deg ?C|C)$", name):
            values = column[rows]
            if np.all(np.isfinite(values)) and -200 < float(values.mean()) < 600:
                return float(values.mean()) + 273.15
    return None


def amplitude_v(header: Mapping[str, str]) -> float | None:
    """Sine amplitude of a potentiostatic spectrum in V."""
    for key, value in header.items():
        found = re.match(r"Va \((m?)V\)$", key)
        if found:
            try:
                return float(value.split("|")[0].strip().replace(",", ".")) * (1e-3 if found[1] else 1.0)
            except ValueError:
                return None
    return None


def to_sweeps(raw: RawFile, form: str, table: EclabTable) -> tuple[LinearSweep, ...]:
    """All sweeps of a table, one per cycle.

    Raises
    ------
    ReadError
        No potential or no current, or a technique that sweeps nothing.
    """
    columns = table.columns
    potential = _first(columns, ("Ewe/V", "<Ewe>/V", "Ewe-Ece/V", "Ecell/V"))
    current = _current_a(columns)
    if potential is None or current is None or (table.technique and not _sweeps(table)):
        what = table.technique or "no technique in the header"
        missing = "Ewe/V" if potential is None else "I/mA" if current is None else "technique"
        raise ReadError(
            source=raw.name,
            field=missing,
            problem=f"not a potential sweep ({what})",
            hint="give the LSV or CV export" if not has_impedance(table) else "give it as eis",
        )
    cycle = columns.get("cycle number")
    groups = [np.arange(potential.size)]
    if cycle is not None and table.technique != "LSV":
        groups = np.split(groups[0], np.flatnonzero(np.diff(cycle) != 0) + 1)
    flags = ("mode", "ox/red", "error", "control changes", "Ns changes", "counter inc.", "Ns", "I Range", "half cycle")
    rate = _nominal_rate(table.header)
    source, area = source_of(raw, form, table), area_m2(table)
    out: list[LinearSweep] = []
    for rows in groups:
        good = rows[np.isfinite(potential[rows]) & np.isfinite(current[rows])]
        if good.size < 2:
            continue
        out.append(
            LinearSweep(
                source=source,
                time_s=columns["time/s"][good] if "time/s" in columns else None,
                potential_v=potential[good],
                current_a=current[good],
                technique=table.technique or "unknown",
                sweep=len(out) + 1,
                control_v=columns["control/V"][good] if "control/V" in columns else None,
                nominal_rate_v_per_s=rate,
                area_m2=area,
                flags={n: tuple(map(float, columns[n][good])) for n in flags if n in columns},
                findings=table.findings,
            )
        )
    if not out:
        raise ReadError(
            source=raw.name, field="Ewe/V", problem="fewer than two data points", hint="was the run stopped?"
        )
    return tuple(out)


def _sweeps(table: EclabTable) -> bool:
    return (
        any(table.technique.upper().startswith(t) for t in SWEEP_TECHNIQUES) or "voltammetry" in table.technique.lower()
    )


def _first(columns: Mapping[str, FloatArray], names: tuple[str, ...]) -> FloatArray | None:
    return next((columns[n] for n in names if n in columns), None)


def _current_a(columns: Mapping[str, FloatArray]) -> FloatArray | None:
    for name in ("I", "<I>"):
        for unit, scale in (("A", 1.0), ("mA", 1e-3), ("µA", 1e-6), ("uA", 1e-6), ("nA", 1e-9)):
            if f"{name}/{unit}" in columns:
                return np.asarray(columns[f"{name}/{unit}"] * scale)
    return None


def _nominal_rate(header: Mapping[str, str]) -> float | None:
    value = header.get("dE/dt")
    if value is None:
        return None
    unit = header.get("dE/dt unit", header.get("unit dE/dt", "mV/s")).split("|")[0].strip()
    try:
        rate = float(value.split("|")[0].strip().replace(",", "."))
    except ValueError:
        return None
    return rate * {"V/s": 1.0, "mV/s": 1e-3, "mV/mn": 1e-3 / 60, "mV/min": 1e-3 / 60}.get(unit, 1e-3)
