"""Over-absorption in fluorescence: what a thick sample takes off its own signal, corrected where its formula is known.

    I / I0 = x / (1 - s + s x),   s = mu_edge / (mu_total(E) + g mu_total(E_f)),   g = sin(in) / sin(out)

for x = mu / mu0 of the edge alone (D. Haskel, FLUO, 1999; C. H. Booth, F. Bridges, Phys. Scr. T115 (2005) 202, thick limit), so
x = (1 - s) y / (1 - s y) of the measured y.  Cross-sections are those of W. T. Elam et al., Radiat. Phys. Chem. 63 (2002) 121.
"""

from __future__ import annotations

import numpy as np

from pipeline.core.arrays import FloatArray
from pipeline.core.errors import FitError
from pipeline.techniques.absorption.fit.reduce.normalization import Normalized
from pipeline.techniques.absorption.model import Composition, OverAbsorption

LARGEST_SHARE = {"K": 0.91, "L3": 0.75, "L2": 0.35, "L1": 0.20}
"""Of the edge in all absorption of the pure element, 1 - 1/jump, largest of all from P (K) and Zr (L) on: no sample loses more."""
LINES = {"K": ("Ka1", "Ka"), "L3": ("La1", "La"), "L2": ("Lb1", "Lb"), "L1": ("Lb3", "Lb")}
SHARE_SIGMA = 0.05
"""Relative, of the share: cross-sections near an edge, and a sample that is not quite thick."""
CLEAR_OF_EDGE_EV = 20.0
"""Tables are taken so far from the edge; nearer, they are continued."""
NEXT_EDGE_FACTOR = 1.08
"""Above this multiple of the edge energy the share stays: L2 follows."""


def bound(edge: str) -> OverAbsorption:
    """What may be lost where nothing is known of the sample."""
    return OverAbsorption(largest_share=LARGEST_SHARE.get(edge, max(LARGEST_SHARE.values())))


def correct(
    energy_ev: FloatArray,
    mu: FloatArray,
    sigma: FloatArray,
    norm: Normalized,
    element: str,
    edge: str,
    given: Composition,
) -> tuple[FloatArray, FloatArray, OverAbsorption]:
    """Give mu (n,) and its sigma as a thin sample would show them.

    Raises
    ------
    FitError
        A formula that is none, or that does not hold the absorber.
    """
    share = edge_share(energy_ev, element, edge, given)
    y = (mu - norm.pre_edge) / np.where(norm.post_edge > norm.pre_edge, norm.post_edge - norm.pre_edge, np.nan)
    left = np.maximum(1 - share * y, 0.05)
    x = (1 - share) * y / left
    whole = np.isfinite(x)
    corrected = np.where(whole, norm.pre_edge + x * (norm.post_edge - norm.pre_edge), mu)
    grown = np.where(whole, sigma * (1 - share) / left**2, sigma)
    behind = share[energy_ev > norm.e0_ev + CLEAR_OF_EDGE_EV]
    lost = float(np.mean(behind)) if behind.size else float(share[-1])
    found = OverAbsorption(largest_share=0.0, share=lost, amplitude_sigma=SHARE_SIGMA * lost / (1 - lost))
    return corrected, grown, found


def edge_share(energy_ev: FloatArray, element: str, edge: str, given: Composition) -> FloatArray:
    """(n,) share s of the edge in the absorption of the way in and the way out.

    Raises
    ------
    FitError
        As ``correct``.
    """
    import xraydb

    try:
        atoms = xraydb.chemparse(given.formula)
        mass = {symbol: n * xraydb.atomic_mass(symbol) for symbol, n in atoms.items()}
    except ValueError as error:
        problem = f"{given.formula!r} is no formula: {str(error)[:60]}"
        raise FitError(source=given.formula, field="formula", problem=problem, hint="formula = 'NaTaCl6'") from error
    if element not in mass:
        problem = f"{given.formula} holds no {element}, whose edge was measured"
        raise FitError(source=given.formula, field="formula", problem=problem, hint="the formula of the whole sample")
    at = float(xraydb.xray_edge(element, edge).energy)
    lines = xraydb.xray_lines(element, edge)
    line = next((lines[name].energy for name in LINES[edge] if name in lines), 0.9 * at)
    e = np.clip(energy_ev, at + CLEAR_OF_EDGE_EV, NEXT_EDGE_FACTOR * at if edge.startswith("L") else np.inf)

    def total(at_ev: FloatArray) -> FloatArray:
        return np.asarray(
            np.sum([m * xraydb.mu_elam(symbol, at_ev) for symbol, m in mass.items()], axis=0), dtype=float
        )

    below = np.array([0.97 * at, at - CLEAR_OF_EDGE_EV])
    line_below = np.polyfit(np.log(below), np.log(xraydb.mu_elam(element, below)), 1)
    of_edge = mass[element] * (xraydb.mu_elam(element, e) - np.exp(np.polyval(line_below, np.log(e))))
    ratio = np.sin(np.radians(given.angle_in_degree)) / np.sin(np.radians(given.angle_out_degree))
    return np.asarray(of_edge / (total(e) + ratio * total(np.array([line]))[0]), dtype=float)
