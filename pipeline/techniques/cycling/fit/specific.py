"""Charge per gram of active mass and per area, with what is common to all charges of a cell.

    sigma(q)/q = sqrt((sigma(Q)/Q)^2 + calibration^2 + (sigma(m)/m)^2)

In an efficiency or a retention both calibration and mass cancel, so those are made from the bare charges.
"""

from __future__ import annotations

import math

from pipeline.core.values import Estimate
from pipeline.techniques.cycling.model import CellInfo


def with_calibration(q: Estimate, calibration: float) -> Estimate:
    """The charge with the tester's own uncertainty."""
    return Estimate(value=q.value, sigma=math.hypot(q.sigma, calibration * q.value), unit=q.unit)


def per_gram(q: Estimate, cell: CellInfo, calibration: float) -> Estimate | None:
    """MAh per gram of active mass; None without a mass."""
    if cell.active_mass_mg is None:
        return None
    relative = math.hypot(calibration, cell.active_mass_sigma_mg / cell.active_mass_mg)
    mass_g = cell.active_mass_mg * 1e-3
    return Estimate(value=q.value / mass_g, sigma=math.hypot(q.sigma, relative * q.value) / mass_g, unit="mAh/g")


def per_area(q: Estimate, cell: CellInfo, calibration: float) -> Estimate | None:
    """MAh per cm^2; None without an area."""
    if cell.area_m2 is None:
        return None
    area = cell.area_m2 * 1e4
    return Estimate(value=q.value / area, sigma=math.hypot(q.sigma, calibration * q.value) / area, unit="mAh/cm2")
