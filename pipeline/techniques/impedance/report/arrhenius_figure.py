"""Arrhenius plots: ln(sigma T) against 1000/T, the line with its 95 % band; withheld values are not drawn.

Geometry, common to all temperatures, is not in the band.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.report.canvas import Canvas, Drawing, Panel, draw, logarithmic
from pipeline.core.report.style import DOUBLE, QUANTITY, SINGLE, series_style
from pipeline.science.constants import S_PER_CM, T_25C_K, ZERO_CELSIUS_K
from pipeline.science.line_estimates import line_at
from pipeline.techniques.impedance.model import ArrheniusFit, ConductivityPoint

X = ("inverse_temperature_1000_per_K", "1000 K / T")
Y = ("conductivity_times_temperature_S_K_per_cm", "σ T / S K cm⁻¹")
ORDER = ("total", "bulk", "amorphous", "interface")


def line_values(line: ArrheniusFit, t_k: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Logarithm of the line and the half width of its 95 % band at temperatures ``t_k`` (n,); None where it has no line."""
    a, e = line.ln_value_at_t_ref, line.activation_energy_ev
    if a is None or e is None:
        return None
    kink, second = line.kink_temperature_k, line.second_activation_energy_ev
    bent = None if kink is None or second is None else (kink.value, second.value)
    return line_at(t_k, line.t_ref_k, a, e, line.correlation, bent)


def draw_totals(
    name: str, points: Sequence[ConductivityPoint], lines: Sequence[ArrheniusFit], *, simulated: bool
) -> Drawing:
    """Total conductivity of every sample in one plot; points whose temperature is known."""
    samples = list(dict.fromkeys(p.sample for p in points))
    many = len(samples) > 6
    size = (DOUBLE if many else SINGLE * 1.45, 3.3)
    wide = 4.6 if many else 3.0

    def paint(canvas: Canvas) -> None:
        panel = canvas.panel("total", (0.6, 0.45, wide, 2.3), X, Y)
        for i, sample in enumerate(samples):
            color, marker = series_style(i)
            mine = [p for p in points if p.sample == sample]
            _series(panel, sample, mine, [a for a in lines if a.sample == sample], color, marker)
        _finish(panel, points)
        panel.axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))

    caption = (
        "Total conductivity over temperature. Lines: fits of ln(σT) with their 95 % bands; withheld values are not "
        "drawn; dotted: extrapolated to 25 °C. Bars: 95 % intervals without the uncertainty of the "
        "geometry, which is common to all points of a pellet."
    )
    alt = f"Arrhenius plot of the total conductivity of {', '.join(samples)}"
    return draw(name=name, caption=caption, alt=alt, size_in=size, simulated=simulated, paint=paint)


def draw_regions(
    name: str, sample: str, points: Sequence[ConductivityPoint], lines: Sequence[ArrheniusFit], *, simulated: bool
) -> Drawing:
    """Total and every region of one pellet: single fits on the left, the joint fit of the series on the right."""
    methods = [m for m in ("single", "series") if any(p.method == m and p.quantity != "total" for p in points)]
    titles = {"single": "each spectrum alone", "series": "all temperatures at once"}
    size = (SINGLE * 1.45 if len(methods) == 1 else DOUBLE, 3.3)

    def paint(canvas: Canvas) -> None:
        first: Panel | None = None
        for i, method in enumerate(methods):
            options = {} if first is None else {"sharex": first.axes, "sharey": first.axes}
            panel = canvas.panel(
                titles[method], (0.6 + i * 2.6, 0.45, 2.4, 2.25), X, Y if i == 0 else (Y[0], ""), **options
            )
            for quantity in ORDER:
                color, marker = QUANTITY[quantity]
                wanted = "single" if quantity == "total" else method  # the total as measured, in both panels
                mine = [p for p in points if p.quantity == quantity and p.method == wanted]
                own = [a for a in lines if a.quantity == quantity and a.method == wanted]
                _series(panel, quantity, mine, own, color, marker)
            _finish(panel, points)
            panel.axes.text(0.04, 0.04, titles[method], transform=panel.axes.transAxes, fontsize=7)
            if first is not None:
                panel.axes.tick_params(which="both", labelleft=False)
            first = first or panel
        assert first is not None
        entries: dict[str, Any] = {}
        for axes in canvas.figure.axes:  # a region may be in one panel only
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
                entries.setdefault(label, handle)
        named = [label for label in ORDER if label in entries]
        canvas.figure.axes[-1].legend([entries[n] for n in named], named, loc="center left", bbox_to_anchor=(1.02, 0.5))
        canvas.title(0.6, size[1] - 0.04, sample)

    caption = (
        f"{sample}: conductivity of each region over temperature, beside the total. Lines with 95 % bands: fits of "
        "ln(σT); withheld values are not drawn."
    )
    alt = f"Arrhenius plot of {sample} by region"
    return draw(name=name, caption=caption, alt=alt, size_in=size, simulated=simulated, paint=paint)


