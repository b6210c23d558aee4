"""BioLogic files (.mpt, .mpr) -> their tables, and what a table is good for."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pipeline.core.sample import RawFile, Source
from pipeline.instruments.eclab.header import area_is_default
from pipeline.instruments.eclab.mpr import looks_like_mpr, parse_mpr
from pipeline.instruments.eclab.mpt import EclabTable, looks_like_mpt, parse_mpt


@lru_cache(maxsize=1)
def parse_eclab(raw: RawFile) -> tuple[str, tuple[EclabTable, ...]] | None:
    """(format, tables) of a BioLogic file, or None where it is not one.

    Raises
    ------
    ReadError
        A BioLogic file that cannot be read.
    """
    if looks_like_mpr(raw):
        return "EC-Lab mpr", (parse_mpr(raw),)
    if looks_like_mpt(raw):
        return "EC-Lab mpt", parse_mpt(raw)
    return None


def has_impedance(table: EclabTable) -> bool:
    """True where the table can give Z(f)."""
    return "freq/Hz" in table.columns and bool(np.any(table.columns["freq/Hz"] > 0))


def has_sweep(table: EclabTable) -> bool:
    """True where the technique sweeps the potential."""
    name = table.technique.upper()
    return name.startswith(("LSV", "CV")) or "VOLTAMMETRY" in name


def source_of(raw: RawFile, form: str, table: EclabTable) -> Source:
    """Where the table came from, with the header facts a person asks for."""
    keep = dict(table.header)
    if area_is_default(keep):
        key = next(k for k in keep if k.startswith("Electrode surface area"))
        keep[key] += " (the default: not set)"
    return Source(
        file=raw.name,
        format=form,
        evidence="EC-Lab header" if table.header else "column names of EC-Lab, no header",
        instrument=" ".join(x for x in (keep.get("Device", ""), keep.get("software", "")) if x),
        header=keep,
    )
