"""One checked spectrum -> its arcs, by the data, by a person's decision, or in a circuit of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.core.values import Finding
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.model import CheckedSpectrum, SpectrumFit
from pipeline.techniques.impedance.rows import SpectrumReview
from pipeline.techniques.impedance.settings import ArcSettings

NO_TEMPERATURE = Finding(
    severity="warning",
    field="temperature",
    problem="not known: neither the study nor the file nor its name tells it. Resistances are given, no activation energy",
    hint="add temperature_c to this file's [[sample.eis]] table, or {temperature_c} to its pattern",
    code="temperature_not_known",
)


def fit_spectrum(
    checked: CheckedSpectrum,
    reviews: Sequence[SpectrumReview],
    settings: ArcSettings,
    circuit: str = "",
    fixed: Mapping[str, float] | None = None,
) -> SpectrumFit:
    """Arcs of one spectrum; what was decided of it is among its findings.

    Parameters
    ----------
    reviews:
        Those of the spectrum; the first that says how many arcs there are, or which circuit, decides it.
    circuit, fixed:
        Of the sample's table, where it gives a circuit; a review that decides goes before.

    Raises
    ------
    FitError
        No model describes the data.
    """
    decided = next((r for r in reviews if r.arcs is not None or r.circuit), None)
    if decided is not None:
        circuit, fixed = decided.circuit, decided.fixed
    if circuit:
        from pipeline.techniques.impedance.fit.circuits.result import fit_circuit  # lmfit is slow to import

        fit = fit_circuit(checked, circuit, fixed or {}, settings)
    else:
        fit = fit_arcs(checked, settings, n_arcs=None if decided is None else decided.arcs)
    notes = (
        Finding(severity="info", field="review", problem=f"{r.note or 'decided'} (by {r.by or 'unnamed'})")
        for r in reviews
        if r.note or r.decision()
    )
    unknown = (NO_TEMPERATURE,) if checked.spectrum.temperature_k is None else ()
    return replace(fit, findings=(*fit.findings, *unknown, *notes))
