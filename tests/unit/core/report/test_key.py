"""The key table: the numbers a paper prints, and how the terminal shows them."""

from __future__ import annotations

from dataclasses import replace

from pipeline.core.report import format_key_table
from pipeline.core.report.key_rows import headline_line, headline_window, key_table
from tests.synthetic_run import GOOD, NONE, WEAK, make_run


def test_the_headline_is_the_total_of_single_fits_where_they_allow_it():
    run = make_run()
    assert headline_line(run, "HSE-Sm").method == "single"
    bad = replace(headline_line(run, "HSE-Sm"), verdict=NONE)
    series = replace(bad, method="series", verdict=WEAK)
    found = headline_line(replace(run, arrhenius=(bad, series)), "HSE-Sm")
    assert (found.method, found.verdict) == ("series", WEAK)
    assert headline_line(run, "nobody") is None


def test_the_headline_window_is_that_of_one_microampere():
    run = make_run()
    other = replace(run.windows[0], criterion="tangent", verdict=GOOD)
    assert headline_window(replace(run, windows=(other, *run.windows)), "HSE-Sm").criterion == "j_1_uA_per_cm2"
    assert headline_window(replace(run, windows=(other,)), "HSE-Sm").criterion == "tangent"


def test_the_terminal_gets_aligned_columns_and_no_empty_ones():
    text = format_key_table(make_run(shells=(), distortions=()))
    title, head, rule, *lines = text.splitlines()
    assert title == "Halide heterostructures   [SIMULATED DATA]"
    assert "distances" not in head
    assert set(rule) == {"-", " "}
    assert [line.split()[0] for line in lines] == ["HSE-Sm", "HSE-La", "LCF-Ta"]
    column = head.index("Ea / eV")
    assert [line[column : column + 6] for line in lines] == ["0.3300", "0.3500", "0.4000"]


def test_what_is_withheld_is_a_dash_in_the_terminal_and_missing_in_the_table():
    run = make_run()
    run = replace(run, arrhenius=tuple(replace(a, verdict=NONE) for a in run.arrhenius), windows=())
    row = key_table(run).rows[0]
    assert row.get("conductivity_25C_S_per_cm") is None
    assert row["conductivity_verdict"] == "unresolved"
    assert "HSE-Sm  —" in format_key_table(run)
    assert "2.700" not in format_key_table(run)


def test_samples_without_results_have_no_row_and_an_empty_run_says_so():
    run = make_run(arrhenius=(), windows=(), shells=(), distortions=(), simulated=False)
    assert key_table(run).rows == ()
    assert format_key_table(run) == "Halide heterostructures\nno results"


def test_the_terminal_says_extrapolated_and_names_the_kink():
    from pipeline.core.values import Estimate

    run = make_run()
    first = replace(
        headline_line(run, "HSE-Sm"),
        extrapolated=True,
        kink_temperature_k=Estimate(value=243.2, sigma=3.0, unit="K"),
        second_activation_energy_ev=Estimate(value=0.25, sigma=0.01, unit="eV"),
    )
    text = format_key_table(replace(run, arrhenius=(first,)))
    assert "2.700 ± 0.068 (extrapolated)" in text
    assert "→ 0.250 ± 0.010 above 243 K" in text
