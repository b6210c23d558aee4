"""impedance.py loads our circuits and predicts the same; its lin-KK at the same time constants is ours."""

import json

import numpy as np
import pytest

import pipeline
from pipeline.core.sample import Source
from pipeline.techniques.impedance.check.kramers_kronig import solve_linear_kk
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.report.circuits import circuit_json
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

F = np.geomspace(7e6, 1.0, 69)
W = 2 * np.pi * F
ARCS = [(3000.0, 60e-9, 0.95), (2000.0, 1.8e-6, 0.90), (4000.0, 54e-6, 0.85)]
CASES = {
    "three arcs and a tail": (ARCS, 0.0, 0.0, True),
    "two arcs, no tail": (ARCS[:2], 0.0, 0.0, False),
    "R_s, L, one arc": (ARCS[2:], 300.0, 5e-6, True),
    "only the total": ([], 26.5, 1e-6, True),
}


def measured(arcs, rs, inductance, tail, seed=3):
    z = rs + 1j * W * inductance + (1 / (2e-6 * (1j * W) ** 0.85) if tail else 0)
    for r, tau, n in arcs:
        z = z + r / (1 + (1j * W * tau) ** n)
    rng = np.random.default_rng(seed)
    return z + 0.003 * np.abs(z) * (rng.standard_normal(W.size) + 1j * rng.standard_normal(W.size))


def spectrum(z):
    return ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=F, impedance_ohm=z)


@pytest.mark.parametrize("case", CASES)
def test_the_json_is_loaded_and_predicts_what_we_fitted(case, tmp_path):
    circuits = pytest.importorskip("impedance.models.circuits")
    fit = fit_arcs(check_spectrum(spectrum(measured(*CASES[case])), EisCheckSettings()), ArcSettings())
    path = tmp_path / "circuit.json"
    path.write_text(circuit_json(fit, case), encoding="utf-8")
    loaded = circuits.CustomCircuit()
    loaded.load(str(path))
    np.testing.assert_allclose(loaded.predict(F), fit.fitted_ohm, rtol=1e-9)
    assert loaded.circuit == fit.circuit
    names, _ = loaded.get_param_names()
    assert tuple(names) == fit.parameter_names
    sigma = np.array(json.loads(path.read_text())["Confidence"])
    assert np.all(sigma[np.diag(fit.ln_covariance) > 0] > 0)


@pytest.mark.parametrize("element", ["Wo", "Ws"])
def test_a_diffusion_is_the_peers_own_element(element):
    circuits = pytest.importorskip("impedance.models.circuits")
    f = np.geomspace(1e6, 0.05, 70)
    truth = circuits.CustomCircuit(f"p(R1,CPE1)-{element}2", initial_guess=[3000.0, 1e-9, 0.95, 1500.0, 0.8])
    z = truth.predict(f, use_initial=True)
    rng = np.random.default_rng(2)
    z = z + 0.003 * np.abs(z) * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size))
    measured = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=f, impedance_ohm=z)
    fit = fit_arcs(check_spectrum(measured, EisCheckSettings()), ArcSettings())
    assert fit.circuit == f"p(R1,CPE1)-{element}2"
    loaded = circuits.CustomCircuit(fit.circuit, initial_guess=list(fit.parameter_values))
    assert tuple(loaded.get_param_names()[0]) == fit.parameter_names
    np.testing.assert_allclose(loaded.predict(f, use_initial=True), fit.fitted_ohm, rtol=1e-9)
    _, result = pipeline.to_lmfit(fit)
    assert result.params[f"{element}2_1"].value == pytest.approx(fit.diffusion.time_constant.value, rel=1e-3)


def test_a_circuit_built_from_the_string_alone_predicts_the_same():
    circuits = pytest.importorskip("impedance.models.circuits")
    fit = fit_arcs(
        check_spectrum(spectrum(measured(*CASES["three arcs and a tail"])), EisCheckSettings()), ArcSettings()
    )
    built = circuits.CustomCircuit(fit.circuit, initial_guess=list(fit.parameter_values))
    np.testing.assert_allclose(built.predict(F, use_initial=True), fit.fitted_ohm, rtol=1e-9)


@pytest.mark.parametrize("elements", [6, 10, 14])
def test_lin_kk_at_the_same_time_constants_is_the_same(elements, monkeypatch):
    validation = pytest.importorskip("impedance.validation")
    monkeypatch.setitem(validation.circuit_elements, "np", np)  # its namespace lacks np under numpy 2
    z = measured(*CASES["three arcs and a tail"])
    _, mu, fitted, real, imag = validation.linKK(F, z, c=None, max_M=elements, fit_type="complex", add_cap=True)
    mine = solve_linear_kk(W, z, validation.get_tc_distribution(F, elements))
    np.testing.assert_allclose(mine.fitted_ohm, fitted, rtol=1e-6)
    assert mine.mu == pytest.approx(mu, abs=1e-6)
    residual = (z - mine.fitted_ohm) / np.abs(z)
    np.testing.assert_allclose(residual.real, real, atol=1e-6)
    np.testing.assert_allclose(residual.imag, imag, atol=1e-6)
