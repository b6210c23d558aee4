"""How well known circuits come back: the table of cases at full size (python benchmarks/recovery.py [seeds]).

The truth is summed here by its own formula; noise is normal, 0.3 % of |Z| on Re and Im.
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np

from pipeline.check.eis import EisCheckSettings, check_spectrum
from pipeline.fit.eis.arcs import ArcSettings, fit_arcs
from pipeline.model.measurement import ImpedanceSpectrum, Source

FREQUENCY_HZ = np.geomspace(7e6, 1.0, 69)
W = 2 * np.pi * FREQUENCY_HZ


def measured(arcs, seed, rs=0.0, inductance=0.0, noise=0.003):
    z = rs + 1j * W * inductance + 1 / (2e-6 * (1j * W) ** 0.85)
    for r, tau, n in arcs:
        z = z + r / (1 + (1j * W * tau) ** n)
    rng = np.random.default_rng(seed)
    z = z + noise * np.abs(z) * (rng.standard_normal(W.size) + 1j * rng.standard_normal(W.size))
    return ImpedanceSpectrum(source=Source(file="simulated", format=""), frequency_hz=FREQUENCY_HZ, impedance_ohm=z)


def fit(arcs, seed, **more):
    return fit_arcs(check_spectrum(measured(arcs, seed, **more), EisCheckSettings()), ArcSettings())


def three(ratio, r=(3000.0, 3000.0, 3000.0), n=(0.95, 0.90, 0.85)):
    return [(r[i], 60e-9 * ratio**i, n[i]) for i in range(3)]


def row(name, arcs, seeds, **more):
    orders, levels, errors, totals, covered, pulls = Counter(), Counter(), [], [], [], []
    truth = np.array([a[0] for a in arcs])
    whole = truth.sum() + more.get("rs", 0.0)
    for seed in range(seeds):
        f = fit(arcs, seed, **more)
        orders[f.n_arcs] += 1
        levels[f.verdict.level] += 1
        if f.total_resistance is not None:
            totals.append(f.total_resistance.value / whole - 1)
        if f.n_arcs == len(arcs) and len(arcs) and all(a.resistance for a in f.arcs):
            found = [a.resistance for a in f.arcs]
            errors.append([e.value / t - 1 for e, t in zip(found, truth, strict=True)])
            covered += [e.low <= t <= e.high for e, t in zip(found, truth, strict=True)]
            pulls.append([(e.value - t) / e.sigma for e, t in zip(found, truth, strict=True)])
    e = np.abs(np.array(errors)) if errors else np.full((1, 1), np.nan)
    t = np.abs(np.array(totals))
    print(
        f"{name:<28} n {dict(orders)} {dict(levels)} | |err| median {np.round(100 * np.median(e, 0), 2)} p95 "
        f"{np.round(100 * np.quantile(e, 0.95, axis=0), 1)} % | all<5% {np.mean(np.all(e < 0.05, axis=1)):.0%} | sum max "
        f"{100 * t.max(initial=0):.2f} % | coverage {np.mean(covered) if covered else np.nan:.1%} | "
        f"pull sd {np.round(np.std(pulls, axis=0), 2) if pulls else ''}"
    )


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for ratio in (100, 30, 10, 5, 3):
        row(f"three arcs, tau ratio {ratio}", three(ratio), seeds)
    row("R 1:10 (300, 3000, 300)", three(30, (300.0, 3000.0, 300.0)), seeds)
    row("R 10:1 (3000, 300, 3000)", three(30, (3000.0, 300.0, 3000.0)), seeds)
    row("two arcs, tau ratio 30", three(30)[:2], seeds)
    row("one arc, n = 0.95", three(30)[:1], seeds)
    row("26 ohm, 1 uH, contact 0.5", [], seeds, rs=26.5, inductance=1e-6)
    row("26 ohm, 0.1 uH", [], seeds, rs=26.5, inductance=1e-7)


if __name__ == "__main__":
    main()
