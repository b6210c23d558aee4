"""Figures of cells: the first cycle, capacity and efficiency over cycles, rates, curves at rates, dQ/dV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.report.canvas import Canvas, Drawing, Panel, draw
from pipeline.core.report.style import BLUE, CYCLE, DOUBLE, GREY, RED, SINGLE, series_style
from pipeline.techniques.cycling.model import CellTest, Curve, Cycle, RateBlock

MAX_SERIES = 10
NARROW = 0.075
"""Share of the cycles below which the name of a rate does not fit above its run."""
HEADROOM = 1.36
"""Top of the axis over the capacities: rates and efficiencies stand between."""
VOLTS = ("potential_V", "E / V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How charges are drawn: per gram where every cell has a mass, else in mAh."""

    per_gram: bool

    @property
    def x(self) -> tuple[str, str]:
        """Column and label."""
        return ("capacity_mAh_per_g", "capacity / mAh g⁻¹") if self.per_gram else ("capacity_mAh", "capacity / mAh")

    @property
    def derivative(self) -> tuple[str, str]:
        """Of dQ/dV."""
        if self.per_gram:
            return "dq_dv_mAh_per_g_V", "dQ/dV / mAh g⁻¹ V⁻¹"
        return "dq_dv_mAh_per_V", "dQ/dV / mAh V⁻¹"

    def of(self, cell: CellTest) -> float:
        """Factor from mAh."""
        return 1.0 / cell.mass_g if self.per_gram and cell.mass_g else 1.0


def scale_of(cells: Sequence[CellTest]) -> Scale:
    """One scale for all cells of a figure."""
    return Scale(per_gram=all(c.mass_g for c in cells))


def rate_label(rate_c: float | None, cycle: int | None = None) -> str:
    """``0.2 C``, with the cycle where it is given."""
    words = [] if rate_c is None else [f"{rate_c:g} C"]
    return ", ".join([*words, *([f"cycle {cycle}"] if cycle is not None else [])]) or "cycles"


def draw_first_cycles(name: str, cells: Sequence[tuple[str, CellTest]], *, simulated: bool) -> Drawing | None:
    """Potential over capacity in the first cycle, one cell of each sample."""
    chosen = _one_of_each(cells)
    if not chosen:
        return None
    scale = scale_of([c for _, c in chosen])

    def paint(canvas: Canvas) -> None:
        panel = canvas.panel("first cycle", (0.55, 0.45, 2.5, 2.1), scale.x, VOLTS)
        for i, (sample, cell) in enumerate(chosen):
            color, _ = series_style(i)
            for k, curve in enumerate(c for c in cell.curves if c.cycle == 1):
                label = sample if k == 0 else None
                panel.line(
                    f"{sample}, {curve.direction}", curve.charge_mah * scale.of(cell), curve.voltage_v, color=color,
                    ls="-" if curve.direction == "charge" else "--", label=label,
                )  # fmt: skip
        panel.axes.set_xlim(left=0)
        panel.axes.legend(loc="best")

    caption = "First cycle: charge as a full line, discharge dashed" + _several(cells, chosen)
    return draw(name=name, caption=caption, alt="Potential over capacity in the first cycle", size_in=(SINGLE, 2.75),
                simulated=simulated, paint=paint)  # fmt: skip


def _one_of_each(cells: Sequence[tuple[str, CellTest]]) -> list[tuple[str, CellTest]]:
    """First cell of each sample that has curves of cycle 1, at most MAX_SERIES; where some have a mass, those alone."""
    found: dict[str, CellTest] = {}
    weighed = [(s, c) for s, c in cells if c.mass_g]
    for sample, cell in weighed or cells:
        if sample not in found and any(c.cycle == 1 for c in cell.curves):
            found[sample] = cell
    return list(found.items())[:MAX_SERIES]


def _several(cells: Sequence[tuple[str, CellTest]], chosen: Sequence[tuple[str, CellTest]]) -> str:
    return "; the first cell of each sample." if len(cells) > len(chosen) else "."


def draw_cycles(name: str, sample: str, cell: CellTest, *, simulated: bool) -> Drawing | None:
    """Capacity (left) and efficiency (right) over cycles, rates written above their runs."""
    numbered = [c for c in cell.cycles if c.number > 0]
    if not numbered:
        return None
    scale = scale_of([cell])

    def paint(canvas: Canvas) -> None:
        canvas.title(0.6, 2.72, f"{sample}, {cell.name}")
        panel = canvas.panel("cycles", (0.6, 0.45, 5.4, 2.0), ("cycle", "cycle"), scale.x)
        _capacities(panel, numbered, scale.of(cell))
        _rates(panel, cell)
        _efficiencies(canvas, panel, numbered)

    half = "discharge over charge" if cell.first == "charge" else "charge over discharge"
    caption = (
        f"{sample}: capacity of charge and discharge in every cycle, and efficiency ({half}, right). Rates stand above "
        "their runs; halves that were aborted are not drawn."
    )
    alt = f"Capacity and efficiency of {sample} over cycles"
    return draw(name=name, caption=caption, alt=alt, size_in=(DOUBLE, 2.8), simulated=simulated, paint=paint)


