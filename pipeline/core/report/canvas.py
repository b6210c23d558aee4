"""A figure with the numbers it shows: what is drawn through a Panel is what stands in the CSV beside it.

No pyplot, no window, no clock: the same numbers give the same SVG, PDF and CSV with the same matplotlib.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.report.style import RC
from pipeline.core.report.table_files import csv_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("panel", "series", "x_name", "x", "y_name", "y", "y_low", "y_high")
IMAGE_DPI = 250
"""Of maps, which are images inside the drawing; lines and letters are vectors."""
SIMULATED = "SIMULATED DATA"
EM_IN_PER_POINT = 0.0089
"""Width of a letter of the font over its size: 0.64 em of DejaVu Sans, capitals counted in."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A figure as files."""

    name: str
    """Path below ``figures/``, without suffix."""
    caption: str
    alt: str
    width_in: float
    svg: bytes
    pdf: bytes
    csv: bytes

    @property
    def paths(self) -> tuple[str, str, str]:
        """Paths of SVG, PDF and CSV from the results' folder."""
        return (f"figures/{self.name}.svg", f"figures/{self.name}.pdf", f"figures/{self.name}.csv")

    def files(self) -> dict[str, bytes]:
        """The three files."""
        return dict(zip(self.paths, (self.svg, self.pdf, self.csv), strict=True))


def literal(text: str) -> str:
    """Text from a study or a file name, so that matplotlib takes no dollar in it for mathematics."""
    return text.replace("$", r"\$")


def _labelled(style: dict[str, Any]) -> dict[str, Any]:
    label = style.get("label")
    return style if label is None else {**style, "label": literal(label)}


@dataclass(slots=True)
class Canvas:
    """The figure being drawn, in inches from its lower left corner, and the rows of its CSV."""

    figure: Figure
    width_in: float
    height_in: float
    rows: list[Row] = field(default_factory=list)
    marked: bool = False
    """Whether the mark of simulated data takes the upper right corner."""

    def panel(self, name: str, box: Sequence[float], x: tuple[str, str], y: tuple[str, str], **options: Any) -> Panel:
        """Axes at ``(left, bottom, width, height)`` in inches; x and y are (column name, label of the axis)."""
        left, bottom, width, height = box
        place = (left / self.width_in, bottom / self.height_in, width / self.width_in, height / self.height_in)
        axes = self.figure.add_axes(place, **options)
        axes.set_xlabel(x[1])
        axes.set_ylabel(y[1])
        return Panel(axes=axes, name=name, x=x[0], y=y[0], rows=self.rows)

    def text(self, x_in: float, y_in: float, text: str, **style: Any) -> None:
        """Text at a place in inches."""
        self.figure.text(x_in / self.width_in, y_in / self.height_in, literal(text), **style)

    def title(self, x_in: float, y_in: float, text: str, width_in: float | None = None) -> None:
        """The sample's name over a plot, smaller where it is long, and cut in its middle where it is longer still.

        ``width_in`` is what it may take; the default leaves room for the mark of simulated data.
        """
        room = (
            self.width_in - x_in - (1.1 if self.marked else 0.05) if width_in is None else width_in
        ) / EM_IN_PER_POINT
        size = min(9.0, max(7.0, room / max(len(text), 1)))
        most = max(int(room / size), 9)
        if len(text) > most:
            text = f"{text[: most - most // 2 - 1]}…{text[len(text) - most // 2 :]}"
        self.text(x_in, y_in, text, ha="left", va="top", fontsize=size)


@dataclass(slots=True, kw_only=True)
class Panel:
    """Axes that keep what they draw. ``axes`` is there for limits, scales and legends."""

    axes: Axes
    name: str
    x: str
    y: str
    rows: list[Row]

    def keep(self, series: str, x: Any, y: Any, low: Any = None, high: Any = None, *, y_name: str = "") -> None:
        """Rows of the CSV for something that was drawn by other means."""
        xs, ys = np.broadcast_arrays(np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float)))
        ends = [np.broadcast_to(np.nan if e is None else np.asarray(e, float), xs.shape) for e in (low, high)]
        for values in zip(xs.tolist(), ys.tolist(), ends[0].tolist(), ends[1].tolist(), strict=True):
            a, b, c, d = (v if np.isfinite(v) else None for v in values)
            self.rows.append(dict(zip(COLUMNS, (self.name, series, self.x, a, y_name or self.y, b, c, d), strict=True)))

    def points(self, series: str, x: Any, y: Any, *, low: Any = None, high: Any = None, **style: Any) -> None:
        """Markers, with error bars from low to high where they are given."""
        self.keep(series, x, y, low, high)
        style = _labelled({"linestyle": "none", **style})
        if low is None or high is None:
            self.axes.plot(x, y, **style)
            return
        y = np.asarray(y, float)
        errors = np.clip(np.array([y - np.asarray(low, float), np.asarray(high, float) - y]), 0, None)
        self.axes.errorbar(x, y, yerr=errors, elinewidth=0.7, **style)

    def line(self, series: str, x: Any, y: Any, **style: Any) -> None:
        """A line."""
        self.keep(series, x, y)
        self.axes.plot(x, y, **_labelled(style))

    def band(self, series: str, x: Any, low: Any, high: Any, **style: Any) -> None:
        """A band between two lines; y in the CSV is left empty."""
        self.keep(series, x, np.full(np.shape(x), np.nan), low, high)
        self.axes.fill_between(x, low, high, **{"alpha": 0.2, "linewidth": 0, **style})


