"""A cell whose every number differs from every other, for tests of what is summed up and shown."""

from __future__ import annotations

from typing import Any

from pipeline.core.values import Estimate
from pipeline.techniques.cycling.model import CellInfo, CellTest, Cycle, Half, RateBlock, Retention, Step
from tests.rows_by_hand import GOOD, even


def step(**more: Any) -> Step:
    known = {
        "file": "a.csv",
        "number": 3,
        "cycle": 2,
        "tester_cycle": 5,
        "kind": "charge",
        "label": "CC",
        "direction": "charge",
        "start_s": 600.0,
        "duration_s": 36000.0,
        "current_a": 5e-5,
        "capacity_mah": 0.5,
        "counted": True,
        "integral_mah": 0.51,
        "sigma_mah": 0.001,
        "energy_mwh": 1.7,
        "start_v": 2.9,
        "end_v": 4.0,
        "n_rows": 361,
        "temperature_k": 303.15,
    }
    return Step(**(known | more))


def half(direction: str = "charge", **more: Any) -> Half:
    """The discharge gives 0.9 of the charge's 120 mAh/g."""
    share = 1.0 if direction == "charge" else 0.9
    known = {
        "direction": direction,
        "steps": (("a.csv", 3),),
        "capacity_mah": even(0.48 * share, 0.001, "mAh"),
        "printed_mah": even(0.49 * share, 0.002, "mAh"),
        "mah_per_g": even(120.0 * share, 3.0, "mAh/g"),
        "mah_per_cm2": even(0.61 * share, 0.004, "mAh/cm2"),
        "integral_mah": 0.47 * share,
        "energy_mwh": 1.6 * share,
        "mean_v": 3.4 * share,
        "current_a": 5e-5 * share,
        "rate_c": 0.1 * share,
        "start_s": 1000.0 if direction == "charge" else 38000.0,
        "duration_s": 36000.0 * share,
        "end_v": 4.0 * share,
        "verdict": GOOD,
    }
    return Half(**(known | more))


def cycle(number: int = 1, **more: Any) -> Cycle:
    known = {
        "number": number,
        "charge": half("charge"),
        "discharge": half("discharge"),
        "efficiency_percent": even(90.0, 0.4, "%"),
        "hysteresis_v": 0.34,
        "block": 2,
        "verdict": GOOD,
    }
    return Cycle(**(known | more))


def block(**more: Any) -> RateBlock:
    known = {
        "number": 2,
        "current_a": 6e-5,
        "rate_c": 0.2,
        "cycles": (4, 5, 7),
        "discharge_mah": even(0.46, 0.003, "mAh"),
        "charge_mah": even(0.465, 0.0035, "mAh"),
        "discharge_mah_per_g": even(115.0, 2.5, "mAh/g"),
        "charge_mah_per_g": even(116.0, 2.6, "mAh/g"),
        "efficiency_percent": even(99.1, 0.3, "%"),
        "mean_charge_v": 3.41,
        "mean_discharge_v": 3.12,
        "hysteresis_v": 0.29,
    }
    return RateBlock(**(known | more))


def retention(**more: Any) -> Retention:
    known = {
        "from_cycle": 4,
        "to_cycle": 104,
        "rate_c": 0.5,
        "retention_percent": Estimate(value=91.0, sigma=0.5, unit="%", low95=89.5, high95=92.1),
        "verdict": GOOD,
    }
    return Retention(**(known | more))


def cell(**more: Any) -> CellTest:
    known = {
        "name": "cell a",
        "files": ("a.csv", "b.csv"),
        "cell": CellInfo(active_mass_mg=4.0),
        "first": "charge",
        "steps": (step(),),
        "cycles": (cycle(),),
        "blocks": (block(),),
        "retentions": (retention(),),
        "polarisation_ohm": None,
        "curves": (),
        "smoothing": "",
        "calibration": 0.001,
    }
    return CellTest(**(known | more))
