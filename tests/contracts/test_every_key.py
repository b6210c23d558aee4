"""One study with every key of impedance, sweeps and absorption; each is seen in the tables by a number worked out here.

The composite HSE is measured at five temperatures, each told in another way; its resistance is 20 kohm at 25 °C with 0.3 eV.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.small_study import BLOCKING, W, arc, crossing, impedance, row, rows, run_tables, sweep, write_study
from tests.study_keys import known_keys, used_keys

HERE = ("eis", "lsv", "xas")
"""Cells and spectra of surfaces have a study of their own, test_every_key_of_cells.py."""
KB_EV, R25, EA, C = 8.617333262e-5, 2e4, 0.3, 1e-10
CELL_PER_CM = 0.1 / (math.pi * 0.25)
"""l/A of 1 mm on 10 mm."""
GEOMETRY = math.hypot(0.01 / 1, 2 * 0.05 / 10)

STUDY = """
raw = "data"
simulated = true

[xas_reference]
"Ta L3" = "LCF"

[computed_window_v_vs_na]
HCF = [0.64, 3.5]
LCF = [2.15, 3.91]

[settings.eis.check]
f_max_hz = 9e5
[settings.eis.arcs]
max_arcs = 1
starts = 4
[settings.lsv.onset]
thresholds_ua_per_cm2 = [2.0]

[[sample]]
id = "HSE"
label = "0.62[HCF]·0.38[LCF]"
series = "S"
x_lcf = 0.38
pellet = { thickness_mm = 1.0, diameter_mm = 10.0, thickness_sigma_mm = 0.01, diameter_sigma_mm = 0.05, mass_mg = 150.0, \
mass_sigma_mg = 3.0 }
phases = { crystalline = "HCF", amorphous = "LCF" }
  [[sample.eis]]
  files = "room.csv"
  temperature_c = 25.0
  [[sample.eis]]
  files = "warm.csv"
  temperature_k = 310.0
  [[sample.eis]]
  files = ["cool.csv", "cold.csv"]
  temperatures = "log.csv"
  [[sample.eis]]
  files = "at_{temperature_c}C.csv"
  [[sample.lsv]]
  files = ["up.csv", "down.csv"]
  reference = { electrode = "Na15Sn4", volts_vs_na = 0.08, volts_vs_na_sigma = 0.01 }
  area_cm2 = 0.5
  electrolyte_mg = 8.0
  carbon_mg = 2.0
  series_resistance_ohm = 10000.0
  [[sample.xas]]
  files = "composite.dat"
  edge = "Ta L3"
  mode = "fluorescence"
  formula = "NaTaCl6C20"
  angle_in_degree = 40.0
  angle_out_degree = 50.0
  shell = { scatterer = "Br", structure = "cell.cif" }

[[sample]]
id = "HCF"
density_g_cm3 = 3.0
molar_mass_g_mol = 400.0
  [[sample.eis]]
  files = "loops.csv"
  temperature_c = 30.0
  [[sample.eis]]
  files = "behind.csv"
  temperature_c = 25.0
  [sample.eis.corrections]
  contact_resistance_ohm = 50.0
  contact_resistance_sigma_ohm = 400.0
  stray_capacitance_f = 1e-11
  short = "short.csv"
  open = "open.csv"
  [[sample.eis]]
  files = "own.csv"
  temperature_c = 27.0
  circuit = "CPE0-p(C1,R1)"
  fixed = { CPE0_1 = 0.9 }

[[sample]]
id = "LCF"
density_g_cm3 = 2.5
molar_mass_g_mol = 300.0
  [[sample.xas]]
  files = "pristine.dat"
  groups = ["prist*"]
  edge = "Ta L3"
  mode = "transmission"
  shell = { scatterer = "Cl", coordination = 6, structure = "TaCl6", distance_angstrom = 2.38, distance_sigma_angstrom = 0.003 }

