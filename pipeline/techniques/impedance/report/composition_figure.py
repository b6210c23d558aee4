"""Conductivity at 25 °C against composition, with the optimum of each series and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.report.canvas import Canvas, Drawing, draw
from pipeline.core.report.style import SINGLE, series_style
from pipeline.core.report.text import estimate_text
from pipeline.techniques.impedance.comparisons import CompositionOptimum, CompositionPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MS_PER_CM = 10.0
"""S/m -> mS/cm."""


def draw_composition(
    name: str, points: Sequence[CompositionPoint], optima: Sequence[CompositionOptimum], *, simulated: bool
) -> Drawing:
    """One plot with a series in each colour."""
    series = list(dict.fromkeys(p.series for p in points))

    def paint(canvas: Canvas) -> None:
        panel = canvas.panel(
            "composition",
            (0.62, 0.42, 2.5, 2.2),
            ("x_lcf", "x in (1−x) HCF · x LCF"),
            ("conductivity_25C_mS_per_cm", "σ(25 °C) / mS cm⁻¹"),
        )
        for i, s in enumerate(series):
            color, marker = series_style(i)
            for used in (True, False):
                mine = [
                    (p.x_lcf, p.conductivity_25c_s_per_m)
                    for p in points
                    if p.series == s and p.verdict.printable is used and p.conductivity_25c_s_per_m is not None
                ]
                if mine:
                    x = np.array([x for x, _ in mine])
                    y, low, high = (
                        np.array([getattr(e, end) for _, e in mine]) * MS_PER_CM for end in ("value", "low", "high")
                    )
                    panel.points(
                        s if used else f"{s}, withheld", x, y, low=np.clip(low, 1e-3 * y, None), high=high, color=color,
                        marker=marker, mfc=color if used else "none", label=s if used else None,
                    )  # fmt: skip
            for o in optima:
                if o.series == s and o.verdict.printable and o.x_optimum is not None:
                    e = o.x_optimum
                    panel.axes.axvspan(e.low, e.high, color=color, alpha=0.15, lw=0)
                    panel.axes.axvline(e.value, color=color, lw=0.8, ls="--", label=f"optimum {estimate_text(e)}")
                    panel.keep(f"{s}, optimum", e.value, np.nan, y_name="x_low95_high95")
                    panel.rows[-1].update(y_low=e.low, y_high=e.high)
        _scale(panel.axes, points)
        panel.axes.legend(
            loc="best", frameon=True, framealpha=1.0, edgecolor="none"
        )  # it hides the line of the optimum

    words = [f"series {o.series}: {o.verdict.level}, {o.verdict.reason}" for o in optima]
    caption = (
        "Conductivity at 25 °C over composition, with 95 % intervals that include the geometry. Band: 95 % "
        f"interval of the optimum. {'; '.join(words)}{'.' if words else ''}"
    )
    alt = f"Conductivity against x for {len(points)} pellets"
    return draw(name=name, caption=caption, alt=alt, size_in=(SINGLE, 2.85), simulated=simulated, paint=paint)


def _scale(axes: Axes, points: Sequence[CompositionPoint]) -> None:
    """Logarithmic where the series spans more than a factor of 20."""
    values = [p.conductivity_25c_s_per_m.value for p in points if p.conductivity_25c_s_per_m is not None]
    if values and min(values) > 0 and max(values) / min(values) > 20:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
