"""Cells whose truth is known: capacities, efficiency, energy, mean potentials, rates, retention, and the field's silent mistakes.

Q = I T / 3600,  mean potential (V_start + V_end) / 2 of a straight line,  retention 0.999^n
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.techniques.cycling.model import CellInfo, CyclingSummary
from pipeline.techniques.cycling.report.rows import cycling_tables
from tests.synthetic_cycling import (
    DIALECTS,
    MASS_MG,
    Piece,
    all_values,
    charge,
    csv_seconds,
    discharge,
    paper_cell,
    record,
    reduce_cell,
    rest,
    text,
)

CELL = CellInfo(active_mass_mg=MASS_MG, active_mass_sigma_mg=0.1 * 60 / 102, nominal_mah_per_g=120.0)


def test_the_printed_first_cycle_with_its_mass_error_and_without_it() -> None:
    test = reduce_cell(csv_seconds(record(paper_cell())), cell=CELL)
    first = test.cycles[0]
    assert first.discharge is not None
    assert first.discharge.mah_per_g is not None
    assert first.discharge.mah_per_g.value == pytest.approx(0.4855 / (7 * 60 / 102 * 1e-3), rel=1e-9)
    assert first.discharge.mah_per_g.value == pytest.approx(117.9, abs=0.05)
    assert first.discharge.mah_per_g.sigma / first.discharge.mah_per_g.value == pytest.approx(0.1 / 7, rel=0.01)
    assert first.efficiency_percent is not None
    assert first.efficiency_percent.value == pytest.approx(96.1, rel=1e-9)
    assert first.efficiency_percent.sigma < 0.05  # no mass in it
    assert first.discharge.rate_c == 0.1
    assert test.cycles[1].discharge is not None
    assert test.cycles[1].discharge.rate_c == 0.2
    assert [(b.rate_c, b.cycles) for b in test.blocks] == [(0.1, (1,)), (0.2, (2, 3, 4))]
    assert [c.verdict.level for c in test.cycles] == ["resolved"] * 4


def test_energy_and_mean_potentials_of_straight_lines() -> None:
    test = reduce_cell(csv_seconds(record(paper_cell())), cell=CELL)
    first = test.cycles[0]
    assert first.charge is not None
    assert first.discharge is not None
    assert first.charge.mean_v == pytest.approx((2.35 + 4.0) / 2, rel=1e-9)
    assert first.discharge.mean_v == pytest.approx((3.95 + 2.3) / 2, rel=1e-9)
    assert first.hysteresis_v == pytest.approx(3.175 - 3.125, abs=1e-9)
    assert first.discharge.energy_mwh == pytest.approx(0.4855 * 3.125, rel=1e-9)


def test_every_dialect_gives_the_same_tables() -> None:
    rows = record(paper_cell())
    tables = {
        name: cycling_tables(CyclingSummary(cells=(("A", reduce_cell(make(rows), name, CELL)),)))
        for name, make in DIALECTS.items()
    }
    assert len(tables) >= 8
    reference = tables["seconds.csv"]
    for name, mine in tables.items():
        for table in ("cycles", "rates", "retention", "cycling_steps"):
            assert len(mine[table].rows) == len(reference[table].rows), (name, table)
            for row, right in zip(mine[table].rows, reference[table].rows, strict=True):
                for column, kind in mine[table].columns.items():
                    if column in ("tester_cycle", "label", "temperature_C") or column.endswith("_sigma"):
                        continue
                    if kind == "number":
                        a, b = all_values([row.get(column), right.get(column)])
                        assert (np.isnan(a) and np.isnan(b)) or a == pytest.approx(b, rel=1e-9, abs=1e-12), (
                            name,
                            table,
                            column,
                        )
                    elif kind == "count":
                        assert row.get(column) == right.get(column), (name, table, column)


# ---- mistakes of the field, each of which costs what stands beside it ----


def test_rests_are_not_integrated() -> None:
    """The naive integral takes the current of the last row through the rest: 300 s of 16,760 s, +1.8 %."""
    pieces = paper_cell()
    rows = record(pieces, every=60)
    test = reduce_cell(csv_seconds(rows), cell=CELL)
    keep = [i for i, s in enumerate(rows.state) if s != "R"]
    t, i_ma = np.array(rows.time_s)[keep], np.abs(np.array(rows.ma))[keep]
    naive = float(np.trapezoid(i_ma, t)) / 3600
    true = sum(abs(p.mah) for p in pieces)
    assert naive / true - 1 > 0.01
    assert sum(s.integral_mah or 0.0 for s in test.steps) == pytest.approx(true, rel=1e-9)


def two_step_cycles(held: float = 0.0125) -> list[Piece]:
    """Charge at constant current then at constant potential (2.7 % of 0.4625 mAh, or more), each with its own counter."""
    out = [rest()]
    for _ in range(3):
        out += [charge(0.4625 - held, 9_000), Piece(mah=held, seconds=1_800, start_v=4.0, end_v=4.0, name="C_CV")]
        out += [rest(300), discharge(0.46, 9_200), rest(300)]
    return out


@pytest.mark.parametrize("mistake", [-0.027, -0.08])
def test_a_counter_that_begins_anew_with_every_step_is_not_the_cycles(mistake: float) -> None:
    """Read as the cycle's at the end of its longest step, the counter is short by what went in at constant potential."""
    rows = record(two_step_cycles(-mistake * 0.4625))
    test = reduce_cell(csv_seconds(rows), cell=CELL)
    naive = max(q for q, s in zip(rows.mah, rows.state, strict=True) if s.startswith("C"))
    assert naive / 0.4625 - 1 == pytest.approx(mistake, abs=1e-9)
    for cycle in test.cycles:
        assert cycle.charge is not None
        assert cycle.charge.capacity_mah.value == pytest.approx(0.4625, rel=1e-9)
        assert cycle.efficiency_percent is not None
        assert cycle.efficiency_percent.value == pytest.approx(46 / 0.4625, rel=1e-9)
    assert {s.kind for s in test.steps} == {"rest", "charge", "constant voltage charge", "discharge"}


