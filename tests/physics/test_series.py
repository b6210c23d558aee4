"""The series fit recovers resistances and activation energies made by a formula of its own, and knows when it cannot."""

from functools import cache

import numpy as np
import pytest

from pipeline.core.errors import FitError
from pipeline.core.sample import Source
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.series.joint_fit import fit_series
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.model import Arc, CheckedSpectrum, ImpedanceSpectrum, KramersKronig, SpectrumFit
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings, SeriesSettings

KB = 8.617333262e-5
FREQUENCY_HZ = np.geomspace(7e6, 1.0, 70)
COLDEST_K, NOISE, TAU1_S = 203.15, 0.003, 60e-9
TEMPERATURES_K = [203.15 + 10 * i for i in range(6)]
ENERGIES_EV = (0.40, 0.30, 0.25)
EXPONENTS = (0.95, 0.90, 0.85)
NOT_KNOWN = Verdict(level="unresolved", reason="made by the test")


def truth_ohm(temperature_k, energies=ENERGIES_EV):
    """sigma T = sigma0 exp(-Ea/kB T): 3 kohm each at -70 °C."""
    growth = [np.exp(e / KB * (1 / temperature_k - 1 / COLDEST_K)) for e in energies]
    return [3000.0 * temperature_k / COLDEST_K * g for g in growth]


def measured(temperature_k, seed, ratio=5.0, jump=(1.0, 1.0, 1.0), step=(1.0, 1.0, 1.0)) -> SpectrumFit:
    """A spectrum and an ignorant single fit of it: total, blocking and one apex, no split."""
    warm = temperature_k > 230
    r = [x * (s if warm else 1.0) for x, s in zip(truth_ohm(temperature_k), step, strict=True)]
    c = [TAU1_S * ratio**i / 3000.0 * (j if warm else 1.0) for i, j in enumerate(jump)]
    w = 2 * np.pi * FREQUENCY_HZ
    z = sum(a / (1 + (1j * w * a * b) ** n) for a, b, n in zip(r, c, EXPONENTS, strict=True))
    z = z + 1 / (2e-6 * (1j * w) ** 0.85)
    rng = np.random.default_rng(seed)
    z = z * (1 + 0j) + NOISE * np.abs(z) * (rng.standard_normal(w.size) + 1j * rng.standard_normal(w.size))
    spectrum = ImpedanceSpectrum(
        source=Source(file=f"{temperature_k:.0f}K.mpt", format="test"),
        frequency_hz=FREQUENCY_HZ,
        impedance_ohm=z,
        temperature_k=temperature_k,
    )
    flat = np.zeros(w.size)
    kk = KramersKronig(
        level="pass", reason="", n_elements=1, mu=1.0, rms_percent=0.3, noise_percent=0.3,
        residual_real=flat, residual_imag=flat,
    )  # fmt: skip
    checked = CheckedSpectrum(spectrum=spectrum, keep=(True,) * w.size, masks=(), kk=kk, noise=NOISE)
    arc = Arc(
        number=1, resistance=None, cpe_q=None, cpe_exponent=None, capacitance=None,
        apex_hz=1 / (2 * np.pi * sum(r) * c[1]), apex_over_f_max=0.1, verdict=NOT_KNOWN,
    )  # fmt: skip
    return SpectrumFit(
        checked=checked,
        circuit="p(R1,CPE1)-CPE2",
        parameter_names=(),
        parameter_values=(),
        ln_covariance=np.zeros((0, 0)),
        arcs=(arc,),
        total_resistance=Estimate(value=sum(r), sigma=0.001 * sum(r), unit="ohm"),
        series_resistance=None,
        inductance=None,
        blocking_q=Estimate(value=2e-6, sigma=1e-8, unit="F s^(n-1)"),
        blocking_exponent=Estimate(value=0.85, sigma=0.01, unit="1"),
        chi2_reduced=1.0,
        noise=NOISE,
        scores=(),
        fitted_ohm=z,
        verdict=NOT_KNOWN,
    )


@cache
def series(seed, **change):
    fits = [measured(t, 1000 * seed + i, **change) for i, t in enumerate(TEMPERATURES_K)]
    return fit_series("HSE", fits, SeriesSettings())


@pytest.mark.parametrize("seed", range(4))
def test_ratio_five_where_no_single_spectrum_can_be_split(seed):
    found = series(seed)
    assert found.usable.level == "resolved", found.usable.reason
    assert len(found.arcs) == 3
    for arc, energy in zip(found.arcs, ENERGIES_EV, strict=True):
        assert arc.activation_energy_ev.value == pytest.approx(energy, abs=0.003)
        assert arc.resistance_ohm[0].value == pytest.approx(3000, rel=0.06)
        assert abs(arc.activation_energy_ev.value - energy) < 4 * arc.activation_energy_ev.sigma
        assert arc.exponent.value == pytest.approx(EXPONENTS[arc.number - 1], abs=0.02)


