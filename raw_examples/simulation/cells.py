"""Truth and files of the cells: constant currents between 2.3 and 4 V, at several rates, then many cycles at 0.2 C.

    q(cycle)  discharge capacity: the printed first one; one number per rate; then q0 (1 - (1 - kept) (k / n)^0.8)
    Q = I T   T in whole seconds; the charge before it is Q over the efficiency
    E(s)      from the inverse of  Q(E) = sum_i w_i / (1 + exp(-(E - E_i) / b_i)),  moved by I R: up on charge, down on discharge

k cycles after the first of the many at 0.2 C; ``kept`` is what is retained after all n of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from simulation.eclab import GCPL_COLUMNS, SP200, gcpl_settings, write_mpt
from simulation.pellets import AREA_CM2, random
from simulation.testers import Records, land_text, land_workbook

COMPOSITE_MG, COMPOSITE_SIGMA_MG = 7.0, 0.1
PARTS = (60, 40, 2)
ACTIVE_MG = COMPOSITE_MG * PARTS[0] / sum(PARTS)
NOMINAL_MAH_G = 120.0
LOW_V, HIGH_V = 2.3, 4.0
REST_S = 600
CYCLE_NOISE = 4e-4
"""Of each capacity, relative."""
CURRENT_NOISE = 1e-4
VOLT_NOISE = 2e-4
PEAKS = ((0.30, 2.75, 0.09), (0.45, 3.15, 0.14), (0.25, 3.62, 0.12))
"""Weight, potential in V and width in V of what the cathode exchanges; made up."""
RATES = (0.1, 0.2, 0.5, 1.0)
PER_RATE = 3
LONG_RATE = 0.2


@dataclass(frozen=True, kw_only=True)
class CellTruth:
    """One cell. Capacities in mAh per gram of active mass, discharged."""

    id: str
    first_mah_g: float
    """Of cycle 1, at 0.1 C."""
    first_efficiency: float
    at_rates: Mapping[float, float]
    """Of the runs that follow it, from cycle 2."""
    resistance_ohm: float
    write: Callable[[Records], bytes]
    suffix: str
    long_mah_g: float
    """Of the first of the many cycles at 0.2 C."""
    kept: float
    long_cycles: int = 100
    """After the first of them."""
    efficiency: float = 0.998

    @property
    def file(self) -> str:
        return f"cycling/{self.id}_cell1.{self.suffix}"

    def program(self) -> list[tuple[float, float, float]]:
        """(rate, discharge capacity in mAh/g, efficiency) of every cycle, without noise."""
        out = [(RATES[0], self.first_mah_g, self.first_efficiency)]
        out += [(RATES[0], self.at_rates[RATES[0]], self.efficiency)] * (PER_RATE - 1)
        out += [(r, self.at_rates[r], self.efficiency) for r in RATES[1:] for _ in range(PER_RATE)]
        fade = 1 - (1 - self.kept) * (np.arange(self.long_cycles + 1) / self.long_cycles) ** 0.8
        return out + [(LONG_RATE, float(q), self.efficiency) for q in self.long_mah_g * fade]


def _gcpl(r: Records) -> bytes:
    """EC-Lab's GCPL: charge counted through the whole test, half cycles from 0."""
    signed = r.direction * r.mah
    dq = np.where(np.diff(r.step, prepend=0) != 0, signed, np.diff(signed, prepend=0.0))
    half = np.maximum(np.cumsum(np.diff(r.step, prepend=0) * (r.direction != 0)) - 1, 0)
    begins = np.diff(r.step, prepend=r.step[0]) != 0
    values = (
        np.where(r.direction == 0, 3, 1), np.where(r.direction > 0, 1, 0), np.zeros(r.step.size), begins, begins,
        r.direction % 3, r.time_s, dq, np.cumsum(dq), r.ma, r.volts, r.ma, signed, half, r.cycle - 1,
    )  # fmt: skip
    return write_mpt(
        "cycling/Na3PS4_cell1.mpt",
        "Galvanostatic Cycling with Potential Limitation",
        SP200,
        gcpl_settings(NOMINAL_MAH_G * ACTIVE_MG * 1e-3 * RATES[0], HIGH_V, LOW_V),
        dict(zip(GCPL_COLUMNS, values, strict=True)),
        area_cm2=AREA_CM2,
        mass_mg=ACTIVE_MG,
        reference="Na15Sn4",
    )


CELLS = (
    CellTruth(id="HSE-Sm", first_mah_g=117.9, first_efficiency=0.961, at_rates={0.1: 117.2, 0.2: 111.8, 0.5: 98.6, 1.0: 80.4},
              resistance_ohm=260.0, write=land_workbook, suffix="xlsx", long_mah_g=110.9, kept=0.883),
    CellTruth(id="HSE-La", first_mah_g=95.1, first_efficiency=0.858, at_rates={0.1: 93.8, 0.2: 87.1, 0.5: 71.3, 1.0: 50.9},
              resistance_ohm=390.0, write=land_text, suffix="txt", long_mah_g=86.2, kept=0.910),
    CellTruth(id="Na3PS4", first_mah_g=76.4, first_efficiency=0.702, at_rates={0.1: 71.9, 0.2: 60.2, 0.5: 41.7, 1.0: 22.3},
              resistance_ohm=620.0, write=_gcpl, suffix="mpt", long_mah_g=58.8, kept=0.740,
              long_cycles=50, efficiency=0.985),
)  # fmt: skip


