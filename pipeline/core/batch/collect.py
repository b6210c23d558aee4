"""Records of a run -> RunSummary: the order of things, and the summarize stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.core.sample import Sample
from pipeline.core.study.rows import Study
from pipeline.core.summary import Record, RunSummary
from pipeline.techniques.absorption.model import Distortion, ReducedAbsorption, ShellFit
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint, PelletFit, SpectrumFit
from pipeline.techniques.sweeps.model import SweepFit


def gather(samples: Sequence[Sample], records: Iterable[Record]) -> dict[str, Any]:
    """The fields of RunSummary that records hold, in an order that no worker can change."""
    order = {s.id: i for i, s in enumerate(samples)}
    found = sorted(records, key=lambda r: (r.kind, order.get(r.sample, len(order)), r.name))

    def results(kind: str, cls: type[Any]) -> list[tuple[str, Any]]:
        return [(r.sample, x) for r in found if r.kind == kind for x in r.results if isinstance(x, cls)]

    def when(item: tuple[str, SpectrumFit]) -> tuple[int, float, str, int]:
        spectrum = item[1].checked.spectrum
        return order[item[0]], spectrum.temperature_k or 0.0, spectrum.source.file, spectrum.loop

    findings = [(r.name, f) for r in found for x in r.results for f in getattr(x, "findings", ())]
    findings += [pair for r in found for pair in r.findings]
    return {
        "spectra": tuple(sorted(results("eis", SpectrumFit), key=when)),
        "pellets": tuple(p for _, p in results("pellet", PelletFit)),
        "sweeps": tuple(results("lsv", SweepFit)),
        "absorption": tuple(a for _, a in results("xas", ReducedAbsorption)),
        "shells": tuple(x for _, x in results("edge", ShellFit)),
        "distortions": tuple(x for _, x in results("edge", Distortion)),
        "rejected": tuple(x for r in found for x in r.rejected),
        "findings": tuple(findings),
    }


def summarize_run(study: Study, gathered: Mapping[str, Any]) -> RunSummary:
    """Conductivity, Arrhenius, composition and windows from the gathered results: the tables' numbers."""
    from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius
    from pipeline.techniques.impedance.summarize.composition import compare_series, summarize_composition
    from pipeline.techniques.impedance.summarize.conductivity import summarize_conductivity
    from pipeline.techniques.impedance.summarize.density import compare_densities
    from pipeline.techniques.impedance.summarize.geometry import doubt_lines, doubt_points, geometry_doubts
    from pipeline.techniques.impedance.summarize.meyer_neldel import relate_prefactors
    from pipeline.techniques.sweeps.summarize import summarize_windows

    settings = study.settings
    pellets = {p.sample: p for p in gathered["pellets"]}
    points: list[ConductivityPoint] = []
    lines: list[ArrheniusFit] = []
    for sample in study.samples:
        spectra = [fit for owner, fit in gathered["spectra"] if owner == sample.id]
        if spectra:
            mine = summarize_conductivity(sample, spectra, pellets.get(sample.id), settings["summarize.conductivity"])
            points += mine
            lines += fit_arrhenius(mine, settings["summarize.arrhenius"])
    densities = compare_densities(study.samples, settings["summarize.conductivity"])
    suspect = geometry_doubts(gathered["pellets"], densities)
    points, lines = doubt_points(points, suspect), doubt_lines(lines, suspect)
    composition, optima = summarize_composition(study.samples, lines, points, settings["summarize.composition"])
    windows, differences = summarize_windows(gathered["sweeps"], computed_windows(study), settings["summarize.window"])
    doubts = tuple((d.sample, f) for d in densities for f in d.findings)
    found = {**gathered, "findings": (*gathered["findings"], *doubts)}
    return RunSummary(
        study_name=study.name,
        simulated=study.simulated,
        samples=study.samples,
        conductivity=tuple(points),
        arrhenius=tuple(lines),
        composition=composition,
        optima=optima,
        windows=windows,
        differences=differences,
        reviews=tuple(
            {f: getattr(r, f) for f in ("file", "loop", "arcs", "mask_hz", "exclude", "note", "by")}
            for r in study.reviews
        ),
        densities=densities,
        comparisons=compare_series(composition, optima),
        meyer_neldel=relate_prefactors(lines),
        **found,
    )


def computed_windows(study: Study) -> dict[str, tuple[float, float]]:
    """Thermodynamic windows of the study; a composite without one gets the intersection of its phases' windows."""
    given = dict(study.computed_windows)
    for s in study.samples:
        phases = [i for i in (s.crystalline_phase, s.amorphous_phase) if i is not None]
        parts = [study.computed_windows[i] for i in phases if i in study.computed_windows]
        if s.id not in given and len(parts) == 2:
            low, high = max(p[0] for p in parts), min(p[1] for p in parts)
            if low < high:
                given[s.id] = (low, high)
    return given
