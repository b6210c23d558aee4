"""Stability windows of all samples as bars: measured by the headline criterion, computed ones hatched beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pipeline.core.report.canvas import Canvas, Drawing, Panel, draw, literal
from pipeline.core.report.style import BLUE, DOUBLE, GREY, RED
from pipeline.core.values import Estimate
from pipeline.techniques.sweeps.model import StabilityWindow
from pipeline.techniques.sweeps.report.criteria import criterion_text

BAR = 0.3
ABOVE, BELOW = 0.17, -0.19
"""Where the measured and the computed bar lie about the row of their sample."""
COMPUTED = "computed\n(thermodynamic)"


def draw_windows(name: str, windows: Sequence[StabilityWindow], *, simulated: bool) -> Drawing:
    """One row per sample; a limit that is withheld leaves its side open."""
    height = 0.75 + 0.42 * len(windows)

    def paint(canvas: Canvas) -> None:
        panel = canvas.panel(
            "windows", (1.2, 0.42, 4.1, height - 0.65), ("potential_V_vs_Na", "E / V vs Na/Na⁺"), ("row", "")
        )
        bars = _Bars(panel=panel)
        for i, w in enumerate(windows):
            y = len(windows) - 1 - i
            bars.computed(w, y)
            bars.measured(w, y)
        axes = panel.axes
        axes.set(yticks=np.arange(len(windows)), ylim=(-0.6, len(windows) - 0.4))
        axes.set_yticklabels([literal(w.sample) for w in reversed(windows)])
        axes.tick_params(axis="y", length=0, labelsize=8)
        low, high = axes.get_xlim()
        axes.set_xlim(min(low, 0.0) - 0.25, high + 0.35)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))

    criteria = ", ".join(dict.fromkeys(criterion_text(w.criterion) for w in windows))
    caption = (
        f"Stability windows, onset: {criteria}. Measured limits with their 95 % intervals, and the computed "
        "thermodynamic window where the study gives one. A practical window is not the thermodynamic one: kinetics "
        "widens it."
    )
    alt = "Measured and computed stability windows of " + ", ".join(w.sample for w in windows)
    return draw(name=name, caption=caption, alt=alt, size_in=(DOUBLE, height), simulated=simulated, paint=paint)


@dataclass(slots=True, kw_only=True)
class _Bars:
    """The bars of all rows; the first of each kind is named in the legend."""

    panel: Panel
    named: set[str] = field(default_factory=set)

    def label(self, text: str) -> str | None:
        """The text the first time, then None."""
        first = text not in self.named
        self.named.add(text)
        return text if first else None

    def computed(self, w: StabilityWindow, y: int) -> None:
        """Hatched, below."""
        if w.computed_v_vs_na is None:
            return
        low, high = w.computed_v_vs_na
        label = self.label(COMPUTED)
        bar = self.panel.axes.barh
        bar(y + BELOW, high - low, BAR, left=low, facecolor="none", edgecolor=GREY, hatch="////", lw=0.7, label=label)
        self.panel.keep(f"{w.sample}, computed", [low, high], y, y_name="row_computed")

    def measured(self, w: StabilityWindow, y: int) -> None:
        """Between the two limits, above; each limit with its interval."""
        axes = self.panel.axes
        if not w.verdict.printable:
            across = axes.get_yaxis_transform()
            axes.text(0.02, y + ABOVE, f"measured: {w.verdict.level}", fontsize=7, va="center", transform=across)
            return
        red, ox = w.reduction_limit_v_vs_na, w.oxidation_limit_v_vs_na
        if red is not None and ox is not None:
            label = self.label("measured")
            width = ox.value - red.value
            axes.barh(y + ABOVE, width, BAR, left=red.value, color=BLUE, alpha=0.35, lw=0, label=label)
        if red is not None:
            self.limit(f"{w.sample}, reduction", red, y, color=BLUE, label="onset of reduction", side="right")
        if ox is not None:
            self.limit(f"{w.sample}, oxidation", ox, y, color=RED, label="onset of oxidation", side="left")

    def limit(
        self, series: str, at: Estimate, y: int, *, color: str, label: str, side: Literal["left", "right"]
    ) -> None:
        """A stroke with its 95 % interval and its number, which begins or ends beside it."""
        axes = self.panel.axes
        ends = [[at.value - at.low], [at.high - at.value]]
        name = self.label(label)
        axes.errorbar(at.value, y + ABOVE, xerr=ends, fmt="|", ms=11, mew=1.4, color=color, elinewidth=0.9, label=name)
        x = at.value + (0.06 if side == "left" else -0.06)
        axes.text(x, y + ABOVE, f"{at.value:.2f}", fontsize=7, va="center", ha=side)
        self.panel.keep(series, at.value, y, at.low, at.high, y_name="row_limit_x_low95_high95")
