"""Conductivity points along a line whose activation energy is known, and the pellet that they belong to."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.core.sample import Pellet
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint
from pipeline.techniques.impedance.settings import ArrheniusSettings
from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius

GOOD = Verdict(level="resolved", reason="")
KB = 8.617333262e-5
COLD = np.linspace(203.15, 283.15, 9)


def point(kelvin: float | None, s_per_m: float, relative: float = 0.01, **more: Any) -> ConductivityPoint:
    """A total of sample A by a single fit, but for what is given."""
    known = {
        "sample": "A",
        "file": f"{kelvin}.mpt",
        "loop": 1,
        "temperature_k": kelvin,
        "quantity": "total",
        "method": "single",
        "conductivity_s_per_m": Estimate(value=s_per_m, sigma=relative * s_per_m, unit="S/m"),
        "geometry_relative_sigma": 0.0,
        "verdict": GOOD,
    }
    return ConductivityPoint(**(known | more))


def bare_line(ea: float = 0.35, sigma: float = 0.01, **more: Any) -> ArrheniusFit:
    """The line of sample A's total in ln(sigma T), told at 250 K, without a sigma at 25 °C, but for what is given."""
    known = {
        "sample": "A",
        "quantity": "total",
        "method": "single",
        "basis": "sigma_T",
        "activation_energy_ev": Estimate(value=ea, sigma=sigma, unit="eV"),
        "t_ref_k": 250.0,
        "ln_value_at_t_ref": Estimate(value=-1.0, sigma=0.01, unit="1"),
        "ln_prefactor": Estimate(value=15.0, sigma=0.1, unit="1"),
        "conductivity_25c_s_per_m": None,
        "extrapolated": False,
        "n_points": 7,
        "n_left_out": 0,
        "t_min_k": 220.0,
        "t_max_k": 280.0,
        "kink_temperature_k": None,
        "second_activation_energy_ev": None,
        "correlation": 0.0,
        "verdict": GOOD,
    }
    return ArrheniusFit(**(known | more))


def points_along(t: np.ndarray, ea: float, sigma: float = 0.01, sample: str = "A", method: str = "single",
           scale: float = 1.0) -> list[ConductivityPoint]:  # fmt: skip
    """Totals at the temperatures ``t``: sigma(25 °C) = ``scale`` 0.27 S/m, to ``sigma`` of it."""
    value = scale * 0.27 * 298.15 / t * np.exp(-ea / KB * (1 / t - 1 / 298.15))
    return [
        point(float(k), float(v), sigma, sample=sample, file=f"{i}.mpt", method=method)
        for i, (k, v) in enumerate(zip(t, value, strict=True))
    ]


def line_through(rows: list[ConductivityPoint]) -> ArrheniusFit:
    """ln(sigma T) through them."""
    return fit_arrhenius(rows, ArrheniusSettings())[0]


def pellet(**more: float) -> Pellet:
    """120 mg of 0.55 mm by 10 mm, but for what is given."""
    known = {"thickness_m": 0.55e-3, "diameter_m": 0.01, "thickness_sigma_m": 1e-5, "mass_kg": 120e-6} | more
    return Pellet(**known)  # type: ignore[arg-type]
