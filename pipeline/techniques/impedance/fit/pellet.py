"""All spectra of a pellet at once: the joint fit over temperature, and what each arc is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.core.errors import FitError
from pipeline.core.sample import Sample
from pipeline.core.values import Finding
from pipeline.techniques.impedance.circuit_terms import SampleTotal
from pipeline.techniques.impedance.copies import find_copies
from pipeline.techniques.impedance.fit.regions.assignment import assign_regions
from pipeline.techniques.impedance.fit.regions.electrodes import decide_total, find_electrode_cut
from pipeline.techniques.impedance.fit.series.joint_fit import fit_series
from pipeline.techniques.impedance.model import PelletFit, SeriesFit, SpectrumFit
from pipeline.techniques.impedance.settings import EvidenceSettings, SeriesSettings

MIN_TEMPERATURES = 3
"""Of fewer no joint fit is tried."""


def fit_pellet(
    sample: Sample,
    fits: Sequence[SpectrumFit],
    known: Mapping[str, PelletFit],
    series_settings: SeriesSettings,
    evidence_settings: EvidenceSettings,
) -> PelletFit:
    """Joint fit and regions of a pellet; a joint fit that fails is a finding.

    Parameters
    ----------
    fits:
        Single fits of the pellet, in any order; a measurement that lies in several files counts once.  In the joint fit, whose
        circuit is its own, those with a circuit of the study do not count.
    known:
        Sample id -> result of a pristine pellet, evidence for the regions.
    """
    fits = sorted(fits, key=_place)
    cut_f = find_electrode_cut(fits, sample.pellet)
    fits = [decide_total(f, cut_f) for f in fits]
    series: SeriesFit | None = None
    notes: tuple[Finding, ...] = ()
    copies = find_copies([f.checked.spectrum for f in fits])
    once = [f for i, f in enumerate(fits) if i not in copies and not f.parameters]
    known_k = {f.checked.spectrum.temperature_k for f in once} - {None}
    if len(known_k) >= MIN_TEMPERATURES:
        try:
            series = fit_series(sample.id, once, series_settings)
        except FitError as error:
            problem = f"no series fit: {error.problem}"
            notes = (Finding(severity="warning", field=error.field, problem=problem, hint=error.hint),)
    phases = {
        role: known[i]
        for role, i in (("crystalline", sample.crystalline_phase), ("amorphous", sample.amorphous_phase))
        if i is not None and i in known
    }
    pellet = assign_regions(sample.id, sample.pellet, fits, series, phases, evidence_settings, cut_f)
    totals = tuple(
        SampleTotal(arcs=(), resistance=f.total_resistance, verdict=f.total_verdict or f.verdict) for f in fits
    )
    if pellet.series is not None:
        electrodes = tuple(r.arc for r in pellet.series_regions if r.region == "electrode")
        pellet = replace(pellet, series=replace(pellet.series, electrode_arcs=electrodes))
    return replace(pellet, spectrum_totals=totals, findings=(*pellet.findings, *notes))


def _place(fit: SpectrumFit) -> tuple[float, str, int]:
    """By temperature, file, loop: the order of the summary, in which regions are matched to spectra."""
    spectrum = fit.checked.spectrum
    return spectrum.temperature_k or 0.0, spectrum.source.file, spectrum.loop
