"""Facts that every stage needs of an absorption edge: its name, its energy, and which edges lie near.

Energies in eV of K, L3, L2, L1 (in this order, ``-`` outside 250 eV to 45 keV), from W.T. Elam, B.D. Ravel,
J.R. Sieber, Radiat. Phys. Chem. 63 (2002) 121; the edge of a compound lies within about 15 eV of that of the element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

EDGES = ("K", "L3", "L2", "L1")
TABLE = """
C 284.2 - - -; N 409.9 - - -; O 543.1 - - -; F 696.7 - - -; Ne 870.2 - - -; Na 1070.8 - - -; Mg 1303 - - -;
Al 1559 - - -; Si 1839 - - -; P 2145.5 - - -; S 2472 - - -; Cl 2822 - - 270; Ar 3205.9 - 250.6 326.3;
K 3608.4 294.6 297.3 378.6; Ca 4038.5 346.2 349.7 438.4; Sc 4492 398.7 403.6 498; Ti 4966 453.8 460.2 560.9;
V 5465 512.1 519.8 626.7; Cr 5989 574.1 583.8 696; Mn 6539 638.7 649.9 769.1; Fe 7112 706.8 719.9 844.6;
Co 7709 778.1 793.2 925.1; Ni 8333 852.7 870 1008.6; Cu 8979 932.7 952.3 1096.7; Zn 9659 1021.8 1044.9 1196.2;
Ga 10367 1116.4 1143.2 1299; Ge 11103 1217 1248.1 1414.6; As 11867 1323.6 1359.1 1527;
Se 12658 1433.9 1474.3 1652; Br 13474 1550 1596 1782; Kr 14326 1678.4 1730.9 1921; Rb 15200 1804 1864 2065;
Sr 16105 1940 2007 2216; Y 17038 2080 2156 2373; Zr 17998 2223 2307 2532; Nb 18986 2371 2465 2698;
Mo 20000 2520 2625 2866; Tc 21044 2677 2793 3043; Ru 22117 2838 2967 3224; Rh 23220 3004 3146 3412;
Pd 24350 3173 3330 3604; Ag 25514 3351 3524 3806; Cd 26711 3538 3727 4018; In 27940 3730 3938 4238;
Sn 29200 3929 4156 4465; Sb 30491 4132 4380 4698; Te 31814 4341 4612 4939; I 33169 4557 4852 5188;
Xe 34561 4786 5107 5453; Cs 35985 5012 5359 5714; Ba 37441 5247 5624 5989; La 38925 5483 5891 6266;
Ce 40443 5723 6164 6548; Pr 41991 5964 6440 6835; Nd 43569 6208 6722 7126; Pm - 6459 7013 7428;
Sm - 6716 7312 7737; Eu - 6977 7617 8052; Gd - 7243 7930 8376; Tb - 7514 8252 8708; Dy - 7790 8581 9046;
Ho - 8071 8918 9394; Er - 8358 9264 9751; Tm - 8648 9617 10116; Yb - 8944 9978 10486; Lu - 9244 10349 10870;
Hf - 9561 10739 11271; Ta - 9881 11136 11682; W - 10207 11544 12100; Re - 10535 11959 12527;
Os - 10871 12385 12968; Ir - 11215 12824 13419; Pt - 11564 13273 13880; Au - 11919 13734 14353;
Hg - 12284 14209 14839; Tl - 12658 14698 15347; Pb - 13035 15200 15861; Bi - 13419 15711 16388;
Po - 13814 16244 16939; At - 14214 16785 17493; Rn - 14619 17337 18049; Fr - 15031 17907 18639;
Ra - 15444 18484 19237; Ac - 15871 19083 19840; Th - 16300 19693 20472; Pa - 16733 20314 21105;
U - 17166 20948 21757; Np - 17610 21600 22427; Pu - 18057 22266 23104
"""
TOLERANCE_EV = 20.0
"""Half width of the search around a tabulated edge: chemical shift, white line and an uncalibrated monochromator."""


@cache
def edge_table() -> Mapping[tuple[str, str], float]:
    """(element, edge) -> energy in eV."""
    found: dict[tuple[str, str], float] = {}
    for entry in TABLE.replace("\n", " ").split(";"):
        symbol, *energies = entry.split()
        found |= {(symbol, e): float(v) for e, v in zip(EDGES, energies, strict=True) if v != "-"}
    return found


@cache
def symbols() -> frozenset[str]:
    """Symbols of the elements in the table."""
    return frozenset(symbol for symbol, _ in edge_table())


def parse_edge(text: str) -> tuple[str | None, str | None]:
    """``("Ta", "L3")`` of ``Ta L3``, ``Ta-L3``, ``TaL3``, ``ta liii``; (None, None) where it is no edge."""
    found = re.fullmatch(r"\s*([A-Za-z]{1,2}?)[\s_-]*(K|L[123]|LI{1,3})?\s*(edge)?\s*", text, re.IGNORECASE)
    if not found:
        return None, None
    symbol = found[1].capitalize()
    edge = (found[2] or "").upper()
    edge = {"LI": "L1", "LII": "L2", "LIII": "L3"}.get(edge, edge)
    return (symbol, edge or None) if symbol in symbols() else (None, None)


def edge_energy(element: str, edge: str) -> float | None:
    """Tabulated energy of an edge in eV, None where the table has none."""
    return edge_table().get((element, edge))


def edges_near(energy_ev: float, tolerance_ev: float = TOLERANCE_EV) -> list[tuple[str, str, float]]:
    """(element, edge, distance in eV) within the tolerance: nearest first, K and L3 before L2 and L1."""
    near = [(s, e, energy_ev - v) for (s, e), v in edge_table().items() if abs(energy_ev - v) <= tolerance_ev]
    return sorted(near, key=lambda item: (item[1] in ("L2", "L1"), abs(item[2])))


def iter_edges_inside(low_ev: float, high_ev: float) -> Iterator[tuple[str, str, float]]:
    """Every tabulated edge between two energies, as (element, edge, eV)."""
    for (symbol, edge), value in edge_table().items():
        if low_ev <= value <= high_ev:
            yield symbol, edge, value
