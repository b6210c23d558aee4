"""Words that tables and sections of impedance share."""

from __future__ import annotations

BASIS = {"sigma_T": "ln(σT)", "sigma": "ln σ"}
"""What an Arrhenius line is straight in."""
ROOM = {
    "": "",
    "measured": "measured",
    "interpolated": "between neighbours",
    "regions": "sum of the regions",
    "series": "by the joint fit",
    "line": "by the line",
}
"""How sigma(25 °C) was found."""
