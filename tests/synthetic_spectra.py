"""Photoelectron spectra with known truth, from a formula that shares nothing with the fit, and the VAMAS file that holds them.

    counts = Poisson(offset + slope (E - E0) + lines + step int lines)       pairs: (V(E) + r V(E - D)) / (1 + r)

Voigt lines by numerical convolution of a Lorentzian with a Gaussian, integrals by the cumulative sum on a grid ten times finer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.sample import Source
from pipeline.techniques.surfaces.model import Spectrum

FINE = 10


@dataclass(frozen=True, kw_only=True)
class Species:
    """One pair of lines."""

    share: float
    be_ev: float
    gauss_ev: float = 1.0
    lorentz_ev: float = 0.2
    splitting_ev: float = 1.18
    ratio: float = 0.5


TWO = (Species(share=0.4, be_ev=161.5), Species(share=0.6, be_ev=163.3))


def line(x: np.ndarray, gauss_ev: float, lorentz_ev: float) -> np.ndarray:
    """Unit area; the Gaussian as 400 weights on Lorentzians."""
    from scipy.stats import norm

    nodes = norm.ppf((np.arange(400) + 0.5) / 400) * gauss_ev / (2 * np.sqrt(2 * np.log(2)))
    half = lorentz_ev / 2
    return np.mean(half / np.pi / ((x[None, :] - nodes[:, None]) ** 2 + half**2), axis=0)


def expected(
    energy: np.ndarray, species: Sequence[Species], *, area: float, step: float = 0.03, offset: float = 2000.0,
    slope: float = 20.0,
) -> np.ndarray:  # fmt: skip
    """(n,) mean counts; ``step`` is the Shirley step per area, ``area`` the sum of all lines in counts eV."""
    fine = np.linspace(energy[0] - 8, energy[-1] + 2, FINE * energy.size)
    signal = np.zeros_like(fine)
    for s in species:
        pair = line(fine - s.be_ev, s.gauss_ev, s.lorentz_ev)
        pair = pair + s.ratio * line(fine - s.be_ev - s.splitting_ev, s.gauss_ev, s.lorentz_ev)
        signal += area * s.share * pair / (1 + s.ratio)
    loss = step * np.cumsum(signal) * (fine[1] - fine[0])
    return offset + slope * (energy - energy.mean()) + np.interp(energy, fine, signal + loss)


def grid(low: float = 156.0, high: float = 172.0, step: float = 0.1) -> np.ndarray:
    return np.linspace(low, high, round((high - low) / step) + 1)


def spectrum(
    seed: int, species: Sequence[Species] = TWO, *, area: float = 4e4, step: float = 0.03, state: str = "pristine",
    shift_ev: float = 0.0, file: str = "a.vms",
) -> Spectrum:  # fmt: skip
    """As read: energies as measured lie ``shift_ev`` above the true ones."""
    energy = grid()
    counts = np.random.default_rng(seed).poisson(expected(energy, species, area=area, step=step)).astype(float)
    return Spectrum(
        source=Source(file=file, format="VAMAS"), region="S 2p", label="S2p", state=state,
        binding_ev=energy + shift_ev, counts=counts, counted=True, seconds=0.5,
    )  # fmt: skip


def vamas(
    blocks: Sequence[tuple[str, np.ndarray, np.ndarray]], *, photon_ev: float = 1486.6, regular: bool = True
) -> bytes:
    """A VAMAS file of (label, binding energy, counts); kinetic energies rise."""
    lines = ["VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4", *["Not Specified"] * 4]
    lines += [
        "1",
        "simulated",
        "NORM",
        "REGULAR" if regular else "IRREGULAR",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        str(len(blocks)),
    ]
    for label, binding, counts in blocks:
        kinetic, values = photon_ev - binding[::-1], counts[::-1]
        lines += [
            label,
            "simulated",
            *["2026", "1", "2", "3", "4", "5", "0"],
            "0",
            "XPS",
            "Al",
            f"{photon_ev}",
            *["0"] * 3,
            "54",
            "0",
        ]
        lines += ["FAT", "20", "1", "4.5", *["0"] * 5, label[:-2].strip(), label[-2:], "-1"]
        lines += ["kinetic energy", "eV", f"{kinetic[0]:.6f}", f"{kinetic[1] - kinetic[0]:.6f}"] if regular else []
        lines += ["1", "counts", "d"] if regular else ["2", "kinetic energy", "eV", "counts", "d"]
        lines += ["pulse counting", "0.5", "1", "0", "0", "0", "0", "0"]
        table = values[:, None] if regular else np.stack([kinetic, values], axis=1)
        lines += [str(table.size), *(f"{v:.6f}" for column in table.T for v in (column.min(), column.max()))]
        lines += [f"{v:.6f}" for v in table.ravel()]
    return "\r\n".join([*lines, "end of experiment"]).encode()
