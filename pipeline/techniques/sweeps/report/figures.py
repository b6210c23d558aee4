"""Sweeps of one sample: current density against potential, and its magnitude with thresholds, baseline and onsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.report.canvas import Canvas, Drawing, Panel, draw
from pipeline.core.report.style import BLUE, DOUBLE, GREY, ORANGE, RED
from pipeline.techniques.sweeps.model import Direction, SweepFit
from pipeline.techniques.sweeps.report.criteria import sign_of

COLORS = {"oxidation": RED, "reduction": BLUE}
MAX_POINTS = 1500
MAX_SWEEPS = 12
"""Sweeps in one figure; the table has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How a sample's currents are drawn: as a density where every sweep has an area, in the unit that keeps them short."""

    density: bool
    factor: float
    """From A, or A/m^2, to the unit."""
    column: str
    symbol: str
    """``j`` or ``I``."""
    unit: str
    threshold: float
    """From uA/cm^2 to the unit; 0 for currents without an area."""

    @property
    def label(self) -> str:
        """Of the axis."""
        return f"{self.symbol} / {self.unit}"

    def of(self, fit: SweepFit) -> float:
        """Factor from A for one sweep."""
        area = fit.checked.area_m2
        return self.factor / area if self.density and area else self.factor


def scale_of(fits: Sequence[SweepFit]) -> Scale:
    """One scale for all sweeps of a figure."""
    density = all(f.checked.area_m2 for f in fits)
    per = [(f.checked.area_m2 or 1.0) if density else 1.0 for f in fits]
    tops = [float(np.max(np.abs(f.checked.sweep.current_a), initial=0.0)) for f in fits]
    top = max(t / area for t, area in zip(tops, per, strict=True))
    milli = top * (1e2 if density else 1e6) >= 5e3
    unit, column = ("mA", "mA") if milli else ("µA", "uA")
    factor = (1e-1 if milli else 1e2) if density else (1e3 if milli else 1e6)
    return Scale(
        density=density,
        factor=factor,
        column=f"current_density_{column}_per_cm2" if density else f"current_{column}",
        symbol="j" if density else "I",
        unit=f"{unit} cm⁻²" if density else unit,
        threshold=(1e-3 if milli else 1.0) if density else 0.0,
    )


def draw_sweeps(name: str, sample: str, fits: Sequence[SweepFit], *, simulated: bool) -> Drawing:
    """Linear on the left, logarithmic with the criteria on the right."""
    left_off = len(fits) - MAX_SWEEPS
    fits = fits[:MAX_SWEEPS]
    scale = scale_of(fits)
    on_scale = all(f.checked.potential_is_vs_na for f in fits)
    x = ("potential_V_vs_Na", "E / V vs Na/Na⁺") if on_scale else ("potential_V_as_measured", "E / V, as measured")

    def paint(canvas: Canvas) -> None:
        canvas.title(0.55, 2.96, sample)
        left = canvas.panel(f"{sample}, linear", (0.6, 0.42, 2.15, 2.3), x, (scale.column, scale.label))
        y = (f"abs_{scale.column}", f"|{scale.symbol} − baseline| / {scale.unit}")
        right = canvas.panel(f"{sample}, logarithmic", (3.4, 0.42, 2.15, 2.3), x, y)
        right.axes.set_yscale("log")
        floor = np.inf
        named: set[Direction] = set()
        for fit in fits:
            floor = min(floor, _one(left, right, fit, scale, named=fit.checked.direction not in named))
            named.add(fit.checked.direction)
        if scale.density:
            _thresholds(right, fits, scale)
        left.axes.axhline(0, color=GREY, lw=0.5)
        if np.isfinite(floor):
            right.axes.set_ylim(bottom=0.5 * floor)
        _legend(right, fits)

    files = ", ".join(dict.fromkeys(f.checked.sweep.source.file for f in fits))
    caption = (
        f"{sample}: {files}. Left: current over potential, masked points left out, dashed the fitted capacitive "
        "baseline. Right: its magnitude after subtraction of the baseline, with the thresholds and the onset by "
        "each criterion; onsets that are withheld are not drawn."
    )
    if left_off > 0:
        caption += f" The first {MAX_SWEEPS} of {MAX_SWEEPS + left_off} sweeps."
    alt = f"Linear sweep voltammetry of {sample}, linear and logarithmic"
    return draw(name=name, caption=caption, alt=alt, size_in=(DOUBLE, 3.0), simulated=simulated, paint=paint)


