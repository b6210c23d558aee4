"""All temperatures of a pellet at once: R_i(T) by Arrhenius with shared C_i and n_i, and whether that may be believed.

The tie is an assumption and is tested on the data: an F-test against R_i free at each temperature, another against
everything free at each temperature (which a jump of C_i breaks), and each temperature's residual against its noise.

    F = ((chi2_tied - chi2_free) / (p_free - p_tied)) / (chi2_free / (N - p_free))

Nested models: Bevington and Robinson, Data Reduction and Error Analysis, 3rd ed., McGraw-Hill (2003), chapter 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.core.errors import FitError
from pipeline.core.values import Verdict
from pipeline.science.constants import KB_EV_PER_K
from pipeline.techniques.impedance.fit.series.assumption_tests import Candidate, TieTests, examine_tie, slowest_apex
from pipeline.techniques.impedance.fit.series.model import (
    SeriesData,
    SeriesModel,
    arrhenius_design,
    covariance,
    fit_model,
    fit_rows,
    without_series,
)
from pipeline.techniques.impedance.fit.series.result import Solution, build_series
from pipeline.techniques.impedance.fit.series.starts import draw_starts
from pipeline.techniques.impedance.fit.single.circuit import Circuit
from pipeline.techniques.impedance.model import SeriesFit, SpectrumFit
from pipeline.techniques.impedance.settings import SeriesSettings

PRUNE = {40: 8}
"""Iteration -> number of the best starts that are carried on."""
FINISHED = 1e-15
"""Gain in chi2 at which the chosen fit stops: all digits that the data can tell."""


def fit_series(sample: str, fits: Sequence[SpectrumFit], settings: SeriesSettings) -> SeriesFit:
    """Fit all spectra of one pellet with Arrhenius-tied resistances and test the tie.

    Parameters
    ----------
    sample:
        Its id, for messages.
    fits:
        Single fits with ``temperature_k``; they give the noise, the kept points, and which terms a spectrum asks for.

    Raises
    ------
    FitError
        Fewer temperatures than ``min_temperatures``.
    """
    use = sorted((f for f in fits if f.checked.spectrum.temperature_k), key=_order)
    temperatures = sorted({float(f.checked.spectrum.temperature_k or 0) for f in use})
    if len(temperatures) < settings.min_temperatures:
        raise FitError(
            source=sample,
            field="temperature_k",
            problem=f"{len(temperatures)} temperature(s), {settings.min_temperatures} needed for a series fit",
        )
    data = make_data(use)
    t_ref = float(1 / np.mean(1 / data.temperature_k))
    b = 1.0 if settings.basis == "sigma_T" else 0.0
    best = _finish(_choose_order(data, use, t_ref, b, settings), data)
    tests = examine_tie(best, data)
    limits = settings.min_p_value, settings.max_residual_rms
    if not tests.hold(*limits):
        options = [(best, tests), *((c, examine_tie(c, data)) for c in _relaxed(best, data, t_ref, settings))]
        best, tests = min([o for o in options if o[1].hold(*limits)] or options, key=lambda o: o[0].bic(data))
    return build_series(sample, use, _solution(best, tests, data, t_ref, settings))


def _finish(c: Candidate, data: SeriesData) -> Candidate:
    """The same minimum to the last digits that chi2 can tell apart."""
    theta, chi2 = fit_model(c.theta, c.model, data, tolerance=FINISHED)
    return replace(c, theta=theta, chi2=chi2)


def _solution(c: Candidate, tests: TieTests, data: SeriesData, t_ref: float, settings: SeriesSettings) -> Solution:
    reduced = c.chi2 / (data.n_residuals - c.model.n_parameters)
    return Solution(
        model=c.model,
        theta=c.theta,
        covariance=covariance(c.theta, c.model, data) * max(1.0, reduced),
        t_ref_k=t_ref,
        basis=settings.basis,
        kink_k=c.kink_k,
        chi2_reduced=reduced,
        hits=c.hits,
        tests=tests,
        usable=_usable(c, tests, data, settings),
    )


def _usable(c: Candidate, tests: TieTests, data: SeriesData, settings: SeriesSettings) -> Verdict:
    limit, rms = settings.min_p_value, tests.rms
    p_resistances, p_all = tests.free_resistances[1], tests.all_free[1]
    worst = int(np.argmax(rms))
    at = f"{data.temperature_k[worst]:.1f} K"
    if c.hits < 2:
        why = "the best cost was met by one start only: global minimum not proven"
        return Verdict(level="unresolved", reason=why, code="minimum_not_proven")
    if rms[worst] > settings.max_residual_rms:
        why = f"residual at {at} is {rms[worst]:.2f} times its noise: the tie fails"
        return Verdict(level="unresolved", reason=why, code="tie_residual")
    beyond = slowest_apex(c, data)
    if beyond > 1:
        return Verdict(
            level="unresolved",
            reason=f"the fastest arc's apex stays beyond the window ({beyond:.1f} f_max at the coldest): only its flank is seen, "
            "which may be more than one process",
            code="apex_beyond_window",
        )
    if p_resistances < limit:
        why = f"the data reject Arrhenius resistances, p = {p_resistances:.2g}"
        return Verdict(level="unresolved", reason=why, code="tie_resistances_rejected")
    if p_all < limit:
        why = f"the data reject shared C and n, p = {p_all:.2g}"
        return Verdict(level="unresolved", reason=why, code="tie_capacitances_rejected")
    relaxed = " (C drifts with T)" if c.drift else f" (kink at {c.kink_k:.0f} K)" if c.kink_k else ""
    text = f"tie not rejected, p = {p_resistances:.2g}{relaxed}; largest residual {rms[worst]:.2f} times noise at {at}"
    if relaxed:
        return Verdict(level="weak", reason=text, code="tie_drift" if c.drift else "tie_kink")
    return Verdict(level="resolved", reason=text, code="tie_holds")


def _order(fit: SpectrumFit) -> tuple[float, str, int]:
    s = fit.checked.spectrum
    return float(s.temperature_k or 0), s.source.file, s.loop


def make_data(fits: Sequence[SpectrumFit]) -> SeriesData:
    """Kept points with weights 1/(noise |Z|)."""
    longest = max(sum(f.checked.keep) for f in fits)
    omega, z, weight = (
        np.ones((len(fits), longest)),
        np.ones((len(fits), longest), dtype=complex),
        np.zeros((len(fits), longest)),
    )
    for t, f in enumerate(fits):
        keep = np.array(f.checked.keep)
        n = int(keep.sum())
        values = f.checked.spectrum.impedance_ohm[keep]
        omega[t, :n] = 2 * np.pi * f.checked.spectrum.frequency_hz[keep]
        z[t, :n] = values
        weight[t, :n] = 1 / (max(f.noise, 1e-6) * np.abs(values))
    return SeriesData(
        temperature_k=np.array([float(f.checked.spectrum.temperature_k or 0) for f in fits]),
        omega=omega,
        impedance_ohm=z,
        weight=weight,
    )


def choose_terms(n_arcs: int, fits: Sequence[SpectrumFit]) -> Circuit:
    """The arcs with R_s, and the inductance and the blocking tail that any spectrum of the cell asks for.

    Cable and electrodes are the same at every temperature: a spectrum in which they hide is fitted with them all the same.
    """
    return Circuit(
        n_arcs=n_arcs,
        series=True,
        inductance=any(f.inductance is not None for f in fits),
        blocking=any(f.blocking_q is not None for f in fits),
    )


def _choose_order(
    data: SeriesData, fits: Sequence[SpectrumFit], t_ref: float, b: float, settings: SeriesSettings
) -> Candidate:
    """1, 2 or 3 arcs with and without a series resistance, by BIC among models whose resistances are determined."""
    t = data.temperature_k
    candidates: list[Candidate] = []
    for m in range(1, settings.max_arcs + 1):
        model = SeriesModel(
            circuit=choose_terms(m, fits),
            resistance_design=arrhenius_design(t, t_ref, None),
            capacitance_design=np.ones((t.size, 1)),
            offset=b * np.log(t / t_ref),
        )
        found = _search(model, data, fits, settings)
        found = min((found, _without_rs(found, data)), key=lambda c: c.bic(data))
        if not candidates or _determined(found, data):
            candidates.append(found)
    return min(candidates, key=lambda c: c.bic(data))


def _search(model: SeriesModel, data: SeriesData, fits: Sequence[SpectrumFit], settings: SeriesSettings) -> Candidate:
    """Fit from many starts, count how many met the best cost."""
    starts = draw_starts(model, data, fits, settings.starts if model.n_arcs > 1 else 6, settings.seed)
    rows = fit_rows(np.array(starts), model, data, prune=PRUNE)
    lowest = int(np.argmin(rows.chi2))
    chi2 = float(rows.chi2[lowest])
    hits = int(np.sum(rows.chi2 <= chi2 * 1.001 + 0.1))
    return Candidate(model=model, theta=rows.x[lowest], chi2=chi2, hits=hits)


def _without_rs(found: Candidate, data: SeriesData) -> Candidate:
    """The same arcs without R_s.  It is in the search: an arc would fill its place there."""
    start, model = without_series(found.theta, found.model)
    theta, chi2 = fit_model(start, model, data)
    return replace(found, model=model, theta=theta, chi2=chi2)


def _determined(c: Candidate, data: SeriesData) -> bool:
    """Every arc: positive Ea, and ln R known to 20 % at the coldest temperature at least."""
    cov = covariance(c.theta, c.model, data)
    q = c.model.resistance_design.shape[1]
    design = c.model.resistance_design[0]
    for i in range(c.model.n_arcs):
        block = cov[i * q : (i + 1) * q, i * q : (i + 1) * q]
        if c.theta[i * q + 1] <= 0 or design @ block @ design > 0.2**2:
            return False
    return True


def _relaxed(best: Candidate, data: SeriesData, t_ref: float, settings: SeriesSettings) -> list[Candidate]:
    """The same arcs with a linear drift of ln C_i, or with a kink in Ea, started from the tied fit."""
    out: list[Candidate] = []
    m, t = best.model.n_arcs, data.temperature_k
    at = best.model.blocks
    of_r, of_c, others = best.theta[at.resistance], best.theta[at.capacitance], best.theta[at.capacitance.stop :]
    if settings.allow_drift:
        design = np.column_stack([np.ones_like(t), (t - t_ref) / 100.0])
        model = replace(best.model, capacitance_design=design)
        gamma = np.column_stack([of_c, np.zeros(m)]).ravel()
        tied = replace(best, model=model, theta=np.concatenate([of_r, gamma, others]), drift=True)
        out.append(_finish(tied, data))
    distinct = np.unique(t)
    if settings.allow_kink and distinct.size >= 6:
        q = of_r.reshape(m, -1)
        for kink in (distinct[2:-3] + distinct[3:-2]) / 2:
            model = replace(best.model, resistance_design=arrhenius_design(t, t_ref, float(kink)))
            x0 = (1 / kink - 1 / t_ref) / KB_EV_PER_K
            start = np.column_stack([q[:, 0] - q[:, 1] * x0, q[:, 1], q[:, 1]]).ravel()
            bent = replace(best, model=model, theta=np.concatenate([start, of_c, others]), kink_k=float(kink))
            out.append(_finish(bent, data))
    return out
