"""Onsets: what each criterion says of a sweep, what it withholds and why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.errors import FitError
from pipeline.core.sample import Source
from pipeline.science.noise import noise_level
from pipeline.techniques.sweeps.fit.baseline import fit_baseline
from pipeline.techniques.sweeps.fit.onset import find_onsets
from pipeline.techniques.sweeps.fit.threshold_crossing import first_crossing, smooth
from pipeline.techniques.sweeps.model import CheckedSweep, LinearSweep, Onset, SweepConditions, SweepFit
from pipeline.techniques.sweeps.settings import OnsetSettings

RATE, NOISE, AREA_M2 = 1e-4, 2e-8, 1e-4
SETTINGS = OnsetSettings()
CONDITIONS = SweepConditions(volts_vs_na=0.08, area_m2=AREA_M2)


def checked(
    faradaic: np.ndarray | None = None,
    *,
    n: int = 2000,
    conditions: SweepConditions = CONDITIONS,
    bend: float = 0.0,
    noise: np.ndarray | None = None,
    down: bool = False,
    timed: bool = True,
) -> CheckedSweep:
    e = np.linspace(2.7, 0.7 if down else 4.7, n)
    x = np.abs(e - e[0])
    if faradaic is None:
        faradaic = 5e-5 * np.maximum(x - 1.2, 0) ** 1.5
    noise = NOISE * np.random.default_rng(3).standard_normal(n) if noise is None else noise
    current = (-1 if down else 1) * (2e-7 + 1e-8 * x + bend * x**2 + faradaic) + noise
    time = np.arange(n) * (2 / (n - 1)) / RATE if timed else None
    raw = LinearSweep(source=Source(file="a.mpt", format="test"), time_s=time, potential_v=e - 0.08, current_a=current)
    return CheckedSweep(
        sweep=raw,
        direction="reduction" if down else "oxidation",
        keep=(True,) * n,
        masks=(),
        potential_v_vs_na=e if conditions.volts_vs_na is not None else e - 0.08,
        potential_is_vs_na=conditions.volts_vs_na is not None,
        scan_rate_v_per_s=RATE if timed else None,
        ocv_v=2.7,
        conditions=conditions,
    )


def by_name(fit: SweepFit) -> dict[str, Onset]:
    return {o.criterion.name: o for o in fit.onsets}


def test_all_criteria_of_a_good_sweep() -> None:
    fit = find_onsets(checked(), SETTINGS)
    onsets = by_name(fit)
    assert list(onsets) == ["j_1_uA_per_cm2", "j_10_uA_per_cm2", "departure_5sigma", "tangent"]
    assert [o.verdict.level for o in fit.onsets] == ["resolved"] * 4
    values = [o.onset_v_vs_na.value for o in fit.onsets if o.onset_v_vs_na]
    assert values[2] < values[0] < min(values[1], values[3])
    assert fit.onset_v.shape == (4, SETTINGS.bootstrap)
    assert fit.baseline_end_v == pytest.approx(3.9, abs=0.01)
    assert fit.peak_v == pytest.approx(4.7, abs=0.02)


def test_the_same_data_give_the_same_numbers() -> None:
    first, again = find_onsets(checked(), SETTINGS), find_onsets(checked(), SETTINGS)
    np.testing.assert_array_equal(first.onset_v, again.onset_v)
    assert first.onsets == again.onsets


def test_reduction_is_the_mirror_image() -> None:
    rise = by_name(find_onsets(checked(noise=np.zeros(2000)), SETTINGS))
    fall = by_name(find_onsets(checked(noise=np.zeros(2000), down=True), SETTINGS))
    for name, onset in rise.items():
        mirror = fall[name].onset_v_vs_na
        assert onset.onset_v_vs_na is not None
        assert mirror is not None
        assert onset.onset_v_vs_na.value - 2.7 == pytest.approx(2.7 - mirror.value, abs=1e-3)


def test_any_list_of_thresholds() -> None:
    fit = find_onsets(checked(), OnsetSettings(thresholds_ua_per_cm2=(0.5, 2.0, 5.0)))
    assert [o.criterion.name for o in fit.onsets[:3]] == ["j_0.5_uA_per_cm2", "j_2_uA_per_cm2", "j_5_uA_per_cm2"]


def test_without_an_area_the_departure_is_still_said() -> None:
    fit = find_onsets(checked(conditions=SweepConditions(volts_vs_na=0.08)), SETTINGS)
    onsets = by_name(fit)
    assert onsets["j_1_uA_per_cm2"].verdict.level == "refused"
    assert "no electrode area" in onsets["j_1_uA_per_cm2"].verdict.reason
    assert onsets["j_1_uA_per_cm2"].verdict.code == "no_area"
    assert onsets["departure_5sigma"].verdict.code == "found"
    assert onsets["tangent"].verdict.code == "no_headline"
    assert onsets["departure_5sigma"].verdict.level == "resolved"
    assert onsets["tangent"].verdict.level == "weak"


def test_without_a_reference_nothing_is_resolved() -> None:
    fit = find_onsets(checked(conditions=SweepConditions(area_m2=AREA_M2)), SETTINGS)
    assert {o.verdict.level for o in fit.onsets} == {"weak"}
    assert all("reference not given" in o.verdict.reason for o in fit.onsets)
    assert {o.verdict.code for o in fit.onsets} == {"no_reference"}


def test_without_time_there_is_no_charge_and_no_capacitance() -> None:
    fit = find_onsets(checked(timed=False), SETTINGS)
    assert fit.charge_mah is None
    assert fit.capacitance is None
    assert by_name(fit)["j_1_uA_per_cm2"].verdict.level == "resolved"


@pytest.mark.parametrize("slower", [1.0, 10.0])
def test_capacitance_and_its_sigma_are_those_of_the_intercept_over_the_rate(slower: float) -> None:
    """A line alone: the intercept is 0.2 µA, known to 2 sigma / sqrt(n) as the end of any long straight line is."""
    c = replace(checked(np.zeros(2000)), scan_rate_v_per_s=RATE / slower)
    found = find_onsets(c, SETTINGS).capacitance
    assert found is not None
    assert found.sigma == pytest.approx(2 * NOISE / np.sqrt(2000) / (RATE / slower), rel=0.15)
    assert found.value == pytest.approx(2e-7 / (RATE / slower), abs=4 * found.sigma)


def test_the_reference_widens_the_estimate_and_not_the_replicates() -> None:
    plain = find_onsets(checked(), SETTINGS)
    wide = find_onsets(checked(conditions=replace(CONDITIONS, volts_vs_na_sigma=0.01)), SETTINGS)
    np.testing.assert_array_equal(plain.onset_v, wide.onset_v)
    a, b = plain.onsets[0].onset_v_vs_na, wide.onsets[0].onset_v_vs_na
    assert a is not None
    assert b is not None
    assert b.sigma == pytest.approx(np.hypot(a.sigma, 0.01))
    assert b.high - b.low == pytest.approx(2 * 1.96 * 0.01, rel=0.1)


def test_no_current_means_the_limit_lies_beyond() -> None:
    fit = find_onsets(checked(np.zeros(2000)), SETTINGS)
    assert {o.verdict.level for o in fit.onsets} == {"unresolved"}
    assert all(o.onset_v_vs_na is None for o in fit.onsets)
    assert "the limit lies beyond" in fit.onsets[0].verdict.reason
    assert "up to 4.700 V" in fit.onsets[0].verdict.reason
    assert [o.verdict.code for o in fit.onsets] == ["beyond_sweep"] * 3 + ["no_current"]


def test_a_threshold_within_the_noise_is_refused() -> None:
    noisy = 2e-6 * np.random.default_rng(5).standard_normal(2000)
    tiny = find_onsets(checked(noise=noisy, conditions=replace(CONDITIONS, area_m2=2e-6)), SETTINGS)
    assert tiny.onsets[0].verdict.level == "refused"
    assert "of noise and wander" in tiny.onsets[0].verdict.reason
    assert tiny.onsets[0].verdict.code == "below_noise"


def test_a_bent_baseline_makes_everything_weak_and_says_so() -> None:
    fit = find_onsets(checked(bend=4e-6), SETTINGS)
    assert all(o.verdict.level in ("weak", "unresolved") for o in fit.onsets)
    assert any("straight" in f.problem for f in fit.findings)
    assert all("crooked_baseline" in o.verdict.code for o in fit.onsets if o.verdict.printable)


def test_noise_that_is_not_independent_widens_the_errors() -> None:
    rng = np.random.default_rng(9)
    white = NOISE * rng.standard_normal(2000)
    red = np.zeros(2000)
    for i in range(1, 2000):
        red[i] = 0.9 * red[i - 1] + 0.44 * white[i]
    one, other = (find_onsets(checked(noise=v), SETTINGS) for v in (white, red))
    assert any("not independent" in f.problem for f in other.findings)
    a, b = (f.onsets[0].onset_v_vs_na for f in (one, other))
    assert a is not None
    assert b is not None
    assert b.sigma > 1.5 * a.sigma


def test_masked_points_do_not_enter() -> None:
    c = checked()
    spoiled = c.sweep.current_a.copy()
    spoiled[100:110] += 1e-5
    keep = np.ones(2000, dtype=bool)
    keep[100:110] = False
    masked = replace(c, sweep=replace(c.sweep, current_a=spoiled), keep=tuple(bool(k) for k in keep))
    a, b = (find_onsets(x, SETTINGS).onsets[0].onset_v_vs_na for x in (c, masked))
    assert a is not None
    assert b is not None
    assert b.value == pytest.approx(a.value, abs=2 * a.sigma)


def test_a_tangent_far_off_is_flagged() -> None:
    cubic = 2e-5 * np.maximum(np.linspace(0, 2, 2000) - 0.5, 0) ** 3
    fit = find_onsets(checked(cubic), SETTINGS)
    assert any(f.field == "tangent" and "for comparison" in f.problem for f in fit.findings)
    assert by_name(fit)["tangent"].verdict.level == "weak"


def test_a_sweep_from_a_turn_is_weak() -> None:
    fit = find_onsets(replace(checked(), after_turn=True), SETTINGS)
    assert fit.onsets[0].verdict.level == "weak"
    assert "after a turn" in fit.onsets[0].verdict.reason


def test_too_few_points_are_refused() -> None:
    c = checked()
    few = replace(c, keep=tuple(i < 10 for i in range(2000)))
    with pytest.raises(FitError, match=r"a\.mpt: current_a: 10 kept point"):
        find_onsets(few, SETTINGS)


def test_the_transient_of_the_double_layer_is_left_out() -> None:
    x = np.linspace(0, 2, 2000)
    y = 2e-7 * (1 - np.exp(-x / 0.015)) + 1e-8 * x + NOISE * np.random.default_rng(2).standard_normal(2000)
    base = fit_baseline(x, y, min_fraction=0.1)
    assert x[base.start] > 0.03
    assert base.straight
    assert base.intercept_a == pytest.approx(2e-7, abs=4 * np.sqrt(base.covariance[0, 0]))


def test_the_level_of_the_noise() -> None:
    rng = np.random.default_rng(0)
    assert noise_level(1e-6 * np.arange(4000) + 3e-9 * rng.standard_normal(4000)) == pytest.approx(3e-9, rel=0.08)
    assert noise_level(np.round(1e-9 * np.arange(400) + 1e-6, 7)) == pytest.approx(1e-7 / np.sqrt(12))


def test_a_running_mean_keeps_a_line() -> None:
    line = 3.0 + 2.0 * np.arange(50)
    np.testing.assert_allclose(smooth(line, 9)[4:], line[4:])
    np.testing.assert_allclose(smooth(line, 9)[:4], line[4])


def test_a_bump_that_comes_back_is_no_onset() -> None:
    curve = np.concatenate([np.zeros(50), [1.5] * 5, np.zeros(50), np.linspace(0, 10, 50)])
    at = first_crossing(curve, 1.0)
    assert at is not None
    assert at > 105


def test_a_tangent_far_from_the_headline_has_its_code_and_no_longer_that_of_a_good_one() -> None:
    tangent = by_name(find_onsets(checked(), replace(SETTINGS, tangent_warn_v=0.01)))["tangent"].verdict
    assert (tangent.level, tangent.code) == ("weak", "far_from_headline")


def test_the_sigmas_of_peak_and_charge_are_their_scatter_over_repeats() -> None:
    """1 µA of noise on 36 µA; the scatter of 30 repeats is known to 13 %."""
    rng = np.random.default_rng(11)
    found = [find_onsets(checked(noise=1e-6 * rng.standard_normal(2000)), SETTINGS) for _ in range(30)]
    peaks, charges = ([getattr(f, name) for f in found] for name in ("peak_current_a", "charge_mah"))
    assert np.mean([f.peak_sigma_a for f in found]) == pytest.approx(np.std(peaks, ddof=1), rel=0.4)
    assert np.mean([f.charge_sigma_mah for f in found]) == pytest.approx(np.std(charges, ddof=1), rel=0.4)
