"""Truth and files of the absorption scans: Ta L3 in transmission (CLS HXMA), Sm L3 in fluorescence (CLS SXRMB).

mu(E) = matrix (E/E0)^-2.8 + step [arctan edge + white line + slow oscillation + chi(k)],  k^2 = 0.26247 (E - E0 - 1 eV)
The step does not decay over the scan, and fluorescence is not over-absorbed: both are left out on purpose, see
README.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from simulation.clusters import K_GRID, Cluster, chi_of_cluster, octahedron, samarium_chloride
from simulation.pellets import random

K2_PER_EV = 0.2624684
S02 = 0.92
N_BENT = 6
TA_FOIL_EV, W_EV, SM_EV = 9881.0, 10207.0, 6716.0
GLITCH = ("xas/HSE-Sm_Ta_2.dat", 8.4)
WRONG_EDGE = "xas/HSE-La_Ta_4.dat"
SIMULATED = "SIMULATED by raw_examples/simulate.py, not measured"


@dataclass(frozen=True, kw_only=True)
class ScanTruth:
    """One sample at one edge."""

    id: str
    element: str
    e0_ev: float
    step: float
    total_absorption: float
    """mu t above the edge (transmission)."""
    sigma2: float
    distance: float = 0.0
    """Ta-Cl, angstrom."""
    bend_degree: float = 0.0
    scale: float = 1.0
    """Of the SmCl3 cell."""
    shifts_ev: tuple[float, ...] = (0.0, 0.25, -0.18)

    def clusters(self) -> list[Cluster]:
        if self.element == "Sm":
            return [samarium_chloride(self.scale)]
        rng = np.random.default_rng(7)
        return [octahedron(self.distance, self.bend_degree, rng) for _ in range(N_BENT if self.bend_degree else 1)]

    def chi(self) -> np.ndarray:
        """(K_GRID,) mean over the clusters."""
        return np.mean([chi_of_cluster(c, self.sigma2, S02) for c in self.clusters()], axis=0)


SCANS = (
    ScanTruth(id="LCF-Ta", element="Ta", e0_ev=9884.4, step=1.0, total_absorption=2.0, sigma2=0.0034, distance=2.372,
              shifts_ev=(0.0, 0.32, -0.21)),
    ScanTruth(id="HSE-Sm", element="Ta", e0_ev=9884.4, step=0.30, total_absorption=2.5, sigma2=0.0042, distance=2.391,
              bend_degree=13.0, shifts_ev=(0.10, -0.25, 0.38)),
    ScanTruth(id="HSE-La", element="Ta", e0_ev=9884.4, step=0.34, total_absorption=2.4, sigma2=0.0040, distance=2.386,
              bend_degree=11.0, shifts_ev=(-0.15, 0.22, 0.05)),
    ScanTruth(id="HCF-Sm", element="Sm", e0_ev=6717.2, step=1.0, total_absorption=0.0, sigma2=0.0078, scale=1.0,
              shifts_ev=(0.0, 0.12, -0.10)),
    ScanTruth(id="HSE-Sm", element="Sm", e0_ev=6717.2, step=0.6, total_absorption=0.0, sigma2=0.0092, scale=0.996,
              shifts_ev=(0.08, -0.14, 0.05)),
)  # fmt: skip


def scan_files(seed: int) -> dict[str, bytes]:
    """All absorption files by name, the one at the wrong edge included."""
    files: dict[str, bytes] = {}
    for truth in SCANS:
        chi = truth.chi()
        for number, shift in enumerate(truth.shifts_ev, start=1):
            name = f"xas/{truth.id}_{truth.element}_{number}.dat"
            write = _hxma if truth.element == "Ta" else _sxrmb
            files[name] = write(seed, name, truth, chi, shift)
    wrong = ScanTruth(id="HSE-La", element="W", e0_ev=W_EV + 3, step=0.5, total_absorption=2.2, sigma2=0.004)
    files[WRONG_EDGE] = _hxma(seed, WRONG_EDGE, wrong, 0 * K_GRID, 0.0, W_EV)
    return files


def edge_shape(e: np.ndarray, truth: ScanTruth, chi: np.ndarray, white: float) -> np.ndarray:
    """mu of the absorbing element, step 1."""
    d = e - truth.e0_ev
    k = np.sqrt(K2_PER_EV * np.maximum(d - 1.0, 0))
    onset = 1 / (1 + np.exp(-(k - 1.6) / 0.15))
    slow = 0.012 * np.sin(0.8 * k + 0.6) * np.exp(-0.08 * k) * onset
    line = white * np.exp(-0.5 * ((d - 1.8) / 2.3) ** 2)
    return 0.5 + np.arctan(d / 2.2) / np.pi + line + slow + onset * np.interp(k, K_GRID, chi)


def _grid(edge: float, below: float, near: tuple[float, float], fine: float, k_max: float) -> np.ndarray:
    coarse = np.arange(edge - below, edge + near[0], 6.0)
    middle = np.arange(edge + near[0], edge + near[1], fine)
    k0 = np.sqrt(K2_PER_EV * near[1])
    return np.round(np.r_[coarse, middle, edge + np.arange(k0, k_max, 0.05) ** 2 / K2_PER_EV], 3)


def _hxma(seed: int, name: str, truth: ScanTruth, chi: np.ndarray, shift: float, edge: float = TA_FOIL_EV) -> bytes:
    rng = random(seed, name)
    shown = _grid(edge, 200.0, (-32.0, 42.0), 0.5, 17.5)
    e = shown - shift
    mu = truth.step * edge_shape(e, truth, chi, 1.3)
    mu += (truth.total_absorption - truth.step) * (e / truth.e0_ev) ** -2.8
    if name == GLITCH[0]:
        at = np.argmin(np.abs(shown - truth.e0_ev - GLITCH[1] ** 2 / K2_PER_EV))
        mu[at : at + 2] += 0.03
    foil = ScanTruth(id="foil", element=truth.element, e0_ev=edge, step=1, total_absorption=0, sigma2=0.004)
    rings = 0.25 * np.sin(2 * 2.75 * K_GRID + 0.7) * np.exp(-0.010 * K_GRID**2) / np.maximum(K_GRID, 1.5)
    mu_ref = 0.4 + 1.1 * edge_shape(e, foil, rings, 0.55)
    n = e.size
    ring_ma = 187.2 - 1.5e-3 * np.arange(n) * 4
    i0 = 1700.0 * ring_ma * (e / edge) ** 0.5 * (1 + 0.002 * rng.standard_normal(n))
    noisy = [1 + 2e-4 * rng.standard_normal(n) for _ in range(3)]
    i1 = 8.0 * i0 * np.exp(-mu)
    i2 = 3.0 * i1 * np.exp(-mu_ref)
    fluorescence = 0.03 * i0 * (0.2 + truth.step * edge_shape(e, truth, chi, 1.3)) * (1 + 4e-3 * rng.standard_normal(n))
    k = np.sqrt(K2_PER_EV * np.maximum(shown - edge, 0))
    readback = shown + 0.008 * rng.standard_normal(n)
    head = [
        "# CLS Data Acquisition",
        '#(1)\t"Event-ID"\t"BL1606-ID-1:Energy"\t"MONO16061I1001:Energy:fbk"\t"MONO16061I1001:Energy:sp"'
        '\t"BL1606-ID1:mcs03:fbk"\t"BL1606-ID1:mcs04:fbk"\t"BL1606-ID1:mcs05:fbk"\t"BL1606-ID1:mcs06:fbk"'
        '\t"BL1606-ID-1:k"\t"BL1606-ID1:mcs:delay"\t"PCT1402-01:mA:fbk"',
        '#(1)\t"Event-ID"\t"$(AbsEnergyName)"\t"$(EnergyFeedback)"\t"$(EnergyAchieved)"\t"$(Detector1)"'
        '\t"$(Detector2)"\t"$(Detector3)"\t"$(Detector4)"\t"$(kName)"\t"$(acqDwellmSec)"\t"$(RingCurrent)"',
        '#(2)\t"BL1606-ID1:mcs:background"\t"BL1606-ID1:mcs:background"\t"BL1606-ID-1:Energy:0"'
        '\t"PSL16062I1005:gap:mm"\t"PSL16062I1006:gap:mm"',
        '#(2)\t"$(Background)[0]"\t"$(Background)[1-4]"\t"$(EdgeEnergy)"\t"$(XAFS_Slits_V)"\t"$(XAFS_Slits_H)"',
        f"# {SIMULATED}",
        f"# Background counts time=0(x .1 microseconds), 0, 0, 0, 0, {edge:.3f}, 1.0000, 4.0000",
    ]
    rows = zip(shown, readback, fluorescence, i0 * noisy[0], i1 * noisy[1], i2 * noisy[2], k, ring_ma, strict=True)
    body = [
        f"1, {s:.3f}, {r:.3f}, {r:.3f}, {f:.2f}, {a:.2f}, {b:.2f}, {c:.2f}, {q:.4f}, 2000.0, {ma:.6f}"
        for s, r, f, a, b, c, q, ma in rows
    ]
    return ("\n".join([*head, *body]) + "\n").encode("ascii")


def _sxrmb(seed: int, name: str, truth: ScanTruth, chi: np.ndarray, shift: float) -> bytes:
    rng = random(seed, name)
    shown = _grid(SM_EV, 150.0, (-26.0, 34.0), 0.4, 12.3)
    e = shown - shift
    n = e.size
    mu = edge_shape(e, truth, chi, 2.4)
    i0 = 8.0e5 * (e / SM_EV) ** -0.4 * np.exp(-np.arange(n) / 4000) * (1 + 0.003 * rng.standard_normal(n))
    mean = i0 * truth.step * (0.08 * (e / SM_EV) ** -2.8 + mu) * 0.9
    counts = mean + np.sqrt(mean) * rng.standard_normal(n)
    tey = i0 * 2.2 * (1 + 0.3 * truth.step * mu) * (1 + 6e-3 * rng.standard_normal(n))
    i0_read = i0 * (1 + 3e-4 * rng.standard_normal(n))
    labels = ["EnergyFeedback.X", "EnergyFeedback", "BeamlineI0Detector", "TEYDetector", "SmLa1", "norm_SmLa1",
              "norm_TEYDetector"]  # fmt: skip
    head = [
        f"# Scan: {name.rsplit('/', 1)[-1].removesuffix('.dat')} #1",
        f"# Sample: {truth.id} ({SIMULATED})",
        f"# Scanned Edge:\t{truth.element} L3",
        "# Note that I0.X is the energy feedback.",
        "# ",
        "# -------------------------------------",
        "# " + "\t".join(labels) + "\t",
        "",
    ]
    rows = zip(shown, shown + 0.004 * rng.standard_normal(n), i0_read, tey, counts, strict=True)
    body = [f"{s:.10g}\t{r:.10g}\t{a:.0f}\t{t:.0f}\t{c:.0f}\t{c / a:.6g}\t{t / a:.6g}\t" for s, r, a, t, c in rows]
    return ("\n".join([*head, *body]) + "\n").encode("ascii")


def scan_truth(truth: ScanTruth) -> dict[str, object]:
    """Everything that is true of one sample at one edge."""
    cluster = truth.clusters()[0]
    r = np.linalg.norm(cluster.positions[cluster.numbers == 17], axis=1)
    first = np.sort(r[r < 3.2])
    return {
        "scatterer": "Cl",
        "coordination": int(first.size),
        "distance_angstrom": float(first.mean()),
        "distances_angstrom": [round(float(v), 4) for v in first],
        "sigma2_angstrom2": truth.sigma2,
        "sigma2_with_static_spread_angstrom2": float(truth.sigma2 + first.var()),
        "s02": S02,
        "bend_degree": truth.bend_degree if truth.element == "Ta" else None,
        "e0_eV": truth.e0_ev,
        "shift_eV": list(truth.shifts_ev),
        "step_over_total_absorption": truth.step / truth.total_absorption if truth.total_absorption else None,
    }
