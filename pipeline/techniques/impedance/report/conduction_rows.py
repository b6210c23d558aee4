"""Tables of conduction: sigma over temperature, Arrhenius lines, composition."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.tables import Row, Table, columns, given, judged, number, spread
from pipeline.science.conduction import with_geometry
from pipeline.science.constants import S_PER_CM
from pipeline.techniques.impedance.comparisons import CompositionOptimum
from pipeline.techniques.impedance.model import ArrheniusFit, ImpedanceSummary

CONDUCTIVITY = columns(
    "sample temperature_K:number quantity method conductivity_S_per_cm:estimate verdict verdict_reason "
    "conductivity_S_per_cm_sigma_without_geometry:number geometry_relative_sigma:number file loop:count "
    "conductivity_S_per_cm_sigma_statistical:number conductivity_S_per_cm_sigma_systematic:number"
)
ARRHENIUS = columns(
    "sample quantity basis method activation_energy_eV:estimate t_ref_K:number ln_value_at_t_ref:estimate "
    "ln_prefactor:estimate conductivity_25C_S_per_cm:estimate extrapolated:flag n_points:count n_left_out:count "
    "t_min_K:number t_max_K:number kink_temperature_K:estimate second_activation_energy_eV:estimate "
    "correlation:number verdict verdict_reason notes left_out geometry_relative_sigma:number "
    "activation_energy_eV_sigma_of_thermometer:number conductivity_25C_relative_sigma_of_thermometer:number "
    "scatter_beyond_points:number delta_bic_kink:number delta_bic_needed:number "
    "conductivity_25C_origin conductivity_25C_verdict conductivity_25C_verdict_reason "
    "activation_energy_eV_sigma_statistical:number activation_energy_eV_sigma_systematic:number "
    "activation_energy_eV_sigma_whole:number conductivity_25C_S_per_cm_sigma_statistical:number "
    "conductivity_25C_S_per_cm_sigma_systematic:number conductivity_25C_S_per_cm_sigma_whole:number"
)
COMPOSITION = columns(
    "sample series x_lcf:number conductivity_25C_S_per_cm:estimate verdict verdict_reason optimum_x_lcf:estimate "
    "optimum_conductivity_25C_S_per_cm:estimate optimum_verdict optimum_verdict_reason"
)
DENSITIES = columns(
    "sample density_g_per_cm3:estimate relative_density:estimate porosity:estimate "
    "conductivity_ratio_bruggeman:estimate verdict verdict_reason"
)
COMPARISONS = columns("series_a series_b conductivity_ratio:estimate x_difference:estimate verdict verdict_reason")
MEYER_NELDEL = columns("quantity energy_eV:estimate t_ref_K:number n_samples:count verdict verdict_reason")
OPTIMA = columns("series x_lcf:estimate conductivity_25C_S_per_cm:estimate n_points:count verdict verdict_reason")


def conduction_tables(summary: ImpedanceSummary) -> dict[str, Table]:
    """conductivity, arrhenius, composition, optima and what follows from them; in the order of the summary."""
    each = "sample, quantity, method and basis"
    return {
        "conductivity": Table(
            row="sample, temperature, quantity and method", columns=CONDUCTIVITY, rows=tuple(_conductivity(summary))
        ),
        "arrhenius": Table(row=each, columns=ARRHENIUS, rows=tuple(_line(a) for a in summary.arrhenius)),
        "composition": Table(
            row="sample (the optimum of its series repeated)", columns=COMPOSITION, rows=tuple(_composition(summary))
        ),
        "optima": Table(row="composition series", columns=OPTIMA, rows=tuple(_optimum(o) for o in summary.optima)),
        "comparisons": Table(row="pair of composition series", columns=COMPARISONS, rows=tuple(_comparisons(summary))),
        "meyer_neldel": Table(row="quantity over all samples", columns=MEYER_NELDEL, rows=tuple(_rule(summary))),
        "densities": Table(row="pellet with a mass", columns=DENSITIES, rows=tuple(_densities(summary))),
    }


def _conductivity(summary: ImpedanceSummary) -> Iterator[Row]:
    """Sigma and interval carry the geometry; beside them the sigma without it, for differences between temperatures."""
    for p in summary.conductivity:
        bare = given(p.conductivity_s_per_m, p.verdict)
        full = None if bare is None else with_geometry(bare, p.geometry_relative_sigma)
        yield {
            "sample": p.sample,
            "temperature_K": number(p.temperature_k),
            "quantity": p.quantity,
            "method": p.method,
            **spread("conductivity_S_per_cm", full, S_PER_CM),
            **judged(p.verdict),
            "conductivity_S_per_cm_sigma_without_geometry": None if bare is None else number(bare.sigma, S_PER_CM),
            "geometry_relative_sigma": number(p.geometry_relative_sigma),
            "file": p.file,
            "loop": p.loop,
            "conductivity_S_per_cm_sigma_statistical": None if bare is None else number(bare.sigma, S_PER_CM),
            "conductivity_S_per_cm_sigma_systematic": None
            if bare is None
            else number(bare.value * p.systematic_relative_sigma, S_PER_CM),
        }


def _line(a: ArrheniusFit) -> Row:
    row: Row = {
        "sample": a.sample,
        "quantity": a.quantity,
        "basis": a.basis,
        "method": a.method,
        "t_ref_K": number(a.t_ref_k),
        "extrapolated": a.extrapolated,
        "n_points": a.n_points,
        "n_left_out": a.n_left_out,
        "t_min_K": number(a.t_min_k),
        "t_max_K": number(a.t_max_k),
        "correlation": number(a.correlation),
        **judged(a.verdict),
        "notes": "; ".join(f.problem for f in a.findings),
        "left_out": "; ".join(a.left_out),
        "geometry_relative_sigma": number(a.geometry_relative_sigma),
        "activation_energy_eV_sigma_of_thermometer": number(a.temperature_sigma_ea_ev),
        "conductivity_25C_relative_sigma_of_thermometer": number(a.temperature_relative_sigma_25c),
        "scatter_beyond_points": number(a.excess_scatter),
        "delta_bic_kink": number(a.delta_bic_kink),
        "delta_bic_needed": number(a.delta_bic_needed),
    }
    for name, estimate in (
        ("activation_energy_eV", a.activation_energy_ev),
        ("ln_value_at_t_ref", a.ln_value_at_t_ref),
        ("ln_prefactor", a.ln_prefactor),
        ("kink_temperature_K", a.kink_temperature_k),
        ("second_activation_energy_eV", a.second_activation_energy_ev),
    ):
        row |= spread(name, given(estimate, a.verdict))
    row |= spread("conductivity_25C_S_per_cm", given(a.conductivity_25c_s_per_m, a.room_verdict), S_PER_CM)
    row["conductivity_25C_origin"] = a.conductivity_25c_origin
    energy, room = (
        given(a.activation_energy_whole_ev, a.verdict),
        given(a.conductivity_25c_whole_s_per_m, a.room_verdict),
    )
    if energy is not None and a.activation_energy_ev is not None:
        name = "activation_energy_eV_sigma"
        row |= {f"{name}_statistical": number(a.activation_energy_ev.sigma), f"{name}_whole": number(energy.sigma)}
        row[f"{name}_systematic"] = number(a.activation_energy_systematic_ev)
    if room is not None:
        name = "conductivity_25C_S_per_cm_sigma"
        row[f"{name}_statistical"] = number(a.conductivity_25c_statistical_s_per_m, S_PER_CM)
        row[f"{name}_systematic"] = number(a.conductivity_25c_systematic_s_per_m, S_PER_CM)
        row[f"{name}_whole"] = number(room.sigma, S_PER_CM)
    return row | judged(a.room_verdict, "conductivity_25C_verdict")


def _optimum(o: CompositionOptimum) -> Row:
    return {
        "series": o.series,
        **spread("x_lcf", given(o.x_optimum, o.verdict)),
        **spread("conductivity_25C_S_per_cm", given(o.conductivity_s_per_m, o.verdict), S_PER_CM),
        "n_points": o.n_points,
        **judged(o.verdict),
    }


def _comparisons(summary: ImpedanceSummary) -> Iterator[Row]:
    for c in summary.comparisons:
        yield {
            "series_a": c.series_a,
            "series_b": c.series_b,
            **spread("conductivity_ratio", given(c.conductivity_ratio, c.verdict)),
            **spread("x_difference", given(c.x_difference, c.verdict)),
            **judged(c.verdict),
        }


def _rule(summary: ImpedanceSummary) -> Iterator[Row]:
    m = summary.meyer_neldel
    if m is not None:
        yield {
            "quantity": "total",
            **spread("energy_eV", given(m.energy_ev, m.verdict)),
            "t_ref_K": number(m.t_ref_k),
            "n_samples": m.n_samples,
            **judged(m.verdict),
        }


def _densities(summary: ImpedanceSummary) -> Iterator[Row]:
    for d in summary.densities:
        yield {
            "sample": d.sample,
            **spread("density_g_per_cm3", d.density_kg_per_m3, 1e-3),
            **spread("relative_density", given(d.relative_density, d.verdict)),
            **spread("porosity", given(d.porosity, d.verdict)),
            **spread("conductivity_ratio_bruggeman", given(d.conductivity_ratio, d.verdict)),
            **judged(d.verdict),
        }


def _composition(summary: ImpedanceSummary) -> Iterator[Row]:
    best = {o.series: o for o in summary.optima}
    for p in summary.composition:
        row: Row = {
            "sample": p.sample,
            "series": p.series,
            "x_lcf": number(p.x_lcf),
            **spread("conductivity_25C_S_per_cm", given(p.conductivity_25c_s_per_m, p.verdict), S_PER_CM),
            **judged(p.verdict),
        }
        if p.series in best:
            o = best[p.series]
            row |= spread("optimum_x_lcf", given(o.x_optimum, o.verdict))
            row |= spread("optimum_conductivity_25C_S_per_cm", given(o.conductivity_s_per_m, o.verdict), S_PER_CM)
            row |= judged(o.verdict, "optimum_verdict")
        yield row
