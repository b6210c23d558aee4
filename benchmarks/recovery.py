"""How well known circuits come back: every case of the acceptance table (python benchmarks/recovery.py [seeds] [rows...]).

The truth is summed by eis_reference.py's own formula; noise is normal, 0.3 % of |Z| on Re and Im.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

import numpy as np
from eis_reference import FREQUENCY_HZ, NOISE, OMEGA, cell, cramer_rao, noisy, polish, spectrum, three, true_theta

from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.fit.single.circuit import arc_capacitance
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings


def fit(arcs, seed, **more):
    return fit_arcs(check_spectrum(spectrum(noisy(cell(arcs, **more), seed)), EisCheckSettings()), ArcSettings())


def percent(values, digits=2):
    return "/".join(f"{100 * v:.{digits}f}" for v in np.atleast_1d(values))


def row(name, arcs, seeds, **more):
    truth = np.array([a[0] for a in arcs])
    whole = truth.sum() + more.get("rs", 0.0)
    orders, levels, totals, errors, pulls, covered, minimum, inductance = Counter(), Counter(), [], [], [], [], [], []
    weak, blurred = 0, 0
    for seed in range(seeds):
        f = fit(arcs, seed, **more)
        orders[f.n_arcs] += 1
        levels[f.verdict.level] += 1
        totals.append(f.total_resistance.value / whole - 1 if f.total_resistance else np.nan)
        if f.inductance is not None and more.get("inductance"):
            inductance.append(f.inductance.value / more["inductance"] - 1)
        z = f.checked.spectrum.impedance_ohm
        theta, terms = true_theta(arcs, **more)
        oracle = polish(theta, terms, OMEGA, z)[1]
        minimum.append(float(np.sum(np.abs((f.fitted_ohm - z) / z) ** 2)) / oracle - 1)
        if len(arcs) and f.n_arcs == len(arcs) and all(a.resistance for a in f.arcs):
            found = [a.resistance for a in f.arcs]
            errors.append([e.value / t - 1 for e, t in zip(found, truth, strict=True)])
            covered.append([e.low <= t <= e.high for e, t in zip(found, truth, strict=True)])
            pulls.append([(e.value - t) / e.sigma for e, t in zip(found, truth, strict=True)])
            for a in f.arcs:
                wide = a.resistance.sigma > 0.05 * a.resistance.value
                blurred += wide
                weak += wide and a.verdict.level == "weak"
    t = np.abs(np.array(totals))
    line = f"{name:<30} arcs {dict(orders)} {dict(levels)}\n"
    line += f"    sum |err| p95 {100 * np.nanquantile(t, 0.95):.2f} max {100 * np.nanmax(t):.2f} %"
    bounds, total_bound = cramer_rao(arcs, **more)
    line += f" (bound {100 * total_bound:.3f}; within 0.3 %: {np.mean(t < 0.003):.1%}; missing {np.isnan(t).sum()})"
    line += f"; minimum within 1 % of the oracle's {np.mean(np.array(minimum) < 0.01):.1%}"
    if inductance:
        line += f"; L |err| max {100 * np.abs(inductance).max():.2f} % ({len(inductance)} of {seeds})"
    if errors:
        e = np.abs(np.array(errors))
        scatter = np.std(errors, axis=0, ddof=1) / bounds
        line += (
            f"\n    R given {len(errors)}/{seeds}; |err| median {percent(np.median(e, axis=0))} all {100 * np.median(e):.2f}, p95 "
            f"{percent(np.quantile(e, 0.95, axis=0), 1)} %; every R within 3 % {np.mean(np.all(e < 0.03, axis=1)):.1%}, "
            f"within 5 % {np.mean(np.all(e < 0.05, axis=1)):.1%}"
            f"\n    coverage {percent(np.mean(covered, axis=0), 1)} all {100 * np.mean(covered):.1f} %; scatter/bound "
            f"{'/'.join(f'{s:.2f}' for s in scatter)}; pull sd {np.round(np.std(pulls, axis=0), 2)}; weak where sigma > 5 %: "
            f"{weak}/{blurred}"
        )
    print(line, flush=True)


def any_cell(seeds):
    """One to three arcs, ratio 12 to 100; R_s, L and blocking absent, below the noise or plain; noise 0.1 to 0.5 %."""
    tally, right, totals = {}, 0, []
    for seed in range(8 * seeds):
        rng = np.random.default_rng([77, seed])
        m = int(rng.integers(1, 4))
        tau = 60e-9 * 10 ** rng.uniform(0, 1.5) * (10 ** rng.uniform(np.log10(12), 2)) ** np.arange(m)
        r, n = 3000 * 10 ** rng.uniform(-0.5, 0.5, m), rng.uniform(0.85, 1, m)
        rs = r.sum() * 10 ** rng.uniform(-3.5, -1.5) * (rng.random() < 0.6)
        inductance = 10 ** rng.uniform(-7, -5.5) * (rng.random() < 0.6)
        tail = (10 ** rng.uniform(-6.5, -5), rng.uniform(0.75, 0.95)) if rng.random() < 0.8 else None
        if tau[-1] > 0.05:
            continue  # does not close in the window
        z = noisy(cell([*zip(r, tau, n, strict=True)], rs, inductance, tail), [seed, 5], 10 ** rng.uniform(-3, -2.3))
        f = fit_arcs(check_spectrum(spectrum(z), EisCheckSettings()), ArcSettings())
        right += f.n_arcs == m
        e = f.total_resistance
        totals.append((e.low <= r.sum() + rs <= e.high, (e.value - r.sum() - rs) / e.sigma) if e else (False, np.nan))
        for a in f.arcs:
            if a.resistance is not None:
                i = int(np.argmin(np.abs(np.log(tau * 2 * np.pi * a.apex_hz))))
                held, pull = (
                    a.resistance.low <= r[i] <= a.resistance.high,
                    (a.resistance.value - r[i]) / a.resistance.sigma,
                )
                tally.setdefault(a.verdict.level, []).append((held, pull))
    print(f"any cell: {len(totals)} spectra, number of arcs right {right}")
    for name, rows in (*tally.items(), ("total", totals)):
        held, pull = np.array(rows, dtype=float).T
        print(
            f"    {name:<10} {len(rows):5d}; 95 % interval holds {held.mean():.1%}; rms pull {np.sqrt(np.nanmean(pull**2)):.2f}; "
            f"beyond 3 sigma {np.nanmean(np.abs(pull) > 3):.1%}, 5 sigma {np.nanmean(np.abs(pull) > 5):.1%}",
            flush=True,
        )


LOW_HZ = np.geomspace(7e6, 0.05, 80)


def judge(name, seeds, draw, max_arcs=3, electrodes=0):
    """Spectra that ``draw`` makes of a random generator: frequencies, impedance, and the resistances of the sample's arcs."""
    circuits, levels, totals, errors, inside = Counter(), Counter(), [], [], []
    given = 0
    for seed in range(seeds):
        f, z, truth = draw(np.random.default_rng([5, seed]))
        fitted = fit_arcs(check_spectrum(spectrum(z, f), EisCheckSettings()), ArcSettings(max_arcs=max_arcs))
        circuits[fitted.circuit] += 1
        e, whole = fitted.total_resistance, sum(truth[: len(truth) - electrodes])
        totals.append(e is not None and e.low <= whole <= e.high)
        errors.append(abs(e.value / whole - 1) if e else np.nan)
        given += len(truth)
        for a in fitted.arcs:
            wrong = ""
            if a.resistance is not None:
                near = (
                    truth[a.number - 1]
                    if fitted.n_arcs == len(truth)
                    else min(truth, key=lambda r: abs(r - a.resistance.value))
                )
                inside.append(a.resistance.low <= near <= a.resistance.high)
                wrong = "" if fitted.n_arcs == len(truth) else " (another number of arcs)"
            levels[a.verdict.level + wrong] += 1
    print(
        f"{name:<30} total in its 95 % {np.mean(totals):.1%}, |err| median {100 * np.nanmedian(errors):.2f}, p95 "
        f"{100 * np.nanquantile(errors, 0.95):.2f} %, missing {np.isnan(errors).sum()}; R given {len(inside)}/{given}, inside "
        f"{np.mean(inside) if inside else np.nan:.1%}\n    arcs {dict(levels)}; circuits {dict(circuits)}",
        flush=True,
    )


