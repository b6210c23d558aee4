"""Truth and spectra of the pellets: R-CPE arcs in series, Arrhenius resistances, blocking electrodes, cable, noise.

Z = j w L + R_contact + sum_i R_i / (1 + (j w tau_i)^n_i) + 1 / (Q (j w)^n),  tau_i = R_i C_i
R_i(T) = R_i(25 C) (T / 298.15 K) exp(Ea_i / kB (1/T - 1/298.15 K)), so sigma_i T is an Arrhenius line.
C_i is the Hsu-Mansfeld capacitance of the arc, Q_i = tau_i^n_i / R_i.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from simulation.eclab import PEIS_COLUMNS, SP200, VMP3, VMP300, VSP_OLD, Station, peis_settings, write_mpt

KB_EV = 8.617333262e-5
EPS0_F_PER_CM = 8.8541878128e-14
T25 = 298.15
NOISE = 0.003
DIAMETER_MM = 10.0
AREA_CM2 = np.pi * (DIAMETER_MM / 10) ** 2 / 4


@dataclass(frozen=True, kw_only=True)
class Region:
    """One arc. ``share`` is its part of the total resistance at 25 °C."""

    name: str
    share: float
    ea_ev: float
    specific_f_per_cm: float
    """C l/A."""
    exponent: float


@dataclass(frozen=True, kw_only=True)
class PelletTruth:
    """One pellet and how it was measured."""

    id: str
    sigma25_s_per_cm: float
    thickness_mm: float
    regions: tuple[Region, ...]
    temperatures_c: tuple[float, ...]
    station: Station
    contact_ohm: float = 0.5
    inductance_h: float = 0.4e-6
    blocking_q: float = 2.0e-5
    blocking_n: float = 0.88
    mass_mg: float = 120.0
    x_lcf: float | None = None

    @property
    def cell_constant_per_cm(self) -> float:
        return self.thickness_mm / 10 / AREA_CM2

    def resistances(self, t_k: float) -> np.ndarray:
        """R_i in ohm."""
        total = self.cell_constant_per_cm / self.sigma25_s_per_cm
        shares = np.array([r.share for r in self.regions])
        ea = np.array([r.ea_ev for r in self.regions])
        return total * shares * (t_k / T25) * np.exp(ea / KB_EV * (1 / t_k - 1 / T25))

    def capacitances(self) -> np.ndarray:
        """C_i in F, constant over temperature."""
        return np.array([r.specific_f_per_cm for r in self.regions]) / self.cell_constant_per_cm

    def impedance(self, frequency_hz: np.ndarray, t_k: float) -> np.ndarray:
        jw = 2j * np.pi * frequency_hz
        z = jw * self.inductance_h + self.contact_ohm + 1 / (self.blocking_q * jw**self.blocking_n)
        for r, c, region in zip(self.resistances(t_k), self.capacitances(), self.regions, strict=True):
            z = z + r / (1 + (jw * r * c) ** region.exponent)
        return z


def _hse(bulk: float, amorphous: float, interface: float, shares: tuple[float, float, float]) -> tuple[Region, ...]:
    """Time constants at -70 °C near 1 : 28 : 28^2, so the coldest spectra show three arcs and 25 °C does not."""
    return (
        Region(name="bulk", share=shares[0], ea_ev=bulk, specific_f_per_cm=18 * EPS0_F_PER_CM, exponent=0.97),
        Region(name="amorphous", share=shares[1], ea_ev=amorphous, specific_f_per_cm=4.5e-11, exponent=0.94),
        Region(name="interface", share=shares[2], ea_ev=interface, specific_f_per_cm=1.3e-9, exponent=0.90),
    )


def _hcf(ea_bulk: float, ea_boundary: float) -> tuple[Region, ...]:
    return (
        Region(name="bulk", share=0.42, ea_ev=ea_bulk, specific_f_per_cm=17 * EPS0_F_PER_CM, exponent=0.97),
        Region(name="interface", share=0.58, ea_ev=ea_boundary, specific_f_per_cm=6e-11, exponent=0.90),
    )


HSE_T = (-70.0, -60.0, -50.0, -40.0, -30.0, -20.0, -10.0, 0.0, 10.0, 25.0, 40.0, 60.0)
HSE_SM = _hse(0.330, 0.345, 0.356, (0.42, 0.32, 0.26))
SERIES_T = (0.0, 25.0, 50.0)
X_OPTIMUM, X_WIDTH = 0.38, 0.30
SIGMA_OPTIMUM = 2.7e-3


def sigma_of_x(x: float) -> float:
    """sigma(25 °C) of the composition series, S/cm: a parabola in ln sigma."""
    return float(SIGMA_OPTIMUM * np.exp(-(((x - X_OPTIMUM) / X_WIDTH) ** 2)))


def _step(x: float, thickness_mm: float) -> PelletTruth:
    return PelletTruth(
        id=f"HSE-Sm-x{round(100 * x):03d}",
        sigma25_s_per_cm=sigma_of_x(x),
        thickness_mm=thickness_mm,
        regions=HSE_SM,
        temperatures_c=SERIES_T,
        station=VMP300,
        x_lcf=x,
    )


PELLETS = (
    PelletTruth(id="HSE-Sm", sigma25_s_per_cm=SIGMA_OPTIMUM, thickness_mm=0.55, regions=HSE_SM, temperatures_c=HSE_T,
                station=VMP300, x_lcf=0.38),
    PelletTruth(id="HSE-La", sigma25_s_per_cm=1.8e-3, thickness_mm=0.57,
                regions=_hse(0.335, 0.352, 0.362, (0.44, 0.31, 0.25)), temperatures_c=HSE_T, station=SP200, x_lcf=0.43),
    PelletTruth(id="LCF-Ta", sigma25_s_per_cm=5.0e-5, thickness_mm=0.52,
                regions=(Region(name="bulk", share=1.0, ea_ev=0.372, specific_f_per_cm=16 * EPS0_F_PER_CM,
                                exponent=0.97),),
                temperatures_c=(-70.0, -55.0, -40.0, -25.0, -10.0, 5.0, 25.0, 40.0), station=VMP3),
    PelletTruth(id="HCF-Sm", sigma25_s_per_cm=1.1e-7, thickness_mm=0.58, regions=_hcf(0.445, 0.458),
                temperatures_c=(5.0, 15.0, 25.0, 35.0, 45.0, 60.0), station=VSP_OLD),
    PelletTruth(id="HCF-La", sigma25_s_per_cm=5.5e-8, thickness_mm=0.60, regions=_hcf(0.462, 0.475),
                temperatures_c=(5.0, 15.0, 25.0, 35.0, 45.0, 60.0), station=VSP_OLD),
    _step(0.20, 0.54), _step(0.30, 0.56), _step(0.48, 0.53), _step(0.60, 0.55), _step(0.72, 0.57),
)  # fmt: skip
FREQUENCY_HZ = 7e6 * 10 ** (-np.arange(69) / 10)
TRUNCATED_BYTES = 2048


def random(seed: int, name: str) -> np.random.Generator:
    """Noise of one file: does not depend on which other files are written."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def impedance_files(seed: int) -> dict[str, bytes]:
    """All impedance files by name, the two broken ones included."""
    files: dict[str, bytes] = {}
    for pellet in PELLETS:
        for t in pellet.temperatures_c:
            name = f"eis/{pellet.id}_{t:g}C.mpt"
            files[name] = _file(seed, name, pellet, t)
    files["eis/HSE-Sm_warm.mpt"] = _file(seed, "eis/HSE-Sm_warm.mpt", PELLETS[0], 50.0)
    files["eis/HCF-La_50C.mpt"] = _file(seed, "eis/HCF-La_50C.mpt", PELLETS[4], 50.0)[:TRUNCATED_BYTES]
    return files


