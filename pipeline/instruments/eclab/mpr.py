"""EC-Lab binary files (.mpr), with galvani's module reader and column table (GPL-3, extra ``mpr``).

galvani decodes the modules and the record layout; the list of column ids is taken from the data module here: EC-Lab 11.50
and later store it as 16-bit numbers from the seventh byte, of which galvani 0.5.0 keeps the low byte only (so that 471,
<Ece>/V, is refused as 215, and 473, THD, read as another column).  Checked against the .mpt twins of the same measurements.
"""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.eclab.mpt import EclabTable

MAGIC = b"BIO-LOGIC MODULAR FILE\x1a"
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
    0x7F: "MB",
}
"""First byte of the settings module; learnt from files whose .mpt twin names the technique."""
FIRST_INPUT, INPUT_STRIDE = 53, 45
"""Where the external-device module holds, for each analog input, a flag and the name as a counted string."""


def looks_like_mpr(raw: RawFile) -> bool:
    """True for the magic bytes of a BioLogic modular file."""
    return raw.data.startswith(MAGIC)


def parse_mpr(raw: RawFile) -> EclabTable:
    """Numbers and technique of one .mpr.

    Raises
    ------
    ReadError
        galvani is missing, the file is damaged, its columns are unknown, or it holds no points.
    """
    try:
        from galvani import BioLogic
    except ImportError:
        raise _error(
            raw, "file", "binary .mpr needs galvani", "pip install galvani, or export the .mpt from EC-Lab"
        ) from None
    ask = "export the .mpt from EC-Lab"
    try:
        modules: dict[bytes, Any] = {}
        for module in BioLogic.read_VMP_modules(_after_magic(raw)):
            modules.setdefault(module["shortname"], module)
    except Exception as error:
        why = " ".join(str(error).split())[:150] or type(error).__name__
        raise _error(raw, "file", f"is damaged: {why}", ask) from None
    data, settings = modules.get(b"VMP data  "), modules.get(b"VMP Set   ")
    if data is None or settings is None:
        raise _error(raw, "file", "has no data module", "the run was stopped before its first point? " + ask)
    technique = TECHNIQUES.get(settings["data"][0], "") if settings["data"] else ""
    n_points = int.from_bytes(data["data"][:4], "little")
    if n_points == 0:
        raise _error(
            raw, "rows", f"no data points ({technique or 'settings only'})", "the run was stopped at its start?"
        )
    try:
        ids, body = _layout(data["version"], data["data"])
        dtype, flags = _record(BioLogic, ids)
        need = n_points * dtype.itemsize
        if len(body) < need:
            raise ValueError(f"{n_points} points need {need} bytes, {len(body)} are there")
        records = np.frombuffer(body[:need], dtype=dtype)
    except (ValueError, NotImplementedError, IndexError, TypeError) as error:
        raise _error(raw, "columns", f"cannot be decoded: {error}", ask) from None
    columns = _columns(records, flags)
    _require_plausible(raw, columns, ask)
    columns, findings = _name_inputs(columns, modules.get(b"VMP ExtDev"))
    return EclabTable(
        technique=technique,
        columns=columns,
        header={"technique": technique, "Acquisition started on": bytes(settings["date"]).decode("latin-1")},
        loops=_loops(modules.get(b"VMP loop  "), n_points),
        n_rows=n_points,
        findings=findings,
    )


def _error(raw: RawFile, name: str, problem: str, hint: str) -> ReadError:
    return ReadError(source=raw.name, field=name, problem=problem, hint=hint)


def _after_magic(raw: RawFile) -> io.BytesIO:
    from galvani import BioLogic

    stream = io.BytesIO(raw.data)
    stream.read(len(BioLogic.MPR_MAGIC))
    return stream


def _layout(version: int, data: bytes) -> tuple[list[int], bytes]:
    """Column ids and the bytes of the records of a data module."""
    n = data[4]
    if version in (2, 3):
        return np.frombuffer(data, "<u2", n, 5).tolist(), data[406 if version == 3 else 405 :]
    if version == 0 and data[5] != 0:
        return np.frombuffer(data, "u1", n, 5).tolist(), data[100:]
    if version == 0 or version >= 10:
        return np.frombuffer(data, "<u2", n, 6).tolist(), data[1007:]
    raise ValueError(f"data module of version {version} is unknown")


def _record(galvani: Any, ids: list[int]) -> tuple[np.dtype[Any], dict[str, tuple[int, Any]]]:
    dtype, flags = galvani.VMPdata_dtype_from_colIDs(ids)
    return dtype, {name: (int(mask), kind) for name, (mask, kind) in flags.items()}


def _columns(records: np.ndarray[Any, Any], flags: dict[str, tuple[int, Any]]) -> dict[str, FloatArray]:
    out: dict[str, FloatArray] = {}
    for name in records.dtype.names or ():
        if name == "flags":
            for flag, (mask, _) in flags.items():
                shift = (mask & -mask).bit_length() - 1
                out[flag] = ((records["flags"] & mask) >> shift).astype(float)
        else:
            out[name] = records[name].astype(float)
    return out


def _require_plausible(raw: RawFile, columns: dict[str, FloatArray], hint: str) -> None:
    """A wrong record layout shows as nonsense: refuse it rather than return it."""
    f, time = columns.get("freq/Hz"), columns.get("time/s")
    if f is not None and not np.all((f == 0) | ((f > 1e-7) & (f < 1e9))):
        raise _error(raw, "freq/Hz", "decoded frequencies are impossible", hint)
    if time is not None and not np.all(np.isfinite(time) & (np.abs(time) < 1e10)):
        raise _error(raw, "time/s", "decoded times are impossible", hint)


def _name_inputs(columns: dict[str, FloatArray], module: Any) -> tuple[dict[str, FloatArray], tuple[Finding, ...]]:
    """Analog inputs under the quantity that the external-device module names (Force/N, Temperature/°C)."""
    names = {}
    data = b"" if module is None else bytes(module["data"])
    for i in range(3):
        start = FIRST_INPUT + i * INPUT_STRIDE
        if len(data) > start + 1 and data[start] == 1:
            text = data[start + 2 : start + 2 + data[start + 1]].decode("latin-1")
            if re.fullmatch(r"[^\W\d_][\w .()-]*/[^\s/]{1,10}", text):
                names[f"Analog IN {i + 1}/V"] = text
    named = {names.get(name, name): column for name, column in columns.items()}
    used = [f"{old} is {new}" for old, new in names.items() if old in columns]
    if not used or len(named) != len(columns):
        return columns, ()
    note = Finding(severity="info", field="external inputs", problem=f"{', '.join(used)}, by the file's own settings")
    return named, (note,)


def _loops(module: Any, n_points: int) -> tuple[tuple[int, int], ...]:
    if module is None or module["version"] != 0:
        return ()
    data = module["data"][4:]
    starts = np.frombuffer(data[: len(data) // 4 * 4], dtype="<u4").astype(np.int64)
    starts = np.trim_zeros(starts, "b")
    starts = np.unique(np.concatenate([[0], starts[starts < n_points]]))
    ends = np.append(starts[1:], n_points) - 1
    return tuple((int(a), int(b)) for a, b in zip(starts, ends, strict=True))