def with_diffusion(rng, end):
    """Two arcs, tau 16 to 100 apart, and a diffusion (``end`` 1/tanh or tanh) with .5 to 2 times the resistance of one of them."""
    r, n = 3000 * 10 ** rng.uniform(-0.3, 0.3, 2), rng.uniform(0.85, 1, 2)
    tau = 60e-9 * 10 ** rng.uniform(0, 1) * np.array([1, 10 ** rng.uniform(1.2, 2)])
    omega = 2 * np.pi * LOW_HZ
    s = np.sqrt(1j * omega * 10 ** rng.uniform(-1, 0.7))
    z = (
        cell(zip(r, tau, n, strict=True), tail=None, omega=omega)
        + r[rng.integers(2)] * rng.uniform(0.5, 2) * end(s) / s
    )
    return LOW_HZ, noisy(z, rng), r


def skewed(rng, n):
    """Two skewed arcs, tau 30 to 100 apart, b .6 to .85, and a blocking tail."""
    r, b = 3000 * 10 ** rng.uniform(-0.3, 0.3, 2), rng.uniform(0.6, 0.85, 2)
    tau = 60e-9 * 10 ** rng.uniform(0, 1) * np.array([1, 10 ** rng.uniform(1.48, 2)])
    n = rng.uniform(n, 1 if n == 1 else 0.97, 2)
    z = cell([]) + sum(a / (1 + (1j * OMEGA * t) ** e) ** s for a, t, e, s in zip(r, tau, n, b, strict=True))
    return FREQUENCY_HZ, noisy(z, rng), r


