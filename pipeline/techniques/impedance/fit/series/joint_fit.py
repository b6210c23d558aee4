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

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.core.values import Verdict
from pipeline.science.constants import KB_EV_PER_K
from pipeline.techniques.impedance.fit.series.assumption_tests import (
    Candidate,
    f_test,
    free_costs,
    residual_rms,
    slowest_apex,
)
from pipeline.techniques.impedance.fit.series.model import (
    SeriesData,
    SeriesModel,
    arrhenius_design,
    covariance,
    fit_model,
)
from pipeline.techniques.impedance.fit.series.result import Solution, build_series
from pipeline.techniques.impedance.fit.series.starts import draw_starts
from pipeline.techniques.impedance.model import SeriesFit, SpectrumFit
from pipeline.techniques.impedance.settings import SeriesSettings


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
    best = _choose_order(data, use, t_ref, b, settings)
    options = [best]
    if not _tied_holds(best, data, settings):
        options += _relaxed(best, data, t_ref, settings)
        holding = [c for c in options if _tied_holds(c, data, settings)]
        best = min(holding or options, key=lambda c: c.bic(data))
    return build_series(sample, use, _solution(best, data, t_ref, settings))


def _solution(c: Candidate, data: SeriesData, t_ref: float, settings: SeriesSettings) -> Solution:
    reduced = c.chi2 / (data.n_residuals - c.model.sizes(data)[-1])
    against_r, against_all = (f_test(c, *cost, data) for cost in free_costs(c, data))
    rms = residual_rms(c, data)
    return Solution(
        model=c.model,
        theta=c.theta,
        covariance=covariance(c.theta, c.model, data) * max(1.0, reduced),
        t_ref_k=t_ref,
        basis=settings.basis,
        kink_k=c.kink_k,
        chi2_reduced=reduced,
        hits=c.hits,
        rms=rms,
        tests=(against_r, against_all),
        usable=_usable(c, rms, (against_r[1], against_all[1]), data, settings),
    )


def _usable(
    c: Candidate, rms: FloatArray, p_values: tuple[float, float], data: SeriesData, settings: SeriesSettings
) -> Verdict:
    limit = settings.min_p_value
    worst = int(np.argmax(rms))
    at = f"{data.temperature_k[worst]:.1f} K"
    if c.hits < 2:
        return Verdict(level="unresolved", reason="the best cost was met by one start only: global minimum not proven")
    if rms[worst] > settings.max_residual_rms:
        return Verdict(
            level="unresolved", reason=f"residual at {at} is {rms[worst]:.2f} times its noise: the tie fails"
        )
    beyond = slowest_apex(c, data)
    if beyond > 1:
        return Verdict(
            level="unresolved",
            reason=f"the fastest arc's apex stays beyond the window ({beyond:.1f} f_max at the coldest): only its flank is seen, "
            "which may be more than one process",
        )
    if p_values[0] < limit:
        return Verdict(level="unresolved", reason=f"the data reject Arrhenius resistances, p = {p_values[0]:.2g}")
    if p_values[1] < limit:
        return Verdict(level="unresolved", reason=f"the data reject shared C and n, p = {p_values[1]:.2g}")
    relaxed = " (C drifts with T)" if c.drift else f" (kink at {c.kink_k:.0f} K)" if c.kink_k else ""
    text = f"tie not rejected, p = {p_values[0]:.2g}{relaxed}; largest residual {rms[worst]:.2f} times noise at {at}"
    return Verdict(level="weak" if relaxed else "resolved", reason=text)


def _order(fit: SpectrumFit) -> tuple[float, str, int]:
    s = fit.checked.spectrum
    return float(s.temperature_k or 0), s.source.file, s.loop