[[review]]
file = "loops.csv"
loop = 1
mask_hz = [[45.0, 56.0]]
note = "mains"
by = "A. Person"
[[review]]
file = "loops.csv"
loop = 2
exclude = true
[[review]]
file = "loops.csv"
loop = 3
arcs = 2
[[review]]
file = "own.csv"
loop = 2
circuit = "p(R5,CPE5)-CPE6"
fixed = { CPE5_1 = 1.0 }
[[review]]
file = "pristine.dat"
group = "pristine.dat"
note = "looked at"
"""
CIF = """data_TaBr3
_cell_length_a 4.76
_cell_length_b 4.76
_cell_length_c 4.76
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_symmetry_equiv_pos_as_xyz
x,y,z
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Ta Ta 0 0 0
Br1 Br 0.5 0 0
Br2 Br 0 0.5 0
Br3 Br 0 0 0.5
"""


def resistance(t_k: float) -> float:
    return R25 * t_k / 298.15 * math.exp(EA / KB_EV * (1 / t_k - 1 / 298.15))


def sample_at(t_c: float) -> str:
    return impedance(BLOCKING + arc(resistance(t_c + 273.15), C))


def behind_a_fixture() -> str:
    """The sample and 150 ohm of its own, behind 50 ohm, beside 10 pF, beside 20 pF and behind 100 ohm."""
    z = 150 + 50 + BLOCKING + arc(R25, C)
    z = 1 / (1 / z + W * 1e-11)
    return impedance(100 + 1 / (1 / z + W * 2e-11))


@pytest.fixture(scope="module")
def out(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    plain = BLOCKING + arc(R25, C)
    scans = repo / "raw_examples/raw/xas"
    raw: dict[str, str | bytes] = {
        "room.csv": sample_at(25.0),
        "warm.csv": sample_at(36.85),
        "cool.csv": sample_at(15.0),
        "cold.csv": sample_at(5.0),
        "log.csv": "file,temperature_c\ncool.csv,15.0\ncold.csv,5.0\n",
        "at_-10C.csv": sample_at(-10.0),
        "loops.csv": impedance(plain, plain, plain),
        "own.csv": impedance(plain, plain),
        "behind.csv": behind_a_fixture(),
        "short.csv": impedance(100 + 0 * W),
        "open.csv": impedance(100 + 1 / (W * 2e-11)),
        "up.csv": sweep(3.5, 4.5, offset_v=0.08, ohm=1e4),
        "down.csv": sweep(1.5, 0.5, offset_v=0.08, ohm=1e4),
        "composite.dat": (scans / "HSE-Sm_Ta_1.dat").read_bytes(),
        "pristine.dat": (scans / "LCF-Ta_Ta_1.dat").read_bytes(),
        "cell.cif": CIF,
    }
    folder = tmp_path_factory.mktemp("every")
    return run_tables(write_study(folder, STUDY, raw, raw_name="data"))


def test_no_key_of_the_schema_is_missing_here(out):
    known = known_keys(HERE)
    assert used_keys(out.parent / "study.toml", known) == known
    assert {"sample.eis.corrections.open", "sample.xas.shell.structure", "review.mask_hz"} <= known


def number(out: Path, table: str, column: str, **where: str) -> float:
    return float(row(out, table, **where)[column])


def test_name_raw_simulated_and_label(out):
    """The raw files lie in ``data``; without that key nothing would have been found."""
    assert "Small" in (out / "report.html").read_text(encoding="utf-8")
    assert row(out, "key", sample="HSE")["label"] == "0.62[HCF]·0.38[LCF]"
    for table in ("spectra", "lsv", "exafs", "rejected"):
        assert {r["simulated"] for r in rows(out, table)} == {"true"}


@pytest.mark.parametrize(
    ("file", "kelvin", "origin"),
    [
        ("room.csv", 298.15, "study"),
        ("warm.csv", 310.0, "study"),
        ("cool.csv", 288.15, "log log.csv"),
        ("cold.csv", 278.15, "log log.csv"),
        ("at_-10C.csv", 263.15, "file name"),
    ],
)
def test_a_temperature_is_that_of_its_key(out, file, kelvin, origin):
    found = row(out, "spectra", file=file)
    assert float(found["temperature_K"]) == pytest.approx(kelvin, abs=1e-6)
    assert found["temperature_origin"] == origin
    assert float(found["total_resistance_ohm"]) == pytest.approx(resistance(kelvin), rel=2e-3)


def test_temperatures_and_geometry_make_conductivity_and_activation_energy(out):
    """sigma(25 °C) = (l/A) / 20 kohm, 1.41 % of it from the geometry; Ea = 0.3 eV in ln(sigma T)."""
    line = row(out, "arrhenius", sample="HSE", quantity="total", basis="sigma_T", method="single")
    assert float(line["activation_energy_eV"]) == pytest.approx(EA, abs=1e-3)
    assert float(line["conductivity_25C_S_per_cm"]) == pytest.approx(CELL_PER_CM / R25, rel=2e-3)
    for end, sign in (("low95", -1), ("high95", 1)):
        wide = CELL_PER_CM / R25 * math.exp(sign * 1.959964 * GEOMETRY)
        assert float(line[f"conductivity_25C_S_per_cm_{end}"]) == pytest.approx(wide, rel=2e-3)
    point = row(out, "conductivity", file="room.csv", method="single", quantity="total")
    assert float(point["geometry_relative_sigma"]) == pytest.approx(GEOMETRY)
    relative = float(point["conductivity_S_per_cm_sigma"]) / float(point["conductivity_S_per_cm"])
    assert relative == pytest.approx(GEOMETRY, rel=1e-3)


def test_series_and_x_lcf_make_a_composition(out):
    found = row(out, "composition", sample="HSE", series="S")
    assert float(found["x_lcf"]) == 0.38
    assert float(found["conductivity_25C_S_per_cm"]) == pytest.approx(CELL_PER_CM / R25, rel=2e-3)


def test_mass_phases_densities_and_molar_masses_make_a_relative_density(out):
    """150 mg in 0.0785 cm3; 0.62 x 400 g of 3.0 g/cm3 with 0.38 x 300 g of 2.5 g/cm3."""
    density = 0.150 / (math.pi * 0.25 * 0.1)
    dense = (248 + 114) / (248 / 3.0 + 114 / 2.5)
    found = row(out, "densities", sample="HSE")
    assert float(found["density_g_per_cm3"]) == pytest.approx(density)
    assert float(found["density_g_per_cm3_sigma"]) == pytest.approx(density * math.hypot(GEOMETRY, 3.0 / 150.0))
    assert float(found["relative_density"]) == pytest.approx(density / dense)
    assert float(found["porosity"]) == pytest.approx(1 - density / dense)
    assert float(found["conductivity_ratio_bruggeman"]) == pytest.approx((density / dense) ** 1.5)


def test_all_corrections_together_leave_the_sample(out):
    """20 kohm beside 100 pF and 150 ohm of its own; the total is as uncertain as the contact, 400 ohm."""
    found = row(out, "spectra", file="behind.csv")
    assert float(found["series_resistance_ohm"]) == pytest.approx(150, abs=6)
    assert float(found["total_resistance_ohm"]) == pytest.approx(R25 + 150, rel=2e-3)
    assert float(found["total_resistance_ohm_sigma"]) == pytest.approx(400, rel=2e-3)
    assert number(out, "arcs", "capacitance_F", file="behind.csv") == pytest.approx(C, rel=5e-3)


def test_a_circuit_of_ones_own_and_what_it_holds(out):
    """20 kohm beside 100 pF and a blocking electrode of 1e-6 and 0.9; loop 2 by a person, whose circuit goes before the table's."""
    found = {(r["loop"], r["parameter"]): r for r in rows(out, "circuit_parameters", file="own.csv")}
    assert list(found) == [
        *(("1", name) for name in ("CPE0_0", "CPE0_1", "C1", "R1")),
        *(("2", name) for name in ("R5", "CPE5_0", "CPE5_1", "CPE6_0", "CPE6_1")),
    ]
    assert [(r["circuit"], r["n_arcs"]) for r in rows(out, "spectra", file="own.csv")] == [
        ("CPE0-p(C1,R1)", "1"),
        ("p(R5,CPE5)-CPE6", "1"),
    ]
    for key, true in ((("1", "R1"), R25), (("1", "C1"), C), (("2", "R5"), R25), (("2", "CPE5_0"), C)):
        low, high = (float(found[key][f"value_{end}"]) for end in ("low95", "high95"))
        assert (low, high) == (pytest.approx(true, rel=5e-3), pytest.approx(true, rel=5e-3))
    assert (found["1", "CPE0_1"]["value"], found["2", "CPE5_1"]["value"]) == ("0.9", "1.0")
    assert found["1", "R1"]["unit"] == "Ohm"
    decided = row(out, "reviews", file="own.csv")
    assert (decided["circuit"], decided["fixed"]) == ("p(R5,CPE5)-CPE6", "CPE5_1 = 1")


