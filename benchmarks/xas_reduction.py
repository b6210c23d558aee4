"""Time of the reduction against bare larch calls for the same steps, same scans, same run, one core.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/xas_reduction.py [--scans N]

Prints a table, asserts nothing. Times are the best of five passes over all scans, per scan.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np

from pipeline.core.sample import Source
from pipeline.techniques.absorption.check.scan import check_scan
from pipeline.techniques.absorption.fit.reduce.background import BackgroundChoice, remove_background
from pipeline.techniques.absorption.fit.reduce.fourier import k_to_r
from pipeline.techniques.absorption.fit.reduce.reduction import reduce_scans
from pipeline.techniques.absorption.fit.reduce.wavelet import transform_wavelet
from pipeline.techniques.absorption.model import AbsorptionScan
from pipeline.techniques.absorption.settings import ReduceSettings, WaveletSettings, XasCheckSettings

E0, K2 = 9881.0, 0.26246829


def made_up(seed: int) -> AbsorptionScan:
    """A Ta L3 scan of 460 points with a foil."""
    rng = np.random.default_rng(seed)
    e = np.concatenate([np.arange(E0 - 200, E0 - 30, 6), np.arange(E0 - 30, E0 + 40, 0.5)])
    e = np.concatenate([e, E0 + np.arange(3.25, 17.5, 0.05) ** 2 / K2])
    k = np.sqrt(K2 * np.clip(e - E0, 0, None))
    chi = np.exp(-0.007 * k**2) * np.sin(4.76 * k + 0.5) / (1 + 0.3 * k**1.5) * (k > 1)
    edge = 0.5 + np.arctan((e - E0) / 2.2) / np.pi + 1.3 * np.exp(-0.5 * ((e - E0 - 2) / 2.3) ** 2)
    mu = 1.4 * (e / E0) ** -2.8 + edge + 0.5 * chi + 5e-4 * rng.standard_normal(e.size)
    foil = 0.3 + 0.5 + np.arctan((e - E0 + 3) / 2.2) / np.pi + 1e-3 * rng.standard_normal(e.size)
    return AbsorptionScan(
        source=Source(file=f"Ta_{seed}.dat", format="made up"), energy_ev=e, mu=mu, mode="transmission", element="Ta",
        edge="L3", reference_mu=foil,
    )  # fmt: skip


def best(work: Callable[[AbsorptionScan], object], scans: list[AbsorptionScan], passes: int = 5) -> float:
    """Milliseconds per scan."""
    times = []
    for _ in range(passes):
        start = time.perf_counter()
        for s in scans:
            work(s)
        times.append(time.perf_counter() - start)
    return 1e3 * min(times) / len(scans)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scans", type=int, default=20)
    scans = [made_up(i) for i in range(parser.parse_args().scans)]
    check, reduce = XasCheckSettings(), ReduceSettings(e0_ev=E0 + 0.5, k_max=16.0)
    choice = BackgroundChoice(e0_ev=E0 + 0.5, edge_step=1.0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def ours_all(s: AbsorptionScan) -> object:
        return reduce_scans("x", [check_scan(s, "Ta", "L3", "transmission", check)], reduce)

    def ours_background(s: AbsorptionScan) -> object:
        b = remove_background(s.energy_ev, s.mu, choice)
        return k_to_r(b.k, b.chi, k_min=3, k_max=16, dk=1, k_weight=2, window="hanning")

    checked = [check_scan(s, "Ta", "L3", "transmission", check) for s in scans]
    ours = {
        "check": best(lambda s: check_scan(s, "Ta", "L3", "transmission", check), scans),
        "reduction, noise and wavelet map": 0.0,
        "check, reduction, noise, wavelet map": best(ours_all, scans),
        "background and FT": best(ours_background, scans),
    }
    start = [time.perf_counter()]
    for c in checked:
        reduce_scans("x", [c], reduce)
    start.append(time.perf_counter())
    ours["reduction, noise and wavelet map"] = min(1e3 * (start[1] - start[0]) / len(scans), 1e9)
    ours_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    from larch import Group
    from larch.xafs import autobk, cauchy_wavelet, pre_edge, xftf

    def larch_background(s: AbsorptionScan) -> object:
        g = Group(energy=s.energy_ev.copy(), mu=s.mu.copy())
        autobk(g, ek0=E0 + 0.5, edge_step=1.0, rbkg=1.0, kweight=2)
        xftf(g, kmin=3, kmax=16, dk=1, kweight=2, window="hanning")
        return g

    def larch_all(s: AbsorptionScan) -> object:
        g = Group(energy=s.energy_ev.copy(), mu=s.mu.copy())
        pre_edge(g)
        autobk(g, rbkg=1.0, kweight=2)
        xftf(g, kmin=3, kmax=16, dk=1, kweight=2, window="hanning")
        cauchy_wavelet(g, kweight=2, rmax_out=6)
        return g

    larch = {
        "check, reduction, noise, wavelet map": best(larch_all, scans),
        "background and FT": best(larch_background, scans),
    }
    g = larch_all(scans[0])
    k, chi = g.k, g.chi  # type: ignore[attr-defined]
    cauchy_wavelet(g, kweight=2, rmax_out=10)
    rows = g.wcauchy_r[1:]  # type: ignore[attr-defined]
    settings = WaveletSettings(cauchy_order=rows.size + 1)
    ours["wavelet, same order, rows and k grid"] = best(
        lambda _: np.abs(transform_wavelet(k**2 * chi, rows, settings)[0]), scans
    )
    larch["wavelet, same order, rows and k grid"] = best(lambda _: cauchy_wavelet(g, kweight=2, rmax_out=10), scans)
    print(f"{'step':42s} {'here / ms':>10s} {'larch / ms':>11s} {'ratio':>7s}")
    for name, ms in ours.items():
        other = larch.get(name)
        print(f"{name:42s} {ms:10.2f} " + (f"{other:11.2f} {ms / other:7.2f}" if other else ""))
    print(f"peak memory: {before:.0f} MB imported, {ours_memory:.0f} MB after {len(scans)} scans, without larch")


if __name__ == "__main__":
    main()
