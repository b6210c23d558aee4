"""All spectra of a pellet, twenty to a sheet: one cell each, drawn to the scale of its own total resistance.

A thousand spectra take fifty sheets; so a sheet is one pair of axes with cells drawn into it, not twenty pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.arrays import ComplexArray, FloatArray
from pipeline.core.report.canvas import Canvas, Drawing, Panel, draw
from pipeline.core.report.style import BLUE, DOUBLE, GREY, RED
from pipeline.techniques.impedance.model import SpectrumFit
from pipeline.techniques.impedance.report.nyquist_figure import celsius, ohm_unit, span_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS, ROWS = 4, 5
PER_SHEET = COLUMNS * ROWS
CELL_W, CELL_H, GAP = 1.58, 1.34, 0.09
PLOT_W, PLOT_H = 1.54, 0.8
STRIP_H = 0.22
SIGMAS = 5.0
"""Half height of the strip of residuals in units of the noise."""


def list_sheets(fits: Sequence[SpectrumFit]) -> tuple[tuple[SpectrumFit, ...], ...]:
    """All spectra in the order given, cut into as many sheets as they need."""
    return tuple(tuple(fits[i : i + PER_SHEET]) for i in range(0, len(fits), PER_SHEET))


def draw_sheet(
    name: str, sample: str, fits: Sequence[SpectrumFit], page: tuple[int, int], *, simulated: bool
) -> Drawing:
    """One sheet; ``page`` is its number and how many there are."""
    rows = -(-len(fits) // COLUMNS)
    height = 0.25 + rows * (CELL_H + GAP)

    def paint(canvas: Canvas) -> None:
        panel = canvas.panel("sheet", (0, 0, DOUBLE, height), ("re_Z_ohm", ""), ("minus_im_Z_ohm", ""))
        panel.axes.set(xlim=(0, DOUBLE), ylim=(0, height))
        panel.axes.set_axis_off()
        canvas.title(0.06, height - 0.04, f"{sample}, sheet {page[0]} of {page[1]}")
        for i, fit in enumerate(fits):
            row, column = divmod(i, COLUMNS)
            corner = (0.08 + column * (CELL_W + GAP), height - 0.25 - (row + 1) * (CELL_H + GAP) + GAP)
            _cell(panel.axes, corner, fit)
            _numbers(panel, fit)

    caption = (
        f"All spectra of {sample}, sheet {page[0]} of {page[1]}. Each cell: −Im Z against Re Z at equal scales from "
        "0 to the value in its corner, circles measured, crosses left out, line the fit; below, the residuals of "
        f"the fit (filled Re, open Im) in a strip of ± {SIGMAS:g} sigma of the estimated noise, from the highest "
        "frequency on the left to the lowest."
    )
    alt = f"Small Nyquist plots of {len(fits)} spectra of {sample}"
    return draw(name=name, caption=caption, alt=alt, size_in=(DOUBLE, height), simulated=simulated, paint=paint)


def _numbers(panel: Panel, fit: SpectrumFit) -> None:
    s, keep = fit.checked.spectrum, np.array(fit.checked.keep, bool)
    z, m = s.impedance_ohm, fit.fitted_ohm
    what = f"{s.source.file} loop {s.loop}"
    panel.keep(f"{what}, measured", z.real[keep], -z.imag[keep])
    if (~keep).any():
        panel.keep(f"{what}, left out", z.real[~keep], -z.imag[~keep])
    panel.keep(f"{what}, fit", m.real, -m.imag)


def _cell(axes: Axes, corner: tuple[float, float], fit: SpectrumFit) -> None:
    from matplotlib.patches import Rectangle

    x0, y0 = corner
    z, m, keep = fit.checked.spectrum.impedance_ohm, fit.fitted_ohm, np.array(fit.checked.keep, bool)
    span = span_of(fit)
    base = y0 + STRIP_H + 0.08
    frame = Rectangle((x0, base), PLOT_W, PLOT_H, fill=False, lw=0.6, ec="k")
    axes.add_patch(frame)
    low = min(0.0, max(float(-z[keep].imag.max(initial=0.0)) * 1.05, -0.15 * span))
    axes.plot([x0, x0 + PLOT_W], [base - low / span * PLOT_W] * 2, color=GREY, lw=0.4)

    def place(values: ComplexArray) -> tuple[FloatArray, FloatArray]:
        return x0 + values.real / span * PLOT_W, base + (-values.imag - low) / span * PLOT_W

    looks: tuple[tuple[ComplexArray, dict[str, Any]], ...] = (
        (z[keep], {"marker": "o", "ms": 2.2, "mfc": "none", "mec": BLUE, "mew": 0.5, "ls": "none"}),
        (z[~keep], {"marker": "x", "ms": 2.4, "mec": RED, "mew": 0.6, "ls": "none"}),
        (m, {"color": "k", "lw": 0.7}),
    )
    for values, style in looks:
        for line in axes.plot(*place(values), **style):
            line.set_clip_path(frame)
    _strip(axes, (x0, y0), fit)
    factor, unit = ohm_unit(span)
    s = fit.checked.spectrum
    loop = f", loop {s.loop}" if s.loop > 1 else ""
    arcs = "1 arc" if fit.n_arcs == 1 else f"{fit.n_arcs} arcs"
    axes.text(x0, base + PLOT_H + 0.04, f"{celsius(fit)}{loop}", fontsize=7.5, va="bottom")
    axes.text(x0 + PLOT_W, base + PLOT_H + 0.04, f"{arcs}, {fit.verdict.level}", fontsize=7, ha="right", va="bottom")
    axes.text(
        x0 + PLOT_W - 0.03,
        base + 0.03,
        f"{span * factor:.3g} {unit}",
        fontsize=7,
        ha="right",
        va="bottom",
        color="#333333",
    )
    if fit.checked.kk.level != "pass":
        axes.text(x0 + 0.04, base + PLOT_H - 0.04, f"KK: {fit.checked.kk.level}", fontsize=7, va="top", color=RED)


def _strip(axes: Axes, corner: tuple[float, float], fit: SpectrumFit) -> None:
    """Residuals over the points in their order, in units of the noise."""
    from matplotlib.patches import Rectangle

    x0, y0 = corner
    keep = np.array(fit.checked.keep, bool)
    z, m = fit.checked.spectrum.impedance_ohm, fit.fitted_ohm
    residual = (z - m) / np.abs(m) / max(fit.noise, 1e-12)
    order = np.argsort(-fit.checked.spectrum.frequency_hz, kind="stable")
    x = x0 + PLOT_W * (np.arange(z.size) + 0.5) / max(z.size, 1)
    axes.add_patch(Rectangle((x0, y0), PLOT_W, STRIP_H, fill=False, lw=0.4, ec=GREY))
    axes.plot([x0, x0 + PLOT_W], [y0 + STRIP_H / 2] * 2, color=GREY, lw=0.4)
    looks: tuple[tuple[FloatArray, dict[str, Any]], ...] = (
        (residual.real, {"mec": BLUE, "mfc": BLUE, "mew": 0}),
        (residual.imag, {"mec": RED, "mfc": "none", "mew": 0.4}),
    )
    for part, style in looks:
        y = y0 + STRIP_H * (0.5 + 0.5 * np.clip(part, -SIGMAS, SIGMAS) / SIGMAS)
        good = keep[order]
        axes.plot(x[good], y[order][good], "o", ms=1.6, **style)
