"""Others fit a headline spectrum again from our minimum: they stay there, and a wrong one of ours they leave."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.circuits.result import fit_circuit
from pipeline.techniques.impedance.fit.second_opinion import Again, ask_others
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.headline_spectra import headline_spectra
from pipeline.techniques.impedance.model import ImpedanceSpectrum, SpectrumFit
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings

F = np.geomspace(7e6, 1.0, 69)
S = 2j * np.pi * F


def fitted(kelvin: float | None = 203.15, circuit: str = "") -> SpectrumFit:
    rng = np.random.default_rng(5)
    z = 12 + S * 2e-6 + 3000 / (1 + (S * 60e-9) ** 0.95) + 2000 / (1 + (S * 3e-6) ** 0.9) + 1 / (2e-6 * S**0.85)
    z = z * (1 + 0.003 * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size)))
    spectrum = ImpedanceSpectrum(
        source=Source(file=f"{kelvin}.mpt", format=""), frequency_hz=F, impedance_ohm=z, temperature_k=kelvin
    )
    checked = check_spectrum(spectrum, EisCheckSettings())
    return fit_circuit(checked, circuit, {"L0": 2e-6}, ArcSettings()) if circuit else fit_arcs(checked, ArcSettings())


def test_both_programs_stay_at_our_minimum_with_our_errors():
    pytest.importorskip("impedance")
    found = ask_others("A", [fitted()])
    assert [o.program.split()[0] for o in found] == ["impedance.py", "lmfit"]
    for o in found:
        assert (o.sample, o.file, o.temperature_k) == ("A", "203.15.mpt", 203.15)
        assert (o.verdict.level, o.verdict.code) == ("resolved", "agrees")
        assert o.chi2_ratio == pytest.approx(1.0, abs=1e-6)
        assert o.names == fitted().parameter_names
        assert max(abs(d) for d in o.difference_sigmas if d is not None) < 0.05
        assert o.sigma_ratios == (pytest.approx(1.0, rel=0.05),) * len(o.names)


def test_skewed_arcs_and_diffusion_are_asked_about_too():
    rng = np.random.default_rng(2)
    root = np.sqrt(S * 2.0)
    z = 3000 / (1 + S * 60e-9) ** 0.7 + 2000 / (1 + (S * 1e-4) ** 0.9) + 800 / (root * np.tanh(root))
    z = z * (1 + 0.002 * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size)))
    spectrum = ImpedanceSpectrum(source=Source(file="b", format=""), frequency_hz=F, impedance_ohm=z)
    fit = fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings())
    assert "HN" in fit.circuit
    for o in ask_others("B", [fit]):
        assert o.verdict.level in ("resolved", "weak"), o.verdict.reason
        assert o.chi2_ratio == pytest.approx(1.0, abs=1e-4)


def test_what_the_study_holds_is_held_for_them_too():
    found = ask_others("A", [fitted(circuit="L0-R0-p(R1,CPE1)-p(R2,CPE2)-CPE3")])
    assert [("L0" in o.names, o.verdict.code) for o in found] == [(False, "agrees")] * 2


def test_a_minimum_of_ours_that_is_none_is_told():
    fit = fitted()
    values = np.array(fit.parameter_values)
    values[fit.parameter_names.index("R1")] *= 1.02
    worse = replace(fit, parameter_values=tuple(values.tolist()), fitted_ohm=fit.fitted_ohm * 1.01)
    for o in ask_others("A", [worse]):
        assert (o.verdict.level, o.verdict.code) == ("unresolved", "lower_minimum")
        assert o.chi2_ratio < 1


def test_a_program_that_gives_up_is_an_answer():
    def gives_up():
        raise RuntimeError("no fit after 3000 evaluations")

    o = Again("A", fitted()).answer("other 1.0", gives_up)
    assert (o.verdict.code, o.chi2_ratio, o.names) == ("gave_up", None, ())
    assert "no fit after 3000" in o.verdict.reason


def test_headlines_are_the_coldest_and_the_one_nearest_25_c():
    fit = fitted()

    def at(kelvin: float | None, name: str) -> SpectrumFit:
        spectrum = replace(fit.checked.spectrum, temperature_k=kelvin, source=Source(file=name, format=""))
        return replace(fit, checked=replace(fit.checked, spectrum=spectrum))

    def names(*fits: SpectrumFit) -> list[str]:
        return [f.checked.spectrum.source.file for f in headline_spectra(fits)]

    warm, cold, room, again = at(333.0, "warm"), at(203.0, "cold"), at(297.0, "room"), at(203.0, "again")
    assert names(warm, cold, again, room) == ["cold", "room"]
    assert names(cold, again) == ["cold"]
    assert names(at(None, "unknown"), at(None, "other")) == ["unknown"]
    assert names(at(None, "unknown"), warm) == ["warm"]
    assert names() == []