@pytest.mark.parametrize("counter", ["step", "half", "whole"])
def test_counters_of_every_habit_give_the_same(counter: str) -> None:
    pieces = two_step_cycles()
    r = record(pieces)
    values, total, before, last = [], {"C": 0.0, "D": 0.0}, 0.0, ""
    done: dict[int, float] = {}
    for i, (q, s, step) in enumerate(zip(r.mah, r.state, r.step, strict=True)):
        if step not in done:
            done[step] = before if counter == "half" and s[0] == last and s[0] in "CD" else 0.0
            if counter == "whole" and s[0] in "CD":
                done[step] = total[s[0]]
        values.append(q + done[step] if s != "R" or counter != "whole" else 0.0)
        end = i + 1 == len(r.step) or r.step[i + 1] != step
        if end and s[0] in "CD":
            total[s[0]] += q
            before, last = values[-1], s[0]
    r.mah[:] = values
    if counter == "whole":  # two columns, as Arbin writes them
        sides = {"C": [0.0] * len(values), "D": [0.0] * len(values)}
        held = {"C": 0.0, "D": 0.0}
        for i, (v, s) in enumerate(zip(values, r.state, strict=True)):
            if s[0] in held:
                held[s[0]] = v
            for side, column in sides.items():
                column[i] = held[side]
        head = [
            "Test_Time(s)",
            "Step_Index",
            "Voltage(V)",
            "Current(A)",
            "Charge_Capacity(Ah)",
            "Discharge_Capacity(Ah)",
        ]
        scaled = [[x * 1e-3 for x in sides[k]] for k in "CD"]
        data = text(head, [r.time_s, r.step, r.volts, [x * 1e-3 for x in r.ma], *scaled], ",").encode()
    else:
        data = csv_seconds(r)
    test = reduce_cell(data, cell=CELL)
    assert [c.charge.capacity_mah.value for c in test.cycles if c.charge] == pytest.approx([0.4625] * 3, rel=1e-9)
    assert [c.discharge.capacity_mah.value for c in test.cycles if c.discharge] == pytest.approx([0.46] * 3, rel=1e-9)
    assert all("counter_off" not in c.verdict.code for c in test.cycles)


def test_two_rates_within_one_number_of_the_tester_are_two_cycles() -> None:
    pieces = [rest(), charge(0.5, 36_000), discharge(0.48, 36_000), charge(0.46, 3_600), discharge(0.44, 3_600), rest()]
    test = reduce_cell(csv_seconds(record(pieces, cycles=[1] * len(pieces))), cell=CELL)
    assert [c.number for c in test.cycles] == [1, 2]
    assert [b.discharge_mah.value for b in test.blocks if b.discharge_mah] == pytest.approx([0.48, 0.44])
    assert len({b.rate_c for b in test.blocks}) == 2


