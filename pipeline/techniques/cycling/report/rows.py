"""Tables of cycling: steps, cycles, runs at one rate, retention, repeats, differences."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.core.tables import Row, Table, columns, given, judged, number, spread
from pipeline.core.values import Estimate, Verdict
from pipeline.science.constants import ZERO_CELSIUS_K
from pipeline.techniques.cycling.model import CellTest, Cycle, CyclingSummary, Half, RateBlock, Step

STEPS = columns(
    "sample file step:count cycle:count kind start_s:number duration_s:number current_A:number capacity_mAh:number "
    "integral_mAh:number start_V:number end_V:number label tester_cycle:count energy_mWh:number counted:flag "
    "n_points:count temperature_C:number"
)
CYCLES = columns(
    "sample file cycle:count rate_C:number charge_mAh:sigma discharge_mAh:sigma charge_mAh_per_g:sigma "
    "discharge_mAh_per_g:sigma coulombic_efficiency_percent:sigma mean_charge_V:number mean_discharge_V:number "
    "hysteresis_V:number verdict verdict_reason efficiency_of charge_rate_C:number discharge_current_A:number "
    "charge_mAh_per_cm2:sigma discharge_mAh_per_cm2:sigma charge_energy_mWh:number discharge_energy_mWh:number "
    "charge_end_V:number discharge_end_V:number start_s:number run:count"
)
RATES = columns(
    "sample file rate_C:number n_cycles:count discharge_mAh_per_g:sigma run:count first_cycle:count last_cycle:count "
    "current_A:number discharge_mAh:sigma charge_mAh_per_g:sigma coulombic_efficiency_percent:sigma mean_charge_V:number "
    "mean_discharge_V:number hysteresis_V:number"
)
RETENTION = columns(
    "sample file from_cycle:count to_cycle:count retention_percent:estimate verdict verdict_reason rate_C:number"
)
REPEATS = columns("sample quantity rate_C:number mean:estimate unit spread:number n_cells:count verdict verdict_reason")
DIFFERENCES = columns("sample_a sample_b quantity rate_C:number difference:estimate unit verdict verdict_reason")


def cycling_tables(summary: CyclingSummary) -> dict[str, Table]:
    """All tables, in the order of the summary."""
    pairs = summary.cells
    return {
        "cycling_steps": Table(
            row="step", columns=STEPS, rows=tuple(_step(s, c, step) for s, c in pairs for step in c.steps)
        ),
        "cycles": Table(
            row="cycle", columns=CYCLES, rows=tuple(_cycle(s, c, one) for s, c in pairs for one in c.cycles)
        ),
        "rates": Table(
            row="run of cycles at one rate",
            columns=RATES,
            rows=tuple(_rate(s, c, b) for s, c in pairs for b in c.blocks),
        ),
        "retention": Table(row="pair of cycles", columns=RETENTION, rows=tuple(_retentions(summary))),
        "cycling_repeats": Table(row="sample and quantity", columns=REPEATS, rows=tuple(_repeats(summary))),
        "cycling_differences": Table(
            row="pair of samples and quantity", columns=DIFFERENCES, rows=tuple(_differences(summary))
        ),
    }


def _step(sample: str, cell: CellTest, s: Step) -> Row:
    kelvin = cell.cell.temperature_k if s.temperature_k is None else s.temperature_k
    return {
        "sample": sample,
        "file": s.file,
        "step": s.number,
        "cycle": s.cycle,
        "kind": s.kind,
        "start_s": number(s.start_s),
        "duration_s": number(s.duration_s),
        "current_A": number(s.current_a),
        "capacity_mAh": number(s.capacity_mah),
        "integral_mAh": number(s.integral_mah),
        "start_V": number(s.start_v),
        "end_V": number(s.end_v),
        "label": s.label,
        "tester_cycle": s.tester_cycle,
        "energy_mWh": number(s.energy_mwh),
        "counted": s.counted,
        "n_points": s.n_rows,
        "temperature_C": None if kelvin is None else number(kelvin - ZERO_CELSIUS_K),
    }


def shown(half: Half | None, value: Estimate | None) -> Estimate | None:
    """An estimate of a half where its verdict lets it be printed."""
    return None if half is None or value is None else given(value, half.verdict)


def _cycle(sample: str, cell: CellTest, c: Cycle) -> Row:
    row: Row = {
        "sample": sample,
        "file": cell.name,
        "cycle": c.number,
        **spread("coulombic_efficiency_percent", given_percent(c), interval=False),
        "hysteresis_V": number(c.hysteresis_v),
        **judged(c.verdict),
        "efficiency_of": "discharge/charge" if cell.first == "charge" else "charge/discharge",
        "run": c.block,
    }
    halves = [h for h in (c.charge, c.discharge) if h is not None]
    row["start_s"] = number(min(h.start_s for h in halves))
    for half in halves:
        name = half.direction
        row |= spread(f"{name}_mAh", shown(half, half.printed_mah), interval=False)
        row |= spread(f"{name}_mAh_per_g", shown(half, half.mah_per_g), interval=False)
        row |= spread(f"{name}_mAh_per_cm2", shown(half, half.mah_per_cm2), interval=False)
        good = half.verdict.printable
        row[f"mean_{name}_V"] = number(half.mean_v) if good else None
        row[f"{name}_energy_mWh"] = number(half.energy_mwh) if good else None
        row[f"{name}_end_V"] = number(half.end_v)
    if c.charge is not None:
        row["charge_rate_C"] = number(c.charge.rate_c)
    if c.discharge is not None:
        row |= {"rate_C": number(c.discharge.rate_c), "discharge_current_A": number(c.discharge.current_a)}
    elif c.charge is not None:
        row["rate_C"] = number(c.charge.rate_c)
    return row


def given_percent(c: Cycle) -> Estimate | None:
    """The efficiency where the cycle's verdict lets it be printed."""
    return None if c.efficiency_percent is None else given(c.efficiency_percent, c.verdict)


