"""One or two spectra of a pellet in detail: Nyquist plot with the arcs of the fit, Bode plot, residuals.

-Im Z exists here and in column names only; residuals are (Z - model)/|model| in per cent, as the fit weighs them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.report.canvas import Canvas, Drawing, Panel, draw, logarithmic
from pipeline.core.report.style import BLUE, DOUBLE, GREY, QUANTITY, RED, SINGLE
from pipeline.core.report.text import si_text
from pipeline.science.constants import ZERO_CELSIUS_K
from pipeline.science.impedance_elements import skewed_relaxation
from pipeline.techniques.impedance.headline_spectra import headline_spectra
from pipeline.techniques.impedance.model import Arc, RegionAssignment, SpectrumFit

LEFT, WIDTH, STEP = 0.55, 2.65, 3.4
POINTS = 72 * WIDTH
"""Width of the Nyquist plot in points."""
LN_OMEGA_TAU = np.concatenate([[-700.0], np.linspace(-2.5, 2.5, 41) * np.log(10), [9 * np.log(10)]])
"""Where an arc is drawn: around its top, and where it has closed and opened."""
Box = tuple[float, float, float, float]
"""Left, low, right, high."""


def celsius(fit: SpectrumFit) -> str:
    """Temperature as text, with a true minus."""
    t = fit.checked.spectrum.temperature_k
    return "no temperature" if t is None else f"{t - ZERO_CELSIUS_K:.4g} °C".replace("-", "−")


def chosen(fits: Sequence[SpectrumFit]) -> tuple[SpectrumFit, ...]:
    """The coldest spectrum, and the one nearest 25 °C where that is another temperature."""
    return tuple(headline_spectra(fits))


def ohm_unit(largest: float) -> tuple[float, str]:
    """Factor and unit that keep the numbers of an axis short."""
    for size, unit in ((1e6, "MΩ"), (1e3, "kΩ")):
        if largest >= size:
            return 1 / size, unit
    return 1.0, "Ω"


def draw_spectra(
    name: str,
    sample: str,
    fits: Sequence[SpectrumFit],
    regions: Sequence[Sequence[RegionAssignment]],
    *,
    simulated: bool,
) -> Drawing:
    """One or two spectra in detail, side by side."""
    titles = [f"{sample}, {celsius(f)}" for f in fits]
    width = SINGLE if len(fits) == 1 else DOUBLE

    def paint(canvas: Canvas) -> None:
        for i, (fit, assigned, title) in enumerate(zip(fits, regions, titles, strict=True)):
            left = LEFT + i * STEP
            canvas.title(left, 5.72, title, STEP - 0.6 if i == 0 and len(fits) == 2 else None)
            _nyquist(canvas, title, (left, 3.5, WIDTH, 1.98), fit, assigned)
            _bode(canvas, title, (left, 1.75, WIDTH - 0.42, 1.2), fit)
            _residuals(canvas, title, (left, 0.4, WIDTH - 0.42, 1.0), fit)

    circuits = "; ".join(f"{celsius(f)}: {f.circuit}, {f.verdict.level}" for f in fits)
    caption = (
        f"{sample}. Top: Nyquist plot at equal scales; open circles measured, crosses left out, line the fit, "
        "dashed the arcs that the data resolve, filled circles the decades of frequency. Middle: modulus and "
        f"phase. Bottom: residuals of the fit with the band of 2 sigma of the estimated noise. {circuits}."
    )
    alt = f"Nyquist, Bode and residual plots of {', '.join(titles)}"
    return draw(name=name, caption=caption, alt=alt, size_in=(width, 5.8), simulated=simulated, paint=paint)


def _nyquist(
    canvas: Canvas,
    name: str,
    box: tuple[float, float, float, float],
    fit: SpectrumFit,
    regions: Sequence[RegionAssignment],
) -> None:
    z, f = fit.checked.spectrum.impedance_ohm, fit.checked.spectrum.frequency_hz
    keep = np.array(fit.checked.keep, bool)
    span = span_of(fit)
    factor, unit = ohm_unit(span)
    panel = canvas.panel(
        f"{name}, Nyquist",
        box,
        (f"re_Z_{_ascii(unit)}", f"Re Z / {unit}"),
        (f"minus_im_Z_{_ascii(unit)}", f"−Im Z / {unit}"),
    )
    x, y = z.real * factor, -z.imag * factor
    panel.points("measured", x[keep], y[keep], marker="o", mfc="none", mec=BLUE, mew=0.7, ms=3.2)
    if (~keep).any():
        panel.points("left out", x[~keep], y[~keep], marker="x", color=RED, mew=0.8, ms=3.5)
    panel.line("fit", fit.fitted_ohm.real * factor, -fit.fitted_ohm.imag * factor, color="k", lw=0.9)
    shown = _arcs(panel, fit, regions, factor)
    top, low = span * factor, float(np.min(y[keep], initial=0.0))
    low = max(1.1 * low, -0.25 * top) if low < 0 else 0.0
    panel.axes.set(xlim=(0, top), ylim=(low - 0.02 * top, low - 0.02 * top + top * box[3] / box[2]))
    _decades(panel, f[keep], x[keep], y[keep], span * factor)
    panel.axes.axhline(0, color=GREY, lw=0.5)
    total = fit.total_resistance
    note = "total withheld" if total is None else f"R = {si_text(total, 'Ω')[0]}"
    withheld = sum(not a.verdict.printable for a in fit.arcs)
    if withheld:
        note += f"\n{withheld} of {len(fit.arcs)} arcs withheld"
    note += f"\nKramers–Kronig: {fit.checked.kk.level}"
    panel.axes.text(0.03, 0.97, note, transform=panel.axes.transAxes, va="top", fontsize=7, linespacing=1.25)
    if shown:
        panel.axes.legend(loc="upper left", bbox_to_anchor=(0.005, 0.965 - 0.068 * (note.count("\n") + 1)))


def _ascii(unit: str) -> str:
    return {"MΩ": "Mohm", "kΩ": "kohm", "Ω": "ohm"}[unit]


def span_of(fit: SpectrumFit) -> float:
    """Width of the Nyquist plot in ohm: the sample's semicircle and the foot of the blocking tail.

    Where the total is not known to 10 %, the foot is the point of the smallest phase, if an arc stands before it.
    """
    z = fit.checked.spectrum.impedance_ohm[np.array(fit.checked.keep, bool)]
    total = fit.total_resistance
    if total is not None and total.value > 0 and total.sigma < 0.1 * total.value:
        return 1.45 * total.value
    if z.size:
        foot = float(z.real[np.argmin(np.abs(np.angle(z)))])
        if foot > 0 and np.count_nonzero(z.real < foot) >= 5:
            return 1.45 * foot
    return 1.05 * float(np.max(np.abs(z.real), initial=1e-3))


def _parameters(fit: SpectrumFit) -> dict[str, float]:
    return dict(zip(fit.parameter_names, fit.parameter_values, strict=True))


def arc_curve(fit: SpectrumFit, arc: Arc) -> FloatArray | None:
    """(2, m) Re and -Im of one arc alone, from 0 to R, ohm; None where its parameters are not among the circuit's."""
    given = _parameters(fit)
    r, n, b = given.get(f"R{arc.number}"), given.get(f"CPE{arc.number}_1", 1.0), given.get(f"HN{arc.number}_3", 1.0)
    r, n = given.get(f"HN{arc.number}_0", r), given.get(f"HN{arc.number}_2", n)
    r, n = arc.drawn or (r, n)
    if r is None:
        return None
    z = skewed_relaxation(LN_OMEGA_TAU, np.zeros(1), np.array([n]), np.array([b]), r)[0]
    return np.array([z.real, -z.imag])


