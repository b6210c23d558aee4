"""A run made by hand whose archive holds every kind of file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.core.report import archive
from pipeline.core.sample import RawFile, Sample, Source
from pipeline.core.summary import RunSummary
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.science.constants import K2_PER_EV
from pipeline.techniques.absorption.model import (
    AbsorptionScan,
    AbsorptionSummary,
    ReducedAbsorption,
    ScanUse,
    ScatteringPath,
    ShellFit,
)
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import XasReadSettings
from pipeline.techniques.impedance.model import (
    CheckedSpectrum,
    ImpedanceSpectrum,
    ImpedanceSummary,
    KramersKronig,
    SpectrumFit,
)
from tests.reductions import reduction_used

E0 = 6716.7
K = np.arange(0, 12.01, 0.05)
ENERGY = np.concatenate(
    [np.arange(E0 - 150, E0 - 10, 5), np.arange(E0 - 10, E0 + 15, 0.3), E0 + K[K > 2] ** 2 / K2_PER_EV]
)
R = np.arange(0, 6, 0.03)


def estimate(value: float, unit: str = "1") -> Estimate:
    return Estimate(value=value, sigma=0.1 * abs(value), unit=unit)


def reduction(sample: str = "HSE-Sm", element: str = "Sm", **changes: Any) -> ReducedAbsorption:
    mu = 0.2 + 0.7 / (1 + np.exp(-(ENERGY - E0) / 2)) + np.pi * 1e-9
    chi = np.sin(5 * K) * np.exp(-0.1 * K)
    scans = tuple(
        ScanUse(
            file=f"xas/{sample}_{i}.dat",
            loop=1,
            e0_ev=E0,
            edge_step=0.7,
            shift_ev=0.01 * i,
            shift_sigma_ev=0.01,
            used=i != 2,
            reason="" if i != 2 else "noise 4 times the median",
            noise_k=1e-3,
        )
        for i in range(3)
    )
    used = reduction_used(pre1_ev=-140.0, pre2_ev=-40.0, norm1_ev=100.0, norm2_ev=480.0, clamp_high=24.0)
    base = ReducedAbsorption(
        sample=sample,
        element=element,
        edge="L3",
        scans=scans,
        energy_ev=ENERGY,
        mu=mu,
        mu_sigma=1e-4 + 0 * mu,
        normalized=mu / 0.7,
        flattened=mu / 0.7,
        background=mu,
        pre_edge=0 * mu,
        post_edge=1 + 0 * mu,
        e0_ev=E0,
        edge_step=estimate(0.7),
        k_per_angstrom=K,
        chi=chi,
        chi_sigma=1e-3 + 0 * K,
        r_angstrom=R,
        chi_r_re=np.cos(R),
        chi_r_im=np.sin(R),
        chi_r_noise=0.01,
        k_min=3.0,
        k_max=10.5,
        dk=1.0,
        k_weight=2,
        window="hanning",
        rbkg_angstrom=1.1,
        wavelet=None,
        settings=used,
        findings=(Finding(severity="info", field="glitch", problem="2 points masked at 6900 eV", code="glitch"),),
    )
    return replace(base, **changes)


def shell(sample: str = "HSE-Sm", level: str = "resolved") -> ShellFit:
    path = ScatteringPath(
        file="feff0001.dat", reff_angstrom=2.85, degeneracy=9, legs=2, amplitude_percent=100, label="Sm-Cl"
    )
    return ShellFit(
        sample=sample,
        element="Sm",
        edge="L3",
        shell="Cl",
        coordination=estimate(9),
        distance_angstrom=estimate(2.83, "angstrom"),
        sigma2_angstrom2=estimate(0.01, "angstrom^2"),
        e0_shift_ev=estimate(3, "eV"),
        s02=estimate(0.9),
        s02_origin="calibrated on HCF-Sm",
        systematic_angstrom=0.004,
        k_min=3,
        k_max=10.5,
        r_min=1.5,
        r_max=3.1,
        k_weights=(1, 2, 3),
        n_independent=8.6,
        n_variables=4,
        r_factor=0.011,
        chi2_reduced=12.0,
        correlations={"N/sigma2": 0.87},
        paths=(path,),
        feff_version="FEFF6L",
        structure="SmCl3, P6_3/m",
        r_angstrom=R,
        model_chi_r_re=np.cos(R),
        model_chi_r_im=np.sin(R),
        verdict=Verdict(level=level, reason="because"),
    )


def spectrum_fit() -> SpectrumFit:
    f = np.geomspace(7e6, 1, 30)
    z = 20 + 1e4 / (1 + 1e4 * 1e-9 * (2j * np.pi * f) ** 0.9)
    kk = KramersKronig(
        level="pass",
        reason="",
        n_elements=9,
        mu=0.8,
        rms_percent=0.1,
        noise_percent=0.1,
        residual_real=0 * f,
        residual_imag=0 * f,
    )
    spectrum = ImpedanceSpectrum(
        source=Source(file="eis/a -70C.mpt", format="EC-Lab mpt"), frequency_hz=f, impedance_ohm=z
    )
    checked = CheckedSpectrum(spectrum=spectrum, keep=(True,) * 30, masks=(), kk=kk, noise=0.003)
    return SpectrumFit(
        checked=checked,
        circuit="R0-p(R1,CPE1)",
        parameter_names=("R0", "R1", "CPE1_0", "CPE1_1"),
        parameter_values=(20.0, 1e4, 1e-9, 0.9),
        ln_covariance=np.diag([1e-4, 4e-4, 9e-4, 1e-6]),
        arcs=(),
        total_resistance=None,
        series_resistance=None,
        inductance=None,
        blocking_q=None,
        blocking_exponent=None,
        chi2_reduced=1.0,
        noise=0.003,
        scores=(),
        fitted_ohm=z,
        verdict=Verdict(level="resolved", reason="ok"),
    )


def summary(provenance: dict[str, Any] | None = None, **changes: Any) -> RunSummary:
    """Two spectra and three reductions; ``changes`` are of the summary of absorption."""
    samples = (Sample(id="HSE-Sm", label="0.62[HCF-Sm]·0.38[LCF-Ta]"),)
    scans = AbsorptionSummary(
        absorption=(reduction(), reduction("玻璃"), reduction("結晶")),
        shells=(shell(), shell("玻璃", "unresolved")),
    )
    spectra = (("HSE-Sm", spectrum_fit()), ("HSE-Sm", spectrum_fit()))
    return RunSummary(
        study_name="Halide: heterostructures/1",
        simulated=True,
        samples=samples,
        parts={"eis": ImpedanceSummary(samples=samples, spectra=spectra), "xas": replace(scans, **changes)},
        files=("eis/a -70C.mpt",),
        provenance=provenance or {"versions": {"hse-pipeline": "0.1.0", "numpy": "2.4.6"}},
    )


def archive_files(results: RunSummary) -> dict[str, bytes]:
    """Path inside the archive -> bytes."""
    return {path.removeprefix("archive/"): data for path, data in archive.archive_files(results).items()}


def read_back(files: dict[str, bytes], path: str) -> list[AbsorptionScan]:
    """A file of the archive by the reader of raw files."""
    return read_scans(RawFile(name=path, data=files[path], size=len(files[path])), XasReadSettings())
