"""How every figure looks: journal widths, letters of 7 points or more, colours that the colour-blind can tell apart.

Colours are those of Okabe and Ito ("Color Universal Design", 2008); every series differs in its marker or dash as well,
so that nothing is lost in grey print.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SINGLE = 3.25
"""Width of one journal column, inch."""
DOUBLE = 6.75
"""Width of two journal columns, inch."""

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PURPLE, GREY = "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#777777"
CYCLE = (BLUE, RED, GREEN, PURPLE, ORANGE, BLACK, SKY, GREY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")

QUANTITY = {
    "total": (BLACK, "o"),
    "bulk": (BLUE, "s"),
    "amorphous": (RED, "^"),
    "interface": (GREEN, "D"),
    "electrode": (GREY, "x"),
    "undetermined": (GREY, "v"),
}
"""Colour and marker of a quantity or region, the same in every figure."""

RC: Mapping[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same letters on every machine
    "mathtext.fontset": "dejavusans",
    "font.size": 8.0,
    "axes.labelsize": 8.0,
    "axes.titlesize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.labelspacing": 0.25,
    "legend.borderaxespad": 0.3,
    "axes.linewidth": 0.7,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "errorbar.capsize": 1.5,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "svg.hashsalt": "hse-pipeline",  # else every run writes other ids
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "path.simplify": True,
    "path.simplify_threshold": 0.1,
}


def series_style(index: int) -> tuple[str, str]:
    """Colour and marker of the i-th sample; the pair repeats only after 40."""
    return CYCLE[index % len(CYCLE)], MARKERS[index % len(MARKERS)]
