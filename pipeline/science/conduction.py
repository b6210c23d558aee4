"""What the geometry of a pellet makes of its resistance and mass: sigma = (l/A)/R, rho = m/(A l).

The uncertainty of l/A is common to all temperatures of a pellet: a conductivity comes without it, and it is added where one
value stands alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.core.sample import Pellet
from pipeline.core.values import Estimate
from pipeline.science.statistics import widen


def invert(resistance: Estimate, factor: float = 1.0, unit: str = "S") -> Estimate:
    """factor/R: by default the conductance in S; the ends of the interval change places."""
    r = resistance.value
    low, high = max(resistance.low, 1e-12 * r), max(resistance.high, r)
    return Estimate(
        value=factor / r,
        sigma=factor / r * resistance.sigma / r,
        unit=unit,
        low95=factor / high,
        high95=factor / low,
    )


def bare_conductivity(resistance: Estimate, pellet: Pellet) -> Estimate:
    """(l/A)/R in S/m, without the geometry's uncertainty."""
    return invert(resistance, pellet.cell_constant_per_m, "S/m")


def conductivity_of(resistance: Estimate, pellet: Pellet) -> Estimate:
    """(l/A)/R in S/m, the geometry's uncertainty included."""
    return with_geometry(bare_conductivity(resistance, pellet), pellet.relative_sigma)


def with_geometry(estimate: Estimate, relative_sigma: float) -> Estimate:
    """The uncertainty of l/A added, in quadrature of relative errors; a positive quantity stays positive."""
    if relative_sigma <= 0 or estimate.value <= 0:
        return estimate
    wide = widen(estimate, relative_sigma * estimate.value)
    return replace(wide, low95=max(wide.low, 0.0))


def pellet_density(pellet: Pellet, mass_kg: float) -> Estimate:
    """m/(A l) in kg/m3, with the errors of mass, thickness and diameter."""
    rho = mass_kg / (pellet.area_m2 * pellet.thickness_m)
    relative = float(np.hypot(pellet.relative_sigma, pellet.mass_sigma_kg / mass_kg))
    return Estimate(value=rho, sigma=rho * relative, unit="kg/m3")