def make_data(fits: Sequence[SpectrumFit]) -> SeriesData:
    """Kept points, weights 1/(noise |Z|), and the local terms that any spectrum of the cell asks for.

    Cable and electrodes are the same at every temperature: a spectrum in which they hide is fitted with them all the same.
    """
    omega, z, weight = [], [], []
    for f in fits:
        keep = np.array(f.checked.keep)
        values = f.checked.spectrum.impedance_ohm[keep]
        omega.append(2 * np.pi * f.checked.spectrum.frequency_hz[keep])
        z.append(values)
        weight.append(1 / (max(f.noise, 1e-6) * np.abs(values)))
    return SeriesData(
        temperature_k=np.array([float(f.checked.spectrum.temperature_k or 0) for f in fits]),
        omega=np.concatenate(omega),
        impedance_ohm=np.concatenate(z),
        weight=np.concatenate(weight),
        index=np.repeat(np.arange(len(fits)), [w.size for w in omega]),
        blocking=(any(f.blocking_q is not None for f in fits),) * len(fits),
        inductance=(any(f.inductance is not None for f in fits),) * len(fits),
    )


def _choose_order(
    data: SeriesData, fits: Sequence[SpectrumFit], t_ref: float, b: float, settings: SeriesSettings
) -> Candidate:
    """1, 2 or 3 arcs with and without a series resistance, by BIC among models whose resistances are determined."""
    t = data.temperature_k
    candidates: list[Candidate] = []
    for m in range(1, settings.max_arcs + 1):
        model = SeriesModel(
            n_arcs=m,
            resistance_design=arrhenius_design(t, t_ref, None),
            capacitance_design=np.ones((t.size, 1)),
            offset=b * np.log(t / t_ref),
            with_rs=True,
        )
        found = _search(model, data, fits, settings)
        found = min((found, _without_rs(found, data)), key=lambda c: c.bic(data))
        if not candidates or _determined(found, data):
            candidates.append(found)
    return min(candidates, key=lambda c: c.bic(data))


def _search(model: SeriesModel, data: SeriesData, fits: Sequence[SpectrumFit], settings: SeriesSettings) -> Candidate:
    """Screen many starts with few iterations, finish the best, count independent hits of the best cost."""
    starts = draw_starts(model, data, fits, settings.starts if model.n_arcs > 1 else 6, settings.seed)
    screened = sorted((fit_model(s, model, data, max_iterations=8) for s in starts), key=lambda r: r[1])
    finished = [fit_model(theta, model, data) for theta, _ in screened[: max(5, len(screened) // 3)]]
    theta, chi2 = min(finished, key=lambda r: r[1])
    hits = sum(c <= chi2 * 1.001 + 0.1 for _, c in finished)
    return Candidate(model=model, theta=theta, chi2=chi2, hits=hits)


def _without_rs(found: Candidate, data: SeriesData) -> Candidate:
    """The same arcs without R_s.  It is in the search: an arc would fill its place there."""
    nr, nc, ne, _, _ = found.model.sizes(data)
    model = replace(found.model, with_rs=False)
    theta, chi2 = fit_model(np.delete(found.theta, nr + nc + ne), model, data)
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
    nr, nc, _, _, _ = best.model.sizes(data)
    m, t = best.model.n_arcs, data.temperature_k
    if settings.allow_drift:
        design = np.column_stack([np.ones_like(t), (t - t_ref) / 100.0])
        model = replace(best.model, capacitance_design=design)
        gamma = np.column_stack([best.theta[nr : nr + nc], np.zeros(m)]).ravel()
        theta, chi2 = fit_model(np.concatenate([best.theta[:nr], gamma, best.theta[nr + nc :]]), model, data)
        out.append(replace(best, model=model, theta=theta, chi2=chi2, drift=True))
    distinct = np.unique(t)
    if settings.allow_kink and distinct.size >= 6:
        q = best.theta[:nr].reshape(m, -1)
        for kink in (distinct[2:-3] + distinct[3:-2]) / 2:
            model = replace(best.model, resistance_design=arrhenius_design(t, t_ref, float(kink)))
            x0 = (1 / kink - 1 / t_ref) / KB_EV_PER_K
            start = np.column_stack([q[:, 0] - q[:, 1] * x0, q[:, 1], q[:, 1]]).ravel()
            theta, chi2 = fit_model(np.concatenate([start, best.theta[nr:]]), model, data)
            out.append(replace(best, model=model, theta=theta, chi2=chi2, kink_k=float(kink)))
    return out


def _tied_holds(c: Candidate, data: SeriesData, settings: SeriesSettings) -> bool:
    tests = [f_test(c, *cost, data)[1] for cost in free_costs(c, data)]
    return min(tests) >= settings.min_p_value and float(residual_rms(c, data).max()) <= settings.max_residual_rms