def _capacities(panel: Panel, cycles: Sequence[Cycle], factor: float) -> None:
    tops: list[float] = []
    for direction, color, marker in (("charge", BLUE, "o"), ("discharge", RED, "s")):
        halves = [(c.number, h) for c in cycles if (h := getattr(c, direction)) is not None and h.verdict.printable]
        if not halves:
            continue
        x, y = np.array([n for n, _ in halves]), np.array([h.capacity_mah.value * factor for _, h in halves])
        fill = "none" if direction == "charge" else color
        panel.points(
            direction, x, y, color=color, marker=marker, ms=_size(len(cycles)), mfc=fill, mew=0.8, label=direction
        )
        tops += y.tolist()
    if tops and max(tops) > 0:
        panel.axes.set_ylim(0, HEADROOM * float(np.quantile(tops, 0.98)))
    panel.axes.legend(loc="lower left")
    panel.axes.set_xlim(cycles[0].number - 0.7 - 0.01 * len(cycles), cycles[-1].number + 0.7 + 0.01 * len(cycles))
    panel.axes.locator_params(axis="x", integer=True)


def _size(n: int) -> float:
    return 3.5 if n <= 60 else 2.2


def _rates(panel: Panel, cell: CellTest) -> None:
    """Where each run begins, and its rate above it; upright where runs are narrow."""
    blocks = [b for b in cell.blocks if b.cycles and b.rate_c is not None]
    if len(blocks) > 12:
        return
    span = max(max(b.cycles) for b in blocks) if blocks else 1
    for b in blocks:
        first, last = run_ends(cell, b)
        panel.axes.axvline(first - 0.5, color=GREY, lw=0.5, ls=":")
        narrow = len(blocks) > 1 and (last - first + 1) / span < NARROW
        panel.axes.text(
            (first + last) / 2,
            0.965,
            f"{b.rate_c:g} C",
            transform=panel.axes.get_xaxis_transform(),
            fontsize=7,
            va="top",
            ha="center",
            rotation=90 if narrow else 0,
            clip_on=True,
        )


def run_ends(cell: CellTest, block: RateBlock) -> tuple[int, int]:
    """First and last whole cycle of a run; the formation, which is in no mean, is one of them."""
    numbers = [c.number for c in cell.cycles if c.block == block.number and c.number > 0 and c.verdict.printable]
    return min(numbers), max(numbers)


def _efficiencies(canvas: Canvas, panel: Panel, cycles: Sequence[Cycle]) -> None:
    good = [
        (c.number, c.efficiency_percent) for c in cycles if c.efficiency_percent is not None and c.verdict.printable
    ]
    if not good:
        return
    right = panel.axes.twinx()
    right.set_ylabel("efficiency / %")
    x, y = np.array([n for n, _ in good]), np.array([e.value for _, e in good])
    right.plot(x, y, "^", color="#009E73", ms=_size(len(cycles)) * 0.9, mfc="none", mew=0.7, ls="none")
    low = float(np.quantile(y, 0.02))
    right.set_ylim(min(80.0, 5 * np.floor(low / 5)) if low > 20 else 0.0, 105)
    panel.axes.tick_params(axis="y", right=False)
    side = Panel(axes=right, name="efficiency", x="cycle", y="coulombic_efficiency_percent", rows=canvas.rows)
    side.keep("efficiency", x, y)


def draw_curves(name: str, sample: str, cell: CellTest, *, simulated: bool) -> Drawing | None:
    """Left potential over capacity, right dQ/dV; one cycle of each rate, or cycles of different age."""
    shown = _to_show(cell)
    if not shown:
        return None
    scale = scale_of([cell])

    derived = any(c.derivative_v.size for _, curves in shown for c in curves)

    def paint(canvas: Canvas) -> None:
        canvas.title(0.55, 2.82, f"{sample}, {cell.name}")
        left = canvas.panel("curves", (0.55, 0.45, 2.1, 2.1), scale.x, VOLTS)
        panels = [left]
        if derived:
            panels.append(canvas.panel("derivative", (3.3, 0.45, 2.1, 2.1), VOLTS, scale.derivative))
        for i, (label, curves) in enumerate(shown):
            _one_cycle(panels, label, curves, CYCLE[i % len(CYCLE)], scale.of(cell))
        left.axes.set_xlim(left=0)
        if derived:
            panels[1].axes.axhline(0, color=GREY, lw=0.5)
            _quiet(panels[1], [c for _, curves in shown for c in curves], scale.of(cell))
        panels[-1].axes.legend(loc="center left", bbox_to_anchor=(1.03, 0.5))

    what = f"and dQ/dV ({cell.smoothing}; steps at constant potential left out; negative on discharge)"
    caption = f"{sample}: potential over capacity, {what if derived else 'too coarsely recorded for dQ/dV'}."
    alt = f"Curves and dQ/dV of {sample}"
    width = DOUBLE if derived else 4.2
    return draw(name=name, caption=caption, alt=alt, size_in=(width, 2.9), simulated=simulated, paint=paint)


