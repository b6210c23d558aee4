"""What the name of a column says: its role (frequency, Re Z …), its sign, and the factor from its unit to SI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Role = Literal[
    "frequency", "omega", "re", "im", "modulus", "phase", "time", "potential", "current", "loop", "temperature"
]
_Z = r"z[a-z0-9]{0,2}"
ROLES: tuple[tuple[Role, str], ...] = (
    ("omega", r"^(omega|w|ω)\b|rad/s|rad s|rad·s"),
    ("frequency", r"^f(r[eé][cq]\w*\.?)?(\b|_)|\bfreq(uency)?\b"),
    (
        "modulus",
        r"\|\s*z\w?\s*\||^z ?mod|^mod(ulus)?\b|impedance magnitude|^z(\s*[/(\[].*)?$|^abs\w*[ (_]*z|magnitude"
        r"|^(absolute )?impedan(ce|z)\b(?!\W+(real|imag|phase))|^betrag",
    ),
    ("phase", r"phase|phz|theta|^phi\b|^φ|^θ|^arg\b"),
    (
        "im",
        rf"^{_Z}\s*('{{2}}|\"|`{{2}})|^im\w*[ (\[_]*-?z|^{_Z}[ _]?im\w*\b|^{_Z}[ _]?img\b"
        r"|^z2\b|^(impedance )?imag\w*\b|^x(_?s|\b)|^reactance",
    ),
    (
        "re",
        rf"^{_Z}\s*['`]|^re\w*[ (\[_]*z|^{_Z}[ _]?re\w*\b|^z1\b|^(impedance )?real(teil)?\b|^r(_?s|\b)|^resistance",
    ),
    ("temperature", r"^(temp\w*|t)\b\W*(°|deg)?\s*[ck]\b"),
    ("time", r"^(corrected )?(elapsed )?(time|zeit|temps|t)\b|^pt time"),
    ("potential", r"^(<?ewe>?(-ece)?|ecell|e|vf|v|u|<?vdc>?)\b|\b(potent?[iz]al|voltage|spannung|tension|potentiel)\b"),
    ("current", r"^(<?i>?|im|idc|j)\b|\b(current|strom|courant)\b|^[mµμun]?a$"),
    ("loop", r"^(loop|cycle|sweep|scan)[\w ]*$"),
)
"""Role and the pattern of its column name (lower case, without sign), tried in this order."""
_OHM = r"(?:ohms?|Ohms?|OHMS?|Ω|Ω)"
SCALES: dict[str, tuple[tuple[str, float], ...]] = {
    "frequency": ((r"MHz|Mhz", 1e6), (r"[kK]Hz|[kK]hz", 1e3), (r"mHz", 1e-3), (r"GHz", 1e9), (r"Hz|hz|HZ", 1.0)),
    "impedance": (
        (rf"M{_OHM}", 1e6),
        (rf"[kK]{_OHM}", 1e3),
        (rf"m{_OHM}", 1e-3),
        (rf"[µμu]{_OHM}", 1e-6),
        (rf"{_OHM}", 1.0),
    ),
    "potential": ((r"mV", 1e-3), (r"[µμu]V", 1e-6), (r"k?V", 1.0)),
    "current": ((r"mA", 1e-3), (r"[µμu]A", 1e-6), (r"nA", 1e-9), (r"pA", 1e-12), (r"A", 1.0)),
    "time": ((r"ms", 1e-3), (r"h|hours?", 3600.0), (r"min|mins|minutes?", 60.0), (r"s|sec|seconds?", 1.0)),
}
KIND: dict[str, str] = {"re": "impedance", "im": "impedance", "modulus": "impedance"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnName:
    """A column name, understood."""

    text: str
    """As written, without quotes and blanks around it."""
    role: Role | None
    negated: bool
    """True where a minus stands before it."""
    factor: float
    """From the file's numbers to SI (degrees stay degrees)."""
    unit: str
    """As written, '' where the name has none that is known."""
    per_geometry: bool
    """True where the unit holds cm or m: a geometry was multiplied in."""


def unquote(text: str) -> str:
    """Without blanks around it, and without quotes where they stand on both sides (``Z"`` keeps its own)."""
    text = text.strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == '"' else text


def read_name(text: str) -> ColumnName:
    """Role, sign, and unit of one column name."""
    text = unquote(text)
    plain = text.replace("″", "''").replace("’", "'").replace("′", "'").replace("”", '"')
    plain = re.sub(r"^data:\s*", "", plain, flags=re.IGNORECASE)
    plain = re.sub(r"^WE\(\d\)\.", "", plain)
    sign = re.match(r"^[\s(\[]*(-|−|–|minus\b|neg\b|negative\b)\s*", plain, re.IGNORECASE)
    body = plain[sign.end() :] if sign else plain
    logarithm = re.match(r"^log(10|_10)?\b|^ln\b|^log10", body.lower())
    role = None if logarithm else next((r for r, pattern in ROLES if re.search(pattern, body.lower())), None)
    if role in ("re", "im") and sign is None:
        inner = re.match(r"^[a-z]+\s*[(\[]\s*(-|−|–)", body, re.IGNORECASE)
        sign = inner
    factor, unit = _unit(body, role)
    per = bool(unit) and re.search(rf"{re.escape(unit)}\W{{0,3}}c?m(\b|[²2^])", body) is not None
    return ColumnName(
        text=text,
        role=role,
        negated=sign is not None,
        factor=factor,
        unit=unit,
        per_geometry=per or (role == "current" and re.search(r"^j\b|density", body.lower()) is not None),
    )


def _unit(name: str, role: Role | None) -> tuple[float, str]:
    """Factor to SI and the unit as written; (1, '') where none is known."""
    kind = KIND.get(role or "", role or "")
    for pattern, factor in SCALES.get(kind, ()):
        found = re.search(rf"(?<![A-Za-z])({pattern})(?![A-Za-zΩ])", name)
        if found and (found.start() > 0 or found[1] == name):
            return factor, found[1]
    return 1.0, ""
