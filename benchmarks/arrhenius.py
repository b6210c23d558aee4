"""Arrhenius lines and composition optima of simulated series against their truth, at full size.

    python benchmarks/arrhenius.py [--seeds 2000]

sigma T = A exp(-Ea/(kB T)), Ea = 0.300 eV, -70 to 25 °C, 2 % of noise; kink 0.40 -> 0.25 eV at 243 K; 7 compositions, 5 % of noise.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.core.values import Estimate, Verdict
from pipeline.techniques.impedance.comparisons import CompositionPoint
from pipeline.techniques.impedance.model import ConductivityPoint
from pipeline.techniques.impedance.settings import ArrheniusSettings, CompositionSettings
from pipeline.techniques.impedance.summarize.arrhenius import fit_arrhenius
from pipeline.techniques.impedance.summarize.composition import find_optimum

KB, T25, EA = 8.617333262e-5, 298.15, 0.300
GOOD = Verdict(level="resolved", reason="")


def points(t, sigma, relative):
    return [
        ConductivityPoint(
            sample="A", file=f"{k:.1f}", loop=1, temperature_k=float(k), quantity="total", method="single",
            conductivity_s_per_m=Estimate(value=float(s), sigma=float(r * s), unit="S/m"), geometry_relative_sigma=0.0,
            verdict=GOOD,
        )
        for k, s, r in zip(t, sigma, np.broadcast_to(relative, t.shape), strict=True)
    ]  # fmt: skip


def line(t):
    return 0.27 * T25 / t * np.exp(-EA / KB * (1 / t - 1 / T25))


def kinked(t):
    return np.exp(-np.where(t < 243, 0.40, 0.25) / KB * (1 / t - 1 / 243)) / t


def straight_lines(seeds: int) -> None:
    print(
        f"straight, {seeds} seeds: 95 % of |Ea - truth|, coverage of Ea and of sigma(25 °C), kinks found though there is none"
    )
    for n in (4, 6, 7, 9, 12, 20):
        for label, claimed in (("claimed 2 %", 0.02), ("claimed 0.1 %", 0.001)):
            t, off, held, held_25, kinks = np.linspace(203.15, T25, n), [], [], [], []
            for s in range(seeds):
                y = line(t) * np.exp(0.02 * np.random.default_rng(s).standard_normal(n))
                fit = fit_arrhenius(points(t, y, claimed), ArrheniusSettings())[0]
                e, c = fit.activation_energy_ev, fit.conductivity_25c_s_per_m
                off.append(abs(e.value - EA))
                held.append(e.low <= EA <= e.high)
                held_25.append(c.low <= 0.27 <= c.high)
                kinks.append(fit.kink_temperature_k is not None)
            print(f"  n = {n:2d}, {label:<14} {1e3 * np.quantile(off, 0.95):6.2f} meV  {np.mean(held):6.1%}  "
                  f"{np.mean(held_25):6.1%}  kinks {np.mean(kinks):6.2%}")  # fmt: skip


def kinks(seeds: int) -> None:
    print(f"kink 0.40 -> 0.25 eV at 243 K, {seeds} seeds: found, within 8 K, interval holds 243 K")
    for n in (7, 8, 9, 10, 12, 16):
        for noise in (0.005, 0.02):
            t, found = np.linspace(203.15, T25, n), []
            for s in range(seeds):
                y = kinked(t) * np.exp(noise * np.random.default_rng(s).standard_normal(n))
                found.append(fit_arrhenius(points(t, y, noise), ArrheniusSettings())[0].kink_temperature_k)
            got = [k for k in found if k is not None]
            near = np.mean([abs(k.value - 243) <= 8 for k in got])
            held = np.mean([k.low <= 243 <= k.high for k in got])
            print(f"  n = {n:2d}, noise {noise:.1%}: {len(got) / seeds:6.1%}  {near:6.1%}  {held:6.1%}")


def doubts(seeds: int) -> None:
    print(
        f"verdicts below resolved, {seeds} seeds: clean line, clean up and down scans, one label 10 K off, second scan 10 % higher"
    )
    for n in (5, 7, 9, 12):
        for noise, claimed in ((0.003, 0.003), (0.02, 0.02), (0.02, 0.001)):
            t = np.linspace(203.15, T25, n)
            both, side = np.concatenate([t, t]), np.repeat([-0.5, 0.5], n)
            rates = []
            for kind in ("clean", "scans", "label", "higher"):
                bad = 0
                for s in range(seeds):
                    at = t if kind in ("clean", "label") else both
                    y = line(at) * np.exp(noise * np.random.default_rng(s).standard_normal(at.size))
                    if kind == "label":
                        at = at.copy()
                        at[s % n] += 10.0 if s % 2 else -10.0
                    y = y * np.exp(0.0953 * side) if kind == "higher" else y
                    rows = points(at, y, claimed)
                    if at.size > n:
                        rows = [
                            replace(p, file=f"{'a' if z < 0 else 'b'}{p.file}") for p, z in zip(rows, side, strict=True)
                        ]
                    bad += fit_arrhenius(rows, ArrheniusSettings())[0].verdict.level != "resolved"
                rates.append(f"{bad / seeds:7.2%}")
            print(f"  n = {n:2d}, noise {noise:.1%}, claimed {claimed:.1%}: " + "  ".join(rates))


def optima(seeds: int) -> None:
    print(f"optimum of 7 compositions, {seeds} seeds: given, coverage, 95 % of |x - truth|")
    x = np.array([0.10, 0.20, 0.30, 0.38, 0.48, 0.60, 0.72])
    for noise in (0.02, 0.05, 0.10):
        got = []
        for s in range(seeds):
            y = 0.27 * np.exp(-(((x - 0.38) / 0.30) ** 2) + noise * np.random.default_rng(s).standard_normal(7))
            rows = [
                CompositionPoint(
                    sample="", series="A", x_lcf=float(k), verdict=GOOD,
                    conductivity_25c_s_per_m=Estimate(value=float(v), sigma=0.05 * float(v), unit="S/m"),
                )
                for k, v in zip(x, y, strict=True)
            ]  # fmt: skip
            got.append(find_optimum("A", rows, CompositionSettings()).x_optimum)
        given = [e for e in got if e is not None]
        held = np.mean([e.low <= 0.38 <= e.high for e in given])
        off = np.quantile([abs(e.value - 0.38) for e in given], 0.95)
        print(f"  noise {noise:4.0%}: {len(given) / seeds:6.1%}  {held:6.1%}  {off:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000)
    seeds = parser.parse_args().seeds
    start = time.perf_counter()
    straight_lines(seeds)
    kinks(seeds)
    doubts(min(seeds, 600))
    optima(seeds)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
