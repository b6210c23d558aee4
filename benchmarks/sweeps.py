"""Onsets of simulated sweeps against their truth: error, coverage of the 95 % intervals, difference of two samples, speed.

    python benchmarks/sweeps.py [--seeds 300] [--speed 1000]

I(E) = C v + g (E - E0) + k (E - E_on)^n behind the onset, 20 nA of noise, 1 mV steps at 0.1 mV/s, after a rest of 60 rows.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.core.sample import Source
from pipeline.techniques.sweeps.check.sweep import check_sweep
from pipeline.techniques.sweeps.fit.onset import find_onsets
from pipeline.techniques.sweeps.model import LinearSweep, SweepConditions, SweepFit
from pipeline.techniques.sweeps.settings import LsvCheckSettings, OnsetSettings

AREA_CM2, RATE, NOISE, C_DL, LEAK, K, REFERENCE = 0.7854, 1e-4, 20e-9, 2e-3, 2e-8, 50e-6, 0.08
REST = 60


@dataclass(frozen=True)
class Truth:
    onset_v: float
    exponent: float
    ocv_v: float = 2.7
    end_v: float = 6.0

    @property
    def sign(self) -> float:
        return 1.0 if self.end_v > self.ocv_v else -1.0

    def faradaic(self, e: np.ndarray) -> np.ndarray:
        return K * np.maximum(self.sign * (e - self.onset_v), 0.0) ** self.exponent

    def crossings(self, n_points: int) -> dict[str, float]:
        """Where the noise-free faradaic current reaches each level; and the tangent."""
        window = max(3, int(0.01 * n_points) // 2 * 2 + 1)
        levels = {
            "j_1_uA_per_cm2": 1e-6 * AREA_CM2,
            "j_10_uA_per_cm2": 1e-5 * AREA_CM2,
            "departure_5sigma": 5 * NOISE / np.sqrt(window),
        }
        out = {k: self.onset_v + self.sign * (v / K) ** (1 / self.exponent) for k, v in levels.items()}
        out["tangent"] = self.tangent()
        return out

    def tangent(self) -> float:
        """Zero of the line through all windows of 4 % of the sweep that rise at 95 % of the steepest, without noise."""
        m, n = 10560, 264000
        d = np.linspace(0, abs(self.end_v - self.ocv_v), n + 1)
        y = K * np.maximum(d - abs(self.onset_v - self.ocv_v), 0.0) ** self.exponent
        kernel = np.arange(m) - (m - 1) / 2
        slopes = fftconvolve(y, kernel[::-1], mode="valid") / float(kernel @ kernel)
        steep = np.flatnonzero(slopes >= 0.95 * slopes.max())
        part = slice(steep[0], steep[-1] + m)
        slope, offset = np.polyfit(d[part], y[part], 1)
        return float(self.ocv_v - self.sign * offset / slope)


def simulate(truth: Truth, seed: int, steps: int = 3300) -> LinearSweep:
    rng = np.random.default_rng(seed)
    e = np.linspace(truth.ocv_v, truth.end_v, steps + 1)
    current = truth.sign * (C_DL * RATE + truth.faradaic(e)) + LEAK * (e - truth.ocv_v)
    current = current + NOISE * rng.standard_normal(e.size)
    potential = np.concatenate([np.full(REST, truth.ocv_v), e]) - REFERENCE
    dt = abs(truth.end_v - truth.ocv_v) / steps / RATE
    return LinearSweep(
        source=Source(file=f"seed {seed}", format="simulated"),
        time_s=np.arange(potential.size) * dt,
        potential_v=potential + 5e-5 * rng.standard_normal(potential.size),
        current_a=np.concatenate([np.zeros(REST), current]),
    )


CONDITIONS = SweepConditions(reference_electrode="Na15Sn4", volts_vs_na=REFERENCE, area_m2=AREA_CM2 * 1e-4)


def fit(truth: Truth, seed: int) -> SweepFit:
    (checked,) = check_sweep(simulate(truth, seed), CONDITIONS, LsvCheckSettings())
    return find_onsets(checked, OnsetSettings())


def coverage(seeds: int) -> None:
    print(f"\n{seeds} seeds; bias and scatter in mV, mean sigma in mV, share of 95 % intervals that hold the truth")
    print(f"{'n':>4} {'direction':<10} {'criterion':<18} {'bias':>7} {'scatter':>8} {'sigma':>7} {'held':>6} {'given':>6}"
          f" {'off E_on':>9}")  # fmt: skip
    for direction, onset, end in (("oxidation", 4.0, 6.0), ("reduction", 1.9, 0.0)):
        for exponent in (1.0, 1.5, 2.0, 3.0):
            truth = Truth(onset, exponent, end_v=end)
            fits = [fit(truth, 1000 + s) for s in range(seeds)]
            known = truth.crossings(int(np.sum(fits[0].checked.keep)))
            for i, name in enumerate(known):
                found = [f.onsets[i].onset_v_vs_na for f in fits]
                got = [x for x in found if x is not None]
                v, sigma = np.array([x.value for x in got]), np.array([x.sigma for x in got])
                held = np.mean([x.low <= known[name] <= x.high for x in got]) if got else np.nan
                print(f"{exponent:4.1f} {direction:<10} {name:<18} {1e3 * (v.mean() - known[name]):7.2f} "
                      f"{1e3 * v.std():8.2f} {1e3 * sigma.mean():7.2f} {held:6.1%} {len(got) / seeds:6.1%} "
                      f"{1e3 * (v.mean() - onset):9.1f}")  # fmt: skip
            c = np.array([f.capacitance.value for f in fits if f.capacitance])
            print(f"{exponent:4.1f} {direction:<10} capacitance off by at most {np.abs(c / C_DL - 1).max():.2%}")


def differences(seeds: int) -> None:
    print(f"\ndifference of two samples 0.150 V apart, {seeds} seeds: largest error in mV")
    for exponent in (1.0, 1.5, 2.0, 3.0):
        pairs = [(fit(Truth(4.0, exponent), 2 * s), fit(Truth(3.85, exponent), 2 * s + 1)) for s in range(seeds)]
        for i, name in enumerate(o.criterion.name for o in pairs[0][0].onsets):
            d = [
                a.onsets[i].onset_v_vs_na.value - b.onsets[i].onset_v_vs_na.value
                for a, b in pairs
                if a.onsets[i].onset_v_vs_na and b.onsets[i].onset_v_vs_na
            ]
            print(
                f"{exponent:4.1f} {name:<18} {1e3 * np.abs(np.array(d) - 0.150).max():8.2f}  given {len(d) / seeds:.1%}"
            )
        flagged = np.mean([any(f.field == "tangent" for f in a.findings) for a, _ in pairs])
        print(f"{exponent:4.1f} tangent flagged in {flagged:.1%}")


def speed(n: int) -> None:
    checked = [check_sweep(simulate(Truth(4.0, 1.5), s, 2999), CONDITIONS, LsvCheckSettings())[0] for s in range(20)]
    raw = [simulate(Truth(4.0, 1.5), s, 2999) for s in range(20)]
    settings = OnsetSettings()
    start = time.perf_counter()
    for k in range(n):
        check_sweep(raw[k % 20], CONDITIONS, LsvCheckSettings())
        find_onsets(checked[k % 20], settings)
    print(f"\n{n} sweeps of 3000 points, check, all criteria and intervals: {time.perf_counter() - start:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--speed", type=int, default=1000)
    args = parser.parse_args()
    speed(args.speed)
    coverage(args.seeds)
    differences(max(args.seeds // 3, 10))


if __name__ == "__main__":
    main()
