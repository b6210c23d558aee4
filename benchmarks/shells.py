"""FEFF, shell fits and bending: speed, coverage of the intervals, and how the measures fall (python benchmarks/shells.py [seeds]).

The truth is averaged over distances by tests/feff_truth.py, not made by the equation under test.  Prints tables, asserts nothing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.techniques.absorption.fit.distortion.scattering_ratio import measure_distortion
from pipeline.techniques.absorption.fit.feff.program import run_feff, write_input
from pipeline.techniques.absorption.fit.feff.structures import choose_structure
from pipeline.techniques.absorption.fit.shells.edge import fit_edge
from pipeline.techniques.absorption.fit.shells.feff_model import find_shell, one_distance, run_structure, search_of
from pipeline.techniques.absorption.fit.shells.least_squares import fit_alone
from pipeline.techniques.absorption.fit.shells.octahedra import run_octahedra
from pipeline.techniques.absorption.fit.shells.sample_fit import fit_sample
from pipeline.techniques.absorption.fit.shells.spectrum import weigh_spectrum
from pipeline.techniques.absorption.model import ShellSpec
from pipeline.techniques.absorption.settings import DistortionSettings, ShellSettings
from tests.feff_truth import K, molecule_chi, octahedron_chi, reduced, thermal_chi

PAIRS = (
    ("Ta", "Cl", "L3", 6),
    ("Sm", "Cl", "L3", 9),
    ("La", "Cl", "L3", 9),
    ("W", "W", "L3", 8),
    ("Cu", "Cu", "K", 12),
)


def speed(cache: Path) -> None:
    print("FEFF6L, all paths that are kept; then from the cache")
    for absorber, scatterer, edge, n in PAIRS:
        cluster = choose_structure(absorber, scatterer, None, None, n).cluster
        text = write_input(cluster, edge, search_of(cluster))
        times = []
        for _ in range(2):
            start = time.perf_counter()
            run = run_feff(text, cache)
            times.append(time.perf_counter() - start)
        size = f"{len(cluster.elements)} atoms to {cluster.distances_angstrom.max():.1f} Å, {len(run.paths)} paths"
        print(f"  {absorber}-{scatterer:<3} {size:<36} {times[0]:6.2f} s {1e3 * times[1]:8.1f} ms")
    path = run_structure(choose_structure("Ta", "Cl", None, None, 6), "L3", cache).paths[0]
    rows = [reduced(f"s{i}", thermal_chi(path, 5.4, 0, 0.0034), 0.002, i) for i in range(3)]
    specs = {r.sample: ShellSpec(coordination=6) for r in rows}
    fit_edge(rows, "s0", specs, cache, ShellSettings())
    start = time.perf_counter()
    fits, _ = fit_edge(rows, "s0", specs, cache, ShellSettings())
    first = time.perf_counter() - start
    measure_distortion(rows, fits, "s0", cache, DistortionSettings())
    run_octahedra.cache_clear()
    start = time.perf_counter()
    measure_distortion(rows, fits, "s0", cache, DistortionSettings())
    second = time.perf_counter() - start
    print(f"  a first shell, shared threshold and systematic scan included   {first / 3:6.3f} s a sample")
    print(f"  distortion with its bent octahedra (FEFF cached)                {second / 3:6.3f} s a sample")


def coverage(cache: Path, seeds: int) -> None:
    print(f"\nchi(k), noise 0.002, {seeds} seeds: share of 95 % intervals that hold the truth, and scatter over sigma")
    structure = choose_structure("Ta", "Cl", None, None, 6)
    run = run_structure(structure, "L3", cache)
    truth = np.array([5.4, 2.0, 0.012, 0.0036])
    whole = molecule_chi(run.paths, 0.9, 0.012, 0.0036, 2.0)
    other = octahedron_chi(cache, r=2.372, sigma2=0.0036, s02=0.9, e0_ev=2.0)
    for name, chi in (("TaCl6", whole), ("FEFF of another length", other)):
        shell = find_shell(run, structure, "Cl", reduced("x", chi, 0.002), (1, 2, 3))
        model, pulls, elapsed = one_distance(shell), [], 0.0
        for seed in range(seeds):
            noisy = chi + 0.002 * np.random.default_rng(seed).standard_normal(K.size)
            start = time.perf_counter()
            if name == "TaCl6":
                spectrum = weigh_spectrum(K, noisy, np.full(K.size, 0.002), shell.fit_range)
                fit = fit_alone(spectrum, model, np.array([1.0, 0, 0, 0.005]), np.array([1, 1, 0.01, 0.001]), 0.16)
                base = model.bank.reff[0]
            else:  # as the program does it: FEFF is run again at the fitted distance
                sample = fit_sample(reduced("x", noisy, 0.002), ShellSpec(coordination=6), cache, ShellSettings())
                fit, base = sample.alone, sample.model.bank.reff[0]
            elapsed += time.perf_counter() - start
            moved = fit.theta + np.array([0, 0, base - 2.36, 0])
            pulls.append((moved - truth) / [fit.sigma(i) for i in range(4)])
        pulls = np.array(pulls)
        held = np.mean(np.abs(pulls) < 1.96, axis=0)
        text = "  ".join(
            f"{n} {100 * h:.1f} % ({s:.2f})"
            for n, h, s in zip(("N", "E0", "R", "sigma2"), held, pulls.std(axis=0), strict=True)
        )
        print(f"  {name:<23} {text}   {1e3 * elapsed / seeds:.0f} ms a fit")


def split(cache: Path) -> None:
    print("\n6 + 3 neighbours of Sm fitted as one shell (truth N = 9)")
    near, far = run_structure(choose_structure("Sm", "Cl", None, None, 9), "L3", cache).paths[:2]
    k = np.arange(0, 12.501, 0.05)
    for gap in (0.068, 0.070, 0.080):
        move = near.reff_angstrom + gap - far.reff_angstrom
        chi = thermal_chi(near, 6 * 0.92, 0, 0.0078, k=k) + thermal_chi(far, 3 * 0.92, move, 0.0078, k=k)
        one = thermal_chi(near, 9 * 0.92, 0, 0.0078, k=k)
        rows = [reduced(n, c, 5e-4, 1, element="Sm", k=k, k_max=11.5) for n, c in (("one", one), ("split", chi))]
        fits, _ = fit_edge(
            rows, "one", {"one": ShellSpec(coordination=9), "split": ShellSpec()}, cache, ShellSettings()
        )
        n, excess = fits[1].coordination.value, fits[1].sigma2_angstrom2.value - fits[0].sigma2_angstrom2.value
        print(f"  {gap:.3f} Å apart: N = {n:.2f}, excess sigma2 = {excess:.4f} Å² (2/9 gap² = {2 / 9 * gap**2:.4f})")


def bends(cache: Path) -> None:
    print("\nbend of Cl-Ta-Cl: change of multiple over single scattering (published 5/20/40/59 %), and the angle found")
    for sigma2 in (0.0034, 0.0060):
        chis = {"0°": octahedron_chi(cache, sigma2=sigma2)}
        chis |= {f"{b}°": octahedron_chi(cache, bend=b, sigma2=sigma2) for b in (5, 10, 15, 20)}
        print_changes(chis, cache, f"sigma2 {sigma2:g}")
    chis = {f"{s:g} Å²": octahedron_chi(cache, sigma2=s) for s in (0.005, 0.002, 0.0034, 0.0065, 0.008)}
    print_changes(chis, cache, "straight, sigma2 varied")


def print_changes(chis: dict[str, np.ndarray], cache: Path, title: str) -> None:
    names = list(chis)
    rows = [reduced(n, c, 3e-4, i) for i, (n, c) in enumerate(chis.items())]
    specs = {n: ShellSpec(coordination=6 if n == names[0] else None) for n in names}
    fits, _ = fit_edge(rows, names[0], specs, cache, ShellSettings())
    print(f"  {title}")
    for d in measure_distortion(rows, fits, names[0], cache, DistortionSettings())[1:]:
        fit, box = d.relative_change, d.relative_change_wavelet
        angle = f"{d.bend_degree.value:.1f} ± {d.bend_degree.sigma:.1f}°" if d.bend_degree else "no angle"
        print(f"    {d.sample:<10} fit {100 * fit.value:+6.1f} ± {100 * fit.sigma:.1f} %   "
              f"wavelet {100 * box.value:+6.1f} ± {100 * box.sigma:.1f} %   {angle}")  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        speed(Path(folder))
        coverage(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 200)
        split(Path(folder))
        bends(Path(folder))
