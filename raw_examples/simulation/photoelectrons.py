"""Truth and files of the photoelectron spectra: pairs of Voigt lines on a background that rises with them, Poisson noise, VAMAS.

    counts = Poisson(offset + slope (E - E0) + sum_i A f_i p_i(E) + step int sum_i A f_i p_i dE')
    p      = (V(E - E_i) + r V(E - E_i - D)) / (1 + r)

Every energy of a surface is shifted alike (charging); C 1s of adventitious carbon, truly at 284.8 eV, shows by how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from simulation.eclab import COMMENT
from simulation.pellets import random

PHOTON_EV = 1486.6
CARBON_EV, CARBON_SIGMA_EV = 284.8, 0.2
STEP_EV = 0.1
SECONDS = 0.4
STATES = ("pristine", "4V")
SHIRLEY_PER_EV = 0.02


@dataclass(frozen=True, kw_only=True)
class Species:
    """One pair of lines: share of the region's area in each state, and the energy of the stronger line."""

    name: str
    be_ev: float
    shares: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class RegionTruth:
    """One region of one sample."""

    id: str
    region: str
    window_ev: tuple[float, float]
    splitting_ev: float
    ratio: float
    area: float
    """Counts eV."""
    species: tuple[Species, ...]
    gauss_ev: float = 1.1
    lorentz_ev: float = 0.2
    offset: float = 1500.0


S2P, P2P, CL2P, LA3D = (1.18, 1 / 2), (0.87, 1 / 2), (1.60, 1 / 2), (16.78, 2 / 3)


def _region(
    sample: str, region: str, window: tuple[float, float], pair: tuple[float, float], area: float, *species: Species
) -> RegionTruth:
    return RegionTruth(
        id=sample, region=region, window_ev=window, splitting_ev=pair[0], ratio=pair[1], area=area, species=species
    )


def _chlorine(sample: str) -> RegionTruth:
    return _region(
        sample, "Cl 2p", (194.0, 206.0), CL2P, 3e4,
        Species(name="chloride", be_ev=198.7, shares=(1.0, 1.0)), Species(name="oxidised", be_ev=200.4, shares=(0.0, 0.0)),
    )  # fmt: skip


REGIONS = (
    _chlorine("HSE-Sm"),
    _chlorine("HSE-La"),
    _region("HSE-La", "La 3d", (827.0, 862.0), LA3D, 6e4, Species(name="main", be_ev=835.2, shares=(0.58, 0.58)),
            Species(name="satellite", be_ev=838.9, shares=(0.42, 0.42))),
    _region("Na3PS4", "S 2p", (156.0, 170.0), S2P, 3e4, Species(name="PS4", be_ev=161.4, shares=(0.94, 0.57)),
            Species(name="P-S-P", be_ev=163.1, shares=(0.06, 0.43))),
    _region("Na3PS4", "P 2p", (127.0, 140.0), P2P, 1.5e4, Species(name="PS4", be_ev=131.9, shares=(0.95, 0.62)),
            Species(name="P2Sx", be_ev=133.7, shares=(0.05, 0.38))),
)  # fmt: skip
SHIFTS_EV: Mapping[tuple[str, str], float] = {
    ("HSE-Sm", "pristine"): 0.42, ("HSE-Sm", "4V"): 0.18, ("HSE-La", "pristine"): 0.35, ("HSE-La", "4V"): 0.27,
    ("Na3PS4", "pristine"): 0.21, ("Na3PS4", "4V"): -0.14,
}  # fmt: skip


def spectrum_files(seed: int) -> dict[str, bytes]:
    """All .vms files by name: one per sample and state, each with C 1s."""
    names = dict.fromkeys(r.id for r in REGIONS)
    return {file_of(n, state): _file(seed, n, state) for n in names for state in STATES}


def file_of(sample: str, state: str) -> str:
    """Name of a file."""
    return f"xps/{sample}_{state}.vms"