def _rate(sample: str, cell: CellTest, b: RateBlock) -> Row:
    return {
        "sample": sample,
        "file": cell.name,
        "rate_C": number(b.rate_c),
        "n_cycles": len(b.cycles),
        **spread("discharge_mAh_per_g", b.discharge_mah_per_g, interval=False),
        "run": b.number,
        "first_cycle": min(b.cycles, default=None),
        "last_cycle": max(b.cycles, default=None),
        "current_A": number(b.current_a),
        **spread("discharge_mAh", b.discharge_mah, interval=False),
        **spread("charge_mAh_per_g", b.charge_mah_per_g, interval=False),
        **spread("coulombic_efficiency_percent", b.efficiency_percent, interval=False),
        "mean_charge_V": number(b.mean_charge_v),
        "mean_discharge_V": number(b.mean_discharge_v),
        "hysteresis_V": number(b.hysteresis_v),
    }


def _retentions(summary: CyclingSummary) -> Iterator[Row]:
    for sample, cell in summary.cells:
        for r in cell.retentions:
            yield {
                "sample": sample,
                "file": cell.name,
                "from_cycle": r.from_cycle,
                "to_cycle": r.to_cycle,
                **spread("retention_percent", given(r.retention_percent, r.verdict)),
                **judged(r.verdict),
                "rate_C": number(r.rate_c),
            }


def _given(name: str, value: Estimate, verdict: Verdict) -> Row:
    return {**spread(name, given(value, verdict)), "unit": value.unit, **judged(verdict)}


def _repeats(summary: CyclingSummary) -> Iterator[Row]:
    for r in summary.repeats:
        yield {
            "sample": r.sample,
            "quantity": r.quantity,
            "rate_C": number(r.rate_c),
            **_given("mean", r.mean, r.verdict),
            "spread": number(r.spread),
            "n_cells": r.n_cells,
        }


def _differences(summary: CyclingSummary) -> Iterator[Row]:
    for d in summary.differences:
        yield {
            "sample_a": d.sample_a,
            "sample_b": d.sample_b,
            "quantity": d.quantity,
            "rate_C": number(d.rate_c),
            **_given("difference", d.difference, d.verdict),
        }
