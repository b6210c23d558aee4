"""The model of one or several spectra with common lines, and its fit by lmfit: Poisson weights, the background part of the model.

    counts(E) = offset + slope u + sum_i A_i p_i(E) + loss * background of the lines,      u = E over the window, -1 to 1
    p_i(E)    = (V(E - E_i) + r V(E - E_i - D)) / (1 + r)                                  pair with splitting D and ratio r
    Shirley   : sum_i A_i  int_{-inf}^{E} p_i dE'            (D. A. Shirley, Phys. Rev. B 5 (1972) 4709)
    Tougaard  : sum_i A_i  int_0^inf K(T) p_i(E - T) dT,  K = T / (C + T^2)^2    (S. Tougaard, Surf. Interface Anal. 25 (1997) 137)

Both are taken of the lines of the model, not of the data: nothing is subtracted before the fit.  Weights are
1/sqrt(noise * model), taken from the model of the fit before until they stand still: that is the solution of greatest
Poisson likelihood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.techniques.surfaces.fit.line_shapes import Profile, asymmetric_line, doniach, sum_line, voigt
from pipeline.techniques.surfaces.model import Background, FixedShape, Shape
from pipeline.techniques.surfaces.settings import LineSettings

REWEIGHTINGS = 3
MAX_EVALUATIONS, TOLERANCE = 400, 1e-7
AT_BOUND = 2e-3
"""Of the range between two bounds."""
NO_LORENTZ_EV = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One species: where its stronger line may lie, and where the search starts."""

    name: str
    low_ev: float
    high_ev: float
    start_ev: float
    splitting_ev: float | None = None
    ratio: float = 1.0
    shape: FixedShape | None = None
    """None for that of the model."""
    fixed: bool = False
    """True where it stays at its start."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """One spectrum as the fit sees it: (m,) binding energy ascending, counts."""

    energy_ev: FloatArray
    counts: FloatArray
    noise: float

    @property
    def middle_ev(self) -> float:
        """Of the window."""
        return float(self.energy_ev[0] + self.energy_ev[-1]) / 2

    @property
    def u(self) -> FloatArray:
        """-1 at the lower end of the window, 1 at the upper."""
        return np.asarray(2 * (self.energy_ev - self.middle_ev) / (self.energy_ev[-1] - self.energy_ev[0]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeakModel:
    """What is fitted."""

    panels: tuple[Panel, ...]
    lines: tuple[Line, ...]
    background: Background
    shape: Shape
    own_widths: bool
    settings: LineSettings
    no_lorentz: bool = False
    losses: tuple[FloatArray, ...] = field(default=())
    """Per panel (m, m): signal -> its background."""

    def width_name(self, i: int) -> str:
        """Parameter of the Gaussian width of line i."""
        return f"gauss_{i}" if self.own_widths else "gauss_0"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """The best parameters with their covariance."""

    model: PeakModel
    values: Mapping[str, float]
    names: tuple[str, ...]
    """Of the parameters that were free, in the order of the covariance."""
    covariance: FloatArray
    chi2: float
    residuals: tuple[FloatArray, ...]
    """Per panel (m,), in sigma."""
    at_bound: tuple[str, ...]

    @property
    def n_points(self) -> int:
        """Of all panels."""
        return sum(r.size for r in self.residuals)

    @property
    def dof(self) -> int:
        """Points less free parameters."""
        return max(self.n_points - len(self.names), 1)

    def gradient_sigma(self, gradient: Mapping[str, float]) -> float:
        """Standard error of a function with these derivatives."""
        g = np.array([gradient.get(n, 0.0) for n in self.names])
        return float(np.sqrt(max(g @ self.covariance @ g, 0.0)))


def peak_model(panels: Sequence[Panel], lines: Sequence[Line], *, background: Background, shape: Shape, own_widths: bool,
               settings: LineSettings) -> PeakModel:  # fmt: skip
    """The model with the matrices of its background."""
    made = tuple(panels)
    losses = tuple(_loss(p.energy_ev, background, settings.tougaard_c_ev2) for p in made)
    return PeakModel(
        panels=made, lines=tuple(lines), background=background, shape=shape,
        own_widths=own_widths and len(lines) > 1, settings=settings, losses=losses,
        no_lorentz=all(line.shape is not None for line in lines),
    )  # fmt: skip


def _loss(energy: FloatArray, background: Background, c_ev2: float) -> FloatArray:
    """(m, m) matrix that makes the background of a signal (m,), by the trapezoidal rule."""
    n = energy.size
    if background == "linear":
        return np.zeros((n, 0))
    weights = np.tril(np.broadcast_to(np.gradient(energy), (n, n)))
    if background == "shirley":
        return np.asarray(weights - 0.5 * np.diag(np.diag(weights)))
    distance = np.maximum(energy[:, None] - energy[None, :], 0.0)
    return np.asarray(weights * distance / (c_ev2 + distance**2) ** 2)


def profiles(model: PeakModel, values: Mapping[str, float], panel: int) -> tuple[Profile, ...]:
    """Every species with unit area, (m,), with its derivatives."""
    energy = model.panels[panel].energy_ev - values.get(f"shift_{panel}", 0.0)
    broad = values.get(f"broad_{panel}", 1.0)
    out = []
    for i, line in enumerate(model.lines):
        gauss, x = values[model.width_name(i)] * broad, energy - values[f"be_{i}"]
        major = _single(model, values, line, x, gauss)
        if line.splitting_ev is None:
            out.append(major)
            continue
        minor = _single(model, values, line, x - line.splitting_ev, gauss)
        parts = {f.name: getattr(major, f.name) + line.ratio * getattr(minor, f.name) for f in fields(Profile)}
        out.append(Profile(**{name: part / (1 + line.ratio) for name, part in parts.items()}))
    return tuple(out)


def _single(model: PeakModel, values: Mapping[str, float], line: Line, x: FloatArray, gauss: float) -> Profile:
    """One line at 0."""
    if line.shape is not None:
        fraction = line.shape.lorentz_fraction
        return asymmetric_line(x, gauss, line.shape) if fraction is None else sum_line(x, gauss, fraction)
    if model.shape == "voigt":
        return voigt(x, gauss, values.get("lorentz", 0.0))
    return doniach(x, gauss, values.get("lorentz", 0.0), values["asymmetry"])


def panel_curves(model: PeakModel, values: Mapping[str, float], panel: int) -> tuple[FloatArray, FloatArray]:
    """Background (m,), and every species (n_lines, m) in counts."""
    lines = profiles(model, values, panel)
    curves = np.array([values[f"area_{panel}_{i}"] * p.line for i, p in enumerate(lines)])
    base = values[f"offset_{panel}"] + values[f"slope_{panel}"] * model.panels[panel].u
    if model.background != "linear":
        base = base + values[f"loss_{panel}"] * (model.losses[panel] @ curves.sum(axis=0))
    return base, curves


def panel_slopes(model: PeakModel, values: Mapping[str, float], panel: int) -> dict[str, FloatArray]:
    """Derivative of the model of one panel (m,) by every parameter that it depends on."""
    lines, k = profiles(model, values, panel), panel
    areas = [values[f"area_{k}_{i}"] for i in range(len(lines))]
    broad = values.get(f"broad_{k}", 1.0)

    u = model.panels[k].u
    out: dict[str, FloatArray] = {f"offset_{k}": np.ones_like(u), f"slope_{k}": u}
    parts = np.array([[p.line, *(a * q for q in (p.by_place, p.by_gauss, p.by_lorentz, p.by_asymmetry))]
                      for p, a in zip(lines, areas, strict=True)])  # fmt: skip
    if model.background != "linear":
        lost = parts.reshape(-1, u.size) @ model.losses[k].T
        out[f"loss_{k}"] = np.asarray(areas) @ lost.reshape(parts.shape)[:, 0]
        parts = parts + values[f"loss_{k}"] * lost.reshape(parts.shape)

    def add(name: str, slope: FloatArray) -> None:
        out[name] = out[name] + slope if name in out else slope

    for i, (by_area, by_place, by_gauss, by_lorentz, by_asymmetry) in enumerate(parts):
        name = model.width_name(i)
        out[f"area_{k}_{i}"], out[f"be_{i}"] = by_area, by_place
        add(name, broad * by_gauss)
        add("lorentz", by_lorentz)
        add("asymmetry", by_asymmetry)
        if k:
            add(f"shift_{k}", by_place)
            add(f"broad_{k}", values[name] * by_gauss)
    return out


def _first_values(model: PeakModel) -> dict[str, float]:
    """Starts of the shapes; areas and background by linear least squares (the loss of all lines as one column)."""
    s = model.settings
    values = {f"be_{i}": line.start_ev for i, line in enumerate(model.lines)}
    values |= {model.width_name(i): max(1.1, 1.2 * s.gauss_min_ev) for i in range(len(model.lines))}
    values |= {"lorentz": 0.0 if model.no_lorentz else 0.3, "asymmetry": 0.08}
    for p, panel in enumerate(model.panels):
        if p:
            values |= {f"shift_{p}": 0.0, f"broad_{p}": 1.0}
        shapes = profiles(model, values, p)
        columns = [np.ones_like(panel.u), panel.u, *(one.line for one in shapes)]
        if model.background != "linear":
            columns.append(model.losses[p] @ np.maximum(panel.counts - panel.counts.min(), 0.0))
        weight = 1 / np.sqrt(np.maximum(panel.counts, 1.0))
        found, *_ = np.linalg.lstsq(np.array(columns).T * weight[:, None], panel.counts * weight, rcond=None)
        span = float(np.ptp(panel.energy_ev) * np.ptp(panel.counts))
        values |= {f"offset_{p}": float(found[0]), f"slope_{p}": float(found[1]), f"loss_{p}": 0.0}
        for i in range(len(model.lines)):
            values[f"area_{p}_{i}"] = float(np.clip(found[2 + i], 0.02 * span / 10, span))
        if model.background != "linear":
            values[f"loss_{p}"] = float(max(found[-1], 0.0))
    return values


def _parameters(model: PeakModel, values: Mapping[str, float]) -> Any:
    from lmfit import Parameters

    s, made = model.settings, Parameters()

    def add(name: str, low: float, high: float, *, vary: bool = True) -> None:
        made.add(name, value=float(np.clip(values[name], low, high)), min=low, max=high, vary=vary)

    for i, line in enumerate(model.lines):
        add(f"be_{i}", line.low_ev, line.high_ev, vary=not line.fixed)
    for name in dict.fromkeys(model.width_name(i) for i in range(len(model.lines))):
        add(name, s.gauss_min_ev, s.gauss_max_ev)
    add("lorentz", 0.0, s.lorentz_max_ev, vary=not model.no_lorentz)
    if model.shape == "doniach" and any(line.shape is None for line in model.lines):
        add("asymmetry", 0.0, s.asymmetry_max)
    for p in range(len(model.panels)):
        if p:
            add(f"shift_{p}", -2.0, 2.0)
            add(f"broad_{p}", 0.5, 2.0)
        for i in range(len(model.lines)):
            add(f"area_{p}_{i}", -np.inf, np.inf)
        for name in ("offset", "slope", *(("loss",) if model.background != "linear" else ())):
            add(f"{name}_{p}", -np.inf, np.inf)
    return made


def solve(model: PeakModel, start: Mapping[str, float] | None = None, *, source: str = "") -> Solution:
    """The solution of greatest likelihood.

    A Lorentzian width that runs to zero is left out; it gets a second chance from the best places.

    Raises
    ------
    FitError
        The data do not determine the parameters.
    """
    found = _minimize(model, start or {}, source)
    if model.no_lorentz or found.values["lorentz"] >= NO_LORENTZ_EV:
        return found
    rest = {k: v for k, v in found.values.items() if k != "lorentz"}
    without = _minimize(replace(model, no_lorentz=True), rest, source)
    again = _minimize(model, {**without.values, "lorentz": 0.25}, source)
    better = again.values["lorentz"] >= NO_LORENTZ_EV and again.chi2 < without.chi2
    return again if better and _determined(again) else without


def _determined(s: Solution) -> bool:
    return bool((np.diag(s.covariance) > 0).all())


def _minimize(model: PeakModel, start: Mapping[str, float], source: str) -> Solution:
    from lmfit import minimize

    values: dict[str, float] = {**_first_values(model), **start}
    weights = [1 / np.sqrt(p.noise * np.maximum(_smooth(p.counts), 1.0)) for p in model.panels]
    if start:
        weights = _weights(model, values)
    found = None
    for _ in range(REWEIGHTINGS):
        now = weights
        found = minimize(
            lambda made, now=now: np.concatenate(_residuals(model, made.valuesdict(), now)),
            _parameters(model, values),
            method="leastsq",
            scale_covar=False,
            max_nfev=MAX_EVALUATIONS,
            ftol=TOLERANCE,
            xtol=TOLERANCE,
            Dfun=lambda made, now=now: _slopes(model, made, now),
            col_deriv=True,
        )
        values = dict(found.params.valuesdict())
        weights = _weights(model, values)
    assert found is not None
    covariance = getattr(found, "covar", None)
    lost = covariance is None or not np.isfinite(covariance).all() or (np.diag(covariance) <= 0).any()
    if lost and (model.no_lorentz or values["lorentz"] >= NO_LORENTZ_EV):
        problem = f"{len(model.lines)} component(s) are more than the data determine"
        raise FitError(source=source, field="components", problem=problem, hint="fewer, or narrower ranges of be_ev")
    residuals = _residuals(model, values, weights)
    n = len(found.var_names)
    return Solution(
        model=model,
        values=values,
        names=tuple(found.var_names),
        covariance=np.zeros((n, n)) if lost else np.asarray(covariance, dtype=float),
        chi2=float(sum(r @ r for r in residuals)),
        residuals=tuple(residuals),
        at_bound=_at_bound(found.params),
    )


def _smooth(counts: FloatArray) -> FloatArray:
    padded = np.pad(counts, 2, mode="edge")
    return np.asarray(np.convolve(padded, np.ones(5) / 5, mode="valid"))


def _weights(model: PeakModel, values: Mapping[str, float]) -> list[FloatArray]:
    made = []
    for p, panel in enumerate(model.panels):
        base, curves = panel_curves(model, values, p)
        total = base + curves.sum(axis=0)
        floor = max(0.05 * float(np.median(panel.counts)), 1e-9 if panel.noise < 1 else 0.5)
        made.append(1 / np.sqrt(panel.noise * np.maximum(total, floor)))
    return made


def _residuals(model: PeakModel, values: Mapping[str, float], weights: Sequence[FloatArray]) -> list[FloatArray]:
    out = []
    for p, (panel, weight) in enumerate(zip(model.panels, weights, strict=True)):
        base, curves = panel_curves(model, values, p)
        out.append((panel.counts - base - curves.sum(axis=0)) * weight)
    return out


def _slopes(model: PeakModel, parameters: Any, weights: Sequence[FloatArray]) -> FloatArray:
    """(n_free, points of all panels): derivatives of the residuals."""
    values = parameters.valuesdict()
    free = [name for name, p in parameters.items() if p.vary]
    blocks = []
    for p, weight in enumerate(weights):
        found, none = panel_slopes(model, values, p), np.zeros_like(weight)
        blocks.append(np.array([-found.get(name, none) * weight for name in free]))
    return np.concatenate(blocks, axis=1)


def _at_bound(parameters: Any) -> tuple[str, ...]:
    """Names of the free parameters that ended at a bound."""
    touched = []
    for name, p in parameters.items():
        wide = p.max - p.min
        if p.vary and np.isfinite(wide) and min(p.value - p.min, p.max - p.value) < AT_BOUND * wide:
            touched.append(name)
    return tuple(touched)
