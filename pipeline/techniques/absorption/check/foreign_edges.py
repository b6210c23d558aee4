"""Edges of other elements (or the next edge of the same one) inside a scan: behind them chi(k) means nothing.

At each tabulated K and L3 edge behind the absorber's own, the data within 1 1/angstrom are fitted by a polynomial of
degree 9 in k, which follows every shell that matters, and by the same with an edge: an arctangent step, with or without
a white line.  What the edge takes off chi^2, per parameter, over the chi^2 per degree of freedom that is left, is F.
Spectra of metals without a foreign edge reach F = 90, by their oscillations; a W or Eu L3 edge of 2 % or an Fe K edge of
4 % gives more than 140.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.science.constants import K2_PER_EV
from pipeline.science.edges import edge_energy, iter_edges_inside

HALF_K, DEGREE = 1.0, 9
MIN_F, MIN_F_IN_NOISE, MIN_FRACTION = 100.0, 50.0, 0.02
"""The smaller F is enough where the polynomial follows the data to within their noise: then F is all chance. Below 2 %
the excitation of two electrons looks alike (1.6 % in Eu2O3, 138 eV behind the edge)."""
MIN_F_RATIO = 6.0
"""Of F at the edge and at places beside it where no element has one. Goethite, whose shells up to 5.6 angstrom the
polynomial does not follow, reaches 1.8 at the Gd L3 edge, and simulated oxides 5; an edge of 4 % in them is above 8."""
AWAY_EV = tuple(sign * away for sign in (-1.0, 1.0) for away in np.arange(24.0, 62.0, 4.0).tolist())
MARGIN_EV = 12.0
"""The edge begins below its middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignEdge:
    """An edge that ends the usable range."""

    element: str
    edge: str
    energy_ev: float
    """Where the step was found, or the tabulated energy of the absorber's own next edge."""
    fraction: float
    """Of the main step; NaN for the absorber's own next edge."""
    own: bool

    @property
    def cut_ev(self) -> float:
        """Nothing is used from here on."""
        return self.energy_ev - MARGIN_EV


def next_edge(element: str, edge: str) -> tuple[str, float] | None:
    """The absorber's own next edge above, by name and energy."""
    above = {"L3": "L2", "L2": "L1"}.get(edge)
    energy = edge_energy(element, above) if above else None
    return (above, energy) if above and energy else None


def find_foreign_edge(
    energy_ev: FloatArray, mu: FloatArray, sigma: FloatArray, *, element: str, edge: str, rise_ev: float, step: float
) -> ForeignEdge | None:
    """The first edge that ends the usable range, None where there is none.

    Parameters
    ----------
    energy_ev, mu, sigma:
        (n,) kept points, ascending; 1 sigma of mu.
    rise_ev, step:
        The absorber's own edge.
    """
    found: list[ForeignEdge] = []
    own = next_edge(element, edge)
    last = float(energy_ev[-1])
    if own and own[1] - MARGIN_EV < last:
        found.append(ForeignEdge(element=element, edge=own[0], energy_ev=own[1], fraction=float("nan"), own=True))
        last = own[1] - MARGIN_EV
    for symbol, name, table_ev in sorted(iter_edges_inside(rise_ev + 45, last - 10), key=lambda t: t[2]):
        if symbol == element or name not in ("K", "L3"):
            continue
        f, height, at, misfit = _edge_near(energy_ev, mu, sigma, table_ev, rise_ev)
        enough = f > (MIN_F_IN_NOISE if misfit < 2 else MIN_F) and height > MIN_FRACTION * step
        if enough and not _is_like_its_surroundings(energy_ev, mu, sigma, table_ev, rise_ev, f, height):
            found.append(ForeignEdge(element=symbol, edge=name, energy_ev=at, fraction=height / step, own=False))
    return min(found, key=lambda f: f.energy_ev, default=None)


def _is_like_its_surroundings(
    energy_ev: FloatArray, mu: FloatArray, sigma: FloatArray, table_ev: float, rise_ev: float, f: float, height: float
) -> bool:
    """True where an edge at places of no element beside it would explain the data nearly as well: then it is EXAFS."""
    for away in AWAY_EV:
        other, tall, _, _ = _edge_near(energy_ev, mu, sigma, table_ev + away, rise_ev, reach_ev=0.0)
        if other > f / MIN_F_RATIO and tall > height / 2:
            return True
    return False


def _edge_near(
    energy_ev: FloatArray, mu: FloatArray, sigma: FloatArray, table_ev: float, rise_ev: float, reach_ev: float = 9.0
) -> tuple[float, float, float, float]:
    """Largest F within 9 eV of a tabulated edge, height, energy, and chi^2 left per degree of freedom.

    F = 0 where the points do not determine it.
    """
    centre = float(np.sqrt(K2_PER_EV * (table_ev - rise_ev)))
    low, high = rise_ev + max(centre - HALF_K, 0) ** 2 / K2_PER_EV, rise_ev + (centre + HALF_K) ** 2 / K2_PER_EV
    a, b = np.searchsorted(energy_ev, [low, high])
    e = energy_ev[a:b]
    places = np.arange(table_ev - reach_ev, table_ev + reach_ev + 0.1, 1.5)
    places = places[((e < places[:, None]).sum(axis=1) >= 6) & ((e > places[:, None]).sum(axis=1) >= 6)]
    if e.size < DEGREE + 8 or places.size == 0:
        return 0.0, 0.0, table_ev, np.inf
    x = (np.sqrt(K2_PER_EV * (e - rise_ev)) - centre) / HALF_K
    q = np.linalg.qr(np.polynomial.legendre.legvander(x, DEGREE))[0]
    away = e[:, None] - places
    step = np.arctan(away / 2.5) / np.pi
    line = np.exp(-0.5 * ((away - 2.5) / 3) ** 2)
    y = mu[a:b]
    step, line, y = step - q @ (q.T @ step), line - q @ (q.T @ line), y - q @ (q.T @ y)
    floor, free = float(np.median(sigma[a:b])) ** 2, e.size - DEGREE - 1
    whole, sy, ly = float(y @ y), y @ step, y @ line
    ss, ll, sl = np.sum(step**2, axis=0), np.sum(line**2, axis=0), np.sum(step * line, axis=0)
    alone = sy / ss
    f_alone = np.where(alone > 0, sy**2 / ss / np.maximum((whole - sy**2 / ss) / (free - 1), floor), 0.0)
    det = ss * ll - sl**2
    height, white = (sy * ll - ly * sl) / det, (ly * ss - sy * sl) / det
    taken = height * sy + white * ly
    f_both = taken / 2 / np.maximum((whole - taken) / (free - 2), floor)
    f_both = np.where((white > 0) & (white < 4 * height), f_both, 0.0)  # a glitch is a line without a step
    f = np.maximum(f_alone, f_both)
    i = int(np.argmax(f))
    both = bool(f_both[i] >= f_alone[i])
    left = whole - (taken[i] if both else sy[i] ** 2 / ss[i])
    misfit = left / (free - 2) / floor if floor > 0 else np.inf
    return float(f[i]), float(height[i] if both else alone[i]), float(places[i]), float(misfit)