def test_settings_arrive(out):
    """Only 1 MHz lies above 9e5 Hz; the onset is asked for at 2 µA/cm2."""
    assert number(out, "spectra", "n_masked", file="room.csv") == 1
    assert [r["point_indices"] for r in rows(out, "masks", file="room.csv")] == ["0"]
    changed = {r["setting"] for r in rows(out, "methods", layer="study")}
    expected = {"eis.check.f_max_hz", "eis.arcs.max_arcs", "eis.arcs.starts", "lsv.onset.thresholds_ua_per_cm2"}
    assert changed == expected


def test_reviews_are_honoured_loop_by_loop(out):
    """Loop 1 without its point at 50 Hz, loop 2 not at all, loop 3 with two arcs."""
    kept = {r["loop"]: (r["n_arcs"], r["n_masked"]) for r in rows(out, "spectra", file="loops.csv")}
    assert kept == {"1": ("1", "2"), "3": ("2", "1")}
    assert [r["point_indices"] for r in rows(out, "masks", file="loops.csv", loop="1")] == ["0", "43"]
    assert [(r["file"], r["stage"]) for r in rows(out, "rejected")] == [("loops.csv", "review")]
    told = {r["problem"] for r in rows(out, "findings", subject="loops.csv", field="review")}
    assert "mains (by A. Person)" in told
    columns = ("loop", "arcs", "mask_hz", "exclude", "note", "by")
    assert [tuple(r[c] for c in columns) for r in rows(out, "reviews", file="loops.csv")] == [
        ("1", "", "45 to 56", "false", "mains", "A. Person"),
        ("2", "", "", "true", "", ""),
        ("3", "2", "", "false", "", ""),
    ]


