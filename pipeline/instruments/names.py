"""What the names of files say of a measurement: its temperature.  The rule is a regular expression one can see."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.core.names import NUMBER, TEMPERATURE_UNIT, parse_number, without_suffix

TEMPERATURE_RULE = (
    rf"(?:^|(?<=[^A-Za-z0-9.]))(?:(?P<value>{NUMBER})[ _]?(?P<unit>{TEMPERATURE_UNIT})|(?P<room>RT))"
    r"(?=$|[_ .,;()\[\]-])"
)
"""A signed number before its unit between separators (-70C, m70C, 203K, 25 °C, -20 degC, 140deg), or RT for 25 °C; 25T, as climate
chambers write it, where nothing else in the name tells a temperature."""


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
    unsure: bool = False
    """True where its unit is T alone."""


def find_temperature(name: str, rule: str = TEMPERATURE_RULE, *, whole: bool = False) -> NamedTemperature | None:
    """Temperature that a path tells. The last match in the last part wins: ``25C_pressed_-70C`` is at -70 °C; of those with T
    alone, which may be tons or tesla as well, only where no other unit is there.

    With ``whole`` the rule is matched against the whole path.  Its groups are ``value`` and ``unit`` (C or K), or
    ``temperature_c``, or ``temperature_k``; and ``room``.
    """
    begin = 0 if whole else name.rfind("/") + 1
    found = [t for m in re.finditer(rule, without_suffix(name)[begin:]) if (t := _temperature(m, begin)) is not None]
    sure = [t for t in found if not t.unsure]
    return (sure or found)[-1] if found else None


def temperature_from_name(name: str, rule: str = TEMPERATURE_RULE) -> float | None:
    """Temperature in K that a file name tells, or None."""
    found = find_temperature(name, rule)
    return None if found is None else found.kelvin


def _temperature(match: re.Match[str], begin: int) -> NamedTemperature | None:
    from pipeline.science.constants import T_25C_K, ZERO_CELSIUS_K

    groups = match.groupdict()
    if groups.get("room"):
        start, end = match.span("room")
        return NamedTemperature(kelvin=T_25C_K, start=begin + start, end=begin + end, celsius=True, hyphen=False)
    key = next((k for k in ("value", "temperature_c", "temperature_k") if groups.get(k) is not None), None)
    if key is None:
        return None
    unit = groups.get("unit") or "C"
    celsius = key == "temperature_c" or (key == "value" and "K" not in unit)
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
    return NamedTemperature(
        kelvin=kelvin,
        start=begin + start,
        end=begin + end,
        celsius=celsius,
        hyphen=hyphen,
        unsure=key == "value" and unit == "T",
    )
