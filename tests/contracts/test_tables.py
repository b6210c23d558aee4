"""The tables are a contract: names, columns with their units, the same rows in both forms, and who was simulated."""

from __future__ import annotations

import csv
import io
import math
import re

import pytest
from pyarrow import parquet

from pipeline.core.report.table_files import table_files
from pipeline.core.report.tables import build_tables, list_tables
from tests.synthetic_run import changed, make_run

CONTRACT = {
    "spectra": "sample file loop temperature_K f_min_Hz f_max_Hz n_points n_masked kk_verdict kk_rms_percent n_arcs chi2_reduced "
    "fit_verdict total_resistance_ohm total_resistance_ohm_sigma",
    "arcs": "sample file loop temperature_K method arc region region_candidates verdict resistance_ohm resistance_ohm_sigma "
    "resistance_ohm_low95 resistance_ohm_high95 cpe_q cpe_exponent capacitance_F specific_capacitance_F_per_cm "
    "relative_permittivity apex_Hz conductivity_S_per_cm conductivity_S_per_cm_sigma",
    "conductivity": "sample temperature_K quantity method conductivity_S_per_cm conductivity_S_per_cm_sigma "
    "conductivity_S_per_cm_low95 conductivity_S_per_cm_high95 verdict",
    "arrhenius": "sample quantity basis activation_energy_eV activation_energy_eV_sigma activation_energy_eV_low95 "
    "activation_energy_eV_high95 t_ref_K ln_value_at_t_ref ln_prefactor conductivity_25C_S_per_cm "
    "conductivity_25C_S_per_cm_sigma conductivity_25C_S_per_cm_low95 conductivity_25C_S_per_cm_high95 n_points t_min_K t_max_K "
    "kink_temperature_K verdict",
    "composition": "sample series x_lcf conductivity_25C_S_per_cm conductivity_25C_S_per_cm_sigma",
    "lsv": "sample file direction criterion onset_V_vs_Na onset_V_vs_Na_sigma scan_rate_mV_per_s verdict",
    "windows": "sample reduction_limit_V_vs_Na oxidation_limit_V_vs_Na width_V criterion verdict",
    "xas_scans": "sample file edge e0_eV edge_step shift_eV used_in_merge reason noise_k",
    "exafs": "sample edge shell coordination coordination_sigma distance_angstrom distance_angstrom_sigma sigma2_angstrom2 "
    "sigma2_angstrom2_sigma e0_shift_eV e0_shift_eV_sigma s02 s02_sigma k_min k_max r_min r_max k_weight n_independent n_variables "
    "r_factor chi2_reduced verdict",
    "distortion": "sample edge ms_to_ss_ratio ms_to_ss_ratio_sigma f1_k_per_angstrom f1_r_angstrom f1_intensity reference_sample "
    "relative_change relative_change_sigma verdict",
    "xanes": "sample edge e0_eV e0_eV_sigma edge_step edge_step_sigma white_line_eV white_line_eV_sigma white_line_area "
    "white_line_area_sigma verdict",
    "rejected": "file stage field problem hint",
    "files": "file sha256 used",
}


@pytest.fixture(scope="module")
def tables():
    return list_tables(make_run())


@pytest.fixture(scope="module")
def files(tables):
    return table_files(tables)


@pytest.mark.parametrize("name", CONTRACT)
def test_columns_of_the_contract_are_there_and_filled(tables, name):
    table = tables[name]
    missing = [c for c in CONTRACT[name].split() if c not in table.columns]
    assert missing == []
    assert table.rows
    for row in table.rows:
        assert set(row) <= set(table.columns), "a row must not hold what no column shows"
    empty = [c for c in table.columns if all(row.get(c) in (None, "") for row in table.rows)]
    allowed = {
        "kink_temperature_K",
        "second_activation_energy_eV",
        "inductance_H",
        "onset_V_as_measured",
        "notes",
        "left_out",
        "delta_bic_kink",
        "delta_bic_needed",
        "copy_of",
        "diffusion_end",
        "diffusion_resistance_ohm",
        "diffusion_time_s",
        "skew_exponent",
        "conductivity_25C_origin",
        "group",
    }
    allowed |= {f"{x}_sigma_{part}" for x in ("activation_energy_eV", "conductivity_25C_S_per_cm")
                for part in ("statistical", "systematic", "whole")}  # of a run's own error budget  # fmt: skip
    assert {re.sub("_(sigma|low95|high95)$", "", c) for c in empty} <= allowed