@pytest.mark.parametrize(("file", "direction", "sign"), [("up.csv", "oxidation", 1), ("down.csv", "reduction", -1)])
def test_reference_area_masses_and_series_resistance_of_a_sweep(out, file, direction, sign):
    """0.2 µA of baseline over 2 V, 50 µA more at the end, 1 V behind the onset; the charge is the integral of I d(E + I R)."""
    found = row(out, "lsv", file=file, criterion="j_2_uA_per_cm2")
    assert found["direction"] == direction
    assert found["reference_electrode"] == "Na15Sn4"
    v = {k: float(x) for k, x in found.items() if x.lstrip("-")[:1].isdigit()}
    onset = {1: 3.5, -1: 1.5}[sign]
    assert v["onset_V_vs_Na"] == pytest.approx(crossing(onset, 2.0, 0.5, sign), abs=2e-3)
    assert v["onset_V_vs_Na_sigma"] == pytest.approx(0.01, rel=0.02)
    assert (v["reference_V_vs_Na"], v["reference_V_vs_Na_sigma"]) == (0.08, 0.01)
    assert v["area_cm2"] == pytest.approx(0.5)
    swept = 0.2e-6 * 2 + 50e-6 / 3 + 1e4 * ((50.2e-6) ** 2 - (0.2e-6) ** 2) / 2
    charge = sign * swept / 1e-4 / 3.6
    expected = {
        "scan_rate_mV_per_s": 0.1,
        "peak_uA_per_cm2": sign * 100.0,
        "peak_mA_per_g_electrolyte": sign * 0.05 / 0.008,
        "peak_mA_per_g_carbon": sign * 0.05 / 0.002,
        "charge_mAh": charge,
        "charge_mAh_per_g_electrolyte": charge / 0.008,
        "charge_mAh_per_g_carbon": charge / 0.002,
        "capacitance_F_per_g_carbon": 2e-3 / 0.002,
    }
    for column, value in expected.items():
        assert v[column] == pytest.approx(value, rel=0.05), column


