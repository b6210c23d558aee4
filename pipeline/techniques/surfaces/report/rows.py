"""Tables of photoelectron spectra: components, changes, models that were tried, atomic fractions."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.tables import Row, Table, columns, given, judged, number, spread
from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.surfaces.model import AtomicFraction, StateChange, SurfaceFit, SurfaceSummary

XPS = columns(
    "sample file region state component area_fraction:estimate binding_energy_eV:estimate width_eV:estimate verdict "
    "verdict_reason area_fraction_upper95:number binding_energy_eV_sigma_fit:number area_counts_eV:sigma loop:count "
    "label chi2_reduced:number sigma_factor:number noise:number shift_eV:sigma background shape splitting_eV:number "
    "ratio:number n_points:count n_masked:count"
)
CHANGES = columns(
    "sample region component from_state to_state change:sigma upper95:number verdict verdict_reason "
    "significance_sigmas:number together:flag chi2_reduced:number from_file to_file"
)
MODELS = columns(
    "sample file loop:count region n_components:count widths chi2:number n_parameters:count bic:number chosen:flag"
)
ATOMS = columns(
    "sample state region atomic_fraction:estimate area_counts_eV_per_s:sigma sensitivity:number verdict verdict_reason"
)


def surface_tables(summary: SurfaceSummary) -> dict[str, Table]:
    """xps, xps_changes, xps_models, xps_atoms; in the order of the summary."""
    return {
        "xps": Table(row="spectrum and component", columns=XPS, rows=tuple(_components(summary))),
        "xps_changes": Table(
            row="region, component and pair of states",
            columns=CHANGES,
            rows=tuple(r for c in summary.changes for r in _changes(c)),
        ),
        "xps_models": Table(row="model that was tried", columns=MODELS, rows=tuple(_models(summary))),
        "xps_atoms": Table(row="sample, state and region", columns=ATOMS, rows=tuple(map(_atom, summary.atoms))),
    }


def _share(name: str, estimate: Estimate | None, verdict: Verdict) -> Row:
    return spread(name, given(estimate, verdict))


def _components(summary: SurfaceSummary) -> Iterator[Row]:
    for sample, fit in summary.fits:
        common = _common(fit)
        for c in fit.components:
            shown = given(c.binding_energy, c.verdict)
            yield {
                "sample": sample,
                "file": fit.file,
                "region": fit.region,
                "state": fit.state,
                "component": c.name,
                **_share("area_fraction", c.area_fraction, c.verdict),
                **spread("binding_energy_eV", shown),
                **_share("width_eV", c.width, c.verdict),
                **judged(c.verdict),
                "area_fraction_upper95": number(c.upper95),
                "binding_energy_eV_sigma_fit": None if shown is None else number(c.binding_sigma_fit_ev),
                **spread("area_counts_eV", given(c.area, c.verdict), interval=False),
                **common,
            }


def _common(fit: SurfaceFit) -> Row:
    checked = fit.checked
    return {
        "loop": checked.spectrum.loop,
        "label": checked.spectrum.label,
        "chi2_reduced": number(fit.chi2_reduced),
        "sigma_factor": number(fit.inflation),
        "noise": number(checked.noise),
        **spread("shift_eV", checked.shift_ev, interval=False),
        "background": fit.row.background,
        "shape": fit.row.shape,
        "splitting_eV": number(fit.splitting_ev),
        "ratio": number(fit.ratio) if fit.splitting_ev is not None else None,
        "n_points": int(checked.counts.size),
        "n_masked": sum(len(m.indices) for m in checked.masks),
    }


def _changes(change: StateChange) -> Iterator[Row]:
    for c in change.changes:
        yield {
            "sample": change.sample,
            "region": change.region,
            "component": c.component,
            "from_state": change.from_state,
            "to_state": change.to_state,
            **spread("change", given(c.change, c.verdict), interval=False),
            "upper95": number(c.upper95),
            **judged(c.verdict),
            "significance_sigmas": number(c.significance),
            "together": change.together,
            "chi2_reduced": number(change.chi2_reduced),
            "from_file": change.files[0],
            "to_file": change.files[1],
        }


def _models(summary: SurfaceSummary) -> Iterator[Row]:
    for sample, fit in summary.fits:
        for a in fit.attempts:
            yield {
                "sample": sample,
                "file": fit.file,
                "loop": fit.checked.spectrum.loop,
                "region": fit.region,
                "n_components": a.n_components,
                "widths": a.widths,
                "chi2": number(a.chi2),
                "n_parameters": a.n_parameters,
                "bic": number(a.bic),
                "chosen": a.chosen,
            }


def _atom(a: AtomicFraction) -> Row:
    return {
        "sample": a.sample,
        "state": a.state,
        "region": a.region,
        **spread("atomic_fraction", given(a.atomic_fraction, a.verdict)),
        **spread("area_counts_eV_per_s", a.area_per_s, interval=False),
        "sensitivity": number(a.sensitivity),
        **judged(a.verdict),
    }