def _arcs(panel: Panel, fit: SpectrumFit, regions: Sequence[RegionAssignment], factor: float) -> bool:
    """Arcs in the order of their time constants, each starting where the faster ones end; True where one is shown."""
    named = {r.arc: r.region for r in regions}
    start = fit.series_resistance.value if fit.series_resistance is not None else 0.0
    for arc in fit.arcs:
        curve = arc_curve(fit, arc)
        if curve is None:
            continue
        region = named.get(arc.number, "undetermined")
        color, _ = QUANTITY[region]
        if arc.verdict.printable:
            label = f"arc {arc.number}: {region} ({arc.verdict.level})"
            panel.line(
                f"arc {arc.number} {region}",
                (start + curve[0]) * factor,
                curve[1] * factor,
                color=color,
                ls="--",
                label=label,
            )
            panel.axes.fill_between((start + curve[0]) * factor, 0, curve[1] * factor, color=color, alpha=0.08, lw=0)
        start += float(curve[0].max())
    return any(a.verdict.printable for a in fit.arcs)


def _decades(panel: Panel, f: FloatArray, x: FloatArray, y: FloatArray, span: float) -> None:
    """Fill the points nearest to whole decades of frequency and name those that do not crowd."""
    last = (-np.inf, -np.inf)
    bottom, taken = float(panel.axes.get_ylim()[0]), list[Box]()
    dense = np.linspace(0, max(f.size - 1, 0), 6 * f.size)  # the line between the points counts as well
    curve = tuple(np.interp(dense, np.arange(f.size), along) for along in (x, y)) if f.size else (x, y)
    for decade in range(9, -4, -1):
        if not f.size or not f.min() <= 10.0**decade <= f.max():
            continue
        i = int(np.argmin(np.abs(np.log10(f) - decade)))
        if x[i] > span or y[i] > 0.7 * span or np.hypot(x[i] - last[0], y[i] - last[1]) < 0.12 * span:
            continue
        last = (x[i], y[i])
        panel.axes.plot(x[i], y[i], "o", ms=3.4, color=BLUE)
        text = frequency_text(10.0**decade)
        place = _free_place(text, (x[i], y[i]), curve, (span, bottom), taken)
        taken.append(place)
        at = (
            (place[0] + place[2]) / 2 - x[i] * POINTS / span,
            (place[1] + place[3]) / 2 - (y[i] - bottom) * POINTS / span,
        )
        panel.axes.annotate(
            text, (x[i], y[i]), at, textcoords="offset points", ha="center", va="center", fontsize=7, color=BLUE
        )


