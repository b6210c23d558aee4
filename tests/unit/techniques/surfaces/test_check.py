"""Spikes, windows, the size of the noise, and the charge reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.errors import CheckError
from pipeline.techniques.surfaces.check import carbon_place, check_spectrum
from pipeline.techniques.surfaces.model import ChargeReference, CheckedSpectrum, Spectrum, SpectrumRow
from pipeline.techniques.surfaces.settings import SpectrumCheckSettings
from tests.synthetic_spectra import Species, expected, grid, spectrum

ROW = SpectrumRow(name="a", sample="A", files=("a",), region="S 2p")
CARBON = grid(280, 292)


def check(measured: Spectrum, row: SpectrumRow = ROW) -> CheckedSpectrum:
    (found,) = check_spectrum(measured, row, SpectrumCheckSettings())
    return found


def carbon(place: float, seed: int = 0) -> np.ndarray:
    one = Species(share=1, be_ev=place, splitting_ev=0, ratio=0)
    return np.random.default_rng(seed).poisson(expected(CARBON, [one], area=2e4)).astype(float)


def test_counts_are_poisson_and_nothing_is_said() -> None:
    found = check(spectrum(0))
    assert found.noise == 1.0
    assert found.shift_ev is None
    assert [f.code for f in found.findings] == ["no_reference"]
    assert not found.masks


def test_carbon_brings_the_energies_to_their_scale() -> None:
    places = [carbon_place(CARBON, carbon(286.1, s)) for s in range(30)]
    values = np.array([p.value for p in places if p])
    assert values.mean() == pytest.approx(286.1, abs=0.02)
    assert values.std() == pytest.approx(np.mean([p.sigma for p in places if p]), rel=0.6)
    row = replace(ROW, reference=ChargeReference(c1s_ev=284.8, c1s_sigma_ev=0.1))
    found = check(replace(spectrum(0), carbon_ev=CARBON, carbon_counts=carbon(286.1)), row)
    assert found.shift_ev is not None
    assert found.shift_ev.value == pytest.approx(-1.3, abs=0.03)
    assert found.shift_ev.sigma == pytest.approx(0.1, rel=0.05)
    assert found.binding_ev == pytest.approx(grid() + found.shift_ev.value)


def test_a_shift_that_is_known_and_a_carbon_that_is_not_there() -> None:
    assert check(spectrum(0), replace(ROW, reference=ChargeReference(shift_ev=0.5))).binding_ev[0] == pytest.approx(
        156.5
    )
    found = check(spectrum(0), replace(ROW, reference=ChargeReference(c1s_ev=284.8)))
    assert found.shift_ev is None
    assert [f.code for f in found.findings] == ["no_carbon"]


def test_a_window_masks_the_rest() -> None:
    found = check(spectrum(0), replace(ROW, window_ev=(158.0, 168.0)))
    assert [(m.code, len(m.indices)) for m in found.masks] == [("window", 60)]
    assert found.binding_ev[[0, -1]] == pytest.approx([158, 168])


def test_a_spike_is_masked_a_sharp_line_is_not() -> None:
    measured = spectrum(0, (Species(share=1, be_ev=163, gauss_ev=0.4, lorentz_ev=0.1),))
    assert not check(measured).masks
    counts = measured.counts.copy()
    counts[40] += 3000
    (mask,) = check(replace(measured, counts=counts)).masks
    assert (mask.code, mask.indices) == ("spike", (40,))


@pytest.mark.parametrize(("factor", "code"), [(0.05, "not_poisson"), (8.0, "not_poisson"), (1.0, "")])
def test_scaled_counts_are_told_by_their_noise(factor: float, code: str) -> None:
    measured = spectrum(1)
    found = check(replace(measured, counts=measured.counts * factor))
    assert found.noise == pytest.approx(factor, rel=0.4)
    assert [f.code for f in found.findings if f.field == "counts"] == ([code] if code else [])


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (spectrum(0).counts - 2500, "below zero"),
        (np.where(np.arange(161) == 3, np.nan, 5.0), "no numbers"),
        (np.full(161, 4.0), "the same number throughout"),
    ],
)
def test_junk_is_refused(counts: np.ndarray, words: str) -> None:
    with pytest.raises(CheckError, match=words):
        check(replace(spectrum(0), counts=counts))


def test_too_few_points_are_refused() -> None:
    with pytest.raises(CheckError, match="11 points are left in the window"):
        check(spectrum(0), replace(ROW, window_ev=(160.0, 161.0)))
