"""The joint fit as a result: resistances at each temperature with intervals, verdicts, and whether it may be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Estimate, Finding, Verdict
from pipeline.core.words import percent_text
from pipeline.science.constants import T_25C_K
from pipeline.science.statistics import log_estimate
from pipeline.techniques.impedance.fit.series.assumption_tests import TieTests
from pipeline.techniques.impedance.fit.series.model import SeriesModel, arrhenius_design
from pipeline.techniques.impedance.model import SeriesArc, SeriesFit, SpectrumFit


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
    tests: TieTests
    usable: Verdict


def _log_estimate(ln: float, variance: float, unit: str) -> Estimate:
    return log_estimate(ln, float(np.sqrt(max(variance, 0.0))), unit)


def build_series(sample: str, fits: Sequence[SpectrumFit], s: Solution) -> SeriesFit:
    """Arcs from the fastest, at every temperature of ``fits`` (coldest first) and at 25 °C."""
    m = s.model.n_arcs
    temperature = [float(f.checked.spectrum.temperature_k or 0) for f in fits]
    q, k = s.model.resistance_design.shape[1], s.model.capacitance_design.shape[1]
    order = np.argsort([s.theta[i * q] + s.theta[m * q + i * k] for i in range(m)])
    arcs = tuple(_arc(number, int(i), fits, s) for number, i in enumerate(order, start=1))
    (f_statistic, p_value), (_, p_all) = s.tests.free_resistances, s.tests.all_free
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
        temperature_k=tuple(temperature),
        t_ref_k=s.t_ref_k,
        basis=s.basis,
        arcs=arcs,
        drift=k > 1,
        kink_temperature_k=s.kink_k,
        f_statistic=f_statistic,
        p_value=p_value,
        residual_rms_per_temperature=tuple(float(r) for r in s.tests.rms),
        chi2_reduced=s.chi2_reduced,
        ln_covariance=s.covariance,
        resistance_25c_ohm=tuple(_at_25(int(i), s) for i in order),
        usable=s.usable,
        findings=tuple(notes),
    )


def _arc(number: int, i: int, fits: Sequence[SpectrumFit], s: Solution) -> SeriesArc:
    """Arc ``i`` of the solution as number ``number``, at every temperature."""
    design, q, k = s.model.resistance_design, s.model.resistance_design.shape[1], s.model.capacitance_design.shape[1]
    part, first_c = slice(i * q, (i + 1) * q), s.model.n_arcs * q + i * k
    theta, cov = s.theta[part], s.covariance[part, part]
    ln_r = s.model.offset + design @ theta
    variance = np.einsum("tq,qr,tr->t", design, cov, design)
    apex = 1 / (2 * np.pi * np.exp(ln_r + s.model.capacitance_design @ s.theta[first_c : first_c + k]))
    estimates = tuple(_log_estimate(a, v, "ohm") for a, v in zip(ln_r, variance, strict=True))
    at = s.model.n_arcs * (q + k) + i
    return SeriesArc(
        number=number,
        activation_energy_ev=Estimate(value=float(theta[1]), sigma=float(np.sqrt(cov[1, 1])), unit="eV"),
        resistance_at_t_ref=_log_estimate(float(theta[0]), float(cov[0, 0]), "ohm"),
        capacitance=_log_estimate(float(s.theta[first_c]), float(s.covariance[first_c, first_c]), "F"),
        exponent=Estimate(value=float(s.theta[at]), sigma=float(np.sqrt(s.covariance[at, at])), unit="1"),
        resistance_ohm=estimates,
        apex_hz=tuple(float(a) for a in apex),
        verdicts=tuple(_verdict(e, float(a), f, s.usable) for e, a, f in zip(estimates, apex, fits, strict=True)),
    )


def _at_25(i: int, s: Solution) -> Estimate:
    """Resistance of arc ``i`` at 25 °C in ohm."""
    q = s.model.resistance_design.shape[1]
    part = slice(i * q, (i + 1) * q)
    design = arrhenius_design([T_25C_K], s.t_ref_k, s.kink_k)[0]
    offset = float(np.log(T_25C_K / s.t_ref_k)) if s.basis == "sigma_T" else 0.0
    variance = float(design @ s.covariance[part, part] @ design)
    return _log_estimate(float(offset + design @ s.theta[part]), variance, "ohm")


def _verdict(r: Estimate, apex_hz: float, fit: SpectrumFit, usable: Verdict) -> Verdict:
    if not usable.printable:
        return Verdict(level="unresolved", reason=f"the series may not be used: {usable.reason}", code=usable.code)
    relative = r.sigma / r.value
    f_max = float(fit.checked.spectrum.frequency_hz.max())
    text = f"sigma {percent_text(relative)}, apex at {apex_hz / f_max:.3g} f_max"
    if relative > 0.20:
        return Verdict(level="unresolved", reason=f"{text}: worse than 20 %", code="too_wide")
    if apex_hz > 3 * f_max:
        why = f"{text}: carried here by the Arrhenius tie, not by this spectrum"
        return Verdict(level="weak", reason=why, code="carried_by_tie")
    if relative > 0.05:
        return Verdict(level="weak", reason=text, code="wide")
    return Verdict(level="resolved", reason=text, code="determined")
