"""A joint fit in numbers, by hand: resistances along two Arrhenius lines with a drift of C, each rule of a verdict."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, pi, sqrt
from typing import Any

import numpy as np
import pytest

from pipeline.core.values import Verdict
from pipeline.techniques.impedance.fit.series.assumption_tests import TieTests
from pipeline.techniques.impedance.fit.series.model import SeriesModel, arrhenius_design
from pipeline.techniques.impedance.fit.series.result import Solution, build_series
from pipeline.techniques.impedance.fit.single.circuit import Circuit
from pipeline.techniques.impedance.model import SeriesFit, SpectrumFit
from tests.conduction_points import KB
from tests.synthetic_run import spectrum_fit

T_REF = 250.0
KELVIN = (240.0, 250.0, 300.0)
GOOD = Verdict(level="resolved", reason="kept", code="tie_kept")
LN_R, EA = (log(200.0), log(1000.0)), (0.30, 0.40)
LN_C, DRIFT = (log(5e-10), log(4e-11)), (0.01, -0.02)
EXPONENT = (0.85, 0.92)
SIGMA = np.array([0.03, 0.004, 0.02, 0.003, 0.05, 0.001, 0.06, 0.002, 0.007, 0.008])
"""Of ln R and Ea of both arcs, of ln C and its drift, of n; ln R and Ea of the second are correlated."""


def fits(f_max: float = 1e7) -> list[SpectrumFit]:
    out = []
    for i, t in enumerate(KELVIN):
        fit = spectrum_fit("A", t, file=f"{t:g}.mpt", loop=i + 1)
        spectrum = fit.checked.spectrum
        f = spectrum.frequency_hz * f_max / spectrum.frequency_hz.max()
        out.append(replace(fit, checked=replace(fit.checked, spectrum=replace(spectrum, frequency_hz=f))))
    return out


def solved(f_max: float = 1e7, scale: float = 1.0, **more: Any) -> SeriesFit:
    """The first arc of the solution is the slower one."""
    model = SeriesModel(
        circuit=Circuit(n_arcs=2),
        resistance_design=arrhenius_design(list(KELVIN), T_REF, None),
        capacitance_design=np.column_stack([np.ones(3), (np.array(KELVIN) - T_REF) / 10]),
        offset=np.log(np.array(KELVIN) / T_REF),
    )
    theta = np.array([LN_R[0], EA[0], LN_R[1], EA[1], LN_C[0], DRIFT[0], LN_C[1], DRIFT[1], *EXPONENT])
    covariance = np.diag((scale * SIGMA) ** 2)
    covariance[2, 3] = covariance[3, 2] = 0.5 * scale**2 * SIGMA[2] * SIGMA[3]
    of = {
        "model": model,
        "theta": theta,
        "covariance": covariance,
        "t_ref_k": T_REF,
        "basis": "sigma_T",
        "kink_k": None,
        "chi2_reduced": 1.1,
        "hits": 3,
        "tests": TieTests(free_resistances=(1.2, 0.31), all_free=(1.4, 0.052), rms=np.array([1.0, 1.1, 1.2])),
        "usable": GOOD,
    }
    return build_series("A", fits(f_max), Solution(**(of | more)))


def resistance(arc: int, kelvin: float, power: float = 1.0) -> tuple[float, float]:
    """R = R_ref (T/T_ref)^b exp(Ea/kB (1/T - 1/T_ref)), its relative sigma of ln R, Ea and what they share."""
    u = (1 / kelvin - 1 / T_REF) / KB
    s_r, s_e = SIGMA[2 * arc], SIGMA[2 * arc + 1]
    shared = 2 * u * 0.5 * s_r * s_e if arc == 1 else 0.0
    value = exp(LN_R[arc] + EA[arc] * u) * (kelvin / T_REF) ** power
    return value, sqrt(s_r**2 + (u * s_e) ** 2 + shared)


def test_arcs_from_the_fastest_with_their_errors_at_every_temperature_and_at_25_degrees() -> None:
    """tau = R C is 1e-7 s of the first, 4e-8 s of the second: they change places."""
    found = solved(scale=1.0)
    for arc, i in zip(found.arcs, (1, 0), strict=True):
        assert (arc.activation_energy_ev.value, arc.activation_energy_ev.sigma) == (
            EA[i],
            pytest.approx(SIGMA[2 * i + 1]),
        )
        r = exp(LN_R[i])
        assert (arc.resistance_at_t_ref.value, arc.resistance_at_t_ref.sigma) == pytest.approx((r, r * SIGMA[2 * i]))
        c = exp(LN_C[i])
        assert (arc.capacitance.value, arc.capacitance.sigma) == pytest.approx((c, c * SIGMA[4 + 2 * i]))
        assert (arc.exponent.value, arc.exponent.sigma) == (EXPONENT[i], pytest.approx(SIGMA[8 + i]))
        units = arc.activation_energy_ev.unit, arc.resistance_at_t_ref.unit, arc.capacitance.unit, arc.exponent.unit
        assert units == ("eV", "ohm", "F", "1")
        for kelvin, e, apex in zip(KELVIN, arc.resistance_ohm, arc.apex_hz, strict=True):
            value, relative = resistance(i, kelvin)
            assert (e.value, e.sigma, e.unit) == (pytest.approx(value), pytest.approx(value * relative), "ohm")
            assert e.high / e.value == pytest.approx(exp(1.959964 * relative))
            capacitance = exp(LN_C[i] + DRIFT[i] * (kelvin - T_REF) / 10)
            assert apex == pytest.approx(1 / (2 * pi * value * capacitance))
    for basis, power in (("sigma_T", 1.0), ("sigma", 0.0)):
        for i, e in zip((1, 0), solved(basis=basis).resistance_25c_ohm, strict=True):
            value, relative = resistance(i, 298.15, power)
            assert (e.value, e.sigma, e.unit) == (pytest.approx(value), pytest.approx(value * relative), "ohm")
    assert [a.number for a in found.arcs] == [1, 2]


def test_what_a_joint_fit_says_of_itself() -> None:
    found = solved()
    assert (found.sample, found.files, found.loops) == ("A", ("240.mpt", "250.mpt", "300.mpt"), (1, 2, 3))
    assert (found.temperature_k, found.t_ref_k, found.drift, found.kink_temperature_k) == (KELVIN, T_REF, True, None)
    assert (found.f_statistic, found.p_value, found.chi2_reduced, found.usable) == (1.2, 0.31, 1.1, GOOD)
    assert found.residual_rms_per_temperature == (1.0, 1.1, 1.2)
    (note,) = found.findings
    text = "p = 0.31 against free resistances, p = 0.052 against everything free"
    assert note.problem == f"2 arc(s), 3 independent start(s) met the best cost; {text}"
    assert (note.severity, note.field) == ("info", "series")


@pytest.mark.parametrize(("second", "close"), [(0.3299, True), (0.3301, False), (0.2701, True), (0.2699, False)])
def test_energies_within_30_mev_are_told(second: float, close: bool) -> None:
    theta = np.array([LN_R[0], 0.30, LN_R[1], second, LN_C[0], 0.0, LN_C[1], 0.0, *EXPONENT])
    told = [f for f in solved(theta=theta).findings if f.field == "activation_energy_ev"]
    assert [f.severity for f in told] == (["warning"] if close else [])


def one(scale: float = 1.0, f_max: float = 1e7, **more: Any) -> Verdict:
    """Of the slower arc at 250 K: apex at 1.59 MHz, sigma 3 % times ``scale``."""
    return solved(f_max, scale, **more).arcs[1].verdicts[1]


APEX = 1 / (2 * pi * 1e-7)


@pytest.mark.parametrize(
    ("verdict", "level", "code", "reason"),
    [
        (one(), "resolved", "determined", "sigma 3.0%, apex at 0.159 f_max"),
        (one(0.0499 / 0.03), "resolved", "determined", "sigma 5.0%, apex at 0.159 f_max"),
        (one(0.0501 / 0.03), "weak", "wide", "sigma 5.0%, apex at 0.159 f_max"),
        (one(0.1999 / 0.03), "weak", "wide", "sigma 20%, apex at 0.159 f_max"),
        (one(0.2001 / 0.03), "unresolved", "too_wide", "sigma 20%, apex at 0.159 f_max: worse than 20 %"),
        (one(f_max=APEX / 2.99), "resolved", "determined", "sigma 3.0%, apex at 2.99 f_max"),
        (one(f_max=APEX / 3.01), "weak", "carried_by_tie",
         "sigma 3.0%, apex at 3.01 f_max: carried here by the Arrhenius tie, not by this spectrum"),
        (one(usable=Verdict(level="unresolved", reason="broken", code="tie_broken")), "unresolved", "tie_broken",
         "the series may not be used: broken"),
        (one(usable=Verdict(level="weak", reason="drift", code="drift")), "resolved", "determined",
         "sigma 3.0%, apex at 0.159 f_max"),
    ],
)  # fmt: skip
def test_every_rule_of_a_resistance(verdict: Verdict, level: str, code: str, reason: str) -> None:
    assert verdict == Verdict(level=level, reason=reason, code=code)