def processes(rng, m):
    """Three arcs of the sample, ``m`` - 3 of electrodes (C a million times the bulk's), and a blocking tail."""
    r, n = 3000 * 10 ** rng.uniform(-0.3, 0.3, m), rng.uniform(0.88, 1, m)
    tau = 60e-9 * 10 ** rng.uniform(0, 0.5) * np.array([1, 20, 400, 1e6, 2e7])[:m]
    omega = 2 * np.pi * LOW_HZ
    z = cell(zip(r, tau, n, strict=True), tail=(2e-4, 0.85), omega=omega)
    return LOW_HZ, noisy(z, rng), r


def kk_rows(seeds):
    k = np.arange(FREQUENCY_HZ.size)
    cases = {
        "clean": lambda z, _: z,
        "20 % drift": lambda z, _: z * (1 + 0.2 * k / k[-1]),
        "one 5 % outlier": lambda z, i: z * np.where(k == i, 1.05, 1),
        "8-point HF phase ramp": lambda z, _: z * np.exp(1j * np.deg2rad(np.clip(8 - k, 0, None))),
        "conjugated": lambda z, _: z.conj(),
        "5 % drift": lambda z, _: z * (1 + 0.05 * k / k[-1]),
    }
    for name, fault in cases.items():
        levels, hit = Counter(), 0
        for seed in range(seeds):
            i = int(np.random.default_rng(seed).integers(3, k.size - 3))
            z = noisy(fault(cell(three((5, 10, 30, 100)[seed % 4])), i), seed)
            found = check_spectrum(spectrum(z), EisCheckSettings())
            levels[found.kk.level] += 1
            hit += [m.indices for m in found.masks] == [(i,)]
        print(
            f"KK {name:<27} {dict(levels)}" + (f" right index {hit}/{seeds}" if "outlier" in name else ""), flush=True
        )


