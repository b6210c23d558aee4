"""Results handed over to lmfit, impedance.py and larch are the same results there."""

import numpy as np
import pytest

import pipeline
from pipeline.core.sample import Source
from pipeline.techniques.absorption.fit.reduce.fourier import k_to_r
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings
from tests.synthetic_run import reduction

F = np.geomspace(7e6, 1.0, 69)
W = 2 * np.pi * F


@pytest.fixture(scope="module")
def fit():
    z = 12.0 + 1j * W * 2e-6 + 1 / (2e-6 * (1j * W) ** 0.85)
    for r, tau, n in ((3000.0, 60e-9, 0.95), (2000.0, 1.8e-6, 0.90), (4000.0, 54e-6, 0.85)):
        z = z + r / (1 + (1j * W * tau) ** n)
    rng = np.random.default_rng(5)
    z = z + 0.003 * np.abs(z) * (rng.standard_normal(W.size) + 1j * rng.standard_normal(W.size))
    spectrum = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=F, impedance_ohm=z)
    return fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings())


def test_lmfit_stays_at_our_minimum_with_our_errors(fit):
    pytest.importorskip("lmfit")
    _, result = pipeline.to_lmfit(fit)
    assert result.success
    z = fit.checked.spectrum.impedance_ohm
    assert result.chisqr == pytest.approx(float(np.sum(np.abs((fit.fitted_ohm - z) / z) ** 2)), rel=1e-6)
    sigma = dict(zip(fit.parameter_names, np.sqrt(np.diag(fit.ln_covariance)), strict=True))
    for arc in fit.arcs:
        theirs = result.params[f"R{arc.number}"]
        assert theirs.value == pytest.approx(arc.resistance.value, rel=2e-3)
        assert theirs.stderr == pytest.approx(arc.resistance.value * sigma[f"R{arc.number}"], rel=0.1)
        assert theirs.stderr < 1.1 * arc.resistance.sigma  # of one circuit
    assert result.nvarys == len(fit.parameter_names)


def test_impedance_py_predicts_what_we_fitted(fit):
    pytest.importorskip("impedance")
    circuit = pipeline.to_impedance(fit)
    np.testing.assert_allclose(circuit.predict(F), fit.fitted_ohm, rtol=1e-9)
    assert np.all(circuit.conf_ >= 0)
    assert circuit.circuit == fit.circuit


def test_a_skewed_arc_is_handed_over_as_it_was_fitted():
    pytest.importorskip("impedance")
    rng = np.random.default_rng(6)
    z = 3000 / (1 + 1j * W * 3e-7) ** 0.7 + 1 / (2e-6 * (1j * W) ** 0.85)
    z = z + 0.003 * np.abs(z) * (rng.standard_normal(W.size) + 1j * rng.standard_normal(W.size))
    spectrum = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=F, impedance_ohm=z)
    found = fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings())
    assert found.circuit == "HN1-CPE2"
    np.testing.assert_allclose(pipeline.to_impedance(found).predict(F), found.fitted_ohm, rtol=1e-9)
    _, result = pipeline.to_lmfit(found)
    assert result.params["HN1_0"].value == pytest.approx(found.arcs[0].resistance.value, rel=1e-3)
    assert result.params["HN1_3"].stderr == pytest.approx(found.arcs[0].skew_exponent.sigma, rel=0.15)


def test_a_larch_group_transforms_to_the_same_chi_r():
    xafs = pytest.importorskip("larch.xafs")
    reduced = reduction("HSE-Sm", "Ta", 9881.0, 12.0)
    group = pipeline.to_larch(reduced)
    np.testing.assert_allclose(group.chir_mag, np.hypot(reduced.chi_r_re, reduced.chi_r_im), rtol=1e-12)
    k = np.arange(0, 12.001, 0.05)
    group.k, group.chi = k, np.sin(4.8 * k) * np.exp(-0.01 * k**2)
    ranges = {"k_min": 3.0, "k_max": 11.0, "dk": 1.0, "k_weight": 2}
    xafs.xftf(group, kmin=3.0, kmax=11.0, dk=1.0, kweight=2, window="hanning")
    _, mine = k_to_r(k, group.chi, **ranges, window="hanning")
    np.testing.assert_allclose(group.chir[: mine.size], mine, atol=1e-8)
