"""What the data cannot tell apart widens the intervals, and electrodes are no part of the total."""

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

F = np.geomspace(7e6, 1.0, 69)


def fit(z, f=F, seed=0, noise=0.003, **settings):
    rng = np.random.default_rng(seed)
    z = z + noise * np.abs(z) * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size))
    spectrum = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=f, impedance_ohm=z)
    return fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings(**settings))


def cell(arcs, f=F, tail=(2e-5, 0.88), inductance=4e-7):
    w = 2 * np.pi * f
    z = 1j * w * inductance + 1 / (tail[0] * (1j * w) ** tail[1])
    for r, apex, n in arcs:
        z = z + r / (1 + (1j * f / apex) ** n)
    return z


@pytest.mark.parametrize("seed", range(3))
def test_the_interval_of_the_visible_arc_allows_for_hidden_ones(seed):
    found = fit(cell([(20.4, 340e6, 0.97), (16.1, 15e6, 0.94), (13.4, 5e5, 0.90)]), seed=seed)
    slow = found.arcs[-1]
    assert slow.resistance is None or slow.resistance.low < 13.4 < slow.resistance.high
    assert all(a.resistance is None for a in found.arcs[:-1])
    assert found.total_resistance.value == pytest.approx(49.9, rel=0.005)


def test_an_arc_far_inside_the_window_is_not_blurred_by_a_contact_resistance():
    found = fit(cell([(3000, 1e4, 0.95)]) + 200.0)
    assert [a.verdict.level for a in found.arcs] == ["resolved"], found.verdict.reason
    assert found.series_resistance.value == pytest.approx(200, rel=0.02)


def test_an_arc_that_never_closes_and_is_an_electrodes_is_left_out_of_the_total():
    f = np.geomspace(7e6, 0.1, 79)
    z = cell([(1000, 1.5e6, 0.95)], f, tail=(2e-7, 0.9), inductance=0)
    z = z + 2e6 / (1 + 1j * f / 0.03)
    found = fit(z, f)
    assert found.total_resistance.value == pytest.approx(1000, rel=0.01)
    assert any("without the arc that does not close" in n.problem for n in found.findings)


def test_an_arc_that_never_closes_and_is_none_of_an_electrode_withholds_the_total():
    f = np.geomspace(7e6, 1e3, 50)
    z = cell([(3000, 5e5, 0.95), (50000, 300, 0.9)], f, tail=(1.0, 0.9))
    found = fit(z, f)
    assert found.total_resistance is None
    assert "does not close" in " ".join(n.problem for n in found.findings)


def test_a_misfit_beyond_the_noise_is_said_and_nothing_is_resolved():
    """A slow loop towards smaller resistances, as of adsorption, is no term of the circuit."""
    w = 2 * np.pi * F
    found = fit(100 + 300 / (1 + 1j * w * 1e-6) - 40 / (1 + 1j * w * 2e-3) + 20 / (1 + 1j * w * 0.02), noise=0.0005)
    assert all(a.verdict.level != "resolved" for a in found.arcs)
    assert any("times the noise" in n.problem for n in found.findings)
