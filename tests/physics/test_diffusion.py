"""Diffusion at the electrodes is told from the sample: its resistance enters no total, and no arc is made out of it.

    blocked      Z = R_w coth(s)/s,  let through  Z = R_w tanh(s)/s,  s = sqrt(j w tau_w);  0.3 % of noise

The truth is a ladder of 4000 equal resistors with a capacitor at each step, which knows no hyperbolic function.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.science.impedance_elements import diffusion
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.fit.single.circuit import Circuit, impedance_and_jacobian
from pipeline.techniques.impedance.model import ImpedanceSpectrum, SpectrumFit
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

F = np.geomspace(7e6, 0.05, 80)
S = 2j * np.pi * F


def ladder(r: float, tau: float, end: complex, steps: int = 4000) -> np.ndarray:
    """Cells of resistor and capacitor in a row, of r ohm and tau/r farad in all; ``end`` is the admittance of the far end."""
    dr, dc = r / steps, tau / r / steps
    y = np.full(F.size, end, dtype=complex)
    for _ in range(steps):
        y = 1 / (dr / 2 + 1 / (S * dc + 1 / (dr / 2 + 1 / y)))
    return 1 / y


def cell(seed: int, *, blocked: bool) -> tuple[np.ndarray, np.ndarray]:
    """Impedance of two arcs and a diffusion, and the resistances of the arcs."""
    rng = np.random.default_rng([31, seed])
    r, n = 3000 * 10 ** rng.uniform(-0.3, 0.3, 2), rng.uniform(0.85, 1.0, 2)
    tau = 60e-9 * 10 ** rng.uniform(0, 1) * np.array([1, 10 ** rng.uniform(1.2, 2)])
    r_w, tau_w = r[rng.integers(2)] * rng.uniform(0.5, 2), 10 ** rng.uniform(-0.7, 0.7)
    z = sum(a / (1 + (S * t) ** e) for a, t, e in zip(r, tau, n, strict=True))
    z = z + ladder(r_w, tau_w, 1e-30 if blocked else 1e30)
    return z * (1 + 0.003 * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size))), r


def fitted(z: np.ndarray) -> SpectrumFit:
    spectrum = ImpedanceSpectrum(source=Source(file="a.mpt", format="test"), frequency_hz=F, impedance_ohm=z)
    return fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings())


@pytest.mark.parametrize("blocked", [True, False])
def test_the_element_is_the_limit_of_a_ladder(blocked: bool) -> None:
    z = diffusion(np.log(S.imag), np.log(0.7), 250.0, blocked=blocked)[0].together()
    np.testing.assert_allclose(z[30:], ladder(250.0, 0.7, 1e-30 if blocked else 1e30)[30:], rtol=1e-3)


@pytest.mark.parametrize("tail", ["open", "short"])
def test_its_jacobian_agrees_with_differences(tail: str) -> None:
    circuit = Circuit(n_arcs=1, series=True, blocking=True, tail=tail)  # type: ignore[arg-type]
    theta = np.array([[7.0, -13.0, 0.9, 3.0, 6.0, -1.0]])
    _, jac = impedance_and_jacobian(theta, circuit, S.imag)
    for i in range(theta.size):
        up, down = theta.copy(), theta.copy()
        up[0, i] += 1e-5
        down[0, i] -= 1e-5
        z = [impedance_and_jacobian(t, circuit, S.imag)[0][0] for t in (up, down)]
        np.testing.assert_allclose(jac[0, :, i], (z[0] - z[1]) / 2e-5, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("blocked", [True, False])
def test_total_and_arcs_are_those_of_the_sample(blocked: bool) -> None:
    inside, errors = [], []
    for seed in range(10):
        z, r = cell(seed, blocked=blocked)
        found = fitted(z)
        assert found.n_arcs == 2, (seed, found.circuit)
        assert found.diffusion is not None
        assert found.diffusion.end == ("blocked" if blocked else "let through")
        total = found.total_resistance
        assert total is not None
        inside.append(total.low <= r.sum() <= total.high)
        errors.append(abs(total.value / r.sum() - 1))
        for arc, truth in zip(found.arcs, r, strict=True):
            assert arc.resistance is not None
            assert abs(arc.resistance.value - truth) < 4 * arc.resistance.sigma
    assert sum(inside) >= 9
    assert np.median(errors) < 0.003


def test_a_semi_infinite_diffusion_is_a_cpe_of_one_half() -> None:
    rng = np.random.default_rng(4)
    z = 3000 / (1 + (S * 2e-7) ** 0.93) + 400 / np.sqrt(S)
    found = fitted(z * (1 + 0.003 * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size))))
    assert found.n_arcs == 1
    assert found.blocking_exponent is not None
    assert found.blocking_exponent.value == pytest.approx(0.5, abs=0.01)
    assert found.total_resistance is not None
    assert found.total_resistance.value == pytest.approx(3000, rel=0.005)


def test_an_arc_that_closes_with_an_electrodes_capacitance_is_in_no_total() -> None:
    rng = np.random.default_rng(7)
    z = 9000 / (1 + (S * 4e-7) ** 0.9) + 5000 / (1 + (S * 0.05) ** 0.9)
    found = fitted(z * (1 + 0.003 * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size))))
    assert found.n_arcs == 2
    assert found.total_resistance is not None
    assert found.total_resistance.value == pytest.approx(9000, rel=0.005)
    assert [t.arcs for t in found.totals] == [(), (1,), (1, 2)]
    assert found.totals[2].resistance is not None
    assert found.totals[2].resistance.value == pytest.approx(14000, rel=0.005)
