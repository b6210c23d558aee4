"""Tables of impedance: spectra, arcs, circuit parameters, and the comparison of model orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.core.sample import Pellet
from pipeline.core.tables import Row, Table, columns, given, judged, number, spread
from pipeline.core.values import Estimate
from pipeline.core.words import clauses
from pipeline.science.conduction import conductivity_of
from pipeline.science.constants import S_PER_CM
from pipeline.science.statistics import sigmas_of
from pipeline.techniques.impedance.model import Arc, ImpedanceSummary, PelletFit, RegionAssignment, SpectrumFit

SPECTRA = columns(
    "sample file loop:count temperature_K:number temperature_origin f_min_Hz:number f_max_Hz:number n_points:count "
    "n_masked:count kk_verdict kk_verdict_reason kk_rms_percent:number noise_percent:number n_arcs:count circuit "
    "chi2_reduced:number fit_verdict fit_verdict_reason total_resistance_ohm:estimate series_resistance_ohm:sigma "
    "inductance_H:sigma blocking_q:sigma blocking_exponent:sigma format instrument "
    "total_verdict total_verdict_reason copy_of diffusion_end diffusion_resistance_ohm:sigma diffusion_time_s:sigma"
)
ARCS = columns(
    "sample file loop:count temperature_K:number method arc:count region region_candidates region_reasons verdict "
    "verdict_reason resistance_ohm:estimate cpe_q:sigma cpe_exponent:sigma capacitance_F:sigma "
    "specific_capacitance_F_per_cm:sigma relative_permittivity:sigma apex_Hz:number apex_over_f_max:number "
    "conductivity_S_per_cm:estimate shape skew_exponent:sigma"
)
PARAMETERS = columns(
    "sample file loop:count temperature_K:number circuit parameter value:sigma relative_sigma:number fit_verdict"
)
CIRCUITS = columns(
    "sample file loop:count temperature_K:number circuit parameter value:estimate unit verdict verdict_reason"
)
OPINIONS = columns(
    "sample file loop:count temperature_K:number circuit program parameter value:number difference_sigmas:number "
    "sigma_ratio:number chi2_ratio:number verdict verdict_reason"
)
MODELS = columns(
    "sample file loop:count temperature_K:number n_arcs:count blocking:flag inductance:flag n_parameters:count "
    "chi2:number aicc:number bic:number hits:count starts:count accepted:flag reason"
)


def impedance_tables(summary: ImpedanceSummary) -> dict[str, Table]:
    """Of spectra, arcs and circuits; rows in the order of the summary, then of the arcs."""
    return {
        "spectra": Table(row="impedance spectrum", columns=SPECTRA, rows=tuple(_spectra(summary))),
        "arcs": Table(row="arc of a spectrum", columns=ARCS, rows=tuple(_arcs(summary))),
        "fit_parameters": Table(row="parameter of a circuit", columns=PARAMETERS, rows=tuple(_parameters(summary))),
        "circuit_parameters": Table(
            row="parameter of a circuit of the study", columns=CIRCUITS, rows=tuple(_circuit_parameters(summary))
        ),
        "second_opinions": Table(row="parameter by another program", columns=OPINIONS, rows=tuple(_opinions(summary))),
        "model_comparison": Table(row="model order tried", columns=MODELS, rows=tuple(_models(summary))),
    }


def _key(sample: str, fit: SpectrumFit) -> Row:
    s = fit.checked.spectrum
    return {"sample": sample, "file": s.source.file, "loop": s.loop, "temperature_K": number(s.temperature_k)}


def _spectra(summary: ImpedanceSummary) -> Iterator[Row]:
    copies = {(c.sample, c.file, c.loop): c.copy_of for c in summary.copies}
    for sample, fit in summary.spectra:
        s, kk, f = fit.checked.spectrum, fit.checked.kk, fit.checked.spectrum.frequency_hz
        yield {
            **_key(sample, fit),
            "temperature_origin": s.temperature_origin,
            "f_min_Hz": number(f.min()) if f.size else None,
            "f_max_Hz": number(f.max()) if f.size else None,
            "n_points": int(f.size),
            "n_masked": int(f.size - sum(fit.checked.keep)),
            "kk_verdict": kk.level,
            "kk_verdict_reason": kk.reason,
            "kk_rms_percent": number(kk.rms_percent),
            "noise_percent": number(fit.noise, 100.0),
            "n_arcs": fit.n_arcs,
            "circuit": fit.circuit,
            "chi2_reduced": number(fit.chi2_reduced),
            **judged(fit.verdict, "fit_verdict"),
            **spread("total_resistance_ohm", fit.total_resistance),
            **spread("series_resistance_ohm", fit.series_resistance, interval=False),
            **spread("inductance_H", fit.inductance, interval=False),
            **spread("blocking_q", fit.blocking_q, interval=False),
            **spread("blocking_exponent", fit.blocking_exponent, interval=False),
            "format": s.source.format,
            "instrument": s.source.instrument,
            **(judged(fit.total_verdict, "total_verdict") if fit.total_verdict else {}),
            "copy_of": copies.get((sample, s.source.file, s.loop), ""),
            **_diffusion(fit),
        }


def _diffusion(fit: SpectrumFit) -> Row:
    if fit.diffusion is None:
        return {}
    return {
        "diffusion_end": fit.diffusion.end,
        **spread("diffusion_resistance_ohm", fit.diffusion.resistance, interval=False),
        **spread("diffusion_time_s", fit.diffusion.time_constant, interval=False),
    }


def regions_of(summary: ImpedanceSummary) -> dict[tuple[str, str, int], tuple[RegionAssignment, ...]]:
    """(sample, file, loop) -> assignments of the single fit; the pellet keeps them in the order of its spectra."""
    mine: dict[str, list[SpectrumFit]] = {}
    for sample, fit in summary.spectra:
        mine.setdefault(sample, []).append(fit)
    found = {}
    for pellet in summary.pellets:
        fits = mine.get(pellet.sample, [])
        if len(fits) != len(pellet.spectrum_regions):
            continue
        for fit, regions in zip(fits, pellet.spectrum_regions, strict=True):
            s = fit.checked.spectrum
            found[pellet.sample, s.source.file, s.loop] = regions
    return found


def _pellets(summary: ImpedanceSummary) -> dict[str, Pellet]:
    known = {s.id: s.pellet for s in summary.samples}
    known |= {p.sample: p.pellet for p in summary.pellets if p.pellet is not None}
    return {name: pellet for name, pellet in known.items() if pellet is not None}


def _region(regions: Sequence[RegionAssignment], arc: int) -> Row:
    for r in regions:
        if r.arc == arc:
            return {
                "region": r.region,
                "region_candidates": "; ".join(r.candidates),
                "region_reasons": clauses(r.reasons),
                **spread("specific_capacitance_F_per_cm", r.specific_capacitance_f_per_m, S_PER_CM, interval=False),
                **spread("relative_permittivity", r.relative_permittivity, interval=False),
            }
    return {"region": "undetermined", "region_candidates": "", "region_reasons": "no evidence was gathered"}


def _single(arc: Arc) -> Row:
    row: Row = {"method": "single", "arc": arc.number, **judged(arc.verdict)}
    row |= {"shape": arc.shape, "apex_Hz": number(arc.apex_hz), "apex_over_f_max": number(arc.apex_over_f_max)}
    if not arc.verdict.printable:
        return row
    row |= spread("resistance_ohm", arc.resistance)
    for name, estimate in (
        ("cpe_q", arc.cpe_q),
        ("cpe_exponent", arc.cpe_exponent),
        ("capacitance_F", arc.capacitance),
        ("skew_exponent", arc.skew_exponent),
    ):
        row |= spread(name, estimate, interval=False)
    return row


def _sigma(resistance: Estimate | None, pellet: Pellet | None) -> Row:
    if pellet is None or resistance is None or resistance.value <= 0:
        return {}
    return spread("conductivity_S_per_cm", conductivity_of(resistance, pellet), S_PER_CM)


def _arcs(summary: ImpedanceSummary) -> Iterator[Row]:
    pellets, regions = _pellets(summary), regions_of(summary)
    for sample, fit in summary.spectra:
        s = fit.checked.spectrum
        for arc in fit.arcs:
            shown = given(arc.resistance, arc.verdict)
            assigned = _region(regions.get((sample, s.source.file, s.loop), ()), arc.number)
            if not arc.verdict.printable:
                assigned = {k: v for k, v in assigned.items() if k.startswith("region")}
            yield {**_key(sample, fit), **assigned, **_single(arc), **_sigma(shown, pellets.get(sample))}
    for pellet in summary.pellets:
        yield from _series_arcs(pellet, pellets.get(pellet.sample))


def _series_arcs(pellet: PelletFit, geometry: Pellet | None) -> Iterator[Row]:
    series = pellet.series
    if series is None:
        return
    for i, (file, loop, temperature) in enumerate(zip(series.files, series.loops, series.temperature_k, strict=True)):
        for arc in series.arcs:
            verdict = arc.verdicts[i] if series.usable.printable else series.usable
            shown = given(arc.resistance_ohm[i], verdict)
            row: Row = {
                "sample": pellet.sample,
                "file": file,
                "loop": loop,
                "temperature_K": number(temperature),
                "method": "series",
                "arc": arc.number,
                "apex_Hz": number(arc.apex_hz[i]),
                **_region(pellet.series_regions, arc.number),
                **judged(verdict),
            }
            if shown is not None:
                row |= spread("resistance_ohm", shown)
                row |= spread("cpe_exponent", arc.exponent, interval=False)
                row |= spread("capacitance_F", arc.capacitance, interval=False)
                row |= _sigma(shown, geometry)
            yield row


def _parameters(summary: ImpedanceSummary) -> Iterator[Row]:
    for sample, fit in summary.spectra:
        n = len(fit.parameter_values)
        wide = fit.ln_covariance.shape == (n, n)
        ln_sigma = sigmas_of(fit.ln_covariance) if wide else np.full(n, np.nan)
        for name, value, s in zip(fit.parameter_names, fit.parameter_values, ln_sigma, strict=True):
            yield {
                **_key(sample, fit),
                "circuit": fit.circuit,
                "parameter": name,
                "value": number(value),
                "value_sigma": number(abs(value) * s),
                "relative_sigma": number(s),
                "fit_verdict": fit.verdict.level,
            }


def _circuit_parameters(summary: ImpedanceSummary) -> Iterator[Row]:
    for sample, fit in summary.spectra:
        for p in fit.parameters:
            row: Row = {**_key(sample, fit), "circuit": fit.circuit, "parameter": p.name, "unit": p.unit}
            yield {**row, **spread("value", given(p.estimate, p.verdict)), **judged(p.verdict)}


def _opinions(summary: ImpedanceSummary) -> Iterator[Row]:
    for o in summary.opinions:
        row: Row = {
            "sample": o.sample,
            "file": o.file,
            "loop": o.loop,
            "temperature_K": number(o.temperature_k),
            "circuit": o.circuit,
            "program": o.program,
            "chi2_ratio": number(o.chi2_ratio),
            **judged(o.verdict),
        }
        for name, *numbers in zip(o.names, o.values, o.difference_sigmas, o.sigma_ratios, strict=True):
            value, difference, ratio = map(number, numbers)
            yield {**row, "parameter": name, "value": value, "difference_sigmas": difference, "sigma_ratio": ratio}
        if not o.names:
            yield {**row, "parameter": ""}


def _models(summary: ImpedanceSummary) -> Iterator[Row]:
    for sample, fit in summary.spectra:
        for m in fit.scores:
            yield {
                **_key(sample, fit),
                "n_arcs": m.n_arcs,
                "blocking": m.blocking,
                "inductance": m.inductance,
                "n_parameters": m.n_parameters,
                "chi2": number(m.chi2),
                "aicc": number(m.aicc),
                "bic": number(m.bic),
                "hits": m.hits,
                "starts": m.starts,
                "accepted": m.accepted,
                "reason": m.reason,
            }
