"""Parameters, errors and profile intervals agree with lmfit's on the same spectrum."""

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

lmfit = pytest.importorskip("lmfit")

F = np.geomspace(7e6, 1.0, 69)
W = 2 * np.pi * F


def model(p, k):
    z = np.exp(-p["q"]) * (1j * W) ** -p["m"]
    for i in range(1, k + 1):
        z = z + np.exp(p[f"r{i}"]) / (1 + (1j * W * np.exp(p[f"t{i}"])) ** p[f"n{i}"])
    return z


@pytest.mark.parametrize("seed", [0, 1])
def test_the_weak_arcs_of_ratio_ten_have_lmfits_profile(seed):
    z = 1 / (2e-6 * (1j * W) ** 0.85)
    for i, n in enumerate((0.95, 0.90, 0.85)):
        z = z + 3000 / (1 + (1j * W * 60e-9 * 10**i) ** n)
    rng = np.random.default_rng(seed)
    z = z + 0.003 * np.abs(z) * (rng.standard_normal(W.size) + 1j * rng.standard_normal(W.size))
    spectrum = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=F, impedance_ohm=z)
    fit = fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings())
    assert fit.circuit == "p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)-CPE4"
    found = dict(zip(fit.parameter_names, fit.parameter_values, strict=True))
    start = lmfit.Parameters()
    for i in (1, 2, 3):
        r, q, n = found[f"R{i}"], found[f"CPE{i}_0"], found[f"CPE{i}_1"]
        start.add(f"r{i}", np.log(r))
        start.add(f"t{i}", np.log(q * r) / n)
        start.add(f"n{i}", n)
    start.add("q", np.log(found["CPE4_0"]))
    start.add("m", found["CPE4_1"])
    fitter = lmfit.Minimizer(lambda p: ((model(p.valuesdict(), 3) - z) / np.abs(z)).view(float), start)
    best = fitter.minimize()
    assert best.chisqr == pytest.approx(float(np.sum(np.abs((fit.fitted_ohm - z) / z) ** 2)), rel=1e-6)
    sigma = np.sqrt(np.diag(fit.ln_covariance))
    profiled = 0
    for i, arc in enumerate(fit.arcs, start=1):
        estimate = arc.resistance
        assert np.log(estimate.value) == pytest.approx(best.params[f"r{i}"].value, abs=0.01 * sigma[3 * (i - 1)])
        assert sigma[3 * (i - 1)] == pytest.approx(best.params[f"r{i}"].stderr, rel=0.02)
        if sigma[3 * (i - 1)] > 0.05:
            ends = lmfit.conf_interval(fitter, best, p_names=[f"r{i}"], sigmas=[0.95])[f"r{i}"]
            low, middle, high = (e[1] for e in ends)
            ours = np.log(np.array([estimate.value / estimate.low, estimate.high / estimate.value]))
            theirs = np.array([middle - low, high - middle])
            assert np.all(ours > 0.97 * theirs)  # of one circuit; what other circuits say can only widen it
            assert np.all(ours < 1.25 * theirs)
            profiled += 1
    assert profiled
