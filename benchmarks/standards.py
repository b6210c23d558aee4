"""Distances of measured standards against their cells: what theory leaves in R (python benchmarks/standards.py).

Real files below HSE_REAL_DATA; the cells are those of diffraction at the temperature of the scan.  Prints a table, asserts nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline.core.raw_files import load_raw
from pipeline.techniques.absorption.check.scan import check_scan
from pipeline.techniques.absorption.fit.reduce.reduction import reduce_scans
from pipeline.techniques.absorption.fit.shells.edge import fit_edge
from pipeline.techniques.absorption.model import ReducedAbsorption, ShellFit, ShellSpec
from pipeline.techniques.absorption.read.scans import read_scans
from pipeline.techniques.absorption.settings import ReduceSettings, ShellSettings, XasCheckSettings, XasReadSettings

CIF = """data_{name}
_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {a}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M '{group}'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
{metal}1 {metal} 0 0 0
{other}1 {other} {x} {x} {x}
"""


def cubic(name: str, a: float, group: str, metal: str, other: str, x: float) -> bytes:
    return CIF.format(name=name, a=a, group=group, metal=metal, other=other, x=x).encode()


FEO = cubic("FeO", 4.307, "F m -3 m", "Fe", "O", 0.5)
EUO = cubic("EuO", 5.1439, "F m -3 m", "Eu", "O", 0.5)
CEO2 = cubic("CeO2", 5.4112, "F m -3 m", "Ce", "O", 0.25)
FES2 = cubic("FeS2", 5.4175, "P a -3", "Fe", "S", 0.3847)
LIB, LARCH, EDUCATION = "xasdatalibrary", "larch_examples/xafsdata", "xas_education"
CASES: tuple[tuple[str, list[str], str, str, float, bytes | None, float], ...] = (
    ("W", [f"{LIB}/W_metal_rt_0{i}.xdi" for i in (1, 2, 3)], "W L3", "W", 8, None, 2.7411),
    ("Cu", [f"{LIB}/cu_metal_rt.xdi"], "Cu K", "Cu", 12, None, 2.5561),
    ("Cu foil", [f"{LIB}/Cu_Foil_rt_2016Foils.xdi"], "Cu K", "Cu", 12, None, 2.5561),
    ("Cu 10 K", [f"{EDUCATION}/Cu_metal/cu10k.dat"], "Cu K", "Cu", 12, None, 2.5478),
    ("Cu 50 K", [f"{EDUCATION}/Cu_metal/cu050k.dat"], "Cu K", "Cu", 12, None, 2.5478),
    ("Cu 150 K", [f"{EDUCATION}/Cu_metal/cu150k.dat"], "Cu K", "Cu", 12, None, 2.5505),
    ("Fe foil", [f"{LIB}/Fe_Foil_rt_2016Foils.xdi"], "Fe K", "Fe", 8, None, 2.4824),
    ("Fe 300 K", [f"{EDUCATION}/Self_Absorption/fe.300"], "Fe K", "Fe", 8, None, 2.4824),
    ("V", [f"{LIB}/V_foil.xdi"], "V K", "V", 8, None, 2.6189),
    ("Au", [f"{LIB}/Au_Foil_L3_rt_2016Foils.xdi"], "Au L3", "Au", 12, None, 2.8840),
    ("Ni", [f"{LARCH}/ni_metal_rt.xdi"], "Ni K", "Ni", 12, None, 2.4918),
    ("Pt", [f"{LARCH}/pt_metal_rt.xdi"], "Pt L3", "Pt", 12, None, 2.7746),
    ("FeO", [f"{LIB}/FeO_rt_01.xdi"], "Fe K", "O", 6, FEO, 2.1535),
    ("EuO", [f"{LIB}/EuO_eu_l3_00{i}.xdi" for i in (1, 2, 3, 4)], "Eu L3", "O", 6, EUO, 2.5720),
    ("EuO, no cell", [f"{LIB}/EuO_eu_l3_00{i}.xdi" for i in (1, 2, 3, 4)], "Eu L3", "O", 6, None, 2.5720),
    ("CeO2", [f"{LIB}/CeO2.xdi"], "Ce L3", "O", 8, CEO2, 2.3431),
    ("FeS2", ["demeter/FeS2/fes2_rt01_mar02.xmu"], "Fe K", "S", 6, FES2, 2.2640),
    ("FeS2, no cell", ["demeter/FeS2/fes2_rt01_mar02.xmu"], "Fe K", "S", 6, None, 2.2640),
    ("WO2, no cell", [f"{LIB}/WO2_rt_0{i}.xdi" for i in (1, 2, 3)], "W L3", "O", 6, None, 2.00),
    ("Eu2O3, no cell", [f"{LIB}/Eu2O3_eu_l3_00{i}.xdi" for i in (1, 2, 3)], "Eu L3", "O", 6, None, 2.34),
)


def reduce(name: str, files: list[str], edge: str, folder: Path) -> ReducedAbsorption:
    element, shell = edge.split()
    scans = [
        check_scan(scan, element, shell, None, XasCheckSettings())
        for file in files
        for scan in read_scans(load_raw(folder / file, file), XasReadSettings())
    ]
    return reduce_scans(name, scans, ReduceSettings())


def show(name: str, fit: ShellFit, truth: float) -> tuple[float, float, float, bool]:
    r = fit.distance_angstrom
    off, u = r.value - truth, r.sigma
    alone = float(np.hypot(fit.distance_sigma_statistical_angstrom, fit.systematic_angstrom))
    inside = r.low <= truth <= r.high
    print(
        f"  {name:<15} {r.value:7.4f} {truth:7.4f} {1e3 * off:+6.1f} {1e3 * alone:5.1f} {1e3 * u:5.1f} "
        f"{'in' if inside else 'OUT':>4} {fit.sigma2_angstrom2.value:7.4f} {fit.k_max:5.1f}  {fit.verdict.level}"
    )
    return off, alone, u, inside


def main() -> None:
    folder = Path(os.environ["HSE_REAL_DATA"]) / "xas"
    print("  standard              R    cell     mÅ  noise    u       sigma2 k_max  verdict")
    rows = []
    with tempfile.TemporaryDirectory() as cache:
        for name, files, edge, scatterer, n, cif, truth in CASES:
            structure = None if cif is None else f"{name}.cif"
            spec = ShellSpec(scatterer=scatterer, coordination=n, structure=structure, cif=cif)
            fits, failed = fit_edge(
                [reduce(name, files, edge, folder)], name, {name: spec}, Path(cache), ShellSettings()
            )
            for error in failed:
                print(f"  {name}: {error}")
            for fit in fits:
                row = show(name, fit, truth)
                if fit.verdict.printable:
                    rows.append((*row, fit.verdict.level == "resolved"))
    table = np.array(rows, float)
    good = table[:, 4] == 1
    print(
        f"  given: {len(table)}, in their 95 %: {table[:, 3].mean():.0%}, median u {1e3 * np.median(table[:, 2]):.1f} mÅ"
    )
    print(f"  resolved: root mean square {1e3 * np.sqrt(np.mean(table[good, 0] ** 2)):.1f} mÅ, "
          f"in the interval without theory {np.mean(np.abs(table[good, 0]) < 1.96 * table[good, 1]):.0%}")  # fmt: skip


if __name__ == "__main__":
    main()
