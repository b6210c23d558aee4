"""VAMAS files, REGULAR and IRREGULAR, any number of blocks.

Lines in a fixed order: W. A. Dench, L. B. Hazell, M. P. Seah, Surf. Interface Anal. 13 (1988) 63; ISO 14976.  In an irregular scan
the first of the corresponding variables is the energy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.core.values import Finding
from pipeline.instruments.energy_scan import EnergyScan, Scale, Unit, require_few, require_size
from pipeline.instruments.text.decode import decode_text, split_lines, to_float

FIRST_LINE = b"VAMAS Surface Chemical Analysis Standard Data Transfer Format"
MAPS = ("MAP", "MAPDP")
FIELDS = ("MAP", "MAPDP", "MAPSV", "MAPSVDP", "SEM")
LINES = ("MAPSV", "MAPSVDP", "SEM")
PROFILES = ("MAPDP", "MAPSVDP", "SDP", "SDPSV")
IONS = ("FABMS", "FABMS energy spec", "ISS", "SIMS", "SIMS energy spec", "SNMS", "SNMS energy spec")
ELECTRONS = ("AES diff", "AES dir", "EDX", "ELS", "UPS", "XPS", "XRF")
SPECTRA = ("XPS", "UPS")
MODES = (*MAPS, "MAPSV", "MAPSVDP", "NORM", "SDP", "SDPSV", "SEM", "NOEXP")
ABSENT = 1e36
"""VAMAS writes 1E+37 for what is not known."""


@dataclass(slots=True)
class _Lines:
    """The lines of a file, read one after another; an end before its time is an error."""

    name: str
    lines: list[str]
    at: int = 0

    def refuse(self, field: str, problem: str, hint: str = "damaged: export it again") -> ReadError:
        return ReadError(source=self.name, field=field, problem=f"line {self.at}: {problem}", hint=hint)

    def text(self) -> str:
        if self.at >= len(self.lines):
            raise self.refuse("file", "ends in the middle of a block", "truncated while copying?")
        self.at += 1
        return self.lines[self.at - 1].strip()

    def skip(self, n: int) -> None:
        if n < 0 or self.at + n > len(self.lines):
            raise self.refuse("file", f"{n} lines are announced, {len(self.lines) - self.at} are left")
        self.at += n

    def number(self, field: str) -> float | None:
        """A number, None for VAMAS's own mark of what is not known."""
        text = self.text()
        value = to_float(text)
        if not np.isfinite(value):
            raise self.refuse(field, f"{text[:40]!r} is no number")
        return None if abs(value) > ABSENT else value

    def count(self, field: str) -> int:
        value = self.number(field)
        if value is None or value != int(value) or abs(value) > 1e8:
            raise self.refuse(field, "is no count")
        return int(value)

    def numbers(self, n: int, field: str) -> FloatArray:
        self.skip(n)
        values = np.array([to_float(v) for v in self.lines[self.at - n : self.at]], dtype=float)
        if not np.isfinite(values).all():
            raise self.refuse(field, f"{int((~np.isfinite(values)).sum())} of {n} values are no numbers")
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What the lines before the first block say of all blocks."""

    mode: str
    regular: bool
    n_variables: int
    n_added: int
    """Lines that a later version of the format added to each block."""
    n_blocks: int


def is_vamas(raw: RawFile) -> bool:
    """True by the first line."""
    return raw.data[:200].lstrip(b"\xef\xbb\xbf \r\n").startswith(FIRST_LINE)


def read_vamas(raw: RawFile) -> Iterator[EnergyScan]:
    """Spectra of photoelectrons, block by block; blocks of other methods are left out.

    Raises
    ------
    ReadError
        Damaged, cut, a map of abscissae that are not energies, or a form of the standard that no program writes.
    """
    lines = _Lines(raw.name, split_lines(decode_text(raw.data)))
    head = _head(lines)
    for _ in range(head.n_blocks):
        scan = _block(lines, head)
        if scan is not None:
            yield scan


def _head(lines: _Lines) -> _Head:
    while lines.text() == "":
        pass
    lines.skip(4)
    lines.skip(lines.count("comment"))
    mode, scan = lines.text().upper(), lines.text().upper()
    if mode not in MODES or scan not in ("REGULAR", "IRREGULAR"):
        raise lines.refuse("scan mode", f"{mode[:20]} {scan[:20]} is not read", "export regular or irregular spectra")
    if mode in ("MAP", "MAPDP", "NORM", "SDP"):
        lines.skip(1)
    if mode in MAPS:
        lines.skip(3)
    n_variables = lines.count("experimental variables")
    lines.skip(2 * n_variables)
    n_listed = lines.count("inclusion list")
    if n_listed:
        raise lines.refuse(
            "inclusion list", "blocks that leave lines out are not read", "export it from CasaXPS, or as text"
        )
    lines.skip(lines.count("manual entries"))
    n_extra, n_added = lines.count("later entries"), lines.count("later entries of a block")
    lines.skip(n_extra)
    return _Head(
        mode=mode,
        regular=scan == "REGULAR",
        n_variables=n_variables,
        n_added=n_added,
        n_blocks=require_few(lines.name, lines.count("blocks")),
    )


def _block(lines: _Lines, head: _Head) -> EnergyScan | None:
    header = {"block": lines.text(), "sample": lines.text()}
    date = [lines.text() for _ in range(7)][:6]
    if date[0] not in ("", "0"):
        header["date"] = "{}-{:0>2}-{:0>2} {:0>2}:{:0>2}:{:0>2}".format(*date)
    lines.skip(lines.count("block comment"))
    technique = lines.text()
    lines.skip(2 if head.mode in MAPS else 0)
    lines.skip(head.n_variables)
    photon_ev = _source(lines, head, technique, header)
    header["species"] = f"{lines.text()} {lines.text()}".strip()
    lines.skip(1)
    start = step = 0.0
    abscissa = ""
    if head.regular:
        abscissa = lines.text()
        lines.skip(1)
        start, step = lines.number("abscissa start") or 0.0, lines.number("abscissa increment") or 0.0
    n_columns = lines.count("corresponding variables")
    if not 1 <= n_columns <= 50:
        raise lines.refuse("corresponding variables", f"{n_columns} are announced")
    names = [(lines.text(), lines.text()) for _ in range(n_columns)]
    header["signal mode"] = lines.text()
    seconds, scans = lines.number("collection time"), lines.number("scans")
    lines.skip(1)
    lines.skip(7 if technique in ELECTRONS and head.mode in PROFILES else 0)
    lines.skip(3)
    lines.skip(3 * lines.count("numerical parameters"))
    lines.skip(head.n_added)
    n_values = lines.count("ordinate values")
    if n_values % n_columns:
        raise lines.refuse("ordinate values", f"{n_values} do not make {n_columns} columns")
    n = require_size(lines.name, n_values // n_columns)
    lines.skip(2 * n_columns)
    table = lines.numbers(n_values, "ordinate values").reshape(n, n_columns)
    if technique not in SPECTRA:
        return None
    energy = np.asarray(start + step * np.arange(n), float) if head.regular else table[:, 0]
    name = abscissa if head.regular else names[0][0]
    column = 0 if head.regular else 1
    if column >= n_columns:
        raise lines.refuse("corresponding variables", "no intensity beside the energy")
    return EnergyScan(
        label=header["block"] or header["species"],
        group=header["sample"],
        energy_ev=energy,
        scale=_scale(lines, name),
        intensity=table[:, column],
        unit=_unit(*names[column], header["signal mode"]),
        seconds=None if not seconds else seconds * max(scans or 1.0, 1.0),
        photon_ev=photon_ev,
        header=header,
        findings=_beside(names[column + 1 :]),
    )


def _source(lines: _Lines, head: _Head, technique: str, header: dict[str, str]) -> float | None:
    """The lines of the source and the analyser; the photon energy in eV."""
    header["source"] = lines.text()
    lines.skip(3 if head.mode in PROFILES or technique in IONS else 0)
    photon_ev = lines.number("source energy")
    lines.skip(3)
    lines.skip(2 if head.mode in FIELDS else 0)
    lines.skip(6 if head.mode in LINES else 0)
    lines.skip(2)
    header["analyser mode"] = lines.text()
    passing = lines.number("pass energy")
    if passing:
        header["pass energy / eV"] = f"{passing:g}"
    lines.skip(1 if technique == "AES diff" else 0)
    lines.skip(7)
    return photon_ev


def _scale(lines: _Lines, name: str) -> Scale:
    low = name.lower()
    if "kinetic" in low or low in ("ke", "k.e.", "energy"):
        return "kinetic"
    if "binding" in low or low in ("be", "b.e."):
        return "binding"
    raise lines.refuse("abscissa", f"{name[:40]!r} is no energy of electrons", "export the spectrum itself")


def _unit(name: str, unit: str, mode: str) -> Unit:
    words = f"{name} {unit}".lower()
    if "cps" in words or "/s" in words or "s-1" in words or "rate" in words:
        return "counts/s"
    return "counts" if "count" in words or "pulse" in mode.lower() else "arbitrary"


def _beside(names: list[tuple[str, str]]) -> tuple[Finding, ...]:
    """What stands beside the counts and is not used."""
    if not names:
        return ()
    problem = f"columns beside the counts are not used: {', '.join(n for n, _ in names)}"
    return (Finding(severity="info", field="columns", problem=problem),)
