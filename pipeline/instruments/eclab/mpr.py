"""EC-Lab and BT-Lab binary files (.mpr): the project's own reader.

The modules of the file (:mod:`mpr_modules`), the rows of its data module (:mod:`mpr_rows`, with the table of columns in
:mod:`mpr_columns`) and what settings, log, external devices and loops say (:mod:`mpr_settings`).  Everything is known from files
that exist as .mpr and .mpt, and held equal to the text to its printed digits.
"""

from __future__ import annotations

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.eclab.mpr_modules import MAGIC, Module, split_modules
from pipeline.instruments.eclab.mpr_rows import count_points, read_rows
from pipeline.instruments.eclab.mpr_settings import read_inputs, read_log, read_loops, read_settings, rename_inputs
from pipeline.instruments.eclab.mpt import EclabTable

TECHNIQUES = {
    0x04: "GCPL",
    0x06: "CV",
    0x0B: "OCV",
    0x18: "CA",
    0x19: "CP",
    0x1C: "WAIT",
    0x1D: "PEIS",
    0x1E: "GEIS",
    0x32: "ZIR",
    0x33: "CVA",
    0x6C: "LSV",
    0x75: "CoV",
    0x77: "GCPL6",
    0x7F: "MB",
}
"""First byte of the settings module; learnt from files whose .mpt twin names the technique."""
ASK = "export the .mpt from EC-Lab"


def looks_like_mpr(raw: RawFile) -> bool:
    """True for the magic bytes of a BioLogic modular file."""
    return raw.data.startswith(MAGIC)


def parse_mpr(raw: RawFile) -> EclabTable:
    """Numbers, technique and settings of one .mpr.

    Raises
    ------
    ReadError
        The file is damaged, its columns are unknown, or it holds no points.
    """
    try:
        modules = split_modules(raw.data)
    except ValueError as error:
        raise _error(raw, "file", f"is damaged: {error}", ASK) from None
    data, settings = modules.get("VMP data"), modules.get("VMP Set")
    if data is None or settings is None:
        raise _error(raw, "file", "has no data module", "the run was stopped before its first point? " + ASK)
    technique = TECHNIQUES.get(settings.data[0], "") if len(settings.data) else ""
    columns, n_points, findings = _read_data(raw, data, technique)
    _require_plausible(raw, columns)
    loops, log, device = (modules.get(name) for name in ("VMP loop", "VMP LOG", "VMP ExtDev"))
    columns, renamed = _name_inputs(columns, device)
    return EclabTable(
        technique=technique,
        columns=columns,
        header={
            "technique": technique,
            "Acquisition started on": settings.date,
            **(read_log(log.data) if log else {}),
            **read_settings(settings.data),
        },
        loops=read_loops(loops.data, n_points) if loops else (),
        n_rows=n_points,
        findings=(*findings, *renamed),
    )


def _error(raw: RawFile, name: str, problem: str, hint: str) -> ReadError:
    return ReadError(source=raw.name, field=name, problem=problem, hint=hint)


def _read_data(raw: RawFile, data: Module, technique: str) -> tuple[dict[str, FloatArray], int, tuple[Finding, ...]]:
    try:
        n_points = count_points(data.data)
    except ValueError as error:
        raise _error(raw, "file", f"is damaged: {error}", ASK) from None
    if n_points == 0:
        problem = f"no data points ({technique or 'settings only'})"
        raise _error(raw, "rows", problem, "the run was stopped at its start?")
    try:
        columns, notes = read_rows(data.version, data.data)
    except ValueError as error:
        raise _error(raw, "columns", f"cannot be decoded: {error}", ASK) from None
    hint = "compare with the .mpt"
    return columns, n_points, tuple(Finding(severity="warning", field="columns", problem=n, hint=hint) for n in notes)


def _require_plausible(raw: RawFile, columns: dict[str, FloatArray]) -> None:
    """A wrong record layout shows as nonsense: refuse it rather than return it."""
    f, time = columns.get("freq/Hz"), columns.get("time/s")
    if f is not None and not np.all((f == 0) | ((f > 1e-7) & (f < 1e9))):
        raise _error(raw, "freq/Hz", "decoded frequencies are impossible", ASK)
    if time is not None and not np.all(np.isfinite(time) & (np.abs(time) < 1e10)):
        raise _error(raw, "time/s", "decoded times are impossible", ASK)


def _name_inputs(
    columns: dict[str, FloatArray], device: Module | None
) -> tuple[dict[str, FloatArray], tuple[Finding, ...]]:
    """Analog inputs under the quantity that the external-device module names (Force/N, Temperature/°C)."""
    names = {} if device is None else {k: v for k, v in read_inputs(device.data).items() if k in columns}
    named = rename_inputs(columns, names)
    if not names or named.keys() == columns.keys():
        return columns, ()
    used = ", ".join(f"{old} is {new}" for old, new in names.items())
    return named, (Finding(severity="info", field="external inputs", problem=f"{used}, by the file's own settings"),)
