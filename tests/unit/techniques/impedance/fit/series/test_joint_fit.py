"""The tie of the joint fit is tested on the data, and each way to break it is told apart."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import f

from pipeline.techniques.impedance.fit.series.joint_fit import fit_series
from pipeline.techniques.impedance.settings import SeriesSettings
from tests.synthetic_run import spectrum_fit

KB = 8.617333262e-5
T_K = (203.15, 213.15, 223.15, 233.15, 243.15, 253.15)
COLDEST_K, ENERGY_EV, R_OHM, C_F, N, NOISE = 203.15, 0.30, 3000.0, 5e-10, 0.90, 0.003


def measured(t_k, seed, r_factor=1.0, c_factor=1.0):
    """One arc, R T = const exp(Ea/kB T), and a single fit of it that knows the total and the apex."""
    made = spectrum_fit("HSE", t_k, n_arcs=1)
    spectrum = made.checked.spectrum
    r = r_factor * R_OHM * t_k / COLDEST_K * np.exp(ENERGY_EV / KB * (1 / t_k - 1 / COLDEST_K))
    c = c_factor * C_F
    z = r / (1 + (2j * np.pi * spectrum.frequency_hz * r * c) ** N)
    rng = np.random.default_rng(seed)
    z = z + NOISE * np.abs(z) * (rng.standard_normal(z.size) + 1j * rng.standard_normal(z.size))
    arc = replace(made.arcs[0], apex_hz=1 / (2 * np.pi * r * c))
    checked = replace(made.checked, spectrum=replace(spectrum, impedance_ohm=z), keep=(True,) * z.size, masks=())
    total = replace(made.total_resistance, value=r, sigma=0.001 * r)
    return replace(made, checked=checked, arcs=(arc,), total_resistance=total, blocking_q=None, noise=NOISE)


def joint(r_factors=(1.0,) * 6, c_factors=(1.0,) * 6, seed=0, **settings):
    fits = [measured(t, 10 * seed + i, r, c) for i, (t, r, c) in enumerate(zip(T_K, r_factors, c_factors, strict=True))]
    return fit_series("HSE", fits, SeriesSettings(max_arcs=1, **settings))


TIED = {"allow_drift": False, "allow_kink": False}


@pytest.mark.parametrize("seed", range(3))
def test_a_pellet_that_keeps_the_tie_is_resolved(seed):
    found = joint(seed=seed, **TIED)
    assert found.usable.level == "resolved", found.usable.reason
    (arc,) = found.arcs
    assert arc.activation_energy_ev.value == pytest.approx(ENERGY_EV, abs=4 * arc.activation_energy_ev.sigma)
    assert arc.capacitance.value == pytest.approx(C_F, abs=4 * arc.capacitance.sigma)
    spare = f.sf(found.f_statistic, 6 - 2, 2 * 69 * 6 - 8)  # six free ln R for a line; some eight parameters in all
    assert found.p_value == pytest.approx(spare, rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_capacitances_that_are_not_the_same_everywhere_take_the_joint_fit_away(seed):
    """C up and down by 0.4 %: no residual shows it, free resistances do not mend it, free C do."""
    found = joint(c_factors=(1.004, 0.996) * 3, seed=seed, **TIED)
    assert max(found.residual_rms_per_temperature) < 1.5
    assert found.p_value > 0.003
    assert "reject shared C and n" in found.usable.reason
    assert not found.usable.printable
    assert {v.level for a in found.arcs for v in a.verdicts} == {"unresolved"}


def test_resistances_off_the_line_take_the_joint_fit_away():
    found = joint(r_factors=(1.002, 0.998) * 3, **TIED)
    assert max(found.residual_rms_per_temperature) < 1.5
    assert found.p_value < 0.003
    assert "reject Arrhenius resistances" in found.usable.reason


def test_a_capacitance_that_drifts_is_fitted_and_said():
    """2 % over the 50 K of the series."""
    found = joint(c_factors=tuple(np.exp(0.02 * np.linspace(-0.5, 0.5, 6))), allow_kink=False)
    assert found.drift
    assert found.usable.level == "weak"
    assert "C drifts with T" in found.usable.reason
