"""Stability windows of all samples as bars: measured by the headline criterion, computed ones hatched beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.report.canvas import Canvas, Drawing, draw, literal
from pipeline.core.report.style import BLUE, DOUBLE, GREY, RED
from pipeline.core.report.text import criterion_text
from pipeline.techniques.sweeps.model import StabilityWindow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAR = 0.3
COMPUTED = "computed\n(thermodynamic)"


def draw_windows(name: str, windows: Sequence[StabilityWindow], *, simulated: bool) -> Drawing:
    """One row per sample; a limit that is withheld leaves its side open."""
    height = 0.75 + 0.42 * len(windows)

    def paint(canvas: Canvas) -> None:
        panel = canvas.panel(
            "windows", (1.2, 0.42, 4.1, height - 0.65), ("potential_V_vs_Na", "E / V vs Na/Na⁺"), ("row", "")
        )
        axes = panel.axes
        for i, w in enumerate(windows):
            y = len(windows) - 1 - i
            if w.computed_v_vs_na is not None:
                low, high = w.computed_v_vs_na
                axes.barh(y - 0.19, high - low, BAR, left=low, facecolor="none", edgecolor=GREY, hatch="////", lw=0.7,
                          label=COMPUTED if not _has(axes, COMPUTED) else None)  # fmt: skip
                panel.keep(f"{w.sample}, computed", [low, high], y, y_name="row_computed")
            if not w.verdict.printable:
                axes.text(
                    0.02,
                    y + 0.17,
                    f"measured: {w.verdict.level}",
                    fontsize=7,
                    va="center",
                    transform=axes.get_yaxis_transform(),
                )
                continue
            red, ox = w.reduction_limit_v_vs_na, w.oxidation_limit_v_vs_na
            if red is not None and ox is not None:
                axes.barh(y + 0.17, ox.value - red.value, BAR, left=red.value, color=BLUE, alpha=0.35, lw=0,
                          label="measured" if not _has(axes, "measured") else None)  # fmt: skip
            for limit, color, what, side in ((red, BLUE, "reduction", "right"), (ox, RED, "oxidation", "left")):
                if limit is not None:
                    onset = f"onset of {what}"
                    axes.errorbar(limit.value, y + 0.17, xerr=[[limit.value - limit.low], [limit.high - limit.value]],
                                  fmt="|", ms=11, mew=1.4, color=color, elinewidth=0.9,
                                  label=onset if not _has(axes, onset) else None)  # fmt: skip
                    axes.text(
                        limit.value + (0.06 if side == "left" else -0.06),
                        y + 0.17,
                        f"{limit.value:.2f}",
                        fontsize=7,
                        va="center",
                        ha=side,
                    )
                    panel.keep(
                        f"{w.sample}, {what}", limit.value, y, limit.low, limit.high, y_name="row_limit_x_low95_high95"
                    )
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


def _has(axes: Axes, label: str) -> bool:
    return label in axes.get_legend_handles_labels()[1]
