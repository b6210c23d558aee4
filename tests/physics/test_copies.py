"""A copy is told from a repetition by its numbers: printed with fewer digits it is the same, measured again it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.techniques.impedance.copies import find_copies, is_same
from pipeline.techniques.impedance.model import ImpedanceSpectrum

F = np.geomspace(7e6, 0.1, 79)


def measured(seed: int, noise: float = 1e-4, name: str = "a.mpr", kelvin: float | None = None) -> ImpedanceSpectrum:
    w = 2j * np.pi * F
    z = 30 + 2000 / (1 + (w * 1e-6) ** 0.9) + 1 / (2e-6 * w**0.9)
    rng = np.random.default_rng(seed)
    z = z * (1 + noise * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size)))
    single = z.real.astype(np.float32) + 1j * z.imag.astype(np.float32)  # as a binary file holds it
    return ImpedanceSpectrum(
        source=Source(file=name, format="test"), frequency_hz=F, impedance_ohm=single, temperature_k=kelvin
    )


def printed(spectrum: ImpedanceSpectrum, form: str) -> ImpedanceSpectrum:
    def again(x: np.ndarray) -> np.ndarray:
        return np.array([float(form % v) for v in x])

    z = spectrum.impedance_ohm
    return replace(
        spectrum, frequency_hz=again(spectrum.frequency_hz), impedance_ohm=again(z.real) + 1j * again(z.imag)
    )


@pytest.mark.parametrize("form", ["%.7E", "%.6g", "%.5g", "%.4g", "%.3f"])
def test_fewer_digits_of_one_measurement_are_the_same(form: str) -> None:
    binary = measured(1)
    assert is_same(binary, printed(binary, form))


def test_measured_again_is_not_the_same_whatever_the_digits() -> None:
    for form in ("%.7E", "%.5g", "%.4g"):
        assert not any(is_same(printed(measured(0), form), printed(measured(s), form)) for s in range(1, 30))


def test_the_one_with_a_temperature_stands_for_its_copies() -> None:
    binary = measured(1)
    text = replace(printed(binary, "%.6g"), temperature_k=248.15, source=Source(file="b.txt", format="test"))
    other = measured(2)
    assert find_copies([binary, other, text, other]) == {0: 2, 3: 1}
    assert find_copies([other, binary]) == {}
