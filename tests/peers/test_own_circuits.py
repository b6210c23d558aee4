"""Elements, circuits and minima are impedance.py's own, with elements of a user's too; lmfit stays where we are."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.science.circuit_elements import ELEMENTS
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.circuits import read_circuit
from pipeline.techniques.impedance.fit.circuits.model import impedance, impedance_and_jacobian, theta_of
from pipeline.techniques.impedance.fit.circuits.result import fit_circuit
from pipeline.techniques.impedance.fit.exchange import teach_skewed_arc
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

circuits = pytest.importorskip("impedance.models.circuits")
elements = pytest.importorskip("impedance.models.circuits.elements")

F = np.geomspace(1e6, 0.1, 60)
W = 2 * np.pi * F


@pytest.mark.parametrize("kind", ELEMENTS)
def test_an_element_is_theirs(kind):
    teach_skewed_arc()
    theirs = elements.circuit_elements[kind]
    assert (len(ELEMENTS[kind].units), list(ELEMENTS[kind].units)) == (theirs.num_params, theirs.units)
    p = [0.7, 0.4, 0.6, 0.2][: theirs.num_params]
    mine = ELEMENTS[kind].formula([np.array([[v]]) for v in p], W)[0]
    np.testing.assert_allclose(mine, theirs(p, F.tolist()), rtol=1e-8)


def test_no_element_of_theirs_is_missing():
    teach_skewed_arc()
    assert set(ELEMENTS) == {k for k, f in elements.circuit_elements.items() if hasattr(f, "num_params")} - {"Kelvin"}


@pytest.mark.parametrize(
    "text",
    [
        "R0-p(R1,CPE1)-p(R2,CPE2)-Wo1",
        "L0-p(R1-p(R2,C2),CPE1,R3)",
        "p(R1,C1)",
        "R0-p(R1-Ws1,CPE1)-TLMQ2-Gs1-La3-Zarc4-K5",
        "p(p(R1,C1)-R2,C2)-W3",
    ],
)
def test_a_circuit_predicts_what_theirs_does(text):
    tree, rng = read_circuit(text), np.random.default_rng(1)
    values = rng.uniform(0.3, 0.95, len(tree.names))
    theirs = circuits.CustomCircuit(text, initial_guess=values.tolist())
    assert list(tree.names) == list(theirs.get_param_names()[0])
    mine = impedance(tree, theta_of(tree, values)[None, :], W)[0]
    np.testing.assert_allclose(mine, theirs.predict(F, use_initial=True), rtol=1e-10)


def test_derivatives_are_those_of_the_circuit():
    tree, rng = read_circuit("p(R1-p(R2,C2),CPE1,R3)-Wo4-Zarc5-TLMQ6"), np.random.default_rng(2)
    theta = theta_of(tree, rng.uniform(0.3, 0.95, len(tree.names)))
    _, jacobian = impedance_and_jacobian(tree, theta[None, :], W)
    for i in range(theta.size):
        step = 1e-4 * np.eye(theta.size)[i]
        ends = [impedance(tree, (theta + k * step)[None, :], W)[0] for k in (-2, -1, 1, 2)]
        five = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / 12e-4
        np.testing.assert_allclose(jacobian[0, i], five, atol=1e-7 * np.abs(five).max())


def simulated(text, values, seed):
    z = circuits.CustomCircuit(text, initial_guess=values).predict(F, use_initial=True)
    rng = np.random.default_rng(seed)
    z = z * (1 + 0.003 * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size)))
    return z, check_spectrum(
        ImpedanceSpectrum(source=Source(file="x", format=""), frequency_hz=F, impedance_ohm=z), EisCheckSettings()
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("R0-p(R1,CPE1)-Wo1", [20.0, 900.0, 2e-7, 0.9, 300.0, 1.5]),
        ("R0-p(R1-Ws1,CPE1)", [20.0, 400.0, 300.0, 1.5, 1e-5, 0.88]),
        ("L0-R0-p(R1,C1)-TLMQ1", [1e-6, 15.0, 500.0, 1e-8, 200.0, 2e-3, 0.9]),
    ],
)
def test_their_fit_finds_nothing_lower(text, values):
    """From our minimum and from the truth, with scales that it does not use by itself."""
    z, checked = simulated(text, values, 3)
    assert all(checked.keep)
    fit = fit_circuit(checked, text, {}, ArcSettings())
    ours = float(np.sum(np.abs((fit.fitted_ohm - z) / z) ** 2))
    for guess in (fit.parameter_values, values):
        theirs = circuits.CustomCircuit(text, initial_guess=list(guess))
        theirs.fit(F, z, weight_by_modulus=True, x_scale=np.array(values))
        chi2 = float(np.sum(np.abs((theirs.predict(F) - z) / z) ** 2))
        assert ours <= chi2 * (1 + 1e-6)
    np.testing.assert_allclose(np.array(fit.parameter_values), np.array(values), rtol=0.2)


def test_an_element_of_ones_own_is_known_where_it_is_registered():
    with pytest.raises(ValueError, match="no element 'Hav'"):
        read_circuit("R0-Hav1")

    @elements.element(num_params=4, units=["Ohm", "sec", "", ""])
    def Hav(p, f):
        s = 2j * np.pi * np.array(f)
        return p[0] / (1 + (s * p[1]) ** min(p[2], 1)) ** min(p[3], 1)

    try:
        z, checked = simulated("R0-Hav1", [20.0, 900.0, 1e-3, 0.9, 0.7], 4)
        fit = fit_circuit(checked, "R0-Hav1", {"Hav1_2": 0.9}, ArcSettings())
        assert fit.parameter_values[1] == pytest.approx(900.0, rel=0.02)
        assert fit.parameter_values[4] == pytest.approx(0.7, rel=0.05)
        assert float(np.sum(np.abs((fit.fitted_ohm - z) / z) ** 2)) < 2.6 * 0.003**2 * F.size
    finally:
        del elements.circuit_elements["Hav"]
