"""Spectra of one region of a sample, one state above the other: counts, components, background, and the residuals under each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.report.canvas import Canvas, Drawing, Panel, draw
from pipeline.core.report.style import BLACK, CYCLE, GREY, SINGLE
from pipeline.techniques.surfaces.model import SurfaceFit

MAX_PANELS = 6
PANEL_IN, RESIDUAL_IN, GAP_IN = 1.55, 0.38, 0.14
LEFT_IN, BOTTOM_IN, TOP_IN, LEGEND_IN = 0.62, 0.42, 0.16, 1.15


def component_colors(fits: Sequence[SurfaceFit]) -> dict[str, str]:
    """One colour for each species in all panels of a figure."""
    names = list(dict.fromkeys(c.name for f in fits for c in f.components))
    colors = [c for c in CYCLE if c not in (BLACK, GREY)]
    return {n: colors[i % len(colors)] for i, n in enumerate(names)}


def draw_region(name: str, sample: str, fits: Sequence[SurfaceFit], *, simulated: bool) -> Drawing:
    """One panel for each spectrum, all on one scale of the binding energy, which falls to the right."""
    left_off, fits = len(fits) - MAX_PANELS, fits[:MAX_PANELS]
    each = PANEL_IN + RESIDUAL_IN + GAP_IN
    height = BOTTOM_IN + each * len(fits) + TOP_IN
    width = SINGLE + LEGEND_IN
    colors = component_colors(fits)
    low = min(float(f.checked.binding_ev[0]) for f in fits)
    high = max(float(f.checked.binding_ev[-1]) for f in fits)
    measured = any(f.checked.shift_ev is None for f in fits)

    def paint(canvas: Canvas) -> None:
        canvas.title(LEFT_IN, height - 0.06, f"{sample}, {fits[0].region}")
        for i, fit in enumerate(fits):
            bottom = BOTTOM_IN + each * (len(fits) - 1 - i)
            _one(canvas, fit, bottom, colors, (low, high), last=i == len(fits) - 1, as_measured=measured)

    region = fits[0].region
    files = ", ".join(dict.fromkeys(f.file for f in fits))
    scale = "as measured" if measured else "on the scale of the charge reference"
    caption = (
        f"{sample}, {region}: {files}. Points: counts; lines: components on their background (dashed), and their sum. Below "
        f"each: residuals in units of sigma. Binding energies are {scale}."
    )
    if left_off > 0:
        caption += f" The first {MAX_PANELS} of {MAX_PANELS + left_off} spectra."
    alt = f"Photoelectron spectra of {sample}, {region}, with their components"
    return draw(name=name, caption=caption, alt=alt, size_in=(width, height), simulated=simulated, paint=paint)


def _one(
    canvas: Canvas,
    fit: SurfaceFit,
    bottom: float,
    colors: dict[str, str],
    limits: tuple[float, float],
    *,
    last: bool,
    as_measured: bool,
) -> None:
    title = fit.state or fit.checked.spectrum.label or fit.file
    x = (
        "binding_energy_eV",
        ("binding energy, as measured / eV" if as_measured else "binding energy / eV") if last else "",
    )
    width = SINGLE - LEFT_IN - 0.08
    scale, unit = _scale(float(fit.checked.counts.max()), "counts" if fit.checked.spectrum.counted else "intensity")
    panel = canvas.panel(title, (LEFT_IN, bottom + RESIDUAL_IN, width, PANEL_IN), (x[0], ""), ("counts", unit))
    under = canvas.panel(f"{title}, residuals", (LEFT_IN, bottom, width, RESIDUAL_IN), x, ("residual_sigma", "Δ/σ"))
    _curves(panel, fit, colors, scale)
    e, total = fit.checked.binding_ev, fit.background + fit.curves.sum(axis=0)
    under.points("residuals", e, fit.residuals, marker=".", ms=1.6, color=GREY)
    under.axes.axhline(0, color=BLACK, lw=0.5)
    reach = max(4.0, 1.15 * float(np.abs(fit.residuals).max()))
    under.axes.set(ylim=(-reach, reach), yticks=[0])
    for axes in (panel.axes, under.axes):
        axes.set_xlim(limits[1], limits[0])
    panel.axes.tick_params(labelbottom=False)
    under.axes.tick_params(labelbottom=last)
    panel.axes.margins(y=0.08)
    low, high = (
        float(min(fit.background.min(), fit.checked.counts.min())),
        float(max(fit.checked.counts.max(), total.max())),
    )
    panel.axes.set_ylim((low - 0.05 * (high - low)) * scale, (high + 0.18 * (high - low)) * scale)
    panel.axes.text(0.03, 0.95, title, transform=panel.axes.transAxes, ha="left", va="top", fontsize=8)
    panel.axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))


def _scale(top: float, what: str) -> tuple[float, str]:
    """Factor and label that keep the numbers of the axis short."""
    power = 3 * int(np.floor(np.log10(max(top, 1.0)) / 3)) if top >= 1e4 else 0
    return (1.0, what) if power == 0 else (10.0**-power, f"10{'³' if power == 3 else '⁶'} {what}")


def _curves(panel: Panel, fit: SurfaceFit, colors: dict[str, str], scale: float) -> None:
    e, base = fit.checked.binding_ev, fit.background
    panel.points("counts", e, fit.checked.counts * scale, marker="o", ms=1.8, mfc="none", mec=GREY, mew=0.5)
    panel.line("background", e, base * scale, color=BLACK, lw=0.7, ls="--")
    for name, curve in zip(fit.drawn, fit.curves, strict=True):
        panel.line(name, e, (base + curve) * scale, color=colors[name], lw=0.9, label=_legend(fit, name))
        panel.axes.fill_between(e, base * scale, (base + curve) * scale, color=colors[name], alpha=0.2, lw=0)
    panel.line("sum", e, (base + fit.curves.sum(axis=0)) * scale, color=BLACK, lw=0.8)


def _legend(fit: SurfaceFit, name: str) -> str:
    """``PS4 0.400(3)``-like: the share in per cent."""
    found = next(c for c in fit.components if c.name == name)
    named = name if fit.row.wanted else f"component {name}"
    share = found.area_fraction
    if len(fit.drawn) == 1 or share is None or not found.verdict.printable:
        return named
    return f"{named}\n{100 * share.value:.1f} ± {100 * share.sigma:.1f} %"
