"""Settings of the reduction, and what a project file says where the study says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le

from pipeline.core.values import Finding
from pipeline.techniques.absorption.fit.reduce.wavelet import WaveletSettings
from pipeline.techniques.absorption.model import CheckedScan

Window = Literal["hanning", "kaiser-bessel", "parzen", "welch", "sine", "gaussian"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceSettings:
    """Table ``[settings.xas.reduce]``."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    align: Literal["auto", "reference", "sample", "none"] = "auto"
    """auto: by the reference foil where every scan has the same one, else by the sample's own edge, and said so."""
    calibrate: bool = False
    """Shift all so that the reference foil's edge lies at its tabulated energy; off: tables differ by up to 5 eV."""
    max_scan_deviations: Annotated[float, Gt(2)] = 3.0
    """A scan further from the others, in robust standard deviations of their distances, is left out: the usual careful
    choice for the median absolute deviation; and it must be 1.5 times as far as the usual scan."""
    e0_ev: Annotated[float, Ge(0)] | None = None
    """Edge energy; none: the largest derivative of the merged spectrum, between the grid points."""
    edge_step: Annotated[float, Gt(0)] | None = None
    """Edge step, where a person knows better than the two lines; none: their distance at e0."""
    pre1_ev: Annotated[float, Le(0)] | None = None
    """Start of the pre-edge line, relative to e0; none: start of the data."""
    pre2_ev: Annotated[float, Le(0)] | None = None
    """End of the pre-edge line; none: a third of pre1, since the tail of the edge reaches far."""
    norm1_ev: Annotated[float, Ge(0)] | None = None
    """Start of the post-edge polynomial; none: 150 eV, behind the white line, or a third of the range."""
    norm2_ev: Annotated[float, Ge(0)] | None = None
    """End of the post-edge polynomial; none: end of the data, and always 30 eV below the next edge."""
    n_norm: Annotated[int, Ge(0), Le(3)] | None = None
    """Degree of the post-edge polynomial; none: 2 over more than 300 eV, 1 over more than 40 eV, else 0."""
    rbkg_angstrom: Annotated[float, Gt(0.3), Le(3)] | None = None
    """chi(R) below is given to the background; none: 1.0, half of the distance at which the nearest shell shows."""
    bkg_k_weight: Annotated[int, Ge(0), Le(4)] | None = None
    """Weight of the background's transform; none: 2, as Athena has it."""
    bkg_k_min: Annotated[float, Ge(0)] | None = None
    """Start of the spline; none: 0."""
    bkg_k_max: Annotated[float, Gt(0)] | None = None
    """End of the spline; none: end of the data."""
    bkg_dk: Annotated[float, Ge(0)] | None = None
    """Sill of the background's window; none: 0.1, so that both ends count."""
    clamp_low: Annotated[float, Ge(0)] | None = None
    """Weight that pulls chi to 0 at the start; none: 0, which makes the background one linear solve."""
    clamp_high: Annotated[float, Ge(0)] | None = None
    """The same at the end of the data (Athena's Strong is 24)."""
    n_clamp: Annotated[int, Ge(0), Le(50)] | None = None
    """Points at each end that a clamp acts on; none: 5, as in Athena."""
    bkg_window: Window | None = None
    """Window of the background's transform; none: hanning."""
    k_min: Annotated[float, Ge(0)] | None = None
    """Start of the transform, 1/angstrom; none: 3, above the multiple scattering of the near edge."""
    k_max: Annotated[float, Gt(0)] | None = None
    """End of the transform; none: end of the data, 0.5 before the next edge, or where noise wins."""
    dk: Annotated[float, Ge(0)] | None = None
    """Sill of the transform's window; none: 1."""
    k_weight: Annotated[int, Ge(0), Le(4)] | None = None
    """w of k^w; none: 2."""
    window: Window | None = None
    """Window of the transform; none: hanning."""
    r_max_angstrom: Annotated[float, Gt(1), Le(30)] = 10.0
    """End of the stored chi(R)."""
    wavelet: WaveletSettings = field(default_factory=WaveletSettings)


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
) -> tuple[ReduceSettings, dict[str, str]]:
    """Settings with what the project file of the scans says, where the study leaves it open.

    Returns
    -------
    settings, origins:
        ``origins`` names each setting that the project gave. A finding names each that was not used, and why.
    """
    tables = [dict(c.scan.parameters) for c in checked]
    if not all("e0_ev" in t or "rbkg_angstrom" in t for t in tables):
        return settings, {}
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
        if why:
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
    return replace(settings, **changes), dict.fromkeys(changes, "project")


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
    if name == "n_norm" and checked.scan.source.format.startswith("Athena"):
        value -= 1  # Athena counts the terms of the polynomial
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
