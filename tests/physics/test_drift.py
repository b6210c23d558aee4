"""A resistance that drifts while the sweep runs is seen by the times of the points, and the total's interval knows it.

R(t) = R (1 + d u), u from -1/2 to 1/2 over the sweep's time, Q and n of each arc unchanged: tau(t)^n = R(t) Q. Noise 0.3 %.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.sample import RawFile, Source
from pipeline.core.values import Estimate, Verdict
from pipeline.instruments.text.settings import DelimitedSettings
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.fit.single.drift import Drift, tell_drift
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.read.spectra import read_impedance
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

F = np.geomspace(7e6, 1.0, 69)
TIME_S = 1000.0 + np.cumsum(0.4 + 3 / F)
ARCS = [(3000.0, 60e-9, 0.95), (3000.0, 1.8e-6, 0.90)]


def drifting(d, seed, time_s=TIME_S):
    u = (TIME_S - TIME_S[0]) / (TIME_S[-1] - TIME_S[0]) - 0.5
    z = 1 / (2e-6 * (2j * np.pi * F) ** 0.85)
    for r, tau, n in ARCS:
        now = r * (1 + d * u)
        q = tau**n / r
        z = z + now / (1 + now * q * (2j * np.pi * F) ** n)
    rng = np.random.default_rng(seed)
    z = z + 0.003 * np.abs(z) * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size))
    return ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=F, impedance_ohm=z, time_s=time_s)


def fit(spectrum):
    return fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings())


def told(found):
    return [f for f in found.findings if f.code == "slow_drift"]


@pytest.mark.parametrize("d", [0.06, -0.06])
def test_a_drift_beyond_the_noise_is_said_and_is_in_the_interval(d):
    given = 0
    for seed in range(5):
        found = fit(drifting(d, seed))
        (said,) = told(found)
        assert f"drifts by {'+' if d > 0 else '-'}" in said.problem
        change = float(said.problem.split("by ")[1].split(" ±")[0])
        sigma = float(said.problem.split("± ")[1].split(" %")[0])
        assert abs(change - 100 * d) < 3.5 * sigma
        total = found.total_resistance
        if total is not None:  # a drift may pass for an arc, and the total is withheld then
            given += 1
            assert total.low <= 6000.0 <= total.high
            assert total.sigma / total.value > abs(d) / 5
    assert given >= 4


def test_without_a_drift_or_without_times_nothing_is_said():
    found = [fit(drifting(0.0, seed)) for seed in range(8)]
    assert not any(told(f) for f in found)
    assert not told(fit(drifting(0.06, 0, time_s=None)))
    plain = fit(drifting(0.0, 3, time_s=None))
    assert found[3].total_resistance == plain.total_resistance


def test_a_drift_that_no_number_may_hide_weakens_the_total():
    total = Estimate(value=100.0, sigma=1.0, unit="ohm")
    sure = Verdict(level="resolved", reason="agreed", code="total_agreed")
    plain = replace(fit(drifting(0.0, 3)), total_resistance=total, total_verdict=sure)
    small = tell_drift(plain, Drift(0.03, 0.005, 0.01), 0.05)
    assert small.total_resistance.sigma == pytest.approx(np.sqrt(1 + 1.0**2 + 3.0**2 / 12))
    assert small.total_verdict == sure
    large = tell_drift(plain, Drift(0.20, 0.01, 0.0), 0.05)
    assert (large.total_verdict.level, large.total_verdict.code) == ("weak", "total_drift")


def test_times_that_do_not_move_are_no_times():
    assert not told(fit(drifting(0.06, 0, time_s=np.zeros(F.size))))
    assert not told(fit(drifting(0.06, 0, time_s=np.full(F.size, np.nan))))


def test_the_times_of_a_text_table_follow_its_points():
    spectrum = drifting(0.0, 1)
    rows = zip(TIME_S, F, spectrum.impedance_ohm.real, spectrum.impedance_ohm.imag, strict=True)
    lines = [",".join(f"{v:.8e}" for v in row) for row in [*rows][::-1]]
    data = "\n".join(["time/s,freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", *lines]).encode()
    (read,) = read_impedance(RawFile(name="a.csv", data=data, size=len(data)), DelimitedSettings())
    assert read.time_s is not None
    np.testing.assert_allclose(read.time_s, TIME_S, rtol=1e-7)
