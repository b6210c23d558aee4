"""A sample behind a made-up fixture comes back as if the fixture were not there."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.errors import CheckError
from pipeline.core.sample import Source
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.check.corrections import correct_spectrum, know_contact, widen_total
from pipeline.techniques.impedance.circuit_terms import SampleTotal
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.rows import Corrections, SpectrumRow
from tests.synthetic_run import spectrum_fit

F = np.geomspace(7e6, 1.0, 60)
SAMPLE = 20 + 300 / (1 + 2j * np.pi * F * 300 * 1e-10)


def spectrum(z, f=F, file="x.mpt"):
    return ImpedanceSpectrum(source=Source(file=file, format="test"), frequency_hz=f, impedance_ohm=z)


def test_short_and_open_take_a_series_and_a_parallel_branch_off_exactly():
    series, parallel = 0.4 + 2j * np.pi * F * 1e-6, 1 / (2j * np.pi * F * 30e-12)
    measured = series + 1 / (1 / SAMPLE + 1 / parallel)
    found = correct_spectrum(spectrum(measured), Corrections(), spectrum(series), spectrum(series + parallel))
    np.testing.assert_allclose(found.impedance_ohm, SAMPLE, rtol=1e-9)
    assert "short and open" in found.findings[0].problem


def test_contact_resistance_and_stray_capacitance():
    measured = 0.5 + 1 / (1 / SAMPLE)
    found = correct_spectrum(spectrum(measured), Corrections(contact_resistance_ohm=0.5))
    np.testing.assert_allclose(found.impedance_ohm, SAMPLE, rtol=1e-12)
    stray = 1 / (1 / SAMPLE + 2j * np.pi * F * 5e-12)
    found = correct_spectrum(spectrum(stray), Corrections(stray_capacitance_f=5e-12))
    np.testing.assert_allclose(found.impedance_ohm, SAMPLE, rtol=1e-9)


def test_nothing_asked_nothing_changed():
    raw = spectrum(SAMPLE)
    assert correct_spectrum(raw, Corrections()) is raw


def test_a_short_that_does_not_reach_is_refused_with_file_and_hint():
    short = spectrum(np.full(10, 0.1 + 0j), np.geomspace(1e5, 1, 10), "short.mpt")
    with pytest.raises(CheckError, match=r"x.mpt: corrections: short.mpt covers .* \(measure short"):
        correct_spectrum(spectrum(SAMPLE), Corrections(), short)


@pytest.mark.parametrize(
    ("sigma", "ends", "expected"),
    [
        (0.03, (25.94, 26.08), (0.05, 25.9, 26 + 0.08 * 5 / 3)),
        (0.03, (None, None), (0.05, 26 - 1.959964 * 0.05, 26 + 1.959964 * 0.05)),
        (0.0, (None, None), (0.04, 26 - 1.959964 * 0.04, 26 + 1.959964 * 0.04)),
    ],
)
def test_the_contact_resistance_widens_sigma_and_both_ends_of_the_total_in_quadrature(sigma, ends, expected):
    """0.03 and 0.04 ohm are 0.05 ohm: each end stands off 5/3 times as far."""
    total = Estimate(value=26.0, sigma=sigma, unit="ohm", low95=ends[0], high95=ends[1])
    wide = widen_total(total, Corrections(contact_resistance_ohm=0.5, contact_resistance_sigma_ohm=0.04))
    assert wide.value == 26.0
    assert (wide.sigma, wide.low, wide.high) == pytest.approx(expected)


def test_a_contact_resistance_that_is_known_exactly_widens_nothing():
    total = Estimate(value=26.0, sigma=0.03, unit="ohm", low95=25.94, high95=26.08)
    assert widen_total(total, Corrections(contact_resistance_ohm=0.5)) == total
    assert widen_total(None, Corrections(contact_resistance_sigma_ohm=0.04)) is None


def test_every_total_that_a_pellet_may_choose_holds_the_contact():
    """3 ohm of the fit and 4 of the contact are 5, whichever arcs turn out to be the electrode's."""
    r = Estimate(value=1000.0, sigma=3.0, unit="ohm")
    one = SampleTotal(arcs=(1,), resistance=r, verdict=Verdict(level="resolved", reason="", code="total_agreed"))
    fit = replace(spectrum_fit("A", 300.0), total_resistance=r, totals=(one, replace(one, resistance=None)))
    row = SpectrumRow(name="a", sample="A", files=("a",), corrections=Corrections(contact_resistance_sigma_ohm=4.0))
    found = know_contact(fit, row)
    assert found.contact_known
    assert found.total_resistance.sigma == pytest.approx(5.0)
    assert [t.resistance and t.resistance.sigma for t in found.totals] == [pytest.approx(5.0), None]
    assert not know_contact(fit, replace(row, corrections=Corrections())).contact_known
