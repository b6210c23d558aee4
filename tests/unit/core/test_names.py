"""Samples from names, and the patterns of a study."""

from __future__ import annotations

import pytest

from pipeline.core.names import match_pattern, name_rule, parse_number, sample_from_name

WORDS = (r"S?[PG]EIS", "LSV", "ox(?:idation)?")

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
    assert sample_from_name(name, name_rule(WORDS), WORDS) == sample


def test_a_rule_of_the_user_reads_the_whole_path():
    rule = r"(?P<sample>[^/]+)/T(?P<temperature_k>\d+)"
    assert sample_from_name("batch/HSE/T203.mpt", rule, WORDS) == "HSE"


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
        (
            "a/HSE_{temperature_c}C.mpt",
            {name: {"temperature_c": c} for name, c in zip(FILES[:3], (-70.0, 25.0, 25.0), strict=True)},
        ),
        ("a/HSE_{temperature_k}K.mpt", {"a/HSE_203K.mpt": {"temperature_k": 203.0}}),
        ("*/HSE_25C.mpt", {"a/HSE_25C.mpt": {}, "b/HSE_25C.mpt": {}}),
        ("*.mpt", {}),
        ("**/*.mpt", {name: {} for name in FILES}),
        ("a/x[1].mpt", {"a/x[1].mpt": {}}),
        ("a\\HSE_25C.mpt", {"a/HSE_25C.mpt": {}}),
        ("a/?/y.mpt", {"a/深/y.mpt": {}}),
        ("a/HSE_{other}C.mpt", {"a/HSE_-70C.mpt": {"other": -70.0}, "a/HSE_25C.mpt": {"other": 25.0}}),
    ],
)
def test_patterns(pattern, hits):
    assert dict(match_pattern(pattern, FILES)) == hits