def _file(seed: int, name: str, pellet: PelletTruth, t_c: float) -> bytes:
    rng, n = random(seed, name), FREQUENCY_HZ.size
    z = pellet.impedance(FREQUENCY_HZ, t_c + 273.15)
    z = z + NOISE * np.abs(z) * (rng.standard_normal(n) + 1j * rng.standard_normal(n))
    y, w = 1 / z, 2 * np.pi * FREQUENCY_HZ
    periods = np.maximum(3 / FREQUENCY_HZ, 0.4)
    values = (
        FREQUENCY_HZ, z.real, -z.imag, np.abs(z), np.degrees(np.angle(z)), np.cumsum(periods) + 2.0,
        0.012 + 2e-5 * rng.standard_normal(n), 1e-6 * rng.standard_normal(n), -1e6 / (w * z.imag), 1e6 * y.imag / w,
        np.ones(n), np.full(n, 9), np.full(n, 0.02 / np.sqrt(2)), 0.02 / np.sqrt(2) / np.abs(z), np.zeros(n),
        y.real, y.imag, np.abs(y), np.degrees(np.angle(y)),
    )  # fmt: skip
    columns = dict(zip(PEIS_COLUMNS, values, strict=True))
    if pellet.station.old:
        del columns["Ns"]
    return write_mpt(
        name,
        "Potentio Electrochemical Impedance Spectroscopy",
        pellet.station,
        peis_settings(10),
        columns,
        area_cm2=AREA_CM2,
        mass_mg=pellet.mass_mg,
    )


def arrhenius_line(t_k: np.ndarray, sigma_s_per_cm: np.ndarray) -> Mapping[str, float]:
    """Unweighted straight line through ln(sigma T) over 1/T."""
    slope, offset = np.polyfit(1 / t_k, np.log(sigma_s_per_cm * t_k), 1)
    return {
        "activation_energy_eV": float(-slope * KB_EV),
        "conductivity_25C_S_per_cm": float(np.exp(offset + slope / T25) / T25),
    }


def impedance_truth(pellet: PelletTruth) -> dict[str, object]:
    """Everything that is true of one pellet."""
    t_k = np.array(pellet.temperatures_c) + 273.15
    r = np.array([pellet.resistances(t) for t in t_k])
    r25, c = pellet.resistances(T25), pellet.capacitances()
    k = pellet.cell_constant_per_cm
    return {
        "x_lcf": pellet.x_lcf,
        "thickness_mm": pellet.thickness_mm,
        "diameter_mm": DIAMETER_MM,
        "conductivity_25C_S_per_cm": pellet.sigma25_s_per_cm,
        "arrhenius_total_sigma_T": arrhenius_line(t_k, k / r.sum(axis=1)),
        "contact_resistance_ohm": pellet.contact_ohm,
        "inductance_H": pellet.inductance_h,
        "blocking_q": pellet.blocking_q,
        "blocking_exponent": pellet.blocking_n,
        "temperature_K": t_k.round(6).tolist(),
        "total_resistance_ohm": r.sum(axis=1).tolist(),
        "regions": {
            region.name: {
                "arc": i + 1,
                "activation_energy_eV": region.ea_ev,
                "capacitance_F": float(c[i]),
                "specific_capacitance_F_per_cm": region.specific_f_per_cm,
                "relative_permittivity": region.specific_f_per_cm / EPS0_F_PER_CM,
                "cpe_exponent": region.exponent,
                "conductivity_25C_S_per_cm": float(k / r25[i]),
                "resistance_ohm": r[:, i].tolist(),
                "apex_Hz": (1 / (2 * np.pi * r[:, i] * c[i])).tolist(),
            }
            for i, region in enumerate(pellet.regions)
        },
    }
