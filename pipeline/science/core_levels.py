"""Core levels of photoelectron spectra: how a region is called, and how its two spin-orbit lines are tied.

    level nl:  j = l - 1/2, l + 1/2;  areas in the ratio of 2j + 1, that is l / (l + 1):  p 1/2, d 2/3, f 3/4

The stronger line (l + 1/2) lies at the lower binding energy; the weaker one stands ``splitting`` above it.  Splittings hardly
move with the compound: 0.02 eV for the light elements, 0.1 to 0.2 eV for 3d of the lanthanides.

Splittings in eV that were checked, and against what:

    S 2p 1.18, Hf 4f 1.71, Sb 3d 9.34   M. C. Biesinger, XPS Reference Pages (xpsfitting.com); that of Sb is J. F. Moulder's,
                                        Handbook of X-ray Photoelectron Spectroscopy, Perkin-Elmer (1992).  Others give S 2p 1.16
                                        (HarwellXPS) and Hf 4f 1.68 (Thermo Fisher)
    P 2p 0.87, Ta 4f 1.92 (metal), Cu 2p 19.75      Thermo Fisher, XPS pages of the elements
    Au 4f 3.67                          a published fit with both lines free; no table
    all                                 the binding energies of G. P. Williams, X-ray Data Booklet, LBNL, table 1-1, as far as they
                                        go: they are given to 0.1 eV at best, of elements, and leave 0.1 to 0.5 eV open

Those beyond this list stand as they were written down, from the same handbook, and could not be compared with it: Cl 2p and Si 2p,
Br, I, Y, Zr, Nb, Ag, In, Sn 3d, Fe, Co, Ni, Zn 2p, W 4f; La 3d (16.78; by the booklet 17.0) and Sm 3d (27.0; by the booklet 27.5),
whose lines hold multiplets besides.  Ti 2p is that of the oxide (the metal has 6.1 to 6.4).  Where a number matters, give
``splitting_ev`` in the study.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.science.elements import atomic_number

SPLITTINGS_EV: Mapping[str, float] = {
    "Si 2p": 0.61, "P 2p": 0.87, "S 2p": 1.18, "Cl 2p": 1.60, "Br 3d": 1.05, "I 3d": 11.50,
    "Ti 2p": 5.70, "Fe 2p": 13.10, "Co 2p": 14.99, "Ni 2p": 17.27, "Cu 2p": 19.75, "Zn 2p": 23.00,
    "Y 3d": 2.06, "Zr 3d": 2.43, "Nb 3d": 2.72, "Ag 3d": 6.00, "In 3d": 7.54, "Sn 3d": 8.41, "Sb 3d": 9.34,
    "La 3d": 16.78, "Sm 3d": 27.00, "Hf 4f": 1.71, "Ta 4f": 1.92, "W 4f": 2.18, "Au 4f": 3.67,
}  # fmt: skip
"""Of the stronger and the weaker line; a level that is not here has one line in the fit, unless the study gives its splitting."""
RATIOS = {"s": 1.0, "p": 1 / 2, "d": 2 / 3, "f": 3 / 4}
"""Area of the weaker over that of the stronger line."""
LABEL = re.compile(r"(?<![A-Za-z])([A-Z][a-z]?)[\s_]*([1-7])\s*([spdf])(?:\s*[1357]\s*/\s*2)?(?![a-z])")
SURVEY = re.compile(r"survey|wide|\bfull\b|overview|^su\d?s?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One core level with its pair of lines."""

    name: str
    """``S 2p``."""
    splitting_ev: float | None
    """None for an s level, and for one whose splitting is not known here."""
    ratio: float
    """Area of the weaker line over that of the stronger one."""


def level_name(label: str) -> str:
    """``S2p``, ``S 2p3/2``, ``S2p scan`` -> ``S 2p``; '' where the label names no level of an element, as that of a survey."""
    if SURVEY.search(label.strip()):
        return ""
    for found in LABEL.finditer(label):
        if atomic_number(found[1]) is not None:
            return f"{found[1]} {found[2]}{found[3]}"
    return ""


def is_survey(label: str) -> bool:
    """True where the label says that all levels were taken at once."""
    return SURVEY.search(label.strip()) is not None


def level_of(name: str) -> Level:
    """Splitting and ratio of a level by its name, ``S 2p``; of one that is not known, a single line."""
    orbital = name[-1:] if name else "s"
    return Level(
        name=name,
        splitting_ev=SPLITTINGS_EV.get(name) if orbital != "s" else None,
        ratio=RATIOS.get(orbital, 1.0),
    )
