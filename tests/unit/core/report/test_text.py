"""Numbers as people print them."""

from __future__ import annotations

import pytest

from pipeline.core.report.text import celsius_text, estimate_text, file_stem, interval_text, plain, plural, si_text
from pipeline.core.values import Estimate
from pipeline.core.words import number_text


def e(value: float, sigma: float, low: float | None = None, high: float | None = None) -> Estimate:
    return Estimate(value=value, sigma=sigma, unit="1", low95=low, high95=high)


@pytest.mark.parametrize(
    ("value", "sigma", "text"),
    [
        (2.7, 0.068, "2.700 ± 0.068"),
        (2.7, 0.0994, "2.700 ± 0.099"),
        (26.1234, 1.2, "26.1 ± 1.2"),
        (1234.0, 25.0, "1234 ± 25"),
        (-0.2, 0.05, "-0.200 ± 0.050"),
        (0.0, 0.0, "0"),
        (9.0, 0.0, "9"),
        (5.5e-5, 9.4e-7, "(5.500 ± 0.094)×10⁻⁵"),
        (7.87e5, 480.0, "(7.8700 ± 0.0048)×10⁵"),
        (1.0, 300.0, "1 ± 300"),
        (float("nan"), 1.0, "—"),
        (1.0, float("inf"), "—"),
    ],
)
def test_sigma_decides_the_places(value, sigma, text):
    assert number_text(value, sigma) == text


def test_the_interval_has_the_places_of_the_value():
    assert interval_text(e(2.7, 0.068, 2.5681, 2.9)) == "2.568 to 2.900"
    assert interval_text(e(5.5e-5, 9.4e-7)) == "(5.316 to 5.684)×10⁻⁵"
    assert interval_text(e(1.0, 0.1), -1.0) == "-1.20 to -0.80"
    assert interval_text(e(1.0, 0.1, float("-inf"), 2.0)) == ""
    assert interval_text(None) == ""


@pytest.mark.parametrize(
    ("value", "sigma", "text"),
    [
        (787060.0, 480.0, "787.06 ± 0.48 kΩ"),
        (26.0, 0.03, "26.000 ± 0.030 Ω"),
        (2.1417e-11, 2.3e-14, "21.417 ± 0.023 pΩ"),
        (1.957e6, 3.8e5, "1.96 ± 0.38 MΩ"),
        (1e-20, 1e-21, "(1.00 ± 0.10)×10⁻⁵ fΩ"),
        (0.0, 0.0, "0 Ω"),
    ],
)
def test_prefixes_keep_numbers_short(value, sigma, text):
    assert si_text(e(value, sigma), "Ω")[0] == text


def test_what_is_withheld_is_a_dash():
    assert estimate_text(None) == "—"
    assert si_text(None, "F") == ("—", "")
    assert plain(None) == "—"
    assert celsius_text(None) == "—"


def test_small_words():
    assert celsius_text(203.15) == "−70.0 °C"
    assert plural(1, "spectrum") == "1 spectrum"
    assert plural(0, "spectrum") == "0 spectra"
    assert plural(2, "sweep") == "2 sweeps"


def test_file_names_are_safe_and_unique():
    taken: set[str] = set()
    stems = [file_stem(t, taken) for t in ("a/b", "a\\b", "A b", "..", "CON: x", "é", "x" * 300)]
    assert len({s.lower() for s in stems}) == len(stems)
    assert all("/" not in s and "\\" not in s and s.strip(".") for s in stems)
    assert max(map(len, stems)) <= 124
