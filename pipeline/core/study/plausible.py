"""Pellets that nobody can have pressed: a length in another unit moves every conductivity by 10 or 1000, so nothing starts with it.

What is only unlikely starts, and is doubted by the technique that uses the geometry.
"""

from __future__ import annotations

import math

from pipeline.core.study.schema import PelletTable

THICKNESS_MM = (0.005, 20.0)
"""Thinner is no pellet, and 0.0005 is half a millimetre in m; thicker is one in µm."""
DIAMETER_MM = (0.5, 100.0)
DENSITY_G_PER_CM3 = (0.1, 23.0)
"""Lighter is a foam, heavier is denser than osmium."""
MAX_LENGTH_OVER_DIAMETER = 5.0
"""A longer rod is measured with four electrodes."""


def odd_pellet(pellet: PelletTable) -> str:
    """``field: problem (hint)`` of a pellet that cannot be; '' for one that can."""
    for field, value, (low, high) in (
        ("thickness_mm", pellet.thickness_mm, THICKNESS_MM),
        ("diameter_mm", pellet.diameter_mm, DIAMETER_MM),
    ):
        if not low <= value <= high:
            unit = ("µm", 1e-3) if value > high else ("m", 1e3)
            meant = value * unit[1]
            hint = f"{value:g} {unit[0]} would be {field} = {meant:g}" if low <= meant <= high else "in mm"
            return f"{field}: {value:g} mm is no pellet's, which has {low:g} to {high:g} mm ({hint})"
    if pellet.thickness_mm > MAX_LENGTH_OVER_DIAMETER * pellet.diameter_mm:
        size = f"{pellet.thickness_mm:g} mm long, {pellet.diameter_mm:g} mm wide"
        return f"thickness_mm: {size}: no disc between two electrodes (was the diameter given in cm?)"
    if pellet.mass_mg is not None:
        area_cm2 = math.pi * (pellet.diameter_mm / 10) ** 2 / 4
        density = pellet.mass_mg / 1e3 / (area_cm2 * pellet.thickness_mm / 10)
        low, high = DENSITY_G_PER_CM3
        if not low <= density <= high:
            size = f"{pellet.mass_mg:g} mg in {pellet.thickness_mm:g} mm x {pellet.diameter_mm:g} mm"
            hint = "was a length given in cm, or the mass in g?"
            return f"mass_mg: {size} make {density:.3g} g/cm3, which no solid has ({hint})"
    return ""
