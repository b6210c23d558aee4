"""Microstructure models: what the conductivities of the phases make of a two-phase pellet.

Brick layer: sigma_gb = (l/A)/R_gb * C_bulk/C_gb, for equal permittivities (Haile, West and Campbell, J. Mater. Res. 13
(1998) 1576).
Maxwell-Garnett: spheres (i) of volume fraction phi in a continuous matrix (m),

    s = s_m (s_i + 2 s_m + 2 phi (s_i - s_m)) / (s_i + 2 s_m - phi (s_i - s_m)),   s = sigma + 2j pi f eps

(Maxwell Garnett, Phil. Trans. R. Soc. A 203 (1904) 385): exactly two relaxations in Z.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def brick_layer_boundary_conductivity(
    resistance_ohm: float, c_bulk: float, c_boundary: float, cell_constant_per_m: float
) -> float:
    """Specific conductivity of the boundary in S/m; the capacitances in any one unit."""
    return cell_constant_per_m / resistance_ohm * c_bulk / c_boundary


def maxwell_garnett(matrix: ArrayLike, inclusion: ArrayLike, fraction: float) -> NDArray[np.complex128]:
    """Effective complex conductivity (S/m) of spheres of volume ``fraction`` in a matrix."""
    m, i = np.asarray(matrix, dtype=complex), np.asarray(inclusion, dtype=complex)
    difference = i - m
    return np.asarray(m * (i + 2 * m + 2 * fraction * difference) / (i + 2 * m - fraction * difference))


def maxwell_wagner_arcs(
    sigma_matrix: float, sigma_inclusion: float, eps_matrix: float, eps_inclusion: float, fraction: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The two arcs (resistivity in ohm m, time constant in s), fastest first, of a Maxwell-Garnett composite.

    1/s is a rational function of p = 2j pi f with two real negative poles: partial fractions give both arcs.
    Conductivities in S/m, permittivities in F/m.
    """
    m, i, p = np.array([eps_matrix, sigma_matrix]), np.array([eps_inclusion, sigma_inclusion]), fraction
    top = i * (1 - p) + m * (2 + p)
    bottom = np.polymul(m, i * (1 + 2 * p) + m * (2 - 2 * p))
    poles = np.roots(bottom)
    arcs = []
    for pole in poles:
        residue = np.polyval(top, pole) / np.polyval(np.polyder(bottom), pole)
        arcs.append((float(np.real(-residue / pole)), float(np.real(-1 / pole))))
    arcs.sort(key=lambda a: a[1])
    return arcs[0], arcs[1]
