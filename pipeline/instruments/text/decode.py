"""Bytes of a text file -> lines, whatever wrote it."""

from __future__ import annotations

import re

BOMS_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def is_binary(data: bytes) -> bool:
    """True where the first kilobytes hold a zero byte (and no mark of UTF-16), or hardly anything that is text."""
    start = data[:4000]
    if start[:2] in BOMS_UTF16:
        return False
    odd = sum(c < 32 and c not in b"\t\n\r\x0b\x0c\x1a" for c in start)
    return b"\x00" in start or odd > 0.05 * len(start)


def name_container(data: bytes) -> tuple[str, str] | None:
    """What a well-known binary file is and what to do about it, None where its first bytes are not known."""
    if data.startswith(b"\x89HDF\r\n\x1a\n"):
        return "is HDF5 (NeXus or a beamline's own)", "export the scan as columns of text, XDI or an Athena project"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return (
            "is a zip archive (Artemis project, spreadsheet)",
            "export it: Athena writes .prj and columns, a spreadsheet writes .csv",
        )
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return "is an old Office file (.xls)", "save it as .csv"
    return None


def decode_text(data: bytes) -> str:
    """UTF-8 (with or without BOM) or UTF-16 by its BOM, else Windows-1252 with Latin-1 for its five holes."""
    if data[:2] in BOMS_UTF16:
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def split_lines(text: str) -> list[str]:
    """Lines ended by LF, CR or CRLF (or CR CR LF, as some copies have it), and by nothing else."""
    return re.split(r"\r*\n|\r", text)


def count_lines(data: bytes) -> int:
    """Lines in the bytes, before anything is decoded: a bound that costs no memory."""
    return max(data.count(b"\n"), data.count(b"\r")) + 1


def to_float(text: str) -> float:
    """A number, NaN where there is none: unlike ``float``, no underscores between digits."""
    try:
        return float("nan") if "_" in text else float(text)
    except ValueError:
        return float("nan")
