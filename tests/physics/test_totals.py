"""The total of a spectrum is judged by itself: it stands where the split of its arcs does not, and falls where it is not measured.

Z = R_s + sum R_i/(1 + (j w tau_i)^n_i) + 1/(Q (j w)^m), with 0.3 % of noise.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.model import ImpedanceSpectrum, SpectrumFit
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings


def fitted(arcs: list[tuple[float, float, float]], seed: int, low_hz: float = 1.0) -> SpectrumFit:
    f = np.geomspace(7e6, low_hz, 70)
    w = 2j * np.pi * f
    z = sum(r / (1 + (w * tau) ** n) for r, tau, n in arcs) + 1 / (2e-6 * w**0.88)
    rng = np.random.default_rng(seed)
    z = z * (1 + 0.003 * (rng.standard_normal(f.size) + 1j * rng.standard_normal(f.size)))
    spectrum = ImpedanceSpectrum(source=Source(file="a.mpt", format="test"), frequency_hz=f, impedance_ohm=z)
    return fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings())


@pytest.mark.parametrize("seed", range(4))
def test_the_total_is_resolved_where_the_split_is_not(seed: int) -> None:
    tau = 1e-6
    fit = fitted([(2000.0, tau, 0.92), (1500.0, 4 * tau, 0.9), (1000.0, 16 * tau, 0.9)], seed)
    assert fit.total_verdict is not None
    assert (fit.total_verdict.level, fit.total_verdict.code) == ("resolved", "total_agreed")
    assert fit.total_resistance is not None
    assert fit.total_resistance.value == pytest.approx(4500.0, rel=0.02)


def test_a_total_whose_last_arc_never_closes_is_refused_by_its_own_code() -> None:
    fit = fitted([(2000.0, 1e-6, 0.95), (5e4, 2e-2, 0.97)], 1, low_hz=100.0)
    assert fit.total_resistance is None
    assert fit.total_verdict is not None
    assert not fit.total_verdict.printable
    assert fit.total_verdict.code.startswith("total_")
