"""Numbers as people print them: sigma to two digits, the value to the same place, the 95 % interval beside it."""

from __future__ import annotations

import math
import re

from pipeline.core.values import Estimate
from pipeline.core.words import RAISED, layout, number_text

DASH = "—"


def estimate_text(estimate: Estimate | None, factor: float = 1.0) -> str:
    """The estimate times ``factor`` as text; a dash where there is none."""
    return DASH if estimate is None else number_text(estimate.value * factor, estimate.sigma * abs(factor))


def interval_text(estimate: Estimate | None, factor: float = 1.0) -> str:
    """``2.51 to 2.90``: the 95 % interval to the places of the value; empty where there is none."""
    if estimate is None or estimate.sigma == 0:
        return ""
    power, places = layout(estimate.value * factor, estimate.sigma * abs(factor))
    low, high = sorted((estimate.low * factor / 10.0**power, estimate.high * factor / 10.0**power))
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    text = f"{low:.{places}f} to {high:.{places}f}"
    return text if power == 0 else f"({text})×10{str(power).translate(RAISED)}"


PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}


def si_text(estimate: Estimate | None, unit: str) -> tuple[str, str]:
    """Value and 95 % interval in the prefix that keeps the number between 1 and 1000: ``21.42 ± 0.02 pF``."""
    if estimate is None:
        return DASH, ""
    largest = max(abs(estimate.value), estimate.sigma)
    power = 3 * math.floor(math.log10(largest) / 3) if largest > 0 else 0
    power = min(max(power, -15), 9)
    factor = 10.0**-power
    suffix = f" {PREFIXES[power]}{unit}"
    return estimate_text(estimate, factor) + suffix, interval_text(estimate, factor) + suffix


def celsius_text(temperature_k: float | None) -> str:
    """``−70.0 °C``."""
    return DASH if temperature_k is None else f"{temperature_k - 273.15:.1f} °C".replace("-", "−")


def plain(value: float | None, digits: int = 4) -> str:
    """A number without uncertainty, to so many digits."""
    return DASH if value is None or not math.isfinite(value) else f"{value:.{digits}g}"


def plural(n: int, noun: str) -> str:
    """``1 spectrum``, ``3 spectra``."""
    irregular = {"spectrum": "spectra", "analysis": "analyses"}
    return f"{n} {noun}" if n == 1 else f"{n} {irregular.get(noun, noun + 's')}"


def file_stem(text: str, taken: set[str]) -> str:
    """A file name without signs that a file system may refuse, unique among ``taken`` (case ignored)."""
    stem = base = re.sub(r"[^\w.+-]+", "_", text).strip("._")[:120] or "unnamed"
    n = 1
    while stem.lower() in taken:
        n += 1
        stem = f"{base}_{n}"
    taken.add(stem.lower())
    return stem
