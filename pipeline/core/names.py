"""What file names say: patterns with placeholders, samples.  The rule is a regular expression one can see."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

NUMBER = r"(?:[-+−–]|m|minus|neg)?\d+(?:[.,p]\d+)?"
ROOM = {"temperature_c": 25.0, "temperature_k": 298.15}
"""What RT in a name means under each placeholder."""
DEGREE = r"(?:°|º|deg(?:rees?)?)"
TEMPERATURE_UNIT = rf"(?:{DEGREE}?[ _]?(?:[CK]|Celsius|Kelvin)|{DEGREE}|T)"
"""What follows the number of a temperature: C, K, degC, deg C, deg; T as climate chambers name their files (25T_30RH)."""
TEMPERATURE_WORD = rf"{NUMBER}[ _]?{TEMPERATURE_UNIT}(?![A-Za-z0-9])|RT"
EDGE_WORD = r"(?:Ta|Sm|La|Zr|Hf|Cl)|(?i:[A-Z][a-z]?[-_ ]?(?:K|L[123]))"


def name_rule(words: Sequence[str]) -> str:
    """How a sample stands in a path without its suffix: in the last part, after leading numbers, techniques and temperatures,
    and up to the first of: temperature, technique, element or edge, channel (C01), running number.

    ``words`` are the techniques' names in file names, as regular expressions.
    """
    technique = "|".join(words) or r"(?!)"
    return (
        rf"(?:^|/)(?:(?:{TEMPERATURE_WORD}|{technique}|\d+)[_ ]+)*(?P<sample>[^/]*?[^/_ ])"
        rf"(?=(?:[_ ]+(?:{TEMPERATURE_WORD}|{technique}|{EDGE_WORD}|C\d\d|(?:scan|run|loop)?\d+)"
        r"|-\d+(?:°|deg)?[CK])(?:[_ .(][^/]*)?$|$)"
    )


def parse_number(text: str) -> float:
    """``-70``, ``m70``, ``minus70``, ``−70``, ``12,5``, ``12p5`` as a number."""
    found = re.match(r"(?P<sign>[-+−–]|minus|neg|m)?(?P<digits>.*)", text)
    assert found is not None
    sign = -1.0 if found["sign"] in ("-", "−", "–", "m", "minus", "neg") else 1.0
    return sign * float(found["digits"].replace(",", ".").replace("p", "."))


def sample_from_name(name: str, rule: str, words: Sequence[str]) -> str:
    """Sample that a path tells by the rule's group ``sample``; else the folder it lies in; '' where neither is there."""
    found = re.search(rule, without_suffix(name))
    sample = (found["sample"] or "") if found and "sample" in found.groupdict() else ""
    sample = sample.strip(" _")
    technique = "|".join(words) or r"(?!)"
    if not sample or re.fullmatch(rf"(?:{TEMPERATURE_WORD}|{technique}|C\d\d|\d+)(?:[_ ].*)?", sample):
        return name.split("/")[-2] if "/" in name else sample
    return sample


def without_suffix(name: str) -> str:
    """The path without the suffix of its last part."""
    return re.sub(r"\.[A-Za-z]\w{0,4}$", "", name)


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    out = ""
    for part in re.split(r"(\{[a-z]\w*\}|\*\*/|\*|\?)", pattern):
        if part.startswith("{"):
            out += rf"(?P<{part[1:-1]}>{NUMBER}{'|RT' if part[1:-1] in ROOM else ''})"
        elif part == "**/":
            out += r"(?:.*/)?"
        elif part == "*":
            out += r"[^/]*"
        elif part == "?":
            out += r"[^/]"
        else:
            out += re.escape(part)
    return re.compile(out + r"\Z")


def match_pattern(pattern: str, names: Sequence[str]) -> list[tuple[str, Mapping[str, float]]]:
    """Names that a study's pattern means, with the numbers that its placeholders read.

    ``{temperature_c}`` stands for a number (or RT), as any other word in braces does; ``*`` and ``?`` stay in a folder, ``**/``
    crosses folders.
    """
    rule = _compile(pattern.replace("\\", "/"))
    hits = [(name, hit.groupdict()) for name in names if (hit := rule.match(name)) is not None]
    return [(name, {k: ROOM[k] if v == "RT" else parse_number(v) for k, v in groups.items()}) for name, groups in hits]
