"""Conductivity points along a line whose activation energy is known, and the pellet that they belong to."""

from __future__ import annotations

import numpy as np

from pipeline.core.sample import Pellet
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius

GOOD = Verdict(level="resolved", reason="")
KB = 8.617333262e-5
COLD = np.linspace(203.15, 283.15, 9)


def points_along(t: np.ndarray, ea: float, sigma: float = 0.01, sample: str = "A", method: str = "single",
           scale: float = 1.0) -> list[ConductivityPoint]:  # fmt: skip
    """Totals at the temperatures ``t``: sigma(25 °C) = ``scale`` 0.27 S/m, to ``sigma`` of it."""
    value = scale * 0.27 * 298.15 / t * np.exp(-ea / KB * (1 / t - 1 / 298.15))
    return [
        ConductivityPoint(
            sample=sample,
            file=f"{i}.mpt",
            loop=1,
            temperature_k=float(k),
            quantity="total",
            method=method,  # type: ignore[arg-type]
            conductivity_s_per_m=Estimate(value=float(v), sigma=sigma * float(v), unit="S/m"),
            geometry_relative_sigma=0.0,
            verdict=GOOD,
        )
        for i, (k, v) in enumerate(zip(t, value, strict=True))
    ]


def line_through(rows: list[ConductivityPoint]) -> ArrheniusFit:
    """ln(sigma T) through them."""
    return fit_arrhenius(rows, ArrheniusSettings())[0]


def pellet(**more: float) -> Pellet:
    """120 mg of 0.55 mm by 10 mm, but for what is given."""
    known = {"thickness_m": 0.55e-3, "diameter_m": 0.01, "thickness_sigma_m": 1e-5, "mass_kg": 120e-6} | more
    return Pellet(**known)  # type: ignore[arg-type]
