"""The series fit at full size (python benchmarks/series_recovery.py [seeds]): recovery, gain over single fits, broken assumptions.

Six temperatures from -70 to -20 °C, tau ratio 5 at the coldest, Ea 0.40/0.30/0.25 eV; truth by eis_reference.py's own formula.
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
from eis_reference import cell, cramer_rao, noisy, spectrum, three

from pipeline.techniques.impedance.check.spectrum import check_spectrum
from pipeline.techniques.impedance.fit.series.joint_fit import fit_series
from pipeline.techniques.impedance.fit.single.arcs import fit_arcs
from pipeline.techniques.impedance.settings import ArcSettings, EisCheckSettings, SeriesSettings

KB = 8.617333262e-5
TEMPERATURES_K = 203.15 + 10.0 * np.arange(6)
ENERGIES_EV = (0.40, 0.30, 0.25)


def arcs_at(t, c_jump=(1.0, 1.0, 1.0), r_step=(1.0, 1.0, 1.0)):
    out, warm = [], t > 230
    for (r, tau, n), e, j, s in zip(three(5), ENERGIES_EV, c_jump, r_step, strict=True):
        g = np.exp(e / KB * (1 / t - 1 / 203.15)) * t / 203.15 * (s if warm else 1.0)
        out.append((r * g, tau * g * (j if warm else 1.0), n))
    return out


def run(seed, **change):
    fits = [
        fit_arcs(
            check_spectrum(
                spectrum(noisy(cell(arcs_at(t, **change)), 100 * seed + i), temperature_k=float(t), file=f"{t:.0f}K"),
                EisCheckSettings(),
            ),
            ArcSettings(),
        )
        for i, t in enumerate(TEMPERATURES_K)
    ]
    return fit_series("HSE", fits, SeriesSettings())


def any_pellet(seeds):
    """Two or three arcs, ratio 4 to 50, 5 to 9 temperatures, contact resistance and inductance, noise 0.1 to 0.4 %."""
    levels, right, held, pulls = Counter(), 0, [], []
    for seed in range(seeds):
        rng = np.random.default_rng([9, seed])
        m, temperatures = int(rng.integers(2, 4)), np.linspace(203.15, 303.15, int(rng.integers(5, 10)))
        tau = 60e-9 * 10 ** rng.uniform(0, 1) * (10 ** rng.uniform(0.6, 1.7)) ** np.arange(m)
        r, n = 3000 * 10 ** rng.uniform(-0.4, 0.4, m), rng.uniform(0.85, 0.98, m)
        energies = np.sort(rng.uniform(0.25, 0.45, m))[::-1]
        rs, inductance, noise = 10 ** rng.uniform(-0.5, 0.7), 10 ** rng.uniform(-7, -6), 10 ** rng.uniform(-3, -2.4)
        fits = []
        for i, t in enumerate(temperatures):
            grow = np.exp(energies / KB * (1 / t - 1 / 203.15)) * t / 203.15
            z = noisy(cell([*zip(r * grow, tau * grow, n, strict=True)], rs, inductance), [seed, i], noise)
            fits.append(
                fit_arcs(check_spectrum(spectrum(z, temperature_k=float(t)), EisCheckSettings()), ArcSettings())
            )
        found = fit_series("any", fits, SeriesSettings())
        levels[found.usable.level] += 1
        right += len(found.arcs) == m
        if found.usable.printable and len(found.arcs) == m:
            for a, e in zip(found.arcs, energies, strict=True):
                if a.activation_energy_ev is not None:
                    held.append(a.activation_energy_ev.low <= e <= a.activation_energy_ev.high)
                    pulls.append((a.activation_energy_ev.value - e) / a.activation_energy_ev.sigma)
    print(
        f"any pellet: {dict(levels)}, number of arcs right {right}/{seeds}; 95 % interval holds Ea in {np.mean(held):.1%} of "
        f"{len(held)}; rms pull {np.sqrt(np.mean(np.square(pulls))):.2f}, largest {np.abs(pulls).max():.1f}",
        flush=True,
    )


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    levels, cold, energies, covered = Counter(), [], [], []
    for seed in range(seeds):
        found = run(seed)
        levels[found.usable.level] += 1
        if len(found.arcs) == 3 and found.usable.printable:
            r = [a.resistance_ohm[0] for a in found.arcs]
            cold.append([e.value / 3000 - 1 for e in r])
            covered += [e.low <= 3000 <= e.high for e in r]
            energies.append([a.activation_energy_ev.value - e for a, e in zip(found.arcs, ENERGIES_EV, strict=True)])
    cold, energies = np.abs(np.array(cold)), np.abs(np.array(energies))
    gain = cramer_rao(three(5))[0] / np.sqrt(np.mean(cold**2, axis=0))
    print(f"usable {dict(levels)}; three arcs in {len(cold)}/{seeds}")
    print(
        f"R(-70): |err| max {np.round(100 * cold.max(0), 2)} %, within 6 % {np.mean(np.all(cold < 0.06, axis=1)):.1%}; Ea |err| "
        f"max {np.round(1e3 * energies.max(0), 2)} meV, within 3 meV {np.mean(np.all(energies < 0.003, axis=1)):.1%}; coverage "
        f"{np.mean(covered):.1%}"
    )
    print(f"gain over the Cramer-Rao bound of a single spectrum: {np.round(gain, 1)}")
    any_pellet(2 * seeds)
    for name, change in (
        ("phase change (R x 0.2, x 3, x 1)", {"r_step": (0.2, 3.0, 1.0)}),
        ("phase change (R x 2, x 1, x 0.5)", {"r_step": (2.0, 1.0, 0.5)}),
        ("C jumps (x 1, x 2, x 0.5)", {"c_jump": (1.0, 2.0, 0.5)}),
        ("C jumps (x 1.5, x 1, x 1)", {"c_jump": (1.5, 1.0, 1.0)}),
    ):
        found = Counter(run(seed, **change).usable.level for seed in range(seeds))
        refused = sum(n for level, n in found.items() if level in ("unresolved", "refused"))
        print(f"{name}: not usable in {refused / seeds:.1%} {dict(found)}", flush=True)


if __name__ == "__main__":
    main()