def draw(
    *,
    name: str,
    caption: str,
    alt: str,
    size_in: tuple[float, float],
    simulated: bool,
    paint: Callable[[Canvas], None],
    columns: Sequence[str] = COLUMNS,
) -> Drawing:
    """Call ``paint`` on an empty canvas, mark simulated data on it, and make the three files."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width, height = size_in
    with rc_context(dict(RC)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a letter the font has not is drawn as a box
        figure = Figure(figsize=size_in)
        FigureCanvasAgg(figure)
        canvas = Canvas(figure=figure, width_in=width, height_in=height, marked=simulated)
        paint(canvas)
        if simulated:
            canvas.text(width - 0.05, height - 0.04, SIMULATED, ha="right", va="top", fontsize=7.5,
                        color="#8a3b00")  # fmt: skip
        svg = _saved(figure, "svg", {"Date": None, "Creator": None, "Format": None, "Type": None, "Title": name})
        pdf = _saved(figure, "pdf", {"CreationDate": None, "Creator": None, "Producer": None, "Title": name})
    kept = [{n: _rounded(v) for n, v in row.items()} for row in canvas.rows]
    if simulated:
        kept = [{**row, "simulated": True} for row in kept]
    names = (*columns, "simulated") if simulated else tuple(columns)
    words = f"Simulated data. {caption}" if simulated else caption
    data = csv_bytes(list(names), kept)
    return Drawing(name=name, caption=words, alt=alt, width_in=width, svg=svg, pdf=pdf, csv=data)


def _rounded(value: Any) -> Any:
    """Eight digits: more than a picture can show, and the last bits of a library's arithmetic stay out."""
    return float(f"{value:.8g}") if isinstance(value, float) else value


def _saved(figure: Figure, kind: str, metadata: Mapping[str, str | None]) -> bytes:
    sink = io.BytesIO()
    figure.savefig(sink, format=kind, metadata=dict(metadata), dpi=IMAGE_DPI)
    return slim_svg(sink.getvalue()) if kind == "svg" else sink.getvalue()


GROUP = re.compile(r"<g( clip-path=\"[^\"]*\")?>\s*((?:<use [^>]*/>\s*)+)</g>")
STYLE = re.compile(r' style="([^"]*)"')
PLACE = re.compile(r"(?<=[ \"])(-?\d+\.\d{2})\d+(?=[ \"\n])")


def slim_svg(svg: bytes) -> bytes:
    """The same picture in a third of the bytes: one style per group of markers, places to 0.01 point (3.5 um)."""

    def once(match: re.Match[str]) -> str:
        styles = set(STYLE.findall(match[2]))
        if len(styles) != 1:
            return match[0]
        return f'<g{match[1] or ""} style="{styles.pop()}">{STYLE.sub("", match[2])}</g>'

    return PLACE.sub(r"\1", GROUP.sub(once, svg.decode())).encode()


def logarithmic(axes: Axes, values: FloatArray) -> None:
    """Logarithmic y axis over all positive values and at least 1.3 decades; 2 and 5 are named where one decade alone would be."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_minor_formatter(NullFormatter())
    good = values[np.isfinite(values) & (values > 0)]
    if good.size:
        low, high = float(np.log10(good.min())), float(np.log10(good.max()))
        pad = max(0.06 * (high - low), (1.3 - (high - low)) / 2)
        axes.set_ylim(10 ** (low - pad), 10 ** (high + pad))
        if math.floor(high + pad) - math.ceil(low - pad) < 1:
            axes.yaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
            axes.yaxis.set_minor_formatter(lambda v, _: f"{v / 10.0 ** math.floor(math.log10(v) + 1e-9):.0f}")
