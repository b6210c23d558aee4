"""When energies are taken for keV: by their size, by the name of their column, and never against the study."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.instruments.beamline.energy import to_ev

COPPER_KEV = (8.8, 8.979, 9.5)


@pytest.mark.parametrize(
    ("values", "label", "factor"),
    [
        (COPPER_KEV, "energy", 1000),
        ((0.91, 1.0, 1.3), "energy", 1000),  # the soft end: Na K is at 1.07 keV
        ((0.89, 1.0, 1.3), "energy", 1),
        ((58.0, 59.0, 59.9), "energy", 1000),  # the hard end
        ((58.0, 59.0, 60.1), "energy", 1),
        ((270.0, 284.2, 330.0), "energy", 1),  # C K in eV
        ((8800.0, 8979.0, 9500.0), "energy", 1),
        ((58.0, 115.6, 199.0), "Energy (keV)", 1000),  # the label alone tells
        ((0.5, 0.54, 0.6), "KEV", 1000),
        ((8800.0, 8979.0, 9500.0), "mono keV", 1),  # a wrong label does not make MeV of eV
        ((190.0, 195.0, 201.0), "energy keV", 1),
        ((np.nan, *COPPER_KEV), "energy", 1000),
    ],
)
def test_values_of_a_column_as_ev(values, label, factor):
    found, findings, unit = to_ev(np.array(values), label, "auto")
    np.testing.assert_allclose(found, np.array(values) * factor)
    assert unit == {1: "eV", 1000: "keV"}[factor]
    assert len(findings) == (factor == 1000)
    assert all(f.field == "energy" and "taken for keV" in f.problem for f in findings)


@pytest.mark.parametrize(("unit", "factor"), [("keV", 1000), ("eV", 1)])
def test_the_study_decides_without_a_word(unit, factor):
    found, findings, told = to_ev(np.array([100.0, 150.0]), "energy keV", unit)
    np.testing.assert_allclose(found, [100 * factor, 150 * factor])
    assert (findings, told) == ((), unit)


def test_a_column_without_numbers_is_left_as_it_is():
    found, findings, unit = to_ev(np.array([np.nan, np.nan]), "keV", "auto")
    assert np.isnan(found).all()
    assert (findings, unit) == ((), "eV")
