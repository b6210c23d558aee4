"""Whether a pellet's length and diameter can be right, by the permittivity that they make of its arcs.

eps_r = C l/(A eps0) >= 1 for every arc through the pellet; a length in another unit is wrong by 1000
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.core.sample import Pellet
from pipeline.core.values import Finding
from pipeline.techniques.impedance.model import IMPLAUSIBLE_GEOMETRY, RegionAssignment

MAX_LENGTH_OVER_DIAMETER = 5.0
"""A pellet between two electrodes is a disc; a rod longer than this is measured with four."""


def doubt_geometry(pellet: Pellet, regions: Sequence[RegionAssignment]) -> list[Finding]:
    """A warning for a permittivity below that of vacuum, or a pellet that is no disc."""
    size = f"thickness {pellet.thickness_m * 1e3:g} mm, diameter {pellet.diameter_m * 1e3:g} mm"
    eps = [r.relative_permittivity for r in regions if r.relative_permittivity]
    below = [e for e in eps if e.value + 3 * e.sigma < 1]
    if below:
        least = min(e.value for e in below)
        problem = (
            f"{size} make eps_r = {least:.2g} of an arc, less than vacuum has: no conductivity of this pellet is right"
        )
        hint = "was a length given in m? thickness_mm and diameter_mm are wanted"
        return [Finding(severity="warning", field="pellet", problem=problem, hint=hint, code=IMPLAUSIBLE_GEOMETRY)]
    if pellet.thickness_m > MAX_LENGTH_OVER_DIAMETER * pellet.diameter_m:
        problem = f"{size}: no disc between two electrodes"
        hint = "was the thickness given in µm, or the diameter in cm? thickness_mm and diameter_mm are wanted"
        return [Finding(severity="warning", field="pellet", problem=problem, hint=hint, code=IMPLAUSIBLE_GEOMETRY)]
    return []
