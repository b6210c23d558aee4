"""One study that uses every key of cells and of photoelectron spectra; each is seen in the tables by a number worked out here."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.registry import techniques
from tests.contracts.test_every_key import HERE as ELSEWHERE
from tests.small_study import row, rows, run_tables, write_study
from tests.study_keys import known_keys, used_keys
from tests.synthetic_cycling import Piece, Rows, charge, csv_seconds, discharge, record, rest, text
from tests.synthetic_spectra import TWO, Species, expected, grid, vamas

HERE = ("cycling", "xps")
STUDY = """
raw = "data"
simulated = true

[settings.cycling.rates]
retention_after = [2]
[settings.xps.fit]
max_components = 2

[[sample]]
id = "A"
  [[sample.cycling]]
  files = ["part1.csv", "part2.csv"]
  one_cell = true
  composite_mass_mg = 10.0
  composite_mass_sigma_mg = 0.2
  mass_parts = [30, 70]
  active_part = 2
  nominal_mah_g = 100.0
  area_cm2 = 0.5
  first = "charge"
  retention_from = 2
  temperature_c = 45.0
  columns = { time = "Zeit (s)", voltage = "Spannung (V)", current = "Strom (mA)" }
  [[sample.cycling]]
  files = "land.csv"
  active_mass_mg = 5.0
  active_mass_sigma_mg = 0.05

  [[sample.xps]]
  files = "pair.vms"
  region = "S 2p"
  state = "pristine"
  reference = { c1s_ev = 284.8, c1s_sigma_ev = 0.1, file = "carbon.vms" }
  components = [{ name = "PS4", be_ev = [160.5, 162.5] }, { name = "P-S-P", be_ev = [162.5, 164.5] }]
  sensitivity = 1.5
  [[sample.xps]]
  files = "chlorine.vms"
  region = "Cl 2p"
  state = "pristine"
  reference = { shift_ev = -0.5 }
  background = "linear"
  splitting_ev = 1.9
  window_ev = [194.0, 204.0]
  sensitivity = 2.0
  [[sample.xps]]
  files = "kinetic.csv"
  region = "O 1s"
  photon_ev = 1253.6
  shape = "doniach"
  components = [
    { name = "sum", be_ev = [529, 531], lorentz_fraction = 0.4 },
    { name = "tail", be_ev = [534, 536], asymmetric = { tail = 0.6, steep = 3.0, core = 0.7, reach = 8.0 } },
  ]
  [[sample.xps]]
  files = "single.vms"
  region = "P 2p"
  components = [{ name = "one line", be_ev = [131, 133], pair = false }]
  [[sample.xps]]
  files = "burnt.vms"
  region = "P 2p"

