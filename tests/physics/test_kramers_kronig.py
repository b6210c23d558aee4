"""The Kramers-Kronig check passes what is causal, catches what is not, and says when it cannot decide."""

import numpy as np
import pytest

from pipeline.core.errors import CheckError
from pipeline.core.sample import Source
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.settings import EisCheckSettings

F = np.geomspace(7e6, 1.0, 70)
W = 2 * np.pi * F
K = np.arange(70)


def cell(ratio):
    z = 1 / (2e-6 * (1j * W) ** 0.85)
    for i, n in enumerate((0.95, 0.90, 0.85)):
        z = z + 3000 / (1 + (1j * W * 60e-9 * ratio**i) ** n)
    return z


FAULTS = {
    "clean": lambda z: z,
    "20 % drift": lambda z: z * (1 + 0.2 * K / 69),
    "5 % drift": lambda z: z * (1 + 0.05 * K / 69),
    "phase ramp over 8 points": lambda z: z * np.exp(1j * np.deg2rad(np.clip(8 - K, 0, None))),
    "conjugated": np.conj,
}


def checked(fault, seed, mask_hz=()):
    z = fault(cell((5, 10, 30, 100)[seed % 4]))
    rng = np.random.default_rng(seed)
    z = z + 0.003 * np.abs(z) * (rng.standard_normal(70) + 1j * rng.standard_normal(70))
    spectrum = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=F, impedance_ohm=z)
    return check_spectrum(spectrum, EisCheckSettings(), mask_hz=mask_hz)


@pytest.mark.parametrize(
    ("name", "level", "at_least"),
    [("clean", "pass", 19), ("20 % drift", "fail", 20), ("phase ramp over 8 points", "fail", 18), ("conjugated", "fail", 20),
     ("5 % drift", "cannot decide", 16)],
)  # fmt: skip
def test_verdicts(name, level, at_least):
    found = [checked(FAULTS[name], seed).kk.level for seed in range(20)]
    assert found.count(level) >= at_least, found


def test_one_outlier_is_found_at_its_index_and_masked_with_the_reason():
    for seed in range(10):
        index = 10 + 5 * seed

        def outlier(z, index=index):
            z = z.copy()
            z[index] *= 1.05
            return z

        found = checked(outlier, seed)
        assert found.kk.level != "fail", "one point does not speak against the others"
        assert found.kk.reason.startswith("1 of 70 points is wild")
        assert [m.indices for m in found.masks] == [(index,)]
        assert "wild" in found.masks[0].reason
        assert not found.keep[index]


def test_a_turned_phase_is_masked_whole_not_at_its_corner():
    """The relaxations follow the ramp itself: only its corner stands out, and masking that would keep what is wrong."""
    found = [checked(FAULTS["phase ramp over 8 points"], seed) for seed in range(20)]
    cut = [int(np.sum(~np.array(c.keep))) for c in found]
    assert sum(n in (7, 8, 9) for n in cut) >= 18, cut
    for c, n in zip(found, cut, strict=True):
        assert not any(c.keep[:n])
        assert all("phase turns" in m.reason for m in c.masks)


def test_the_noise_level_is_found():
    noise = [checked(FAULTS["clean"], seed).noise for seed in range(20)]
    assert np.mean(noise) == pytest.approx(0.003, rel=0.07)


def test_perfect_blocking_passes_though_its_capacitance_diverges():
    z = 100 + 1e4 / (1 + 1j * W * 1e-6) + 1 / (1j * W * 1e-6)
    rng = np.random.default_rng(0)
    z = z * (1 + 0.002 * (rng.standard_normal(70) + 1j * rng.standard_normal(70)))
    found = check_spectrum(
        ImpedanceSpectrum(source=Source(file="x", format=""), frequency_hz=F, impedance_ohm=z), EisCheckSettings()
    )
    assert found.kk.level == "pass", found.kk.reason


def test_a_persons_band_is_masked_and_counted():
    found = checked(FAULTS["clean"], 1, mask_hz=((5e6, 8e6),))
    assert found.masks[0].indices == (0, 1)
    assert "by a person" in found.masks[0].reason


def test_a_warm_cell_of_which_only_resistance_and_cable_show_is_no_sign_misread():
    w = 2 * np.pi * F
    rng = np.random.default_rng(3)
    for true, level in ((26 + 2e-6j * w, "pass"), (26 - 1 / (2e-6j * w), "fail")):  # the second one is conjugated
        z = true + 0.003 * np.abs(true) * (rng.standard_normal(w.size) + 1j * rng.standard_normal(w.size))
        s = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=F, impedance_ohm=z)
        assert np.mean(z.imag > 0) > 0.6
        assert check_spectrum(s, EisCheckSettings()).kk.level == level


def test_too_few_points_and_negative_real_parts_are_refused_in_one_line():
    short = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=F[:5], impedance_ohm=cell(30)[:5])
    with pytest.raises(CheckError, match=r"x.mpt: frequency_hz: 5 usable point\(s\) of 5, 10 needed"):
        check_spectrum(short, EisCheckSettings())
    wrong = ImpedanceSpectrum(source=Source(file="x.mpt", format=""), frequency_hz=F, impedance_ohm=-cell(30).conj())
    with pytest.raises(CheckError, match="Re Z is negative"):
        check_spectrum(wrong, EisCheckSettings())


@pytest.mark.parametrize("ohm", [1e300, 1e-200])
def test_an_overload_mark_is_no_impedance(ohm):
    f = np.geomspace(1e6, 1, 40)
    marks = ImpedanceSpectrum(
        source=Source(file="a.mpt", format="x"), frequency_hz=f, impedance_ohm=np.full(40, ohm * (1 - 1j)), loop=1
    )
    with pytest.raises(CheckError, match="0 usable"):
        check_spectrum(marks, EisCheckSettings())