def cell_files(seed: int) -> dict[str, bytes]:
    """All exports by name."""
    return {c.file: c.write(records(seed, c)) for c in CELLS}


def halves(seed: int, cell: CellTruth) -> list[tuple[float, int, int]]:
    """(current in mA, seconds of the charge, of the discharge) of every cycle: what was made of the program."""
    rng = random(seed, cell.file)
    out = []
    for rate, q, efficiency in cell.program():
        ma = rate * NOMINAL_MAH_G * ACTIVE_MG * 1e-3
        noise = rng.standard_normal() * (CYCLE_NOISE if out else 0.0)
        seconds = q * (1 + noise) * ACTIVE_MG * 1e-3 / ma * 3600
        out.append((ma, round(seconds / efficiency), round(seconds)))
    return out


def records(seed: int, cell: CellTruth) -> Records:
    """Rows of the whole test, as a tester would keep them."""
    rng = random(seed, cell.file + " rows")
    rows: list[np.ndarray] = [_rest(1, 1, 0, 2.42, 2.45)]
    step, now = 1, float(REST_S)
    for number, (ma, charge_s, discharge_s) in enumerate(halves(seed, cell), start=1):
        fine = number <= 1 + len(RATES) * PER_RATE
        for direction, seconds in ((1, charge_s), (-1, discharge_s)):
            step += 1
            rows.append(_half(rng, cell, (step, number, now, direction), ma, seconds, fine=fine))
            now += seconds
            step += 1
            last = rows[-1][-1, 5]
            rows.append(_rest(step, number, now, last, last - direction * ma * 1e-3 * cell.resistance_ohm * 1.5))
            now += REST_S
    made = np.concatenate(rows).T
    integers = [made[i].astype(int) for i in range(5)]
    return Records(
        step=integers[0], cycle=integers[1], direction=integers[2], time_s=integers[3], step_s=integers[4],
        volts=made[5], ma=made[6], mah=made[7],
    )  # fmt: skip


def _rest(step: int, cycle: int, begin: float, first_v: float, last_v: float) -> np.ndarray:
    t = np.array([0, REST_S])
    zero = np.zeros_like(t)
    return np.stack([zero + step, zero + cycle, zero, begin + t, t, np.array([first_v, last_v]), zero, zero], axis=1)


def _half(
    rng: np.random.Generator,
    cell: CellTruth,
    place: tuple[int, int, float, int],
    ma: float,
    seconds: int,
    *,
    fine: bool,
) -> np.ndarray:
    """Rows of one half: so many per hundred of its time, and one each 20 mV where that is sooner."""
    step, cycle, begin, direction = place
    share = np.linspace(0, 1, 2001)
    volts = _potential(share, direction, ma * 1e-3 * cell.resistance_ohm)
    every, by = (60, 0.02) if fine else (12, 0.2)
    marks = np.floor(np.abs(volts - volts[0]) / by) + np.floor(share * every) * 1e3
    kept = np.unique(np.r_[0, np.flatnonzero(np.diff(marks)) + 1, share.size - 1])
    t = np.unique(np.round(share[kept] * seconds)).astype(int)
    v = np.interp(t / seconds, share, volts) + VOLT_NOISE * rng.standard_normal(t.size)
    v[-1] = volts[-1]
    current = direction * ma * (1 + CURRENT_NOISE * rng.standard_normal(t.size))
    n = np.ones_like(t)
    return np.stack([step * n, cycle * n, direction * n, begin + t, t, v, current, ma * t / 3600], axis=1)


def _potential(share: np.ndarray, direction: int, drop_v: float) -> np.ndarray:
    """(n,) potential over the share of the half's charge; it ends at its limit."""
    low, high = (LOW_V + 0.05, HIGH_V) if direction > 0 else (LOW_V, HIGH_V - 0.05)
    e = np.linspace(low, high, 4001)
    q = sum(w / (1 + np.exp(-(e - direction * drop_v - at) / b)) for w, at, b in PEAKS)
    q = (q - q[0]) / (q[-1] - q[0])
    return np.interp(share if direction > 0 else 1 - share, q, e)


def cell_truth(seed: int, cell: CellTruth) -> dict[str, object]:
    """Everything that is true of one cell."""
    made = [(ma, ma * c / 3600, ma * d / 3600) for ma, c, d in halves(seed, cell)]
    per_gram = 1e3 / ACTIVE_MG
    first = made[0]
    runs = [(r, made[max(i * PER_RATE, 1) : (i + 1) * PER_RATE]) for i, r in enumerate(RATES)]
    start = len(RATES) * PER_RATE
    return {
        "file": cell.file,
        "active_mass_mg": ACTIVE_MG,
        "active_mass_sigma_mg": COMPOSITE_SIGMA_MG * PARTS[0] / sum(PARTS),
        "resistance_ohm": cell.resistance_ohm,
        "n_cycles": len(made),
        "first_discharge_mAh": first[2],
        "first_discharge_mAh_per_g": first[2] * per_gram,
        "first_efficiency_percent": 100 * first[2] / first[1],
        "discharge_mAh_per_g_at_rate": {
            f"{r:g}C": float(np.mean([d for _, _, d in run])) * per_gram for r, run in runs
        },
        "retention_from_cycle": start + 1,
        "retention_after_cycles": cell.long_cycles,
        "retention_percent": 100 * cell.kept,
        "retention_of_the_two_cycles_percent": 100 * made[-1][2] / made[start][2],
    }