def test_time_stamps_that_run_backwards_cost_nothing_but_a_finding() -> None:
    rows = record(paper_cell())
    at = rows.step.index(4) + 500
    for k in range(at, at + 40):
        rows.time_s[k] -= 3600
    head = ["Record", "StepNo", "State", "TestTime/Sec.", "Voltage/V", "Current/mA", "Capacity/mAh"]
    data = text(head, [rows.index, rows.step, rows.state, rows.time_s, rows.volts, rows.ma, rows.mah], ",").encode()
    test = reduce_cell(data, cell=CELL)
    assert test.cycles[0].discharge is not None
    assert test.cycles[0].discharge.capacity_mah.value == pytest.approx(0.4855, rel=1e-9)
    assert test.cycles[0].discharge.integral_mah == pytest.approx(0.4855, rel=1e-6)
    assert any("backwards" in f.code for f in test.findings)
    with_step_clock = reduce_cell(csv_seconds(rows), cell=CELL)
    assert with_step_clock.cycles[0].discharge is not None
    assert with_step_clock.cycles[0].discharge.integral_mah == pytest.approx(0.4855, rel=1e-9)
    assert any("run backwards" in f.problem for f in with_step_clock.findings)


def test_half_a_cycle_at_the_end_is_no_capacity() -> None:
    pieces = [*paper_cell(), charge(0.46, 16_780), rest(300), discharge(0.21, 7_650, low=3.19)]
    test = reduce_cell(csv_seconds(record(pieces)), cell=CELL)
    last = test.cycles[-1]
    assert last.discharge is not None
    assert last.discharge.verdict.level == "unresolved"
    assert last.discharge.verdict.code == "aborted"
    assert last.efficiency_percent is None
    assert test.steps[-1].kind == "aborted"
    assert test.steps[-1].cycle is None
    assert all(last.number not in b.cycles for b in test.blocks)
    assert all(r.to_cycle != last.number for r in test.retentions)


def test_a_capacity_limit_is_no_abortion() -> None:
    pieces = [rest()]
    for k in range(4):
        pieces += [charge(0.3, 10_000, high=3.7 + 0.02 * k), discharge(0.299, 10_000), rest()]
    test = reduce_cell(csv_seconds(record(pieces)), cell=CELL)
    assert {c.verdict.level for c in test.cycles} == {"resolved"}


def test_discharge_first_says_what_its_efficiency_is() -> None:
    pieces = [
        rest(),
        discharge(0.5, 20_000),
        charge(0.45, 20_000),
        discharge(0.44, 20_000),
        charge(0.438, 20_000),
        rest(),
    ]
    test = reduce_cell(csv_seconds(record(pieces)), cell=CELL)
    assert test.first == "discharge"
    assert test.cycles[0].efficiency_percent is not None
    assert test.cycles[0].efficiency_percent.value == pytest.approx(90.0)
    row = cycling_tables(CyclingSummary(cells=(("A", test),)))["cycles"].rows[0]
    assert row["efficiency_of"] == "charge/discharge"
    told = CellInfo(active_mass_mg=MASS_MG, nominal_mah_per_g=120.0, first="charge")
    other = reduce_cell(csv_seconds(record(pieces)), cell=told)
    assert [c.number for c in other.cycles] == [0, 1, 2]
    assert other.cycles[1].efficiency_percent is not None
    assert other.cycles[1].efficiency_percent.value == pytest.approx(0.44 / 0.45 * 100)


def test_counter_against_integral_is_said() -> None:
    rows = record(paper_cell())
    rows.mah[:] = [q * (1.006 if s == "D_CC" else 1.0) for q, s in zip(rows.mah, rows.state, strict=True)]
    test = reduce_cell(csv_seconds(rows), cell=CELL)
    assert test.cycles[0].discharge is not None
    assert test.cycles[0].discharge.capacity_mah.value == pytest.approx(0.4855 * 1.006)
    assert test.cycles[0].discharge.verdict.level == "weak"
    assert "counter_off" in test.cycles[0].verdict.code
    assert any(f.field == "counter" for f in test.findings)


def test_without_a_mass_the_rest_is_given() -> None:
    test = reduce_cell(csv_seconds(record(paper_cell())))
    row = cycling_tables(CyclingSummary(cells=(("A", test),)))["cycles"].rows[0]
    assert "discharge_mAh_per_g" not in row
    assert row["discharge_mAh"] == pytest.approx(0.4855)
    assert row["coulombic_efficiency_percent"] == pytest.approx(96.1)
    assert test.retentions


