"""The one line of a sample that a paper prints."""

from __future__ import annotations

from dataclasses import replace

from pipeline.techniques.impedance.summarize.headline import headline_line
from tests.synthetic_run import NONE, WEAK, changed, make_run


def test_the_headline_is_the_total_of_single_fits_where_they_allow_it():
    run = make_run()
    assert headline_line(run["eis"], "HSE-Sm").method == "single"
    bad = replace(headline_line(run["eis"], "HSE-Sm"), verdict=NONE)
    series = replace(bad, method="series", verdict=WEAK)
    found = headline_line(changed(run, arrhenius=(bad, series))["eis"], "HSE-Sm")
    assert (found.method, found.verdict) == ("series", WEAK)
    assert headline_line(run["eis"], "nobody") is None