def wild_rows(seeds):
    """One point off by +20, +50, -80 % in Re or Im, where that is beyond 5 sigma of the noise; and the same cells as they are."""
    cells = {
        "three arcs": (three(30), {}),
        "two arcs": (three(30)[:2], {}),
        "two arcs, ratio 10": (three(10)[:2], {"rs": 30.0}),
        "one arc": (three(30)[:1], {}),
        "26 ohm, 1 uH": ([], {"rs": 26.5, "inductance": 1e-6}),
    }
    n, places = FREQUENCY_HZ.size, {"fastest": 0, "middle": FREQUENCY_HZ.size // 2, "slowest": FREQUENCY_HZ.size - 1}
    for name, (arcs, more) in cells.items():
        z, whole = cell(arcs, **more), sum(a[0] for a in arcs) + more.get("rs", 0.0)
        for place, i in places.items():
            shifts = [s * part for s in (0.2, 0.5, -0.8) for part in (z.real[i], 1j * z.imag[i])]
            shifts = [s for s in shifts if abs(s) > 5 * NOISE * abs(z[i])]
            hit, beside, near, cases = 0, 0, 0, seeds * len(shifts)
            for seed in range(cases):
                data = noisy(z, [seed, i])
                data[i] += shifts[seed % len(shifts)]
                f = fit_arcs(check_spectrum(spectrum(data), EisCheckSettings()), ArcSettings())
                gone = {k for m in f.checked.masks for k in m.indices}
                hit, beside = hit + (i in gone), beside + bool(gone & {i - 2, i - 1, i + 1, i + 2})
                near += f.total_resistance is not None and abs(f.total_resistance.value / whole - 1) < 0.005
            print(
                f"wild {name:<19} {place:<8} masked {hit / cases:.1%}, a neighbour {beside / cases:.1%}, total within 0.5 % "
                f"{near / cases:.1%} of {cases}",
                flush=True,
            )
        masked = sum(not all(check_spectrum(spectrum(noisy(z, s)), EisCheckSettings()).keep) for s in range(10 * seeds))
        print(
            f"wild {name:<19} none     masked {masked / (10 * seeds):.1%} of {10 * seeds} (of {n} points any)",
            flush=True,
        )


def drift_rows(seeds):
    """R_i(t) = R_i (1 + d u), u from -1/2 to 1/2 over the time of the sweep; 0.4 s and three periods a point."""
    time_s = np.cumsum(0.4 + 3 / FREQUENCY_HZ)
    u = (time_s - time_s[0]) / (time_s[-1] - time_s[0]) - 0.5
    for name, arcs in (("one arc", three(30)[:1]), ("two arcs", three(30)[:2]), ("three arcs", three(30))):
        for d in (0.0, 0.02, 0.05, 0.10):
            moved = [(r * (1 + d * u), tau * (1 + d * u) ** (1 / n), n) for r, tau, n in arcs]
            seen, held = 0, 0
            for seed in range(seeds):
                s = replace(spectrum(noisy(cell(moved), seed)), time_s=time_s)
                f = fit_arcs(check_spectrum(s, EisCheckSettings()), ArcSettings())
                seen += any(x.code == "slow_drift" for x in f.findings)
                e = f.total_resistance
                held += e is not None and e.low <= sum(a[0] for a in arcs) <= e.high
            print(
                f"drift {name:<12} {d:.0%}: seen {seen}/{seeds}, total at mid-sweep inside 95 % {held}/{seeds}",
                flush=True,
            )


CASES = {
    "100": lambda s: row("three arcs, tau ratio 100", three(100), s),
    "30": lambda s: row("three arcs, tau ratio 30", three(30), s),
    "20": lambda s: row("three arcs, tau ratio 20", three(20), s),
    "10": lambda s: row("three arcs, tau ratio 10", three(10), s),
    "5": lambda s: row("three arcs, tau ratio 5", three(5), s),
    "4": lambda s: row("three arcs, tau ratio 4", three(4), s),
    "3": lambda s: row("three arcs, tau ratio 3", three(3), s),
    "1:10": lambda s: row("R 300, 3000, 300 ohm", three(30, (300.0, 3000.0, 300.0)), s),
    "10:1": lambda s: row("R 3000, 300, 3000 ohm", three(30, (3000.0, 300.0, 3000.0)), s),
    "1:10b": lambda s: row("R 300, 3000, 3000, ratio 10", three(10, (300.0, 3000.0, 3000.0)), s),
    "10:1b": lambda s: row("R 3000, 300, 3000, ratio 10", three(10, (3000.0, 300.0, 3000.0)), s),
    "two": lambda s: row("two arcs, tau ratio 30", three(30)[:2], s),
    "one": lambda s: row("one arc, n = 0.95", three(30)[:1], s),
    "symmetric": lambda s: row("one depressed arc, n = 0.80", [(9000.0, 2e-6, 0.80)], s),
    "warm": lambda s: row("26 ohm, 1 uH, contact 0.5", [], s, rs=26.5, inductance=1e-6),
    "warm0.1": lambda s: row("26 ohm, 0.1 uH, contact 0.5", [], s, rs=26.5, inductance=1e-7),
    "warm arcs": lambda s: row("25 ohm bulk arc + 0.5, 1 uH", [(26.0, 3e-10, 0.95)], s, rs=0.5, inductance=1e-6),
    "any": any_cell,
    "blocked": lambda s: judge("blocked diffusion", s, lambda rng: with_diffusion(rng, lambda x: 1 / np.tanh(x))),
    "let through": lambda s: judge("diffusion let through", s, lambda rng: with_diffusion(rng, np.tanh)),
    "four": lambda s: judge("four arcs, max_arcs 5", s, lambda rng: processes(rng, 4), 5, 1),
    "five": lambda s: judge("five arcs, max_arcs 5", s, lambda rng: processes(rng, 5), 5, 2),
    "davidson": lambda s: judge("Davidson-Cole", s, lambda rng: skewed(rng, 1.0)),
    "havriliak": lambda s: judge("Havriliak-Negami", s, lambda rng: skewed(rng, 0.8)),
    "kk": kk_rows,
    "wild": wild_rows,
    "drift": drift_rows,
}


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for name in sys.argv[2:] or CASES:
        CASES[name](seeds)
    anchors = [(1300, 5.9e-6, 0.95, 4.566e-6), (2010, 3.5e-6, 0.90, 2.018e-6), (3650, 2.5e-6, 0.88, 1.318e-6)]
    print(
        "Hirschorn",
        [f"{100 * (arc_capacitance(r, q, n) / c - 1):+.3f} %" for r, q, n, c in anchors],
        f"(noise {NOISE})",
    )


if __name__ == "__main__":
    main()
