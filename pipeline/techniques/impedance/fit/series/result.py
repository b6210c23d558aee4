"""The joint fit as a result: resistances at each temperature with intervals, verdicts, and whether it may be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.core.words import percent_text
from pipeline.techniques.impedance.fit.series.model import SeriesModel, arrhenius_design
from pipeline.techniques.impedance.model import SeriesArc, SeriesFit, SpectrumFit

T_25C_K = 298.15
Z95 = 1.959964


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Solution:
    """What the joint fit found, before it is put into words."""

    model: SeriesModel
    theta: FloatArray
    covariance: FloatArray
    """Scaled by chi2_reduced where that is above 1."""
    t_ref_k: float
    basis: Literal["sigma_T", "sigma"]
    kink_k: float | None
    chi2_reduced: float
    hits: int
    rms: FloatArray
    tests: tuple[tuple[float, float], tuple[float, float]]
    """(F, p) against R free, and against R, C and n free at each temperature."""
    usable: Verdict


def log_estimate(ln: float, variance: float, unit: str) -> Estimate:
    """A lognormal quantity: value exp(ln), sigma to first order, interval exact in the logarithm."""
    s = float(np.sqrt(max(variance, 0.0)))
    wide = float(np.exp(min(Z95 * s, 300.0)))
    value = float(np.exp(ln))
    return Estimate(
        value=value,
        sigma=value * s,
        unit=unit,
        low95=value / wide,
        high95=value * wide,
    )


def build_series(sample: str, fits: Sequence[SpectrumFit], s: Solution) -> SeriesFit:
    """Arcs from the fastest, at every temperature of ``fits`` (coldest first) and at 25 °C."""
    m = s.model.n_arcs
    temperature = np.array([float(f.checked.spectrum.temperature_k or 0) for f in fits])
    b = 1.0 if s.basis == "sigma_T" else 0.0
    design_25 = arrhenius_design([T_25C_K], s.t_ref_k, s.kink_k)[0]
    offset_25 = b * float(np.log(T_25C_K / s.t_ref_k))
    nr, nc = m * s.model.resistance_design.shape[1], m * s.model.capacitance_design.shape[1]
    q, k = nr // m, nc // m
    ln_tau = [s.theta[i * q] + s.theta[nr + i * k] for i in range(m)]
    arcs, at_25 = [], []
    for number, i in enumerate(np.argsort(ln_tau), start=1):
        part = slice(i * q, (i + 1) * q)
        theta, cov = s.theta[part], s.covariance[part, part]
        ln_r = s.model.offset + s.model.resistance_design @ theta
        variance = np.einsum("tq,qr,tr->t", s.model.resistance_design, cov, s.model.resistance_design)
        ln_c = s.model.capacitance_design @ s.theta[nr + i * k : nr + (i + 1) * k]
        apex = 1 / (2 * np.pi * np.exp(ln_r + ln_c))
        estimates = tuple(log_estimate(a, v, "ohm") for a, v in zip(ln_r, variance, strict=True))
        ea = Estimate(value=float(theta[1]), sigma=float(np.sqrt(cov[1, 1])), unit="eV")
        at = nr + nc + i
        arcs.append(
            SeriesArc(
                number=number,
                activation_energy_ev=ea,
                resistance_at_t_ref=log_estimate(float(theta[0]), float(cov[0, 0]), "ohm"),
                capacitance=log_estimate(float(s.theta[nr + i * k]), float(s.covariance[nr + i * k, nr + i * k]), "F"),
                exponent=Estimate(value=float(s.theta[at]), sigma=float(np.sqrt(s.covariance[at, at])), unit="1"),
                resistance_ohm=estimates,
                apex_hz=tuple(float(a) for a in apex),
                verdicts=tuple(
                    _verdict(e, float(a), f, s.usable) for e, a, f in zip(estimates, apex, fits, strict=True)
                ),
            )
        )
        at_25.append(log_estimate(float(offset_25 + design_25 @ theta), float(design_25 @ cov @ design_25), "ohm"))
    (f_statistic, p_value), (_, p_all) = s.tests
    notes = [
        Finding(
            severity="info",
            field="series",
            problem=f"{m} arc(s), {s.hits} independent start(s) met the best cost; p = {p_value:.3g} against free "
            f"resistances, p = {p_all:.3g} against everything free",
        )
    ]
    energies = [a.activation_energy_ev.value for a in arcs]
    if m > 1 and float(np.min(np.diff(np.sort(energies)))) < 0.03:
        close = "activation energies within 0.03 eV: tying them over temperature gains only about a factor of 2"
        notes.append(Finding(severity="warning", field="activation_energy_ev", problem=close))
    return SeriesFit(
        sample=sample,
        files=tuple(f.checked.spectrum.source.file for f in fits),
        loops=tuple(f.checked.spectrum.loop for f in fits),
        temperature_k=tuple(float(t) for t in temperature),
        t_ref_k=s.t_ref_k,
        basis=s.basis,
        arcs=tuple(arcs),
        drift=k > 1,
        kink_temperature_k=s.kink_k,
        f_statistic=f_statistic,
        p_value=p_value,
        residual_rms_per_temperature=tuple(float(r) for r in s.rms),
        chi2_reduced=s.chi2_reduced,
        ln_covariance=s.covariance,
        resistance_25c_ohm=tuple(at_25),
        usable=s.usable,
        findings=tuple(notes),
    )


def _verdict(r: Estimate, apex_hz: float, fit: SpectrumFit, usable: Verdict) -> Verdict:
    if not usable.printable:
        return Verdict(level="unresolved", reason=f"the series may not be used: {usable.reason}")
    relative = r.sigma / r.value
    f_max = float(fit.checked.spectrum.frequency_hz.max())
    text = f"sigma {percent_text(relative)}, apex at {apex_hz / f_max:.3g} f_max"
    if relative > 0.20:
        return Verdict(level="unresolved", reason=f"{text}: worse than 20 %")
    if apex_hz > 3 * f_max:
        return Verdict(level="weak", reason=f"{text}: carried here by the Arrhenius tie, not by this spectrum")
    return Verdict(level="resolved" if relative <= 0.05 else "weak", reason=text)
