"""Numbers inside a sentence: as many digits as their sigma allows, never 0.000, 0.0 % or e+03."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

RAISED = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
NOTHING = re.compile(r"(?<![\w.])-(0\.0+)(?![\d.])")
SCIENTIFIC = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?e[-+]\d+)( Hz\b)?(?!\w|\.\w)")
PREFIXES = {0: "", 3: "k", 6: "M", 9: "G"}


def number_text(value: float, sigma: float) -> str:
    """``2.70 ± 0.10``; a power of ten where it helps; a number that is given, not measured, without ±; a dash for none."""
    if not (math.isfinite(value) and math.isfinite(sigma)):
        return "—"
    if sigma == 0:
        return f"{value:.6g}"
    power, places = layout(value, sigma)
    text = f"{value / 10.0**power:.{places}f} ± {sigma / 10.0**power:.{places}f}"
    return text if power == 0 else f"({text})×10{str(power).translate(RAISED)}"


def layout(value: float, sigma: float) -> tuple[int, int]:
    """Power of ten taken out, and decimal places: two digits of sigma."""
    largest = max(abs(value), sigma)
    power = math.floor(math.log10(largest)) if largest > 0 else 0
    if -3 <= power <= 4:
        power = 0
    s = sigma / 10.0**power
    return power, 3 if s == 0 else max(0, min(8, 1 - math.floor(math.log10(s))))


def percent_text(fraction: float) -> str:
    """A relative sigma to two digits: ``0.0061%``, ``2.3%``, ``41%``."""
    percent = 100 * fraction
    if percent == 0 or not math.isfinite(percent):
        return f"{percent:.0f}%"
    return f"{percent:.{max(0, 1 - math.floor(math.log10(abs(percent))))}f}%"


def readable(text: str) -> str:
    """The same sentence with ``2.34e+06 Hz`` as ``2.34 MHz``, ``1.5e+03`` as ``1500`` and ``1.6e-12`` as ``1.6×10⁻¹²``."""
    return NOTHING.sub(r"\1", SCIENTIFIC.sub(_plainly, text))


def clauses(parts: Iterable[str]) -> str:
    """Reasons as one sentence, separated by ``; ``, each clause once."""
    return "; ".join(dict.fromkeys(clause for part in parts for clause in part.split("; ")))


def _plainly(match: re.Match[str]) -> str:
    mantissa, _, exponent = match[1].partition("e")
    value, power = float(match[1]), int(exponent)
    if match[2] and 0 <= power < 12:
        step = 3 * (power // 3)
        return f"{value / 10.0**step:.{max(3, len(mantissa) - 1)}g} {PREFIXES[step]}Hz"
    if 0 <= power <= 5:
        return f"{value:.0f}{match[2] or ''}"
    return f"{mantissa}×10{str(power).translate(RAISED)}{match[2] or ''}"
