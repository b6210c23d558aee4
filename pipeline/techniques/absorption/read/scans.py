"""Bytes of an X-ray absorption file -> scans: mu(E) or chi(k), on stated evidence.

    transmission   mu = ln(I0 / I1)      fluorescence   mu = sum(IF) / I0      reference   mu = ln(I1 / I2)

What comes out: energies finite and ascending in eV (repeated ones kept); mu NaN where a detector gave nothing; the
fluorescence elements in ``detectors`` so that mu = sum(detectors)/i0; of a transmission scan, I1 and I2 are kept there.
"""

from __future__ import annotations

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.settings import XasReadSettings


def is_project(raw: RawFile) -> bool:
    """True where the bytes are an Athena project (or a gzip file, which only a project can be here)."""
    start = raw.data[:400].lstrip()
    return raw.data[:2] == b"\x1f\x8b" or b"Athena project file" in start or start.startswith((b'{"_____', b"##LARIX"))


def read_scans(raw: RawFile, settings: XasReadSettings, *, mode: str | None = None) -> tuple[AbsorptionScan, ...]:
    """All scans of a file.

    Parameters
    ----------
    raw:
        The bytes.
    settings:
        What a header does not say.
    mode:
        ``transmission`` or ``fluorescence`` as the study has it; taken where ``settings.mode`` is ``auto``.

    Raises
    ------
    ReadError
        No scan of energy in it, damaged, or its columns cannot be told: one line with the reason.
    """
    from pipeline.techniques.absorption.read import column_scan as scan
    from pipeline.techniques.absorption.read import project as athena

    if raw.size > len(raw.data):
        raise ReadError(
            source=raw.name,
            field="size",
            problem=f"{raw.size / 1e6:.0f} MB is no absorption scan",
            hint="name the scans in the study's pattern, not the folder's other files",
        )
    wanted = settings.mode if settings.mode != "auto" else (mode or "auto")
    if is_project(raw):
        return athena.read_project(raw, settings.max_decompressed_mb)
    asked = scan.Asked(
        columns=settings.columns(),
        mode=wanted,
        energy_unit=settings.energy_unit,
        min_points=settings.min_points,
    )
    return scan.read_column_scans(raw, asked)
