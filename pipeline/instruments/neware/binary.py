"""Neware's binary files (.nda, .ndax) -> named columns, by NewareNDA (BSD-3, D. Cogswell).

The library reads from a path: the bytes are written to a folder of their own, which is removed.  An .ndax is a zip, so its
unpacked size is looked at before.  Times are as recorded: ``Time`` begins anew with every step in some versions of the format,
and not in others.
"""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.sheets.workbook import ZIP, check_zip

MAX_NDAX = 400_000_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NewareTable:
    """Records of one test; currents in mA, capacities in mAh, as the library gives them."""

    columns: dict[str, FloatArray]
    """By the library's name; ``Timestamp`` in seconds."""
    status: tuple[str, ...]
    """Words that ``columns["Status"]`` counts into."""


def looks_like_neware(raw: RawFile) -> bool:
    """True for .nda by its first bytes, for .ndax by its suffix and its zip."""
    return raw.data.startswith(b"NEWARE") or (raw.data.startswith(ZIP) and raw.name.lower().endswith(".ndax"))


def parse_neware(raw: RawFile) -> NewareTable:
    """All records of a file.

    Raises
    ------
    ReadError
        Damaged, of a version that the library does not know, or without records.
    """
    packed = raw.data.startswith(ZIP)
    if packed:
        check_zip(raw, MAX_NDAX)
    import NewareNDA

    with tempfile.TemporaryDirectory(prefix="hse-") as folder:
        path = Path(folder) / ("test.ndax" if packed else "test.nda")
        path.write_bytes(raw.data)
        logging.getLogger("newarenda").disabled = True
        try:
            frame = NewareNDA.read(str(path), software_cycle_number=False, log_level="CRITICAL")
        except Exception as error:  # the library lets through whatever its unpacking raises
            why = " ".join(str(error).split())[:120] or type(error).__name__
            hint = "export it as .xlsx or .csv from BTSDA"
            raise ReadError(source=raw.name, field="file", problem=f"cannot be decoded: {why}", hint=hint) from None
    if frame.empty:
        raise ReadError(source=raw.name, field="rows", problem="no records", hint="was the test stopped at its start?")
    columns: dict[str, FloatArray] = {}
    for name in frame.columns:
        if name == "Status":
            columns[name] = np.asarray(frame[name].cat.codes, dtype=float)
        elif name == "Timestamp":
            stamps = frame[name].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
            columns[name] = np.asarray(stamps.astype("int64") * 1e-6)
        else:
            columns[str(name)] = np.asarray(frame[name], dtype=float)
    return NewareTable(columns=columns, status=tuple(map(str, frame["Status"].cat.categories)))
