"""What the project file of the scans says of their reduction, where the study says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.core.values import Finding
from pipeline.techniques.absorption.model import CheckedScan
from pipeline.techniques.absorption.settings import ReduceSettings

HONOURED = (
    "e0_ev", "pre1_ev", "pre2_ev", "norm1_ev", "norm2_ev", "n_norm", "rbkg_angstrom", "bkg_k_weight", "bkg_k_min", "bkg_k_max",
    "bkg_dk", "bkg_window", "clamp_low", "clamp_high", "n_clamp", "k_min", "k_max", "dk", "k_weight", "window",
)  # fmt: skip
WHOLE = ("n_norm", "bkg_k_weight", "n_clamp", "k_weight")
ELSEWHERE = ("label", "role", "eshift_ev", "flatten", "r_min", "r_max", "dr", "r_window", "edge_step", "edge_step_fixed",
             "standard")  # fmt: skip
"""Used by the reader, shown anyway, of the shell fit, or told by the reader already."""


def honour_project(
    settings: ReduceSettings, checked: Sequence[CheckedScan], findings: list[Finding]
) -> tuple[ReduceSettings, tuple[str, ...]]:
    """Settings with what the project file of the scans says, where the study leaves it open.

    Returns
    -------
    settings, given:
        ``given`` names each setting that is the project's. A finding names each that was not used, and why.
    """
    tables = [dict(c.scan.parameters) for c in checked]
    if not all("e0_ev" in t or "rbkg_angstrom" in t for t in tables):
        return settings, ()
    changes: dict[str, Any] = {}
    for name in HONOURED:
        values = [t.get(name) for t in tables]
        if getattr(settings, name) is not None or all(v is None for v in values):
            continue
        if len(set(values)) > 1:
            told = " / ".join(dict.fromkeys(str(v) for v in values))
            _unused(findings, name, f"{told[:60]}: differs between the scans that are merged")
            continue
        value, why = _usable(name, values[0], checked[0])
        if value is None:
            _unused(findings, name, f"{values[0]}: {why}")
        else:
            changes[name] = value
    fixed = [t.get("edge_step") for t in tables if t.get("edge_step_fixed")]
    if settings.edge_step is None and len(tables) == 1 and fixed and isinstance(fixed[0], float) and fixed[0] > 0:
        changes["edge_step"] = fixed[0]
    elif fixed and settings.edge_step is None:
        _unused(findings, "edge_step", "fixed in single scans, not in their merge")
    known = {*HONOURED, *ELSEWHERE}
    for name in sorted({n for t in tables for n in t} - known):
        values = [t.get(name) for t in tables]
        if not (name == "importance" and all(v == 1.0 for v in values)) and name != "k_weight_arbitrary":
            _unused(findings, name, f"{values[0]}: has no counterpart here")
    return replace(settings, **changes), tuple(changes)


def _unused(findings: list[Finding], name: str, why: str) -> None:
    problem = f"{name} of the project is not used: {why}"
    findings.append(
        Finding(severity="info", field="parameters", problem=problem, hint="set it in [settings.xas.reduce]")
    )


def _usable(name: str, value: Any, checked: CheckedScan) -> tuple[Any, str]:
    """The value in this project's terms, or why it cannot be used."""
    if name in ("bkg_window", "window"):
        return value, ""
    if not isinstance(value, float):
        return None, "is no number"
    if name == "n_norm" and checked.scan.counts_terms:
        value -= 1
    if name in WHOLE:
        return (int(value), "") if value == int(value) and 0 <= value <= 50 else (None, "is no whole number from 0")
    if name == "e0_ev":
        e = checked.scan.energy_ev
        return (value, "") if e[0] < value < e[-1] else (None, "lies outside the data")
    if name in ("rbkg_angstrom", "k_max", "bkg_k_max", "norm2_ev") and value <= 0:
        return None, "must be positive"
    if name.startswith("pre") and value > 0:
        return None, "lies above the edge"
    if name in ("k_min", "dk", "bkg_k_min", "bkg_dk", "norm1_ev") and value < 0:
        return None, "is negative"
    return value, ""
