"""The key table: the numbers a paper prints, and how the terminal shows them."""

from __future__ import annotations

from dataclasses import replace

from pipeline.core.blocks import Grid
from pipeline.core.report.key_table import format_key_table, key_section, key_table
from pipeline.core.values import Estimate
from pipeline.techniques.impedance.summarize.headline import headline_line
from tests.synthetic_run import NONE, changed, make_run


def test_the_terminal_gets_aligned_columns_and_no_empty_ones():
    text = format_key_table(make_run(shells=(), distortions=()))
    title, table, *others = text.split("\n\n")
    head, rule, *lines = table.splitlines()
    assert title == "Halide heterostructures   [SIMULATED DATA]"
    assert "first shell" not in text
    assert [other.split()[:2] for other in others] == [["sample", "window"]]
    assert set(rule) == {"-", " "}
    assert [line.split()[0] for line in lines] == ["HSE-Sm", "HSE-La", "LCF-Ta"]
    column = head.index("Ea of ln(σT) / eV")
    assert [line[column : column + 6] for line in lines] == ["0.3300", "0.3500", "0.4000"]


MEASURED = {"windows": (), "conductivity": (), "spectra": ()}
"""Without what was measured at single temperatures."""


def test_what_is_withheld_is_a_dash_in_the_terminal_and_missing_in_the_table():
    run = make_run()
    run = changed(run, arrhenius=tuple(replace(a, verdict=NONE) for a in run["eis"].arrhenius), **MEASURED)
    row = key_table(run).rows[0]
    assert row.get("conductivity_25C_S_per_cm") is None
    assert row["conductivity_verdict"] == "unresolved"
    assert "HSE-Sm  —" in format_key_table(run)
    assert "2.700" not in format_key_table(run)


def test_samples_without_results_have_no_row_and_an_empty_run_says_so():
    run = make_run(arrhenius=(), shells=(), distortions=(), simulated=False, **MEASURED)
    assert key_table(run).rows == ()
    assert format_key_table(run) == "Halide heterostructures\n\nno results"


def test_the_terminal_says_extrapolated_and_names_the_kink():
    run = make_run()
    first = replace(
        headline_line(run["eis"], "HSE-Sm"),
        extrapolated=True,
        kink_temperature_k=Estimate(value=243.2, sigma=3.0, unit="K"),
        second_activation_energy_ev=Estimate(value=0.25, sigma=0.01, unit="eV"),
    )
    text = format_key_table(changed(run, arrhenius=(first,)))
    assert "2.700 ± 0.068 (extrapolated)" in text
    assert "→ 0.250 ± 0.010 above 243 K" in text


def test_a_table_wider_than_a_page_goes_on_below_and_parts_no_technique(monkeypatch):
    monkeypatch.setattr("pipeline.core.report.key_table.MAX_COLUMNS", 3)
    run = make_run()
    first, second = (b for b in key_section(run).blocks if isinstance(b, Grid))
    assert list(first.head) == ["sample", "σ(25 °C) / mS cm⁻¹", "Ea of ln(σT) / eV", "window / V vs Na/Na⁺"]
    assert list(second.head) == ["sample", "first shell / Å", "MS/SS against the reference / %"]
    assert (first.caption, second.caption) == ("Key table, with 95 % intervals", "Key table, continued")
    measured = {s.sample for s in run["xas"].shells}
    assert {row[0].text for row in second.rows} == measured < {row[0].text for row in first.rows}
