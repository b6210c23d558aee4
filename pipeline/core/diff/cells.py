"""Two written cells: whether they are the same, and how far they are apart.

- Two numbers are the same where ``|a - b| <= rtol max(|a|, |b|)``; an empty cell and NaN are the same.
- Words must be equal; the numbers between them are compared as numbers, and spaces do not count.
- In sigma: ``(b - a) / hypot(sigma_a, sigma_b)``, the size of a change beside its uncertainty: no test, the noise is shared.
"""

from __future__ import annotations

import math
import re

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)


def number(cell: str) -> float | None:
    """Return the number that a cell holds, NaN for an empty one; None for words (or ``1_000``, a number to Python alone)."""
    try:
        return None if "_" in cell else float(cell or "nan")
    except ValueError:
        return None


def in_sigma(before: str, after: str, sigma_before: str, sigma_after: str) -> float | None:
    """``(after - before) / hypot(sigmas)`` of cells; None where one of them is no number."""
    a, b, s, t = (math.nan if (x := number(cell)) is None else x for cell in (before, after, sigma_before, sigma_after))
    spread = math.hypot(s, t)
    sigmas = (b - a) / spread if spread > 0 else math.nan
    return sigmas if math.isfinite(sigmas) else None


def compare_cells(before: str, after: str) -> tuple[float, str, str]:
    """Return the relative difference of two cells (infinite for other words), and the piece of each that shows it."""
    if before == after:
        return 0.0, before, after
    a, b = number(before), number(after)
    if a is not None and b is not None:
        return _relative_difference(a, b), before, after
    words = [[" ".join(piece.split()) for piece in NUMBER.split(cell)] for cell in (before, after)]
    if words[0] != words[1]:
        same = next((i for i, (x, y) in enumerate(zip(before, after, strict=False)) if x != y), 0)
        return math.inf, _excerpt(before, same - 20), _excerpt(after, same - 20)
    pairs = zip(NUMBER.findall(before), NUMBER.findall(after), strict=True)
    apart = [(_relative_difference(float(x), float(y)), x, y) for x, y in pairs]
    return max(apart, key=lambda one: one[0], default=(0.0, before, after))


def _relative_difference(a: float, b: float) -> float:
    """``|a - b| / max(|a|, |b|)``; 0 where both are NaN, infinite where one is NaN or infinite."""
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0.0
    relative = abs(a - b) / max(abs(a), abs(b))
    return relative if math.isfinite(relative) else math.inf


def _excerpt(text: str, start: int, width: int = 60) -> str:
    return "…" * (start > 0) + text[max(0, start) :][:width] + "…" * (len(text) > max(0, start) + width)
