"""One measurement that lies in several files: an export as text beside the binary file, a copy under another name or elsewhere.

Two spectra are one measurement where every frequency and every Re Z and Im Z agree to the digits that the coarser of them prints.
No repetition does: an instrument scatters by 1e-4 of |Z| at best, and eighty numbers would have to fall together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.techniques.impedance.model import ImpedanceSpectrum

FINEST, COARSEST = 6, 4
"""Digits: floats of a binary file hold six or seven; three are too few to tell copies from repetitions."""
SINGLE = 2e-7
"""Relative precision of the floats of a binary file."""
LEAST_POINTS = 8
"""Fewer points agree by chance, and no fit needs them."""


def find_copies(spectra: Sequence[ImpedanceSpectrum]) -> dict[int, int]:
    """Index of every copy -> index of the measurement that stands for it: the first whose temperature is known, else the first.

    Parameters
    ----------
    spectra:
        Of one sample, in any order.
    """
    groups: list[list[int]] = []
    for i, spectrum in enumerate(spectra):
        mine = next((g for g in groups if is_same(spectra[g[0]], spectrum)), None)
        if mine is None:
            groups.append([i])
        else:
            mine.append(i)
    found: dict[int, int] = {}
    for group in groups:
        kept = next((i for i in group if spectra[i].temperature_k is not None), group[0])
        found |= {i: kept for i in group if i != kept}
    return found


def is_same(a: ImpedanceSpectrum, b: ImpedanceSpectrum) -> bool:
    """Whether two spectra hold the same numbers."""
    n = a.frequency_hz.size
    if n != b.frequency_hz.size or n < LEAST_POINTS:
        return False
    if abs(a.impedance_ohm[0] - b.impedance_ohm[0]) > 2 * 10.0 ** (1 - COARSEST) * abs(a.impedance_ohm[0]):
        return False  # quick: most pairs end here
    if not _close(a.frequency_hz, b.frequency_hz, np.abs(a.frequency_hz)):
        return False
    size = np.abs(a.impedance_ohm)
    return all(
        _close(x, y, size)
        for x, y in ((a.impedance_ohm.real, b.impedance_ohm.real), (a.impedance_ohm.imag, b.impedance_ohm.imag))
    )


def _close(x: FloatArray, y: FloatArray, size: FloatArray) -> bool:
    """(n,) each: the finer rounds to the coarser, within what a float of single precision holds of ``size``."""
    (digits, step), (other, other_step) = _printed(x), _printed(y)
    used = max(COARSEST, min(FINEST, digits, other))
    place = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(x), 1e-300))) - used + 1)
    allowed = 0.51 * np.maximum(place, max(step, other_step)) + SINGLE * size
    return bool(np.all(np.abs(x - y) <= allowed))


def _printed(x: FloatArray) -> tuple[int, float]:
    """Most digits that any of the numbers needs, and the smallest step between two of them if all have the same decimals."""
    most, lowest = 1, 300
    for value in x[np.isfinite(x) & (x != 0)].tolist():
        mantissa, _, exponent = np.format_float_scientific(value, trim="-").partition("e")
        digits = len(mantissa.replace(".", "").lstrip("-"))
        most, lowest = max(most, digits), min(lowest, int(exponent) - digits + 1)
    return most, 10.0**lowest if most <= 12 else 0.0