def test_resistances_at_25_degrees_follow_the_truth_beyond_the_measured_range():
    found = series(1)
    for estimate, r in zip(found.resistance_25c_ohm, truth_ohm(298.15), strict=True):
        assert abs(estimate.value - r) < 4 * estimate.sigma


def test_a_jump_of_the_capacitances_is_noticed():
    for seed in range(3):
        found = fit_series(
            "HSE",
            [measured(t, 50 * seed + i, jump=(1.0, 2.0, 0.5)) for i, t in enumerate(TEMPERATURES_K)],
            SeriesSettings(),
        )
        assert not found.usable.printable
        assert all(v.level == "unresolved" for a in found.arcs for v in a.verdicts)


def test_a_phase_change_is_noticed():
    fits = [measured(t, 70 + i, step=(0.2, 3.0, 1.0)) for i, t in enumerate(TEMPERATURES_K)]
    assert not fit_series("HSE", fits, SeriesSettings()).usable.printable


def test_two_temperatures_cannot_test_a_line():
    with pytest.raises(FitError, match="HSE: temperature_k: 2 temperature"):
        fit_series("HSE", [measured(t, 0) for t in TEMPERATURES_K[:2]], SeriesSettings())


def test_the_same_data_give_the_same_numbers():
    fits = [measured(t, i) for i, t in enumerate(TEMPERATURES_K)]
    a, b = (fit_series("HSE", fits, SeriesSettings()) for _ in range(2))
    assert a.arcs == b.arcs


def test_ten_times_better_than_one_spectrum_could_be():
    """28/61/34 % is the least sigma of R1..R3 of a single spectrum at ratio 5 (Cramer-Rao bound of the same noise)."""
    errors = [[a.resistance_ohm[0].value / 3000 - 1 for a in series(seed).arcs] for seed in range(4)]
    scatter = np.sqrt(np.mean(np.square(errors), axis=0))
    assert np.all(np.array([0.28, 0.61, 0.34]) / scatter >= 10)


def test_an_arc_that_is_never_reached_withholds_the_series():
    found = fit_series(
        "HSE", [measured(t, i, ratio=30.0) for i, t in enumerate((263.15, 273.15, 283.15))], SeriesSettings()
    )
    assert not found.usable.printable


PELLETS = [  # R ohm, tau s and n at the coldest; Ea eV; noise
    ([(3138, 1.48e-7, 0.936), (1196, 1.05e-6, 0.959)], (0.419, 0.404), 0.0032),
    ([(1641, 1.57e-7, 0.974), (2346, 1.58e-6, 0.885)], (0.445, 0.424), 0.0013),
    ([(3068, 6.64e-8, 0.914), (2864, 2.27e-6, 0.903), (4111, 7.74e-5, 0.910)], (0.426, 0.397, 0.372), 0.0035),
    ([(4401, 3.39e-7, 0.914), (1702, 4.75e-6, 0.868), (6142, 6.67e-5, 0.916)], (0.435, 0.377, 0.342), 0.0012),
]


@pytest.mark.parametrize(("arcs", "energies", "noise"), PELLETS)
def test_a_contact_resistance_does_not_take_an_arcs_place(arcs, energies, noise):
    """5 ohm at every temperature: in an arc's place it leaves two arcs of three, or makes three of two."""
    w = 2 * np.pi * FREQUENCY_HZ
    fits = []
    for i, t in enumerate(np.linspace(COLDEST_K, 303.15, 7)):
        z = 5.0 + 2.3e-7j * w + 1 / (2e-6 * (1j * w) ** 0.85)
        for (r, tau, n), e in zip(arcs, energies, strict=True):
            grow = np.exp(e / KB * (1 / t - 1 / COLDEST_K)) * t / COLDEST_K
            z = z + r * grow / (1 + (1j * w * tau * grow) ** n)
        random = np.random.default_rng([5, i]).standard_normal((2, w.size))
        z = z + noise * np.abs(z) * (random[0] + 1j * random[1])
        s = ImpedanceSpectrum(
            source=Source(file=f"{t:.0f}K.mpt", format="test"),
            frequency_hz=FREQUENCY_HZ,
            impedance_ohm=z,
            temperature_k=t,
        )
        fits.append(fit_arcs(check_spectrum(s, EisCheckSettings()), ArcSettings()))
    found = fit_series("HSE", fits, SeriesSettings())
    assert found.usable.level == "resolved", found.usable.reason
    assert len(found.arcs) == len(arcs)
    for arc, truth in zip(found.arcs, energies, strict=True):
        estimate = arc.activation_energy_ev
        assert abs(estimate.value - truth) < 4 * estimate.sigma
