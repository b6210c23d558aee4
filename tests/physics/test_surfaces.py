"""Photoelectron spectra whose truth is known: fractions and their intervals, the number of species, states, reference, shapes.

The full size (200 seeds) is benchmarks/surfaces.py; tests/synthetic_spectra.py has the formula, which shares nothing with the fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.values import Estimate
from pipeline.techniques.surfaces.check import check_spectrum
from pipeline.techniques.surfaces.fit.line_shapes import (
    asymmetric_line,
    doniach,
    fixed_width,
    sum_line,
    voigt,
    voigt_width,
)
from pipeline.techniques.surfaces.fit.spectrum import fit_spectrum
from pipeline.techniques.surfaces.fit.states import compare_states
from pipeline.techniques.surfaces.model import (
    ChargeReference,
    FixedShape,
    Spectrum,
    SpectrumRow,
    StateChange,
    SurfaceFit,
    Wanted,
)
from pipeline.techniques.surfaces.settings import LineSettings, SpectrumCheckSettings
from tests.synthetic_spectra import TWO, Species, spectrum

NAMED = (Wanted(name="PS4", be_ev=(160.5, 162.5)), Wanted(name="P-S-P", be_ev=(162.5, 164.5)))
THIRD = Wanted(name="S-S", be_ev=(164.0, 166.0))
ROW = SpectrumRow(name="a.vms S 2p", sample="A", files=("a.vms",), region="S 2p", wanted=NAMED)
ONE = (Species(share=1.0, be_ev=161.5),)
SEEDS = 24


def fit(measured: Spectrum, row: SpectrumRow = ROW) -> SurfaceFit:
    (checked,) = check_spectrum(measured, row, SpectrumCheckSettings())
    return fit_spectrum(checked, row, LineSettings())


def share_of(f: SurfaceFit, i: int = 0) -> Estimate:
    share = f.components[i].area_fraction
    assert share is not None
    return share


@pytest.mark.parametrize(("background", "step"), [("shirley", 0.03), ("linear", 0.0)])
def test_fractions_are_right_and_their_intervals_hold(background: str, step: float) -> None:
    row = replace(ROW, background=background)
    fits = [fit(spectrum(s, step=step), row) for s in range(SEEDS)]
    shares = [share_of(f) for f in fits]
    values = np.array([s.value for s in shares])
    assert abs(values.mean() - 0.4) < 0.002
    # of 24 a standard deviation is known to 15 %, and 20 or more of 24 are inside in 99.4 % of such tests
    assert np.std(values, ddof=1) == pytest.approx(np.mean([s.sigma for s in shares]), rel=0.4)
    assert sum(s.low <= 0.4 <= s.high for s in shares) >= SEEDS - 4
    assert np.mean([f.chi2_reduced for f in fits]) == pytest.approx(1.0, abs=0.1)
    energies = [f.components[1].binding_energy for f in fits]
    assert np.mean([e.value for e in energies if e]) == pytest.approx(163.3, abs=0.003)
    assert all(c.verdict.code == "found" for f in fits for c in f.components)


def test_a_third_species_is_not_asked_for() -> None:
    for seed in range(8):
        found = fit(spectrum(1000 + seed), replace(ROW, wanted=(*NAMED, THIRD)))
        third = found.components[2]
        assert (third.verdict.level, third.verdict.code) == ("unresolved", "not_needed")
        assert third.area_fraction is None
        assert third.upper95 is not None
        assert 0 < third.upper95 < 0.03


def test_without_names_two_are_found_and_numbered_by_energy() -> None:
    for seed in range(3):
        found = fit(spectrum(2000 + seed), replace(ROW, wanted=()))
        assert [c.name for c in found.components] == ["1", "2"]
        energies = [c.binding_energy.value for c in found.components if c.binding_energy]
        assert energies == pytest.approx([161.5, 163.3], abs=0.03)
        assert share_of(found).value == pytest.approx(0.4, abs=0.01)


def test_a_species_that_the_study_does_not_name_is_told() -> None:
    three = (*TWO, Species(share=0.1, be_ev=167.0))
    found = fit(spectrum(5, three))
    assert {"further_wanted"} <= set(found.components[0].verdict.code.split())
    (told,) = (f for f in found.findings if f.code == "further_wanted")
    assert "167.0" in told.problem


def test_a_reference_that_is_off_moves_energies_alone() -> None:
    here, away = (fit(spectrum(3), replace(ROW, reference=ChargeReference(shift_ev=s))) for s in (0.0, 0.3))
    for a, b in zip(here.components, away.components, strict=True):
        assert a.binding_energy is not None
        assert b.binding_energy is not None
        assert b.binding_energy.value - a.binding_energy.value == pytest.approx(0.3, abs=1e-4)
        assert b.binding_energy.sigma == pytest.approx(np.hypot(0.2, b.binding_sigma_fit_ev))
    assert share_of(away).value == pytest.approx(share_of(here).value, abs=1e-5)
    assert share_of(away).sigma == pytest.approx(share_of(here).sigma, rel=1e-3)


def change(seed: int, after: Sequence[Species], **more: float) -> StateChange:
    a = fit(spectrum(seed, ONE, area=1e4))
    b = fit(spectrum(seed + 500_000, after, area=1e4, state="4V", file="b.vms", **more))
    (found,) = compare_states("A", (a, b), LineSettings())
    assert isinstance(found, StateChange)
    return found


def test_a_new_species_of_five_per_cent_is_found() -> None:
    found = [change(s, (Species(share=0.95, be_ev=161.5), Species(share=0.05, be_ev=163.3))) for s in range(8)]
    z = [f.changes[1].significance for f in found]
    assert sum(one is not None and one > 3 for one in z) >= 7
    values = [f.changes[1].change for f in found]
    assert np.mean([v.value for v in values if v]) == pytest.approx(0.05, abs=0.006)
    assert all(f.changes[1].upper95 > 0.05 or z > 3 for f, z in zip(found, z, strict=True))  # type: ignore[operator]


def test_of_none_there_is_an_upper_limit() -> None:
    for seed in range(5):
        found = change(seed, ONE).changes
        assert found[1].upper95 is not None
        assert 0 < found[1].upper95 < 0.06
        assert found[1].verdict.level in ("unresolved", "weak")


def test_charging_between_two_states_is_no_change_of_species() -> None:
    """Referenced to the same C 1s or not: one shift stands between the states."""
    a = fit(spectrum(1, TWO))
    b = fit(spectrum(2, TWO, state="4V", shift_ev=0.4), replace(ROW, reference=ChargeReference(shift_ev=-0.2)))
    (found,) = compare_states("A", (a, b), LineSettings())
    assert isinstance(found, StateChange)
    assert found.together
    assert all(abs(c.significance or 0) < 3 for c in found.changes)


def test_the_only_species_has_no_share_that_could_change() -> None:
    found = change(0, ONE).changes[0]
    assert (found.change, found.upper95, found.significance) == (None, None, None)
    assert (found.verdict.level, found.verdict.code) == ("unresolved", "alone")


X = np.linspace(-12, 12, 2401)


def test_a_voigt_line_is_its_convolution() -> None:
    """Lorentzians at 2001 places under a Gaussian; the formula of the width holds to 0.02 %."""
    made = voigt(X, 1.0, 0.4)
    places = np.linspace(-3.0, 3.0, 2001)
    weights = np.exp(-4 * np.log(2) * places**2)
    lines = 0.2 / np.pi / ((X[:, None] - places) ** 2 + 0.04)
    assert made.line == pytest.approx(lines @ weights / weights.sum(), abs=1e-6)
    rising = X < 0
    half = float(np.interp(made.line.max() / 2, made.line[rising], X[rising]))
    assert -2 * half == pytest.approx(voigt_width(1.0, 0.4), rel=3e-4)


def test_an_asymmetric_line_falls_slowly_towards_high_binding_energy() -> None:
    for made in (doniach(X, 0.6, 0.3, 0.12), asymmetric_line(X, 0.6, FixedShape(tail=0.6, steep=3.0))):
        top = float(X[np.argmax(made.line)])
        right, left = (float(np.interp(top + d, X, made.line)) for d in (3.0, -3.0))
        assert right > 3 * left


def test_a_doniach_line_without_asymmetry_is_a_voigt_line_whose_tails_end() -> None:
    """exp(-(x / 20 eV)^2) takes (L / 2 pi) 2 sqrt(pi) / 20 eV off the area, 0.85 %, which the rest then has more."""
    lost = 0.15 / np.pi * 2 * np.sqrt(np.pi) / 20.0
    made, whole = doniach(X, 0.6, 0.3, 0.0).line, voigt(X, 0.6, 0.3).line
    near = np.abs(X) < 3
    assert made[near] * (1 - lost) == pytest.approx(whole[near], abs=1e-3)


def test_a_sum_of_gaussian_and_lorentzian() -> None:
    made = sum_line(X, 1.5, 0.3)
    gauss = np.exp(-4 * np.log(2) * (X / 1.5) ** 2)
    assert made.line / made.line.max() == pytest.approx(
        (0.7 * gauss * np.sqrt(4 * np.log(2) / np.pi) + 0.3 * 2 / np.pi / (1 + 4 * (X / 1.5) ** 2))
        / (0.7 * np.sqrt(4 * np.log(2) / np.pi) + 0.6 / np.pi)
    )
    assert fixed_width(FixedShape(lorentz_fraction=0.3)) == 1.0


@pytest.mark.parametrize(
    ("shape", "within"), [("voigt", 1e-5), ("sum", 1e-5), ("doniach", 2.5e-3), ("asymmetric", 2.5e-3)]
)
def test_derivatives_are_those_of_differences(shape: str, within: float) -> None:
    """Exact for closed forms; those that are convolved stand on grids of 0.02 eV and of 0.01 of a width."""

    def at(gauss: float = 1.1, lorentz: float = 0.4, asymmetry: float = 0.1, dx: float = 0.0):
        match shape:
            case "voigt":
                return voigt(X - dx, gauss, lorentz)
            case "doniach":
                return doniach(X - dx, gauss, lorentz, asymmetry)
            case "sum":
                return sum_line(X - dx, gauss, 0.3)
        return asymmetric_line(X - dx, gauss, FixedShape(tail=0.5, steep=5.0))

    h = 2e-2 if shape == "asymmetric" else 1e-3  # its grid is 0.01 of the width
    for name, slope in (("dx", at().by_place), ("gauss", at().by_gauss), ("lorentz", at().by_lorentz)):
        base = {"dx": 0.0, "gauss": 1.1, "lorentz": 0.4}[name]
        numeric = (at(**{name: base + h}).line - at(**{name: base - h}).line) / (2 * h)
        assert slope == pytest.approx(numeric, abs=within * max(float(np.abs(numeric).max()), 1e-9)), name
