"""Distribution of relaxation times of one or two spectra, with the tops of the arcs of their fits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.report.canvas import Canvas, Drawing, draw
from pipeline.core.report.style import BLUE, DOUBLE, GREY, RED, SINGLE
from pipeline.techniques.impedance.model import SpectrumFit
from pipeline.techniques.impedance.relaxation_times import RelaxationTimes
from pipeline.techniques.impedance.report.nyquist_figure import LEFT, STEP, WIDTH, celsius, ohm_unit

HEIGHT = 2.35


def draw_relaxations(
    name: str, sample: str, pairs: Sequence[tuple[SpectrumFit, RelaxationTimes]], *, simulated: bool
) -> Drawing:
    """Side by side, over the frequency 1/(2 pi tau) of each relaxation."""
    titles = [f"{sample}, {celsius(fit)}" for fit, _ in pairs]

    def paint(canvas: Canvas) -> None:
        for i, ((fit, found), title) in enumerate(zip(pairs, titles, strict=True)):
            left = LEFT + i * STEP
            canvas.title(left, HEIGHT - 0.06, title, STEP - 0.6 if i == 0 and len(pairs) == 2 else None)
            f = fit.checked.spectrum.frequency_hz[np.array(fit.checked.keep)]
            factor, unit = ohm_unit(float(found.gamma_ohm.max()))
            word = {"MΩ": "Mohm", "kΩ": "kohm", "Ω": "ohm"}[unit]
            panel = canvas.panel(
                title,
                (left, 0.42, WIDTH - 0.3, 1.55),
                ("frequency_hz", "1/(2πτ) / Hz"),
                (f"gamma_{word}", f"γ / {unit}"),
            )
            at = 1 / (2 * np.pi * found.tau_s)
            inside = (at >= f.min()) & (at <= f.max())
            top = 1.15 * float(found.gamma_ohm[inside].max(initial=0.0)) * factor or 1.0
            panel.line("distribution", at[inside], found.gamma_ohm[inside] * factor, color=BLUE, lw=1.0)
            for arc in fit.arcs:
                if f.min() <= arc.apex_hz <= f.max():
                    dashes = "--" if arc.verdict.printable else ":"
                    panel.keep(f"arc {arc.number}", arc.apex_hz, np.nan)
                    panel.axes.axvline(arc.apex_hz, color=RED if arc.verdict.printable else GREY, lw=0.8, ls=dashes)
            for tau, ohm in found.peaks:
                panel.keep("peak", 1 / (2 * np.pi * tau), ohm, y_name="resistance_ohm")
            panel.axes.set_xscale("log")
            panel.axes.set(xlim=(f.min(), f.max()), ylim=(0, top))

    words = "; ".join(f"{celsius(fit)}: {len(d.peaks)} peaks, {fit.n_arcs} arcs" for fit, d in pairs)
    caption = (
        f"{sample}. Distribution of relaxation times (Tikhonov, non-negative, regularised as the data ask) inside the measured "
        f"window; dashed the tops of the arcs of the fit, dotted those withheld. A depressed arc may show as several peaks: "
        f"evidence, not the judge of their number. {words}."
    )
    alt = f"Relaxation times of {', '.join(titles)}"
    width = SINGLE if len(pairs) == 1 else DOUBLE
    return draw(name=name, caption=caption, alt=alt, size_in=(width, HEIGHT), simulated=simulated, paint=paint)
