"""The modules that a BioLogic binary file (.mpr) is made of.

52 bytes of magic, then modules to the end of the file.  A module is the word MODULE, a short name (10 bytes), a long name (25),
its length and version (4 bytes each, little endian), the date in eight characters, and its data.  Since EC-Lab 11.50 the length
is preceded by four bytes of ones and is eight bytes long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"BIO-LOGIC MODULAR FILE\x1a"
MAGIC_BYTES = 52
WORD = b"MODULE"
NAMES_BYTES = 35
LONG_LENGTH = b"\xff\xff\xff\xff"
DATE_BYTES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """One module; its data are a view of the file's bytes, never a copy."""

    name: str
    """Its short name, as in ``VMP data``."""
    version: int
    date: str
    """As written, eight characters; the order of day and month depends on the machine."""
    data: memoryview


def split_modules(data: bytes) -> dict[str, Module]:
    """All modules by name, the first of each name.

    Raises
    ------
    ValueError
        Something else than a module stands where one must begin, or one ends beyond the file: with the byte, in words.
    """
    found: dict[str, Module] = {}
    for module in _walk(memoryview(data)):
        found.setdefault(module.name, module)
    return found


def _walk(view: memoryview) -> Iterator[Module]:
    at = MAGIC_BYTES
    while at < len(view):
        if view[at : at + len(WORD)] != WORD:
            raise ValueError(f"no module begins at byte {at}")
        length_at = at + len(WORD) + NAMES_BYTES
        long = view[length_at : length_at + 4] == LONG_LENGTH
        first, size = (length_at + 4, 8) if long else (length_at, 4)
        start = first + size + 4 + DATE_BYTES
        if start > len(view):
            raise ValueError(f"the head of the module at byte {at} is cut")
        length = int.from_bytes(view[first : first + size], "little")
        name = bytes(view[at + len(WORD) : at + len(WORD) + 10]).decode("latin-1").strip()
        if length > len(view) - start:
            raise ValueError(f"module {name!r} holds {length} bytes, {len(view) - start} are there")
        yield Module(
            name=name,
            version=int.from_bytes(view[first + size : first + size + 4], "little"),
            date=bytes(view[start - DATE_BYTES : start]).decode("latin-1"),
            data=view[start : start + length],
        )
        at = start + length
