"""X-ray absorption of one sample at one edge, and the samples of an edge together.

chi(k) is dimensionless, so k^w chi has the unit 1/angstrom^w and its transform 1/angstrom^(w+1).  |chi(R)| peaks lie
about 0.4 angstrom short of the distance: every axis of R says "not phase-corrected".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.report.canvas import Canvas, Drawing, draw, literal
from pipeline.core.report.style import BLUE, DOUBLE, GREY, ORANGE, RED, SINGLE, series_style
from pipeline.core.words import RAISED
from pipeline.techniques.absorption.model import Distortion, ReducedAbsorption, ShellFit, Xanes

R_LABEL = "R / Å, not phase-corrected"
R_SHOWN = 6.0


def raised(n: int) -> str:
    """Exponent in raised figures; nothing for 1."""
    return "" if n == 1 else str(n).translate(RAISED)


def k_label(w: int) -> str:
    """Label of k^w chi with its unit."""
    factor = "" if w == 0 else f"k{raised(w)} "
    return f"{factor}χ(k)" + ("" if w == 0 else f" / Å⁻{str(w).translate(RAISED)}")


def r_unit(w: int) -> str:
    """Unit of the transform of k^w chi."""
    return f"Å⁻{str(w + 1).translate(RAISED)}"


def title_of(reduced: ReducedAbsorption) -> str:
    """``HSE-Sm, Ta L3``."""
    return f"{reduced.sample}, {reduced.element} {reduced.edge}"


def draw_edge(name: str, reduced: ReducedAbsorption, shells: Sequence[ShellFit], *, simulated: bool) -> Drawing:
    """Absorption with its background, the edge region, k-weighted chi with noise, |chi(R)| with the fitted shell."""
    title, w = title_of(reduced), reduced.k_weight

    def paint(canvas: Canvas) -> None:
        canvas.title(0.55, 5.16, title)
        _mu(canvas, (0.6, 2.9, 2.6, 1.95), title, reduced)
        _near_edge(canvas, (4.0, 2.9, 2.6, 1.95), title, reduced)
        _chi_k(canvas, (0.6, 0.42, 2.6, 1.95), title, reduced)
        _chi_r(canvas, (4.0, 0.42, 2.6, 1.95), title, reduced, shells)

    used = sum(s.used for s in reduced.scans)
    words = [
        f"{title}: {used} of {len(reduced.scans)} scans merged, E0 = {reduced.e0_ev:.2f} eV, rbkg = "
        f"{reduced.rbkg_angstrom:g} Å.",
        "Top: absorption with pre-edge line, post-edge curve and background; flattened absorption at the edge with "
        "its standard error.",
        f"Bottom: {k_label(w)} with its noise (band, 1 sigma) and the range of the transform (dotted); |χ(R)| and "
        f"Re χ(R) with the noise (dotted, {reduced.window} window, k = {reduced.k_min:g} to {reduced.k_max:g} Å⁻¹, "
        f"dk = {reduced.dk:g} Å⁻¹)",
    ]
    words[-1] += " and the fitted shell over its range." if shells else "; no shell was fitted."
    alt = f"Absorption, chi(k) and chi(R) of {title}"
    return draw(name=name, caption=" ".join(words), alt=alt, size_in=(DOUBLE, 5.2), simulated=simulated, paint=paint)


def draw_xanes(name: str, title: str, near: Sequence[Xanes], *, simulated: bool) -> Drawing:
    """Flattened absorption of all samples near one edge, with standard errors."""
    middle = float(np.median([x.e0.value for x in near]))

    def paint(canvas: Canvas) -> None:
        box = (0.6, 0.42, 2.6, 2.2)
        panel = canvas.panel(f"{title}, XANES", box, ("energy_eV", "E / eV"), ("flattened", "flattened µ(E)"))
        for i, x in enumerate(near):
            shown = (x.energy_ev > middle - 40) & (x.energy_ev < middle + 90)
            color, _ = series_style(i)
            panel.line(x.sample, x.energy_ev[shown], x.flattened[shown], color=color, lw=0.9, label=x.sample)
        panel.axes.axhline(1, color=GREY, lw=0.5)
        panel.axes.legend(loc="best")

    caption = f"{title}: flattened absorption near the edge; place and area of the white line are in the table xanes."
    alt = f"XANES of {len(near)} samples at {title}"
    return draw(name=name, caption=caption, alt=alt, size_in=(SINGLE, 2.8), simulated=simulated, paint=paint)


def _mu(canvas: Canvas, box: tuple[float, float, float, float], title: str, a: ReducedAbsorption) -> None:
    panel = canvas.panel(f"{title}, absorption", box, ("energy_eV", "E / eV"), ("mu_arbitrary", "µ(E) / arbitrary"))
    e = a.energy_ev
    panel.band("standard error", e, a.mu - a.mu_sigma, a.mu + a.mu_sigma, color=BLUE, alpha=0.35)
    panel.line("mu", e, a.mu, color=BLUE, lw=0.9, label="µ")
    panel.line(
        "background", e[e >= a.e0_ev], a.background[e >= a.e0_ev], color=RED, lw=0.9, ls="--", label="background"
    )
    panel.line("pre-edge", e, a.pre_edge, color=GREY, lw=0.7, ls=":", label="pre-edge")
    panel.line("post-edge", e[e >= a.e0_ev], a.post_edge[e >= a.e0_ev], color=GREY, lw=0.7, ls="-.", label="post-edge")
    panel.axes.legend(loc="best")
    panel.axes.margins(x=0.02)


def _near_edge(canvas: Canvas, box: tuple[float, float, float, float], title: str, a: ReducedAbsorption) -> None:
    panel = canvas.panel(f"{title}, edge", box, ("energy_minus_e0_eV", "E − E0 / eV"), ("flattened", "flattened µ(E)"))
    near = (a.energy_ev > a.e0_ev - 40) & (a.energy_ev < a.e0_ev + 90)
    x, y = a.energy_ev[near] - a.e0_ev, a.flattened[near]
    step = a.edge_step.value
    sigma = a.mu_sigma[near] / step if step > 0 else np.zeros_like(y)
    panel.band("standard error", x, y - sigma, y + sigma, color=BLUE, alpha=0.35)
    panel.line("flattened", x, y, color=BLUE, lw=0.9)
    panel.axes.axvline(0, color=GREY, lw=0.7, ls=":")
    panel.axes.axhline(1, color=GREY, lw=0.5)
    panel.axes.set_xlim(-40, 90)


def _chi_k(canvas: Canvas, box: tuple[float, float, float, float], title: str, a: ReducedAbsorption) -> None:
    w = a.k_weight
    panel = canvas.panel(
        f"{title}, chi(k)", box, ("k_per_angstrom", "k / Å⁻¹"), (f"k{w}_chi_per_angstrom{w}", k_label(w))
    )
    shown = a.k_per_angstrom <= a.k_max + 1.5
    k = a.k_per_angstrom[shown]
    y, sigma = a.chi[shown] * k**w, a.chi_sigma[shown] * k**w
    panel.band("noise, 1 sigma", k, y - sigma, y + sigma, color=ORANGE, alpha=0.5)
    panel.line("measured", k, y, color=BLUE, lw=0.9)
    panel.axes.axhline(0, color=GREY, lw=0.5)
    for end in (a.k_min, a.k_max):
        panel.axes.axvline(end, color=GREY, lw=0.7, ls=":")
    inside = (k >= min(a.k_min, 2.0)) & (k <= a.k_max)
    top = float(np.max(np.abs(y[inside]), initial=0.0)) * 1.25
    panel.axes.set(xlim=(0, a.k_max + 1.5), ylim=(-top, top) if top > 0 else None)


def _chi_r(
    canvas: Canvas, box: tuple[float, float, float, float], title: str, a: ReducedAbsorption, shells: Sequence[ShellFit]
) -> None:
    w = a.k_weight
    unit = f"per_angstrom{w + 1}"
    panel = canvas.panel(
        f"{title}, chi(R)",
        box,
        ("r_angstrom_not_phase_corrected", R_LABEL),
        (f"abs_chi_r_{unit}", f"|χ(R)|, Re χ(R) / {r_unit(w)}"),
    )
    r = a.r_angstrom
    magnitude = np.hypot(a.chi_r_re, a.chi_r_im)
    panel.line("real part", r, a.chi_r_re, color=GREY, lw=0.6, label="Re")
    panel.line("magnitude", r, magnitude, color=BLUE, label="measured")
    for i, s in enumerate(shells):
        inside = (s.r_angstrom >= s.r_min) & (s.r_angstrom <= s.r_max)
        model = np.hypot(s.model_chi_r_re, s.model_chi_r_im)
        panel.line(
            f"{s.shell} shell",
            s.r_angstrom,
            model,
            color=RED,
            ls="--",
            lw=0.9,
            label=f"{s.element}–{s.shell} shell, {s.verdict.level}",
        )
        if i == 0 and inside.any():
            panel.axes.axvspan(s.r_min, s.r_max, color=ORANGE, alpha=0.15, lw=0, label="range of the fit")
    panel.axes.axhline(a.chi_r_noise, color="k", lw=0.7, ls=":", label="noise, 1 σ")
    top = float(np.max(magnitude[r <= R_SHOWN], initial=0.0))
    low = float(np.min(a.chi_r_re[r <= R_SHOWN], initial=0.0))
    panel.axes.set(xlim=(0, R_SHOWN), ylim=(1.15 * low, 1.35 * top) if top > 0 else None)
    panel.axes.legend(loc="upper right")


def draw_edges(name: str, edge: str, reductions: Sequence[ReducedAbsorption], *, simulated: bool) -> Drawing:
    """Samples of one edge over each other: k^w chi and |chi(R)|, shifted upwards one by one."""
    w = reductions[0].k_weight
    alike = all(a.k_weight == w for a in reductions)
    height = 1.4 + 0.62 * len(reductions)

    def paint(canvas: Canvas) -> None:
        canvas.title(0.55, height - 0.04, edge)
        box = (0.6, 0.42, 2.5, height - 0.72)
        left = canvas.panel(
            f"{edge}, chi(k)",
            box,
            ("k_per_angstrom", "k / Å⁻¹"),
            (f"k{w}_chi_per_angstrom{w}_shifted", k_label(w) + ", shifted"),
        )
        box = (3.7, 0.42, 2.1, height - 0.72)
        right = canvas.panel(
            f"{edge}, chi(R)",
            box,
            ("r_angstrom_not_phase_corrected", R_LABEL),
            (f"abs_chi_r_per_angstrom{w + 1}_shifted", f"|χ(R)| / {r_unit(w)}, shifted"),
        )
        ks = [_inside(a) for a in reductions]
        step_k = 1.3 * max(float(np.ptp(y)) for _, y in ks) if ks else 1.0
        tops = [float(np.max(np.hypot(a.chi_r_re, a.chi_r_im), initial=0.0)) for a in reductions]
        step_r = 0.75 * max(tops)
        for i, (a, (k, y)) in enumerate(zip(reductions, ks, strict=True)):
            color, _ = series_style(i)
            up = len(reductions) - 1 - i
            left.line(a.sample, k, y + up * step_k, color=color, lw=0.9)
            r = a.r_angstrom[a.r_angstrom <= R_SHOWN]
            magnitude = np.hypot(a.chi_r_re, a.chi_r_im)[: r.size]
            right.line(a.sample, r, magnitude + up * step_r, color=color, lw=1.0, label=a.sample)
            right.axes.axhline(up * step_r, color=GREY, lw=0.4)
        right.axes.set_xlim(0, R_SHOWN)
        right.axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))

    names = ", ".join(a.sample for a in reductions)
    unlike = "" if alike else " The samples have different k-weights: compare shapes only."
    caption = f"{edge}: {names}. Left: {k_label(w)} over the range of the transform. Right: |χ(R)|, not phase-corrected.{unlike}"
    alt = f"chi(k) and chi(R) of {names} at {edge}"
    return draw(name=name, caption=caption, alt=alt, size_in=(DOUBLE, height), simulated=simulated, paint=paint)


def _inside(a: ReducedAbsorption) -> tuple[FloatArray, FloatArray]:
    k = a.k_per_angstrom
    chosen = (k >= a.k_min) & (k <= a.k_max)
    return k[chosen], a.chi[chosen] * k[chosen] ** a.k_weight


def draw_distortion(name: str, edge: str, found: Sequence[Distortion], *, simulated: bool) -> Drawing:
    """Multiple to single scattering of every sample against the reference, by fit and by wavelet."""
    height = 1.15 + 0.3 * len(found)

    def paint(canvas: Canvas) -> None:
        panel = canvas.panel(
            edge, (1.0, 0.42, 2.1, height - 0.9), ("relative_change_percent", "change of MS/SS / %"), ("row", "")
        )
        for i, d in enumerate(found):
            y = len(found) - 1 - i
            for estimate, shift, marker, color, label in (
                (d.relative_change, 0.13, "o", BLUE, "fit"),
                (d.relative_change_wavelet, -0.13, "s", RED, "wavelet"),
            ):
                if estimate is None:
                    continue
                x = 100 * estimate.value
                panel.keep(
                    f"{d.sample}, {label}",
                    x,
                    y + shift,
                    100 * estimate.low,
                    100 * estimate.high,
                    y_name="row_x_low95_high95",
                )
                known = panel.axes.get_legend_handles_labels()[1]
                panel.axes.errorbar(x, y + shift, xerr=[[x - 100 * estimate.low], [100 * estimate.high - x]], fmt=marker,
                                    color=color, mfc=color if d.verdict.printable else "none",
                                    label=None if label in known else label)  # fmt: skip
            if d.relative_change is None and d.relative_change_wavelet is None:
                own = d.reference_sample == d.sample
                panel.axes.text(
                    0.03,
                    y,
                    "reference" if own else d.verdict.level,
                    va="center",
                    fontsize=7,
                    transform=panel.axes.get_yaxis_transform(),
                )
        panel.axes.axvline(0, color=GREY, lw=0.7)
        panel.axes.set(yticks=np.arange(len(found)), ylim=(-0.6, len(found) - 0.4))
        panel.axes.set_yticklabels([literal(d.sample) for d in reversed(found)])
        panel.axes.tick_params(axis="y", length=0)
        low, high = panel.axes.get_xlim()
        panel.axes.set_xlim(min(low, -10), max(high, 10))
        panel.axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)

    reference = next((d.reference_sample for d in found if d.reference_sample), "no reference")
    caption = (
        f"{edge}: relative change of collinear multiple to single scattering against {reference}, with 95 % "
        "intervals; open where the verdict withholds it. Bends below about 5° cannot be seen by it."
    )
    alt = f"Change of multiple scattering at {edge} for " + ", ".join(d.sample for d in found)
    return draw(name=name, caption=caption, alt=alt, size_in=(SINGLE, height), simulated=simulated, paint=paint)
