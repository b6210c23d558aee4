"""Sweeps whose truth is known: onsets, their intervals, differences, reference, rate, charge, capacitance.

    I(E) = C v + g (E - E0) + k (E - E_on)^n   behind the onset, the same mirrored for reduction

The full size (300 seeds for each exponent and direction) is benchmarks/sweeps.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.sample import Source
from pipeline.techniques.sweeps.check.sweep import check_sweep
from pipeline.techniques.sweeps.fit.onset import find_onsets
from pipeline.techniques.sweeps.model import LinearSweep, SweepConditions, SweepFit
from pipeline.techniques.sweeps.settings import LsvCheckSettings, OnsetSettings, WindowSettings
from pipeline.techniques.sweeps.summarize.windows import summarize_windows

AREA_CM2, RATE, NOISE, C_DL, LEAK, K, REFERENCE = 0.7854, 1e-4, 20e-9, 2e-3, 2e-8, 50e-6, 0.08
REST = 60
CELL = SweepConditions(reference_electrode="Na15Sn4", volts_vs_na=REFERENCE, area_m2=AREA_CM2 * 1e-4)


def one_way(onset: float, n: float, seed: int, *, ocv: float = 2.7, end: float = 6.0) -> tuple[np.ndarray, np.ndarray]:
    """Potential on the Na/Na+ scale and current, 1 mV steps, no rest."""
    sign = 1.0 if end > ocv else -1.0
    e = np.linspace(ocv, end, round(abs(end - ocv) / 1e-3) + 1)
    current = sign * (C_DL * RATE + K * np.maximum(sign * (e - onset), 0) ** n) + LEAK * (e - ocv)
    return e, current + NOISE * np.random.default_rng(seed).standard_normal(e.size)


def with_rest(e: np.ndarray, current: np.ndarray, file: str = "a.mpt") -> LinearSweep:
    """As a file holds it: a rest first, potentials against the reference."""
    jitter = 5e-5 * np.random.default_rng(99).standard_normal(e.size + REST)
    dt = 1e-3 / RATE
    return LinearSweep(
        source=Source(file=file, format="simulated"),
        time_s=dt * np.arange(e.size + REST),
        potential_v=np.concatenate([np.full(REST, e[0]), e]) - REFERENCE + jitter,
        current_a=np.concatenate([np.zeros(REST), current]),
    )


def fits_of(raw: LinearSweep) -> list[SweepFit]:
    return [find_onsets(c, OnsetSettings()) for c in check_sweep(raw, CELL, LsvCheckSettings())]


def fit(onset: float, n: float, seed: int, **more: float) -> SweepFit:
    (found,) = fits_of(with_rest(*one_way(onset, n, seed, **more)))
    return found


def truth(onset: float, n: float, n_points: int, sign: float = 1.0) -> dict[str, float]:
    """Where the noise-free faradaic current reaches each level."""
    window = max(3, int(0.01 * n_points) // 2 * 2 + 1)
    levels = {
        "j_1_uA_per_cm2": 1e-6 * AREA_CM2,
        "j_10_uA_per_cm2": 1e-5 * AREA_CM2,
        "departure_5sigma": 5 * NOISE / np.sqrt(window),
    }
    return {k: onset + sign * float((v / K) ** (1 / n)) for k, v in levels.items()}


@pytest.fixture(scope="module")
def pairs() -> dict[float, list[tuple[SweepFit, SweepFit]]]:
    """Two samples 0.150 V apart, 25 seeds for each exponent."""
    return {n: [(fit(4.0, n, 2 * s), fit(3.85, n, 2 * s + 1)) for s in range(25)] for n in (1.0, 1.5, 2.0, 3.0)}


def value(f: SweepFit, name: str) -> float:
    (onset,) = (o for o in f.onsets if o.criterion.name == name)
    assert onset.onset_v_vs_na is not None, onset.verdict
    return onset.onset_v_vs_na.value


@pytest.mark.parametrize("n", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("name", ["j_1_uA_per_cm2", "j_10_uA_per_cm2", "departure_5sigma"])
def test_the_difference_of_two_samples(
    pairs: dict[float, list[tuple[SweepFit, SweepFit]]], n: float, name: str
) -> None:
    off = [value(a, name) - value(b, name) - 0.150 for a, b in pairs[n]]
    assert np.max(np.abs(off)) < 0.010
    assert abs(np.mean(off)) < 0.002


@pytest.mark.parametrize("n", [1.0, 1.5, 2.0, 3.0])
def test_the_departure_is_near_the_onset(pairs: dict[float, list[tuple[SweepFit, SweepFit]]], n: float) -> None:
    assert np.max(np.abs([value(a, "departure_5sigma") - 4.0 for a, _ in pairs[n]])) < 0.09


def test_the_tangent_is_flagged_where_it_misleads(pairs: dict[float, list[tuple[SweepFit, SweepFit]]]) -> None:
    for n in (1.5, 2.0, 3.0):
        for a, b in pairs[n]:
            assert any(f.field == "tangent" for f in a.findings)
            assert value(a, "tangent") - value(b, "tangent") < 0.12  # it shrinks a true 0.150
    assert not any(f.field == "tangent" for a, _ in pairs[1.0] for f in a.findings)


@pytest.mark.parametrize("name", ["j_1_uA_per_cm2", "j_10_uA_per_cm2", "departure_5sigma"])
def test_95_percent_intervals_hold_the_truth(pairs: dict[float, list[tuple[SweepFit, SweepFit]]], name: str) -> None:
    held = []
    for n, found in pairs.items():
        for pair in found:
            for f, onset in zip(pair, (4.0, 3.85), strict=True):
                known = truth(onset, n, sum(f.checked.keep))[name]
                (e,) = (o.onset_v_vs_na for o in f.onsets if o.criterion.name == name)
                assert e is not None
                held.append(e.low <= known <= e.high)
    assert 0.90 <= np.mean(held) <= 0.99  # 200 intervals: 95 % -/+ 3 sigma


def test_rate_charge_and_capacitance(pairs: dict[float, list[tuple[SweepFit, SweepFit]]]) -> None:
    swept, past = 3.3, 2.0  # V from rest, V behind the onset
    for f, _ in pairs[2.0]:
        assert f.checked.scan_rate_v_per_s == pytest.approx(RATE, rel=0.01)
        assert f.capacitance is not None
        assert f.capacitance.value == pytest.approx(C_DL, rel=0.05)
        known = C_DL * swept + LEAK / RATE * swept**2 / 2 + K / RATE * past**3 / 3
        assert f.charge_mah == pytest.approx(known / 3.6, rel=0.01)


def test_both_limits_in_one_file_against_na15sn4() -> None:
    down = one_way(1.9, 1.5, 1, end=0.0)
    up = one_way(4.0, 1.5, 2)
    e, current = np.concatenate([down[0], up[0]]), np.concatenate([down[1], up[1]])
    reduction, oxidation = fits_of(with_rest(e, current))
    windows, _ = summarize_windows([("A", reduction), ("A", oxidation)], {}, WindowSettings())
    window = windows[0]
    assert window.criterion.name == "j_1_uA_per_cm2"
    assert window.reduction_limit_v_vs_na is not None
    assert window.oxidation_limit_v_vs_na is not None
    assert window.width_v is not None
    low = truth(1.9, 1.5, 2701, -1.0)["j_1_uA_per_cm2"]
    high = truth(4.0, 1.5, 3301)["j_1_uA_per_cm2"]
    assert window.reduction_limit_v_vs_na.value == pytest.approx(low, abs=2e-3)
    assert window.oxidation_limit_v_vs_na.value == pytest.approx(high, abs=2e-3)
    assert window.width_v.value == pytest.approx(high - low, abs=3e-3)
    assert window.verdict.level == "resolved"


def test_the_ir_correction_gives_the_onset_back() -> None:
    ohm = 2000.0
    e, current = one_way(4.0, 2.0, 5)
    raw = with_rest(e + ohm * current, current)
    cell = SweepConditions(volts_vs_na=REFERENCE, area_m2=AREA_CM2 * 1e-4, series_resistance_ohm=ohm)
    (checked,) = check_sweep(raw, cell, LsvCheckSettings())
    known = truth(4.0, 2.0, 3301)["j_10_uA_per_cm2"]
    assert value(find_onsets(checked, OnsetSettings()), "j_10_uA_per_cm2") == pytest.approx(known, abs=1e-3)


def test_a_sweep_without_faradaic_current_has_no_onset_at_its_last_points():
    """The running mean ends on one point, whose noise is that of one point: no departure is made of it."""
    found = [fit(9.0, 2, seed, end=3.7) for seed in range(25)]
    values = [o.onset_v_vs_na for f in found for o in f.onsets if o.criterion.name == "departure_5sigma"]
    assert len(values) == 25
    assert not any(values)
