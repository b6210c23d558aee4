"""Numbers inside sentences: no 0.0 %, no e+03, nothing said twice; names stay as they are."""

from __future__ import annotations

import pytest

from pipeline.core.words import clauses, percent_text, readable


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(6.1e-5, "0.0061%"), (0.0234, "2.3%"), (0.412, "41%"), (3.067, "307%"), (0.0, "0%"), (float("inf"), "inf%")],
)
def test_a_relative_sigma_never_reads_as_nothing(fraction, text):
    assert percent_text(fraction) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("apex 2.34e+06 Hz = 0.33 f_max", "apex 2.34 MHz = 0.33 f_max"),
        ("apex 7e+09 Hz = 1e+03 f_max", "apex 7 GHz = 1000 f_max"),
        ("apex 8.24e+04 Hz", "apex 82.4 kHz"),
        ("eps_r = 1.46e+04;", "eps_r = 14600;"),
        ("C l/A = 1.59e-12 F/cm,", "C l/A = 1.59×10⁻¹² F/cm,"),
        ("off by -1.2e-07 A.", "off by -1.2×10⁻⁷ A."),
        ("k_max - 1: -0.0000, r_min: -0.0014", "k_max - 1: 0.0000, r_min: -0.0014"),
        ("file eis/x_1e-03.mpt and 1e+03.csv", "file eis/x_1e-03.mpt and 1e+03.csv"),
        ("from -0.05 to 0.000 V", "from -0.05 to 0.000 V"),
    ],
)
def test_powers_of_ten_are_written_as_people_write_them(before, after):
    assert readable(before) == after


def test_no_clause_stands_twice():
    parts = ("Ea = 0.330 eV; pristine crystalline phase: 0.445 eV", "Ea = 0.330 eV; pristine amorphous phase: 0.372 eV")
    assert clauses(parts) == "Ea = 0.330 eV; pristine crystalline phase: 0.445 eV; pristine amorphous phase: 0.372 eV"
