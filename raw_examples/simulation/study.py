"""study.toml of the example, written from the same truth as the files."""

from __future__ import annotations

from simulation.cells import CELLS, COMPOSITE_MG, COMPOSITE_SIGMA_MG, NOMINAL_MAH_G, PARTS, PER_RATE, RATES
from simulation.pellets import AREA_CM2, DIAMETER_MM, PELLETS, PelletTruth
from simulation.photoelectrons import CARBON_EV, CARBON_SIGMA_EV, REGIONS, STATES, RegionTruth, file_of
from simulation.scans import SCANS
from simulation.sweeps import CARBON_MG, ELECTROLYTE_MG, REFERENCE_V, SWEEPS

LABELS = {
    "HSE-Sm": "0.62[HCF-Sm]·0.38[LCF-Ta]",
    "HSE-La": "0.57[HCF-La]·0.43[LCF-Ta]",
    "LCF-Ta": "NaTaCl6",
    "HCF-Sm": "Na0.75Sm1.75Cl6",
    "HCF-La": "Na0.75La1.75Cl6",
}
PARTNERS = ("Na3PS4",)
"""Samples that are in cells and in spectra alone."""
REACH_EV = 1.0
"""Half the range of energies in which the study looks for a species."""
PHASES = {"HSE-Sm": ("HCF-Sm", "LCF-Ta"), "HSE-La": ("HCF-La", "LCF-Ta")}
KNOWN_COORDINATION = {("LCF-Ta", "Ta"): 6, ("HCF-Sm", "Sm"): 9}
COMPUTED = {"HCF-Sm": (0.64, 4.25), "HCF-La": (0.41, 3.76), "LCF-Ta": (2.15, 3.91)}
HEAD = """\
# The example study. SIMULATED by simulate.py beside this file: no number here was measured.
schema = 1
name = "Halide heterostructures (simulated example)"
raw = "raw"
simulated = true

[xas_reference]
"Ta L3" = "LCF-Ta"
"Sm L3" = "HCF-Sm"

[computed_window_v_vs_na]
"""


def study_text() -> str:
    """The whole study file."""
    out = HEAD + "".join(f"{k} = [{low}, {high}]\n" for k, (low, high) in COMPUTED.items())
    out += "".join(_sample(p) for p in PELLETS)
    return out + "".join("\n".join(["", "[[sample]]", f'id = "{n}"', *_cells_and_spectra(n)]) + "\n" for n in PARTNERS)


def _sample(p: PelletTruth) -> str:
    lines = ["", "[[sample]]", f'id = "{p.id}"']
    parent = p.id if p.id in LABELS else "HSE-Sm"
    label = LABELS.get(p.id) or f"{1 - (p.x_lcf or 0):.2f}[HCF-Sm]·{p.x_lcf:.2f}[LCF-Ta]"
    lines.append(f'label = "{label}"')
    if p.x_lcf is not None and p.id != "HSE-La":
        lines.append('series = "HSE-Sm"')
    if p.x_lcf is not None:
        lines.append(f"x_lcf = {p.x_lcf:.2f}")
    lines.append(
        f"pellet = {{ thickness_mm = {p.thickness_mm:.2f}, thickness_sigma_mm = 0.01, "
        f"diameter_mm = {DIAMETER_MM:.1f}, diameter_sigma_mm = 0.02, mass_mg = {p.mass_mg:.1f} }}"
    )
    if parent in PHASES:
        crystalline, amorphous = PHASES[parent]
        lines.append(f'phases = {{ crystalline = "{crystalline}", amorphous = "{amorphous}" }}')
    lines += _eis(f"eis/{p.id}_{{temperature_c}}C.mpt", p.contact_ohm)
    if p.id == "HSE-Sm":
        lines += ["", "  # on purpose: no temperature anywhere", *_eis("eis/HSE-Sm_warm.mpt", p.contact_ohm)[1:]]
    for sweep in SWEEPS:
        if sweep.id == p.id and sweep.direction == "oxidation":
            lines += [
                "",
                "  [[sample.lsv]]",
                f'  files = "lsv/{p.id}_*.mpt"',
                f'  reference = {{ electrode = "Na15Sn4", volts_vs_na = {REFERENCE_V} }}',
                f"  area_cm2 = {AREA_CM2:.4f}",
                f"  electrolyte_mg = {ELECTROLYTE_MG}",
                f"  carbon_mg = {CARBON_MG}",
            ]
    for scan in SCANS:
        if scan.id == p.id:
            n = KNOWN_COORDINATION.get((scan.id, scan.element))
            shell = '{ scatterer = "Cl"' + (f", coordination = {n}" if n else "") + " }"
            mode = "transmission" if scan.element == "Ta" else "fluorescence"
            lines += [
                "",
                "  [[sample.xas]]",
                f'  files = "xas/{p.id}_{scan.element}_*.dat"',
                f'  edge = "{scan.element} L3"',
                f'  mode = "{mode}"',
                f"  shell = {shell}",
            ]
    return "\n".join([*lines, *_cells_and_spectra(p.id)]) + "\n"


def _cells_and_spectra(sample: str) -> list[str]:
    lines = []
    for cell in CELLS:
        if cell.id == sample:
            lines += [
                "",
                "  [[sample.cycling]]",
                f'  files = "{cell.file}"',
                f"  composite_mass_mg = {COMPOSITE_MG}",
                f"  composite_mass_sigma_mg = {COMPOSITE_SIGMA_MG}",
                f"  mass_parts = {list(PARTS)}   # active : electrolyte : carbon; the first is active",
                f"  nominal_mah_g = {NOMINAL_MAH_G}",
                f"  area_cm2 = {AREA_CM2:.4f}",
                f"  retention_from = {PER_RATE * len(RATES) + 1}   # the first of the many cycles at 0.2 C",
            ]
    for region in REGIONS:
        if region.id == sample:
            lines += [line for state in STATES for line in _xps(region, state)]
    return lines


def _xps(region: RegionTruth, state: str) -> list[str]:
    species = [
        f'{{ name = "{s.name}", be_ev = [{s.be_ev - REACH_EV:.1f}, {s.be_ev + REACH_EV:.1f}] }}' for s in region.species
    ]
    return [
        "",
        "  [[sample.xps]]",
        f'  files = "{file_of(region.id, state)}"',
        f'  region = "{region.region}"',
        f'  state = "{state}"',
        f"  reference = {{ c1s_ev = {CARBON_EV}, c1s_sigma_ev = {CARBON_SIGMA_EV} }}",
        f"  components = [{', '.join(species)}]",
    ]


def _eis(files: str, contact_ohm: float) -> list[str]:
    return [
        "",
        "  [[sample.eis]]",
        f'  files = "{files}"',
        f"  corrections = {{ contact_resistance_ohm = {contact_ohm}, contact_resistance_sigma_ohm = 0.02 }}",
    ]
