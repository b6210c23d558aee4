"""What file names say: patterns with placeholders, temperatures.  The rule is a regular expression one can see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

ZERO_CELSIUS_K = 273.15
NUMBER = r"(?:[-+−–]|m|minus|neg)?\d+(?:[.,p]\d+)?"
TEMPERATURE_RULE = (
    rf"(?:^|(?<=[^A-Za-z0-9.]))(?:(?P<value>{NUMBER})[ _]?(?:°|deg)?[ _]?(?P<unit>[CK])|(?P<room>RT))"
    r"(?=$|[^A-Za-z0-9])"
)
"""A signed number before C or K between separators (-70C, m70C, 203K, 25 °C, 60degC), or RT for 25 °C."""


def parse_number(text: str) -> float:
    """``-70``, ``m70``, ``minus70``, ``−70``, ``12,5``, ``12p5`` as a number."""
    found = re.match(r"(?P<sign>[-+−–]|minus|neg|m)?(?P<digits>.*)", text)
    assert found is not None
    sign = -1.0 if found["sign"] in ("-", "−", "–", "m", "minus", "neg") else 1.0
    return sign * float(found["digits"].replace(",", ".").replace("p", "."))


def temperature_from_name(name: str, rule: str = TEMPERATURE_RULE) -> float | None:
    """Temperature in K that a file name tells, or None. The last match wins: ``25C_pressed_-70C`` is at -70 °C."""
    stem = name.rsplit("/", 1)[-1]
    stem = re.sub(r"\.[A-Za-z]\w{0,4}$", "", stem)
    found = [m for m in re.finditer(rule, stem) if _kelvin(m) is not None]
    return _kelvin(found[-1]) if found else None


def _kelvin(match: re.Match[str]) -> float | None:
    groups = match.groupdict()
    if groups.get("room"):
        return 25.0 + ZERO_CELSIUS_K
    if groups.get("value") is None:
        return None
    value = parse_number(groups["value"])
    kelvin = round(value if groups.get("unit") == "K" else value + ZERO_CELSIUS_K, 6)
    return kelvin if 0 < kelvin < 2000 else None


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    out = ""
    for part in re.split(r"(\{temperature_[ck]\}|\*\*/|\*|\?)", pattern):
        if part in ("{temperature_c}", "{temperature_k}"):
            out += rf"(?P<{part[1:-1]}>{NUMBER}|RT)"
        elif part == "**/":
            out += r"(?:.*/)?"
        elif part == "*":
            out += r"[^/]*"
        elif part == "?":
            out += r"[^/]"
        else:
            out += re.escape(part)
    return re.compile(out + r"\Z")


def match_pattern(pattern: str, names: Sequence[str]) -> list[tuple[str, float | None]]:
    """Names that a study's pattern means, with the temperature in K that its placeholder reads, or None.

    ``{temperature_c}`` and ``{temperature_k}`` stand for a number (or RT); ``*`` and ``?`` stay in a folder, ``**/``
    crosses folders.
    """
    rule = _compile(pattern.replace("\\", "/"))
    found: list[tuple[str, float | None]] = []
    for name in names:
        hit = rule.match(name)
        if hit is None:
            continue
        groups = hit.groupdict()
        text = groups.get("temperature_c") or groups.get("temperature_k")
        if text is None:
            found.append((name, None))
            continue
        value = 25.0 if text == "RT" else parse_number(text)
        celsius = groups.get("temperature_c") is not None or text == "RT"
        found.append((name, round(value + ZERO_CELSIUS_K if celsius else value, 6)))
    return found