def test_pulses_and_reversed_steps_join_no_cycle() -> None:
    pulse = Piece(mah=-0.0005, seconds=30, start_v=3.9, end_v=3.85, name="D_CC")
    against = Piece(mah=0.05, seconds=2_000, start_v=3.0, end_v=3.2, name="D_CC")
    pieces = paper_cell(3)
    pieces[3:3] = [pulse, rest(60)]
    pieces += [charge(0.46, 16_780), discharge(0.459, 16_760), rest(), against]
    test = reduce_cell(csv_seconds(record(pieces, every=5)), cell=CELL)
    kinds = [s.kind for s in test.steps]
    assert kinds.count("pulse") == 1
    assert kinds[-1] == "reversed"
    assert all(s.cycle is None for s in test.steps if s.kind in ("pulse", "reversed", "rest"))
    assert [c.discharge.capacity_mah.value for c in test.cycles if c.discharge][:1] == pytest.approx([0.4855])


def fading(n: int, noise: float, seed: int) -> list[Piece]:
    """0.1 mA throughout after a formation cycle: the steps grow shorter, to whole seconds."""
    rng = np.random.default_rng(seed)
    pieces = [rest(60), charge(0.5, 36_000), discharge(0.48, 34_560)]
    for k in range(n):
        s = round(0.46 * 0.999**k * (1 + noise * rng.standard_normal()) * 36_000)
        pieces += [charge(s / 36_000, s), discharge(s / 36_000, s)]
    pieces[1:3] = [charge(0.5, 72_000), discharge(0.48, 69_120)]
    return pieces


def test_retention_leaves_the_formation_cycle_out_and_covers_its_truth() -> None:
    test = reduce_cell(csv_seconds(record(fading(120, 0.0, 0), every=5_000)), cell=CELL)
    after = {r.to_cycle - r.from_cycle: r for r in test.retentions}
    assert after[100].from_cycle == 2
    assert after[100].retention_percent.value == pytest.approx(100 * 0.999**100, rel=1e-4)
    assert set(after) == {50, 100, 119}
    inside = 0
    for seed in range(60):
        r = reduce_cell(csv_seconds(record(fading(30, 2e-3, seed), every=20_000)), cell=CELL).retentions[-1]
        truth = 100 * 0.999 ** (r.to_cycle - r.from_cycle)
        inside += r.retention_percent.low <= truth <= r.retention_percent.high
    assert 0.85 <= inside / 60 <= 1.0


def test_retention_from_a_cycle_that_the_study_names() -> None:
    cell = CellInfo(active_mass_mg=MASS_MG, nominal_mah_per_g=120.0, retention_from=5)
    test = reduce_cell(csv_seconds(record(fading(20, 0.0, 0), every=5_000)), cell=cell)
    assert [(r.from_cycle, r.to_cycle) for r in test.retentions] == [(5, 21)]


def test_polarisation_is_the_slope_of_half_the_hysteresis() -> None:
    """Charge and discharge lines 2 I R apart, R = 300 ohm."""
    pieces = [rest()]
    for seconds in (36_000, 18_000, 7_200, 3_600):
        ma = 0.45 * 3600 / seconds
        shift = ma * 1e-3 * 300
        pieces += [
            charge(0.45, seconds, 2.4 + shift, 3.9 + shift),
            discharge(0.45, seconds, 3.9 - shift, 2.4 - shift),
            rest(),
        ]
    test = reduce_cell(csv_seconds(record(pieces)), cell=CELL)
    assert test.polarisation_ohm is not None
    assert test.polarisation_ohm.value == pytest.approx(300, rel=1e-6)


def test_the_derivative_of_a_logistic_curve_has_its_peak_where_it_is() -> None:
    """Q(V) = Q0 / (1 + exp(-(V - V0) / w)):  dQ/dV at V0 is Q0 / (4 w)."""
    q0, v0, w, n = 0.5, 3.3, 0.03, 2000
    q = np.linspace(0.002, 0.498, n)
    v = v0 + w * np.log(q / (q0 - q))
    t = (q - q[0]) / (q[-1] - q[0]) * 36_000
    ma = (q[-1] - q[0]) * 3600 / 36_000
    head = ["TestTime/Sec.", "Step", "State", "Voltage/V", "Current/mA"]
    data = text(head, [t.tolist(), [1] * n, ["C_CC"] * n, v.tolist(), [float(ma)] * n], ",").encode()
    (curve,) = reduce_cell(data).curves
    peak = int(np.argmax(curve.dq_dv_mah_per_v))
    assert curve.derivative_v[peak] == pytest.approx(v0, abs=0.005)
    assert curve.dq_dv_mah_per_v[peak] == pytest.approx(q0 / (4 * w), rel=0.06)
