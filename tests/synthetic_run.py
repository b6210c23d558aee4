"""A small whole run made by hand, so that the report is tested without a fit: shapes are right, numbers are plausible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np

from pipeline.core.sample import Pellet, Sample, Source
from pipeline.core.summary import RunSummary, SampleMask
from pipeline.core.technique import MaskedPoints
from pipeline.core.values import Estimate, Finding, Mask, Rejection, Verdict
from pipeline.techniques.absorption.model import (
    AbsorptionSummary,
    Distortion,
    ReducedAbsorption,
    ScanUse,
    ScatteringPath,
    ShellFit,
    WaveletMap,
    Xanes,
)
from pipeline.techniques.absorption.summarize import list_facts as absorption_facts
from pipeline.techniques.impedance.circuit_terms import ModelScore
from pipeline.techniques.impedance.comparisons import CompositionOptimum, CompositionPoint
from pipeline.techniques.impedance.model import (
    Arc,
    ArrheniusFit,
    CheckedSpectrum,
    ConductivityPoint,
    ImpedanceSpectrum,
    ImpedanceSummary,
    KramersKronig,
    PelletFit,
    RegionAssignment,
    SeriesArc,
    SeriesFit,
    SpectrumFit,
)
from pipeline.techniques.impedance.rows import SpectrumReview
from pipeline.techniques.impedance.summarize.facts import list_facts as impedance_facts
from pipeline.techniques.sweeps.model import SweepSummary
from pipeline.techniques.sweeps.summarize.facts import list_facts as sweep_facts
from tests.reductions import reduction_used
from tests.synthetic_sweeps import sweep_summary

KB_EV = 8.617333262e-5
PELLET = Pellet(thickness_m=5.5e-4, diameter_m=0.01, thickness_sigma_m=1e-5, diameter_sigma_m=2e-5, mass_kg=1.2e-4)
GOOD = Verdict(level="resolved", reason="sigma 1.2 % of the value")
WEAK = Verdict(level="weak", reason="sigma 11 % of the value")
NONE = Verdict(level="unresolved", reason="neighbouring time constants differ by 3.1 only")
NEVER = Verdict(level="refused", reason="apex at 5.2e8 Hz, 74 times the highest frequency")
TEMPERATURES = (203.15, 223.15, 243.15, 263.15, 298.15, 333.15)
REGIONS = ("bulk", "amorphous", "interface")


def estimate(value: float, relative: float = 0.02, unit: str = "1") -> Estimate:
    return Estimate(value=value, sigma=relative * abs(value), unit=unit)


def spectrum_fit(sample: str, t: float, *, n_arcs: int = 3, loop: int = 1, file: str | None = None) -> SpectrumFit:
    f = np.logspace(np.log10(7e6), 0, 69)
    w = 2j * np.pi * f
    r = np.array([3e3, 2e3, 1e3])[:n_arcs] * np.exp(0.33 / KB_EV * (1 / t - 1 / 203.15))
    c, n = np.array([4e-11, 1.5e-9, 6e-8])[:n_arcs], np.array([0.95, 0.9, 0.85])[:n_arcs]
    q = c**n * r ** (n - 1)
    model = 1 / (2e-6 * w**0.85) + sum(ri / (1 + ri * qi * w**ni) for ri, qi, ni in zip(r, q, n, strict=True)) + 0.5
    noise = np.random.default_rng(1).normal(scale=0.003, size=(2, f.size))
    z = model * (1 + noise[0] + 1j * noise[1])
    keep = np.ones(f.size, bool)
    keep[[3, 40]] = False
    spectrum = ImpedanceSpectrum(
        source=Source(file=file or f"eis/{sample}_{t - 273.15:g}C.mpt", format="EC-Lab mpt", instrument="SP-300"),
        frequency_hz=f,
        impedance_ohm=z,
        loop=loop,
        temperature_k=t,
        temperature_origin="file name",
    )
    kk = KramersKronig(
        level="pass",
        reason="rms 0.31 %, 1.0 times the noise",
        n_elements=22,
        mu=0.8,
        rms_percent=0.31,
        noise_percent=0.3,
        residual_real=noise[0][keep],
        residual_imag=noise[1][keep],
    )
    masks = (Mask(indices=(3,), reason="person: cable"), Mask(indices=(40,), reason="mains 50 Hz"))
    checked = CheckedSpectrum(spectrum=spectrum, keep=tuple(keep.tolist()), masks=masks, kk=kk, noise=0.003)
    verdicts = (GOOD, WEAK, NONE)
    arcs = tuple(
        Arc(
            number=i + 1,
            resistance=estimate(ri, unit="ohm") if v.printable else None,
            cpe_q=estimate(qi, unit="F s^(n-1)"),
            cpe_exponent=estimate(ni, 0.01),
            capacitance=estimate(ci, unit="F"),
            apex_hz=float(1 / (2 * np.pi * ri * ci)),
            apex_over_f_max=float(1 / (2 * np.pi * ri * ci) / f[0]),
            verdict=v,
        )
        for i, (ri, qi, ni, ci, v) in enumerate(zip(r, q, n, c, verdicts[:n_arcs], strict=True))
    )
    names, values = ["R0"], [0.5]
    for i in range(n_arcs):
        names += [f"R{i + 1}", f"CPE{i + 1}_0", f"CPE{i + 1}_1"]
        values += [float(r[i]), float(q[i]), float(n[i])]
    names += [f"CPE{n_arcs + 1}_0", f"CPE{n_arcs + 1}_1"]
    values += [2e-6, 0.85]
    score: dict[str, Any] = {"blocking": True, "inductance": False, "n_parameters": 9, "aicc": 10.0, "bic": 20.0}
    scores = tuple(
        ModelScore(n_arcs=k, chi2=70.0, hits=4, starts=12, accepted=k == n_arcs, reason="lowest BIC", **score)
        for k in (1, 2, 3)
    )
    circuit = "R0-" + "-".join(f"p(R{i + 1},CPE{i + 1})" for i in range(n_arcs)) + f"-CPE{n_arcs + 1}"
    return SpectrumFit(
        checked=checked,
        circuit=circuit,
        parameter_names=tuple(names),
        parameter_values=tuple(values),
        ln_covariance=np.eye(len(names)) * 4e-4,
        arcs=arcs,
        total_verdict=GOOD,
        total_resistance=estimate(float(r.sum()), 0.003, "ohm"),
        series_resistance=estimate(0.5, 0.1, "ohm"),
        inductance=None,
        blocking_q=estimate(2e-6),
        blocking_exponent=estimate(0.85),
        chi2_reduced=1.02,
        noise=0.003,
        scores=scores,
        fitted_ohm=model,
        verdict=WEAK,
        findings=(Finding(severity="info", field="R0", problem="contact resistance, not the sample's"),),
    )


def assignments(n: int = 3) -> tuple[RegionAssignment, ...]:
    return tuple(
        RegionAssignment(
            arc=i + 1,
            region=REGIONS[i] if i < 2 else "undetermined",  # type: ignore[arg-type]
            candidates=(REGIONS[i], "undetermined"),
            reasons=(f"C l/A is number {i + 1} in order", "Ea as the pristine phase"),
            specific_capacitance_f_per_m=estimate(3e-10 * 10**i, unit="F/m"),
            relative_permittivity=estimate(30.0 * 10**i),
        )
        for i in range(n)
    )


def pellet_fit(sample: str, fits: list[SpectrumFit], usable: Verdict = GOOD) -> PelletFit:
    t = [f.checked.spectrum.temperature_k for f in fits]
    arcs = tuple(
        SeriesArc(
            number=i + 1,
            activation_energy_ev=estimate(0.33, 0.004, "eV"),
            resistance_at_t_ref=estimate(1000.0, unit="ohm"),
            capacitance=estimate(4e-11 * 30**i, unit="F"),
            exponent=estimate(0.9),
            resistance_ohm=tuple(estimate(1e3 * np.exp(0.33 / KB_EV * (1 / k - 1 / 250)), unit="ohm") for k in t),
            apex_hz=tuple(1e6 / 30**i for _ in t),
            verdicts=tuple(GOOD for _ in t),
        )
        for i in range(3)
    )
    series = SeriesFit(
        sample=sample,
        files=tuple(f.checked.spectrum.source.file for f in fits),
        loops=tuple(f.checked.spectrum.loop for f in fits),
        temperature_k=tuple(t),
        t_ref_k=250.0,
        basis="sigma_T",
        arcs=arcs,
        drift=False,
        kink_temperature_k=None,
        f_statistic=1.1,
        p_value=0.34,
        residual_rms_per_temperature=tuple(1.0 for _ in t),
        chi2_reduced=1.0,
        ln_covariance=np.eye(9) * 1e-4,
        resistance_25c_ohm=tuple(estimate(9.0, unit="ohm") for _ in range(3)),
        usable=usable,
    )
    return PelletFit(
        sample=sample,
        pellet=PELLET,
        series=series,
        series_regions=assignments(),
        spectrum_regions=tuple(assignments(f.n_arcs) for f in fits),
    )


def conduction(sample: str, s0: float, ea: float) -> tuple[list[ConductivityPoint], list[ArrheniusFit]]:
    """sigma(25 °C) = s0 in S/m."""
    points, lines = [], []
    for j, (quantity, method) in enumerate((("total", "single"), ("bulk", "single"), ("bulk", "series"))):
        energy = ea + 0.03 * j
        value = s0 * 3**j
        for i, t in enumerate(TEMPERATURES):
            sigma = value * 298.15 / t * np.exp(-energy / KB_EV * (1 / t - 1 / 298.15))
            shown = quantity == "total" or i < 4
            points.append(
                ConductivityPoint(
                    sample=sample,
                    file=f"eis/{sample}_{t - 273.15:g}C.mpt",
                    loop=1,
                    temperature_k=t,
                    quantity=quantity,
                    method=method,  # type: ignore[arg-type]
                    conductivity_s_per_m=estimate(sigma, 0.01 if shown else 0.3, "S/m") if i != 5 or j == 0 else None,
                    geometry_relative_sigma=PELLET.relative_sigma,
                    verdict=(GOOD if i != 2 else WEAK) if shown else NONE,
                )
            )
        for basis in ("sigma_T", "sigma"):
            e = energy if basis == "sigma_T" else energy - 0.021
            at = 250.0
            ln_at = np.log(value / 100 * (298.15 if basis == "sigma_T" else 1)) - e / KB_EV * (1 / at - 1 / 298.15)
            lines.append(
                ArrheniusFit(
                    sample=sample,
                    quantity=quantity,
                    method=method,  # type: ignore[arg-type]
                    basis=basis,  # type: ignore[arg-type]
                    activation_energy_ev=estimate(e, 0.005, "eV"),
                    t_ref_k=at,
                    ln_value_at_t_ref=Estimate(value=float(ln_at), sigma=0.02, unit="1"),
                    ln_prefactor=estimate(12.0),
                    conductivity_25c_s_per_m=estimate(value, 0.025, "S/m"),
                    extrapolated=quantity != "total",
                    n_points=6 if quantity == "total" else 4,
                    n_left_out=0 if quantity == "total" else 2,
                    t_min_k=203.15,
                    t_max_k=333.15 if quantity == "total" else 263.15,
                    kink_temperature_k=None,
                    second_activation_energy_ev=None,
                    correlation=0.01,
                    verdict=GOOD,
                )
            )
    return points, lines


def reduction(sample: str, element: str, e0: float, k_max: float) -> ReducedAbsorption:
    k = np.arange(0, 18.01, 0.05)
    energy = np.concatenate([np.arange(-150, -15, 5.0), np.arange(-15, 25, 0.5), k[k > 2.5] ** 2 / 0.262468]) + e0
    distance = 2.40 if element == "Ta" else 2.83
    phase = 2 * distance * k - 0.84 * k + 1
    chi = np.where(k > 0.3, 2.4 * np.exp(-0.014 * k**2) / np.maximum(k, 0.3) * np.sin(phase), 0.0) / 2.4
    step = 1 / (1 + np.exp(-(energy - e0) / 1.5))
    white = 1.2 * np.exp(-(((energy - e0 - 3) / 4) ** 2))
    fine = np.interp(np.sqrt(np.clip((energy - e0) * 0.262468, 0, None)), k, chi)
    flat = step * (1 + fine * (energy > e0 + 15)) + white
    r = np.arange(0, 6.01, 0.03)
    peak = 4 * np.exp(-(((r - distance + 0.42) / 0.35) ** 2))
    scans = tuple(
        ScanUse(
            file=f"xas/{sample}_{element}_{i}.dat",
            loop=1,
            e0_ev=e0,
            edge_step=0.7,
            shift_ev=0.02 * i,
            shift_sigma_ev=0.01,
            used=i != 3,
            reason="" if i != 3 else "noise 4 times the median",
            noise_k=1e-3,
        )
        for i in (1, 2, 3)
    )
    kk, rr = np.arange(2, k_max + 1, 0.1), np.arange(1, 5.5, 0.05)
    hill = np.exp(-((kk[None] - 6.5) ** 2) / 8) * (
        4 * np.exp(-((rr[:, None] - distance + 0.42) ** 2) / 0.1) + 0.8 * np.exp(-((rr[:, None] - 4.2) ** 2) / 0.1)
    )
    wavelet = WaveletMap(
        kind="cauchy",
        k_per_angstrom=kk,
        r_angstrom=rr,
        magnitude=hill,
        noise_floor=0.05 + 0 * rr,
        parameters={"order": 80.0, "k_weight": 2.0},
    )
    return ReducedAbsorption(
        sample=sample,
        element=element,
        edge="L3",
        scans=scans,
        energy_ev=energy,
        mu=0.3 + 0.7 * flat,
        mu_sigma=1e-3 + 0 * energy,
        normalized=flat,
        flattened=flat,
        background=0.3 + 0.7 * step,
        pre_edge=0.3 + 0 * energy,
        post_edge=1.0 + 0 * energy,
        e0_ev=e0,
        edge_step=estimate(0.7),
        k_per_angstrom=k,
        chi=chi,
        chi_sigma=2e-3 + 0 * k,
        r_angstrom=r,
        chi_r_re=peak * np.cos(5 * r),
        chi_r_im=peak * np.sin(5 * r),
        chi_r_noise=0.05,
        k_min=3.0,
        k_max=k_max,
        dk=1.0,
        k_weight=2,
        window="hanning",
        rbkg_angstrom=1.1,
        wavelet=wavelet,
        settings=reduction_used(norm1_ev=100.0, norm2_ev=700.0, clamp_high=0.0),
        findings=(Finding(severity="info", field="glitch", problem="2 points masked at 9950 eV", code="glitch"),),
    )


def near_edge(reduced: ReducedAbsorption) -> Xanes:
    return Xanes(
        sample=reduced.sample,
        element=reduced.element,
        edge=reduced.edge,
        scans=reduced.scans,
        energy_ev=reduced.energy_ev,
        mu=reduced.mu,
        mu_sigma=reduced.mu_sigma,
        flattened=reduced.flattened,
        e0=Estimate(value=reduced.e0_ev, sigma=0.02, unit="eV"),
        edge_step=reduced.edge_step,
        white_line=Estimate(value=reduced.e0_ev + 3, sigma=0.1, unit="eV"),
        white_line_area=Estimate(value=8.5, sigma=0.9, unit="eV"),
        verdict=GOOD,
    )


def shell_fit(reduced: ReducedAbsorption, verdict: Verdict = GOOD) -> ShellFit:
    distance = 2.40 if reduced.element == "Ta" else 2.83
    path = ScatteringPath(
        file="feff0001.dat", reff_angstrom=distance, degeneracy=6, legs=2, amplitude_percent=100, label="first shell"
    )
    return ShellFit(
        sample=reduced.sample,
        element=reduced.element,
        edge=reduced.edge,
        shell="Cl",
        coordination=estimate(6.1, 0.05),
        distance_angstrom=estimate(distance, 0.002, "angstrom"),
        sigma2_angstrom2=estimate(0.004, 0.1, "angstrom^2"),
        e0_shift_ev=estimate(3.0, 0.2, "eV"),
        s02=estimate(0.9, 0.05),
        s02_origin="calibrated on LCF-Ta",
        systematic_angstrom=0.003,
        distance_sigma_statistical_angstrom=0.001,
        distance_sigma_theory_angstrom=0.01,
        distance_origin="FEFF",
        distance_reference="LCF-Ta",
        distance_difference_angstrom=estimate(0.01, 0.002, "angstrom"),
        k_min=reduced.k_min,
        k_max=reduced.k_max,
        r_min=1.3,
        r_max=2.6,
        k_weights=(1, 2, 3),
        n_independent=9.4,
        n_variables=4,
        r_factor=0.008,
        chi2_reduced=3.2,
        correlations={"N, sigma2": 0.87},
        paths=(path,),
        feff_version="FEFF6L",
        structure="TaCl6 octahedron",
        r_angstrom=reduced.r_angstrom,
        model_chi_r_re=reduced.chi_r_re * 0.97,
        model_chi_r_im=reduced.chi_r_im * 0.97,
        verdict=verdict,
    )


def distortion_of(reduced: ReducedAbsorption, reference: str) -> Distortion:
    own = reduced.sample == reference
    return Distortion(
        sample=reduced.sample,
        element=reduced.element,
        edge=reduced.edge,
        reference_sample=reference,
        ms_to_ss_ratio=estimate(1.0 if own else 0.8, 0.05),
        f1_intensity=estimate(0.2 if own else 0.15, 0.1),
        f1_k_per_angstrom=6.0,
        f1_r_angstrom=4.2,
        relative_change=None if own else Estimate(value=-0.2, sigma=0.05, unit="1"),
        relative_change_wavelet=None if own else Estimate(value=-0.25, sigma=0.1, unit="1"),
        bend_degree=None if own else Estimate(value=10.0, sigma=2.0, unit="degree"),
        verdict=GOOD,
        findings=(Finding(severity="info", field="bend", problem="model: all Cl-Ta-Cl bent alike"),),
    )


def make_run(*, simulated: bool = True, **changes: Any) -> RunSummary:
    """Two heterostructures, one pristine phase, every technique; ``changes`` are fields of the run or of a summary in it."""
    samples = (
        Sample(id="HSE-Sm", label="0.62[HCF-Sm]·0.38[LCF-Ta]", series="HSE-Sm", x_lcf=0.38, pellet=PELLET),
        Sample(id="HSE-La", label="0.57[HCF-La]·0.43[LCF-Ta]", pellet=PELLET),
        Sample(id="LCF-Ta", label="NaTaCl6", pellet=PELLET),
    )
    fits = {"HSE-Sm": [spectrum_fit("HSE-Sm", t) for t in TEMPERATURES]}
    fits["LCF-Ta"] = [spectrum_fit("LCF-Ta", t, n_arcs=1) for t in TEMPERATURES[:2]]
    points, lines = [], []
    for sample, s0, ea in (("HSE-Sm", 0.27, 0.33), ("HSE-La", 0.18, 0.35), ("LCF-Ta", 0.005, 0.4)):
        more_points, more_lines = conduction(sample, s0, ea)
        points += more_points
        lines += more_lines
    composition = tuple(
        CompositionPoint(
            sample=f"HSE-Sm-x{x:.2f}",
            series="HSE-Sm",
            x_lcf=x,
            conductivity_25c_s_per_m=estimate(0.27 * np.exp(-18 * (x - 0.38) ** 2), 0.03, "S/m"),
            verdict=GOOD,
        )
        for x in (0.2, 0.3, 0.38, 0.48, 0.6)
    )
    optimum = CompositionOptimum(
        series="HSE-Sm",
        x_optimum=Estimate(value=0.382, sigma=0.01, unit="1"),
        conductivity_s_per_m=estimate(0.27, 0.02, "S/m"),
        n_points=5,
        verdict=GOOD,
    )
    absorption = (
        reduction("LCF-Ta", "Ta", 9881.0, 14.0),
        reduction("HSE-Sm", "Ta", 9881.2, 14.0),
        reduction("HSE-Sm", "Sm", 6716.5, 12.0),
    )
    eis = ImpedanceSummary(
        samples=samples,
        spectra=tuple((s, f) for s in ("HSE-Sm", "LCF-Ta") for f in fits[s]),
        pellets=(pellet_fit("HSE-Sm", fits["HSE-Sm"]),),
        conductivity=tuple(points),
        arrhenius=tuple(lines),
        composition=composition,
        optima=(optimum,),
    )
    xas = AbsorptionSummary(
        absorption=absorption,
        xanes=tuple(near_edge(a) for a in absorption),
        shells=tuple(shell_fit(a, GOOD if a.element == "Ta" else NONE) for a in absorption),
        distortions=tuple(distortion_of(a, "LCF-Ta") for a in absorption[:2]),
    )
    summary = RunSummary(
        study_name="Halide heterostructures",
        simulated=simulated,
        samples=samples,
        parts={"eis": eis, "lsv": sweep_summary(), "xas": xas},
        rejected=(
            Rejection(file="eis/bad.mpt", stage="read", field="rows", problem="half a last line", hint="export"),
        ),
        sha256={"eis/a.mpt": "0" * 64},
        findings=(("eis/a.mpt", Finding(severity="warning", field="area", problem="not set", hint="set it")),),
        reviews=(
            SpectrumReview(file="eis/HSE-Sm_-70C.mpt", arcs=3, mask_hz=((5e6, 7e6),), note="cable", by="A. Person"),
        ),
        provenance={
            "versions": {"hse-pipeline": "0.1.0", "numpy": "2.4.6"},
            "settings": [
                {"name": "eis.arcs.max_arcs", "value": 3, "layer": "default", "reason": "three regions"},
                {"name": "eis.arcs.seed", "value": 7, "layer": "study.toml", "reason": "repeatable"},
            ],
            "counts": {"files": 12, "tasks": 14, "rejected": 1},
            "study_file": "study.toml",
        },
    )
    return changed(summary, **changes)


def masks_of(eis: ImpedanceSummary, lsv: SweepSummary) -> Iterator[SampleMask]:
    for sample, fit in eis.spectra:
        s = fit.checked.spectrum
        for mask in fit.checked.masks:
            yield SampleMask(sample=sample, technique="eis", points=points_of(s.source.file, s.loop, "", mask))
    for sample, sweep in lsv.sweeps:
        w, c = sweep.checked.sweep, sweep.checked
        for mask in c.masks:
            yield SampleMask(sample=sample, technique="lsv", points=points_of(w.source.file, w.loop, c.part, mask))


def points_of(file: str, loop: int, part: str, mask: Mask) -> MaskedPoints:
    return MaskedPoints(file=file, loop=loop, part=part, mask=mask)


def changed(run: RunSummary, **changes: Any) -> RunSummary:
    """The run with other fields of its own or of a technique's summary, and the facts and masks that follow from them."""
    parts = {}
    for key, part in run.parts.items():
        of_part = {f.name for f in fields(part)}
        parts[key] = replace(part, **{n: v for n, v in changes.items() if n in of_part})
    known = {f.name for part in parts.values() for f in fields(part)} - {"samples"}
    rest = {n: v for n, v in changes.items() if n not in known}
    found = {
        "eis": impedance_facts(parts["eis"], parts["eis"].conductivity),
        "lsv": sweep_facts(parts["lsv"]),
        "xas": absorption_facts(parts["xas"]),
    }
    follows = {
        "parts": parts,
        "facts": tuple(replace(f, technique=key) for key, some in found.items() for f in some),
        "masks": tuple(masks_of(parts["eis"], parts["lsv"])),
    }
    return replace(run, **follows | rest)


def small_run(**changes: Any) -> RunSummary:
    """The least of every technique: one figure of each kind, quick to draw."""
    run = make_run()
    last = run["xas"].absorption[1]
    cut = {
        "spectra": run["eis"].spectra[:1],
        "pellets": (),
        "conductivity": tuple(p for p in run["eis"].conductivity if p.sample == "HSE-Sm"),
        "arrhenius": tuple(a for a in run["eis"].arrhenius if a.sample == "HSE-Sm"),
        "sweeps": run["lsv"].sweeps[:1],
        "windows": run["lsv"].windows[:1],
        "absorption": (last,),
        "shells": (run["xas"].shells[1],),
        "distortions": (run["xas"].distortions[1],),
    }
    return changed(run, **(cut | changes))