def test_csv_and_parquet_hold_the_same_rows(tables, files):
    for name, table in tables.items():
        text = list(csv.reader(io.StringIO(files[f"tables/{name}.csv"].decode())))
        frame = parquet.read_table(io.BytesIO(files[f"tables/{name}.parquet"]))
        assert text[0] == frame.column_names == list(table.columns)
        rows = frame.to_pylist()
        assert len(text) - 1 == len(rows) == len(table.rows)
        for line, row in zip(text[1:], rows, strict=True):
            for shown, (column, value) in zip(line, row.items(), strict=True):
                kind = table.columns[column]
                if value is None:
                    assert shown == ""
                elif kind == "number":
                    assert float(shown) == value
                elif kind == "flag":
                    assert shown == str(value).lower()
                else:
                    assert shown == str(value)


def test_types_do_not_hang_on_the_rows(tables):
    full = build_tables(make_run())
    bare = build_tables(make_run(spectra=(), pellets=(), conductivity=(), arrhenius=(), sweeps=(), rejected=()))
    for name in ("spectra", "arcs", "conductivity", "arrhenius", "lsv", "rejected"):
        assert len(bare[name]) == 0
        assert list(bare[name].dtypes.items()) == list(full[name].dtypes.items())


def test_every_table_of_simulated_data_says_so(tables):
    for table in tables.values():
        assert list(table.columns)[-1] == "simulated"
        assert all(row["simulated"] is True for row in table.rows)
    for table in list_tables(make_run(simulated=False)).values():
        assert "simulated" not in table.columns


def test_a_withheld_number_is_missing_and_its_verdict_says_why(tables):
    withheld = [r for r in tables["arcs"].rows if r["verdict"] in ("unresolved", "refused")]
    assert withheld
    for row in withheld:
        assert row["verdict_reason"]
        assert not [
            c for c in row if c.startswith(("resistance", "conductivity", "capacitance", "cpe")) and row[c] is not None
        ]
    for row in tables["exafs"].rows:
        given = row["verdict"] in ("resolved", "weak")
        assert (row.get("distance_angstrom") is not None) is given


def test_no_number_is_infinite_or_no_number(tables):
    for table in tables.values():
        for row in table.rows:
            assert all(math.isfinite(v) for v in row.values() if isinstance(v, float))


def test_units_are_those_of_the_column(tables):
    """Against the model's SI by factors written here: 1 S/m = 0.01 S/cm, 1 F/m = 0.01 F/cm, l/A of the pellet in 1/cm."""
    run = make_run()
    line = next(a for a in run["eis"].arrhenius if (a.sample, a.quantity, a.basis) == ("HSE-Sm", "total", "sigma_T"))
    row = next(
        r
        for r in tables["arrhenius"].rows
        if (r["sample"], r["quantity"], r["basis"]) == ("HSE-Sm", "total", "sigma_T")
    )
    assert row["conductivity_25C_S_per_cm"] == pytest.approx(line.conductivity_25c_s_per_m.value / 100)
    arc = next(r for r in tables["arcs"].rows if r["sample"] == "HSE-Sm" and r["method"] == "single" and r["arc"] == 1)
    assert arc["conductivity_S_per_cm"] == pytest.approx(0.055 / (math.pi * 0.25) / arc["resistance_ohm"])
    assert arc["specific_capacitance_F_per_cm"] == pytest.approx(3e-12)
    relative = math.hypot(0.02, math.hypot(1e-5 / 5.5e-4, 2 * 2e-5 / 0.01))
    assert arc["conductivity_S_per_cm_sigma"] / arc["conductivity_S_per_cm"] == pytest.approx(relative)
    sweep = next(r for r in tables["lsv"].rows if r["direction"] == "reduction")
    assert sweep["scan_rate_mV_per_s"] == pytest.approx(-0.1)
    assert sweep["area_cm2"] == pytest.approx(0.7854)


def test_an_onset_off_the_sodium_scale_has_no_name_of_that_scale():
    from dataclasses import replace

    run = make_run()
    sample, fit = run["lsv"].sweeps[0]
    off = replace(fit, checked=replace(fit.checked, potential_is_vs_na=False))
    rows = list_tables(changed(run, sweeps=((sample, off),)))["lsv"].rows
    assert all(r.get("onset_V_vs_Na") is None and r.get("baseline_end_V_vs_Na") is None for r in rows)
    assert rows[0]["onset_V_as_measured"] is not None
    assert {r["potential_scale"] for r in rows} == {"as measured"}
