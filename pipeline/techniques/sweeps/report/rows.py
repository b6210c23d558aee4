"""Tables of potential sweeps: onsets, windows, differences between samples."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.tables import Row, Table, columns, given, judged, number, spread
from pipeline.techniques.sweeps.model import LimitDifference, StabilityWindow, SweepFit, SweepSummary

LSV = columns(
    "sample file sweep:count direction criterion onset_V_vs_Na:estimate scan_rate_mV_per_s:number verdict "
    "verdict_reason potential_scale onset_V_as_measured:number reference_electrode reference_V_vs_Na:sigma "
    "area_cm2:number noise_A:number baseline_end_V_vs_Na:number capacitance_F:sigma charge_mAh:number "
    "ocv_V:number n_points:count n_masked:count part:count after_turn:flag peak_current_A:number peak_V_vs_Na:number "
    "peak_uA_per_cm2:number peak_mA_per_g_electrolyte:number peak_mA_per_g_carbon:number "
    "charge_mAh_per_g_electrolyte:number charge_mAh_per_g_carbon:number capacitance_F_per_g_carbon:number"
)
WINDOWS = columns(
    "sample reduction_limit_V_vs_Na:estimate oxidation_limit_V_vs_Na:estimate width_V:estimate criterion verdict "
    "verdict_reason computed_reduction_V_vs_Na:number computed_oxidation_V_vs_Na:number computed_width_V:number"
)
DIFFERENCES = columns("sample_a sample_b direction criterion difference_V:estimate verdict verdict_reason")


def sweep_tables(summary: SweepSummary) -> dict[str, Table]:
    """lsv, windows, differences; in the order of the summary."""
    return {
        "lsv": Table(row="sweep and criterion", columns=LSV, rows=tuple(_onsets(summary))),
        "windows": Table(row="sample and criterion", columns=WINDOWS, rows=tuple(_window(w) for w in summary.windows)),
        "differences": Table(
            row="pair of samples, limit and criterion",
            columns=DIFFERENCES,
            rows=tuple(_difference(d) for d in summary.differences),
        ),
    }


def _onsets(summary: SweepSummary) -> Iterator[Row]:
    """An onset that is not on the Na/Na+ scale stands in a column of its own, never under a name it has not."""
    for sample, fit in summary.sweeps:
        c, conditions = fit.checked, fit.checked.conditions
        for onset in fit.onsets:
            found = given(onset.onset_v_vs_na, onset.verdict)
            yield {
                "sample": sample,
                "file": c.sweep.source.file,
                "sweep": c.sweep.loop,
                "direction": c.direction,
                "criterion": onset.criterion.name,
                **(spread("onset_V_vs_Na", found) if c.potential_is_vs_na else {}),
                "onset_V_as_measured": None if found is None or c.potential_is_vs_na else number(found.value),
                "scan_rate_mV_per_s": number(c.scan_rate_v_per_s, 1e3),
                **judged(onset.verdict),
                "potential_scale": "Na/Na+" if c.potential_is_vs_na else "as measured",
                "reference_electrode": conditions.reference_electrode,
                "reference_V_vs_Na": number(conditions.volts_vs_na),
                "reference_V_vs_Na_sigma": None if conditions.volts_vs_na is None else conditions.volts_vs_na_sigma,
                "area_cm2": number(conditions.area_m2, 1e4),
                "noise_A": number(fit.noise_a),
                "baseline_end_V_vs_Na": number(fit.baseline_end_v) if c.potential_is_vs_na else None,
                **spread("capacitance_F", fit.capacitance, interval=False),
                "charge_mAh": number(fit.charge_mah),
                "ocv_V": number(c.ocv_v),
                "n_points": sum(c.keep) + sum(len(m.indices) for m in c.masks),
                "n_masked": sum(len(m.indices) for m in c.masks),
                "part": c.number,
                "after_turn": c.after_turn,
                **_peak(fit),
            }


def _peak(fit: SweepFit) -> Row:
    """Largest faradaic current and charge, per area and per gram where the study gives them."""
    c = fit.checked
    area, salt, carbon = c.area_m2, c.conditions.electrolyte_kg, c.conditions.carbon_kg
    peak, charge = fit.peak_current_a, fit.charge_mah
    farad = None if fit.capacitance is None else fit.capacitance.value

    def per(value: float | None, amount: float | None, factor: float) -> float | None:
        return None if value is None or not amount else number(value / amount, factor)

    return {
        "peak_current_A": number(peak),
        "peak_V_vs_Na": number(fit.peak_v) if c.potential_is_vs_na else None,
        "peak_uA_per_cm2": per(peak, area, 1e2),
        "peak_mA_per_g_electrolyte": per(peak, salt, 1.0),
        "peak_mA_per_g_carbon": per(peak, carbon, 1.0),
        "charge_mAh_per_g_electrolyte": per(charge, salt, 1e-3),
        "charge_mAh_per_g_carbon": per(charge, carbon, 1e-3),
        "capacitance_F_per_g_carbon": per(farad, carbon, 1e-3),
    }


def _window(w: StabilityWindow) -> Row:
    low, high = w.computed_v_vs_na or (None, None)
    return {
        "sample": w.sample,
        **spread("reduction_limit_V_vs_Na", given(w.reduction_limit_v_vs_na, w.verdict)),
        **spread("oxidation_limit_V_vs_Na", given(w.oxidation_limit_v_vs_na, w.verdict)),
        **spread("width_V", given(w.width_v, w.verdict)),
        "criterion": w.criterion.name,
        **judged(w.verdict),
        "computed_reduction_V_vs_Na": number(low),
        "computed_oxidation_V_vs_Na": number(high),
        "computed_width_V": None if low is None or high is None else number(high - low),
    }


def _difference(d: LimitDifference) -> Row:
    return {
        "sample_a": d.sample_a,
        "sample_b": d.sample_b,
        "direction": d.direction,
        "criterion": d.criterion.name,
        **spread("difference_V", given(d.difference_v, d.verdict)),
        **judged(d.verdict),
    }
