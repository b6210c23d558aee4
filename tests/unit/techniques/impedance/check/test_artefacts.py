"""Points that do not belong are masked by name."""

import numpy as np
import pytest

from pipeline.core.errors import CheckError
from pipeline.core.sample import Source
from pipeline.techniques.impedance.check.artefacts import near_mains, rising_head
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.model import ImpedanceSpectrum
from pipeline.techniques.impedance.settings import EisCheckSettings

F = np.geomspace(1e6, 1.0, 61)
W = 2 * np.pi * F
CELL = 50 + 1000 / (1 + (1j * W * 1e-4) ** 0.92) + 1 / (1e-4 * (1j * W) ** 0.9)


def checked(z, seed=0, quality=None, noise=0.002, f=F):
    rng = np.random.default_rng(seed)
    z = z + noise * np.abs(z) * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size))
    spectrum = ImpedanceSpectrum(
        source=Source(file="x.mpt", format=""), frequency_hz=f, impedance_ohm=z, quality=quality or {}
    )
    return check_spectrum(spectrum, EisCheckSettings())


def test_a_mains_harmonic_is_masked_earlier_than_other_points():
    f = np.sort(np.append(F, 50.0))[::-1]
    w = 2 * np.pi * f
    z = 50 + 1000 / (1 + (1j * w * 1e-4) ** 0.92) + 1 / (1e-4 * (1j * w) ** 0.9)
    at = int(np.argmin(np.abs(f - 50)))
    z[at] *= 1.04
    found = checked(z, f=f)
    assert [m.indices for m in found.masks] == [(at,)]
    assert "mains harmonic of 50 Hz" in found.masks[0].reason


@pytest.mark.parametrize(("f", "harmonic"), [(50.2, 50.0), (119.0, 120.0), (300.0, 300.0), (55.0, None), (1e5, None)])
def test_mains(f, harmonic):
    assert near_mains(f) == harmonic


def test_an_overloaded_point_is_named_by_its_recorded_distortion():
    z, thd = CELL.copy(), np.full(61, 1.0)
    z[20] *= 1.06
    thd[20] = 35.0
    found = checked(z, quality={"THD I/%": tuple(thd)})
    assert [m.indices for m in found.masks] == [(20,)]
    assert "THD I/% is 35" in found.masks[0].reason


def test_a_distorted_point_that_fits_is_kept_but_said():
    thd = np.full(61, 1.0)
    thd[5] = 35.0
    found = checked(CELL, quality={"THD I/%": tuple(thd)})
    assert all(found.keep)
    assert any("THD" in n.field for n in found.findings)


def test_a_lead_that_turns_capacitive_and_rises_is_masked_at_the_fast_end():
    z = CELL.copy()
    z[:6] = z[:6] * np.exp(np.linspace(1.5, 0.25, 6)) * np.exp(-1j * np.linspace(1.2, 0.3, 6))
    assert rising_head(F, z) in (5, 6)
    found = checked(z)
    assert found.masks[0].indices[0] == 0
    assert "high-frequency artefact" in found.masks[0].reason
    assert rising_head(F, CELL) == 0
    assert rising_head(F, CELL + 1j * W * 1e-4) == 0, "an inductance is no artefact"


def test_scatter_alone_is_refused_in_one_line():
    with pytest.raises(CheckError, match=r"x.mpt: impedance_ohm: the points scatter by \d+% of"):
        checked(CELL, noise=0.6)


def test_much_noise_is_not_decided():
    assert checked(CELL, noise=0.09).kk.level == "cannot decide"