[[review]]
file = "burnt.vms"
loop = 1
exclude = true
note = "burnt"
by = "A. Person"
"""
CHARGED = 0.3
"""eV by which the first file and its carbon are off."""
HALVES = ((0.5, 0.48), (0.46, 0.455), (0.46, 0.45), (0.46, 0.44))
"""mAh in and out, at 0.0455 mA but for the first."""


def table(r: Rows) -> str:
    """Names of columns that nobody but the study understands."""
    return text(["Zeit (s)", "Spannung (V)", "Strom (mA)"], [r.time_s, r.volts, r.ma], ",")


def cell(halves: tuple[tuple[float, float], ...]) -> list[Piece]:
    pieces = [rest()]
    for into, out in halves:
        pieces += [charge(into, round(into * 36_000)), rest(300), discharge(out, round(out * 36_000)), rest(300)]
    return pieces


def lines_of_oxygen(energy: np.ndarray) -> np.ndarray:
    """A sum of Gaussian and Lorentzian of 1.4 eV at 530 eV, and a line with a tail at 535 eV whose Gaussian is 1.1 eV wide."""
    w, x = 1.4, energy - 530.0
    gauss = math.sqrt(4 * math.log(2) / math.pi) / w * np.exp(-4 * math.log(2) * (x / w) ** 2)
    first = 0.6 * gauss + 0.4 * 2 / (math.pi * w) / (1 + 4 * (x / w) ** 2)
    fine = np.linspace(-30, 30, 12_001)
    base = 1 / (1 + (2 * fine / (0.7 * 1.1)) ** 2)
    shape = np.where(fine > 0, base**0.6, base**3.0) * np.exp(-((fine / (8.0 * 1.1)) ** 2))
    nodes = np.linspace(-2.0, 2.0, 401)
    weights = np.exp(-4 * math.log(2) * (nodes / 1.1) ** 2)
    smooth = np.array([np.interp(fine - n, fine, shape) for n in nodes]).T @ weights
    second = np.interp(energy - 535.0, fine, smooth / np.trapezoid(smooth, fine))
    return 3e4 * first + 2e4 * second


def kinetic() -> str:
    energy = grid(522.0, 546.0)
    counts = np.random.default_rng(4).poisson(3000 + lines_of_oxygen(energy))
    lines = [f"{1253.6 - e:.4f},{c}" for e, c in zip(energy[::-1], counts[::-1], strict=True)]
    return "\n".join(["Kinetic Energy (eV),counts", *lines]) + "\n"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(3)
    sulphur, carbon, phosphorus = grid(), grid(279.0, 292.0), grid(127.0, 140.0)
    chlorine = grid(190.0, 210.0)
    one = {"splitting_ev": 0.0, "ratio": 0.0}
    pair = Species(share=1.0, be_ev=199.0, splitting_ev=1.9)
    counts = {
        "S 2p": expected(sulphur, TWO, area=4e4),
        "C 1s": expected(carbon, (Species(share=1.0, be_ev=284.8, **one),), area=2e4),
        "Cl 2p": expected(chlorine, (pair,), area=3e4, step=0.0),
        "P 2p": expected(phosphorus, (Species(share=1.0, be_ev=132.0, **one),), area=2e4),
    }
    noisy = {k: rng.poisson(v).astype(float) for k, v in counts.items()}
    raw: dict[str, str | bytes] = {
        "part1.csv": table(record(cell(HALVES[:2]), every=60)),
        "part2.csv": table(record(cell(HALVES[2:]), every=60)),
        "land.csv": csv_seconds(record(cell(HALVES[1:]), every=60)),
        "pair.vms": vamas([("S 2p", sulphur + CHARGED, noisy["S 2p"])]),
        "carbon.vms": vamas([("C 1s", carbon + CHARGED, noisy["C 1s"])]),
        "chlorine.vms": vamas([("Cl 2p", chlorine + 0.5, noisy["Cl 2p"])]),
        "kinetic.csv": kinetic(),
        "single.vms": vamas([("P 2p", phosphorus, noisy["P 2p"])]),
        "burnt.vms": vamas([("P 2p", phosphorus, noisy["P 2p"])]),
    }
    return run_tables(write_study(tmp_path_factory.mktemp("cells"), STUDY, raw, raw_name="data"))


def numbers(found: dict[str, str]) -> dict[str, float]:
    return {k: float(v) for k, v in found.items() if v.lstrip("-")[:1].isdigit() and v.count(".") <= 1}


def test_no_key_is_missing_here_and_no_technique_in_both(out):
    known = known_keys(HERE)
    mine = {k for k in known if k.startswith(("sample.cycling", "sample.xps", "review."))}
    assert len(mine) > 40
    assert mine - used_keys(out.parent / "study.toml", known) == set()
    own = {key for key, t in techniques().items() if t.package.startswith("pipeline.")}
    assert own == {*HERE, *ELSEWHERE}


def test_files_of_one_cell_are_one_test_and_columns_are_understood(out):
    cycles = rows(out, "cycles", file="part1.csv")
    assert [r["cycle"] for r in cycles] == ["1", "2", "3", "4"]
    assert rows(out, "cycles", file="part2.csv") == []
    for found, (into, given) in zip(cycles, HALVES, strict=True):
        v = numbers(found)
        assert v["charge_mAh"] == pytest.approx(into, rel=1e-3)
        assert v["discharge_mAh"] == pytest.approx(given, rel=1e-3)
        assert v["coulombic_efficiency_percent"] == pytest.approx(100 * given / into, rel=1e-3)
        assert found["efficiency_of"] == "discharge/charge"


def test_mass_parts_nominal_capacity_and_area(out):
    """7 of 10 mg are active, 0.2 mg of composite is 2 %; 0.1 mA is 0.143 C of 100 mAh/g."""
    found = numbers(rows(out, "cycles", file="part1.csv")[0])
    assert found["discharge_mAh_per_g"] == pytest.approx(0.48 / 7e-3, rel=1e-3)
    assert found["discharge_mAh_per_g_sigma"] / found["discharge_mAh_per_g"] == pytest.approx(0.02, rel=0.01)
    assert found["discharge_mAh_per_cm2"] == pytest.approx(0.48 / 0.5, rel=1e-3)
    assert found["rate_C"] == pytest.approx(0.1 / (7e-3 * 100), rel=0.06)


def test_an_active_mass_given_as_it_is(out):
    found = numbers(rows(out, "cycles", file="land.csv")[0])
    assert found["discharge_mAh_per_g"] == pytest.approx(0.455 / 5e-3, rel=1e-9)
    assert found["discharge_mAh_per_g_sigma"] / found["discharge_mAh_per_g"] == pytest.approx(0.01, rel=0.01)


def test_retention_refers_to_the_cycle_of_the_study(out):
    found = row(out, "retention", file="part1.csv")
    assert (found["from_cycle"], found["to_cycle"]) == ("2", "4")
    assert float(found["retention_percent"]) == pytest.approx(100 * 0.44 / 0.455, rel=1e-3)


def test_the_temperature_of_a_cell(out):
    assert {float(r["temperature_C"]) for r in rows(out, "cycling_steps", file="part1.csv")} == {45.0}
    assert {r["temperature_C"] for r in rows(out, "cycling_steps", file="land.csv")} == {""}


def test_carbon_of_another_file_and_species_that_are_named(out):
    known = {"PS4": (0.4, 161.5), "P-S-P": (0.6, 163.3)}
    found = rows(out, "xps", file="pair.vms")
    assert {r["component"] for r in found} == set(known)
    for r in found:
        share, place = known[r["component"]]
        v = numbers(r)
        assert (r["region"], r["state"]) == ("S 2p", "pristine")
        assert abs(v["area_fraction"] - share) < 3.5 * v["area_fraction_sigma"]
        assert v["binding_energy_eV"] == pytest.approx(place, abs=0.04)
        assert v["binding_energy_eV_sigma"] == pytest.approx(0.1, rel=0.05)
        assert v["shift_eV"] == pytest.approx(-CHARGED, abs=0.02)


def test_shift_background_splitting_and_window(out):
    found = row(out, "xps", file="chlorine.vms")
    v = numbers(found)
    assert found["background"] == "linear"
    assert (v["shift_eV"], v["splitting_eV"], v["ratio"]) == (-0.5, 1.9, 0.5)
    assert v["n_points"] == 101
    assert v["binding_energy_eV"] == pytest.approx(199.0, abs=0.02)
    assert v["area_counts_eV"] == pytest.approx(3e4, rel=0.02)


def test_sensitivities_make_atomic_fractions(out):
    """40,000 counts eV over 1.5 beside 30,000 over 2."""
    found = row(out, "xps_atoms", region="S 2p")
    share = (4e4 / 1.5) / (4e4 / 1.5 + 3e4 / 2.0)
    assert float(found["atomic_fraction"]) == pytest.approx(share, abs=0.01)
    assert float(found["sensitivity"]) == 1.5


def test_a_photon_energy_and_shapes_of_each_species(out):
    """3 : 2 of a sum that is 1.4 eV wide and a line with a tail; the row's shape would be a third one."""
    found = {r["component"]: r for r in rows(out, "xps", file="kinetic.csv")}
    assert {r["shape"] for r in found.values()} == {"doniach"}
    first, second = (numbers(found[n]) for n in ("sum", "tail"))
    assert first["binding_energy_eV"] == pytest.approx(530.0, abs=0.02)
    assert second["binding_energy_eV"] == pytest.approx(535.0, abs=0.03)
    assert first["width_eV"] == pytest.approx(1.4, abs=0.03)
    assert abs(first["area_fraction"] - 0.6) < 0.012
    assert first["chi2_reduced"] < 1.3


def test_a_single_line_where_the_level_has_two(out):
    """As wide as a Voigt line of 1.0 and 0.2 eV: a pair of the table's splitting would be narrower, and would not fit."""
    v = numbers(row(out, "xps", file="single.vms"))
    width = 0.5346 * 0.2 + math.sqrt(0.2166 * 0.2**2 + 1.0)
    assert v["binding_energy_eV"] == pytest.approx(132.0, abs=0.02)
    assert v["width_eV"] == pytest.approx(width, abs=0.03)
    assert v["chi2_reduced"] < 1.4


def test_a_file_that_a_person_left_out(out):
    assert rows(out, "xps", file="burnt.vms") == []
    (told,) = rows(out, "rejected", file="burnt.vms")
    assert (told["stage"], told["field"]) == ("review", "exclude")
    (decision,) = rows(out, "reviews", file="burnt.vms")
    assert [decision[k] for k in ("loop", "exclude", "note", "by")] == ["1", "true", "burnt", "A. Person"]


def test_settings_arrive(out):
    changed = {r["setting"] for r in rows(out, "methods", layer="study")}
    assert changed == {"cycling.rates.retention_after", "xps.fit.max_components"}
