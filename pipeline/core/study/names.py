"""What file names say: patterns with placeholders, temperatures.  The rule is a regular expression one can see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

ZERO_CELSIUS_K = 273.15
NUMBER = r"(?:[-+−–]|m|minus|neg)?\d+(?:[.,p]\d+)?"
TEMPERATURE_RULE = (
    rf"(?:^|(?<=[^A-Za-z0-9.]))(?:(?P<value>{NUMBER})[ _]?(?:°|deg)?[ _]?(?P<unit>[CK])|(?P<room>RT))"
    r"(?=$|[_ .,;()\[\]-])"
)
"""A signed number before C or K between separators (-70C, m70C, 203K, 25 °C, 60degC), or RT for 25 °C."""
TEMPERATURE_WORD = r"(?:[-+−–]|m|minus|neg)?\d+(?:[.,p]\d+)?[ _]?(?:°|deg)?[CK]|RT"
TECHNIQUE_WORD = r"S?[PG]EIS|EIS|LSV|CVA?|OCV|CA|CP|GCPL\d?|ox(?:idation)?|red(?:uction)?|EXAFS|XANES|XAS"
EDGE_WORD = r"(?:Ta|Sm|La|Zr|Hf|Cl)|(?i:[A-Z][a-z]?[-_ ]?(?:K|L[123]))"
NAME_RULE = (
    rf"(?:^|/)(?:(?:{TEMPERATURE_WORD}|{TECHNIQUE_WORD}|\d+)[_ ]+)*(?P<sample>[^/]*?[^/_ ])"
    rf"(?=(?:[_ ]+(?:{TEMPERATURE_WORD}|{TECHNIQUE_WORD}|{EDGE_WORD}|C\d\d|(?:scan|run|loop)?\d+)"
    r"|-\d+(?:°|deg)?[CK])(?:[_ .(][^/]*)?$|$)"
)
"""How a sample stands in a path without its suffix: in the last part, after leading numbers, techniques and temperatures,
and up to the first of: temperature, technique, element or edge, channel (C01), running number."""


def parse_number(text: str) -> float:
    """``-70``, ``m70``, ``minus70``, ``−70``, ``12,5``, ``12p5`` as a number."""
    found = re.match(r"(?P<sign>[-+−–]|minus|neg|m)?(?P<digits>.*)", text)
    assert found is not None
    sign = -1.0 if found["sign"] in ("-", "−", "–", "m", "minus", "neg") else 1.0
    return sign * float(found["digits"].replace(",", ".").replace("p", "."))


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTemperature:
    """A temperature that stands in a name, and where."""

    kelvin: float
    start: int
    """Where the number (without its unit) begins and ends in the name."""
    end: int
    celsius: bool
    hyphen: bool
    """True where a hyphen after a letter or digit stands before the number: a separator, or a minus sign."""


def find_temperature(name: str, rule: str = TEMPERATURE_RULE, *, whole: bool = False) -> NamedTemperature | None:
    """Temperature that a path tells. The last match in the last part wins: ``25C_pressed_-70C`` is at -70 °C.

    With ``whole`` the rule is matched against the whole path.  Its groups are ``value`` and ``unit`` (C or K), or
    ``temperature_c``, or ``temperature_k``; and ``room``.
    """
    begin = 0 if whole else name.rfind("/") + 1
    found = [t for m in re.finditer(rule, without_suffix(name)[begin:]) if (t := _temperature(m, begin)) is not None]
    return found[-1] if found else None


def temperature_from_name(name: str, rule: str = TEMPERATURE_RULE) -> float | None:
    """Temperature in K that a file name tells, or None."""
    found = find_temperature(name, rule)
    return None if found is None else found.kelvin


def sample_from_name(name: str, rule: str = NAME_RULE) -> str:
    """Sample that a path tells by the rule's group ``sample``; else the folder it lies in; '' where neither is there."""
    found = re.search(rule, without_suffix(name))
    sample = (found["sample"] or "") if found and "sample" in found.groupdict() else ""
    sample = sample.strip(" _")
    if not sample or re.fullmatch(rf"(?:{TEMPERATURE_WORD}|{TECHNIQUE_WORD}|C\d\d|\d+)(?:[_ ].*)?", sample):
        return name.split("/")[-2] if "/" in name else sample
    return sample


def without_suffix(name: str) -> str:
    """The path without the suffix of its last part."""
    return re.sub(r"\.[A-Za-z]\w{0,4}$", "", name)


def _temperature(match: re.Match[str], begin: int) -> NamedTemperature | None:
    groups = match.groupdict()
    if groups.get("room"):
        start, end = match.span("room")
        kelvin = 25.0 + ZERO_CELSIUS_K
        return NamedTemperature(kelvin=kelvin, start=begin + start, end=begin + end, celsius=True, hyphen=False)
    key = next((k for k in ("value", "temperature_c", "temperature_k") if groups.get(k) is not None), None)
    if key is None:
        return None
    celsius = key == "temperature_c" or (key == "value" and (groups.get("unit") or "C") == "C")
    try:
        value = parse_number(groups[key])
    except ValueError:
        return None
    if key == "value" and celsius and abs(value) < 5 and not value.is_integer():
        return None  # 0.5C is a charging rate
    kelvin = round(value + ZERO_CELSIUS_K if celsius else value, 6)
    start, end = match.span(key)
    hyphen = start > 1 and match.string[start - 1] in "-−–" and match.string[start - 2].isalnum()
    if not 0 < kelvin < 2000:
        return None
    return NamedTemperature(kelvin=kelvin, start=begin + start, end=begin + end, celsius=celsius, hyphen=hyphen)


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
