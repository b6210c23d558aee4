"""The spectra of a sample that are looked at most closely: shown in detail, fitted again by others, as relaxation times."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.science.constants import T_25C_K
from pipeline.techniques.impedance.model import SpectrumFit


def headline_spectra(fits: Sequence[SpectrumFit]) -> list[SpectrumFit]:
    """The coldest spectrum, and the one nearest 25 °C where that is another temperature; the first of equals."""
    known = [f for f in fits if f.checked.spectrum.temperature_k is not None] or list(fits[:1])
    if not known:
        return []
    coldest = min(known, key=lambda f: f.checked.spectrum.temperature_k or 0.0)
    room = min(known, key=lambda f: abs((f.checked.spectrum.temperature_k or 0.0) - T_25C_K))
    same = room.checked.spectrum.temperature_k == coldest.checked.spectrum.temperature_k
    return [coldest] if same else [coldest, room]
