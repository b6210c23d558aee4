"""Write the example study: raw/, truth.json and study.toml beside this file.  Seeded; the same on every run.

    python raw_examples/simulate.py [--out FOLDER] [--only eis,lsv,xas,cycling,xps] [--seed N]

Nothing here is measured.  The truth is chosen so that the values printed in the source paper (Fu et al.) come out; the
program knows nothing of the pipeline that reduces the files.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from simulation.cells import CELLS, cell_files, cell_truth
from simulation.pellets import NOISE, PELLETS, SIGMA_OPTIMUM, X_OPTIMUM, X_WIDTH, impedance_files, impedance_truth
from simulation.photoelectrons import REGIONS, spectrum_files, spectrum_truth
from simulation.scans import GLITCH, SCANS, WRONG_EDGE, scan_files, scan_truth
from simulation.study import study_text
from simulation.sweeps import NOISE_A, REFERENCE_V, SWEEPS, sweep_files, sweep_truth

SEED = 20250214
WRITERS: Mapping[str, Callable[[int], dict[str, bytes]]] = {
    "eis": impedance_files,
    "lsv": sweep_files,
    "xas": scan_files,
    "cycling": cell_files,
    "xps": spectrum_files,
}
DEFINITIONS = {
    "conductivity_25C_S_per_cm": "l / (A sum R_i) at 298.15 K, noise-free",
    "arrhenius_total_sigma_T": "unweighted straight line through ln(sigma T) over 1/T of the noise-free totals at the "
    "listed temperatures; the sum of three arcs is not quite an Arrhenius line, so its value at 25 °C differs a little",
    "regions.*.activation_energy_eV": "exact: sigma_i T = const exp(-Ea / kB T), sigma_i = l / (A R_i)",
    "capacitance_F": "tau / R of the arc (Hsu-Mansfeld), constant over temperature",
    "total_resistance_ohm": "sum of the arcs, without contact resistance",
    "crossing_faradaic_V_vs_Na": "where the noise-free faradaic current density alone reaches the threshold",
    "crossing_total_V_vs_Na": "the same for baseline plus faradaic current",
    "bend_degree": "180 degrees minus the angle Cl-Ta-Cl, the same for all three axes, side at random",
    "distance_angstrom": "mean over the coordination shell of the clusters given to FEFF6L",
    "sigma2_angstrom2": "thermal mean square relative displacement of the first shell",
    "shift_eV": "energy shown minus true energy, scan by scan; the reference foil is shifted alike",
    "retention_percent": "of the law without the scatter of single cycles; "
    "retention_of_the_two_cycles_percent holds it",
    "discharge_mAh_per_g_at_rate": "mean over the first run at each rate, cycle 1 aside; capacities are current times "
    "time, per gram of active mass",
    "xps.*.shift_eV": "binding energy shown minus true binding energy, of every line of the file",
    "area_fraction": "of both lines of a species in the lines of its region",
}


def truth(seed: int) -> dict[str, object]:
    """What is true of every sample."""
    samples: dict[str, dict[str, object]] = {p.id: {"impedance": impedance_truth(p)} for p in PELLETS}
    for sweep in SWEEPS:
        samples[sweep.id].setdefault("lsv", {})[sweep.direction] = sweep_truth(sweep)  # type: ignore[index]
    for scan in SCANS:
        samples[scan.id].setdefault("xas", {})[f"{scan.element} L3"] = scan_truth(scan)  # type: ignore[index]
    for cell in CELLS:
        samples.setdefault(cell.id, {})["cycling"] = cell_truth(seed, cell)
    for region in REGIONS:
        samples[region.id].setdefault("xps", {})[region.region] = spectrum_truth(region)  # type: ignore[index]
    oxidation = {s.id: s.onset_v_vs_na for s in SWEEPS if s.direction == "oxidation"}
    return {
        "simulated": True,
        "seed": seed,
        "definitions": DEFINITIONS,
        "noise": {"impedance_relative": NOISE, "lsv_A": NOISE_A},
        "reference_V_vs_Na": {"Na15Sn4": REFERENCE_V},
        "composition_series": {
            "HSE-Sm": {
                "x_optimum": X_OPTIMUM,
                "conductivity_25C_S_per_cm": SIGMA_OPTIMUM,
                "law": "ln(sigma / sigma_optimum) = -((x - x_optimum) / width)^2",
                "width": X_WIDTH,
            }
        },
        "oxidation_limit_difference_V": {"HSE-Sm minus HSE-La": round(oxidation["HSE-Sm"] - oxidation["HSE-La"], 6)},
        "samples": samples,
        "broken": {
            "eis/HCF-La_50C.mpt": "cut after 2048 bytes, inside the header",
            WRONG_EDGE: "W L3, listed as Ta L3",
        },
        "without_temperature": {"eis/HSE-Sm_warm.mpt": "its temperature is nowhere; it is 50 °C"},
        "glitch": {"file": GLITCH[0], "k_per_angstrom": GLITCH[1], "points": 2},
    }


def main() -> int:
    """Write the study."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="write the simulated example study")
    parser.add_argument("--out", type=Path, default=here, help="folder to write into (default: beside this file)")
    parser.add_argument("--only", default=",".join(WRITERS), help="techniques to write, comma separated")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    n_bytes = n_files = 0
    for technique in given.only.split(","):
        for name, data in WRITERS[technique](given.seed).items():
            path = given.out / "raw" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            n_bytes, n_files = n_bytes + len(data), n_files + 1
    known = json.dumps(truth(given.seed), indent=1, ensure_ascii=False)
    (given.out / "truth.json").write_text(known + "\n", encoding="utf-8", newline="\n")
    (given.out / "study.toml").write_text(study_text(), encoding="utf-8", newline="\n")
    print(f"{n_files} files, {n_bytes / 1e6:.2f} MB in {given.out / 'raw'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