def _file(seed: int, sample: str, state: str) -> bytes:
    rng = random(seed, file_of(sample, state))
    shift = SHIFTS_EV[sample, state]
    blocks = []
    for region in (carbon(sample), *(r for r in REGIONS if r.id == sample)):
        e = grid(region.window_ev)
        blocks.append((region.region, e, rng.poisson(mean_counts(region, e - shift, STATES.index(state)))))
    return vamas(sample, blocks)


def carbon(sample: str) -> RegionTruth:
    """C 1s of what lies on every surface."""
    return RegionTruth(
        id=sample, region="C 1s", window_ev=(280.0, 292.0), splitting_ev=0.0, ratio=0.0, area=1.2e4, gauss_ev=1.3,
        species=(Species(name="C-C", be_ev=CARBON_EV, shares=(0.88, 0.88)),
                 Species(name="C-O", be_ev=CARBON_EV + 1.7, shares=(0.12, 0.12))),
    )  # fmt: skip


def grid(window_ev: tuple[float, float]) -> np.ndarray:
    """(n,) binding energies as the instrument steps them."""
    low, high = window_ev
    return low + STEP_EV * np.arange(round((high - low) / STEP_EV) + 1)


def mean_counts(region: RegionTruth, energy: np.ndarray, state: int) -> np.ndarray:
    """(n,) counts without noise, at true binding energies."""
    fine = np.linspace(energy[0] - 8, energy[-1] + 2, 10 * energy.size)
    signal = np.zeros_like(fine)
    for s in region.species:
        pair = _voigt(fine - s.be_ev, region) + region.ratio * _voigt(fine - s.be_ev - region.splitting_ev, region)
        signal += region.area * s.shares[state] * pair / (1 + region.ratio)
    rise = SHIRLEY_PER_EV * np.cumsum(signal) * (fine[1] - fine[0])
    return region.offset + 8 * (energy - energy.mean()) + np.interp(energy, fine, signal + rise)


def _voigt(x: np.ndarray, region: RegionTruth) -> np.ndarray:
    """Unit area: Lorentzians weighted by a Gaussian."""
    s, half = region.gauss_ev / 2.3548200450309493, region.lorentz_ev / 2
    nodes = np.linspace(-4.5, 4.5, 181) * s
    weights = np.exp(-0.5 * (nodes / s) ** 2)
    lines = half / np.pi / ((x[None, :] - nodes[:, None]) ** 2 + half**2)
    return weights @ lines / weights.sum()


def vamas(sample: str, blocks: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> bytes:
    """A VAMAS file (ISO 14976) of regular scans; kinetic energies rise."""
    lines = ["VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4", *["Not Specified"] * 4]
    lines += ["1", COMMENT, "NORM", "REGULAR", *["0"] * 6, str(len(blocks))]
    for label, binding, counts in blocks:
        kinetic = PHOTON_EV - binding[::-1]
        element, level = label.split()
        lines += [label, sample, "2025", "8", "4", "10", "0", "0", "0", "1", COMMENT, "XPS", "Al", f"{PHOTON_EV}"]
        lines += [*["0"] * 3, "54", "0", "FAT", "20", "1", "4.5", *["0"] * 5, element, level, "-1"]
        lines += ["kinetic energy", "eV", f"{kinetic[0]:.4f}", f"{STEP_EV}", "1", "counts", "d", "pulse counting"]
        lines += [f"{SECONDS}", *["1", "0", "0", "0", "0", "0"], str(counts.size), str(counts.min()), str(counts.max())]
        lines += [str(c) for c in counts[::-1]]
    return ("\r\n".join([*lines, "end of experiment"]) + "\r\n").encode("ascii")


def spectrum_truth(region: RegionTruth) -> dict[str, object]:
    """Everything that is true of one region of one sample."""
    return {
        "splitting_eV": region.splitting_ev,
        "ratio": region.ratio,
        "gauss_eV": region.gauss_ev,
        "lorentz_eV": region.lorentz_ev,
        "shift_eV": {state: SHIFTS_EV[region.id, state] for state in STATES},
        "species": {
            s.name: {"binding_energy_eV": s.be_ev, "area_fraction": dict(zip(STATES, s.shares, strict=True))}
            for s in region.species
        },
    }
