"""The tables of the example study hold its truth: what a reader of the report may rely on."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def truth(repo: Path) -> dict[str, Any]:
    return json.loads((repo / "raw_examples/truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def table(example_results: Path) -> Any:
    return lambda name: pd.read_csv(example_results / "tables" / f"{name}.csv")


def of(truth: dict[str, Any], sample: str) -> dict[str, Any]:
    return truth["samples"][sample]["impedance"]


def test_totals_lie_within_one_per_cent(truth, table):
    rows = table("spectra").dropna(subset="total_resistance_ohm")
    assert len(rows) == 60
    for r in rows.dropna(subset="temperature_K").itertuples():
        known = of(truth, r.sample)
        i = [round(t, 2) for t in known["temperature_K"]].index(round(r.temperature_K, 2))
        assert r.total_resistance_ohm == pytest.approx(known["total_resistance_ohm"][i], rel=0.01), r.file


def test_conductivity_at_25_c_is_the_printed_one(truth, table):
    rows = table("arrhenius").query("quantity == 'total' and basis == 'sigma_T' and verdict == 'resolved'")
    assert {"HSE-Sm", "HSE-La", "LCF-Ta", "HCF-Sm", "HCF-La"} <= set(rows["sample"])
    for r in rows.itertuples():
        known = of(truth, r.sample)
        low, high = r.conductivity_25C_S_per_cm_low95, r.conductivity_25C_S_per_cm_high95
        assert low <= known["conductivity_25C_S_per_cm"] <= high, r.sample


def test_activation_energies_of_the_totals_lie_within_5_mev(truth, table):
    rows = table("arrhenius").query("quantity == 'total' and basis == 'sigma_T' and verdict == 'resolved'")
    for r in rows.itertuples():
        known = of(truth, r.sample)["arrhenius_total_sigma_T"]["activation_energy_eV"]
        assert r.activation_energy_eV == pytest.approx(known, abs=0.005), (r.sample, r.method)


def test_resolved_arcs_are_the_regions_of_the_truth(truth, table):
    rows = table("arcs").query("verdict == 'resolved' and region != 'undetermined'")
    rows = rows[rows["sample"].isin(["HSE-Sm", "HSE-La"])]
    assert len(rows) >= 12
    held = 0
    for r in rows.itertuples():
        known = of(truth, r.sample)
        i = [round(t, 2) for t in known["temperature_K"]].index(round(r.temperature_K, 2))
        value = known["regions"][r.region]["resistance_ohm"][i]
        assert r.resistance_ohm == pytest.approx(value, rel=0.15), (r.sample, r.temperature_K, r.region)
        held += r.resistance_ohm_low95 <= value <= r.resistance_ohm_high95
    assert held / len(rows) >= 0.90  # series rows of one pellet stand or fall together


def test_activation_energies_of_the_regions(truth, table):
    rows = table("arrhenius").query("basis == 'sigma_T' and method == 'series' and verdict == 'resolved'")
    rows = rows[rows["sample"].isin(["HSE-Sm", "HSE-La"]) & (rows["quantity"] != "total")]
    assert len(rows) == 6
    for r in rows.itertuples():
        known = of(truth, r.sample)["regions"][r.quantity]["activation_energy_eV"]
        assert r.activation_energy_eV == pytest.approx(known, abs=0.005), (r.sample, r.quantity)


def test_the_optimum_of_the_composition_series(truth, table):
    rows = table("optima").query("series == 'HSE-Sm'")
    assert list(rows["verdict"]) == ["resolved"]
    known = truth["composition_series"]["HSE-Sm"]["x_optimum"]
    assert rows["x_lcf_low95"].item() <= known <= rows["x_lcf_high95"].item()


def test_oxidation_limits_differ_as_they_should(truth, table):
    rows = table("differences").query("direction == 'oxidation' and criterion == 'j_1_uA_per_cm2'")
    pair = rows[rows["sample_a"].isin(["HSE-Sm", "HSE-La"]) & rows["sample_b"].isin(["HSE-Sm", "HSE-La"])]
    sign = 1.0 if pair["sample_a"].item() == "HSE-Sm" else -1.0
    known = truth["oxidation_limit_difference_V"]["HSE-Sm minus HSE-La"]
    assert sign * pair["difference_V"].item() == pytest.approx(known, abs=0.020)


def test_onsets_are_where_the_currents_cross(truth, table):
    rows = table("lsv").query("verdict == 'resolved'")
    rows = rows[rows["criterion"].str.startswith("j_")]
    assert len(rows) >= 8
    for r in rows.itertuples():
        known = truth["samples"][r.sample]["lsv"][r.direction]["crossing_faradaic_V_vs_Na"][r.criterion]
        assert r.onset_V_vs_Na == pytest.approx(known, abs=0.020), (r.sample, r.direction, r.criterion)


def test_distances_lie_within_two_hundredths_of_an_angstrom(truth, table):
    rows = table("exafs").query("verdict in ('resolved', 'weak')")
    assert len(rows) == 5
    for r in rows.itertuples():
        known = truth["samples"][r.sample]["xas"][r.edge]["distance_angstrom"]
        assert r.distance_angstrom == pytest.approx(known, abs=0.02), (r.sample, r.edge)
        if r.verdict == "resolved":
            noise = 1.96 * (r.distance_sigma_statistical_angstrom**2 + r.distance_systematic_angstrom**2) ** 0.5
            assert abs(r.distance_angstrom - known) <= max(noise, 0.01), (r.sample, r.edge)
            assert r.distance_angstrom_low95 <= known <= r.distance_angstrom_high95, (r.sample, r.edge)


def test_multiple_scattering_falls_in_the_heterostructures(table):
    rows = table("distortion")
    bent = rows[(rows["edge"] == "Ta L3") & rows["sample"].isin(["HSE-Sm", "HSE-La"])]
    assert len(bent) == 2
    assert (bent["relative_change"] < 0).all()


CELLS = ("HSE-Sm", "HSE-La", "Na3PS4")


@pytest.mark.parametrize("sample", CELLS)
def test_first_cycles_are_those_of_the_truth(truth, table, sample):
    known = truth["samples"][sample]["cycling"]
    rows = table("cycles").query("sample == @sample")
    assert len(rows) == known["n_cycles"]
    assert set(rows["verdict"]) == {"resolved"}
    first = rows.query("cycle == 1").iloc[0]
    assert first["file"] == known["file"]
    assert first["discharge_mAh"] == pytest.approx(known["first_discharge_mAh"], rel=1e-5)
    assert first["discharge_mAh_per_g"] == pytest.approx(known["first_discharge_mAh_per_g"], rel=1e-5)
    mass = known["active_mass_sigma_mg"] / known["active_mass_mg"]
    assert first["discharge_mAh_per_g_sigma"] / first["discharge_mAh_per_g"] == pytest.approx(mass, rel=0.01)
    assert first["coulombic_efficiency_percent"] == pytest.approx(known["first_efficiency_percent"], abs=0.003)


@pytest.mark.parametrize("sample", CELLS)
def test_capacities_at_each_rate_and_retention_are_those_of_the_truth(truth, table, sample):
    known = truth["samples"][sample]["cycling"]
    runs = table("rates").query("sample == @sample").drop_duplicates("rate_C")
    found = {f"{r.rate_C:g}C": r.discharge_mAh_per_g for r in runs.itertuples()}
    assert found == pytest.approx(known["discharge_mAh_per_g_at_rate"], rel=1e-5)
    last = table("retention").query("sample == @sample").iloc[-1]
    assert last["verdict"] == "resolved"
    assert last["from_cycle"] == known["retention_from_cycle"]
    assert last["to_cycle"] - last["from_cycle"] == known["retention_after_cycles"]
    assert last["retention_percent"] == pytest.approx(known["retention_of_the_two_cycles_percent"], abs=0.002)
    assert last["retention_percent_low95"] <= known["retention_percent"] <= last["retention_percent_high95"]


def test_the_key_table_shows_the_printed_cells(table):
    rows = table("key").set_index("sample")
    for sample, capacity, efficiency, kept in (("HSE-Sm", 117.9, 96.1, 88.3), ("HSE-La", 95.1, 85.8, 91.0)):
        row = rows.loc[sample]
        assert row["first_discharge_mAh_per_g"] == pytest.approx(capacity, abs=0.05)
        assert row["first_efficiency_percent"] == pytest.approx(efficiency, abs=0.05)
        assert row["retention_percent"] == pytest.approx(kept, abs=0.05)
        assert row["retention_after_cycles"] == 100


def test_species_of_the_spectra_are_those_of_the_truth(truth, table):
    rows = table("xps")
    assert set(rows["sample"]) == set(CELLS)
    for r in rows.itertuples():
        region = truth["samples"][r.sample]["xps"][r.region]
        species = region["species"][r.component]
        share = species["area_fraction"][r.state]
        where = (r.file, r.region, r.component)
        if share == 0:
            assert (r.verdict, r.area_fraction_upper95 < 0.02) == ("unresolved", True), where
            continue
        assert r.verdict == "resolved", where
        assert abs(r.area_fraction - share) <= 3 * r.area_fraction_sigma, where
        assert abs(r.binding_energy_eV - species["binding_energy_eV"]) <= 2 * r.binding_energy_eV_sigma, where
        g, lorentz = region["gauss_eV"], region["lorentz_eV"]
        width = 0.5346 * lorentz + (0.2166 * lorentz**2 + g**2) ** 0.5
        assert abs(r.width_eV - width) <= 3.5 * r.width_eV_sigma, where
        assert r.shift_eV == pytest.approx(-region["shift_eV"][r.state], abs=2 * r.shift_eV_sigma), where


def test_changes_of_the_surfaces_are_those_of_the_truth(truth, table):
    """The electrolytes with chlorine stay as they are; of Na3PS4 four tenths are oxidised at 4 V."""
    rows = table("xps_changes")
    for r in rows.itertuples():
        share = truth["samples"][r.sample]["xps"][r.region]["species"][r.component]["area_fraction"]
        change = share["4V"] - share["pristine"]
        where = (r.sample, r.region, r.component)
        if pd.isna(r.change):
            assert change == 0, where
        else:
            assert abs(r.change - change) <= 3 * r.change_sigma, where
            assert (r.verdict == "resolved") == (change != 0), where
    assert set(rows.query("verdict == 'resolved'")["sample"]) == {"Na3PS4"}


def test_a_spectrum_without_a_temperature_has_its_resistance_and_says_so(truth, table):
    row = table("spectra").query("temperature_K.isna()")
    assert list(row["file"]) == list(truth["without_temperature"])
    known = of(truth, "HSE-Sm")["arrhenius_total_sigma_T"]
    assert row["total_resistance_ohm"].item() < 26.0, known  # it is 50 °C: less than the 26 ohm of 25 °C
    found = table("findings").query("subject == 'eis/HSE-Sm_warm.mpt' and field == 'temperature'")
    assert found["problem"].str.startswith("not known").all()
    assert len(found) == 1


def test_two_broken_files_are_rejected_with_a_hint_and_nothing_else(truth, table):
    rows = table("rejected")
    assert sorted(rows["file"]) == sorted(truth["broken"])
    assert rows["hint"].notna().all()


SENTENCES = {
    "a power of ten of a computer": r"\d[eE][+-]\d\d",
    "a missing number": r"\b(nan|None)\b|± inf",
    "a sigma of nothing": r"± 0(\.0+)?(?![\d.])",
    "two spaces": r"\S  +\S",
    "minus nothing": r"(?<![\w.])-0(\.0+)?(?![\w.])",
    "an Ea known without error": r"known to 0(\.0+)?%",
}


def test_sentences_of_the_tables_hold_numbers_that_a_person_would_write(example_results):
    found = []
    for path in sorted((example_results / "tables").glob("*.csv")):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in frame.columns:
            if column.endswith(("reason", "reasons")) or column in ("notes", "left_out", "problem", "hint"):
                for text in frame[column]:
                    found += [(path.name, what, text) for what, rule in SENTENCES.items() if re.search(rule, text)]
    assert found == []


def test_everything_says_that_it_is_simulated(example_results):
    page = (example_results / "report.html").read_text(encoding="utf-8")
    assert page.count("SIMULATED") >= 10
    for path in sorted((example_results / "tables").glob("*.csv")):
        assert path.read_text(encoding="utf-8").splitlines()[0].endswith("simulated"), path.name
    assert json.loads((example_results / "manifest.json").read_bytes())["simulated"] is True


def test_the_run_ends_with_the_key_table_the_rejections_and_the_place_of_the_report(example_results):
    text = (example_results.parent / "stdout.txt").read_text(encoding="utf-8")
    for part in ("HSE-Sm", "HSE-La", "SIMULATED DATA", "2 rejected", "eis/HCF-La_50C.mpt", "report.html"):
        assert part in text


NOTEBOOKS = {
    "review": (4, ("HSE-Sm", "j_1_uA_per_cm2", "eis/HCF-La_50C.mpt")),
    "cycling": (2, ("117.9 ± 1.7", "first_efficiency", "cycling/HSE-Sm_cell1.xlsx")),
    "surfaces": (1, ("P-S-P", "pristine → 4V", "xps/Na3PS4_4V.vms")),
}
"""Least number of figures, and what must be shown."""


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_on_it(repo: Path, example_results: Path, name: str) -> None:
    path = repo / "notebooks" / f"{name}.ipynb"
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    notebook = nbformat.read(path, as_version=4)
    first = next(c for c in notebook.cells if c.cell_type == "code")
    default = 'RESULTS = "../raw_examples/results"'
    assert default in first.source
    first.source = first.source.replace(default, f"RESULTS = {str(example_results)!r}")
    client.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    shown = "\n".join(str(o.get("text", "")) + str(o.get("data", {}).get("text/plain", "")) for o in outputs)
    assert "SIMULATED DATA" in shown
    figures, words = NOTEBOOKS[name]
    assert sum("image/png" in o.get("data", {}) for o in outputs) >= figures
    for expected in words:
        assert expected in shown
