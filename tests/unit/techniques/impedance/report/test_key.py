"""The key numbers of impedance from facts made by hand: which fact stands where, in which unit, and why one is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.core.key import KeyCell
from pipeline.core.values import Estimate, Fact, Verdict
from pipeline.techniques.impedance.report.key import KEY, KEY_PART
from tests.rows_by_hand import GOOD, POOR, WEAK, even, four, two

NO_GEOMETRY = Verdict(level="refused", reason="no pellet", code="no_geometry")


def fact(quantity: str, value: Estimate | None, verdict: Verdict = GOOD, details: Any = (), **conditions: Any) -> Fact:
    return Fact(
        sample="A", quantity=quantity, value=value, verdict=verdict, conditions=conditions, details=dict(details)
    )


def parts(statistical: float, systematic: float) -> dict[str, float]:
    return {"sigma_statistical": statistical, "sigma_systematic": systematic}


WAYS = {"method": "single", "basis": "sigma_T", "extrapolated": False, "origin": "measured"}
ROOM = fact("conductivity_25C", Estimate(value=0.27, sigma=0.01, unit="S/m", low95=0.25, high95=0.292), WEAK,
            WAYS | parts(0.006, 0.0083))  # fmt: skip
ENERGY = fact("activation_energy", even(0.4, 0.005, "eV"), GOOD, WAYS | parts(0.004, 0.0031))
SECOND = fact("second_activation_energy", even(0.3, 0.01, "eV"))
KINK = fact("kink_temperature", even(263.4, 3.0, "K"))
DENSE = fact("relative_density", even(0.8, 0.016))


def at(kelvin: Any, ohm: Estimate | None, sigma: Estimate | None, of_ohm: Verdict = GOOD, of_sigma: Verdict = GOOD,
       **more: Any) -> list[Fact]:  # fmt: skip
    where = {"temperature_K": kelvin} | more
    return [
        fact("total_resistance", ohm, of_ohm, parts(0.3, 0.4), **where),
        fact("conductivity", sigma, of_sigma, parts(0.003, 0.0042), **where),
    ]


OHM, SIGMA = even(50.0, 0.5, "ohm"), even(0.2, 0.005, "S/m")
COLD = at(273.15, OHM, SIGMA)
MEASURED = {
    **four("conductivity_S_per_cm", 0.002, 5e-5, 0.0019020018, 0.0020979982),
    "conductivity_temperature_K": 273.15,
    **four("total_resistance_ohm", 50.0, 0.5, 49.020018, 50.979982),
    "total_verdict": "resolved",
    "conductivity_S_per_cm_sigma_statistical": 3e-5,
    "conductivity_S_per_cm_sigma_systematic": 4.2e-5,
    "total_resistance_ohm_sigma_statistical": 0.3,
    "total_resistance_ohm_sigma_systematic": 0.4,
}
LINE = {
    **four("conductivity_25C_S_per_cm", 0.0027, 1e-4, 0.0025, 0.00292),
    "extrapolated": False,
    **four("activation_energy_eV", 0.4, 0.005, 0.39020018, 0.40979982),
    **two("second_activation_energy_eV", 0.3, 0.01),
    **two("kink_temperature_K", 263.4, 3.0),
    "conductivity_method": "single",
    "conductivity_verdict": "weak",
    "conductivity_25C_origin": "measured",
    "conductivity_25C_S_per_cm_sigma_statistical": 6e-5,
    "conductivity_25C_S_per_cm_sigma_systematic": 8.3e-5,
    "activation_energy_eV_sigma_statistical": 0.004,
    "activation_energy_eV_sigma_systematic": 0.0031,
}


def assert_row(facts: list[Fact], expected: dict[str, Any]) -> None:
    row = KEY_PART.row(facts)
    assert set(row) <= set(KEY)
    assert {c: v for c, v in row.items() if v is not None} == {
        c: pytest.approx(v) if isinstance(v, float) else v for c, v in expected.items()
    }


def cells(*facts: Fact) -> list[list[KeyCell]]:
    return [list(column.cells(facts)) for column in KEY_PART.shown]


def test_every_column_of_the_row() -> None:
    every = [ROOM, ENERGY, SECOND, KINK, *COLD, DENSE]
    assert_row(every, LINE | MEASURED | two("relative_density", 0.8, 0.016))
    assert set(KEY_PART.row(every)) == set(KEY)
    assert_row([ROOM, *COLD], MEASURED)  # half a line is none
    assert_row([], {})


def test_what_is_withheld_is_missing_in_the_row() -> None:
    gone = [replace(f, verdict=POOR) for f in (ROOM, ENERGY, SECOND, KINK, *COLD, DENSE)]
    assert_row(gone, {
        "extrapolated": False, "conductivity_method": "single", "conductivity_verdict": "unresolved",
        "conductivity_25C_origin": "measured", "conductivity_temperature_K": 273.15, "total_verdict": "unresolved",
    })  # fmt: skip
    bare = [replace(f, details={}) for f in COLD]
    assert_row(bare, {c: v for c, v in MEASURED.items() if not c.endswith(("statistical", "systematic"))})


def test_cells_of_a_line() -> None:
    sigma, energy, measured, ohm = cells(ROOM, ENERGY, *COLD, DENSE)
    notes = ("2.50 to 2.92", "systematic ± 0.083", "pellet 80% ± 2% dense")
    assert sigma == [KeyCell(text="2.70 ± 0.10", verdict=WEAK, notes=notes)]
    assert energy == [KeyCell(text="0.4000 ± 0.0050", verdict=GOOD, notes=("0.3902 to 0.4098", "systematic ± 0.0031"))]
    assert (measured, ohm) == ([], []), "what is known at 25 °C needs no other temperature"
    (bent,) = cells(ROOM, ENERGY, SECOND, KINK)[1]
    assert bent.remark == "→ 0.300 ± 0.010 above 263 K"
    (no_second,) = cells(ROOM, ENERGY, KINK)[1]
    assert no_second.remark == "→ — above 263 K"
    (no_kink,) = cells(ROOM, ENERGY, SECOND, replace(KINK, verdict=POOR))[1]
    assert no_kink.remark == ""
    far = replace(ROOM, details=WAYS | {"extrapolated": True} | parts(0.006, 0.0))
    assert cells(far, ENERGY)[0] == [
        KeyCell(text="2.70 ± 0.10", remark="(extrapolated)", verdict=WEAK, notes=("2.50 to 2.92",))
    ]


def test_cells_of_a_line_that_is_withheld_or_has_no_geometry() -> None:
    sigma, energy, measured, ohm = cells(replace(ROOM, verdict=POOR), replace(ENERGY, verdict=POOR), *COLD)
    assert sigma == [KeyCell(text="—", verdict=POOR, notes=("noise",))]
    assert energy == [KeyCell(text="—")]
    assert (measured[0].line, ohm[0].line) == ("2.000 ± 0.050 (at 0.0 °C)", "50.00 ± 0.50 Ω (at 0.0 °C)")
    assert cells(replace(ROOM, value=None), ENERGY)[0] == [KeyCell(text="—", remark="(no pellet geometry)")]


def test_cells_of_what_was_measured() -> None:
    _, _, (sigma,), (ohm,) = cells(*COLD, DENSE)
    notes = ("1.902 to 2.098", "systematic ± 0.042", "pellet 80% ± 2% dense")
    assert sigma == KeyCell(text="2.000 ± 0.050", remark="(at 0.0 °C)", verdict=GOOD, notes=notes)
    assert ohm == KeyCell(text="50.00 ± 0.50 Ω", remark="(at 0.0 °C)", verdict=GOOD, notes=("49.02 to 50.98 Ω",))
    _, _, (sigma,), (ohm,) = cells(*at(273.15, OHM, None, POOR, NO_GEOMETRY))
    assert sigma == KeyCell(text="—", remark="(no pellet geometry)")
    assert ohm == KeyCell(text="—", remark="(at 0.0 °C)", verdict=POOR, notes=("noise",))
    _, _, (sigma,), _ = cells(*at(273.15, OHM, SIGMA, GOOD, POOR))
    assert sigma == KeyCell(text="—", verdict=POOR, notes=("noise",))
    assert cells(COLD[0])[2] == []
    assert cells(*at("not known", OHM, SIGMA))[3][0].remark == "(temperature not known)"


@pytest.mark.parametrize(
    ("places", "kelvin"),
    [
        ((250.0, 273.15), 273.15),
        ((290.0, 305.0), 305.0),
        ((291.01, 305.3), 291.01),
        (("not known", 200.0), 200.0),
        ((None, 250.0), 250.0),
    ],
)
def test_the_measurement_nearest_to_25_degrees_stands(places: Any, kelvin: float) -> None:
    """A number before none, a known temperature before an unknown one; None: a measurement at 298 K without a number."""
    facts: list[Fact] = []
    for k in places:
        facts += at(298.0, None, None, POOR, POOR) if k is None else at(k, OHM, SIGMA)
    assert KEY_PART.row(facts)["conductivity_temperature_K"] == kelvin


def test_sigma_is_that_of_the_same_measurement() -> None:
    other = at(273.15, even(60.0, 0.5, "ohm"), even(0.3, 0.005, "S/m"), repeat=2)
    assert KEY_PART.row([other[1], *COLD])["conductivity_S_per_cm"] == pytest.approx(0.002)
    alone = {c: v for c, v in MEASURED.items() if not c.startswith("conductivity_S")}
    assert_row([COLD[0], other[1]], alone)
