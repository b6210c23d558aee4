"""What belongs to the electrodes is decided for all temperatures of a pellet: a ceramic at 140 to 200 °C, 0.3 % of noise.

    Z = R_b/(1 + (j w tau_b)^n_b) + R_g/(1 + (j w tau_g)^n_g) + R_e/(1 + R_e Q (j w)^m)

R_e closes in the window from some temperature on: a spectrum alone cannot tell whether it is the sample's.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Pellet, Sample, Source
from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.pellet import fit_pellet
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.model import ImpedanceSpectrum, PelletFit, SpectrumFit
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings, EvidenceSettings, SeriesSettings

KB = 8.617333e-5
T = 273.15 + np.arange(140.0, 201.0, 10.0)
F = np.geomspace(1e6, 1.0, 61)
S = 2j * np.pi * F


def draw(seed: int) -> tuple[list[np.ndarray], np.ndarray, tuple[float, float]]:
    """Spectra, (7, 2) bulk and boundary in ohm, and their activation energies in eV."""
    rng = np.random.default_rng([9, seed])
    ratio, bulk, energies = (
        rng.uniform(4, 15),
        10 ** rng.uniform(4.9, 5.4),
        (rng.uniform(0.75, 0.95), rng.uniform(0.85, 1.05)),
    )
    c, n = (rng.uniform(1e-11, 3e-11), 10 ** rng.uniform(-9.5, -8.3)), (rng.uniform(0.93, 1), rng.uniform(0.85, 0.95))
    q, m, electrode = 10 ** rng.uniform(-6.3, -5.7), rng.uniform(0.6, 0.9), 10 ** rng.uniform(5.5, 6.5)
    out, truth = [], []
    for t in T:
        grow = [np.exp(e / KB * (1 / t - 1 / T[0])) * t / T[0] for e in (*energies, 0.9)]
        r = bulk * grow[0], bulk * ratio * grow[1]
        z = sum(a / (1 + (S * a * b) ** e) for a, b, e in zip(r, c, n, strict=True))
        r_e = electrode * grow[2]
        z = z + r_e / (1 + r_e * q * S**m)
        out.append(z * (1 + 0.003 * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size))))
        truth.append(r)
    return out, np.array(truth), energies


def reduce(spectra: list[np.ndarray], pellet: Pellet | None) -> tuple[list[SpectrumFit], PelletFit]:
    fits = []
    for t, z in zip(T, spectra, strict=True):
        source = Source(file=f"{t:.0f}K.mpt", format="test")
        spectrum = ImpedanceSpectrum(source=source, frequency_hz=F, impedance_ohm=z, temperature_k=float(t))
        fits.append(fit_arcs(check_spectrum(spectrum, EisCheckSettings()), ArcSettings()))
    sample = Sample(id="A", pellet=pellet)
    return fits, fit_pellet(sample, fits, {}, SeriesSettings(), EvidenceSettings())


@pytest.mark.parametrize("seed", range(3))
def test_bulk_and_boundary_come_back_and_the_electrode_is_in_no_total(seed: int) -> None:
    spectra, truth, energies = draw(seed)
    fits, found = reduce(spectra, Pellet(thickness_m=1e-3, diameter_m=1e-2))
    totals = [t.resistance.value if t.resistance else np.nan for t in found.spectrum_totals]
    off = np.abs(np.array(totals) / truth.sum(axis=1) - 1)
    assert off[1:].max() < 0.01
    assert off[0] < 0.02, "at the coldest the electrode shows at three points"
    for k, region in enumerate(("bulk", "interface")):
        rows = [
            (t, arc.resistance.value)
            for t, fit, regions in zip(T, fits, found.spectrum_regions, strict=True)
            for arc, named in zip(fit.arcs, regions, strict=True)
            if named.region == region and arc.resistance is not None
        ]
        assert len(rows) >= 5
        x = np.array(rows)
        slope = np.polyfit(1 / x[:, 0] / KB, np.log(x[:, 1] / x[:, 0]), 1)[0]
        assert slope == pytest.approx(energies[k], abs=0.015)


def test_without_a_geometry_the_decision_is_still_one_for_all_temperatures() -> None:
    spectra, truth, _ = draw(0)
    _, found = reduce(spectra, None)
    totals = np.array([t.resistance.value if t.resistance else np.nan for t in found.spectrum_totals])
    assert np.nanmax(np.abs(totals / truth.sum(axis=1) - 1)) < 0.02
