"""EC-Lab tables -> impedance spectra.

Rows with frequency 0 (record rows between sweeps) are left out and counted.  A table is cut into spectra by its loops, cycles and
Ns steps, and wherever the frequency starts again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile, Source
from pipeline.core.values import Finding
from pipeline.instruments.eclab.header import amplitude_v
from pipeline.instruments.eclab.mpt import EclabTable
from pipeline.instruments.eclab.tables import has_impedance, source_of
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.read.frequency_sweeps import cut_sweeps
from pipeline.techniques.impedance.read.signs import to_complex

QUALITY = re.compile(r"^(THD|NSD|NSR) .*/%$")
TEMPERATURE = re.compile(r"^(temp\w*|T)\s*/\s*(°|deg ?)?(C|K)$", re.IGNORECASE)
EXTERNAL = re.compile(r"^(temp\w*|T|force|pressure|kraft|druck)\s*/", re.IGNORECASE)
ANALOG_LIMIT_V = 10.0
"""Range of an analog input: a column in V with more holds another quantity."""
SPLIT_BY = ("z cycle", "cycle number", "Ns")
MIN_SPECTRUM_POINTS = 3


def to_spectra(raw: RawFile, form: str, tables: Sequence[EclabTable]) -> tuple[ImpedanceSpectrum, ...]:
    """All spectra of a file's tables.

    Raises
    ------
    ReadError
        Not impedance, no row with a frequency, or columns that contradict each other.
    """
    wanted = [t for t in tables if has_impedance(t)] or list(tables[:1])
    skipped = [t.technique or "a table without a name" for t in tables if t not in wanted]
    note = Finding(severity="info", field="technique", problem=f"not read here: {', '.join(skipped)}")
    out: list[ImpedanceSpectrum] = []
    for table in wanted:
        for spectrum in _table_spectra(raw, form, table):
            findings = (*spectrum.findings, note) if skipped else spectrum.findings
            out.append(replace(spectrum, loop=len(out) + 1, findings=findings))
    return tuple(out)


def _impedance(raw: RawFile, table: EclabTable) -> tuple[FloatArray, np.ndarray]:
    """Frequencies in Hz and complex impedances in ohm of every row."""
    columns = table.columns
    cartesian, polar = ("Re(Z)/Ohm", "-Im(Z)/Ohm"), ("|Z|/Ohm", "Phase(Z)/deg")
    missing = [name for name in ("freq/Hz", *cartesian) if name not in columns]
    if "freq/Hz" not in columns or (missing and not all(name in columns for name in polar)):
        what = f" ({table.technique})" if table.technique else ""
        if "EIS" in table.technique:
            hint = "export again with freq/Hz, Re(Z) and -Im(Z)"
        else:
            hint = "give it as lsv if it is a sweep, or leave it out"
        raise ReadError(source=raw.name, field=", ".join(missing), problem=f"not in the file{what}", hint=hint)
    f = columns["freq/Hz"]
    if missing:
        modulus, phase = columns["|Z|/Ohm"], np.deg2rad(columns["Phase(Z)/deg"])
        with np.errstate(invalid="ignore"):
            return f, to_complex(modulus * np.cos(phase), modulus * np.sin(phase))
    return f, to_complex(columns["Re(Z)/Ohm"], -columns["-Im(Z)/Ohm"])


def _contradiction(table: EclabTable, z: np.ndarray, rows: np.ndarray) -> str:
    """What |Z| says against Re Z and Im Z, '' where they agree or |Z| is not there."""
    modulus = table.columns.get("|Z|/Ohm")
    if modulus is None:
        return ""
    size = np.abs(z[rows])
    off = np.abs(size - modulus[rows]) > 1e-3 * size + 1e-6
    if not np.any(off):
        return ""
    return f"does not agree with Re(Z) and -Im(Z) in {int(off.sum())} of {off.size} rows: columns shifted or misread"


def _table_spectra(raw: RawFile, form: str, table: EclabTable) -> list[ImpedanceSpectrum]:
    f, z = _impedance(raw, table)
    measured = f > 0
    finite = measured & np.isfinite(f) & np.isfinite(z.real) & np.isfinite(z.imag)
    if not finite.any():
        raise ReadError(
            source=raw.name, field="freq/Hz", problem="no data points with a frequency", hint="was the run stopped?"
        )
    notes = list(table.findings)
    if np.any(f == 0):
        n = int(np.sum(f == 0))
        notes.append(Finding(severity="info", field="freq/Hz", problem=f"{n} row(s) at 0 Hz (no impedance) left out"))
    bad = int(np.sum(~finite & (f != 0)))
    if bad:
        notes.append(
            Finding(severity="warning", field="impedance_ohm", problem=f"{bad} row(s) with NaN or Inf left out")
        )
    against = _contradiction(table, z, np.flatnonzero(finite))
    if against and form == "EC-Lab mpr":
        raise ReadError(source=raw.name, field="|Z|/Ohm", problem=against, hint="export the .mpt from EC-Lab")
    if against:
        notes.append(Finding(severity="warning", field="|Z|/Ohm", problem=against, hint="look at the file"))
    notes += _odd_inputs(table)
    source = source_of(raw, form, table)
    return [_spectrum(rows, table, source, f, z, notes) for rows in split_spectra(table, finite)]


def _odd_inputs(table: EclabTable) -> list[Finding]:
    return [
        Finding(
            severity="warning",
            field=name,
            problem=f"reaches {float(np.nanmax(np.abs(c))):.4g}, more than the {ANALOG_LIMIT_V:g} V of an analog input: "
            "another quantity under this name; not used",
            hint="the .mpr beside it names the quantity",
        )
        for name, c in table.columns.items()
        if name.startswith("Analog IN") and name.endswith("/V") and np.any(np.abs(c) > ANALOG_LIMIT_V)
    ]


def _spectrum(
    rows: np.ndarray, table: EclabTable, source: Source, f: FloatArray, z: np.ndarray, notes: list[Finding]
) -> ImpedanceSpectrum:
    if cut_sweeps(f[rows])[1]:
        notes = [*notes, Finding(severity="info", field="freq/Hz", problem="frequencies unsorted: put in order")]
    rows = rows[np.argsort(-f[rows], kind="stable")]
    temperature = external_temperature_k(table, rows)
    external = {
        n: f"{float(np.mean(c[rows])):.5g} (mean)"
        for n, c in table.columns.items()
        if EXTERNAL.match(n) and np.all(np.isfinite(c[rows]))
    }
    return ImpedanceSpectrum(
        source=replace(source, header={**source.header, **external}) if external else source,
        frequency_hz=f[rows],
        impedance_ohm=z[rows],
        temperature_k=temperature,
        temperature_origin="external input" if temperature is not None else "",
        amplitude_v=amplitude_v(table.header),
        time_s=table.columns["time/s"][rows] if "time/s" in table.columns else None,
        quality={name: tuple(map(float, c[rows])) for name, c in table.columns.items() if QUALITY.match(name)},
        findings=tuple(notes),
    )


def split_spectra(table: EclabTable, keep: np.ndarray) -> list[np.ndarray]:
    """Row indices of each spectrum: cut at loops, cycles, Ns steps and wherever the frequency jumps back or turns."""
    rows = np.flatnonzero(keep)
    cut = np.isin(rows, [first for first, _ in table.loops])
    for name in SPLIT_BY:
        if name in table.columns:
            cut[1:] |= np.diff(table.columns[name][rows]) != 0
    cut[:1] = False
    parts = np.split(rows, np.flatnonzero(cut))
    return [p for part in parts for p in np.split(part, cut_sweeps(table.columns["freq/Hz"][part])[0]) if p.size]


def external_temperature_k(table: EclabTable, rows: np.ndarray) -> float | None:
    """Mean of a temperature that an external device recorded, in K; None where there is none."""
    from pipeline.science.constants import ZERO_CELSIUS_K

    for name, column in table.columns.items():
        found = TEMPERATURE.match(name)
        if found:
            values = column[rows]
            kelvin = values if found[3].upper() == "K" else values + ZERO_CELSIUS_K
            if np.all(np.isfinite(kelvin)) and 50 < float(kelvin.mean()) < 900:
                return float(kelvin.mean())
    return None