def test_the_computed_window_is_the_intersection_of_the_phases(out):
    found = row(out, "windows", sample="HSE", criterion="j_2_uA_per_cm2")
    computed = [float(found[f"computed_{c}"]) for c in ("reduction_V_vs_Na", "oxidation_V_vs_Na", "width_V")]
    assert computed == pytest.approx([2.15, 3.5, 1.35])
    width = crossing(3.5, 2.0, 0.5) - crossing(1.5, 2.0, 0.5, -1)
    assert float(found["width_V"]) == pytest.approx(width, abs=3e-3)
    assert float(found["width_V_sigma"]) < 0.002  # the reference cancels


def test_edge_mode_and_shell_of_absorption(out):
    """Steps as simulated: 1 in transmission, 0.03 x 0.30 in fluorescence; half the cell of 4.76 angstrom to Br."""
    assert {r["edge"] for r in rows(out, "xas_scans")} == {"Ta L3"}
    assert number(out, "xas_scans", "edge_step", file="pristine.dat") == pytest.approx(1.0, rel=0.03)
    assert number(out, "xas_scans", "edge_step", file="composite.dat") == pytest.approx(0.009, rel=0.03)
    pristine, composite = (row(out, "exafs_ixs", sample=s) for s in ("LCF", "HSE"))
    assert (pristine["shell"], composite["shell"]) == ("Cl", "Br")
    assert composite["structure"] == "cell.cif"
    assert composite["paths"].startswith("Ta-Br-Ta 2.3800 x6;")
    assert "TaCl6" in pristine["structure"]


def test_the_formula_of_a_pellet_in_fluorescence_corrects_it(out):
    """Share of the L3 edge in Elam's cross-sections (NaTaCl6 and 20 C, 40 degrees in, 50 out) by hand: about a quarter."""
    (told,) = [r["problem"] for r in rows(out, "findings") if "over-absorption of NaTaCl6C20" in r["problem"]]
    assert 0.2 < float(told.split(": ")[-1].split(" %")[0].split("%")[0]) / 100 < 0.32
    assert "over_absorption" not in row(out, "exafs", sample="HSE")["verdict_reason"]


def test_groups_and_a_review_of_a_group(out):
    """The pattern takes in the one scan there is; the review names it."""
    assert [r["file"] for r in rows(out, "xas_scans", sample="LCF")] == ["pristine.dat"]
    assert row(out, "reviews", file="pristine.dat")["group"] == "pristine.dat"


def test_xas_reference_and_coordination_calibrate_s02(out):
    """The reference has N = 6 and 2.38 angstrom exactly; its S02 is that of the simulation, 0.92, which has 2.372 angstrom."""
    found = row(out, "exafs", sample="LCF")
    assert (float(found["coordination"]), float(found["coordination_sigma"])) == (6.0, 0.0)
    assert (float(found["distance_angstrom"]), float(found["distance_angstrom_sigma"])) == (2.38, 0.003)
    assert found["distance_origin"] == "calibrated on LCF (2.38 Å)"
    assert float(found["s02"]) == pytest.approx(0.92, rel=0.05)
    assert {r["s02_origin"] for r in rows(out, "exafs")} == {"calibrated on LCF (N = 6)"}
    assert {r["reference_sample"] for r in rows(out, "distortion")} == {"LCF"}
