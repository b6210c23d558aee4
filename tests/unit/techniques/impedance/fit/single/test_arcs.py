"""Errors of a single arc against Fisher's information, and the bars of its verdict, one at a time."""

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

F = np.geomspace(7e6, 10.0, 60)
W = 2 * np.pi * F
R_OHM, Q, N = 3000.0, 2e-9, 0.85


def arc(ln_r, ln_q, n):
    return np.exp(ln_r) / (1 + np.exp(ln_r + ln_q) * (1j * W) ** n)


def fit(z, seed=0, noise=0.003):
    """The fit of one arc to z with noise."""
    rng = np.random.default_rng(seed)
    z = z + noise * np.abs(z) * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size))
    spectrum = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=F, impedance_ohm=z)
    return fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings(max_arcs=1))


def fisher(theta, model, sigma):
    """Covariance of theta, by central differences of the model and weights 1/sigma of Re and Im."""
    columns = []
    for i in range(len(theta)):
        step = np.zeros(len(theta))
        step[i] = 1e-5
        d = (model(*(theta + step)) - model(*(theta - step))) / 2e-5 / sigma
        columns.append(np.concatenate([d.real, d.imag]))
    jacobian = np.column_stack(columns)
    return np.linalg.inv(jacobian.T @ jacobian)


def by_capacitance(ln_r, ln_c, n):
    """C = (Q R^(1-n))^(1/n): tau = R C."""
    return np.exp(ln_r) / (1 + (1j * W * np.exp(ln_r + ln_c)) ** n)


@pytest.mark.parametrize("n", [0.80, 0.92])
def test_sigma_of_c_and_of_q_are_those_of_a_fit_in_c_and_of_a_fit_in_q(n):
    found = fit(arc(np.log(R_OHM), np.log(Q), n))
    assert found.circuit == "p(R1,CPE1)", "no other term may take its share"
    (one,) = found.arcs
    c = (Q * R_OHM ** (1 - n)) ** (1 / n)
    sigma = found.noise * np.abs(arc(np.log(R_OHM), np.log(Q), n))
    in_c = fisher(np.array([np.log(R_OHM), np.log(c), n]), by_capacitance, sigma)
    in_q = fisher(np.array([np.log(R_OHM), np.log(Q), n]), arc, sigma)
    assert one.capacitance.sigma / one.capacitance.value == pytest.approx(np.sqrt(in_c[1, 1]), rel=0.03)
    assert one.cpe_q.sigma / one.cpe_q.value == pytest.approx(np.sqrt(in_q[1, 1]), rel=0.03)
    assert one.cpe_exponent.sigma == pytest.approx(np.sqrt(in_q[2, 2]), rel=0.03)
    assert one.capacitance.value == pytest.approx(c, rel=4 * np.sqrt(in_c[1, 1]))
    assert one.cpe_q.value == pytest.approx(Q, rel=4 * np.sqrt(in_q[1, 1]))
    wide = np.exp(1.959964 * np.sqrt(in_c[1, 1]))
    assert one.capacitance.high / one.capacitance.value == pytest.approx(wide, rel=1e-3)


@pytest.mark.parametrize(("n", "level"), [(0.66, "weak"), (0.74, "resolved")])
def test_an_arc_flatter_than_the_least_exponent_is_no_single_process(n, level):
    (one,) = fit(arc(np.log(R_OHM), np.log(Q), n)).arcs
    assert one.cpe_exponent.value == pytest.approx(n, abs=0.01)
    assert one.verdict.level == level, one.verdict.reason
    assert ("n below 0.7: a distribution" in one.verdict.reason) is (level == "weak")


@pytest.mark.parametrize("seed", range(3))
def test_a_fifth_of_the_total_in_series_may_be_an_arc_hidden_beyond_the_window(seed):
    """600 ohm with their apex at 10 f_max pass for a series resistance, and lend 3 % of their flank to the 3000 ohm."""
    (one,) = fit(600 / (1 + (1j * F / 70e6) ** 0.9) + R_OHM / (1 + (1j * F / 1e6) ** 0.9), seed).arcs
    assert one.resistance.low < R_OHM < one.resistance.high
    assert "an arc hidden at" in one.verdict.reason
    assert one.resistance.sigma > abs(one.resistance.value - R_OHM)