def _series(
    panel: Panel,
    label: str,
    points: Sequence[ConductivityPoint],
    lines: Sequence[ArrheniusFit],
    color: str,
    marker: str,
) -> None:
    """Points of one quantity, its line and band; nothing where all is withheld."""
    shown = [(p, p.conductivity_s_per_m) for p in points if p.conductivity_s_per_m is not None]
    mine = [(p.temperature_k or T_25C_K, e) for p, e in shown if p.verdict.printable and e.value > 0]
    named = bool(mine)
    if mine:
        t = np.array([k for k, _ in mine])
        y, low, high = (np.array([getattr(e, end) for _, e in mine]) * S_PER_CM * t for end in ("value", "low", "high"))
        style = {"color": color, "marker": marker, "ms": 3.6, "label": label}
        panel.points(label, 1000 / t, y, low=np.clip(low, 1e-3 * y, None), high=high, **style)
    for line in [a for a in lines if a.basis == "sigma_T" and a.verdict.printable][:1]:
        t = np.linspace(line.t_min_k, line.t_max_k, 81)
        found = line_values(line, t)
        if found is None:
            continue
        ln, half = found
        panel.line(f"{label}, fit", 1000 / t, np.exp(ln), color=color, lw=0.9, ls="-" if named else "--",
                   label=None if named else label)  # fmt: skip
        if line.extrapolated:
            _extend(panel, label, line, color)
        panel.band(f"{label}, 95 % band", 1000 / t, np.exp(ln - half), np.exp(ln + half), color=color)


def _extend(panel: Panel, label: str, line: ArrheniusFit, color: str) -> None:
    """The way from the measured temperatures to 25 °C, dotted: it was not measured."""
    end = line.t_max_k if line.t_max_k < T_25C_K else line.t_min_k
    t = np.linspace(end, T_25C_K, 21)
    found = line_values(line, t)
    if found is not None:
        panel.line(f"{label}, extrapolated", 1000 / t, np.exp(found[0]), color=color, lw=0.8, ls=":")


def _finish(panel: Panel, points: Sequence[ConductivityPoint]) -> None:
    """Log scale, and the temperature in °C along the top."""
    axes = panel.axes
    t = np.array([p.temperature_k or T_25C_K for p in points] or [T_25C_K])
    x = 1000 / t
    pad = 0.06 * max(float(np.ptp(x)), 0.3)
    axes.set_xlim(float(x.min()) - pad, float(x.max()) + pad)
    given = [(p.conductivity_s_per_m, p.temperature_k or T_25C_K) for p in points if p.verdict.printable]
    values = [e.value * S_PER_CM * t for e, t in given if e is not None]
    logarithmic(axes, np.array(values))
    axes.tick_params(which="both", top=False)
    top = axes.secondary_xaxis("top", functions=(_celsius_of, _inverse_of))
    low, high = 1000 / axes.get_xlim()[1] - ZERO_CELSIUS_K, 1000 / axes.get_xlim()[0] - ZERO_CELSIUS_K
    top.set_xticks(celsius_ticks(low, high))
    top.minorticks_off()
    top.set_xlabel("T / °C")


def celsius_ticks(low: float, high: float) -> list[float]:
    """Round temperatures inside (low, high) that do not crowd on an axis linear in 1/T."""
    step = next((s for s in (5, 10, 20, 25, 50, 100, 200) if (high - low) / s <= 8), 500)
    ticks = [float(t) for t in np.arange(np.ceil(low / step) * step, high + 1e-9, step)]
    kept: list[float] = []
    width = 1000 / (low + ZERO_CELSIUS_K) - 1000 / (high + ZERO_CELSIUS_K)
    for t in ticks:
        if not kept or (1000 / (kept[-1] + ZERO_CELSIUS_K) - 1000 / (t + ZERO_CELSIUS_K)) / width > 0.085:
            kept.append(t)
    return kept


def _celsius_of(x: Any) -> Any:
    return 1000 / np.clip(x, 1e-3, None) - ZERO_CELSIUS_K


def _inverse_of(celsius: Any) -> Any:
    return 1000 / np.clip(np.asarray(celsius) + ZERO_CELSIUS_K, 1e-3, None)
