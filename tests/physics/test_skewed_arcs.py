"""Arcs that are not R||CPE keep their resistance: Davidson-Cole and Havriliak-Negami arcs, 0.3 % of noise.

The truth of a Davidson-Cole arc is a sum of 4000 plain relaxations with its own distribution of relaxation times (Davidson and
Cole, J. Chem. Phys. 19 (1951) 1484): g(t) = sin(pi b)/pi (t/(tau - t))^b for t < tau.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from pipeline.core.sample import Source
from pipeline.science.impedance_elements import ln_apex, skewed_relaxation
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.fit.single.circuit import Circuit, impedance_and_jacobian
from pipeline.techniques.impedance.model import ImpedanceSpectrum, SpectrumFit
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

F = np.geomspace(7e6, 1.0, 70)
S = 2j * np.pi * F


def davidson_cole(r: float, tau: float, b: float) -> np.ndarray:
    """In t/tau that is a beta distribution: as many relaxations as there are quantiles of it."""
    x = beta.ppf((np.arange(4000) + 0.5) / 4000, b, 1 - b)
    return r * np.mean(1 / (1 + S[None, :] * tau * x[:, None]), axis=0)


def two(seed: int, n: float) -> tuple[np.ndarray, np.ndarray]:
    """Impedance of two arcs 30 to 100 apart, of exponents n to .97 (1: Davidson-Cole), and their resistances."""
    rng = np.random.default_rng([17, seed])
    r, skew = 3000 * 10 ** rng.uniform(-0.3, 0.3, 2), rng.uniform(0.6, 0.85, 2)
    tau, e = (
        60e-9 * 10 ** rng.uniform(0, 1) * np.array([1, 10 ** rng.uniform(1.48, 2)]),
        rng.uniform(min(n, 0.97), 0.97, 2),
    )
    if n == 1:
        z = sum(davidson_cole(*arc) for arc in zip(r, tau, skew, strict=True))
    else:
        z = sum(a / (1 + (S * t) ** k) ** c for a, t, k, c in zip(r, tau, e, skew, strict=True))
    z = z + 1 / (2e-6 * S**0.85)
    return z * (1 + 0.003 * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size))), r


def fitted(z: np.ndarray) -> SpectrumFit:
    spectrum = ImpedanceSpectrum(source=Source(file="a.mpt", format="test"), frequency_hz=F, impedance_ohm=z)
    return fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings())


def test_resistances_are_given_and_inside_their_intervals() -> None:
    """The two arcs of a spectrum miss together, so it takes 60 spectra to tell 90 % from the 94 % that 100 of them give."""
    given, totals = [], []
    for seed in range(60):
        z, r = two(seed // 2, (1.0, 0.8)[seed % 2])
        found = fitted(z)
        e = found.total_resistance
        totals.append(e is not None and e.low <= r.sum() <= e.high)
        if found.n_arcs == 2:
            given += [(a.resistance, t) for a, t in zip(found.arcs, r, strict=True) if a.resistance is not None]
    assert len(given) >= 0.8 * 120
    assert np.mean([e.low <= t <= e.high for e, t in given]) >= 0.9
    assert np.mean(totals) >= 0.9


def test_plain_arcs_stay_plain() -> None:
    rng = np.random.default_rng(8)
    for _ in range(4):
        z = 3000 / (1 + (S * 1e-7) ** 0.93) + 3000 / (1 + (S * 4e-6) ** 0.88) + 1 / (2e-6 * S**0.85)
        found = fitted(z * (1 + 0.003 * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size))))
        assert [a.shape for a in found.arcs] == ["Cole-Cole"] * 2


def test_jacobian_and_apex_of_a_skewed_arc() -> None:
    circuit = Circuit(n_arcs=2, series=True, blocking=True, shapes=("hn", "dc"))
    theta = np.array([[7.0, 6.0, -15.0, -12.0, 0.9, 1.0, 0.7, 0.6, 1.0, -13.0, 0.8]])
    _, jac = impedance_and_jacobian(theta, circuit, S.imag)
    for i in range(theta.size):
        up, down = theta.copy(), theta.copy()
        up[0, i] += 1e-5
        down[0, i] -= 1e-5
        z = [impedance_and_jacobian(t, circuit, S.imag)[0][0] for t in (up, down)]
        np.testing.assert_allclose(jac[0, :, i], (z[0] - z[1]) / 2e-5, rtol=1e-6, atol=1e-4)
    ln_w = np.linspace(-3, 3, 60001)
    z = skewed_relaxation(ln_w, np.zeros(1), np.array([0.8]), np.array([0.6]))[0]
    assert ln_w[np.argmin(z.imag)] == pytest.approx(float(ln_apex(np.array([0.8]), np.array([0.6]))[0]), abs=2e-4)
