"""Small raw files whose truth stands in a formula, a study beside them, and the tables of its run."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import run_study

F = 10.0 ** (6 - np.arange(61) / 10)
W = 2j * np.pi * F
BLOCKING = 1 / (1e-6 * W**0.9)
RATE, NOISE_A = 1e-4, 2e-8
CAPACITANCE_F, K_A = 2e-3, 5e-5
"""Of a sweep: its baseline is CAPACITANCE_F RATE, its current K_A (E - onset)^2 more behind the onset."""


def arc(r: float, c: float) -> np.ndarray:
    """A resistor beside a capacitor."""
    return np.asarray(1 / (1 / r + W * c))


def impedance(*spectra: np.ndarray, noise: float = 1e-3) -> str:
    """A text table of spectra below each other, in ohm."""
    rng = np.random.default_rng(1)
    lines = ["f/Hz,Z'/Ohm,-Z''/Ohm"]
    for z in spectra:
        noisy = z + noise * np.abs(z) * (rng.standard_normal(F.size) + 1j * rng.standard_normal(F.size))
        lines += [f"{f:.9e},{v.real:.9e},{-v.imag:.9e}" for f, v in zip(F, noisy, strict=True)]
    return "\n".join(lines) + "\n"


def sweep(onset_v: float, end_v: float, *, start_v: float = 2.5, offset_v: float = 0.0, ohm: float = 0.0) -> str:
    """A text table of one sweep at RATE from ``start_v`` to where the interface is at ``end_v``.

    ``offset_v`` is taken off what is shown; ``ohm`` stands in series, so that what is shown runs ahead of the interface.
    """
    sign = 1.0 if end_v > start_v else -1.0
    fine = np.linspace(0, abs(end_v - start_v), 20_001)
    current = CAPACITANCE_F * RATE + K_A * np.maximum(fine - abs(onset_v - start_v), 0) ** 2
    applied = fine + ohm * current
    shown = np.arange(applied[0], applied[-1], 2e-3)
    measured = sign * np.interp(shown, applied, current)
    measured = measured + NOISE_A * np.random.default_rng(2).standard_normal(shown.size)
    time, e = np.arange(shown.size) * 2e-3 / RATE, start_v + sign * shown - offset_v
    lines = [f"{t:.6e},{v:.9e},{i:.9e}" for t, v, i in zip(time, e, measured, strict=True)]
    return "\n".join(["Time/s,Potential/V,Current/A", *lines]) + "\n"


def crossing(onset_v: float, ua_per_cm2: float, area_cm2: float, sign: int = 1) -> float:
    """Where the current of ``sweep`` behind its baseline reaches a current density."""
    return onset_v + sign * float(np.sqrt(ua_per_cm2 * 1e-6 * area_cm2 / K_A))


def write_study(folder: Path, text: str, raw: Mapping[str, str | bytes], raw_name: str = "raw") -> Path:
    """``study.toml`` and its raw files below a folder."""
    for name, data in raw.items():
        path = folder / raw_name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    study = folder / "study.toml"
    study.write_text('schema = 1\nname = "Small"\n' + text, encoding="utf-8")
    return study


def run_tables(study: Path, **options: Any) -> Path:
    """Run a study for its tables alone: a figure that cannot be saved costs the report nothing, and saves most of the time."""

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("no figures in this test")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matplotlib.figure.Figure.savefig", refuse)
        patch.delenv("HSE_DEBUG", raising=False)
        return Path(run_study(study, **options).out)


def rows(out: Path, table: str, **where: str) -> list[dict[str, str]]:
    """Rows of ``tables/<table>.csv`` whose columns hold what is asked for, as text."""
    with (out / "tables" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return [r for r in csv.DictReader(file) if all(r[k] == v for k, v in where.items())]


def row(out: Path, table: str, **where: str) -> dict[str, str]:
    """The only such row."""
    (found,) = rows(out, table, **where)
    return found