def _free_place(
    text: str,
    at: tuple[float, float],
    curve: tuple[FloatArray, ...],
    frame: tuple[float, float],
    taken: list[Box],
) -> Box:
    """Box of a label in points from the lower left corner: over, right of, under or left of its point, where least is hidden."""
    scale, (x, y) = POINTS / frame[0], curve
    px, py = x * scale, (y - frame[1]) * scale
    cx, cy = at[0] * scale, (at[1] - frame[1]) * scale
    w, h = 4.1 * len(text), 8.0

    def cost(box: Box) -> float:
        left, low, right, high = box
        hidden = np.count_nonzero((px > left - 2) & (px < right + 2) & (py > low - 2) & (py < high + 2))
        others = sum(left < b[2] and right > b[0] and low < b[3] and high > b[1] for b in taken)
        return float(hidden) + 50 * others + 50 * (left < 0 or low < 0 or right > POINTS)

    middles = [
        (dx * (w / 2 + 4), dy * (h / 2 + 4)) for dx, dy in ((0, 1), (1, 0), (1, 1), (-1, 1), (0, -1), (-1, 0), (1, -1))
    ]
    middles += [(0, h / 2 + 13), (0, -h / 2 - 13)]
    boxes = [(cx + u - w / 2, cy + v - h / 2, cx + u + w / 2, cy + v + h / 2) for u, v in middles]
    return min(boxes, key=cost)


def frequency_text(f_hz: float) -> str:
    """``1 MHz``, ``100 kHz``, ``10 Hz``."""
    for size, unit in ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz")):
        if f_hz >= size * 0.9999:
            return f"{f_hz / size:.3g} {unit}"
    return f"{f_hz * 1e3:.3g} mHz"


def _bode(canvas: Canvas, name: str, box: tuple[float, float, float, float], fit: SpectrumFit) -> None:
    z, f = fit.checked.spectrum.impedance_ohm, fit.checked.spectrum.frequency_hz
    keep = np.array(fit.checked.keep, bool)
    panel = canvas.panel(f"{name}, Bode", box, ("frequency_hz", ""), ("modulus_ohm", "|Z| / Ω"))
    panel.points("measured", f[keep], np.abs(z[keep]), marker="o", mfc="none", mec=BLUE, mew=0.7, ms=2.8)
    panel.line("fit", f, np.abs(fit.fitted_ohm), color="k", lw=0.9)
    panel.axes.set_xscale("log")
    logarithmic(panel.axes, np.abs(np.concatenate([z[keep], fit.fitted_ohm])))
    panel.axes.tick_params(labelbottom=False, right=False, which="both")
    twin = panel.axes.twinx()
    phase = Panel(axes=twin, name=panel.name, x="frequency_hz", y="minus_phase_degree", rows=panel.rows)
    phase.points(
        "measured phase", f[keep], -np.degrees(np.angle(z[keep])), marker="s", mfc="none", mec=RED, mew=0.6, ms=2.4
    )
    phase.line("fit phase", f, -np.degrees(np.angle(fit.fitted_ohm)), color=RED, lw=0.9, ls="--")
    twin.set_ylabel("−phase / °", color=RED)
    twin.tick_params(axis="y", colors=RED)


def _residuals(canvas: Canvas, name: str, box: tuple[float, float, float, float], fit: SpectrumFit) -> None:
    z, f = fit.checked.spectrum.impedance_ohm, fit.checked.spectrum.frequency_hz
    keep = np.array(fit.checked.keep, bool)
    residual = 100 * (z - fit.fitted_ohm) / np.abs(fit.fitted_ohm)
    panel = canvas.panel(f"{name}, residuals", box, ("frequency_hz", "f / Hz"), ("residual_percent", "residual / %"))
    noise = 200 * fit.noise
    panel.axes.axhspan(-noise, noise, color=GREY, alpha=0.18, lw=0)
    panel.axes.axhline(0, color=GREY, lw=0.5)
    panel.points("Re", f[keep], residual.real[keep], marker="o", color=BLUE, ms=2.4, label="Re")
    panel.points("Im", f[keep], residual.imag[keep], marker="s", mfc="none", mec=RED, mew=0.7, ms=2.6, label="Im")
    panel.axes.set_xscale("log")
    top = float(np.max(np.abs([residual.real[keep], residual.imag[keep]]), initial=noise)) * 1.15
    panel.axes.set_ylim(-top, top)
    panel.axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
