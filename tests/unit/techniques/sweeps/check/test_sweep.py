"""Check of sweeps: what rests, turns, overloads, jumps or spikes is found, masked with its reason, or refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.core.errors import CheckError
from pipeline.core.sample import Source
from pipeline.techniques.sweeps.check.sweep import check_sweep
from pipeline.techniques.sweeps.model import CheckedSweep, LinearSweep, SweepConditions
from pipeline.techniques.sweeps.settings import LsvCheckSettings

SETTINGS = LsvCheckSettings()
KNOWN = SweepConditions(
    reference_electrode="Na15Sn4", volts_vs_na=0.08, area_m2=1e-4, electrolyte_kg=9e-6, carbon_kg=1e-6
)
NOISE = 1e-8


def sweep(e: np.ndarray, current: np.ndarray | None = None, *, rate: float = 1e-4, **more: Any) -> LinearSweep:
    rng = np.random.default_rng(7)
    if current is None:
        current = 2e-7 + 1e-8 * (e - e[0]) + NOISE * rng.standard_normal(e.size)
    time = np.concatenate([[0.0], np.cumsum(np.maximum(np.abs(np.diff(e)) / rate, 1.0))])
    return LinearSweep(
        source=Source(file="a.mpt", format="test"),
        **({"time_s": time, "potential_v": e, "current_a": current} | more),
    )


def up(n: int = 400, low: float = 2.5, high: float = 4.5) -> np.ndarray:
    return np.linspace(low, high, n)


def checked(raw: LinearSweep, conditions: SweepConditions = KNOWN) -> list[CheckedSweep]:
    return list(check_sweep(raw, conditions, SETTINGS))


def reasons(c: CheckedSweep) -> dict[str, tuple[int, ...]]:
    return {m.reason: m.indices for m in c.masks}


def problems(c: CheckedSweep) -> str:
    return " | ".join(f"{f.field}: {f.problem}" for f in c.findings)


def test_a_rest_is_found_by_the_recorded_mode() -> None:
    e = np.concatenate([np.full(30, 2.5), up()])
    mode = tuple([3.0] * 30 + [2.0] * 400)
    (c,) = checked(sweep(e, flags={"mode": mode}))
    assert reasons(c)["open circuit"] == tuple(range(30))
    assert c.ocv_v == pytest.approx(2.58)
    assert sum(c.keep) == 400


def test_a_rest_is_found_without_a_mode_by_its_zero_current() -> None:
    e = np.concatenate([np.full(30, 2.5), up()])
    current = np.concatenate([np.zeros(30), sweep(up()).current_a])
    time = np.concatenate([10.0 * np.arange(30), 300 + 50.0 * np.arange(400)])
    (c,) = checked(sweep(e, current, time_s=time))
    assert reasons(c)["open circuit"] == tuple(range(30))


def test_a_potential_held_still_is_no_sweep() -> None:
    e = np.concatenate([up(), np.full(60, 4.5)])
    (c,) = checked(sweep(e, time_s=50.0 * np.arange(460)))
    held = reasons(c)["potential held still"]
    assert set(range(405, 460)) <= set(held)
    assert c.scan_rate_v_per_s == pytest.approx(2 / 399 / 50, rel=0.01)


def test_both_limits_in_one_file_are_two_sweeps_from_rest() -> None:
    down, rise = np.linspace(2.5, 0.0, 300), np.linspace(2.5, 6.0, 400)
    e = np.concatenate([down, rise])
    reduction, oxidation = checked(sweep(e))
    assert (reduction.direction, oxidation.direction) == ("reduction", "oxidation")
    assert (reduction.number, oxidation.number) == (1, 2)
    assert (reduction.part, oxidation.part) == ("reduction", "oxidation")
    assert not oxidation.after_turn
    assert np.flatnonzero(oxidation.keep)[0] >= 300
    assert reduction.potential_v_vs_na[299] == pytest.approx(0.08)


def test_a_cycle_is_cut_at_its_turns_and_says_so() -> None:
    e = np.concatenate([up(300), up(300)[::-1][1:]])
    rise, fall = checked(sweep(e))
    assert (rise.direction, fall.direction) == ("oxidation", "reduction")
    assert (rise.after_turn, fall.after_turn) == (False, True)


def test_noise_of_the_potential_is_no_turn() -> None:
    e = up(800) + 0.002 * np.random.default_rng(1).standard_normal(800)
    assert len(checked(sweep(e, time_s=25.0 * np.arange(800)))) == 1


def test_reference_is_added_once_and_recorded() -> None:
    (c,) = checked(sweep(up()))
    assert c.potential_is_vs_na
    np.testing.assert_allclose(c.potential_v_vs_na, c.sweep.potential_v + 0.08)
    (zero,) = checked(sweep(up()), SweepConditions(volts_vs_na=0.0, area_m2=1e-4))
    np.testing.assert_allclose(zero.potential_v_vs_na, zero.sweep.potential_v)
    assert zero.potential_is_vs_na


def test_the_ir_drop_is_taken_off_on_request() -> None:
    current = np.full(400, 1e-3)
    current[::2] *= 1.001
    (c,) = checked(sweep(up(), current), SweepConditions(volts_vs_na=0.0, area_m2=1e-4, series_resistance_ohm=50.0))
    np.testing.assert_allclose(c.potential_v_vs_na, up() - 50.0 * current)
    assert "iR drop of 50 ohm" in problems(c)


def test_what_is_missing_is_said_with_what_it_costs() -> None:
    (c,) = checked(sweep(up(), time_s=None), SweepConditions())
    text = problems(c)
    assert "reference: no reference given" in text
    assert "area: no electrode area" in text
    assert "mass: no masses" in text
    assert "time_s: no time column" in text
    assert c.scan_rate_v_per_s is None
    assert not c.potential_is_vs_na


def test_the_scan_rate_is_the_data_s() -> None:
    e = up(2000)
    (c,) = checked(sweep(e, rate=1e-3, nominal_rate_v_per_s=1e-4, time_s=np.arange(2000) * (2 / 1999) / 1e-3))
    assert c.scan_rate_v_per_s == pytest.approx(1e-3, rel=0.01)
    assert "1 mV/s from the data, 0.1 mV/s in the header" in problems(c)


def test_recorded_errors_and_a_pinned_current_are_overload() -> None:
    error = np.zeros(400)
    error[5] = 1
    (c,) = checked(sweep(up(), flags={"error": tuple(error)}))
    assert reasons(c)["instrument error or overload recorded"] == (5,)
    current = np.minimum(1e-7 * np.exp((up() - 2.5) * 6), 5e-4)
    (c,) = checked(sweep(up(), current))
    (pinned,) = (v for k, v in reasons(c).items() if "pinned" in k)
    assert set(pinned) == set(np.flatnonzero(current >= 5e-4))


def test_a_potential_that_is_not_followed_is_compliance() -> None:
    control = up()
    e = control + 0.3  # another reference: no fault
    e[350:] -= 0.05 * np.arange(50) / 50
    (c,) = checked(sweep(e, control_v=control))
    (masked,) = (v for k, v in reasons(c).items() if "compliance" in k)
    assert min(masked) > 360
    assert 399 in masked


def test_a_programme_column_that_holds_nothing_masks_nothing() -> None:
    (c,) = checked(sweep(up(), control_v=np.zeros(400)))
    assert not any("compliance" in r for r in reasons(c))


def test_a_switch_of_range_settles_and_its_step_is_told() -> None:
    current = sweep(up()).current_a.copy()
    current[200:] += 5e-7
    current[200] += 3e-6
    ranges = tuple([39.0] * 200 + [38.0] * 200)
    (c,) = checked(sweep(up(), current, flags={"I Range": ranges}))
    assert 200 in reasons(c)["settling after a switch of the current range"]
    assert "the current steps by" in problems(c)
    (quiet,) = checked(sweep(up(), flags={"I Range": ranges}))
    assert not quiet.masks
    assert "steps" not in problems(quiet)


def test_spikes_are_masked_a_steep_rise_is_not() -> None:
    current = sweep(up()).current_a + 1e-4 * np.maximum(up() - 4.0, 0) ** 2
    current[[50, 222]] += 1e-6
    (c,) = checked(sweep(up(), current))
    (spikes,) = (v for k, v in reasons(c).items() if "spike" in k)
    assert spikes == (50, 222)


def test_coarse_digits_are_no_spikes() -> None:
    current = np.round(sweep(up()).current_a, 8)
    (c,) = checked(sweep(up(), current))
    assert not c.masks


def test_a_rest_that_drifts_is_told() -> None:
    rest = 2.4 + 1e-4 * np.arange(60)
    e = np.concatenate([rest, up()])
    time = np.concatenate([10.0 * np.arange(60), 600 + 50.0 * np.arange(400)])
    (c,) = checked(sweep(e, time_s=time, flags={"mode": tuple([3.0] * 60 + [2.0] * 400)}))
    assert "drifts by +36 mV/h" in problems(c)


@pytest.mark.parametrize(
    ("raw", "field", "problem"),
    [
        (sweep(up(10)), "potential_v", "10 sweeping point"),
        (sweep(np.where(np.arange(400) % 2, 3.0, 3.001)), "potential_v", "no sweep of 20 points"),
        (sweep(up(), np.zeros(400)), "current_a", "zero throughout"),
        (sweep(up(), np.full(400, np.nan)), "current_a", "400 value(s) are no numbers"),
        (sweep(up(), flags={"error": tuple([1.0] * 395 + [0.0] * 5)}), "current_a", "5 of 400 points are usable"),
    ],
)
def test_what_cannot_be_a_sweep_is_refused(raw: LinearSweep, field: str, problem: str) -> None:
    with pytest.raises(CheckError) as found:
        checked(raw)
    assert found.value.field == field
    assert problem in str(found.value)
    assert str(found.value).startswith("a.mpt: ")


def test_both_ends_of_a_point_are_accounted_for() -> None:
    e = np.concatenate([np.full(30, 2.5), up(300), up(300)[::-1][1:]])
    parts = checked(sweep(e, flags={"mode": tuple([3.0] * 30 + [2.0] * 599)}))
    kept = sum(sum(c.keep) for c in parts)
    assert kept + 30 == e.size


def test_a_reference_without_uncertainty_is_told_and_one_with_it_is_not() -> None:
    (c,) = checked(sweep(up()))
    assert "uncertainty of the reference taken as 0" in problems(c)
    (c,) = checked(sweep(up()), replace(KNOWN, volts_vs_na_sigma=0.01))
    assert "uncertainty of the reference" not in problems(c)
