"""Sample and temperature from names, and the patterns of a study."""

from __future__ import annotations

import pytest

from pipeline.core.study.names import (
    find_temperature,
    match_pattern,
    parse_number,
    sample_from_name,
    temperature_from_name,
)

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
    ("cell_25T_30RH.mpt", None),
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


SAMPLES = [
    ("eis/HSE-Sm_-70C.mpt", "HSE-Sm"),
    ("HSE-Sm_-70C_repeat.mpt", "HSE-Sm"),
    ("HSE-Sm-x020_0C.mpt", "HSE-Sm-x020"),
    ("xas/LCF-Ta_Ta_1.dat", "LCF-Ta"),
    ("xas/HSE-Sm_TaL3_scan2.dat", "HSE-Sm"),
    ("lsv/HSE-La_oxidation.mpt", "HSE-La"),
    ("PEIS_LPSCl_-25C.mpr", "LPSCl"),
    ("20251201_LPSCl_02_PEIS_C13.mpr", "LPSCl"),
    ("60C_AGF_K3Bi_02_PEIS_C13.mpr", "AGF_K3Bi"),
    ("sample-25C.mpt", "sample"),
    ("HSE-Sm/-70C.mpt", "HSE-Sm"),
    ("HSE-Sm/01_LSV_C06.mpr", "HSE-Sm"),
    ("HSE-Sm_warm.mpt", "HSE-Sm_warm"),
    ("样品 一_-10C.mpt", "样品 一"),
]


@pytest.mark.parametrize(("name", "sample"), SAMPLES, ids=[n for n, _ in SAMPLES])
def test_samples(name, sample):
    assert sample_from_name(name) == sample


def test_a_rule_of_the_user_reads_the_whole_path():
    rule = r"(?P<sample>[^/]+)/T(?P<temperature_k>\d+)"
    assert sample_from_name("batch/HSE/T203.mpt", rule) == "HSE"
    assert find_temperature("batch/HSE/T203.mpt", rule, whole=True).kelvin == 203.0


@pytest.mark.parametrize(
    ("text", "value"),
    [("-70", -70), ("m70", -70), ("neg5", -5), ("+5", 5), ("12,5", 12.5), ("12p5", 12.5), ("–3", -3)],
)
def test_numbers(text, value):
    assert parse_number(text) == value


FILES = [
    "a/HSE_-70C.mpt",
    "a/HSE_25C.mpt",
    "a/HSE_RTC.mpt",
    "b/HSE_25C.mpt",
    "a/HSE_203K.mpt",
    "a/x[1].mpt",
    "a/深/y.mpt",
]


@pytest.mark.parametrize(
    ("pattern", "hits"),
    [
        ("a/HSE_{temperature_c}C.mpt", {"a/HSE_-70C.mpt": 203.15, "a/HSE_25C.mpt": 298.15, "a/HSE_RTC.mpt": 298.15}),
        ("a/HSE_{temperature_k}K.mpt", {"a/HSE_203K.mpt": 203.0}),
        ("*/HSE_25C.mpt", {"a/HSE_25C.mpt": None, "b/HSE_25C.mpt": None}),
        ("*.mpt", {}),
        ("**/*.mpt", dict.fromkeys(FILES)),
        ("a/x[1].mpt", {"a/x[1].mpt": None}),
        ("a\\HSE_25C.mpt", {"a/HSE_25C.mpt": None}),
        ("a/?/y.mpt", {"a/深/y.mpt": None}),
    ],
)
def test_patterns(pattern, hits):
    assert dict(match_pattern(pattern, FILES)) == hits
