"""Atomic numbers, and how far apart two bonded atoms stand.

Single-bond covalent radii in pm: P. Pyykkö and M. Atsumi, Chem. Eur. J. 15 (2009) 186.  Their sum is a first distance, good to
about 0.2 Å; no result depends on it, for the shell fit moves the model to where the data have their shell.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

RADII_PM = """
H 32 He 46 Li 133 Be 102 B 85 C 75 N 71 O 63 F 64 Ne 67 Na 155 Mg 139 Al 126 Si 116 P 111 S 103 Cl 99 Ar 96 K 196 Ca 171
Sc 148 Ti 136 V 134 Cr 122 Mn 119 Fe 116 Co 111 Ni 110 Cu 112 Zn 118 Ga 124 Ge 121 As 121 Se 116 Br 114 Kr 117 Rb 210
Sr 185 Y 163 Zr 154 Nb 147 Mo 138 Tc 128 Ru 125 Rh 125 Pd 120 Ag 128 Cd 136 In 142 Sn 140 Sb 140 Te 136 I 133 Xe 131
Cs 232 Ba 196 La 180 Ce 163 Pr 176 Nd 174 Pm 173 Sm 172 Eu 168 Gd 169 Tb 168 Dy 167 Ho 166 Er 165 Tm 164 Yb 170 Lu 162
Hf 152 Ta 146 W 137 Re 131 Os 129 Ir 122 Pt 123 Au 124 Hg 133 Tl 144 Pb 144 Bi 151 Po 145 At 147 Rn 142 Fr 223 Ra 201
Ac 186 Th 175 Pa 169 U 170 Np 171 Pu 172 Am 166 Cm 166
"""
"""In the order of atomic numbers, from hydrogen on."""


@cache
def _table() -> Mapping[str, tuple[int, float]]:
    words = RADII_PM.split()
    return {s: (z, float(r) / 100) for z, (s, r) in enumerate(zip(words[::2], words[1::2], strict=True), start=1)}


def atomic_number(symbol: str) -> int | None:
    """Z of a symbol, None where there is no such element (or it is heavier than curium)."""
    found = _table().get(symbol)
    return found[0] if found else None


@cache
def _symbols() -> Mapping[int, str]:
    return {z: s for s, (z, _) in _table().items()}


def symbol_of(z: int) -> str:
    """Symbol of an atomic number from 1 to 96."""
    return _symbols()[z]


def bond_angstrom(a: str, b: str) -> float:
    """Sum of the single-bond radii of two elements in angstrom."""
    table = _table()
    return table[a][1] + table[b][1]