def _thresholds(panel: Panel, fits: Sequence[SweepFit], scale: Scale) -> None:
    """A line at each threshold, named at its left end."""
    levels = (o.criterion.threshold_ua_per_cm2 for f in fits for o in f.onsets)
    for t in sorted({t for t in levels if t is not None}):
        panel.axes.axhline(t * scale.threshold, color=ORANGE, lw=0.8, ls="--")
        panel.axes.text(
            0.015,
            t * scale.threshold * 1.08,
            f"{t:g} µA cm⁻²",
            transform=panel.axes.get_yaxis_transform(),
            fontsize=7,
            color="#7a5200",
            va="bottom",
            clip_on=True,
        )


def _legend(panel: Panel, fits: Sequence[SweepFit]) -> None:
    """Lines by direction in their colours, criteria by marker in black."""
    from matplotlib.lines import Line2D

    handles, labels = panel.axes.get_legend_handles_labels()
    shown = [o.criterion for f in fits for o in f.onsets if o.onset_v_vs_na is not None and o.verdict.printable]
    for sign in dict.fromkeys(sign_of(c) for c in shown):
        filled = "k" if sign.filled else "none"
        handles.append(Line2D([], [], color="k", marker=sign.marker, mfc=filled, ms=4.5, ls="none"))
        labels.append(sign.label)
    panel.axes.legend(handles, labels, loc="center left", bbox_to_anchor=(1.02, 0.5))


def thin(x: FloatArray, *others: FloatArray) -> tuple[FloatArray, ...]:
    """Every n-th point, so that a line has at most MAX_POINTS."""
    step = max(1, -(-x.size // MAX_POINTS))
    return tuple(a[::step] for a in (x, *others))


def _one(left: Panel, right: Panel, fit: SweepFit, scale: Scale, *, named: bool) -> float:
    """Draw one sweep into both panels, with a name for the legend; the smallest current worth showing on the log scale."""
    c = fit.checked
    factor = scale.of(fit)
    keep = np.array(c.keep, bool)
    e, current, base = thin(c.potential_v_vs_na[keep], c.sweep.current_a[keep] * factor, fit.baseline_a[keep] * factor)
    color, name = COLORS[c.direction], f"{c.direction} {c.sweep.loop}" if c.sweep.loop > 1 else c.direction
    left.line(name, e, current, color=color, lw=0.9)
    left.line(f"{name}, baseline", e, base, color="k", lw=0.8, ls="--")
    rest = np.abs(current - base)
    floor = max(fit.noise_a * factor, float(np.max(rest, initial=0.0)) * 1e-6, 1e-9)
    clipped = np.clip(rest, floor, None)
    right.line(name, e, clipped, color=color, lw=0.5, label=c.direction if named else None)
    for o in fit.onsets:
        at, t = o.onset_v_vs_na, o.criterion.threshold_ua_per_cm2
        if at is None or not o.verdict.printable:
            continue
        read_off = float(np.interp(at.value, *_ascending(e, clipped)))
        y = t * scale.threshold if t is not None and scale.density else read_off
        right.keep(f"{name}, {o.criterion}", at.value, y, at.low, at.high, y_name="onset_x_low95_high95")
        sign = sign_of(o.criterion)
        filled: dict[str, Any] = {"mfc": color if sign.filled else "white"}
        right.axes.plot(at.value, y, sign.marker, color=color, ms=4.5, mew=0.9, zorder=5, ls="none", **filled)
        right.axes.plot([at.low, at.high], [y, y], color=color, lw=1.2)
    return floor


def _ascending(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    order = np.argsort(x, kind="stable")
    return x[order], y[order]
