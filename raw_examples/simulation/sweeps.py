"""Truth and files of the potential sweeps: rest, then capacitive baseline plus a rising faradaic current.

I(E) = C_dl v + g (E - E_ocv) + A a d^1.5 / (1 + (d / 0.9 V)^2),  d = E - E_on behind the onset, else 0
(mirrored for reduction).  E on the Na/Na+ scale; the file holds E against Na15Sn4, 0.08 V lower.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from simulation.eclab import LSV_COLUMNS, SP200, VMP300, Station, lsv_settings, write_mpt
from simulation.pellets import AREA_CM2, random

REFERENCE_V = 0.08
RATE_V_PER_S = 1e-4
STEP_V = 1e-3
REST_S = 600.0
NOISE_A = 20e-9
C_DL_F = 2.0e-3
G_S = 2.0e-8
RISE_UA_PER_CM2 = 60.0
ELECTROLYTE_MG, CARBON_MG = 9.0, 1.0


@dataclass(frozen=True, kw_only=True)
class SweepTruth:
    """One sweep of one cell."""

    id: str
    direction: str
    onset_v_vs_na: float
    ocv_v_vs_na: float
    end_v_vs_na: float
    station: Station

    @property
    def sign(self) -> int:
        return 1 if self.direction == "oxidation" else -1

    def baseline_a(self, e: np.ndarray) -> np.ndarray:
        return self.sign * C_DL_F * RATE_V_PER_S + G_S * (e - self.ocv_v_vs_na)

    def faradaic_a(self, e: np.ndarray) -> np.ndarray:
        d = np.maximum(self.sign * (e - self.onset_v_vs_na), 0)
        return self.sign * AREA_CM2 * RISE_UA_PER_CM2 * 1e-6 * d**1.5 / (1 + (d / 0.9) ** 2)

    def crossing(self, ua_per_cm2: float, faradaic: bool) -> float:
        """Potential where the noise-free current density reaches a threshold, V vs Na/Na+."""
        e = np.arange(self.ocv_v_vs_na, self.end_v_vs_na, self.sign * 1e-5)
        current = self.faradaic_a(e) + (0 if faradaic else self.baseline_a(e))
        return float(e[np.argmax(self.sign * current / AREA_CM2 * 1e6 >= ua_per_cm2)])


SWEEPS = (
    SweepTruth(id="HSE-Sm", direction="oxidation", onset_v_vs_na=4.00, ocv_v_vs_na=2.71, end_v_vs_na=6.0,
               station=VMP300),
    SweepTruth(id="HSE-Sm", direction="reduction", onset_v_vs_na=1.98, ocv_v_vs_na=2.69, end_v_vs_na=0.0,
               station=VMP300),
    SweepTruth(id="HSE-La", direction="oxidation", onset_v_vs_na=3.85, ocv_v_vs_na=2.66, end_v_vs_na=6.0,
               station=SP200),
    SweepTruth(id="HSE-La", direction="reduction", onset_v_vs_na=1.93, ocv_v_vs_na=2.67, end_v_vs_na=0.0,
               station=SP200),
)  # fmt: skip


def sweep_files(seed: int) -> dict[str, bytes]:
    """All sweep files by name."""
    return {f"lsv/{s.id}_{s.direction}.mpt": _file(seed, f"lsv/{s.id}_{s.direction}.mpt", s) for s in SWEEPS}


def _file(seed: int, name: str, truth: SweepTruth) -> bytes:
    rng = random(seed, name)
    n_rest = int(REST_S / 10)
    n_sweep = round(abs(truth.end_v_vs_na - truth.ocv_v_vs_na) / STEP_V) + 1
    e_rest = truth.ocv_v_vs_na - 0.004 * np.exp(-np.arange(n_rest) / 20)
    e_sweep = truth.ocv_v_vs_na + truth.sign * STEP_V * np.arange(n_sweep)
    settle = 1 - np.exp(-np.arange(n_sweep) * STEP_V / 0.015)
    i_sweep = settle * truth.baseline_a(e_sweep) + truth.faradaic_a(e_sweep) + NOISE_A * rng.standard_normal(n_sweep)
    t_sweep = REST_S + np.arange(1, n_sweep + 1) * STEP_V / RATE_V_PER_S
    control = e_sweep - REFERENCE_V
    measured = np.concatenate([e_rest - REFERENCE_V, control]) + 5e-5 * rng.standard_normal(n_rest + n_sweep)
    current = np.concatenate([np.zeros(n_rest), i_sweep])
    time = np.concatenate([10.0 * np.arange(n_rest), t_sweep])
    charge = np.cumsum(current * np.gradient(time))
    sweeping = np.repeat([0, 1], [n_rest, n_sweep])
    values = (
        np.where(sweeping, 2, 3), np.where(current >= 0, 1, 0), np.zeros(n_rest + n_sweep),
        np.r_[0, np.diff(sweeping)], time, np.where(sweeping, np.r_[np.zeros(n_rest), control], 0.0), measured,
        current * 1e3, charge, np.full(n_rest + n_sweep, 40),
    )  # fmt: skip
    return write_mpt(
        name,
        "Linear Sweep Voltammetry",
        truth.station,
        lsv_settings(REST_S, RATE_V_PER_S * 1e3, truth.end_v_vs_na - REFERENCE_V),
        dict(zip(LSV_COLUMNS, values, strict=True)),
        area_cm2=AREA_CM2,
        mass_mg=ELECTROLYTE_MG + CARBON_MG,
        reference="Na15Sn4",
    )


def sweep_truth(truth: SweepTruth) -> dict[str, object]:
    """Everything that is true of one sweep."""
    return {
        "file": f"lsv/{truth.id}_{truth.direction}.mpt",
        "faradaic_onset_V_vs_Na": truth.onset_v_vs_na,
        "ocv_V_vs_Na": truth.ocv_v_vs_na,
        "crossing_faradaic_V_vs_Na": {f"j_{j}_uA_per_cm2": round(truth.crossing(j, True), 5) for j in (1, 10)},
        "crossing_total_V_vs_Na": {f"j_{j}_uA_per_cm2": round(truth.crossing(j, False), 5) for j in (1, 10)},
        "capacitance_F": C_DL_F,
        "scan_rate_mV_per_s": RATE_V_PER_S * 1e3,
    }
