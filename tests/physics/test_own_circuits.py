"""A circuit that a person wrote comes back as it was simulated: parameters in their intervals, arcs, and what is the sample's.

Z = R0 + sum R_i/(1 + (j w tau_i)^n_i) + Z0 coth(sqrt(j w t))/sqrt(j w t),  Q_i = tau_i^n_i/R_i,  0.3 % of noise
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import FitError
from pipeline.core.sample import Source
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.circuits.result import fit_circuit
from pipeline.techniques.impedance.model import CheckedSpectrum, ImpedanceSpectrum
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

F = np.geomspace(7e6, 0.05, 75)
S = 2j * np.pi * F
CIRCUIT = "R0-p(R1,CPE1)-p(R2,CPE2)-Wo1"
TRUTH = {
    "R0": 200.0,
    "R1": 3000.0,
    "CPE1_0": 1e-7**0.95 / 3000.0,
    "CPE1_1": 0.95,
    "R2": 2000.0,
    "CPE2_0": 1e-5**0.85 / 2000.0,
    "CPE2_1": 0.85,
    "Wo1_0": 1500.0,
    "Wo1_1": 3.0,
}


def arc(r: float, tau: float, n: float) -> np.ndarray:
    return r / (1 + (S * tau) ** n)


def diffusion(z0: float, tau: float) -> np.ndarray:
    q = np.sqrt(S * tau)
    return z0 / (q * np.tanh(q))


def measured(z: np.ndarray, seed: int, noise: float = 0.003) -> CheckedSpectrum:
    rng = np.random.default_rng(seed)
    z = z * (1 + noise * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size)))
    spectrum = ImpedanceSpectrum(source=Source(file="a.mpt", format="test"), frequency_hz=F, impedance_ohm=z)
    return check_spectrum(spectrum, EisCheckSettings())


CELL = 200.0 + arc(3000.0, 1e-7, 0.95) + arc(2000.0, 1e-5, 0.85) + diffusion(1500.0, 3.0)


def test_parameters_arcs_and_total_of_a_cell_with_diffusion() -> None:
    inside = totals = 0
    for seed in range(10):
        fit = fit_circuit(measured(CELL, seed), CIRCUIT, {}, ArcSettings())
        assert (fit.circuit, fit.parameter_names) == (CIRCUIT, tuple(TRUTH))
        assert fit.chi2_reduced == pytest.approx(1.0, abs=0.5)
        assert [a.verdict.level for a in fit.arcs] == ["resolved", "resolved"]
        estimates = {p.name: p.estimate for p in fit.parameters}
        for name, true in TRUTH.items():
            e = estimates[name]
            assert e is not None
            inside += e.low <= true <= e.high
        assert [a.drawn for a in fit.arcs] == [
            (pytest.approx(fit.parameter_values[i]), pytest.approx(fit.parameter_values[i + 2])) for i in (1, 4)
        ]
        total = fit.total_resistance
        assert total is not None
        assert fit.total_verdict is not None
        assert (fit.total_verdict.level, fit.total_verdict.code) == ("resolved", "determined")
        totals += total.low <= 5200.0 <= total.high
        assert total.value == pytest.approx(5200.0, rel=0.005)
    assert inside >= 0.88 * 10 * len(TRUTH)
    assert totals >= 8


def test_arcs_of_one_kind_stand_from_the_fastest_in_the_order_of_the_text() -> None:
    fit = fit_circuit(measured(CELL, 3), "Wo1-p(CPE7,R7)-p(R3,CPE3)-R0", {}, ArcSettings())
    values = dict(zip(fit.parameter_names, fit.parameter_values, strict=True))
    assert (values["R7"], values["R3"]) == (pytest.approx(3000.0, rel=0.03), pytest.approx(2000.0, rel=0.03))
    first, second = fit.arcs
    assert first.resistance is not None
    assert second.resistance is not None
    assert first.resistance.value == pytest.approx(values["R7"])
    assert (first.number, first.apex_hz) == (1, pytest.approx(1 / (2 * np.pi * 1e-7), rel=0.1))
    assert second.resistance.value == pytest.approx(values["R3"])


def test_a_parameter_that_is_held_stays_and_the_others_make_up_for_it() -> None:
    free = fit_circuit(measured(CELL, 4), CIRCUIT, {}, ArcSettings())
    fit = fit_circuit(measured(CELL, 4), CIRCUIT, {"R0": 200.0, "CPE2_1": 0.85}, ArcSettings())
    held = [p for p in fit.parameters if p.verdict.code == "held"]
    assert [(p.name, p.estimate.value, p.estimate.sigma) for p in held if p.estimate] == [
        ("R0", 200.0, 0.0),
        ("CPE2_1", 0.85, 0.0),
    ]
    assert fit.scores[0].n_parameters == free.scores[0].n_parameters - 2
    assert fit.scores[0].chi2 >= free.scores[0].chi2
    sigma = {name: [p.estimate.sigma for p in f.parameters if p.name == "R2" and p.estimate] for name, f in
             (("free", free), ("held", fit))}  # fmt: skip
    assert sigma["held"] < sigma["free"]


def test_what_the_circuit_does_not_say_is_not_in_a_total() -> None:
    """A charge transfer with diffusion, beside a double layer: its resistances are parameters, and no sample's."""
    z = 50 + 1 / (1 / (400 + diffusion(300.0, 2.0)) + 1e-5 * S**0.9)
    fit = fit_circuit(measured(z, 5), "R0-p(R1-Wo1,CPE1)", {}, ArcSettings())
    assert fit.total_resistance is None
    assert fit.total_verdict is not None
    assert (fit.total_verdict.level, fit.total_verdict.code) == ("refused", "total_unclear")
    assert "p(R1-Wo1,CPE1)" in fit.total_verdict.reason
    values = {p.name: p.estimate for p in fit.parameters}
    assert values["R1"] is not None
    assert values["R1"].value == pytest.approx(400, rel=0.02)
    assert fit.verdict.level == "resolved"


def test_an_element_that_the_data_do_not_show_has_no_number() -> None:
    fit = fit_circuit(measured(CELL, 6), f"{CIRCUIT}-p(R8,CPE8)", {}, ArcSettings())
    withheld = {p.name for p in fit.parameters if p.estimate is None}
    assert withheld
    assert all(p.verdict.level in ("unresolved", "refused") for p in fit.parameters if p.estimate is None)
    assert fit.verdict.level in ("unresolved", "refused")


def test_an_arc_beyond_the_window_is_refused_as_always() -> None:
    fit = fit_circuit(
        measured(arc(3000, 1e-9, 0.95) + arc(2000, 1e-5, 0.9) + diffusion(1500, 3), 7), CIRCUIT, {}, ArcSettings()
    )
    assert (fit.arcs[0].verdict.level, fit.arcs[0].verdict.code) == ("refused", "apex_beyond_window")
    assert fit.arcs[0].resistance is None


def test_a_circuit_that_does_not_describe_the_data_ends_the_fit() -> None:
    with pytest.raises(FitError, match="rms misfit") as told:
        fit_circuit(measured(CELL, 8), "R0-C1", {}, ArcSettings())
    assert (told.value.source, told.value.field) == ("a.mpt", "circuit")
    with pytest.raises(FitError, match="no element 'Q'"):
        fit_circuit(measured(CELL, 8), "R0-Q1", {}, ArcSettings())


def test_the_same_data_give_the_same_numbers() -> None:
    one, two = (fit_circuit(measured(CELL, 9), CIRCUIT, {}, ArcSettings()) for _ in range(2))
    assert one.parameter_values == two.parameter_values
