"""The energy axis: its unit, monochromator angle or steps turned into eV, and its order.

Bragg's law with n = 1: E = h c / (2 d sin(theta)), h c = 12398.42 eV angstrom.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatArray
from pipeline.core.values import Finding


def bragg_energy(theta_degree: FloatArray, d_angstrom: float) -> FloatArray:
    """Photon energy in eV at the Bragg angle in degrees, for the spacing d in angstrom."""
    from pipeline.science.constants import HC_EV_ANGSTROM

    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(HC_EV_ANGSTROM / (2 * d_angstrom * np.sin(np.radians(theta_degree))))


def to_ev(values: FloatArray, label: str, unit: str) -> tuple[FloatArray, tuple[Finding, ...], str]:
    """Energies in eV, findings, and the unit taken.

    ``unit`` is ``eV``, ``keV`` or ``auto``. By ``auto`` values that all lie between 0.9 and 60 are keV, and those of a
    column that says so: an absorption scan in eV never starts below 60 eV.
    """
    good = values[np.isfinite(values)]
    if unit == "auto":
        named_kev = "kev" in label.lower() and good.size and good.max() < 200
        unit = "keV" if named_kev or (good.size and good.min() > 0.9 and good.max() < 60) else "eV"
        if unit == "keV":
            note = f"energies of {good.min():.4g} to {good.max():.4g} are taken for keV"
            finding = Finding(severity="info", field="energy", problem=note, hint="set settings.xas.read.energy_unit")
            return values * 1e3, (finding,), unit
    return (values * 1e3 if unit == "keV" else values), (), unit


def put_in_order(energy_ev: FloatArray) -> tuple[NDArray[np.intp], tuple[Finding, ...]]:
    """Order of the rows that makes the energies ascend, and what was found on the way.

    Returns
    -------
    order:
        Row numbers; rows whose energy is no number are left out (they have no place on the axis).
    findings:
        Descending, stepping back, repeated or missing energies, counted.
    """
    found: list[Finding] = []
    placed = np.flatnonzero(np.isfinite(energy_ev))
    if placed.size < energy_ev.size:
        problem = f"{energy_ev.size - placed.size} rows without an energy left out"
        found.append(Finding(severity="warning", field="energy", problem=problem))
    e = energy_ev[placed]
    steps = np.diff(e)
    if steps.size and np.sum(steps < 0) > np.sum(steps > 0):
        placed, e = placed[::-1], e[::-1]
        steps = np.diff(e)
        found.append(Finding(severity="info", field="energy", problem="scanned downwards; the rows are turned round"))
    back = int(np.sum(steps < 0))
    if back:
        problem = f"{back} steps back (largest {-steps.min():.3g} eV); the rows are sorted"
        found.append(Finding(severity="warning", field="energy", problem=problem))
        order = np.argsort(e, kind="stable")
        placed, e = placed[order], e[order]
    same = int(np.sum(np.diff(e) == 0))
    if same:
        problem = f"{same} energies are repeated"
        found.append(Finding(severity="warning", field="energy", problem=problem, hint="all their points are kept"))
    return placed, tuple(found)


def number_after(pattern: str, text: str) -> float | None:
    """Number that follows a pattern in a header, None where there is none or it is no number."""
    found = re.search(pattern + r"\s*(\d+\.?\d*|\.\d+)(?![\d.])", text)
    return float(found[1]) if found else None


def header_facts(head: Sequence[str]) -> dict[str, str]:
    """``name: value`` and ``name = value`` pairs of header lines, as written, first one wins."""
    facts: dict[str, str] = {}
    for line in head[:400]:
        body = re.sub(r"^[\s#;%!*]+", "", line).strip()
        found = re.match(r"([A-Za-z][\w .%/()-]{0,40}?)\s*[:=]\s*(.{1,300})", body)
        if found:
            facts.setdefault(found[1].strip(), found[2].strip())
    return facts
