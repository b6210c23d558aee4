"""The elements of a circuit against complex powers, and their derivatives against differences."""

import numpy as np
import pytest

from pipeline.science.impedance_elements import constant_phase, relaxation

LN_OMEGA = np.log(2 * np.pi * np.geomspace(7e6, 1.0, 40))
JW = 1j * np.exp(LN_OMEGA)


@pytest.mark.parametrize("n", [0.5, 0.83, 1.0])
def test_an_arc_is_the_resistance_over_one_plus_a_complex_power(n):
    z, by_ln_tau, by_n = relaxation(LN_OMEGA, np.log(2e-6), np.array(n), 3000.0)
    np.testing.assert_allclose(z.together(), 3000 / (1 + (JW * 2e-6) ** n), rtol=1e-12)
    h = 1e-6
    for slope, up, down in (
        (by_ln_tau, (np.log(2e-6) + h, n), (np.log(2e-6) - h, n)),
        (by_n, (np.log(2e-6), n + h), (np.log(2e-6), n - h)),
    ):
        a, b = (relaxation(LN_OMEGA, t, np.array(e), 3000.0)[0].together() for t, e in (up, down))
        np.testing.assert_allclose(slope.together(), (a - b) / (2 * h), atol=1e-5)


@pytest.mark.parametrize("m", [0.4, 0.85, 1.0])
def test_a_constant_phase_element_is_a_complex_power(m):
    z, by_m = constant_phase(LN_OMEGA, np.array(m), 1 / 2e-6)
    np.testing.assert_allclose(z.together(), 1 / (2e-6 * JW**m), rtol=1e-12)
    a, b = (constant_phase(LN_OMEGA, np.array(m + h), 1 / 2e-6)[0].together() for h in (1e-6, -1e-6))
    np.testing.assert_allclose(by_m.together(), (a - b) / 2e-6, rtol=1e-7)


def test_an_arc_far_outside_every_window_stays_a_number():
    for ln_tau in (-1e4, 1e4):
        for part in relaxation(LN_OMEGA, ln_tau, np.array(0.9)):
            assert np.all(np.isfinite(part.together()))
    assert relaxation(LN_OMEGA, -1e4, np.array(0.9))[0].real == pytest.approx(1.0)


def test_rows_and_frequencies_broadcast():
    ln_tau, n = np.array([[-12.0], [-9.0]]), np.array([[0.9], [0.8]])
    z = relaxation(LN_OMEGA, ln_tau, n, np.array([[10.0], [20.0]]))[0].together()
    assert z.shape == (2, 40)
    np.testing.assert_allclose(z[1], relaxation(LN_OMEGA, ln_tau[1], n[1], 20.0)[0].together(), rtol=1e-14)
