"""What a file is, and the reader it goes to."""

from __future__ import annotations

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.text.decode import is_binary, name_container
from pipeline.instruments.text.vendors import is_ivium

COMPANIONS = {
    ".mps": "EC-Lab settings",
    ".mpl": "EC-Lab log",
    ".mgr": "EC-Lab graphic",
    ".mgp": "EC-Lab graphic",
    ".sta": "EC-Lab state",
}
COMPANION_STARTS = (b"EC-LAB SETTING FILE", b"BT-LAB SETTING FILE", b"EC-LAB LOG FILE", b"BT-LAB LOG FILE")


def companion(raw: RawFile) -> str | None:
    """``EC-Lab settings`` and the like for a file that stands beside data, else None."""
    suffix = "." + raw.name.rsplit(".", 1)[-1].lower() if "." in raw.name else ""
    if raw.data[:40].lstrip().upper().startswith(COMPANION_STARTS):
        return COMPANIONS.get(suffix, "EC-Lab settings or log")
    return COMPANIONS.get(suffix)


def refuse_companion(raw: RawFile) -> None:
    """Raise a ReadError for settings, logs and graphics beside the data."""
    kind = companion(raw)
    if kind is not None:
        raise ReadError(
            source=raw.name, field="file", problem=f"is {kind}, not data", hint="name the .mpt or .mpr beside it"
        )


def refuse_binary(raw: RawFile) -> None:
    """Say what a binary file lacks, instead of searching it for numbers."""
    suffix = "." + raw.name.rsplit(".", 1)[-1].lower() if "." in raw.name else ""
    if not raw.data.strip():
        raise ReadError(source=raw.name, field="file", problem="holds nothing but blanks", hint="export it again")
    if suffix == ".mpr":
        problem = "does not begin as a binary EC-Lab file does"
        hint = "a text file under another name?" if not is_binary(raw.data) else "damaged: export the .mpt from EC-Lab"
        raise ReadError(source=raw.name, field="file", problem=problem, hint=hint)
    known = name_container(raw.data)
    if known is not None:
        raise ReadError(source=raw.name, field="file", problem=known[0], hint=known[1])
    if suffix == ".pssession":
        hint = "export the curve as CSV from PSTrace"
        raise ReadError(source=raw.name, field="file", problem="is a PalmSens session, not a table", hint=hint)
    if is_binary(raw.data) and not is_ivium(raw):
        hint = "wrong suffix? Export it as text"
        raise ReadError(
            source=raw.name, field="file", problem="is binary, and no binary format that is known", hint=hint
        )