def _one_cycle(panels: Sequence[Panel], label: str, curves: Sequence[Curve], color: str, factor: float) -> None:
    """Both halves, in the panel of curves and where there is one in that of derivatives."""
    for c in curves:
        series = f"{label}, {c.direction}"
        panels[0].line(series, c.charge_mah * factor, c.voltage_v, color=color, lw=0.9)
        if len(panels) > 1 and c.derivative_v.size:
            panels[1].line(series, c.derivative_v, c.dq_dv_mah_per_v * factor, color=color, lw=0.8)
    panels[-1].axes.plot([], [], color=color, label=label)


def _quiet(panel: Panel, curves: Sequence[Curve], factor: float) -> None:
    """Limits of the derivative without the spike where the current sets in."""
    values = np.concatenate([c.dq_dv_mah_per_v for c in curves] or [np.empty(0)]) * factor
    if values.size > 20:
        low, high = np.quantile(values, [0.003, 0.997])
        pad = 0.12 * (high - low)
        panel.axes.set_ylim(low - pad, high + pad)


def _to_show(cell: CellTest) -> list[tuple[str, list[Curve]]]:
    """(label, its curves): the first cycle of each rate where there are several, else the first, second and last cycles."""
    by_cycle: dict[int, list[Curve]] = {}
    for c in cell.curves:
        by_cycle.setdefault(c.cycle, []).append(c)
    runs = {c.number: c.block for c in cell.cycles}
    by_run: dict[int | None, int] = {}
    for n in sorted(by_cycle):
        by_run.setdefault(runs.get(n), n)
    firsts = [n for run, n in by_run.items() if run is not None]
    if len(firsts) >= 3:
        seen: dict[float | None, int] = {}
        for n in firsts:
            seen.setdefault(by_cycle[n][-1].rate_c, n)
        chosen = list(seen.values()) if len(seen) >= 3 else firsts
        return [(rate_label(by_cycle[n][-1].rate_c, n), by_cycle[n]) for n in chosen[:MAX_SERIES]]
    if not by_cycle:
        return []
    numbers = sorted(by_cycle)
    picked = list(dict.fromkeys([*numbers[:2], *(numbers[int(i)] for i in np.linspace(0, len(numbers) - 1, 5))]))
    return [(rate_label(by_cycle[n][-1].rate_c, n), by_cycle[n]) for n in sorted(picked)[:MAX_SERIES]]


def draw_rates(name: str, cells: Sequence[tuple[str, CellTest]], *, simulated: bool) -> Drawing | None:
    """Discharge capacity against rate, every cell; nothing where no cell has three rates."""
    rich = [(s, c) for s, c in cells if len({b.rate_c for b in c.blocks if b.rate_c is not None}) >= 3][
        : 2 * MAX_SERIES
    ]
    if not rich:
        return None
    samples = list(dict.fromkeys(s for s, _ in rich))

    def paint(canvas: Canvas) -> None:
        panel = canvas.panel("rates", (0.6, 0.45, 2.45, 2.1), ("rate_C", "rate / C"),
                             ("discharge_mAh_per_g", "discharge / mAh g⁻¹"))  # fmt: skip
        named: set[str] = set()
        for sample, cell in rich:
            color, marker = series_style(samples.index(sample))
            blocks = _each_rate(cell)
            x = np.array([b.rate_c or np.nan for b in blocks])
            y, s = (np.array([getattr(b.discharge_mah_per_g, a) for b in blocks]) for a in ("value", "sigma"))
            label = None if sample in named else sample
            named.add(sample)
            panel.points(
                f"{sample}, {cell.name}",
                x,
                y,
                low=y - s,
                high=y + s,
                color=color,
                marker=marker,
                linestyle="-",
                lw=0.7,
                label=label,
            )
        panel.axes.set_xscale("log")
        panel.axes.set_ylim(bottom=0)
        _plain_rates(panel, rich)
        panel.axes.legend(loc="lower left")

    caption = "Mean discharge capacity of each run against its rate; bars: 1 σ, the mass's uncertainty in it."
    return draw(name=name, caption=caption, alt="Discharge capacity against rate", size_in=(SINGLE, 2.75), simulated=simulated,
                paint=paint)  # fmt: skip


def _each_rate(cell: CellTest) -> list[RateBlock]:
    """The first run at each rate, by rate."""
    seen: dict[float, RateBlock] = {}
    for b in cell.blocks:
        if b.rate_c is not None and b.discharge_mah_per_g is not None:
            seen.setdefault(b.rate_c, b)
    return [seen[r] for r in sorted(seen)]


def _plain_rates(panel: Panel, rich: Sequence[tuple[str, CellTest]]) -> None:
    from matplotlib.ticker import NullFormatter

    rates = sorted({b.rate_c for _, c in rich for b in _each_rate(c) if b.rate_c is not None})
    panel.axes.set_xticks(rates)
    panel.axes.set_xticklabels([f"{r:g}" for r in rates])
    panel.axes.xaxis.set_minor_formatter(NullFormatter())
