"""Wavelet maps of the samples of one edge on one scale, with marginals, noise floor, and the difference to the reference.

Every map is divided by its own first-shell maximum, so that the difference does not depend on how much of the element
a sample holds.  The grid of a map is that of the reduction; maps on other grids are compared after linear interpolation.
"""

from __future__ import annotations

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.report.canvas import Canvas, Drawing, draw, literal
from pipeline.core.report.style import BLUE, SINGLE
from pipeline.techniques.absorption.model import ReducedAbsorption, WaveletMap
from pipeline.techniques.absorption.report.figures import R_LABEL, title_of

FIRST_SHELL = (1.2, 3.2)
"""Where the first shell of a chloride lies in R (not phase-corrected), angstrom: the map is divided by its maximum there."""
MAP_COLUMNS = (
    "sample",
    "k_per_angstrom",
    "r_angstrom_not_phase_corrected",
    "magnitude_of_first_shell",
    "noise_floor_of_first_shell",
)
MAX_SIDE = 60
"""Grid lines kept in the CSV along each axis; the records hold the whole map."""


def first_shell(w: WaveletMap) -> float:
    """Largest magnitude in the first shell, else anywhere."""
    inside = (w.r_angstrom >= FIRST_SHELL[0]) & (w.r_angstrom <= FIRST_SHELL[1])
    part = w.magnitude[inside] if inside.any() else w.magnitude
    top = float(np.max(part, initial=0.0))
    return top if top > 0 else 1.0


def draw_map(
    name: str, reduced: ReducedAbsorption, reference: ReducedAbsorption | None, *, simulated: bool
) -> Drawing | None:
    """Map of one sample with its marginals, and beside it the difference to the reference; None without a map."""
    if reduced.wavelet is None:
        return None
    w, title = reduced.wavelet, title_of(reduced)
    other = reference.wavelet if reference is not None and reference.sample != reduced.sample else None
    size = (SINGLE * 1.22 if other is None else 6.75, 3.3)

    def paint(canvas: Canvas) -> None:
        canvas.title(0.55, size[1] - 0.04, title)
        _map(canvas, title, w)
        if other is not None and reference is not None:
            _difference(canvas, f"{title} − {reference.sample}", w, other)
        _keep(canvas, reduced.sample, w)

    given = ", ".join(f"{k} = {v:g}" if isinstance(v, float) else f"{k} = {v}" for k, v in sorted(w.parameters.items()))
    caption = (
        f"{title}: {w.kind.capitalize()} wavelet transform ({given}), magnitude in units of its first-shell "
        "maximum; grey line: 3 sigma of the noise. Right and top: the largest magnitude over k and over R, dotted "
        "the noise floor (1 sigma)."
    )
    if other is not None and reference is not None:
        caption += f" Right map: difference to {reference.sample}, each in units of its own first shell."
    alt = f"Wavelet map of {title}"
    return draw(
        name=name, caption=caption, alt=alt, size_in=size, simulated=simulated, paint=paint, columns=MAP_COLUMNS
    )


def _map(canvas: Canvas, title: str, w: WaveletMap) -> None:
    norm = first_shell(w)
    z, floor = w.magnitude / norm, w.noise_floor / norm
    k, r = w.k_per_angstrom, w.r_angstrom
    main = canvas.panel(title, (0.55, 0.42, 1.95, 1.95), ("k", "k / Å⁻¹"), ("r", R_LABEL))
    top_value = max(float(z.max(initial=1.0)), 1.0)
    filled = main.axes.pcolormesh(k, r, z, vmin=0, vmax=top_value, cmap="cividis", shading="nearest", rasterized=True)
    ratio = z / np.maximum(floor, 1e-12)[:, None]
    if np.any(ratio > 3) and np.any(ratio < 3):
        main.axes.contour(k, r, ratio, levels=[3.0], colors=["#dddddd"], linewidths=0.8)
    top = canvas.panel(f"{title}, over k", (0.55, 2.42, 1.95, 0.5), ("k", ""), ("m", "largest"))
    top.axes.plot(k, z.max(axis=0), color=BLUE, lw=0.9)
    side = canvas.panel(f"{title}, over R", (2.55, 0.42, 0.5, 1.95), ("m", "largest"), ("r", ""))
    side.axes.plot(z.max(axis=1), r, color=BLUE, lw=0.9)
    side.axes.plot(floor, r, color="k", lw=0.7, ls=":")
    top.axes.set(xlim=main.axes.get_xlim(), ylim=(0, None), yticks=[0.5, 1.0])
    side.axes.set(ylim=main.axes.get_ylim(), xlim=(0, None))
    top.axes.tick_params(labelbottom=False)
    side.axes.tick_params(labelleft=False)
    bar = canvas.panel("scale", (3.2, 0.42, 0.09, 1.95), ("", ""), ("", ""))
    canvas.figure.colorbar(filled, cax=bar.axes, ticks=np.linspace(0, top_value, 6), format="%.2g")


def _difference(canvas: Canvas, title: str, w: WaveletMap, other: WaveletMap) -> None:
    k, r = w.k_per_angstrom, w.r_angstrom
    z = w.magnitude / first_shell(w) - onto(other, k, r) / first_shell(other)
    main = canvas.panel(title, (4.15, 0.42, 1.95, 1.95), ("k", "k / Å⁻¹"), ("r", R_LABEL))
    main.axes.set_title(literal(title))
    top = max(float(np.nanmax(np.abs(z), initial=0.0)), 1e-3)
    filled = main.axes.pcolormesh(k, r, z, vmin=-top, vmax=top, cmap="PuOr_r", shading="nearest", rasterized=True)
    bar = canvas.panel("scale of the difference", (6.2, 0.42, 0.09, 1.95), ("", ""), ("", ""))
    canvas.figure.colorbar(filled, cax=bar.axes, ticks=np.linspace(-top, top, 5), format="%.2g")


def onto(w: WaveletMap, k: FloatArray, r: FloatArray) -> FloatArray:
    """Magnitude on another grid (nr, nk), bilinear; NaN outside its own."""
    along_k = np.array([np.interp(k, w.k_per_angstrom, row, left=np.nan, right=np.nan) for row in w.magnitude])
    return np.array([np.interp(r, w.r_angstrom, column, left=np.nan, right=np.nan) for column in along_k.T]).T


def _keep(canvas: Canvas, sample: str, w: WaveletMap) -> None:
    norm = first_shell(w)
    step_k, step_r = (max(1, -(-n // MAX_SIDE)) for n in (w.k_per_angstrom.size, w.r_angstrom.size))
    for i in range(0, w.r_angstrom.size, step_r):
        for j in range(0, w.k_per_angstrom.size, step_k):
            row = (sample, w.k_per_angstrom[j], w.r_angstrom[i], w.magnitude[i, j] / norm, w.noise_floor[i] / norm)
            canvas.rows.append(
                {n: v if isinstance(v, str) else float(v) for n, v in zip(MAP_COLUMNS, row, strict=True)}
            )
