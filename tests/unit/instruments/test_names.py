"""The temperature that the name of a file tells."""

from __future__ import annotations

import pytest

from pipeline.instruments.names import find_temperature, temperature_from_name

TEMPERATURES = [
    ("HSE-Sm_-70C.mpt", -70),
    ("HSE-Sm_m70C.mpt", -70),
    ("HSE_minus70C.mpt", -70),
    ("HSE_−70C.mpt", -70),
    ("HSE -70 °C.mpt", -70),
    ("HSE_203K.mpt", -70.15),
    ("HSE_25C_pressed_-70C.mpt", -70),
    ("x_RT.mpt", 25),
    ("x_60degC_2.mpt", 60),
    ("x_12,5C.mpt", 12.5),
    ("25C/HSE_-10C.mpt", -10),
    ("60C_cell_02_PEIS_C13.mpr", 60),
    ("测试_-10C.mpt", -10),
    ("GEIS_C08.mpt", None),
    ("charging_(1C+EIS)50cycle.mpt", None),
    ("cell_0.5C_cycles.mpt", None),
    ("TaCl5.mpt", None),
    ("RT100.mpt", None),
    ("cell_25T_30RH.mpt", 25),
    ("Cell001_Form_20uA_25T_30RH_Cycle1to10_03_GEIS_CA1.mpr", 25),
    ("pressed_10T_60C.mpt", 60),
    ("60C_pressed_10T.mpt", 60),
    ("LLZO_140deg.txt", 140),
    ("LLZO_140 deg_2.txt", 140),
    ("x_298K.csv", 24.85),
    ("x_298 Kelvin.csv", 24.85),
    ("HSE_m20C.mpt", -20),
    ("HSE -20 degC.mpt", -20),
    ("HSE_-20_deg_C.mpt", -20),
    ("x_35 degrees C.mpt", 35),
    ("x_140degrade.mpt", None),
    ("x_3Tb.mpt", None),
    ("x_5000C.mpt", None),
]


@pytest.mark.parametrize(("name", "celsius"), TEMPERATURES, ids=[n for n, _ in TEMPERATURES])
def test_temperatures(name, celsius):
    found = temperature_from_name(name)
    assert found == (None if celsius is None else pytest.approx(celsius + 273.15))


def test_where_the_number_stands_and_a_hyphen_that_may_be_a_minus():
    found = find_temperature("eis/HSE-70C.mpt")
    assert found is not None
    assert "eis/HSE-70C.mpt"[found.start : found.end] == "70"
    assert found.hyphen
    assert not find_temperature("eis/HSE_-70C.mpt").hyphen


def test_a_rule_of_the_user_reads_the_whole_path():
    rule = r"(?P<sample>[^/]+)/T(?P<temperature_k>\d+)"
    assert find_temperature("batch/HSE/T203.mpt", rule, whole=True).kelvin == 203.0
