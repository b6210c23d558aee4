"""Sweeps of one sample: current density against potential, and its magnitude with thresholds, baseline and onsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.report.canvas import Canvas, Drawing, Panel, draw
from pipeline.core.report.style import BLUE, DOUBLE, GREY, ORANGE, RED
from pipeline.core.report.text import DEPARTURE, THRESHOLD, criterion_text
from pipeline.techniques.sweeps.model import SweepFit

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
    label: str
    threshold: float
    """From uA/cm^2 to the unit; 0 for currents without an area."""

    def of(self, fit: SweepFit) -> float:
        """Factor from A for one sweep."""
        area = area_of(fit)
        return self.factor / area if self.density and area else self.factor


def scale_of(fits: Sequence[SweepFit]) -> Scale:
    """One scale for all sweeps of a figure."""
    density = all(area_of(f) for f in fits)
    per = [(area_of(f) or 1.0) if density else 1.0 for f in fits]
    tops = [float(np.max(np.abs(f.checked.sweep.current_a), initial=0.0)) for f in fits]
    top = max(t / area for t, area in zip(tops, per, strict=True))
    milli = top * (1e2 if density else 1e6) >= 5e3
    unit, column = ("mA", "mA") if milli else ("µA", "uA")
    factor = (1e-1 if milli else 1e2) if density else (1e3 if milli else 1e6)
    if density:
        label, name = f"j / {unit} cm⁻²", f"current_density_{column}_per_cm2"
    else:
        label, name = f"I / {unit}", f"current_{column}"
    return Scale(
        density=density, factor=factor, column=name, label=label, threshold=(1e-3 if milli else 1.0) if density else 0.0
    )


def area_of(fit: SweepFit) -> float | None:
    """Area in m^2, of the study before that of the header."""
    return fit.checked.conditions.area_m2 or fit.checked.sweep.area_m2


def threshold_of(criterion: str) -> float | None:
    """uA/cm2 of a threshold criterion, None for the others."""
    found = THRESHOLD.match(criterion)
    return float(found[1]) if found else None


def sign_of(criterion: str) -> tuple[str, str]:
    """Marker and label of a criterion."""
    if THRESHOLD.match(criterion):
        return "o", criterion_text(criterion)
    if DEPARTURE.match(criterion):
        return "v", criterion_text(criterion)
    return ("x" if criterion == "tangent" else "+"), criterion


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
        what, unit = scale.label.split(" / ")
        y = (f"abs_{scale.column}", f"|{what} − baseline| / {unit}")
        right = canvas.panel(f"{sample}, logarithmic", (3.4, 0.42, 2.15, 2.3), x, y)
        right.axes.set_yscale("log")
        floor = np.inf
        thresholds: set[float] = set()
        for fit in fits:
            floor = min(floor, _one(left, right, fit, scale))
            thresholds |= {t for o in fit.onsets if (t := threshold_of(o.criterion)) is not None}
        if scale.density:
            for t in sorted(thresholds):
                right.axes.axhline(t * scale.threshold, color=ORANGE, lw=0.8, ls="--")
                right.axes.text(
                    0.015,
                    t * scale.threshold * 1.08,
                    f"{t:g} µA cm⁻²",
                    transform=right.axes.get_yaxis_transform(),
                    fontsize=7,
                    color="#7a5200",
                    va="bottom",
                    clip_on=True,
                )
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


def _legend(panel: Panel, fits: Sequence[SweepFit]) -> None:
    """Lines by direction in their colours, criteria by marker in black."""
    from matplotlib.lines import Line2D

    handles, labels = panel.axes.get_legend_handles_labels()
    shown = [o.criterion for f in fits for o in f.onsets if o.onset_v_vs_na is not None and o.verdict.printable]
    signs = [sign_of(c) for c in shown]
    for marker, label in dict.fromkeys((m, "threshold" if m == "o" else name) for m, name in signs):
        if label not in labels:
            filled = "k" if marker == "o" else "none"
            handles.append(Line2D([], [], color="k", marker=marker, mfc=filled, ms=4.5, ls="none"))
            labels.append(label)
    panel.axes.legend(handles, labels, loc="center left", bbox_to_anchor=(1.02, 0.5))


def thin(x: FloatArray, *others: FloatArray) -> tuple[FloatArray, ...]:
    """Every n-th point, so that a line has at most MAX_POINTS."""
    step = max(1, -(-x.size // MAX_POINTS))
    return tuple(a[::step] for a in (x, *others))


def _one(left: Panel, right: Panel, fit: SweepFit, scale: Scale) -> float:
    """Draw one sweep into both panels; the smallest current worth showing on the log scale."""
    c = fit.checked
    factor = scale.of(fit)
    keep = np.array(c.keep, bool)
    e, current, base = thin(c.potential_v_vs_na[keep], c.sweep.current_a[keep] * factor, fit.baseline_a[keep] * factor)
    color, name = COLORS[c.direction], f"{c.direction} {c.sweep.sweep}" if c.sweep.sweep > 1 else c.direction
    label = None if c.direction in panel_labels(right) else c.direction
    left.line(name, e, current, color=color, lw=0.9)
    left.line(f"{name}, baseline", e, base, color="k", lw=0.8, ls="--")
    rest = np.abs(current - base)
    floor = max(fit.noise_a * factor, float(np.max(rest, initial=0.0)) * 1e-6, 1e-9)
    right.line(name, e, np.clip(rest, floor, None), color=color, lw=0.5, label=label)
    for o in fit.onsets:
        if o.onset_v_vs_na is None or not o.verdict.printable:
            continue
        t = threshold_of(o.criterion)
        marker, _ = sign_of(o.criterion)
        at = o.onset_v_vs_na
        if t is not None and scale.density:
            y = t * scale.threshold
        else:
            y = float(np.interp(at.value, *_ascending(e, np.clip(rest, floor, None))))
        right.keep(f"{name}, {o.criterion}", at.value, y, at.low, at.high, y_name="onset_x_low95_high95")
        filled: dict[str, Any] = {"mfc": color if t is not None else "white"}
        right.axes.plot(at.value, y, marker, color=color, ms=4.5, mew=0.9, zorder=5, ls="none", **filled)
        right.axes.plot([at.low, at.high], [y, y], color=color, lw=1.2)
    return floor


def panel_labels(panel: Panel) -> list[str]:
    """What the legend of a panel will name."""
    return panel.axes.get_legend_handles_labels()[1]


def _ascending(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    order = np.argsort(x, kind="stable")
    return x[order], y[order]
